// SPDX-License-Identifier: BSD-2-Clause
/*
 * Whether an extension fits the function that it is to replace: as many arguments, of the same
 * kinds and sizes; pointers are those to contexts, whose names are compared. Source:
 * btf_check_func_type_match(), kernel/bpf/btf.c (6.12).
 */
#include "ebpf/kernel.h"
#include "ebpf/log.h"
#include "ebpf/prog/prog.h"

#include <string.h>

struct side {
	const struct bu_btf *btf;
	const char *name; /* of the function */
	const struct btf_type *proto;
};

static const char *kind_text(const struct btf_type *type)
{
	static const char *const names[] = {
		"UNKNOWN", "INT",     "PTR",      "ARRAY",    "STRUCT",   "UNION",  "ENUM",
		"FWD",     "TYPEDEF", "VOLATILE", "CONST",    "RESTRICT", "FUNC",   "FUNC_PROTO",
		"VAR",     "DATASEC", "FLOAT",    "DECL_TAG", "TYPE_TAG", "ENUM64",
	};
	u32 kind = type ? BTF_INFO_KIND(type->info) : 0;

	return kind < BU_ARRAY_SIZE(names) ? names[kind] : names[0];
}

static bool same_info(const struct btf_type *a, const struct btf_type *b)
{
	return a && b ? a->info == b->info : a == b;
}

static bool has_size(const struct btf_type *type)
{
	switch (BTF_INFO_KIND(type->info)) {
	case BTF_KIND_INT:
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_ENUM:
	case BTF_KIND_FLOAT:
	case BTF_KIND_ENUM64:
		return true;
	}
	return false;
}

static bool is_scalar(const struct btf_type *type)
{
	u32 kind = BTF_INFO_KIND(type->info);

	return kind == BTF_KIND_INT || kind == BTF_KIND_ENUM || kind == BTF_KIND_ENUM64;
}

static bool open_side(struct side *side, const struct bu_btf *btf, u32 id, struct bu_log *log)
{
	const struct btf_type *func = btf ? bu_btf_type(btf, id) : NULL;

	if (!func || BTF_INFO_KIND(func->info) != BTF_KIND_FUNC)
		return false;
	side->btf = btf;
	side->name = bu_btf_string(btf, func->name_off);
	side->proto = bu_btf_type(btf, func->type);
	if (BTF_INFO_VLEN(func->info) == BTF_FUNC_GLOBAL && side->proto)
		return true;
	bu_log_add(log, "%s() is not a global function\n", side->name);
	return false;
}

/* The struct that a pointer leads to; NULL after saying that it is none. */
static const struct btf_type *struct_at(const struct side *side, const struct btf_type *pointer,
					u32 nth, struct bu_log *log)
{
	const struct btf_type *type = bu_btf_skip_modifiers(side->btf, pointer->type);

	if (type && BTF_INFO_KIND(type->info) == BTF_KIND_STRUCT)
		return type;
	bu_log_add(log, "arg%u in %s() is not a pointer to context\n", nth, side->name);
	return NULL;
}

static int match_pointers(const struct side *a, const struct btf_type *one, const struct side *b,
			  const struct btf_type *two, u32 nth, struct bu_log *log)
{
	const char *name, *other;

	one = struct_at(a, one, nth, log);
	two = one ? struct_at(b, two, nth, log) : NULL;
	if (!two)
		return -EINVAL;
	name = bu_btf_string(a->btf, one->name_off);
	other = bu_btf_string(b->btf, two->name_off);
	if (!strcmp(name, other))
		return 0;
	bu_log_add(log, "arg%u %s(struct %s *) doesn't match %s(struct %s *)\n", nth, a->name, name,
		   b->name, other);
	return -EINVAL;
}

static int match_arg(const struct side *a, const struct side *b, u32 nth, struct bu_log *log)
{
	const struct btf_param *params = (const struct btf_param *)(a->proto + 1);
	const struct btf_param *others = (const struct btf_param *)(b->proto + 1);
	const struct btf_type *one = bu_btf_skip_modifiers(a->btf, params[nth].type);
	const struct btf_type *two = bu_btf_skip_modifiers(b->btf, others[nth].type);

	if (!one || !same_info(one, two)) {
		bu_log_add(log, "arg%u in %s() is %s while %s() has %s\n", nth, a->name,
			   kind_text(one), b->name, kind_text(two));
		return -EINVAL;
	}
	if (has_size(one) && one->size != two->size) {
		bu_log_add(log, "arg%u in %s() has size %u while %s() has %u\n", nth, a->name,
			   one->size, b->name, two->size);
		return -EINVAL;
	}
	if (is_scalar(one))
		return 0;
	if (BTF_INFO_KIND(one->info) == BTF_KIND_PTR)
		return match_pointers(a, one, b, two, nth, log);
	bu_log_add(log, "arg%u in %s() has unrecognized type\n", nth, a->name);
	return -EINVAL;
}

static int match(const struct side *a, const struct side *b, struct bu_log *log)
{
	u32 nr_args = BTF_INFO_VLEN(a->proto->info);
	const struct btf_type *one = bu_btf_skip_modifiers(a->btf, a->proto->type);
	const struct btf_type *two = bu_btf_skip_modifiers(b->btf, b->proto->type);
	int err = 0;

	if (nr_args != BTF_INFO_VLEN(b->proto->info)) {
		bu_log_add(log, "%s() has %u args while %s() has %u args\n", a->name, nr_args,
			   b->name, BTF_INFO_VLEN(b->proto->info));
		return -EINVAL;
	}
	if (!same_info(one, two)) {
		bu_log_add(log, "Return type %s of %s() doesn't match type %s of %s()\n",
			   kind_text(one), a->name, kind_text(two), b->name);
		return -EINVAL;
	}
	for (u32 i = 0; !err && i < nr_args; i++)
		err = match_arg(a, b, i, log);
	return err;
}

int bu_prog_match(const struct bu_prog *prog, const struct bu_prog *target, u32 btf_id,
		  struct bu_log *log)
{
	struct bu_log none = { 0 };
	struct side extension, function;
	int err = -EINVAL;

	if (!log)
		log = &none;
	if (!prog->btf || !prog->nr_func_info)
		bu_log_add(log, "Program extension requires BTF\n");
	else if (open_side(&extension, prog->btf, prog->func_info[0].type_id, log) &&
		 open_side(&function, target->btf, btf_id, log))
		err = match(&extension, &function, log);
	bu_log_free(&none);
	return err;
}
