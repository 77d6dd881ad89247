/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel has behind a program's context: struct sk_buff, struct xdp_buff. */
#ifndef BU_KERNEL_CTX_H
#define BU_KERNEL_CTX_H

#include "ebpf/vm/run.h"

/* The address of a new object of that type for the run's context, in scratch memory; of the context
 * itself where there is no such type, or the kernel's BTF lacks it; 0: out of memory. */
u64 bu_kernel_ctx(struct bu_run *run);

#endif
