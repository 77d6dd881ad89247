// SPDX-License-Identifier: BSD-2-Clause
/*
 * BPF_MAP_TYPE_HASH. An update of a present key puts a new element in the place of the old one, as
 * in the kernel: a pointer from an earlier lookup then shows the old value (or, without
 * preallocation, freed memory). Source: kernel/bpf/hashtab.c (6.12).
 */
#include "maps/htab.h"
#include "maps/stubs.h"

static void *lookup(struct bu_map *map, const void *key, u32 cpu)
{
	struct bu_htab *table = map->priv;
	u32 index = bu_htab_find(table, key);

	return index ? bu_elem(table, index)->value : NULL;
}

static int insert(struct bu_htab *table, const void *key, const void *value)
{
	u32 index;

	if (table->count >= table->map->max_entries)
		return -E2BIG;
	index = bu_htab_take(table);
	if (!index)
		return -ENOMEM;
	bu_value_store(table->map, bu_elem(table, index)->value, value);
	if (bu_htab_link(table, index, key)) {
		bu_htab_give(table, index);
		return -ENOMEM;
	}
	return 0;
}

/* Preallocated maps keep one spare element for each CPU, which trades places with the old one. */
static int replace(struct bu_htab *table, u32 old, const void *value, u32 cpu)
{
	u32 index = table->spare ? table->spare[cpu] : 0;

	if (!index)
		index = bu_htab_take(table);
	if (!index)
		return -ENOMEM;
	bu_value_store(table->map, bu_elem(table, index)->value, value);
	bu_htab_replace(table, old, index);
	if (table->spare)
		table->spare[cpu] = old;
	else
		bu_htab_give(table, old);
	return 0;
}

static int update(struct bu_map *map, const void *key, const void *value, u64 flags, u32 cpu)
{
	struct bu_htab *table = map->priv;
	u32 present;
	int error;

	if ((flags & ~(u64)BPF_F_LOCK) > BPF_EXIST || bu_value_check_lock(map, flags))
		return -EINVAL;
	present = bu_htab_find(table, key);
	error = bu_htab_check_flags(present, flags);
	if (error)
		return error;
	if (!present)
		return insert(table, key, value);
	if (!(flags & BPF_F_LOCK))
		return replace(table, present, value, cpu);
	bu_value_store(map, bu_elem(table, present)->value, value);
	return 0;
}

static int user_update(struct bu_map *map, const void *key, const void *value, u64 flags)
{
	return update(map, key, value, flags, bu_htab_user_cpu(map));
}

const struct bu_map_ops bu_hash_ops = {
	.name = "hash",
	.check = bu_htab_check,
	.create = bu_htab_create,
	.destroy = bu_htab_destroy,
	.lookup = lookup,
	.update = update,
	.remove = bu_htab_remove,
	.for_each = bu_htab_for_each,
	.user_lookup = bu_htab_user_lookup,
	.user_update = user_update,
	.user_remove = bu_htab_remove,
	.user_take = bu_htab_user_take,
	.next_key = bu_htab_next_key,
	.direct_value = bu_direct_value_none,
	.mmap_offset = bu_mmap_offset_enotsupp,
	.used_by = bu_used_by_any,
	.closed = bu_closed_nothing,
	.readable = bu_readable_never,
	.batch = true,
	.can_be_inner = true,
};
