// SPDX-License-Identifier: BSD-2-Clause
/* Control flow: callbacks and tail calls. Source: kernel/bpf/bpf_iter.c, kernel/bpf/core.c (6.12).
 */
#include "ebpf/kernel.h"
#include "maps/prog_array.h"

#define MAX_LOOPS (8U << 20) /* Source: BPF_MAX_LOOPS */

BU_HELPER_4(loop, u32, nr_loops, u64, callback, u64, ctx, u64, flags)
{
	if (flags)
		return -EINVAL;
	if (nr_loops > MAX_LOOPS)
		return -E2BIG;
	for (u32 i = 0; i < nr_loops; i++) {
		u64 stop = bu_run_callback(run, callback, i, ctx, 0, 0, 0);

		if (run->fault.kind)
			return 0;
		if (stop)
			return i + 1;
	}
	return nr_loops;
}

/* Success does not return to the caller: the VM goes on in tail_call_target. */
BU_HELPER_3(tail_call, void *, ctx, struct bu_map *, map, u32, index)
{
	const struct bu_prog *prog;

	if (map->type != BPF_MAP_TYPE_PROG_ARRAY) {
		bu_fault_raise(run, BU_FAULT_BAD_ARGUMENT, "map '%s' is no program array",
			       map->name);
		return 0;
	}
	if (run->tail_calls >= BU_MAX_TAIL_CALLS)
		return -EINVAL;
	prog = bu_prog_array_get(map, index);
	if (!prog)
		return -ENOENT;
	run->tail_call_target = prog->object.id;
	return 0;
}
