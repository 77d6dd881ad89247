/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtual files: paths of sysfs, procfs and tracefs that the emulated kernel answers. A row of
 * ebpf/boundary/files.def names a path and the function that makes its content (files_kernel.c,
 * files_proc.c, files_trace.c, ...); ebpf/boundary/files.c finds the row and opens.
 */
#ifndef BU_FILES_H
#define BU_FILES_H

#include "ebpf/btf/btf_join.h"

#include <limits.h>

struct bu_kernel;
struct stat;
struct statfs;

enum {                           /* besides 0 and -errno */
       BU_FILE_DIRECTORY = 1,    /* whose entries were added to `out`: names, each with a
				    newline, directories with a slash before it */
       BU_FILE_HOSTS = 2,        /* after all: the host's file */
       BU_FILE_CONTENT = -10000, /* of open(): as any other file, by its content */
};

/* Add the content of what is called by the row's path and `rest` ("", or what follows) to `out`;
 * out NULL: it is only asked whether there is such a file. Called with the kernel locked. 0;
 * -ENOENT; BU_FILE_DIRECTORY; BU_FILE_HOSTS. */
typedef int (*bu_file_content)(struct bu_kernel *kernel, const char *rest, struct bu_bytes *out);
/* Files that are more than their content: a descriptor as open(2) with these flags gives it,
 * -errno, or BU_FILE_CONTENT. */
typedef int (*bu_file_open)(struct bu_kernel *kernel, const char *rest, int flags);

/* Add text to a content; nothing where out is NULL. */
void bu_file_print(struct bu_bytes *out, const char *format, ...) BU_PRINTF(2, 3);

/* stat(2) and statfs(2) of a path: true and 0 or -errno in *result; false: the host's. */
bool bu_files_stat(const char *path, struct stat *st, int *result);
bool bu_files_statfs(const char *path, struct statfs *fs, int *result);

/* A descriptor of a file with this content, or -errno. */
int bu_files_memfd(const struct bu_bytes *content, int flags);
/* A descriptor of a directory with these entries, or -errno. */
int bu_files_open_directory(struct bu_kernel *kernel, const char *path,
			    const struct bu_bytes *listing, int flags);
/* What `path` means relative to `dir`: where that is a virtual directory, an absolute path in
 * `buffer`, else `path` as it is. */
const char *bu_files_path(int dir, const char *path, char buffer[PATH_MAX]);
/* Virtual files are neither made nor changed nor removed, here or in the host: 0 for a path that is
 * the host's or a tree's; -EPERM; -ENOENT: a virtual one of which there is none. */
int bu_files_keep(int dir, const char *path);
/* What a path is: 0 (a regular file), BU_FILE_DIRECTORY, BU_FILE_HOSTS, or -errno. */
int bu_files_kind(const char *path);

/* The contents, by file. */
int bu_file_vmlinux(struct bu_kernel *kernel, const char *rest, struct bu_bytes *out);
int bu_file_cpus(struct bu_kernel *kernel, const char *rest, struct bu_bytes *out);
int bu_file_config(struct bu_kernel *kernel, const char *rest, struct bu_bytes *out);
int bu_file_mounts(struct bu_kernel *kernel, const char *rest, struct bu_bytes *out);
int bu_file_release(struct bu_kernel *kernel, const char *rest, struct bu_bytes *out);
int bu_file_version(struct bu_kernel *kernel, const char *rest, struct bu_bytes *out);
int bu_file_kallsyms(struct bu_kernel *kernel, const char *rest, struct bu_bytes *out);
int bu_file_proc(struct bu_kernel *kernel, const char *rest, struct bu_bytes *out);
int bu_file_trace(struct bu_kernel *kernel, const char *rest, struct bu_bytes *out);
int bu_file_netdev(struct bu_kernel *kernel, const char *rest, struct bu_bytes *out);
int bu_file_directory(struct bu_kernel *kernel, const char *rest, struct bu_bytes *out);

int bu_open_vmlinux(struct bu_kernel *kernel, const char *rest, int flags);
int bu_open_trace(struct bu_kernel *kernel, const char *rest, int flags);

/* The text behind a descriptor of ours in /proc/<pid>/fdinfo: 0, or BU_FILE_HOSTS. */
int bu_fdinfo(struct bu_kernel *kernel, int fd, struct bu_bytes *out);

#endif
