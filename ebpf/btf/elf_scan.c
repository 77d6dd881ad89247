/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading ELF images. Every offset is checked against the image before it is used, and headers are
 * copied out because an embedded image need not be aligned.
 */
#include "ebpf/btf/elf_scan.h"

#include <string.h>

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define HOST_ORDER ELFDATA2LSB
#else
#define HOST_ORDER ELFDATA2MSB
#endif

static bool inside(const struct bu_elf *elf, u64 offset, u64 size)
{
	return offset <= elf->size && size <= elf->size - offset;
}

static bool read_header(const struct bu_elf *elf, u32 i, Elf64_Shdr *header)
{
	u64 offset = elf->header.e_shoff + (u64)i * sizeof(*header);

	if (i >= elf->header.e_shnum || elf->header.e_shoff > elf->size ||
	    !inside(elf, offset, sizeof(*header)))
		return false;
	memcpy(header, elf->image + offset, sizeof(*header));
	return true;
}

bool bu_elf_open_any(struct bu_elf *elf, const void *image, size_t size)
{
	elf->image = image;
	elf->size = size;
	if (!image || size < sizeof(elf->header))
		return false;
	memcpy(&elf->header, image, sizeof(elf->header));
	if (memcmp(elf->header.e_ident, ELFMAG, SELFMAG) ||
	    elf->header.e_ident[EI_CLASS] != ELFCLASS64 ||
	    elf->header.e_ident[EI_DATA] != HOST_ORDER ||
	    elf->header.e_shentsize != sizeof(Elf64_Shdr))
		return false;
	return read_header(elf, elf->header.e_shstrndx, &elf->names) &&
	       inside(elf, elf->names.sh_offset, elf->names.sh_size);
}

bool bu_elf_open(struct bu_elf *elf, const void *image, size_t size)
{
	return bu_elf_open_any(elf, image, size) && elf->header.e_machine == EM_BPF;
}

/* A string of the table of section names, or "" when it does not end there. */
static const char *name_at(const struct bu_elf *elf, u32 offset)
{
	const char *names = (const char *)elf->image + elf->names.sh_offset;

	if (offset >= elf->names.sh_size ||
	    !memchr(names + offset, '\0', elf->names.sh_size - offset))
		return "";
	return names + offset;
}

bool bu_elf_section(const struct bu_elf *elf, u32 i, struct bu_elf_section *section)
{
	Elf64_Shdr header;
	bool has_data;

	if (!read_header(elf, i, &header))
		return false;
	has_data = header.sh_type != SHT_NOBITS && header.sh_type != SHT_NULL &&
		   inside(elf, header.sh_offset, header.sh_size);
	section->name = name_at(elf, header.sh_name);
	section->data = has_data ? elf->image + header.sh_offset : NULL;
	section->size = has_data ? header.sh_size : 0;
	section->code = header.sh_type == SHT_PROGBITS && header.sh_flags & SHF_EXECINSTR;
	return true;
}
