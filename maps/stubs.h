/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What fills the slots of an ops struct for operations that the type does not have, named for the
 * errno. Source of each errno: the kernel's ops of the type, or the check in kernel/bpf/syscall.c
 * (6.12).
 */
#ifndef BU_MAPS_STUBS_H
#define BU_MAPS_STUBS_H

#include "ebpf/map.h"

void *bu_lookup_none(struct bu_map *map, const void *key, u32 cpu);
int bu_update_eopnotsupp(struct bu_map *map, const void *key, const void *value, u64 flags,
			 u32 cpu);
int bu_update_enotsupp(struct bu_map *map, const void *key, const void *value, u64 flags, u32 cpu);
int bu_remove_einval(struct bu_map *map, const void *key);
int bu_remove_eopnotsupp(struct bu_map *map, const void *key);
int bu_remove_enotsupp(struct bu_map *map, const void *key);
long bu_for_each_einval(struct bu_map *map, struct bu_run *run, u64 callback, u64 ctx, u64 flags);
int bu_user_lookup_enotsupp(struct bu_map *map, const void *key, void *value, u64 flags);
int bu_user_update_enotsupp(struct bu_map *map, const void *key, const void *value, u64 flags);
int bu_user_take_enotsupp(struct bu_map *map, const void *key, void *value, u64 flags);
int bu_next_key_enotsupp(struct bu_map *map, const void *key, void *next);
void *bu_direct_value_none(struct bu_map *map, u32 offset);
s64 bu_mmap_offset_enotsupp(struct bu_map *map, u64 pgoff, u64 size, int prot);
int bu_used_by_any(struct bu_map *map, const struct bu_prog *prog);
void bu_closed_nothing(struct bu_map *map);
bool bu_readable_never(struct bu_map *map);

#endif
