/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What types say of each other: that what they refer to exists, is of a kind that can be there, has
 * a size where one is needed and fits; that no type contains itself. A pointer ends the walk
 * through a struct, a struct the walk through pointers, as in the kernel. Source: btf_resolve(),
 * btf_check_all_types(), the resolve and check_member function of each kind, kernel/bpf/btf.c
 * (6.12); Linux 6.18 where that differs.
 */
#include "ebpf/btf/btf_check.h"

#include <stdlib.h>

#define MAX_DEPTH 32 /* Source: MAX_RESOLVE_DEPTH */

enum state {
	UNSEEN,
	WALKED, /* the walk has not left it yet */
	DONE,
};

enum mode {
	ANY,
	OF_POINTER,
	OF_CONTENT, /* of a struct or an array */
};

static u32 kind_of(const struct btf_type *type)
{
	return type ? BTF_INFO_KIND(type->info) : BTF_KIND_UNKN;
}

static u32 kind_at(const struct bu_btf_check *check, u32 id)
{
	return kind_of(bu_btf_type(check->btf, id));
}

static bool is_modifier(u32 kind)
{
	return kind == BTF_KIND_TYPEDEF || kind == BTF_KIND_VOLATILE || kind == BTF_KIND_CONST ||
	       kind == BTF_KIND_RESTRICT || kind == BTF_KIND_TYPE_TAG;
}

static bool is_composite(u32 kind)
{
	return kind == BTF_KIND_STRUCT || kind == BTF_KIND_UNION;
}

/* No type of a value: only others' origin. */
static bool is_source_only(u32 kind)
{
	return kind == BTF_KIND_VAR || kind == BTF_KIND_DATASEC || kind == BTF_KIND_DECL_TAG;
}

/* Whether an id can be referred to at all. Void can. */
static bool exists(const struct bu_btf_check *check, u32 id)
{
	return id < check->btf->nr_types && !is_source_only(kind_at(check, id));
}

static bool has_size(const struct bu_btf_check *check, u32 id)
{
	return exists(check, id) && bu_btf_size_of(check->btf, id) >= 0;
}

/* Of whole bytes, 1, 2, 4, 8 or 16 of them. */
static bool is_regular_int(const struct btf_type *type)
{
	u32 data, bytes;

	if (kind_of(type) != BTF_KIND_INT)
		return false;
	data = *(const u32 *)(type + 1);
	bytes = BTF_INT_BITS(data) / 8;
	return !(BTF_INT_BITS(data) % 8) && !BTF_INT_OFFSET(data) && bytes == type->size &&
	       (bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8 || bytes == 16);
}

/* Where the walk needs not go on. */
static bool is_sink(u32 kind, enum mode mode)
{
	switch (kind) {
	case BTF_KIND_PTR:
		return mode == OF_CONTENT;
	case BTF_KIND_ARRAY:
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return mode == OF_POINTER;
	default:
		return !is_modifier(kind);
	}
}

static int resolve(struct bu_btf_check *check, u32 id, enum mode mode, u32 depth);

/* On to what a type refers to. */
static int follow(struct bu_btf_check *check, u32 id, enum mode mode, u32 depth)
{
	return is_sink(kind_at(check, id), mode) ? 0 : resolve(check, id, mode, depth + 1);
}

/* A modifier that was met in a struct has been left when it came to a pointer: on from there. */
static int follow_through(struct bu_btf_check *check, u32 id, enum mode mode, u32 depth)
{
	int err = follow(check, id, mode, depth);

	if (err || !is_modifier(kind_at(check, id)))
		return err;
	while (is_modifier(kind_at(check, id)))
		id = bu_btf_type(check->btf, id)->type;
	return kind_at(check, id) == BTF_KIND_PTR ? follow(check, id, mode, depth) : 0;
}

static int resolve_reference(struct bu_btf_check *check, const struct btf_type *type,
			     enum mode mode, u32 depth)
{
	const struct btf_type *target;
	int err;

	if (!exists(check, type->type))
		return bu_btf_log_type(check, type, "Invalid type_id");
	err = mode == OF_POINTER ? follow_through(check, type->type, mode, depth)
				 : follow(check, type->type, mode, depth);
	if (err || !type->type || has_size(check, type->type))
		return err;
	target = bu_btf_skip_modifiers(check->btf, type->type);
	if (!target || kind_of(target) == BTF_KIND_FWD || kind_of(target) == BTF_KIND_FUNC ||
	    kind_of(target) == BTF_KIND_FUNC_PROTO)
		return 0;
	return bu_btf_log_type(check, type, "Invalid type_id");
}

