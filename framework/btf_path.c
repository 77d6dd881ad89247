/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See btf_path.h. A field is carried as declared type, byte offset and bit position, so that loads
 * and stores need nothing else. BTF bit offsets count from the least significant bit (little
 * endian).
 */
#include "framework/btf_path.h"

#include "framework/nearest.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct btf_type *bu_btf_plain(const struct btf *btf, u32 type_id, u32 *plain_id)
{
	const struct btf_type *type = btf__type_by_id(btf, type_id);

	while (type && (btf_is_mod(type) || btf_is_typedef(type) || btf_is_var(type) ||
			btf_kind(type) == BTF_KIND_TYPE_TAG)) {
		type_id = type->type;
		type = btf__type_by_id(btf, type_id);
	}
	if (plain_id)
		*plain_id = type_id;
	return type;
}

const struct btf_type *bu_field_type(const struct bu_field *field)
{
	return bu_btf_plain(field->btf, field->type_id, NULL);
}

/* btf__resolve_size() knows neither sections nor that a pointer's size may be unset in the blob. */
static s64 size_of(const struct btf *btf, u32 type_id)
{
	const struct btf_type *type = bu_btf_plain(btf, type_id, &type_id);

	if (!type || type_id == 0)
		return -EINVAL;
	if (btf_is_ptr(type))
		return sizeof(u64);
	if (btf_is_datasec(type))
		return type->size;
	return btf__resolve_size(btf, type_id);
}

bool bu_field_root(struct bu_field *field, const struct btf *btf, u32 type_id)
{
	s64 size = btf ? size_of(btf, type_id) : -EINVAL;

	*field = (struct bu_field){ .btf = btf, .type_id = type_id };
	if (size < 0)
		return false;
	field->size = size;
	return true;
}

struct bu_field bu_field_nth(const struct bu_field *field, u32 nth)
{
	const struct btf_type *type = bu_field_type(field);
	struct bu_field member;
	u32 bits, bit_size;

	if (btf_is_datasec(type)) {
		const struct btf_var_secinfo *var = btf_var_secinfos(type) + nth;

		bu_field_root(&member, field->btf, var->type);
		member.offset = field->offset + var->offset;
		return member;
	}
	bu_field_root(&member, field->btf, btf_members(type)[nth].type);
	bits = btf_member_bit_offset(type, nth);
	bit_size = btf_member_bitfield_size(type, nth);
	member.offset = field->offset + bits / 8;
	if (bit_size) {
		member.bit_offset = bits % 8;
		member.bit_size = bit_size;
		member.size = (member.bit_offset + bit_size + 7) / 8;
	}
	return member;
}

static const char *member_name(const struct btf *btf, const struct btf_type *type, u32 nth)
{
	if (btf_is_datasec(type))
		return btf__name_by_offset(
			btf, btf__type_by_id(btf, btf_var_secinfos(type)[nth].type)->name_off);
	return btf__name_by_offset(btf, btf_members(type)[nth].name_off);
}

static bool has_members(const struct btf_type *type)
{
	return type && (btf_is_composite(type) || btf_is_datasec(type));
}

/* Depth first through anonymous members, which cannot contain themselves. */
static bool find_member(const struct bu_field *field, const char *name, size_t len,
			struct bu_field *found, struct bu_nearest *nearest)
{
	const struct btf_type *type = bu_field_type(field);

	for (u32 i = 0; has_members(type) && i < btf_vlen(type); i++) {
		const char *candidate = member_name(field->btf, type, i);
		struct bu_field member = bu_field_nth(field, i);

		if (!candidate[0]) {
			if (find_member(&member, name, len, found, nearest))
				return true;
		} else if (strlen(candidate) == len && !memcmp(candidate, name, len)) {
			*found = member;
			return true;
		} else {
			bu_nearest_offer(nearest, candidate);
		}
	}
	return false;
}

int bu_field_member(const struct bu_field *field, const char *name, size_t len,
		    struct bu_field *member, char *error, size_t size)
{
	const struct btf_type *type = bu_field_type(field);
	char type_text[128], hint[128];
	struct bu_nearest nearest;

