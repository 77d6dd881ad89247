// SPDX-License-Identifier: BSD-2-Clause
#include <bpfunit/bpfunit.h>
#include "minimal.skel.h"

BPF_TEST(minimal, drops_short_packets)
{
	struct minimal_bpf *skel = BPFUNIT_LOAD(minimal_bpf);
	struct bpfunit_packet *p = bpfunit_packet_ipv4_udp("10.0.0.1", "10.0.0.2", 1000, 53, "hi");

	EXPECT_RUN_XDP(skel->progs.only_long, p, XDP_DROP);
	bpfunit_packet_payload(p, "a payload that makes it long enough", 35);
	EXPECT_RUN_XDP(skel->progs.only_long, p, XDP_PASS);
}
