/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A node of a seed as bytes of a BTF type: mappings are structs, sequences are arrays, scalars are
 * everything that people write as one word (numbers, names of enumerators, addresses, text).
 */
#include "framework/nearest.h"
#include "framework/seed_internal.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *type_name(const struct bu_field *field, char *text, size_t size)
{
	return bu_type_name(field->btf, field->type_id, text, size);
}

static int wrong_kind(struct bu_seed *seed, const yaml_node_t *node, const struct bu_field *field)
{
	char type[128], kind[128];

	return bu_seed_error(seed, node, "%s is expected here, not %s",
			     type_name(field, type, sizeof(type)),
			     bu_seed_kind(node, kind, sizeof(kind)));
}

/* An enumerator's value by name, in one enum. */
static bool enumerator(const struct btf *btf, const struct btf_type *type, const char *name,
		       struct bu_number *number, struct bu_nearest *nearest)
{
	for (u32 i = 0; i < btf_vlen(type); i++) {
		bool wide = btf_is_enum64(type);
		const char *candidate = btf__name_by_offset(btf, wide ? btf_enum64(type)[i].name_off
								      : btf_enum(type)[i].name_off);
		u64 value = wide              ? btf_enum64_value(&btf_enum64(type)[i])
			    : btf_kflag(type) ? (u64)(s64)btf_enum(type)[i].val
					      : (u32)btf_enum(type)[i].val;

		if (strcmp(candidate, name)) {
			bu_nearest_offer(nearest, candidate);
			continue;
		}
		number->negative = btf_kflag(type) && (s64)value < 0;
		number->magnitude = number->negative ? -value : value;
		return true;
	}
	return false;
}

/* Integer fields often hold enumerators: a name is looked up in all enums of the object. */
static bool any_enumerator(const struct btf *btf, const char *name, struct bu_number *number,
			   struct bu_nearest *nearest)
{
	for (u32 id = 1; id < btf__type_cnt(btf); id++) {
		const struct btf_type *type = btf__type_by_id(btf, id);

		if (btf_is_any_enum(type) && enumerator(btf, type, name, number, nearest))
			return true;
	}
	return false;
}

static bool boolean(const char *text, struct bu_number *number)
{
	static const char *const words[] = { "false", "true", "no", "yes", "off", "on" };

	for (size_t i = 0; i < BU_ARRAY_SIZE(words); i++) {
		if (!strcasecmp(text, words[i])) {
			*number = (struct bu_number){ .magnitude = i % 2 };
			return true;
		}
	}
	return false;
}

static int out_of_range(struct bu_seed *seed, const yaml_node_t *node, const struct bu_field *field)
{
	u32 bits = bu_field_bits(field);
	u64 most = bits >= 64 ? ~0ULL : (1ULL << bits) - 1;
	char type[128];

	type_name(field, type, sizeof(type));
	if (bu_field_is_signed(field))
		return bu_seed_error(seed, node, "%s does not fit into %s%s: -%llu to %llu",
				     bu_seed_text(node), type, field->bit_size ? " bit field" : "",
				     (unsigned long long)most / 2 + 1,
				     (unsigned long long)most / 2);
	return bu_seed_error(seed, node, "%s does not fit into %s%s: 0 to %llu", bu_seed_text(node),
			     type, field->bit_size ? " bit field" : "", (unsigned long long)most);
}

/* What is wrong with a word that is no number. */
static int not_a_number(struct bu_seed *seed, const yaml_node_t *node, const struct bu_field *field,
			const struct bu_nearest *nearest)
{
	char type[128], hint[128];

	if (bu_seed_is_null(node))
		return wrong_kind(seed, node, field);
	return bu_seed_error(seed, node, "'%s' is no value of %s%s", bu_seed_text(node),
			     type_name(field, type, sizeof(type)),
			     bu_nearest_hint(nearest, hint, sizeof(hint)));
}

/* A number as people write it, stored as the network carries it. */
static u64 to_network_order(u64 value, u32 bits)
{
	return bits == 16 ? htobe16(value) : bits == 32 ? htobe32(value) : htobe64(value);
}

