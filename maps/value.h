/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Values: how far apart they lie, what programs may do with them, and how they are copied.
 *
 * A value's slot is its size rounded up to 8 bytes, which is also what user space sees of one CPU's
 * value. Programs can reach value_size bytes of it. Slots of heap memory are followed by a red
 * zone.
 */
#ifndef BU_MAPS_VALUE_H
#define BU_MAPS_VALUE_H

#include "ebpf/map.h"
#include "ebpf/vm/arena.h"

#define BU_VALUE_RED_ZONE 16
#define BU_PERCPU_MAX     (32u << 10) /* Source: PCPU_MIN_UNIT_SIZE */

/* Bytes from one slot to the next in heap memory. */
u32 bu_value_stride(const struct bu_map *map);
/* What programs may do with values: BPF_F_RDONLY_PROG, BPF_F_WRONLY_PROG. */
enum bu_access bu_value_access(const struct bu_map *map);
/* The region of values that are `stride` bytes apart. */
struct bu_region_info bu_value_region(struct bu_map *map, u32 stride);

/* Where a struct bpf_spin_lock lies in the value, by its BTF; -1: none. */
int bu_value_spin_lock(struct bu_map *map);
/* 0, or -EINVAL for BPF_F_LOCK on a map without lock. */
int bu_value_check_lock(struct bu_map *map, u64 flags);
/* Write a value: all but the lock and the timer, which belong to programs. */
void bu_value_store(struct bu_map *map, void *slot, const void *value);
/* Copy a value for user space: all but the lock and the timer, which read as 0. */
void bu_value_load(struct bu_map *map, void *value, const void *slot);
/* The same for all CPUs: slots are `stride` bytes apart, user space's are round_up(value_size, 8).
 */
void bu_value_store_all(struct bu_map *map, void *slots, u32 stride, const void *values);
void bu_value_load_all(struct bu_map *map, void *values, const void *slots, u32 stride);

/* One callback of bpf_for_each_map_elem. `key` is in the arena. Whether to go on. */
bool bu_value_visit(struct bu_map *map, struct bu_run *run, u64 callback, u64 ctx, const void *key,
		    void *value);
/* Room in the arena for a key that callbacks read; it stays until the run ends. NULL: none is left.
 */
void *bu_value_key_room(struct bu_map *map, struct bu_run *run);

#endif
