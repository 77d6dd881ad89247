// SPDX-License-Identifier: BSD-2-Clause
/*
 * BPF_MAP_TYPE_PERCPU_HASH. Present values are updated in place; a key that a program adds on one
 * CPU has zeroes on the others. Source: kernel/bpf/hashtab.c (6.12).
 * Differs: the padding between CPUs' values is then zero too; the kernel leaves it as it was.
 */
#include <string.h>

#include "ebpf/kernel.h"
#include "maps/htab.h"
#include "maps/stubs.h"

#define EVERY_CPU UINT32_MAX

static void *lookup(struct bu_map *map, const void *key, u32 cpu)
{
	struct bu_htab *table = map->priv;
	u32 index = bu_htab_find(table, key);

	return index ? bu_elem_value(table, index, cpu) : NULL;
}

static void store(struct bu_htab *table, u32 index, const void *value, u32 cpu)
{
	if (cpu == EVERY_CPU)
		bu_value_store_all(table->map, bu_elem(table, index)->value, table->slab.stride,
				   value);
	else
		memcpy(bu_elem_value(table, index, cpu), value, table->map->value_size);
}

static int insert(struct bu_htab *table, const void *key, const void *value, u32 cpu)
{
	u32 index;

	if (table->count >= table->map->max_entries)
		return -E2BIG;
	index = bu_htab_take(table);
	if (!index)
		return -ENOMEM;
	memset(bu_elem(table, index)->value, 0, table->slab.slot_size);
	store(table, index, value, cpu);
	if (bu_htab_link(table, index, key)) {
		bu_htab_give(table, index);
		return -ENOMEM;
	}
	return 0;
}

static int update(struct bu_map *map, const void *key, const void *value, u64 flags, u32 cpu)
{
	struct bu_htab *table = map->priv;
	u32 present;
	int error;

	if (flags > BPF_EXIST)
		return -EINVAL;
	present = bu_htab_find(table, key);
	error = bu_htab_check_flags(present, flags);
	if (error)
		return error;
	if (!present)
		return insert(table, key, value, cpu);
	store(table, present, value, cpu);
	return 0;
}

static int user_update(struct bu_map *map, const void *key, const void *value, u64 flags)
{
	return update(map, key, value, flags, EVERY_CPU);
}

const struct bu_map_ops bu_percpu_hash_ops = {
	.name = "percpu_hash",
	.check = bu_htab_check,
	.create = bu_htab_create,
	.destroy = bu_htab_destroy,
	.lookup = lookup,
	.update = update,
	.remove = bu_htab_remove,
	.for_each = bu_htab_for_each,
	.user_lookup = bu_htab_user_lookup_all,
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
	.per_cpu = true,
	.can_be_inner = true,
};
