// SPDX-License-Identifier: BSD-2-Clause
/*
 * BPF_MAP_TYPE_INSN_ARRAY: addresses of instructions, which programs load and `gotox` jumps to.
 * User space says which instructions, freezes the map and loads the one program that uses it; from
 * then on values say where the instructions are, and the program sees an array of their addresses.
 *
 * Invariant: user space has values[], programs have addresses[], of the same length; addresses are
 * zero until a program has claimed the map. Source: kernel/bpf/bpf_insn_array.c (6.19; 7.0 for the
 * flag that it is read-only and for offsets of lddw).
 * Differs: instructions stay where they were loaded, so xlated_off is orig_off; jitted_off counts
 * from the first instruction, eight a slot, also in subprograms.
 */
#include <stdlib.h>
#include <string.h>

#include "ebpf/kernel.h"
#include "ebpf/uapi.h"
#include "maps/array.h"
#include "maps/stubs.h"

struct insn_array {
	struct bu_insn_array_value *values;
	u64 *addresses;
};

static int check(const union bpf_attr *attr)
{
	if (!attr->max_entries || attr->key_size != 4 || attr->map_flags ||
	    attr->value_size != sizeof(struct bu_insn_array_value))
		return -EINVAL;
	return 0;
}

static void destroy(struct bu_map *map)
{
	struct insn_array *array = map->priv;

	bu_arena_free(&map->object.kernel->arena, array->addresses);
	free(array->values);
	free(array);
	map->priv = NULL;
}

static int create(struct bu_map *map, const union bpf_attr *attr)
{
	struct bu_region_info info = { .kind = BU_REGION_MAP_VALUE,
				       .owner = map,
				       .label = "table" };
	struct insn_array *array = calloc(1, sizeof(*array));
	struct bu_arena *arena = &map->object.kernel->arena;
	u64 size = (u64)attr->max_entries * sizeof(*array->addresses);

	if (!array)
		return -ENOMEM;
	map->priv = array;
	map->flags |= BPF_F_RDONLY_PROG;
	if (size <= arena->size)
		array->addresses = bu_arena_alloc(arena, size, BU_READ, &info);
	if (array->addresses)
		array->values = calloc(attr->max_entries, sizeof(*array->values));
	if (array->values)
		return 0;
	destroy(map);
	return -ENOMEM;
}

static int user_lookup(struct bu_map *map, const void *key, void *value, u64 flags)
{
	const struct insn_array *array = map->priv;
	u32 index = bu_array_index(key);

	if (flags)
		return -EINVAL;
	if (index >= map->max_entries)
		return -ENOENT;
	memcpy(value, &array->values[index], sizeof(*array->values));
	return 0;
}

static int user_update(struct bu_map *map, const void *key, const void *value, u64 flags)
{
	struct insn_array *array = map->priv;
	u32 index = bu_array_index(key);
	struct bu_insn_array_value given;

	if (index >= map->max_entries)
		return -E2BIG;
	if (flags & BPF_NOEXIST)
		return -EEXIST;
	memcpy(&given, value, sizeof(given));
	if (given.xlated_off || given.jitted_off)
		return -EINVAL;
	array->values[index].orig_off = given.orig_off;
	return 0;
}

static void *direct_value(struct bu_map *map, u32 offset)
{
	struct insn_array *array = map->priv;

	if (offset % sizeof(u64) || offset / sizeof(u64) >= map->max_entries)
		return NULL;
	return &array->addresses[offset / sizeof(u64)];
}

/* The code of the program that has claimed the map (ebpf/prog/prog_tables.c) is laid out. */
static int used_by(struct bu_map *map, const struct bu_prog *prog)
{
	struct insn_array *array = map->priv;

	for (u32 i = 0; i < map->max_entries; i++) {
		struct bu_insn_array_value *value = &array->values[i];

		value->xlated_off = value->orig_off;
		value->jitted_off = value->orig_off * 8;
		array->addresses[i] = (u64)(prog->code + value->jitted_off);
	}
	return 0;
}

const struct bu_map_ops bu_insn_array_ops = {
	.name = "insn_array",
	.check = check,
	.create = create,
	.destroy = destroy,
	.lookup = bu_lookup_none,
	.update = bu_update_enotsupp,
	.remove = bu_remove_einval,
	.for_each = bu_for_each_einval,
	.user_lookup = user_lookup,
	.user_update = user_update,
	.user_remove = bu_remove_einval,
	.user_take = bu_user_take_enotsupp,
	.next_key = bu_array_next_key,
	.direct_value = direct_value,
	.mmap_offset = bu_mmap_offset_enotsupp,
	.used_by = used_by,
	.closed = bu_closed_nothing,
	.readable = bu_readable_never,
};
