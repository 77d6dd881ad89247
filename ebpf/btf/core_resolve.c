// SPDX-License-Identifier: BSD-2-Clause
/*
 * CO-RE relocations: a path through a local type, by index, is followed by name through the
 * kernel's type of the same name. Source: bpf_core_calc_relo_insn() and what it calls,
 * tools/lib/bpf/relo_core.c (6.12). Differs: the first type of the name that has the path is taken;
 * types that contradict each other are not noticed, and a match of types compares names only.
 */
#include "ebpf/prog/prog_core.h"

#include <stdlib.h>
#include <string.h>

#define MAX_PATH 64

struct place { /* in a type */
	const struct bu_btf *btf;
	u32 type_id;
	u64 bits;     /* offset */
	u32 bitfield; /* its size in bits; 0: none */
	bool member;
};

static size_t bare_length(const char *name)
{
	const char *mark = strstr(name, "___");

	return mark && mark != name ? (size_t)(mark - name) : strlen(name);
}

static bool same_name(const char *a, const char *b)
{
	size_t len = bare_length(a);

	return len == bare_length(b) && !strncmp(a, b, len);
}

static u32 kind_of(const struct btf_type *type)
{
	return type ? BTF_INFO_KIND(type->info) : BTF_KIND_UNKN;
}

static bool is_composite(const struct btf_type *type)
{
	return kind_of(type) == BTF_KIND_STRUCT || kind_of(type) == BTF_KIND_UNION;
}

static bool is_enum(const struct btf_type *type)
{
	return kind_of(type) == BTF_KIND_ENUM || kind_of(type) == BTF_KIND_ENUM64;
}

/* The id behind modifiers and typedefs. */
static u32 bare_id(const struct bu_btf *btf, u32 id)
{
	const struct btf_type *type;

	for (int i = 0; i < 32 && (type = bu_btf_type(btf, id)); i++) {
		switch (kind_of(type)) {
		case BTF_KIND_TYPEDEF:
		case BTF_KIND_CONST:
		case BTF_KIND_VOLATILE:
		case BTF_KIND_RESTRICT:
		case BTF_KIND_TYPE_TAG:
			id = type->type;
			continue;
		}
		break;
	}
	return id;
}

static const struct btf_member *members_of(const struct btf_type *type)
{
	return (const struct btf_member *)(type + 1);
}

static void enter(struct place *place, const struct btf_type *type, u32 nth)
{
	const struct btf_member *member = &members_of(type)[nth];
	bool flag = BTF_INFO_KFLAG(type->info);

	place->bits += flag ? BTF_MEMBER_BIT_OFFSET(member->offset) : member->offset;
	place->bitfield = flag ? BTF_MEMBER_BITFIELD_SIZE(member->offset) : 0;
	place->type_id = member->type;
	place->member = true;
}

static bool step_array(struct place *place, const struct btf_type *type, u32 nth, bool bounded)
{
	const struct btf_array *array = (const struct btf_array *)(type + 1);
	s64 size = bu_btf_size_of(place->btf, array->type);

	if (size < 0 || (bounded && array->nelems && nth >= array->nelems))
		return false;
	place->bits += (u64)size * nth * 8;
	place->type_id = array->type;
	place->bitfield = 0;
	place->member = false;
	return true;
}

/* Find a member by name, also inside members without one. */
static bool enter_named(struct place *place, const char *name, int depth)
{
	const struct btf_type *type = bu_btf_type(place->btf, bare_id(place->btf, place->type_id));

	if (!is_composite(type) || depth > MAX_PATH)
		return false;
	for (u32 i = 0; i < BTF_INFO_VLEN(type->info); i++) {
		const char *own = bu_btf_string(place->btf, members_of(type)[i].name_off);
		struct place inside = *place;

		enter(&inside, type, i);
		if (*own ? !strcmp(own, name) : enter_named(&inside, name, depth + 1)) {
			*place = inside;
			return true;
		}
	}
	return false;
}

/* Whether a field may stand for another. Source: bpf_core_fields_are_compat() */
static bool compatible(const struct place *local, const struct place *target)
{
	const struct btf_type *a = bu_btf_type(local->btf, bare_id(local->btf, local->type_id));
	const struct btf_type *b = bu_btf_type(target->btf, bare_id(target->btf, target->type_id));

	if (!a || !b)
		return a == b;
	return (is_composite(a) && is_composite(b)) || (is_enum(a) && is_enum(b)) ||
	       kind_of(a) == kind_of(b);
}

