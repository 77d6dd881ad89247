/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which element of an LRU map is given up for a new key: the kernel's approximation of "least
 * recently used", list for list, so that the same calls on the same CPUs evict the same keys.
 * Source: kernel/bpf/bpf_lru_list.c (6.12).
 */
#ifndef BU_MAPS_LRU_H
#define BU_MAPS_LRU_H

#include "maps/htab.h"

struct bu_lru *bu_lru_new(struct bu_htab *table);
void bu_lru_free(struct bu_lru *lru); /* NULL is ignored */
/* An element for a new key, on CPU `cpu`; may unlink others from the table. 0: none. */
u32 bu_lru_pop(struct bu_lru *lru, u32 cpu);
/* Take back an element that is not linked in the table. */
void bu_lru_push(struct bu_lru *lru, u32 index);
/* The element was used. */
void bu_lru_touch(struct bu_lru *lru, u32 index);

#endif
