// SPDX-License-Identifier: BSD-2-Clause
/*
 * Perf buffers, and what perf events have counted. One id, three helpers in the kernel: programs
 * with a packet can append its first bytes. Source: bpf_perf_event_output(),
 * get_map_perf_counter(), kernel/trace/bpf_trace.c; bpf_skb_event_output(),
 * bpf_xdp_event_output(), net/core/filter.c (6.12). Tracing programs append the first bytes of the
 * packet of the program that they watch.
 */
#include "ebpf/kernel.h"
#include "helpers/packet.h"
#include "maps/perf_event_array.h"

#include <stdlib.h>
#include <string.h>

static u64 output(struct bu_run *run, struct bu_map *map, u64 flags, const void *data, u64 size)
{
	return bu_perf_event_array_output(map, flags & BPF_F_INDEX_MASK, run->cpu, data, (u32)size);
}

static u64 output_with_packet(struct bu_run *run, struct bu_map *map, u64 flags, const void *data,
			      u64 size, const struct bu_run *of, u64 packet_bytes)
{
	u8 *both = malloc(size + packet_bytes);
	u64 ret;

	if (!both)
		return -ENOMEM;
	if (size)
		memcpy(both, data, size);
	bu_packet_read(of, 0, both + size, (u32)packet_bytes);
	ret = output(run, map, flags, both, size + packet_bytes);
	free(both);
	return ret;
}

/* `of`: whose packet may be appended; NULL: none. */
static u64 event_output(struct bu_run *run, const struct bu_run *of, struct bu_map *map, u64 flags,
			const void *data, u64 size)
{
	u64 allowed = BPF_F_INDEX_MASK | (of ? BPF_F_CTXLEN_MASK : 0);
	u64 packet_bytes = (flags & BPF_F_CTXLEN_MASK) >> 32;

	if (map->type != BPF_MAP_TYPE_PERF_EVENT_ARRAY) {
		bu_fault_raise(run, BU_FAULT_BAD_ARGUMENT, "map '%s' is no perf event array",
			       map->name);
		return 0;
	}
	if (flags & ~allowed)
		return -EINVAL;
	if (!packet_bytes)
		return output(run, map, flags, data, size);
	if (packet_bytes > bu_packet_len(of))
		return -EFAULT;
	return output_with_packet(run, map, flags, data, size, of, packet_bytes);
}

BU_HELPER_5(perf_event_output, void *, ctx, struct bu_map *, map, u64, flags, const void *, data,
	    u64, size)
{
	return event_output(run, run->packet.data ? run : NULL, map, flags, data, size);
}

BU_HELPER_5(skb_output, void *, ctx, struct bu_map *, map, u64, flags, const void *, data, u64,
	    size)
{
	return event_output(run, bu_watched_run(run), map, flags, data, size);
}

BU_HELPER_5(xdp_output, void *, ctx, struct bu_map *, map, u64, flags, const void *, data, u64,
	    size)
{
	return event_output(run, bu_watched_run(run), map, flags, data, size);
}

static s64 count(struct bu_run *run, struct bu_map *map, u64 flags, struct bu_perf_count *found)
{
	if (map->type != BPF_MAP_TYPE_PERF_EVENT_ARRAY) {
		bu_fault_raise(run, BU_FAULT_BAD_ARGUMENT, "map '%s' is no perf event array",
			       map->name);
		return -EINVAL;
	}
	if (flags & ~BPF_F_INDEX_MASK)
		return -EINVAL;
	return bu_perf_event_array_count(map, flags, run->cpu, found);
}

BU_HELPER_2(perf_event_read, struct bu_map *, map, u64, flags)
{
	struct bu_perf_count found;
	s64 err = count(run, map, flags, &found);

	return err ? (u64)err : found.value;
}

/* Into a struct bpf_perf_event_value, which is cleared on errors. */
BU_HELPER_4(perf_event_read_value, struct bu_map *, map, u64, flags, void *, to, u32, size)
{
	struct bu_perf_count found;
	s64 err = size == sizeof(found) ? count(run, map, flags, &found) : -EINVAL;

	if (err)
		memset(to, 0, size);
	else
		memcpy(to, &found, sizeof(found));
	return (u64)err;
}
