/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Iterators over the emulated kernel's own maps, programs and links, by ascending id. What programs
 * see of them are structs made for the run, with the fields that tell objects apart. Source:
 * kernel/bpf/{map,prog,link}_iter.c (6.18). Differs: all other fields are zero.
 */
#include "ebpf/kernel.h"
#include "ebpf/link/iter.h"

#include <string.h>

static struct bu_object *object_at(const struct bu_iter *iter, enum bu_object_kind kind)
{
	return bu_object_by_id(iter->object.kernel, kind, iter->id);
}

/* The object with the id, or the next one behind it. */
static bool seek(struct bu_iter *iter, enum bu_object_kind kind)
{
	u32 id = iter->id;

	if (!object_at(iter, kind))
		id = bu_object_next_id(iter->object.kernel, kind, id);
	if (id)
		iter->id = id;
	return id;
}

static void next(struct bu_iter *iter)
{
	iter->id++;
}

/* Maps */

static bool seek_map(struct bu_iter *iter)
{
	return seek(iter, BU_OBJECT_MAP);
}

static bool fill_map(struct bu_iter *iter, struct bu_run *run, u64 *words, bool at_end)
{
	if (at_end)
		return true;
	words[0] = bu_iter_map_struct(
		run, bu_container_of(object_at(iter, BU_OBJECT_MAP), struct bu_map, object));
	return words[0];
}

const struct bu_iter_target bu_iter_bpf_map = {
	.name = "bpf_map",
	.words = 2,
	.seek = seek_map,
	.next = next,
	.fill = fill_map,
};

u64 bu_iter_map_struct(struct bu_run *run, const struct bu_map *map)
{
	struct bu_kstruct made;

	if (!bu_kstruct_make(run, "bpf_map", &made))
		return 0;
	bu_kstruct_set(&made, "id", map->object.id);
	bu_kstruct_set(&made, "map_type", map->type);
	bu_kstruct_set(&made, "key_size", map->key_size);
	bu_kstruct_set(&made, "value_size", map->value_size);
	bu_kstruct_set(&made, "max_entries", map->max_entries);
	bu_kstruct_set(&made, "map_extra", map->map_extra);
	bu_kstruct_set(&made, "map_flags", map->flags);
	bu_kstruct_set(&made, "numa_node", (u64)-1);
	bu_kstruct_set(&made, "btf_key_type_id", map->btf_key_type_id);
	bu_kstruct_set(&made, "btf_value_type_id", map->btf_value_type_id);
	bu_kstruct_copy(&made, "name", map->name, sizeof(map->name));
	return (u64)made.bytes;
}

bool bu_map_load_field(struct bu_run *run, u64 address, u32 size, u64 *value)
{
	struct bu_arena *arena = &run->kernel->arena;
	const struct bu_region *region = bu_arena_region(arena, (void *)address);
	u64 offset = region ? address - (u64)region->start : 0, image, mark = bu_arena_mark(arena);
	struct bu_btf *btf;
	u32 id;

	if (!region || region->freed || region->info.kind != BU_REGION_MAP_HANDLE)
		return false;
	btf = bu_vmlinux_btf(run->kernel);
	id = btf ? bu_btf_find(btf, "bpf_map", BTF_KIND_STRUCT) : 0;
	if (!id || offset + size > BU_MIN(region->size, (u64)bu_btf_type(btf, id)->size))
		return false;
	image = bu_iter_map_struct(run, region->info.owner);
	if (image)
		memcpy(value, (u8 *)image + offset, size);
	bu_arena_release(arena, mark);
	return image;
}

/* Programs */

static bool seek_prog(struct bu_iter *iter)
{
	return seek(iter, BU_OBJECT_PROG);
}

u64 bu_iter_string(struct bu_run *run, const char *text)
{
	static const struct bu_region_info info = { .kind = BU_REGION_KOBJ, .label = "string" };
	char *copy = text ? bu_arena_scratch(&run->kernel->arena, strlen(text) + 1, BU_READ, &info)
			  : NULL;

	if (copy)
		strcpy(copy, text);
	return (u64)copy;
}

static u64 prog_aux(struct bu_run *run, const struct bu_prog *prog)
{
	struct bu_kstruct made;

	if (!bu_kstruct_make(run, "bpf_prog_aux", &made))
		return 0;
	bu_kstruct_set(&made, "id", prog->object.id);
	bu_kstruct_set(&made, "used_map_cnt", prog->nr_maps);
	bu_kstruct_set(&made, "func_cnt", prog->nr_funcs > 1 ? prog->nr_funcs : 0);
	bu_kstruct_set(&made, "func_info_cnt", prog->nr_func_info);
	bu_kstruct_set(&made, "nr_linfo", prog->nr_lines);
	bu_kstruct_set(&made, "attach_btf_id", prog->attach_btf_id);
	bu_kstruct_set(&made, "attach_func_name", bu_iter_string(run, prog->target.name));
	bu_kstruct_copy(&made, "name", prog->name, sizeof(prog->name));
	return (u64)made.bytes;
}

static u64 prog_struct(struct bu_run *run, const struct bu_prog *prog)
{
	struct bu_kstruct made;

	if (!bu_kstruct_make(run, "bpf_prog", &made))
		return 0;
	bu_kstruct_set(&made, "type", prog->prog_type);
	bu_kstruct_set(&made, "expected_attach_type", prog->expected_attach_type);
	bu_kstruct_set(&made, "len", prog->nr_insns);
	bu_kstruct_copy(&made, "tag", prog->tag, sizeof(prog->tag));
	bu_kstruct_set(&made, "aux", prog_aux(run, prog));
	return (u64)made.bytes;
}

static bool fill_prog(struct bu_iter *iter, struct bu_run *run, u64 *words, bool at_end)
{
	if (at_end)
		return true;
	words[0] = prog_struct(
		run, bu_container_of(object_at(iter, BU_OBJECT_PROG), struct bu_prog, object));
	return words[0];
}

const struct bu_iter_target bu_iter_bpf_prog = {
	.name = "bpf_prog",
	.words = 2,
	.seek = seek_prog,
	.next = next,
	.fill = fill_prog,
};

/* Links */

static bool seek_link(struct bu_iter *iter)
{
	return seek(iter, BU_OBJECT_LINK);
}

static bool fill_link(struct bu_iter *iter, struct bu_run *run, u64 *words, bool at_end)
{
	struct bu_kstruct made;
	struct bu_link *link;

	if (at_end)
		return true;
	link = bu_link_by_id(iter->object.kernel, iter->id);
	if (!bu_kstruct_make(run, "bpf_link", &made))
		return false;
	bu_kstruct_set(&made, "id", link->object.id);
	bu_kstruct_set(&made, "type", link->type->type);
	bu_kstruct_set(&made, "prog", link->prog ? prog_struct(run, link->prog) : 0);
	words[0] = (u64)made.bytes;
	return true;
}

const struct bu_iter_target bu_iter_bpf_link = {
	.name = "bpf_link",
	.words = 2,
	.seek = seek_link,
	.next = next,
	.fill = fill_link,
};
