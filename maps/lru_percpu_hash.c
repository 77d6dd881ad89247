// SPDX-License-Identifier: BSD-2-Clause
/*
 * BPF_MAP_TYPE_LRU_PERCPU_HASH. Values are updated in place; an element is taken first unless the
 * flags say that the key must be there. Source: __htab_lru_percpu_map_update_elem(),
 * kernel/bpf/hashtab.c (6.12).
 */
#include <string.h>

#include "maps/lru.h"
#include "maps/stubs.h"

static void *lookup(struct bu_map *map, const void *key, u32 cpu)
{
	struct bu_htab *table = map->priv;
	u32 index = bu_htab_find(table, key);

	if (!index)
		return NULL;
	bu_lru_touch(table->lru, index);
	return bu_elem_value(table, index, cpu);
}

static void store(struct bu_htab *table, u32 index, const void *value, u32 cpu, bool every_cpu)
{
	if (every_cpu)
		bu_value_store_all(table->map, bu_elem(table, index)->value, table->slab.stride,
				   value);
	else
		memcpy(bu_elem_value(table, index, cpu), value, table->map->value_size);
}

static int insert(struct bu_htab *table, u32 index, const void *key, const void *value, u32 cpu,
		  bool every_cpu)
{
	int error = bu_htab_ready(table, index);

	if (error)
		return error;
	memset(bu_elem(table, index)->value, 0, table->slab.slot_size);
	store(table, index, value, cpu, every_cpu);
	return bu_htab_link(table, index, key);
}

/* `taken`: an element from the LRU lists, or 0 when the key must be there. Clears it when it was
 * used. */
static int place(struct bu_htab *table, u32 *taken, const void *key, const void *value, u64 flags,
		 u32 cpu, bool every_cpu)
{
	u32 present = bu_htab_find(table, key);
	int error = bu_htab_check_flags(present, flags);

	if (error)
		return error;
	if (present) {
		bu_lru_touch(table->lru, present);
		store(table, present, value, cpu, every_cpu);
		return 0;
	}
	error = insert(table, *taken, key, value, cpu, every_cpu);
	if (!error)
		*taken = 0;
	return error;
}

static int put(struct bu_map *map, const void *key, const void *value, u64 flags, u32 cpu,
	       bool every_cpu)
{
	struct bu_htab *table = map->priv;
	u32 taken = 0;
	int error;

	if (flags > BPF_EXIST)
		return -EINVAL;
	if (flags != BPF_EXIST) {
		taken = bu_lru_pop(table->lru, cpu);
		if (!taken)
			return -ENOMEM;
	}
	error = place(table, &taken, key, value, flags, cpu, every_cpu);
	if (taken)
		bu_lru_push(table->lru, taken);
	return error;
}

static int update(struct bu_map *map, const void *key, const void *value, u64 flags, u32 cpu)
{
	return put(map, key, value, flags, cpu, false);
}

static int user_update(struct bu_map *map, const void *key, const void *value, u64 flags)
{
	return put(map, key, value, flags, bu_htab_user_cpu(map), true);
}

const struct bu_map_ops bu_lru_percpu_hash_ops = {
	.name = "lru_percpu_hash",
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
