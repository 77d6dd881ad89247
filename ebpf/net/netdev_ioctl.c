/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ioctl(2) of sockets about network devices: what AF_PACKET and XDP applications ask before they
 * attach. Whatever socket it is asked of, the answer is about the emulated kernel's devices, and
 * the host's are neither told of nor changed. Source: dev_ioctl(), net/core/dev_ioctl.c;
 * devinet_ioctl(), net/ipv4/devinet.c; net/ethtool/ioctl.c; drivers/net/veth.c (6.12), as observed
 * with 6.18. Differs: the only address is that of "lo"; of changes, flags and MTU alone can be
 * made.
 */
#include "ebpf/kernel.h"
#include "ebpf/net/netdev.h"
#include "ebpf/syscall.h"

#include <arpa/inet.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define MIN_MTU 68
#define MAX_MTU 65535
#define QUEUE   1000 /* packets */

static bool is_loopback(const struct bu_netdev *dev)
{
	return dev->kind == BU_NETDEV_LOOPBACK;
}

static int set_mtu(struct bu_netdev *dev, int mtu)
{
	if (mtu < 0 || (!is_loopback(dev) && (mtu < MIN_MTU || mtu > MAX_MTU)))
		return -EINVAL;
	dev->mtu = (u32)mtu;
	return 0;
}

static void set_flags(struct bu_netdev *dev, u32 flags)
{
	const u32 settable = IFF_UP | IFF_PROMISC | IFF_ALLMULTI | IFF_NOARP | IFF_DEBUG |
			     IFF_MULTICAST | IFF_NOTRAILERS | IFF_DYNAMIC;

	dev->flags = (dev->flags & ~settable) | (flags & settable);
}

static void put_hardware_address(const struct bu_netdev *dev, struct sockaddr *address)
{
	memset(address, 0, sizeof(*address));
	address->sa_family = is_loopback(dev) ? ARPHRD_LOOPBACK : ARPHRD_ETHER;
	bu_netdev_address(dev, (u8 *)address->sa_data);
}

/* "lo" has 127.0.0.1/8, which is its other end too. */
static int put_address(const struct bu_netdev *dev, unsigned long request, struct ifreq *ifr)
{
	struct sockaddr_in address = { .sin_family = AF_INET };

	if (!is_loopback(dev) || !dev->mtu)
		return -EADDRNOTAVAIL;
	if (request == SIOCGIFNETMASK)
		address.sin_addr.s_addr = htonl(0xff000000);
	else if (request != SIOCGIFBRDADDR)
		address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	memcpy(&ifr->ifr_addr, &address, sizeof(address));
	return 0;
}

/* ethtool's commands, by the driver of veth; "lo" has none. */
static int ethtool(const struct bu_netdev *dev, u64 user)
{
	struct ethtool_drvinfo driver = { .cmd = ETHTOOL_GDRVINFO, .version = "1.0" };
	struct ethtool_channels channels = { .cmd = ETHTOOL_GCHANNELS };
	struct ethtool_value link = { .cmd = ETHTOOL_GLINK,
				      .data = bu_netdev_flags(dev) & IFF_RUNNING };
	u32 command;
	int err = bu_copy_from_user(&command, user, sizeof(command));

	if (err)
		return err;
	link.data = !!link.data;
	if (command == ETHTOOL_GLINK)
		return bu_copy_to_user(user, &link, sizeof(link));
	if (is_loopback(dev) || (command != ETHTOOL_GDRVINFO && command != ETHTOOL_GCHANNELS))
		return -EOPNOTSUPP;
	strcpy(driver.driver, dev->kind == BU_NETDEV_NETKIT ? "netkit" : "veth");
	channels.rx_count = channels.tx_count = 1;
	channels.max_rx = channels.max_tx = 1;
	if (command == ETHTOOL_GDRVINFO)
		return bu_copy_to_user(user, &driver, sizeof(driver));
	return dev->kind == BU_NETDEV_NETKIT ? -EOPNOTSUPP
					     : bu_copy_to_user(user, &channels, sizeof(channels));
}

static int not_emulated(struct bu_kernel *kernel, unsigned long request)
{
	bu_note(kernel, "ioctl(2) %#lx about a network device is not emulated (EOPNOTSUPP)",
		request);
	return -EOPNOTSUPP;
}

