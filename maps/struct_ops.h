/* SPDX-License-Identifier: BSD-2-Clause */
/* Maps that hold one struct of functions: what their links and the framework do with them. */
#ifndef BU_MAPS_STRUCT_OPS_H
#define BU_MAPS_STRUCT_OPS_H

#include "ebpf/link/struct_ops.h"

enum bu_struct_ops_state { /* Source: enum bpf_struct_ops_state */
			   BU_STRUCT_OPS_INIT,
			   BU_STRUCT_OPS_INUSE,
			   BU_STRUCT_OPS_TOBEFREE,
			   BU_STRUCT_OPS_READY,
};

/* BPF_F_LINK: the map is registered by a link, not by its update. */
#define BU_F_MAP_LINK (1U << 13)

struct bu_struct_ops {
	struct bu_btf *btf;             /* the kernel's, referenced */
	struct bu_struct_ops_type type; /* its pointers are good after bu_struct_ops_find() */
	u8 *value; /* as user space gave it, with program ids in the place of descriptors */
	struct bu_prog **progs; /* by member, referenced; NULL: none */
	u32 nr_members;
	enum bu_struct_ops_state state;
	u32 links; /* that have registered it */
};

static inline struct bu_struct_ops *bu_struct_ops(const struct bu_map *map)
{
	return map->priv;
}

/* Whether the kernel would call its functions now. */
bool bu_struct_ops_registered(const struct bu_map *map);
/* Index of the member of this name, or -1. */
int bu_struct_ops_find(const struct bu_map *map, const char *member);

#endif