/* Follow one index of the local path in both types. */
static int step(struct place *local, struct place *target, bool *lost, u32 nth)
{
	const struct btf_type *type = bu_btf_type(local->btf, bare_id(local->btf, local->type_id));
	const char *name;

	if (is_composite(type)) {
		if (nth >= BTF_INFO_VLEN(type->info))
			return -EINVAL;
		name = bu_btf_string(local->btf, members_of(type)[nth].name_off);
		enter(local, type, nth);
		if (*name && !*lost)
			*lost = !enter_named(target, name, 0) || !compatible(local, target);
		return 0;
	}
	if (kind_of(type) != BTF_KIND_ARRAY || !step_array(local, type, nth, false))
		return -EINVAL;
	type = bu_btf_type(target->btf, bare_id(target->btf, target->type_id));
	if (!*lost)
		*lost = kind_of(type) != BTF_KIND_ARRAY || !step_array(target, type, nth, true);
	return 0;
}

/* Follow "0:1:2". */
static int follow(struct place *local, struct place *target, const char *path, bool *lost)
{
	char *end;
	s64 size = bu_btf_size_of(local->btf, local->type_id);
	s64 other = bu_btf_size_of(target->btf, target->type_id);
	unsigned long first = strtoul(path, &end, 10);
	int err = end == path || size < 0 ? -EINVAL : 0;

	local->bits = (u64)first * size * 8;
	target->bits = other < 0 ? 0 : (u64)first * other * 8;
	for (int i = 0; !err && *end == ':' && i < MAX_PATH; i++) {
		path = end + 1;
		first = strtoul(path, &end, 10);
		err = end == path ? -EINVAL : step(local, target, lost, first);
	}
	return err || *end ? -EINVAL : 0;
}

/* Bytes that hold a bitfield, as a load would read them. */
static bool window(const struct place *place, u64 *offset, u64 *size)
{
	*size = BU_MAX(bu_btf_size_of(place->btf, place->type_id), 0);
	*offset = place->bits / 8;
	if (!place->bitfield)
		return *size;
	for (; *size && *size <= 8; *size *= 2) {
		*offset = place->bits / 8 / *size * *size;
		if (place->bits + place->bitfield - *offset * 8 <= *size * 8)
			return true;
	}
	return false;
}

static bool is_signed(const struct place *place)
{
	const struct btf_type *type = bu_btf_type(place->btf, bare_id(place->btf, place->type_id));

	if (is_enum(type))
		return BTF_INFO_KFLAG(type->info);
	return kind_of(type) == BTF_KIND_INT &&
	       BTF_INT_ENCODING(*(const u32 *)(type + 1)) & BTF_INT_SIGNED;
}

static bool field_value(const struct place *place, u32 kind, u64 *value)
{
	u64 offset, size, bits;

	if (kind == BPF_CORE_FIELD_EXISTS) {
		*value = 1;
		return true;
	}
	if (!window(place, &offset, &size))
		return false;
	bits = place->bitfield ? place->bitfield : size * 8;
	switch (kind) {
	case BPF_CORE_FIELD_BYTE_OFFSET:
		*value = offset;
		break;
	case BPF_CORE_FIELD_BYTE_SIZE:
		*value = size;
		break;
	case BPF_CORE_FIELD_SIGNED:
		*value = is_signed(place);
		break;
	case BPF_CORE_FIELD_LSHIFT_U64:
		*value = 64 - (place->bits + bits - offset * 8);
		break;
	default:
		*value = 64 - bits;
	}
	return true;
}

static u32 plain_size(const struct place *place)
{
	s64 size = place->bitfield ? 0 : bu_btf_size_of(place->btf, place->type_id);

	return size > 0 && size <= 8 && !(size & (size - 1)) ? size : 0;
}

static int resolve_field(struct place local, struct place target, const struct bpf_core_relo *relo,
			 const char *path, struct bu_core_result *result)
{
	bool lost = !target.type_id;
	int err = follow(&local, &target, path, &lost);

	if (err)
		return err;
	if (lost) {
		result->found = relo->kind == BPF_CORE_FIELD_EXISTS;
		return 0;
	}
	result->found = field_value(&target, relo->kind, &result->value);
	result->local_size = plain_size(&local);
	result->size = plain_size(&target);
	return 0;
}

