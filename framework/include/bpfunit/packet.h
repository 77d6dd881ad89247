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
 * Packets belong to the test and are freed with it.
 */
#ifndef BPFUNIT_PACKET_H
#define BPFUNIT_PACKET_H

#include <bpfunit/base.h>

struct bpfunit_packet;

enum bpfunit_tcp_flags {
	BPFUNIT_TCP_FIN = 1, BPFUNIT_TCP_SYN = 2, BPFUNIT_TCP_RST = 4,
	BPFUNIT_TCP_PSH = 8, BPFUNIT_TCP_ACK = 16, BPFUNIT_TCP_URG = 32,
};

BPFUNIT_API struct bpfunit_packet *bpfunit_packet_new(void);
BPFUNIT_API struct bpfunit_packet *bpfunit_packet_raw(const void *data, size_t size);
BPFUNIT_API struct bpfunit_packet *bpfunit_packet_copy(const struct bpfunit_packet *packet);

/* Layers; each returns the packet. Type/protocol fields and checksums of outer layers follow the inner ones. */
BPFUNIT_API struct bpfunit_packet *bpfunit_packet_eth(struct bpfunit_packet *packet, const char *source, const char *destination);
BPFUNIT_API struct bpfunit_packet *bpfunit_packet_vlan(struct bpfunit_packet *packet, uint16_t id);
BPFUNIT_API struct bpfunit_packet *bpfunit_packet_ipv4(struct bpfunit_packet *packet, const char *source, const char *destination);
BPFUNIT_API struct bpfunit_packet *bpfunit_packet_ipv6(struct bpfunit_packet *packet, const char *source, const char *destination);
BPFUNIT_API struct bpfunit_packet *bpfunit_packet_udp(struct bpfunit_packet *packet, uint16_t source, uint16_t destination);
BPFUNIT_API struct bpfunit_packet *bpfunit_packet_tcp(struct bpfunit_packet *packet, uint16_t source, uint16_t destination, unsigned int flags);
BPFUNIT_API struct bpfunit_packet *bpfunit_packet_icmp(struct bpfunit_packet *packet, uint8_t type, uint8_t code);
BPFUNIT_API struct bpfunit_packet *bpfunit_packet_icmpv6(struct bpfunit_packet *packet, uint8_t type, uint8_t code);
BPFUNIT_API struct bpfunit_packet *bpfunit_packet_payload(struct bpfunit_packet *packet, const void *data, size_t size);

/* Short forms; `payload` is text (NULL: none). */
BPFUNIT_API struct bpfunit_packet *bpfunit_packet_ipv4_udp(const char *source, const char *destination, uint16_t source_port, uint16_t destination_port, const char *payload);
BPFUNIT_API struct bpfunit_packet *bpfunit_packet_ipv4_tcp(const char *source, const char *destination, uint16_t source_port, uint16_t destination_port, unsigned int flags);
BPFUNIT_API struct bpfunit_packet *bpfunit_packet_ipv6_udp(const char *source, const char *destination, uint16_t source_port, uint16_t destination_port, const char *payload);
BPFUNIT_API struct bpfunit_packet *bpfunit_packet_ipv6_tcp(const char *source, const char *destination, uint16_t source_port, uint16_t destination_port, unsigned int flags);

/* The frame: bytes (owned by the packet, valid until it changes) and length. */
BPFUNIT_API uint8_t *bpfunit_packet_data(struct bpfunit_packet *packet);
BPFUNIT_API size_t bpfunit_packet_size(const struct bpfunit_packet *packet);
/* Cut the frame to `size` bytes; nothing is recomputed. -EINVAL (and errno) when it is shorter already. */
BPFUNIT_API int bpfunit_packet_truncate(struct bpfunit_packet *packet, size_t size);

/* What the context says beside the data; zero unless set. Written back after a run. */
struct bpfunit_packet_meta {
	uint32_t ifindex;         /* xdp_md.ingress_ifindex, __sk_buff.ifindex and .ingress_ifindex */
	uint32_t rx_queue_index;
	uint32_t mark, priority, queue_mapping, hash, tc_index, tc_classid;
	uint32_t cb[5];
	uint32_t gso_segs, gso_size, wire_len;
	uint64_t tstamp;
};
BPFUNIT_API struct bpfunit_packet_meta *bpfunit_packet_meta(struct bpfunit_packet *packet);
/* XDP metadata area in front of the frame (data_meta .. data), at most 32 bytes. */
BPFUNIT_API int bpfunit_packet_set_xdp_meta(struct bpfunit_packet *packet, const void *data, size_t size);

#endif
