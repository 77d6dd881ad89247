/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The bpf(2) commands about single maps and their elements. Keys and values are copied in and out
 * here; ops see host memory of the right length. Source: kernel/bpf/syscall.c (6.12), the functions
 * of the same names.
 */
#include "ebpf/kernel.h"
#include "ebpf/net/netdev.h"
#include "ebpf/syscall.h"

#include <stdlib.h>
#include <string.h>

#define F_TOKEN_FD     (1U << 16)
#define MAP_TOKEN      76 /* offsets in union bpf_attr */
#define EXCL_PROG_HASH 80

/* The kernel's isalnum(), which has the letters of Latin-1. Source: lib/ctype.c */
static bool is_alnum(u8 c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (c >= 0xc0 && c != 0xd7 && c != 0xf7);
}

/* Letters, digits, '_' and '.', NUL-terminated. Source: bpf_obj_name_cpy(). */
int bu_check_name(const char name[BU_OBJ_NAME_LEN])
{
	int i;

	for (i = 0; i < BU_OBJ_NAME_LEN && name[i]; i++) {
		if (!is_alnum(name[i]) && name[i] != '_' && name[i] != '.')
			return -EINVAL;
	}
	return i < BU_OBJ_NAME_LEN ? 0 : -EINVAL;
}

/* Descriptor mode of BPF_F_RDONLY and BPF_F_WRONLY, or -EINVAL. Source: bpf_get_file_flag(). */
static int mode_of_flags(u32 flags)
{
	if (flags & BPF_F_RDONLY && flags & BPF_F_WRONLY)
		return -EINVAL;
	if (flags & BPF_F_RDONLY)
		return BU_FD_READ;
	return flags & BPF_F_WRONLY ? BU_FD_WRITE : BU_FD_READ | BU_FD_WRITE;
}

/* What the kernel asks of attributes before the type has its say. */
static int check_create(const union bpf_attr *attr)
{
	if (attr->btf_vmlinux_value_type_id) {
		if (attr->map_type != BPF_MAP_TYPE_STRUCT_OPS || attr->btf_key_type_id ||
		    attr->btf_value_type_id)
			return -EINVAL;
	} else if (attr->btf_key_type_id && !attr->btf_value_type_id) {
		return -EINVAL;
	}
	if (attr->map_extra && attr->map_type != BPF_MAP_TYPE_BLOOM_FILTER &&
	    attr->map_type != BU_MAP_TYPE_ARENA)
		return -EINVAL;
	if (attr->map_flags & BPF_F_NUMA_NODE && attr->numa_node)
		return -EINVAL;
	return mode_of_flags(attr->map_flags) < 0 ? -EINVAL : 0;
}

/* There are no tokens, and devices have no memory for maps. Source: bpf_map_offload_map_alloc(). */
static int check_place(struct bu_kernel *kernel, const union bpf_attr *attr)
{
	if (attr->map_flags & F_TOKEN_FD)
		return bu_token_error(attr, MAP_TOKEN);
	if (!attr->map_ifindex)
		return bu_check_name(attr->map_name);
	if (attr->map_type != BPF_MAP_TYPE_ARRAY && attr->map_type != BPF_MAP_TYPE_HASH)
		return -EINVAL;
	return bu_offload_check(kernel, attr->map_ifindex, false);
}

/* excl_prog_hash, which the oldest header lacks: the one program that may use the map. Source:
 * map_create() (6.18). */
static int set_exclusive(struct bu_map *map, const union bpf_attr *attr)
{
	u64 user;
	u32 size;

	memcpy(&user, (const u8 *)attr + EXCL_PROG_HASH, sizeof(user));
	memcpy(&size, (const u8 *)attr + EXCL_PROG_HASH + sizeof(user), sizeof(size));
	if (!user)
		return size ? -EINVAL : 0;
	if (size != sizeof(map->exclusive))
		return -EINVAL;
	map->is_exclusive = true;
	return bu_copy_from_user(map->exclusive, user, size);
}

static const char *map_type_text(u32 type)
{
	static const char *const names[] = {
		"unspec",
		"hash",
		"array",
		"prog_array",
		"perf_event_array",
		"percpu_hash",
		"percpu_array",
		"stack_trace",
		"cgroup_array",
		"lru_hash",
		"lru_percpu_hash",
		"lpm_trie",
		"array_of_maps",
		"hash_of_maps",
		"devmap",
		"sockmap",
		"cpumap",
		"xskmap",
		"sockhash",
		"cgroup_storage",
		"reuseport_sockarray",
		"percpu_cgroup_storage",
		"queue",
		"stack",
		"sk_storage",
		"devmap_hash",
		"struct_ops",
		"ringbuf",
		"inode_storage",
		"task_storage",
		"bloom_filter",
		"user_ringbuf",
		"cgrp_storage",
		"arena",
		"insn_array",
	};

	return type < BU_ARRAY_SIZE(names) ? names[type] : "unknown";
}

