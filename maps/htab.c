// SPDX-License-Identifier: BSD-2-Clause
/* The table: every linked element is in exactly one bucket chain and in the iteration order. */
#include <stdlib.h>
#include <string.h>

#include "ebpf/kernel.h"
#include "maps/htab.h"
#include "maps/lru.h"

#define FIRST_BUCKETS 16

/* Hashing: a multiply-xorshift mix a word; the tail is zero-padded and the size is part of the
 * seed. */
static u64 mix(u64 x)
{
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93u;
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93u;
	return x ^ x >> 32;
}

static u32 hash_of(const void *key, u32 size)
{
	const u8 *at = key;
	u64 hash = size, word = 0;

	for (; size >= 8; size -= 8, at += 8) {
		memcpy(&word, at, 8);
		hash = mix(hash ^ word) * 0x9e3779b97f4a7c15u;
	}
	if (size) {
		word = 0;
		memcpy(&word, at, size);
		hash = mix(hash ^ word);
	}
	return (u32)(hash ^ hash >> 32);
}

/* Constant sizes let the compiler compare in registers. */
static bool same_key(const void *a, const void *b, u32 size)
{
	if (size == 4)
		return !memcmp(a, b, 4);
	if (size == 8)
		return !memcmp(a, b, 8);
	return !memcmp(a, b, size);
}

static u32 find_hashed(const struct bu_htab *table, const void *key, u32 hash)
{
	u32 index = table->buckets[hash & table->mask];

	while (index) {
		const struct bu_elem *elem = bu_elem(table, index);

		if (elem->hash == hash && same_key(elem->key, key, table->map->key_size))
			return index;
		index = elem->chain;
	}
	return 0;
}

u32 bu_htab_find(const struct bu_htab *table, const void *key)
{
	return find_hashed(table, key, hash_of(key, table->map->key_size));
}

int bu_htab_check_flags(u32 present, u64 flags)
{
	flags &= ~(u64)BPF_F_LOCK;
	if (present && flags == BPF_NOEXIST)
		return -EEXIST;
	return !present && flags == BPF_EXIST ? -ENOENT : 0;
}

static int grow_elems(struct bu_htab *table, u32 needed)
{
	u32 room = table->room ? table->room : FIRST_BUCKETS;
	u8 *elems;

	while (room < needed)
		room *= 2;
	elems = realloc(table->elems, (u64)room * table->elem_size);
	if (!elems)
		return -ENOMEM;
	memset(elems + (u64)table->room * table->elem_size, 0,
	       (u64)(room - table->room) * table->elem_size);
	table->elems = elems;
	table->room = room;
	return 0;
}

int bu_htab_ready(struct bu_htab *table, u32 index)
{
	if (index >= table->room && grow_elems(table, index + 1))
		return -ENOMEM;
	if (index >= table->used)
		table->used = index + 1;

	struct bu_elem *elem = bu_elem(table, index);

	if (!elem->value)
		elem->value = bu_slab_alloc(&table->slab);
	return elem->value ? 0 : -ENOMEM;
}

u32 bu_htab_take(struct bu_htab *table)
{
	u32 index = table->free ? table->free : table->used;
	bool reused = table->free;

	if (bu_htab_ready(table, index))
		return 0;
	if (reused)
		table->free = bu_elem(table, index)->chain;
	return index;
}

void bu_htab_give(struct bu_htab *table, u32 index)
{
	struct bu_elem *elem = bu_elem(table, index);

	if (table->map->flags & BPF_F_NO_PREALLOC) {
		bu_slab_free(&table->slab, elem->value);
		elem->value = NULL;
	}
	elem->chain = table->free;
	table->free = index;
}

static void add_to_bucket(struct bu_htab *table, u32 index)
{
	struct bu_elem *elem = bu_elem(table, index);
	u32 *bucket = &table->buckets[elem->hash & table->mask];

	elem->chain = *bucket;
	*bucket = index;
}

static void remove_from_bucket(struct bu_htab *table, u32 index)
{
	struct bu_elem *elem = bu_elem(table, index);
	u32 *link = &table->buckets[elem->hash & table->mask];

	while (*link != index)
		link = &bu_elem(table, *link)->chain;
	*link = elem->chain;
}

static int grow_buckets(struct bu_htab *table)
{
	u32 nr = 2 * (table->mask + 1);
	u32 *buckets = calloc(nr, sizeof(*buckets));

	if (!buckets)
		return -ENOMEM;
	free(table->buckets);
	table->buckets = buckets;
	table->mask = nr - 1;
	for (u32 i = table->first; i; i = bu_elem(table, i)->next)
		add_to_bucket(table, i);
	return 0;
}

