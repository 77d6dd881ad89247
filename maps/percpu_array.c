// SPDX-License-Identifier: BSD-2-Clause
/* BPF_MAP_TYPE_PERCPU_ARRAY: an array for each CPU. Source: kernel/bpf/arraymap.c (6.12). */
#include <string.h>

#include "maps/array.h"
#include "maps/stubs.h"

static void *lookup(struct bu_map *map, const void *key, u32 cpu)
{
	return bu_array_at(map->priv, bu_array_index(key), cpu);
}

static int update(struct bu_map *map, const void *key, const void *value, u64 flags, u32 cpu)
{
	u32 index = bu_array_index(key);
	int error = bu_array_check_update(map, index, flags);

	if (error)
		return error;
	memcpy(bu_array_at(map->priv, index, cpu), value, map->value_size);
	return 0;
}

static int user_lookup(struct bu_map *map, const void *key, void *value, u64 flags)
{
	struct bu_array *array = map->priv;
	u32 size = BU_ROUND_UP(map->value_size, 8), index = bu_array_index(key);

	if (flags)
		return -EINVAL;
	if (index >= map->max_entries)
		return -ENOENT;
	for (u32 cpu = 0; cpu < array->nr_copies; cpu++)
		memcpy((u8 *)value + (u64)cpu * size, bu_array_at(array, index, cpu), size);
	return 0;
}

/* Source: bpf_percpu_array_update(). */
static int user_update(struct bu_map *map, const void *key, const void *value, u64 flags)
{
	struct bu_array *array = map->priv;
	u32 size = BU_ROUND_UP(map->value_size, 8), index = bu_array_index(key);
	int error = flags > BPF_EXIST ? -EINVAL : bu_array_check_update(map, index, flags);

	if (error)
		return error;
	for (u32 cpu = 0; cpu < array->nr_copies; cpu++)
		memcpy(bu_array_at(array, index, cpu), (const u8 *)value + (u64)cpu * size, size);
	return 0;
}

const struct bu_map_ops bu_percpu_array_ops = {
	.name = "percpu_array",
	.check = bu_array_check,
	.create = bu_array_create,
	.destroy = bu_array_destroy,
	.lookup = lookup,
	.update = update,
	.remove = bu_remove_einval,
	.for_each = bu_array_for_each,
	.user_lookup = user_lookup,
	.user_update = user_update,
	.user_remove = bu_remove_einval,
	.user_take = bu_user_take_enotsupp,
	.next_key = bu_array_next_key,
	.direct_value = bu_direct_value_none,
	.mmap_offset = bu_mmap_offset_enotsupp,
	.used_by = bu_used_by_any,
	.closed = bu_closed_nothing,
	.readable = bu_readable_never,
	.batch = true,
	.per_cpu = true,
	.can_be_inner = true,
};
