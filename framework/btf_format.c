/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See btf_format.h. One recursive walk formats, one compares; both end in format_leaf(), so a value
 * looks the same wherever it is printed. Only bytes that `data` has are read.
 *
 * libbpf's btf_dump prints C initialisers and hides zeroes; texts here are read by people who look
 * for one difference, so fields are always named and integers shown both ways.
 */
#include "framework/btf_format.h"

#include "framework/btf_path.h"
#include "framework/text.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ELEMENTS 64 /* of an array that are printed */
#define MAX_DIFFS    32 /* lines of a comparison */
#define MAX_PATH     256

struct format {
	struct bu_text text;
	const u8 *data;
	size_t size;
	bool terse; /* inside of a struct: decimal only */
};

static bool within(const struct bu_field *field, size_t size)
{
	return field->offset <= size && field->size <= size - field->offset;
}

static void format_bytes(struct bu_text *text, const u8 *data, size_t size)
{
	for (size_t i = 0; i < BU_MIN(size, (size_t)256); i++)
		bu_text_add(text, "%s%02x", i ? " " : "", data[i]);
	if (size > 256)
		bu_text_add(text, " ... (%zu bytes)", size);
}

/* Up to the zeroes at the end: what stands behind the first one is shown too. */
static void format_string(struct bu_text *text, const u8 *data, size_t size)
{
	while (size && !data[size - 1])
		size--;
	bu_text_quote(text, (const char *)data, size);
}

static void format_number(struct format *f, u64 value, bool is_signed, u32 bits)
{
	u64 mask = bits >= 64 ? ~0ULL : (1ULL << bits) - 1;

	if (is_signed)
		bu_text_add(&f->text, "%lld", (long long)value);
	else
		bu_text_add(&f->text, "%llu", (unsigned long long)value);
	if (!f->terse)
		bu_text_add(&f->text, " (0x%llx)", (unsigned long long)(value & mask));
}

/* Network byte order: 4 bytes are an address, others a number. */
static void format_be(struct format *f, const struct bu_field *field)
{
	const u8 *at = f->data + field->offset;
	u64 value = 0;

	if (field->size == 4)
		bu_text_add(&f->text, "%u.%u.%u.%u", at[0], at[1], at[2], at[3]);
	for (u32 i = 0; i < field->size; i++)
		value = value << 8 | at[i];
	if (field->size == 4 && !f->terse)
		bu_text_add(&f->text, " (htonl(0x%llx))", (unsigned long long)value);
	else if (field->size != 4)
		bu_text_add(&f->text, "%s(%llu)", field->size == 2 ? "htons" : "htobe64",
			    (unsigned long long)value);
}

static void format_enum(struct format *f, const struct bu_field *field, const struct btf_type *type)
{
	u64 value = bu_field_load(field, f->data);
	u64 mask = field->size >= 8 ? ~0ULL : (1ULL << bu_field_bits(field)) - 1;

	for (u32 i = 0; i < btf_vlen(type); i++) {
		bool wide = btf_is_enum64(type);
		u64 known = wide ? btf_enum64_value(&btf_enum64(type)[i])
				 : (u64)(s64)btf_enum(type)[i].val;
		u32 name = wide ? btf_enum64(type)[i].name_off : btf_enum(type)[i].name_off;

		if ((known & mask) != (value & mask))
			continue;
		bu_text_add(&f->text, "%s", btf__name_by_offset(field->btf, name));
		if (!f->terse)
			bu_text_add(&f->text, " (%lld)", (long long)known);
		return;
	}
	format_number(f, value, bu_field_is_signed(field), bu_field_bits(field));
}

