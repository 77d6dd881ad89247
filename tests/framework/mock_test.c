// SPDX-License-Identifier: BSD-2-Clause
/* Mocks of helpers. */
#include <linux/types.h>

#include "framework.h"
#include "framework.skel.h"
#include "inner.h"

#include <bpf/bpf.h>
#include <string.h>

BPF_FIXTURE(mock)
{
	struct framework_bpf *skel;
};

BPF_FIXTURE_SETUP(mock)
{
	self->skel = BPFUNIT_LOAD(framework_bpf);
}

BPF_FIXTURE_TEARDOWN(mock)
{
}

static int64_t random_of(struct framework_bpf *skel)
{
	return BPFUNIT_RUN(skel->progs.call_random, NULL);
}

BPF_TEST_F(mock, fixed_value)
{
	struct bpfunit_mock *mock = BPFUNIT_MOCK(BPF_FUNC_get_prandom_u32, .returns = 7);

	EXPECT_EQ(random_of(self->skel), 7);
	EXPECT_EQ(random_of(self->skel), 7);
	EXPECT_EQ(bpfunit_mock_calls(mock), 2);
	EXPECT_CALLS(BPF_FUNC_get_prandom_u32, 2);
	ASSERT_CALLS(BPF_FUNC_map_update_elem, 0);
	EXPECT_EQ(bpfunit_calls(100000), 0);
}

BPF_TEST_F(mock, sequence_then_the_model)
{
	int64_t first;

	bpfunit_set_random_seed(1);
	first = random_of(self->skel);
	bpfunit_set_random_seed(1);
	BPFUNIT_MOCK(BPF_FUNC_get_prandom_u32, .sequence = BPFUNIT_VALUES(1, 2));
	EXPECT_EQ(random_of(self->skel), 1);
	EXPECT_EQ(random_of(self->skel), 2);
	EXPECT_EQ(random_of(self->skel), first);
}

BPF_TEST_F(mock, the_newest_that_applies_answers)
{
	struct bpfunit_mock *newest;

	BPFUNIT_MOCK(BPF_FUNC_get_prandom_u32, .returns = 1);
	newest = BPFUNIT_MOCK(BPF_FUNC_get_prandom_u32, .returns = 2, .skip = 1, .times = 2);
	EXPECT_EQ(random_of(self->skel), 1);
	EXPECT_EQ(random_of(self->skel), 2);
	EXPECT_EQ(random_of(self->skel), 2);
	EXPECT_EQ(random_of(self->skel), 1);
	EXPECT_EQ(bpfunit_mock_calls(newest), 2);
}

BPF_TEST_F(mock, can_be_removed)
{
	struct bpfunit_mock *older = BPFUNIT_MOCK(BPF_FUNC_get_prandom_u32, .returns = 1);
	struct bpfunit_mock *newer = BPFUNIT_MOCK(BPF_FUNC_get_prandom_u32, .returns = 2);

	bpfunit_unmock(older);
	EXPECT_EQ(random_of(self->skel), 2);
	bpfunit_unmock(newer);
	bpfunit_unmock(newer);
	bpfunit_unmock(NULL);
	EXPECT_EQ(bpfunit_mock_calls(newer), 1);
	BPFUNIT_MOCK(BPF_FUNC_get_prandom_u32, .returns = 3);
	BPFUNIT_MOCK(BPF_FUNC_get_prandom_u32, .returns = 4);
	bpfunit_unmock_helper(BPF_FUNC_get_prandom_u32);
	bpfunit_unmock_helper(100000);
	bpfunit_set_random_seed(9);
	EXPECT_NE(random_of(self->skel), random_of(self->skel));
}

BPF_TEST_F(mock, only_calls_with_its_map)
{
	struct framework_bpf *skel = self->skel;

	BPFUNIT_MOCK(BPF_FUNC_map_update_elem, .returns = -ENOMEM, .map = skel->maps.slots);
	EXPECT_RUN(skel->progs.put_two, NULL, 2);
	EXPECT_MAP_VALUE(skel->maps.drops, (__u32){ 1 }, (__u64){ 10 });
	EXPECT_MAP_VALUE(skel->maps.slots, (__u32){ 1 }, (__u64){ 0 });
	EXPECT_CALLS(BPF_FUNC_map_update_elem, 2);
}