	if (!has_members(type)) {
		snprintf(error, size, "%s has no fields, so none is '%.*s'",
			 bu_type_name(field->btf, field->type_id, type_text, sizeof(type_text)),
			 (int)len, name);
		return -EINVAL;
	}
	bu_nearest_begin(&nearest, name, len);
	if (find_member(field, name, len, member, &nearest))
		return 0;
	snprintf(error, size, "no field '%.*s' in %s%s", (int)len, name,
		 bu_type_name(field->btf, field->type_id, type_text, sizeof(type_text)),
		 bu_nearest_hint(&nearest, hint, sizeof(hint)));
	return -ENOENT;
}

int bu_field_element(const struct bu_field *field, u64 index, struct bu_field *element, char *error,
		     size_t size)
{
	const struct btf_type *type = bu_field_type(field);
	char type_text[128];

	if (!type || !btf_is_array(type)) {
		snprintf(error, size, "%s is not an array, so it has no element [%llu]",
			 bu_type_name(field->btf, field->type_id, type_text, sizeof(type_text)),
			 (unsigned long long)index);
		return -EINVAL;
	}
	if (index >= btf_array(type)->nelems) {
		snprintf(error, size, "index %llu is outside of %s", (unsigned long long)index,
			 bu_type_name(field->btf, field->type_id, type_text, sizeof(type_text)));
		return -ERANGE;
	}
	if (!bu_field_root(element, field->btf, btf_array(type)->type)) {
		snprintf(error, size, "%s has elements without a size",
			 bu_type_name(field->btf, field->type_id, type_text, sizeof(type_text)));
		return -EINVAL;
	}
	element->offset = field->offset + index * element->size;
	return 0;
}

static int step_index(struct bu_field *field, const char **path, char *error, size_t size)
{
	struct bu_field from = *field;
	unsigned long long index;
	char *end;

	if (!isdigit((unsigned char)(*path)[1]))
		goto bad;
	index = strtoull(*path + 1, &end, 0);
	if (*end != ']')
		goto bad;
	*path = end + 1;
	return bu_field_element(&from, index, field, error, size);
bad:
	snprintf(error, size, "'%s' is not an index: it should look like [2]", *path);
	return -EINVAL;
}

int bu_field_step(struct bu_field *field, const char **path, char *error, size_t size)
{
	struct bu_field from = *field;
	const char *name = *path;
	size_t len;

	if (*name == '[')
		return step_index(field, path, error, size);
	name += *name == '.';
	len = strcspn(name, ".[");
	if (!len) {
		snprintf(error, size, "a field's name is missing at '%s'", *path);
		return -EINVAL;
	}
	*path = name + len;
	return bu_field_member(&from, name, len, field, error, size);
}

int bu_field_walk(struct bu_field *field, const char *path, char *error, size_t size)
{
	int err = 0;

	do {
		err = bu_field_step(field, &path, error, size);
	} while (!err && *path);
	return err;
}

bool bu_field_is_scalar(const struct bu_field *field)
{
	const struct btf_type *type = bu_field_type(field);

	return type && field->size <= sizeof(u64) + !!field->bit_size &&
	       (btf_is_int(type) || btf_is_any_enum(type) || btf_is_ptr(type));
}

bool bu_field_is_signed(const struct bu_field *field)
{
	const struct btf_type *type = bu_field_type(field);

	if (btf_is_int(type))
		return btf_int_encoding(type) & BTF_INT_SIGNED;
	/* An enum's sign is its kind_flag; compilers before that bit left it clear. */
	return btf_is_any_enum(type) && btf_kflag(type);
}

u32 bu_field_bits(const struct bu_field *field)
{
	return field->bit_size ? field->bit_size : field->size * 8;
}

/* A bit field may touch nine bytes: 128 bits are enough for it. */
u64 bu_field_load(const struct bu_field *field, const void *data)
{
	u32 bits = bu_field_bits(field);
	unsigned __int128 word = 0;
	u64 value;

	memcpy(&word, (const u8 *)data + field->offset, BU_MIN(field->size, (u32)sizeof(word)));
	value = word >> field->bit_offset;
	if (bits >= 64)
		return value;
	value &= (1ULL << bits) - 1;
	if (bu_field_is_signed(field) && value >> (bits - 1) & 1)
		value |= ~0ULL << bits;
	return value;
}