static int store_integer(struct bu_seed *seed, yaml_node_t *node, const struct bu_field *field,
			 u8 *data)
{
	const struct btf_type *type = bu_field_type(field);
	enum bu_int_style style = bu_int_style(field->btf, field->type_id);
	const char *text = bu_seed_text(node);
	bool is_bool = style == BU_INT_BOOL, is_signed;
	struct bu_nearest nearest;
	struct bu_number number;
	u64 value;

	if (!field->bit_size && bu_parse_address(text, data + field->offset, field->size))
		return 0;
	bu_nearest_begin(&nearest, text, strlen(text));
	switch (bu_parse_number(text, &number)) {
	case BU_NUMBER_TOO_LARGE:
		return out_of_range(seed, node, field);
	case BU_NUMBER_NOT_ONE:
		if (btf_is_any_enum(type)
			    ? !enumerator(field->btf, type, text, &number, &nearest)
			    : !boolean(text, &number) &&
				      !any_enumerator(field->btf, text, &number, &nearest))
			return not_a_number(seed, node, field, &nearest);
		break;
	default:
		break;
	}
	/* Compilers that do not mark signed enums: either sign is right. */
	is_signed = bu_field_is_signed(field) || (btf_is_any_enum(type) && number.negative);
	if (!bu_number_fits(&number, is_signed, is_bool ? 1 : bu_field_bits(field), &value))
		return is_bool ? bu_seed_error(seed, node, "%s is neither true nor false", text)
			       : out_of_range(seed, node, field);
	if (style == BU_INT_BE && !field->bit_size)
		value = to_network_order(value, bu_field_bits(field));
	bu_field_store(field, data, value);
	return 0;
}

static int store_float(struct bu_seed *seed, yaml_node_t *node, const struct bu_field *field,
		       u8 *data)
{
	const char *text = bu_seed_text(node);
	char *end;
	double value = strtod(text, &end);
	float narrow = value;

	if (*end || end == text)
		return wrong_kind(seed, node, field);
	if (field->size == sizeof(value))
		memcpy(data + field->offset, &value, sizeof(value));
	else if (field->size == sizeof(narrow))
		memcpy(data + field->offset, &narrow, sizeof(narrow));
	else
		return wrong_kind(seed, node, field);
	return 0;
}

/* Text into an array of bytes; a char array need not have room for the NUL, as in C. */
static int store_text(struct bu_seed *seed, yaml_node_t *node, const struct bu_field *field,
		      u8 *data)
{
	const struct btf_type *array = bu_field_type(field);
	const char *text = bu_seed_text(node);
	size_t len = node->data.scalar.length;
	struct bu_field element;
	char type[128];

	bu_field_root(&element, field->btf, btf_array(array)->type);
	if (element.size != 1 || !bu_field_is_scalar(&element))
		return wrong_kind(seed, node, field);
	if (bu_int_style(field->btf, element.type_id) != BU_INT_CHAR) {
		if (bu_parse_address(text, data + field->offset, field->size) ||
		    bu_parse_hex(text, data + field->offset, field->size))
			return 0;
		return bu_seed_error(seed, node,
				     "'%s' is no value of %s: write [1, 2, ...] or %u bytes as hex "
				     "digits ('01 02 ...')%s",
				     text, type_name(field, type, sizeof(type)), field->size,
				     field->size == 4    ? " or an IPv4 address"
				     : field->size == 6  ? " or an Ethernet address"
				     : field->size == 16 ? " or an IPv6 address"
							 : "");
	}
	if (len > field->size)
		return bu_seed_error(seed, node, "'%s' does not fit into %s: it has %zu characters",
				     text, type_name(field, type, sizeof(type)), len);
	memset(data + field->offset, 0, field->size);
	memcpy(data + field->offset, text, len);
	return 0;
}

/* in_addr, in6_addr and the like are written as addresses; a struct around one value as that value.
 */
static int store_struct_scalar(struct bu_seed *seed, yaml_node_t *node,
			       const struct bu_field *field, u8 *data)
{
	const struct btf_type *type = bu_field_type(field);
	struct bu_field member;
	char kind[128], name[128];

	if (bu_parse_address(bu_seed_text(node), data + field->offset, field->size))
		return 0;
	if (btf_is_composite(type) && btf_vlen(type) == 1 && !bu_seed_is_null(node)) {
		member = bu_field_nth(field, 0);
		return bu_seed_store(seed, node, &member, data);
	}
	return bu_seed_error(seed, node, "%s is expected here as a mapping of its fields, not %s",
			     type_name(field, name, sizeof(name)),
			     bu_seed_kind(node, kind, sizeof(kind)));
}

