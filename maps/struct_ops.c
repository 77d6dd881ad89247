// SPDX-License-Identifier: BSD-2-Clause
/*
 * BPF_MAP_TYPE_STRUCT_OPS: one element, a struct whose function pointers are programs. User space
 * puts descriptors in their places, reads program ids there. States: INIT until the element is
 * written; then INUSE, and TOBEFREE once it is deleted; or, of maps for links, READY. While INUSE
 * the map holds a reference of itself. Source: kernel/bpf/bpf_struct_ops.c (6.12).
 *
 * Differs: no subsystem takes the struct or looks at it, so none refuses it: fields that are no
 * functions may have any value.
 */
#include "maps/struct_ops.h"

#include <stdlib.h>
#include <string.h>

#include "ebpf/kernel.h"
#include "maps/array.h"
#include "maps/stubs.h"

#define F_VTYPE_BTF_OBJ_FD (1U << 15)
#define VTYPE_BTF_OBJ_FD   72 /* offset of value_type_btf_obj_fd in the attributes */

static int check(const union bpf_attr *attr)
{
	if (attr->key_size != sizeof(u32) || attr->max_entries != 1 ||
	    attr->map_flags & ~(BU_F_MAP_LINK | F_VTYPE_BTF_OBJ_FD) ||
	    !attr->btf_vmlinux_value_type_id)
		return -EINVAL;
	return 0;
}

/* Of a module's BTF, which there is none of: any descriptor is a wrong one. */
static int check_module(struct bu_kernel *kernel, const union bpf_attr *attr)
{
	int fd, err;

	memcpy(&fd, (const u8 *)attr + VTYPE_BTF_OBJ_FD, sizeof(fd));
	return bu_fd_object(kernel, fd, BU_OBJECT_BTF, &err) ? -EINVAL : err;
}

static void destroy(struct bu_map *map)
{
	struct bu_struct_ops *ops = map->priv;

	if (!ops)
		return;
	for (u32 i = 0; ops->progs && i < ops->nr_members; i++) {
		if (ops->progs[i])
			bu_object_put(&ops->progs[i]->object);
	}
	bu_object_put(&ops->btf->object);
	free(ops->progs);
	free(ops->value);
	free(ops);
	map->priv = NULL;
}

static int fill(struct bu_map *map, struct bu_struct_ops *ops)
{
	ops->nr_members = BTF_INFO_VLEN(ops->type.type->info);
	ops->value = calloc(1, map->value_size);
	ops->progs = calloc(BU_MAX(ops->nr_members, 1u), sizeof(struct bu_prog *));
	bu_object_get(&ops->btf->object);
	map->priv = ops;
	if (ops->value && ops->progs)
		return 0;
	destroy(map);
	return -ENOMEM;
}

static int create(struct bu_map *map, const union bpf_attr *attr)
{
	struct bu_struct_ops found = { .btf = bu_vmlinux_btf(map->object.kernel) }, *ops;

	if (attr->map_flags & F_VTYPE_BTF_OBJ_FD)
		return check_module(map->object.kernel, attr);
	if (!found.btf ||
	    !bu_struct_ops_of_value(found.btf, attr->btf_vmlinux_value_type_id, &found.type))
		return -BU_ENOTSUPP;
	if (attr->value_size != found.type.value->size)
		return -EINVAL;
	ops = malloc(sizeof(*ops));
	if (!ops)
		return -ENOMEM;
	*ops = found;
	return fill(map, ops);
}

static bool is_zero(const u8 *bytes, u32 size)
{
	for (u32 i = 0; i < size; i++) {
		if (bytes[i])
			return false;
	}
	return true;
}

