/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Programs of a network namespace: the flow dissector (one, attached directly or by a link) and
 * socket lookup (links alone). A namespace is known by the inode of its file (/proc/self/ns/net);
 * nothing of the host's is touched. A link's priv is its namespace as long as it is attached.
 * Source: kernel/bpf/net_namespace.c (6.12). Differs: flow dissectors of different namespaces do
 * not exclude each other.
 */
#include "ebpf/kernel.h"
#include "ebpf/link/attach.h"
#include "ebpf/net/net.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#define MAX_LINKS 64 /* Source: netns_bpf_max_progs() */

struct place { /* what is attached for one attach type, oldest first */
	struct bu_link *links[MAX_LINKS];
	u32 nr_links;
	struct bu_prog *prog; /* attached directly: referenced; else NULL */
};

struct bu_netns {
	struct bu_netns *next;
	u32 inode;
	struct place dissector, lookup;
};

static struct bu_netns *find(struct bu_kernel *kernel, u32 inode, int *error)
{
	struct bu_net *net = bu_net(kernel);
	struct bu_netns *ns = net ? net->namespaces : NULL;

	while (ns && ns->inode != inode)
		ns = ns->next;
	if (!ns && net && (ns = calloc(1, sizeof(*ns)))) {
		ns->inode = inode;
		ns->next = net->namespaces;
		net->namespaces = ns;
	}
	*error = ns ? 0 : -ENOMEM;
	return ns;
}

/* Source: get_net_ns_by_fd(), net/core/net_namespace.c */
static struct bu_netns *of_fd(struct bu_kernel *kernel, int fd, int *error)
{
	struct statfs fs;
	struct stat st;

	*error = bu_host_syscall(SYS_fstat, fd, (long)&st, 0, 0, 0, 0);
	if (*error)
		return NULL;
	*error = -EINVAL;
	if (bu_host_syscall(SYS_fstatfs, fd, (long)&fs, 0, 0, 0, 0) || fs.f_type != NSFS_MAGIC ||
	    bu_host_syscall(SYS_ioctl, fd, NS_GET_NSTYPE, 0, 0, 0, 0) != CLONE_NEWNET)
		return NULL;
	return find(kernel, st.st_ino, error);
}

/* The caller's own; where /proc cannot be asked, one that has no number. */
static struct bu_netns *current(struct bu_kernel *kernel, int *error)
{
	struct stat st = { 0 };

	bu_host_syscall(SYS_newfstatat, AT_FDCWD, (long)"/proc/self/ns/net", (long)&st, 0, 0, 0);
	return find(kernel, st.st_ino, error);
}

static struct place *place_of(struct bu_netns *ns, u32 attach_type)
{
	return attach_type == BPF_FLOW_DISSECTOR ? &ns->dissector : &ns->lookup;
}

/* Without a link: the flow dissector of the caller's namespace. */

static void set_direct(struct place *place, struct bu_prog *prog)
{
	struct bu_prog *old = place->prog;

	if (prog)
		bu_object_get(&prog->object);
	place->prog = prog;
	if (old)
		bu_object_put(&old->object);
}

static int attach(const struct bu_attach_request *request)
{
	const struct bu_prog_attach_attr *attr = request->attr;
	struct bu_netns *ns;
	int err;

	if (attr->target || attr->attach_flags || attr->replace_bpf_fd ||
	    attr->attach_type != BPF_FLOW_DISSECTOR)
		return -EINVAL;
	ns = current(request->kernel, &err);
	if (!ns)
		return err;
	if (ns->dissector.nr_links)
		return -EEXIST;
	if (ns->dissector.prog == request->prog)
		return -EINVAL;
	set_direct(&ns->dissector, request->prog);
	return 0;
}

