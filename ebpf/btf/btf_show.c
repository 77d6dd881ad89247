/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Values as text. The kernel's way of it is a state that is handed from type to type, and what it
 * prints depends on all that the state has been through: an aggregate of which only what is not
 * zero is to be shown is gone through twice, first without output; members of an array's elements
 * have no names; elements of arrays of pointers and of arrays are all shown as the first. So this
 * is the same state. Source: btf_type_show(), kernel/bpf/btf.c (6.12), as observed with 6.18.
 * Differs: pointers are not hashed.
 */
#include "ebpf/btf/btf_show.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_CHAIN 10 /* pointers, arrays and typedefs of one name */
#define MAX_NAME  80 /* with the NUL */
#define MAX_DEPTH 64

struct show {
	const struct bu_btf *btf;
	struct bu_bytes *out;
	u32 flags;
	int depth, checked_from, deepest; /* checked_from: without output; 0: with */
	u32 type_id;
	const struct btf_member *member;
	bool in_array, chars, terminated;
};

static void show_type(struct show *s, u32 id, const u8 *data);

static void print(struct show *s, const char *format, ...) BU_PRINTF(2, 3);

static void print(struct show *s, const char *format, ...)
{
	char text[256];
	va_list args;
	int len;

	if (s->checked_from)
		return;
	va_start(args, format);
	len = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	bu_bytes_add(s->out, text, (u32)BU_MIN((size_t)len, sizeof(text) - 1));
}

static u32 kind_of(const struct btf_type *type)
{
	return type ? BTF_INFO_KIND(type->info) : BTF_KIND_UNKN;
}

static const char *string(const struct show *s, u32 offset)
{
	const char *text = bu_btf_string(s->btf, offset);

	return text ? text : "";
}

/* Behind const, volatile and the like; typedefs stay. */
static const struct btf_type *skip_qualifiers(const struct bu_btf *btf, u32 id)
{
	const struct btf_type *type = bu_btf_type(btf, id);

	while (kind_of(type) == BTF_KIND_CONST || kind_of(type) == BTF_KIND_VOLATILE ||
	       kind_of(type) == BTF_KIND_RESTRICT || kind_of(type) == BTF_KIND_TYPE_TAG)
		type = bu_btf_type(btf, type->type);
	return type;
}

/* What a type is called: "(int *[])" is a name, a '*' and a "[]". */
struct naming {
	const struct btf_type *last;
	const char *name; /* NULL: none yet */
	int pointers, arrays;
	bool typedefed;
};

/* False: too long a chain. */
static bool follow(const struct show *s, u32 id, struct naming *n)
{
	const struct btf_type *type = bu_btf_type(s->btf, id);

	for (int i = 0; i < MAX_CHAIN; i++) {
		n->last = type;
		if (kind_of(type) == BTF_KIND_TYPEDEF) {
			n->name = n->name ? n->name : string(s, type->name_off);
			n->typedefed = true;
			id = type->type;
		} else if (kind_of(type) == BTF_KIND_ARRAY) {
			n->arrays++;
			id = ((const struct btf_array *)(type + 1))->type;
		} else if (kind_of(type) == BTF_KIND_PTR) {
			n->pointers++;
			id = type->type;
		} else {
			return true;
		}
		if (!id) /* void has no name */
			return true;
		type = skip_qualifiers(s->btf, id);
	}
	return false;
}

static const char *prefix_of(const struct naming *n)
{
	if (n->typedefed)
		return "";
	switch (kind_of(n->last)) {
	case BTF_KIND_STRUCT:
		return "struct";
	case BTF_KIND_UNION:
		return "union";
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return "enum";
	default:
		return "";
	}
}

static const char *opening_of(const struct naming *n)
{
	if (n->pointers)
		return "";
	if (n->arrays)
		return "[";
	return kind_of(n->last) == BTF_KIND_STRUCT || kind_of(n->last) == BTF_KIND_UNION ? "{" : "";
}

/* ".member = (struct type){", as far as it is wanted. */
static void name_into(const struct show *s, char text[MAX_NAME])
{
	static const char stars[] = "**********", brackets[] = "[][][][][][][][][][]";
	struct naming n = { 0 };
	const char *member = "", *prefix;

	*text = '\0';
	if (s->in_array)
		return;
	if (s->member)
		member = string(s, s->member->name_off);
	if (!bu_btf_type(s->btf, s->member ? s->member->type : s->type_id) ||
	    !follow(s, s->member ? s->member->type : s->type_id, &n))
		return;
	if (s->flags & BU_SHOW_NONAME) {
		snprintf(text, MAX_NAME, "%s", opening_of(&n));
		return;
	}
	if (!n.name)
		n.name = string(s, n.last->name_off);
	prefix = prefix_of(&n);
	snprintf(text, MAX_NAME, "%s%s%s(%s%s%s%s%.*s%.*s)%s", *member ? "." : "", member,
		 *member ? " = " : "", prefix, *prefix && *n.name ? " " : "", n.name,
		 n.pointers ? " " : "", n.pointers, stars, 2 * n.arrays, brackets, opening_of(&n));
}

