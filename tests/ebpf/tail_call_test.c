// SPDX-License-Identifier: BSD-2-Clause
/*
 * Tail calls from subprograms: 33 in a run, whatever function makes them, and each returns to the
 * caller of the subprogram that made it. The numbers are those of Linux 6.18.
 */
#include <bpf/bpf.h>
#include <bpfunit/bpfunit.h>
#include <string.h>

#include "tail_call.skel.h"

static struct tail_call_bpf *load(int twice, int *fd)
{
	struct tail_call_bpf *skel = BPFUNIT_LOAD(tail_call_bpf);
	unsigned int key = 0;

	*fd = bpf_program__fd(twice ? skel->progs.twice : skel->progs.once);
	ASSERT_OK(bpf_map_update_elem(bpf_map__fd(skel->maps.targets), &key, fd, 0));
	return skel;
}

static int run(int fd, int *result)
{
	char packet[64] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet));
	int error = bpf_prog_test_run_opts(fd, &opts);

	*result = (int)opts.retval;
	return error;
}

BPF_TEST(tail_call, thirty_three_from_subprograms)
{
	int fd, result;
	struct tail_call_bpf *skel = load(0, &fd);

	ASSERT_OK(run(fd, &result));
	EXPECT_EQ(result, 35);
	EXPECT_EQ(skel->bss->entered, 34);
	EXPECT_EQ(skel->bss->returned, 34);
}

BPF_TEST(tail_call, the_limit_is_the_runs)
{
	int fd, result;
	struct tail_call_bpf *skel = load(1, &fd);

	ASSERT_OK(run(fd, &result));
	EXPECT_EQ(result, 69);
	EXPECT_EQ(skel->bss->entered, 34);
	EXPECT_EQ(skel->bss->returned, 34);
	/* The next run may make as many. */
	ASSERT_OK(run(fd, &result));
	EXPECT_EQ(skel->bss->entered, 68);
}

BPF_TEST(tail_call, faults_in_the_deepest_frame_are_reported)
{
	int fd, result;
	struct tail_call_bpf *skel = load(0, &fd);

	skel->bss->faulty = 1;
	EXPECT_FAULT(BPFUNIT_FAULT_NULL_POINTER, run(fd, &result));
	EXPECT_NOT_NULL(strstr(bpfunit_fault_report(), "again"));
	EXPECT_EQ(skel->bss->entered, 34);
}
