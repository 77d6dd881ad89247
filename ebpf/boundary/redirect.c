/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Paths of the emulated kernel's file systems, rewritten to names in a private directory.
 *
 * That directory is $TMPDIR/bpfunit-UID/PID-NUMBER. Its maker holds a lock on it as long as the
 * kernel lives, in this process or one that it forked; whoever makes another removes those that
 * nobody holds any more, so a process that was killed leaves nothing behind for long. A name is
 * compared after "//", "." and ".." have been taken out as text: symbolic links of the host do not
 * lead into trees.
 */
#include "ebpf/boundary/redirect.h"

#include "ebpf/boundary/backend.h"
#include "ebpf/kernel.h"
#include "ebpf/syscall.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define STALE_AGE_S 60 /* a directory without a lock that is younger may be about to get it */

struct bu_trees {
	struct bu_tree *list;
	char *private; /* NULL: not made */
	int lock;      /* a descriptor of it */
	pid_t owner;
};

#define BU_TREE(path, type) extern const struct bu_tree_type type;
#include "ebpf/boundary/redirect.def"
#undef BU_TREE

static const struct {
	const char *prefix;
	const struct bu_tree_type *type;
} rows[] = {
#define BU_TREE(path, type) { path, &type },
#include "ebpf/boundary/redirect.def"
#undef BU_TREE
};

bool bu_path_normalize(const char *path, char out[PATH_MAX])
{
	size_t len = 0;

	if (*path != '/' || strlen(path) >= PATH_MAX)
		return false;
	while (*path) {
		size_t part = strcspn(path, "/");

		if (part == 2 && !memcmp(path, "..", 2)) {
			while (len && out[--len] != '/')
				;
		} else if (part && !(part == 1 && *path == '.')) {
			out[len++] = '/';
			memcpy(out + len, path, part);
			len += part;
		}
		path += part;
		path += strspn(path, "/");
	}
	if (!len)
		out[len++] = '/';
	out[len] = '\0';
	return true;
}

static bool is_plain(const char *path)
{
	return *path == '/' && !strstr(path, "//") && !strstr(path, "/.");
}

/* What follows `prefix` in `path` ("" or "/..."), or NULL. */
static const char *behind(const char *path, const char *prefix)
{
	size_t len = strlen(prefix);

	if (strncmp(path, prefix, len) || (path[len] && path[len] != '/'))
		return NULL;
	return path + len;
}

static bool in_a_row(const char *path)
{
	for (size_t i = 0; i < BU_ARRAY_SIZE(rows); i++) {
		if (behind(path, rows[i].prefix))
			return true;
	}
	return false;
}

static void free_tree(struct bu_tree *tree)
{
	free(tree->prefix);
	free(tree->dir);
	free(tree);
}

static struct bu_tree *add_tree(struct bu_trees *trees, const char *prefix,
				const struct bu_tree_type *type)
{
	struct bu_tree **end = &trees->list, *tree = calloc(1, sizeof(*tree));

	if (!tree)
		return NULL;
	tree->type = type;
	tree->prefix = strdup(prefix);
	if (!tree->prefix) {
		free(tree);
		return NULL;
	}
	while (*end)
		end = &(*end)->next;
	*end = tree;
	return tree;
}

static struct bu_trees *trees_of(struct bu_kernel *kernel)
{
	if (kernel->trees)
		return kernel->trees;
	kernel->trees = calloc(1, sizeof(*kernel->trees));
	if (!kernel->trees)
		return NULL;
	kernel->trees->lock = -1;
	for (size_t i = 0; i < BU_ARRAY_SIZE(rows); i++)
		add_tree(kernel->trees, rows[i].prefix, rows[i].type);
	return kernel->trees;
}

struct bu_tree *bu_trees(struct bu_kernel *kernel)
{
	struct bu_trees *trees = trees_of(kernel);

	return trees ? trees->list : NULL;
}

void bu_path_remove(const char *path)
{
	struct dirent *entry;
	char *inner;
	DIR *dir;

	if (!bu_host_syscall(SYS_unlinkat, AT_FDCWD, (long)path, 0, 0, 0, 0))
		return;
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (asprintf(&inner, "%s/%s", path, entry->d_name) < 0)
			break;
		bu_path_remove(inner);
		free(inner);
	}
	if (dir)
		closedir(dir);
	bu_host_syscall(SYS_unlinkat, AT_FDCWD, (long)path, AT_REMOVEDIR, 0, 0, 0);
}

