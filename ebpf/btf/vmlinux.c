/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's BTF: that of a file, or made of what the process's BPF objects say about the kernel:
 * the types of each object that libbpf opened, and a function or typedef for each attach target
 * that a section's name spells out, joined (ebpf/btf/btf_join.h).
 *
 * The list of noted objects is the process's, for libbpf may open objects before the kernel exists.
 * Those that are opened while there is one are forgotten with it: its successors know nothing of
 * them.
 */
#include "ebpf/btf/btf_file.h"
#include "ebpf/btf/btf_join.h"
#include "ebpf/btf/elf_scan.h"
#include "ebpf/kernel.h"
#include "ebpf/prog/prog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct bu_btf_source *sources; /* oldest first */
static u32 generation = 1;            /* how often the list changed, and 1 */
static pthread_mutex_t noting = PTHREAD_MUTEX_INITIALIZER;

static void free_source(struct bu_btf_source *source)
{
	free(source->btf.types);
	free(source->btf.data);
	free((char *)source->sections);
	free(source->image);
	free(source);
}

/* What is kept of an object. Its BTF is left out when it is malformed: libbpf refuses it itself. */
static struct bu_btf_source *copy_object(const struct bu_elf *elf)
{
	struct bu_btf_source *source = calloc(1, sizeof(*source));
	struct bu_bytes sections = { 0 }, btf = { 0 };
	struct bu_elf_section section;

	if (!source)
		return NULL;
	for (u32 i = 0; bu_elf_section(elf, i, &section); i++) {
		if (section.code)
			bu_bytes_add(&sections, section.name, strlen(section.name) + 1);
		if (!strcmp(section.name, ".BTF") && section.data && !btf.size &&
		    section.size < UINT32_MAX / 4)
			bu_bytes_add(&btf, section.data, section.size);
	}
	source->image = malloc(elf->size);
	if (source->image) {
		memcpy(source->image, elf->image, elf->size);
		source->image_size = elf->size;
	}
	source->btf.data = btf.data;
	source->btf.size = btf.size;
	source->sections = (char *)sections.data;
	source->sections_size = sections.size;
	return source;
}

static void parse(struct bu_btf_source *source)
{
	if (source->btf.data && !bu_btf_parse(&source->btf))
		return;
	source->btf.nr_types = 0;
	source->btf.strings_size = 0;
}

static bool same_bytes(const void *a, size_t size, const void *b, size_t other)
{
	return size == other && (!size || !memcmp(a, b, size));
}

/* Of some no image is known. */
static bool same(const struct bu_btf_source *a, const struct bu_btf_source *b)
{
	return same_bytes(a->image, a->image_size, b->image, b->image_size) &&
	       same_bytes(a->btf.data, a->btf.size, b->btf.data, b->btf.size) &&
	       same_bytes(a->sections, a->sections_size, b->sections, b->sections_size);
}

/* Add an object unless an equal one is there. */
static void enlist(struct bu_btf_source *source)
{
	struct bu_btf_source **link = &sources;

	while (*link && !same(*link, source))
		link = &(*link)->next;
	if (*link) {
		free_source(source);
		return;
	}
	parse(source);
	source->kernel = bu_kernel_if_any();
	*link = source;
	generation++;
}

void bu_vmlinux_note_object(const void *image, size_t size)
{
	struct bu_btf_source *source;
	struct bu_elf elf;

	if (!bu_elf_open(&elf, image, size))
		return;
	source = copy_object(&elf);
	if (!source)
		return;
	pthread_mutex_lock(&noting);
	enlist(source);
	pthread_mutex_unlock(&noting);
}

void bu_vmlinux_note_types(const void *btf, u32 size, const char *section)
{
	struct bu_btf_source *source = calloc(1, sizeof(*source));
	struct bu_bytes sections = { 0 }, types = { 0 };

	if (!source)
		return;
	if (section)
		bu_bytes_add(&sections, section, strlen(section) + 1);
	if (btf)
		bu_bytes_add(&types, btf, size);
	source->btf.data = types.data;
	source->btf.size = types.size;
	source->sections = (char *)sections.data;
	source->sections_size = sections.size;
	pthread_mutex_lock(&noting);
	enlist(source);
	pthread_mutex_unlock(&noting);
}

void bu_vmlinux_note_target(const char *name, u32 kind)
{
	static const struct {
		const char *prefix, *section;
		u32 kind;
	} targets[] = {
		{ "btf_trace_", "tp_btf/", BTF_KIND_TYPEDEF },
		{ "bpf_lsm_", "lsm/", BTF_KIND_FUNC },
		{ "bpf_iter_", "iter/", BTF_KIND_FUNC },
		{ "", "fentry/", BTF_KIND_FUNC },
	};
	char section[256];

	for (size_t i = 0; i < BU_ARRAY_SIZE(targets); i++) {
		size_t len = strlen(targets[i].prefix);

		if (kind != targets[i].kind || strncmp(name, targets[i].prefix, len) != 0)
			continue;
		snprintf(section, sizeof(section), "%s%.200s", targets[i].section, name + len);
		bu_vmlinux_note_types(NULL, 0, section);
		return;
	}
}

void bu_vmlinux_forget(const struct bu_kernel *kernel)
{
	pthread_mutex_lock(&noting);
	for (struct bu_btf_source **link = &sources; *link;) {
		struct bu_btf_source *source = *link;

		if (source->kernel != kernel) {
			link = &source->next;
			continue;
		}
		*link = source->next;
		free_source(source);
		generation++;
	}
	pthread_mutex_unlock(&noting);
}

