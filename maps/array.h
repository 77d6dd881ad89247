/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Values by index, for ARRAY and PERCPU_ARRAY: one range of memory a CPU copy, reserved whole and
 * made accessible to programs in blocks as elements are first reached, so large sparse arrays cost
 * little.
 */
#ifndef BU_MAPS_ARRAY_H
#define BU_MAPS_ARRAY_H

#include "maps/value.h"

struct bu_array {
	struct bu_map *map;
	u8 **copies; /* one range for each CPU, or one for all */
	u32 nr_copies;
	u32 stride;
	u32 block; /* elements made accessible at a time */
	u64 nr_blocks;
	bool *reached;     /* nr_blocks for each copy */
	u64 shared_offset; /* in the arena's memfd, when the map is BPF_F_MMAPABLE */
};

int bu_array_check(const union bpf_attr *attr);
int bu_array_create(struct bu_map *map, const union bpf_attr *attr);
void bu_array_destroy(struct bu_map *map);
int bu_array_next_key(struct bu_map *map, const void *key, void *next);
long bu_array_for_each(struct bu_map *map, struct bu_run *run, u64 callback, u64 ctx, u64 flags);
/* The value of an element in copy `copy`; NULL: beyond the map. */
void *bu_array_at(struct bu_array *array, u32 index, u32 copy);
/* Why an update with these flags cannot be: -EINVAL, -E2BIG, -EEXIST, or 0. */
int bu_array_check_update(struct bu_map *map, u32 index, u64 flags);

static inline u32 bu_array_index(const void *key)
{
	u32 index;

	__builtin_memcpy(&index, key, sizeof(index));
	return index;
}

#endif
