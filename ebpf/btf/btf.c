/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * BTF objects. A blob is checked once, when it is loaded: sections inside the blob, strings
 * terminated, types that fill their section and refer to types and strings that exist. What is read
 * later needs no further checks of bounds; only cycles of types remain, which walks limit by depth.
 * What BTF_LOAD brings is also put to the kernel's own checks (ebpf/btf/btf_check.h).
 */
#include "ebpf/btf/btf.h"

#include "ebpf/kernel.h"
#include "ebpf/syscall.h"

#include <bpf/btf.h>
#include <stdlib.h>
#include <string.h>

#define MAX_DEPTH 32
#define MAX_TYPES 0x100000

static void destroy(struct bu_object *object)
{
	struct bu_btf *btf = bu_container_of(object, struct bu_btf, object);

	bu_btf_drop(btf);
	free(btf);
}

void bu_btf_drop(struct bu_btf *btf)
{
	if (!btf->shared) {
		btf__free(btf->parsed);
		free(btf->names);
		free(btf->types);
		free(btf->data);
	}
	btf->parsed = NULL;
	btf->names = btf->types = NULL;
	btf->data = NULL;
	btf->shared = NULL;
	btf->nr_types = btf->size = btf->strings_size = 0;
}

static const struct bu_object_class btf_class = {
	.kind = BU_OBJECT_BTF,
	.destroy = destroy,
};

s64 bu_btf_type_tail(const struct btf_type *type)
{
	u32 vlen = BTF_INFO_VLEN(type->info);

	switch (BTF_INFO_KIND(type->info)) {
	case BTF_KIND_PTR:
	case BTF_KIND_FWD:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_FUNC:
	case BTF_KIND_FLOAT:
	case BTF_KIND_TYPE_TAG:
		return 0;
	case BTF_KIND_INT:
	case BTF_KIND_VAR:
	case BTF_KIND_DECL_TAG:
		return sizeof(u32);
	case BTF_KIND_ARRAY:
		return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return vlen * sizeof(struct btf_member);
	case BTF_KIND_ENUM:
		return vlen * sizeof(struct btf_enum);
	case BTF_KIND_ENUM64:
		return vlen * sizeof(struct btf_enum64);
	case BTF_KIND_FUNC_PROTO:
		return vlen * sizeof(struct btf_param);
	case BTF_KIND_DATASEC:
		return vlen * sizeof(struct btf_var_secinfo);
	default:
		return -EINVAL;
	}
}

/* Whether type->type is an id. */
static bool refers(u32 kind)
{
	switch (kind) {
	case BTF_KIND_PTR:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_FUNC:
	case BTF_KIND_FUNC_PROTO:
	case BTF_KIND_VAR:
	case BTF_KIND_DECL_TAG:
	case BTF_KIND_TYPE_TAG:
		return true;
	default:
		return false;
	}
}

/* The names and types of what follows a type: `stride` bytes each, name first, type second where
 * there is one. */
static bool tail_is_sound(const struct bu_btf *btf, const struct btf_type *type)
{
	u32 kind = BTF_INFO_KIND(type->info), vlen = BTF_INFO_VLEN(type->info);
	const u32 *words = (const u32 *)(type + 1);

	if (kind == BTF_KIND_ARRAY)
		return words[0] < btf->nr_types && words[1] < btf->nr_types;
	for (u32 i = 0; i < vlen; i++) {
		switch (kind) {
		case BTF_KIND_STRUCT:
		case BTF_KIND_UNION:
			if (words[0] >= btf->strings_size || words[1] >= btf->nr_types)
				return false;
			words += 3;
			break;
		case BTF_KIND_FUNC_PROTO:
			if (words[0] >= btf->strings_size || words[1] >= btf->nr_types)
				return false;
			words += 2;
			break;
		case BTF_KIND_ENUM:
		case BTF_KIND_ENUM64:
			if (words[0] >= btf->strings_size)
				return false;
			words += kind == BTF_KIND_ENUM ? 2 : 3;
			break;
		case BTF_KIND_DATASEC:
			if (words[0] >= btf->nr_types)
				return false;
			words += 3;
			break;
		default:
			return true;
		}
	}
	return true;
}