BPF_TEST_F(mock, helper_without_a_model)
{
	BPFUNIT_MOCK(BPF_FUNC_get_branch_snapshot, .returns = 24);
	EXPECT_RUN(self->skel->progs.call_unmodelled, NULL, 24);
}

static int64_t write_comm(struct bpfunit_call *call)
{
	EXPECT_EQ(call->helper, BPF_FUNC_get_current_comm);
	EXPECT_EQ(call->args[1], 16);
	memset((void *)(uintptr_t)call->args[0], *(char *)call->arg, call->args[1]);
	return 0;
}

BPF_TEST_F(mock, callback_fills_memory)
{
	char letter = 'q';

	BPFUNIT_MOCK(BPF_FUNC_get_current_comm, .callback = write_comm, .arg = &letter);
	EXPECT_RUN(self->skel->progs.fill_by_helper, NULL, 'q');
}

static int64_t count_and_call_real(struct bpfunit_call *call)
{
	uint64_t value = 77;

	*(uint64_t *)call->arg += call->nth + 1;
	if (call->nth == 0)
		call->args[2] =
			(uintptr_t)memcpy((void *)(uintptr_t)call->args[2], &value, sizeof(value));
	return bpfunit_call_real(call);
}

BPF_TEST_F(mock, callback_calls_the_real_helper)
{
	uint64_t count = 0;

	BPFUNIT_MOCK(BPF_FUNC_map_update_elem, .callback = count_and_call_real, .arg = &count);
	EXPECT_RUN(self->skel->progs.put_two, NULL, 0);
	EXPECT_EQ(count, 3);
	EXPECT_MAP_VALUE(self->skel->maps.drops, (__u32){ 1 }, (__u64){ 77 });
}

static int64_t run_another(struct bpfunit_call *call)
{
	struct framework_bpf *skel = call->arg;

	return BPFUNIT_RUN_ARGS(skel->progs.sum_and_reset, 30, 3);
}

BPF_TEST_F(mock, callback_may_run_a_program)
{
	BPFUNIT_MOCK(BPF_FUNC_get_prandom_u32, .callback = run_another, .arg = self->skel);
	EXPECT_EQ(random_of(self->skel), 33);
}

static struct framework_bpf *used;
static int after;

static int64_t asserting(struct bpfunit_call *call)
{
	ASSERT_EQ(call->nth, 99);
	after++;
	return 0;
}

static void ends_in_a_mock(void *self)
{
	(void)self;
	BPFUNIT_MOCK(BPF_FUNC_get_prandom_u32, .callback = asserting);
	random_of(used);
	after++;
}

static int64_t nesting(struct bpfunit_call *call)
{
	(void)call;
	BPFUNIT_RUN(used->progs.put_two, NULL);
	after++;
	return 0;
}

static void ends_in_a_nested_run(void *self)
{
	(void)self;
	BPFUNIT_MOCK(BPF_FUNC_get_prandom_u32, .callback = nesting);
	BPFUNIT_MOCK(BPF_FUNC_map_update_elem, .callback = asserting);
	random_of(used);
	after++;
}

BPF_TEST_F(mock, an_assert_in_a_callback_ends_the_test)
{
	struct inner inner;

	used = self->skel;
	inner = inner_run(ends_in_a_mock);
	EXPECT_STREQ(inner.text, "ASSERT_EQ(call->nth, 99) does not hold\n"
				 "  call->nth: 0\n"
				 "  99:        99 (0x63)");
	EXPECT_EQ(after, 0);
	EXPECT_EQ(inner_run(ends_in_a_nested_run).failures, 1);
	EXPECT_EQ(after, 0);
	/* Nothing of it is left: the mocks are gone, programs run. */
	EXPECT_RUN(self->skel->progs.put_two, NULL, 0);
}

