/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files. Rows of files.def are answered here, with a memfd that holds the content at the time of
 * opening; everything else is the host's. BPF objects that are opened for reading are noted on the
 * way: their BTF becomes part of the kernel's.
 */
#include "ebpf/boundary/files.h"
#include "ebpf/boundary/backend.h"
#include "ebpf/boundary/redirect.h"
#include "ebpf/kernel.h"
#include "ebpf/syscall.h"

#include <elf.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAX_OBJECT_SIZE (1 << 30)

#define OPEN_HOSTS INT_MIN /* neither a descriptor nor an errno */

enum match {
	EXACT,
	PREFIX,
	TREE,
};

struct file { /* a row of files.def */
	const char *path;
	enum match match;
	bu_file_content content;
	bu_file_open open;
	const char *text;
};

static const struct file files[] = {
#define BU_FILE(path, match, content)         { path, match, content, NULL, NULL },
#define BU_OPENED(path, match, content, open) { path, match, content, open, NULL },
#define BU_TEXT(path, text)                   { path, EXACT, NULL, NULL, text },
#include "ebpf/boundary/files.def"
#undef BU_FILE
#undef BU_OPENED
#undef BU_TEXT
};

/* The row of a path, and what follows the row's; or NULL. */
static const struct file *find(const char *path, const char **rest)
{
	if (!path || *path != '/' || bu_on_host())
		return NULL;
	for (size_t i = 0; i < BU_ARRAY_SIZE(files); i++) {
		size_t len = strlen(files[i].path);

		if (strncmp(path, files[i].path, len))
			continue;
		*rest = path + len;
		if (files[i].content == bu_file_directory && !strcmp(*rest, "/"))
			return &files[i];
		if (path[len] && files[i].match != PREFIX &&
		    (files[i].match != TREE || path[len] != '/'))
			continue;
		/* Descriptors of ours are only where there is a kernel: make none for it. */
		return files[i].content == bu_file_proc && !bu_kernel_if_any() ? NULL : &files[i];
	}
	return NULL;
}

static int fill(int fd, const u8 *content, size_t size)
{
	for (size_t at = 0; at < size;) {
		ssize_t written = write(fd, content + at, size - at);

		if (written < 0)
			return -errno;
		at += written;
	}
	return lseek(fd, 0, SEEK_SET) < 0 ? -errno : 0;
}

/* Another descriptor of the file, which was opened as `flags` say; itself where /proc is missing.
 */
static int reopen(int fd, int flags)
{
	char path[32];
	long again;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = bu_host_syscall(SYS_openat, AT_FDCWD, (long)path,
				flags & (O_ACCMODE | O_CLOEXEC | O_NONBLOCK), 0, 0, 0);
	if (again < 0)
		return fd;
	close(fd);
	return (int)again;
}

int bu_files_memfd(const struct bu_bytes *content, int flags)
{
	int fd, err;

	if (content->failed)
		return -ENOMEM;
	fd = memfd_create("bpfunit-file",
			  (flags & O_CLOEXEC ? MFD_CLOEXEC : 0) | MFD_ALLOW_SEALING);
	if (fd < 0)
		return -errno;
	err = fill(fd, content->data, content->size);
	if (!err &&
	    fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL))
		err = -errno;
	if (err) {
		close(fd);
		return err;
	}
	return reopen(fd, flags);
}

static int content_of(struct bu_kernel *kernel, const struct file *file, const char *rest,
		      struct bu_bytes *out)
{
	if (file->text) {
		bu_file_print(out, "%s", file->text);
		return 0;
	}
	return file->content ? file->content(kernel, rest, out) : -ENOENT;
}

/* A directory has what its rows' paths go on with, besides what content() listed. */
static void list_rows(struct bu_kernel *kernel, const char *path, struct bu_bytes *out)
{
	size_t len = strlen(path);

	for (size_t i = 0; i < BU_ARRAY_SIZE(files); i++) {
		const char *name = files[i].path + len + 1, *rest;
		const struct file *child;
		int kind;

		if (strncmp(files[i].path, path, len) || files[i].path[len] != '/' || !*name ||
		    strchr(name, '/'))
			continue;
		child = find(files[i].path, &rest);
		kind = child ? content_of(kernel, child, rest, NULL) : -ENOENT;
		if (kind == 0 || kind == BU_FILE_DIRECTORY)
			bu_file_print(out, kind ? "%s/\n" : "%s\n", name);
	}
}

static int open_directory(struct bu_kernel *kernel, const struct file *file, const char *rest,
			  int flags, struct bu_bytes *listing)
{
	char path[PATH_MAX], given[PATH_MAX];

	if ((flags & O_ACCMODE) != O_RDONLY)
		return -EISDIR;
	snprintf(given, sizeof(given), "%s%s", file->path, rest);
	if (!bu_path_normalize(given, path))
		return -ENAMETOOLONG;
	list_rows(kernel, path, listing);
	return listing->failed ? -ENOMEM : bu_files_open_directory(kernel, path, listing, flags);
}

