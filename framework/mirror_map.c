// SPDX-License-Identifier: BSD-2-Clause
/*
 * Contents of maps and of their twins. Both are read as user space reads them. Of a per-CPU map the
 * CPUs that both kernels have count: runs start on no other.
 */
#include "framework/mirror.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ebpf/kernel.h"
#include "framework/btf_format.h"
#include "framework/state.h"
#include "maps/fd_array.h"

#define MAX_KEYS    16384
#define MAX_SHOWN   8 /* elements of a map */
#define LRU_CROWDED 2 /* part of an LRU map from which on elements may be evicted */

struct walk { /* of one map's elements, in both kernels */
	struct bu_mirror *mirror;
	struct bu_twin_map *twin;
	struct bu_map *map;
	u8 *key, *next, *value, *host; /* one allocation, `key` is its beginning */
	u32 size, stride;              /* of a value, for one CPU; from one CPU's to the next */
	u32 vm_cpus, host_cpus;        /* 1 and 1 unless it is per-CPU */
	bool first;
};

static bool is_array(const struct bu_map *map)
{
	return map->type == BPF_MAP_TYPE_ARRAY || map->type == BPF_MAP_TYPE_PERCPU_ARRAY;
}

static bool is_lru(const struct bu_map *map)
{
	return map->type == BPF_MAP_TYPE_LRU_HASH || map->type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

static bool is_plain(const struct bu_map *map)
{
	return is_array(map) || is_lru(map) || map->type == BPF_MAP_TYPE_HASH ||
	       map->type == BPF_MAP_TYPE_PERCPU_HASH;
}

static bool begin(struct walk *walk, struct bu_mirror *mirror, struct bu_twin_map *twin)
{
	struct bu_map *map = twin->map;
	size_t key = BU_ROUND_UP((size_t)map->key_size, 8), value;

	*walk = (struct walk){ .mirror = mirror, .twin = twin, .map = map, .first = true };
	walk->vm_cpus = map->ops->per_cpu ? mirror->kernel->nr_cpus : 1;
	walk->host_cpus = map->ops->per_cpu ? mirror->cpus : 1;
	walk->size = map->value_size;
	walk->stride = BU_ROUND_UP(map->value_size, 8);
	value = (size_t)walk->stride * BU_MAX(walk->vm_cpus, walk->host_cpus);
	walk->key = calloc(1, 2 * key + 2 * value + 8);
	if (!walk->key) {
		bu_mirror_why(mirror, "out of memory");
		return false;
	}
	walk->next = walk->key + key;
	walk->value = walk->next + key;
	walk->host = walk->value + value;
	return true;
}

/* The VM's next element, in key and value. */
static bool next_element(struct walk *walk)
{
	struct bu_map *map = walk->map;

	do {
		if (map->ops->next_key(map, walk->first ? NULL : walk->key, walk->next))
			return false;
		memcpy(walk->key, walk->next, map->key_size);
		walk->first = false;
	} while (map->ops->user_lookup(map, walk->key, walk->value, 0));
	return true;
}

static bool next_host_key(struct walk *walk)
{
	union bpf_attr attr = { 0 };

	attr.map_fd = walk->twin->fd;
	attr.key = walk->first ? 0 : (u64)(uintptr_t)walk->key;
	attr.next_key = (u64)(uintptr_t)walk->next;
	if (bu_host_bpf(BPF_MAP_GET_NEXT_KEY, &attr))
		return false;
	memcpy(walk->key, walk->next, walk->map->key_size);
	walk->first = false;
	return true;
}

static long host_call(const struct walk *walk, int cmd, void *value)
{
	union bpf_attr attr = { 0 };

	attr.map_fd = walk->twin->fd;
	attr.key = (u64)(uintptr_t)walk->key;
	attr.value = (u64)(uintptr_t)value;
	return bu_host_bpf(cmd, &attr);
}

/* Elements that only the twin has. Deleting begins anew, since the walk has lost its place. */
static void delete_others(struct walk *walk)
{
	walk->first = true;
	while (next_host_key(walk)) {
		if (!walk->map->ops->user_lookup(walk->map, walk->key, walk->value, 0))
			continue;
		if (!host_call(walk, BPF_MAP_DELETE_ELEM, NULL))
			walk->first = true;
	}
}

static void give_value(struct walk *walk)
{
	memset(walk->host, 0, (size_t)walk->stride * walk->host_cpus);
	memcpy(walk->host, walk->value,
	       walk->map->ops->per_cpu
		       ? (size_t)walk->stride * BU_MIN(walk->vm_cpus, walk->host_cpus)
		       : walk->size);
}

static bool too_large(const struct bu_map *map)
{
	u64 bytes = (u64)map->max_entries * (map->key_size + (u64)bu_map_user_value_size(map));

	return is_array(map) && (map->max_entries > MAX_KEYS || bytes > BU_MIRROR_BYTES);
}

static bool copy_elements(struct walk *walk)
{
	const struct bu_map *map = walk->map;
	u32 count = 0;
	long error;

	while (next_element(walk)) {
		if (++count > MAX_KEYS)
			break;
		give_value(walk);
		error = host_call(walk, BPF_MAP_UPDATE_ELEM, walk->host);
		if (error) {
			bu_mirror_why(walk->mirror, "the kernel takes no element of map '%s': %s",
				      map->name, strerror((int)-error));
			return false;
		}
	}
	if (count > MAX_KEYS)
		bu_mirror_why(walk->mirror, "map '%s' is too large to copy for each run",
			      map->name);
	else if (is_lru(map) && count > map->max_entries / LRU_CROWDED)
		bu_mirror_why(walk->mirror, "LRU map '%s' may evict elements", map->name);
	return !walk->mirror->why[0];
}

/* From then on user space cannot write it in either kernel. */
static void freeze(struct bu_twin_map *twin)
{
	union bpf_attr attr = { 0 };

	attr.map_fd = twin->fd;
	if (twin->map->frozen && !bu_host_bpf(BPF_MAP_FREEZE, &attr))
		twin->frozen = true;
}

bool bu_mirror_copy(struct bu_mirror *mirror, struct bu_twin_map *twin)
{
	struct walk walk;
	bool copied;

	if (twin->rings)
		return bu_mirror_mark_rings(mirror, twin);
	if (!is_plain(twin->map) || twin->frozen)
		return true;
	if (too_large(twin->map)) {
		bu_mirror_why(mirror, "map '%s' is too large to copy for each run",
			      twin->map->name);
		return false;
	}
	if (!begin(&walk, mirror, twin))
		return false;
	if (!is_array(walk.map))
		delete_others(&walk);
	walk.first = true;
	copied = copy_elements(&walk);
	free(walk.key);
	if (copied)
		freeze(twin);
	return copied;
}

/* Programs and maps in maps */

static bool put_fd(struct walk *walk, int fd)
{
	long error = host_call(walk, BPF_MAP_UPDATE_ELEM, &fd);

	if (error)
		bu_mirror_why(walk->mirror, "the kernel takes no element of map '%s': %s",
			      walk->map->name, strerror((int)-error));
	return !error;
}

static bool copy_programs(struct walk *walk)
{
	u32 index;

	for (index = 0; index < BU_MIN(walk->map->max_entries, (u32)MAX_KEYS); index++) {
		struct bu_object *object = bu_fd_array_get(walk->map, index);
		struct bu_twin_prog *twin;

		memcpy(walk->key, &index, sizeof(index));
		if (!object) {
			host_call(walk, BPF_MAP_DELETE_ELEM, NULL);
			continue;
		}
		twin = bu_mirror_prog(walk->mirror,
				      bu_container_of(object, struct bu_prog, object));
		if (!twin || twin->fd < 0) {
			bu_mirror_why(walk->mirror, "the kernel refuses a tail call's target: %s",
				      twin && twin->error ? strerror(-twin->error) : "no memory");
			return false;
		}
		if (!put_fd(walk, twin->fd))
			return false;
	}
	return true;
}

/* The map that an element of an outer map names; NULL: gone. */
static struct bu_map *inner_of(const struct walk *walk)
{
	struct bu_object *object;
	u32 id;

	memcpy(&id, walk->value, sizeof(id));
	object = bu_object_by_id(walk->mirror->kernel, BU_OBJECT_MAP, id);
	return object ? bu_container_of(object, struct bu_map, object) : NULL;
}

static bool copy_inner(struct walk *walk)
{
	delete_others(walk);
	walk->first = true;
	while (next_element(walk)) {
		struct bu_map *inner = inner_of(walk);
		struct bu_twin_map *twin = inner ? bu_mirror_map(walk->mirror, inner) : NULL;

		if (!twin || twin->fd < 0) {
			bu_mirror_why(walk->mirror, "an inner map has no twin");
			return false;
		}
		if (!put_fd(walk, twin->fd))
			return false;
	}
	return true;
}

bool bu_mirror_copy_refs(struct bu_mirror *mirror, struct bu_twin_map *twin)
{
	struct walk walk;
	bool copied = true;

	if (twin->map->type != BPF_MAP_TYPE_PROG_ARRAY && !bu_map_is_outer(twin->map))
		return true;
	if (!begin(&walk, mirror, twin))
		return false;
	if (twin->map->type == BPF_MAP_TYPE_PROG_ARRAY)
		copied = copy_programs(&walk);
	else
		copied = copy_inner(&walk);
	free(walk.key);
	return copied;
}

bool bu_mirror_each_inner(struct bu_mirror *mirror, struct bu_twin_map *twin,
			  bool (*visit)(struct bu_mirror *mirror, struct bu_map *inner))
{
	struct walk walk;
	bool all = true;

	if (!begin(&walk, mirror, twin))
		return false;
	while (all && next_element(&walk)) {
		struct bu_map *inner = inner_of(&walk);

		all = inner && visit(mirror, inner);
	}
	free(walk.key);
	return all;
}

/* Comparison */

static void add_value(struct bu_text *text, const char *label, const struct bu_map *map, u32 type,
		      const void *data, u32 size)
{
	char *formatted = bu_format_value(bu_map_btf(map), type, data, size);

	bu_text_add(text, "%s%s", label, formatted ? formatted : "(out of memory)");
	free(formatted);
}

/* vm, host: NULL: there is no such element. cpu < 0: the map is not per-CPU. */
static void add_element(struct bu_text *text, const struct walk *walk, s32 cpu, const void *vm,
			const void *host)
{
	const struct bu_map *map = walk->map;

	bu_text_add(text, "\n  map '%s', ", map->name);
	add_value(text, "key ", map, map->btf_key_type_id, walk->key, map->key_size);
	if (cpu >= 0)
		bu_text_add(text, ", CPU %d", cpu);
	bu_text_add(text, ":\n    VM:     ");
	if (vm)
		add_value(text, "", map, map->btf_value_type_id, vm, walk->size);
	else
		bu_text_add(text, "no such key");
	bu_text_add(text, "\n    kernel: ");
	if (host)
		add_value(text, "", map, map->btf_value_type_id, host, walk->size);
	else
		bu_text_add(text, "no such key");
}

/* Of an element that both have: on how many CPUs it differs. */
static u32 compare_element(struct walk *walk, struct bu_text *text, u32 shown)
{
	u32 cpus = BU_MIN(walk->vm_cpus, walk->host_cpus), differing = 0;

	for (u32 cpu = 0; cpu < cpus; cpu++) {
		const u8 *vm = walk->value + (size_t)cpu * walk->stride;
		const u8 *host = walk->host + (size_t)cpu * walk->stride;

		if (!memcmp(vm, host, walk->size))
			continue;
		if (shown + differing < MAX_SHOWN)
			add_element(text, walk, walk->map->ops->per_cpu ? (s32)cpu : -1, vm, host);
		differing++;
	}
	return differing;
}

static u32 compare_elements(struct walk *walk, struct bu_text *text)
{
	u32 differing = 0;

	while (next_element(walk)) {
		if (!host_call(walk, BPF_MAP_LOOKUP_ELEM, walk->host)) {
			differing += compare_element(walk, text, differing);
			continue;
		}
		if (differing++ < MAX_SHOWN)
			add_element(text, walk, -1, walk->value, NULL);
	}
	return differing;
}

static u32 compare_others(struct walk *walk, struct bu_text *text, u32 shown)
{
	u32 differing = 0;

	walk->first = true;
	while (next_host_key(walk)) {
		if (!walk->map->ops->user_lookup(walk->map, walk->key, walk->value, 0))
			continue;
		host_call(walk, BPF_MAP_LOOKUP_ELEM, walk->host);
		if (shown + differing++ < MAX_SHOWN)
			add_element(text, walk, -1, NULL, walk->host);
	}
	return differing;
}

u32 bu_mirror_compare(struct bu_mirror *mirror, struct bu_twin_map *twin, struct bu_text *text)
{
	struct walk walk;
	u32 differing;

	if (twin->rings)
		return bu_mirror_compare_rings(mirror, twin, text);
	if (!is_plain(twin->map) || twin->frozen || !begin(&walk, mirror, twin))
		return 0;
	differing = compare_elements(&walk, text);
	if (!is_array(twin->map))
		differing += compare_others(&walk, text, differing);
	if (differing > MAX_SHOWN)
		bu_text_add(text, "\n  map '%s': %u differences, of which %u are shown",
			    twin->map->name, differing, MAX_SHOWN);
	free(walk.key);
	return differing;
}
