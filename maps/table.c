// SPDX-License-Identifier: BSD-2-Clause
/* The table of map types, generated from maps.def. A type without a row does not exist. */
#include "ebpf/map.h"

/* Not in the oldest header that we build with. */
#define BPF_MAP_TYPE_ARENA      BU_MAP_TYPE_ARENA
#define BPF_MAP_TYPE_INSN_ARRAY BU_MAP_TYPE_INSN_ARRAY

#define BU_MAP(type, name) extern const struct bu_map_ops bu_##name##_ops;
#include "maps/maps.def"
#undef BU_MAP

static const struct bu_map_ops *const types[] = {
#define BU_MAP(type, name) [BPF_MAP_TYPE_##type] = &bu_##name##_ops,
#include "maps/maps.def"
#undef BU_MAP
};

const struct bu_map_ops *bu_map_ops_of(u32 type)
{
	return type < BU_ARRAY_SIZE(types) ? types[type] : NULL;
}
