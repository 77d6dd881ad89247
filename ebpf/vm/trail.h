/* SPDX-License-Identifier: BSD-2-Clause */
/* The last instructions of a run, made of the edges in run->trail. */
#ifndef BU_TRAIL_H
#define BU_TRAIL_H

#include "ebpf/vm/run.h"

struct bu_step {
	const struct bu_prog *prog;
	u32 insn;
};

/* Up to BU_TRAIL instructions, from run->fault's backwards. How many. */
u32 bu_run_steps(const struct bu_run *run, struct bu_step steps[BU_TRAIL]);

#endif
