// SPDX-License-Identifier: BSD-2-Clause
/*
 * bpf_user_ringbuf_drain(): a callback for each record, which it reaches through a dynptr that the
 * program cannot write. A record's bytes can be reached only while its callback runs. Source:
 * kernel/bpf/ringbuf.c (6.12).
 */
#include "maps/user_ringbuf.h"
#include "helpers/dynptr.h"

#define MAX_SAMPLES (128 * 1024) /* Source: BPF_MAX_USER_RINGBUF_SAMPLES */

static struct bu_dynptr *dynptr_room(struct bu_run *run)
{
	static const struct bu_region_info info = { .kind = BU_REGION_KOBJ, .label = "bpf_dynptr" };

	return bu_arena_scratch(&run->kernel->arena, sizeof(struct bu_dynptr), BU_READ, &info);
}

/* What the callback returned: other than 0 ends the draining. */
static u64 visit(struct bu_run *run, struct bu_ring *ring, u8 *sample, u32 size,
		 struct bu_dynptr *ptr, u64 callback, u64 ctx)
{
	struct bu_dynptr value = { .data = (u64)sample, .size = size, .type = BU_DYNPTR_LOCAL };
	u64 stop;

	bu_arena_set_access(&run->kernel->arena, sample, size, BU_RW);
	bu_dynptr_set(run, ptr, value);
	stop = bu_run_callback(run, callback, (u64)ptr, ctx, 0, 0, 0);
	bu_arena_set_access(&run->kernel->arena, sample, size, BU_NONE);
	bu_user_ring_consume(ring, size);
	return stop;
}

/* How many records the callback was given; -EINVAL, -E2BIG: the ring is broken. */
static long drain(struct bu_run *run, struct bu_ring *ring, u64 callback, u64 ctx)
{
	struct bu_dynptr *ptr = dynptr_room(run);
	long visited = 0;
	u64 stop = 0;

	if (!ptr)
		return -ENOMEM;
	for (int i = 0; i < MAX_SAMPLES && !stop && !run->fault.kind; i++) {
		u32 size;
		u8 *sample;
		int err = bu_user_ring_peek(ring, &sample, &size);

		if (err == -ENODATA)
			break;
		if (err == -EAGAIN)
			continue;
		if (err)
			return err;
		stop = visit(run, ring, sample, size, ptr, callback, ctx);
		visited++;
	}
	bu_arena_set_access(&run->kernel->arena, ptr, sizeof(*ptr), BU_NONE);
	return visited;
}

BU_HELPER_4(user_ringbuf_drain, struct bu_map *, map, u64, callback, u64, ctx, u64, flags)
{
	struct bu_ring *ring = map->priv;
	long result;

	if (map->type != BPF_MAP_TYPE_USER_RINGBUF) {
		bu_fault_raise(run, BU_FAULT_BAD_ARGUMENT, "map '%s' is no user ring buffer",
			       map->name);
		return 0;
	}
	if (flags & ~(u64)(BPF_RB_NO_WAKEUP | BPF_RB_FORCE_WAKEUP))
		return -EINVAL;
	if (ring->busy)
		return -EBUSY;
	ring->busy = true;
	result = drain(run, ring, callback, ctx);
	ring->busy = false;
	return result;
}
