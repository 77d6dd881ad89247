/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tcx and netkit: ordered lists of programs of a device, with and without links. A link's priv is
 * its device as long as it is attached; info() says index 0 afterwards.
 * Source: kernel/bpf/tcx.c, drivers/net/netkit.c (6.12).
 */
#include "ebpf/kernel.h"
#include "ebpf/link/attach.h"
#include "ebpf/net/netdev.h"

static bool is_tcx(u32 attach_type)
{
	return attach_type == BU_ATTACH_TCX_INGRESS || attach_type == BU_ATTACH_TCX_EGRESS;
}

static struct bu_mprog *list_of(struct bu_netdev *dev, u32 attach_type)
{
	switch (attach_type) {
	case BU_ATTACH_TCX_INGRESS:
		return &dev->places[BU_PLACE_TCX_INGRESS];
	case BU_ATTACH_TCX_EGRESS:
		return &dev->places[BU_PLACE_TCX_EGRESS];
	case BU_ATTACH_NETKIT_PRIMARY:
		return &dev->places[BU_PLACE_NETKIT_PRIMARY];
	default:
		return &dev->places[BU_PLACE_NETKIT_PEER];
	}
}

/* Programs of both ends of a netkit pair are managed through the primary one.
 * Source: netkit_dev_fetch() */
static int netkit_of(struct bu_netdev *dev, u32 attach_type)
{
	if (dev->kind != BU_NETDEV_NETKIT)
		return -ENXIO;
	if (!dev->primary)
		return -EACCES;
	return attach_type == BU_ATTACH_NETKIT_PEER && !dev->peer ? -ENODEV : 0;
}

/* The device that has the list, or NULL. */
static struct bu_netdev *device_of(struct bu_kernel *kernel, u32 ifindex, u32 attach_type,
				   int *error)
{
	struct bu_netdev *dev = bu_netdev_by_index(kernel, ifindex);

	*error = dev ? 0 : -ENODEV;
	if (dev && !is_tcx(attach_type))
		*error = netkit_of(dev, attach_type);
	return *error ? NULL : dev;
}

/* The kernel has a tcx list only while there is something in it, or clsact is there. */
static void settle(struct bu_netdev *dev, u32 attach_type)
{
	struct bu_mprog *list = list_of(dev, attach_type);

	if (is_tcx(attach_type) && !list->count && !dev->tc)
		list->changes = 0;
}

static int attach(const struct bu_attach_request *request)
{
	const struct bu_prog_attach_attr *attr = request->attr;
	struct bu_mprog_change change = {
		.prog = request->prog,
		.flags = attr->attach_flags,
		.relative = attr->relative,
		.expected_revision = attr->expected_revision,
	};
	int err;
	struct bu_netdev *dev = device_of(request->kernel, attr->target, attr->attach_type, &err);

	if (dev && attr->attach_flags & BU_F_REPLACE)
		change.old = bu_attach_prog(request->kernel, attr->replace_bpf_fd,
					    request->prog->prog_type, &err);
	if (err)
		return err;
	return bu_mprog_attach(request->kernel, list_of(dev, attr->attach_type), &change);
}

static int detach(const struct bu_attach_request *request)
{
	const struct bu_prog_attach_attr *attr = request->attr;
	struct bu_mprog_change change = {
		.prog = request->prog,
		.flags = attr->attach_flags,
		.relative = attr->relative,
		.expected_revision = attr->expected_revision,
	};
	struct bu_mprog *list;
	int err;
	struct bu_netdev *dev = device_of(request->kernel, attr->target, attr->attach_type, &err);

	if (!dev)
		return err;
	list = list_of(dev, attr->attach_type);
	if (is_tcx(attr->attach_type) && !list->count && !dev->tc)
		return -ENOENT;
	err = bu_mprog_detach(request->kernel, list, &change);
	settle(dev, attr->attach_type);
	return err;
}

static int query(struct bu_kernel *kernel, struct bu_call *call)
{
	const struct bu_prog_query_attr *attr = bu_query_attr(call);
	int err;
	struct bu_netdev *dev = device_of(kernel, attr->target, attr->attach_type, &err);

	return dev ? bu_mprog_query(list_of(dev, attr->attach_type), call) : err;
}

const struct bu_attach_family bu_attach_tcx = {
	.attach = attach,
	.detach = detach,
	.query = query,
};

/* Links */

static int link_attach(struct bu_link *link, const struct bu_link_request *request)
{
	const struct bu_link_create_attr *attr = request->attr;
	struct bu_mprog_change change = {
		.prog = link->prog,
		.link = link,
		.flags = attr->flags,
		.relative = attr->mprog.relative,
		.expected_revision = attr->mprog.expected_revision,
	};
	int err;
	struct bu_netdev *dev = device_of(request->kernel, attr->target, attr->attach_type, &err);

	if (!dev)
		return err;
	link->priv = dev;
	return bu_mprog_attach(request->kernel, list_of(dev, attr->attach_type), &change);
}

static void link_detach(struct bu_link *link)
{
	struct bu_mprog_change change = { .prog = link->prog, .link = link };
	struct bu_netdev *dev = link->priv;

	bu_mprog_detach(link->object.kernel, list_of(dev, link->attach_type), &change);
	settle(dev, link->attach_type);
	link->priv = NULL;
}

static int link_update(struct bu_link *link, struct bu_prog *prog, struct bu_prog *old, u32 flags)
{
	struct bu_mprog_change change = { .prog = prog,
					  .link = link,
					  .old = link->prog,
					  .flags = BU_F_REPLACE | BU_F_ID,
					  .relative = link->prog->object.id };
	struct bu_netdev *dev = link->priv;
	int err;

	(void)flags;
	if (!dev)
		return -ENOLINK;
	if (old && old != link->prog)
		return -EPERM;
	if (prog == link->prog)
		return 0;
	err = bu_mprog_attach(link->object.kernel, list_of(dev, link->attach_type), &change);
	if (!err)
		bu_link_replace(link, prog);
	return err;
}

static int link_info(struct bu_link *link, struct bu_link_info *info)
{
	const struct bu_netdev *dev = link->priv;

	info->tcx.ifindex = dev ? dev->ifindex : 0;
	info->tcx.attach_type = link->attach_type;
	return 0;
}

const struct bu_link_type bu_link_tcx = {
	.type = BU_LINK_TCX,
	.name = "tcx",
	.attach = link_attach,
	.detach = link_detach,
	.update = link_update,
	.detachable = true,
	.info = link_info,
};

const struct bu_link_type bu_link_netkit = {
	.type = BU_LINK_NETKIT,
	.name = "netkit",
	.attach = link_attach,
	.detach = link_detach,
	.update = link_update,
	.detachable = true,
	.info = link_info,
};
