/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Structs of functions that programs implement (struct_ops), as the kernel's BTF describes them: a
 * struct S is one when there is a struct bpf_struct_ops_S, whose field `data` is an S. Differs: the
 * kernel knows those that its subsystems have registered.
 */
#ifndef BU_STRUCT_OPS_H
#define BU_STRUCT_OPS_H

#include "ebpf/btf/btf.h"
#include "ebpf/prog/prog.h"

struct bu_struct_ops_type {
	u32 value_id, type_id; /* struct bpf_struct_ops_S, struct S */
	const struct btf_type *value, *type;
	u32 data; /* place of the S in the value */
};

/* What a type id of struct bpf_struct_ops_S / struct S stands for; false: no such struct. */
bool bu_struct_ops_of_value(const struct bu_btf *btf, u32 id, struct bu_struct_ops_type *ops);
bool bu_struct_ops_of_type(const struct bu_btf *btf, u32 id, struct bu_struct_ops_type *ops);

/* The one that is there to be run by BPF_PROG_TEST_RUN, and cannot be registered:
 * struct bpf_dummy_ops. */
bool bu_struct_ops_is_dummy(const struct bu_btf *btf, const struct bu_struct_ops_type *ops);

/* The nth member; NULL: there is none. */
const struct btf_member *bu_struct_ops_member(const struct bu_struct_ops_type *ops, u32 nth);
/* Its place in the struct, in bytes. */
u32 bu_struct_ops_offset(const struct bu_struct_ops_type *ops, const struct btf_member *member);
/* The FUNC_PROTO that a member points to; NULL: it is no function. */
const struct btf_type *bu_struct_ops_proto(const struct bu_btf *btf,
					   const struct btf_member *member);

/* Whether a program of type STRUCT_OPS may be loaded for what it names: 0, -EINVAL, -ENOTSUPP. */
int bu_prog_check_struct_ops(const struct bu_prog *prog, struct bu_log *log);

#endif
