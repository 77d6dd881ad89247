/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's symbols, as /proc/kallsyms lists them. There is no kernel text: a symbol exists
 * because an opened object names it (what a section attaches to, an extern in .ksyms), because it
 * is a function of the kernel's BTF, because BPFUNIT_KALLSYMS names a file that lists it, or
 * because a test added it. Addresses look like a kernel's, are given in the order in which names
 * become known and stay until the kernel ends.
 */
#ifndef BU_SYMBOLS_H
#define BU_SYMBOLS_H

#include "ebpf/base.h"

struct bu_kernel;
struct bu_symbols;

struct bu_symbol {
	const char *name;
	const char *module; /* NULL: the kernel's own */
	u64 address;
	char type;      /* as nm(1) tells it: 't', 'T', 'd', ... */
	bool duplicate; /* the name has further addresses */
};

/* The symbol of this name (a "module:" before it is skipped); NULL: none. */
const struct bu_symbol *bu_symbol_find(struct bu_kernel *kernel, const char *name);
/* The last symbol at or before the address, if the address can belong to it; NULL: none. */
const struct bu_symbol *bu_symbol_at(struct bu_kernel *kernel, u64 address);
/* How many bytes belong to it, as far as to the next symbol behind it. */
u64 bu_symbol_size(struct bu_kernel *kernel, const struct bu_symbol *symbol);
/* Whether programs can be attached there: it is text. */
bool bu_symbol_is_function(const struct bu_symbol *symbol);
/* Make a symbol, unless there is one of this name: type 'T' for functions, 'D' for data. 0, -EINVAL
 * for a name that is empty or has white space, or -ENOMEM. */
int bu_symbol_add(struct bu_kernel *kernel, const char *name, char type);
/* Call `visit` for each symbol in the order in which they became known until it returns other than
 * 0; that, or 0. */
int bu_symbol_for_each(struct bu_kernel *kernel,
		       int (*visit)(const struct bu_symbol *symbol, void *arg), void *arg);
/* The symbol at this place in that order; NULL: none behind it. */
const struct bu_symbol *bu_symbol_nth(struct bu_kernel *kernel, u64 n);
void bu_symbols_free(struct bu_symbols *symbols);

/* What the names of the functions of system calls begin with. */
#ifdef __aarch64__
#define BU_SYSCALL_PREFIX "__arm64_sys_"
#else
#define BU_SYSCALL_PREFIX "__x64_sys_"
#endif

/* How many bytes a synthetic symbol has. */
#define BU_SYMBOL_SIZE 64

#endif
