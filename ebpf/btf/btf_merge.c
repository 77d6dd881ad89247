/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One type of a join. A struct of which later objects know further fields gets these at its end,
 * each in 8-byte-aligned space of its own; in a union they lie at 0. An enum gets the values it
 * lacks. The fields of the first definition stay where they are.
 */
#include "ebpf/btf/btf_join.h"

#include <string.h>

#define MAX_DEPTH  8
#define MAX_FIELDS 0xffff
#define KIND_FLAG  (1U << 31)

static const struct btf_member *members_of(const struct btf_type *type)
{
	return (const struct btf_member *)(type + 1);
}

static bool is_composite(const struct btf_type *type)
{
	u32 kind = type ? BTF_INFO_KIND(type->info) : BTF_KIND_UNKN;

	return kind == BTF_KIND_STRUCT || kind == BTF_KIND_UNION;
}

static bool is_enumeration(u32 kind)
{
	return kind == BTF_KIND_ENUM || kind == BTF_KIND_ENUM64;
}

static bool refers(u32 kind)
{
	return kind != BTF_KIND_INT && kind != BTF_KIND_FLOAT && kind != BTF_KIND_FWD &&
	       kind != BTF_KIND_ARRAY && kind != BTF_KIND_STRUCT && kind != BTF_KIND_UNION &&
	       kind != BTF_KIND_ENUM && kind != BTF_KIND_ENUM64 && kind != BTF_KIND_DATASEC;
}

static u32 shifted(u32 value, u32 by)
{
	return value ? value + by : 0;
}

void bu_btf_shift_tail(struct btf_type *type, const struct bu_btf_source *source)
{
	u32 kind = BTF_INFO_KIND(type->info), vlen = BTF_INFO_VLEN(type->info);
	u32 stride = kind == BTF_KIND_FUNC_PROTO || kind == BTF_KIND_ENUM ? 2 : 3;
	u32 *words = (u32 *)(type + 1);

	if (kind == BTF_KIND_ARRAY) {
		words[0] = shifted(words[0], source->ids);
		words[1] = shifted(words[1], source->ids);
		return;
	}
	for (; vlen; vlen--, words += stride) {
		switch (kind) {
		case BTF_KIND_STRUCT:
		case BTF_KIND_UNION:
		case BTF_KIND_FUNC_PROTO:
			words[1] = shifted(words[1], source->ids);
			words[0] = shifted(words[0], source->strings);
			break;
		case BTF_KIND_ENUM:
		case BTF_KIND_ENUM64:
			words[0] = shifted(words[0], source->strings);
			break;
		case BTF_KIND_DATASEC:
			words[0] = shifted(words[0], source->ids);
			break;
		default:
			return;
		}
	}
}

/* Whether a struct or union has a field of this name, in unnamed ones inside it too. */
static bool has_field(const struct bu_btf *btf, const struct btf_type *type, const char *name,
		      int depth)
{
	const struct btf_member *member;

	if (!is_composite(type) || depth > MAX_DEPTH)
		return false;
	member = members_of(type);
	for (u32 i = 0; i < BTF_INFO_VLEN(type->info); i++, member++) {
		if (!member->name_off) {
			if (has_field(btf, bu_btf_skip_modifiers(btf, member->type), name,
				      depth + 1))
				return true;
		} else if (!strcmp(bu_btf_string(btf, member->name_off), name)) {
			return true;
		}
	}
	return false;
}

/* What a field is known by: its name, or for an unnamed struct or union that of the first inside.
 * "" none. */
static const char *name_of_field(const struct bu_btf *btf, const struct btf_member *member)
{
	for (int depth = 0; depth < MAX_DEPTH && !member->name_off; depth++) {
		const struct btf_type *type = bu_btf_skip_modifiers(btf, member->type);

		if (!is_composite(type) || !BTF_INFO_VLEN(type->info))
			return "";
		member = members_of(type);
	}
	return bu_btf_string(btf, member->name_off);
}

/* Whether the first definition, or one before `last`, has a field or value of this name already. */
static bool is_known(const struct bu_btf_source *source, u32 id, const struct bu_btf_more *last,
		     const char *name)
{
	if (has_field(&source->btf, bu_btf_type(&source->btf, id), name, 0))
		return true;
	for (const struct bu_btf_more *more = source->more[id]; more != last; more = more->next) {
		const struct bu_btf *btf = &more->source->btf;

		if (has_field(btf, bu_btf_type(btf, more->id), name, 0))
			return true;
	}
	return false;
}

/* The common case: both objects include the same header. */
static bool are_alike(const struct bu_btf_source *source, u32 id, const struct bu_btf_more *more)
{
	const struct btf_type *one = bu_btf_type(&source->btf, id);
	const struct btf_type *other = bu_btf_type(&more->source->btf, more->id);
	const u32 *a = (const u32 *)(one + 1), *b = (const u32 *)(other + 1);
	u32 stride = BTF_INFO_KIND(one->info) == BTF_KIND_ENUM ? 2 : 3;

	if (one->info != other->info || one->size != other->size)
		return false;
	for (u32 i = 0; i < BTF_INFO_VLEN(one->info); i++, a += stride, b += stride) {
		if (a[stride - 1] != b[stride - 1] ||
		    strcmp(bu_btf_string(&source->btf, a[0]),
			   bu_btf_string(&more->source->btf, b[0])))
			return false;
	}
	return true;
}

