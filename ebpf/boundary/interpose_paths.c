/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The interposed calls that take a path and ask or change what is there: names in the trees of
 * ebpf/boundary/redirect.h are rewritten, and the host's call is made. See
 * ebpf/boundary/interpose.c.
 */
#include "ebpf/boundary/interpose.h"

#include "ebpf/boundary/fd_link.h"
#include "ebpf/boundary/files.h"
#include "ebpf/boundary/redirect.h"
#include "ebpf/kernel.h"
#include "ebpf/link/cgroup.h"
#include "ebpf/syscall.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

const char bu_interpose_paths;

/* The host's call `number` with (dir, path, c, d, e) for a path that may lie in a tree. */
static long at_path(long number, int dir, const char *path, long c, long d, long e)
{
	char host[PATH_MAX];
	int err = bu_redirect(&path, host);

	return bu_with_errno(err ? err : bu_host_syscall(number, dir, (long)path, c, d, e, 0));
}

/* The same for a call that changes what is there. Differs: mode and owner of virtual files stay. */
static long change_at(long number, int dir, const char *path, long c, long d, long e)
{
	char host[PATH_MAX];
	int err = bu_redirect_change(dir, &path, host);

	return bu_with_errno(err ? err : bu_host_syscall(number, dir, (long)path, c, d, e, 0));
}

/* A cgroup's inode number is its identity. */
static u64 number_of(u64 device, u64 inode)
{
	struct bu_kernel *kernel = bu_kernel_if_any();
	u64 id;

	if (!kernel || !kernel->cgroups)
		return inode;
	bu_kernel_lock(kernel);
	id = bu_cgroup_id_of(kernel, device, inode);
	bu_kernel_unlock(kernel);
	return id ? id : inode;
}

static int number_cgroup(struct stat *st)
{
	if (S_ISDIR(st->st_mode))
		st->st_ino = number_of(st->st_dev, st->st_ino);
	return 0;
}

static int stat_at(int dir, const char *path, struct stat *st, int flags)
{
	char buffer[PATH_MAX];
	int result;

	if (bu_files_stat(bu_files_path(dir, path, buffer), st, &result))
		return bu_with_errno(result);
	result = at_path(SYS_newfstatat, dir, path, (long)st, flags, 0);
	return result ? result : number_cgroup(st);
}

BU_INTERPOSED int stat(const char *path, struct stat *st)
{
	return stat_at(AT_FDCWD, path, st, 0);
}

BU_INTERPOSED int stat64(const char *path, struct stat64 *st)
{
	return stat_at(AT_FDCWD, path, (struct stat *)st, 0);
}

BU_INTERPOSED int lstat(const char *path, struct stat *st)
{
	return stat_at(AT_FDCWD, path, st, AT_SYMLINK_NOFOLLOW);
}

BU_INTERPOSED int lstat64(const char *path, struct stat64 *st)
{
	return stat_at(AT_FDCWD, path, (struct stat *)st, AT_SYMLINK_NOFOLLOW);
}

BU_INTERPOSED int fstatat(int dir, const char *path, struct stat *st, int flags)
{
	return stat_at(dir, path, st, flags);
}

BU_INTERPOSED int fstatat64(int dir, const char *path, struct stat64 *st, int flags)
{
	return stat_at(dir, path, (struct stat *)st, flags);
}

BU_INTERPOSED int fstat(int fd, struct stat *st)
{
	int result = bu_with_errno(bu_host_syscall(SYS_fstat, fd, (long)st, 0, 0, 0, 0));

	return result ? result : number_cgroup(st);
}

BU_INTERPOSED int fstat64(int fd, struct stat64 *st)
{
	return fstat(fd, (struct stat *)st);
}

static void widen(struct statx *to, const struct stat *from)
{
	memset(to, 0, sizeof(*to));
	to->stx_mask = STATX_BASIC_STATS;
	to->stx_mode = (u16)from->st_mode;
	to->stx_nlink = (u32)from->st_nlink;
	to->stx_ino = from->st_ino;
	to->stx_blksize = (u32)from->st_blksize;
	to->stx_size = (u64)from->st_size;
}

BU_INTERPOSED int statx(int dir, const char *path, int flags, unsigned int mask, struct statx *st)
{
	char buffer[PATH_MAX];
	struct stat own;
	int result;

	if (bu_files_stat(bu_files_path(dir, path, buffer), &own, &result)) {
		if (!result)
			widen(st, &own);
		return bu_with_errno(result);
	}
	result = at_path(SYS_statx, dir, path, flags, mask, (long)st);

	if (!result && S_ISDIR(st->stx_mode))
		st->stx_ino = number_of(makedev(st->stx_dev_major, st->stx_dev_minor), st->stx_ino);
	return result;
}

