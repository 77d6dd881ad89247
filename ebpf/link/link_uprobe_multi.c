/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Links of one program to many places of a file (uprobe.multi). The file is the host's, which is
 * asked whether it is there and how long; nothing is put into it. Source:
 * bpf_uprobe_multi_link_attach(), bpf_uprobe_multi_link_fill_link_info(),
 * kernel/trace/bpf_trace.c; uprobe_register(), kernel/events/uprobes.c (6.18).
 */
#include "ebpf/kernel.h"
#include "ebpf/link/link_multi.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static int check(const struct bu_link_request *request)
{
	const struct bu_link_create_attr *attr = request->attr;
	u32 expected = request->prog->expected_attach_type;

	if (attr->flags ||
	    (expected != BU_ATTACH_UPROBE_MULTI && expected != BU_ATTACH_UPROBE_SESSION))
		return -EINVAL;
	if (attr->uprobe_multi.flags & ~BU_MULTI_RETURN)
		return -EINVAL;
	if (!attr->uprobe_multi.path || !attr->uprobe_multi.offsets || !attr->uprobe_multi.cnt ||
	    (s32)attr->uprobe_multi.pid < 0)
		return -EINVAL;
	return attr->uprobe_multi.cnt > BU_MULTI_MAX ? -E2BIG : 0;
}

/* A path of the caller's, without a NUL within PATH_MAX: -EINVAL. */
static int copy_path(char path[PATH_MAX], u64 user)
{
	long length = bu_string_from_user(path, user, PATH_MAX);

	if (length < 0)
		return -EFAULT;
	return length < PATH_MAX ? 0 : -EINVAL;
}

/* What an open descriptor leads to: the path without links, and the file's size. */
static int describe_file(int fd, char **path, u64 *size)
{
	char link[32], real[PATH_MAX];
	struct stat st;
	long len;

	if (bu_host_syscall(SYS_fstat, fd, (long)&st, 0, 0, 0, 0) || !S_ISREG(st.st_mode))
		return -EBADF;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = bu_host_syscall(SYS_readlinkat, AT_FDCWD, (long)link, (long)real, sizeof(real) - 1, 0,
			      0);
	if (len < 0)
		return (int)len;
	*size = (u64)st.st_size;
	*path = strndup(real, (size_t)len);
	return *path ? 0 : -ENOMEM;
}

static int find_file(struct bu_multi *multi, u64 user, u64 *size)
{
	char path[PATH_MAX];
	int err = copy_path(path, user);
	long fd;

	if (err)
		return err;
	fd = bu_host_syscall(SYS_openat, AT_FDCWD, (long)path, O_PATH | O_CLOEXEC, 0, 0, 0);
	if (fd < 0)
		return (int)fd;
	err = describe_file((int)fd, &multi->path, size);
	bu_host_syscall(SYS_close, fd, 0, 0, 0, 0, 0);
	return err;
}

/* The emulated process, or one that the host has. */
static int find_task(const struct bu_kernel *kernel, u32 pid)
{
	if (!pid || pid == kernel->env.tgid)
		return 0;
	return bu_host_syscall(SYS_kill, pid, 0, 0, 0, 0, 0) == -ESRCH ? -ESRCH : 0;
}

static int get_places(struct bu_multi *multi, const struct bu_link_create_attr *attr)
{
	int err = bu_multi_get(multi, attr->uprobe_multi.offsets,
			       offsetof(struct bu_multi_place, at));

	if (!err && attr->uprobe_multi.ref_ctr_offsets)
		err = bu_multi_get(multi, attr->uprobe_multi.ref_ctr_offsets,
				   offsetof(struct bu_multi_place, ref_ctr_offset));
	if (!err && attr->uprobe_multi.cookies)
		err = bu_multi_get(multi, attr->uprobe_multi.cookies,
				   offsetof(struct bu_multi_place, cookie));
	return err;
}

static int check_places(const struct bu_multi *multi, u64 size)
{
	for (u32 i = 0; i < multi->count; i++) {
		if (multi->places[i].at > size || multi->places[i].ref_ctr_offset % sizeof(u16))
			return -EINVAL;
	}
	return 0;
}

static int fill(struct bu_multi *multi, const struct bu_link_request *request)
{
	const struct bu_link_create_attr *attr = request->attr;
	u64 size;
	int err;

	multi->count = attr->uprobe_multi.cnt;
	multi->flags = attr->uprobe_multi.flags;
	multi->pid = attr->uprobe_multi.pid;
	err = find_file(multi, attr->uprobe_multi.path, &size);
	if (!err)
		err = find_task(request->kernel, multi->pid);
	if (err)
		return err;
	multi->places = calloc(multi->count, sizeof(*multi->places));
	if (!multi->places)
		return -ENOMEM;
	err = get_places(multi, attr);
	return err ? err : check_places(multi, size);
}

static int attach(struct bu_link *link, const struct bu_link_request *request)
{
	int err = check(request);

	return err ? err : bu_multi_attach(link, request, fill);
}

/* The path as d_path() writes it: whole, or not at all. */
static int put_path(const struct bu_multi *multi, struct bu_link_info *info)
{
	u32 room = info->uprobe_multi.path_size, size = (u32)strlen(multi->path) + 1;

	if (room && size > BU_MIN(room, (u32)PATH_MAX))
		return -ENAMETOOLONG;
	info->uprobe_multi.path_size = size;
	return room ? bu_copy_to_user(info->uprobe_multi.path, multi->path, size) : 0;
}

static int put_places(const struct bu_multi *multi, const struct bu_link_info *info, u32 room)
{
	int err = bu_multi_put(multi, info->uprobe_multi.offsets, room,
			       offsetof(struct bu_multi_place, at));

	if (!err)
		err = bu_multi_put(multi, info->uprobe_multi.ref_ctr_offsets, room,
				   offsetof(struct bu_multi_place, ref_ctr_offset));
	if (!err)
		err = bu_multi_put(multi, info->uprobe_multi.cookies, room,
				   offsetof(struct bu_multi_place, cookie));
	return err;
}

static int describe(struct bu_link *link, struct bu_link_info *info)
{
	const struct bu_multi *multi = link->priv;
	u32 room = info->uprobe_multi.count;
	bool wanted = info->uprobe_multi.offsets || info->uprobe_multi.ref_ctr_offsets ||
		      info->uprobe_multi.cookies;
	int err;

	if (!info->uprobe_multi.path != !info->uprobe_multi.path_size || (wanted && !room))
		return -EINVAL;
	info->uprobe_multi.count = multi->count;
	info->uprobe_multi.flags = multi->flags;
	info->uprobe_multi.pid = multi->pid;
	err = put_path(multi, info);
	if (err || !wanted)
		return err;
	err = put_places(multi, info, room);
	return !err && room < multi->count ? -ENOSPC : err;
}

const struct bu_link_type bu_link_uprobe_multi = {
	.type = BU_LINK_UPROBE_MULTI,
	.name = "uprobe_multi",
	.attach = attach,
	.detach = bu_multi_detach,
	.release = bu_multi_release,
	.info = describe,
};
