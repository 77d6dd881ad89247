// SPDX-License-Identifier: BSD-2-Clause
#include "firewall.h"
#include "firewall.skel.h"
#include <arpa/inet.h>
#include <bpfunit/bpfunit.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <string.h>

enum {
	ETHERNET = 14,
	VLAN = 4,
	IPV4 = 20,
	IPV6 = 40,
	TCP = 20,
	UDP = 8,
};

static struct address v4(const char *text)
{
	return (struct address){ .words = { 0, 0, htonl(0xffff), ip4(text) } };
}

static struct address v6(const char *text)
{
	struct in6_addr ip = ip6(text);
	struct address address;

	memcpy(&address, &ip, sizeof(address));
	return address;
}

static struct bpfunit_packet *tcp_syn(void)
{
	return bpfunit_packet_ipv4_tcp("192.0.2.1", "192.0.2.2", 40000, 443, BPFUNIT_TCP_SYN);
}

static struct bpfunit_packet *udp6(void)
{
	return bpfunit_packet_ipv6_udp("2001:db8::1", "2001:db8::2", 40000, 53, "query");
}

static struct bpfunit_packet *ping(void)
{
	struct bpfunit_packet *packet = bpfunit_packet_new();

	bpfunit_packet_eth(packet, "02:00:00:00:00:01", "02:00:00:00:00:02");
	bpfunit_packet_ipv4(packet, "192.0.2.1", "192.0.2.2");
	bpfunit_packet_icmp(packet, 8, 0);
	return packet;
}

static struct bpfunit_packet *tagged_tcp(int tags)
{
	struct bpfunit_packet *packet = bpfunit_packet_new();

	bpfunit_packet_eth(packet, "02:00:00:00:00:01", "02:00:00:00:00:02");
	for (int i = 0; i < tags; i++)
		bpfunit_packet_vlan(packet, 100 + i);
	bpfunit_packet_ipv4(packet, "192.0.2.1", "192.0.2.2");
	bpfunit_packet_tcp(packet, 40000, 443, BPFUNIT_TCP_SYN);
	return packet;
}

BPF_FIXTURE(firewall)
{
	struct firewall_bpf *skel;
};

BPF_FIXTURE_SETUP(firewall)
{
	self->skel = BPFUNIT_LOAD(firewall_bpf);
}

BPF_FIXTURE_TEARDOWN(firewall)
{
}

/* Run the first stage; expect an action, and one verdict counted. */
static void expect_verdict(struct firewall_bpf *skel, struct bpfunit_packet *packet, int action,
			   __u32 verdict)
{
	EXPECT_RUN_XDP(skel->progs.firewall, packet, action);
	EXPECT_MAP_SUM(skel->maps.verdicts, verdict, 1);
}

BPF_TEST_F(firewall, passes_what_nothing_forbids)
{
	expect_verdict(self->skel, tcp_syn(), XDP_PASS, VERDICT_PASSED);
}

BPF_TEST_F(firewall, passes_ipv6)
{
	expect_verdict(self->skel, udp6(), XDP_PASS, VERDICT_PASSED);
}

BPF_TEST_F(firewall, drops_a_blocked_ipv4_address)
{
	struct firewall_bpf *skel = self->skel;

	MAP_PUT(skel->maps.blocked, v4("192.0.2.1"), (__u64){ 0 });
	expect_verdict(skel, tcp_syn(), XDP_DROP, VERDICT_ADDRESS);
	EXPECT_MAP_VALUE(skel->maps.blocked, v4("192.0.2.1"), (__u64){ 1 });
	EXPECT_CALLS(BPF_FUNC_tail_call, 0);
}

BPF_TEST_F(firewall, drops_a_blocked_ipv6_address)
{
	struct firewall_bpf *skel = self->skel;

	MAP_PUT(skel->maps.blocked, v6("2001:db8::1"), (__u64){ 41 });
	expect_verdict(skel, udp6(), XDP_DROP, VERDICT_ADDRESS);
	EXPECT_MAP_VALUE(skel->maps.blocked, v6("2001:db8::1"), (__u64){ 42 });
}

BPF_TEST_F(firewall, destinations_are_not_blocked)
{
	struct firewall_bpf *skel = self->skel;

	MAP_PUT(skel->maps.blocked, v4("192.0.2.2"), (__u64){ 0 });
	expect_verdict(skel, tcp_syn(), XDP_PASS, VERDICT_PASSED);
}

