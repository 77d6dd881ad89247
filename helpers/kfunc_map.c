// SPDX-License-Identifier: BSD-2-Clause
/*
 * What programs ask of maps that they were handed: by an iterator as struct bpf_map, or their own.
 * Source: bpf_map_sum_elem_count(), kernel/bpf/map_iter.c (6.12).
 */
#include "ebpf/kernel.h"
#include "ebpf/link/iter.h"
#include "maps/htab.h"

#include <string.h>

/* Behind a map pointer, or a struct bpf_map of an iterator's. NULL: neither. */
static struct bu_map *map_of(struct bu_run *run, const void *pointer)
{
	struct bu_map *map = bu_map_of_handle(run->kernel, (u64)pointer);
	const struct bu_region *region = bu_arena_region(&run->kernel->arena, pointer);
	struct bu_object *object;

	if (map || !region || region->freed || region->start != pointer ||
	    region->info.kind != BU_REGION_KOBJ || !region->info.label ||
	    strcmp(region->info.label, "bpf_map"))
		return map;
	object = bu_object_by_id(run->kernel, BU_OBJECT_MAP,
				 bu_kstruct_get(run->kernel, "bpf_map", pointer, "id", 0));
	return object ? bu_container_of(object, struct bu_map, object) : NULL;
}

BU_HELPER_1(map_sum_elem_count, const void *, pointer)
{
	const struct bu_map *map = map_of(run, pointer);

	if (map)
		return bu_htab_count(map);
	bu_fault_raise(run, BU_FAULT_BAD_ARGUMENT,
		       "argument 1 of bpf_map_sum_elem_count: 0x%llx is no map",
		       (unsigned long long)(u64)pointer);
	return 0;
}
