/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's BTF, made of what the process's BPF objects say about the kernel: the types of each
 * object that libbpf opened, and a function or typedef for each attach target that a section's name
 * spells out. Raw BTF is concatenated in the order of first opening, so an id keeps its meaning
 * when more objects come.
 *
 * CO-RE looks for candidates by name, so a type that must not be one loses its name: `x___flavor`,
 * and a type whose name an object uses that was opened more recently.
 *
 * The list of noted objects is the process's: libbpf opens objects before the kernel exists, and a
 * test process may have several kernels in succession.
 */
#include "ebpf/elf_scan.h"
#include "ebpf/kernel.h"

#include <stdlib.h>
#include <string.h>

struct object {              /* what is kept of a BPF object */
	struct object *next; /* opened later for the first time */
	struct bu_btf btf;   /* its .BTF section; no object of a kernel; data NULL: none */
	bool parsed, sound;  /* whether btf has been parsed, and was well-formed */
	char *names;         /* of its code sections, each NUL-terminated */
	u32 names_size;
	u32 opened;     /* when it was opened last: ascending */
	bool *nameless; /* by type id: loses its name */
};

static struct object *objects; /* oldest first */
static u32 generation = 1;     /* changes whenever the kernel's BTF would */
static pthread_mutex_t noting = PTHREAD_MUTEX_INITIALIZER;

struct bytes { /* a growing array */
	u8 *data;
	u32 size, capacity;
	bool failed;
};

static void append(struct bytes *bytes, const void *data, u32 size)
{
	u32 capacity = BU_MAX(bytes->capacity, 4096u);
	u8 *grown;

	while (capacity - bytes->size < size)
		capacity *= 2;
	if (capacity != bytes->capacity) {
		grown = realloc(bytes->data, capacity);
		if (!grown) {
			bytes->failed = true;
			return;
		}
		bytes->data = grown;
		bytes->capacity = capacity;
	}
	memcpy(bytes->data + bytes->size, data, size);
	bytes->size += size;
}

static struct object *copy_object(const struct bu_elf *elf)
{
	struct object *object = calloc(1, sizeof(*object));
	struct bu_elf_section section;
	struct bytes names = { 0 }, btf = { 0 };

	if (!object)
		return NULL;
	for (u32 i = 0; bu_elf_section(elf, i, &section); i++) {
		if (section.code)
			append(&names, section.name, strlen(section.name) + 1);
		if (!strcmp(section.name, ".BTF") && section.data && !btf.size &&
		    section.size < UINT32_MAX / 4)
			append(&btf, section.data, section.size);
	}
	object->btf.data = btf.data;
	object->btf.size = btf.size;
	object->names = (char *)names.data;
	object->names_size = names.size;
	return object;
}

static void free_object(struct object *object)
{
	free(object->btf.data);
	free(object->names);
	free(object);
}

static bool same(const struct object *a, const struct object *b)
{
	return a->btf.size == b->btf.size && a->names_size == b->names_size &&
	       (!a->btf.size || !memcmp(a->btf.data, b->btf.data, a->btf.size)) &&
	       (!a->names_size || !memcmp(a->names, b->names, a->names_size));
}

/* Add an object, or say that an equal one was opened again. */
static void enlist(struct object *object)
{
	struct object **link = &objects;

	while (*link && !same(*link, object))
		link = &(*link)->next;
	if (!*link) {
		*link = object;
	} else {
		free_object(object);
		object = *link;
	}
	if (object->opened != generation)
		object->opened = ++generation;
}

void bu_vmlinux_note_object(const void *image, size_t size)
{
	struct object *object;
	struct bu_elf elf;

	if (!bu_elf_open(&elf, image, size))
		return;
	object = copy_object(&elf);
	if (!object)
		return;
	pthread_mutex_lock(&noting);
	enlist(object);
	pthread_mutex_unlock(&noting);
}

/* What is being made. */
struct maker {
	struct bytes types, strings;
	u32 nr_types;      /* with void */
	const char **seen; /* hash set of names, of the noted objects' strings */
	u32 nr_seen, cap_seen;
};

