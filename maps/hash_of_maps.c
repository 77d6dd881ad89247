// SPDX-License-Identifier: BSD-2-Clause
/*
 * BPF_MAP_TYPE_HASH_OF_MAPS: a hash map whose values are ids of maps; each element holds a
 * reference of its map. Programs never see these values: they get map pointers. Source:
 * kernel/bpf/hashtab.c (6.12).
 */
#include <stdlib.h>
#include <string.h>

#include "ebpf/kernel.h"
#include "maps/htab.h"
#include "maps/map_in_map.h"
#include "maps/stubs.h"

extern const struct bu_map_ops bu_hash_ops;

/* The map in element `index`; NULL: the element does not exist. */
static struct bu_map *inner_at(struct bu_map *map, u32 index)
{
	struct bu_object *object;
	u32 id;

	if (!index)
		return NULL;
	memcpy(&id, bu_elem(map->priv, index)->value, sizeof(id));
	object = bu_object_by_id(map->object.kernel, BU_OBJECT_MAP, id);
	return object ? bu_container_of(object, struct bu_map, object) : NULL;
}

static struct bu_map *inner_of(struct bu_map *map, const void *key)
{
	return inner_at(map, bu_htab_find(map->priv, key));
}

static int check(const union bpf_attr *attr)
{
	return attr->value_size == sizeof(u32) ? bu_htab_check(attr) : -EINVAL;
}

static int create(struct bu_map *map, const union bpf_attr *attr)
{
	int error = bu_map_template_set(map, attr);

	if (!error)
		error = bu_htab_create(map, attr);
	if (error)
		bu_map_template_free(map);
	return error;
}

static void destroy(struct bu_map *map)
{
	struct bu_htab *table = map->priv;

	for (u32 i = table->first; i; i = bu_elem(table, i)->next)
		bu_object_put_later(&inner_at(map, i)->object);
	bu_htab_destroy(map);
	bu_map_template_free(map);
}

static void *lookup(struct bu_map *map, const void *key, u32 cpu)
{
	struct bu_map *inner = inner_of(map, key);

	return inner ? inner->handle : NULL;
}

static int user_update(struct bu_map *map, const void *key, const void *value, u64 flags)
{
	struct bu_map *old = inner_of(map, key), *inner;
	int error;

	inner = bu_map_inner_of_fd(map, value, &error);
	if (!inner)
		return error;
	error = bu_hash_ops.update(map, key, &inner->object.id, flags, bu_htab_user_cpu(map));
	if (error)
		return error;
	bu_object_get(&inner->object);
	if (old)
		bu_object_put_later(&old->object);
	return 0;
}

static int user_remove(struct bu_map *map, const void *key)
{
	struct bu_map *old = inner_of(map, key);
	int error = bu_htab_remove(map, key);

	if (!error)
		bu_object_put_later(&old->object);
	return error;
}

const struct bu_map_ops bu_hash_of_maps_ops = {
	.name = "hash_of_maps",
	.check = check,
	.create = create,
	.destroy = destroy,
	.lookup = lookup,
	.update = bu_update_eopnotsupp,
	.remove = bu_remove_eopnotsupp,
	.for_each = bu_for_each_einval,
	.user_lookup = bu_htab_user_lookup,
	.user_update = user_update,
	.user_remove = user_remove,
	.user_take = bu_user_take_enotsupp,
	.next_key = bu_htab_next_key,
	.direct_value = bu_direct_value_none,
	.mmap_offset = bu_mmap_offset_enotsupp,
	.used_by = bu_used_by_any,
	.closed = bu_closed_nothing,
	.readable = bu_readable_never,
	.no_btf = true,
	.fd_values = true,
	.batch = true,
};
