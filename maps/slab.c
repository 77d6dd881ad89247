// SPDX-License-Identifier: BSD-2-Clause
/* Chunks double from FIRST_SLOTS slots up to about CHUNK_BYTES, so small maps stay small and large
 * ones need few regions. */
#include <stdlib.h>
#include <string.h>

#include "ebpf/kernel.h"
#include "maps/slab.h"

#define FIRST_SLOTS 16
#define CHUNK_BYTES (1u << 20)

void bu_slab_init(struct bu_slab *slab, struct bu_map *map, u32 parts)
{
	*slab = (struct bu_slab){ .map = map, .parts = parts };
	slab->stride = bu_value_stride(map) + sizeof(struct bu_elem_tag);
	slab->slot_size = (u64)parts * slab->stride;
	slab->chunk_slots = BU_MIN(FIRST_SLOTS, map->max_entries);
}

static struct bu_arena *arena_of(struct bu_slab *slab)
{
	return &slab->map->object.kernel->arena;
}

void bu_slab_destroy(struct bu_slab *slab)
{
	for (u32 i = 0; i < slab->nr_chunks; i++)
		bu_arena_free(arena_of(slab), slab->chunks[i]);
	free(slab->chunks);
}

static int grow(struct bu_slab *slab)
{
	struct bu_region_info info = bu_value_region(slab->map, slab->stride);
	void **chunks = realloc(slab->chunks, (slab->nr_chunks + 1) * sizeof(*chunks));

	info.tagged = true;
	if (!chunks)
		return -ENOMEM;
	slab->chunks = chunks;
	slab->fresh =
		bu_arena_alloc(arena_of(slab), slab->chunk_slots * slab->slot_size, BU_NONE, &info);
	if (!slab->fresh)
		return -ENOMEM;
	chunks[slab->nr_chunks++] = slab->fresh;
	slab->left = slab->chunk_slots;
	if (slab->chunk_slots * slab->slot_size < CHUNK_BYTES)
		slab->chunk_slots *= 2;
	return 0;
}

static void set_access(struct bu_slab *slab, void *slot, enum bu_access access)
{
	for (u32 i = 0; i < slab->parts; i++)
		bu_arena_set_access(arena_of(slab), (u8 *)slot + (u64)i * slab->stride,
				    slab->map->value_size, access);
}

static void *take_fresh(struct bu_slab *slab)
{
	void *slot;

	if (!slab->left && grow(slab))
		return NULL;
	slot = slab->fresh;
	slab->fresh += slab->slot_size;
	slab->left--;
	return slot;
}

static void *take_freed(struct bu_slab *slab)
{
	void *slot = slab->oldest_freed;

	if (!slot)
		return NULL;
	memcpy(&slab->oldest_freed, slot, sizeof(void *));
	memset(slot, 0, slab->slot_size);
	return slot;
}

void *bu_slab_alloc(struct bu_slab *slab)
{
	void *slot = take_fresh(slab);

	if (!slot)
		slot = take_freed(slab);
	if (slot)
		set_access(slab, slot, bu_value_access(slab->map));
	return slot;
}

static struct bu_elem_tag *tag_of(struct bu_slab *slab, void *slot, u32 part)
{
	return (struct bu_elem_tag *)((u8 *)slot + (part + 1ULL) * slab->stride) - 1;
}

void bu_slab_tag(struct bu_slab *slab, void *slot, const void *key)
{
	const struct bu_run *run = slab->map->object.kernel->run;
	struct bu_elem_tag tag = { .used = true, .key_size = (u16)slab->map->key_size };

	tag.prog = run ? run->prog->object.id : 0;
	tag.insn = run ? run->insn : 0;
	memcpy(tag.key, key, BU_MIN((size_t)slab->map->key_size, sizeof(tag.key)));
	for (u32 i = 0; i < slab->parts; i++)
		*tag_of(slab, slot, i) = tag;
}

static void tag_freed(struct bu_slab *slab, void *slot)
{
	const struct bu_run *run = slab->map->object.kernel->run;

	for (u32 i = 0; i < slab->parts; i++) {
		struct bu_elem_tag *tag = tag_of(slab, slot, i);

		tag->freed = true;
		tag->freed_prog = run ? run->prog->object.id : 0;
		tag->freed_insn = run ? run->insn : 0;
	}
}

void bu_slab_free(struct bu_slab *slab, void *slot)
{
	tag_freed(slab, slot);
	set_access(slab, slot, BU_NONE);
	memset(slot, 0, sizeof(void *));
	if (slab->oldest_freed)
		memcpy(slab->newest_freed, &slot, sizeof(void *));
	else
		slab->oldest_freed = slot;
	slab->newest_freed = slot;
}
