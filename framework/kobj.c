/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kernel objects. An object is an arena region of kind KOBJ whose label is its type's name; that is
 * all there is to know about it, so any address of one can be handed around. Programs may only
 * read, but for the fields that a test lets them write.
 *
 * Paths follow pointers from object to object. The object that a pointer leads to knows its own
 * type (a `struct sock *` may lead to a tcp_sock), but the path is read with the pointer's type, as
 * a program would.
 */
#include "framework/kobj.h"

#include "ebpf/kernel.h"
#include "framework/nearest.h"
#include "framework/host.h"
#include "framework/state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The kernel's types, or NULL. */
static const struct btf *kernel_types(struct bu_kernel *kernel)
{
	struct bu_btf *btf = bu_vmlinux_btf(kernel);

	return btf ? bu_btf_parsed(btf) : NULL;
}

/* Its id, or 0. */
static u32 find_type(struct bu_kernel *kernel, const char *name)
{
	static const u32 kinds[] = { BTF_KIND_STRUCT, BTF_KIND_UNION, BTF_KIND_TYPEDEF };
	struct bu_btf *types = bu_vmlinux_btf(kernel);
	u32 id = 0;

	for (size_t i = 0; i < BU_ARRAY_SIZE(kinds) && types && !id; i++)
		id = bu_btf_find(types, name, kinds[i]);
	return id;
}

/* "struct task_struct" is what people paste; the name alone is what BTF has. */
static const char *bare_name(const char *type)
{
	if (!strncmp(type, "struct ", 7))
		return type + 7;
	return strncmp(type, "union ", 6) ? type : type + 6;
}

/* Who could have defined a type. */
static const char *source_of_types(const struct bu_kernel *kernel, char *text, size_t size)
{
	if (kernel->btf_choice == BU_BTF_OBJECTS)
		return "the objects opened so far define";
	bu_vmlinux_title(kernel, text, size - strlen(" has"));
	return strcat(text, " has");
}

static void no_type(struct bu_kernel *kernel, const struct btf *btf, const char *name, char *error,
		    size_t size)
{
	struct bu_nearest nearest;
	char hint[128], source[256];

	bu_nearest_begin(&nearest, name, strlen(name));
	for (u32 id = 1; id < btf__type_cnt(btf); id++) {
		const struct btf_type *type = btf__type_by_id(btf, id);

		if (btf_is_composite(type))
			bu_nearest_offer(&nearest, btf__name_by_offset(btf, type->name_off));
	}
	snprintf(error, size, "%s no kernel type '%s'%s",
		 source_of_types(kernel, source, sizeof(source)), name,
		 bu_nearest_hint(&nearest, hint, sizeof(hint)));
}

/* A label lives as long as the arena, that is longer than the BTF that the name comes from: that is
 * made anew when another object is opened. Programs cannot reach it. */
static const char *make_label(struct bu_kernel *kernel, const char *name)
{
	struct bu_region_info info = { .kind = BU_REGION_KOBJ, .label = "name of a type" };
	char *label = bu_arena_alloc(&kernel->arena, strlen(name) + 1, BU_NONE, &info);

	return label ? strcpy(label, name) : NULL;
}

static void *new_object(struct bu_kernel *kernel, const char *name, u32 size)
{
	struct bu_region_info info = { .kind = BU_REGION_KOBJ };

	info.label = make_label(kernel, name);
	if (!info.label)
		return NULL;
	return bu_arena_alloc(&kernel->arena, BU_MAX(size, 1U), BU_READ, &info);
}

void *bu_kobj_new(const char *type, char *error, size_t size)
{
	struct bu_kernel *kernel = bu_test_kernel();
	const struct btf *btf = kernel_types(kernel);
	const char *name = bare_name(type);
	char source[256];
	struct bu_field root;
	u32 id;
	void *object;

	if (!btf) {
		snprintf(error, size, "%s no kernel type '%s'",
			 source_of_types(kernel, source, sizeof(source)), name);
		return NULL;
	}
	id = find_type(kernel, name);
	if (!id || !bu_field_root(&root, btf, id)) {
		no_type(kernel, btf, name, error, size);
		return NULL;
	}
	object = new_object(kernel, name, root.size);
	if (!object)
		snprintf(error, size, "the arena has no room for %u bytes of '%s'", root.size,
			 name);
	return object;
}

static const struct bu_region *object_region(const struct bu_kernel *kernel, const void *kobj)
{
	const struct bu_region *region = NULL;

	if (bu_arena_contains(&kernel->arena, kobj))
		region = bu_arena_region(&kernel->arena, kobj);
	if (!region || region->freed || (const u8 *)kobj < region->start ||
	    (const u8 *)kobj >= region->start + region->size)
		return NULL;
	return region;
}

