/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packets: what the builders make is compared with frames that another implementation (scapy 2.5)
 * made; then accessors, recognition of headers in bytes, comparison, bad input.
 */
#include <arpa/inet.h>
#include <bpfunit/bpfunit.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <stdlib.h>
#include <string.h>

#include "framework/packet_internal.h"
#include "tests/framework/inner.h"

/* Both addresses of the frames below. */
#define ETHERNET "020000000002020000000001"

static struct bpfunit_packet *from_hex(const char *hex)
{
	static uint8_t bytes[256];
	size_t size = strlen(hex) / 2;

	for (size_t i = 0; i < size; i++) {
		char pair[3] = { hex[2 * i], hex[2 * i + 1] };

		bytes[i] = strtoul(pair, NULL, 16);
	}
	return bpfunit_packet_raw(bytes, size);
}

#define EXPECT_FRAME(packet, hex) EXPECT_PACKET_EQ(packet, from_hex(hex))

static struct bpfunit_packet *ethernet(void)
{
	return bpfunit_packet_eth(bpfunit_packet_new(), NULL, NULL);
}

BPF_TEST(packet, ipv4_udp_short_form)
{
	EXPECT_FRAME(bpfunit_packet_ipv4_udp("10.0.0.1", "10.0.0.2", 1000, 53, "hi"),
		     ETHERNET "08004500001e00000000401166cd0a0000010a000002"
			      "03e80035000a7f516869");
}

BPF_TEST(packet, checksum_of_an_odd_length)
{
	EXPECT_FRAME(bpfunit_packet_ipv4_udp("192.168.1.7", "8.8.8.8", 65535, 1, "odd"),
		     ETHERNET "08004500001f000000004011a90fc0a8010708080808"
			      "ffff0001000b5ab36f6464");
}

BPF_TEST(packet, udp_checksum_of_zero_is_sent_as_all_ones)
{
	EXPECT_FRAME(bpfunit_packet_ipv4_udp("10.0.0.1", "10.0.0.2", 1000, 53, "\xe7\xba"),
		     ETHERNET "08004500001e00000000401166cd0a0000010a000002"
			      "03e80035000affffe7ba");
}

BPF_TEST(packet, ipv4_tcp_short_form)
{
	EXPECT_FRAME(bpfunit_packet_ipv4_tcp("10.0.0.1", "10.0.0.2", 40000, 80, BPFUNIT_TCP_SYN),
		     ETHERNET "08004500002800000000400666ce0a0000010a000002"
			      "9c40005000000000000000005002ffffff4f0000");
}

BPF_TEST(packet, ipv6_udp_short_form)
{
	EXPECT_FRAME(bpfunit_packet_ipv6_udp("2001:db8::1", "2001:db8::2", 1000, 53, "hello"),
		     ETHERNET "86dd60000000000d1140"
			      "20010db8000000000000000000000001"
			      "20010db8000000000000000000000002"
			      "03e80035000d5c7068656c6c6f");
}

BPF_TEST(packet, ipv6_tcp_with_payload)
{
	struct bpfunit_packet *p = bpfunit_packet_ipv6_tcp("fe80::1", "ff02::2", 1, 2,
							   BPFUNIT_TCP_SYN | BPFUNIT_TCP_ACK);

	bpfunit_packet_payload(p, "x", 1);
	EXPECT_FRAME(p, ETHERNET "86dd6000000000150640"
				 "fe800000000000000000000000000001"
				 "ff020000000000000000000000000002"
				 "000100020000000000000000"
				 "5012ffff3a48000078");
}

BPF_TEST(packet, icmp)
{
	struct bpfunit_packet *p = ethernet();

	bpfunit_packet_ipv4(p, "10.0.0.1", "10.0.0.2");
	bpfunit_packet_icmp(p, 8, 0);
	bpfunit_packet_payload(p, "ping", 4);
	EXPECT_FRAME(p, ETHERNET "08004500002000000000400166db0a0000010a000002"
				 "0800192f0000000070696e67");
}