/* *btf: what attr->btf_fd names when the types are used, else NULL. */
static int btf_of_create(struct bu_kernel *kernel, const union bpf_attr *attr, struct bu_btf **btf)
{
	struct bu_object *object;
	int err;

	*btf = NULL;
	if (!attr->btf_key_type_id && !attr->btf_value_type_id && !attr->btf_vmlinux_value_type_id)
		return 0;
	object = bu_fd_object(kernel, attr->btf_fd, BU_OBJECT_BTF, &err);
	if (!object)
		return err;
	*btf = bu_container_of(object, struct bu_btf, object);
	return (*btf)->kernel_btf ? -EACCES : 0;
}

/* The kernel makes the map before it asks for BTF: by what such a map gives, libbpf knows that
 * there are struct_ops. */
static int first_error(struct bu_kernel *kernel, const union bpf_attr *attr, int btf_error)
{
	int err;
	struct bu_map *map = bu_map_create(kernel, attr, NULL, &err);

	if (!map)
		return err;
	bu_object_put(&map->object);
	return btf_error;
}

/* The flag of tokens is not for the type to see. */
static int check_type(struct bu_kernel *kernel, const struct bu_map_ops *ops,
		      const union bpf_attr *attr)
{
	union bpf_attr own = *attr;
	int err;

	own.map_flags &= ~F_TOKEN_FD;
	err = ops->check(&own);
	return err ? err : check_place(kernel, attr);
}

long bu_sys_map_create(struct bu_kernel *kernel, struct bu_call *call)
{
	const union bpf_attr *attr = call->attr;
	const struct bu_map_ops *ops = bu_map_ops_of(attr->map_type);
	int mode = mode_of_flags(attr->map_flags);
	struct bu_btf *btf;
	struct bu_map *map;
	int err = check_create(attr);

	if (err)
		return err;
	if (!ops) {
		bu_note(kernel,
			"map '%.15s' has type %u (%s), which is not emulated (EINVAL); "
			"bpf_map__set_autocreate(map, false) before loading leaves it out",
			attr->map_name, attr->map_type, map_type_text(attr->map_type));
		return -EINVAL;
	}
	err = check_type(kernel, ops, attr);
	if (err)
		return err;
	err = btf_of_create(kernel, attr, &btf);
	if (err && attr->map_type == BPF_MAP_TYPE_STRUCT_OPS)
		err = first_error(kernel, attr, err);
	if (err)
		return err;
	map = bu_map_create(kernel, attr, btf, &err);
	if (!map && err == -ENOMEM)
		bu_note(kernel,
			"map '%.15s' of %u elements has no room in the emulated kernel's memory "
			"(ENOMEM); bpf_map__set_max_entries() before loading makes it smaller",
			attr->map_name, attr->max_entries);
	if (!map)
		return err;
	err = set_exclusive(map, attr);
	if (!err)
		return bu_fd_install_mode(&map->object, mode);
	bu_object_put(&map->object);
	return err;
}

/* Host memory for one key and one value, and the map they belong to. */
struct element {
	struct bu_map *map;
	void *key; /* NULL for maps without keys */
	void *value;
	u32 value_size;
	u64 buffer[32];
	void *heap; /* when the buffer is too small */
};

static int open_element(struct element *element, struct bu_kernel *kernel, struct bu_call *call,
			u32 mode)
{
	size_t key_size, size;
	u8 *memory = (u8 *)element->buffer;
	int err;

	element->heap = NULL;
	element->map = bu_map_of_fd(kernel, call->attr->map_fd, mode, &err);
	if (!element->map)
		return err;
	if (call->attr->flags & BPF_F_LOCK && !element->map->has_spin_lock)
		return -EINVAL;
	element->value_size = bu_map_user_value_size(element->map);
	key_size = BU_ROUND_UP((size_t)element->map->key_size, 8);
	size = key_size + element->value_size;
	if (size > sizeof(element->buffer)) {
		memory = element->heap = malloc(size);
		if (!memory)
			return -ENOMEM;
	}
	element->key = key_size ? memory : NULL;
	element->value = memory + key_size;
	return 0;
}

static void close_element(struct element *element)
{
	free(element->heap);
}

/* Source: __bpf_copy_key() */
static int read_key(struct element *element, u64 user)
{
	if (!element->map->key_size)
		return user ? -EINVAL : 0;
	return bu_copy_from_user(element->key, user, element->map->key_size);
}

