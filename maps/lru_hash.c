// SPDX-License-Identifier: BSD-2-Clause
/*
 * BPF_MAP_TYPE_LRU_HASH. Each update takes an element first, evicting others where needed, even
 * when its flags then refuse it. Only lookups by programs count as use. Source:
 * kernel/bpf/hashtab.c (6.12).
 */
#include "maps/lru.h"
#include "maps/stubs.h"

static void *lookup(struct bu_map *map, const void *key, u32 cpu)
{
	struct bu_htab *table = map->priv;
	u32 index = bu_htab_find(table, key);

	if (!index)
		return NULL;
	bu_lru_touch(table->lru, index);
	return bu_elem(table, index)->value;
}

/* Put element `index` in the table under `key`, and the element that was there back. */
static int place(struct bu_htab *table, u32 index, const void *key, u64 flags)
{
	u32 present = bu_htab_find(table, key);
	int error = bu_htab_check_flags(present, flags);

	if (error)
		return error;
	if (!present)
		return bu_htab_link(table, index, key);
	bu_htab_replace(table, present, index);
	bu_lru_touch(table->lru, index);
	bu_lru_push(table->lru, present);
	return 0;
}

static int update(struct bu_map *map, const void *key, const void *value, u64 flags, u32 cpu)
{
	struct bu_htab *table = map->priv;
	u32 index;
	int error;

	if (flags > BPF_EXIST)
		return -EINVAL;
	index = bu_lru_pop(table->lru, cpu);
	if (!index)
		return -ENOMEM;
	error = bu_htab_ready(table, index);
	if (!error) {
		bu_value_store(map, bu_elem(table, index)->value, value);
		error = place(table, index, key, flags);
	}
	if (error)
		bu_lru_push(table->lru, index);
	return error;
}

static int user_update(struct bu_map *map, const void *key, const void *value, u64 flags)
{
	return update(map, key, value, flags, bu_htab_user_cpu(map));
}

const struct bu_map_ops bu_lru_hash_ops = {
	.name = "lru_hash",
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
