/* SPDX-License-Identifier: BSD-2-Clause */
/* mount(2) as far as it concerns the emulated kernel's file systems, and the list of mounts. */
#ifndef BU_MOUNTS_H
#define BU_MOUNTS_H

#include "ebpf/base.h"

/* mount(2): true and 0 or -errno when it is answered here; false: the host's. */
bool bu_mount(const char *source, const char *target, const char *type, unsigned long flags,
	      int *result);
/* umount2(2), likewise. */
bool bu_unmount(const char *target, int *result);
/* fsopen(2): a descriptor or -errno. */
long bu_fs_open(const char *type, u32 flags);
/* Text of /proc/self/mounts: the host's without what our trees replace, then our trees. malloc'ed;
 * NULL without memory. */
char *bu_mounts_content(size_t *size);

#endif