static void format_int(struct format *f, const struct bu_field *field)
{
	u64 value;

	if (!bu_field_is_scalar(field)) { /* __int128 */
		format_bytes(&f->text, f->data + field->offset, field->size);
		return;
	}
	value = bu_field_load(field, f->data);
	switch (bu_int_style(field->btf, field->type_id)) {
	case BU_INT_BE:
		if (!field->bit_size) {
			format_be(f, field);
			break;
		}
		/* fall through */
	case BU_INT_PLAIN:
		format_number(f, value, bu_field_is_signed(field), bu_field_bits(field));
		break;
	case BU_INT_BOOL:
		if (value > 1)
			bu_text_add(&f->text, "%llu (not a bool)", (unsigned long long)value);
		else
			bu_text_add(&f->text, value ? "true" : "false");
		break;
	case BU_INT_CHAR:
		bu_text_add(&f->text, "%d", (int)(s8)value);
		if (isprint((u8)value))
			bu_text_add(&f->text, " '%c'", (char)value);
		break;
	}
}

static void format_float(struct format *f, const struct bu_field *field)
{
	const u8 *at = f->data + field->offset;
	double wide;
	float narrow;

	if (field->size == sizeof(wide)) {
		memcpy(&wide, at, sizeof(wide));
		bu_text_add(&f->text, "%g", wide);
	} else if (field->size == sizeof(narrow)) {
		memcpy(&narrow, at, sizeof(narrow));
		bu_text_add(&f->text, "%g", (double)narrow);
	} else {
		format_bytes(&f->text, at, field->size);
	}
}

static bool is_byte_array(const struct bu_field *field, const struct btf_type *type)
{
	const struct btf_type *element = bu_btf_plain(field->btf, btf_array(type)->type, NULL);

	return element && btf_is_int(element) && element->size == 1 &&
	       !(btf_int_encoding(element) & BTF_INT_BOOL);
}

static bool is_in6_addr(const struct bu_field *field, const struct btf_type *type)
{
	return btf_is_struct(type) && type->size == sizeof(struct in6_addr) &&
	       !strcmp(btf__name_by_offset(field->btf, type->name_off), "in6_addr");
}

/* Values that people read as one, though they have parts. */
static bool is_leaf(const struct bu_field *field, const struct btf_type *type)
{
	if (btf_is_array(type))
		return is_byte_array(field, type);
	if (btf_is_composite(type))
		return is_in6_addr(field, type);
	return !btf_is_datasec(type);
}

static void format_byte_array(struct format *f, const struct bu_field *field,
			      const struct btf_type *type)
{
	const u8 *at = f->data + field->offset;

	if (bu_int_style(field->btf, btf_array(type)->type) == BU_INT_CHAR)
		format_string(&f->text, at, field->size);
	else if (field->size == 6)
		bu_text_add(&f->text, "%02x:%02x:%02x:%02x:%02x:%02x", at[0], at[1], at[2], at[3],
			    at[4], at[5]);
	else
		format_bytes(&f->text, at, field->size);
}

static void format_leaf(struct format *f, const struct bu_field *field, const struct btf_type *type)
{
	char address[INET6_ADDRSTRLEN];

	if (btf_is_array(type)) {
		format_byte_array(f, field, type);
	} else if (btf_is_composite(type)) {
		inet_ntop(AF_INET6, f->data + field->offset, address, sizeof(address));
		bu_text_add(&f->text, "%s", address);
	} else if (btf_is_ptr(type)) {
		bu_text_add(&f->text, "0x%llx", (unsigned long long)bu_field_load(field, f->data));
	} else if (btf_is_any_enum(type) && bu_field_is_scalar(field)) {
		format_enum(f, field, type);
	} else if (btf_is_int(type)) {
		format_int(f, field);
	} else if (btf_is_float(type)) {
		format_float(f, field);
	} else {
		format_bytes(&f->text, f->data + field->offset, field->size);
	}
}

static const char *nth_name(const struct bu_field *field, const struct btf_type *type, u32 nth)
{
	const struct btf *btf = field->btf;

	if (btf_is_datasec(type))
		return btf__name_by_offset(
			btf, btf__type_by_id(btf, btf_var_secinfos(type)[nth].type)->name_off);
	return btf__name_by_offset(btf, btf_members(type)[nth].name_off);
}

