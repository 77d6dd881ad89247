/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The iterator over the kernel's symbols, as /proc/kallsyms lists them. Source: bpf_iter__ksym,
 * kernel/kallsyms.c (6.18, as run). Differs: no symbol is exported.
 */
#include "ebpf/kernel.h"
#include "ebpf/link/iter.h"
#include "ebpf/link/symbols.h"

#include <string.h>

static bool seek(struct bu_iter *iter)
{
	return bu_symbol_nth(iter->object.kernel, iter->id);
}

static void next(struct bu_iter *iter)
{
	iter->id++;
}

static bool fill(struct bu_iter *iter, struct bu_run *run, u64 *words, bool at_end)
{
	const struct bu_symbol *symbol;
	struct bu_kstruct made;

	if (at_end)
		return true;
	symbol = bu_symbol_nth(iter->object.kernel, iter->id);
	if (!bu_kstruct_make(run, "kallsym_iter", &made))
		return false;
	bu_kstruct_set(&made, "pos", iter->id);
	bu_kstruct_set(&made, "value", symbol->address);
	bu_kstruct_set(&made, "type", (u8)symbol->type);
	bu_kstruct_copy(&made, "name", symbol->name, (u32)strlen(symbol->name));
	if (symbol->module)
		bu_kstruct_copy(&made, "module_name", symbol->module, (u32)strlen(symbol->module));
	bu_kstruct_set(&made, "show_value", 1);
	words[0] = (u64)made.bytes;
	return true;
}

const struct bu_iter_target bu_iter_ksym = {
	.name = "ksym",
	.words = 2,
	.sleepable = true,
	.seek = seek,
	.next = next,
	.fill = fill,
};
