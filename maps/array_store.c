// SPDX-License-Identifier: BSD-2-Clause
/*
 * The memory of arrays, and what their ops share. Source: kernel/bpf/arraymap.c (6.12).
 * Differs: an array larger than the arena is -ENOMEM, whatever memory the host has.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ebpf/kernel.h"
#include "maps/array.h"

#define CREATE_FLAGS                                                                               \
	(BPF_F_NUMA_NODE | BPF_F_MMAPABLE | BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_RDONLY_PROG |      \
	 BPF_F_WRONLY_PROG | BPF_F_PRESERVE_ELEMS | BPF_F_INNER_MAP)
#define BLOCK_BYTES 4096

int bu_array_check(const union bpf_attr *attr)
{
	const u32 prog_access = BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG;
	bool percpu = attr->map_type == BPF_MAP_TYPE_PERCPU_ARRAY;
	u32 flags = attr->map_flags;

	if (!attr->max_entries || attr->key_size != 4 || !attr->value_size ||
	    flags & ~CREATE_FLAGS || (flags & prog_access) == prog_access ||
	    (percpu && flags & BPF_F_NUMA_NODE))
		return -EINVAL;
	if (attr->map_type != BPF_MAP_TYPE_ARRAY && flags & (BPF_F_MMAPABLE | BPF_F_INNER_MAP))
		return -EINVAL;
	if (attr->map_type != BPF_MAP_TYPE_PERF_EVENT_ARRAY && flags & BPF_F_PRESERVE_ELEMS)
		return -EINVAL;
	if (attr->value_size > INT32_MAX)
		return -E2BIG;
	return percpu && BU_ROUND_UP(attr->value_size, 8) > BU_PERCPU_MAX ? -E2BIG : 0;
}

static void *alloc_copy(struct bu_array *array)
{
	struct bu_region_info info = bu_value_region(array->map, array->stride);
	struct bu_arena *arena = &array->map->object.kernel->arena;
	u64 size = (u64)array->map->max_entries * array->stride;

	if (!(array->map->flags & BPF_F_MMAPABLE))
		return bu_arena_alloc(arena, size, BU_NONE, &info);
	size = BU_ROUND_UP(size, (u64)getpagesize());
	return bu_arena_alloc_shared(arena, size, BU_NONE, &info, &array->shared_offset);
}

/* Whether the arena could hold it at all: before anything is allocated to keep account of it. */
static bool fits(const struct bu_array *array)
{
	const struct bu_arena *arena = &array->map->object.kernel->arena;
	u64 copy = (u64)array->map->max_entries * array->stride;

	return copy <= arena->size / array->nr_copies;
}

static int init(struct bu_array *array)
{
	struct bu_map *map = array->map;
	bool mapped = map->flags & BPF_F_MMAPABLE;

	array->nr_copies = map->ops->per_cpu ? map->object.kernel->nr_cpus : 1;
	/* User space maps values as a C array, so there is no room for red zones then. */
	array->stride = mapped ? BU_ROUND_UP(map->value_size, 8) : bu_value_stride(map);
	array->block = BU_MAX(1u, BLOCK_BYTES / array->stride);
	array->nr_blocks = ((u64)map->max_entries + array->block - 1) / array->block;
	if (!fits(array))
		return -ENOMEM;
	array->reached = calloc(array->nr_blocks * array->nr_copies, sizeof(*array->reached));
	array->copies = calloc(array->nr_copies, sizeof(*array->copies));
	if (!array->reached || !array->copies)
		return -ENOMEM;
	for (u32 i = 0; i < array->nr_copies; i++) {
		array->copies[i] = alloc_copy(array);
		if (!array->copies[i])
			return -ENOMEM;
	}
	return 0;
}

int bu_array_create(struct bu_map *map, const union bpf_attr *attr)
{
	struct bu_array *array = calloc(1, sizeof(*array));

	if (!array)
		return -ENOMEM;
	array->map = map;
	map->priv = array;
	if (!init(array))
		return 0;
	bu_array_destroy(map);
	return -ENOMEM;
}

void bu_array_destroy(struct bu_map *map)
{
	struct bu_array *array = map->priv;

	if (!array)
		return;
	for (u32 i = 0; array->copies && i < array->nr_copies; i++)
		bu_arena_free(&map->object.kernel->arena, array->copies[i]);
	free(array->copies);
	free(array->reached);
	free(array);
	map->priv = NULL;
}

/* Make a block of elements accessible to programs. */
static void reach(struct bu_array *array, u64 block, u32 copy)
{
	enum bu_access access = bu_value_access(array->map);
	u64 index = block * array->block;
	u64 end = BU_MIN(index + array->block, (u64)array->map->max_entries);

	for (; index < end; index++)
		bu_arena_set_access(&array->map->object.kernel->arena,
				    array->copies[copy] + index * array->stride,
				    array->map->value_size, access);
	array->reached[copy * array->nr_blocks + block] = true;
}

void *bu_array_at(struct bu_array *array, u32 index, u32 copy)
{
	u64 block = index / array->block;

	if (index >= array->map->max_entries)
		return NULL;
	if (bu_unlikely(!array->reached[copy * array->nr_blocks + block]))
		reach(array, block, copy);
	return array->copies[copy] + (u64)index * array->stride;
}

/* Source: array_map_update_elem(). */
int bu_array_check_update(struct bu_map *map, u32 index, u64 flags)
{
	if ((flags & ~(u64)BPF_F_LOCK) > BPF_EXIST)
		return -EINVAL;
	if (index >= map->max_entries)
		return -E2BIG;
	if (flags & BPF_NOEXIST)
		return -EEXIST;
	return bu_value_check_lock(map, flags);
}

int bu_array_next_key(struct bu_map *map, const void *key, void *next)
{
	u32 index = key ? bu_array_index(key) : UINT32_MAX;

	if (index == map->max_entries - 1)
		return -ENOENT;
	index = index >= map->max_entries ? 0 : index + 1;
	memcpy(next, &index, sizeof(index));
	return 0;
}

static long walk(struct bu_map *map, struct bu_run *run, u64 callback, u64 ctx, u32 *key)
{
	u32 copy = map->ops->per_cpu ? run->cpu : 0;
	bool go_on = true;
	u32 index = 0;

	for (; go_on && index < map->max_entries; index++) {
		*key = index;
		go_on = bu_value_visit(map, run, callback, ctx, key,
				       bu_array_at(map->priv, index, copy));
	}
	return index;
}

/* Source: bpf_for_each_array_elem(). */
long bu_array_for_each(struct bu_map *map, struct bu_run *run, u64 callback, u64 ctx, u64 flags)
{
	u32 *key;
	long visited;

	if (flags)
		return -EINVAL;
	key = bu_value_key_room(map, run);
	visited = key ? walk(map, run, callback, ctx, key) : -ENOMEM;
	/* Not released: frames and packets that callbacks made lie above it, until the run ends. */
	if (key)
		bu_arena_set_access(&run->kernel->arena, key, map->key_size, BU_NONE);
	return visited;
}
