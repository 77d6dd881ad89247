// SPDX-License-Identifier: BSD-2-Clause
/*
 * Exact executions of instructions from counts of edges.
 *
 * The interpreter counts at four kinds of places: each jump that was taken, each entry of a
 * function, each place where control ended for good (an instruction that faulted, calls that
 * never returned, a successful tail call), and each target of an indirect jump. Everything else
 * follows: what enters an instruction is what jumps to it plus what falls through from the one
 * before it.
 */
#include "ebpf/prog/prog_patch.h"
#include "ebpf/vm/decode.h"

#include <string.h>

static bool falls_through(u16 code)
{
	return code != BU_OP_JA && code != BU_OP_GOTOX && code != BU_OP_EXIT;
}

static bool is_jump(u16 code)
{
	switch (code) {
#define BU_JUMP(name, ...)                                                                         \
	case BU_OP_##name##32_K:                                                                   \
	case BU_OP_##name##32_X:                                                                   \
	case BU_OP_##name##64_K:                                                                   \
	case BU_OP_##name##64_X:
#include "ebpf/vm/insns.def"
	case BU_OP_JA:
	case BU_OP_MAY_GOTO:
		return true;
	}
	return false;
}

/* Async-signal-safe. The second half of an lddw counts as its first. */
void bu_prog_counts(const struct bu_prog *prog, u64 *executed, u64 *taken)
{
	const u64 *entries = bu_entry_counters(prog), *stops = bu_stop_counters(prog);
	u32 i;

	memset(executed, 0, prog->nr_insns * sizeof(*executed));
	memset(taken, 0, prog->nr_insns * sizeof(*taken));
	for (i = 0; i < prog->nr_funcs; i++)
		executed[prog->funcs[i].start] += entries[i];
	for (i = 0; prog->targets && i < prog->nr_insns; i++)
		executed[i] += bu_arrival_counters(prog)[i];
	for (i = 0; i < prog->nr_insns; i++) {
		u16 code = bu_patch_code(prog, &prog->ops[i]);

		if (!is_jump(code))
			continue;
		executed[i + prog->ops[i].off] += prog->counters[i];
		if (code != BU_OP_JA)
			taken[i] = prog->counters[i];
	}
	for (i = 0; i + 1 < prog->nr_insns; i++)
		if (falls_through(bu_patch_code(prog, &prog->ops[i])))
			executed[i + 1] += executed[i] - taken[i] - stops[i];
}
