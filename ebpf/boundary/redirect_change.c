/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls that make, remove and rename what lies in a tree of ebpf/boundary/redirect.h. The host does
 * it; the file system is told which files are gone for good and which directories are new. Names
 * that are relative to a descriptor or to the current directory work on the host as they are; where
 * they lead is asked only in processes that have touched a tree.
 */
#include "ebpf/boundary/files.h"
#include "ebpf/boundary/redirect.h"

#include "ebpf/kernel.h"
#include "ebpf/syscall.h"

#include <fcntl.h>
#include <sys/syscall.h>

int bu_redirect_change(int dir, const char **path, char host[PATH_MAX])
{
	int err = bu_files_keep(dir, *path);

	return err ? err : bu_redirect(path, host);
}

int bu_place_find(struct bu_place *place, int dir, const char *path)
{
	char host[PATH_MAX];
	int err;

	place->dir = dir;
	place->path = path;
	place->tree = NULL;
	err = bu_redirect_change(dir, &place->path, place->host);
	place->kernel = bu_kernel_if_any();
	if (err || !path || !place->kernel || !place->kernel->trees)
		return err;
	if (place->path == path && (*path == '/' || bu_redirect_resolve(dir, path, host)))
		return 0;
	place->tree = bu_redirect_tree(place->kernel, place->path == path ? host : place->host);
	return 0;
}

bool bu_redirect_open(const char *path, int flags, u32 mode, long *result)
{
	struct bu_place place;
	const char *host = path;

	*result = bu_redirect(&host, place.host);
	if (*result)
		return true;
	if (host == path)
		return false;
	place.kernel = bu_kernel_if_any();
	place.tree = place.kernel ? bu_redirect_tree(place.kernel, host) : NULL;
	if (place.tree && place.tree->type->open) {
		bu_kernel_lock(place.kernel);
		*result = place.tree->type->open(place.kernel, host, flags);
		bu_kernel_unlock(place.kernel);
	} else {
		*result = bu_host_syscall(SYS_openat, AT_FDCWD, (long)host, flags | O_LARGEFILE,
					  mode, 0, 0);
	}
	return true;
}

static int host_remove(const struct bu_place *place, int flags)
{
	return bu_host_syscall(SYS_unlinkat, place->dir, (long)place->path, flags, 0, 0, 0);
}

/* What is there now, and whether it is a file that has no other name. */
static bool is_last_name(const struct bu_place *place, struct stat *st)
{
	return !bu_host_syscall(SYS_newfstatat, place->dir, (long)place->path, (long)st,
				AT_SYMLINK_NOFOLLOW, 0, 0) &&
	       !S_ISDIR(st->st_mode) && st->st_nlink == 1;
}

static void tell_gone(const struct bu_place *place, const struct stat *st)
{
	if (place->tree->type->gone)
		place->tree->type->gone(place->kernel, st);
}

static int make_in_tree(const struct bu_place *place, u32 mode)
{
	int err = bu_host_syscall(SYS_mkdirat, place->dir, (long)place->path, mode, 0, 0, 0);
	char host[PATH_MAX];

	if (err || !place->tree->type->made)
		return err;
	err = bu_redirect_resolve(place->dir, place->path, host);
	if (!err)
		err = place->tree->type->made(place->kernel, host);
	if (err)
		host_remove(place, AT_REMOVEDIR);
	return err;
}

int bu_place_mkdir(int dir, const char *path, u32 mode)
{
	struct bu_place place;
	int err = bu_place_find(&place, dir, path);

	if (err)
		return err;
	if (!place.tree)
		return bu_host_syscall(SYS_mkdirat, dir, (long)path, mode, 0, 0, 0);
	bu_kernel_lock(place.kernel);
	err = make_in_tree(&place, mode);
	bu_kernel_unlock(place.kernel);
	return err;
}

static int remove_in_tree(const struct bu_place *place, int flags)
{
	char host[PATH_MAX];
	struct stat st;
	bool last = is_last_name(place, &st);
	int err;

	if (flags & AT_REMOVEDIR && place->tree->type->removing &&
	    !bu_redirect_resolve(place->dir, place->path, host))
		place->tree->type->removing(place->kernel, host);
	err = host_remove(place, flags);
	if (!err && last)
		tell_gone(place, &st);
	return err;
}

int bu_place_remove(int dir, const char *path, int flags)
{
	struct bu_place place;
	int err = bu_place_find(&place, dir, path);

	if (err)
		return err;
	if (!place.tree)
		return host_remove(&place, flags);
	bu_kernel_lock(place.kernel);
	err = remove_in_tree(&place, flags);
	bu_kernel_unlock(place.kernel);
	return err;
}

static int host_rename(const struct bu_place *from, const struct bu_place *to, u32 flags)
{
	if (!flags)
		return bu_host_syscall(SYS_renameat, from->dir, (long)from->path, to->dir,
				       (long)to->path, 0, 0);
	return bu_host_syscall(SYS_renameat2, from->dir, (long)from->path, to->dir, (long)to->path,
			       flags, 0);
}

/* Two names of one file: rename(2) does nothing. */
static bool same_file(const struct bu_place *from, const struct stat *to)
{
	struct stat st;

	return !bu_host_syscall(SYS_newfstatat, from->dir, (long)from->path, (long)&st,
				AT_SYMLINK_NOFOLLOW, 0, 0) &&
	       st.st_ino == to->st_ino && st.st_dev == to->st_dev;
}

static int rename_in_tree(const struct bu_place *from, const struct bu_place *to, u32 flags)
{
	struct stat st;
	bool replaced = flags == 0 && is_last_name(to, &st) && !same_file(from, &st);
	int err = host_rename(from, to, flags);

	if (!err && replaced)
		tell_gone(to, &st);
	return err;
}

int bu_place_rename(int from_dir, const char *from, int to_dir, const char *to, u32 flags)
{
	struct bu_place source, target;
	int err = bu_place_find(&source, from_dir, from);

	if (!err)
		err = bu_place_find(&target, to_dir, to);
	if (err)
		return err;
	if (source.tree != target.tree)
		return -EXDEV;
	if (!source.tree)
		return host_rename(&source, &target, flags);
	bu_kernel_lock(source.kernel);
	err = rename_in_tree(&source, &target, flags);
	bu_kernel_unlock(source.kernel);
	return err;
}
