/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * OBJ_PIN, OBJ_GET, TOKEN_CREATE, and what opening, making and removing files means in a bpffs.
 * Names of directories and pins hold no dots. Files are made only by OBJ_PIN, and the table of pins
 * has an entry for each that still has a name.
 *
 * Source: kernel/bpf/inode.c, kernel/bpf/token.c, bpf_obj_pin() and bpf_obj_get() in
 * kernel/bpf/syscall.c (6.12; 6.18 as run). Differs: there are no preloaded iterators (maps.debug,
 * progs.debug).
 */
#include "ebpf/boundary/bpffs.h"

#include "ebpf/boundary/files.h"
#include "ebpf/boundary/redirect.h"
#include "ebpf/kernel.h"
#include "ebpf/link/iter.h"
#include "ebpf/map.h"
#include "ebpf/syscall.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BPFFS_MAGIC  0xcafe4a11
#define OBJECT_FLAGS (BPF_F_RDONLY | BPF_F_WRONLY)

struct pin {
	struct pin *next;
	u64 device, inode;
	struct bu_object *object;
};

struct bu_pins {
	struct pin *buckets[256];
};

/* The attributes of both commands. Source: union bpf_attr (6.12) */
struct object_attr {
	u64 pathname;
	u32 bpf_fd;
	u32 file_flags;
	s32 path_fd;
};

static struct pin **bucket_of(struct bu_pins *pins, u64 inode)
{
	return &pins->buckets[(inode ^ inode >> 8) % BU_ARRAY_SIZE(pins->buckets)];
}

static struct pin **find(struct bu_kernel *kernel, u64 device, u64 inode)
{
	struct pin **link;

	if (!kernel->pins)
		return NULL;
	for (link = bucket_of(kernel->pins, inode); *link; link = &(*link)->next) {
		if ((*link)->inode == inode && (*link)->device == device)
			return link;
	}
	return NULL;
}

struct bu_object *bu_pinned(struct bu_kernel *kernel, u64 device, u64 inode)
{
	struct pin **link = find(kernel, device, inode);

	return link ? (*link)->object : NULL;
}

static int enter(struct bu_object *object, const struct stat *st)
{
	struct bu_kernel *kernel = object->kernel;
	struct pin *pin = malloc(sizeof(*pin)), **bucket;

	if (pin && !kernel->pins)
		kernel->pins = calloc(1, sizeof(*kernel->pins));
	if (!pin || !kernel->pins) {
		free(pin);
		return -ENOMEM;
	}
	bucket = bucket_of(kernel->pins, st->st_ino);
	pin->device = st->st_dev;
	pin->inode = st->st_ino;
	pin->object = object;
	pin->next = *bucket;
	*bucket = pin;
	object->pins++;
	bu_object_get(object);
	return 0;
}

static void drop(struct pin **link)
{
	struct pin *pin = *link;
	struct bu_object *object = pin->object;

	*link = pin->next;
	free(pin);
	if (!--object->pins && !object->fds && object->class->closed)
		object->class->closed(object);
	bu_object_put_later(object);
}

int bu_pin(struct bu_object *object, const char *host, u32 mode)
{
	struct stat st;
	int err, fd = bu_host_syscall(SYS_openat, AT_FDCWD, (long)host,
				      O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode, 0, 0);

	if (fd < 0)
		return fd;
	err = bu_host_syscall(SYS_fstat, fd, (long)&st, 0, 0, 0, 0);
	close(fd);
	if (!err)
		err = enter(object, &st);
	if (err)
		bu_host_syscall(SYS_unlinkat, AT_FDCWD, (long)host, 0, 0, 0, 0);
	return err;
}

void bu_pin_for_each(struct bu_kernel *kernel, void (*visit)(struct bu_object *object, void *arg),
		     void *arg)
{
	for (size_t i = 0; kernel->pins && i < BU_ARRAY_SIZE(kernel->pins->buckets); i++) {
		for (struct pin *pin = kernel->pins->buckets[i]; pin; pin = pin->next)
			visit(pin->object, arg);
	}
}

void bu_pins_destroy(struct bu_kernel *kernel)
{
	for (size_t i = 0; kernel->pins && i < BU_ARRAY_SIZE(kernel->pins->buckets); i++) {
		while (kernel->pins->buckets[i])
			drop(&kernel->pins->buckets[i]);
	}
	free(kernel->pins);
	kernel->pins = NULL;
}

static int copy_path(u64 user, char path[PATH_MAX])
{
	long length = bu_string_from_user(path, user, PATH_MAX);

	if (length < 0)
		return -EFAULT;
	return length < PATH_MAX ? 0 : -ENAMETOOLONG;
}

/* Common to both commands: which flags there may be, and the directory that paths begin at. */
static int read_attr(const struct bu_call *call, struct object_attr *attr, u32 allowed, int *dir)
{
	memcpy(attr, call->attr, sizeof(*attr));
	if (attr->file_flags & ~(allowed | BU_F_PATH_FD))
		return -EINVAL;
	if (!(attr->file_flags & BU_F_PATH_FD) && attr->path_fd)
		return -EINVAL;
	*dir = attr->file_flags & BU_F_PATH_FD ? attr->path_fd : AT_FDCWD;
	return 0;
}

static int check_name(const char *host)
{
	return strchr(strrchr(host, '/'), '.') ? -EPERM : 0;
}

static bool exists(const char *host)
{
	struct stat st;

	return !bu_host_syscall(SYS_newfstatat, AT_FDCWD, (long)host, (long)&st,
				AT_SYMLINK_NOFOLLOW, 0, 0);
}