static bool is_stale(const char *path)
{
	struct stat st;
	bool stale = false;
	int fd = bu_host_syscall(SYS_openat, AT_FDCWD, (long)path,
				 O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0, 0, 0);

	if (fd < 0)
		return false;
	if (!bu_host_syscall(SYS_fstat, fd, (long)&st, 0, 0, 0, 0))
		stale = st.st_mtime + STALE_AGE_S < time(NULL) && !flock(fd, LOCK_EX | LOCK_NB);
	close(fd);
	return stale;
}

static void remove_stale(const char *base)
{
	DIR *dir = opendir(base);
	struct dirent *entry;
	char *path;

	while (dir && (entry = readdir(dir))) {
		if (*entry->d_name == '.' || asprintf(&path, "%s/%s", base, entry->d_name) < 0)
			continue;
		if (is_stale(path))
			bu_path_remove(path);
		free(path);
	}
	if (dir)
		closedir(dir);
}

static int make_directory(const char *path, mode_t mode)
{
	return bu_host_syscall(SYS_mkdirat, AT_FDCWD, (long)path, mode, 0, 0, 0);
}

/* $TMPDIR/bpfunit-UID, ours alone; malloc'ed. */
static int make_base(char **base)
{
	const char *parent = getenv("TMPDIR");
	struct stat st;
	int err;

	if (!parent || *parent != '/')
		parent = "/tmp";
	if (asprintf(base, "%s/bpfunit-%u", parent, (unsigned int)geteuid()) < 0)
		return -ENOMEM;
	err = make_directory(*base, 0700);
	if (err && err != -EEXIST)
		goto fail;
	err = bu_host_syscall(SYS_newfstatat, AT_FDCWD, (long)*base, (long)&st, AT_SYMLINK_NOFOLLOW,
			      0, 0);
	if (!err && (!S_ISDIR(st.st_mode) || st.st_uid != geteuid()))
		err = -EACCES;
	if (!err)
		return 0;
fail:
	free(*base);
	return err;
}

static int lock_private(struct bu_trees *trees)
{
	int fd = bu_host_syscall(SYS_openat, AT_FDCWD, (long)trees->private,
				 O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0, 0, 0);

	if (fd < 0)
		return fd;
	fd = bu_fd_move_high(fd);
	flock(fd, LOCK_EX | LOCK_NB);
	trees->lock = fd;
	return 0;
}

/* The errno alone, of open() for example, would tell nobody what is wrong. */
static int cannot_make(struct bu_kernel *kernel, int err)
{
	const char *parent = getenv("TMPDIR");

	bu_note(kernel,
		"the emulated kernel's own files need a directory in %s, which cannot be made: %s "
		"(TMPDIR)",
		parent && *parent == '/' ? parent : "/tmp", strerror(-err));
	return err;
}

static int make_private(struct bu_kernel *kernel, struct bu_trees *trees)
{
	char *base;
	int err = make_base(&base);

	if (err)
		return cannot_make(kernel, err);
	remove_stale(base);
	trees->owner = getpid();
	err = -EEXIST;
	for (unsigned int number = 0; err == -EEXIST; number++) {
		free(trees->private);
		if (asprintf(&trees->private, "%s/%d-%u", base, trees->owner, number) < 0)
			trees->private = NULL;
		err = trees->private ? make_directory(trees->private, 0700) : -ENOMEM;
	}
	if (!err)
		err = lock_private(trees);
	if (err) {
		free(trees->private);
		trees->private = NULL;
		cannot_make(kernel, err);
	}
	free(base);
	return err;
}

/* The directory's name says what it is: the prefix with its slashes replaced. */
static char *name_directory(const struct bu_trees *trees, const struct bu_tree *tree)
{
	char *name;

	if (asprintf(&name, "%s/%s", trees->private, tree->prefix + 1) < 0)
		return NULL;
	for (char *at = name + strlen(trees->private) + 1; *at; at++) {
		if (*at == '/')
			*at = '_';
	}
	return name;
}

int bu_trees_private(struct bu_kernel *kernel, const char **path)
{
	struct bu_trees *trees = trees_of(kernel);
	int err = trees ? 0 : -ENOMEM;

	if (!err && !trees->private)
		err = make_private(kernel, trees);
	if (!err)
		*path = trees->private;
	return err;
}

