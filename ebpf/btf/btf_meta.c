/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * BTF's header, and each type by itself: that it fits, that its flags, sizes and names make sense.
 * What it refers to is not looked at yet. Source: btf_parse_hdr(), btf_check_meta() and the
 * check_meta function of each kind, kernel/bpf/btf.c (6.12); Linux 6.18 where that differs.
 */
#include "ebpf/btf/btf_check.h"

#include "ebpf/kernel.h"
#include "ebpf/syscall.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define MAX_TYPE        0xfffff /* Source: BTF_MAX_TYPE */
#define MAX_NAME_OFFSET 0xffffff
#define MAX_NAME        512 /* Source: KSYM_NAME_LEN */
#define HDR_LEN_END     (offsetof(struct btf_header, hdr_len) + sizeof(u32))
#define INFO_MASK       0x9f00ffff
#define INT_MASK        0x0fffffff

static u32 vlen_of(const struct btf_type *type)
{
	return BTF_INFO_VLEN(type->info);
}

static bool is_named(const struct bu_btf *btf, u32 offset, bool identifier)
{
	const char *name = bu_btf_string(btf, offset), *at = name;

	if (!name || !*name || (identifier && isdigit((unsigned char)*name)))
		return false;
	for (; *at; at++) {
		if (identifier ? !isalnum((unsigned char)*at) && *at != '_' && *at != '.'
			       : !isprint((unsigned char)*at))
			return false;
	}
	return at - name < MAX_NAME;
}

bool bu_btf_is_identifier(const struct bu_btf *btf, u32 offset)
{
	return is_named(btf, offset, true);
}

static bool may_be_type(u32 id)
{
	return id && id <= MAX_TYPE;
}

static int log_plain(struct bu_btf_check *check, const char *text, int error)
{
	bu_log_add(check->log, "%s", text);
	return error;
}

static int check_int(struct bu_btf_check *check, const struct btf_type *type)
{
	u32 data = *(const u32 *)(type + 1), bits = BTF_INT_BITS(data) + BTF_INT_OFFSET(data);
	u32 encoding = BTF_INT_ENCODING(data);

	if (data & ~(u32)INT_MASK)
		return bu_btf_log_basic(check, type, "Invalid int_data:%x", data);
	if (bits > 128)
		return bu_btf_log_type(check, type, "nr_bits exceeds %u", 128);
	if ((bits + 7) / 8 > type->size)
		return bu_btf_log_type(check, type, "nr_bits exceeds type_size");
	if (encoding && encoding != BTF_INT_SIGNED && encoding != BTF_INT_CHAR &&
	    encoding != BTF_INT_BOOL) {
		bu_btf_log_type(check, type, "Unsupported encoding");
		return -BU_ENOTSUPP;
	}
	return 0;
}

static int check_reference(struct bu_btf_check *check, const struct btf_type *type)
{
	u32 kind = BTF_INFO_KIND(type->info);
	bool named = type->name_off != 0;

	if (type->type > MAX_TYPE)
		return bu_btf_log_type(check, type, "Invalid type_id");
	if (kind == BTF_KIND_TYPEDEF    ? !bu_btf_is_identifier(check->btf, type->name_off)
	    : kind == BTF_KIND_TYPE_TAG ? !*bu_btf_string(check->btf, type->name_off)
					: named)
		return bu_btf_log_type(check, type, "Invalid name");
	return 0;
}

static int check_fwd(struct bu_btf_check *check, const struct btf_type *type)
{
	if (type->type)
		return bu_btf_log_type(check, type, "type != 0");
	if (!bu_btf_is_identifier(check->btf, type->name_off))
		return bu_btf_log_type(check, type, "Invalid name");
	return 0;
}

static int check_array(struct bu_btf_check *check, const struct btf_type *type)
{
	const struct btf_array *array = (const struct btf_array *)(type + 1);

	if (type->size)
		return bu_btf_log_type(check, type, "size != 0");
	if (!may_be_type(array->type))
		return bu_btf_log_type(check, type, "Invalid elem");
	if (!may_be_type(array->index_type))
		return bu_btf_log_type(check, type, "Invalid index");
	return 0;
}

