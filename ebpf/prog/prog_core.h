/* SPDX-License-Identifier: BSD-2-Clause */
/* CO-RE relocations that PROG_LOAD brings (light skeletons leave them to the kernel). */
#ifndef BU_PROG_CORE_H
#define BU_PROG_CORE_H

#include "ebpf/btf/btf.h"
#include "ebpf/log.h"
#include "ebpf/prog/prog.h"

struct bu_core_result {
	bool found; /* else the instruction is poisoned */
	u64 value;
	u32 local_size, size; /* of the field as compiled and as the kernel has it; 0: no field */
};

/* What a relocation comes to: 0, or -EINVAL when it says nothing. */
int bu_core_resolve(const struct bu_btf *local, const struct bu_btf *kernel,
		    const struct bpf_core_relo *relo, struct bu_core_result *result);

/* Relocate prog->insns as the attributes say: 0, -EINVAL, -E2BIG, -EBADF, -EFAULT. */
int bu_prog_relocate(struct bu_prog *prog, const union bpf_attr *attr, struct bu_log *log);

#endif
