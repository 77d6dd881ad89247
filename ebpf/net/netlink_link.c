/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Netlink messages about devices: RTM_GETLINK tells of one or all, RTM_SETLINK (or RTM_NEWLINK of a
 * device that is there) attaches XDP programs. Devices are made and deleted by tests alone.
 * Source: net/core/rtnetlink.c (6.12), dev_change_xdp_fd() of net/core/dev.c.
 */
#include "ebpf/kernel.h"
#include "ebpf/link/attach.h"
#include "ebpf/net/netlink.h"

#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>

static u32 prog_id(const struct bu_netdev *dev, enum bu_xdp_mode mode)
{
	return dev->xdp[mode].prog ? dev->xdp[mode].prog->object.id : 0;
}

/* Source: rtnl_xdp_fill() */
static void put_xdp(struct bu_nl_answer *answer, const struct bu_netdev *dev)
{
	static const struct {
		u8 mode, attached, attr;
	} rows[] = {
		{ BU_XDP_SKB, XDP_ATTACHED_SKB, IFLA_XDP_SKB_PROG_ID },
		{ BU_XDP_DRV, XDP_ATTACHED_DRV, IFLA_XDP_DRV_PROG_ID },
		{ BU_XDP_HW, XDP_ATTACHED_HW, IFLA_XDP_HW_PROG_ID },
	};
	size_t nest = bu_nl_nest(answer, IFLA_XDP);
	u8 attached = XDP_ATTACHED_NONE;
	u32 id = 0;

	for (size_t i = 0; i < BU_ARRAY_SIZE(rows); i++) {
		u32 present = prog_id(dev, rows[i].mode);

		if (!present)
			continue;
		id = present;
		bu_nl_put_u32(answer, rows[i].attr, id);
		attached = attached ? XDP_ATTACHED_MULTI : rows[i].attached;
	}
	bu_nl_put(answer, IFLA_XDP_ATTACHED, &attached, sizeof(attached));
	if (id && attached != XDP_ATTACHED_MULTI)
		bu_nl_put_u32(answer, IFLA_XDP_PROG_ID, id);
	bu_nl_nest_end(answer, nest);
}

static void put_kind(struct bu_nl_answer *answer, const struct bu_netdev *dev)
{
	size_t nest;

	if (dev->kind == BU_NETDEV_LOOPBACK)
		return;
	nest = bu_nl_nest(answer, IFLA_LINKINFO);
	bu_nl_put_string(answer, IFLA_INFO_KIND, dev->kind == BU_NETDEV_NETKIT ? "netkit" : "veth");
	bu_nl_nest_end(answer, nest);
}

static void put_addresses(struct bu_nl_answer *answer, const struct bu_netdev *dev)
{
	u8 address[6], broadcast[6] = { 0 };

	bu_netdev_address(dev, address);
	if (dev->kind != BU_NETDEV_LOOPBACK)
		memset(broadcast, 0xff, sizeof(broadcast));
	bu_nl_put(answer, IFLA_ADDRESS, address, sizeof(address));
	bu_nl_put(answer, IFLA_BROADCAST, broadcast, sizeof(broadcast));
}

static void put_device(struct bu_nl_answer *answer, const struct bu_netdev *dev, u16 flags)
{
	bool loopback = dev->kind == BU_NETDEV_LOOPBACK;
	struct ifinfomsg header = {
		.ifi_type = loopback ? ARPHRD_LOOPBACK : ARPHRD_ETHER,
		.ifi_index = dev->ifindex,
		.ifi_flags = bu_netdev_flags(dev),
	};
	u8 operstate = !(dev->flags & IFF_UP) ? IF_OPER_DOWN
		       : loopback             ? IF_OPER_UNKNOWN
					      : IF_OPER_UP;

	bu_nl_begin(answer, RTM_NEWLINK, flags, &header, sizeof(header));
	bu_nl_put_string(answer, IFLA_IFNAME, dev->name);
	bu_nl_put_u32(answer, IFLA_TXQLEN, 1000);
	bu_nl_put(answer, IFLA_OPERSTATE, &operstate, sizeof(operstate));
	bu_nl_put_u32(answer, IFLA_MTU, dev->mtu);
	bu_nl_put_u32(answer, IFLA_GROUP, 0);
	if (dev->peer)
		bu_nl_put_u32(answer, IFLA_LINK, dev->peer->ifindex);
	bu_nl_put_string(answer, IFLA_QDISC, "noqueue");
	put_addresses(answer, dev);
	put_xdp(answer, dev);
	put_kind(answer, dev);
	bu_nl_end(answer);
}

