/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The names that the kernel gives the files behind descriptors of BPF objects: bpftool tells by
 * them what was pinned. Source: the calls of anon_inode_getfd() and anon_inode_getfile() in
 * kernel/bpf and kernel/events (6.12). Differs: a link says "bpf-link" also where it was created.
 */
#include "ebpf/boundary/fd_link.h"

#include "ebpf/boundary/backend.h"
#include "ebpf/kernel.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const names[BU_OBJECT_MAX] = {
	[BU_OBJECT_MAP] = "anon_inode:bpf-map",
	[BU_OBJECT_PROG] = "anon_inode:bpf-prog",
	[BU_OBJECT_BTF] = "anon_inode:btf",
	[BU_OBJECT_LINK] = "anon_inode:bpf-link",
	[BU_OBJECT_PERF_EVENT] = "anon_inode:[perf_event]",
	[BU_OBJECT_STATS] = "anon_inode:bpf-stats",
	[BU_OBJECT_ITER] = "anon_inode:bpf_iter",
};

/* The number behind "/proc/self/fd/", or of this process's own directory; -1: none. */
static int fd_of_path(const char *path)
{
	char *end;
	long number;

	if (strncmp(path, "/proc/", 6))
		return -1;
	path += 6;
	if (!strncmp(path, "self/", 5))
		path += 4;
	else if (strtol(path, &end, 10) == getpid() && end != path)
		path = end;
	if (strncmp(path, "/fd/", 4))
		return -1;
	number = strtol(path + 4, &end, 10);
	return end == path + 4 || *end || number < 0 || number > INT32_MAX ? -1 : number;
}

const char *bu_fd_link(const char *path)
{
	struct bu_kernel *kernel = bu_kernel_if_any();
	const char *name = NULL;
	struct bu_fd *fd;
	int error, number;

	if (!kernel || !path || bu_on_host())
		return NULL;
	number = fd_of_path(path);
	if (number < 0)
		return NULL;
	bu_kernel_lock(kernel);
	fd = bu_fd_verify(kernel, number, &error);
	if (fd)
		name = names[fd->object->kind];
	bu_kernel_unlock(kernel);
	return name;
}
