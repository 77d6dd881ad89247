/* SPDX-License-Identifier: BSD-2-Clause */
/* Sections of a BPF object's ELF image, by a walk that believes nothing the image says. */
#ifndef BU_ELF_SCAN_H
#define BU_ELF_SCAN_H

#include "ebpf/base.h"

#include <elf.h>

struct bu_elf_section {
	const char *name; /* inside the image, NUL-terminated there */
	const u8 *data;   /* NULL when it lies outside the image, or has none */
	u64 size;
	bool code; /* holds instructions */
};

struct bu_elf {
	const u8 *image;
	size_t size;
	Elf64_Ehdr header;
	Elf64_Shdr names;
};

/* Whether the image is a 64-bit ELF of BPF in the host's byte order with a table of sections. */
bool bu_elf_open(struct bu_elf *elf, const void *image, size_t size);
/* The same of any machine: a kernel's image, a module. */
bool bu_elf_open_any(struct bu_elf *elf, const void *image, size_t size);
/* Section `i`; false: there are no more. A damaged one has an empty name and no data. */
bool bu_elf_section(const struct bu_elf *elf, u32 i, struct bu_elf_section *section);

#endif
