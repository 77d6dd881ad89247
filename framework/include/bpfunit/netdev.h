/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Network devices of the emulated kernel, for programs that are attached to them: XDP by
 * bpf_program__attach_xdp() or bpf_xdp_attach(), tc by bpf_program__attach_tcx() or bpf_tc_attach(),
 * netkit. A test begins with "lo" (index 1) and those that the environment's BPFUNIT_NETDEVS names
 * ("eth0,eth1"); if_nametoindex() knows the test's devices alone. The host's are never touched.
 *
 *	int eth0 = bpfunit_netdev("eth0");
 *	skel->links.filter = bpf_program__attach_xdp(skel->progs.filter, eth0);
 *	EXPECT_EQ(bpfunit_netdev_receive(eth0, packet), BPFUNIT_FATE_DROPPED);
 */
#ifndef BPFUNIT_NETDEV_H
#define BPFUNIT_NETDEV_H

#include <bpfunit/check.h>
#include <bpfunit/packet.h>

/* The index of the device of this name, which is made if there is none: up, as a veth device (XDP in
 * native and generic mode, no offload). -EINVAL (and errno): no device can be called so. */
BPFUNIT_API int bpfunit_netdev(const char *name);
/* A pair of netkit devices; the primary's index, to which programs for both are attached. -EEXIST,
 * -EINVAL (and errno). */
BPFUNIT_API int bpfunit_netdev_netkit(const char *primary, const char *peer);
/* Take the device away (with a netkit's peer): links lose it, programs are detached. 0; -ENODEV;
 * -EOPNOTSUPP: "lo" (and errno). */
BPFUNIT_API int bpfunit_netdev_delete(int ifindex);

enum bpfunit_fate { /* of a packet */
	BPFUNIT_FATE_FAULTED = -1, /* a program faulted, or there is no such device: the test failed */
	BPFUNIT_FATE_PASSED,       /* on to the stack, or out of the device */
	BPFUNIT_FATE_DROPPED,      /* XDP_DROP, XDP_ABORTED, TC_ACT_SHOT */
	BPFUNIT_FATE_SENT_BACK,    /* XDP_TX */
	BPFUNIT_FATE_REDIRECTED,   /* XDP_REDIRECT, TC_ACT_REDIRECT */
	BPFUNIT_FATE_STOLEN,       /* TC_ACT_STOLEN, TC_ACT_QUEUED, TC_ACT_TRAP */
};

/* A packet arrives at the device: its XDP program runs on it, then the programs at tcx ingress, then
 * the classifiers at clsact ingress, until one decides. `packet` is what they left of it. */
BPFUNIT_API enum bpfunit_fate (bpfunit_netdev_receive)(struct bpfunit_where where, int ifindex, struct bpfunit_packet *packet);
#define bpfunit_netdev_receive(...) bpfunit_netdev_receive(BPFUNIT_HERE, __VA_ARGS__)
/* A packet leaves by the device: tcx egress, clsact egress, then the netkit programs of this end. */
BPFUNIT_API enum bpfunit_fate (bpfunit_netdev_transmit)(struct bpfunit_where where, int ifindex, struct bpfunit_packet *packet);
#define bpfunit_netdev_transmit(...) bpfunit_netdev_transmit(BPFUNIT_HERE, __VA_ARGS__)

#endif
