/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Programs of sockmaps and of infrared receivers, as far as there are such things: the emulated
 * kernel has no map of type SOCKMAP or SOCKHASH and no receiver, so what these answer is what Linux
 * says of any other map and file. Source: sock_map_get_from_fd(), sock_map_prog_detach(),
 * sock_map_bpf_prog_query(), sock_map_link_create(), net/core/sock_map.c;
 * drivers/media/rc/bpf-lirc.c (6.12).
 */
#include "ebpf/kernel.h"
#include "ebpf/link/attach.h"

#include <sys/stat.h>
#include <sys/syscall.h>

/* 0: any map that is no sockmap. */
static int check_map(struct bu_kernel *kernel, int fd)
{
	int err = 0;

	bu_fd_object(kernel, fd, BU_OBJECT_MAP, &err);
	return err;
}

static int sockmap_attach(const struct bu_attach_request *request)
{
	int err;

	if (request->attr->attach_flags || request->attr->replace_bpf_fd)
		return -EINVAL;
	err = check_map(request->kernel, request->attr->target);
	return err ? err : -EOPNOTSUPP;
}

static int sockmap_detach(const struct bu_attach_request *request)
{
	const struct bu_prog_attach_attr *attr = request->attr;
	int err;

	if (attr->replace_bpf_fd)
		return -EINVAL;
	err = check_map(request->kernel, attr->target);
	if (!err)
		bu_attach_prog(request->kernel, attr->attach_bpf_fd,
			       bu_attach_prog_type(attr->attach_type), &err);
	return err ? err : -EOPNOTSUPP;
}

static int sockmap_query(struct bu_kernel *kernel, struct bu_call *call)
{
	int err;

	if (bu_query_attr(call)->query_flags)
		return -EINVAL;
	err = check_map(kernel, bu_query_attr(call)->target);
	return err ? err : -EOPNOTSUPP;
}

const struct bu_attach_family bu_attach_sockmap = {
	.attach = sockmap_attach,
	.detach = sockmap_detach,
	.query = sockmap_query,
};

static int link_attach(struct bu_link *link, const struct bu_link_request *request)
{
	int err;

	(void)link;
	if (request->attr->flags)
		return -EINVAL;
	err = check_map(request->kernel, request->attr->target);
	return err ? err : -EINVAL;
}

/* No link of this type comes into being. */
static void link_detach(struct bu_link *link)
{
	(void)link;
}

const struct bu_link_type bu_link_sockmap = {
	.type = BU_LINK_SOCKMAP,
	.name = "sockmap",
	.attach = link_attach,
	.detach = link_detach,
	.detachable = true,
};

/* No file is a receiver. Source: rc_dev_get_from_fd(), drivers/media/rc/lirc_dev.c */
static int no_receiver(int fd)
{
	struct stat st;
	int err = bu_host_syscall(SYS_fstat, fd, (long)&st, 0, 0, 0, 0);

	return err ? err : -EINVAL;
}

static int lirc_attach(const struct bu_attach_request *request)
{
	return request->attr->attach_flags ? -EINVAL : no_receiver(request->attr->target);
}

static int lirc_detach(const struct bu_attach_request *request)
{
	const struct bu_prog_attach_attr *attr = request->attr;
	int err = 0;

	bu_attach_prog(request->kernel, attr->attach_bpf_fd, BPF_PROG_TYPE_LIRC_MODE2, &err);
	return err ? err : no_receiver(attr->target);
}

static int lirc_query(struct bu_kernel *kernel, struct bu_call *call)
{
	(void)kernel;
	return bu_query_attr(call)->query_flags ? -EINVAL
						: no_receiver(bu_query_attr(call)->target);
}

const struct bu_attach_family bu_attach_lirc = {
	.attach = lirc_attach,
	.detach = lirc_detach,
	.query = lirc_query,
};