static bool types_are_sound(const struct bu_btf *btf)
{
	for (u32 id = 1; id < btf->nr_types; id++) {
		const struct btf_type *type = bu_btf_type(btf, id);

		if (type->name_off >= btf->strings_size)
			return false;
		if (refers(BTF_INFO_KIND(type->info)) && type->type >= btf->nr_types)
			return false;
		if (!tail_is_sound(btf, type))
			return false;
	}
	return true;
}

static int add_type(struct bu_btf *btf, u32 *capacity, u32 offset)
{
	u32 *types;

	if (btf->nr_types == *capacity) {
		*capacity = *capacity ? *capacity * 2 : 64;
		types = reallocarray(btf->types, *capacity, sizeof(*types));
		if (!types)
			return -ENOMEM;
		btf->types = types;
	}
	btf->types[btf->nr_types++] = offset;
	return btf->nr_types > MAX_TYPES ? -E2BIG : 0;
}

int bu_btf_index(struct bu_btf *btf)
{
	const struct btf_header *header = btf->data;
	u32 size = header->type_len, at = header->hdr_len + header->type_off, end = at + size,
	    capacity = 0;
	int err = add_type(btf, &capacity, 0);

	while (!err && at < end) {
		const struct btf_type *type = (const void *)((u8 *)btf->data + at);
		s64 tail = end - at < sizeof(*type) ? -EINVAL : bu_btf_type_tail(type);

		if (tail < 0 || tail > (s64)(end - at - sizeof(*type)))
			return -EINVAL;
		err = add_type(btf, &capacity, at);
		at += sizeof(*type) + tail;
	}
	return err;
}

static bool section_fits(u32 offset, u32 size, u32 room)
{
	return offset <= room && size <= room - offset;
}

int bu_btf_parse(struct bu_btf *btf)
{
	const struct btf_header *header = btf->data;
	u32 room;
	int err;

	if (btf->size < sizeof(*header) || header->magic != BTF_MAGIC ||
	    header->hdr_len < sizeof(*header) || header->hdr_len > btf->size)
		return -EINVAL;
	err = bu_check_tail_zero((u64)btf->data, sizeof(*header), header->hdr_len);
	if (err)
		return err;
	if (header->version != BTF_VERSION || header->flags)
		return -BU_ENOTSUPP;
	room = btf->size - header->hdr_len;
	if (!section_fits(header->type_off, header->type_len, room) ||
	    !section_fits(header->str_off, header->str_len, room) || header->type_off % 4 ||
	    header->type_len % 4 || header->hdr_len % 4 || !header->str_len)
		return -EINVAL;
	btf->strings = (char *)btf->data + header->hdr_len + header->str_off;
	btf->strings_size = header->str_len;
	if (btf->strings[0] || btf->strings[header->str_len - 1])
		return -EINVAL;
	err = bu_btf_index(btf);
	if (err)
		return err;
	return types_are_sound(btf) ? 0 : -EINVAL;
}

int bu_btf_init(struct bu_btf *btf, struct bu_kernel *kernel)
{
	return bu_object_init(&btf->object, kernel, &btf_class);
}

struct bu_btf *bu_btf_create(struct bu_kernel *kernel, const void *data, u32 size, int *error)
{
	struct bu_btf *btf = calloc(1, sizeof(*btf));

	*error = -ENOMEM;
	if (!btf)
		return NULL;
	btf->data = malloc(BU_MAX(size, 1u));
	btf->size = size;
	if (btf->data) {
		memcpy(btf->data, data, size);
		*error = bu_btf_parse(btf);
	}
	if (!*error)
		*error = bu_btf_init(btf, kernel);
	if (!*error)
		return btf;
	destroy(&btf->object);
	return NULL;
}

struct btf *bu_btf_parsed(struct bu_btf *btf)
{
	if (btf->shared)
		return bu_btf_parsed(btf->shared);
	if (!btf->parsed)
		btf->parsed = btf__new(btf->data, btf->size);
	return btf->parsed;
}

