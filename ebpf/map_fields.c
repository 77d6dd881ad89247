// SPDX-License-Identifier: BSD-2-Clause
/*
 * What makes a map's values more than bytes. Of locks, timers and work a value has one each; when
 * there are two of a kind, or two overlap, the kernel sees none. Source: btf_parse_fields(),
 * kernel/bpf/btf.c, map_check_btf(), kernel/bpf/syscall.c (6.12); as 6.18 does.
 */
#include <linux/btf.h>
#include <string.h>

#include "ebpf/btf/btf.h"
#include "ebpf/map.h"
#include "ebpf/vm/timer.h"

enum { LOCK, TIMER, WORK, NR_SPECIALS };

static const struct bu_btf_special specials[] = {
	[LOCK] = { "bpf_spin_lock", 4, 4 },
	[TIMER] = { "bpf_timer", BU_TIMER_SIZE, 8 },
	[WORK] = { "bpf_wq", 16, 8 },
};

/* Where each is, + 1; 0: there is none. */
struct places {
	u32 at[NR_SPECIALS];
};

/* Source: btf_get_field_type(). */
static bool is_special(const char *type)
{
	static const char *const names[] = {
		"bpf_spin_lock", "bpf_timer",    "bpf_wq",        "bpf_list_head",
		"bpf_rb_root",   "bpf_refcount", "bpf_list_node", "bpf_rb_node",
	};

	for (size_t i = 0; i < BU_ARRAY_SIZE(names); i++) {
		if (!strcmp(type, names[i]))
			return true;
	}
	return false;
}

static bool is_collection(const char *type)
{
	return !strcmp(type, "bpf_list_head") || !strcmp(type, "bpf_rb_root");
}

static bool has_member(const struct bu_btf *btf, u32 value_type_id, bool (*is_one)(const char *))
{
	const struct btf_type *type = bu_btf_skip_modifiers(btf, value_type_id), *of;
	const struct btf_member *field;

	if (!type || BTF_INFO_KIND(type->info) != BTF_KIND_STRUCT)
		return false;
	field = (const struct btf_member *)(type + 1);
	for (u32 i = 0; i < BTF_INFO_VLEN(type->info); i++, field++) {
		of = bu_btf_type(btf, field->type);
		if (of && BTF_INFO_KIND(of->info) == BTF_KIND_STRUCT &&
		    is_one(bu_btf_string(btf, of->name_off)))
			return true;
	}
	return false;
}

static bool overlap(const struct places *places, u32 a, u32 b)
{
	u32 at = places->at[a], other = places->at[b];

	return at && other && at < other + specials[b].size && other < at + specials[a].size;
}

static bool find_places(struct places *places, const struct bu_btf *btf, u32 value_type_id)
{
	u32 found, offset;

	for (u32 i = 0; i < NR_SPECIALS; i++) {
		found = bu_btf_find_special(btf, &specials[i], value_type_id, &offset);
		if (found > 1)
			return false;
		places->at[i] = found ? offset + 1 : 0;
	}
	return !overlap(places, LOCK, TIMER) && !overlap(places, LOCK, WORK) &&
	       !overlap(places, TIMER, WORK);
}

static bool may_have(const struct bu_map *map, u32 special)
{
	switch ((u32)map->type) {
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_ARRAY:
		return true;
	case BPF_MAP_TYPE_LRU_HASH:
		return special != LOCK;
	case BPF_MAP_TYPE_CGROUP_STORAGE:
	case BPF_MAP_TYPE_SK_STORAGE:
	case BPF_MAP_TYPE_INODE_STORAGE:
	case BPF_MAP_TYPE_TASK_STORAGE:
	case BU_MAP_TYPE_CGRP_STORAGE:
		return special == LOCK;
	default:
		return false;
	}
}

int bu_map_find_fields(struct bu_map *map, const struct bu_btf *btf, u32 value_type_id)
{
	struct places places = { 0 };
	bool any = false;

	map->special = has_member(btf, value_type_id, is_special);
	map->has_collection = has_member(btf, value_type_id, is_collection);
	if (!find_places(&places, btf, value_type_id))
		return 0;
	for (u32 i = 0; i < NR_SPECIALS; i++)
		any |= places.at[i];
	map->special |= any;
	if (any && map->flags & (BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG))
		return -EACCES;
	for (u32 i = 0; i < NR_SPECIALS; i++) {
		if (places.at[i] && !may_have(map, i))
			return -EOPNOTSUPP;
	}
	map->has_spin_lock = places.at[LOCK];
	map->value_lock = places.at[LOCK] + 1;
	map->timer = places.at[TIMER];
	map->has_work = places.at[WORK];
	return 0;
}
