// SPDX-License-Identifier: BSD-2-Clause
/* What the ops of all hash maps share: which attributes are accepted, deletion, iteration, user
 * space's view. */
#include <string.h>

#include "ebpf/kernel.h"
#include "maps/htab.h"
#include "maps/lru.h"

#define CREATE_FLAGS                                                                               \
	(BPF_F_NO_PREALLOC | BPF_F_NO_COMMON_LRU | BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY | \
	 BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG | BPF_F_ZERO_SEED)
#define MAX_ELEM_BYTES ((4u << 20) - 48) /* Source: KMALLOC_MAX_SIZE - sizeof(struct htab_elem) */

bool bu_htab_is_lru(u32 type)
{
	return type == BPF_MAP_TYPE_LRU_HASH || type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

static bool is_percpu(u32 type)
{
	return type == BPF_MAP_TYPE_PERCPU_HASH || type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

static int check_flags(const union bpf_attr *attr)
{
	bool lru = bu_htab_is_lru(attr->map_type),
	     common = !(attr->map_flags & BPF_F_NO_COMMON_LRU);
	const u32 prog_access = BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG;

	if (attr->map_flags & ~CREATE_FLAGS || (attr->map_flags & prog_access) == prog_access)
		return -EINVAL;
	if (!lru && !common)
		return -EINVAL;
	if (lru && attr->map_flags & BPF_F_NO_PREALLOC)
		return -BU_ENOTSUPP;
	if (attr->map_flags & BPF_F_NUMA_NODE && (is_percpu(attr->map_type) || !common))
		return -EINVAL;
	return 0;
}

/* Source: htab_map_alloc_check(), htab_map_alloc(), kernel/bpf/hashtab.c (6.12). */
int bu_htab_check(const union bpf_attr *attr)
{
	int error = check_flags(attr);

	if (error)
		return error;
	if (!attr->max_entries || !attr->key_size || !attr->value_size)
		return -EINVAL;
	if ((u64)attr->key_size + attr->value_size >= MAX_ELEM_BYTES)
		return -E2BIG;
	if (is_percpu(attr->map_type) && BU_ROUND_UP((u64)attr->value_size, 8) > BU_PERCPU_MAX)
		return -E2BIG;
	/* More buckets than their byte count can express. */
	return attr->max_entries > 1u << 27 ? -E2BIG : 0;
}

/* Source: htab_map_get_next_key(): after a key that is not there comes the first. */
int bu_htab_next_key(struct bu_map *map, const void *key, void *next)
{
	struct bu_htab *table = map->priv;
	u32 index = key ? bu_htab_find(table, key) : 0;

	index = index ? bu_elem(table, index)->next : table->first;
	if (!index)
		return -ENOENT;
	memcpy(next, bu_elem(table, index)->key, map->key_size);
	return 0;
}

static long walk(struct bu_htab *table, struct bu_run *run, u64 callback, u64 ctx, void *key)
{
	struct bu_cursor cursor = { .next = table->first, .outer = table->cursors };
	u64 last = table->sequence; /* elements that the callback adds are not visited */
	bool go_on = true;
	long visited = 0;

	table->cursors = &cursor;
	while (go_on && cursor.next && bu_elem(table, cursor.next)->sequence <= last) {
		u32 index = cursor.next;

		cursor.next = bu_elem(table, index)->next;
		memcpy(key, bu_elem(table, index)->key, table->map->key_size);
		visited++;
		go_on = bu_value_visit(
			table->map, run, callback, ctx, key,
			bu_elem_value(table, index, table->map->ops->per_cpu ? run->cpu : 0));
	}
	table->cursors = cursor.outer;
	return visited;
}

/* Source: bpf_for_each_hash_elem(). */
long bu_htab_for_each(struct bu_map *map, struct bu_run *run, u64 callback, u64 ctx, u64 flags)
{
	void *key;
	long visited;

	if (flags)
		return -EINVAL;
	key = bu_value_key_room(map, run);
	visited = key ? walk(map->priv, run, callback, ctx, key) : -ENOMEM;
	/* Not released: frames and packets that callbacks made lie above it, until the run ends. */
	if (key)
		bu_arena_set_access(&run->kernel->arena, key, map->key_size, BU_NONE);
	return visited;
}

bool bu_htab_key_of(const struct bu_map *map, const void *value, void *key)
{
	const struct bu_htab *table = map->priv;

	for (u32 i = 1; i < table->used; i++) {
		if (bu_elem(table, i)->value == value) {
			memcpy(key, bu_elem(table, i)->key, map->key_size);
			return true;
		}
	}
	return false;
}

u32 bu_htab_user_cpu(const struct bu_map *map)
{
	return map->object.kernel->env.cpu;
}

int bu_htab_remove(struct bu_map *map, const void *key)
{
	struct bu_htab *table = map->priv;
	u32 index = bu_htab_find(table, key);

	if (!index)
		return -ENOENT;
	bu_htab_unlink(table, index);
	if (table->lru)
		bu_lru_push(table->lru, index);
	else
		bu_htab_give(table, index);
	return 0;
}

int bu_htab_user_lookup(struct bu_map *map, const void *key, void *value, u64 flags)
{
	struct bu_htab *table = map->priv;
	u32 index = bu_htab_find(table, key);

	if (flags & ~(u64)BPF_F_LOCK || bu_value_check_lock(map, flags))
		return -EINVAL;
	if (!index)
		return -ENOENT;
	bu_value_load(map, value, bu_elem(table, index)->value);
	return 0;
}

int bu_htab_user_lookup_all(struct bu_map *map, const void *key, void *value, u64 flags)
{
	struct bu_htab *table = map->priv;
	u32 index = bu_htab_find(table, key);

	if (flags)
		return -EINVAL;
	if (!index)
		return -ENOENT;
	bu_value_load_all(map, value, bu_elem(table, index)->value, table->slab.stride);
	return 0;
}

int bu_htab_user_take(struct bu_map *map, const void *key, void *value, u64 flags)
{
	int error = map->ops->user_lookup(map, key, value, flags);

	return error ? error : map->ops->user_remove(map, key);
}
