/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Types in a line of text, as the log of BTF_LOAD has them.
 * Source: __btf_verifier_log_type(), btf_verifier_log_member(), btf_verifier_log_vsi(), the log
 * functions of each kind, kernel/bpf/btf.c (6.12); compared with Linux 6.18 by
 * tests/ebpf/btf_reject.h.
 */
#include "ebpf/btf/btf_check.h"

#include <stdarg.h>
#include <stdio.h>

static const char *const kinds[] = {
	"UNKNOWN", "INT",     "PTR",      "ARRAY",    "STRUCT",   "UNION",  "ENUM",
	"FWD",     "TYPEDEF", "VOLATILE", "CONST",    "RESTRICT", "FUNC",   "FUNC_PROTO",
	"VAR",     "DATASEC", "FLOAT",    "DECL_TAG", "TYPE_TAG", "ENUM64",
};

const char *bu_btf_log_name(const struct bu_btf *btf, u32 offset)
{
	if (!offset)
		return "(anon)";
	return bu_btf_string(btf, offset) ?: "(invalid-name-offset)";
}

static u32 kind_of(const struct btf_type *type)
{
	return BTF_INFO_KIND(type->info);
}

static void add_int(struct bu_log *log, u32 data, u32 size)
{
	static const char *const encodings[] = { "(none)", "SIGNED", "CHAR", "UNKN", "BOOL" };
	u32 encoding = BTF_INT_ENCODING(data);

	bu_log_add(log, " size=%u bits_offset=%u nr_bits=%u encoding=%s", size,
		   BTF_INT_OFFSET(data), BTF_INT_BITS(data),
		   encoding < BU_ARRAY_SIZE(encodings) ? encodings[encoding] : "UNKN");
}

static void add_proto(const struct bu_btf_check *check, const struct btf_type *type)
{
	const struct btf_param *args = (const struct btf_param *)(type + 1);
	u32 count = BTF_INFO_VLEN(type->info);

	bu_log_add(check->log, " return=%u args=(", type->type);
	if (!count)
		bu_log_add(check->log, "void");
	for (u32 i = 0; i < count; i++) {
		bu_log_add(check->log, i ? ", " : "");
		if (i + 1 == count && !args[i].type)
			bu_log_add(check->log, "vararg");
		else
			bu_log_add(check->log, "%u %s", args[i].type,
				   bu_btf_log_name(check->btf, args[i].name_off));
	}
	bu_log_add(check->log, ")");
}

/* What the kind says. */
static void add_details(const struct bu_btf_check *check, const struct btf_type *type)
{
	const u32 *words = (const u32 *)(type + 1);

	switch (kind_of(type)) {
	case BTF_KIND_INT:
		add_int(check->log, words[0], type->size);
		break;
	case BTF_KIND_ARRAY:
		bu_log_add(check->log, " type_id=%u index_type_id=%u nr_elems=%u", words[0],
			   words[1], words[2]);
		break;
	case BTF_KIND_FWD:
		bu_log_add(check->log, BTF_INFO_KFLAG(type->info) ? " union" : " struct");
		break;
	case BTF_KIND_FUNC_PROTO:
		add_proto(check, type);
		break;
	case BTF_KIND_VAR:
		bu_log_add(check->log, " type_id=%u linkage=%u", type->type, words[0]);
		break;
	case BTF_KIND_FLOAT:
		bu_log_add(check->log, " size=%u", type->size);
		break;
	case BTF_KIND_DECL_TAG:
		bu_log_add(check->log, " type=%u component_idx=%d", type->type, (s32)words[0]);
		break;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
	case BTF_KIND_DATASEC:
		bu_log_add(check->log, " size=%u vlen=%u", type->size, BTF_INFO_VLEN(type->info));
		break;
	default:
		bu_log_add(check->log, " type_id=%u", type->type);
	}
}

static void add_why(struct bu_log *log, const char *why, va_list args)
{
	char text[128];

	if (why && *why) {
		vsnprintf(text, sizeof(text), why, args);
		bu_log_add(log, " %s", text);
	}
	bu_log_add(log, "\n");
}

static void add_head(const struct bu_btf_check *check, const struct btf_type *type)
{
	bu_log_add(check->log, "[%u] %s %s", check->id, kinds[kind_of(type)],
		   bu_btf_log_name(check->btf, type->name_off));
}

int bu_btf_log_type(struct bu_btf_check *check, const struct btf_type *type, const char *why, ...)
{
	va_list args;

	if (!check->log)
		return -EINVAL;
	add_head(check, type);
	add_details(check, type);
	va_start(args, why);
	add_why(check->log, why, args);
	va_end(args);
	return -EINVAL;
}

int bu_btf_log_basic(struct bu_btf_check *check, const struct btf_type *type, const char *why, ...)
{
	va_list args;

	if (!check->log)
		return -EINVAL;
	add_head(check, type);
	va_start(args, why);
	add_why(check->log, why, args);
	va_end(args);
	return -EINVAL;
}

int bu_btf_log_member(struct bu_btf_check *check, const struct btf_type *type,
		      const struct btf_member *member, const char *why, ...)
{
	va_list args;

	if (!check->log)
		return -EINVAL;
	if (check->resolving)
		bu_btf_log_type(check, type, NULL);
	bu_log_add(check->log, "\t%s type_id=%u", bu_btf_log_name(check->btf, member->name_off),
		   member->type);
	if (BTF_INFO_KFLAG(type->info))
		bu_log_add(check->log, " bitfield_size=%u bits_offset=%u", member->offset >> 24,
			   member->offset & 0xffffff);
	else
		bu_log_add(check->log, " bits_offset=%u", member->offset);
	va_start(args, why);
	add_why(check->log, why, args);
	va_end(args);
	return -EINVAL;
}

int bu_btf_log_var(struct bu_btf_check *check, const struct btf_type *type,
		   const struct btf_var_secinfo *var, const char *why)
{
	if (!check->log)
		return -EINVAL;
	if (check->resolving)
		bu_btf_log_type(check, type, NULL);
	bu_log_add(check->log, "\t type_id=%u offset=%u size=%u%s%s\n", var->type, var->offset,
		   var->size, why ? " " : "", why ? why : "");
	return -EINVAL;
}

void bu_btf_log_header(struct bu_btf_check *check, const struct btf_header *header)
{
	bu_log_add(check->log,
		   "magic: 0x%x\nversion: %u\nflags: 0x%x\nhdr_len: %u\ntype_off: %u\n"
		   "type_len: %u\nstr_off: %u\nstr_len: %u\nbtf_total_size: %u\n",
		   header->magic, header->version, header->flags, header->hdr_len, header->type_off,
		   header->type_len, header->str_off, header->str_len, check->btf->size);
}
