// SPDX-License-Identifier: BSD-2-Clause
/*
 * BPF_MAP_TYPE_ARENA: pages that programs and user space share, with the same addresses in both
 * once pointers are cast (ebpf/vm/cast.c). Source: kernel/bpf/arena.c (6.12). A page that user
 * space has touched is allocated. Differs: programs can access pages that they have allocated, and
 * when user space maps the arena all but those that they have freed; an access of another page is a
 * fault, except under `bpfunit exec`.
 */
#include "maps/arena_map.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "ebpf/kernel.h"
#include "ebpf/vm/arena.h"
#include "maps/stubs.h"

#define MAX_PAGES   (1U << 20) /* 4 GiB */
#define KNOWN_FLAGS (BPF_F_MMAPABLE | BU_F_SEGV_ON_FAULT | BU_F_NO_USER_CONV)

struct pages {
	u64 offset; /* of the memory in the memfd */
	bool mapped;
	u8 used[];
};

static int check(const union bpf_attr *attr)
{
	u64 size = (u64)attr->max_entries * BU_ARENA_PAGE;

	if (attr->key_size || attr->value_size || !attr->max_entries ||
	    !(attr->map_flags & BPF_F_MMAPABLE) || attr->map_flags & ~(u32)KNOWN_FLAGS ||
	    attr->map_extra % BU_ARENA_PAGE)
		return -EINVAL;
	if (attr->max_entries > MAX_PAGES)
		return -E2BIG;
	if (attr->map_extra >> 32 != (attr->map_extra + size - 1) >> 32)
		return -ERANGE;
	return 0;
}

static int create(struct bu_map *map, const union bpf_attr *attr)
{
	struct bu_region_info info = { .kind = BU_REGION_KOBJ, .label = "arena" };
	struct pages *pages = calloc(1, sizeof(*pages) + map->max_entries);

	if (!pages)
		return -ENOMEM;
	map->arena.size = (u64)map->max_entries * BU_ARENA_PAGE;
	map->arena.user = attr->map_extra;
	map->arena.user_size = map->arena.size;
	map->arena.memory = bu_arena_alloc_shared(&map->object.kernel->arena, map->arena.size,
						  BU_NONE, &info, &pages->offset);
	if (!map->arena.memory) {
		free(pages);
		return -ENOMEM;
	}
	map->priv = pages;
	return 0;
}

static void destroy(struct bu_map *map)
{
	bu_arena_free(&map->object.kernel->arena, map->arena.memory);
	free(map->priv);
}

static int user_lookup(struct bu_map *map, const void *key, void *value, u64 flags)
{
	(void)map, (void)key, (void)value, (void)flags;
	return -EINVAL;
}

static int user_update(struct bu_map *map, const void *key, const void *value, u64 flags)
{
	(void)map, (void)key, (void)value, (void)flags;
	return -EOPNOTSUPP;
}

static int user_remove(struct bu_map *map, const void *key)
{
	(void)map, (void)key;
	return -EOPNOTSUPP;
}

static int next_key(struct bu_map *map, const void *key, void *next)
{
	(void)map, (void)key, (void)next;
	return -EOPNOTSUPP;
}

/* The address in user space: what lddw yields, before the program casts it. */
static void *direct_value(struct bu_map *map, u32 offset)
{
	return offset < map->arena.size ? (void *)(map->arena.user + offset) : NULL;
}

static s64 mmap_offset(struct bu_map *map, u64 pgoff, u64 size, int prot)
{
	struct pages *pages = map->priv;

	(void)prot;
	if (pgoff + size > map->arena.size)
		return -EINVAL;
	if (!pages->mapped)
		bu_arena_set_access(&map->object.kernel->arena, map->arena.memory, map->arena.size,
				    BU_RW);
	pages->mapped = true;
	return (s64)(pages->offset + pgoff);
}

/* Untouched pages of the memfd are none yet. */
static bool is_touched(const struct bu_map *map, u32 page)
{
	unsigned char there = 0;

	return !mincore(map->arena.memory + (u64)page * BU_ARENA_PAGE, BU_ARENA_PAGE, &there) &&
	       there & 1;
}

static bool is_allocated(const struct bu_map *map, u32 page)
{
	const struct pages *pages = map->priv;

	return pages->used[page] || (pages->mapped && is_touched(map, page));
}

static bool are_free(const struct bu_map *map, u32 first, u32 count)
{
	for (u32 i = first; i < first + count; i++) {
		if (is_allocated(map, i))
			return false;
	}
	return true;
}

static u64 take(struct bu_map *map, u32 first, u32 count)
{
	struct pages *pages = map->priv;
	u8 *memory = map->arena.memory + (u64)first * BU_ARENA_PAGE;

	memset(pages->used + first, 1, count);
	bu_arena_set_access(&map->object.kernel->arena, memory, (u64)count * BU_ARENA_PAGE, BU_RW);
	return map->arena.user + (u64)first * BU_ARENA_PAGE;
}

/* The page that an address of user space is in; max_entries: none. */
static u32 page_of(const struct bu_map *map, u64 address)
{
	u32 page = ((u32)address - (u32)map->arena.user) / BU_ARENA_PAGE;

	return page < map->max_entries ? page : map->max_entries;
}

u64 bu_arena_map_alloc(struct bu_map *map, u64 address, u32 count)
{
	u32 first = page_of(map, address);

	if (!count || count > map->max_entries || address % BU_ARENA_PAGE)
		return 0;
	if (address)
		return first + count <= map->max_entries && are_free(map, first, count)
			       ? take(map, first, count)
			       : 0;
	for (first = 0; first + count <= map->max_entries; first++) {
		if (are_free(map, first, count))
			return take(map, first, count);
	}
	return 0;
}

void bu_arena_map_free(struct bu_map *map, u64 address, u32 count)
{
	struct pages *pages = map->priv;

	for (u32 i = page_of(map, address); count && i < map->max_entries; i++, count--) {
		u8 *memory = map->arena.memory + (u64)i * BU_ARENA_PAGE;

		if (!is_allocated(map, i))
			continue;
		pages->used[i] = 0;
		memset(memory, 0, BU_ARENA_PAGE);
		fallocate(map->object.kernel->arena.memfd,
			  FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			  pages->offset + (u64)i * BU_ARENA_PAGE, BU_ARENA_PAGE);
		bu_arena_set_access(&map->object.kernel->arena, memory, BU_ARENA_PAGE, BU_NONE);
	}
}

const struct bu_map_ops bu_arena_map_ops = {
	.name = "arena",
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
	.direct_value = direct_value,
	.mmap_offset = mmap_offset,
	.used_by = bu_used_by_any,
	.closed = bu_closed_nothing,
	.readable = bu_readable_never,
	.can_be_inner = true,
};
