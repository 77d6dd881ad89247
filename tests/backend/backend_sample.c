// SPDX-License-Identifier: BSD-2-Clause
/*
 * Run by the scripts here on all backends. On the VM and on a kernel the tests of `same` pass;
 * those of `other` are made to differ: a hook changes what the VM does, or a verifier refuses the
 * program.
 */
#include "backend.h"
#include "backend.skel.h"

#include <bpfunit/bpfunit.h>
#include <bpfunit/runner.h>
#include <linux/if_packet.h>
#include <linux/pkt_cls.h>
#include <string.h>

#include "ebpf/kernel.h"
#include "ebpf/vm/hook.h"

BPF_FIXTURE(same)
{
	struct backend_bpf *skel;
	struct bpfunit_packet *packet;
};

/* The careless program stays out: a kernel would refuse the whole object. */
BPF_FIXTURE_SETUP(same)
{
	self->skel = BPFUNIT_OPEN(backend_bpf);
	bpf_program__set_autoload(self->skel->progs.careless, false);
	ASSERT_OK(backend_bpf__load(self->skel));
	self->packet = bpfunit_packet_ipv4_udp("10.0.0.1", "10.0.0.2", 1, 2, "hello");
}

BPF_FIXTURE_TEARDOWN(same)
{
}

BPF_TEST_F(same, maps_and_events)
{
	struct backend_bpf *skel = self->skel;

	for (int i = 0; i < 3; i++)
		EXPECT_RUN_XDP(skel->progs.count, self->packet, XDP_PASS);
	EXPECT_MAP_VALUE(skel->maps.sizes, (__u32){ 47 },
			 (struct seen){ .packets = 6, .bytes = 47 });
	EXPECT_MAP_SUM(skel->maps.counts, (__u32){ 0 }, 3);
	EXPECT_EQ(skel->bss->total, 3 * 47);
	EXPECT_EVENT_COUNT(skel->maps.ring, 3);
	EXPECT_EVENT(skel->maps.ring, (struct seen){ .bytes = 47 });
}

BPF_TEST_F(same, packet)
{
	struct bpfunit_packet *back = bpfunit_packet_raw(bpfunit_packet_data(self->packet), 47 - 4);
	uint8_t *bytes = bpfunit_packet_data(back), source[6];

	memcpy(source, bytes + 6, 6);
	memcpy(bytes + 6, bytes, 6);
	memcpy(bytes, source, 6);
	EXPECT_RUN_XDP(self->skel->progs.bounce, self->packet, XDP_TX);
	EXPECT_PACKET_EQ(self->packet, back);
}

BPF_TEST_F(same, tail_call)
{
	struct backend_bpf *skel = self->skel;

	EXPECT_RUN_XDP(skel->progs.jump, self->packet, XDP_ABORTED);
	MAP_PUT(skel->maps.jumps, (__u32){ 1 }, skel->progs.target);
	EXPECT_RUN_XDP(skel->progs.jump, self->packet, XDP_DROP);
	EXPECT_EQ(skel->bss->total, 77);
}

BPF_TEST_F(same, maps_in_maps)
{
	EXPECT_RUN_XDP(self->skel->progs.nested, self->packet, XDP_PASS);
	EXPECT_RUN_XDP(self->skel->progs.nested, self->packet, XDP_PASS);
	EXPECT_MAP_VALUE(self->skel->maps.first, (__u32){ 0 }, (__u64){ 10 });
}

BPF_TEST_F(same, context)
{
	bpfunit_packet_meta(self->packet)->mark = 6;
	EXPECT_RUN_SKB(self->skel->progs.mark, self->packet, TC_ACT_SHOT);
	EXPECT_EQ(bpfunit_packet_meta(self->packet)->mark, 7);
	EXPECT_EQ(bpfunit_packet_meta(self->packet)->cb[2], 47);
}

BPF_TEST_F(same, device)
{
	struct backend_bpf *skel = self->skel;

	EXPECT_RUN_XDP(skel->progs.where, self->packet, XDP_PASS);
	EXPECT_EQ(skel->bss->device, 1);
	EXPECT_RUN_SKB(skel->progs.for_whom, self->packet, TC_ACT_OK);
	EXPECT_EQ(skel->bss->device, 1);
	EXPECT_EQ(skel->bss->kind, PACKET_HOST);
	memset(bpfunit_packet_data(self->packet), 0xff, 6);
	EXPECT_RUN_SKB(skel->progs.for_whom, self->packet, TC_ACT_OK);
	EXPECT_EQ(skel->bss->kind, PACKET_BROADCAST);
}

