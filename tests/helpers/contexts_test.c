// SPDX-License-Identifier: BSD-2-Clause
/* What programs may touch of their contexts and packets. */
#include "helpers.h"

static struct bpfunit_packet *packet(void)
{
	return bpfunit_packet_ipv4_udp("10.0.0.1", "10.0.0.2", 1, 2, "0123456789");
}

BPF_TEST_F(helpers, xdp_pointers_are_stale_after_adjusting)
{
	struct bpf_program *prog = self->skel->progs.stale_pointer;

	for (int i = 0; i < 3; i++) {
		self->bss->args[0] = (uint64_t)i;
		EXPECT_FAULT(BPFUNIT_FAULT_USE_AFTER_FREE, BPFUNIT_RUN_XDP(prog, packet()));
	}
	self->bss->args[0] = 3;
	EXPECT_EQ(BPFUNIT_RUN_XDP(prog, packet()), 0x5a);
}

BPF_TEST_F(helpers, skb_pointers_are_stale_after_writing)
{
	struct bpf_program *prog = self->skel->progs.stale_skb_pointer;

	for (int i = 0; i < 5; i++) {
		self->bss->args[0] = (uint64_t)i;
		EXPECT_FAULT(BPFUNIT_FAULT_USE_AFTER_FREE, BPFUNIT_RUN_SKB(prog, packet()));
	}
	self->bss->args[0] = 5;
	EXPECT_EQ(BPFUNIT_RUN_SKB(prog, packet()), bpfunit_packet_data(packet())[0]);
}
