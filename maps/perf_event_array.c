// SPDX-License-Identifier: BSD-2-Clause
/*
 * BPF_MAP_TYPE_PERF_EVENT_ARRAY. Without BPF_F_PRESERVE_ELEMS each event goes when the descriptor
 * of the map is closed that it was put by. Source: kernel/bpf/arraymap.c, kernel/trace/bpf_trace.c
 * (6.12).
 */
#include <stdlib.h>

#include "ebpf/kernel.h"
#include "ebpf/link/perf_event.h"
#include "maps/array.h"
#include "maps/fd_array.h"
#include "maps/perf_event_array.h"
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

static int user_remove(struct bu_map *map, const void *key)
{
	bu_fd_reap(map->object.kernel); /* descriptors that were closed have left no events */
	return bu_fd_array_remove(map, key);
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

static int create(struct bu_map *map, const union bpf_attr *attr)
{
	int error = bu_fd_array_create(map, attr);
	struct bu_fd_array *array = map->priv;

	if (error || map->flags & BPF_F_PRESERVE_ELEMS)
		return error;
	array->through = calloc(map->max_entries, sizeof(*array->through));
	if (array->through)
		return 0;
	bu_fd_array_destroy(map);
	return -ENOMEM;
}

static void released(struct bu_map *map, u64 inode)
{
	if (!(map->flags & BPF_F_PRESERVE_ELEMS))
		bu_fd_array_clear_through(map, inode);
}

const struct bu_map_ops bu_perf_event_array_ops = {
	.name = "perf_event_array",
	.check = bu_fd_array_check,
	.create = create,
	.destroy = bu_fd_array_destroy,
	.lookup = bu_lookup_none,
	.update = bu_update_eopnotsupp,
	.remove = bu_remove_eopnotsupp,
	.for_each = bu_for_each_einval,
	.user_lookup = bu_user_lookup_enotsupp,
	.user_update = user_update,
	.user_remove = user_remove,
	.user_take = bu_user_take_enotsupp,
	.next_key = bu_array_next_key,
	.direct_value = bu_direct_value_none,
	.mmap_offset = bu_mmap_offset_enotsupp,
	.used_by = bu_used_by_any,
	.released = released,
	.closed = bu_closed_nothing,
	.readable = bu_readable_never,
	.no_btf = true,
	.fd_values = true,
	.can_be_inner = true,
};