const char *bu_btf_string(const struct bu_btf *btf, u32 offset)
{
	return offset < btf->strings_size ? btf->strings + offset : NULL;
}

static u32 hash(const char *name)
{
	u32 h = 2166136261u;

	for (; *name; name++)
		h = (h ^ (u8)*name) * 16777619;
	return h;
}

/* The table of names: for each hash value the first id, then for each id the next of its hash
 * value. Ids in a chain ascend. */
static u32 buckets(const struct bu_btf *btf)
{
	u32 n = 16;

	while (n < btf->nr_types)
		n *= 2;
	return n;
}

static void make_names(struct bu_btf *btf)
{
	u32 n = buckets(btf), *next;

	btf->names = calloc(n + btf->nr_types, sizeof(u32));
	if (!btf->names)
		return;
	next = btf->names + n;
	for (u32 id = btf->nr_types; id-- > 1;) {
		const char *name = bu_btf_string(btf, bu_btf_type(btf, id)->name_off);
		u32 *first = &btf->names[hash(name) & (n - 1)];

		next[id] = *first;
		*first = id;
	}
}

u32 bu_btf_find(struct bu_btf *btf, const char *name, u32 kind)
{
	const u32 *next;
	u32 id;

	if (btf->shared)
		return bu_btf_find(btf->shared, name, kind);
	if (!btf->names)
		make_names(btf);
	if (!btf->names)
		return 0;
	next = btf->names + buckets(btf);
	for (id = btf->names[hash(name) & (buckets(btf) - 1)]; id; id = next[id]) {
		const struct btf_type *type = bu_btf_type(btf, id);

		if (BTF_INFO_KIND(type->info) == kind &&
		    !strcmp(bu_btf_string(btf, type->name_off), name))
			return id;
	}
	return 0;
}

const struct btf_type *bu_btf_type(const struct bu_btf *btf, u32 id)
{
	if (!id || id >= btf->nr_types)
		return NULL;
	return (const void *)((u8 *)btf->data + btf->types[id]);
}

const struct btf_type *bu_btf_skip_modifiers(const struct bu_btf *btf, u32 id)
{
	const struct btf_type *type = bu_btf_type(btf, id);

	for (int depth = 0; type && depth < MAX_DEPTH; depth++) {
		switch (BTF_INFO_KIND(type->info)) {
		case BTF_KIND_TYPEDEF:
		case BTF_KIND_VOLATILE:
		case BTF_KIND_CONST:
		case BTF_KIND_RESTRICT:
		case BTF_KIND_TYPE_TAG:
		case BTF_KIND_VAR:
			type = bu_btf_type(btf, type->type);
			break;
		default:
			return type;
		}
	}
	return NULL;
}

s64 bu_btf_size_of(const struct bu_btf *btf, u32 id)
{
	const struct btf_array *array;
	u64 count = 1;

	for (int depth = 0; depth < MAX_DEPTH; depth++) {
		const struct btf_type *type = bu_btf_skip_modifiers(btf, id);

		switch (type ? BTF_INFO_KIND(type->info) : BTF_KIND_UNKN) {
		case BTF_KIND_INT:
		case BTF_KIND_STRUCT:
		case BTF_KIND_UNION:
		case BTF_KIND_ENUM:
		case BTF_KIND_ENUM64:
		case BTF_KIND_FLOAT:
		case BTF_KIND_DATASEC:
			count *= type->size;
			return count <= UINT32_MAX ? (s64)count : -EINVAL;
		case BTF_KIND_PTR:
			count *= sizeof(u64);
			return count <= UINT32_MAX ? (s64)count : -EINVAL;
		case BTF_KIND_ARRAY:
			array = (const struct btf_array *)(type + 1);
			count *= array->nelems;
			id = array->type;
			if (count > UINT32_MAX)
				return -EINVAL;
			break;
		default:
			return -EINVAL;
		}
	}
	return -EINVAL;
}
