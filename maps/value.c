// SPDX-License-Identifier: BSD-2-Clause
/* Copying never touches a lock or timer inside the value; all else about values is arithmetic. */
#include <bpf/btf.h>
#include <string.h>

#include "ebpf/kernel.h"
#include "maps/value.h"

#define LOCK_SIZE ((u32)sizeof(struct bpf_spin_lock))

u32 bu_value_stride(const struct bu_map *map)
{
	return BU_ROUND_UP(map->value_size, 8u) + BU_VALUE_RED_ZONE;
}

enum bu_access bu_value_access(const struct bu_map *map)
{
	if (map->flags & BPF_F_RDONLY_PROG)
		return BU_READ;
	return map->flags & BPF_F_WRONLY_PROG ? BU_WRITE : BU_RW;
}

struct bu_region_info bu_value_region(struct bu_map *map, u32 stride)
{
	return (struct bu_region_info){ .kind = BU_REGION_MAP_VALUE,
					.owner = map,
					.elem_size = map->value_size,
					.stride = stride };
}

/* The offset of the value's member of type struct bpf_spin_lock, or -1. */
static int find_lock(struct bu_map *map)
{
	struct btf *btf = bu_btf_parsed(map->btf);
	s32 id = btf ? btf__resolve_type(btf, map->btf_value_type_id) : -1;
	const struct btf_type *type = id > 0 ? btf__type_by_id(btf, id) : NULL;

	if (!type || !btf_is_struct(type))
		return -1;
	for (u32 i = 0; i < btf_vlen(type); i++) {
		const struct btf_member *member = &btf_members(type)[i];
		const struct btf_type *of;

		id = btf__resolve_type(btf, member->type);
		of = id > 0 ? btf__type_by_id(btf, id) : NULL;
		if (of && btf_is_struct(of) &&
		    !strcmp(btf__name_by_offset(btf, of->name_off), "bpf_spin_lock"))
			return btf_member_bit_offset(type, i) / 8;
	}
	return -1;
}

int bu_value_spin_lock(struct bu_map *map)
{
	if (!map->has_spin_lock)
		return -1;
	if (map->value_lock)
		return (int)map->value_lock - 2;
	map->value_lock = 2 + find_lock(map);
	if (map->value_lock > 1 && map->value_lock - 2 + LOCK_SIZE > map->value_size)
		map->value_lock = 1;
	return (int)map->value_lock - 2;
}

int bu_value_check_lock(struct bu_map *map, u64 flags)
{
	return flags & BPF_F_LOCK && bu_value_spin_lock(map) < 0 ? -EINVAL : 0;
}

/* All of `size` bytes but the lock. */
static void copy_but_lock(void *to, const void *from, u32 size, int lock)
{
	if (lock < 0) {
		memcpy(to, from, size);
		return;
	}
	u32 after = lock + LOCK_SIZE;

	memcpy(to, from, lock);
	memcpy((u8 *)to + after, (const u8 *)from + after, size - after);
}

static void load(void *value, const void *slot, u32 size, int lock)
{
	copy_but_lock(value, slot, size, lock);
	if (lock >= 0)
		memset((u8 *)value + lock, 0, LOCK_SIZE);
}

static void store_around_timer(struct bu_map *map, void *slot, const void *value)
{
	u8 *timer = (u8 *)slot + map->timer - 1, kept[BU_TIMER_SIZE];

	memcpy(kept, timer, sizeof(kept));
	copy_but_lock(slot, value, map->value_size, bu_value_spin_lock(map));
	memcpy(timer, kept, sizeof(kept));
}

void bu_value_store(struct bu_map *map, void *slot, const void *value)
{
	if (bu_unlikely(map->timer))
		store_around_timer(map, slot, value);
	else
		copy_but_lock(slot, value, map->value_size, bu_value_spin_lock(map));
}

void bu_value_load(struct bu_map *map, void *value, const void *slot)
{
	load(value, slot, map->value_size, bu_value_spin_lock(map));
	if (bu_unlikely(map->timer))
		memset((u8 *)value + map->timer - 1, 0, BU_TIMER_SIZE);
}

void bu_value_store_all(struct bu_map *map, void *slots, u32 stride, const void *values)
{
	u32 size = BU_ROUND_UP(map->value_size, 8u);

	for (u32 cpu = 0; cpu < map->object.kernel->nr_cpus; cpu++)
		memcpy((u8 *)slots + (u64)cpu * stride, (const u8 *)values + (u64)cpu * size, size);
}

void bu_value_load_all(struct bu_map *map, void *values, const void *slots, u32 stride)
{
	u32 size = BU_ROUND_UP(map->value_size, 8u);

	for (u32 cpu = 0; cpu < map->object.kernel->nr_cpus; cpu++)
		memcpy((u8 *)values + (u64)cpu * size, (const u8 *)slots + (u64)cpu * stride, size);
}

bool bu_value_visit(struct bu_map *map, struct bu_run *run, u64 callback, u64 ctx, const void *key,
		    void *value)
{
	u64 stop = bu_run_callback(run, callback, (u64)map->handle, (u64)key, (u64)value, ctx, 0);

	return !stop && run->fault.kind == BU_FAULT_NONE;
}

void *bu_value_key_room(struct bu_map *map, struct bu_run *run)
{
	struct bu_region_info info = { .kind = BU_REGION_MAP_VALUE, .owner = map, .label = "key" };

	return bu_arena_scratch(&run->kernel->arena, map->key_size, BU_READ, &info);
}