/* A memfd with the content as it is now. */
static int open_content(struct bu_kernel *kernel, const struct file *file, const char *rest,
			int flags)
{
	struct bu_bytes content = { 0 };
	bool write = (flags & O_ACCMODE) != O_RDONLY;
	int fd, err = content_of(kernel, file, rest, write ? NULL : &content);

	if (err == BU_FILE_HOSTS)
		return OPEN_HOSTS;
	if (!err && write)
		err = -EACCES;
	if (err == BU_FILE_DIRECTORY) {
		fd = open_directory(kernel, file, rest, flags, &content);
		free(content.data);
		return fd;
	}
	if (!err && flags & O_DIRECTORY)
		err = -ENOTDIR;
	fd = err ? err : bu_files_memfd(&content, flags);
	free(content.data);
	return fd;
}

/* A descriptor, or -errno, or *hosts: ask the host. */
static int open_virtual(const struct file *file, const char *rest, int flags, bool *hosts)
{
	struct bu_kernel *kernel = bu_kernel();
	int fd = BU_FILE_CONTENT;

	*hosts = false;
	if (!kernel)
		return -ENOMEM;
	bu_kernel_lock(kernel);
	if (file->open)
		fd = file->open(kernel, rest, flags);
	if (!file->open || fd == BU_FILE_CONTENT)
		fd = open_content(kernel, file, rest, flags);
	bu_kernel_unlock(kernel);
	*hosts = fd == OPEN_HOSTS;
	return fd;
}

int bu_files_kind(const char *path)
{
	struct bu_kernel *kernel;
	const struct file *file;
	const char *rest;
	int kind;

	file = find(path, &rest);
	if (!file)
		return BU_FILE_HOSTS;
	kernel = bu_kernel();
	if (!kernel)
		return -ENOMEM;
	bu_kernel_lock(kernel);
	kind = content_of(kernel, file, rest, NULL);
	bu_kernel_unlock(kernel);
	return kind;
}

int bu_files_keep(int dir, const char *path)
{
	char buffer[PATH_MAX];
	int kind;

	if (!path || bu_on_host())
		return 0;
	kind = bu_files_kind(bu_files_path(dir, path, buffer));
	if (kind == BU_FILE_HOSTS)
		return 0;
	return kind < 0 ? kind : -EPERM;
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

static long open_hosts(int dir, const char *path, int flags, unsigned int mode)
{
	long fd;

	if (bu_redirect_open(path, flags, mode, &fd))
		return fd;
	fd = bu_host_syscall(SYS_openat, dir, (long)path, flags | O_LARGEFILE, mode, 0, 0);
	if (fd >= 0 && (flags & O_ACCMODE) == O_RDONLY && !(flags & (O_PATH | O_DIRECTORY)))
		note_object(fd);
	return fd;
}

int bu_files_open(int dir, const char *path, int flags, unsigned int mode)
{
	char buffer[PATH_MAX];
	const char *rest, *whole = bu_files_path(dir, path, buffer);
	const struct file *file = find(whole, &rest);
	bool hosts = !file;
	int fd = file ? open_virtual(file, rest, flags, &hosts) : 0;

	return hosts ? open_hosts(dir, path, flags, mode) : fd;
}

static int access_hosts(int dir, const char *path, int mode, int flags)
{
	char host[PATH_MAX];
	long err = bu_redirect(&path, host);

	if (err)
		return err;
	err = flags ? bu_host_syscall(SYS_faccessat2, dir, (long)path, mode, flags, 0, 0) : -ENOSYS;
	if (err != -ENOSYS)
		return err;
	return bu_host_syscall(SYS_faccessat, dir, (long)path, mode, 0, 0, 0);
}

/* Only tracefs has files that can be written to. */
static bool permits(const char *path, int kind, int mode)
{
	const char *rest;
	const struct file *file = find(path, &rest);

	if (mode & W_OK && !(file && file->open && file->match == TREE))
		return false;
	return kind == BU_FILE_DIRECTORY || !(mode & X_OK);
}

int bu_files_access(int dir, const char *path, int mode, int flags)
{
	char buffer[PATH_MAX];
	const char *whole = bu_files_path(dir, path, buffer);
	int kind = bu_files_kind(whole);

	if (kind == BU_FILE_HOSTS)
		return access_hosts(dir, path, mode, flags);
	if (kind < 0)
		return kind;
	return permits(whole, kind, mode) ? 0 : -EACCES;
}