/* The nth enumerator: its name; NULL: there is none. */
static const char *enumerator(const struct bu_btf *btf, const struct btf_type *type, u32 nth,
			      u64 *value)
{
	const u32 *words = (const u32 *)(type + 1);
	bool wide = kind_of(type) == BTF_KIND_ENUM64;

	if (!is_enum(type) || nth >= BTF_INFO_VLEN(type->info))
		return NULL;
	words += nth * (wide ? 3 : 2);
	*value = wide                         ? words[1] | (u64)words[2] << 32
		 : BTF_INFO_KFLAG(type->info) ? (u64)(s64)(s32)words[1]
					      : words[1];
	return bu_btf_string(btf, words[0]);
}

static int resolve_enumerator(const struct place *local, const struct place *target,
			      const struct bpf_core_relo *relo, const char *path,
			      struct bu_core_result *result)
{
	const struct btf_type *type = bu_btf_type(local->btf, bare_id(local->btf, local->type_id));
	const struct btf_type *other =
		bu_btf_type(target->btf, bare_id(target->btf, target->type_id));
	const char *name = enumerator(local->btf, type, strtoul(path, NULL, 10), &result->value);
	const char *candidate;

	if (!name)
		return -EINVAL;
	for (u32 i = 0; other && (candidate = enumerator(target->btf, other, i, &result->value));
	     i++) {
		if (!same_name(name, candidate))
			continue;
		result->found = true;
		if (relo->kind == BPF_CORE_ENUMVAL_EXISTS)
			result->value = 1;
		return 0;
	}
	result->value = 0;
	result->found = relo->kind == BPF_CORE_ENUMVAL_EXISTS;
	return 0;
}

static int resolve_type(const struct place *target, u32 kind, struct bu_core_result *result)
{
	s64 size = target->type_id ? bu_btf_size_of(target->btf, target->type_id) : 0;

	result->found = target->type_id != 0;
	switch (kind) {
	case BPF_CORE_TYPE_EXISTS:
	case BPF_CORE_TYPE_MATCHES:
		result->value = result->found;
		result->found = true;
		return 0;
	case BPF_CORE_TYPE_SIZE:
		result->value = size;
		result->found &= size >= 0;
		return 0;
	case BPF_CORE_TYPE_ID_TARGET:
		result->value = target->type_id;
		return 0;
	}
	return -EINVAL;
}

static int resolve_in(const struct place *local, const struct place *target,
		      const struct bpf_core_relo *relo, struct bu_core_result *result)
{
	const char *path = bu_btf_string(local->btf, relo->access_str_off);

	*result = (struct bu_core_result){ 0 };
	if (!path)
		return -EINVAL;
	switch (relo->kind) {
	case BPF_CORE_FIELD_BYTE_OFFSET ... BPF_CORE_FIELD_RSHIFT_U64:
		return resolve_field(*local, *target, relo, path, result);
	case BPF_CORE_ENUMVAL_EXISTS:
	case BPF_CORE_ENUMVAL_VALUE:
		return resolve_enumerator(local, target, relo, path, result);
	default:
		return resolve_type(target, relo->kind, result);
	}
}

/* The next type of the kernel, after `id`, of the local type's name and kind; 0: no more. */
static u32 next_candidate(const struct bu_btf *kernel, u32 id, const char *name,
			  const struct btf_type *local)
{
	while (kernel && ++id < kernel->nr_types) {
		const struct btf_type *type = bu_btf_type(kernel, id);

		if (kind_of(type) != kind_of(local) && !(is_enum(type) && is_enum(local)))
			continue;
		if (same_name(bu_btf_string(kernel, type->name_off), name))
			return id;
	}
	return 0;
}

int bu_core_resolve(const struct bu_btf *local, const struct bu_btf *kernel,
		    const struct bpf_core_relo *relo, struct bu_core_result *result)
{
	const struct btf_type *type = bu_btf_type(local, relo->type_id);
	struct place here = { .btf = local, .type_id = relo->type_id };
	struct place there = { .btf = kernel };
	const char *name = type ? bu_btf_string(local, type->name_off) : NULL;
	struct bu_core_result first;
	int err;

	if (!name || !*name)
		return -EINVAL;
	if (relo->kind == BPF_CORE_TYPE_ID_LOCAL) {
		*result = (struct bu_core_result){ .found = true, .value = relo->type_id };
		return 0;
	}
	err = resolve_in(&here, &(struct place){ .btf = local }, relo, &first); /* of no type */
	while (!err && (there.type_id = next_candidate(kernel, there.type_id, name, type))) {
		err = resolve_in(&here, &there, relo, result);
		if (!err && result->found && (result->value || !first.found))
			return 0;
	}
	*result = first;
	return err;
}