BPF_TEST(packet, icmpv6)
{
	struct bpfunit_packet *p = ethernet();

	bpfunit_packet_ipv6(p, "2001:db8::1", "2001:db8::2");
	bpfunit_packet_icmpv6(p, 128, 0);
	bpfunit_packet_payload(p, "ping6", 5);
	EXPECT_FRAME(p, ETHERNET "86dd60000000000d3a40"
				 "20010db8000000000000000000000001"
				 "20010db8000000000000000000000002"
				 "80000f720000000070696e6736");
}

BPF_TEST(packet, one_vlan_tag)
{
	struct bpfunit_packet *p = ethernet();

	bpfunit_packet_vlan(p, 100);
	bpfunit_packet_ipv4(p, "10.0.0.1", "10.0.0.2");
	bpfunit_packet_udp(p, 1000, 53);
	EXPECT_FRAME(p, ETHERNET "8100006408004500001c00000000401166cf0a0000010a000002"
				 "03e800350008e7be");
}

BPF_TEST(packet, two_vlan_tags_have_a_service_tag_outside)
{
	struct bpfunit_packet *p = ethernet();

	bpfunit_packet_vlan(p, 100);
	bpfunit_packet_vlan(p, 200);
	bpfunit_packet_ipv4(p, "10.0.0.1", "10.0.0.2");
	bpfunit_packet_udp(p, 1000, 53);
	bpfunit_packet_payload(p, "hi", 2);
	EXPECT_FRAME(p, ETHERNET "88a80064810000c808004500001e00000000401166cd0a0000010a000002"
				 "03e80035000a7f516869");
}

BPF_TEST(packet, tunnel_of_ipv4_in_ipv4)
{
	struct bpfunit_packet *p = ethernet();

	bpfunit_packet_ipv4(p, "1.1.1.1", "2.2.2.2");
	bpfunit_packet_ipv4(p, "10.0.0.1", "10.0.0.2");
	bpfunit_packet_udp(p, 1, 2);
	bpfunit_packet_payload(p, "abc", 3);
	EXPECT_FRAME(p, ETHERNET "08004500003300000000400474c20101010102020202"
				 "4500001f00000000401166cc0a0000010a000002"
				 "00010002000b2770616263");
}

BPF_TEST(packet, tunnel_of_ipv6_in_ipv4)
{
	struct bpfunit_packet *p = ethernet();

	bpfunit_packet_ipv4(p, "1.1.1.1", "2.2.2.2");
	bpfunit_packet_ipv6(p, "::1", "::2");
	bpfunit_packet_tcp(p, 1, 2, BPFUNIT_TCP_FIN);
	EXPECT_FRAME(p, ETHERNET "08004500005000000000402974800101010102020202"
				 "6000000000140640"
				 "00000000000000000000000000000001"
				 "00000000000000000000000000000002"
				 "0001000200000000000000005001ffffafde0000");
}

BPF_TEST(packet, vxlan_from_payload_and_inner_ethernet)
{
	static const uint8_t vxlan[] = { 8, 0, 0, 0, 0, 0, 42, 0 };
	struct bpfunit_packet *p = ethernet();

	bpfunit_packet_ipv4(p, "1.1.1.1", "2.2.2.2");
	bpfunit_packet_udp(p, 5555, 4789);
	bpfunit_packet_payload(p, vxlan, sizeof(vxlan));
	bpfunit_packet_eth(p, NULL, NULL);
	bpfunit_packet_ipv4(p, "10.0.0.1", "10.0.0.2");
	bpfunit_packet_udp(p, 1000, 53);
	bpfunit_packet_payload(p, "hi", 2);
	EXPECT_FRAME(p, ETHERNET "0800450000500000000040117498010101010202020215b312b5003ca723"
				 "0800000000002a00" ETHERNET
				 "08004500001e00000000401166cd0a0000010a000002"
				 "03e80035000a7f516869");
}

/* Valid headers with options: the checksums are wiped and made again. */
BPF_TEST(packet, checksums_of_headers_with_options)
{
	const char *good = ETHERNET "080046100035123400000306fc780a0000010a00000294040000"
				    "000500060000000700000008601000"
				    "6489d00000"
				    "020405b46461746121";
	struct bpfunit_packet *p = from_hex(good);

	ASSERT_NOT_NULL(bpfunit_packet_ipv4_header(p));
	ASSERT_NOT_NULL(bpfunit_packet_tcp_header(p));
	bpfunit_packet_ipv4_header(p)->check = 0x1111;
	bpfunit_packet_tcp_header(p)->check = 0x2222;
	bpfunit_packet_fix_checksums(p);
	EXPECT_FRAME(p, good);
}

