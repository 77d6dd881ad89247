/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * BTF of several objects joined into one. Ids and the offsets of fields keep their meaning when
 * more objects are added at the end: the first definition of a name stays, what later ones have
 * more is appended to it.
 */
#ifndef BU_BTF_JOIN_H
#define BU_BTF_JOIN_H

#include "ebpf/btf/btf.h"

struct bu_bytes { /* a growing array */
	u8 *data;
	u32 size, capacity;
	bool failed; /* out of memory: what was added is not all there */
};

void bu_bytes_add(struct bu_bytes *bytes, const void *data, u32 size);

struct bu_btf_source;

struct bu_btf_more { /* a later definition of a named type */
	struct bu_btf_more *next;
	const struct bu_btf_source *source;
	u32 id;
};

struct bu_btf_source { /* what an object brings */
	struct bu_btf_source *next;
	const struct bu_kernel *kernel; /* that there was when it was noted; NULL: none */
	struct bu_btf
		btf; /* its .BTF section; no object of a kernel; no types: none, or malformed */
	const char *sections; /* names of its code sections, each NUL-terminated */
	u32 sections_size;
	u8 *image; /* the whole file, for ebpf/btf/core_relo.c */
	size_t image_size;
	/* The join's own */
	u32 ids, strings;          /* what its ids and offsets of strings are shifted by */
	bool *nameless;            /* by id: the type loses its name */
	struct bu_btf_more **more; /* by id: later definitions of the type */
};

/* Call `visit` for each noted object, oldest first, until it returns other than 0; that, or 0. It
 * must not note objects or ask for the kernel's BTF. */
int bu_vmlinux_for_each_source(int (*visit)(const struct bu_btf_source *source, void *arg),
			       void *arg);
/* Changes whenever the noted objects do; never 0. */
u32 bu_vmlinux_generation(void);

/* A blob with the types of all sources and their attach targets. 0, or -ENOMEM. */
int bu_btf_join(struct bu_btf_source *first, struct bu_bytes *blob);

/* Add the type that `id` names in `source` to `types`, with the fields that source->more[id] has
 * more. */
void bu_btf_add_merged(struct bu_bytes *types, const struct bu_btf_source *source, u32 id);
/* Shift the ids and strings behind a type's struct btf_type. */
void bu_btf_shift_tail(struct btf_type *type, const struct bu_btf_source *source);

#endif