static int indent_of(const struct show *s)
{
	return s->flags & BU_SHOW_COMPACT ? 0 : BU_MIN(s->depth, 32);
}

static const char *newline_of(const struct show *s)
{
	return s->flags & BU_SHOW_COMPACT ? "" : "\n";
}

static const char *delimiter_of(const struct show *s)
{
	return s->depth ? "," : "";
}

/* A value's text; one that is zero is left out below the top. */
static void show_value(struct show *s, bool zero, const char *value)
{
	char name[MAX_NAME];

	if (zero && !(s->flags & BU_SHOW_ZERO) && s->depth)
		return;
	name_into(s, name);
	print(s, "%*s%s%s%s%s", indent_of(s), "", name, value, delimiter_of(s), newline_of(s));
	s->deepest = BU_MAX(s->deepest, s->depth);
}

static void show_number(struct show *s, u64 value, bool is_signed)
{
	char text[24];

	snprintf(text, sizeof(text), is_signed ? "%lld" : "%llu", (long long)value);
	show_value(s, !value, text);
}

static void show_wide(struct show *s, u64 high, u64 low)
{
	char text[40];

	if (high)
		snprintf(text, sizeof(text), "0x%llx%016llx", (unsigned long long)high,
			 (unsigned long long)low);
	else
		snprintf(text, sizeof(text), "0x%llx", (unsigned long long)low);
	show_value(s, !high && !low, text);
}

/* Up to 128 bits from bit `offset` of data on. */
static void show_bits(struct show *s, const u8 *data, u32 offset, u32 bits)
{
	u64 words[2] = { 0 };

	data += offset / 8;
	offset %= 8;
	for (u32 i = 0; i < bits && i < 128; i++) {
		if (data[(offset + i) / 8] >> (offset + i) % 8 & 1)
			words[i / 64] |= 1ULL << i % 64;
	}
	show_wide(s, words[1], words[0]);
}

/* A character of a string; false: shown as a number. */
static bool show_character(struct show *s, u8 c)
{
	char text[4] = { '\'', (char)c, '\'' };

	if (s->terminated)
		return true;
	if (!c) {
		s->terminated = true;
		return true;
	}
	if (!isprint(c))
		return false;
	show_value(s, false, text);
	return true;
}

static s64 load_signed(const u8 *data, u32 bits)
{
	u64 value = 0;

	memcpy(&value, data, bits / 8);
	return (s64)(value << (64 - bits)) >> (64 - bits);
}

static void show_int(struct show *s, const struct btf_type *type, const u8 *data)
{
	u32 info = *(const u32 *)(type + 1), bits = BTF_INT_BITS(info);
	bool is_signed = BTF_INT_ENCODING(info) & BTF_INT_SIGNED;
	u64 low, high;

	if (BTF_INT_OFFSET(info) ||
	    (bits != 8 && bits != 16 && bits != 32 && bits != 64 && bits != 128)) {
		show_bits(s, data, BTF_INT_OFFSET(info), bits);
		return;
	}
	if (bits == 128) {
		memcpy(&low, data, 8);
		memcpy(&high, data + 8, 8);
		show_wide(s, high, low);
		return;
	}
	if (bits == 8 && s->chars && show_character(s, *data))
		return;
	low = (u64)load_signed(data, bits);
	if (!is_signed && bits < 64)
		low &= (1ULL << bits) - 1;
	show_number(s, low, is_signed);
}

static void show_enum(struct show *s, const struct btf_type *type, const u8 *data)
{
	const struct btf_enum *values = (const struct btf_enum *)(type + 1);
	s32 value;

	memcpy(&value, data, sizeof(value));
	for (u32 i = 0; i < BTF_INFO_VLEN(type->info); i++) {
		if (values[i].val == value) {
			show_value(s, false, string(s, values[i].name_off));
			return;
		}
	}
	if (BTF_INFO_KFLAG(type->info))
		show_number(s, (u64)(s64)value, true);
	else
		show_number(s, (u32)value, false);
}

static void show_enum64(struct show *s, const struct btf_type *type, const u8 *data)
{
	const struct {
		u32 name_off, low, high;
	} *values = (const void *)(type + 1);
	u64 value;

	memcpy(&value, data, sizeof(value));
	for (u32 i = 0; i < BTF_INFO_VLEN(type->info); i++) {
		if (((u64)values[i].high << 32 | values[i].low) == value) {
			show_value(s, false, string(s, values[i].name_off));
			return;
		}
	}
	show_number(s, value, BTF_INFO_KFLAG(type->info));
}

static void show_pointer(struct show *s, const u8 *data)
{
	char text[24];
	u64 value;

	memcpy(&value, data, sizeof(value));
	snprintf(text, sizeof(text), "0x%016llx", (unsigned long long)value);
	show_value(s, !value, text);
}

static void begin_aggregate(struct show *s)
{
	char name[MAX_NAME];

	name_into(s, name);
	print(s, "%*s%s%s", indent_of(s), "", name, newline_of(s));
	s->depth++;
}