BPF_TEST(packet, checksum_behind_ipv6_extension_header)
{
	const char *good = ETHERNET "86dd6000000000150040"
				    "20010db8000000000000000000000001"
				    "20010db8000000000000000000000002"
				    "110001040000000003e80035000d5c7068656c6c6f";
	struct bpfunit_packet *p = from_hex(good);

	ASSERT_NOT_NULL(bpfunit_packet_udp_header(p));
	EXPECT_EQ(ntohs(bpfunit_packet_udp_header(p)->dest), 53);
	bpfunit_packet_udp_header(p)->check = 0;
	bpfunit_packet_fix_checksums(p);
	EXPECT_FRAME(p, good);
}

/* Ethernet pads short frames: what lies behind the IP packet is not part of the checksum. */
BPF_TEST(packet, padding_is_not_summed)
{
	const char *padded = ETHERNET "08004500001e00000000401166cd0a0000010a000002"
				      "03e80035000a7f516869"
				      "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a";
	struct bpfunit_packet *p = from_hex(padded);

	bpfunit_packet_udp_header(p)->check = 0;
	bpfunit_packet_fix_checksums(p);
	EXPECT_FRAME(p, padded);
}

BPF_TEST(packet, changed_fields_and_their_checksum)
{
	struct bpfunit_packet *p = bpfunit_packet_ipv4_udp("10.0.0.1", "10.0.0.2", 1000, 53, "hi");
	struct iphdr *ip = bpfunit_packet_ipv4_header(p);

	EXPECT_EQ((uintptr_t)ip % 4, 0);
	ip->ttl--; /* RFC 1624: the checksum rises by 0x0100 */
	bpfunit_packet_fix_checksums(p);
	EXPECT_EQ(ntohs(ip->check), 0x67cd);
	EXPECT_EQ(ntohs(bpfunit_packet_udp_header(p)->check), 0x7f51);
}

BPF_TEST(packet, accessors_find_the_outermost_or_nothing)
{
	struct bpfunit_packet *p = ethernet();

	bpfunit_packet_ipv4(p, "1.1.1.1", "2.2.2.2");
	bpfunit_packet_ipv4(p, "10.0.0.1", "10.0.0.2");
	EXPECT_EQ(bpfunit_packet_ipv4_header(p)->daddr, ip4("2.2.2.2"));
	EXPECT_EQ(ntohs(bpfunit_packet_eth_header(p)->h_proto), 0x0800);
	EXPECT_NULL(bpfunit_packet_udp_header(p));
	EXPECT_NULL(bpfunit_packet_tcp_header(p));
	EXPECT_NULL(bpfunit_packet_ipv6_header(p));
}

BPF_TEST(packet, starts_with_ip_for_cgroup_programs)
{
	struct bpfunit_packet *p = bpfunit_packet_new();

	bpfunit_packet_ipv4(p, "10.0.0.1", "10.0.0.2");
	bpfunit_packet_udp(p, 1000, 53);
	EXPECT_EQ(bpfunit_packet_size(p), 28);
	EXPECT_EQ((uintptr_t)bpfunit_packet_ipv4_header(p) % 4, 0);
	EXPECT_NULL(bpfunit_packet_eth_header(p));
	p = bpfunit_packet_raw(bpfunit_packet_data(p), bpfunit_packet_size(p));
	EXPECT_NOT_NULL(bpfunit_packet_ipv4_header(p));
	EXPECT_EQ(ntohs(bpfunit_packet_udp_header(p)->source), 1000);
}

BPF_TEST(packet, raw_bytes_with_ipv6_first)
{
	struct bpfunit_packet *p = bpfunit_packet_new();

	bpfunit_packet_ipv6(p, "::1", "::2");
	bpfunit_packet_tcp(p, 5, 6, 0);
	p = bpfunit_packet_raw(bpfunit_packet_data(p), bpfunit_packet_size(p));
	EXPECT_NULL(bpfunit_packet_eth_header(p));
	EXPECT_EQ(ntohs(bpfunit_packet_tcp_header(p)->dest), 6);
}

