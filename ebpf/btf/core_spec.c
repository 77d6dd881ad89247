/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Access strings in words. The first number steps through an array of the root type; each further
 * one is a member of a struct or union, or an element of an array; of an enumeration, the first
 * number is the enumerator. Members without a name are passed through. Source: struct
 * bpf_core_relo, include/uapi/linux/bpf.h (6.12).
 */
#include "ebpf/btf/core_spec.h"

#include "ebpf/log.h"
#include "ebpf/uapi.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_DEPTH 16

static u32 kind_of(const struct btf_type *type)
{
	return type ? BTF_INFO_KIND(type->info) : BTF_KIND_UNKN;
}

static bool is_composite(const struct btf_type *type)
{
	return kind_of(type) == BTF_KIND_STRUCT || kind_of(type) == BTF_KIND_UNION;
}

static bool is_enumeration(const struct btf_type *type)
{
	return kind_of(type) == BTF_KIND_ENUM || kind_of(type) == BTF_KIND_ENUM64;
}

static bool of_enumerator(u32 kind)
{
	return kind == BPF_CORE_ENUMVAL_EXISTS || kind == BPF_CORE_ENUMVAL_VALUE;
}

static bool of_field(u32 kind)
{
	return kind <= BPF_CORE_FIELD_RSHIFT_U64;
}

static const char *name_of(const struct bu_btf *btf, const struct btf_type *type)
{
	return type ? bu_btf_string(btf, type->name_off) : "void";
}

static const char *keyword(const struct btf_type *type)
{
	switch (kind_of(type)) {
	case BTF_KIND_STRUCT:
		return "struct ";
	case BTF_KIND_UNION:
		return "union ";
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return "enum ";
	default:
		return "";
	}
}

/* The root with its name: a typedef, or what stands behind const and the like. */
static const struct btf_type *root_of(const struct bu_btf *btf, u32 id)
{
	const struct btf_type *type = bu_btf_type(btf, id);

	for (int depth = 0; type && depth < MAX_DEPTH; depth++) {
		u32 kind = kind_of(type);

		if (kind != BTF_KIND_CONST && kind != BTF_KIND_VOLATILE &&
		    kind != BTF_KIND_RESTRICT && kind != BTF_KIND_TYPE_TAG)
			break;
		type = bu_btf_type(btf, type->type);
	}
	return type;
}

/* The next number of an access string; -1: there is none. */
static long next_index(const char **at)
{
	char *end;
	long index;

	if (**at < '0' || **at > '9')
		return -1;
	index = strtol(*at, &end, 10);
	*at = *end == ':' ? end + 1 : end;
	return index;
}

static const char *enumerator(const struct bu_btf *btf, const struct btf_type *type, long index)
{
	const u32 *value = (const u32 *)(type + 1);

	if (!is_enumeration(type) || index < 0 || index >= (long)BTF_INFO_VLEN(type->info))
		return "?";
	return bu_btf_string(btf, value[index * (kind_of(type) == BTF_KIND_ENUM ? 2 : 3)]);
}

struct step {
	const char *member; /* NULL: an element of an array; "": a member without name */
	long index;
	u32 type_id; /* where it leads */
};

static bool take_step(const struct bu_btf *btf, u32 type_id, long index, struct step *step)
{
	const struct btf_type *type = bu_btf_skip_modifiers(btf, type_id);

	step->index = index;
	if (is_composite(type) && index < (long)BTF_INFO_VLEN(type->info)) {
		const struct btf_member *member = (const struct btf_member *)(type + 1) + index;

		step->member = bu_btf_string(btf, member->name_off);
		step->type_id = member->type;
		return true;
	}
	if (kind_of(type) != BTF_KIND_ARRAY)
		return false;
	step->member = NULL;
	step->type_id = ((const struct btf_array *)(type + 1))->type;
	return true;
}

static void spell_path(const struct bu_core_spec *spec, struct bu_words *words)
{
	const char *at = spec->access;
	long index = next_index(&at);
	struct step step = { .type_id = spec->type_id };

	if (index > 0)
		bu_words_add(words, "[%ld]", index);
	while ((index = next_index(&at)) >= 0) {
		if (!take_step(spec->btf, step.type_id, index, &step)) {
			bu_words_add(words, ".?");
			return;
		}
		if (!step.member)
			bu_words_add(words, "[%ld]", index);
		else if (*step.member)
			bu_words_add(words, ".%s", step.member);
	}
}

