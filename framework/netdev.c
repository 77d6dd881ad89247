/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Devices for tests, and the way of a packet through what is attached to one.
 * Source: __netif_receive_skb_core(), sch_handle_ingress(), sch_handle_egress(), tcx_run(),
 * net/core/dev.c; cls_bpf_classify(), net/sched/cls_bpf.c; netkit_xmit(), drivers/net/netkit.c
 * (6.12).
 */
#include <bpfunit/netdev.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>

#include "ebpf/boundary/backend.h"
#include "ebpf/net/netdev.h"
#include "ebpf/net/tc.h"
#include "framework/host.h"
#include "framework/run.h"
#include "framework/state.h"

#define UNDECIDED (-1) /* TCX_NEXT, TC_ACT_UNSPEC */

int bpfunit_netdev(const char *name)
{
	struct bu_kernel *kernel = bu_test_kernel();
	int ifindex;

	if (bu_on_host())
		bu_needs_vm("devices of the emulated kernel");
	if (!name)
		return bu_public_result(-EINVAL);
	ifindex = bu_netdev_add(kernel, name, BU_NETDEV_NIC);
	if (ifindex == -EEXIST)
		ifindex = bu_netdev_by_name(kernel, name)->ifindex;
	return bu_public_result(ifindex);
}

int bpfunit_netdev_netkit(const char *primary, const char *peer)
{
	if (bu_on_host())
		bu_needs_vm("devices of the emulated kernel");
	if (!primary || !peer)
		return bu_public_result(-EINVAL);
	return bu_public_result(bu_netdev_add_netkit(bu_test_kernel(), primary, peer));
}

int bpfunit_netdev_delete(int ifindex)
{
	return bu_public_result(bu_netdev_delete(bu_test_kernel(), ifindex));
}

/* The way of a packet */

static enum bpfunit_fate fate_of_xdp(int64_t code)
{
	switch (code) {
	case BPFUNIT_FAULTED:
		return BPFUNIT_FATE_FAULTED;
	case XDP_PASS:
		return BPFUNIT_FATE_PASSED;
	case XDP_TX:
		return BPFUNIT_FATE_SENT_BACK;
	case XDP_REDIRECT:
		return BPFUNIT_FATE_REDIRECTED;
	default:
		return BPFUNIT_FATE_DROPPED;
	}
}

static enum bpfunit_fate fate_of_tc(int64_t code)
{
	switch (code) {
	case BPFUNIT_FAULTED:
		return BPFUNIT_FATE_FAULTED;
	case TC_ACT_SHOT:
		return BPFUNIT_FATE_DROPPED;
	case TC_ACT_REDIRECT:
		return BPFUNIT_FATE_REDIRECTED;
	case TC_ACT_STOLEN:
	case TC_ACT_QUEUED:
	case TC_ACT_TRAP:
		return BPFUNIT_FATE_STOLEN;
	default:
		return BPFUNIT_FATE_PASSED;
	}
}

/* The generic mode comes after the native one; only one of the two is in use. */
static enum bpfunit_fate run_xdp(const struct bu_netdev *dev, struct bpfunit_packet *packet)
{
	struct bu_prog *prog = dev->xdp[BU_XDP_DRV].prog;

	if (!prog)
		prog = dev->xdp[BU_XDP_SKB].prog;
	return prog ? fate_of_xdp(bu_run_attached(prog, packet)) : BPFUNIT_FATE_PASSED;
}

/* The first answer other than "next"; tcx and netkit know only four of them. */
static int64_t run_list(const struct bu_mprog *list, struct bpfunit_packet *packet)
{
	int64_t code = UNDECIDED;

	for (u32 i = 0; code == UNDECIDED && i < list->count; i++)
		code = bu_run_attached(list->entries[i].prog, packet);
	switch (code) {
	case BPFUNIT_FAULTED:
	case TC_ACT_OK:
	case TC_ACT_SHOT:
	case TC_ACT_REDIRECT:
		return code;
	default:
		return UNDECIDED;
	}
}

