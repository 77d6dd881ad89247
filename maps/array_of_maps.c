// SPDX-License-Identifier: BSD-2-Clause
/*
 * BPF_MAP_TYPE_ARRAY_OF_MAPS: slots hold references of maps; programs get map pointers, user space
 * gives descriptors and gets ids. Source: kernel/bpf/arraymap.c (6.12).
 */
#include <string.h>

#include "maps/array.h"
#include "maps/fd_array.h"
#include "maps/map_in_map.h"
#include "maps/stubs.h"

static struct bu_map *at(struct bu_map *map, const void *key)
{
	struct bu_object *object = bu_fd_array_get(map, bu_array_index(key));

	return object ? bu_container_of(object, struct bu_map, object) : NULL;
}

static int create(struct bu_map *map, const union bpf_attr *attr)
{
	int error = bu_map_template_set(map, attr);

	if (!error)
		error = bu_fd_array_create(map, attr);
	if (error)
		bu_map_template_free(map);
	return error;
}

static void destroy(struct bu_map *map)
{
	bu_fd_array_destroy(map);
	bu_map_template_free(map);
}

static void *lookup(struct bu_map *map, const void *key, u32 cpu)
{
	struct bu_map *inner = at(map, key);

	return inner ? inner->handle : NULL;
}

static int user_lookup(struct bu_map *map, const void *key, void *value, u64 flags)
{
	const struct bu_map *inner = at(map, key);

	if (flags)
		return -EINVAL;
	if (!inner)
		return -ENOENT;
	memcpy(value, &inner->object.id, sizeof(u32));
	return 0;
}

static int user_update(struct bu_map *map, const void *key, const void *value, u64 flags)
{
	int error = bu_fd_array_check_update(map, key, flags);
	struct bu_map *inner;

	if (error)
		return error;
	inner = bu_map_inner_of_fd(map, value, &error);
	if (!inner)
		return error;
	bu_fd_array_set(map, key, &inner->object);
	return 0;
}

const struct bu_map_ops bu_array_of_maps_ops = {
	.name = "array_of_maps",
	.check = bu_fd_array_check,
	.create = create,
	.destroy = destroy,
	.lookup = lookup,
	.update = bu_update_eopnotsupp,
	.remove = bu_remove_eopnotsupp,
	.for_each = bu_for_each_einval,
	.user_lookup = user_lookup,
	.user_update = user_update,
	.user_remove = bu_fd_array_remove,
	.user_take = bu_user_take_enotsupp,
	.next_key = bu_array_next_key,
	.direct_value = bu_direct_value_none,
	.mmap_offset = bu_mmap_offset_enotsupp,
	.used_by = bu_used_by_any,
	.closed = bu_closed_nothing,
	.readable = bu_readable_never,
	.no_btf = true,
	.fd_values = true,
	.batch = true,
};
