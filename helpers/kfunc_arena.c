// SPDX-License-Identifier: BSD-2-Clause
/* Pages of arenas. Source: bpf_arena_alloc_pages(), bpf_arena_free_pages(), kernel/bpf/arena.c
 * (6.12). */
#include "ebpf/kernel.h"
#include "maps/arena_map.h"

static bool is_arena(struct bu_run *run, const struct bu_map *map)
{
	if (map->type == (enum bpf_map_type)BU_MAP_TYPE_ARENA)
		return true;
	bu_fault_raise(run, BU_FAULT_BAD_ARGUMENT, "map '%s' is no arena", map->name);
	return false;
}

BU_HELPER_5(arena_alloc_pages, struct bu_map *, map, u64, address, u32, count, s32, node, u64,
	    flags)
{
	(void)node;
	if (!is_arena(run, map) || flags)
		return 0;
	return bu_arena_map_alloc(map, address, count);
}

BU_HELPER_3(arena_free_pages, struct bu_map *, map, u64, address, u32, count)
{
	if (is_arena(run, map))
		bu_arena_map_free(map, address, count);
	return 0;
}
