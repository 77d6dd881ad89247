/* SPDX-License-Identifier: BSD-2-Clause */
/* Values as the kernel's BTF shows them: in pinned maps' files and by bpf_snprintf_btf(). */
#ifndef BU_BTF_SHOW_H
#define BU_BTF_SHOW_H

#include "ebpf/btf/btf.h"
#include "ebpf/btf/btf_join.h"

enum { /* Source: BTF_F_COMPACT and its kin (6.12) */
       BU_SHOW_COMPACT = 1 << 0,
       BU_SHOW_NONAME = 1 << 1,
       BU_SHOW_PTR_RAW = 1 << 2,
       BU_SHOW_ZERO = 1 << 3,
       BU_SHOW_ALL = (1 << 4) - 1,
       BU_SHOW_MAP = BU_SHOW_COMPACT | BU_SHOW_NONAME | BU_SHOW_ZERO,
};

/* Readable zeros behind a value that is shown: as in the kernel, four bytes are looked at where an
 * enum is and eight where a pointer or an enum64 is, however small its type says that it is. */
#define BU_SHOW_SLACK 8

/* Add the text of a value of the type to `out`. `data` holds at least bu_btf_show_size() bytes, and
 * BU_SHOW_SLACK more. */
void bu_btf_show(const struct bu_btf *btf, u32 type_id, const void *data, u32 flags,
		 struct bu_bytes *out);
/* How many bytes a value has: those of the type, or -EINVAL. */
s64 bu_btf_show_size(const struct bu_btf *btf, u32 type_id);

#endif
