// SPDX-License-Identifier: BSD-2-Clause
/*
 * Tail calls from subprograms: 33 in a run, whatever function makes them, and each returns to the
 * caller of the subprogram that made it. The numbers are those of Linux 6.18.
 */
#include <bpf/bpf.h>
#include <bpfunit/bpfunit.h>
#include <string.h>

#include "extension.skel.h"
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

static struct bpf_program *loads(struct bpf_program *prog, int fd, const char *func)
{
	ASSERT_OK(bpf_program__set_autoload(prog, true));
	ASSERT_OK(bpf_program__set_attach_target(prog, fd, func));
	return prog;
}

/* A tail call enters its target behind what leads to the trampoline. Source:
 * X86_TAIL_CALL_OFFSET, arch/x86/net/bpf_jit_comp.c (6.12). */
BPF_TEST(tail_call, is_not_seen_by_those_who_watch_its_target,
	 .vm_only = "kernels without trampolines refuse fentry of programs")
{
	struct extension_bpf *watch = BPFUNIT_OPEN(extension_bpf);
	struct bpf_program *prog;
	int fd, result;

	load(0, &fd);
	bpf_object__for_each_program(prog, watch->obj)
		ASSERT_OK(bpf_program__set_autoload(prog, false));
	loads(watch->progs.enter_once, fd, "once");
	loads(watch->progs.leave_again, fd, "again");
	ASSERT_OK(extension_bpf__load(watch));
	BPFUNIT_ATTACH(watch->progs.enter_once);
	BPFUNIT_ATTACH(watch->progs.leave_again);
	ASSERT_OK(run(fd, &result));
	EXPECT_EQ(result, 35);
	EXPECT_EQ(watch->bss->entries, 1);
	EXPECT_EQ(watch->bss->exits, 34);
	ASSERT_OK(run(fd, &result));
	EXPECT_EQ(watch->bss->entries, 2);
}