BPF_TEST_F(firewall, drops_what_goes_to_a_closed_port)
{
	struct firewall_bpf *skel = self->skel;

	MAP_PUT(skel->maps.closed_ports, ((struct port){ .number = 443, .protocol = IPPROTO_TCP }),
		(__u8){ 1 });
	expect_verdict(skel, tcp_syn(), XDP_DROP, VERDICT_PORT);
	EXPECT_CALLS(BPF_FUNC_tail_call, 1);
}

BPF_TEST_F(firewall, a_port_is_closed_for_one_protocol)
{
	struct firewall_bpf *skel = self->skel;

	MAP_PUT(skel->maps.closed_ports, ((struct port){ .number = 443, .protocol = IPPROTO_UDP }),
		(__u8){ 1 });
	expect_verdict(skel, tcp_syn(), XDP_PASS, VERDICT_PASSED);
}

BPF_TEST_F(firewall, closed_ports_hold_for_ipv6)
{
	struct firewall_bpf *skel = self->skel;

	MAP_PUT(skel->maps.closed_ports, ((struct port){ .number = 53, .protocol = IPPROTO_UDP }),
		(__u8){ 1 });
	expect_verdict(skel, udp6(), XDP_DROP, VERDICT_PORT);
}

BPF_TEST_F(firewall, looks_behind_one_vlan_tag)
{
	struct firewall_bpf *skel = self->skel;

	MAP_PUT(skel->maps.blocked, v4("192.0.2.1"), (__u64){ 0 });
	expect_verdict(skel, tagged_tcp(1), XDP_DROP, VERDICT_ADDRESS);
}

BPF_TEST_F(firewall, looks_behind_two_vlan_tags)
{
	struct firewall_bpf *skel = self->skel;

	MAP_PUT(skel->maps.closed_ports, ((struct port){ .number = 443, .protocol = IPPROTO_TCP }),
		(__u8){ 1 });
	expect_verdict(skel, tagged_tcp(2), XDP_DROP, VERDICT_PORT);
}

BPF_TEST_F(firewall, does_not_look_behind_three_vlan_tags)
{
	expect_verdict(self->skel, tagged_tcp(3), XDP_PASS, VERDICT_NOT_IP);
}

BPF_TEST_F(firewall, passes_other_protocols_unseen)
{
	static const unsigned char arp[] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2,    0,
					     0,    0,    0,    1,    0x08, 0x06, 0x00, 0x01 };

	expect_verdict(self->skel, bpfunit_packet_raw(arp, sizeof(arp)), XDP_PASS, VERDICT_NOT_IP);
}

BPF_TEST_F(firewall, passes_icmp_without_a_second_stage)
{
	expect_verdict(self->skel, ping(), XDP_PASS, VERDICT_PASSED);
	EXPECT_CALLS(BPF_FUNC_tail_call, 0);
}

BPF_TEST_F(firewall, later_fragments_have_no_ports)
{
	struct firewall_bpf *skel = self->skel;
	struct bpfunit_packet *packet = tcp_syn();

	MAP_PUT(skel->maps.closed_ports, ((struct port){ .number = 443, .protocol = IPPROTO_TCP }),
		(__u8){ 1 });
	bpfunit_packet_data(packet)[ETHERNET + 7] = 100; /* offset of the fragment, in 8 bytes */
	expect_verdict(skel, packet, XDP_PASS, VERDICT_PASSED);
}

/* Each header cut by one byte, and the shortest packet that has it whole. */
static void expect_malformed(struct firewall_bpf *skel, struct bpfunit_packet *packet, size_t size)
{
	ASSERT_OK(bpfunit_packet_truncate(packet, size));
	expect_verdict(skel, packet, XDP_DROP, VERDICT_MALFORMED);
}

BPF_TEST_F(firewall, truncated_ethernet)
{
	expect_malformed(self->skel, tcp_syn(), ETHERNET - 1);
}

BPF_TEST_F(firewall, truncated_vlan)
{
	expect_malformed(self->skel, tagged_tcp(1), ETHERNET + VLAN - 1);
}

BPF_TEST_F(firewall, truncated_second_vlan)
{
	expect_malformed(self->skel, tagged_tcp(2), ETHERNET + 2 * VLAN - 1);
}

BPF_TEST_F(firewall, truncated_ipv4)
{
	expect_malformed(self->skel, tcp_syn(), ETHERNET + IPV4 - 1);
}

BPF_TEST_F(firewall, truncated_ipv4_options)
{
	struct bpfunit_packet *packet = tcp_syn();

	bpfunit_packet_data(packet)[ETHERNET] = 0x4f; /* a header of 60 bytes */
	expect_malformed(self->skel, packet, ETHERNET + IPV4 + TCP);
}

BPF_TEST_F(firewall, truncated_ipv4_options_of_icmp)
{
	struct bpfunit_packet *packet = ping();

	bpfunit_packet_data(packet)[ETHERNET] = 0x4f;
	expect_malformed(self->skel, packet, ETHERNET + IPV4 + 8);
}

