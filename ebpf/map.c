/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Maps independent of their type: making and destroying them, the handle that programs hold, and
 * what BTF says of their values. A handle is an arena address that no program may touch; the bytes
 * behind it hold the map's id, so that a handle is recognised without a search. Source:
 * map_create(), map_check_btf(), kernel/bpf/syscall.c (6.12).
 */
#include "ebpf/map.h"

#include "ebpf/kernel.h"

#include <stdlib.h>
#include <string.h>

#define HANDLE_SIZE 512 /* not less than struct bpf_map: bu_map_load_field() */

static void destroy(struct bu_object *object)
{
	struct bu_map *map = bu_container_of(object, struct bu_map, object);

	bu_timer_release_all(map);
	map->ops->destroy(map);
	bu_arena_free(&object->kernel->arena, map->handle);
	if (map->btf)
		bu_object_put(&map->btf->object);
	free(map);
}

/* Source: the types with a map_poll(), kernel/bpf/ringbuf.c (6.12). */
static bool pollable(const struct bu_object *object)
{
	u32 type = bu_container_of(object, struct bu_map, object)->type;

	return type == BPF_MAP_TYPE_RINGBUF || type == BPF_MAP_TYPE_USER_RINGBUF;
}

static bool readable(struct bu_object *object)
{
	struct bu_map *map = bu_container_of(object, struct bu_map, object);

	return map->ops->readable(map);
}

static void released(struct bu_object *object, const struct bu_fd *fd)
{
	struct bu_map *map = bu_container_of(object, struct bu_map, object);

	if (map->ops->released)
		map->ops->released(map, fd->inode);
}

static void closed(struct bu_object *object)
{
	struct bu_map *map = bu_container_of(object, struct bu_map, object);

	bu_timer_release_all(map); /* also when programs go on with the map */
	map->ops->closed(map);
}

static const struct bu_object_class map_class = {
	.kind = BU_OBJECT_MAP,
	.destroy = destroy,
	.readable = readable,
	.pollable = pollable,
	.released = released,
	.closed = closed,
};

static void *make_handle(struct bu_map *map)
{
	struct bu_region_info info = {
		.kind = BU_REGION_MAP_HANDLE,
		.owner = map,
		.label = map->name,
	};

	return bu_arena_alloc(&map->object.kernel->arena, HANDLE_SIZE, BU_NONE, &info);
}

static void fill(struct bu_map *map, struct bu_kernel *kernel, const union bpf_attr *attr)
{
	map->object.kernel = kernel;
	map->ops = bu_map_ops_of(attr->map_type);
	map->type = attr->map_type;
	map->key_size = attr->key_size;
	map->value_size = attr->value_size;
	map->max_entries = attr->max_entries;
	map->flags = attr->map_flags & ~(u32)(BPF_F_RDONLY | BPF_F_WRONLY);
	map->map_extra = attr->map_extra;
	map->btf_vmlinux_value_type_id = attr->btf_vmlinux_value_type_id;
	memcpy(map->name, attr->map_name, sizeof(map->name) - 1);
}

struct bu_map *bu_map_create(struct bu_kernel *kernel, const union bpf_attr *attr,
			     struct bu_btf *btf, int *error)
{
	struct bu_map *map = calloc(1, sizeof(*map));

	*error = -ENOMEM;
	if (!map)
		return NULL;
	fill(map, kernel, attr);
	map->handle = make_handle(map);
	if (!map->handle)
		goto no_handle;
	*error = map->ops->create(map, attr);
	if (*error)
		goto no_map;
	if (btf)
		*error = bu_map_set_btf(map, btf, attr->btf_key_type_id, attr->btf_value_type_id);
	if (!*error)
		*error = bu_object_init(&map->object, kernel, &map_class);
	if (*error) {
		destroy(&map->object);
		return NULL;
	}
	*(u32 *)map->handle = map->object.id;
	return map;

no_map:
	bu_arena_free(&kernel->arena, map->handle);
no_handle:
	free(map);
	return NULL;
}

void bu_map_hold(struct bu_map *map)
{
	bu_object_get(&map->object);
	map->held++;
}

void bu_map_drop(struct bu_map *map)
{
	map->held--;
	bu_object_put(&map->object);
}

