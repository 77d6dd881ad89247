/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Variables and functions of the kernel that programs name by type (extern ... __ksym): what their
 * addresses are. A variable is memory that programs can read, a copy for each CPU; tests write it.
 * A function has the address of its symbol, where there is nothing.
 */
#ifndef BU_KSYMS_H
#define BU_KSYMS_H

#include "ebpf/btf/btf.h"

struct bu_ksym {
	struct bu_ksym *next;
	char *name;
	u8 *memory;
	u32 size, stride; /* of a CPU's copy; distance of copies */
};

/* The address that an id of the kernel's BTF stands for; 0 with *error -EINVAL (neither a variable
 * nor a function, or of no size), -ENOMEM. */
u64 bu_ksym_address(struct bu_kernel *kernel, u32 btf_id, int *error);
/* A variable by name; NULL: no loaded program names it. */
struct bu_ksym *bu_ksym_find(struct bu_kernel *kernel, const char *name);
/* The copy of a CPU, given the address of the variable; NULL: no such variable or CPU. */
void *bu_ksym_of_cpu(struct bu_kernel *kernel, const void *address, u32 cpu);
void bu_ksyms_free(struct bu_kernel *kernel);

#endif
