/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The iterator over a map's elements. The program sees a copy of the key, and the value itself,
 * which it may write; of per-CPU maps a copy of all CPUs' values. Where the next element is was
 * noted before the program sees one, so it may delete that. Source: bpf_iter_attach_map(),
 * kernel/bpf/map_iter.c; __bpf_hash_map_seq_show(), kernel/bpf/hashtab.c (6.18). Differs: that a
 * program reads more of a key or value than there is shows when it runs.
 */
#include "ebpf/boundary/files.h"
#include "ebpf/kernel.h"
#include "ebpf/link/iter.h"

#include <stdlib.h>
#include <string.h>

static bool is_iterable(const struct bu_map *map)
{
	switch (map->type) {
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
		return true;
	default:
		return false;
	}
}

static int attach(struct bu_kernel *kernel, const union bu_iter_info *info,
		  struct bu_iter_scope *scope)
{
	struct bu_object *object;
	struct bu_map *map;
	int err;

	if (!info->map.map_fd)
		return -EBADF;
	object = bu_fd_object(kernel, (int)info->map.map_fd, BU_OBJECT_MAP, &err);
	if (!object)
		return err;
	map = bu_container_of(object, struct bu_map, object);
	if (!is_iterable(map))
		return -EINVAL;
	bu_object_get(object);
	scope->map = map;
	return 0;
}

static bool begin(struct bu_iter *iter)
{
	struct bu_map *map = iter->scope.map;

	iter->begun = true;
	iter->keys = calloc(2, map->key_size);
	iter->has_next = iter->keys && !map->ops->next_key(map, NULL, iter->keys + map->key_size);
	return iter->keys;
}

static void look_ahead(struct bu_iter *iter)
{
	struct bu_map *map = iter->scope.map;

	iter->has_next = !map->ops->next_key(map, iter->keys, iter->keys + map->key_size);
}

/* Elements that are gone by the time that their turn comes are passed over. */
static bool seek(struct bu_iter *iter)
{
	struct bu_map *map = iter->scope.map;

	if (!iter->begun && !begin(iter))
		return false;
	while (!iter->has_key && iter->has_next) {
		memcpy(iter->keys, iter->keys + map->key_size, map->key_size);
		iter->has_key = map->ops->lookup(map, iter->keys, 0);
		look_ahead(iter);
	}
	if (iter->has_key && !map->ops->lookup(map, iter->keys, 0)) {
		iter->has_key = false;
		return seek(iter);
	}
	return iter->has_key;
}

static void next(struct bu_iter *iter)
{
	iter->has_key = false;
}

static void *scratch(struct bu_run *run, u64 size, const char *label)
{
	struct bu_region_info info = { .kind = BU_REGION_KOBJ, .label = label };

	return bu_arena_scratch(&run->kernel->arena, size, BU_READ, &info);
}

/* Every CPU's value, each rounded up to 8 bytes. */
static u64 gather(struct bu_iter *iter, struct bu_run *run)
{
	struct bu_map *map = iter->scope.map;
	u32 size = BU_ROUND_UP(map->value_size, 8), nr = run->kernel->nr_cpus;
	u8 *all = scratch(run, (u64)size * nr, "values of all CPUs");

	for (u32 cpu = 0; all && cpu < nr; cpu++)
		memcpy(all + (u64)cpu * size, map->ops->lookup(map, iter->keys, cpu),
		       map->value_size);
	if (all)
		bu_arena_set_access(&run->kernel->arena, all, (u64)size * nr, BU_RW);
	return (u64)all;
}

static bool fill(struct bu_iter *iter, struct bu_run *run, u64 *words, bool at_end)
{
	struct bu_map *map = iter->scope.map;
	void *key;

	words[0] = bu_iter_map_struct(run, map);
	if (at_end)
		return words[0];
	key = scratch(run, map->key_size, "key");
	if (!key)
		return false;
	memcpy(key, iter->keys, map->key_size);
	words[1] = (u64)key;
	words[2] = map->ops->per_cpu ? gather(iter, run)
				     : (u64)map->ops->lookup(map, iter->keys, run->cpu);
	return words[0] && words[2];
}

static void describe(const struct bu_iter_scope *scope, struct bu_link_info *info)
{
	info->iter.map_id = scope->map->object.id;
}

static void show(struct bu_kernel *kernel, const struct bu_iter_scope *scope, struct bu_bytes *out)
{
	bu_file_print(out, "map_id:\t%u\n", scope->map->object.id);
}

const struct bu_iter_target bu_iter_map_elem = {
	.name = "bpf_map_elem",
	.words = 4,
	.attach = attach,
	.seek = seek,
	.next = next,
	.fill = fill,
	.info = describe,
	.show = show,
};
