// SPDX-License-Identifier: BSD-2-Clause
#include "rate_limit.h"
#include "rate_limit.skel.h"
#include <bpfunit/bpfunit.h>
#include <linux/pkt_cls.h>

/* A packet a second, three at once: small numbers make readable tests. */
BPF_FIXTURE(rate_limit)
{
	struct rate_limit_bpf *skel;
	struct bpfunit_packet *packet;
};

BPF_FIXTURE_SETUP(rate_limit)
{
	self->skel = BPFUNIT_OPEN(rate_limit_bpf);
	self->skel->rodata->rate_per_s = 1;
	self->skel->rodata->burst = 3;
	ASSERT_OK(rate_limit_bpf__load(self->skel));
	self->packet = bpfunit_packet_ipv4_udp("10.0.0.1", "10.0.0.2", 1000, 53, "hi");
	bpfunit_clock_set_ns(5 * NSEC_PER_SEC);
}

BPF_FIXTURE_TEARDOWN(rate_limit)
{
}

BPF_TEST_F(rate_limit, first_packet_makes_a_bucket)
{
	struct rate_limit_bpf *skel = self->skel;

	EXPECT_RUN_SKB(skel->progs.rate_limit, self->packet, TC_ACT_OK);
	EXPECT_MAP_VALUE(skel->maps.buckets, ip4("10.0.0.1"),
			 (struct bucket){ .tokens = 2, .stamp_ns = 5 * NSEC_PER_SEC });
	EXPECT_MAP_COUNT(skel->maps.buckets, 1);
}

BPF_TEST_F(rate_limit, refills_after_a_second)
{
	struct rate_limit_bpf *skel = self->skel;

	MAP_PUT(skel->maps.buckets, ip4("10.0.0.1"),
		(struct bucket){ .tokens = 1, .stamp_ns = 5 * NSEC_PER_SEC });
	EXPECT_RUN_SKB(skel->progs.rate_limit, self->packet, TC_ACT_OK);
	EXPECT_RUN_SKB(skel->progs.rate_limit, self->packet, TC_ACT_SHOT);
	bpfunit_clock_advance_ns(NSEC_PER_SEC);
	EXPECT_RUN_SKB(skel->progs.rate_limit, self->packet, TC_ACT_OK);
	EXPECT_MAP_VALUE(skel->maps.drops, (__u32){ DROP_NO_TOKENS }, (__u64){ 1 });
}

BPF_TEST_F(rate_limit, drops_what_exceeds_the_burst)
{
	struct rate_limit_bpf *skel = self->skel;

	for (int i = 0; i < 3; i++)
		EXPECT_RUN_SKB(skel->progs.rate_limit, self->packet, TC_ACT_OK);
	for (int i = 0; i < 2; i++)
		EXPECT_RUN_SKB(skel->progs.rate_limit, self->packet, TC_ACT_SHOT);
	EXPECT_MAP_VALUE(skel->maps.drops, (__u32){ DROP_NO_TOKENS }, (__u64){ 2 });
}

BPF_TEST_F(rate_limit, sources_do_not_share_tokens)
{
	struct rate_limit_bpf *skel = self->skel;
	struct bpfunit_packet *other =
		bpfunit_packet_ipv4_tcp("10.0.0.9", "10.0.0.2", 1000, 80, BPFUNIT_TCP_SYN);

	MAP_PUT(skel->maps.buckets, ip4("10.0.0.1"),
		(struct bucket){ .tokens = 0, .stamp_ns = 5 * NSEC_PER_SEC });
	EXPECT_RUN_SKB(skel->progs.rate_limit, self->packet, TC_ACT_SHOT);
	EXPECT_RUN_SKB(skel->progs.rate_limit, other, TC_ACT_OK);
	EXPECT_MAP_HAS_KEY(skel->maps.buckets, ip4("10.0.0.9"));
}

BPF_TEST_F(rate_limit, a_long_pause_fills_the_bucket_no_further_than_the_burst)
{
	struct rate_limit_bpf *skel = self->skel;

	MAP_PUT(skel->maps.buckets, ip4("10.0.0.1"), (struct bucket){ .tokens = 1 });
	bpfunit_clock_set_ns(1000 * NSEC_PER_SEC);
	EXPECT_RUN_SKB(skel->progs.rate_limit, self->packet, TC_ACT_OK);
	EXPECT_MAP_VALUE(skel->maps.buckets, ip4("10.0.0.1"),
			 (struct bucket){ .tokens = 2, .stamp_ns = 1000 * NSEC_PER_SEC });
}

BPF_TEST_F(rate_limit, parts_of_a_token_are_not_lost)
{
	struct rate_limit_bpf *skel = self->skel;

	MAP_PUT(skel->maps.buckets, ip4("10.0.0.1"),
		(struct bucket){ .tokens = 0, .stamp_ns = 5 * NSEC_PER_SEC });
	for (int i = 0; i < 3; i++) {
		EXPECT_RUN_SKB(skel->progs.rate_limit, self->packet, TC_ACT_SHOT);
		bpfunit_clock_advance_ns(NSEC_PER_SEC / 3 + 1);
	}
	EXPECT_RUN_SKB(skel->progs.rate_limit, self->packet, TC_ACT_OK);
	EXPECT_MAP_VALUE(skel->maps.buckets, ip4("10.0.0.1"),
			 (struct bucket){ .tokens = 0, .stamp_ns = 6 * NSEC_PER_SEC });
}

BPF_TEST_F(rate_limit, a_clock_that_went_back_refills_nothing)
{
	struct rate_limit_bpf *skel = self->skel;

	MAP_PUT(skel->maps.buckets, ip4("10.0.0.1"),
		(struct bucket){ .tokens = 0, .stamp_ns = 9 * NSEC_PER_SEC });
	EXPECT_RUN_SKB(skel->progs.rate_limit, self->packet, TC_ACT_SHOT);
}

