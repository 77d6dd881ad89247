/* SPDX-License-Identifier: BSD-2-Clause */
/* What a CO-RE relocation names, in words; and why a kernel lacks it. */
#ifndef BU_CORE_SPEC_H
#define BU_CORE_SPEC_H

#include "ebpf/btf/btf.h"

struct bu_core_spec {             /* a record of .BTF.ext */
	const struct bu_btf *btf; /* the object's */
	u32 type_id;
	const char *access; /* "0:1:2": a path by index */
	u32 kind;
};

/* "task_struct.group_leader.pid", "struct task_struct", "enum phase.ONE"; "?" where the path is
 * bad. */
void bu_core_spell(const struct bu_core_spec *spec, char *text, size_t size);
/* Why `kernel` (called `title`; NULL: there is none) does not have it. */
void bu_core_explain(const struct bu_core_spec *spec, struct bu_btf *kernel, const char *title,
		     char *text, size_t size);

#endif
