/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Network devices: a list in the order of their indices, which are never used again. The list is
 * made, with "lo" and what BPFUNIT_NETDEVS names ("eth0,veth1"), when first asked for.
 */
#include "ebpf/net/netdev.h"

#include "ebpf/kernel.h"
#include "ebpf/net/net.h"
#include "ebpf/net/netlink.h"
#include "ebpf/net/tc.h"

#include <ctype.h>
#include <linux/if.h>
#include <stdlib.h>
#include <string.h>

/* Source: dev_valid_name(), net/core/dev.c (6.12) */
static bool is_valid_name(const char *name)
{
	size_t len = strlen(name);

	if (!len || len >= BU_NETDEV_NAME_LEN || !strcmp(name, ".") || !strcmp(name, ".."))
		return false;
	for (; *name; name++) {
		if (*name == '/' || *name == ':' || isspace((unsigned char)*name))
			return false;
	}
	return true;
}

static struct bu_netdev *find_name(const struct bu_net *net, const char *name)
{
	struct bu_netdev *dev = net->devices;

	while (dev && strcmp(dev->name, name))
		dev = dev->next;
	return dev;
}

static int add(struct bu_net *net, const char *name, enum bu_netdev_kind kind)
{
	struct bu_netdev **end = &net->devices, *dev;

	if (!is_valid_name(name))
		return -EINVAL;
	if (find_name(net, name))
		return -EEXIST;
	dev = calloc(1, sizeof(*dev));
	if (!dev)
		return -ENOMEM;
	strcpy(dev->name, name);
	dev->kind = kind;
	dev->flags = IFF_UP |
		     (kind == BU_NETDEV_LOOPBACK ? IFF_LOOPBACK : IFF_BROADCAST | IFF_MULTICAST);
	dev->mtu = kind == BU_NETDEV_LOOPBACK ? 65536 : 1500;
	dev->ifindex = ++net->last_ifindex;
	while (*end)
		end = &(*end)->next;
	*end = dev;
	return dev->ifindex;
}

/* Names that are none, or come twice, are passed over. */
static void add_from_environment(struct bu_net *net)
{
	const char *asked = getenv("BPFUNIT_NETDEVS");
	char *names = asked ? strdup(asked) : NULL, *rest = names, *name;

	while (rest && (name = strsep(&rest, ", ")))
		add(net, name, BU_NETDEV_NIC);
	free(names);
}

struct bu_net *bu_net(struct bu_kernel *kernel)
{
	if (kernel->net)
		return kernel->net;
	kernel->net = calloc(1, sizeof(*kernel->net));
	if (!kernel->net)
		return NULL;
	if (add(kernel->net, "lo", BU_NETDEV_LOOPBACK) < 0) {
		free(kernel->net);
		kernel->net = NULL;
		return NULL;
	}
	add_from_environment(kernel->net);
	return kernel->net;
}

struct bu_netdev *bu_netdevs(struct bu_kernel *kernel)
{
	struct bu_net *net = bu_net(kernel);

	return net ? net->devices : NULL;
}

struct bu_netdev *bu_netdev_by_index(struct bu_kernel *kernel, u32 ifindex)
{
	struct bu_netdev *dev = bu_netdevs(kernel);

	while (dev && dev->ifindex != ifindex)
		dev = dev->next;
	if (!dev)
		bu_note(kernel,
			"the emulated kernel has no network device with index %u: add one by "
			"bpfunit_netdev(\"eth0\") or BPFUNIT_NETDEVS=eth0",
			ifindex);
	return dev;
}

int bu_offload_check(struct bu_kernel *kernel, u32 ifindex, bool bound)
{
	const struct bu_netdev *dev = bu_netdev_by_index(kernel, ifindex);

	if (!dev)
		return -EINVAL;
	if (dev->kind != BU_NETDEV_NIC)
		return -EOPNOTSUPP;
	return bound ? 0 : -EINVAL;
}

struct bu_netdev *bu_netdev_by_name(struct bu_kernel *kernel, const char *name)
{
	struct bu_net *net = bu_net(kernel);
	struct bu_netdev *dev = net ? find_name(net, name) : NULL;

	if (!dev)
		bu_note(kernel,
			"the emulated kernel has no network device '%.15s': add it by "
			"bpfunit_netdev(\"%.15s\") or BPFUNIT_NETDEVS=%.15s",
			name, name, name);
	return dev;
}

int bu_netdev_add(struct bu_kernel *kernel, const char *name, enum bu_netdev_kind kind)
{
	struct bu_net *net = bu_net(kernel);

	return net ? add(net, name, kind) : -ENOMEM;
}

int bu_netdev_add_netkit(struct bu_kernel *kernel, const char *primary, const char *peer)
{
	int first = bu_netdev_add(kernel, primary, BU_NETDEV_NETKIT), second;
	struct bu_netdev *one, *other;

	if (first < 0)
		return first;
	second = bu_netdev_add(kernel, peer, BU_NETDEV_NETKIT);
	if (second < 0) {
		bu_netdev_delete(kernel, first);
		return second;
	}
	one = bu_netdev_by_index(kernel, first);
	other = bu_netdev_by_index(kernel, second);
	one->primary = true;
	one->peer = other;
	other->peer = one;
	return first;
}

u32 bu_netdev_flags(const struct bu_netdev *dev)
{
	return dev->flags | (dev->flags & IFF_UP ? IFF_RUNNING | IFF_LOWER_UP : 0);
}

/* Locally administered, by the index. */
void bu_netdev_address(const struct bu_netdev *dev, u8 address[6])
{
	memset(address, 0, 6);
	if (dev->kind == BU_NETDEV_LOOPBACK)
		return;
	address[0] = 2;
	address[4] = (u8)(dev->ifindex >> 8);
	address[5] = (u8)dev->ifindex;
}

static void detach_all(struct bu_netdev *dev)
{
	for (int mode = 0; mode < BU_XDP_MODES; mode++) {
		if (dev->xdp[mode].link)
			bu_link_detach(dev->xdp[mode].link);
		else if (dev->xdp[mode].prog)
			bu_object_put(&dev->xdp[mode].prog->object);
	}
	for (int place = 0; place < BU_PLACES; place++)
		bu_mprog_clear(&dev->places[place]);
	bu_tc_destroy(dev);
}

static void delete (struct bu_net *net, struct bu_netdev *dev)
{
	struct bu_netdev **link = &net->devices;

	detach_all(dev);
	if (dev->peer)
		dev->peer->peer = NULL;
	while (*link != dev)
		link = &(*link)->next;
	*link = dev->next;
	free(dev);
}

int bu_netdev_delete(struct bu_kernel *kernel, u32 ifindex)
{
	struct bu_netdev *dev = bu_netdev_by_index(kernel, ifindex), *peer;

	if (!dev)
		return -ENODEV;
	if (dev->kind == BU_NETDEV_LOOPBACK)
		return -EOPNOTSUPP;
	peer = dev->peer;
	delete (kernel->net, dev);
	if (peer)
		delete (kernel->net, peer);
	return 0;
}

void bu_net_destroy(struct bu_kernel *kernel)
{
	struct bu_net *net = kernel->net;

	if (!net)
		return;
	while (net->devices)
		delete (net, net->devices);
	while (net->nr_hooks)
		bu_link_detach(net->hooks[0]);
	bu_netns_destroy(net);
	bu_netlinks_destroy(kernel);
	free(net->hooks);
	free(net);
	kernel->net = NULL;
}
