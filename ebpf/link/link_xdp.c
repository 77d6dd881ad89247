/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * XDP programs of devices: one for each mode, either of a link or attached by netlink; the generic
 * and the native mode exclude each other. A link's priv is its device as long as it is attached.
 * Source: dev_xdp_attach(), bpf_xdp_link_attach(), net/core/dev.c (6.12).
 */
#include "ebpf/kernel.h"
#include "ebpf/net/netdev.h"

#include <linux/if_link.h>

struct change {
	struct bu_netdev *dev;
	struct bu_link *link; /* or NULL */
	struct bu_prog *prog; /* the new one; NULL: none */
	struct bu_prog *expected;
	u32 flags;
	const char *message;
};

static int refuse(struct change *change, int error, const char *message)
{
	change->message = message;
	return error;
}

static u32 count_modes(const struct bu_netdev *dev)
{
	u32 count = 0;

	for (int mode = 0; mode < BU_XDP_MODES; mode++)
		count += dev->xdp[mode].prog != NULL;
	return count;
}

enum bu_xdp_mode bu_xdp_mode_of(const struct bu_netdev *dev, u32 flags)
{
	if (flags & XDP_FLAGS_HW_MODE)
		return BU_XDP_HW;
	if (flags & XDP_FLAGS_DRV_MODE)
		return BU_XDP_DRV;
	if (flags & XDP_FLAGS_SKB_MODE)
		return BU_XDP_SKB;
	return dev->kind == BU_NETDEV_NIC ? BU_XDP_DRV : BU_XDP_SKB;
}

static int check_flags(struct change *change)
{
	u32 modes = __builtin_popcount(change->flags & XDP_FLAGS_MODES);

	if (change->link && change->flags & ~(u32)XDP_FLAGS_MODES)
		return refuse(change, -EINVAL, "Invalid XDP flags for BPF link attachment");
	if (modes > 1)
		return refuse(change, -EINVAL, "Only one XDP mode flag can be set");
	if (!modes && count_modes(change->dev) > 1)
		return refuse(change, -EINVAL,
			      "More than one program loaded, unset mode is ambiguous");
	if (change->expected && !(change->flags & XDP_FLAGS_REPLACE))
		return refuse(change, -EINVAL, "XDP_FLAGS_REPLACE is not specified");
	return 0;
}

/* What is there in this mode. */
static int check_present(struct change *change, enum bu_xdp_mode mode)
{
	const struct bu_prog *present = change->dev->xdp[mode].prog;

	if (change->dev->xdp[mode].link)
		return refuse(change, -EBUSY, "Can't replace active BPF XDP link");
	if (change->link && present)
		return refuse(change, -EBUSY, "Can't replace active XDP program with BPF link");
	if (change->flags & XDP_FLAGS_REPLACE && present != change->expected)
		return refuse(change, -EEXIST, "Active program does not match expected");
	return 0;
}

static int check_new(struct change *change, enum bu_xdp_mode mode)
{
	enum bu_xdp_mode other = mode == BU_XDP_SKB ? BU_XDP_DRV : BU_XDP_SKB;

	if (change->flags & XDP_FLAGS_UPDATE_IF_NOEXIST && change->dev->xdp[mode].prog)
		return refuse(change, -EBUSY, "XDP program already attached");
	if (mode != BU_XDP_HW && change->dev->xdp[other].prog)
		return refuse(change, -EEXIST,
			      "Native and generic XDP can't be active at the same time");
	if (change->prog->expected_attach_type == BPF_XDP_DEVMAP)
		return refuse(change, -EINVAL,
			      "BPF_XDP_DEVMAP programs can not be attached to a device");
	if (change->prog->expected_attach_type == BPF_XDP_CPUMAP)
		return refuse(change, -EINVAL,
			      "BPF_XDP_CPUMAP programs can not be attached to a device");
	return 0;
}

/* What the driver says. A NIC of ours takes native programs and offloads none, as veth does. */
static int check_driver(struct change *change, enum bu_xdp_mode mode)
{
	if (mode == BU_XDP_SKB)
		return 0;
	if (change->dev->kind != BU_NETDEV_NIC)
		return refuse(change, -EOPNOTSUPP,
			      "Underlying driver does not support XDP in native mode");
	return mode == BU_XDP_HW ? -EINVAL : 0;
}

/* Check and make the change; references are the caller's. */
static int set(struct change *change)
{
	int err = check_flags(change);
	enum bu_xdp_mode mode = bu_xdp_mode_of(change->dev, change->flags);

	if (!err)
		err = check_present(change, mode);
	if (!err && change->prog)
		err = check_new(change, mode);
	if (!err && change->prog != change->dev->xdp[mode].prog)
		err = check_driver(change, mode);
	if (err)
		return err;
	change->dev->xdp[mode].prog = change->prog;
	change->dev->xdp[mode].link = change->link;
	change->dev->xdp[mode].flags = change->flags;
	return 0;
}

int bu_xdp_set(struct bu_netdev *dev, struct bu_prog *prog, struct bu_prog *expected, u32 flags,
	       const char **message)
{
	struct change change = {
		.dev = dev, .prog = prog, .expected = expected, .flags = flags, .message = *message
	};
	struct bu_prog *old = dev->xdp[bu_xdp_mode_of(dev, flags)].prog;
	int err = set(&change);

	*message = change.message;
	if (err)
		return err;
	if (prog)
		bu_object_get(&prog->object);
	if (old)
		bu_object_put(&old->object);
	return 0;
}

/* Links */

static enum bu_xdp_mode mode_of_link(const struct bu_netdev *dev, const struct bu_link *link)
{
	int mode = 0;

	while (dev->xdp[mode].link != link)
		mode++;
	return mode;
}

static int attach(struct bu_link *link, const struct bu_link_request *request)
{
	struct change change = {
		.dev = bu_netdev_by_index(request->kernel, request->attr->target),
		.link = link,
		.prog = link->prog,
		.flags = request->attr->flags,
	};
	int err;

	if (!change.dev)
		return -EINVAL;
	err = set(&change);
	if (err && change.message)
		bu_note(request->kernel, "XDP link on %s: %s", change.dev->name, change.message);
	if (!err)
		link->priv = change.dev;
	return err;
}

static void detach(struct bu_link *link)
{
	struct bu_netdev *dev = link->priv;
	enum bu_xdp_mode mode = mode_of_link(dev, link);

	dev->xdp[mode].prog = NULL;
	dev->xdp[mode].link = NULL;
	dev->xdp[mode].flags = 0;
	link->priv = NULL;
}

static int update(struct bu_link *link, struct bu_prog *prog, struct bu_prog *old, u32 flags)
{
	struct bu_netdev *dev = link->priv;

	(void)flags;
	if (!dev)
		return -ENOLINK;
	if (old && old != link->prog)
		return -EPERM;
	if (prog->prog_type != link->prog->prog_type ||
	    prog->expected_attach_type != link->prog->expected_attach_type)
		return -EINVAL;
	dev->xdp[mode_of_link(dev, link)].prog = prog;
	bu_link_replace(link, prog);
	return 0;
}

static int info(struct bu_link *link, struct bu_link_info *info)
{
	const struct bu_netdev *dev = link->priv;

	info->xdp.ifindex = dev ? dev->ifindex : 0;
	return 0;
}

const struct bu_link_type bu_link_xdp = {
	.type = BU_LINK_XDP,
	.name = "xdp",
	.attach = attach,
	.detach = detach,
	.update = update,
	.detachable = true,
	.info = info,
};
