/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets through programs and back. */
#include <arpa/inet.h>
#include <bpfunit/bpfunit.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/udp.h>

#include <stdlib.h>
#include <string.h>

#include "framework/packet_internal.h"
#include "packet.skel.h"

BPF_TEST(packet_run, a_program_s_changes_are_seen)
{
	struct packet_bpf *skel = BPFUNIT_LOAD(packet_bpf);
	struct bpfunit_packet *p = bpfunit_packet_ipv4_udp("10.0.0.1", "10.0.0.2", 1000, 53, "hi");
	struct bpfunit_packet *expected = bpfunit_packet_copy(p);

	bpfunit_packet_eth_header(expected)->h_source[5] = 0xaa;
	bpfunit_packet_ipv4_header(expected)->ttl = 63;
	bpfunit_packet_fix_checksums(expected);
	ASSERT_OK(bpfunit_packet_set_xdp_meta(p, "12345678", 8));
	EXPECT_RUN_XDP(skel->progs.forward, p, XDP_TX);
	EXPECT_PACKET_EQ(p, expected);
	EXPECT_EQ(skel->bss->meta_in, 8);
}

BPF_TEST(packet_run, metadata_that_a_program_makes)
{
	struct packet_bpf *skel = BPFUNIT_LOAD(packet_bpf);
	struct bpfunit_packet *p = bpfunit_packet_ipv4_udp("10.0.0.1", "10.0.0.2", 1000, 53, "hi");
	struct bpfunit_packet *same = bpfunit_packet_copy(p);
	const void *meta;
	size_t size;

	EXPECT_RUN_XDP(skel->progs.mark, p, XDP_PASS);
	meta = bpfunit_packet_xdp_meta(p, &size);
	ASSERT_EQ(size, 8);
	EXPECT_MEMEQ(meta, "\x11\x11\x11\x11\x22\x22\x22\x22", 8);
	EXPECT_PACKET_EQ(p, same);
	EXPECT_RUN_XDP(skel->progs.forward, p, XDP_TX); /* the next program in the chain */
	EXPECT_EQ(skel->bss->meta_in, 8);
}

BPF_TEST(packet_run, moved_edges_are_followed)
{
	struct packet_bpf *skel = BPFUNIT_LOAD(packet_bpf);
	struct bpfunit_packet *p = bpfunit_packet_ipv4_udp("10.0.0.1", "10.0.0.2", 1000, 53, "hi");

	EXPECT_RUN_XDP(skel->progs.strip, p, XDP_PASS);
	EXPECT_EQ(bpfunit_packet_size(p), 44 - 14 + 4);
	EXPECT_NULL(bpfunit_packet_eth_header(p));
	ASSERT_NOT_NULL(bpfunit_packet_ipv4_header(p));
	EXPECT_EQ(bpfunit_packet_ipv4_header(p)->daddr, ip4("10.0.0.2"));
	EXPECT_EQ(ntohs(bpfunit_packet_udp_header(p)->dest), 53);
	EXPECT_MEMEQ(bpfunit_packet_data(p) + 30, "\0\0\0\0", 4);
}

/* cgroup programs begin at the network header, whether or not the packet has a link header. */
BPF_TEST(packet_run, packets_that_begin_with_ip)
{
	struct packet_bpf *skel = BPFUNIT_LOAD(packet_bpf);
	struct bpfunit_packet *p = bpfunit_packet_new(), *same;

	bpfunit_packet_ipv4(p, "10.0.0.1", "10.0.0.2");
	bpfunit_packet_udp(p, 1, 2);
	same = bpfunit_packet_copy(p);
	EXPECT_RUN_SKB(skel->progs.version, p, 1);
	EXPECT_EQ(skel->bss->protocol, 0x0800);
	EXPECT_EQ(skel->bss->length, 28);
	EXPECT_PACKET_EQ(p, same);
	EXPECT_RUN_SKB(skel->progs.version,
		       bpfunit_packet_ipv4_udp("10.0.0.1", "10.0.0.2", 1, 2, NULL), 1);
	EXPECT_EQ(skel->bss->length, 28);
	EXPECT_RUN_SKB(skel->progs.describe, p, 0); /* a device without link headers */
	EXPECT_EQ(skel->bss->protocol, 0x0800);
	EXPECT_EQ(skel->bss->length, 28);
	EXPECT_PACKET_EQ(p, same);
}

BPF_TEST(packet_run, empty_packet)
{
	struct packet_bpf *skel = BPFUNIT_LOAD(packet_bpf);

	EXPECT_RUN_XDP(skel->progs.forward, bpfunit_packet_new(), XDP_DROP);
}

/* Whatever bytes a program leaves: recognising, fixing and comparing headers stays within them. */
BPF_TEST(packet_run, any_bytes_are_handled)
{
	struct bpfunit_packet *models[] = {
		bpfunit_packet_ipv4_tcp("1.1.1.1", "2.2.2.2", 1, 2, BPFUNIT_TCP_SYN),
		bpfunit_packet_ipv6_udp("::1", "::2", 1, 2, "hello"),
	};
	uint64_t random = 88172645463325252;

	for (int i = 0; i < 20000; i++) {
		struct bpfunit_packet *model = models[i % 2], *p;
		uint8_t bytes[80];
		size_t size = bpfunit_packet_size(model);

		memcpy(bytes, bpfunit_packet_data(model), size);
		for (int change = 0; change < 3; change++) {
			random ^= random << 13;
			random ^= random >> 7;
			random ^= random << 17; /* xorshift64 */
			bytes[random % size] = random >> 32;
		}
		p = bpfunit_packet_raw(bytes, size - random % 40);
		bpfunit_packet_fix_checksums(p);
		free(bu_packet_diff(model, p));
		EXPECT_EQ(bpfunit_packet_size(p), size - random % 40);
	}
}
