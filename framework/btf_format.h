/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Values as text, by their BTF types: what checks of maps, events and structs print.
 * Texts are malloc'ed and the caller's; NULL when memory is short.
 */
#ifndef BU_BTF_FORMAT_H
#define BU_BTF_FORMAT_H

#include "ebpf/base.h"

struct btf; /* libbpf's */

/* A whole value: "{ .pid = 42, .comm = "nginx" }", or "42 (0x2a)". Without `btf` or with type_id 0: hex
 * bytes and, for 1, 2, 4 and 8 bytes, the number. Bytes that the type names and `data` lacks are
 * left out. */
char *bu_format_value(const struct btf *btf, u32 type_id, const void *data, size_t size);

/* What differs, a line each by path: "  .tokens: expected 2 (0x2), is 1 (0x1)". NULL when all bytes
 * are equal. Bytes that differ only in padding are told as such. Without BTF: by offset, in hex. */
char *bu_diff_values(const struct btf *btf, u32 type_id, const void *expected, const void *actual,
		     size_t size);

#endif
