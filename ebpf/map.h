/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Maps, as the machine sees them: an ops struct for each type, found in the table that maps/
 * provides.
 *
 * Values live in the arena, so the address that a lookup returns is what the program dereferences.
 * Keys and values arrive as host pointers whose length has been checked. Every slot of an ops
 * struct is filled: what a type does not support is a shared stub named for its errno
 * (bu_update_einval).
 */
#ifndef BU_MAP_H
#define BU_MAP_H

#include "ebpf/object.h"

struct bu_kernel;
struct bu_map;
struct bu_prog;
struct bu_run;
struct bu_btf;
struct bu_map_template;

struct bu_map_ops {
	const char *name; /* as bpftool prints it: "percpu_hash" */

	/* 0, or why these attributes cannot be: -EINVAL, -E2BIG, ... (kernel: map_alloc_check). */
	int (*check)(const union bpf_attr *attr);
	int (*create)(struct bu_map *map, const union bpf_attr *attr); /* 0, or -ENOMEM, ... */
	void (*destroy)(struct bu_map *map);

	/* From programs, on CPU `cpu`. lookup: the value's address, or NULL. */
	void *(*lookup)(struct bu_map *map, const void *key, u32 cpu);
	int (*update)(struct bu_map *map, const void *key, const void *value, u64 flags, u32 cpu);
	int (*remove)(struct bu_map *map, const void *key);
	/* bpf_for_each_map_elem: calls back for each element; number of elements, or -errno. */
	long (*for_each)(struct bu_map *map, struct bu_run *run, u64 callback, u64 ctx, u64 flags);

	/* From user space, with bu_map_user_value_size() bytes of value (per-CPU: every CPU's). */
	int (*user_lookup)(struct bu_map *map, const void *key, void *value, u64 flags);
	int (*user_update)(struct bu_map *map, const void *key, const void *value, u64 flags);
	int (*user_remove)(struct bu_map *map, const void *key);
	int (*user_take)(struct bu_map *map, const void *key, void *value,
			 u64 flags); /* LOOKUP_AND_DELETE_ELEM */
	int (*next_key)(struct bu_map *map, const void *key,
			void *next); /* key NULL: the first; -ENOENT at the end */

	/* What lddw of a map value plus offset yields (kernel: map_direct_value_addr); NULL: not
	 * possible. */
	void *(*direct_value)(struct bu_map *map, u32 offset);
	/* mmap(2) of the map's descriptor: offset in the arena's memfd for `pgoff` bytes, or
	 * -errno. Asked first for the whole range (may it be mapped so?), then for each page of it:
	 * a ring buffer's pages are not consecutive in the memfd (its data appears twice). */
	s64 (*mmap_offset)(struct bu_map *map, u64 pgoff, u64 size, int prot);
	/* A program that is being loaded refers to the map: 0, or why it cannot. */
	int (*used_by)(struct bu_map *map, const struct bu_prog *prog);
	/* User space has closed the descriptor of this inode; NULL: nothing to do. */
	void (*released)(struct bu_map *map, u64 inode);
	/* User space has closed its last descriptor; programs may still hold the map. */
	void (*closed)(struct bu_map *map);
	/* Whether poll(2) reports data. */
	bool (*readable)(struct bu_map *map);

	bool no_btf;    /* a BTF key or value type is refused with -ENOTSUPP */
	bool fd_values; /* values are descriptors in user space (PROG_ARRAY, ...) */
	bool batch;     /* BPF_MAP_*_BATCH work through the generic loops; else -ENOTSUPP */
	bool per_cpu;
	bool can_be_inner; /* a map of maps may hold maps of this type */
};