static int ask(struct bu_kernel *kernel, struct bu_netdev *dev, unsigned long request,
	       struct ifreq *ifr)
{
	switch (request) {
	case SIOCGIFINDEX:
		ifr->ifr_ifindex = (int)dev->ifindex;
		return 0;
	case SIOCGIFFLAGS:
		ifr->ifr_flags = (short)bu_netdev_flags(dev);
		return 0;
	case SIOCSIFFLAGS:
		set_flags(dev, (u16)ifr->ifr_flags);
		return 0;
	case SIOCGIFMTU:
		ifr->ifr_mtu = (int)dev->mtu;
		return 0;
	case SIOCSIFMTU:
		return set_mtu(dev, ifr->ifr_mtu);
	case SIOCGIFHWADDR:
		put_hardware_address(dev, &ifr->ifr_hwaddr);
		return 0;
	case SIOCGIFMETRIC:
		ifr->ifr_metric = 0;
		return 0;
	case SIOCGIFTXQLEN:
		ifr->ifr_qlen = QUEUE;
		return 0;
	case SIOCGIFMAP:
		memset(&ifr->ifr_map, 0, sizeof(ifr->ifr_map));
		return 0;
	case SIOCGIFADDR:
	case SIOCGIFNETMASK:
	case SIOCGIFBRDADDR:
	case SIOCGIFDSTADDR:
		return put_address(dev, request, ifr);
	case SIOCGIFSLAVE:
		return -EINVAL;
	case SIOCETHTOOL:
		return ethtool(dev, (u64)ifr->ifr_data);
	default:
		return not_emulated(kernel, request);
	}
}

/* By index, which the name is the answer to. */
static int ask_name(struct bu_kernel *kernel, struct ifreq *ifr)
{
	const struct bu_netdev *dev = bu_netdev_by_index(kernel, (u32)ifr->ifr_ifindex);

	if (!dev)
		return -ENODEV;
	strcpy(ifr->ifr_name, dev->name);
	return 0;
}

/* Only the part of the name in front of a colon counts. */
static int ask_device(struct bu_kernel *kernel, unsigned long request, struct ifreq *ifr)
{
	char name[IFNAMSIZ];
	struct bu_netdev *dev;

	ifr->ifr_name[IFNAMSIZ - 1] = '\0';
	strcpy(name, ifr->ifr_name);
	name[strcspn(name, ":")] = '\0';
	dev = bu_netdev_by_name(kernel, name);
	return dev ? ask(kernel, dev, request, ifr) : -ENODEV;
}

/* SIOCGIFCONF lists devices with addresses of AF_INET. */
static int list_addresses(struct bu_kernel *kernel, u64 user)
{
	const struct bu_netdev *lo = bu_netdev_by_index(kernel, 1);
	struct ifreq ifr = { .ifr_name = "lo" };
	struct ifconf conf;
	int err = bu_copy_from_user(&conf, user, sizeof(conf));

	if (err)
		return err;
	if (!lo || put_address(lo, SIOCGIFADDR, &ifr))
		conf.ifc_len = 0;
	else if (!conf.ifc_req || conf.ifc_len >= (int)sizeof(ifr))
		conf.ifc_len = sizeof(ifr);
	else
		conf.ifc_len = 0;
	if (conf.ifc_req && conf.ifc_len)
		err = bu_copy_to_user((u64)conf.ifc_req, &ifr, sizeof(ifr));
	return err ? err : bu_copy_to_user(user, &conf, sizeof(conf));
}

static int answer(struct bu_kernel *kernel, unsigned long request, u64 user)
{
	struct ifreq ifr;
	int err;

	if (request == SIOCGIFCONF)
		return list_addresses(kernel, user);
	if (request == SIOCADDRT || request == SIOCDELRT)
		return not_emulated(kernel, request);
	err = bu_copy_from_user(&ifr, user, sizeof(ifr));
	if (err)
		return err;
	err = request == SIOCGIFNAME ? ask_name(kernel, &ifr) : ask_device(kernel, request, &ifr);
	return err ? err : bu_copy_to_user(user, &ifr, sizeof(ifr));
}

/* Those of a socket itself (SIOCATMARK, SIOCGSTAMP, SIOCINQ, a protocol's own) are the host's; two
 * of them have numbers among the devices'. */
static bool is_about_devices(unsigned long request)
{
	if (request == SIOCOUTQNSD || request == SIOCGSKNS)
		return false;
	return (request >= SIOCADDRT && request < SIOCPROTOPRIVATE) ||
	       (request >= SIOCDEVPRIVATE && request <= SIOCDEVPRIVATE + 15);
}

static bool is_socket(int fd)
{
	struct stat st;

	return !bu_host_syscall(SYS_fstat, fd, (long)&st, 0, 0, 0, 0) && S_ISSOCK(st.st_mode);
}

bool bu_netdev_ioctl(int *result, int fd, unsigned long request, unsigned long arg)
{
	struct bu_kernel *kernel = is_about_devices(request) ? bu_kernel() : NULL;
	int err;

	if (!kernel || !is_socket(fd))
		return false;
	bu_kernel_lock(kernel);
	/* A descriptor of ours is none, whatever is behind it. */
	*result = bu_fd_of(kernel, fd, &err) ? -ENOTTY : answer(kernel, request, arg);
	bu_kernel_unlock(kernel);
	return true;
}
