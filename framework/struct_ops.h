/* SPDX-License-Identifier: BSD-2-Clause */
/* What implementations of the kernel's structs of functions may write. */
#ifndef BU_FRAMEWORK_STRUCT_OPS_H
#define BU_FRAMEWORK_STRUCT_OPS_H

#include "ebpf/base.h"

struct bu_unlocked { /* between unlock and lock */
	struct {
		u8 *start;
		u32 size;
	} ranges[64];
	u32 nr;
};

/* Make the fields writable that functions of struct `ops` may write in their arguments. */
void bu_struct_ops_unlock(struct bu_unlocked *unlocked, const char *ops, const u64 *args,
			  size_t nr_args);
void bu_struct_ops_lock(const struct bu_unlocked *unlocked);

#endif
