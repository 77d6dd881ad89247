/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packets. The short forms make an Ethernet frame with correct lengths and checksums; a packet can also be built
 * layer by layer, outermost first:
 *
 *	struct bpfunit_packet *p = bpfunit_packet_new();
 *	bpfunit_packet_eth(p, "02:00:00:00:00:01", "02:00:00:00:00:02");
 *	bpfunit_packet_vlan(p, 100);
 *	bpfunit_packet_ipv4(p, "10.0.0.1", "10.0.0.2");
 *	bpfunit_packet_tcp(p, 40000, 80, BPFUNIT_TCP_SYN);
 *	bpfunit_packet_payload(p, "hello", 5);
 *
 * Ports, lengths and ids are in host byte order. Addresses are text; malformed ones end the test.
 * Packets belong to the test and are freed with it. A frame has at most 65,535 bytes.
 *
 * The builders are functions whose first argument is the place of the call; a macro of the same
 * name adds it, so that a bad address is reported at the test's line.
 */
#ifndef BPFUNIT_PACKET_H
#define BPFUNIT_PACKET_H

#include <bpfunit/base.h>
#include <bpfunit/check.h>

#define BPFUNIT_PACKET_MAX 65535

struct bpfunit_packet;
struct ethhdr;
struct iphdr;
struct ipv6hdr;
struct tcphdr;
struct udphdr;

enum bpfunit_tcp_flags {
	BPFUNIT_TCP_FIN = 1, BPFUNIT_TCP_SYN = 2, BPFUNIT_TCP_RST = 4,
	BPFUNIT_TCP_PSH = 8, BPFUNIT_TCP_ACK = 16, BPFUNIT_TCP_URG = 32,
};

/* An empty packet; one of given bytes (its headers are recognised); a copy with metadata. Never NULL. */
BPFUNIT_API struct bpfunit_packet *bpfunit_packet_new(void);
BPFUNIT_API struct bpfunit_packet *(bpfunit_packet_raw)(struct bpfunit_where where, const void *data, size_t size);
BPFUNIT_API struct bpfunit_packet *bpfunit_packet_copy(const struct bpfunit_packet *packet);
#define bpfunit_packet_raw(...) bpfunit_packet_raw(BPFUNIT_HERE, __VA_ARGS__)

/*
 * Layers; each returns the packet. Type/protocol fields, lengths and checksums of outer layers follow the inner ones.
 *
 * eth:     NULL addresses mean 02:00:00:00:00:01 (source), 02:00:00:00:00:02 (destination).
 * vlan:    a tag below Ethernet; with two, the outer one gets ethertype 0x88a8. `id` below 4096.
 * ipv4/6:  ttl / hop limit 64, no options, no fragmentation; may follow Ethernet, another IP header
 *          (a tunnel), a payload, or begin the packet. Programs that see packets from the network header
 *          on (cgroup_skb, socket filters, lwt) run on a packet with or without Ethernet.
 * tcp:     sequence numbers 0, window 65535.
 * icmp/v6: eight bytes; the four behind the checksum are zero.
 */
BPFUNIT_API struct bpfunit_packet *(bpfunit_packet_eth)(struct bpfunit_where where, struct bpfunit_packet *packet, const char *source, const char *destination);
BPFUNIT_API struct bpfunit_packet *(bpfunit_packet_vlan)(struct bpfunit_where where, struct bpfunit_packet *packet, uint16_t id);
BPFUNIT_API struct bpfunit_packet *(bpfunit_packet_ipv4)(struct bpfunit_where where, struct bpfunit_packet *packet, const char *source, const char *destination);
BPFUNIT_API struct bpfunit_packet *(bpfunit_packet_ipv6)(struct bpfunit_where where, struct bpfunit_packet *packet, const char *source, const char *destination);
BPFUNIT_API struct bpfunit_packet *(bpfunit_packet_udp)(struct bpfunit_where where, struct bpfunit_packet *packet, uint16_t source, uint16_t destination);
BPFUNIT_API struct bpfunit_packet *(bpfunit_packet_tcp)(struct bpfunit_where where, struct bpfunit_packet *packet, uint16_t source, uint16_t destination, unsigned int flags);
BPFUNIT_API struct bpfunit_packet *(bpfunit_packet_icmp)(struct bpfunit_where where, struct bpfunit_packet *packet, uint8_t type, uint8_t code);
BPFUNIT_API struct bpfunit_packet *(bpfunit_packet_icmpv6)(struct bpfunit_where where, struct bpfunit_packet *packet, uint8_t type, uint8_t code);
/* `data` NULL: `size` zeroes. */
BPFUNIT_API struct bpfunit_packet *(bpfunit_packet_payload)(struct bpfunit_where where, struct bpfunit_packet *packet, const void *data, size_t size);
#define bpfunit_packet_eth(...) bpfunit_packet_eth(BPFUNIT_HERE, __VA_ARGS__)
#define bpfunit_packet_vlan(...) bpfunit_packet_vlan(BPFUNIT_HERE, __VA_ARGS__)
#define bpfunit_packet_ipv4(...) bpfunit_packet_ipv4(BPFUNIT_HERE, __VA_ARGS__)
#define bpfunit_packet_ipv6(...) bpfunit_packet_ipv6(BPFUNIT_HERE, __VA_ARGS__)
#define bpfunit_packet_udp(...) bpfunit_packet_udp(BPFUNIT_HERE, __VA_ARGS__)
#define bpfunit_packet_tcp(...) bpfunit_packet_tcp(BPFUNIT_HERE, __VA_ARGS__)
#define bpfunit_packet_icmp(...) bpfunit_packet_icmp(BPFUNIT_HERE, __VA_ARGS__)
#define bpfunit_packet_icmpv6(...) bpfunit_packet_icmpv6(BPFUNIT_HERE, __VA_ARGS__)
#define bpfunit_packet_payload(...) bpfunit_packet_payload(BPFUNIT_HERE, __VA_ARGS__)

