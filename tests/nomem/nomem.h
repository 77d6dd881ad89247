/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Allocations that fail. Each allocation of the library's fails in turn (the linker wraps malloc()
 * and its kin): what a program does with libbpf then succeeds without it or ends with an error, and
 * the same succeeds afterwards. Nothing crashes, and nothing leaks (under ASan).
 */
#ifndef BU_TESTS_NOMEM_H
#define BU_TESTS_NOMEM_H

/* Do `scenario` with every single allocation failing; it gives 0 or -errno, which must be
 * -ENOMEM unless `any_error`: libbpf makes other errors of it (a kernel without a feature). */
void nomem_fail_each(int (*scenario)(void), int any_error);

#endif