BPF_TEST_F(firewall, impossibly_short_ipv4_header)
{
	struct bpfunit_packet *packet = tcp_syn();

	bpfunit_packet_data(packet)[ETHERNET] = 0x44;
	expect_verdict(self->skel, packet, XDP_DROP, VERDICT_MALFORMED);
}

BPF_TEST_F(firewall, truncated_ipv6)
{
	expect_malformed(self->skel, udp6(), ETHERNET + IPV6 - 1);
}

BPF_TEST_F(firewall, truncated_tcp)
{
	expect_malformed(self->skel, tcp_syn(), ETHERNET + IPV4 + TCP - 1);
}

BPF_TEST_F(firewall, truncated_udp)
{
	expect_malformed(self->skel, udp6(), ETHERNET + IPV6 + UDP - 1);
}

BPF_TEST_F(firewall, a_header_that_ends_with_the_packet_is_whole)
{
	struct bpfunit_packet *packet = udp6();

	ASSERT_OK(bpfunit_packet_truncate(packet, ETHERNET + IPV6 + UDP));
	expect_verdict(self->skel, packet, XDP_PASS, VERDICT_PASSED);
}

BPF_TEST_F(firewall, counts_on_the_cpu_that_ran)
{
	struct firewall_bpf *skel = self->skel;

	bpfunit_set_cpu(2);
	EXPECT_RUN_XDP(skel->progs.firewall, tcp_syn(), XDP_PASS);
	EXPECT_RUN_XDP(skel->progs.firewall, tcp_syn(), XDP_PASS);
	bpfunit_set_cpu(0);
	EXPECT_RUN_XDP(skel->progs.firewall, tcp_syn(), XDP_PASS);
	EXPECT_MAP_CPU_VALUE(skel->maps.verdicts, 2, (__u32){ VERDICT_PASSED }, (__u64){ 2 });
	EXPECT_MAP_CPU_VALUE(skel->maps.verdicts, 0, (__u32){ VERDICT_PASSED }, (__u64){ 1 });
	EXPECT_MAP_SUM(skel->maps.verdicts, (__u32){ VERDICT_PASSED }, 3);
}

BPF_TEST_F(firewall, a_missing_second_stage_aborts)
{
	struct firewall_bpf *skel = self->skel;
	__u32 first = 0;

	ASSERT_OK(bpf_map__delete_elem(skel->maps.stages, &first, sizeof(first), 0));
	expect_verdict(skel, tcp_syn(), XDP_ABORTED, VERDICT_NO_STAGE);
}

BPF_TEST_F(firewall, a_driver_without_metadata_aborts)
{
	BPFUNIT_MOCK(BPF_FUNC_xdp_adjust_meta, .returns = -EOPNOTSUPP);
	expect_verdict(self->skel, tcp_syn(), XDP_ABORTED, VERDICT_NO_STAGE);
}

/* The second stage alone. */
BPF_TEST_F(firewall, second_stage_wants_its_handover)
{
	struct firewall_bpf *skel = self->skel;

	EXPECT_RUN_XDP(skel->progs.ports, tcp_syn(), XDP_ABORTED);
	EXPECT_MAP_SUM(skel->maps.verdicts, (__u32){ VERDICT_NO_STAGE }, 1);
}

BPF_TEST_F(firewall, second_stage_follows_its_handover)
{
	struct firewall_bpf *skel = self->skel;
	struct bpfunit_packet *packet = tcp_syn();
	struct handover handover = { .transport = ETHERNET + IPV4, .protocol = IPPROTO_TCP };

	MAP_PUT(skel->maps.closed_ports, ((struct port){ .number = 443, .protocol = IPPROTO_TCP }),
		(__u8){ 1 });
	ASSERT_OK(bpfunit_packet_set_xdp_meta(packet, &handover, sizeof(handover)));
	EXPECT_RUN_XDP(skel->progs.ports, packet, XDP_DROP);
	EXPECT_MAP_SUM(skel->maps.verdicts, (__u32){ VERDICT_PORT }, 1);
}

BPF_TEST_F(firewall, second_stage_refuses_a_wild_handover)
{
	struct firewall_bpf *skel = self->skel;
	struct bpfunit_packet *packet = tcp_syn();
	struct handover handover = { .transport = 129, .protocol = IPPROTO_TCP };

	ASSERT_OK(bpfunit_packet_set_xdp_meta(packet, &handover, sizeof(handover)));
	EXPECT_RUN_XDP(skel->progs.ports, packet, XDP_ABORTED);
}