BPF_TEST(packet, raw_of_any_length_is_recognised_as_far_as_it_goes)
{
	struct bpfunit_packet *whole =
		bpfunit_packet_ipv4_tcp("10.0.0.1", "10.0.0.2", 1, 2, BPFUNIT_TCP_SYN);

	for (size_t size = 0; size <= bpfunit_packet_size(whole); size++) {
		struct bpfunit_packet *p = bpfunit_packet_raw(bpfunit_packet_data(whole), size);

		EXPECT_EQ(!!bpfunit_packet_eth_header(p), size >= 14);
		EXPECT_EQ(!!bpfunit_packet_ipv4_header(p), size >= 34);
		EXPECT_EQ(!!bpfunit_packet_tcp_header(p), size >= 54);
		bpfunit_packet_fix_checksums(p);
	}
}

BPF_TEST(packet, unknown_protocols_are_payload)
{
	struct bpfunit_packet *p = ethernet();

	bpfunit_packet_ipv4(p, "1.1.1.1", "2.2.2.2"); /* protocol 255 */
	bpfunit_packet_payload(p, "\x45\0\0\0", 4);
	p = bpfunit_packet_raw(bpfunit_packet_data(p), bpfunit_packet_size(p));
	EXPECT_EQ(bpfunit_packet_ipv4_header(p)->protocol, 255);
	EXPECT_EQ(p->nr_layers, 3);
	EXPECT_EQ(p->layers[2].kind, BU_LAYER_PAYLOAD);
	bpfunit_packet_ipv4_header(p)->protocol = 143; /* Ethernet, cut short */
	p = bpfunit_packet_raw(bpfunit_packet_data(p), bpfunit_packet_size(p));
	EXPECT_EQ(p->layers[2].kind, BU_LAYER_PAYLOAD);
}

BPF_TEST(packet, raw_bytes_can_be_continued)
{
	struct bpfunit_packet *p = ethernet();

	bpfunit_packet_ipv6(p, "2001:db8::1", "2001:db8::2");
	bpfunit_packet_data(p)[20] = 0; /* hop-by-hop options follow */
	bpfunit_packet_payload(p, "\x3b\0\x01\x04\0\0\0", 8);
	p = bpfunit_packet_raw(bpfunit_packet_data(p), bpfunit_packet_size(p));
	bpfunit_packet_udp(p, 1000, 53);
	bpfunit_packet_payload(p, "hello", 5);
	EXPECT_FRAME(p, ETHERNET "86dd6000000000150040"
				 "20010db8000000000000000000000001"
				 "20010db8000000000000000000000002"
				 "110001040000000003e80035000d5c7068656c6c6f");
}

BPF_TEST(packet, later_fragment_has_no_transport_header)
{
	struct bpfunit_packet *p = bpfunit_packet_ipv4_udp("10.0.0.1", "10.0.0.2", 1000, 53, "hi");

	bpfunit_packet_ipv4_header(p)->frag_off = htons(1);
	p = bpfunit_packet_raw(bpfunit_packet_data(p), bpfunit_packet_size(p));
	EXPECT_NOT_NULL(bpfunit_packet_ipv4_header(p));
	EXPECT_NULL(bpfunit_packet_udp_header(p));
}

BPF_TEST(packet, truncation)
{
	struct bpfunit_packet *p = bpfunit_packet_ipv4_udp("10.0.0.1", "10.0.0.2", 1000, 53, "hi");

	EXPECT_OK(bpfunit_packet_truncate(p, 44));
	EXPECT_OK(bpfunit_packet_truncate(p, 33));
	EXPECT_EQ(bpfunit_packet_size(p), 33);
	EXPECT_NULL(bpfunit_packet_ipv4_header(p));
	EXPECT_EQ(bpfunit_packet_data(p)[13], 0);
	EXPECT_ERR(bpfunit_packet_truncate(p, 34), EINVAL);
	EXPECT_OK(bpfunit_packet_truncate(p, 0));
	EXPECT_EQ(bpfunit_packet_size(p), 0);
}

