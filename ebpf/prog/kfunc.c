// SPDX-License-Identifier: BSD-2-Clause
/*
 * Numbers of kernel functions: rows of the table first, then, in order of appearance, names that
 * have no row. A number stays with its name until the kernel ends.
 */
#include "ebpf/prog/kfunc.h"

#include "ebpf/kernel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX "bpf_"

/* Rows leave the common prefix out. */
static u32 row_of(const char *name)
{
	if (strncmp(name, PREFIX, strlen(PREFIX)) != 0)
		return 0;
	for (u32 id = BU_HELPER_MAX; bu_helper_of(id)->name; id++) {
		if (!strcmp(bu_helper_of(id)->name, name + strlen(PREFIX)))
			return id;
	}
	return 0;
}

static u32 rows(void)
{
	u32 id = BU_HELPER_MAX;

	while (bu_helper_of(id)->name)
		id++;
	return id - BU_HELPER_MAX;
}

static u32 add_name(struct bu_kernel *kernel, u32 first, const char *name)
{
	char **names;

	if (first + kernel->nr_kfuncs >= BU_CALLEE_MAX)
		return 0;
	names = reallocarray(kernel->kfuncs, kernel->nr_kfuncs + 1, sizeof(*names));
	if (!names)
		return 0;
	kernel->kfuncs = names;
	names[kernel->nr_kfuncs] = strdup(name);
	return names[kernel->nr_kfuncs] ? first + kernel->nr_kfuncs++ : 0;
}

u32 bu_kfunc_id(struct bu_kernel *kernel, const char *name)
{
	u32 id = row_of(name), first = BU_HELPER_MAX + rows();

	if (id)
		return id;
	for (u32 i = 0; i < kernel->nr_kfuncs; i++) {
		if (!strcmp(kernel->kfuncs[i], name))
			return first + i;
	}
	return add_name(kernel, first, name);
}

const char *bu_kfunc_name(const struct bu_kernel *kernel, u32 id, char *text, size_t size)
{
	u32 i = id - BU_HELPER_MAX - rows();

	if (id < BU_HELPER_MAX)
		return NULL;
	if (bu_helper_of(id)->name)
		snprintf(text, size, PREFIX "%s", bu_helper_of(id)->name);
	else if (i < kernel->nr_kfuncs)
		snprintf(text, size, "%s", kernel->kfuncs[i]);
	else
		return NULL;
	return text;
}

const char *bu_kfunc_of_btf(struct bu_kernel *kernel, u32 btf_id)
{
	struct bu_btf *vmlinux = bu_vmlinux_btf(kernel);
	const struct btf_type *type = vmlinux ? bu_btf_type(vmlinux, btf_id) : NULL;

	if (!type || BTF_INFO_KIND(type->info) != BTF_KIND_FUNC)
		return NULL;
	return bu_btf_string(vmlinux, type->name_off);
}

void bu_kfunc_free(struct bu_kernel *kernel)
{
	while (kernel->nr_kfuncs)
		free(kernel->kfuncs[--kernel->nr_kfuncs]);
	free(kernel->kfuncs);
	kernel->kfuncs = NULL;
}