/* A cgroup's handle is its identity, which is how programs learn of it. */
BU_INTERPOSED int name_to_handle_at(int dir, const char *path, struct file_handle *handle,
				    int *mount_id, int flags)
{
	struct bu_kernel *kernel = bu_kernel_if_any();
	char buffer[PATH_MAX];
	const char *host = path;
	long err = bu_redirect(&host, buffer);

	if (err)
		return bu_with_errno(err);
	if (host != path)
		kernel = bu_kernel_if_any();
	if (kernel && kernel->cgroups &&
	    bu_cgroup_handle(kernel, dir, path, handle, mount_id, flags, &err))
		return bu_with_errno(err);
	return bu_with_errno(bu_host_syscall(SYS_name_to_handle_at, dir, (long)host, (long)handle,
					     (long)mount_id, flags, 0));
}

/* Names of programs that were linked before glibc 2.33. */
int __xstat(int version, const char *path, struct stat *st);
int __lxstat(int version, const char *path, struct stat *st);
int __fxstat(int version, int fd, struct stat *st);

BU_INTERPOSED int __xstat(int version, const char *path, struct stat *st)
{
	return stat(path, st);
}

BU_INTERPOSED int __lxstat(int version, const char *path, struct stat *st)
{
	return lstat(path, st);
}

BU_INTERPOSED int __fxstat(int version, int fd, struct stat *st)
{
	return fstat(fd, st);
}

/* The kernel's struct statfs is libc's on 64-bit machines, for both names. */
static int statfs_path(const char *path, struct statfs *fs)
{
	char buffer[PATH_MAX];
	const char *host = path;
	struct bu_kernel *kernel;
	struct bu_tree *tree;
	int own;
	long err;

	if (bu_files_statfs(path, fs, &own))
		return bu_with_errno(own);
	err = bu_redirect(&host, buffer);
	if (!err)
		err = bu_host_syscall(SYS_statfs, (long)host, (long)fs, 0, 0, 0, 0);
	if (err || host == path)
		return bu_with_errno(err);
	kernel = bu_kernel_if_any();
	tree = kernel ? bu_redirect_tree(kernel, host) : NULL;
	if (tree)
		fs->f_type = tree->type->magic;
	return 0;
}

static int statfs_fd(int fd, struct statfs *fs)
{
	struct bu_kernel *kernel = bu_kernel_if_any();
	long err = bu_host_syscall(SYS_fstatfs, fd, (long)fs, 0, 0, 0, 0);
	struct bu_tree *tree = NULL;
	char host[PATH_MAX];
	int own;

	if (!err && bu_files_statfs(bu_files_path(fd, ".", host), fs, &own))
		return bu_with_errno(own);
	if (!err && kernel && kernel->trees && !bu_redirect_of_fd(fd, host))
		tree = bu_redirect_tree(kernel, host);
	if (tree)
		fs->f_type = tree->type->magic;
	return bu_with_errno(err);
}

BU_INTERPOSED int statfs(const char *path, struct statfs *fs)
{
	return statfs_path(path, fs);
}

BU_INTERPOSED int statfs64(const char *path, struct statfs64 *fs)
{
	return statfs_path(path, (struct statfs *)fs);
}

BU_INTERPOSED int fstatfs(int fd, struct statfs *fs)
{
	return statfs_fd(fd, fs);
}

BU_INTERPOSED int fstatfs64(int fd, struct statfs64 *fs)
{
	return statfs_fd(fd, (struct statfs *)fs);
}

BU_INTERPOSED int mkdir(const char *path, mode_t mode)
{
	return bu_with_errno(bu_place_mkdir(AT_FDCWD, path, mode));
}

BU_INTERPOSED int mkdirat(int dir, const char *path, mode_t mode)
{
	return bu_with_errno(bu_place_mkdir(dir, path, mode));
}

BU_INTERPOSED int rmdir(const char *path)
{
	return bu_with_errno(bu_place_remove(AT_FDCWD, path, AT_REMOVEDIR));
}

BU_INTERPOSED int unlink(const char *path)
{
	return bu_with_errno(bu_place_remove(AT_FDCWD, path, 0));
}

BU_INTERPOSED int unlinkat(int dir, const char *path, int flags)
{
	return bu_with_errno(bu_place_remove(dir, path, flags));
}