int bu_vmlinux_init(struct bu_kernel *kernel)
{
	struct bu_btf *btf = calloc(1, sizeof(*btf));
	int err = btf ? bu_btf_init(btf, kernel) : -ENOMEM;

	if (err) {
		free(btf);
		return err;
	}
	strcpy(btf->name, "vmlinux");
	btf->kernel_btf = true;
	kernel->vmlinux = btf;
	return 0;
}

/* The object stays, with its id and references; its types are others. */
static void replace(struct bu_kernel *kernel, const struct bu_btf *types)
{
	struct bu_btf *btf = kernel->vmlinux;

	bu_btf_drop(btf);
	btf->data = types->data;
	btf->size = types->size;
	btf->types = types->types;
	btf->nr_types = types->nr_types;
	btf->strings = types->strings;
	btf->strings_size = types->strings_size;
}

static void make_of_objects(struct bu_kernel *kernel)
{
	struct bu_bytes blob = { 0 };
	struct bu_btf types = { 0 };

	if (kernel->vmlinux->data && kernel->vmlinux_generation == generation)
		return;
	if (bu_btf_join(sources, &blob)) {
		free(blob.data);
		return;
	}
	types.data = blob.data;
	types.size = blob.size;
	if (bu_btf_parse(&types)) {
		bu_btf_drop(&types);
		return;
	}
	replace(kernel, &types);
	kernel->vmlinux_generation = generation;
}

static void drop(struct bu_kernel *kernel)
{
	if (kernel->vmlinux)
		bu_object_put(&kernel->vmlinux->object);
	kernel->vmlinux = NULL;
}

/* Whoever remembers something of the types sees by the number that they are others. */
static void use_file(struct bu_kernel *kernel, struct bu_btf *file)
{
	replace(kernel, file);
	kernel->vmlinux->shared = file;
	kernel->vmlinux_generation = ++generation;
}

/* An id means something only in the BTF that it was looked up in. */
static bool refers_to_ids(const struct bu_kernel *kernel)
{
	struct bu_kernel *any = (struct bu_kernel *)kernel;

	for (u32 id = 0; (id = bu_object_next_id(any, BU_OBJECT_PROG, id));) {
		struct bu_object *object = bu_object_by_id(any, BU_OBJECT_PROG, id);

		if (bu_container_of(object, struct bu_prog, object)->attach_btf_id)
			return true;
	}
	return false;
}

static int choose(struct bu_kernel *kernel, const char *what, char *message, size_t size)
{
	struct bu_btf *file = NULL;
	bool objects = !strcmp(what, "objects"), none = !strcmp(what, "none");
	int err = 0;

	if (!objects && !none)
		file = bu_btf_file(what, &err, message, size);
	if (!err && !none && !kernel->vmlinux)
		err = bu_vmlinux_init(kernel);
	if (err)
		return err;
	if (none)
		drop(kernel);
	else if (file)
		use_file(kernel, file);
	else
		bu_btf_drop(kernel->vmlinux);
	kernel->btf_choice = none ? BU_BTF_NONE : objects ? BU_BTF_OBJECTS : BU_BTF_FILE;
	return 0;
}

int bu_vmlinux_choose(struct bu_kernel *kernel, const char *what, char *message, size_t size)
{
	int err;

	if (!what)
		what = getenv("BPFUNIT_BTF");
	if (!what || !*what)
		what = "objects";
	snprintf(message, size, "%s", strerror(ENOMEM));
	if (refers_to_ids(kernel)) {
		snprintf(message, size,
			 "a program that is loaded refers to the present kernel BTF: choose '%s' "
			 "before loading",
			 what);
		return -EBUSY;
	}
	pthread_mutex_lock(&noting);
	err = choose(kernel, what, message, size);
	pthread_mutex_unlock(&noting);
	return err;
}

static void choose_by_environment(struct bu_kernel *kernel)
{
	char message[512];

	if (!bu_vmlinux_choose(kernel, NULL, message, sizeof(message)))
		return;
	bu_note(kernel, "%s", message);
	drop(kernel);
	kernel->btf_choice = BU_BTF_NONE;
}

struct bu_btf *bu_vmlinux_btf(struct bu_kernel *kernel)
{
	if (kernel->btf_choice == BU_BTF_UNSET)
		choose_by_environment(kernel);
	if (kernel->btf_choice == BU_BTF_NONE)
		return NULL;
	if (kernel->btf_choice == BU_BTF_OBJECTS) {
		pthread_mutex_lock(&noting);
		make_of_objects(kernel);
		pthread_mutex_unlock(&noting);
	}
	return kernel->vmlinux->data ? kernel->vmlinux : NULL;
}

const char *bu_vmlinux_title(const struct bu_kernel *kernel, char *text, size_t size)
{
	if (kernel->btf_choice == BU_BTF_FILE)
		snprintf(text, size, "BTF '%s'", bu_btf_file_path(kernel->vmlinux->shared));
	else if (kernel->btf_choice == BU_BTF_NONE)
		snprintf(text, size, "a kernel without BTF");
	else
		snprintf(text, size, "the BTF of the opened objects");
	return text;
}

u32 bu_vmlinux_generation(void)
{
	return __atomic_load_n(&generation, __ATOMIC_ACQUIRE);
}

int bu_vmlinux_for_each_source(int (*visit)(const struct bu_btf_source *source, void *arg),
			       void *arg)
{
	int result = 0;

	pthread_mutex_lock(&noting);
	for (const struct bu_btf_source *source = sources; !result && source; source = source->next)
		result = visit(source, arg);
	pthread_mutex_unlock(&noting);
	return result;
}