static int detach(const struct bu_attach_request *request)
{
	const struct bu_prog_attach_attr *attr = request->attr;
	struct bu_prog *prog;
	struct bu_netns *ns;
	int err;

	if (attr->target)
		return -EINVAL;
	prog = bu_attach_prog(request->kernel, attr->attach_bpf_fd, BPF_PROG_TYPE_FLOW_DISSECTOR,
			      &err);
	if (!prog)
		return err;
	ns = current(request->kernel, &err);
	if (!ns)
		return err;
	if (ns->dissector.nr_links)
		return -EINVAL;
	if (!ns->dissector.prog || ns->dissector.prog != prog)
		return -ENOENT;
	set_direct(&ns->dissector, NULL);
	return 0;
}

static int put_ids(const struct place *place, u64 to, u32 room)
{
	u32 count = place->prog ? 1 : place->nr_links;
	int err = 0;

	for (u32 i = 0; !err && i < BU_MIN(count, room); i++) {
		const struct bu_prog *prog = place->prog ? place->prog : place->links[i]->prog;

		err = bu_copy_to_user(to + i * sizeof(u32), &prog->object.id, sizeof(u32));
	}
	return err ? err : room < count ? -ENOSPC : 0;
}

static int query(struct bu_kernel *kernel, struct bu_call *call)
{
	const struct bu_prog_query_attr *attr = bu_query_attr(call);
	const struct place *place;
	struct bu_netns *ns;
	u32 count;
	int err;

	if (attr->query_flags)
		return -EINVAL;
	ns = of_fd(kernel, attr->target, &err);
	if (!ns)
		return err;
	place = place_of(ns, attr->attach_type);
	count = place->prog ? 1 : place->nr_links;
	err = bu_query_put(call, 0, count, NULL);
	if (err || !attr->count || !attr->prog_ids || !count)
		return err;
	return put_ids(place, attr->prog_ids, attr->count);
}

const struct bu_attach_family bu_attach_netns = {
	.attach = attach,
	.detach = detach,
	.query = query,
};

void bu_netns_destroy(struct bu_net *net)
{
	struct bu_netns *ns;

	while ((ns = net->namespaces)) {
		while (ns->dissector.nr_links)
			bu_link_detach(ns->dissector.links[0]);
		while (ns->lookup.nr_links)
			bu_link_detach(ns->lookup.links[0]);
		set_direct(&ns->dissector, NULL);
		net->namespaces = ns->next;
		free(ns);
	}
}

/* Links */

static int link_attach(struct bu_link *link, const struct bu_link_request *request)
{
	const struct bu_link_create_attr *attr = request->attr;
	u32 most = attr->attach_type == BPF_FLOW_DISSECTOR ? 1 : MAX_LINKS;
	struct place *place;
	struct bu_netns *ns;
	int err;

	if (attr->flags)
		return -EINVAL;
	ns = of_fd(request->kernel, attr->target, &err);
	if (!ns)
		return err;
	place = place_of(ns, attr->attach_type);
	if (place->nr_links >= most)
		return -E2BIG;
	if (place->prog)
		return -EEXIST;
	place->links[place->nr_links++] = link;
	link->priv = ns;
	return 0;
}

static void link_detach(struct bu_link *link)
{
	struct place *place = place_of(link->priv, link->attach_type);
	u32 at = 0;

	while (place->links[at] != link)
		at++;
	place->nr_links--;
	memmove(&place->links[at], &place->links[at + 1],
		(place->nr_links - at) * sizeof(*place->links));
	link->priv = NULL;
}

static int link_update(struct bu_link *link, struct bu_prog *prog, struct bu_prog *old, u32 flags)
{
	(void)flags;
	if (old && old != link->prog)
		return -EPERM;
	if (prog->prog_type != link->prog->prog_type)
		return -EINVAL;
	if (!link->priv)
		return -ENOLINK;
	bu_link_replace(link, prog);
	return 0;
}

static int link_info(struct bu_link *link, struct bu_link_info *info)
{
	const struct bu_netns *ns = link->priv;

	info->netns.netns_ino = ns ? ns->inode : 0;
	info->netns.attach_type = link->attach_type;
	return 0;
}

const struct bu_link_type bu_link_netns = {
	.type = BU_LINK_NETNS,
	.name = "netns",
	.attach = link_attach,
	.detach = link_detach,
	.update = link_update,
	.detachable = true,
	.info = link_info,
};