BPF_TEST(packet, copies_are_independent)
{
	struct bpfunit_packet *p = bpfunit_packet_ipv4_udp("10.0.0.1", "10.0.0.2", 1000, 53, "hi");
	struct bpfunit_packet *copy;

	bpfunit_packet_meta(p)->mark = 7;
	ASSERT_OK(bpfunit_packet_set_xdp_meta(p, "abcd", 4));
	copy = bpfunit_packet_copy(p);
	bpfunit_packet_data(p)[0] = 0xff;
	bpfunit_packet_meta(p)->mark = 8;
	EXPECT_EQ(bpfunit_packet_data(copy)[0], 2);
	EXPECT_EQ(bpfunit_packet_meta(copy)->mark, 7);
	size_t size;
	EXPECT_MEMEQ(bpfunit_packet_xdp_meta(copy, &size), "abcd", 4);
	EXPECT_EQ(size, 4);
	EXPECT_NOT_NULL(bpfunit_packet_udp_header(copy));
}

BPF_TEST(packet, xdp_metadata_limits)
{
	struct bpfunit_packet *p = bpfunit_packet_new();
	uint8_t data[256];
	size_t size;

	memset(data, 'm', sizeof(data));
	EXPECT_NULL(bpfunit_packet_xdp_meta(p, &size));
	EXPECT_EQ(size, 0);
	EXPECT_ERR(bpfunit_packet_set_xdp_meta(p, data, 3), EINVAL);
	EXPECT_ERR(bpfunit_packet_set_xdp_meta(p, data, 256), EINVAL);
	EXPECT_ERR(bpfunit_packet_set_xdp_meta(p, NULL, 4), EINVAL);
	EXPECT_OK(bpfunit_packet_set_xdp_meta(p, data, 252));
	bpfunit_packet_eth(p, NULL, NULL); /* the frame's place moves; the metadata goes with it */
	EXPECT_MEMEQ(bpfunit_packet_xdp_meta(p, &size), data, 252);
	EXPECT_EQ(size, 252);
	EXPECT_OK(bpfunit_packet_set_xdp_meta(p, NULL, 0));
	EXPECT_NULL(bpfunit_packet_xdp_meta(p, &size));
}

BPF_TEST(packet, bytes_for_a_run_and_back)
{
	struct bpfunit_packet *p = bpfunit_packet_ipv4_udp("10.0.0.1", "10.0.0.2", 1000, 53, "hi");
	struct bpfunit_packet *other = bpfunit_packet_new();
	u32 meta_size, size;
	const u8 *bytes;

	ASSERT_OK(bpfunit_packet_set_xdp_meta(p, "12345678", 8));
	bytes = bu_packet_bytes(p, &meta_size, &size);
	EXPECT_EQ(meta_size, 8);
	EXPECT_EQ(size, 8 + 44);
	EXPECT_MEMEQ(bytes, "12345678\x02", 9);
	EXPECT_OK(bu_packet_replace(other, bytes, meta_size, size));
	EXPECT_PACKET_EQ(other, p);
	EXPECT_NOT_NULL(bpfunit_packet_udp_header(other));
	EXPECT_MEMEQ(bu_packet_frame(other) - 8, "12345678", 8);
	EXPECT_OK(bu_packet_replace(other, bytes, 0, 0));
	EXPECT_EQ(bpfunit_packet_size(other), 0);
}

BPF_TEST(packet, empty_payload_changes_nothing)
{
	struct bpfunit_packet *p = bpfunit_packet_ipv4_udp("10.0.0.1", "10.0.0.2", 1, 2, NULL);

	EXPECT_EQ(bpfunit_packet_size(p), 42);
	bpfunit_packet_payload(p, NULL, 0);
	bpfunit_packet_payload(p, "", 0);
	EXPECT_EQ(bpfunit_packet_size(p), 42);
	EXPECT_PACKET_EQ(bpfunit_packet_ipv4_udp("10.0.0.1", "10.0.0.2", 1, 2, ""), p);
	bpfunit_packet_payload(p, NULL, 3);
	EXPECT_MEMEQ(bpfunit_packet_data(p) + 42, "\0\0\0", 3);
}

