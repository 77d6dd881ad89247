/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stat(2) and statfs(2) of virtual files. Differs: only the kind, the mode, the owner (root), an
 * inode number and the size say something.
 */
#include "ebpf/boundary/files.h"
#include "ebpf/kernel.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#define TRACEFS_MAGIC 0x74726163
#define DEBUGFS_MAGIC 0x64626720
#define SYSFS_MAGIC   0x62656572
#define PROC_MAGIC    0x9fa0

static const struct {
	const char *prefix;
	u32 magic;
	u32 size; /* of its files */
} systems[] = {
	/* the first that fits */
	{ "/sys/kernel/debug/tracing", TRACEFS_MAGIC, 0 },
	{ "/sys/kernel/tracing", TRACEFS_MAGIC, 0 },
	{ "/sys/kernel/debug", DEBUGFS_MAGIC, 0 },
	{ "/sys/", SYSFS_MAGIC, 4096 },
	{ "/proc/", PROC_MAGIC, 0 },
	{ "/", SYSFS_MAGIC, 0 },
};

static size_t system_of(const char *path)
{
	size_t i = 0;

	while (strncmp(path, systems[i].prefix, strlen(systems[i].prefix)))
		i++;
	return i;
}

static u64 inode_of(const char *path)
{
	u32 h = 2166136261u;

	for (; *path; path++)
		h = (h ^ (u8)*path) * 16777619;
	return h | 1;
}

/* Whoever maps the kernel's BTF needs its size. */
static u64 size_of(const char *path)
{
	struct bu_kernel *kernel = bu_kernel();
	const struct bu_btf *btf = NULL;
	u64 size;

	if (strcmp(path, "/sys/kernel/btf/vmlinux") || !kernel)
		return systems[system_of(path)].size;
	bu_kernel_lock(kernel);
	btf = bu_vmlinux_btf(kernel);
	size = btf ? btf->size : 0;
	bu_kernel_unlock(kernel);
	return size;
}

bool bu_files_stat(const char *path, struct stat *st, int *result)
{
	int kind = bu_files_kind(path);
	bool directory = kind == BU_FILE_DIRECTORY;

	if (kind == BU_FILE_HOSTS)
		return false;
	*result = kind < 0 ? kind : 0;
	if (kind < 0)
		return true;
	memset(st, 0, sizeof(*st));
	st->st_mode = directory ? S_IFDIR | 0755 : S_IFREG | 0444;
	st->st_nlink = directory ? 2 : 1;
	st->st_ino = inode_of(path);
	st->st_blksize = sysconf(_SC_PAGESIZE);
	st->st_size = directory ? 0 : size_of(path);
	return true;
}

bool bu_files_statfs(const char *path, struct statfs *fs, int *result)
{
	int kind = bu_files_kind(path);

	if (kind == BU_FILE_HOSTS)
		return false;
	*result = kind < 0 ? kind : 0;
	if (kind < 0)
		return true;
	memset(fs, 0, sizeof(*fs));
	fs->f_type = systems[system_of(path)].magic;
	fs->f_bsize = fs->f_frsize = sysconf(_SC_PAGESIZE);
	fs->f_namelen = 255;
	return true;
}
