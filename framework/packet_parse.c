/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Recognising headers in bytes. Each step looks at one header that lies wholly within the frame and
 * says what follows; the rest is payload. Bytes are read one by one: any alignment will do.
 */
#include "framework/packet_internal.h"

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/in6.h>

static u16 be16(const u8 *at)
{
	return at[0] << 8 | at[1];
}

/* A header's length at `at`, and what follows: 0 when it is cut short. */
static size_t header_size(enum bu_layer_kind kind, const u8 *at, size_t room)
{
	static const u8 fixed[] = {
		[BU_LAYER_ETH] = 14,  [BU_LAYER_VLAN] = 4,     [BU_LAYER_IPV4] = 20,
		[BU_LAYER_IPV6] = 40, [BU_LAYER_IPV6_EXT] = 8, [BU_LAYER_UDP] = 8,
		[BU_LAYER_TCP] = 20,  [BU_LAYER_ICMP] = 8,     [BU_LAYER_ICMPV6] = 8,
	};
	size_t size = fixed[kind];

	if (room < size)
		return 0;
	if (kind == BU_LAYER_IPV4)
		size = (at[0] & 15) * 4;
	else if (kind == BU_LAYER_TCP)
		size = (at[12] >> 4) * 4;
	else if (kind == BU_LAYER_IPV6_EXT)
		size = (at[1] + 1) * 8;
	return size >= fixed[kind] && size <= room ? size : 0;
}

static enum bu_layer_kind by_ethertype(u16 type)
{
	switch (type) {
	case ETH_P_8021Q:
	case ETH_P_8021AD:
		return BU_LAYER_VLAN;
	case ETH_P_IP:
		return BU_LAYER_IPV4;
	case ETH_P_IPV6:
		return BU_LAYER_IPV6;
	default:
		return BU_LAYER_PAYLOAD;
	}
}

static enum bu_layer_kind by_protocol(u8 protocol, bool v6)
{
	switch (protocol) {
	case IPPROTO_UDP:
		return BU_LAYER_UDP;
	case IPPROTO_TCP:
		return BU_LAYER_TCP;
	case IPPROTO_ICMP:
		return BU_LAYER_ICMP;
	case IPPROTO_ICMPV6:
		return BU_LAYER_ICMPV6;
	case IPPROTO_IPIP:
		return BU_LAYER_IPV4;
	case IPPROTO_IPV6:
		return BU_LAYER_IPV6;
	case IPPROTO_ETHERNET:
		return BU_LAYER_ETH;
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_FRAGMENT:
	case IPPROTO_DSTOPTS:
		return v6 ? BU_LAYER_IPV6_EXT : BU_LAYER_PAYLOAD;
	default:
		return BU_LAYER_PAYLOAD;
	}
}

/* A fragment beyond the first has no transport header. The fragment header's second byte is
 * reserved and zero, so its length comes out as 8 like that of an option header. */
static enum bu_layer_kind next_kind(enum bu_layer_kind kind, const u8 *at, u8 own_protocol)
{
	switch (kind) {
	case BU_LAYER_ETH:
		return by_ethertype(be16(at + 12));
	case BU_LAYER_VLAN:
		return by_ethertype(be16(at + 2));
	case BU_LAYER_IPV4:
		return be16(at + 6) & 0x1fff ? BU_LAYER_PAYLOAD : by_protocol(at[9], false);
	case BU_LAYER_IPV6:
		return by_protocol(at[6], true);
	case BU_LAYER_IPV6_EXT:
		if (own_protocol == IPPROTO_FRAGMENT && be16(at + 2) & 0xfff8)
			return BU_LAYER_PAYLOAD;
		return by_protocol(at[0], true);
	default:
		return BU_LAYER_PAYLOAD;
	}
}

static u8 protocol_after(enum bu_layer_kind kind, const u8 *at)
{
	return kind == BU_LAYER_IPV6 ? at[6] : kind == BU_LAYER_IPV6_EXT ? at[0] : 0;
}

enum bu_layer_kind bu_packet_first_kind(const u8 *data, size_t size)
{
	if (size >= 14 && by_ethertype(be16(data + 12)) != BU_LAYER_PAYLOAD)
		return BU_LAYER_ETH;
	if (size >= 20 && data[0] >> 4 == 4 && (data[0] & 15) >= 5 && be16(data + 2) <= size)
		return BU_LAYER_IPV4;
	if (size >= 40 && data[0] >> 4 == 6 && be16(data + 4) + 40U <= size)
		return BU_LAYER_IPV6;
	return BU_LAYER_ETH;
}

void bu_packet_parse(struct bpfunit_packet *packet)
{
	const u8 *data = bu_packet_frame(packet);
	enum bu_layer_kind kind = bu_packet_first_kind(data, packet->size);
	size_t at = 0, size;
	u8 protocol = 0;

	packet->nr_layers = 0;
	while (at < packet->size) {
		size = kind == BU_LAYER_PAYLOAD ? 0
						: header_size(kind, data + at, packet->size - at);
		if (!size || packet->nr_layers == BU_PACKET_MAX_LAYERS - 1)
			kind = BU_LAYER_PAYLOAD;
		packet->layers[packet->nr_layers++] = (struct bu_layer){ kind, at };
		if (kind == BU_LAYER_PAYLOAD)
			return;
		enum bu_layer_kind next = next_kind(kind, data + at, protocol);
		protocol = protocol_after(kind, data + at);
		kind = next;
		at += size;
	}
}
