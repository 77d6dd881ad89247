/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Comparing frames. Headers that both packets have at the same place are compared field by field,
 * by a table; everything else byte by byte.
 */
#include "framework/packet_internal.h"
#include "framework/state.h"
#include "framework/text.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define MAX_DIFFS 32

enum show {
	NUMBER,
	HEX,
	MAC,
	IPV4,
	IPV6,
};

/* A header field: `bit` from the header's start, most significant first, as RFCs draw them. */
static const struct header_field {
	enum bu_layer_kind kind;
	const char *name;
	u16 bit, bits;
	enum show show;
} fields[] = {
	{ BU_LAYER_ETH, "eth.destination", 0, 48, MAC },
	{ BU_LAYER_ETH, "eth.source", 48, 48, MAC },
	{ BU_LAYER_ETH, "eth.type", 96, 16, HEX },
	{ BU_LAYER_VLAN, "vlan.priority", 0, 3, NUMBER },
	{ BU_LAYER_VLAN, "vlan.dei", 3, 1, NUMBER },
	{ BU_LAYER_VLAN, "vlan.id", 4, 12, NUMBER },
	{ BU_LAYER_VLAN, "vlan.type", 16, 16, HEX },
	{ BU_LAYER_IPV4, "ipv4.version", 0, 4, NUMBER },
	{ BU_LAYER_IPV4, "ipv4.ihl", 4, 4, NUMBER },
	{ BU_LAYER_IPV4, "ipv4.tos", 8, 8, HEX },
	{ BU_LAYER_IPV4, "ipv4.tot_len", 16, 16, NUMBER },
	{ BU_LAYER_IPV4, "ipv4.id", 32, 16, HEX },
	{ BU_LAYER_IPV4, "ipv4.frag_off", 48, 16, HEX },
	{ BU_LAYER_IPV4, "ipv4.ttl", 64, 8, NUMBER },
	{ BU_LAYER_IPV4, "ipv4.protocol", 72, 8, NUMBER },
	{ BU_LAYER_IPV4, "ipv4.check", 80, 16, HEX },
	{ BU_LAYER_IPV4, "ipv4.saddr", 96, 32, IPV4 },
	{ BU_LAYER_IPV4, "ipv4.daddr", 128, 32, IPV4 },
	{ BU_LAYER_IPV6, "ipv6.version", 0, 4, NUMBER },
	{ BU_LAYER_IPV6, "ipv6.traffic_class", 4, 8, HEX },
	{ BU_LAYER_IPV6, "ipv6.flow_label", 12, 20, HEX },
	{ BU_LAYER_IPV6, "ipv6.payload_len", 32, 16, NUMBER },
	{ BU_LAYER_IPV6, "ipv6.nexthdr", 48, 8, NUMBER },
	{ BU_LAYER_IPV6, "ipv6.hop_limit", 56, 8, NUMBER },
	{ BU_LAYER_IPV6, "ipv6.saddr", 64, 128, IPV6 },
	{ BU_LAYER_IPV6, "ipv6.daddr", 192, 128, IPV6 },
	{ BU_LAYER_IPV6_EXT, "ipv6_ext.nexthdr", 0, 8, NUMBER },
	{ BU_LAYER_IPV6_EXT, "ipv6_ext.length", 8, 8, NUMBER },
	{ BU_LAYER_UDP, "udp.source", 0, 16, NUMBER },
	{ BU_LAYER_UDP, "udp.dest", 16, 16, NUMBER },
	{ BU_LAYER_UDP, "udp.len", 32, 16, NUMBER },
	{ BU_LAYER_UDP, "udp.check", 48, 16, HEX },
	{ BU_LAYER_TCP, "tcp.source", 0, 16, NUMBER },
	{ BU_LAYER_TCP, "tcp.dest", 16, 16, NUMBER },
	{ BU_LAYER_TCP, "tcp.seq", 32, 32, NUMBER },
	{ BU_LAYER_TCP, "tcp.ack_seq", 64, 32, NUMBER },
	{ BU_LAYER_TCP, "tcp.doff", 96, 4, NUMBER },
	{ BU_LAYER_TCP, "tcp.flags", 104, 8, HEX },
	{ BU_LAYER_TCP, "tcp.window", 112, 16, NUMBER },
	{ BU_LAYER_TCP, "tcp.check", 128, 16, HEX },
	{ BU_LAYER_TCP, "tcp.urg_ptr", 144, 16, NUMBER },
	{ BU_LAYER_ICMP, "icmp.type", 0, 8, NUMBER },
	{ BU_LAYER_ICMP, "icmp.code", 8, 8, NUMBER },
	{ BU_LAYER_ICMP, "icmp.checksum", 16, 16, HEX },
	{ BU_LAYER_ICMPV6, "icmpv6.type", 0, 8, NUMBER },
	{ BU_LAYER_ICMPV6, "icmpv6.code", 8, 8, NUMBER },
	{ BU_LAYER_ICMPV6, "icmpv6.checksum", 16, 16, HEX },
};

struct diff {
	struct bu_text text;
	const struct bpfunit_packet *expected, *actual;
	u8 *told;    /* of each byte: a header field's line has told of it */
	size_t size; /* of the shorter one */
	u32 lines;
};

static bool new_line(struct diff *d)
{
	if (++d->lines > MAX_DIFFS)
		return false;
	if (d->lines > 1)
		bu_text_add(&d->text, "\n");
	return true;
}