static u32 hash(const char *name)
{
	u32 h = 2166136261u;

	for (; *name; name++)
		h = (h ^ (u8)*name) * 16777619;
	return h;
}

static const char **slot(struct maker *maker, const char *name)
{
	u32 i = hash(name);

	while (maker->seen[i & (maker->cap_seen - 1)] &&
	       strcmp(maker->seen[i & (maker->cap_seen - 1)], name))
		i++;
	return &maker->seen[i & (maker->cap_seen - 1)];
}

static void grow_seen(struct maker *maker)
{
	const char **old = maker->seen;
	u32 nr_old = maker->cap_seen;
	const char **seen = calloc(nr_old ? nr_old * 2 : 256, sizeof(*seen));

	if (!seen) {
		maker->types.failed = true;
		return;
	}
	maker->seen = seen;
	maker->cap_seen = nr_old ? nr_old * 2 : 256;
	for (u32 i = 0; i < nr_old; i++) {
		if (old[i])
			*slot(maker, old[i]) = old[i];
	}
	free(old);
}

static bool has_name(struct maker *maker, const char *name)
{
	return *name && maker->cap_seen && *slot(maker, name);
}

/* Remember a name for the older objects. */
static void add_name(struct maker *maker, const char *name)
{
	const char **place;

	if (maker->nr_seen * 2 >= maker->cap_seen)
		grow_seen(maker);
	if (maker->types.failed)
		return;
	place = slot(maker, name);
	maker->nr_seen += !*place;
	*place = name;
}

/* Whether CO-RE would take the name for a variant of another type's. */
static bool is_flavor(const char *name)
{
	const char *mark = strstr(name, "___");

	return mark && mark != name;
}

static bool is_data_type(u32 kind)
{
	return kind == BTF_KIND_STRUCT || kind == BTF_KIND_UNION || kind == BTF_KIND_ENUM ||
	       kind == BTF_KIND_ENUM64 || kind == BTF_KIND_TYPEDEF || kind == BTF_KIND_INT ||
	       kind == BTF_KIND_FLOAT;
}

/* Whether words[1] of each entry behind the type, or words[0] of a data section's, is a type id. */
static void shift_tail(u32 *words, u32 kind, u32 vlen, u32 ids, u32 strings)
{
	u32 stride = kind == BTF_KIND_FUNC_PROTO || kind == BTF_KIND_ENUM ? 2 : 3;

	if (kind == BTF_KIND_ARRAY) {
		words[0] += words[0] ? ids : 0;
		words[1] += words[1] ? ids : 0;
		return;
	}
	for (; vlen; vlen--, words += stride) {
		switch (kind) {
		case BTF_KIND_STRUCT:
		case BTF_KIND_UNION:
		case BTF_KIND_FUNC_PROTO:
			words[1] += words[1] ? ids : 0;
			words[0] += words[0] ? strings : 0;
			break;
		case BTF_KIND_ENUM:
		case BTF_KIND_ENUM64:
			words[0] += words[0] ? strings : 0;
			break;
		case BTF_KIND_DATASEC:
			words[0] += ids;
			break;
		default:
			return;
		}
	}
}

static bool refers(u32 kind)
{
	return kind != BTF_KIND_INT && kind != BTF_KIND_FLOAT && kind != BTF_KIND_FWD &&
	       kind != BTF_KIND_ARRAY && kind != BTF_KIND_STRUCT && kind != BTF_KIND_UNION &&
	       kind != BTF_KIND_ENUM && kind != BTF_KIND_ENUM64 && kind != BTF_KIND_DATASEC;
}