/* Short forms; `payload` is text (NULL: none). */
BPFUNIT_API struct bpfunit_packet *(bpfunit_packet_ipv4_udp)(struct bpfunit_where where, const char *source, const char *destination, uint16_t source_port, uint16_t destination_port, const char *payload);
BPFUNIT_API struct bpfunit_packet *(bpfunit_packet_ipv4_tcp)(struct bpfunit_where where, const char *source, const char *destination, uint16_t source_port, uint16_t destination_port, unsigned int flags);
BPFUNIT_API struct bpfunit_packet *(bpfunit_packet_ipv6_udp)(struct bpfunit_where where, const char *source, const char *destination, uint16_t source_port, uint16_t destination_port, const char *payload);
BPFUNIT_API struct bpfunit_packet *(bpfunit_packet_ipv6_tcp)(struct bpfunit_where where, const char *source, const char *destination, uint16_t source_port, uint16_t destination_port, unsigned int flags);
#define bpfunit_packet_ipv4_udp(...) bpfunit_packet_ipv4_udp(BPFUNIT_HERE, __VA_ARGS__)
#define bpfunit_packet_ipv4_tcp(...) bpfunit_packet_ipv4_tcp(BPFUNIT_HERE, __VA_ARGS__)
#define bpfunit_packet_ipv6_udp(...) bpfunit_packet_ipv6_udp(BPFUNIT_HERE, __VA_ARGS__)
#define bpfunit_packet_ipv6_tcp(...) bpfunit_packet_ipv6_tcp(BPFUNIT_HERE, __VA_ARGS__)

/* The frame: bytes (owned by the packet, valid until it changes) and length. */
BPFUNIT_API uint8_t *bpfunit_packet_data(struct bpfunit_packet *packet);
BPFUNIT_API size_t bpfunit_packet_size(const struct bpfunit_packet *packet);
/* Cut the frame to `size` bytes; nothing is recomputed. -EINVAL (and errno) when it is shorter already. */
BPFUNIT_API int bpfunit_packet_truncate(struct bpfunit_packet *packet, size_t size);

/* The outermost header of its kind (<linux/if_ether.h>, <linux/ip.h>, ...), to read or change its
 * fields, which are in network byte order; NULL when the packet has none. Valid until the packet changes.
 * After changes, bpfunit_packet_fix_checksums() makes IPv4, TCP, UDP, ICMP and ICMPv6 checksums right. */
BPFUNIT_API struct ethhdr *bpfunit_packet_eth_header(struct bpfunit_packet *packet);
BPFUNIT_API struct iphdr *bpfunit_packet_ipv4_header(struct bpfunit_packet *packet);
BPFUNIT_API struct ipv6hdr *bpfunit_packet_ipv6_header(struct bpfunit_packet *packet);
BPFUNIT_API struct tcphdr *bpfunit_packet_tcp_header(struct bpfunit_packet *packet);
BPFUNIT_API struct udphdr *bpfunit_packet_udp_header(struct bpfunit_packet *packet);
BPFUNIT_API void bpfunit_packet_fix_checksums(struct bpfunit_packet *packet);

/* Compare frames (not metadata); a mismatch prints the header fields that differ and their offsets. */
#define EXPECT_PACKET_EQ(packet, expected) bpfunit_check_packet(BPFUNIT_CHECK_("EXPECT_PACKET_EQ", false, #packet, #expected), packet, expected)
#define ASSERT_PACKET_EQ(packet, expected) bpfunit_check_packet(BPFUNIT_CHECK_("ASSERT_PACKET_EQ", true, #packet, #expected), packet, expected)
BPFUNIT_API bool bpfunit_check_packet(const struct bpfunit_check *check, const struct bpfunit_packet *packet, const struct bpfunit_packet *expected);

/* What the context says beside the data; zero unless set. Written back after a run. */
struct bpfunit_packet_meta {
	uint32_t ifindex;         /* xdp_md.ingress_ifindex, __sk_buff.ifindex (0: 1, which is lo) and .ingress_ifindex */
	uint32_t rx_queue_index;
	uint32_t mark, priority, queue_mapping, hash, tc_index, tc_classid;
	uint32_t cb[5];
	uint32_t gso_segs, gso_size, wire_len;
	uint64_t tstamp;
};
BPFUNIT_API struct bpfunit_packet_meta *bpfunit_packet_meta(struct bpfunit_packet *packet);
/* XDP metadata area in front of the frame (data_meta .. data), at most 252 bytes and a multiple of 4.
 * 0, or -EINVAL (and errno). */
BPFUNIT_API int bpfunit_packet_set_xdp_meta(struct bpfunit_packet *packet, const void *data, size_t size);
/* The area as the last run left it (`*size` bytes; NULL and 0: none). It may be unaligned: copy structs out of it. */
BPFUNIT_API const void *bpfunit_packet_xdp_meta(const struct bpfunit_packet *packet, size_t *size);

#endif