static void format_field(struct format *f, const struct bu_field *field);

static void format_array(struct format *f, const struct bu_field *field,
			 const struct btf_type *type)
{
	u32 count = btf_array(type)->nelems;
	struct bu_field element;
	char error[128];

	bu_text_add(&f->text, "[");
	for (u32 i = 0; i < BU_MIN(count, (u32)MAX_ELEMENTS); i++) {
		if (bu_field_element(field, i, &element, error, sizeof(error)) ||
		    !within(&element, f->size))
			break;
		bu_text_add(&f->text, "%s", i ? ", " : "");
		format_field(f, &element);
	}
	if (count > MAX_ELEMENTS)
		bu_text_add(&f->text, ", ... %u more", count - MAX_ELEMENTS);
	bu_text_add(&f->text, "]");
}

static void format_struct(struct format *f, const struct bu_field *field,
			  const struct btf_type *type)
{
	const char *separator = " ";

	bu_text_add(&f->text, "{");
	for (u32 i = 0; i < btf_vlen(type); i++) {
		struct bu_field member = bu_field_nth(field, i);
		const char *name = nth_name(field, type, i);

		if (!within(&member, f->size))
			continue;
		bu_text_add(&f->text, "%s%s%s%s", separator, name[0] ? "." : "", name,
			    name[0] ? " = " : "");
		format_field(f, &member);
		separator = ", ";
	}
	bu_text_add(&f->text, " }");
}

static void format_field(struct format *f, const struct bu_field *field)
{
	const struct btf_type *type = bu_field_type(field);
	bool terse = f->terse;

	if (is_leaf(field, type)) {
		format_leaf(f, field, type);
		return;
	}
	f->terse = true;
	if (btf_is_array(type))
		format_array(f, field, type);
	else
		format_struct(f, field, type);
	f->terse = terse;
}

static void format_untyped(struct bu_text *text, const u8 *data, size_t size)
{
	u64 value = 0;

	format_bytes(text, data, size);
	if (size != 1 && size != 2 && size != 4 && size != 8)
		return;
	memcpy(&value, data, size);
	bu_text_add(text, " (%llu)", (unsigned long long)value);
}

char *bu_format_value(const struct btf *btf, u32 type_id, const void *data, size_t size)
{
	struct format f = { .data = data, .size = size };
	struct bu_field root;

	if (!type_id || !bu_field_root(&root, btf, type_id))
		format_untyped(&f.text, data, size);
	else if (is_leaf(&root, bu_field_type(&root)) && !within(&root, size))
		format_untyped(&f.text, data, size);
	else
		format_field(&f, &root);
	return bu_text_take(&f.text);
}

struct diff {
	struct bu_text text;
	const u8 *expected, *actual;
	size_t size;
	u32 lines;
	char path[MAX_PATH];
	size_t path_len;
};

static void path_push(struct diff *d, const char *before, const char *name)
{
	size_t room = sizeof(d->path) - d->path_len;
	int len = snprintf(d->path + d->path_len, room, "%s%s", before, name);

	d->path_len = BU_MIN(d->path_len + len, sizeof(d->path) - 1);
}

static void path_pop(struct diff *d, size_t len)
{
	d->path_len = len;
	d->path[len] = '\0';
}

static void diff_leaf(struct diff *d, const struct bu_field *field, const struct btf_type *type)
{
	struct format f = { .size = d->size };

	if (++d->lines > MAX_DIFFS)
		return;
	bu_text_add(&f.text, "%s  %s%sexpected ", d->lines > 1 ? "\n" : "", d->path,
		    d->path_len ? ": " : "");
	f.data = d->expected;
	format_leaf(&f, field, type);
	bu_text_add(&f.text, ", is ");
	f.data = d->actual;
	format_leaf(&f, field, type);
	bu_text_add(&d->text, "%s", f.text.data ? f.text.data : "");
	d->text.failed |= f.text.failed;
	bu_text_free(&f.text);
}