/* One type of an object, behind those made so far. `ids`: what its object's ids are shifted by. */
static void add_type(struct maker *maker, const struct object *object, u32 id, u32 ids, u32 strings)
{
	const struct btf_type *type = bu_btf_type(&object->btf, id);
	u32 kind = BTF_INFO_KIND(type->info), at = maker->types.size;
	struct btf_type *copy;

	append(&maker->types, type, sizeof(*type) + bu_btf_type_tail(type));
	if (maker->types.failed)
		return;
	copy = (struct btf_type *)(maker->types.data + at);
	if (object->nameless[id])
		copy->name_off = 0;
	copy->name_off += copy->name_off ? strings : 0;
	if (refers(kind) && copy->type)
		copy->type += ids;
	shift_tail((u32 *)(copy + 1), kind, BTF_INFO_VLEN(copy->info), ids, strings);
	maker->nr_types++;
}

static void add_object(struct maker *maker, const struct object *object)
{
	u32 ids = maker->nr_types - 1, strings = maker->strings.size;

	append(&maker->strings, object->btf.strings, object->btf.strings_size);
	for (u32 id = 1; id < object->btf.nr_types && !maker->types.failed; id++)
		add_type(maker, object, id, ids, strings);
}

static void add_named(struct maker *maker, const char *prefix, const char *name, u32 info, u32 type)
{
	struct btf_type made = { .name_off = maker->strings.size, .info = info, .type = type };

	append(&maker->strings, prefix, strlen(prefix));
	append(&maker->strings, name, strlen(name) + 1);
	append(&maker->types, &made, sizeof(made));
	maker->nr_types++;
}

#define INFO(kind, vlen) ((u32)(kind) << 24 | (vlen))

/* Sections that attach by BTF id: what their targets are called in the kernel's BTF. */
static const struct {
	const char *section, *prefix;
	u32 kind;
} targets[] = {
	{ "tp_btf/", "btf_trace_", BTF_KIND_TYPEDEF },
	{ "lsm/", "bpf_lsm_", BTF_KIND_FUNC },
	{ "lsm.s/", "bpf_lsm_", BTF_KIND_FUNC },
	{ "lsm_cgroup/", "bpf_lsm_", BTF_KIND_FUNC },
	{ "iter/", "bpf_iter_", BTF_KIND_FUNC },
	{ "iter.s/", "bpf_iter_", BTF_KIND_FUNC },
	{ "fentry/", "", BTF_KIND_FUNC },
	{ "fentry.s/", "", BTF_KIND_FUNC },
	{ "fexit/", "", BTF_KIND_FUNC },
	{ "fexit.s/", "", BTF_KIND_FUNC },
	{ "fmod_ret/", "", BTF_KIND_FUNC },
	{ "fmod_ret.s/", "", BTF_KIND_FUNC },
};

static void add_target(struct maker *maker, const char *section)
{
	section += *section == '?'; /* not loaded by default */
	for (size_t i = 0; i < BU_ARRAY_SIZE(targets); i++) {
		size_t len = strlen(targets[i].section);
		struct btf_type proto = { .info = INFO(BTF_KIND_FUNC_PROTO, 0) };

		if (strncmp(section, targets[i].section, len) || !section[len])
			continue;
		if (targets[i].kind == BTF_KIND_TYPEDEF) {
			add_named(maker, targets[i].prefix, section + len,
				  INFO(BTF_KIND_TYPEDEF, 0), 0);
			return;
		}
		append(&maker->types, &proto, sizeof(proto));
		maker->nr_types++;
		add_named(maker, targets[i].prefix, section + len, INFO(BTF_KIND_FUNC, 0),
			  maker->nr_types - 1);
		return;
	}
}

static void add_targets(struct maker *maker, const struct object *object)
{
	for (u32 at = 0; at < object->names_size; at += strlen(object->names + at) + 1)
		add_target(maker, object->names + at);
}

/* Decide which types of an object lose their names, given those of the objects opened after it. */
static void choose_names(struct maker *maker, struct object *object)
{
	u32 nr_types = object->btf.nr_types;

	for (u32 id = 1; id < nr_types; id++) {
		const struct btf_type *type = bu_btf_type(&object->btf, id);
		const char *name = bu_btf_string(&object->btf, type->name_off);

		object->nameless[id] =
			is_flavor(name) ||
			(is_data_type(BTF_INFO_KIND(type->info)) && has_name(maker, name));
	}
	for (u32 id = 1; id < nr_types; id++) {
		const struct btf_type *type = bu_btf_type(&object->btf, id);

		if (type->name_off && is_data_type(BTF_INFO_KIND(type->info)))
			add_name(maker, bu_btf_string(&object->btf, type->name_off));
	}
}

