/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtual directories that are opened. Each becomes a directory of the host's beneath the private
 * one (ebpf/boundary/redirect.h), at the same path, with an empty file or directory for each entry
 * as it is at that moment; so readdir(3) and its kin work natively. Names relative to such a
 * descriptor are turned back into the virtual paths that they mean.
 */
#include "ebpf/boundary/files.h"
#include "ebpf/boundary/redirect.h"
#include "ebpf/kernel.h"
#include "ebpf/syscall.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ROOT "/.files"

static int make_directory(const char *path)
{
	int err = bu_host_syscall(SYS_mkdirat, AT_FDCWD, (long)path, 0755, 0, 0, 0);

	return err == -EEXIST ? 0 : err;
}

/* The directory and those above it, behind the first `done` characters. */
static int make_path(char *path, size_t done)
{
	int err = 0;

	for (char *at = path + done; !err && *at; at++) {
		if (*at != '/')
			continue;
		*at = '\0';
		err = make_directory(path);
		*at = '/';
	}
	return err ? err : make_directory(path);
}

/* Whether the entry is a line of the listing. */
static bool is_listed(const struct bu_bytes *listing, const char *name)
{
	const char *text = (const char *)listing->data, *line_end;
	size_t len = strlen(name), at = 0;

	for (; at < listing->size; at = (size_t)(line_end - text) + 1) {
		line_end = memchr(text + at, '\n', listing->size - at);
		if (!strncmp(text + at, name, len) &&
		    (text[at + len] == '\n' || text[at + len] == '/'))
			return true;
	}
	return false;
}

static void remove_gone(const char *host, const struct bu_bytes *listing)
{
	DIR *dir = opendir(host);
	struct dirent *entry;
	char *path;

	while (dir && (entry = readdir(dir))) {
		if (is_listed(listing, entry->d_name) || !strcmp(entry->d_name, ".") ||
		    !strcmp(entry->d_name, ".."))
			continue;
		if (asprintf(&path, "%s/%s", host, entry->d_name) < 0)
			break;
		bu_path_remove(path);
		free(path);
	}
	if (dir)
		closedir(dir);
}

static int make_entry(int fd, char *name)
{
	size_t len = strlen(name);
	int err;

	if (len && name[len - 1] == '/') {
		name[len - 1] = '\0';
		err = bu_host_syscall(SYS_mkdirat, fd, (long)name, 0755, 0, 0, 0);
		return err == -EEXIST ? 0 : err;
	}
	err = bu_host_syscall(SYS_openat, fd, (long)name, O_CREAT | O_WRONLY | O_CLOEXEC, 0444, 0,
			      0);
	if (err < 0)
		return err;
	bu_host_syscall(SYS_close, err, 0, 0, 0, 0, 0);
	return 0;
}

static int make_entries(int fd, const struct bu_bytes *listing)
{
	char *text, *rest, *name;
	int err = 0;

	if (!listing->size)
		return 0;
	rest = text = strndup((const char *)listing->data, listing->size);
	if (!text)
		return -ENOMEM;
	while (!err && (name = strsep(&rest, "\n"))) {
		if (*name)
			err = make_entry(fd, name);
	}
	free(text);
	return err;
}

int bu_files_open_directory(struct bu_kernel *kernel, const char *path,
			    const struct bu_bytes *listing, int flags)
{
	const char *private;
	char host[PATH_MAX];
	int fd, err = bu_trees_private(kernel, &private);

	if (err)
		return err;
	if (snprintf(host, sizeof(host), "%s" ROOT "%s", private, path) >= (int)sizeof(host))
		return -ENAMETOOLONG;
	err = make_path(host, strlen(private) + 1);
	if (err)
		return err;
	remove_gone(host, listing);
	fd = bu_host_syscall(SYS_openat, AT_FDCWD, (long)host,
			     (flags & (O_CLOEXEC | O_NONBLOCK)) | O_RDONLY | O_DIRECTORY, 0, 0, 0);
	if (fd < 0)
		return fd;
	err = make_entries(fd, listing);
	kernel->has_directories = true;
	if (err)
		close(fd);
	return err ? err : fd;
}

/* The virtual path of a directory that was opened so; false: it is another one. */
static bool path_of_fd(struct bu_kernel *kernel, int fd, char path[PATH_MAX])
{
	const char *private;
	size_t len;

	if (bu_trees_private(kernel, &private) || bu_redirect_of_fd(fd, path))
		return false;
	len = strlen(private);
	if (strncmp(path, private, len) || strncmp(path + len, ROOT "/", sizeof(ROOT)))
		return false;
	len += sizeof(ROOT) - 1;
	memmove(path, path + len, strlen(path + len) + 1);
	return true;
}

const char *bu_files_path(int dir, const char *path, char buffer[PATH_MAX])
{
	struct bu_kernel *kernel = bu_kernel_if_any();
	char joined[PATH_MAX];
	size_t len;

	if (!path || *path == '/' || dir < 0 || !kernel || !kernel->has_directories)
		return path;
	if (!path_of_fd(kernel, dir, joined))
		return path;
	len = strlen(joined);
	if (snprintf(joined + len, sizeof(joined) - len, "/%s", path) >=
	    (int)(sizeof(joined) - len))
		return path;
	return bu_path_normalize(joined, buffer) ? buffer : path;
}