/* The object's root: its type by its label. */
static int begin_walk(struct bu_kernel *kernel, void *kobj, struct bu_kobj_place *place,
		      char *error, size_t size)
{
	const struct bu_region *region = object_region(kernel, kobj);
	const struct btf *btf = kernel_types(kernel);
	u32 id;

	if (!region || region->info.kind != BU_REGION_KOBJ || region->start != kobj ||
	    !region->info.label || !btf) {
		snprintf(error, size, "%p is not a kernel object of this test", kobj);
		return -EFAULT;
	}
	id = find_type(kernel, region->info.label);
	place->object = kobj;
	if (id && bu_field_root(&place->field, btf, id))
		return 0;
	no_type(kernel, btf, region->info.label, error, size);
	return -ENOENT;
}

/* A place must lie in its object: the object may be older than the present layout, or of a smaller
 * type. */
static int check_place(const struct bu_kernel *kernel, const struct bu_kobj_place *place,
		       const char *path, char *error, size_t size)
{
	const struct bu_region *region = object_region(kernel, place->object);

	if (region &&
	    place->object + place->field.offset + place->field.size <= region->start + region->size)
		return 0;
	snprintf(error, size, "'%s' lies outside of the object at %p", path, (void *)place->object);
	return -EFAULT;
}

/* A pointer's target without modifiers; a declaration is replaced by its definition. 0: none known.
 */
static u32 target_type(struct bu_kernel *kernel, const struct btf *btf,
		       const struct btf_type *pointer)
{
	u32 id = pointer->type;
	const struct btf_type *type = bu_btf_plain(btf, id, &id);

	if (!type || !id || !btf_is_fwd(type))
		return id;
	return bu_btf_find(bu_vmlinux_btf(kernel), btf__name_by_offset(btf, type->name_off),
			   btf_kflag(type) ? BTF_KIND_UNION : BTF_KIND_STRUCT);
}

/* The name of the nearest type with one: of a nameless struct, its typedef's. */
static const char *target_name(const struct btf *btf, u32 type_id)
{
	const struct btf_type *type = btf__type_by_id(btf, type_id);
	const char *name = "";

	while (type && !name[0]) {
		name = btf__name_by_offset(btf, type->name_off);
		if (btf_kind(type) == BTF_KIND_TYPE_TAG || !name[0])
			name = "";
		if (btf_is_composite(type) || btf_is_fwd(type))
			break;
		type = btf__type_by_id(btf, type->type);
	}
	return name;
}

static u8 *make_target(struct bu_kernel *kernel, const struct bu_field *pointer, u32 size,
		       char *error, size_t error_size)
{
	const char *name = target_name(pointer->btf, bu_field_type(pointer)->type);
	u8 *object = new_object(kernel, name, size);

	if (!object)
		snprintf(error, error_size, "the arena has no room for %u bytes", size);
	return object;
}

/* From a pointer field to what it points to. `walked`: the path so far, for messages. */
static int follow(struct bu_kernel *kernel, struct bu_kobj_place *place, bool make,
		  const char *walked, char *error, size_t size)
{
	const struct btf *btf = place->field.btf;
	u64 address = bu_field_load(&place->field, place->object);
	u8 *object = (u8 *)(uintptr_t)address;
	struct bu_field target;
	char name[128];

	if (!bu_field_root(&target, btf, target_type(kernel, btf, bu_field_type(&place->field)))) {
		snprintf(error, size, "'%s' points to %s, which %s not define", walked,
			 bu_type_name(btf, bu_field_type(&place->field)->type, name, sizeof(name)),
			 kernel->btf_choice == BU_BTF_OBJECTS ? "the opened objects do"
							      : "the kernel's BTF does");
		return -EINVAL;
	}
	if (!address && !make) {
		snprintf(error, size, "'%s' is NULL", walked);
		return -EFAULT;
	}
	if (!address) {
		object = make_target(kernel, &place->field, target.size, error, size);
		if (!object)
			return -ENOMEM;
		bu_field_store(&place->field, place->object, (uintptr_t)object);
	} else if (!object_region(kernel, object)) {
		snprintf(error, size,
			 "'%s' points to %p, which is no memory of the emulated kernel", walked,
			 (void *)object);
		return -EFAULT;
	}
	place->field = target;
	place->object = object;
	return 0;
}

/* "[n]" behind a pointer, as in C: the nth of what it points to. Only for arrays that are there:
 * how long a new one should be is not known. */
