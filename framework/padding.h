/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes of a value that no member of its BTF type covers. */
#ifndef BU_PADDING_H
#define BU_PADDING_H

#include "ebpf/base.h"

struct btf; /* libbpf's */

/* Zero the padding of a value of `size` bytes. Nothing happens without `btf`, with type_id 0, or
 * when the type is larger than the value. */
void bu_clear_padding(const struct btf *btf, u32 type_id, void *data, size_t size);

#endif
