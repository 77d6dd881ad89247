/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tree of cgroups and the file system that shows it. A cgroup's parent is always known before
 * the cgroup; the directory's inode on the host tells which one a descriptor means. Every directory
 * has the files that users of cgroups write to: what they write stays there and moves no process.
 * Source: kernel/cgroup/cgroup.c (6.12).
 */
#include "ebpf/link/cgroup.h"

#include "ebpf/boundary/redirect.h"
#include "ebpf/kernel.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define KERNFS_HANDLE 0xfe /* Source: FILEID_KERNFS */

static const struct {
	const char *name, *content;
} files[] = {
	{ "cgroup.controllers", "" },
	{ "cgroup.events", "populated 0\nfrozen 0\n" },
	{ "cgroup.max.depth", "max\n" },
	{ "cgroup.max.descendants", "max\n" },
	{ "cgroup.procs", "" },
	{ "cgroup.stat", "nr_descendants 0\nnr_dying_descendants 0\n" },
	{ "cgroup.subtree_control", "" },
	{ "cgroup.threads", "" },
	{ "cgroup.type", "domain\n" },
};

static int host_stat(const char *path, struct stat *st)
{
	return bu_host_syscall(SYS_newfstatat, AT_FDCWD, (long)path, (long)st, AT_SYMLINK_NOFOLLOW,
			       0, 0);
}

static struct bu_cgroup *by_inode(struct bu_kernel *kernel, u64 inode)
{
	struct bu_cgroup *cgroup = kernel->cgroups;

	while (cgroup && cgroup->inode != inode)
		cgroup = cgroup->next;
	return cgroup;
}

static struct bu_cgroup *add(struct bu_kernel *kernel, struct bu_cgroup *parent, const char *host,
			     const struct stat *st)
{
	struct bu_cgroup **end = &kernel->cgroups, *cgroup = calloc(1, sizeof(*cgroup));

	if (!cgroup)
		return NULL;
	cgroup->name = strdup(parent ? strrchr(host, '/') + 1 : "");
	if (!cgroup->name) {
		free(cgroup);
		return NULL;
	}
	cgroup->id = ++kernel->last_cgroup;
	cgroup->device = st->st_dev;
	cgroup->inode = st->st_ino;
	cgroup->parent = parent;
	while (*end)
		end = &(*end)->next;
	*end = cgroup;
	return cgroup;
}

static bool is_in_tree(struct bu_kernel *kernel, const char *host)
{
	const struct bu_tree *tree = bu_redirect_tree(kernel, host);

	return tree && tree->type == &bu_cgroupfs;
}

/* Whether `host` is the root directory of its tree. */
static bool is_root(struct bu_kernel *kernel, const char *host)
{
	const struct bu_tree *tree = bu_redirect_tree(kernel, host);

	return tree && tree->dir && !strcmp(tree->dir, host);
}

struct bu_cgroup *bu_cgroup_of_host(struct bu_kernel *kernel, const char *host, int *error)
{
	struct bu_cgroup *cgroup, *parent = NULL;
	char above[PATH_MAX];
	struct stat st;

	*error = host_stat(host, &st);
	if (*error)
		return NULL;
	cgroup = by_inode(kernel, st.st_ino);
	if (cgroup)
		return cgroup;
	if (!is_root(kernel, host)) {
		snprintf(above, sizeof(above), "%.*s", (int)(strrchr(host, '/') - host), host);
		parent = bu_cgroup_of_host(kernel, above, error);
		if (!parent)
			return NULL;
	}
	cgroup = add(kernel, parent, host, &st);
	*error = cgroup ? 0 : -ENOMEM;
	return cgroup;
}

struct bu_cgroup *bu_cgroup_of_fd(struct bu_kernel *kernel, int fd, int *error)
{
	struct bu_cgroup *cgroup;
	char host[PATH_MAX];
	struct stat st;

	*error = bu_host_syscall(SYS_fstat, fd, (long)&st, 0, 0, 0, 0);
	if (*error)
		return NULL;
	*error = -EBADF;
	if (!S_ISDIR(st.st_mode) || bu_redirect_of_fd(fd, host))
		return NULL;
	if (!is_in_tree(kernel, host)) {
		bu_note(kernel,
			"descriptor %d is no cgroup of the emulated kernel: open a "
			"directory under /sys/fs/cgroup",
			fd);
		return NULL;
	}
	*error = -ENOENT;
	if (!st.st_nlink)
		return NULL;
	cgroup = by_inode(kernel, st.st_ino);
	return cgroup ? cgroup : bu_cgroup_of_host(kernel, host, error);
}

u64 bu_cgroup_id_of(struct bu_kernel *kernel, u64 device, u64 inode)
{
	const struct bu_cgroup *cgroup = by_inode(kernel, inode);

	return cgroup && cgroup->device == device ? cgroup->id : 0;
}

static bool find_host(int dir, const char *path, int flags, char host[PATH_MAX])
{
	if (!*path)
		return flags & AT_EMPTY_PATH && !bu_redirect_of_fd(dir, host);
	return !bu_redirect_resolve(dir, path, host);
}

bool bu_cgroup_handle(struct bu_kernel *kernel, int dir, const char *path,
		      struct file_handle *handle, int *mount_id, int flags, long *error)
{
	const struct bu_cgroup *cgroup;
	char host[PATH_MAX];
	struct stat st;