static int check_member(struct bu_btf_check *check, const struct btf_type *type,
			const struct btf_member *member, u32 *last)
{
	bool is_union = BTF_INFO_KIND(type->info) == BTF_KIND_UNION;
	u32 offset = BTF_INFO_KFLAG(type->info) ? member->offset & 0xffffff : member->offset;

	if (!bu_btf_string(check->btf, member->name_off))
		return bu_btf_log_member(check, type, member, "Invalid member name_offset:%u",
					 member->name_off);
	if (member->name_off && !bu_btf_is_identifier(check->btf, member->name_off))
		return bu_btf_log_member(check, type, member, "Invalid name");
	if (!may_be_type(member->type))
		return bu_btf_log_member(check, type, member, "Invalid type_id");
	if ((is_union && offset) || *last > offset)
		return bu_btf_log_member(check, type, member, "Invalid member bits_offset");
	if ((offset + 7ULL) / 8 > type->size)
		return bu_btf_log_member(check, type, member,
					 "Member bits_offset exceeds its struct size");
	*last = offset;
	bu_btf_log_member(check, type, member, NULL);
	return 0;
}

static int check_members(struct bu_btf_check *check, const struct btf_type *type)
{
	const struct btf_member *member = (const struct btf_member *)(type + 1);
	u32 last = 0;
	int err = 0;

	bu_btf_log_type(check, type, NULL);
	for (u32 i = 0; i < vlen_of(type) && !err; i++)
		err = check_member(check, type, &member[i], &last);
	return err;
}

static void log_value(struct bu_btf_check *check, const struct btf_type *type, const u32 *value)
{
	bool is_signed = BTF_INFO_KFLAG(type->info);
	bool wide = BTF_INFO_KIND(type->info) == BTF_KIND_ENUM64;
	s64 number = wide ? (s64)((u64)value[2] << 32 | value[1])
			  : (is_signed ? (s64)(s32)value[1] : (s64)value[1]);

	bu_log_add(check->log, is_signed ? "\t%s val=%lld\n" : "\t%s val=%llu\n",
		   bu_btf_log_name(check->btf, value[0]), (long long)number);
}

static int check_values(struct bu_btf_check *check, const struct btf_type *type)
{
	const u32 *value = (const u32 *)(type + 1);
	u32 words = BTF_INFO_KIND(type->info) == BTF_KIND_ENUM ? 2 : 3;

	if (type->size > 8 || !type->size || type->size & (type->size - 1))
		return bu_btf_log_type(check, type, "Unexpected size");
	if (type->name_off && !bu_btf_is_identifier(check->btf, type->name_off))
		return bu_btf_log_type(check, type, "Invalid name");
	bu_btf_log_type(check, type, NULL);
	for (u32 i = 0; i < vlen_of(type); i++, value += words) {
		if (!bu_btf_string(check->btf, value[0])) {
			bu_log_add(check->log, "\tInvalid name_offset:%u", value[0]);
			return -EINVAL;
		}
		if (!bu_btf_is_identifier(check->btf, value[0]))
			return bu_btf_log_type(check, type, "Invalid name");
		log_value(check, type, value);
	}
	return 0;
}

static int check_struct(struct bu_btf_check *check, const struct btf_type *type)
{
	if (type->name_off && !bu_btf_is_identifier(check->btf, type->name_off))
		return bu_btf_log_type(check, type, "Invalid name");
	return check_members(check, type);
}

static int check_func(struct bu_btf_check *check, const struct btf_type *type)
{
	if (!bu_btf_is_identifier(check->btf, type->name_off))
		return bu_btf_log_type(check, type, "Invalid name");
	if (vlen_of(type) > BTF_FUNC_GLOBAL)
		return bu_btf_log_type(check, type, "Invalid func linkage");
	return 0;
}

static int check_var(struct bu_btf_check *check, const struct btf_type *type)
{
	u32 linkage = *(const u32 *)(type + 1);

	if (!bu_btf_is_identifier(check->btf, type->name_off))
		return bu_btf_log_type(check, type, "Invalid name");
	if (!may_be_type(type->type))
		return bu_btf_log_type(check, type, "Invalid type_id");
	if (linkage != BTF_VAR_STATIC && linkage != BTF_VAR_GLOBAL_ALLOCATED)
		return bu_btf_log_type(check, type, "Linkage not supported");
	return 0;
}

static int check_section_vars(struct bu_btf_check *check, const struct btf_type *type)
{
	const struct btf_var_secinfo *var = (const struct btf_var_secinfo *)(type + 1);
	u64 end = 0, sum = 0;

	for (u32 i = 0; i < vlen_of(type); i++, var++) {
		if (!may_be_type(var->type))
			return bu_btf_log_var(check, type, var, "Invalid type_id");
		if (var->offset < end || var->offset >= type->size)
			return bu_btf_log_var(check, type, var, "Invalid offset");
		if (!var->size || var->size > type->size)
			return bu_btf_log_var(check, type, var, "Invalid size");
		end = (u64)var->offset + var->size;
		if (end > type->size)
			return bu_btf_log_var(check, type, var, "Invalid offset+size");
		sum += var->size;
		bu_btf_log_var(check, type, var, NULL);
	}
	return sum > type->size ? bu_btf_log_type(check, type, "Invalid btf_info size") : 0;
}

