/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A packet's life and its bytes. The frame begins at a fixed place in the buffer so that XDP
 * metadata can stand right before it, as it does in the kernel. packet->layers always describes
 * headers that lie within the frame.
 */
#include "framework/packet_internal.h"

#include "framework/state.h"

#include <bpfunit/test.h>

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <stdlib.h>
#include <string.h>

/* Where the frame begins depends on its first header, so that headers are aligned for C code. */
static void place_frame(struct bpfunit_packet *packet, enum bu_layer_kind first)
{
	u8 meta[BU_PACKET_META_ROOM];

	memcpy(meta, bu_packet_frame(packet) - packet->meta_size, packet->meta_size);
	packet->shift = first == BU_LAYER_ETH ? BU_PACKET_ALIGN : 0;
	memcpy(bu_packet_frame(packet) - packet->meta_size, meta, packet->meta_size);
}

static void free_packet(void *arg)
{
	struct bpfunit_packet *packet = arg;

	free(packet->buffer);
	free(packet);
}

static int reserve(struct bpfunit_packet *packet, size_t size)
{
	size_t cap = BU_MAX(packet->cap, (size_t)256);
	u8 *buffer;

	while (cap < size)
		cap *= 2;
	if (packet->buffer && cap == packet->cap)
		return 0;
	buffer = realloc(packet->buffer, BU_PACKET_META_ROOM + BU_PACKET_ALIGN + cap);
	if (!buffer)
		return -ENOMEM;
	packet->buffer = buffer;
	packet->cap = cap;
	return 0;
}

struct bpfunit_packet *bpfunit_packet_new(void)
{
	struct bpfunit_packet *packet = calloc(1, sizeof(*packet));

	if (packet && (reserve(packet, 0) || bpfunit_defer(free_packet, packet))) {
		free_packet(packet);
		packet = NULL;
	}
	if (!packet)
		bu_test_die(bu_test_where(), "out of memory for a packet");
	return packet;
}

struct bpfunit_packet *(bpfunit_packet_raw)(struct bpfunit_where where, const void *data,
					    size_t size)
{
	struct bpfunit_packet *packet;

	bu_test_at(where);
	if (size > BPFUNIT_PACKET_MAX)
		bu_test_die(where, "a packet of %zu bytes: at most %d are possible", size,
			    BPFUNIT_PACKET_MAX);
	if (!data && size)
		bu_test_die(where, "a packet of %zu bytes from NULL", size);
	packet = bpfunit_packet_new();
	if (bu_packet_replace(packet, data, 0, size))
		bu_test_die(where, "out of memory for a packet of %zu bytes", size);
	return packet;
}

struct bpfunit_packet *bpfunit_packet_copy(const struct bpfunit_packet *packet)
{
	struct bpfunit_packet *copy = bpfunit_packet_new();

	if (reserve(copy, packet->size))
		bu_test_die(bu_test_where(), "out of memory for a packet");
	copy->shift = packet->shift;
	memcpy(bu_packet_frame(copy) - packet->meta_size,
	       bu_packet_frame(packet) - packet->meta_size, packet->meta_size + packet->size);
	memcpy(copy->layers, packet->layers, sizeof(packet->layers));
	copy->size = packet->size;
	copy->meta_size = packet->meta_size;
	copy->nr_layers = packet->nr_layers;
	copy->meta = packet->meta;
	return copy;
}

const u8 *bu_packet_bytes(struct bpfunit_packet *packet, u32 *meta_size, u32 *size)
{
	*meta_size = packet->meta_size;
	*size = packet->meta_size + packet->size;
	return bu_packet_frame(packet) - packet->meta_size;
}

int bu_packet_replace(struct bpfunit_packet *packet, const void *bytes, u32 meta_size, u32 size)
{
	if (meta_size > size || meta_size > BU_PACKET_META_ROOM || reserve(packet, size))
		return -ENOMEM;
	packet->meta_size = 0;
	place_frame(packet, bu_packet_first_kind((const u8 *)bytes + meta_size, size - meta_size));
	if (size)
		memcpy(bu_packet_frame(packet) - meta_size, bytes, size);
	packet->meta_size = meta_size;
	packet->size = size - meta_size;
	bu_packet_parse(packet);
	return 0;
}

u16 bu_packet_protocol(const struct bpfunit_packet *packet)
{
	u16 type = 0;

	if (!packet->nr_layers)
		return 0;
	switch (packet->layers[0].kind) {
	case BU_LAYER_ETH:
		memcpy(&type, bu_packet_frame(packet) + offsetof(struct ethhdr, h_proto), 2);
		return type;
	case BU_LAYER_IPV4:
		return htons(ETH_P_IP);
	case BU_LAYER_IPV6:
		return htons(ETH_P_IPV6);
	default:
		return 0;
	}
}

