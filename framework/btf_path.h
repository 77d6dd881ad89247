/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Places within a value of a BTF type, and the walk there by a path such as "cred.uid.val" or
 * "sk_addrs[2]". Members of anonymous structs and unions are found as C finds them.
 * Pointers are not followed here: they lead out of the value.
 */
#ifndef BU_BTF_PATH_H
#define BU_BTF_PATH_H

#include "ebpf/base.h"

#include <bpf/btf.h>

struct bu_field {
	const struct btf *btf;
	u32 type_id; /* as declared: may be a typedef or a modifier */
	u32 offset; /* bytes from the value's start; of a bit field: of the byte its first bit is in
		     */
	u32 size;   /* bytes, also those that a bit field touches */
	u32 bit_offset; /* within the first byte */
	u32 bit_size;   /* 0: no bit field */
};

/* A whole value of a type. false: the type has no size (void, a function, a mere declaration). */
bool bu_field_root(struct bu_field *field, const struct btf *btf, u32 type_id);
/* The type without typedefs, modifiers and VAR. */
const struct btf_type *bu_field_type(const struct bu_field *field);
const struct btf_type *bu_btf_plain(const struct btf *btf, u32 type_id, u32 *plain_id);

/* One member by name (not a path). 0, or -ENOENT, -EINVAL (no struct) with a sentence in `error`.
 */
int bu_field_member(const struct bu_field *field, const char *name, size_t len,
		    struct bu_field *member, char *error, size_t size);
/* The nth member as it is declared, also an anonymous one. */
struct bu_field bu_field_nth(const struct bu_field *field, u32 nth);
/* One array element. 0, -EINVAL (no array) or -ERANGE with `error`. */
int bu_field_element(const struct bu_field *field, u64 index, struct bu_field *element, char *error,
		     size_t size);

/* Take one step of `*path` and move it behind the step: a member (with or without leading dot) or
 * an index. 0, or -ENOENT, -EINVAL, -ERANGE with `error`. */
int bu_field_step(struct bu_field *field, const char **path, char *error, size_t size);
/* All steps. */
int bu_field_walk(struct bu_field *field, const char *path, char *error, size_t size);

/* Whether integers can be stored: an integer, enum, bool, pointer or bit field of up to 8 bytes. */
bool bu_field_is_scalar(const struct bu_field *field);
bool bu_field_is_signed(const struct bu_field *field);
u32 bu_field_bits(const struct bu_field *field);
/* An integer in / out of the value at `data`; sign-extended when the field is signed. */
u64 bu_field_load(const struct bu_field *field, const void *data);
void bu_field_store(const struct bu_field *field, void *data, u64 value);

/* "struct bucket", "u64", "char[16]", "struct task_struct *". Written to `text`, which is returned.
 */
const char *bu_type_name(const struct btf *btf, u32 type_id, char *text, size_t size);

enum bu_int_style { /* how people write integers of a type */
		    BU_INT_PLAIN,
		    BU_INT_BOOL,
		    BU_INT_CHAR,
		    BU_INT_BE, /* __be16, __be32, __be64: network byte order */
};
enum bu_int_style bu_int_style(const struct btf *btf, u32 type_id);

#endif
