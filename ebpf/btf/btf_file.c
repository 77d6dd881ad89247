/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading BTF files. What was read stays for the life of the process, with its table of names and
 * libbpf's view of it: a vmlinux has more than 100,000 types, so that kernels one after the other,
 * and processes forked after the first use, share one copy. A file that has changed is read again.
 */
#include "ebpf/btf/btf_file.h"

#include "ebpf/btf/elf_scan.h"
#include "ebpf/syscall.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define HOST_BTF "/sys/kernel/btf/vmlinux"
#define MAX_SIZE UINT32_MAX

struct btf_file {
	struct bu_btf btf; /* no object of a kernel */
	struct btf_file *next;
	char *path;
	struct stat stat;
	bool raw; /* the file is what the types were made of */
};

static struct btf_file *files;
static pthread_mutex_t reading = PTHREAD_MUTEX_INITIALIZER;

struct reader {
	const char *path;
	char *message;
	size_t message_size;
	struct stat stat;
	u8 *image;
	size_t size;
};

static int refuse(struct reader *reader, int error, const char *format, ...) BU_PRINTF(3, 4);
static int refuse(struct reader *reader, int error, const char *format, ...)
{
	char why[256];
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	snprintf(reader->message, reader->message_size, "cannot use '%s' as the kernel's BTF: %s",
		 reader->path, why);
	return error;
}

/* What other files begin with that may be meant. */
static const struct {
	const char *begin;
	u8 size;
	const char *what;
} known[] = {
	{ "\x1f\x8b", 2, "it is compressed: gunzip it first" },
	{ "\xfd"
	  "7zXZ",
	  5, "it is compressed: unxz it first" },
	{ "\x28\xb5\x2f\xfd", 4, "it is compressed: unzstd it first" },
	{ "BZh", 3, "it is compressed: bunzip2 it first" },
	{ "\xeb\x9f", 2, "it is of the other byte order" },
	{ "#define", 7,
	  "it is C source: compile it (clang -g -target bpf -c), or see bpfunit_btf() of "
	  "bpfunit's CMake functions" },
	{ "#ifndef", 7,
	  "it is C source: compile it (clang -g -target bpf -c), or see bpfunit_btf() of "
	  "bpfunit's CMake functions" },
};

static int refuse_unknown(struct reader *reader)
{
	const char *what = "it is neither raw BTF nor ELF";

	for (size_t i = 0; i < BU_ARRAY_SIZE(known); i++) {
		if (reader->size >= known[i].size &&
		    !memcmp(reader->image, known[i].begin, known[i].size))
			what = known[i].what;
	}
	return refuse(reader, -EINVAL, "%s", what);
}

/* The section .BTF; a module's own types have a .BTF.base beside them. */
static int find_section(struct reader *reader, const u8 **data, size_t *size)
{
	struct bu_elf_section section;
	struct bu_elf elf;
	bool base = false;

	*data = NULL;
	if (!bu_elf_open_any(&elf, reader->image, reader->size))
		return refuse(reader, -EINVAL,
			      "it is a truncated, 32-bit or foreign-endian ELF file");
	for (u32 i = 0; bu_elf_section(&elf, i, &section); i++) {
		base = base || !strcmp(section.name, ".BTF.base");
		if (strcmp(section.name, ".BTF") || !section.data || *data)
			continue;
		*data = section.data;
		*size = section.size;
	}
	if (!*data)
		return refuse(
			reader, -ENOENT,
			"it is an ELF file without type information (no section .BTF): compile "
			"types with -g -target bpf; of a kernel take /sys/kernel/btf/vmlinux");
	if (base)
		return refuse(reader, -EINVAL,
			      "it is a kernel module, whose types build on its kernel's: take "
			      "/sys/kernel/btf/vmlinux");
	return 0;
}

static int find_data(struct reader *reader, const u8 **data, size_t *size)
{
	const u16 magic = BTF_MAGIC;

	*data = reader->image;
	*size = reader->size;
	if (reader->size >= sizeof(magic) && !memcmp(reader->image, &magic, sizeof(magic)))
		return 0;
	if (reader->size >= SELFMAG && !memcmp(reader->image, ELFMAG, SELFMAG))
		return find_section(reader, data, size);
	return refuse_unknown(reader);
}

/* BTF that continues another's has strings that do not begin with the empty one. */
static bool is_split(const struct bu_btf *btf)
{
	const struct btf_header *header = btf->data;
	u64 strings;

	if (btf->size < sizeof(*header))
		return false;
	strings = (u64)header->hdr_len + header->str_off;
	return header->str_len && strings < btf->size && ((const char *)btf->data)[strings];
}

