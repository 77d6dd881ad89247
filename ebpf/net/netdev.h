/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The network devices of the emulated kernel, all in one network namespace. There is always "lo"
 * with index 1; tests and the environment (BPFUNIT_NETDEVS) add others. A device holds what is
 * attached to it; when it is deleted, links lose it and programs are dropped. Nothing of the host's
 * devices is ever asked or changed.
 */
#ifndef BU_NETDEV_H
#define BU_NETDEV_H

#include "ebpf/link/mprog.h"

#define BU_NETDEV_NAME_LEN 16 /* Source: IFNAMSIZ */

struct bu_tc; /* ebpf/net/tc.h */

enum bu_netdev_kind {
	BU_NETDEV_LOOPBACK, /* no XDP but the generic */
	BU_NETDEV_NIC,      /* as veth: native XDP, no offload */
	BU_NETDEV_NETKIT,   /* with a peer; generic XDP */
};

enum bu_xdp_mode { /* Source: enum bpf_xdp_mode */
		   BU_XDP_SKB,
		   BU_XDP_DRV,
		   BU_XDP_HW,
		   BU_XDP_MODES,
};

enum bu_netdev_place { /* lists of programs, in the order of their attach types */
		       BU_PLACE_TCX_INGRESS,
		       BU_PLACE_TCX_EGRESS,
		       BU_PLACE_NETKIT_PRIMARY,
		       BU_PLACE_NETKIT_PEER,
		       BU_PLACES,
};

struct bu_netdev {
	struct bu_netdev *next; /* by ascending index */
	u32 ifindex;
	char name[BU_NETDEV_NAME_LEN];
	enum bu_netdev_kind kind;
	u32 flags; /* IFF_UP and others that can be set */
	u32 mtu;
	struct bu_netdev *peer; /* netkit's other end; NULL: none */
	bool primary;           /* of the two */
	struct {
		struct bu_prog *prog; /* referenced unless it is the link's */
		struct bu_link *link;
		u32 flags; /* XDP_FLAGS_... of the attachment */
	} xdp[BU_XDP_MODES];
	struct bu_mprog places[BU_PLACES];
	struct bu_tc *tc; /* the clsact qdisc; NULL: none */
};

struct bu_net; /* kernel->net: devices, and what is attached to namespaces */

/* The first device, "lo"; NULL without memory. */
struct bu_netdev *bu_netdevs(struct bu_kernel *kernel);
/* NULL: there is none. A note then says how to add one. */
struct bu_netdev *bu_netdev_by_index(struct bu_kernel *kernel, u32 ifindex);
struct bu_netdev *bu_netdev_by_name(struct bu_kernel *kernel, const char *name);
/* A new device's index, or -EEXIST, -EINVAL (no device is called so), -ENOMEM. */
int bu_netdev_add(struct bu_kernel *kernel, const char *name, enum bu_netdev_kind kind);
/* Two ends of a netkit pair; the primary's index. */
int bu_netdev_add_netkit(struct bu_kernel *kernel, const char *primary, const char *peer);
/* 0, -ENODEV, -EOPNOTSUPP ("lo"). The other end of a pair goes too. */
int bu_netdev_delete(struct bu_kernel *kernel, u32 ifindex);
/* Everything; before the descriptors go. */
/* Devices run no programs and have no maps of their own: -EINVAL, -EOPNOTSUPP; 0 for a program that
 * is only `bound` to a device that could. Source: kernel/bpf/offload.c (6.12). */
int bu_offload_check(struct bu_kernel *kernel, u32 ifindex, bool bound);
void bu_net_destroy(struct bu_kernel *kernel);

/* IFF_...: those that were set, and what follows from them and from the kind. */
u32 bu_netdev_flags(const struct bu_netdev *dev);
/* Its hardware address; of "lo" zeroes. */
void bu_netdev_address(const struct bu_netdev *dev, u8 address[6]);
/* ioctl(2) of a socket about devices: true and 0 or -errno in *result; false: the host's. */
bool bu_netdev_ioctl(int *result, int fd, unsigned long request, unsigned long arg);
/* packet_socket.c: a socket of AF_PACKET, or -errno. */
int bu_packet_socket(int type);
/* bind(2), sendto(2) with an address of AF_PACKET, setsockopt(2) of SOL_SOCKET that attaches a
 * program: true and what it gives in *result; false: the host's. */
bool bu_packet_bind(int *result, int fd, const void *address, u32 len);
bool bu_packet_send(int *result, int fd, const void *address, u32 len);
bool bu_socket_attach(int *result, int fd, int option, const void *value, u32 len);

/* Attach, replace or remove the XDP program of a device as netlink does; `prog` NULL: remove.
 * *message becomes what the kernel says of an error, or stays. 0 or -errno. */
int bu_xdp_set(struct bu_netdev *dev, struct bu_prog *prog, struct bu_prog *expected, u32 flags,
	       const char **message);
/* The mode that flags choose. */
enum bu_xdp_mode bu_xdp_mode_of(const struct bu_netdev *dev, u32 flags);

#endif
