/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files. Rows of files.def are answered here, with a memfd that holds the content at the time of
 * opening; everything else is the host's. BPF objects that are opened for reading are noted on the
 * way: their BTF becomes part of the kernel's.
 */
#include "ebpf/backend.h"
#include "ebpf/btf_file.h"
#include "ebpf/kernel.h"
#include "ebpf/mounts.h"
#include "ebpf/redirect.h"
#include "ebpf/syscall.h"

#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAX_OBJECT_SIZE (1 << 30)

enum match {
	EXACT,
	PREFIX,
	TREE,
	ATTACH_TREE,
};

/* The content's bytes and number; malloc'ed, or NULL without memory, or NULL and the size ENOENT:
 * there is no such file. */
typedef char *(*content_fn)(size_t *size);

struct file {
	const char *path;
	enum match match;
	content_fn content;
};

static char *vmlinux_content(size_t *size)
{
	struct bu_kernel *kernel = bu_kernel();
	struct bu_btf *btf;
	char *copy = NULL;

	if (!kernel)
		return NULL;
	bu_kernel_lock(kernel);
	btf = bu_vmlinux_btf(kernel);
	*size = btf ? 0 : ENOENT;
	if (btf)
		copy = malloc(btf->size);
	if (copy) {
		memcpy(copy, btf->data, btf->size);
		*size = btf->size;
	}
	bu_kernel_unlock(kernel);
	return copy;
}

/* The file itself, where the kernel's BTF is one. -ENOENT: ask for the content. */
static int open_vmlinux(int flags)
{
	struct bu_kernel *kernel = bu_kernel();
	struct bu_btf *btf;
	int fd = -ENOENT;

	if (!kernel)
		return -ENOMEM;
	bu_kernel_lock(kernel);
	btf = bu_vmlinux_btf(kernel);
	if (btf && btf->shared)
		fd = bu_btf_file_open(btf->shared, flags);
	bu_kernel_unlock(kernel);
	return fd;
}

static char *cpus_content(size_t *size)
{
	struct bu_kernel *kernel = bu_kernel();
	char *text;
	int len;

	if (!kernel)
		return NULL;
	if (kernel->nr_cpus > 1)
		len = asprintf(&text, "0-%u\n", kernel->nr_cpus - 1);
	else
		len = asprintf(&text, "0\n");
	*size = len;
	return len < 0 ? NULL : text;
}

/* Readers of compressed files take plain ones as well. */
static char *config_content(size_t *size)
{
	static const char config[] =
#define BU_CONFIG(name, value) "CONFIG_" name "=" value "\n"
#include "ebpf/kconfig.def"
#undef BU_CONFIG
		;

	*size = sizeof(config) - 1;
	return strdup(config);
}

static char *empty_content(size_t *size)
{
	*size = 0;
	return malloc(1);
}

static const struct file files[] = {
#define BU_FILE(path, match, content) { path, match, content },
#include "ebpf/files.def"
#undef BU_FILE
};

static const struct file *find(const char *path)
{
	if (!path || *path != '/' || bu_on_host())
		return NULL;
	for (size_t i = 0; i < BU_ARRAY_SIZE(files); i++) {
		size_t len = strlen(files[i].path);

		if (strncmp(path, files[i].path, len))
			continue;
		if (!path[len] || files[i].match == PREFIX ||
		    (files[i].match != EXACT && path[len] == '/'))
			return &files[i];
	}
	return NULL;
}

static int fill(int fd, const char *content, size_t size)
{
	for (size_t at = 0; at < size;) {
		ssize_t written = write(fd, content + at, size - at);

		if (written < 0)
			return -errno;
		at += written;
	}
	return lseek(fd, 0, SEEK_SET) < 0 ? -errno : 0;
}