/* Put `index` between its elem->prev and elem->next. */
static void join_order(struct bu_htab *table, u32 index)
{
	struct bu_elem *elem = bu_elem(table, index);

	*(elem->prev ? &bu_elem(table, elem->prev)->next : &table->first) = index;
	*(elem->next ? &bu_elem(table, elem->next)->prev : &table->last) = index;
}

int bu_htab_link(struct bu_htab *table, u32 index, const void *key)
{
	struct bu_elem *elem = bu_elem(table, index);

	if (table->count > table->mask && grow_buckets(table))
		return -ENOMEM;
	memcpy(elem->key, key, table->map->key_size);
	elem->hash = hash_of(key, table->map->key_size);
	bu_slab_tag(&table->slab, elem->value, key);
	elem->sequence = ++table->sequence;
	elem->prev = table->last;
	elem->next = 0;
	elem->linked = true;
	join_order(table, index);
	add_to_bucket(table, index);
	table->count++;
	return 0;
}

static void move_cursors(struct bu_htab *table, u32 from, u32 to)
{
	for (struct bu_cursor *cursor = table->cursors; cursor; cursor = cursor->outer)
		if (cursor->next == from)
			cursor->next = to;
}

void bu_htab_replace(struct bu_htab *table, u32 old, u32 index)
{
	struct bu_elem *from = bu_elem(table, old), *to = bu_elem(table, index);

	memcpy(to->key, from->key, table->map->key_size);
	bu_slab_tag(&table->slab, to->value, to->key);
	to->hash = from->hash;
	to->sequence = from->sequence;
	to->prev = from->prev;
	to->next = from->next;
	to->linked = true;
	from->linked = false;
	bu_timer_release(table->map, from->value);
	join_order(table, index);
	remove_from_bucket(table, old);
	add_to_bucket(table, index);
	move_cursors(table, old, index);
}

void bu_htab_unlink(struct bu_htab *table, u32 index)
{
	struct bu_elem *elem = bu_elem(table, index);

	move_cursors(table, index, elem->next);
	remove_from_bucket(table, index);
	*(elem->prev ? &bu_elem(table, elem->prev)->next : &table->first) = elem->next;
	*(elem->next ? &bu_elem(table, elem->next)->prev : &table->last) = elem->prev;
	elem->linked = false;
	table->count--;
	bu_timer_release(table->map, elem->value);
}

static int init(struct bu_htab *table)
{
	u32 cpus = table->map->object.kernel->nr_cpus;

	table->elem_size = BU_ROUND_UP(sizeof(struct bu_elem) + table->map->key_size, 8);
	table->mask = FIRST_BUCKETS - 1;
	table->used = 1;
	bu_slab_init(&table->slab, table->map, table->map->ops->per_cpu ? cpus : 1);
	table->buckets = calloc(FIRST_BUCKETS, sizeof(*table->buckets));
	if (!table->buckets || grow_elems(table, FIRST_BUCKETS))
		return -ENOMEM;
	if (table->map->type == BPF_MAP_TYPE_HASH && !(table->map->flags & BPF_F_NO_PREALLOC)) {
		table->spare = calloc(cpus, sizeof(*table->spare));
		return table->spare ? 0 : -ENOMEM;
	}
	if (!bu_htab_is_lru(table->map->type))
		return 0;
	table->lru = bu_lru_new(table);
	return table->lru ? 0 : -ENOMEM;
}

/* Differs: memory is taken when elements are first used, also without BPF_F_NO_PREALLOC, so a map
 * that the kernel could not preallocate can be created. */
int bu_htab_create(struct bu_map *map, const union bpf_attr *attr)
{
	struct bu_htab *table = calloc(1, sizeof(*table));
	u32 cpus = map->object.kernel->nr_cpus;

	if (!table)
		return -ENOMEM;
	if (map->flags & BPF_F_NO_COMMON_LRU) /* each CPU's list has the same size */
		map->max_entries = BU_ROUND_UP(map->max_entries, cpus);
	table->map = map;
	map->priv = table;
	if (!init(table))
		return 0;
	bu_htab_destroy(map);
	return -ENOMEM;
}

void bu_htab_destroy(struct bu_map *map)
{
	struct bu_htab *table = map->priv;

	if (!table)
		return;
	bu_slab_destroy(&table->slab);
	bu_lru_free(table->lru);
	free(table->spare);
	free(table->buckets);
	free(table->elems);
	free(table);
	map->priv = NULL;
}

u32 bu_htab_count(const struct bu_map *map)
{
	const struct bu_htab *table = map->priv;

	switch (map->type) {
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
	case BPF_MAP_TYPE_HASH_OF_MAPS:
		return table->count;
	default:
		return 0;
	}
}
