/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lengths and checksums. Every header's content reaches to the end of the frame, which holds for
 * packets that were built here; where a header states a shorter length (Ethernet padding in raw
 * packets), the checksum covers what the header states.
 */
#include "framework/packet_internal.h"

#include <linux/in.h>
#include <linux/in6.h>
#include <string.h>

static void put_be16(u8 *at, u16 value)
{
	at[0] = value >> 8;
	at[1] = value;
}

static u16 be16(const u8 *at)
{
	return at[0] << 8 | at[1];
}

/* Ones' complement sum of big-endian 16-bit words, not folded. */
static u64 sum_words(u64 sum, const u8 *data, size_t size)
{
	for (size_t i = 0; i + 1 < size; i += 2)
		sum += be16(data + i);
	if (size % 2)
		sum += data[size - 1] << 8;
	return sum;
}

static u16 fold(u64 sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

void bu_packet_fix_lengths(struct bpfunit_packet *packet)
{
	for (u32 i = 0; i < packet->nr_layers; i++) {
		u8 *at = bu_packet_frame(packet) + packet->layers[i].offset;
		size_t room = bu_layer_room(packet, i);

		switch (packet->layers[i].kind) {
		case BU_LAYER_IPV4:
			put_be16(at + 2, room);
			break;
		case BU_LAYER_IPV6:
			put_be16(at + 4, room - 40);
			break;
		case BU_LAYER_UDP:
			put_be16(at + 4, room);
			break;
		default:
			break;
		}
	}
}

/* The IP header around a layer: its index, or -1. */
static int ip_around(const struct bpfunit_packet *packet, u32 layer)
{
	int i = (int)layer - 1;

	while (i >= 0 && packet->layers[i].kind == BU_LAYER_IPV6_EXT)
		i--;
	if (i < 0)
		return -1;
	return packet->layers[i].kind == BU_LAYER_IPV4 || packet->layers[i].kind == BU_LAYER_IPV6
		       ? i
		       : -1;
}

/* Where the content of a header ends, seen from the start of the frame. */
static size_t content_end(const struct bpfunit_packet *packet, int ip)
{
	size_t end, offset;
	const u8 *at;

	if (ip < 0)
		return packet->size;
	offset = packet->layers[ip].offset;
	at = bu_packet_frame(packet) + offset;
	end = packet->layers[ip].kind == BU_LAYER_IPV4 ? offset + be16(at + 2)
						       : offset + 40 + be16(at + 4);
	return BU_MIN(end, packet->size);
}

/* Source: RFC 768, RFC 9293, RFC 8200 section 8.1. */
static u64 pseudo_header(const struct bpfunit_packet *packet, int ip, u8 protocol, size_t len)
{
	const u8 *at;

	if (ip < 0)
		return 0;
	at = bu_packet_frame(packet) + packet->layers[ip].offset;
	if (packet->layers[ip].kind == BU_LAYER_IPV4)
		return sum_words(protocol + len, at + 12, 8);
	return sum_words(protocol + (len >> 16) + (len & 0xffff), at + 8, 32);
}

static void fix_ipv4(const struct bpfunit_packet *packet, u32 layer)
{
	u8 *at = bu_packet_frame(packet) + packet->layers[layer].offset;

	put_be16(at + 10, 0);
	put_be16(at + 10, fold(sum_words(0, at, (at[0] & 15) * 4)));
}

/* `field`: offset of the checksum in the header; `protocol` 0: no pseudo header. */
static void fix_transport(const struct bpfunit_packet *packet, u32 layer, u32 field, u8 protocol)
{
	int ip = ip_around(packet, layer);
	size_t offset = packet->layers[layer].offset, end = content_end(packet, ip);
	u8 *at = bu_packet_frame(packet) + offset;
	u16 checksum;
	u64 sum;

	if (end < offset + field + 2)
		return;
	put_be16(at + field, 0);
	sum = protocol ? pseudo_header(packet, ip, protocol, end - offset) : 0;
	checksum = fold(sum_words(sum, at, end - offset));
	if (protocol == IPPROTO_UDP && !checksum)
		checksum = 0xffff; /* zero says "no checksum" */
	put_be16(at + field, checksum);
}

/* The options of an IPv4 header that was cut short or changed may reach beyond the frame. */
static bool ipv4_complete(const struct bpfunit_packet *packet, u32 layer)
{
	const u8 *at = bu_packet_frame(packet) + packet->layers[layer].offset;

	return (at[0] & 15) * 4U <= bu_layer_room(packet, layer);
}

void bu_packet_fix_checksums(struct bpfunit_packet *packet)
{
	for (u32 i = packet->nr_layers; i-- > 0;) { /* outer checksums cover inner ones */
		switch (packet->layers[i].kind) {
		case BU_LAYER_IPV4:
			if (ipv4_complete(packet, i))
				fix_ipv4(packet, i);
			break;
		case BU_LAYER_UDP:
			fix_transport(packet, i, 6, IPPROTO_UDP);
			break;
		case BU_LAYER_TCP:
			fix_transport(packet, i, 16, IPPROTO_TCP);
			break;
		case BU_LAYER_ICMP:
			fix_transport(packet, i, 2, 0);
			break;
		case BU_LAYER_ICMPV6:
			fix_transport(packet, i, 2, IPPROTO_ICMPV6);
			break;
		default:
			break;
		}
	}
}
