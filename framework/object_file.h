/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether a file can be a BPF object at all, in words better than libelf's. */
#ifndef BU_OBJECT_FILE_H
#define BU_OBJECT_FILE_H

#include "ebpf/base.h"

#define BU_OBJECT_FILE_REASON 256

/* 0, or -errno and why in `reason`: missing, unreadable, not ELF, another machine or byte order,
 * truncated (the headers reach behind the end), or with BTF that libbpf 1.1 would not survive.
 * What else the sections hold is libbpf's to judge. */
int bu_object_file_check(const char *path, char reason[BU_OBJECT_FILE_REASON]);

#endif