/* A type in the making: grows at the end of `types`, so it is found by its place. */
struct merged {
	struct bu_bytes *types;
	u32 at;
};

static struct btf_type *merged_type(const struct merged *merged)
{
	return (struct btf_type *)(merged->types->data + merged->at);
}

/* Bit fields change the meaning of all offsets of a struct: size << 24 | offset. */
static bool has_bit_fields(const struct btf_type *type)
{
	return type->info & KIND_FLAG;
}

static void add_field(struct merged *merged, const struct bu_btf_more *more,
		      const struct btf_type *from, const struct btf_member *member)
{
	s64 size = bu_btf_size_of(&more->source->btf, member->type);
	struct btf_type *type = merged_type(merged);
	bool is_union = BTF_INFO_KIND(type->info) == BTF_KIND_UNION;
	u32 bits = has_bit_fields(from) ? member->offset >> 24 : 0;
	u64 offset = is_union ? 0 : BU_ROUND_UP((u64)type->size, 8);
	struct btf_member added = {
		.name_off = shifted(member->name_off, more->source->strings),
		.type = shifted(member->type, more->source->ids),
		.offset = offset * 8 | bits << 24,
	};

	if (size < 0 || (offset + size) * 8 >= 1 << 24 || BTF_INFO_VLEN(type->info) == MAX_FIELDS)
		return;
	bu_bytes_add(merged->types, &added, sizeof(added));
	type = merged_type(merged);
	type->size = BU_MAX((u64)type->size, offset + size);
	type->info++;
	if (bits)
		type->info |= KIND_FLAG;
}

static void add_fields(struct merged *merged, const struct bu_btf_source *source, u32 id,
		       const struct bu_btf_more *more)
{
	const struct btf_type *from = bu_btf_type(&more->source->btf, more->id);
	const struct btf_member *member = members_of(from);

	for (u32 i = 0; i < BTF_INFO_VLEN(from->info); i++, member++) {
		const char *name = name_of_field(&more->source->btf, member);

		if (*name && !is_known(source, id, more, name))
			add_field(merged, more, from, member);
	}
}

/* Words of one value of an enumeration: its name, and its number in one or two. */
static u32 value_words(const struct btf_type *type)
{
	return BTF_INFO_KIND(type->info) == BTF_KIND_ENUM ? 2 : 3;
}

static bool has_value(const struct bu_btf *btf, const struct btf_type *type, const char *name)
{
	const u32 *value = (const u32 *)(type + 1);

	for (u32 i = 0; i < BTF_INFO_VLEN(type->info); i++, value += value_words(type)) {
		if (!strcmp(bu_btf_string(btf, value[0]), name))
			return true;
	}
	return false;
}

static void add_values(struct merged *merged, const struct bu_btf_source *source, u32 id,
		       const struct bu_btf_more *more)
{
	const struct btf_type *first = bu_btf_type(&source->btf, id);
	const struct btf_type *from = bu_btf_type(&more->source->btf, more->id);
	const u32 *value = (const u32 *)(from + 1);
	u32 words = value_words(from);

	for (u32 i = 0; i < BTF_INFO_VLEN(from->info); i++, value += words) {
		u32 added[3] = { shifted(value[0], more->source->strings), value[1],
				 words == 3 ? value[2] : 0 };

		if (has_value(&source->btf, first, bu_btf_string(&more->source->btf, value[0])) ||
		    BTF_INFO_VLEN(merged_type(merged)->info) == MAX_FIELDS)
			continue;
		bu_bytes_add(merged->types, added, words * sizeof(u32));
		merged_type(merged)->info++;
	}
}

static void add_what_is_more(struct merged *merged, const struct bu_btf_source *source, u32 id)
{
	u32 kind = BTF_INFO_KIND(bu_btf_type(&source->btf, id)->info);
	const struct bu_btf_more *more;

	for (more = source->more[id]; more && !merged->types->failed; more = more->next) {
		if (are_alike(source, id, more))
			continue;
		if (is_enumeration(kind))
			add_values(merged, source, id, more);
		else
			add_fields(merged, source, id, more);
	}
}

void bu_btf_add_merged(struct bu_bytes *types, const struct bu_btf_source *source, u32 id)
{
	const struct btf_type *type = bu_btf_type(&source->btf, id);
	struct merged merged = { types, types->size };
	u32 kind = BTF_INFO_KIND(type->info);
	struct btf_type *copy;

	bu_bytes_add(types, type, sizeof(*type) + bu_btf_type_tail(type));
	if (types->failed)
		return;
	copy = merged_type(&merged);
	copy->name_off = source->nameless[id] ? 0 : shifted(copy->name_off, source->strings);
	if (refers(kind))
		copy->type = shifted(copy->type, source->ids);
	bu_btf_shift_tail(copy, source);
	if (source->more[id] && (is_composite(type) || is_enumeration(kind)))
		add_what_is_more(&merged, source, id);
}
