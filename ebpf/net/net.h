/* SPDX-License-Identifier: BSD-2-Clause */
/* The emulated kernel's network, for the files that attach programs to its parts. */
#ifndef BU_NET_H
#define BU_NET_H

#include "ebpf/net/netdev.h"

struct bu_netns;     /* ebpf/link/link_netns.c */
struct bu_nl_socket; /* ebpf/net/netlink.c */

struct bu_net {
	struct bu_netdev *devices; /* by ascending index */
	u32 last_ifindex;
	struct bu_netns *namespaces; /* those that something was attached to */
	struct bu_link **hooks;      /* of netfilter, in the order of their making */
	u32 nr_hooks;
	struct bu_nl_socket *sockets; /* of netlink, latest first */
};

/* NULL without memory. */
struct bu_net *bu_net(struct bu_kernel *kernel);
void bu_netns_destroy(struct bu_net *net);

#endif
