// SPDX-License-Identifier: BSD-2-Clause
/* What the steps of attach_script.c are made of, for either kernel. */
#ifndef BU_TESTS_EBPF_ATTACH_WORLD_H
#define BU_TESTS_EBPF_ATTACH_WORLD_H

#include "attach_script.h"

#define BAD_FD 0x7ffffff0 /* as an id: of nothing */

void world_begin(struct world *world);
void world_end(struct world *world);
long world_bpf(struct world *world, int cmd, void *attr, unsigned int size);
int world_map(struct world *world); /* an array */
void world_keep_link(struct world *world, char letter, int fd);
long world_drop_link(struct world *world, char letter);
void world_close_link(struct world *world, char letter);
void world_close_links(struct world *world);
void world_remove_cgroup(struct world *world, const char *name);
bool world_is_cgroup_type(u32 attach_type);
const char *world_result(long result); /* "0" or an errno's name */
char world_prog_letter(struct world *world, u32 id);
/* Steps of other shapes. */
void world_netfilter(struct world *world);
void world_netlink(struct world *world);

#endif