static int resolve_var(struct bu_btf_check *check, const struct btf_type *type, u32 depth)
{
	int err;

	if (!exists(check, type->type))
		return bu_btf_log_type(check, type, "Invalid type_id");
	err = follow_through(check, type->type, ANY, depth);
	if (!err && !has_size(check, type->type))
		return bu_btf_log_type(check, type, "Invalid type_id");
	return err;
}

static int resolve_array(struct bu_btf_check *check, const struct btf_type *type, u32 depth)
{
	const struct btf_array *array = (const struct btf_array *)(type + 1);
	const struct btf_type *element;
	s64 size;
	int err;

	if (!exists(check, array->index_type))
		return bu_btf_log_type(check, type, "Invalid index");
	err = follow(check, array->index_type, OF_CONTENT, depth);
	if (!err && !is_regular_int(bu_btf_skip_modifiers(check->btf, array->index_type)))
		return bu_btf_log_type(check, type, "Invalid index");
	if (!err && !exists(check, array->type))
		return bu_btf_log_type(check, type, "Invalid elem");
	if (!err)
		err = follow(check, array->type, OF_CONTENT, depth);
	if (err)
		return err;
	size = bu_btf_size_of(check->btf, array->type);
	if (size < 0)
		return bu_btf_log_type(check, type, "Invalid elem");
	element = bu_btf_skip_modifiers(check->btf, array->type);
	if (kind_of(element) == BTF_KIND_INT && !is_regular_int(element))
		return bu_btf_log_type(check, type, "Invalid array of int");
	if (array->nelems && size > UINT32_MAX / array->nelems)
		return bu_btf_log_type(check, type, "Array size overflows U32_MAX");
	return 0;
}

struct place {            /* of a member, in bits */
	u32 offset, bits; /* bits: 0: no bit field */
	bool flagged;     /* the struct says both */
};

static const char *too_far(const struct btf_type *type, u32 offset, u64 bits)
{
	return type->size < (offset / 8 + (bits + offset % 8 + 7) / 8)
		       ? "Member exceeds struct_size"
		       : NULL;
}

static const char *bad_int(const struct btf_type *type, const struct place *place,
			   const struct btf_type *member)
{
	u32 data = *(const u32 *)(member + 1), bits = BTF_INT_BITS(data);

	if (!place->flagged) {
		if (bits + (place->offset + BTF_INT_OFFSET(data)) % 8 > 128)
			return "nr_copy_bits exceeds 128";
		return too_far(type, place->offset + BTF_INT_OFFSET(data), bits);
	}
	if (!is_regular_int(member))
		return "Invalid member base type";
	if (!place->bits && place->offset % 8)
		return "Invalid member offset";
	if (place->bits > bits)
		return "Invalid member bitfield_size";
	return too_far(type, place->offset, place->bits ? place->bits : bits);
}

static const char *bad_enum(const struct btf_type *type, const struct place *place,
			    const struct btf_type *member)
{
	if (place->bits > 32)
		return "Invalid member bitfield_size";
	if (!place->bits && place->offset % 8)
		return "Member is not byte aligned";
	return too_far(type, place->offset,
		       place->bits      ? place->bits
		       : place->flagged ? 32
					: 8 * member->size);
}

static const char *bad_float(const struct btf_type *type, const struct place *place,
			     const struct btf_type *member)
{
	u32 align = BU_MIN(member->size, 8u);

	if (place->bits)
		return "Invalid member bitfield_size";
	if (place->offset % (align * 8))
		return "Member is not properly aligned";
	return too_far(type, place->offset, 8 * member->size);
}

/* Whole bytes somewhere. */
static const char *bad_bytes(const struct btf_type *type, const struct place *place, u64 size)
{
	if (place->bits)
		return "Invalid member bitfield_size";
	if (place->offset % 8)
		return "Member is not byte aligned";
	return too_far(type, place->offset, 8 * size);
}