void bu_core_spell(const struct bu_core_spec *spec, char *text, size_t size)
{
	const struct btf_type *root = root_of(spec->btf, spec->type_id);
	struct bu_words words = { text, size };
	const char *at = spec->access;

	if (!of_field(spec->kind) || !*name_of(spec->btf, root))
		bu_words_add(&words, "%s", keyword(root));
	bu_words_add(&words, "%s", name_of(spec->btf, root));
	if (of_field(spec->kind))
		spell_path(spec, &words);
	else if (of_enumerator(spec->kind))
		bu_words_add(&words, ".%s",
			     enumerator(spec->btf, bu_btf_skip_modifiers(spec->btf, spec->type_id),
					next_index(&at)));
}

/* The kernel's type of the name without its flavor, or NULL. */
static const struct btf_type *target_of(struct bu_btf *kernel, const struct btf_type *root,
					const char *name, size_t len)
{
	char *bare = strndup(name, len);
	u32 id = bare ? bu_btf_find(kernel, bare, kind_of(root)) : 0;

	if (bare && !id && is_enumeration(root))
		id = bu_btf_find(kernel, bare,
				 kind_of(root) == BTF_KIND_ENUM ? BTF_KIND_ENUM64 : BTF_KIND_ENUM);
	free(bare);
	return bu_btf_skip_modifiers(kernel, id);
}

/* The type of a member that is found as C finds it; 0: there is none. */
static bool find_member(const struct bu_btf *btf, const struct btf_type *type, const char *name,
			u32 *type_id, int depth)
{
	const struct btf_member *member;

	if (!is_composite(type) || depth > MAX_DEPTH)
		return false;
	member = (const struct btf_member *)(type + 1);
	for (u32 i = 0; i < BTF_INFO_VLEN(type->info); i++, member++) {
		*type_id = member->type;
		if (!strcmp(bu_btf_string(btf, member->name_off), name))
			return true;
		if (!member->name_off && find_member(btf, bu_btf_skip_modifiers(btf, member->type),
						     name, type_id, depth + 1))
			return true;
	}
	return false;
}

/* Follow the path by names in the kernel's type, as far as it goes. Whether a member is missing. */
static bool explain_member(const struct bu_core_spec *spec, const struct bu_btf *kernel,
			   const struct btf_type *target, const char *owner, const char *title,
			   char *text, size_t size)
{
	const char *at = spec->access;
	struct step step = { .type_id = spec->type_id };
	long index = next_index(&at);
	u32 type_id = 0;

	while ((index = next_index(&at)) >= 0) {
		if (!take_step(spec->btf, step.type_id, index, &step))
			return false;
		if (step.member && !*step.member)
			continue;
		if (!step.member) {
			if (kind_of(target) != BTF_KIND_ARRAY)
				return false;
			type_id = ((const struct btf_array *)(target + 1))->type;
		} else if (!find_member(kernel, target, step.member, &type_id, 0)) {
			snprintf(text, size, "%s%s has no field '%s' in %s", keyword(target), owner,
				 step.member, title);
			return true;
		}
		target = bu_btf_skip_modifiers(kernel, type_id);
		owner = *name_of(kernel, target) ? name_of(kernel, target) : "{...}";
	}
	return false;
}

static bool has_enumerator(const struct bu_btf *btf, const struct btf_type *type, const char *name)
{
	for (u32 i = 0; i < BTF_INFO_VLEN(type->info); i++) {
		if (!strcmp(enumerator(btf, type, i), name))
			return true;
	}
	return false;
}

void bu_core_explain(const struct bu_core_spec *spec, struct bu_btf *kernel, const char *title,
		     char *text, size_t size)
{
	const struct btf_type *root = root_of(spec->btf, spec->type_id), *target;
	const char *name = name_of(spec->btf, root), *mark = strstr(name, "___");
	int len = mark && mark != name ? (int)(mark - name) : (int)strlen(name);
	const char *at = spec->access, *value;
	char owner[128];

	target = kernel ? target_of(kernel, root, name, len) : NULL;
	snprintf(owner, sizeof(owner), "%.*s", len, name);
	if (!target) {
		snprintf(text, size, "%s%s does not exist in %s", keyword(root), owner, title);
		return;
	}
	if (of_field(spec->kind) && explain_member(spec, kernel, target, owner, title, text, size))
		return;
	value = enumerator(spec->btf, bu_btf_skip_modifiers(spec->btf, spec->type_id),
			   next_index(&at));
	if (of_enumerator(spec->kind) && is_enumeration(target) &&
	    !has_enumerator(kernel, target, value))
		snprintf(text, size, "enum %s has no enumerator '%s' in %s", owner, value, title);
	else
		snprintf(text, size, "%s%s is of another kind, or ambiguous, in %s", keyword(root),
			 owner, title);
}
