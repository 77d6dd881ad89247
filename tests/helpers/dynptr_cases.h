/* SPDX-License-Identifier: BSD-2-Clause */
/* What the programs of dynptr.bpf.c find out, on whichever kernel loads them: a line for each run.
 */
#ifndef BU_TESTS_HELPERS_DYNPTR_CASES_H
#define BU_TESTS_HELPERS_DYNPTR_CASES_H

/* 0, or a negative errno when the programs could not be loaded or run. */
int dynptr_cases(void (*line)(void *arg, const char *text), void *arg);

#endif
