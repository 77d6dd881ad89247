// SPDX-License-Identifier: BSD-2-Clause
/*
 * Maps. A key and a value have been checked against the map's sizes when a model runs.
 * Source: kernel/bpf/helpers.c; record_func_map(), kernel/bpf/verifier.c (6.12).
 */
#include "ebpf/kernel.h"

/* Differs: the verifier refuses to load a program that writes to a BPF_F_RDONLY_PROG map. */
static bool may_write(struct bu_run *run, const struct bu_map *map)
{
	if (bu_likely(!(map->flags & BPF_F_RDONLY_PROG)))
		return true;
	bu_fault_raise(run, BU_FAULT_BAD_ARGUMENT,
		       "map '%s' is read-only to programs (BPF_F_RDONLY_PROG)", map->name);
	return false;
}

BU_HELPER_2(map_lookup_elem, struct bu_map *, map, const void *, key)
{
	return (u64)map->ops->lookup(map, key, run->cpu);
}

BU_HELPER_4(map_update_elem, struct bu_map *, map, const void *, key, const void *, value, u64,
	    flags)
{
	if (!may_write(run, map))
		return 0;
	return (s64)map->ops->update(map, key, value, flags, run->cpu);
}

BU_HELPER_2(map_delete_elem, struct bu_map *, map, const void *, key)
{
	if (!may_write(run, map))
		return 0;
	return (s64)map->ops->remove(map, key);
}

BU_HELPER_3(map_lookup_percpu_elem, struct bu_map *, map, const void *, key, u32, cpu)
{
	if (!map->ops->per_cpu) {
		bu_fault_raise(run, BU_FAULT_BAD_ARGUMENT, "map '%s' is no per-CPU map", map->name);
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
