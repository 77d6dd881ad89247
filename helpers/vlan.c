// SPDX-License-Identifier: BSD-2-Clause
/*
 * VLAN tags. The outermost one lies outside the packet, as in network cards that strip it
 * (__sk_buff.vlan_present, vlan_tci, vlan_proto); further ones lie in the packet.
 * Source: skb_vlan_push(), skb_vlan_pop(), net/core/skbuff.c; net/core/filter.c (6.12).
 */
#include "helpers/packet.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <string.h>

#define TAG_BYTES   4
#define ADDRESSES   (2 * ETH_ALEN)
#define TAGGED_HLEN (BU_ETH_HLEN + TAG_BYTES)

static bool is_vlan(u32 protocol)
{
	return protocol == htons(ETH_P_8021Q) || protocol == htons(ETH_P_8021AD);
}

static void set_tag(struct __sk_buff *skb, u16 protocol, u16 tci)
{
	skb->vlan_present = 1;
	skb->vlan_proto = protocol;
	skb->vlan_tci = tci;
}

/* Put the outside tag into the packet. */
static int insert_tag(struct bu_run *run, struct __sk_buff *skb)
{
	u16 tag[2] = { (u16)skb->vlan_proto, htons((u16)skb->vlan_tci) };
	u8 *data;

	if (bu_packet_reserve(run, TAG_BYTES, 0) || bu_packet_move(run, -TAG_BYTES, 0, 0))
		return -ENOMEM;
	data = run->packet.data;
	memmove(data, data + TAG_BYTES, ADDRESSES);
	memcpy(data + ADDRESSES, tag, TAG_BYTES);
	run->packet.network -= TAG_BYTES;
	skb->protocol = skb->vlan_proto;
	return 0;
}

/* Take the packet's first tag out. */
static int remove_tag(struct bu_run *run, struct __sk_buff *skb, u16 *tci)
{
	u8 *data = run->packet.data;
	u16 protocol;

	if (bu_packet_len(run) < TAGGED_HLEN)
		return -ENOMEM;
	memcpy(tci, data + BU_ETH_HLEN, 2);
	*tci = ntohs(*tci);
	memcpy(&protocol, data + BU_ETH_HLEN + 2, 2);
	memmove(data + TAG_BYTES, data, ADDRESSES);
	if (bu_packet_move(run, TAG_BYTES, 0, 0))
		return -ENOMEM;
	run->packet.network = BU_MAX(run->packet.network, BU_ETH_HLEN);
	skb->protocol = protocol;
	return 0;
}

BU_HELPER_3(skb_vlan_push, struct __sk_buff *, skb, u16, protocol, u16, tci)
{
	int err = 0;

	if (!bu_is_skb_prog(run, "skb_vlan_push"))
		return 0;
	if (skb->vlan_present)
		err = insert_tag(run, skb);
	else
		bu_packet_move(run, 0, 0, 0);
	if (!err)
		set_tag(skb, is_vlan(protocol) ? protocol : htons(ETH_P_8021Q), tci);
	return (s64)err;
}

static int pop(struct bu_run *run, struct __sk_buff *skb)
{
	u16 protocol, tci;
	int err = 0;

	if (skb->vlan_present)
		skb->vlan_present = skb->vlan_proto = skb->vlan_tci = 0;
	else if (is_vlan(skb->protocol))
		err = remove_tag(run, skb, &tci);
	if (err || !is_vlan(skb->protocol))
		return err;
	protocol = (u16)skb->protocol;
	err = remove_tag(run, skb, &tci);
	if (!err)
		set_tag(skb, protocol, tci);
	return err;
}

BU_HELPER_1(skb_vlan_pop, struct __sk_buff *, skb)
{
	if (!bu_is_skb_prog(run, "skb_vlan_pop"))
		return 0;
	bu_packet_move(run, 0, 0, 0);
	return (s64)pop(run, skb);
}
