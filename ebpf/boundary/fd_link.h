/* SPDX-License-Identifier: BSD-2-Clause */
/* What /proc/self/fd says of our descriptors. */
#ifndef BU_FD_LINK_H
#define BU_FD_LINK_H

#include "ebpf/base.h"

/* What the symbolic link `path` of procfs leads to ("anon_inode:bpf-map"), or NULL: not one of our
 * descriptors. */
const char *bu_fd_link(const char *path);

#endif
