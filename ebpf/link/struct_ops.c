// SPDX-License-Identifier: BSD-2-Clause
/* Source: bpf_struct_ops_find_value(), kernel/bpf/bpf_struct_ops.c; check_struct_ops_btf_id(),
 * kernel/bpf/verifier.c; net/bpf/bpf_dummy_struct_ops.c (6.12). */
#include "ebpf/link/struct_ops.h"

#include "ebpf/kernel.h"
#include "ebpf/log.h"

#include <string.h>

#define PREFIX "bpf_struct_ops_"

static bool is_struct(const struct btf_type *type)
{
	return type && BTF_INFO_KIND(type->info) == BTF_KIND_STRUCT;
}

const struct btf_member *bu_struct_ops_member(const struct bu_struct_ops_type *ops, u32 nth)
{
	const struct btf_member *members = (const struct btf_member *)(ops->type + 1);

	return nth < BTF_INFO_VLEN(ops->type->info) ? &members[nth] : NULL;
}

u32 bu_struct_ops_offset(const struct bu_struct_ops_type *ops, const struct btf_member *member)
{
	u32 bits = member->offset;

	if (BTF_INFO_KFLAG(ops->type->info))
		bits = BTF_MEMBER_BIT_OFFSET(bits);
	return bits / 8;
}

const struct btf_type *bu_struct_ops_proto(const struct bu_btf *btf,
					   const struct btf_member *member)
{
	const struct btf_type *type = bu_btf_skip_modifiers(btf, member->type);

	if (!type || BTF_INFO_KIND(type->info) != BTF_KIND_PTR)
		return NULL;
	type = bu_btf_skip_modifiers(btf, type->type);
	return type && BTF_INFO_KIND(type->info) == BTF_KIND_FUNC_PROTO ? type : NULL;
}

/* The member `data` of a value. */
static const struct btf_member *data_of(const struct bu_btf *btf, const struct btf_type *value)
{
	const struct btf_member *member = (const struct btf_member *)(value + 1);

	for (u32 i = 0; i < BTF_INFO_VLEN(value->info); i++, member++) {
		if (!strcmp(bu_btf_string(btf, member->name_off), "data"))
			return member;
	}
	return NULL;
}

bool bu_struct_ops_of_value(const struct bu_btf *btf, u32 id, struct bu_struct_ops_type *ops)
{
	const struct btf_type *value = bu_btf_type(btf, id);
	const struct btf_member *data;

	if (!is_struct(value) ||
	    strncmp(bu_btf_string(btf, value->name_off), PREFIX, strlen(PREFIX)) != 0)
		return false;
	data = data_of(btf, value);
	if (!data || !is_struct(bu_btf_type(btf, data->type)))
		return false;
	ops->value_id = id;
	ops->value = value;
	ops->type_id = data->type;
	ops->type = bu_btf_type(btf, data->type);
	ops->data = data->offset / 8;
	return (u64)ops->data + ops->type->size <= value->size;
}

bool bu_struct_ops_of_type(const struct bu_btf *btf, u32 id, struct bu_struct_ops_type *ops)
{
	for (u32 value = 1; value < btf->nr_types; value++) {
		if (bu_struct_ops_of_value(btf, value, ops) && ops->type_id == id)
			return true;
	}
	return false;
}

bool bu_struct_ops_is_dummy(const struct bu_btf *btf, const struct bu_struct_ops_type *ops)
{
	return !strcmp(bu_btf_string(btf, ops->type->name_off), "bpf_dummy_ops");
}

static int check_member(const struct bu_btf *btf, const struct bu_struct_ops_type *ops, u32 nth,
			bool sleepable, struct bu_log *log)
{
	const char *name = bu_btf_string(btf, ops->type->name_off);
	const struct btf_member *member = bu_struct_ops_member(ops, nth);

	if (!member) {
		bu_log_add(log, "attach to invalid member idx %u of struct %s\n", nth, name);
		return -EINVAL;
	}
	if (sleepable && bu_struct_ops_is_dummy(btf, ops) &&
	    strcmp(bu_btf_string(btf, member->name_off), "test_sleepable") != 0) {
		bu_log_add(log, "attach to unsupported member %s of struct %s\n",
			   bu_btf_string(btf, member->name_off), name);
		return -EINVAL;
	}
	if (bu_struct_ops_proto(btf, member))
		return 0;
	bu_log_add(log, "attach to invalid member %s(@idx %u) of struct %s\n",
		   bu_btf_string(btf, member->name_off), nth, name);
	return -EINVAL;
}

int bu_prog_check_struct_ops(const struct bu_prog *prog, struct bu_log *log)
{
	const struct bu_btf *btf = bu_vmlinux_btf(prog->object.kernel);
	struct bu_struct_ops_type ops;

	if (!prog->gpl) {
		bu_log_add(log, "struct ops programs must have a GPL compatible license\n");
		return -EINVAL;
	}
	if (!prog->attach_btf_id)
		return -BU_ENOTSUPP;
	if (!btf || !bu_struct_ops_of_type(btf, prog->attach_btf_id, &ops)) {
		bu_log_add(log, "attach_btf_id %u is not a supported struct\n",
			   prog->attach_btf_id);
		return -BU_ENOTSUPP;
	}
	return check_member(btf, &ops, prog->expected_attach_type, prog->flags & BPF_F_SLEEPABLE,
			    log);
}
