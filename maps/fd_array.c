// SPDX-License-Identifier: BSD-2-Clause
/* Source: fd_array_map_alloc_check() and the like, kernel/bpf/arraymap.c (6.12). */
#include <stdlib.h>

#include "ebpf/prog/prog.h"
#include "maps/array.h"
#include "maps/fd_array.h"

int bu_fd_array_check(const union bpf_attr *attr)
{
	if (attr->value_size != sizeof(u32) ||
	    attr->map_flags & (BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG))
		return -EINVAL;
	return bu_array_check(attr);
}

int bu_fd_array_create(struct bu_map *map, const union bpf_attr *attr)
{
	struct bu_fd_array *array = calloc(1, sizeof(*array));

	if (array)
		array->slots = calloc(map->max_entries, sizeof(*array->slots));
	if (!array || !array->slots) {
		free(array);
		return -ENOMEM;
	}
	map->priv = array;
	return 0;
}

static void count_slot(struct bu_object *object, int change)
{
	if (object->kind == BU_OBJECT_PROG)
		bu_container_of(object, struct bu_prog, object)->tail_slots += change;
}

static void set_slot(struct bu_object **slot, struct bu_object *object)
{
	struct bu_object *old = *slot;

	if (object) {
		bu_object_get(object);
		count_slot(object, 1);
	}
	*slot = object;
	if (old) {
		count_slot(old, -1);
		bu_object_put_later(old);
	}
}

void bu_fd_array_clear(struct bu_map *map)
{
	struct bu_fd_array *array = map->priv;

	for (u32 i = 0; i < map->max_entries; i++)
		if (array->slots[i])
			set_slot(&array->slots[i], NULL);
}

void bu_fd_array_clear_through(struct bu_map *map, u64 inode)
{
	struct bu_fd_array *array = map->priv;

	for (u32 i = 0; i < map->max_entries; i++)
		if (array->slots[i] && array->through[i] == inode)
			set_slot(&array->slots[i], NULL);
}

void bu_fd_array_destroy(struct bu_map *map)
{
	struct bu_fd_array *array = map->priv;

	if (!array)
		return;
	bu_fd_array_clear(map);
	free(array->slots);
	free(array->through);
	free(array);
	map->priv = NULL;
}

struct bu_object *bu_fd_array_get(struct bu_map *map, u64 index)
{
	const struct bu_fd_array *array = map->priv;

	return index < map->max_entries ? array->slots[index] : NULL;
}

int bu_fd_array_check_update(struct bu_map *map, const void *key, u64 flags)
{
	if (flags != BPF_ANY)
		return -EINVAL;
	return bu_array_index(key) >= map->max_entries ? -E2BIG : 0;
}

void bu_fd_array_set(struct bu_map *map, const void *key, struct bu_object *object)
{
	struct bu_fd_array *array = map->priv;

	set_slot(&array->slots[bu_array_index(key)], object);
	if (array->through)
		array->through[bu_array_index(key)] = map->through;
}

int bu_fd_array_remove(struct bu_map *map, const void *key)
{
	struct bu_fd_array *array = map->priv;
	u32 index = bu_array_index(key);

	if (index >= map->max_entries)
		return -E2BIG;
	if (!array->slots[index])
		return -ENOENT;
	set_slot(&array->slots[index], NULL);
	return 0;
}
