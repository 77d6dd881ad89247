// SPDX-License-Identifier: BSD-2-Clause
/* What macros accept without a warning, and what the compiler refuses: see compiles.sh. */
#include <bpfunit/bpfunit.h>

#ifndef CASE
#define CASE 0
#endif

struct flow {
	__u32 address;
	__u16 port;
};
struct counters {
	__u64 packets, bytes;
};
typedef char name_key[16];

TYPED_MAP(flow_map, struct flow, struct counters);
TYPED_MAP(drop_map, __u32, __u64);
TYPED_MAP(name_map, name_key, __u64);

struct skeleton {
	struct {
		struct bpf_map *flows, *drops, *names, *jumps;
	} maps;
	struct {
		struct bpf_program *xdp;
	} progs;
};

static struct skeleton *skel;

BPF_TEST(compiles, checks)
{
	struct {
		unsigned int field : 4;
	} bits = { 3 };
	__u64 big = 1;
	int small = 1;
	__u8 tiny = 1;

	EXPECT_EQ(big, 1);
	EXPECT_EQ(small, big);
	EXPECT_LT(small, 2u);
	ASSERT_GE(tiny, small);
	EXPECT_NE(bits.field, tiny);
	EXPECT_EQ(skel, NULL);
	EXPECT_TRUE(tiny);
	EXPECT_OK(small);
	EXPECT_OK(skel);
	EXPECT_ERR(small, ENOENT);
	EXPECT_TRUE(1.5 > 1.0);
	EXPECT_EQ(EXPECT_EQ(big, 1), EXPECT_EQ(small, 1));
#if CASE == 1 /* REFUSED: bpfunit checks compare integers and pointers, not floating point:        \
		 compare in EXPECT_TRUE() */
	EXPECT_EQ(1.5, 2);
#endif
}

BPF_TEST(compiles, untyped_maps, .timeout_s = 1.5, .cpus = 2)
{
	__u32 i = 3;

	MAP_PUT(skel->maps.flows, ((struct flow){ .address = i, .port = 1 }),
		(struct counters){ i, 2 });
	MAP_PUT(skel->maps.drops, i, MAP_GET(skel->maps.drops, i + 1, __u64));
	MAP_PUT(skel->maps.jumps, i, skel->progs.xdp);
	MAP_PUT(skel->maps.names, "eth0", (__u64){ i });
	EXPECT_MAP_VALUE(skel->maps.flows, (struct flow){ 0 }, (struct counters){ 0 });
	EXPECT_MAP_HAS_KEY(skel->maps.flows, (struct flow){ .address = i, .port = 1 });
	EXPECT_EVENT(skel->maps.drops, (struct counters){ .packets = i });
	EXPECT_EQ(NEXT_EVENT(skel->maps.drops, struct counters)->bytes, 2);
}

BPF_TEST(compiles, typed_maps)
{
	struct flow_map *flows = TYPED(flow_map, skel->maps.flows);
	struct drop_map *drops = TYPED(drop_map, skel->maps.drops);
	struct name_map *names = TYPED(name_map, skel->maps.names);
	const struct flow flow = { .address = 1 };
	struct counters counters;
	__u32 i = 3;

	MAP_PUT(flows, flow, (struct counters){ .packets = i });
	MAP_PUT(drops, 1, (__u64){ i });
	MAP_PUT(names, "lo", (__u64){ 1 });
	EXPECT_OK(MAP_LOOKUP(flows, flow, &counters));
	counters = MAP_GET(flows, flow, struct counters);
	EXPECT_MAP_VALUE(flows, flow, counters);
#if CASE == 2 /* REFUSED: the key is not of this TYPED_MAP's key type */
	MAP_PUT(drops, (__u64){ 1 }, (__u64){ 1 });
#endif
#if CASE == 3 /* REFUSED: the key is not of this TYPED_MAP's key type */
	EXPECT_MAP_NO_KEY(flows, counters);
#endif
#if CASE == 4 /* REFUSED: the value is not of this TYPED_MAP's value type */
	MAP_PUT(flows, flow, (__u64){ 1 });
#endif
#if CASE == 5 /* REFUSED: the value is not of this TYPED_MAP's value type */
	EXPECT_MAP_VALUE(drops, 1, 1);
#endif
#if CASE == 6 /* REFUSED: the type is not this TYPED_MAP's value type */
	MAP_GET(drops, 1, __u32);
#endif
#if CASE == 7 /* REFUSED: the type is not this TYPED_MAP's value type */
	MAP_LOOKUP(drops, 1, &i);
#endif
#if CASE == 8 /* REFUSED: the key is not of this TYPED_MAP's key type */
	MAP_PUT(names, "a name of seventeen", (__u64){ 1 });
#endif
}

BPF_TEST(compiles, runs_and_mocks)
{
	struct flow context = { 0 };

	EXPECT_RUN(skel->progs.xdp, &context, 0);
	EXPECT_RUN(skel->progs.xdp, NULL, 0);
	EXPECT_FAULT(BPFUNIT_FAULT_BUDGET, BPFUNIT_RUN(skel->progs.xdp, &context));
	BPFUNIT_MOCK(BPF_FUNC_get_prandom_u32, .sequence = BPFUNIT_VALUES(1, 2, 3));
	BPFUNIT_MOCK(BPF_FUNC_map_update_elem, .returns = -ENOMEM, .map = skel->maps.drops);
	EXPECT_CALLS(BPF_FUNC_map_update_elem, 1);
}

BPF_FIXTURE(fixed)
{
	struct flow flow;
};
BPF_FIXTURE_SETUP(fixed)
{
	self->flow.port = 1;
}
BPF_FIXTURE_TEARDOWN(fixed)
{
}

BPF_TEST_F(fixed, without_options)
{
	BPFUNIT_CONTEXT("port %d", self->flow.port);
	EXPECT_EQ(self->flow.port, 1);
}

BPF_TEST_F(fixed, with_options, .timeout_s = 3, .cpus = 2)
{
	EXPECT_EQ(self->flow.port, 1);
}

#if CASE == 9 /* REFUSED: a test has a suite and a name */
BPF_TEST(compiles)
{
}
#endif
