/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The interposed calls of libc that walk directories or names by themselves, without the calls that
 * interpose_files.c and interpose_paths.c replace. In the trees of ebpf/boundary/redirect.h they
 * see the host's directories, and callers are told the names that they know. Elsewhere libc's own
 * function is asked; a static program has none behind us, so what is here serves all paths.
 */
#include "ebpf/boundary/interpose.h"

#include "ebpf/boundary/mounts.h"
#include "ebpf/boundary/redirect.h"
#include "ebpf/kernel.h"
#include "ebpf/syscall.h"

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <fts.h>
#include <ftw.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

const char bu_interpose_walk;

BU_INTERPOSED DIR *opendir(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir && fd >= 0)
		close(fd);
	return dir;
}

typedef int (*compare_fn)(const struct dirent **a, const struct dirent **b);

static void free_entries(struct dirent **list, size_t count)
{
	while (count)
		free(list[--count]);
	free(list);
}

/* The chosen entries of a directory, and how many; -1 without memory. */
static ssize_t choose(DIR *dir, struct dirent ***list, int (*chosen)(const struct dirent *))
{
	struct dirent *entry, **longer;
	size_t count = 0;

	*list = NULL;
	while ((entry = readdir(dir))) {
		if (chosen && !chosen(entry))
			continue;
		longer = reallocarray(*list, count + 1, sizeof(*longer));
		if (longer)
			*list = longer;
		if (!longer || !(longer[count] = malloc(entry->d_reclen))) {
			free_entries(*list, count);
			return -1;
		}
		memcpy(longer[count++], entry, entry->d_reclen);
	}
	return count;
}

BU_INTERPOSED int scandir(const char *path, struct dirent ***list,
			  int (*chosen)(const struct dirent *), compare_fn compare)
{
	DIR *dir = opendir(path);
	ssize_t count;

	if (!dir)
		return -1;
	count = choose(dir, list, chosen);
	closedir(dir);
	if (count > 1 && compare)
		qsort(*list, count, sizeof(**list), (int (*)(const void *, const void *))compare);
	return count;
}

BU_INTERPOSED int scandir64(const char *path, struct dirent64 ***list,
			    int (*chosen)(const struct dirent64 *),
			    int (*compare)(const struct dirent64 **, const struct dirent64 **))
{
	return scandir(path, (struct dirent ***)list, (int (*)(const struct dirent *))chosen,
		       (compare_fn)compare);
}

/* Whether a path is one of ours; its host name. -1 and errno when it cannot be. */
static int redirected(const char **path, char host[PATH_MAX])
{
	const char *given = *path;
	int err = bu_redirect(path, host);

	if (!err)
		return *path != given;
	errno = -err;
	return -1;
}

/* Resolved by the host, then named as programs know it. */
static char *resolve(const char *path, char *resolved)
{
	struct bu_kernel *kernel = bu_kernel_if_any();
	char host[PATH_MAX];
	int err,
		fd = bu_host_syscall(SYS_openat, AT_FDCWD, (long)path, O_PATH | O_CLOEXEC, 0, 0, 0);

	err = fd < 0 ? fd : bu_redirect_of_fd(fd, host);
	if (fd >= 0)
		close(fd);
	if (err) {
		errno = -err;
		return NULL;
	}
	if (kernel)
		bu_redirect_back(kernel, host);
	return resolved ? strcpy(resolved, host) : strdup(host);
}

BU_INTERPOSED char *realpath(const char *restrict path, char *restrict resolved)
{
	char *(*next)(const char *, char *) = dlsym(RTLD_NEXT, "realpath");
	char host[PATH_MAX];
	const char *name = path;
	int ours = path ? redirected(&name, host) : 0;

	if (ours < 0)
		return NULL;
	return ours || !next ? resolve(name, resolved) : next(path, resolved);
}

BU_INTERPOSED char *canonicalize_file_name(const char *path)
{
	return realpath(path, NULL);
}

/* What a checked build calls (_FORTIFY_SOURCE). */
char *__realpath_chk(const char *path, char *resolved, size_t size);

BU_INTERPOSED char *__realpath_chk(const char *path, char *resolved, size_t size)
{
	if (size < PATH_MAX)
		abort();
	return realpath(path, resolved);
}

