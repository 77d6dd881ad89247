// SPDX-License-Identifier: BSD-2-Clause
/* BPF_MAP_TYPE_ARRAY: all elements exist from the start. Source: kernel/bpf/arraymap.c (6.12). */
#include <unistd.h>

#include "ebpf/vm/timer.h"
#include "maps/array.h"
#include "maps/stubs.h"

static void *lookup(struct bu_map *map, const void *key, u32 cpu)
{
	return bu_array_at(map->priv, bu_array_index(key), 0);
}

static int update(struct bu_map *map, const void *key, const void *value, u64 flags, u32 cpu)
{
	u32 index = bu_array_index(key);
	int error = bu_array_check_update(map, index, flags);
	void *slot;

	if (error)
		return error;
	slot = bu_array_at(map->priv, index, 0);
	bu_value_store(map, slot, value);
	bu_timer_release(map, slot);
	return 0;
}

static int user_lookup(struct bu_map *map, const void *key, void *value, u64 flags)
{
	const void *slot = lookup(map, key, 0);

	if (flags & ~(u64)BPF_F_LOCK || bu_value_check_lock(map, flags))
		return -EINVAL;
	if (!slot)
		return -ENOENT;
	bu_value_load(map, value, slot);
	return 0;
}

static int user_update(struct bu_map *map, const void *key, const void *value, u64 flags)
{
	return update(map, key, value, flags, 0);
}

/* Source: array_map_direct_value_addr(). */
static void *direct_value(struct bu_map *map, u32 offset)
{
	if (map->max_entries != 1 || offset >= map->value_size)
		return NULL;
	return (u8 *)bu_array_at(map->priv, 0, 0) + offset;
}

/* Source: array_map_mmap(). */
static s64 mmap_offset(struct bu_map *map, u64 pgoff, u64 size, int prot)
{
	struct bu_array *array = map->priv;
	u64 bytes = BU_ROUND_UP((u64)map->max_entries * array->stride, (u64)getpagesize());

	if (!(map->flags & BPF_F_MMAPABLE) || pgoff > bytes || size > bytes - pgoff)
		return -EINVAL;
	return array->shared_offset + pgoff;
}

const struct bu_map_ops bu_array_ops = {
	.name = "array",
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
	.direct_value = direct_value,
	.mmap_offset = mmap_offset,
	.used_by = bu_used_by_any,
	.closed = bu_closed_nothing,
	.readable = bu_readable_never,
	.batch = true,
	.can_be_inner = true,
};
