/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's BTF, made of what the process's BPF objects say about the kernel: the types of each
 * object that libbpf opened, and a function or typedef for each attach target that a section's name
 * spells out, joined (ebpf/btf_join.h).
 *
 * The list of noted objects is the process's, for libbpf may open objects before the kernel exists.
 * Those that are opened while there is one are forgotten with it: its successors know nothing of
 * them.
 */
#include "ebpf/btf_join.h"
#include "ebpf/elf_scan.h"
#include "ebpf/kernel.h"

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

static bool same(const struct bu_btf_source *a, const struct bu_btf_source *b)
{
	return a->btf.size == b->btf.size && a->sections_size == b->sections_size &&
	       (!a->btf.size || !memcmp(a->btf.data, b->btf.data, a->btf.size)) &&
	       (!a->sections_size || !memcmp(a->sections, b->sections, a->sections_size));
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

static struct bu_btf *make(struct bu_kernel *kernel)
{
	struct bu_bytes blob = { 0 };
	struct bu_btf *btf = NULL;
	int err = bu_btf_join(sources, &blob);

	if (!err)
		btf = bu_btf_create(kernel, blob.data, blob.size, &err);
	if (btf) {
		strcpy(btf->name, "vmlinux");
		btf->kernel_btf = true;
	}
	free(blob.data);
	return btf;
}

static void replace(struct bu_kernel *kernel, struct bu_btf *btf)
{
	if (kernel->vmlinux)
		bu_object_put(&kernel->vmlinux->object);
	kernel->vmlinux = btf;
	kernel->vmlinux_generation = generation;
}

struct bu_btf *bu_vmlinux_btf(struct bu_kernel *kernel)
{
	struct bu_btf *btf;

	pthread_mutex_lock(&noting);
	if (!kernel->vmlinux || kernel->vmlinux_generation != generation) {
		btf = make(kernel);
		if (btf)
			replace(kernel, btf);
	}
	btf = kernel->vmlinux;
	pthread_mutex_unlock(&noting);
	return btf;
}
