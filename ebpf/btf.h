/* SPDX-License-Identifier: BSD-2-Clause */
/* Type information: blobs that BTF_LOAD brought, and the kernel's own ("vmlinux"). Parsing is
 * libbpf's. */
#ifndef BU_BTF_H
#define BU_BTF_H

#include "ebpf/object.h"

#include <linux/btf.h>

struct btf; /* libbpf's */

struct bu_btf {
	struct bu_object object;
	void *data; /* raw BTF, as loaded */
	u32 size;
	u32 *types;   /* offset in data of each type, by id (0: void, no type) */
	u32 nr_types; /* with void */
	const char *strings;
	u32 strings_size;
	char name[BU_OBJ_NAME_LEN]; /* "vmlinux", or empty */
	bool kernel_btf;
	struct btf *parsed; /* by bu_btf_parsed() */
};

/* A new BTF object with one reference; -EINVAL when it is malformed. Copies `data`. */
struct bu_btf *bu_btf_create(struct bu_kernel *kernel, const void *data, u32 size, int *error);
/* Check btf->data and btf->size and fill in types (malloc'ed) and strings: 0, -EINVAL, -E2BIG,
 * -ENOMEM. */
int bu_btf_parse(struct bu_btf *btf);
/* libbpf's view, made when first asked for; NULL when it cannot be parsed. Owned by `btf`. */
struct btf *bu_btf_parsed(struct bu_btf *btf);
/* A string of the blob's string section without parsing the rest; NULL when out of range. */
const char *bu_btf_string(const struct bu_btf *btf, u32 offset);

/* A type; NULL for void and ids out of range. */
const struct btf_type *bu_btf_type(const struct bu_btf *btf, u32 id);
/* The type behind const, volatile, typedef, ...; NULL for void. */
const struct btf_type *bu_btf_skip_modifiers(const struct bu_btf *btf, u32 id);
/* Bytes of a value of the type, or -EINVAL. */
s64 bu_btf_size_of(const struct bu_btf *btf, u32 id);

/* Where the first and the number of bytes behind a type's struct btf_type are: size of what
 * follows, or -EINVAL for an unknown kind. */
s64 bu_btf_type_tail(const struct btf_type *type);

/*
 * The kernel's BTF is synthetic: made of the types of the objects that this process has opened, so
 * that CO-RE relocates against the layout the objects were compiled with, whatever the host runs. A
 * struct of which several objects know different fields has them all (ebpf/btf_merge.c). Types
 * named `x___flavor` cannot be targets. Made when /sys/kernel/btf/vmlinux is first read after a new
 * object was opened; ids and offsets of fields stay.
 */
void bu_vmlinux_note_object(const void *elf, size_t size); /* an ELF image that libbpf opens */
/* Drop what was noted since this kernel was made. */
void bu_vmlinux_forget(const struct bu_kernel *kernel);
struct bu_btf *
bu_vmlinux_btf(struct bu_kernel *kernel); /* NULL when there is none; not referenced */

#endif
