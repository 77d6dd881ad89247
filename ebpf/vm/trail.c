// SPDX-License-Identifier: BSD-2-Clause
/*
 * The instructions that were executed last. The interpreter notes the edges that control took;
 * between two of them it went straight on, so the instructions themselves follow.
 */
#include "ebpf/vm/trail.h"

#include "ebpf/kernel.h"
#include "ebpf/vm/decode.h"

/* The program that an operation belongs to; NULL: it is gone. */
static const struct bu_prog *prog_of(struct bu_kernel *kernel, const struct bu_op *op)
{
	u32 id = 0;

	while ((id = bu_object_next_id(kernel, BU_OBJECT_PROG, id)) != 0) {
		struct bu_object *object = bu_object_by_id(kernel, BU_OBJECT_PROG, id);
		const struct bu_prog *prog = bu_container_of(object, struct bu_prog, object);

		if (prog->ops && op >= prog->ops && op < prog->ops + prog->nr_insns)
			return prog;
	}
	return NULL;
}

/* The instructions of a straight line, backwards from `last` to `first`. */
static u32 add_line(const struct bu_prog *prog, u32 first, u32 last, struct bu_step *steps, u32 nr)
{
	for (u32 i = last + 1; i-- > first && nr < BU_TRAIL;) {
		if (i && prog->insns[i - 1].code == (BPF_LD | BPF_IMM | BPF_DW))
			continue; /* its second half */
		steps[nr++] = (struct bu_step){ prog, i };
	}
	return nr;
}

u32 bu_run_steps(const struct bu_run *run, struct bu_step steps[BU_TRAIL])
{
	u32 nr_edges = BU_MIN(run->trail_at, (u32)BU_TRAIL), nr = 0;
	const struct bu_prog *prog = run->fault.prog;
	u32 last = run->fault.insn, at = run->trail_at;

	for (; nr_edges; nr_edges--) {
		const struct bu_edge *edge = &run->trail[--at % BU_TRAIL];
		u64 first = edge->to - prog->ops;

		if (first > last)
			return nr; /* not on this line: cannot be */
		nr = add_line(prog, (u32)first, last, steps, nr);
		prog = prog_of(run->kernel, edge->from);
		if (!prog || nr == BU_TRAIL)
			return nr;
		last = (u32)(edge->from - prog->ops);
	}
	if (run->trail_at <= BU_TRAIL) /* all that was executed since the beginning is known */
		nr = add_line(prog, 0, last, steps, nr);
	return nr;
}