static int follow_to_element(struct bu_kernel *kernel, struct bu_kobj_place *place,
			     const char *walked, const char **at, char *error, size_t size)
{
	char *end;
	u64 index = strtoull(*at + 1, &end, 0), room;
	const struct bu_region *region;
	int err;

	if (*end != ']' || end == *at + 1)
		return bu_field_step(&place->field, at, error, size); /* says what is wrong */
	if (!bu_field_load(&place->field, place->object)) {
		snprintf(error, size, "no array is behind '%s' yet: set it first", walked);
		return -EFAULT;
	}
	err = follow(kernel, place, false, walked, error, size);
	if (err)
		return err;
	*at = end + 1;
	region = object_region(kernel, place->object);
	room = region->start + region->size - place->object;
	if (index < room / BU_MAX(place->field.size, 1U)) {
		place->object += index * place->field.size;
		return 0;
	}
	snprintf(error, size, "'%s[%llu]' lies outside of the array at %p", walked,
		 (unsigned long long)index, (void *)place->object);
	return -EFAULT;
}

/* One step, through the pointer that the last one led to. */
static int step(struct bu_kernel *kernel, struct bu_kobj_place *place, bool make, const char *path,
		const char **at, char *error, size_t size)
{
	const struct btf_type *type = bu_field_type(&place->field);
	char walked[128];
	int err = 0;

	snprintf(walked, sizeof(walked), "%.*s", (int)(*at - path), path);
	if (*at != path && type && btf_is_ptr(type)) {
		if (**at == '[')
			return follow_to_element(kernel, place, walked, at, error, size);
		err = follow(kernel, place, make, walked, error, size);
	}
	return err ? err : bu_field_step(&place->field, at, error, size);
}

int bu_kobj_walk(void *kobj, const char *path, bool make, struct bu_kobj_place *place, char *error,
		 size_t size)
{
	struct bu_kernel *kernel = bu_test_kernel();
	const char *at = path;
	int err = begin_walk(kernel, kobj, place, error, size);

	do {
		if (!err)
			err = step(kernel, place, make, path, &at, error, size);
		if (!err)
			err = check_place(kernel, place, path, error, size);
	} while (!err && *at);
	return err;
}

/* A struct around one integer (kuid_t, atomic_t) stands for that integer. */
static void enter_wrappers(struct bu_field *field)
{
	const struct btf_type *type = bu_field_type(field);

	while (type && btf_is_composite(type) && btf_vlen(type) == 1) {
		*field = bu_field_nth(field, 0);
		type = bu_field_type(field);
	}
}

static int walk_to_scalar(void *kobj, const char *path, bool make, struct bu_kobj_place *place,
			  char *error, size_t size)
{
	char name[128];
	int err = bu_kobj_walk(kobj, path, make, place, error, size);

	if (err)
		return err;
	enter_wrappers(&place->field);
	if (bu_field_is_scalar(&place->field))
		return 0;
	snprintf(error, size, "'%s' is %s, not an integer or a pointer", path,
		 bu_type_name(place->field.btf, place->field.type_id, name, sizeof(name)));
	return -EINVAL;
}

/* A value fits when the field gives it back, or would as the other signedness. */
static bool fits(u64 value, u32 bits)
{
	s64 as_signed = value;

	if (bits >= 64 || value < 1ULL << bits)
		return true;
	return as_signed < 0 && as_signed >= -(s64)(1ULL << (bits - 1));
}

int bu_kobj_store(void *kobj, const char *path, u64 value, char *error, size_t size)
{
	struct bu_kobj_place place;
	char name[128];
	int err = walk_to_scalar(kobj, path, true, &place, error, size);

	if (err)
		return err;
	if (!fits(value, bu_field_bits(&place.field))) {
		snprintf(error, size, "%lld (0x%llx) does not fit into '%s' (%s, %u bits)",
			 (long long)value, (unsigned long long)value, path,
			 bu_type_name(place.field.btf, place.field.type_id, name, sizeof(name)),
			 bu_field_bits(&place.field));
		return -ERANGE;
	}
	bu_field_store(&place.field, place.object, value);
	return 0;
}

static bool is_char_like(const struct btf *btf, u32 type_id)
{
	const struct btf_type *type = bu_btf_plain(btf, type_id, NULL);

	return type && btf_is_int(type) && type->size == 1;
}

/* The __user mark is a type tag between the pointer and its target. */
static bool points_to_user(const struct btf *btf, const struct btf_type *pointer)
{
	const struct btf_type *type = btf__type_by_id(btf, pointer->type);

	while (type && (btf_is_mod(type) || btf_kind(type) == BTF_KIND_TYPE_TAG)) {
		if (btf_kind(type) == BTF_KIND_TYPE_TAG &&
		    !strcmp(btf__name_by_offset(btf, type->name_off), "user"))
			return true;
		type = btf__type_by_id(btf, type->type);
	}
	return false;
}