static int store_scalar(struct bu_seed *seed, yaml_node_t *node, const struct bu_field *field,
			u8 *data)
{
	const struct btf_type *type = bu_field_type(field);

	if (btf_is_composite(type) || btf_is_datasec(type))
		return store_struct_scalar(seed, node, field, data);
	if (btf_is_array(type))
		return store_text(seed, node, field, data);
	if (btf_is_float(type))
		return store_float(seed, node, field, data);
	if (bu_field_is_scalar(field))
		return store_integer(seed, node, field, data);
	if (bu_parse_address(bu_seed_text(node), data + field->offset, field->size)) /* __int128 */
		return 0;
	return wrong_kind(seed, node, field);
}

static int store_sequence(struct bu_seed *seed, yaml_node_t *node, const struct bu_field *field,
			  u8 *data)
{
	const struct btf_type *type = bu_field_type(field);
	yaml_node_item_t *item = node->data.sequence.items.start;
	struct bu_field element;
	char error[256], name[128];
	int err = 0;

	if (!btf_is_array(type))
		return wrong_kind(seed, node, field);
	for (u32 i = 0; !err && item < node->data.sequence.items.top; i++, item++) {
		yaml_node_t *child = bu_seed_node(seed, *item);

		if (bu_field_element(field, i, &element, error, sizeof(error)))
			return bu_seed_error(seed, child, "%s has no room for element %u",
					     type_name(field, name, sizeof(name)), i + 1);
		err = bu_seed_store(seed, child, &element, data);
	}
	return err;
}

struct target {
	const struct bu_field *field;
	u8 *data;
};

static int store_member(struct bu_seed *seed, const yaml_node_t *key, yaml_node_t *value, void *arg)
{
	struct target *target = arg;
	struct bu_field member = *target->field;
	char error[512];

	if (bu_field_walk(&member, bu_seed_text(key), error, sizeof(error)))
		return bu_seed_error(seed, key, "%s", error);
	return bu_seed_store(seed, value, &member, target->data);
}

int bu_seed_store(struct bu_seed *seed, yaml_node_t *node, const struct bu_field *field, u8 *data)
{
	const struct btf_type *type = bu_field_type(field);
	struct target target = { field, data };

	if (node->type == YAML_SCALAR_NODE)
		return store_scalar(seed, node, field, data);
	if (node->type == YAML_SEQUENCE_NODE)
		return store_sequence(seed, node, field, data);
	if (!btf_is_composite(type) && !btf_is_datasec(type))
		return wrong_kind(seed, node, field);
	return bu_seed_each_pair(seed, node, "a struct", store_member, &target);
}

static int store_raw_number(struct bu_seed *seed, const yaml_node_t *node, u8 *data, size_t size)
{
	struct bu_number number;
	enum bu_number_status status = bu_parse_number(bu_seed_text(node), &number);
	u64 value;

	if (status == BU_NUMBER_NOT_ONE || size > sizeof(value) || (size & (size - 1)))
		return bu_seed_error(
			seed, node,
			"'%s' is no value of %zu bytes without a type: write %sthem as "
			"hex digits ('01 02 ...')",
			bu_seed_text(node), size,
			size <= 8 && !(size & (size - 1)) ? "a number, or " : "");
	if (status == BU_NUMBER_TOO_LARGE || (!bu_number_fits(&number, false, size * 8, &value) &&
					      !bu_number_fits(&number, true, size * 8, &value)))
		return bu_seed_error(seed, node, "%s does not fit into %zu bytes",
				     bu_seed_text(node), size);
	memcpy(data, &value, size); /* little endian */
	return 0;
}

int bu_seed_store_raw(struct bu_seed *seed, yaml_node_t *node, u8 *data, size_t size)
{
	char kind[128];

	if (!bu_seed_text(node) || bu_seed_is_null(node))
		return bu_seed_error(seed, node,
				     "the type is unknown (no BTF): write a number or bytes as hex "
				     "digits ('01 02 ...'), not %s",
				     bu_seed_kind(node, kind, sizeof(kind)));
	if (bu_parse_address(bu_seed_text(node), data, size) ||
	    bu_parse_hex(bu_seed_text(node), data, size))
		return 0;
	return store_raw_number(seed, node, data, size);
}
