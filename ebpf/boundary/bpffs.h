/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bpffs: files that keep maps, programs and links. A pin is an empty file in a tree of
 * ebpf/boundary/redirect.h, and its inode leads to the object, which the pin references.
 */
#ifndef BU_BPFFS_H
#define BU_BPFFS_H

#include "ebpf/boundary/redirect.h"
#include "ebpf/object.h"

struct bu_bytes;
struct bu_map;

extern const struct bu_tree_type bu_bpffs;

/* Pin `object` as the new file `host` (a name of the host, in a tree): 0; -EEXIST, -ENOENT, ... as
 * the host says; -ENOMEM. References the object. */
int bu_pin(struct bu_object *object, const char *host, u32 mode);
/* What is pinned as this inode of the host, or NULL. No reference is taken. */
struct bu_object *bu_pinned(struct bu_kernel *kernel, u64 device, u64 inode);
/* Call `visit` for what each pin holds. */
void bu_pin_for_each(struct bu_kernel *kernel, void (*visit)(struct bu_object *object, void *arg),
		     void *arg);
/* Add a map's content as text: 0; -EIO: none; -ENOMEM. (map_text.c) */
int bu_map_text(struct bu_map *map, struct bu_bytes *out);
/* Let go of all that is pinned. */
void bu_pins_destroy(struct bu_kernel *kernel);

#endif