/* Bytes between and behind fields have to be zero. Source: check_zero_holes() */
static int check_holes(const struct bu_btf *btf, const struct btf_type *type, const u8 *data)
{
	const struct btf_member *member = (const struct btf_member *)(type + 1);
	u32 end = 0;

	for (u32 i = 0; i < BTF_INFO_VLEN(type->info); i++, member++) {
		u32 bits = member->offset;
		s64 size = bu_btf_size_of(btf, member->type);
		u32 at;

		if (BTF_INFO_KFLAG(type->info))
			bits = BTF_MEMBER_BIT_OFFSET(bits);
		at = bits / 8;
		if (size < 0 || at + size > type->size)
			return -EINVAL;
		if (at > end && !is_zero(data + end, at - end))
			return -EINVAL;
		end = at + size;
	}
	return end < type->size && !is_zero(data + end, type->size - end) ? -EINVAL : 0;
}

/* The kernel's BTF is made anew when objects are opened: ids stay, types do not. */
static void refresh(struct bu_struct_ops *ops)
{
	bu_struct_ops_of_value(ops->btf, ops->type.value_id, &ops->type);
}

static int check_value(const struct bu_map *map, const u8 *value)
{
	const struct bu_struct_ops *ops = map->priv;
	int err = 0;

	if (ops->type.value->size == map->value_size) { /* no object has added fields since */
		err = check_holes(ops->btf, ops->type.value, value);
		if (!err)
			err = check_holes(ops->btf, ops->type.type, value + ops->type.data);
	}
	if (!err && !is_zero(value, 2 * sizeof(u32))) /* refcnt and state */
		err = -EINVAL;
	return err;
}

/* The program behind a descriptor in the place of the nth member. */
static int take_prog(struct bu_map *map, u32 nth, u64 fd)
{
	struct bu_struct_ops *ops = map->priv;
	struct bu_object *object;
	struct bu_prog *prog;
	int err;

	object = bu_fd_object(map->object.kernel, (int)fd, BU_OBJECT_PROG, &err);
	if (!object)
		return err;
	prog = bu_container_of(object, struct bu_prog, object);
	if (prog->prog_type != BPF_PROG_TYPE_STRUCT_OPS ||
	    prog->attach_btf_id != ops->type.type_id || prog->expected_attach_type != nth)
		return -EINVAL;
	bu_object_get(object);
	ops->progs[nth] = prog;
	return 0;
}

/* Pointers to a module are the kernel's to fill in. */
static bool is_module(const struct bu_btf *btf, const struct btf_member *member)
{
	const struct btf_type *type = bu_btf_skip_modifiers(btf, member->type);

	if (!type || BTF_INFO_KIND(type->info) != BTF_KIND_PTR)
		return false;
	type = bu_btf_skip_modifiers(btf, type->type);
	return type && !strcmp(bu_btf_string(btf, type->name_off), "module");
}

static int take_member(struct bu_map *map, u32 nth)
{
	struct bu_struct_ops *ops = map->priv;
	const struct btf_member *member = bu_struct_ops_member(&ops->type, nth);
	u8 *at = ops->value + ops->type.data + bu_struct_ops_offset(&ops->type, member);
	u64 value;
	int err;

	if (is_module(ops->btf, member))
		return is_zero(at, sizeof(value)) ? 0 : -EINVAL;
	if (!bu_struct_ops_proto(ops->btf, member))
		return 0;
	memcpy(&value, at, sizeof(value));
	if (!(u32)value)
		return 0;
	err = take_prog(map, nth, value);
	if (err)
		return err;
	value = ops->progs[nth]->object.id;
	memcpy(at, &value, sizeof(value));
	return 0;
}

static void reset(struct bu_map *map)
{
	struct bu_struct_ops *ops = map->priv;

	for (u32 i = 0; i < ops->nr_members; i++) {
		if (ops->progs[i])
			bu_object_put(&ops->progs[i]->object);
		ops->progs[i] = NULL;
	}
	memset(ops->value, 0, map->value_size);
}