static int parse(struct reader *reader, struct bu_btf *btf)
{
	const u8 *data;
	size_t size;
	int err = find_data(reader, &data, &size);

	if (err)
		return err;
	btf->data = malloc(size + 1);
	if (!btf->data || size > MAX_SIZE)
		return refuse(reader, -ENOMEM, "it is too large (%zu bytes)", size);
	memcpy(btf->data, data, size);
	btf->size = size;
	err = bu_btf_parse(btf);
	if (!err && btf->nr_types < 2)
		return refuse(reader, -EINVAL, "it has no types");
	if (err == -EINVAL && is_split(btf))
		return refuse(reader, -EINVAL,
			      "it is split BTF, which builds on another file (a module's on its "
			      "kernel's): take /sys/kernel/btf/vmlinux");
	return err ? refuse(reader, err, "its type information is malformed (or cut off)") : 0;
}

/* sysfs files cannot be mapped in all kernels, so files are read, and in pieces. */
static int read_all(struct reader *reader, int fd)
{
	while (reader->size < (size_t)reader->stat.st_size) {
		long got = bu_host_syscall(SYS_read, fd, (long)(reader->image + reader->size),
					   reader->stat.st_size - reader->size, 0, 0, 0);

		if (got == -EINTR)
			continue;
		if (got < 0)
			return refuse(reader, got, "%s", strerror(-got));
		if (!got)
			break;
		reader->size += got;
	}
	return 0;
}

static int load(struct reader *reader, int fd, struct bu_btf *btf)
{
	void *image =
		(void *)bu_host_syscall(SYS_mmap, 0, reader->stat.st_size, PROT_READ | PROT_WRITE,
					MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int err;

	if ((long)image < 0 && (long)image >= -4095)
		return refuse(reader, -ENOMEM, "%s", strerror(ENOMEM));
	reader->image = image;
	err = read_all(reader, fd);
	if (!err)
		err = parse(reader, btf);
	bu_host_syscall(SYS_munmap, (long)image, reader->stat.st_size, 0, 0, 0, 0);
	return err;
}

static bool is_same(const struct btf_file *file, const struct reader *reader)
{
	const struct stat *a = &file->stat, *b = &reader->stat;

	return !strcmp(file->path, reader->path) && a->st_dev == b->st_dev &&
	       a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static struct btf_file *new_file(struct reader *reader, int fd, int *error)
{
	struct btf_file *file = calloc(1, sizeof(*file));

	*error = -ENOMEM;
	if (!file)
		return NULL;
	file->path = strdup(reader->path);
	file->stat = reader->stat;
	*error = file->path ? load(reader, fd, &file->btf) : -ENOMEM;
	file->raw = file->btf.size == (u64)file->stat.st_size;
	if (!*error) {
		bu_btf_find(&file->btf, "", BTF_KIND_UNKN); /* now, for all who share it */
		bu_btf_parsed(&file->btf);
		return file;
	}
	bu_btf_drop(&file->btf);
	free(file->path);
	free(file);
	return NULL;
}

static struct btf_file *read_file(struct reader *reader, int fd, int *error)
{
	struct btf_file *file;

	if (bu_host_syscall(SYS_fstat, fd, (long)&reader->stat, 0, 0, 0, 0) ||
	    !S_ISREG(reader->stat.st_mode)) {
		*error = refuse(reader, -EINVAL, "it is no regular file");
		return NULL;
	}
	if (!reader->stat.st_size) {
		*error = refuse(reader, -EINVAL, "it is empty");
		return NULL;
	}
	for (file = files; file; file = file->next) {
		if (is_same(file, reader))
			return file;
	}
	file = new_file(reader, fd, error);
	if (!file)
		return NULL;
	file->next = files;
	files = file;
	return file;
}

struct bu_btf *bu_btf_file(const char *path, int *error, char *message, size_t size)
{
	bool host = !strcmp(path, "host");
	struct reader reader = { .path = host ? HOST_BTF : path,
				 .message = message,
				 .message_size = size };
	struct btf_file *file;
	long fd = bu_host_syscall(SYS_openat, AT_FDCWD, (long)reader.path,
				  O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0, 0, 0);

	if (fd < 0) {
		*error = refuse(&reader, fd, "%s%s", strerror(-fd),
				host && fd == -ENOENT ? ": this machine's kernel has none" : "");
		return NULL;
	}
	snprintf(message, size, "%s", strerror(ENOMEM));
	pthread_mutex_lock(&reading);
	file = read_file(&reader, fd, error);
	pthread_mutex_unlock(&reading);
	bu_host_syscall(SYS_close, fd, 0, 0, 0, 0, 0);
	return file ? &file->btf : NULL;
}

static const struct btf_file *file_of(const struct bu_btf *btf)
{
	return bu_container_of(btf, const struct btf_file, btf);
}

const char *bu_btf_file_path(const struct bu_btf *btf)
{
	return file_of(btf)->path;
}

int bu_btf_file_open(const struct bu_btf *btf, int flags)
{
	const struct btf_file *file = file_of(btf);

	if (!file->raw)
		return -ENOENT;
	return bu_host_syscall(SYS_openat, AT_FDCWD, (long)file->path, flags, 0, 0, 0);
}