static void note_attaching(void)
{
	struct bu_kernel *kernel = bu_kernel_if_any();

	if (!kernel)
		return;
	bu_kernel_lock(kernel);
	bu_note(kernel, "attaching programs to tracepoints, kprobes and uprobes is not emulated "
			"(ENOENT): run the program from the test");
	bu_kernel_unlock(kernel);
}

static int open_virtual(const struct file *file, int flags)
{
	size_t size = 0;
	char *content;
	int fd, err;

	if (file->match == ATTACH_TREE)
		note_attaching();
	if (!file->content)
		return -ENOENT;
	if ((flags & O_ACCMODE) != O_RDONLY)
		return -EACCES;
	fd = file->content == vmlinux_content ? open_vmlinux(flags) : -ENOENT;
	if (fd >= 0)
		return fd;
	content = file->content(&size);
	if (!content)
		return size == ENOENT ? -ENOENT : -ENOMEM;
	fd = memfd_create("bpfunit-file", flags & O_CLOEXEC ? MFD_CLOEXEC : 0);
	err = fd < 0 ? -errno : fill(fd, content, size);
	free(content);
	if (err && fd >= 0)
		close(fd);
	return err ? err : fd;
}

/* Whether a descriptor is a regular file that begins as a BPF object does; its size. */
static bool is_bpf_object(int fd, size_t *size)
{
	struct stat st;
	Elf64_Ehdr header;

	if (bu_host_syscall(SYS_fstat, fd, (long)&st, 0, 0, 0, 0) || !S_ISREG(st.st_mode))
		return false;
	if (st.st_size < (off_t)sizeof(header) || st.st_size > MAX_OBJECT_SIZE)
		return false;
	if (bu_host_syscall(SYS_pread64, fd, (long)&header, sizeof(header), 0, 0, 0) !=
	    sizeof(header))
		return false;
	*size = st.st_size;
	return !memcmp(header.e_ident, ELFMAG, SELFMAG) && header.e_machine == EM_BPF;
}

static void note_object(int fd)
{
	size_t size, at = 0;
	char *image;

	if (!is_bpf_object(fd, &size))
		return;
	image = malloc(size);
	while (image && at < size) {
		long got =
			bu_host_syscall(SYS_pread64, fd, (long)(image + at), size - at, at, 0, 0);

		if (got <= 0)
			break;
		at += got;
	}
	if (image)
		bu_vmlinux_note_object(image, at);
	free(image);
}

int bu_files_open(int dir, const char *path, int flags, unsigned int mode)
{
	const struct file *file = find(path);
	long fd;

	if (file)
		return open_virtual(file, flags);
	if (bu_redirect_open(path, flags, mode, &fd))
		return fd;
	fd = bu_host_syscall(SYS_openat, dir, (long)path, flags | O_LARGEFILE, mode, 0, 0);
	if (fd >= 0 && (flags & O_ACCMODE) == O_RDONLY && !(flags & (O_PATH | O_DIRECTORY)))
		note_object(fd);
	return fd;
}

/* The one row that there may be nothing behind. */
static bool exists(const struct file *file)
{
	struct bu_kernel *kernel = bu_kernel();
	bool found;

	if (file->content != vmlinux_content || !kernel)
		return file->content != NULL;
	bu_kernel_lock(kernel);
	found = bu_vmlinux_btf(kernel) != NULL;
	bu_kernel_unlock(kernel);
	return found;
}

int bu_files_access(int dir, const char *path, int mode, int flags)
{
	const struct file *file = find(path);
	char host[PATH_MAX];
	long err;

	if (file && !exists(file))
		return -ENOENT;
	if (file)
		return mode & (W_OK | X_OK) ? -EACCES : 0;
	err = bu_redirect(&path, host);
	if (err)
		return err;
	err = flags ? bu_host_syscall(SYS_faccessat2, dir, (long)path, mode, flags, 0, 0) : -ENOSYS;
	if (err != -ENOSYS)
		return err;
	return bu_host_syscall(SYS_faccessat, dir, (long)path, mode, 0, 0, 0);
}
