/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtual files of /sys/class/net, one directory for each device of the emulated kernel. Source:
 * net/core/net-sysfs.c (6.18, as run). Differs: a device is a directory, not a symbolic link to one
 * in /sys/devices; carrier of one that is down can be read.
 */
#include "ebpf/boundary/files.h"
#include "ebpf/kernel.h"
#include "ebpf/net/netdev.h"

#include <linux/if.h>
#include <linux/if_arp.h>
#include <string.h>

static bool is_up(const struct bu_netdev *dev)
{
	return dev->flags & IFF_UP;
}

static bool is_loopback(const struct bu_netdev *dev)
{
	return dev->kind == BU_NETDEV_LOOPBACK;
}

static void ifindex(const struct bu_netdev *dev, struct bu_bytes *out)
{
	bu_file_print(out, "%u\n", dev->ifindex);
}

static void iflink(const struct bu_netdev *dev, struct bu_bytes *out)
{
	bu_file_print(out, "%u\n", dev->peer ? dev->peer->ifindex : dev->ifindex);
}

static void address(const struct bu_netdev *dev, struct bu_bytes *out)
{
	u8 a[6];

	bu_netdev_address(dev, a);
	bu_file_print(out, "%02x:%02x:%02x:%02x:%02x:%02x\n", a[0], a[1], a[2], a[3], a[4], a[5]);
}

static void addr_len(const struct bu_netdev *dev, struct bu_bytes *out)
{
	bu_file_print(out, "6\n");
}

static void broadcast(const struct bu_netdev *dev, struct bu_bytes *out)
{
	bu_file_print(out, is_loopback(dev) ? "00:00:00:00:00:00\n" : "ff:ff:ff:ff:ff:ff\n");
}

static void mtu(const struct bu_netdev *dev, struct bu_bytes *out)
{
	bu_file_print(out, "%u\n", dev->mtu);
}

/* Without what the state adds. */
static void flags(const struct bu_netdev *dev, struct bu_bytes *out)
{
	bu_file_print(out, "0x%x\n", dev->flags);
}

static void type(const struct bu_netdev *dev, struct bu_bytes *out)
{
	bu_file_print(out, "%d\n", is_loopback(dev) ? ARPHRD_LOOPBACK : ARPHRD_ETHER);
}

static void operstate(const struct bu_netdev *dev, struct bu_bytes *out)
{
	bu_file_print(out, !is_up(dev) ? "down\n" : is_loopback(dev) ? "unknown\n" : "up\n");
}

static void carrier(const struct bu_netdev *dev, struct bu_bytes *out)
{
	bu_file_print(out, "%d\n", is_up(dev));
}

static void tx_queue_len(const struct bu_netdev *dev, struct bu_bytes *out)
{
	bu_file_print(out, "1000\n");
}

static void ifalias(const struct bu_netdev *dev, struct bu_bytes *out)
{
}

static const struct {
	const char *name;
	void (*print)(const struct bu_netdev *dev, struct bu_bytes *out);
} attributes[] = {
	{ "addr_len", addr_len },
	{ "address", address },
	{ "broadcast", broadcast },
	{ "carrier", carrier },
	{ "flags", flags },
	{ "ifalias", ifalias },
	{ "ifindex", ifindex },
	{ "iflink", iflink },
	{ "mtu", mtu },
	{ "operstate", operstate },
	{ "tx_queue_len", tx_queue_len },
	{ "type", type },
};

static int list_devices(struct bu_kernel *kernel, struct bu_bytes *out)
{
	for (const struct bu_netdev *dev = bu_netdevs(kernel); dev; dev = dev->next)
		bu_file_print(out, "%s/\n", dev->name);
	return BU_FILE_DIRECTORY;
}

static int attribute(const struct bu_netdev *dev, const char *name, struct bu_bytes *out)
{
	for (size_t i = 0; i < BU_ARRAY_SIZE(attributes); i++) {
		if (!*name) {
			bu_file_print(out, "%s\n", attributes[i].name);
		} else if (!strcmp(attributes[i].name, name)) {
			attributes[i].print(dev, out);
			return 0;
		}
	}
	return *name ? -ENOENT : BU_FILE_DIRECTORY;
}

/* "", "/DEVICE" or "/DEVICE/ATTRIBUTE" */
int bu_file_netdev(struct bu_kernel *kernel, const char *rest, struct bu_bytes *out)
{
	char name[BU_NETDEV_NAME_LEN];
	const struct bu_netdev *dev;
	size_t len;

	rest += strspn(rest, "/");
	if (!*rest)
		return list_devices(kernel, out);
	len = strcspn(rest, "/");
	if (len >= sizeof(name))
		return -ENOENT;
	memcpy(name, rest, len);
	name[len] = '\0';
	dev = bu_netdev_by_name(kernel, name);
	rest += len;
	return dev ? attribute(dev, rest + strspn(rest, "/"), out) : -ENOENT;
}
