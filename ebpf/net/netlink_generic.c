/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Generic netlink: the controller, which says which families there are, and the family "netdev" as
 * far as libbpf asks it for the XDP features of a device.
 * Source: net/netlink/genetlink.c, net/core/netdev-genl.c (6.12).
 */
#include "ebpf/kernel.h"
#include "ebpf/net/netlink.h"

#include <linux/genetlink.h>
#include <string.h>

enum {                       /* Source: include/uapi/linux/netdev.h */
       NETDEV_FAMILY = 0x1f, /* the id that the controller gives */
       NETDEV_CMD_GET = 1,
       NETDEV_IFINDEX = 1,
       NETDEV_XDP_FEATURES = 3,
       FEATURE_BASIC = 1,
       FEATURE_REDIRECT = 2,
       FEATURE_RX_SG = 32,
};

static int get_family(struct bu_nl_answer *answer)
{
	const struct nlattr *table[CTRL_ATTR_FAMILY_NAME + 1];
	struct genlmsghdr header = { .cmd = CTRL_CMD_NEWFAMILY, .version = 2 };
	u16 id = NETDEV_FAMILY;
	const char *name;
	int err = bu_nl_parse_request(table, CTRL_ATTR_FAMILY_NAME, answer->request, GENL_HDRLEN);

	if (err)
		return err;
	name = bu_nl_string(table[CTRL_ATTR_FAMILY_NAME]);
	if (!name)
		return -EINVAL;
	if (strcmp(name, "netdev"))
		return -ENOENT;
	bu_nl_begin(answer, GENL_ID_CTRL, 0, &header, sizeof(header));
	bu_nl_put_string(answer, CTRL_ATTR_FAMILY_NAME, name);
	bu_nl_put(answer, CTRL_ATTR_FAMILY_ID, &id, sizeof(id));
	bu_nl_put_u32(answer, CTRL_ATTR_VERSION, 1);
	bu_nl_end(answer);
	return 0;
}

/* Source: veth_set_xdp_features(), drivers/net/veth.c; a program at the peer is not there. */
static u64 features_of(const struct bu_netdev *dev)
{
	return dev->kind == BU_NETDEV_NIC ? FEATURE_BASIC | FEATURE_REDIRECT | FEATURE_RX_SG : 0;
}

static int get_device(struct bu_nl_answer *answer)
{
	const struct nlattr *table[NETDEV_IFINDEX + 1];
	struct genlmsghdr header = { .cmd = NETDEV_CMD_GET, .version = 1 };
	struct bu_netdev *dev;
	u64 features;
	int err = bu_nl_parse_request(table, NETDEV_IFINDEX, answer->request, GENL_HDRLEN);

	if (err || !table[NETDEV_IFINDEX])
		return -EINVAL;
	dev = bu_netdev_by_index(answer->kernel, bu_nl_u32(table[NETDEV_IFINDEX]));
	if (!dev)
		return -ENODEV;
	features = features_of(dev);
	bu_nl_begin(answer, NETDEV_FAMILY, 0, &header, sizeof(header));
	bu_nl_put_u32(answer, NETDEV_IFINDEX, dev->ifindex);
	bu_nl_put(answer, NETDEV_XDP_FEATURES, &features, sizeof(features));
	bu_nl_end(answer);
	return 0;
}

int bu_netlink_generic(struct bu_nl_answer *answer)
{
	const struct genlmsghdr *header = NLMSG_DATA(answer->request);

	if (answer->request->nlmsg_len < NLMSG_LENGTH(GENL_HDRLEN))
		return -EINVAL;
	if (answer->request->nlmsg_type == GENL_ID_CTRL && header->cmd == CTRL_CMD_GETFAMILY)
		return get_family(answer);
	if (answer->request->nlmsg_type == NETDEV_FAMILY && header->cmd == NETDEV_CMD_GET)
		return get_device(answer);
	return answer->request->nlmsg_type == NETDEV_FAMILY ? -EOPNOTSUPP : -ENOENT;
}
