/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A packet: its bytes and where headers lie in them. The layers were recorded when they were
 * appended, or recognised in bytes that came from elsewhere (raw packets, after a run).
 */
#ifndef BU_PACKET_INTERNAL_H
#define BU_PACKET_INTERNAL_H

#include "framework/packet.h"

#define BU_PACKET_MAX_LAYERS 16
#define BU_PACKET_META_ROOM  256 /* before the frame; the metadata ends where the frame begins */
#define BU_PACKET_ALIGN      2   /* an Ethernet header here leaves the next header aligned to 4 */

enum bu_layer_kind {
	BU_LAYER_ETH,
	BU_LAYER_VLAN,
	BU_LAYER_IPV4,
	BU_LAYER_IPV6,
	BU_LAYER_IPV6_EXT, /* hop-by-hop, routing, destination options, fragment */
	BU_LAYER_UDP,
	BU_LAYER_TCP,
	BU_LAYER_ICMP,
	BU_LAYER_ICMPV6,
	BU_LAYER_PAYLOAD,
};

struct bu_layer {
	enum bu_layer_kind kind;
	u32 offset;
};

struct bpfunit_packet {
	u8 *buffer;    /* BU_PACKET_META_ROOM + shift bytes, then the frame */
	u32 shift;     /* BU_PACKET_ALIGN, or 0 when the frame begins with an IP header */
	size_t size;   /* of the frame */
	size_t cap;    /* bytes of frame that the buffer can hold */
	u32 meta_size; /* of the XDP metadata */
	struct bu_layer layers[BU_PACKET_MAX_LAYERS];
	u32 nr_layers;
	struct bpfunit_packet_meta meta;
};

static inline u8 *bu_packet_frame(const struct bpfunit_packet *packet)
{
	return packet->buffer + BU_PACKET_META_ROOM + packet->shift;
}

/* Append `size` bytes as a layer; NULL when the packet would get too large (or memory is short). */
u8 *bu_packet_append(struct bpfunit_packet *packet, enum bu_layer_kind kind, size_t size);
/* Bytes from a layer's first to the end of the packet. */
size_t bu_layer_room(const struct bpfunit_packet *packet, u32 layer);
/* What bytes most likely begin with: Ethernet, IPv4 or IPv6. */
enum bu_layer_kind bu_packet_first_kind(const u8 *data, size_t size);
/* Recognise headers from the start of the bytes. */
void bu_packet_parse(struct bpfunit_packet *packet);
/* Make lengths / checksums of all headers follow the bytes behind them. */
void bu_packet_fix_lengths(struct bpfunit_packet *packet);
void bu_packet_fix_checksums(struct bpfunit_packet *packet);

/* Differing fields, one a line; NULL when the frames are equal. malloc'ed. */
char *bu_packet_diff(const struct bpfunit_packet *expected, const struct bpfunit_packet *actual);

#endif