static int check_section(struct bu_btf_check *check, const struct btf_type *type)
{
	if (!type->size)
		return bu_btf_log_type(check, type, "size == 0");
	if (!is_named(check->btf, type->name_off, false))
		return bu_btf_log_type(check, type, "Invalid name");
	bu_btf_log_type(check, type, NULL);
	return check_section_vars(check, type);
}

static int check_float(struct bu_btf_check *check, const struct btf_type *type)
{
	if (type->size != 2 && type->size != 4 && type->size != 8 && type->size != 12 &&
	    type->size != 16)
		return bu_btf_log_type(check, type, "Invalid type_size");
	return 0;
}

static int check_decl_tag(struct bu_btf_check *check, const struct btf_type *type)
{
	if (*(const s32 *)(type + 1) < -1)
		return bu_btf_log_type(check, type, "Invalid component_idx");
	return 0;
}

/* What a kind has in common with others, in the order in which the kernel looks at it. */
static const struct kind {
	int (*check)(struct bu_btf_check *check, const struct btf_type *type);
	bool one;        /* vlen must be 0 */
	bool plain;      /* no kind_flag */
	bool name_first; /* nameless, and that comes first */
	bool value;      /* a name there must be, whatever it is, and that comes first */
	bool logs;       /* by itself */
} table[] = {
	[BTF_KIND_INT] = { check_int, .one = true, .plain = true },
	[BTF_KIND_PTR] = { check_reference, .one = true, .plain = true },
	[BTF_KIND_ARRAY] = { check_array, .one = true, .plain = true, .name_first = true },
	[BTF_KIND_STRUCT] = { check_struct, .logs = true },
	[BTF_KIND_UNION] = { check_struct, .logs = true },
	[BTF_KIND_ENUM] = { check_values, .logs = true },
	[BTF_KIND_FWD] = { check_fwd, .one = true },
	[BTF_KIND_TYPEDEF] = { check_reference, .one = true, .plain = true },
	[BTF_KIND_VOLATILE] = { check_reference, .one = true, .plain = true },
	[BTF_KIND_CONST] = { check_reference, .one = true, .plain = true },
	[BTF_KIND_RESTRICT] = { check_reference, .one = true, .plain = true },
	[BTF_KIND_FUNC] = { check_func, .plain = true },
	[BTF_KIND_FUNC_PROTO] = { NULL, .plain = true, .name_first = true },
	[BTF_KIND_VAR] = { check_var, .one = true, .plain = true },
	[BTF_KIND_DATASEC] = { check_section, .plain = true, .logs = true },
	[BTF_KIND_FLOAT] = { check_float, .one = true, .plain = true },
	[BTF_KIND_DECL_TAG] = { check_decl_tag, .one = true, .value = true },
	[BTF_KIND_TYPE_TAG] = { check_reference, .one = true },
	[BTF_KIND_ENUM64] = { check_values, .logs = true },
};

static int check_kind(struct bu_btf_check *check, const struct btf_type *type)
{
	const struct kind *kind = &table[BTF_INFO_KIND(type->info)];
	int err;

	if (kind->name_first && type->name_off)
		return bu_btf_log_type(check, type, "Invalid name");
	if (kind->value && !*bu_btf_string(check->btf, type->name_off))
		return bu_btf_log_type(check, type, "Invalid value");
	if (kind->one && vlen_of(type))
		return bu_btf_log_type(check, type, "vlen != 0");
	if (kind->plain && BTF_INFO_KFLAG(type->info) && kind->check != check_func)
		return bu_btf_log_type(check, type, "Invalid btf_info kind_flag");
	err = kind->check ? kind->check(check, type) : 0;
	if (!err && kind->check == check_func && BTF_INFO_KFLAG(type->info))
		return bu_btf_log_type(check, type, "Invalid btf_info kind_flag");
	if (!err && !kind->logs)
		bu_btf_log_type(check, type, NULL);
	return err;
}

