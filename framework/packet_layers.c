/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Building packets layer by layer: a header is appended, the one before it is told what follows,
 * then lengths and checksums are made right from the inside out.
 */
#include "framework/packet_internal.h"
#include "framework/state.h"

#include <arpa/inet.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <stdio.h>
#include <string.h>

/* How the header before a layer names it. */
static const struct layer_id {
	const char *name;
	u16 ethertype;
	s16 protocol; /* of IPv4, next header of IPv6; -1: cannot follow these */
} layer_ids[] = {
	[BU_LAYER_ETH] = { "Ethernet", 0, IPPROTO_ETHERNET },
	[BU_LAYER_VLAN] = { "VLAN", ETH_P_8021Q, -1 },
	[BU_LAYER_IPV4] = { "IPv4", ETH_P_IP, IPPROTO_IPIP },
	[BU_LAYER_IPV6] = { "IPv6", ETH_P_IPV6, IPPROTO_IPV6 },
	[BU_LAYER_IPV6_EXT] = { "IPv6 extension", 0, -1 },
	[BU_LAYER_UDP] = { "UDP", 0, IPPROTO_UDP },
	[BU_LAYER_TCP] = { "TCP", 0, IPPROTO_TCP },
	[BU_LAYER_ICMP] = { "ICMP", 0, IPPROTO_ICMP },
	[BU_LAYER_ICMPV6] = { "ICMPv6", 0, IPPROTO_ICMPV6 },
	[BU_LAYER_PAYLOAD] = { "payload", 0, -1 },
};

static void put_be16(u8 *at, u16 value)
{
	at[0] = value >> 8;
	at[1] = value;
}

/* Two tags: the outer one is a service tag (IEEE 802.1ad). */
static bool link_to_ethertype(struct bpfunit_packet *packet, u32 before, u8 *field,
			      enum bu_layer_kind kind)
{
	if (!layer_ids[kind].ethertype)
		return false;
	put_be16(field, layer_ids[kind].ethertype);
	if (kind == BU_LAYER_VLAN && packet->layers[before].kind == BU_LAYER_VLAN && before) {
		struct bu_layer outer = packet->layers[before - 1];
		u32 type = outer.kind == BU_LAYER_ETH ? offsetof(struct ethhdr, h_proto) : 2;

		put_be16(bu_packet_frame(packet) + outer.offset + type, ETH_P_8021AD);
	}
	return true;
}

static bool link_to_protocol(u8 *field, enum bu_layer_kind kind)
{
	if (layer_ids[kind].protocol < 0)
		return false;
	*field = layer_ids[kind].protocol;
	return true;
}

/* Tell the last header that `kind` follows it. false: it cannot. */
static bool link_layer(struct bpfunit_packet *packet, enum bu_layer_kind kind)
{
	u32 last = packet->nr_layers - 1;
	u8 *header;

	if (!packet->nr_layers)
		return kind != BU_LAYER_VLAN;
	if (kind == BU_LAYER_PAYLOAD)
		return true;
	header = bu_packet_frame(packet) + packet->layers[last].offset;
	switch (packet->layers[last].kind) {
	case BU_LAYER_ETH:
		return link_to_ethertype(packet, last, header + offsetof(struct ethhdr, h_proto),
					 kind);
	case BU_LAYER_VLAN:
		return link_to_ethertype(packet, last, header + 2, kind);
	case BU_LAYER_IPV4:
		return link_to_protocol(header + offsetof(struct iphdr, protocol), kind);
	case BU_LAYER_IPV6:
		return link_to_protocol(header + offsetof(struct ipv6hdr, nexthdr), kind);
	case BU_LAYER_IPV6_EXT:
		return link_to_protocol(header, kind);
	case BU_LAYER_PAYLOAD:
	case BU_LAYER_UDP:
		return kind != BU_LAYER_VLAN;
	default:
		return false;
	}
}

static void check_packet(struct bpfunit_where where, const struct bpfunit_packet *packet)
{
	bu_test_at(where);
	if (!packet)
		bu_test_die(where, "the packet is NULL");
}

/* The new layer's zeroed header. Ends the test when it cannot be. */
static void *add_layer(struct bpfunit_where where, struct bpfunit_packet *packet,
		       enum bu_layer_kind kind, size_t size)
{
	const char *name = layer_ids[kind].name;
	void *header;

