// SPDX-License-Identifier: BSD-2-Clause
/*
 * BPF_MAP_TYPE_PROG_ARRAY. The first program that is put in an array, or is loaded and refers to
 * it, determines the type of all. Source: kernel/bpf/arraymap.c, __bpf_prog_map_compatible() in
 * kernel/bpf/core.c (6.12). A program may hold the array that holds it: the array is emptied when
 * user space has closed it.
 */
#include <string.h>

#include "ebpf/kernel.h"
#include "ebpf/prog/prog_patch.h"
#include "maps/array.h"
#include "maps/fd_array.h"
#include "maps/prog_array.h"
#include "maps/stubs.h"

struct bu_prog *bu_prog_array_get(struct bu_map *map, u32 index)
{
	struct bu_object *object = bu_fd_array_get(map, index);

	return object ? bu_container_of(object, struct bu_prog, object) : NULL;
}

static bool compatible(struct bu_fd_array *array, const struct bu_prog *prog)
{
	if (prog->prog_type == BPF_PROG_TYPE_EXT)
		return false;
	if (!array->owned) {
		array->owned = true;
		array->owner_type = prog->prog_type;
		array->owner_attach_type = prog->expected_attach_type;
	}
	return array->owner_type == prog->prog_type &&
	       array->owner_attach_type == prog->expected_attach_type;
}

static int used_by(struct bu_map *map, const struct bu_prog *prog)
{
	/* An extension has the type of the program that it extends. */
	if (prog->prog_type == BPF_PROG_TYPE_EXT)
		return 0;
	return compatible(map->priv, prog) ? 0 : -EINVAL;
}

static int user_lookup(struct bu_map *map, const void *key, void *value, u64 flags)
{
	const struct bu_prog *prog = bu_prog_array_get(map, bu_array_index(key));

	if (flags)
		return -EINVAL;
	if (!prog)
		return -ENOENT;
	memcpy(value, &prog->object.id, sizeof(u32));
	return 0;
}

static bool is_extended(struct bu_prog *prog)
{
	if (!bu_patch_extends(prog))
		return false;
	bu_fd_reap(prog->object.kernel); /* links that were closed end now */
	return bu_patch_extends(prog);
}

static int user_update(struct bu_map *map, const void *key, const void *value, u64 flags)
{
	int error = bu_fd_array_check_update(map, key, flags);
	struct bu_object *object;
	struct bu_prog *prog;

	if (error)
		return error;
	object = bu_fd_object(map->object.kernel, (int)bu_array_index(value), BU_OBJECT_PROG,
			      &error);
	if (!object)
		return error;
	prog = bu_container_of(object, struct bu_prog, object);
	if (!compatible(map->priv, prog))
		return -EINVAL;
	if (is_extended(prog))
		return -EBUSY;
	bu_fd_array_set(map, key, object);
	return 0;
}

const struct bu_map_ops bu_prog_array_ops = {
	.name = "prog_array",
	.check = bu_fd_array_check,
	.create = bu_fd_array_create,
	.destroy = bu_fd_array_destroy,
	.lookup = bu_lookup_none,
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
	.used_by = used_by,
	.closed = bu_fd_array_clear,
	.readable = bu_readable_never,
	.fd_values = true,
};