	if (!find_host(dir, path, flags, host) || host_stat(host, &st) || !S_ISDIR(st.st_mode))
		return false;
	bu_kernel_lock(kernel);
	cgroup = is_in_tree(kernel, host) ? by_inode(kernel, st.st_ino) : NULL;
	if (cgroup) {
		*error = handle->handle_bytes < sizeof(cgroup->id) ? -EOVERFLOW : 0;
		handle->handle_bytes = sizeof(cgroup->id);
		*mount_id = 0;
	}
	if (cgroup && !*error) {
		handle->handle_type = KERNFS_HANDLE;
		memcpy(handle->f_handle, &cgroup->id, sizeof(cgroup->id));
	}
	bu_kernel_unlock(kernel);
	return cgroup;
}

struct bu_cgroup *bu_cgroup_by_id(struct bu_kernel *kernel, u64 id)
{
	struct bu_cgroup *cgroup = kernel->cgroups;

	while (cgroup && cgroup->id != id)
		cgroup = cgroup->next;
	return cgroup;
}

struct bu_cgroup_hook *bu_cgroup_hook(const struct bu_cgroup *cgroup, u32 attach_type, u32 btf_id)
{
	struct bu_cgroup_hook *hook = cgroup->hooks;

	while (hook && (hook->attach_type != attach_type || hook->btf_id != btf_id))
		hook = hook->next;
	return hook;
}

struct bu_cgroup_hook *bu_cgroup_hook_make(struct bu_cgroup *cgroup, u32 attach_type, u32 btf_id)
{
	struct bu_cgroup_hook *hook = bu_cgroup_hook(cgroup, attach_type, btf_id), **end;

	if (hook)
		return hook;
	hook = calloc(1, sizeof(*hook));
	if (!hook)
		return NULL;
	hook->attach_type = attach_type;
	hook->btf_id = btf_id;
	for (end = &cgroup->hooks; *end; end = &(*end)->next)
		;
	*end = hook;
	return hook;
}

static void clear_hook(struct bu_cgroup_hook *hook)
{
	while (hook->count) {
		struct bu_cgroup_entry *last = &hook->entries[hook->count - 1];

		if (last->link) {
			bu_link_detach(last->link);
			continue;
		}
		hook->count--;
		bu_object_put(&last->prog->object);
	}
}

static void destroy(struct bu_kernel *kernel, struct bu_cgroup *cgroup)
{
	struct bu_cgroup **link = &kernel->cgroups;
	struct bu_cgroup_hook *hook;

	while ((hook = cgroup->hooks)) {
		clear_hook(hook);
		cgroup->hooks = hook->next;
		free(hook);
	}
	while (*link != cgroup)
		link = &(*link)->next;
	*link = cgroup->next;
	free(cgroup->name);
	free(cgroup);
}

void bu_cgroups_destroy(struct bu_kernel *kernel)
{
	while (kernel->cgroups)
		destroy(kernel, kernel->cgroups);
}

/* The file system */

static int make_file(const char *host, const char *name, const char *content)
{
	char path[PATH_MAX];
	int fd;

	if (snprintf(path, sizeof(path), "%s/%s", host, name) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	fd = bu_host_syscall(SYS_openat, AT_FDCWD, (long)path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644,
			     0, 0);
	if (fd < 0)
		return fd;
	bu_host_syscall(SYS_write, fd, (long)content, strlen(content), 0, 0, 0);
	bu_host_syscall(SYS_close, fd, 0, 0, 0, 0, 0);
	return 0;
}

static void remove_file(const char *host, const char *name)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", host, name) < (int)sizeof(path))
		bu_host_syscall(SYS_unlinkat, AT_FDCWD, (long)path, 0, 0, 0, 0);
}

static int made(struct bu_kernel *kernel, const char *host)
{
	int err = 0;

	bu_cgroup_of_host(kernel, host, &err);
	for (size_t i = 0; !err && i < BU_ARRAY_SIZE(files); i++)
		err = make_file(host, files[i].name, files[i].content);
	if (err) {
		for (size_t i = 0; i < BU_ARRAY_SIZE(files); i++)
			remove_file(host, files[i].name);
	}
	return err;
}

static bool has_children(struct bu_kernel *kernel, const struct bu_cgroup *cgroup)
{
	struct bu_cgroup *other = kernel->cgroups;

	while (other && other->parent != cgroup)
		other = other->next;
	return other != NULL;
}

/* A cgroup with others beneath it stays, with its files. */
static void removing(struct bu_kernel *kernel, const char *host)
{
	struct bu_cgroup *cgroup;
	struct stat st;

	if (host_stat(host, &st) || is_root(kernel, host))
		return;
	cgroup = by_inode(kernel, st.st_ino);
	if (cgroup && has_children(kernel, cgroup))
		return;
	for (size_t i = 0; i < BU_ARRAY_SIZE(files); i++)
		remove_file(host, files[i].name);
	if (cgroup)
		destroy(kernel, cgroup);
}

/* Source: cgroup_mkdir() */
static int lookup(const char *rest)
{
	return strchr(rest, '\n') ? -EINVAL : 0;
}

const struct bu_tree_type bu_cgroupfs = {
	.name = "cgroup2",
	.magic = CGROUP2_SUPER_MAGIC,
	.mode = 0755,
	.options = "rw,nosuid,nodev,noexec,relatime",
	.made = made,
	.removing = removing,
	.lookup = lookup,
};
