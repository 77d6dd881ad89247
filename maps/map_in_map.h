/* SPDX-License-Identifier: BSD-2-Clause */
/* What ARRAY_OF_MAPS and HASH_OF_MAPS share: which maps may be inside. */
#ifndef BU_MAPS_MAP_IN_MAP_H
#define BU_MAPS_MAP_IN_MAP_H

#include "ebpf/map.h"

struct bu_map_template; /* what an outer map remembers of the map that inner_map_fd named */

/* Remember the map behind attr->inner_map_fd. 0; -EBADF, -EINVAL: no map, or an outer map itself;
 * -ENOTSUPP: maps of that type cannot be inside; -ENOMEM. */
int bu_map_template_set(struct bu_map *outer, const union bpf_attr *attr);
void bu_map_template_free(struct bu_map *outer);
/* What BPF_MAP_CREATE of a map like it takes, without types of BTF; false: there is none, or it
 * needs them. */
bool bu_map_template_attr(const struct bu_map *outer, union bpf_attr *attr);
/* The map behind a descriptor that user space puts in: NULL with *error -EBADF or -EINVAL (no map,
 * or one unlike the template). No reference is taken. */
struct bu_map *bu_map_inner_of_fd(struct bu_map *outer, const void *value, int *error);

#endif
