// SPDX-License-Identifier: BSD-2-Clause
/*
 * BPF_MAP_TYPE_PERF_EVENT_ARRAY. Source: kernel/bpf/arraymap.c, kernel/trace/bpf_trace.c (6.12).
 * Differs: without BPF_F_PRESERVE_ELEMS the events go when the map's last descriptor is closed; in
 * the kernel, each when the descriptor is closed that it was added through.
 */
#include "maps/perf_event_array.h"
#include "ebpf/kernel.h"
#include "ebpf/link/perf_event.h"
#include "maps/array.h"
#include "maps/fd_array.h"
#include "maps/stubs.h"

/* The event of a CPU; NULL: there is none, and why. */
static struct bu_object *event_at(struct bu_map *map, u64 index, u32 cpu, int *error)
{
	if (index == BPF_F_CURRENT_CPU)
		index = cpu;
	*error = index < map->max_entries ? -ENOENT : -E2BIG;
	return index < map->max_entries ? bu_fd_array_get(map, index) : NULL;
}

long bu_perf_event_array_output(struct bu_map *map, u64 index, u32 cpu, const void *data, u32 size)
{
	int error;
	struct bu_object *event = event_at(map, index, cpu, &error);

	return event ? bu_perf_event_output(event, data, size, cpu) : error;
}

int bu_perf_event_array_count(struct bu_map *map, u64 index, u32 cpu, struct bu_perf_count *count)
{
	int error;
	struct bu_object *event = event_at(map, index, cpu, &error);

	return event ? bu_perf_count(event, cpu, count) : error;
}

/* Programs could not read an event that child processes inherit. */
static int user_update(struct bu_map *map, const void *key, const void *value, u64 flags)
{
	int error = bu_fd_array_check_update(map, key, flags);
	struct bu_perf_count count;
	struct bu_object *event;

	if (error)
		return error;
	event = bu_fd_object(map->object.kernel, (int)bu_array_index(value), BU_OBJECT_PERF_EVENT,
			     &error);
	if (!event)
		return -EBADF; /* also for a descriptor of something else */
	if (bu_perf_count(event, 0, &count) == -EOPNOTSUPP)
		return -EOPNOTSUPP;
	bu_fd_array_set(map, key, event);
	return 0;
}

static void closed(struct bu_map *map)
{
	if (!(map->flags & BPF_F_PRESERVE_ELEMS))
		bu_fd_array_clear(map);
}

const struct bu_map_ops bu_perf_event_array_ops = {
	.name = "perf_event_array",
	.check = bu_fd_array_check,
	.create = bu_fd_array_create,
	.destroy = bu_fd_array_destroy,
	.lookup = bu_lookup_none,
	.update = bu_update_eopnotsupp,
	.remove = bu_remove_eopnotsupp,
	.for_each = bu_for_each_einval,
	.user_lookup = bu_user_lookup_enotsupp,
	.user_update = user_update,
	.user_remove = bu_fd_array_remove,
	.user_take = bu_user_take_enotsupp,
	.next_key = bu_array_next_key,
	.direct_value = bu_direct_value_none,
	.mmap_offset = bu_mmap_offset_enotsupp,
	.used_by = bu_used_by_any,
	.closed = closed,
	.readable = bu_readable_never,
	.no_btf = true,
	.fd_values = true,
	.can_be_inner = true,
};