BU_INTERPOSED int remove(const char *path)
{
	int err = bu_place_remove(AT_FDCWD, path, 0);

	if (err == -EISDIR || err == -EPERM)
		err = bu_place_remove(AT_FDCWD, path, AT_REMOVEDIR);
	return bu_with_errno(err);
}

BU_INTERPOSED int rename(const char *from, const char *to)
{
	return bu_with_errno(bu_place_rename(AT_FDCWD, from, AT_FDCWD, to, 0));
}

BU_INTERPOSED int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	return bu_with_errno(bu_place_rename(from_dir, from, to_dir, to, 0));
}

BU_INTERPOSED int renameat2(int from_dir, const char *from, int to_dir, const char *to,
			    unsigned int flags)
{
	return bu_with_errno(bu_place_rename(from_dir, from, to_dir, to, flags));
}

static int link_at(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
	struct bu_place source, target;
	long err = bu_place_find(&source, from_dir, from);

	if (!err)
		err = bu_place_find(&target, to_dir, to);
	if (!err && source.tree != target.tree)
		err = -EXDEV;
	if (!err)
		err = bu_host_syscall(SYS_linkat, from_dir, (long)source.path, to_dir,
				      (long)target.path, flags, 0);
	return bu_with_errno(err);
}

BU_INTERPOSED int link(const char *from, const char *to)
{
	return link_at(AT_FDCWD, from, AT_FDCWD, to, 0);
}

BU_INTERPOSED int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
	return link_at(from_dir, from, to_dir, to, flags);
}

BU_INTERPOSED int symlinkat(const char *target, int dir, const char *path)
{
	char host[PATH_MAX];
	int err = bu_redirect_change(dir, &path, host);

	return bu_with_errno(
		err ? err : bu_host_syscall(SYS_symlinkat, (long)target, dir, (long)path, 0, 0, 0));
}

BU_INTERPOSED int symlink(const char *target, const char *path)
{
	return symlinkat(target, AT_FDCWD, path);
}

BU_INTERPOSED ssize_t readlinkat(int dir, const char *path, char *buffer, size_t size)
{
	const char *ours = bu_fd_link(path);

	if (!ours)
		return at_path(SYS_readlinkat, dir, path, (long)buffer, size, 0);
	size = BU_MIN(size, strlen(ours));
	memcpy(buffer, ours, size);
	return size;
}

BU_INTERPOSED ssize_t readlink(const char *path, char *buffer, size_t size)
{
	return readlinkat(AT_FDCWD, path, buffer, size);
}

BU_INTERPOSED int chmod(const char *path, mode_t mode)
{
	return change_at(SYS_fchmodat, AT_FDCWD, path, mode, 0, 0);
}

BU_INTERPOSED int chown(const char *path, uid_t owner, gid_t group)
{
	return change_at(SYS_fchownat, AT_FDCWD, path, owner, group, 0);
}

BU_INTERPOSED int lchown(const char *path, uid_t owner, gid_t group)
{
	return change_at(SYS_fchownat, AT_FDCWD, path, owner, group, AT_SYMLINK_NOFOLLOW);
}

BU_INTERPOSED int fchownat(int dir, const char *path, uid_t owner, gid_t group, int flags)
{
	return change_at(SYS_fchownat, dir, path, owner, group, flags);
}

BU_INTERPOSED int truncate(const char *path, off_t length)
{
	char host[PATH_MAX];
	int err = bu_redirect_change(AT_FDCWD, &path, host);

	return bu_with_errno(err ? err
				 : bu_host_syscall(SYS_truncate, (long)path, length, 0, 0, 0, 0));
}

/* In our trees only the kernel itself makes files. */
BU_INTERPOSED int mknodat(int dir, const char *path, mode_t mode, dev_t device)
{
	const char *given = path;
	char host[PATH_MAX];
	int err = bu_redirect_change(dir, &path, host);

	if (!err && path != given)
		err = S_ISREG(mode) || !(mode & S_IFMT) ? -EACCES : -EPERM;
	return bu_with_errno(
		err ? err : bu_host_syscall(SYS_mknodat, dir, (long)path, mode, device, 0, 0));
}

BU_INTERPOSED int mknod(const char *path, mode_t mode, dev_t device)
{
	return mknodat(AT_FDCWD, path, mode, device);
}

BU_INTERPOSED int chdir(const char *path)
{
	char host[PATH_MAX];
	int err = bu_redirect(&path, host);

	return bu_with_errno(err ? err : bu_host_syscall(SYS_chdir, (long)path, 0, 0, 0, 0, 0));
}
