/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mounts. Trees of ebpf/boundary/redirect.h can be mounted anywhere, by their file system's name,
 * without the host knowing; the bind and propagation mounts that bpftool prepares such a mount
 * with, of a directory onto itself, have nothing to do. The list of mounts shows trees in place of
 * what the host has of the same kind.
 */
#include "ebpf/boundary/mounts.h"

#include "ebpf/boundary/backend.h"
#include "ebpf/boundary/redirect.h"
#include "ebpf/kernel.h"
#include "ebpf/syscall.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PROPAGATION (MS_PRIVATE | MS_SHARED | MS_SLAVE | MS_UNBINDABLE)

static const char *const tracing_types[] = { "tracefs", "debugfs" };

/* These are always there. */
static bool is_tracing(const char *type)
{
	for (size_t i = 0; type && i < BU_ARRAY_SIZE(tracing_types); i++) {
		if (!strcmp(type, tracing_types[i]))
			return true;
	}
	return false;
}

static bool is_preparation(const char *source, const char *target, unsigned long flags)
{
	return (flags & PROPAGATION && !*source) || (flags & MS_BIND && !strcmp(source, target));
}

static int mount_tree(struct bu_kernel *kernel, const char *type, const char *target)
{
	const char *path = target;
	char host[PATH_MAX];
	struct stat st;
	int err = bu_redirect(&path, host);

	if (!err)
		err = bu_host_syscall(SYS_newfstatat, AT_FDCWD, (long)path, (long)&st, 0, 0, 0);
	if (!err && !S_ISDIR(st.st_mode))
		err = -ENOTDIR;
	return err ? err : bu_tree_mount(kernel, type, target);
}

bool bu_mount(const char *source, const char *target, const char *type, unsigned long flags,
	      int *result)
{
	struct bu_kernel *kernel;

	*result = 0;
	if (!target)
		return false;
	if (is_tracing(type) || (source && is_preparation(source, target, flags)))
		return true;
	if (!type || flags & (MS_BIND | MS_MOVE | MS_REMOUNT))
		return false;
	kernel = bu_kernel();
	if (!kernel) {
		*result = -ENOMEM;
		return true;
	}
	bu_kernel_lock(kernel);
	*result = mount_tree(kernel, type, target);
	bu_kernel_unlock(kernel);
	return *result != -ENODEV;
}

bool bu_unmount(const char *target, int *result)
{
	struct bu_kernel *kernel = bu_kernel_if_any();

	if (!kernel || !target)
		return false;
	bu_kernel_lock(kernel);
	*result = bu_tree_unmount(kernel, target);
	bu_kernel_unlock(kernel);
	return *result != -EINVAL;
}

/* What is made of these file systems by fsmount(2) and its kin would be the host's: as on a kernel
 * that has no such calls yet, so that callers fall back on mount(2). */
long bu_fs_open(const char *type, u32 flags)
{
	struct bu_kernel *kernel;

	if (!type || bu_on_host() || !(is_tracing(type) || bu_tree_has_type(type)))
		return bu_host_syscall(SYS_fsopen, (long)type, flags, 0, 0, 0, 0);
	kernel = bu_kernel();
	if (kernel)
		bu_note(kernel, "fsopen(\"%s\") is not emulated (ENOSYS), mount(2) is", type);
	return -ENOSYS;
}

static bool is_ours(struct bu_kernel *kernel, const char *line)
{
	char path[PATH_MAX], type[64];

	if (sscanf(line, "%*s %4095s %63s", path, type) != 2)
		return false;
	for (struct bu_tree *tree = bu_trees(kernel); tree; tree = tree->next) {
		size_t len = strlen(tree->prefix);

		if (!strcmp(type, tree->type->name) ||
		    (!strncmp(path, tree->prefix, len) && (!path[len] || path[len] == '/')))
			return true;
	}
	return false;
}

static void list_hosts(struct bu_kernel *kernel, FILE *out)
{
	int fd = bu_host_syscall(SYS_openat, AT_FDCWD, (long)"/proc/self/mounts",
				 O_RDONLY | O_CLOEXEC, 0, 0, 0);
	FILE *in = fd < 0 ? NULL : fdopen(fd, "r");
	char *line = NULL;
	size_t room = 0;

	if (!in) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while (getline(&line, &room, in) > 0) {
		if (!is_ours(kernel, line))
			fputs(line, out);
	}
	free(line);
	fclose(in);
}

char *bu_mounts_content(size_t *size)
{
	struct bu_kernel *kernel = bu_kernel();
	char *text = NULL;
	FILE *out = kernel ? open_memstream(&text, size) : NULL;

	if (!out)
		return NULL;
	bu_kernel_lock(kernel);
	list_hosts(kernel, out);
	for (struct bu_tree *tree = bu_trees(kernel); tree; tree = tree->next)
		fprintf(out, "%s %s %s %s 0 0\n", tree->type->name, tree->prefix, tree->type->name,
			tree->type->options);
	bu_kernel_unlock(kernel);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}