static void ends_in_the_first_update(void *self)
{
	(void)self;
	BPFUNIT_MOCK(BPF_FUNC_map_update_elem, .callback = asserting, .map = used->maps.drops);
	BPFUNIT_RUN(used->progs.put_two, NULL);
}

BPF_TEST_F(mock, an_assert_in_a_callback_stops_the_program)
{
	used = self->skel;
	EXPECT_EQ(inner_run(ends_in_the_first_update).failures, 1);
	EXPECT_MAP_VALUE(self->skel->maps.slots, (__u32){ 1 }, (__u64){ 0 });
	EXPECT_CALLS(BPF_FUNC_map_update_elem, 1);
}

static int64_t skipping(struct bpfunit_call *call)
{
	(void)call;
	BPFUNIT_SKIP("enough");
}

static void skips_in_a_mock(void *self)
{
	(void)self;
	BPFUNIT_MOCK(BPF_FUNC_get_prandom_u32, .callback = skipping);
	random_of(used);
	after++;
}

BPF_TEST_F(mock, a_skip_in_a_callback_ends_the_test)
{
	used = self->skel;
	EXPECT_EQ(inner_run(skips_in_a_mock).status, BPFUNIT_SKIPPED);
	EXPECT_EQ(after, 0);
}

static void asserts_under_libbpf(void *self)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);

	(void)self;
	BPFUNIT_MOCK(BPF_FUNC_get_prandom_u32, .callback = asserting);
	bpf_prog_test_run_opts(bpf_program__fd(used->progs.call_random), &opts);
	EXPECT_TRUE(true);
	after++;
}

BPF_TEST_F(mock, an_assert_under_libbpf_ends_the_test_at_the_next_check)
{
	used = self->skel;
	EXPECT_EQ(inner_run(asserts_under_libbpf).failures, 1);
	EXPECT_EQ(after, 0);
}

static void asserts_under_libbpf_at_last(void *self)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);

	(void)self;
	BPFUNIT_MOCK(BPF_FUNC_get_prandom_u32, .callback = asserting);
	bpf_prog_test_run_opts(bpf_program__fd(used->progs.call_random), &opts);
}

static void checking_teardown(void *self)
{
	(void)self;
	EXPECT_TRUE(true);
	after = 7;
}

BPF_TEST_F(mock, an_ended_body_does_not_end_the_teardown)
{
	struct bpfunit_test test = {
		.suite = "inner",
		.name = "ending",
		.body = asserts_under_libbpf_at_last,
		.teardown = checking_teardown,
	};

	used = self->skel;
	EXPECT_EQ(inner_execute(&test).failures, 1);
	EXPECT_EQ(after, 7);
	after = 0;
}

static int64_t removing_itself(struct bpfunit_call *call)
{
	bpfunit_unmock(*(struct bpfunit_mock **)call->arg);
	return 5;
}

BPF_TEST_F(mock, callback_may_remove_its_mock)
{
	struct bpfunit_mock *mock;

	mock = BPFUNIT_MOCK(BPF_FUNC_get_prandom_u32, .callback = removing_itself, .arg = &mock);
	EXPECT_EQ(random_of(self->skel), 5);
	BPFUNIT_MOCK(BPF_FUNC_get_prandom_u32, .returns = 6);
	EXPECT_EQ(random_of(self->skel), 6);
	EXPECT_EQ(bpfunit_mock_calls(mock), 1);
}

FAILS(mock_fails, no_such_helper, "cannot mock helper #255: there is none of this number")
{
	BPFUNIT_MOCK(255, .returns = 1);
	FAIL("went on");
}

FAILS(mock_fails, number_out_of_range, "cannot mock helper #70000: there is none of this number")
{
	BPFUNIT_MOCK(70000, .returns = 1);
	FAIL("went on");
}

FAILS(mock_fails, map_that_does_not_exist, "map 'slots' does not exist yet: load its object first")
{
	struct framework_bpf *skel = BPFUNIT_OPEN(framework_bpf);

	BPFUNIT_MOCK(BPF_FUNC_map_update_elem, .map = skel->maps.slots);
	FAIL("went on");
}