static int pin_at(struct bu_object *object, int dir, const char *path)
{
	struct bu_tree *tree;
	char host[PATH_MAX];
	int err = bu_redirect_resolve(dir, path, host);

	if (err)
		return err;
	tree = bu_redirect_tree(object->kernel, host);
	if (tree && tree->type == &bu_bpffs) {
		err = exists(host) ? -EEXIST : check_name(host);
		return err ? err : bu_pin(object, host, 0600);
	}
	return exists(host) ? -EEXIST : -EPERM;
}

/* Source: bpf_fd_probe_obj() */
static struct bu_object *pinnable(struct bu_kernel *kernel, int user)
{
	int err;
	struct bu_fd *fd = bu_fd_of(kernel, user, &err);

	if (!fd)
		return NULL;
	switch (fd->object->kind) {
	case BU_OBJECT_MAP:
	case BU_OBJECT_PROG:
	case BU_OBJECT_LINK:
		return fd->object;
	default:
		return NULL;
	}
}

long bu_sys_obj_pin(struct bu_kernel *kernel, struct bu_call *call)
{
	struct bu_object *object;
	struct object_attr attr;
	char path[PATH_MAX];
	int dir, err = read_attr(call, &attr, 0, &dir);

	if (err)
		return err;
	object = pinnable(kernel, attr.bpf_fd);
	if (!object)
		return -EINVAL;
	err = copy_path(attr.pathname, path);
	return err ? err : pin_at(object, dir, path);
}

/* Whatever the path leads to, symbolic links followed. */
static int stat_path(int dir, const char *path, struct stat *st)
{
	char host[PATH_MAX];
	int err = bu_redirect(&path, host);

	return err ? err : bu_host_syscall(SYS_newfstatat, dir, (long)path, (long)st, 0, 0, 0);
}

static long open_object(struct bu_object *object, u32 flags)
{
	u32 mode = BU_FD_READ | BU_FD_WRITE;

	if (object->kind == BU_OBJECT_LINK && flags)
		return -EINVAL;
	if (object->kind == BU_OBJECT_MAP && flags)
		mode = flags == BPF_F_RDONLY ? BU_FD_READ : BU_FD_WRITE;
	bu_object_get(object);
	return bu_fd_install_mode(object, mode);
}

long bu_sys_obj_get(struct bu_kernel *kernel, struct bu_call *call)
{
	struct bu_object *object;
	struct object_attr attr;
	char path[PATH_MAX];
	struct stat st;
	int dir, err = read_attr(call, &attr, OBJECT_FLAGS, &dir);

	if (err)
		return err;
	if (attr.bpf_fd || (attr.file_flags & OBJECT_FLAGS) == OBJECT_FLAGS)
		return -EINVAL;
	err = copy_path(attr.pathname, path);
	if (!err)
		err = stat_path(dir, path, &st);
	if (err)
		return err;
	object = bu_pinned(kernel, st.st_dev, st.st_ino);
	return object ? open_object(object, attr.file_flags & OBJECT_FLAGS) : -EACCES;
}

/* Processes are in the initial user namespace, where the kernel makes no tokens. */
long bu_sys_token_create(struct bu_kernel *kernel, struct bu_call *call)
{
	const u32 *attr = (const u32 *)call->attr; /* flags, bpffs_fd */
	struct bu_tree *tree;
	char host[PATH_MAX];
	int err, flags;

	if (attr[0])
		return -EINVAL;
	flags = fcntl((int)attr[1], F_GETFL);
	if (flags < 0 || flags & O_PATH)
		return -EBADF;
	err = bu_redirect_of_fd((int)attr[1], host);
	tree = err ? NULL : bu_redirect_tree(kernel, host);
	if (!tree || tree->type != &bu_bpffs || strcmp(tree->dir, host))
		return -EINVAL;
	return -EOPNOTSUPP;
}

/* Source: bpf_lookup() */
static int lookup(const char *rest)
{
	return strchr(rest, '.') ? -EPERM : 0;
}

static void gone(struct bu_kernel *kernel, const struct stat *st)
{
	struct pin **link = find(kernel, st->st_dev, st->st_ino);

	if (link)
		drop(link);
}

static int open_map(struct bu_map *map, int flags)
{
	struct bu_bytes text = { 0 };
	int fd = bu_map_text(map, &text);

	if (!fd)
		fd = bu_files_memfd(&text, flags);
	free(text.data);
	return fd;
}

/* Maps can be read as text, iterators run when they are read. */
static int open_pin(struct bu_object *object, int flags)
{
	long fd = -EIO;

	if (object && object->kind == BU_OBJECT_MAP)
		return open_map(bu_container_of(object, struct bu_map, object), flags);
	if (object && object->kind == BU_OBJECT_LINK)
		fd = bu_iter_open(bu_container_of(object, struct bu_link, object));
	return fd == -EINVAL ? -EIO : (int)fd;
}

/* Files are made by OBJ_PIN alone. */
static int open_file(struct bu_kernel *kernel, const char *host, int flags)
{
	struct stat st;
	int err = bu_host_syscall(SYS_newfstatat, AT_FDCWD, (long)host, (long)&st, 0, 0, 0);

	if (err == -ENOENT && flags & O_CREAT)
		return -EACCES;
	if (err || S_ISDIR(st.st_mode) || flags & (O_PATH | O_DIRECTORY) ||
	    (flags & O_CREAT && flags & O_EXCL))
		return bu_host_syscall(SYS_openat, AT_FDCWD, (long)host, flags, 0, 0, 0);
	return open_pin(bu_pinned(kernel, st.st_dev, st.st_ino), flags);
}

const struct bu_tree_type bu_bpffs = {
	.name = "bpf",
	.magic = BPFFS_MAGIC,
	.mode = 0700,
	.options = "rw,nosuid,nodev,noexec,relatime,mode=700",
	.lookup = lookup,
	.gone = gone,
	.open = open_file,
};
