/* SPDX-License-Identifier: BSD-2-Clause */
/* What bpf_tail_call needs of maps of BPF_MAP_TYPE_PROG_ARRAY. */
#ifndef BU_MAPS_PROG_ARRAY_H
#define BU_MAPS_PROG_ARRAY_H

#include "ebpf/prog/prog.h"

/* The program at an index; NULL when there is none or the index is beyond the map. Not referenced.
 */
struct bu_prog *bu_prog_array_get(struct bu_map *map, u32 index);

#endif