static bool bits_equal(const struct diff *d, const struct bu_field *field)
{
	if (field->bit_size)
		return bu_field_load(field, d->expected) == bu_field_load(field, d->actual);
	return !memcmp(d->expected + field->offset, d->actual + field->offset, field->size);
}

static void diff_field(struct diff *d, const struct bu_field *field);

static void diff_array(struct diff *d, const struct bu_field *field, const struct btf_type *type)
{
	struct bu_field element;
	char error[128], index[16];
	size_t len = d->path_len;

	for (u32 i = 0; i < btf_array(type)->nelems; i++) {
		if (bu_field_element(field, i, &element, error, sizeof(error)))
			return;
		snprintf(index, sizeof(index), "[%u]", i);
		path_push(d, index, "");
		diff_field(d, &element);
		path_pop(d, len);
	}
}

static void diff_member(struct diff *d, const struct bu_field *field, const struct btf_type *type,
			u32 nth)
{
	struct bu_field member = bu_field_nth(field, nth);
	const char *name = nth_name(field, type, nth);
	size_t len = d->path_len;

	if (name[0])
		path_push(d, ".", name);
	diff_field(d, &member);
	path_pop(d, len);
}

/* Members of a union are views of the same bytes: the first that shows a difference is enough,
 * tried from the widest down. */
static void diff_union(struct diff *d, const struct bu_field *field, const struct btf_type *type)
{
	u32 before = d->lines;

	for (u32 size = field->size; size && d->lines == before; size--) {
		for (u32 i = 0; i < btf_vlen(type) && d->lines == before; i++) {
			if (bu_field_nth(field, i).size == size)
				diff_member(d, field, type, i);
		}
	}
}

static void diff_field(struct diff *d, const struct bu_field *field)
{
	const struct btf_type *type = bu_field_type(field);

	if (!type || !within(field, d->size) || bits_equal(d, field))
		return;
	if (is_leaf(field, type))
		diff_leaf(d, field, type);
	else if (btf_is_array(type))
		diff_array(d, field, type);
	else if (btf_is_union(type))
		diff_union(d, field, type);
	else
		for (u32 i = 0; i < btf_vlen(type); i++)
			diff_member(d, field, type, i);
}

/* Sixteen bytes a line, from the first that differs. */
static void diff_untyped(struct diff *d, size_t from)
{
	for (size_t at = from / 16 * 16; at < d->size; at += 16) {
		size_t len = BU_MIN(d->size - at, (size_t)16);

		if (!memcmp(d->expected + at, d->actual + at, len))
			continue;
		if (++d->lines > MAX_DIFFS)
			continue;
		bu_text_add(&d->text, "%s  +%zu: expected ", d->lines > 1 ? "\n" : "", at);
		format_bytes(&d->text, d->expected + at, len);
		bu_text_add(&d->text, ", is ");
		format_bytes(&d->text, d->actual + at, len);
	}
}

static size_t first_difference(const struct diff *d)
{
	size_t at = 0;

	while (at < d->size && d->expected[at] == d->actual[at])
		at++;
	return at;
}

char *bu_diff_values(const struct btf *btf, u32 type_id, const void *expected, const void *actual,
		     size_t size)
{
	struct diff d = { .expected = expected, .actual = actual, .size = size };
	size_t at = first_difference(&d);
	struct bu_field root;

	if (at == size)
		return NULL;
	if (type_id && bu_field_root(&root, btf, type_id)) {
		root.size = BU_MIN(root.size, (u32)size);
		diff_field(&d, &root);
		if (!d.lines)
			bu_text_add(&d.text,
				    "  only bytes that no field names differ (padding), "
				    "the first at offset %zu",
				    at);
	} else {
		diff_untyped(&d, at);
	}
	if (d.lines > MAX_DIFFS)
		bu_text_add(&d.text, "\n  ... and %u more differences", d.lines - MAX_DIFFS);
	return bu_text_take(&d.text);
}