static int kind_of(const FTSENT *entry, int flags)
{
	switch (entry->fts_info) {
	case FTS_D:
		return FTW_D;
	case FTS_DP:
		return FTW_DP;
	case FTS_DNR:
		return FTW_DNR;
	case FTS_NS:
	case FTS_ERR:
		return FTW_NS;
	case FTS_SL:
		return FTW_SL;
	case FTS_SLNONE:
		return flags & FTW_PHYS ? FTW_SL : FTW_SLN;
	default:
		return FTW_F;
	}
}

static int report(const FTSENT *entry, int flags, __nftw_func_t visit)
{
	struct bu_kernel *kernel = bu_kernel_if_any();
	struct FTW place = { .level = entry->fts_level };
	struct stat none = { 0 };
	char path[PATH_MAX];

	if (entry->fts_pathlen >= PATH_MAX)
		return 0;
	strcpy(path, entry->fts_path);
	if (kernel)
		bu_redirect_back(kernel, path);
	if (strrchr(path, '/'))
		place.base = strrchr(path, '/') - path + 1;
	return visit(path, entry->fts_statp ? entry->fts_statp : &none, kind_of(entry, flags),
		     &place);
}

static bool is_reported(const FTSENT *entry, int flags)
{
	switch (entry->fts_info) {
	case FTS_D:
		return !(flags & FTW_DEPTH);
	case FTS_DP:
		return flags & FTW_DEPTH;
	case FTS_DC:
		return false;
	default:
		return true;
	}
}

/* nftw(3) over names of the host. Differs: FTW_CHDIR is without effect. */
static int walk(const char *path, __nftw_func_t visit, int flags)
{
	char *const paths[] = { (char *)path, NULL };
	FTS *walk = fts_open(paths,
			     FTS_NOCHDIR | (flags & FTW_PHYS ? FTS_PHYSICAL : FTS_LOGICAL) |
				     (flags & FTW_MOUNT ? FTS_XDEV : 0),
			     NULL);
	FTSENT *entry;
	int result = 0;

	if (!walk)
		return -1;
	while (!result && (entry = fts_read(walk))) {
		if (is_reported(entry, flags))
			result = report(entry, flags, visit);
		if (flags & FTW_ACTIONRETVAL && result == FTW_SKIP_SUBTREE)
			result = fts_set(walk, entry, FTS_SKIP);
		else if (flags & FTW_ACTIONRETVAL && result == FTW_SKIP_SIBLINGS)
			result = entry->fts_parent ? fts_set(walk, entry->fts_parent, FTS_SKIP) : 0;
	}
	fts_close(walk);
	return result;
}

BU_INTERPOSED int nftw(const char *path, __nftw_func_t visit, int fds, int flags)
{
	int (*next)(const char *, __nftw_func_t, int, int) = dlsym(RTLD_NEXT, "nftw");
	char host[PATH_MAX];
	const char *name = path;
	int ours = redirected(&name, host);
	struct stat st;

	if (ours < 0)
		return -1;
	if (!ours && next)
		return next(path, visit, fds, flags);
	return lstat(name, &st) ? -1 : walk(name, visit, flags);
}

BU_INTERPOSED int nftw64(const char *path, __nftw64_func_t visit, int fds, int flags)
{
	return nftw(path, (__nftw_func_t)visit, fds, flags);
}

BU_INTERPOSED int mount(const char *source, const char *target, const char *type,
			unsigned long flags, const void *data)
{
	int result;

	if (bu_mount(source, target, type, flags, &result))
		return bu_with_errno(result);
	return bu_with_errno(bu_host_syscall(SYS_mount, (long)source, (long)target, (long)type,
					     flags, (long)data, 0));
}

int fsopen(const char *type, unsigned int flags); /* of glibc 2.36 */

BU_INTERPOSED int fsopen(const char *type, unsigned int flags)
{
	return bu_with_errno(bu_fs_open(type, flags));
}

BU_INTERPOSED int umount2(const char *target, int flags)
{
	int result;

	if (bu_unmount(target, &result))
		return bu_with_errno(result);
	return bu_with_errno(bu_host_syscall(SYS_umount2, (long)target, flags, 0, 0, 0, 0));
}

BU_INTERPOSED int umount(const char *target)
{
	return umount2(target, 0);
}

/* libc's opens the file by itself, and reads whatever stream it is given. */
BU_INTERPOSED FILE *setmntent(const char *path, const char *mode)
{
	return fopen(path, mode);
}