BPF_TEST(packet, largest_frame)
{
	struct bpfunit_packet *p = bpfunit_packet_ipv4_udp("10.0.0.1", "10.0.0.2", 1, 2, NULL);

	bpfunit_packet_payload(p, NULL, BPFUNIT_PACKET_MAX - 42);
	EXPECT_EQ(bpfunit_packet_size(p), 65535);
	EXPECT_EQ(ntohs(bpfunit_packet_ipv4_header(p)->tot_len), 65535 - 14);
	EXPECT_EQ(ntohs(bpfunit_packet_udp_header(p)->len), 65535 - 34);
}

BPF_TEST(packet, all_flags_of_tcp)
{
	struct bpfunit_packet *p = bpfunit_packet_ipv4_tcp("10.0.0.1", "10.0.0.2", 1, 2, 0xff);
	struct tcphdr *tcp = bpfunit_packet_tcp_header(p);

	EXPECT_TRUE(tcp->fin && tcp->syn && tcp->rst && tcp->psh && tcp->ack && tcp->urg);
	EXPECT_EQ(tcp->doff, 5);
}

FAILS(packet, comparison_names_header_fields,
      "EXPECT_PACKET_EQ(b, a): the packets differ\n"
      "  eth.source (offset 6): expected 02:00:00:00:00:01, is 02:00:00:00:00:aa\n"
      "  ipv4.ttl (offset 22): expected 64, is 63\n"
      "  ipv4.daddr (offset 30): expected 10.0.0.2, is 10.0.0.9\n"
      "  udp.dest (offset 36): expected 53, is 54\n"
      "  offset 43: expected 69, is 6f")
{
	struct bpfunit_packet *a = bpfunit_packet_ipv4_udp("10.0.0.1", "10.0.0.2", 1000, 53, "hi");
	struct bpfunit_packet *b = bpfunit_packet_copy(a);

	bpfunit_packet_ipv4_header(b)->ttl = 63;
	bpfunit_packet_ipv4_header(b)->daddr = ip4("10.0.0.9");
	bpfunit_packet_udp_header(b)->dest = htons(54);
	bpfunit_packet_eth_header(b)->h_source[5] = 0xaa;
	bpfunit_packet_data(b)[43] = 'o';
	EXPECT_PACKET_EQ(b, a);
}

FAILS(packet, comparison_of_lengths_and_bytes,
      "EXPECT_PACKET_EQ(bpfunit_packet_raw(\"abc\", 3), bpfunit_packet_raw(\"xbcd\", 4)):"
      " the packets differ\n"
      "  length: expected 4 bytes, is 3\n"
      "  offset 0: expected 78, is 61")
{
	EXPECT_PACKET_EQ(bpfunit_packet_raw("abc", 3), bpfunit_packet_raw("xbcd", 4));
}

FAILS(packet, comparison_of_ipv6_and_tcp,
      "EXPECT_PACKET_EQ(b, a): the packets differ\n"
      "  ipv6.daddr (offset 38): expected ::2, is fe00::2\n"
      "  tcp.seq (offset 58): expected 0, is 9\n"
      "  tcp.flags (offset 67): expected 0x02, is 0x12")
{
	struct bpfunit_packet *a = bpfunit_packet_ipv6_tcp("::1", "::2", 1, 2, 2);
	struct bpfunit_packet *b = bpfunit_packet_copy(a);

	bpfunit_packet_ipv6_header(b)->daddr.s6_addr[0] = 0xfe;
	bpfunit_packet_tcp_header(b)->seq = htonl(9);
	bpfunit_packet_tcp_header(b)->ack = 1;
	EXPECT_PACKET_EQ(b, a);
}

static void differing_everywhere(void *self)
{
	uint8_t zeroes[1000] = { 0 }, ones[1000];

	memset(ones, 1, sizeof(ones));
	EXPECT_PACKET_EQ(bpfunit_packet_raw(zeroes, 1000), bpfunit_packet_raw(ones, 1000));
}

BPF_TEST(packet, comparison_is_bounded)
{
	const char *text = inner_run(differing_everywhere).text;

	EXPECT_NOT_NULL(strstr(text, "\n  ... and "));
	EXPECT_LT(strlen(text), 5000);
}

