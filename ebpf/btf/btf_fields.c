// SPDX-License-Identifier: BSD-2-Clause
/*
 * Structs that the kernel looks for in others: locks, timers, work. A misaligned one is none.
 * Source: btf_find_struct_field(), btf_parse_struct_metas(), kernel/bpf/btf.c (6.12).
 */
#include <string.h>

#include "ebpf/btf/btf_check.h"

#define MAX_NESTING 4

static bool is_struct(const struct btf_type *type)
{
	return type && BTF_INFO_KIND(type->info) == BTF_KIND_STRUCT;
}

static u32 find(const struct bu_btf *btf, const struct bu_btf_special *special, u32 type_id, u32 at,
		u32 *offset, int depth)
{
	const struct btf_type *type = bu_btf_skip_modifiers(btf, type_id);
	const struct btf_member *field;
	u32 found = 0;

	if (!is_struct(type) || depth > MAX_NESTING)
		return 0;
	if (depth && !strcmp(bu_btf_string(btf, type->name_off), special->name)) {
		if (at % special->align)
			return 0;
		*offset = at;
		return 1;
	}
	field = (const struct btf_member *)(type + 1);
	for (u32 i = 0; i < BTF_INFO_VLEN(type->info); i++, field++) {
		u32 bits = field->offset;

		if (BTF_INFO_KFLAG(type->info))
			bits = BTF_MEMBER_BIT_OFFSET(bits);
		found += find(btf, special, field->type, at + bits / 8, offset, depth + 1);
	}
	return found;
}

u32 bu_btf_find_special(const struct bu_btf *btf, const struct bu_btf_special *special, u32 type_id,
			u32 *offset)
{
	return find(btf, special, type_id, 0, offset, 0);
}

static bool has_member(const struct btf_type *type, u32 type_id)
{
	const struct btf_member *field = (const struct btf_member *)(type + 1);

	for (u32 i = 0; is_struct(type) && i < BTF_INFO_VLEN(type->info); i++) {
		if (field[i].type == type_id)
			return true;
	}
	return false;
}

int bu_btf_check_locks(struct bu_btf *btf)
{
	static const struct bu_btf_special lock = { "bpf_spin_lock", 4, 4 };
	u32 id = bu_btf_find(btf, lock.name, BTF_KIND_STRUCT), offset, found;

	for (u32 i = 1; id && i < btf->nr_types; i++) {
		if (!has_member(bu_btf_type(btf, i), id))
			continue;
		found = bu_btf_find_special(btf, &lock, i, &offset);
		if (found != 1)
			return found ? -E2BIG : -EFAULT;
	}
	return 0;
}
