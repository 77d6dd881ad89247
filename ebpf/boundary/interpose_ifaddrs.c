/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The interposed calls of libc that list network devices: they ask the host's kernel by netlink
 * sockets that nobody else sees. A list is one piece of memory. See ebpf/boundary/interpose_net.c.
 */
#include "ebpf/boundary/interpose.h"

#include "ebpf/boundary/backend.h"
#include "ebpf/kernel.h"
#include "ebpf/net/netdev.h"
#include "ebpf/syscall.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <ifaddrs.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdlib.h>
#include <string.h>

const char bu_interpose_ifaddrs;

static struct bu_kernel *lock(void)
{
	struct bu_kernel *kernel = bu_kernel();

	if (kernel)
		bu_kernel_lock(kernel);
	else
		errno = ENOMEM;
	return kernel;
}

static size_t count(struct bu_kernel *kernel)
{
	size_t nr = 0;

	for (const struct bu_netdev *dev = bu_netdevs(kernel); dev; dev = dev->next)
		nr++;
	return nr;
}

BU_INTERPOSED struct if_nameindex *if_nameindex(void)
{
	struct if_nameindex *(*next)(void) = dlsym(RTLD_NEXT, "if_nameindex"), *list, *at;
	struct bu_kernel *kernel;
	size_t nr;
	char *names;

	if (bu_on_host() && next)
		return next();
	kernel = lock();
	if (!kernel)
		return NULL;
	nr = count(kernel);
	at = list = calloc(1, (nr + 1) * sizeof(*list) + nr * IF_NAMESIZE);
	names = (char *)(list + nr + 1);
	for (struct bu_netdev *dev = bu_netdevs(kernel); list && dev; dev = dev->next, at++) {
		at->if_index = dev->ifindex;
		at->if_name = strcpy(names, dev->name);
		names += IF_NAMESIZE;
	}
	bu_kernel_unlock(kernel);
	return list;
}

BU_INTERPOSED void if_freenameindex(struct if_nameindex *list)
{
	void (*next)(struct if_nameindex *) = dlsym(RTLD_NEXT, "if_freenameindex");

	if (bu_on_host() && next)
		next(list);
	else
		free(list);
}

struct entry {
	struct ifaddrs entry;
	char name[IF_NAMESIZE];
	union {
		struct sockaddr any;
		struct sockaddr_ll link;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} address, mask, broadcast;
	struct rtnl_link_stats stats;
};

static void set_common(struct entry *to, const struct bu_netdev *dev)
{
	strcpy(to->name, dev->name);
	to->entry.ifa_name = to->name;
	to->entry.ifa_flags = bu_netdev_flags(dev);
	to->entry.ifa_addr = &to->address.any;
}

static void set_link(struct entry *to, const struct bu_netdev *dev)
{
	struct sockaddr_ll *address = &to->address.link;
	bool loopback = dev->kind == BU_NETDEV_LOOPBACK;

	set_common(to, dev);
	address->sll_family = AF_PACKET;
	address->sll_ifindex = (int)dev->ifindex;
	address->sll_hatype = loopback ? ARPHRD_LOOPBACK : ARPHRD_ETHER;
	address->sll_halen = 6;
	bu_netdev_address(dev, address->sll_addr);
	to->broadcast.link = *address;
	memset(to->broadcast.link.sll_addr, loopback ? 0 : 0xff, 6);
	to->entry.ifa_broadaddr = &to->broadcast.any;
	to->entry.ifa_data = &to->stats;
}

/* 127.0.0.1/8 and ::1/128 of "lo", which nothing else has. */
static void set_addresses(struct entry *v4, struct entry *v6, const struct bu_netdev *lo)
{
	set_common(v4, lo);
	v4->address.in.sin_family = v4->mask.in.sin_family = AF_INET;
	v4->address.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	v4->mask.in.sin_addr.s_addr = htonl(0xff000000);
	v4->broadcast.in = v4->address.in;
	v4->entry.ifa_netmask = &v4->mask.any;
	v4->entry.ifa_broadaddr = &v4->broadcast.any;
	set_common(v6, lo);
	v6->address.in6.sin6_family = v6->mask.in6.sin6_family = AF_INET6;
	v6->address.in6.sin6_addr = in6addr_loopback;
	memset(&v6->mask.in6.sin6_addr, 0xff, sizeof(v6->mask.in6.sin6_addr));
	v6->entry.ifa_netmask = &v6->mask.any;
}

BU_INTERPOSED int getifaddrs(struct ifaddrs **list)
{
	int (*next)(struct ifaddrs **) = dlsym(RTLD_NEXT, "getifaddrs");
	struct bu_kernel *kernel;
	struct entry *entries;
	size_t nr, i = 0;

	if (bu_on_host() && next)
		return next(list);
	kernel = lock();
	if (!kernel)
		return -1;
	nr = count(kernel);
	entries = nr ? calloc(nr + 2, sizeof(*entries)) : NULL;
	for (struct bu_netdev *dev = bu_netdevs(kernel); entries && dev; dev = dev->next)
		set_link(&entries[i++], dev);
	if (entries)
		set_addresses(&entries[nr], &entries[nr + 1], bu_netdevs(kernel));
	for (i = 0; entries && i <= nr; i++)
		entries[i].entry.ifa_next = &entries[i + 1].entry;
	bu_kernel_unlock(kernel);
	*list = entries ? &entries->entry : NULL;
	if (!entries)
		errno = ENOMEM;
	return entries ? 0 : -1;
}

BU_INTERPOSED void freeifaddrs(struct ifaddrs *list)
{
	void (*next)(struct ifaddrs *) = dlsym(RTLD_NEXT, "freeifaddrs");

	if (bu_on_host() && next)
		next(list);
	else
		free(list);
}
