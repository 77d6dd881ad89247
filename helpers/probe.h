/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading memory that may not be there, as programs' probe reads do. Kernel memory is what lies in
 * the arena, simulated user memory (BU_REGION_USER) apart; user memory is that and whatever else
 * the process has mapped.
 */
#ifndef BU_HELPERS_PROBE_H
#define BU_HELPERS_PROBE_H

#include "ebpf/kernel.h"

enum bu_space {
	BU_KERNEL_SPACE,
	BU_USER_SPACE,
	BU_ANY_SPACE, /* by the address */
};

/* How many bytes of simulated user memory are at an address; 0: it is none. */
u64 bu_user_bytes(const struct bu_arena *arena, u64 address);
/* 0; -EFAULT; -ERANGE: not a kernel address (kernel space only). `dst` is undefined after an error.
 */
int bu_probe_read(struct bu_kernel *kernel, void *dst, u64 src, u32 size, enum bu_space space);
/* Up to `size` bytes with the NUL, always terminated: the length with NUL, 0 when size is 0, or as
 * above. */
int bu_probe_read_str(struct bu_kernel *kernel, char *dst, u64 src, u32 size, enum bu_space space);

#endif