/* One type, of which `left` bytes are there; *size: how many it takes. */
static int check_meta(struct bu_btf_check *check, const struct btf_type *type, u32 left, u32 *size)
{
	u32 kind, needed;

	if (left < sizeof(*type)) {
		bu_log_add(check->log, "[%u] meta_left:%u meta_needed:%zu", check->id, left,
			   sizeof(*type));
		return -EINVAL;
	}
	kind = BTF_INFO_KIND(type->info);
	if (type->info & ~INFO_MASK) {
		bu_log_add(check->log, "[%u] Invalid btf_info:%x", check->id, type->info);
		return -EINVAL;
	}
	if (!kind || kind >= BU_ARRAY_SIZE(table)) {
		bu_log_add(check->log, "[%u] Invalid kind:%u", check->id, kind);
		return -EINVAL;
	}
	if (!bu_btf_string(check->btf, type->name_off)) {
		bu_log_add(check->log, "[%u] Invalid name_offset:%u", check->id, type->name_off);
		return -EINVAL;
	}
	needed = bu_btf_type_tail(type);
	left -= sizeof(*type);
	if (left < needed)
		return bu_btf_log_basic(check, type, "meta_left:%u meta_needed:%u", left, needed);
	*size = sizeof(*type) + needed;
	return check_kind(check, type);
}

int bu_btf_check_metas(struct bu_btf_check *check)
{
	const struct btf_header *header = check->btf->data;
	const u8 *at = (const u8 *)check->btf->data + header->hdr_len + header->type_off;
	u32 left = header->type_len, size = 0;
	int err = 0;

	for (check->id = 1; left && !err; check->id++, at += size, left -= size) {
		if (check->id > MAX_TYPE)
			return log_plain(check, "Too many types", -E2BIG);
		err = check_meta(check, (const struct btf_type *)at, left, &size);
		if (err)
			return err;
	}
	return err;
}

/* Sections lie one behind the other and fill the blob. */
static int check_sections(struct bu_btf_check *check, const struct btf_header *header)
{
	bool types_first =
		header->type_off < header->str_off ||
		(header->type_off == header->str_off && header->type_len < header->str_len);
	const u32 offsets[] = { types_first ? header->type_off : header->str_off,
				types_first ? header->str_off : header->type_off };
	const u32 lengths[] = { types_first ? header->type_len : header->str_len,
				types_first ? header->str_len : header->type_len };
	u32 room = check->btf->size - header->hdr_len, total = 0;

	for (int i = 0; i < 2; i++) {
		if (room < offsets[i])
			return log_plain(check, "Invalid section offset", -EINVAL);
		if (total != offsets[i])
			return log_plain(check,
					 total < offsets[i] ? "Unsupported section found"
							    : "Section overlap found",
					 -EINVAL);
		if (room - total < lengths[i])
			return log_plain(check, "Total section length too long", -EINVAL);
		total += lengths[i];
	}
	return room == total ? 0 : log_plain(check, "Unsupported section found", -EINVAL);
}

static int check_strings(struct bu_btf_check *check, const struct btf_header *header)
{
	struct bu_btf *btf = check->btf;
	const char *strings = (const char *)btf->data + header->hdr_len + header->str_off;

	if (strings + header->str_len != (const char *)btf->data + btf->size)
		return log_plain(check, "String section is not at the end", -EINVAL);
	if (!header->str_len || header->str_len - 1 > MAX_NAME_OFFSET ||
	    strings[header->str_len - 1] || strings[0])
		return log_plain(check, "Invalid string section", -EINVAL);
	btf->strings = strings;
	btf->strings_size = header->str_len;
	if (header->type_off % sizeof(u32))
		return log_plain(check, "Unaligned type_off", -EINVAL);
	return header->type_len ? 0 : log_plain(check, "No type found", -EINVAL);
}

static int check_fields(struct bu_btf_check *check, const struct btf_header *header)
{
	if (header->magic != BTF_MAGIC)
		return log_plain(check, "Invalid magic", -EINVAL);
	if (header->version != BTF_VERSION)
		return log_plain(check, "Unsupported version", -BU_ENOTSUPP);
	if (header->flags)
		return log_plain(check, "Unsupported flags", -BU_ENOTSUPP);
	if (check->btf->size == header->hdr_len)
		return log_plain(check, "No data", -EINVAL);
	return 0;
}

int bu_btf_check_header(struct bu_btf_check *check)
{
	const struct bu_btf *btf = check->btf;
	struct btf_header header = { 0 };
	int err;

	if (btf->size < HDR_LEN_END)
		return log_plain(check, "hdr_len not found", -EINVAL);
	memcpy(&header, btf->data, HDR_LEN_END);
	if (btf->size < header.hdr_len)
		return log_plain(check, "btf_header not found", -EINVAL);
	if (bu_check_tail_zero((u64)btf->data, sizeof(header), header.hdr_len))
		return log_plain(check, "Unsupported btf_header", -E2BIG);
	memcpy(&header, btf->data, BU_MIN((size_t)header.hdr_len, sizeof(header)));
	bu_btf_log_header(check, &header);
	err = check_fields(check, &header);
	if (!err)
		err = check_sections(check, &header);
	return err ? err : check_strings(check, &header);
}