static int user_update(struct bu_map *map, const void *key, const void *value, u64 flags)
{
	struct bu_struct_ops *ops = map->priv;
	int err;

	if (flags)
		return -EINVAL;
	if (bu_array_index(key))
		return -E2BIG;
	refresh(ops);
	err = check_value(map, value);
	if (!err && ops->state != BU_STRUCT_OPS_INIT)
		err = -EBUSY;
	else if (!err && bu_struct_ops_is_dummy(ops->btf, &ops->type))
		err = -EOPNOTSUPP;
	if (err)
		return err;
	memcpy(ops->value, value, map->value_size);
	for (u32 i = 0; !err && i < ops->nr_members; i++)
		err = take_member(map, i);
	if (err) {
		reset(map);
		return err;
	}
	ops->state = map->flags & BU_F_MAP_LINK ? BU_STRUCT_OPS_READY : BU_STRUCT_OPS_INUSE;
	if (ops->state == BU_STRUCT_OPS_INUSE)
		bu_map_hold(map);
	return 0;
}

static int user_remove(struct bu_map *map, const void *key)
{
	struct bu_struct_ops *ops = map->priv;

	if (map->flags & BU_F_MAP_LINK)
		return -EOPNOTSUPP;
	switch (ops->state) {
	case BU_STRUCT_OPS_INUSE:
		ops->state = BU_STRUCT_OPS_TOBEFREE;
		bu_map_drop(map);
		return 0;
	case BU_STRUCT_OPS_TOBEFREE:
		return -EINPROGRESS;
	default:
		return -ENOENT;
	}
}

/* References that are not user space's: bpf_struct_ops_map_sys_lookup_elem(). */
static u32 kernel_refs(const struct bu_map *map)
{
	u32 refs = map->object.refs;

	for (const struct bu_fd *fd = map->object.fds; fd && refs; fd = fd->sibling)
		refs--;
	return refs;
}

static int user_lookup(struct bu_map *map, const void *key, void *value, u64 flags)
{
	const struct bu_struct_ops *ops = map->priv;
	u32 common[2] = { kernel_refs(map), ops->state };

	if (flags)
		return -EINVAL;
	if (bu_array_index(key))
		return -ENOENT;
	memcpy(value, ops->value, map->value_size);
	if (ops->state != BU_STRUCT_OPS_INIT)
		memcpy(value, common, sizeof(common));
	return 0;
}

static int next_key(struct bu_map *map, const void *key, void *next)
{
	if (key && !bu_array_index(key))
		return -ENOENT;
	memset(next, 0, sizeof(u32));
	return 0;
}

bool bu_struct_ops_registered(const struct bu_map *map)
{
	const struct bu_struct_ops *ops = map->priv;

	return ops->state == BU_STRUCT_OPS_INUSE || ops->links;
}

int bu_struct_ops_find(const struct bu_map *map, const char *member)
{
	struct bu_struct_ops *ops = map->priv;

	refresh(ops);
	for (u32 i = 0; i < ops->nr_members; i++) {
		const struct btf_member *at = bu_struct_ops_member(&ops->type, i);

		if (!strcmp(bu_btf_string(ops->btf, at->name_off), member))
			return (int)i;
	}
	return -1;
}

const struct bu_map_ops bu_struct_ops_ops = {
	.name = "struct_ops",
	.check = check,
	.create = create,
	.destroy = destroy,
	.lookup = bu_lookup_none,
	.update = bu_update_eopnotsupp,
	.remove = bu_remove_eopnotsupp,
	.for_each = bu_for_each_einval,
	.user_lookup = user_lookup,
	.user_update = user_update,
	.user_remove = user_remove,
	.user_take = bu_user_take_enotsupp,
	.next_key = next_key,
	.direct_value = bu_direct_value_none,
	.mmap_offset = bu_mmap_offset_enotsupp,
	.used_by = bu_used_by_any,
	.closed = bu_closed_nothing,
	.readable = bu_readable_never,
};