int bu_tree_make(struct bu_kernel *kernel, struct bu_tree *tree)
{
	struct bu_trees *trees = kernel->trees;
	mode_t mode = tree->type->mode;
	int err = 0;

	if (tree->dir)
		return 0;
	if (!trees->private)
		err = make_private(kernel, trees);
	if (err)
		return err;
	tree->dir = name_directory(trees, tree);
	if (!tree->dir)
		return -ENOMEM;
	err = make_directory(tree->dir, mode);
	if (!err) /* whatever the umask */
		err = bu_host_syscall(SYS_fchmodat, AT_FDCWD, (long)tree->dir, mode, 0, 0, 0);
	if (!err && tree->type->made)
		err = tree->type->made(kernel, tree->dir);
	if (err) {
		bu_path_remove(tree->dir);
		free(tree->dir);
		tree->dir = NULL;
	}
	return err;
}

/* The tree with the longest prefix, and the rest of the path. */
static struct bu_tree *find_tree(struct bu_kernel *kernel, const char *path, const char **rest)
{
	struct bu_tree *best = NULL;

	for (struct bu_tree *tree = bu_trees(kernel); tree; tree = tree->next) {
		const char *tail = behind(path, tree->prefix);

		if (tail && (!best || strlen(tree->prefix) >= strlen(best->prefix))) {
			best = tree;
			*rest = tail;
		}
	}
	return best;
}

/* 1: the path lies in no tree. */
static int rewrite(struct bu_kernel *kernel, const char *path, char host[PATH_MAX])
{
	struct bu_tree *tree;
	const char *rest;
	int err = 1;

	bu_kernel_lock(kernel);
	tree = find_tree(kernel, path, &rest);
	if (tree)
		err = bu_tree_make(kernel, tree);
	if (!err && tree->type->lookup)
		err = tree->type->lookup(rest);
	if (!err && snprintf(host, PATH_MAX, "%s%s", tree->dir, rest) >= PATH_MAX)
		err = -ENAMETOOLONG;
	bu_kernel_unlock(kernel);
	return err;
}

int bu_redirect_in(struct bu_kernel *kernel, const char *path, char host[PATH_MAX])
{
	int err = rewrite(kernel, path, host);

	return err > 0 ? -ENOENT : err;
}

/* A slash at the end says that it must be a directory. */
static void keep_slash(const char *path, char host[PATH_MAX])
{
	size_t len = strlen(host);

	if (path[strlen(path) - 1] == '/' && len + 1 < PATH_MAX)
		strcpy(host + len, "/");
}

static int redirect(const char **path, char host[PATH_MAX])
{
	struct bu_kernel *kernel = bu_kernel_if_any();
	const char *plain = *path;
	char normal[PATH_MAX];
	int err;

	if (!plain || *plain != '/' || bu_on_host())
		return 0;
	if (!is_plain(plain)) {
		if (!bu_path_normalize(plain, normal))
			return 0;
		plain = normal;
	}
	if (!in_a_row(plain) && !(kernel && kernel->trees))
		return 0;
	kernel = bu_kernel();
	if (!kernel)
		return -ENOMEM;
	err = rewrite(kernel, plain, host);
	if (err)
		return err < 0 ? err : 0;
	keep_slash(*path, host);
	*path = host;
	return 0;
}

int bu_redirect(const char **path, char host[PATH_MAX])
{
	int before = errno, err = redirect(path, host);

	errno = before;
	return err;
}

struct bu_tree *bu_redirect_tree(struct bu_kernel *kernel, const char *host)
{
	for (struct bu_tree *tree = kernel->trees ? kernel->trees->list : NULL; tree;
	     tree = tree->next) {
		if (tree->dir && behind(host, tree->dir))
			return tree;
	}
	return NULL;
}

int bu_redirect_of_fd(int fd, char host[PATH_MAX])
{
	char link[32];
	long len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = bu_host_syscall(SYS_readlinkat, AT_FDCWD, (long)link, (long)host, PATH_MAX, 0, 0);
	if (len < 0)
		return len;
	if (len >= PATH_MAX)
		return -ENAMETOOLONG;
	host[len] = '\0';
	return 0;
}

