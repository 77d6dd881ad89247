// SPDX-License-Identifier: BSD-2-Clause
/* Ring buffers. Source: kernel/bpf/ringbuf.c (6.12). */
#include "maps/ringbuf.h"
#include "ebpf/kernel.h"

/* Differs: the verifier refuses other maps at load time. */
static bool is_ringbuf(struct bu_run *run, const struct bu_map *map)
{
	if (bu_likely(map->type == BPF_MAP_TYPE_RINGBUF))
		return true;
	bu_fault_raise(run, BU_FAULT_BAD_ARGUMENT, "map '%s' is no ring buffer", map->name);
	return false;
}

BU_HELPER_3(ringbuf_reserve, struct bu_map *, map, u64, size, u64, flags)
{
	if (!is_ringbuf(run, map))
		return 0;
	return (u64)bu_ringbuf_reserve(map, run, size, flags);
}

/* The ring of an open record; NULL: a fault has been raised. */
static struct bu_map *ring_of(struct bu_run *run, void *sample)
{
	struct bu_map *map = bu_ringbuf_of_record(run->kernel, sample);

	if (map)
		return map;
	if (bu_arena_writable(&run->kernel->arena, sample, 1))
		bu_fault_raise(run, BU_FAULT_BAD_ARGUMENT,
			       "not the start of a ring buffer record that is still reserved");
	else
		bu_fault_raise(run, BU_FAULT_DOUBLE_RELEASE,
			       "the ring buffer record has been submitted or discarded already");
	return NULL;
}

BU_HELPER_2(ringbuf_submit, void *, sample, u64, flags)
{
	struct bu_map *map = ring_of(run, sample);

	if (map)
		bu_ringbuf_submit(map, run, sample, flags);
	return 0;
}

BU_HELPER_2(ringbuf_discard, void *, sample, u64, flags)
{
	struct bu_map *map = ring_of(run, sample);

	if (map)
		bu_ringbuf_discard(map, run, sample, flags);
	return 0;
}

BU_HELPER_4(ringbuf_output, struct bu_map *, map, const void *, data, u64, size, u64, flags)
{
	if (!is_ringbuf(run, map))
		return 0;
	return bu_ringbuf_output(map, data, size, flags);
}

BU_HELPER_2(ringbuf_query, struct bu_map *, map, u64, flags)
{
	if (!is_ringbuf(run, map))
		return 0;
	return bu_ringbuf_query(map, flags);
}
