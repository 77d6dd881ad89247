/* SPDX-License-Identifier: BSD-2-Clause */
/* Arrays of kernel objects, which user space names by descriptor. Each occupied slot holds a
 * reference. */
#ifndef BU_MAPS_FD_ARRAY_H
#define BU_MAPS_FD_ARRAY_H

#include "ebpf/map.h"

struct bu_fd_array {
	struct bu_object **slots;
	u64 *through; /* the inode of the map's descriptor that each was put by (struct bu_map);
			 NULL: of no interest */
	u32 owner_type, owner_attach_type; /* of the programs, once there was one (PROG_ARRAY) */
	bool owned;
};

int bu_fd_array_check(const union bpf_attr *attr);
int bu_fd_array_create(struct bu_map *map, const union bpf_attr *attr);
void bu_fd_array_destroy(struct bu_map *map);
/* Empty the slots that were filled through a descriptor. */
void bu_fd_array_clear_through(struct bu_map *map, u64 inode);
/* Empty all slots. */
void bu_fd_array_clear(struct bu_map *map);
/* The object at an index, or NULL. */
struct bu_object *bu_fd_array_get(struct bu_map *map, u64 index);
/* 0, or -EINVAL (flags), -E2BIG: whether an update may go on to look at its descriptor. */
int bu_fd_array_check_update(struct bu_map *map, const void *key, u64 flags);
/* Put an object at an index within the map; takes a reference. */
void bu_fd_array_set(struct bu_map *map, const void *key, struct bu_object *object);
int bu_fd_array_remove(struct bu_map *map, const void *key);

#endif