static void dump_devices(struct bu_nl_answer *answer)
{
	for (struct bu_netdev *dev = bu_netdevs(answer->kernel); dev; dev = dev->next)
		put_device(answer, dev, NLM_F_MULTI);
}

/* The device that a message names by index or by name. */
static int find_device(struct bu_nl_answer *answer, const struct nlattr *const table[],
		       struct bu_netdev **dev)
{
	const struct ifinfomsg *header = NLMSG_DATA(answer->request);
	const char *name = bu_nl_string(table[IFLA_IFNAME]);

	if (header->ifi_index < 0 || (!header->ifi_index && !name))
		return -EINVAL;
	*dev = header->ifi_index ? bu_netdev_by_index(answer->kernel, header->ifi_index)
				 : bu_netdev_by_name(answer->kernel, name);
	return *dev ? 0 : -ENODEV;
}

/* A program by descriptor; -1: none. */
static int prog_of(struct bu_nl_answer *answer, s32 fd, struct bu_prog **prog)
{
	int err = 0;

	*prog = fd < 0 ? NULL : bu_attach_prog(answer->kernel, fd, BPF_PROG_TYPE_XDP, &err);
	return err;
}

/* Source: do_setlink(), dev_change_xdp_fd() */
static int set_xdp(struct bu_nl_answer *answer, struct bu_netdev *dev, const struct nlattr *xdp)
{
	const struct nlattr *table[IFLA_XDP_EXPECTED_FD + 1];
	struct bu_prog *prog, *expected = NULL;
	u32 flags;
	int err = bu_nl_parse(table, IFLA_XDP_EXPECTED_FD, bu_nl_data(xdp), bu_nl_size(xdp));

	if (err || table[IFLA_XDP_ATTACHED] || table[IFLA_XDP_PROG_ID])
		return -EINVAL;
	flags = bu_nl_u32(table[IFLA_XDP_FLAGS]);
	if (flags & ~(u32)XDP_FLAGS_MASK || __builtin_popcount(flags & XDP_FLAGS_MODES) > 1)
		return -EINVAL;
	if (!table[IFLA_XDP_FD])
		return 0;
	if (flags & XDP_FLAGS_REPLACE && !table[IFLA_XDP_EXPECTED_FD])
		return -EINVAL;
	err = prog_of(answer, bu_nl_u32(table[IFLA_XDP_FD]), &prog);
	if (!err && flags & XDP_FLAGS_REPLACE)
		err = prog_of(answer, bu_nl_u32(table[IFLA_XDP_EXPECTED_FD]), &expected);
	return err ? err : bu_xdp_set(dev, prog, expected, flags, &answer->message);
}

static int set_device(struct bu_nl_answer *answer, const struct nlattr *const table[])
{
	struct bu_netdev *dev;
	int err = find_device(answer, table, &dev);

	if (err)
		return answer->request->nlmsg_type != RTM_NEWLINK    ? err
		       : answer->request->nlmsg_flags & NLM_F_CREATE ? -EOPNOTSUPP
								     : -ENODEV;
	return table[IFLA_XDP] ? set_xdp(answer, dev, table[IFLA_XDP]) : 0;
}

int bu_netlink_link(struct bu_nl_answer *answer)
{
	const struct nlattr *table[IFLA_XDP + 1];
	struct bu_netdev *dev;
	int err = bu_nl_parse_request(table, IFLA_XDP, answer->request, sizeof(struct ifinfomsg));

	/* Old callers dump with the one byte of struct rtgenmsg. */
	if (answer->request->nlmsg_type == RTM_GETLINK &&
	    (answer->request->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP) {
		dump_devices(answer);
		return 0;
	}
	if (err)
		return err;
	if (answer->request->nlmsg_type == RTM_DELLINK)
		return -EOPNOTSUPP;
	if (answer->request->nlmsg_type != RTM_GETLINK)
		return set_device(answer, table);
	err = find_device(answer, table, &dev);
	if (!err)
		put_device(answer, dev, 0);
	return err;
}
