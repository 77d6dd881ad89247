// SPDX-License-Identifier: BSD-2-Clause
/*
 * Links of struct_ops maps: a link registers the map's functions and holds the map; without a map
 * (link->priv NULL) it is detached. Source: bpf_struct_ops_link_create() and the functions behind
 * bpf_struct_ops_map_lops, kernel/bpf/bpf_struct_ops.c (6.12).
 */
#include "ebpf/kernel.h"
#include "ebpf/link/link.h"
#include "maps/struct_ops.h"

static bool can_register(const struct bu_map *map)
{
	return map->type == BPF_MAP_TYPE_STRUCT_OPS && map->flags & BU_F_MAP_LINK &&
	       bu_struct_ops(map)->state == BU_STRUCT_OPS_READY;
}

static void put_map(struct bu_map *map)
{
	bu_struct_ops(map)->links--;
	bu_object_put(&map->object);
}

static void set_map(struct bu_link *link, struct bu_map *map)
{
	struct bu_map *old = link->priv;

	bu_object_get(&map->object);
	bu_struct_ops(map)->links++;
	link->priv = map;
	if (old)
		put_map(old);
}

static int attach(struct bu_link *link, const struct bu_link_request *request)
{
	struct bu_object *object;
	struct bu_map *map;
	int err;

	object = bu_fd_object(request->kernel, request->attr->prog_fd, BU_OBJECT_MAP, &err);
	if (!object)
		return err;
	map = bu_container_of(object, struct bu_map, object);
	if (!can_register(map))
		return -EINVAL;
	set_map(link, map);
	return 0;
}

static void detach(struct bu_link *link)
{
	put_map(link->priv);
	link->priv = NULL;
}

static int update_map(struct bu_link *link, struct bu_map *map, struct bu_map *old, u32 flags)
{
	struct bu_map *present = link->priv;

	(void)flags;
	if (!can_register(map))
		return -EINVAL;
	if (!present)
		return -ENOLINK;
	if (old && old != present)
		return -EPERM;
	if (bu_struct_ops(map)->type.value_id != bu_struct_ops(present)->type.value_id)
		return -EINVAL;
	set_map(link, map);
	return 0;
}

static int info(struct bu_link *link, struct bu_link_info *info)
{
	const struct bu_map *map = link->priv;

	info->struct_ops.map_id = map ? map->object.id : 0;
	return 0;
}

const struct bu_link_type bu_link_struct_ops = {
	.type = BU_LINK_STRUCT_OPS,
	.name = "struct_ops",
	.attach = attach,
	.detach = detach,
	.update_map = update_map,
	.detachable = true,
	.info = info,
};