struct bu_map {
	struct bu_object object;
	const struct bu_map_ops *ops;
	enum bpf_map_type type;
	u32 key_size, value_size, max_entries, flags;
	u64 map_extra;
	char name[BU_OBJ_NAME_LEN];
	bool special; /* the value has fields that BTF gives a meaning: bpf_spin_lock, bpf_timer,
			 ... */
	bool has_spin_lock, has_work; /* struct bpf_wq */
	bool has_collection;          /* a list's head or a tree's root */
	u32 timer;                    /* 1 + the offset of the value's struct bpf_timer; 0: none */
	bool frozen;                  /* BPF_MAP_FREEZE: user space may not write */
	u64 written_size;   /* user space has mapped so many bytes for writing; ebpf/boundary/mmap.c
			     */
	u64 through;        /* the inode of the descriptor that a call named it by last */
	struct bu_btf *btf; /* referenced; NULL without */
	u32 btf_key_type_id, btf_value_type_id;
	u32 btf_vmlinux_value_type_id; /* of BPF_MAP_TYPE_STRUCT_OPS, in the kernel's BTF */
	u32 held;                      /* references that the map has of itself */
	u32 value_lock; /* of maps/value.c: 0 not looked for, 1 no bpf_spin_lock, 2 + its offset in
			   the value */
	struct {        /* of BPF_MAP_TYPE_ARENA: maps/arena_map.c */
		u8 *memory; /* as programs see it after a cast to address space 0 */
		u64 size;
		u64 user; /* where user space has it; 0: not known yet */
		u64 user_size;
	} arena;
	bool claimed;                  /* BPF_MAP_TYPE_INSN_ARRAY: a program uses it, or used it */
	struct bu_map_template *inner; /* of maps of maps: maps/map_in_map.c; else NULL */
	bool is_exclusive;             /* only the program of this SHA-256 may use it */
	u8 exclusive[32];
	void *handle; /* "map pointer" in programs: an inaccessible arena address (holds the id) */
	void *priv;   /* the type's own */
};

/* The ops of a map type, or NULL. Provided by maps/. */
const struct bu_map_ops *bu_map_ops_of(u32 type);

/* A new map with one reference, or NULL and *error. `attr`: as for BPF_MAP_CREATE, already checked
 * for unknown bits. */
struct bu_map *bu_map_create(struct bu_kernel *kernel, const union bpf_attr *attr,
			     struct bu_btf *btf, int *error);
/* The map behind a "map pointer", or NULL when it is none. */
struct bu_map *bu_map_of_handle(struct bu_kernel *kernel, u64 handle);
/* Bytes of a value in user space: value_size, or for per-CPU maps round_up(value_size, 8) * CPUs;
 * fds: 4. */
u32 bu_map_user_value_size(const struct bu_map *map);

/* The kernel itself uses the map: it lives on without descriptors, until bu_map_drop() or the end
 * of the kernel. */
void bu_map_hold(struct bu_map *map);
void bu_map_drop(struct bu_map *map);
void bu_map_drop_all(struct bu_kernel *kernel);

/* What a map must be like that `outer` holds, as attributes to create one; false: it holds none.
 * Provided by maps/. */
bool bu_map_inner_attr(const struct bu_map *outer, union bpf_attr *attr);
/* Whether the sizes of the BTF types are the map's, and what the value's fields mean. 0, -EINVAL,
 * -ENOTSUPP. */
int bu_map_set_btf(struct bu_map *map, struct bu_btf *btf, u32 key_type_id, u32 value_type_id);
/* Find the locks, timers and work in its values: 0, or -errno when such a map cannot have them
 * (ebpf/map_fields.c). */
int bu_map_find_fields(struct bu_map *map, const struct bu_btf *btf, u32 value_type_id);
/* Whether user space has part of the map mapped for writing, by what the host says
 * (ebpf/boundary/mmap.c). */
bool bu_map_is_written(struct bu_kernel *kernel, struct bu_map *map);

/* The map behind a user descriptor that must permit `mode` (enum bu_fd_mode): NULL with *error
 * -EBADF, -EINVAL, or -EPERM (also when the map is frozen). No reference is taken. */
struct bu_map *bu_map_of_fd(struct bu_kernel *kernel, int fd, u32 mode, int *error);

#endif
