// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the loader programs of light skeletons call: bpf(2) itself, lookups of types and symbols.
 * Source: kernel/bpf/syscall.c, kernel/bpf/btf.c (6.12).
 *
 * Differs: where the kernel's BTF and symbols are those of the opened objects, a loader's object
 * counts as opened when it loads its BTF, and what it asks for as named by it.
 */
#include <string.h>
#include <unistd.h>

#include "ebpf/kernel.h"
#include "ebpf/link/symbols.h"
#include "ebpf/syscall.h"

static bool is_permitted(u32 cmd)
{
	switch (cmd) {
	case BPF_MAP_CREATE:
	case BPF_MAP_DELETE_ELEM:
	case BPF_MAP_UPDATE_ELEM:
	case BPF_MAP_FREEZE:
	case BPF_MAP_GET_FD_BY_ID:
	case BPF_PROG_LOAD:
	case BPF_BTF_LOAD:
	case BPF_LINK_CREATE:
	case BPF_RAW_TRACEPOINT_OPEN:
		return true;
	}
	return false;
}

BU_HELPER_3(sys_bpf, u32, cmd, union bpf_attr *, attr, u32, size)
{
	long result;

	if (!is_permitted(cmd))
		return -EINVAL;
	result = bu_sys_bpf(run->kernel, cmd, attr, size);
	if (cmd == BPF_BTF_LOAD && result >= 0)
		bu_vmlinux_note_types((const void *)attr->btf, attr->btf_size, NULL);
	return result;
}

BU_HELPER_1(sys_close, u32, fd)
{
	return close((int)fd) ? -errno : 0;
}

/* A string with its NUL; Source: the checks of both lookups. */
static bool is_name(const char *name, u32 size)
{
	return size > 1 && !name[size - 1];
}

static long find_type(struct bu_kernel *kernel, const char *name, u32 kind)
{
	const struct bu_btf *btf = bu_vmlinux_btf(kernel);

	for (u32 id = 1; btf && id < btf->nr_types; id++) {
		const struct btf_type *type = bu_btf_type(btf, id);

		if (BTF_INFO_KIND(type->info) == kind &&
		    !strcmp(bu_btf_string(btf, type->name_off), name))
			return id;
	}
	return -ENOENT;
}

BU_HELPER_4(btf_find_by_name_kind, const char *, name, u32, size, u32, kind, u32, flags)
{
	long id;

	if (flags || !is_name(name, size))
		return -EINVAL;
	id = find_type(run->kernel, name, kind);
	if (id > 0 || run->kernel->btf_choice != BU_BTF_OBJECTS)
		return id;
	bu_vmlinux_note_target(name, kind);
	return find_type(run->kernel, name, kind);
}

BU_HELPER_4(kallsyms_lookup_name, const char *, name, u32, size, u32, flags, u64 *, address)
{
	const struct bu_symbol *symbol;

	*address = 0;
	if (flags || !is_name(name, size))
		return -EINVAL;
	symbol = bu_symbol_find(run->kernel, name);
	if (!symbol && run->kernel->btf_choice == BU_BTF_OBJECTS &&
	    !bu_symbol_add(run->kernel, name, 'D'))
		symbol = bu_symbol_find(run->kernel, name);
	if (!symbol)
		return -ENOENT;
	*address = symbol->address;
	return 0;
}