static int line_of_bad_address;

static void bad_address(void *self)
{
	struct bpfunit_packet *p = bpfunit_packet_new();

	line_of_bad_address = __LINE__ + 1;
	bpfunit_packet_ipv4(p, "10.0.0", "10.0.0.2");
}

BPF_TEST(packet_bad, is_told_at_the_test_s_line)
{
	struct inner inner = inner_run(bad_address);

	EXPECT_EQ(inner.where.line, line_of_bad_address);
	EXPECT_STREQ(inner.where.file, __FILE__);
}

/* Bad input: each ends the test with a message. */
#define BAD(name, statement, text)                                                                 \
	FAILS(packet_bad, name, text)                                                              \
	{                                                                                          \
		struct bpfunit_packet *p = bpfunit_packet_new();                                   \
		struct bpfunit_packet *e = bpfunit_packet_eth(bpfunit_packet_new(), NULL, NULL);   \
		(void)p, (void)e;                                                                  \
		statement;                                                                         \
		EXPECT_FAIL("not reached");                                                        \
	}

BAD(mac, bpfunit_packet_eth(p, "02:00:00:00:00", NULL),
    "'02:00:00:00:00' is not an Ethernet address such as 02:00:00:00:00:01")
BAD(mac_digits, bpfunit_packet_eth(p, NULL, "02:00:00:00:00:0g"),
    "'02:00:00:00:00:0g' is not an Ethernet address such as 02:00:00:00:00:01")
BAD(mac_colons, bpfunit_packet_eth(p, NULL, "02:00:00:00::0:01"),
    "'02:00:00:00::0:01' is not an Ethernet address such as 02:00:00:00:00:01")
BAD(ipv4_address, bpfunit_packet_ipv4_udp("10.0.0.256", "10.0.0.2", 1, 2, NULL),
    "'10.0.0.256' is not an IPv4 address such as 10.0.0.1")
BAD(ipv4_null, bpfunit_packet_ipv4(e, NULL, "10.0.0.2"),
    "NULL is not an IPv4 address such as 10.0.0.1")
BAD(ipv6_address, bpfunit_packet_ipv6_udp("2001:db8::1", "10.0.0.2", 1, 2, NULL),
    "'10.0.0.2' is not an IPv6 address such as 2001:db8::1")
BAD(vlan_id, bpfunit_packet_vlan(e, 4096), "VLAN id 4096: ids have 12 bits (0 to 4095)")
BAD(vlan_first, bpfunit_packet_vlan(p, 1), "a VLAN header cannot begin a packet")
BAD(udp_on_ethernet, bpfunit_packet_udp(e, 1, 2), "a UDP header cannot follow Ethernet")
BAD(vlan_on_ip, bpfunit_packet_vlan(bpfunit_packet_ipv4(e, "1.1.1.1", "2.2.2.2"), 5),
    "a VLAN header cannot follow IPv4")
BAD(tcp_flags, bpfunit_packet_ipv4_tcp("1.1.1.1", "2.2.2.2", 1, 2, 0x100),
    "TCP flags 0x100: there are 8 (enum bpfunit_tcp_flags)")
BAD(too_large, bpfunit_packet_payload(e, NULL, 65522),
    "65522 bytes of payload after 14: a packet has at most 65535")
BAD(raw_too_large, bpfunit_packet_raw("", 65536),
    "a packet of 65536 bytes: at most 65535 are possible")
BAD(raw_null, bpfunit_packet_raw(NULL, 1), "a packet of 1 bytes from NULL")
BAD(null_packet, bpfunit_packet_ipv4(NULL, "1.1.1.1", "2.2.2.2"), "the packet is NULL")
BAD(null_compared, EXPECT_PACKET_EQ(p, NULL), "EXPECT_PACKET_EQ(p, NULL): a packet is NULL")

FAILS(packet_bad, too_many_layers, "a packet has at most 16 layers")
{
	struct bpfunit_packet *p = bpfunit_packet_new();

	for (int i = 0; i < 17; i++)
		bpfunit_packet_ipv4(p, "1.1.1.1", "2.2.2.2");
}