void bu_field_store(const struct bu_field *field, void *data, u64 value)
{
	u32 bits = bu_field_bits(field), size = BU_MIN(field->size, (u32)sizeof(__int128));
	unsigned __int128 word = 0, mask = bits >= 64 ? ~0ULL : (1ULL << bits) - 1;

	memcpy(&word, (u8 *)data + field->offset, size);
	word &= ~(mask << field->bit_offset);
	word |= (value & mask) << field->bit_offset;
	memcpy((u8 *)data + field->offset, &word, size);
}

static const char *named(const struct btf *btf, const struct btf_type *type, const char *keyword,
			 char *text, size_t size)
{
	const char *name = btf__name_by_offset(btf, type->name_off);

	if (name && name[0])
		snprintf(text, size, "%s%s%s", keyword, keyword[0] ? " " : "", name);
	else
		snprintf(text, size, "an anonymous %s", keyword);
	return text;
}

static const char *array_name(const struct btf *btf, const struct btf_type *type, char *text,
			      size_t size)
{
	char element[96];
	const char *dimensions;

	bu_type_name(btf, btf_array(type)->type, element, sizeof(element));
	dimensions = strchr(element, '[');
	if (!dimensions)
		dimensions = element + strlen(element);
	snprintf(text, size, "%.*s[%u]%s", (int)(dimensions - element), element,
		 btf_array(type)->nelems, dimensions);
	return text;
}

static const char *pointer_name(const struct btf *btf, const struct btf_type *type, char *text,
				size_t size)
{
	char target[96];

	bu_type_name(btf, type->type, target, sizeof(target));
	snprintf(text, size, "%s%s*", target, target[strlen(target) - 1] == '*' ? "" : " ");
	return text;
}

const char *bu_type_name(const struct btf *btf, u32 type_id, char *text, size_t size)
{
	const struct btf_type *type = btf__type_by_id(btf, type_id);

	while (type && type_id &&
	       (btf_is_mod(type) || btf_is_var(type) || btf_kind(type) == BTF_KIND_TYPE_TAG)) {
		type_id = type->type;
		type = btf__type_by_id(btf, type_id);
	}
	if (!type || !type_id) {
		snprintf(text, size, "void");
		return text;
	}
	switch (btf_kind(type)) {
	case BTF_KIND_STRUCT:
		return named(btf, type, "struct", text, size);
	case BTF_KIND_UNION:
		return named(btf, type, "union", text, size);
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return named(btf, type, "enum", text, size);
	case BTF_KIND_FWD:
		return named(btf, type, btf_kflag(type) ? "union" : "struct", text, size);
	case BTF_KIND_ARRAY:
		return array_name(btf, type, text, size);
	case BTF_KIND_PTR:
		return pointer_name(btf, type, text, size);
	case BTF_KIND_FUNC_PROTO:
		snprintf(text, size, "function");
		return text;
	default:
		return named(btf, type, "", text, size);
	}
}

enum bu_int_style bu_int_style(const struct btf *btf, u32 type_id)
{
	const struct btf_type *type = btf__type_by_id(btf, type_id);
	const char *name;

	while (type && (btf_is_mod(type) || btf_is_typedef(type) || btf_is_var(type) ||
			btf_kind(type) == BTF_KIND_TYPE_TAG)) {
		name = btf__name_by_offset(btf, type->name_off);
		if (btf_is_typedef(type) && !strncmp(name, "__be", 4))
			return BU_INT_BE;
		type = btf__type_by_id(btf, type->type);
	}
	if (!type || !btf_is_int(type))
		return BU_INT_PLAIN;
	if (btf_int_encoding(type) & BTF_INT_BOOL)
		return BU_INT_BOOL;
	name = btf__name_by_offset(btf, type->name_off);
	return type->size == 1 && !strcmp(name, "char") ? BU_INT_CHAR : BU_INT_PLAIN;
}