	check_packet(where, packet);
	if (packet->nr_layers == BU_PACKET_MAX_LAYERS)
		bu_test_die(where, "a packet has at most %d layers", BU_PACKET_MAX_LAYERS);
	if (!link_layer(packet, kind)) {
		if (!packet->nr_layers)
			bu_test_die(where, "a %s header cannot begin a packet", name);
		bu_test_die(where, "a %s header cannot follow %s", name,
			    layer_ids[packet->layers[packet->nr_layers - 1].kind].name);
	}
	header = bu_packet_append(packet, kind, size);
	if (!header)
		bu_test_die(where, "%zu bytes of %s after %zu: a packet has at most %d", size, name,
			    packet->size, BPFUNIT_PACKET_MAX);
	return header;
}

static struct bpfunit_packet *finish(struct bpfunit_packet *packet)
{
	bu_packet_fix_lengths(packet);
	bu_packet_fix_checksums(packet);
	return packet;
}

static bool parse_mac(const char *text, u8 mac[ETH_ALEN])
{
	unsigned int byte[ETH_ALEN];
	int end = 0;

	if (strlen(text) != 17 || strspn(text, "0123456789abcdefABCDEF:") != 17 ||
	    sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", &byte[0], &byte[1], &byte[2], &byte[3],
		   &byte[4], &byte[5], &end) != ETH_ALEN ||
	    end != 17)
		return false;
	for (int i = 0; i < ETH_ALEN; i++)
		mac[i] = byte[i];
	return true;
}

static void set_mac(struct bpfunit_where where, u8 *mac, const char *text)
{
	if (!parse_mac(text, mac))
		bu_test_die(where, "'%s' is not an Ethernet address such as 02:00:00:00:00:01",
			    text);
}

static void set_ip(struct bpfunit_where where, int family, void *address, const char *text)
{
	const char *kind = family == AF_INET ? "IPv4 address such as 10.0.0.1"
					     : "IPv6 address such as 2001:db8::1";

	if (!text)
		bu_test_die(where, "NULL is not an %s", kind);
	if (inet_pton(family, text, address) != 1)
		bu_test_die(where, "'%s' is not an %s", text, kind);
}

struct bpfunit_packet *(bpfunit_packet_eth)(struct bpfunit_where where,
					    struct bpfunit_packet *packet, const char *source,
					    const char *destination)
{
	struct ethhdr eth = { 0 };

	set_mac(where, eth.h_source, source ? source : "02:00:00:00:00:01");
	set_mac(where, eth.h_dest, destination ? destination : "02:00:00:00:00:02");
	memcpy(add_layer(where, packet, BU_LAYER_ETH, sizeof(eth)), &eth, sizeof(eth));
	return finish(packet);
}

struct bpfunit_packet *(bpfunit_packet_vlan)(struct bpfunit_where where,
					     struct bpfunit_packet *packet, uint16_t id)
{
	if (id > 4095)
		bu_test_die(where, "VLAN id %u: ids have 12 bits (0 to 4095)", id);
	put_be16(add_layer(where, packet, BU_LAYER_VLAN, 4), id);
	return finish(packet);
}

struct bpfunit_packet *(bpfunit_packet_ipv4)(struct bpfunit_where where,
					     struct bpfunit_packet *packet, const char *source,
					     const char *destination)
{
	struct iphdr ip = { .version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_RAW };

	set_ip(where, AF_INET, &ip.saddr, source);
	set_ip(where, AF_INET, &ip.daddr, destination);
	memcpy(add_layer(where, packet, BU_LAYER_IPV4, sizeof(ip)), &ip, sizeof(ip));
	return finish(packet);
}

struct bpfunit_packet *(bpfunit_packet_ipv6)(struct bpfunit_where where,
					     struct bpfunit_packet *packet, const char *source,
					     const char *destination)
{
	struct ipv6hdr ip = { .version = 6, .hop_limit = 64, .nexthdr = IPPROTO_NONE };

	set_ip(where, AF_INET6, &ip.saddr, source);
	set_ip(where, AF_INET6, &ip.daddr, destination);
	memcpy(add_layer(where, packet, BU_LAYER_IPV6, sizeof(ip)), &ip, sizeof(ip));
	return finish(packet);
}

struct bpfunit_packet *(bpfunit_packet_udp)(struct bpfunit_where where,
					    struct bpfunit_packet *packet, uint16_t source,
					    uint16_t destination)
{
	struct udphdr udp = { .source = htons(source), .dest = htons(destination) };

	memcpy(add_layer(where, packet, BU_LAYER_UDP, sizeof(udp)), &udp, sizeof(udp));
	return finish(packet);
}

