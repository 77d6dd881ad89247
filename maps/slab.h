/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the values of hash maps live: slots in chunks of the arena's heap, made as they are needed.
 * A slot has one part for each copy of the value (per-CPU maps: one a CPU), `stride` bytes apart.
 *
 * Differs: a freed slot is inaccessible and its address is not used again, so that a stale pointer
 * faults; only when the arena is full the slots freed longest ago are. In the kernel such a pointer
 * shows whatever the memory holds by then.
 */
#ifndef BU_MAPS_SLAB_H
#define BU_MAPS_SLAB_H

#include "maps/value.h"

struct bu_slab {
	struct bu_map *map;
	u32 parts, stride;
	u64 slot_size;   /* parts * stride */
	u64 left;        /* slots of the newest chunk that were never used */
	u8 *fresh;       /* the first of them */
	u64 chunk_slots; /* of the next chunk */
	void **chunks;
	u32 nr_chunks;
	void *oldest_freed, *newest_freed; /* linked through their first bytes */
};

void bu_slab_init(struct bu_slab *slab, struct bu_map *map, u32 parts);
void bu_slab_destroy(struct bu_slab *slab);
/* A zeroed slot that programs may access, or NULL. */
void *bu_slab_alloc(struct bu_slab *slab);
void bu_slab_free(struct bu_slab *slab, void *slot);
/* Note under which key a slot's element is inserted now, and by whom, for reports of faults. */
void bu_slab_tag(struct bu_slab *slab, void *slot, const void *key);

#endif
