/* SPDX-License-Identifier: BSD-2-Clause */
/* Pages of an arena map, for the kernel functions that programs call. */
#ifndef BU_MAPS_ARENA_MAP_H
#define BU_MAPS_ARENA_MAP_H

#include "ebpf/map.h"

#define BU_ARENA_PAGE 4096

/* Allocate zeroed pages, at `address` (of user space's) unless it is 0: their address there, or 0.
 */
u64 bu_arena_map_alloc(struct bu_map *map, u64 address, u32 count);
/* Free pages; what is not allocated, or outside, is ignored. */
void bu_arena_map_free(struct bu_map *map, u64 address, u32 count);

#endif