BPF_TEST_F(same, packets_through_libbpf_are_for_others)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = bpfunit_packet_data(self->packet),
		    .data_size_in = 47);

	EXPECT_RUN_SKB(self->skel->progs.for_whom, self->packet, TC_ACT_OK);
	if (!strcmp(bpfunit_backend(), "kernel"))
		BPFUNIT_SKIP("the device has the address of the run before");
	ASSERT_OK(bpf_prog_test_run_opts(bpf_program__fd(self->skel->progs.for_whom), &opts));
	EXPECT_EQ(self->skel->bss->kind, PACKET_OTHERHOST);
	memset(bpfunit_packet_data(self->packet), 0xff, 6);
	ASSERT_OK(bpf_prog_test_run_opts(bpf_program__fd(self->skel->progs.for_whom), &opts));
	EXPECT_EQ(self->skel->bss->kind, PACKET_MULTICAST); /* lo has no broadcast address */
}

BPF_TEST_F(same, through_libbpf)
{
	uint8_t out[128];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = bpfunit_packet_data(self->packet),
		    .data_size_in = 47, .data_out = out, .data_size_out = sizeof(out), .repeat = 3);

	ASSERT_OK(bpf_prog_test_run_opts(bpf_program__fd(self->skel->progs.count), &opts));
	EXPECT_EQ(opts.retval, XDP_PASS);
	EXPECT_EQ(self->skel->bss->total, 3 * 47);
}

BPF_TEST_F(same, cpu)
{
	ASSERT_OK(bpfunit_set_cpu(1));
	EXPECT_EQ(BPFUNIT_RUN_ARGS(self->skel->progs.ask, 3, 4), 3);
	EXPECT_EQ(self->skel->bss->world.cpu, 1);
	EXPECT_EVENT_COUNT(self->skel->maps.perf, 1);
}

BPF_TEST_F(same, environment)
{
	struct backend_bpf *skel = self->skel;

	bpfunit_clock_set_ns(123456789012345);
	bpfunit_set_pid(4242);
	bpfunit_set_uid(17);
	bpfunit_set_comm("some-task");
	EXPECT_EQ(BPFUNIT_RUN_ARGS(skel->progs.ask, 5, 9), 5);
	EXPECT_EQ(skel->bss->world.now_ns, 123456789012345);
	EXPECT_STREQ(skel->bss->world.comm, "some-task");
	EXPECT_EQ(skel->bss->world.argument, 9);
}

/* Compared: in a twin chance, and a mock of what answers with a number, are as in the VM. */
BPF_TEST_F(same, chance)
{
	for (int i = 0; i < 3; i++)
		EXPECT_LT(BPFUNIT_RUN(self->skel->progs.chance, NULL), 256);
	BPFUNIT_MOCK(BPF_FUNC_get_prandom_u32, .returns = 77);
	EXPECT_RUN(self->skel->progs.chance, NULL, 77);
}

BPF_TEST_F(same, other_mocks_are_not_compared)
{
	BPFUNIT_MOCK(BPF_FUNC_get_current_comm, .returns = 0);
	EXPECT_EQ(BPFUNIT_RUN_ARGS(self->skel->progs.ask, 0, 0), 0);
}

/* Differences. The hook stands for a fault of the VM. */
static void falsify(void *arg, struct bu_run *run)
{
	uint64_t *total = arg;

	*total += 1;
}

BPF_TEST(other, a_map_differs)
{
	struct backend_bpf *skel = BPFUNIT_LOAD(backend_bpf);
	struct bu_hook hook = { .before = falsify, .arg = &skel->bss->total };

	bu_hook_add(bu_kernel(), &hook);
	BPFUNIT_RUN_XDP(skel->progs.count,
			bpfunit_packet_ipv4_udp("10.0.0.1", "10.0.0.2", 1, 2, "hello"));
	bu_hook_remove(bu_kernel(), &hook);
}

static void falsify_result(void *arg, struct bu_run *run, const struct bu_op *op)
{
	run->packet.data[0] = 0xee;
}

BPF_TEST(other, the_packet_differs)
{
	struct backend_bpf *skel = BPFUNIT_LOAD(backend_bpf);
	struct bu_hook hook = { .after = falsify_result };

	bu_hook_add(bu_kernel(), &hook);
	BPFUNIT_RUN_XDP(skel->progs.target,
			bpfunit_packet_ipv4_udp("10.0.0.1", "10.0.0.2", 1, 2, "hello"));
	bu_hook_remove(bu_kernel(), &hook);
}

BPF_TEST(other, the_kernel_refuses)
{
	struct backend_bpf *skel = BPFUNIT_LOAD(backend_bpf);

	EXPECT_RUN(skel->progs.careless, NULL, 0);
}
