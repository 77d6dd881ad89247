/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table under all hash maps: elements by index, found through chained buckets, iterated in the
 * order in which their keys came (a key that is updated keeps its place; the kernel promises no
 * order).
 *
 * Element 0 does not exist: index 0 means none. Elements move when the table grows, values never
 * do.
 */
#ifndef BU_MAPS_HTAB_H
#define BU_MAPS_HTAB_H

#include "maps/slab.h"

struct bu_lru;

struct bu_elem {
	u32 hash;
	u32 chain;      /* next of the bucket; or of the free list */
	u32 prev, next; /* in iteration order */
	u64 sequence;   /* rises along the iteration order */
	void *value;    /* the slot; kept while the element is free in maps that preallocate; NULL:
			   none yet */
	bool linked;    /* in the table */
	u8 key[];
};

struct bu_cursor { /* a walk in progress, which removals must not derail */
	u32 next;
	struct bu_cursor *outer;
};

struct bu_htab {
	struct bu_map *map;
	u8 *elems;
	u32 elem_size;
	u32 used, room; /* elements in use or once used, element 0 included; allocated */
	u32 *buckets;
	u32 mask;
	u32 count; /* elements linked */
	u32 first, last;
	u32 free; /* latest freed */
	u64 sequence;
	u32 *spare; /* preallocating: what a CPU's next replacement uses; else NULL */
	struct bu_cursor *cursors;
	struct bu_slab slab;
	struct bu_lru *lru; /* LRU maps only */
};

static inline struct bu_elem *bu_elem(const struct bu_htab *table, u32 index)
{
	return (struct bu_elem *)(table->elems + (u64)index * table->elem_size);
}

/* Slots of all CPUs lie in a row; a CPU's is: */
static inline void *bu_elem_value(const struct bu_htab *table, u32 index, u32 cpu)
{
	return (u8 *)bu_elem(table, index)->value + (u64)cpu * table->slab.stride;
}

/* The parts of the ops that all hash maps share. */
int bu_htab_check(const union bpf_attr *attr);
int bu_htab_create(struct bu_map *map, const union bpf_attr *attr);
void bu_htab_destroy(struct bu_map *map);
int bu_htab_next_key(struct bu_map *map, const void *key, void *next);
long bu_htab_for_each(struct bu_map *map, struct bu_run *run, u64 callback, u64 ctx, u64 flags);

int bu_htab_remove(struct bu_map *map, const void *key);
/* User space's view of plain values; and of all CPUs' values. Lookups here do not count as use for
 * LRU. */
int bu_htab_user_lookup(struct bu_map *map, const void *key, void *value, u64 flags);
int bu_htab_user_lookup_all(struct bu_map *map, const void *key, void *value, u64 flags);
int bu_htab_user_take(struct bu_map *map, const void *key, void *value, u64 flags);

bool bu_htab_is_lru(u32 type);
/* How many elements it has, of any map: 0 when it is no hash map. */
u32 bu_htab_count(const struct bu_map *map);
/* The element of a key, or 0. */
u32 bu_htab_find(const struct bu_htab *table, const void *key);
/* Why an update with these flags cannot be, given the present element: -EEXIST, -ENOENT, or 0. */
int bu_htab_check_flags(u32 present, u64 flags);
/* An element outside the table with a slot for its value, from the free list or new; 0: out of
 * memory. */
u32 bu_htab_take(struct bu_htab *table);
/* Make sure that element `index` exists and has a slot: 0, or -ENOMEM. */
int bu_htab_ready(struct bu_htab *table, u32 index);
/* Give back an element outside the table; its value is freed unless the map preallocates. */
void bu_htab_give(struct bu_htab *table, u32 index);
/* Add an element under a key which the table does not have; -ENOMEM leaves it out. */
int bu_htab_link(struct bu_htab *table, u32 index, const void *key);
/* Put `index` in the place of `old`, with the same key. */
void bu_htab_replace(struct bu_htab *table, u32 old, u32 index);
void bu_htab_unlink(struct bu_htab *table, u32 index);
/* The key of the element with this value; false: there is none. */
bool bu_htab_key_of(const struct bu_map *map, const void *value, void *key);
/* The CPU that system calls run on. */
u32 bu_htab_user_cpu(const struct bu_map *map);

#endif
