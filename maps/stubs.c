// SPDX-License-Identifier: BSD-2-Clause
/* Each stub does nothing but return what its name says. */
#include "maps/stubs.h"

void *bu_lookup_none(struct bu_map *map, const void *key, u32 cpu)
{
	return NULL;
}

int bu_update_eopnotsupp(struct bu_map *map, const void *key, const void *value, u64 flags, u32 cpu)
{
	return -EOPNOTSUPP;
}

int bu_update_enotsupp(struct bu_map *map, const void *key, const void *value, u64 flags, u32 cpu)
{
	return -BU_ENOTSUPP;
}

int bu_remove_einval(struct bu_map *map, const void *key)
{
	return -EINVAL;
}

int bu_remove_eopnotsupp(struct bu_map *map, const void *key)
{
	return -EOPNOTSUPP;
}

int bu_remove_enotsupp(struct bu_map *map, const void *key)
{
	return -BU_ENOTSUPP;
}

long bu_for_each_einval(struct bu_map *map, struct bu_run *run, u64 callback, u64 ctx, u64 flags)
{
	return -EINVAL;
}

int bu_user_lookup_enotsupp(struct bu_map *map, const void *key, void *value, u64 flags)
{
	return -BU_ENOTSUPP;
}

int bu_user_update_enotsupp(struct bu_map *map, const void *key, const void *value, u64 flags)
{
	return -BU_ENOTSUPP;
}

int bu_user_take_enotsupp(struct bu_map *map, const void *key, void *value, u64 flags)
{
	return -BU_ENOTSUPP;
}

int bu_next_key_enotsupp(struct bu_map *map, const void *key, void *next)
{
	return -BU_ENOTSUPP;
}

void *bu_direct_value_none(struct bu_map *map, u32 offset)
{
	return NULL;
}

s64 bu_mmap_offset_enotsupp(struct bu_map *map, u64 pgoff, u64 size, int prot)
{
	return -BU_ENOTSUPP;
}

int bu_used_by_any(struct bu_map *map, const struct bu_prog *prog)
{
	return 0;
}

void bu_closed_nothing(struct bu_map *map)
{
}

bool bu_readable_never(struct bu_map *map)
{
	return false;
}
