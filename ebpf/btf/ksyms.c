// SPDX-License-Identifier: BSD-2-Clause
/*
 * Source: check_pseudo_btf_id(), kernel/bpf/verifier.c; bpf_per_cpu_ptr(), kernel/bpf/helpers.c
 * (6.12). Differs: variables begin as zeroes, and each has a copy for every CPU, the first of which
 * is the variable itself.
 */
#include "ebpf/btf/ksyms.h"

#include "ebpf/kernel.h"
#include "ebpf/link/symbols.h"

#include <stdlib.h>
#include <string.h>

#define RED_ZONE 32 /* between copies */

struct bu_ksym *bu_ksym_find(struct bu_kernel *kernel, const char *name)
{
	struct bu_ksym *sym = kernel->ksyms;

	while (sym && strcmp(sym->name, name) != 0)
		sym = sym->next;
	return sym;
}

static bool allocate(struct bu_kernel *kernel, struct bu_ksym *sym)
{
	struct bu_region_info info = {
		.kind = BU_REGION_KOBJ,
		.label = sym->name,
		.elem_size = sym->size,
		.stride = sym->stride,
	};
	u64 size = (u64)sym->stride * kernel->nr_cpus;

	sym->memory = bu_arena_alloc(&kernel->arena, size, BU_NONE, &info);
	if (!sym->memory)
		return false;
	for (u32 cpu = 0; cpu < kernel->nr_cpus; cpu++)
		bu_arena_set_access(&kernel->arena, sym->memory + (u64)cpu * sym->stride, sym->size,
				    BU_READ);
	return true;
}

static struct bu_ksym *make(struct bu_kernel *kernel, const char *name, u32 size)
{
	struct bu_ksym *sym = calloc(1, sizeof(*sym));

	if (!sym)
		return NULL;
	sym->name = strdup(name);
	sym->size = size;
	sym->stride = BU_ROUND_UP(size, 16) + RED_ZONE;
	if (!sym->name || !allocate(kernel, sym)) {
		free(sym->name);
		free(sym);
		return NULL;
	}
	sym->next = kernel->ksyms;
	kernel->ksyms = sym;
	return sym;
}

static u64 variable(struct bu_kernel *kernel, const char *name, s64 size, int *error)
{
	struct bu_ksym *sym = bu_ksym_find(kernel, name);

	*error = size <= 0 || size > INT32_MAX / 64 ? -EINVAL : 0;
	if (!sym && !*error) {
		sym = make(kernel, name, size);
		*error = sym ? 0 : -ENOMEM;
	}
	return *error ? 0 : (u64)sym->memory;
}

static u64 function(struct bu_kernel *kernel, const char *name, int *error)
{
	const struct bu_symbol *symbol = bu_symbol_find(kernel, name);

	*error = symbol ? 0 : bu_symbol_add(kernel, name, 'T');
	if (!symbol && !*error)
		symbol = bu_symbol_find(kernel, name);
	return symbol ? symbol->address : 0;
}

u64 bu_ksym_address(struct bu_kernel *kernel, u32 btf_id, int *error)
{
	struct bu_btf *btf = bu_vmlinux_btf(kernel);
	const struct btf_type *type = btf ? bu_btf_type(btf, btf_id) : NULL;
	u32 kind = type ? BTF_INFO_KIND(type->info) : BTF_KIND_UNKN;

	*error = -EINVAL;
	if (kind == BTF_KIND_FUNC)
		return function(kernel, bu_btf_string(btf, type->name_off), error);
	if (kind == BTF_KIND_VAR)
		return variable(kernel, bu_btf_string(btf, type->name_off),
				bu_btf_size_of(btf, type->type), error);
	return 0;
}

void *bu_ksym_of_cpu(struct bu_kernel *kernel, const void *address, u32 cpu)
{
	for (struct bu_ksym *sym = kernel->ksyms; sym; sym = sym->next) {
		if (sym->memory == address)
			return cpu < kernel->nr_cpus ? sym->memory + (u64)cpu * sym->stride : NULL;
	}
	return NULL;
}

void bu_ksyms_free(struct bu_kernel *kernel)
{
	while (kernel->ksyms) {
		struct bu_ksym *sym = kernel->ksyms;

		kernel->ksyms = sym->next;
		free(sym->name);
		free(sym);
	}
}