void bu_map_drop_all(struct bu_kernel *kernel)
{
	struct bu_object *object;

	for (u32 id = 0; (id = bu_object_next_id(kernel, BU_OBJECT_MAP, id));) {
		object = bu_object_by_id(kernel, BU_OBJECT_MAP, id);
		while (object && bu_container_of(object, struct bu_map, object)->held) {
			bu_map_drop(bu_container_of(object, struct bu_map, object));
			object = bu_object_by_id(kernel, BU_OBJECT_MAP, id);
		}
	}
}

struct bu_map *bu_map_of_handle(struct bu_kernel *kernel, u64 handle)
{
	const struct bu_arena *arena = &kernel->arena;
	u64 offset = handle - (u64)arena->base;
	struct bu_object *object;
	struct bu_map *map;

	if (offset < arena->heap.begin || offset + HANDLE_SIZE > arena->heap.top || handle % 8)
		return NULL;
	object = bu_object_by_id(kernel, BU_OBJECT_MAP, *(const u32 *)handle);
	if (!object)
		return NULL;
	map = bu_container_of(object, struct bu_map, object);
	return (u64)map->handle == handle ? map : NULL;
}

u32 bu_map_user_value_size(const struct bu_map *map)
{
	if (map->ops->fd_values)
		return sizeof(u32);
	if (map->ops->per_cpu)
		return BU_ROUND_UP(map->value_size, 8) * map->object.kernel->nr_cpus;
	return map->value_size;
}

struct bu_map *bu_map_of_fd(struct bu_kernel *kernel, int user, u32 mode, int *error)
{
	struct bu_fd *fd = bu_fd_of(kernel, user, error);
	struct bu_map *map;
	u32 allowed;

	if (!fd)
		return NULL;
	*error = -EINVAL;
	if (fd->object->kind != BU_OBJECT_MAP)
		return NULL;
	map = bu_container_of(fd->object, struct bu_map, object);
	map->through = fd->inode;
	allowed = map->frozen ? fd->mode & ~(u32)BU_FD_WRITE : fd->mode;
	*error = (allowed & mode) == mode ? 0 : -EPERM;
	return *error ? NULL : map;
}

static bool may_lack_key(const struct bu_map *map, const struct bu_btf *btf, u32 value_type_id)
{
	const struct btf_type *value = bu_btf_type(btf, value_type_id);

	if (map->type == BPF_MAP_TYPE_ARRAY)
		return map->max_entries == 1 && value &&
		       BTF_INFO_KIND(value->info) == BTF_KIND_DATASEC;
	return map->type == BPF_MAP_TYPE_BLOOM_FILTER ||
	       map->type == (enum bpf_map_type)BU_MAP_TYPE_ARENA ||
	       map->ops->no_btf; /* -ENOTSUPP */
}

/* Source: map_check_btf() and the types' map_check_btf (6.12): arrays' keys are whole integers. */
static bool key_is_right(const struct bu_map *map, const struct bu_btf *btf, u32 key_type_id,
			 u32 value_type_id)
{
	const struct btf_type *key;
	u32 bits;

	if (map->type == (enum bpf_map_type)BU_MAP_TYPE_INSN_ARRAY)
		return false; /* it asks for a value of type long, which is not as long as its own
			       */
	if (!key_type_id)
		return may_lack_key(map, btf, value_type_id);
	if (bu_btf_size_of(btf, key_type_id) != map->key_size)
		return false;
	if (map->type != BPF_MAP_TYPE_ARRAY && map->type != BPF_MAP_TYPE_PERCPU_ARRAY)
		return true;
	key = bu_btf_skip_modifiers(btf, key_type_id);
	if (BTF_INFO_KIND(key->info) != BTF_KIND_INT)
		return false;
	bits = *(const u32 *)(key + 1);
	return BTF_INT_BITS(bits) == 32 && !BTF_INT_OFFSET(bits);
}

int bu_map_set_btf(struct bu_map *map, struct bu_btf *btf, u32 key_type_id, u32 value_type_id)
{
	int err;

	if (value_type_id) {
		if (!key_is_right(map, btf, key_type_id, value_type_id))
			return -EINVAL;
		if (bu_btf_size_of(btf, value_type_id) != map->value_size)
			return -EINVAL;
		if (map->ops->no_btf)
			return -BU_ENOTSUPP;
		err = bu_map_find_fields(map, btf, value_type_id);
		if (err)
			return err;
	}
	bu_object_get(&btf->object);
	map->btf = btf;
	map->btf_key_type_id = key_type_id;
	map->btf_value_type_id = value_type_id;
	return 0;
}