BPF_TEST_F(rate_limit, stamps_near_the_end_of_time_do_not_overflow)
{
	struct rate_limit_bpf *skel = self->skel;

	bpfunit_clock_set_ns(UINT64_MAX);
	MAP_PUT(skel->maps.buckets, ip4("10.0.0.1"), (struct bucket){ .tokens = UINT64_MAX });
	EXPECT_RUN_SKB(skel->progs.rate_limit, self->packet, TC_ACT_OK);
	EXPECT_MAP_VALUE(skel->maps.buckets, ip4("10.0.0.1"),
			 (struct bucket){ .tokens = 2, .stamp_ns = UINT64_MAX });
}

BPF_TEST_F(rate_limit, an_overfull_bucket_does_not_overflow)
{
	struct rate_limit_bpf *skel = self->skel;

	MAP_PUT(skel->maps.buckets, ip4("10.0.0.1"),
		(struct bucket){ .tokens = UINT64_MAX, .stamp_ns = 4 * NSEC_PER_SEC });
	EXPECT_RUN_SKB(skel->progs.rate_limit, self->packet, TC_ACT_OK);
	EXPECT_MAP_VALUE(skel->maps.buckets, ip4("10.0.0.1"),
			 (struct bucket){ .tokens = 2, .stamp_ns = 5 * NSEC_PER_SEC });
}

BPF_TEST_F(rate_limit, a_full_table_drops_new_sources)
{
	struct rate_limit_bpf *skel = self->skel;

	BPFUNIT_MOCK(BPF_FUNC_map_update_elem, .returns = -ENOMEM, .map = skel->maps.buckets);
	EXPECT_RUN_SKB(skel->progs.rate_limit, self->packet, TC_ACT_SHOT);
	EXPECT_MAP_VALUE(skel->maps.drops, (__u32){ DROP_NO_BUCKET }, (__u64){ 1 });
	EXPECT_MAP_NO_KEY(skel->maps.buckets, ip4("10.0.0.1"));
	EXPECT_CALLS(BPF_FUNC_map_update_elem, 1);
}

BPF_TEST_F(rate_limit, a_cut_off_header_is_malformed)
{
	struct rate_limit_bpf *skel = self->skel;

	ASSERT_OK(bpfunit_packet_truncate(self->packet, 14 + 19));
	EXPECT_RUN_SKB(skel->progs.rate_limit, self->packet, TC_ACT_SHOT);
	EXPECT_MAP_VALUE(skel->maps.drops, (__u32){ DROP_MALFORMED }, (__u64){ 1 });
	EXPECT_CALLS(BPF_FUNC_ktime_get_ns, 0);
}

BPF_TEST_F(rate_limit, other_protocols_pass_uncounted)
{
	struct rate_limit_bpf *skel = self->skel;
	struct bpfunit_packet *ipv6 =
		bpfunit_packet_ipv6_udp("2001:db8::1", "2001:db8::2", 1000, 53, "hi");

	for (int i = 0; i < 5; i++)
		EXPECT_RUN_SKB(skel->progs.rate_limit, ipv6, TC_ACT_OK);
	EXPECT_MAP_COUNT(skel->maps.buckets, 0);
}

BPF_TEST(rate_limit_config, a_burst_of_none_lets_nothing_through)
{
	struct rate_limit_bpf *skel = BPFUNIT_OPEN(rate_limit_bpf);
	struct bpfunit_packet *packet =
		bpfunit_packet_ipv4_udp("10.0.0.1", "10.0.0.2", 1000, 53, NULL);

	skel->rodata->burst = 0;
	ASSERT_OK(rate_limit_bpf__load(skel));
	EXPECT_RUN_SKB(skel->progs.rate_limit, packet, TC_ACT_SHOT);
	EXPECT_MAP_COUNT(skel->maps.buckets, 0);
}

BPF_TEST(rate_limit_config, a_rate_of_none_never_refills)
{
	struct rate_limit_bpf *skel = BPFUNIT_OPEN(rate_limit_bpf);
	struct bpfunit_packet *packet =
		bpfunit_packet_ipv4_udp("10.0.0.1", "10.0.0.2", 1000, 53, NULL);

	skel->rodata->rate_per_s = 0;
	skel->rodata->burst = 1;
	ASSERT_OK(rate_limit_bpf__load(skel));
	EXPECT_RUN_SKB(skel->progs.rate_limit, packet, TC_ACT_OK);
	bpfunit_clock_advance_ns(3600 * NSEC_PER_SEC);
	EXPECT_RUN_SKB(skel->progs.rate_limit, packet, TC_ACT_SHOT);
}

BPF_TEST(rate_limit_config, a_rate_beyond_the_clocks_resolution_fills_at_once)
{
	struct rate_limit_bpf *skel = BPFUNIT_OPEN(rate_limit_bpf);
	struct bpfunit_packet *packet =
		bpfunit_packet_ipv4_udp("10.0.0.1", "10.0.0.2", 1000, 53, NULL);

	skel->rodata->rate_per_s = 2 * NSEC_PER_SEC;
	skel->rodata->burst = 1;
	ASSERT_OK(rate_limit_bpf__load(skel));
	bpfunit_clock_set_ns(NSEC_PER_SEC); /* both packets come at the same time */
	EXPECT_RUN_SKB(skel->progs.rate_limit, packet, TC_ACT_OK);
	EXPECT_RUN_SKB(skel->progs.rate_limit, packet, TC_ACT_SHOT);
	bpfunit_clock_advance_ns(1);
	EXPECT_RUN_SKB(skel->progs.rate_limit, packet, TC_ACT_OK);
}