/* Objects whose BTF is malformed are left out: libbpf refuses them itself. */
static bool parse(struct object *object)
{
	if (!object->parsed && object->btf.data)
		object->sound = !bu_btf_parse(&object->btf);
	if (object->sound && !object->nameless)
		object->nameless = calloc(object->btf.nr_types, sizeof(*object->nameless));
	object->parsed = true;
	return object->sound && object->nameless;
}

static int by_recency(const void *a, const void *b)
{
	const struct object *one = *(struct object *const *)a, *other = *(struct object *const *)b;

	return one->opened < other->opened ? 1 : -1;
}

static void choose_all_names(struct maker *maker)
{
	struct object **recent;
	u32 count = 0, i = 0;

	for (struct object *object = objects; object; object = object->next)
		count += parse(object);
	recent = calloc(count ? count : 1, sizeof(*recent));
	if (!recent) {
		maker->types.failed = true;
		return;
	}
	for (struct object *object = objects; object && i < count; object = object->next) {
		if (parse(object))
			recent[i++] = object;
	}
	qsort(recent, count, sizeof(*recent), by_recency);
	for (i = 0; i < count; i++)
		choose_names(maker, recent[i]);
	free(recent);
}

static void add_all(struct maker *maker)
{
	choose_all_names(maker);
	for (struct object *object = objects; object; object = object->next) {
		if (parse(object))
			add_object(maker, object);
		add_targets(maker, object);
	}
}

static struct bu_btf *finish(struct maker *maker, struct bu_kernel *kernel)
{
	struct btf_header header = {
		.magic = BTF_MAGIC,
		.version = BTF_VERSION,
		.hdr_len = sizeof(header),
		.type_len = maker->types.size,
		.str_off = maker->types.size,
		.str_len = maker->strings.size,
	};
	struct bytes blob = { 0 };
	struct bu_btf *btf = NULL;
	int err;

	append(&blob, &header, sizeof(header));
	append(&blob, maker->types.data, maker->types.size);
	append(&blob, maker->strings.data, maker->strings.size);
	if (!blob.failed && !maker->types.failed && !maker->strings.failed)
		btf = bu_btf_create(kernel, blob.data, blob.size, &err);
	if (btf) {
		strcpy(btf->name, "vmlinux");
		btf->kernel_btf = true;
	}
	free(blob.data);
	return btf;
}

static struct bu_btf *make(struct bu_kernel *kernel)
{
	static const char int_name[] = "\0int"; /* there is always one type: empty BTF is refused */
	struct btf_type int_type = { .name_off = 1,
				     .info = INFO(BTF_KIND_INT, 0),
				     .size = sizeof(int) };
	u32 int_encoding = BTF_INT_SIGNED << 24 | 32;
	struct maker maker = { .nr_types = 2 };
	struct bu_btf *btf;

	append(&maker.strings, int_name, sizeof(int_name));
	append(&maker.types, &int_type, sizeof(int_type));
	append(&maker.types, &int_encoding, sizeof(int_encoding));
	add_all(&maker);
	btf = finish(&maker, kernel);
	free(maker.types.data);
	free(maker.strings.data);
	free(maker.seen);
	return btf;
}

struct bu_btf *bu_vmlinux_btf(struct bu_kernel *kernel)
{
	struct bu_btf *btf;

	pthread_mutex_lock(&noting);
	if (!kernel->vmlinux || kernel->vmlinux_generation != generation) {
		btf = make(kernel);
		if (btf) {
			if (kernel->vmlinux)
				bu_object_put(&kernel->vmlinux->object);
			kernel->vmlinux = btf;
			kernel->vmlinux_generation = generation;
		}
	}
	btf = kernel->vmlinux;
	pthread_mutex_unlock(&noting);
	return btf;
}