static const char *bad_member(const struct bu_btf_check *check, const struct btf_type *type,
			      const struct btf_member *member)
{
	const struct btf_type *of = bu_btf_skip_modifiers(check->btf, member->type);
	bool flagged = BTF_INFO_KFLAG(type->info);
	struct place place = { flagged ? member->offset & 0xffffff : member->offset,
			       flagged ? member->offset >> 24 : 0, flagged };
	s64 size = bu_btf_size_of(check->btf, member->type);

	switch (kind_of(of)) {
	case BTF_KIND_INT:
		return bad_int(type, &place, of);
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return bad_enum(type, &place, of);
	case BTF_KIND_FLOAT:
		return bad_float(type, &place, of);
	default:
		return size < 0 ? "Invalid member" : bad_bytes(type, &place, size);
	}
}

static int resolve_members(struct bu_btf_check *check, const struct btf_type *type, u32 depth)
{
	const struct btf_member *member = (const struct btf_member *)(type + 1);

	for (u32 i = 0; i < BTF_INFO_VLEN(type->info); i++, member++) {
		const char *why = "Invalid member";
		int err = 0;

		if (exists(check, member->type)) {
			err = follow(check, member->type, OF_CONTENT, depth);
			why = err ? NULL : bad_member(check, type, member);
		}
		if (err)
			return err;
		if (why)
			return bu_btf_log_member(check, type, member, "%s", why);
	}
	return 0;
}

static int resolve_section(struct bu_btf_check *check, const struct btf_type *type, u32 depth)
{
	const struct btf_var_secinfo *info = (const struct btf_var_secinfo *)(type + 1);

	for (u32 i = 0; i < BTF_INFO_VLEN(type->info); i++, info++) {
		const struct btf_type *var = bu_btf_type(check->btf, info->type);
		s64 size;
		int err;

		if (kind_of(var) != BTF_KIND_VAR)
			return bu_btf_log_var(check, type, info, "Not a VAR kind member");
		err = resolve(check, info->type, ANY, depth + 1);
		if (err)
			return err;
		size = bu_btf_size_of(check->btf, var->type);
		if (size < 0)
			return bu_btf_log_var(check, type, info, "Invalid type");
		if (info->size < size)
			return bu_btf_log_var(check, type, info, "Invalid size");
	}
	return 0;
}

static int resolve_func(struct bu_btf_check *check, const struct btf_type *type)
{
	const struct btf_type *proto = bu_btf_type(check->btf, type->type);
	const struct btf_param *args;

	if (kind_of(proto) != BTF_KIND_FUNC_PROTO)
		return bu_btf_log_type(check, type, "Invalid type_id");
	args = (const struct btf_param *)(proto + 1);
	for (u32 i = 0; i < BTF_INFO_VLEN(proto->info); i++) {
		if (args[i].type && !args[i].name_off)
			return bu_btf_log_type(check, type, "Invalid arg#%u", i + 1);
	}
	return 0;
}

static int resolve_decl_tag(struct bu_btf_check *check, const struct btf_type *type, u32 depth)
{
	const struct btf_type *target = bu_btf_type(check->btf, type->type);
	s32 index = *(const s32 *)(type + 1);
	u32 kind = kind_of(target), count = 0;
	int err;

	if (kind != BTF_KIND_FUNC && !is_composite(kind) && kind != BTF_KIND_VAR &&
	    kind != BTF_KIND_TYPEDEF)
		return bu_btf_log_type(check, type, "Invalid type_id");
	err = check->states[type->type] == DONE ? 0 : resolve(check, type->type, ANY, depth + 1);
	if (err || index == -1)
		return err;
	if (is_composite(kind))
		count = BTF_INFO_VLEN(target->info);
	target = kind == BTF_KIND_FUNC ? bu_btf_type(check->btf, target->type) : NULL;
	if (kind_of(target) == BTF_KIND_FUNC_PROTO)
		count = BTF_INFO_VLEN(target->info);
	return (u32)index < count ? 0 : bu_btf_log_type(check, type, "Invalid component_idx");
}

static int resolve_kind(struct bu_btf_check *check, const struct btf_type *type, enum mode mode,
			u32 depth)
{
	u32 kind = kind_of(type);

	if (kind == BTF_KIND_PTR)
		return resolve_reference(check, type, OF_POINTER, depth);
	if (is_modifier(kind))
		return resolve_reference(check, type, mode, depth);
	if (is_composite(kind))
		return resolve_members(check, type, depth);
	switch (kind) {
	case BTF_KIND_ARRAY:
		return resolve_array(check, type, depth);
	case BTF_KIND_VAR:
		return resolve_var(check, type, depth);
	case BTF_KIND_DATASEC:
		return resolve_section(check, type, depth);
	case BTF_KIND_FUNC:
		return resolve_func(check, type);
	case BTF_KIND_DECL_TAG:
		return resolve_decl_tag(check, type, depth);
	default:
		return 0;
	}
}

