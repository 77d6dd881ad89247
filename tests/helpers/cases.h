/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cases whose outcome must be the kernel's, as lines of text. Plain libbpf: the same code runs in a
 * test and, without our library, against the host's kernel (host_main.c).
 */
#ifndef BU_TESTS_HELPERS_CASES_H
#define BU_TESTS_HELPERS_CASES_H

/* Load the programs, run all cases of a group and call `line` for each outcome. 0, or -errno. */
int cases_run(const char *group, void (*line)(void *arg, const char *text), void *arg);
/* NULL-terminated. */
extern const char *const cases_groups[];

#endif