static int store_chars(const struct bu_kobj_place *place, const char *path, const char *text,
		       char *error, size_t size)
{
	size_t len = strlen(text);
	u8 *at = place->object + place->field.offset;

	if (len >= place->field.size) {
		snprintf(error, size,
			 "\"%s\" does not fit into '%s': %zu bytes with its NUL, %u available",
			 text, path, len + 1, place->field.size);
		return -ERANGE;
	}
	memset(at, 0, place->field.size);
	memcpy(at, text, len);
	return 0;
}

static int store_char_pointer(const struct bu_kobj_place *place, const struct btf_type *pointer,
			      const char *text, char *error, size_t size)
{
	bool user = points_to_user(place->field.btf, pointer);
	struct bu_region_info info = { .kind = user ? BU_REGION_USER : BU_REGION_KOBJ,
				       .label = "string" };
	size_t bytes = strlen(text) + 1;
	char *copy =
		bu_arena_alloc(&bu_test_kernel()->arena, bytes, user ? BU_NONE : BU_READ, &info);

	if (!copy) {
		snprintf(error, size, "the arena has no room for %zu bytes", bytes);
		return -ENOMEM;
	}
	memcpy(copy, text, bytes);
	bu_field_store(&place->field, place->object, (uintptr_t)copy);
	return 0;
}

int bu_kobj_store_str(void *kobj, const char *path, const char *text, char *error, size_t size)
{
	struct bu_kobj_place place;
	const struct btf_type *type;
	char name[128];
	int err = bu_kobj_walk(kobj, path, true, &place, error, size);

	if (err)
		return err;
	type = bu_field_type(&place.field);
	if (type && btf_is_array(type) && is_char_like(place.field.btf, btf_array(type)->type))
		return store_chars(&place, path, text, error, size);
	if (type && btf_is_ptr(type) && is_char_like(place.field.btf, type->type))
		return store_char_pointer(&place, type, text, error, size);
	snprintf(error, size, "'%s' is %s, not text", path,
		 bu_type_name(place.field.btf, place.field.type_id, name, sizeof(name)));
	return -EINVAL;
}

void *bpfunit_kobj(struct bpfunit_where where, const char *type)
{
	char error[512];
	void *object;

	bu_test_at(where);
	bu_needs_vm("a kernel object");
	object = bu_kobj_new(type, error, sizeof(error));
	if (!object)
		bu_test_die(where, "%s", error);
	return object;
}

void bpfunit_kobj_set(struct bpfunit_where where, void *kobj, const char *path, uint64_t value)
{
	char error[512];

	bu_test_at(where);
	if (bu_kobj_store(kobj, path, value, error, sizeof(error)))
		bu_test_die(where, "%s", error);
}

void bpfunit_kobj_set_str(struct bpfunit_where where, void *kobj, const char *path,
			  const char *text)
{
	char error[512];

	bu_test_at(where);
	if (bu_kobj_store_str(kobj, path, text, error, sizeof(error)))
		bu_test_die(where, "%s", error);
}

void bpfunit_kobj_writable(struct bpfunit_where where, void *kobj, const char *path)
{
	struct bu_kobj_place place;
	char error[512];
	int err;

	bu_test_at(where);
	if (*path)
		err = bu_kobj_walk(kobj, path, true, &place, error, sizeof(error));
	else
		err = begin_walk(bu_test_kernel(), kobj, &place, error, sizeof(error));
	if (err)
		bu_test_die(where, "%s", error);
	bu_arena_set_access(&bu_test_kernel()->arena, place.object + place.field.offset,
			    place.field.size, BU_RW);
}

uint64_t bpfunit_kobj_get(struct bpfunit_where where, const void *kobj, const char *path)
{
	struct bu_kobj_place place;
	char error[512];

	bu_test_at(where);
	if (walk_to_scalar((void *)kobj, path, false, &place, error, sizeof(error)))
		bu_test_die(where, "%s", error);
	return bu_field_load(&place.field, place.object);
}

void *bpfunit_user_memory(const void *data, size_t size)
{
	struct bu_region_info info = { .kind = BU_REGION_USER, .label = "user memory" };
	void *memory =
		bu_arena_alloc(&bu_test_kernel()->arena, BU_MAX(size, (size_t)1), BU_NONE, &info);

	bu_needs_vm("user memory of its own");
	if (!memory)
		bu_test_die(bu_test_where(), "the arena has no room for %zu bytes of user memory",
			    size);
	if (data)
		memcpy(memory, data, size);
	return memory;
}

size_t bu_kobj_size(const void *ctx)
{
	const struct bu_arena *arena = &bu_test_kernel()->arena;
	const struct bu_region *region = NULL;

	if (bu_arena_contains(arena, ctx))
		region = bu_arena_region(arena, ctx);
	if (!region || region->freed || region->info.kind != BU_REGION_KOBJ || region->start != ctx)
		return 0;
	return region->size;
}
