/* SPDX-License-Identifier: BSD-2-Clause */
/* Checks of ELF headers, each against the file's size before it is read, and of BTF; see
 * object_file.h. */
#include "framework/object_file.h"

#include "ebpf/btf/btf.h"
#include "ebpf/btf/elf_scan.h"

#include <elf.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HOST_DATA (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB)

struct file {
	int fd;
	u64 size;
	char *reason;
	Elf64_Ehdr header;
};

static int refuse(struct file *file, int error, const char *format, ...) BU_PRINTF(3, 4);
static int refuse(struct file *file, int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(file->reason, BU_OBJECT_FILE_REASON, format, args);
	va_end(args);
	return error;
}

static int read_at(struct file *file, void *to, size_t size, u64 offset)
{
	ssize_t got = pread(file->fd, to, size, offset);

	if (got == (ssize_t)size)
		return 0;
	return refuse(file, -EIO, "%s", got < 0 ? strerror(errno) : "the file has become shorter");
}

static int check_identity(struct file *file)
{
	const unsigned char *ident = file->header.e_ident;

	if (file->size < SELFMAG || memcmp(ident, ELFMAG, SELFMAG))
		return refuse(file, -ENOEXEC, "not an ELF file (%llu bytes)",
			      (unsigned long long)file->size);
	if (file->size < sizeof(file->header))
		return refuse(file, -ENOEXEC,
			      "truncated: it ends at byte %llu, within the ELF header",
			      (unsigned long long)file->size);
	if (ident[EI_CLASS] != ELFCLASS64)
		return refuse(file, -ENOEXEC, "a 32-bit ELF file; BPF objects are 64-bit");
	if (ident[EI_DATA] != HOST_DATA)
		return refuse(file, -ENOEXEC,
			      "wrong byte order: a %s-endian object on a %s-endian machine "
			      "(compile with clang -target bpf)",
			      ident[EI_DATA] == ELFDATA2MSB ? "big" : "little",
			      HOST_DATA == ELFDATA2MSB ? "big" : "little");
	if (file->header.e_machine != EM_BPF && file->header.e_machine != EM_NONE)
		return refuse(file, -ENOEXEC,
			      "an ELF file for another machine (%u), not BPF "
			      "(compile with clang -target bpf)",
			      file->header.e_machine);
	return 0;
}

static int check_section(struct file *file, u32 index)
{
	u64 at = file->header.e_shoff + (u64)index * sizeof(Elf64_Shdr);
	Elf64_Shdr section;
	int error = read_at(file, &section, sizeof(section), at);

	if (error || section.sh_type == SHT_NOBITS || section.sh_type == SHT_NULL)
		return error;
	if (section.sh_offset <= file->size && section.sh_size <= file->size - section.sh_offset)
		return 0;
	return refuse(file, -ENOEXEC, "truncated: it ends at byte %llu, section %u reaches to %llu",
		      (unsigned long long)file->size, index,
		      (unsigned long long)(section.sh_offset + section.sh_size));
}

static int check_sections(struct file *file)
{
	u64 table = (u64)file->header.e_shnum * sizeof(Elf64_Shdr), at = file->header.e_shoff;
	int error = 0;

	if (!at || !file->header.e_shnum || file->header.e_shentsize != sizeof(Elf64_Shdr))
		return refuse(file, -ENOEXEC, "an ELF file without sections");
	if (at > file->size || table > file->size - at)
		return refuse(file, -ENOEXEC,
			      "truncated: it ends at byte %llu, the section table reaches to %llu",
			      (unsigned long long)file->size, (unsigned long long)(at + table));
	for (u32 i = 0; i < file->header.e_shnum && !error; i++)
		error = check_section(file, i);
	return error;
}

/* The section may begin at an odd byte of the file: what is parsed is a copy. */
static bool is_sound_btf(const struct bu_elf_section *section)
{
	struct bu_btf btf = { .data = malloc(section->size), .size = section->size };
	int error = -E2BIG;

	if (section->size < UINT32_MAX && btf.data) {
		memcpy(btf.data, section->data, section->size);
		error = bu_btf_parse(&btf);
	}
	error = btf.data ? error : -ENOMEM;
	free(btf.types);
	free(btf.data);
	return !error || error == -ENOMEM;
}

/* Ids and names that lead nowhere: libbpf 1.1 follows them. */
static int check_btf(struct file *file, const char *image)
{
	struct bu_elf_section section;
	struct bu_elf elf;

	if (!bu_elf_open(&elf, image, file->size))
		return 0;
	for (u32 i = 0; bu_elf_section(&elf, i, &section); i++) {
		if (!strcmp(section.name, ".BTF") && section.data && !is_sound_btf(&section))
			return refuse(file, -ENOEXEC,
				      "damaged: its type information (section %u, "
				      ".BTF) is malformed",
				      i);
	}
	return 0;
}

static int check_types(struct file *file)
{
	char *image = malloc(file->size);
	int error;

	if (!image)
		return refuse(file, -ENOMEM, "%s", strerror(ENOMEM));
	error = read_at(file, image, file->size, 0);
	if (!error)
		error = check_btf(file, image);
	free(image);
	return error;
}

static int check_open(struct file *file)
{
	struct stat info;
	int error;

	if (fstat(file->fd, &info))
		return refuse(file, -errno, "%s", strerror(errno));
	if (!S_ISREG(info.st_mode))
		return refuse(file, -EINVAL, "not a regular file");
	file->size = info.st_size;
	if (!file->size)
		return refuse(file, -ENOEXEC, "the file is empty");
	error = read_at(file, &file->header, BU_MIN(file->size, sizeof(file->header)), 0);
	if (!error)
		error = check_identity(file);
	if (!error)
		error = check_sections(file);
	return error ? error : check_types(file);
}

int bu_object_file_check(const char *path, char reason[BU_OBJECT_FILE_REASON])
{
	struct file file = { .reason = reason };
	int error;

	file.fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC); /* a FIFO may have no writer */
	if (file.fd < 0)
		return refuse(&file, -errno, "%s", strerror(errno));
	error = check_open(&file);
	close(file.fd);
	return error;
}
