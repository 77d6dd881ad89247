// SPDX-License-Identifier: BSD-2-Clause
/* Kernel functions: models, exceptions, mocks by name. */
#include <bpf/bpf.h>
#include <bpfunit/bpfunit.h>
#include <string.h>

#include "kfunc.skel.h"

static struct kfunc_bpf *load(void)
{
	return BPFUNIT_LOAD(kfunc_bpf);
}

static int run(const struct bpf_program *prog)
{
	char packet[64] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet));

	ASSERT_OK(bpf_prog_test_run_opts(bpf_program__fd(prog), &opts));
	return (int)opts.retval;
}

BPF_TEST(kfunc, numbers_are_iterated)
{
	struct kfunc_bpf *skel = load();

	EXPECT_EQ(run(skel->progs.count), 45);
	EXPECT_EQ(skel->bss->error, 0);
	EXPECT_EQ(bpfunit_kfunc_calls("bpf_iter_num_next"), 11U);
	skel->bss->from = -3;
	skel->data->to = 3;
	EXPECT_EQ(run(skel->progs.count), -3);
	skel->bss->from = 3;
	EXPECT_EQ(run(skel->progs.count), 0);
	EXPECT_EQ(skel->bss->error, 0);
}

BPF_TEST(kfunc, wrong_ranges_iterate_over_nothing)
{
	struct kfunc_bpf *skel = load();

	skel->bss->from = 11;
	EXPECT_EQ(run(skel->progs.count), 0);
	EXPECT_EQ(skel->bss->error, -EINVAL);
	skel->bss->from = -2147483647 - 1;
	skel->data->to = 2147483647;
	EXPECT_EQ(run(skel->progs.count), 0);
	EXPECT_EQ(skel->bss->error, -E2BIG);
	skel->bss->from = 0;
	skel->data->to = 8 * 1024 * 1024 + 1;
	EXPECT_EQ(run(skel->progs.count), 0);
	EXPECT_EQ(skel->bss->error, -E2BIG);
}

static long test_run(const struct bpf_program *prog)
{
	char packet[64] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet));

	return bpf_prog_test_run_opts(bpf_program__fd(prog), &opts);
}

BPF_TEST(kfunc, iterators_are_watched)
{
	struct kfunc_bpf *skel = load();

	EXPECT_FAULT(BPFUNIT_FAULT_LEAK, test_run(skel->progs.forgets_to_destroy));
	EXPECT_NOT_NULL(strstr(bpfunit_fault_report(), "iterator"));
	EXPECT_FAULT(BPFUNIT_FAULT_UNINITIALISED, test_run(skel->progs.uses_destroyed));
}

BPF_TEST(kfunc, an_exception_ends_the_program_with_its_cookie)
{
	struct kfunc_bpf *skel = load();

	EXPECT_EQ(run(skel->progs.throws), 10);
	EXPECT_EQ(skel->bss->sum, 0);
	skel->data->to = 2;
	EXPECT_EQ(run(skel->progs.throws), 2);
	EXPECT_EQ(skel->bss->sum, 77);
}

BPF_TEST(kfunc, an_exception_ends_helpers_too)
{
	struct kfunc_bpf *skel = load();

	EXPECT_EQ(run(skel->progs.throws_in_callback), 4);
	EXPECT_EQ(skel->bss->sum, 0);
	EXPECT_EQ(bpfunit_kfunc_calls("bpf_throw"), 1U);
	/* The next run begins afresh. */
	EXPECT_EQ(run(skel->progs.count), 45);
}

BPF_TEST(kfunc, sections_balance)
{
	struct kfunc_bpf *skel = load();

	EXPECT_EQ(run(skel->progs.sections), 0);
	EXPECT_FAULT(BPFUNIT_FAULT_DOUBLE_RELEASE, test_run(skel->progs.unlocks_too_often));
}

BPF_TEST(kfunc, casts_keep_the_object)
{
	EXPECT_EQ(run(load()->progs.casts), 64);
}

BPF_TEST(kfunc, without_model_they_fault)
{
	EXPECT_FAULT(BPFUNIT_FAULT_NO_MODEL, test_run(load()->progs.calls_unmodelled));
	EXPECT_NOT_NULL(strstr(bpfunit_fault_report(), "BPFUNIT_MOCK_KFUNC(\"unmodelled_kfunc\""));
}

BPF_TEST(kfunc, elements_of_a_map_are_counted)
{
	struct kfunc_bpf *skel = load();

	EXPECT_EQ(run(skel->progs.counts_elements), 0);
	for (uint32_t i = 0; i < 7; i++)
		ASSERT_OK(bpf_map__update_elem(skel->maps.table, &i, 4, &i, 4, 0));
	EXPECT_EQ(run(skel->progs.counts_elements), 7);
	EXPECT_FAULT(BPFUNIT_FAULT_BAD_ARGUMENT, test_run(skel->progs.counts_nothing));
}

/* The struct is as large as the object describes it. */
BPF_TEST(kfunc, maps_can_be_read_as_structs)
{
	struct kfunc_bpf *skel = load();

	EXPECT_EQ(run(skel->progs.reads_map), 104);
	EXPECT_FAULT(BPFUNIT_FAULT_WILD_POINTER, test_run(skel->progs.reads_beyond_map));
	EXPECT_FAULT(BPFUNIT_FAULT_WILD_POINTER, test_run(skel->progs.writes_map));
}

static int64_t doubled(struct bpfunit_call *call)
{
	return (int64_t)call->args[0] * 2;
}

BPF_TEST(kfunc, can_be_mocked_by_name)
{
	struct bpfunit_mock *early, *late;
	struct kfunc_bpf *skel;

	early = BPFUNIT_MOCK_KFUNC("unmodelled_kfunc", .returns = 41, .times = 1);
	skel = load();
	EXPECT_EQ(run(skel->progs.calls_unmodelled), 42);
	late = BPFUNIT_MOCK_KFUNC("unmodelled_kfunc", .callback = doubled);
	EXPECT_EQ(run(skel->progs.calls_unmodelled), 11);
	EXPECT_EQ(bpfunit_mock_calls(early), 1U);
	EXPECT_EQ(bpfunit_mock_calls(late), 1U);
	EXPECT_EQ(bpfunit_kfunc_calls("unmodelled_kfunc"), 2U);
	bpfunit_unmock(late);
	EXPECT_FAULT(BPFUNIT_FAULT_NO_MODEL, test_run(skel->progs.calls_unmodelled));
}

BPF_TEST(kfunc, a_model_can_be_mocked)
{
	struct kfunc_bpf *skel = load();

	BPFUNIT_MOCK_KFUNC("bpf_iter_num_next", .returns = 0);
	EXPECT_EQ(run(skel->progs.count), 0);
}
