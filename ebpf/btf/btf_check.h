/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's checks of BTF that BTF_LOAD brings, in its words: the header, each type by itself
 * (btf_meta.c), then what types say of each other (btf_resolve.c).
 */
#ifndef BU_BTF_CHECK_H
#define BU_BTF_CHECK_H

#include "ebpf/btf/btf.h"
#include "ebpf/log.h"

struct bu_btf_check {
	struct bu_btf *btf;
	struct bu_log *log; /* NULL: no one reads it */
	u32 id;             /* of the type that is looked at */
	bool resolving;     /* in the second pass */
	u8 *states;         /* btf_resolve.c */
};

/* btf->data and size are given; on success the rest is filled in as bu_btf_parse() does. 0,
 * -EINVAL, -E2BIG, -EEXIST (a loop), -ENOMEM, -ENOTSUPP. */
int bu_btf_check(struct bu_btf *btf, struct bu_log *log);
/* The steps. Each returns 0 or -errno after explaining it. */
int bu_btf_check_header(struct bu_btf_check *check);
int bu_btf_check_metas(struct bu_btf_check *check);
int bu_btf_check_types(struct bu_btf_check *check);
/* Structs with a bpf_spin_lock have one that they can use: 0, -E2BIG, -EFAULT. */
int bu_btf_check_locks(struct bu_btf *btf);

/* Lines of the log (btf_log.c). A type with what its kind says of it, and `why`: what is wrong, or
 * NULL: nothing. Return -EINVAL, for `return bu_btf_log_type(...)`. */
int bu_btf_log_type(struct bu_btf_check *check, const struct btf_type *type, const char *why, ...)
	BU_PRINTF(3, 4);
int bu_btf_log_basic(struct bu_btf_check *check, const struct btf_type *type, const char *why, ...)
	BU_PRINTF(3, 4);
int bu_btf_log_member(struct bu_btf_check *check, const struct btf_type *type,
		      const struct btf_member *member, const char *why, ...) BU_PRINTF(4, 5);
int bu_btf_log_var(struct bu_btf_check *check, const struct btf_type *type,
		   const struct btf_var_secinfo *var, const char *why);
/* "(anon)" for none, "(invalid-name-offset)". */
const char *bu_btf_log_name(const struct bu_btf *btf, u32 offset);
void bu_btf_log_header(struct bu_btf_check *check, const struct btf_header *header);

/* Letters, digits, '_' and '.', no digit first. */
bool bu_btf_is_identifier(const struct bu_btf *btf, u32 offset);

#endif