static void end_aggregate(struct show *s, char closing)
{
	s->depth--;
	print(s, "%*s%c%s%s", indent_of(s), "", closing, delimiter_of(s), newline_of(s));
	s->type_id = 0;
}

static void go_through_struct(struct show *s, const struct btf_type *type, const u8 *data)
{
	const struct btf_member *member = (const struct btf_member *)(type + 1);
	bool bit_fields = BTF_INFO_KFLAG(type->info);

	begin_aggregate(s);
	for (u32 i = 0; i < BTF_INFO_VLEN(type->info); i++, member++) {
		u32 at = bit_fields ? BTF_MEMBER_BIT_OFFSET(member->offset) : member->offset;
		u32 bits = bit_fields ? BTF_MEMBER_BITFIELD_SIZE(member->offset) : 0;

		s->member = member;
		s->type_id = member->type;
		if (bits)
			show_bits(s, data, at, bits);
		else
			show_type(s, member->type, data + at / 8);
		s->member = NULL;
	}
	end_aggregate(s, '}');
}

/* Arrays of what has no size of its own, which are pointers and arrays, stay at their first. */
static u32 step_of(const struct btf_type *type)
{
	switch (kind_of(type)) {
	case BTF_KIND_INT:
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
	case BTF_KIND_FLOAT:
		return type->size;
	default:
		return 0;
	}
}

static void go_through_array(struct show *s, const struct btf_type *type, const u8 *data)
{
	const struct btf_array *array = (const struct btf_array *)(type + 1);
	const struct btf_type *element = bu_btf_skip_modifiers(s->btf, array->type);
	u32 step = step_of(element);

	s->chars = kind_of(element) == BTF_KIND_INT && step == 1;
	s->terminated = false;
	begin_aggregate(s);
	for (u32 i = 0; element && i < array->nelems && !s->terminated; i++) {
		s->in_array = true;
		s->member = NULL;
		show_type(s, array->type, data + (u64)i * step);
		s->in_array = false;
	}
	s->chars = s->terminated = false;
	end_aggregate(s, ']');
}

/* Below the top, first without output: something in it must be worth it. */
static void show_aggregate(struct show *s, const struct btf_type *type, u32 id, const u8 *data,
			   void (*go_through)(struct show *, const struct btf_type *, const u8 *))
{
	const struct btf_member *member = s->member;

	if (s->depth && !(s->flags & BU_SHOW_ZERO)) {
		if (!s->checked_from) {
			s->checked_from = s->depth + 1;
			s->deepest = 0;
		}
		go_through(s, type, data);
		s->member = member;
		s->type_id = id;
		if (s->checked_from != s->depth + 1)
			return;
		s->checked_from = 0;
		if (s->deepest <= s->depth)
			return;
	}
	go_through(s, type, data);
}

static void show_section(struct show *s, const struct btf_type *type, const u8 *data)
{
	const struct btf_var_secinfo *var = (const struct btf_var_secinfo *)(type + 1);
	char text[MAX_NAME];

	snprintf(text, sizeof(text), "section (\"%s\") = {", string(s, type->name_off));
	show_value(s, false, text);
	for (u32 i = 0; i < BTF_INFO_VLEN(type->info); i++, var++) {
		const struct btf_type *variable = bu_btf_type(s->btf, var->type);

		if (i)
			print(s, ",");
		if (kind_of(variable) == BTF_KIND_VAR)
			show_type(s, variable->type, data + var->offset);
	}
}

static void show_type(struct show *s, u32 id, const u8 *data)
{
	const struct btf_type *type = bu_btf_skip_modifiers(s->btf, id);

	if (s->depth > MAX_DEPTH)
		return;
	s->type_id = id;
	switch (kind_of(type)) {
	case BTF_KIND_INT:
		show_int(s, type, data);
		break;
	case BTF_KIND_ENUM:
		show_enum(s, type, data);
		break;
	case BTF_KIND_ENUM64:
		show_enum64(s, type, data);
		break;
	case BTF_KIND_PTR:
		show_pointer(s, data);
		break;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		show_aggregate(s, type, id, data, go_through_struct);
		break;
	case BTF_KIND_ARRAY:
		show_aggregate(s, type, id, data, go_through_array);
		break;
	case BTF_KIND_DATASEC:
		show_section(s, type, data);
		break;
	default:
		print(s, "<unsupported kind:%u>", kind_of(type));
	}
}

void bu_btf_show(const struct bu_btf *btf, u32 type_id, const void *data, u32 flags,
		 struct bu_bytes *out)
{
	struct show s = { .btf = btf, .out = out, .flags = flags };

	show_type(&s, type_id, data);
}

s64 bu_btf_show_size(const struct bu_btf *btf, u32 type_id)
{
	const struct btf_type *type = bu_btf_type(btf, type_id);

	return kind_of(type) == BTF_KIND_DATASEC ? (s64)type->size : bu_btf_size_of(btf, type_id);
}