/* With direct action the program's value is the verdict, else the packet's class: 0 is none. */
static int64_t run_filter(const struct bu_tc_filter *filter, struct bpfunit_packet *packet)
{
	int64_t code = bu_run_attached(filter->prog, packet);

	if (code == BPFUNIT_FAULTED)
		return code;
	if (!(filter->flags & TCA_BPF_FLAG_ACT_DIRECT))
		return code ? TC_ACT_OK : UNDECIDED;
	switch (code) {
	case TC_ACT_OK:
	case TC_ACT_SHOT:
	case TC_ACT_STOLEN:
	case TC_ACT_TRAP:
	case TC_ACT_REDIRECT:
		return code;
	default:
		return UNDECIDED;
	}
}

static int64_t run_classifiers(const struct bu_netdev *dev, u32 minor,
			       struct bpfunit_packet *packet)
{
	const struct bu_tc_filter *filter = dev->tc ? dev->tc->filters : NULL;
	int64_t code = UNDECIDED;

	for (; code == UNDECIDED && filter; filter = filter->next) {
		if (TC_H_MIN(filter->parent) == minor)
			code = run_filter(filter, packet);
	}
	return code;
}

static enum bpfunit_fate run_tc(const struct bu_netdev *dev, enum bu_netdev_place place, u32 minor,
				struct bpfunit_packet *packet)
{
	int64_t code = run_list(&dev->places[place], packet);

	if (code == UNDECIDED)
		code = run_classifiers(dev, minor, packet);
	return fate_of_tc(code);
}

static struct bu_netdev *begin(struct bpfunit_where where, int ifindex,
			       struct bpfunit_packet *packet)
{
	struct bu_kernel *kernel = bu_test_kernel();
	struct bu_netdev *dev;

	bu_test_at(where);
	if (bu_on_host())
		bu_needs_vm("packets through devices of the emulated kernel");
	bu_fd_reap(kernel); /* links that were closed end now */
	dev = bu_netdev_by_index(kernel, ifindex);
	if (!packet || !dev) {
		bu_test_fail(where,
			     packet ? "there is no network device with index %d"
				    : "device %d: the packet is NULL",
			     ifindex);
		return NULL;
	}
	bpfunit_packet_meta(packet)->ifindex = ifindex;
	return dev;
}

enum bpfunit_fate(bpfunit_netdev_receive)(struct bpfunit_where where, int ifindex,
					  struct bpfunit_packet *packet)
{
	struct bu_netdev *dev = begin(where, ifindex, packet);
	enum bpfunit_fate fate = dev ? run_xdp(dev, packet) : BPFUNIT_FATE_FAULTED;

	if (fate != BPFUNIT_FATE_PASSED)
		return fate;
	return run_tc(dev, BU_PLACE_TCX_INGRESS, TC_H_MIN_INGRESS, packet);
}

/* Programs of both ends of a netkit pair are the primary's. */
static enum bpfunit_fate run_netkit(const struct bu_netdev *dev, struct bpfunit_packet *packet)
{
	const struct bu_netdev *primary = dev->primary ? dev : dev->peer;

	if (dev->kind != BU_NETDEV_NETKIT || !primary)
		return BPFUNIT_FATE_PASSED;
	return fate_of_tc(run_list(
		&primary->places[dev->primary ? BU_PLACE_NETKIT_PRIMARY : BU_PLACE_NETKIT_PEER],
		packet));
}

/* Traffic control sees the packet before the device does. */
enum bpfunit_fate(bpfunit_netdev_transmit)(struct bpfunit_where where, int ifindex,
					   struct bpfunit_packet *packet)
{
	struct bu_netdev *dev = begin(where, ifindex, packet);
	enum bpfunit_fate fate;

	if (!dev)
		return BPFUNIT_FATE_FAULTED;
	fate = run_tc(dev, BU_PLACE_TCX_EGRESS, TC_H_MIN_EGRESS, packet);
	return fate == BPFUNIT_FATE_PASSED ? run_netkit(dev, packet) : fate;
}