static u64 bits_at(const u8 *header, const struct header_field *field)
{
	u64 value = 0;

	for (u32 bit = field->bit; bit < field->bit + field->bits; bit++)
		value = value << 1 | (header[bit / 8] >> (7 - bit % 8) & 1);
	return value;
}

static void show_field(struct bu_text *text, const u8 *header, const struct header_field *field)
{
	char address[INET6_ADDRSTRLEN];
	const u8 *at = header + field->bit / 8;

	switch (field->show) {
	case NUMBER:
		bu_text_add(text, "%llu", (unsigned long long)bits_at(header, field));
		break;
	case HEX:
		bu_text_add(text, "0x%0*llx", (field->bits + 3) / 4,
			    (unsigned long long)bits_at(header, field));
		break;
	case MAC:
		bu_text_add(text, "%02x:%02x:%02x:%02x:%02x:%02x", at[0], at[1], at[2], at[3],
			    at[4], at[5]);
		break;
	case IPV4:
	case IPV6:
		inet_ntop(field->show == IPV4 ? AF_INET : AF_INET6, at, address, sizeof(address));
		bu_text_add(text, "%s", address);
		break;
	}
}

static bool field_equal(const u8 *a, const u8 *b, const struct header_field *field)
{
	if (field->bits <= 64)
		return bits_at(a, field) == bits_at(b, field);
	return !memcmp(a + field->bit / 8, b + field->bit / 8, field->bits / 8);
}

static void diff_header_field(struct diff *d, u32 offset, const struct header_field *field)
{
	const u8 *expected = bu_packet_frame(d->expected) + offset;
	const u8 *actual = bu_packet_frame(d->actual) + offset;
	u32 first = field->bit / 8, end = (field->bit + field->bits + 7) / 8;

	if (offset + end > d->size || field_equal(expected, actual, field))
		return;
	memset(d->told + offset + first, 1, end - first);
	if (!new_line(d))
		return;
	bu_text_add(&d->text, "  %s (offset %u): expected ", field->name, offset + first);
	show_field(&d->text, expected, field);
	bu_text_add(&d->text, ", is ");
	show_field(&d->text, actual, field);
}

static void diff_headers(struct diff *d)
{
	u32 count = BU_MIN(d->expected->nr_layers, d->actual->nr_layers);

	for (u32 i = 0; i < count; i++) {
		struct bu_layer layer = d->expected->layers[i];

		if (layer.kind != d->actual->layers[i].kind ||
		    layer.offset != d->actual->layers[i].offset)
			return;
		for (size_t f = 0; f < BU_ARRAY_SIZE(fields); f++) {
			if (fields[f].kind == layer.kind)
				diff_header_field(d, layer.offset, &fields[f]);
		}
	}
}

/* Runs of bytes that differ and that no field has told of, up to 16 a line. */
static void diff_bytes(struct diff *d)
{
	const u8 *expected = bu_packet_frame(d->expected), *actual = bu_packet_frame(d->actual);

	for (size_t at = 0; at < d->size; at++) {
		size_t len = 0;

		while (at + len < d->size && len < 16 && !d->told[at + len] &&
		       expected[at + len] != actual[at + len])
			len++;
		if (!len)
			continue;
		if (new_line(d)) {
			bu_text_add(&d->text, "  offset %zu: expected", at);
			for (size_t i = 0; i < len; i++)
				bu_text_add(&d->text, " %02x", expected[at + i]);
			bu_text_add(&d->text, ", is");
			for (size_t i = 0; i < len; i++)
				bu_text_add(&d->text, " %02x", actual[at + i]);
		}
		at += len - 1;
	}
}

static bool equal(const struct bpfunit_packet *a, const struct bpfunit_packet *b)
{
	return a->size == b->size && !memcmp(bu_packet_frame(a), bu_packet_frame(b), a->size);
}

char *bu_packet_diff(const struct bpfunit_packet *expected, const struct bpfunit_packet *actual)
{
	struct diff d = { .expected = expected, .actual = actual };

	if (equal(expected, actual))
		return NULL;
	d.size = BU_MIN(expected->size, actual->size);
	d.told = calloc(1, d.size + 1);
	if (!d.told)
		return NULL;
	if (expected->size != actual->size && new_line(&d))
		bu_text_add(&d.text, "  length: expected %zu bytes, is %zu", expected->size,
			    actual->size);
	diff_headers(&d);
	diff_bytes(&d);
	if (d.lines > MAX_DIFFS)
		bu_text_add(&d.text, "\n  ... and %u more differences", d.lines - MAX_DIFFS);
	free(d.told);
	return bu_text_take(&d.text);
}

bool bpfunit_check_packet(const struct bpfunit_check *check, const struct bpfunit_packet *packet,
			  const struct bpfunit_packet *expected)
{
	char *text;

	bu_test_at(check->where);
	if (!packet || !expected)
		bu_test_die(check->where, "%s(%s, %s): a packet is NULL", check->macro, check->left,
			    check->right);
	if (equal(packet, expected))
		return true;
	text = bu_test_own(bu_packet_diff(expected, packet));
	bpfunit_fail(check->where, check->fatal, "%s(%s, %s): the packets differ\n%s", check->macro,
		     check->left, check->right, text);
	return false;
}
