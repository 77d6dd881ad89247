/* SPDX-License-Identifier: BSD-2-Clause */
/* Type information: blobs that BTF_LOAD brought, and the kernel's own ("vmlinux"). Parsing is
 * libbpf's. */
#ifndef BU_BTF_H
#define BU_BTF_H

#include "ebpf/object.h"

#include <linux/btf.h>

struct btf; /* libbpf's */

enum bu_btf_choice { /* what the kernel's own BTF is */
		     BU_BTF_UNSET,
		     BU_BTF_OBJECTS,
		     BU_BTF_FILE,
		     BU_BTF_NONE,
};

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
	u32 *names;         /* by bu_btf_find() */
	/* Whose data, types and strings these are: of a file that was read once for all kernels of
	 * the process. NULL: its own. */
	struct bu_btf *shared;
};

/* A new BTF object with one reference; -EINVAL when it is malformed. Copies `data`. */
struct bu_btf *bu_btf_create(struct bu_kernel *kernel, const void *data, u32 size, int *error);
/* Make a zeroed struct an object of the kernel, with one reference. 0, -ENOMEM. */
int bu_btf_init(struct bu_btf *btf, struct bu_kernel *kernel);
/* Check btf->data and btf->size and fill in types (malloc'ed) and strings: 0, -EINVAL, -E2BIG,
 * -ENOMEM. */
int bu_btf_parse(struct bu_btf *btf);
/* Of bu_btf_parse() only the last part: find the types, which fit the section. 0, -EINVAL, -E2BIG,
 * -ENOMEM. */
int bu_btf_index(struct bu_btf *btf);
/* libbpf's view, made when first asked for; NULL when it cannot be parsed. Owned by `btf`. */
struct btf *bu_btf_parsed(struct bu_btf *btf);
/* A string of the blob's string section without parsing the rest; NULL when out of range. */
const char *bu_btf_string(const struct bu_btf *btf, u32 offset);

/* The first type of this name and kind: its id, or 0. The names of many types are put into a table
 * when first asked for. */
u32 bu_btf_find(struct bu_btf *btf, const char *name, u32 kind);
/* Release all but the struct. */
void bu_btf_drop(struct bu_btf *btf);

/* A type; NULL for void and ids out of range. */
const struct btf_type *bu_btf_type(const struct bu_btf *btf, u32 id);
/* The type behind const, volatile, typedef, ...; NULL for void. */
const struct btf_type *bu_btf_skip_modifiers(const struct bu_btf *btf, u32 id);
/* Bytes of a value of the type, or -EINVAL. */
s64 bu_btf_size_of(const struct bu_btf *btf, u32 id);

/* Where the first and the number of bytes behind a type's struct btf_type are: size of what
 * follows, or -EINVAL for an unknown kind. */
s64 bu_btf_type_tail(const struct btf_type *type);

/* A struct that the kernel looks for in others. */
struct bu_btf_special {
	const char *name;
	u32 size, align;
};
/* How many of them a struct has, also in structs within; `offset`: of the last. */
u32 bu_btf_find_special(const struct bu_btf *btf, const struct bu_btf_special *special, u32 type_id,
			u32 *offset);

/*
 * The kernel's BTF has id 1. It is one of:
 *
 * - synthetic (the default): made of the types of the objects that this process has opened, so that
 *   CO-RE relocates against the layout the objects were compiled with, whatever the host runs. A
 *   struct of which several objects know different fields has them all (ebpf/btf/btf_merge.c).
 * Types named `x___flavor` cannot be targets. Made when first needed after a new object was opened;
 * ids and offsets of fields stay.
 * - a file's (ebpf/btf/btf_file.h);
 * - none: a kernel without BTF.
 */
void bu_vmlinux_note_object(const void *elf, size_t size); /* an ELF image that libbpf opens */
/* The same of an object of which only the BTF is known, or (NULL) a section. */
void bu_vmlinux_note_types(const void *btf, u32 size, const char *section);
/* An attach target, as an object's section would name it: a function, or a typedef btf_trace_... */
void bu_vmlinux_note_target(const char *name, u32 kind);
/* Drop what was noted since this kernel was made. */
void bu_vmlinux_forget(const struct bu_kernel *kernel);
/* A new kernel gets its BTF object, still empty. 0, -ENOMEM. */
int bu_vmlinux_init(struct bu_kernel *kernel);
/* Choose: "objects", "host", "none" or a path; NULL: what the environment's BPFUNIT_BTF says, else
 * "objects". 0; -EBUSY: a program refers to the present one by id; or why the file cannot be used.
 * Then `message` says what is wrong, and what was chosen before remains. */
int bu_vmlinux_choose(struct bu_kernel *kernel, const char *what, char *message, size_t size);
/* NULL when there is none; not referenced. Without a choice before: BPFUNIT_BTF; if that cannot be
 * used there is none, and a note. */
struct bu_btf *bu_vmlinux_btf(struct bu_kernel *kernel);
/* How messages call it: "the opened objects", "'/boot/vmlinux.btf'". */
const char *bu_vmlinux_title(const struct bu_kernel *kernel, char *text, size_t size);

#endif
