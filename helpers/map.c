// SPDX-License-Identifier: BSD-2-Clause
/*
 * Maps. A key and a value have been checked against the map's sizes when a model runs.
 * Source: kernel/bpf/helpers.c; check_map_func_compatibility(), record_func_map(),
 * kernel/bpf/verifier.c (6.12).
 */
#include "ebpf/kernel.h"

enum {
	LOOKUP = 1,
	CHANGE = 2, /* update, delete */
	BOTH = 3,
};

/* Types that have helpers of their own, and what is not for them. */
static const u8 forbidden[64] = {
	[BPF_MAP_TYPE_PROG_ARRAY] = BOTH,
	[BPF_MAP_TYPE_PERF_EVENT_ARRAY] = BOTH,
	[BPF_MAP_TYPE_STACK_TRACE] = BOTH,
	[BPF_MAP_TYPE_CGROUP_ARRAY] = BOTH,
	[BPF_MAP_TYPE_CGROUP_STORAGE] = BOTH,
	[BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE] = BOTH,
	[BPF_MAP_TYPE_ARRAY_OF_MAPS] = CHANGE,
	[BPF_MAP_TYPE_HASH_OF_MAPS] = CHANGE,
	[BPF_MAP_TYPE_DEVMAP] = CHANGE,
	[BPF_MAP_TYPE_DEVMAP_HASH] = CHANGE,
	[BPF_MAP_TYPE_CPUMAP] = BOTH,
	[BPF_MAP_TYPE_XSKMAP] = CHANGE,
	[BPF_MAP_TYPE_REUSEPORT_SOCKARRAY] = BOTH,
	[BPF_MAP_TYPE_QUEUE] = BOTH,
	[BPF_MAP_TYPE_STACK] = BOTH,
	[BPF_MAP_TYPE_SK_STORAGE] = BOTH,
	[BPF_MAP_TYPE_INODE_STORAGE] = BOTH,
	[BPF_MAP_TYPE_TASK_STORAGE] = BOTH,
	[BPF_MAP_TYPE_STRUCT_OPS] = BOTH,
	[BPF_MAP_TYPE_RINGBUF] = BOTH,
	[BPF_MAP_TYPE_USER_RINGBUF] = BOTH,
	[BPF_MAP_TYPE_BLOOM_FILTER] = BOTH,
	[BU_MAP_TYPE_CGRP_STORAGE] = BOTH,
	[BU_MAP_TYPE_ARENA] = BOTH,
	[BU_MAP_TYPE_INSN_ARRAY] = BOTH,
};

static bool __attribute__((noinline, cold))
refuse(struct bu_run *run, const struct bu_map *map, const char *why)
{
	bu_fault_raise(run, BU_FAULT_BAD_ARGUMENT, "map '%s' (%s) %s", map->name, map->ops->name,
		       why);
	return false;
}

/* Differs: the verifier finds these when the program is loaded. */
static inline bool may_lookup(struct bu_run *run, const struct bu_map *map)
{
	if (bu_likely(!(forbidden[map->type % BU_ARRAY_SIZE(forbidden)] & LOOKUP)))
		return true;
	return refuse(run, map, "has no elements for bpf_map_lookup_elem");
}

static inline bool may_change(struct bu_run *run, const struct bu_map *map)
{
	if (bu_unlikely(forbidden[map->type % BU_ARRAY_SIZE(forbidden)] & CHANGE))
		return refuse(run, map, "has no elements that programs can change");
	if (bu_likely(!(map->flags & BPF_F_RDONLY_PROG)))
		return true;
	return refuse(run, map, "is read-only to programs (BPF_F_RDONLY_PROG)");
}

BU_HELPER_2(map_lookup_elem, struct bu_map *, map, const void *, key)
{
	if (!may_lookup(run, map))
		return 0;
	return (u64)map->ops->lookup(map, key, run->cpu);
}

BU_HELPER_4(map_update_elem, struct bu_map *, map, const void *, key, const void *, value, u64,
	    flags)
{
	if (!may_change(run, map))
		return 0;
	return (s64)map->ops->update(map, key, value, flags, run->cpu);
}

BU_HELPER_2(map_delete_elem, struct bu_map *, map, const void *, key)
{
	if (!may_change(run, map))
		return 0;
	return (s64)map->ops->remove(map, key);
}

BU_HELPER_3(map_lookup_percpu_elem, struct bu_map *, map, const void *, key, u32, cpu)
{
	if (!map->ops->per_cpu) {
		refuse(run, map, "is no per-CPU map");
		return 0;
	}
	if (cpu >= run->kernel->nr_cpus)
		return 0;
	return (u64)map->ops->lookup(map, key, cpu);
}

BU_HELPER_4(for_each_map_elem, struct bu_map *, map, u64, callback, u64, ctx, u64, flags)
{
	return (s64)map->ops->for_each(map, run, callback, ctx, flags);
}
