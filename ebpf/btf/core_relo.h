/* SPDX-License-Identifier: BSD-2-Clause */
/* What CO-RE made of a program: its relocations, by comparison of the object's file with what was
 * loaded. */
#ifndef BU_CORE_RELO_H
#define BU_CORE_RELO_H

#include "ebpf/base.h"

struct bu_prog;

enum bu_core_state {
	BU_CORE_UNCHANGED,
	BU_CORE_CHANGED,
	BU_CORE_POISONED,
};

struct bu_core_relo {
	u32 insn; /* in the program */
	u32 kind; /* enum bpf_core_relo_kind */
	enum bu_core_state state;
	u64 compiled, relocated; /* what the instruction says of it; relocated: 0 if poisoned */
	u32 compiled_size,
		relocated_size; /* of the instruction's access to memory; 0: it has none */
	char access[256];       /* "task_struct.group_leader", "enum phase.ONE" */
	char missing[256];      /* poisoned: what does not exist; else "" */
};

/* By instruction: their number, and a malloc'ed array unless that is 0. Of programs whose object is
 * not known (light skeletons, plain bpf(2)) there are none, nor when memory is out. */
u32 bu_core_relos(const struct bu_prog *prog, struct bu_core_relo **relos);
/* "byte_off", ... */
const char *bu_core_kind_name(u32 kind);
/* What the relocation of a poisoned instruction looked for in vain. false: not known. */
bool bu_core_missing(const struct bu_prog *prog, u32 insn, char *text, size_t size);

#endif