/* Make the frame `head` and then `rest`, which may be part of the present frame. */
static bool set_frame(struct bpfunit_packet *packet, const void *head, size_t head_size,
		      const void *rest, size_t rest_size)
{
	u8 *bytes = malloc(head_size + rest_size + 1);
	bool done = false;

	if (bytes) {
		memcpy(bytes, head, head_size);
		memcpy(bytes + head_size, rest, rest_size);
		done = !bu_packet_replace(packet, bytes, 0, head_size + rest_size);
	}
	free(bytes);
	return done;
}

bool bu_packet_wrap(struct bpfunit_packet *packet)
{
	struct ethhdr eth = { .h_proto = bu_packet_protocol(packet) };

	if (!eth.h_proto || packet->layers[0].kind == BU_LAYER_ETH)
		return false;
	return set_frame(packet, &eth, sizeof(eth), bu_packet_frame(packet), packet->size);
}

void bu_packet_unwrap(struct bpfunit_packet *packet)
{
	size_t head = BU_MIN(packet->size, sizeof(struct ethhdr));

	set_frame(packet, "", 0, bu_packet_frame(packet) + head, packet->size - head);
}

u8 *bu_packet_append(struct bpfunit_packet *packet, enum bu_layer_kind kind, size_t size)
{
	u8 *start;

	if (size > BPFUNIT_PACKET_MAX || packet->size + size > BPFUNIT_PACKET_MAX ||
	    packet->nr_layers == BU_PACKET_MAX_LAYERS || reserve(packet, packet->size + size))
		return NULL;
	if (!packet->size)
		place_frame(packet, kind);
	start = bu_packet_frame(packet) + packet->size;
	memset(start, 0, size);
	packet->layers[packet->nr_layers++] = (struct bu_layer){ kind, packet->size };
	packet->size += size;
	return start;
}

size_t bu_layer_room(const struct bpfunit_packet *packet, u32 layer)
{
	return packet->size - packet->layers[layer].offset;
}

uint8_t *bpfunit_packet_data(struct bpfunit_packet *packet)
{
	return bu_packet_frame(packet);
}

size_t bpfunit_packet_size(const struct bpfunit_packet *packet)
{
	return packet->size;
}

int bpfunit_packet_truncate(struct bpfunit_packet *packet, size_t size)
{
	if (size > packet->size) {
		errno = EINVAL;
		return -EINVAL;
	}
	packet->size = size;
	bu_packet_parse(packet);
	return 0;
}

struct bpfunit_packet_meta *bpfunit_packet_meta(struct bpfunit_packet *packet)
{
	return &packet->meta;
}

/* Source: xdp_metalen_invalid(), include/net/xdp.h (6.12): the length is a u8, in units of 4. */
int bpfunit_packet_set_xdp_meta(struct bpfunit_packet *packet, const void *data, size_t size)
{
	if (size > 252 || size % 4 || (!data && size)) {
		errno = EINVAL;
		return -EINVAL;
	}
	if (size)
		memcpy(bu_packet_frame(packet) - size, data, size);
	packet->meta_size = size;
	return 0;
}

const void *bpfunit_packet_xdp_meta(const struct bpfunit_packet *packet, size_t *size)
{
	*size = packet->meta_size;
	return packet->meta_size ? bu_packet_frame(packet) - packet->meta_size : NULL;
}

static void *header(struct bpfunit_packet *packet, enum bu_layer_kind kind)
{
	for (u32 i = 0; i < packet->nr_layers; i++) {
		if (packet->layers[i].kind == kind)
			return bu_packet_frame(packet) + packet->layers[i].offset;
	}
	return NULL;
}

struct ethhdr *bpfunit_packet_eth_header(struct bpfunit_packet *packet)
{
	return header(packet, BU_LAYER_ETH);
}

struct iphdr *bpfunit_packet_ipv4_header(struct bpfunit_packet *packet)
{
	return header(packet, BU_LAYER_IPV4);
}

struct ipv6hdr *bpfunit_packet_ipv6_header(struct bpfunit_packet *packet)
{
	return header(packet, BU_LAYER_IPV6);
}

struct tcphdr *bpfunit_packet_tcp_header(struct bpfunit_packet *packet)
{
	return header(packet, BU_LAYER_TCP);
}

struct udphdr *bpfunit_packet_udp_header(struct bpfunit_packet *packet)
{
	return header(packet, BU_LAYER_UDP);
}

void bpfunit_packet_fix_checksums(struct bpfunit_packet *packet)
{
	bu_packet_fix_checksums(packet);
}