struct bpfunit_packet *(bpfunit_packet_tcp)(struct bpfunit_where where,
					    struct bpfunit_packet *packet, uint16_t source,
					    uint16_t destination, unsigned int flags)
{
	struct tcphdr tcp = { .source = htons(source), .dest = htons(destination), .doff = 5 };
	u8 *header;

	tcp.window = htons(65535);
	if (flags > 0xff)
		bu_test_die(where, "TCP flags 0x%x: there are 8 (enum bpfunit_tcp_flags)", flags);
	header = add_layer(where, packet, BU_LAYER_TCP, sizeof(tcp));
	memcpy(header, &tcp, sizeof(tcp));
	header[13] = flags;
	return finish(packet);
}

struct bpfunit_packet *(bpfunit_packet_icmp)(struct bpfunit_where where,
					     struct bpfunit_packet *packet, uint8_t type,
					     uint8_t code)
{
	struct icmphdr icmp = { .type = type, .code = code };

	memcpy(add_layer(where, packet, BU_LAYER_ICMP, sizeof(icmp)), &icmp, sizeof(icmp));
	return finish(packet);
}

struct bpfunit_packet *(bpfunit_packet_icmpv6)(struct bpfunit_where where,
					       struct bpfunit_packet *packet, uint8_t type,
					       uint8_t code)
{
	struct icmp6hdr icmp = { .icmp6_type = type, .icmp6_code = code };

	memcpy(add_layer(where, packet, BU_LAYER_ICMPV6, sizeof(icmp)), &icmp, sizeof(icmp));
	return finish(packet);
}

struct bpfunit_packet *(bpfunit_packet_payload)(struct bpfunit_where where,
						struct bpfunit_packet *packet, const void *data,
						size_t size)
{
	void *bytes;

	check_packet(where, packet);
	if (!size)
		return packet;
	bytes = add_layer(where, packet, BU_LAYER_PAYLOAD, size);
	if (data)
		memcpy(bytes, data, size);
	return finish(packet);
}

static struct bpfunit_packet *ipv4_frame(struct bpfunit_where where, const char *source,
					 const char *destination)
{
	struct bpfunit_packet *packet = bpfunit_packet_new();

	(bpfunit_packet_eth)(where, packet, NULL, NULL);
	return (bpfunit_packet_ipv4)(where, packet, source, destination);
}

static struct bpfunit_packet *ipv6_frame(struct bpfunit_where where, const char *source,
					 const char *destination)
{
	struct bpfunit_packet *packet = bpfunit_packet_new();

	(bpfunit_packet_eth)(where, packet, NULL, NULL);
	return (bpfunit_packet_ipv6)(where, packet, source, destination);
}

static struct bpfunit_packet *udp_text(struct bpfunit_where where, struct bpfunit_packet *packet,
				       uint16_t source_port, uint16_t destination_port,
				       const char *payload)
{
	(bpfunit_packet_udp)(where, packet, source_port, destination_port);
	return (bpfunit_packet_payload)(where, packet, payload, payload ? strlen(payload) : 0);
}

struct bpfunit_packet *(bpfunit_packet_ipv4_udp)(struct bpfunit_where where, const char *source,
						 const char *destination, uint16_t source_port,
						 uint16_t destination_port, const char *payload)
{
	return udp_text(where, ipv4_frame(where, source, destination), source_port,
			destination_port, payload);
}

struct bpfunit_packet *(bpfunit_packet_ipv4_tcp)(struct bpfunit_where where, const char *source,
						 const char *destination, uint16_t source_port,
						 uint16_t destination_port, unsigned int flags)
{
	return (bpfunit_packet_tcp)(where, ipv4_frame(where, source, destination), source_port,
				    destination_port, flags);
}

struct bpfunit_packet *(bpfunit_packet_ipv6_udp)(struct bpfunit_where where, const char *source,
						 const char *destination, uint16_t source_port,
						 uint16_t destination_port, const char *payload)
{
	return udp_text(where, ipv6_frame(where, source, destination), source_port,
			destination_port, payload);
}

struct bpfunit_packet *(bpfunit_packet_ipv6_tcp)(struct bpfunit_where where, const char *source,
						 const char *destination, uint16_t source_port,
						 uint16_t destination_port, unsigned int flags)
{
	return (bpfunit_packet_tcp)(where, ipv6_frame(where, source, destination), source_port,
				    destination_port, flags);
}