/* The directory part, resolved by the host, and the last component as it was given. */
int bu_redirect_resolve(int dir, const char *path, char host[PATH_MAX])
{
	char buffer[PATH_MAX], parent[PATH_MAX];
	const char *last;
	size_t len;
	int fd, err;

	if (!*path)
		return -ENOENT;
	err = bu_redirect(&path, buffer);
	if (err)
		return err;
	last = strrchr(path, '/');
	len = last ? (size_t)(last - path) + 1 : 0;
	last = last ? last + 1 : path;
	if (len >= PATH_MAX)
		return -ENAMETOOLONG;
	memcpy(parent, path, len);
	strcpy(parent + len, len ? "" : ".");
	fd = bu_host_syscall(SYS_openat, dir, (long)parent, O_PATH | O_DIRECTORY | O_CLOEXEC, 0, 0,
			     0);
	if (fd < 0)
		return fd;
	err = bu_redirect_of_fd(fd, host);
	close(fd);
	len = strlen(host);
	if (err || !*last)
		return err;
	if (len + strlen(last) + 2 > PATH_MAX)
		return -ENAMETOOLONG;
	sprintf(host + len, "%s%s", len > 1 ? "/" : "", last);
	return 0;
}

void bu_redirect_back(struct bu_kernel *kernel, char path[PATH_MAX])
{
	struct bu_tree *tree = bu_redirect_tree(kernel, path);
	char rest[PATH_MAX];

	if (!tree)
		return;
	strcpy(rest, path + strlen(tree->dir));
	snprintf(path, PATH_MAX, "%s%s", tree->prefix, rest);
}

bool bu_tree_has_type(const char *name)
{
	for (size_t i = 0; i < BU_ARRAY_SIZE(rows); i++) {
		if (!strcmp(rows[i].type->name, name))
			return true;
	}
	return false;
}

int bu_tree_mount(struct bu_kernel *kernel, const char *type, const char *prefix)
{
	struct bu_trees *trees = trees_of(kernel);
	char path[PATH_MAX];

	if (!bu_path_normalize(prefix, path))
		return -ENOENT;
	for (size_t i = 0; trees && i < BU_ARRAY_SIZE(rows); i++) {
		if (strcmp(rows[i].type->name, type))
			continue;
		for (struct bu_tree *tree = trees->list; tree; tree = tree->next) {
			if (!strcmp(tree->prefix, path))
				return 0;
		}
		return add_tree(trees, path, rows[i].type) ? 0 : -ENOMEM;
	}
	return trees ? -ENODEV : -ENOMEM;
}

/* What was pinned there is let go of, file by file. */
static void empty_tree(struct bu_kernel *kernel, struct bu_tree *tree, const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	struct stat st;
	char *inner;

	while (dir && (entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..") ||
		    asprintf(&inner, "%s/%s", path, entry->d_name) < 0)
			continue;
		if (!bu_host_syscall(SYS_newfstatat, AT_FDCWD, (long)inner, (long)&st,
				     AT_SYMLINK_NOFOLLOW, 0, 0)) {
			if (S_ISDIR(st.st_mode))
				empty_tree(kernel, tree, inner);
			else if (tree->type->gone)
				tree->type->gone(kernel, &st);
		}
		free(inner);
	}
	if (dir)
		closedir(dir);
}

int bu_tree_unmount(struct bu_kernel *kernel, const char *prefix)
{
	struct bu_trees *trees = trees_of(kernel);
	char path[PATH_MAX];

	if (!trees || !bu_path_normalize(prefix, path))
		return -EINVAL;
	for (struct bu_tree **link = &trees->list; *link; link = &(*link)->next) {
		struct bu_tree *tree = *link;

		if (strcmp(tree->prefix, path))
			continue;
		if (tree->dir) {
			empty_tree(kernel, tree, tree->dir);
			bu_path_remove(tree->dir);
		}
		*link = tree->next;
		free_tree(tree);
		return 0;
	}
	return -EINVAL;
}

void bu_trees_leave(struct bu_kernel *kernel)
{
	struct bu_trees *trees = kernel->trees;

	if (trees && trees->private && trees->owner == getpid())
		bu_path_remove(trees->private);
}

void bu_trees_destroy(struct bu_kernel *kernel)
{
	struct bu_trees *trees = kernel->trees;

	if (!trees)
		return;
	bu_trees_leave(kernel);
	kernel->trees = NULL;
	while (trees->list) {
		struct bu_tree *next = trees->list->next;

		free_tree(trees->list);
		trees->list = next;
	}
	if (trees->lock >= 0)
		close(trees->lock);
	free(trees->private);
	free(trees);
}