long bu_sys_map_lookup(struct bu_kernel *kernel, struct bu_call *call)
{
	const union bpf_attr *attr = call->attr;
	struct element element;
	int err;

	if (attr->flags & ~(u64)BPF_F_LOCK)
		return -EINVAL;
	err = open_element(&element, kernel, call, BU_FD_READ);
	if (err)
		return err;
	err = read_key(&element, attr->key);
	if (!err && element.map->type == BPF_MAP_TYPE_BLOOM_FILTER)
		err = bu_copy_from_user(element.value, attr->value, element.value_size);
	if (!err)
		err = element.map->ops->user_lookup(element.map, element.key, element.value,
						    attr->flags);
	if (!err)
		err = bu_copy_to_user(attr->value, element.value, element.value_size);
	close_element(&element);
	return err;
}

long bu_sys_map_update(struct bu_kernel *kernel, struct bu_call *call)
{
	const union bpf_attr *attr = call->attr;
	struct element element;
	int err = open_element(&element, kernel, call, BU_FD_WRITE);

	if (err)
		return err;
	err = read_key(&element, attr->key);
	if (!err)
		err = bu_copy_from_user(element.value, attr->value, element.value_size);
	if (!err)
		err = element.map->ops->user_update(element.map, element.key, element.value,
						    attr->flags);
	close_element(&element);
	return err;
}

long bu_sys_map_delete(struct bu_kernel *kernel, struct bu_call *call)
{
	struct element element;
	int err = open_element(&element, kernel, call, BU_FD_WRITE);

	if (err)
		return err;
	err = read_key(&element, call->attr->key);
	if (!err)
		err = element.map->ops->user_remove(element.map, element.key);
	close_element(&element);
	return err;
}

long bu_sys_map_next_key(struct bu_kernel *kernel, struct bu_call *call)
{
	const union bpf_attr *attr = call->attr;
	struct element element;
	void *next;
	int err;

	err = open_element(&element, kernel, call, BU_FD_READ);
	if (err)
		return err;
	if (attr->key)
		err = read_key(&element, attr->key);
	next = err ? NULL : malloc(BU_MAX(element.map->key_size, 1u));
	if (!err && !next)
		err = -ENOMEM;
	if (!err)
		err = element.map->ops->next_key(element.map, attr->key ? element.key : NULL, next);
	if (!err)
		err = bu_copy_to_user(attr->next_key, next, element.map->key_size);
	free(next);
	close_element(&element);
	return err;
}

static bool can_take(const struct bu_map *map)
{
	switch (map->type) {
	case BPF_MAP_TYPE_QUEUE:
	case BPF_MAP_TYPE_STACK:
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
		return true;
	default:
		return false;
	}
}

long bu_sys_map_take(struct bu_kernel *kernel, struct bu_call *call)
{
	const union bpf_attr *attr = call->attr;
	struct element element;
	int err;

	if (attr->flags & ~(u64)BPF_F_LOCK)
		return -EINVAL;
	err = open_element(&element, kernel, call, BU_FD_READ | BU_FD_WRITE);
	if (err)
		return err;
	err = read_key(&element, attr->key);
	if (!err && !can_take(element.map))
		err = -BU_ENOTSUPP;
	if (!err)
		err = element.map->ops->user_take(element.map, element.key, element.value,
						  attr->flags);
	if (!err)
		err = bu_copy_to_user(attr->value, element.value, element.value_size);
	close_element(&element);
	return err;
}

long bu_sys_map_freeze(struct bu_kernel *kernel, struct bu_call *call)
{
	struct bu_object *object;
	struct bu_map *map;
	struct bu_fd *fd;
	int err;

	object = bu_fd_object(kernel, call->attr->map_fd, BU_OBJECT_MAP, &err);
	if (!object)
		return err;
	map = bu_container_of(object, struct bu_map, object);
	if (map->type == BPF_MAP_TYPE_STRUCT_OPS || map->special)
		return -BU_ENOTSUPP;
	fd = bu_fd_of(kernel, call->attr->map_fd, &err);
	if (!(fd->mode & BU_FD_WRITE))
		return -EPERM;
	if (bu_map_is_written(kernel, map))
		return -EBUSY;
	if (map->frozen)
		return -EPERM;
	map->frozen = true;
	return 0;
}

long bu_sys_map_fd_by_id(struct bu_kernel *kernel, struct bu_call *call)
{
	int mode = mode_of_flags(call->attr->open_flags);
	struct bu_object *object;

	if (call->attr->open_flags & ~(u32)(BPF_F_RDONLY | BPF_F_WRONLY) || mode < 0)
		return -EINVAL;
	bu_fd_reap(kernel);
	object = bu_object_by_id(kernel, BU_OBJECT_MAP, call->attr->map_id);
	if (!object)
		return -ENOENT;
	bu_object_get(object);
	return bu_fd_install_mode(object, mode);
}