static int resolve(struct bu_btf_check *check, u32 id, enum mode mode, u32 depth)
{
	u32 outer = check->id;
	int err;

	if (check->states[id] == DONE)
		return 0;
	if (check->states[id] == WALKED)
		return -EEXIST;
	if (depth >= MAX_DEPTH)
		return -E2BIG;
	check->states[id] = WALKED;
	check->id = id;
	err = resolve_kind(check, bu_btf_type(check->btf, id), mode, depth);
	check->states[id] = DONE;
	check->id = outer;
	return err;
}

/* One argument or the result. */
static bool is_value(struct bu_btf_check *check, u32 id, int *err)
{
	if (!exists(check, id))
		return false;
	*err = follow(check, id, ANY, 0);
	return !*err && has_size(check, id);
}

static int check_proto(struct bu_btf_check *check, const struct btf_type *type)
{
	const struct btf_param *args = (const struct btf_param *)(type + 1);
	u32 count = BTF_INFO_VLEN(type->info);
	int err = 0;

	if (type->type && !is_value(check, type->type, &err))
		return err ? err : bu_btf_log_type(check, type, "Invalid return type");
	if (count && !args[count - 1].type) {
		if (args[count - 1].name_off)
			return bu_btf_log_type(check, type, "Invalid arg#%u", count);
		count--;
	}
	for (u32 i = 0; i < count; i++) {
		bool named =
			!args[i].name_off || bu_btf_is_identifier(check->btf, args[i].name_off);

		if (!named || !args[i].type || !is_value(check, args[i].type, &err))
			return err ? err : bu_btf_log_type(check, type, "Invalid arg#%u", i + 1);
	}
	return 0;
}

static int check_type(struct bu_btf_check *check, const struct btf_type *type)
{
	int err = resolve(check, check->id, ANY, 0);

	if (err == -EEXIST)
		bu_btf_log_type(check, type, "Loop detected");
	else if (err == -E2BIG)
		bu_btf_log_type(check, type, "Exceeded max resolving depth:%u", MAX_DEPTH);
	if (!err && kind_of(type) == BTF_KIND_FUNC_PROTO)
		err = check_proto(check, type);
	return err;
}

/* Tags come before the other modifiers of what they tag. Source: btf_check_type_tags(). */
static int check_tags_of(struct bu_btf_check *check, u32 id, u32 checked)
{
	const struct btf_type *type = bu_btf_type(check->btf, id);
	bool tags = kind_of(type) == BTF_KIND_TYPE_TAG;

	for (u32 left = MAX_DEPTH; is_modifier(kind_of(type)); left--) {
		if (!left) {
			bu_log_add(check->log, "Max chain length or cycle detected");
			return -ELOOP;
		}
		if (kind_of(type) != BTF_KIND_TYPE_TAG) {
			tags = false;
		} else if (!tags) {
			bu_log_add(check->log, "Type tags don't precede modifiers");
			return -EINVAL;
		}
		if (id <= checked)
			break;
		id = type->type;
		type = bu_btf_type(check->btf, id);
	}
	return 0;
}

static int check_tags(struct bu_btf_check *check)
{
	int err = 0;

	for (u32 id = 1; id < check->btf->nr_types && !err; id++)
		err = check_tags_of(check, id, id - 1);
	return err;
}

int bu_btf_check(struct bu_btf *btf, struct bu_log *log)
{
	struct bu_btf_check check = { .btf = btf, .log = log };
	int err = bu_btf_check_header(&check);

	if (!err)
		err = bu_btf_check_metas(&check);
	if (!err)
		err = bu_btf_index(btf);
	if (!err)
		err = bu_btf_check_types(&check);
	if (!err)
		err = check_tags(&check);
	return err ? err : bu_btf_check_locks(btf);
}

int bu_btf_check_types(struct bu_btf_check *check)
{
	int err = 0;

	check->states = calloc(check->btf->nr_types, 1);
	if (!check->states)
		return -ENOMEM;
	check->resolving = true;
	for (check->id = 1; check->id < check->btf->nr_types && !err; check->id++)
		err = check_type(check, bu_btf_type(check->btf, check->id));
	free(check->states);
	return err;
}
