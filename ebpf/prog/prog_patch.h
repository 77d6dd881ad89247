/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Functions of programs that links are attached to: extensions (freplace) run in their place,
 * fentry and fexit programs around them. The first operation of such a function is
 * exchanged for one that calls bu_patch_enter(); all others are as fast as ever.
 */
#ifndef BU_PROG_PATCH_H
#define BU_PROG_PATCH_H

#include "ebpf/link/link.h"

struct bu_op;

struct bu_patch {
	struct bu_patch *next; /* of the same program */
	u32 insn;              /* where the function begins */
	u32 nr_args;
	const void *handler; /* of the operation that belongs there */
	u16 code;
	struct bu_link **links; /* oldest first; an extension is alone */
	u32 nr_links;
};

/* Redirect the function that a type id of the target's BTF names to a link's program, and undo it.
 * 0, -EINVAL (no such function), -ENOMEM. */
int bu_patch_add(struct bu_prog *target, u32 btf_id, struct bu_link *link);
void bu_patch_remove(struct bu_prog *target, u32 btf_id, struct bu_link *link);
/* Whether one of its functions is replaced. */
bool bu_patch_extends(const struct bu_prog *target);
/* The target dies. */
void bu_patch_free(struct bu_prog *target);

/* The code (enum bu_op_code) of an operation, or of the one that a patch has taken the place of. */
u16 bu_patch_code(const struct bu_prog *prog, const struct bu_op *op);

enum bu_patch_next {
	BU_PATCH_ORIGINAL,  /* go on with what *patch says */
	BU_PATCH_EXTENSION, /* go on at the beginning of run->prog, in the same frame */
	BU_PATCH_RETURN,    /* the function has run: return from it with r0 */
	BU_PATCH_FAULT,
};
/* From the interpreter, at a patched operation. */
enum bu_patch_next bu_patch_enter(struct bu_run *run, const struct bu_op *op,
				  const struct bu_patch **patch);

#endif
