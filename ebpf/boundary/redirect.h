/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Trees of the emulated kernel's file systems (bpffs, ...): what a program calls /sys/fs/bpf/x is a
 * file in a private directory of the host, which the kernel makes when a tree is first touched and
 * removes with itself. The interposed calls about paths rewrite them by bu_redirect() and then ask
 * the host, so directories can be listed, renamed and walked natively. ebpf/boundary/redirect.def
 * has a row for each tree that is always there; mount(2) adds others.
 */
#ifndef BU_REDIRECT_H
#define BU_REDIRECT_H

#include "ebpf/base.h"

#include <limits.h>
#include <sys/stat.h>

struct bu_kernel;
struct bu_tree;

struct bu_tree_type {        /* a file system; each slot may be NULL */
	const char *name;    /* as mount(8) says it: "bpf" */
	u32 magic;           /* what statfs(2) tells */
	u32 mode;            /* of the root directory */
	const char *options; /* in /proc/mounts */
	/* A directory was made, the root included: `host` is its path on the host. 0 or -errno. */
	int (*made)(struct bu_kernel *kernel, const char *host);
	/* A directory is about to be removed: take out of it what made() put there. */
	void (*removing)(struct bu_kernel *kernel, const char *host);
	/* The last name of this file is gone. */
	void (*gone)(struct bu_kernel *kernel, const struct stat *st);
	/* open(2) of what is no directory: a descriptor or -errno; NULL: the host's file. */
	int (*open)(struct bu_kernel *kernel, const char *host, int flags);
	/* Whether there can be such a path beneath the root ("/a/b"): 0 or -errno. NULL: any. */
	int (*lookup)(const char *rest);
};

struct bu_tree {
	struct bu_tree *next;
	const struct bu_tree_type *type;
	char *prefix; /* as programs call it, without a slash at the end */
	char *dir;    /* where the host has it; NULL: not touched yet */
};

/* Make *path the host's name for it: left alone when it lies in no tree, else a name that is put in
 * `host`. 0, or -errno: the file system refuses such names, or its directory cannot be made. */
int bu_redirect(const char **path, char host[PATH_MAX]);
/* The same for a call that changes what is there: virtual files stay as they are, as
 * bu_files_keep() says (ebpf/boundary/redirect_change.c). */
int bu_redirect_change(int dir, const char **path, char host[PATH_MAX]);
/* The same in a kernel that is not the process's yet; -ENOENT: in no tree. */
int bu_redirect_in(struct bu_kernel *kernel, const char *path, char host[PATH_MAX]);
/* The tree that a host's name lies in, or NULL. */
struct bu_tree *bu_redirect_tree(struct bu_kernel *kernel, const char *host);
/* The host's absolute name of what `path` means relative to `dir` (a descriptor or AT_FDCWD),
 * symbolic links followed except in its last component. 0 or -errno. */
int bu_redirect_resolve(int dir, const char *path, char host[PATH_MAX]);
/* The host's name of an open file. 0 or -errno. */
int bu_redirect_of_fd(int fd, char host[PATH_MAX]);
/* What programs call a host's name: `path` is rewritten in place when it lies in a tree. */
void bu_redirect_back(struct bu_kernel *kernel, char path[PATH_MAX]);

/* open(2) of a path in a tree: true and the descriptor or -errno; false: the host's, `path` as it
 * is. */
bool bu_redirect_open(const char *path, int flags, u32 mode, long *result);

/* Where a call that changes a directory works. */
struct bu_place {
	int dir;          /* for the host's call */
	const char *path; /* the same */
	struct bu_kernel *kernel;
	struct bu_tree *tree; /* that it lies in; NULL: none */
	char host[PATH_MAX];
};

/* Find out: 0 or -errno. */
int bu_place_find(struct bu_place *place, int dir, const char *path);
/* The host's mkdirat(2), unlinkat(2), renameat2(2), and what the trees make of it. 0 or -errno. */
int bu_place_mkdir(int dir, const char *path, u32 mode);
int bu_place_remove(int dir, const char *path, int flags);
int bu_place_rename(int from_dir, const char *from, int to_dir, const char *to, u32 flags);

/* The trees of `kernel`, the always present ones first; NULL without memory. */
struct bu_tree *bu_trees(struct bu_kernel *kernel);
/* Mount and unmount: 0, -ENODEV (no such file system), -EINVAL (nothing mounted there), -ENOMEM. */
int bu_tree_mount(struct bu_kernel *kernel, const char *type, const char *prefix);
/* Whether a file system of this name is emulated. */
bool bu_tree_has_type(const char *name);
int bu_tree_unmount(struct bu_kernel *kernel, const char *prefix);
/* Make a tree's directory, if it is not there yet: 0 or -errno. */
int bu_tree_make(struct bu_kernel *kernel, struct bu_tree *tree);

/* The private directory, which is made if need be: 0 or -errno. */
int bu_trees_private(struct bu_kernel *kernel, const char **path);
/* What remains of a path without "//", "." and "..". False: not absolute, or too long. */
bool bu_path_normalize(const char *path, char out[PATH_MAX]);

/* Remove a file of the host's, or a directory with all that is in it. */
void bu_path_remove(const char *path);

/* The process ends: remove the private directory, if it made one. */
void bu_trees_leave(struct bu_kernel *kernel);
/* Forget the trees and remove the private directory, unless it is a parent process's. */
void bu_trees_destroy(struct bu_kernel *kernel);

#endif
