// SPDX-License-Identifier: BSD-2-Clause
/*
 * Maps of maps: an outer map keeps a copy of what matters of the map that it was created with, and
 * every map that is put in must agree with it. Source: kernel/bpf/map_in_map.c,
 * array_map_meta_equal() in kernel/bpf/arraymap.c (6.12).
 */
#include "maps/map_in_map.h"

#include <stdlib.h>

#include "ebpf/kernel.h"
#include "maps/array.h"

struct bu_map_template {
	enum bpf_map_type type;
	u32 key_size, value_size, max_entries, flags;
	bool special;
	int spin_lock; /* place in the value, -1: none */
	u32 timer;
};

static struct bu_map_template describe(struct bu_map *map)
{
	return (struct bu_map_template){
		.type = map->type,
		.key_size = map->key_size,
		.value_size = map->value_size,
		.max_entries = map->max_entries,
		.flags = map->flags,
		.special = map->special,
		.spin_lock = map->has_spin_lock ? bu_value_spin_lock(map) : -1,
		.timer = map->timer,
	};
}

int bu_map_template_set(struct bu_map *outer, const union bpf_attr *attr)
{
	struct bu_object *object;
	struct bu_map *inner;
	int err;

	object = bu_fd_object(outer->object.kernel, attr->inner_map_fd, BU_OBJECT_MAP, &err);
	if (!object)
		return err;
	inner = bu_container_of(object, struct bu_map, object);
	if (inner->inner)
		return -EINVAL;
	if (!inner->ops->can_be_inner)
		return -BU_ENOTSUPP;
	outer->inner = malloc(sizeof(*outer->inner));
	if (!outer->inner)
		return -ENOMEM;
	*outer->inner = describe(inner);
	return 0;
}

bool bu_map_inner_attr(const struct bu_map *outer, union bpf_attr *attr)
{
	const struct bu_map_template *template = outer->inner;

	if (!template)
		return false;
	*attr = (union bpf_attr){
		.map_type = template->type,
		.key_size = template->key_size,
		.value_size = template->value_size,
		.max_entries = template->max_entries,
		.map_flags = template->flags,
	};
	return true;
}

void bu_map_template_free(struct bu_map *outer)
{
	free(outer->inner);
	outer->inner = NULL;
}

bool bu_map_template_attr(const struct bu_map *outer, union bpf_attr *attr)
{
	const struct bu_map_template *template = outer->inner;

	if (!template || template->special)
		return false;
	attr->map_type = template->type;
	attr->key_size = template->key_size;
	attr->value_size = template->value_size;
	attr->max_entries = template->max_entries;
	attr->map_flags = template->flags;
	return true;
}

/* Programs index arrays by constants that the verifier compared with the template's size, unless it
 * promises nothing of it. */
static bool size_matters(const struct bu_map_template *template)
{
	return template->type == BPF_MAP_TYPE_ARRAY && !(template->flags & BPF_F_INNER_MAP);
}

/* Differs: of values with special fields the places of lock and timer are compared, not those of
 * lists, trees and kptrs. */
static bool agrees(const struct bu_map_template *template, struct bu_map *map)
{
	struct bu_map_template other = describe(map);

	return template->type == other.type && template->key_size == other.key_size &&
	       template->value_size == other.value_size && template->flags == other.flags &&
	       template->special == other.special && template->spin_lock == other.spin_lock &&
	       template->timer == other.timer &&
	       (!size_matters(template) || template->max_entries == other.max_entries);
}

struct bu_map *bu_map_inner_of_fd(struct bu_map *outer, const void *value, int *error)
{
	struct bu_object *object;
	struct bu_map *map;

	object = bu_fd_object(outer->object.kernel, (int)bu_array_index(value), BU_OBJECT_MAP,
			      error);
	if (!object)
		return NULL;
	map = bu_container_of(object, struct bu_map, object);
	if (agrees(outer->inner, map))
		return map;
	*error = -EINVAL;
	return NULL;
}
