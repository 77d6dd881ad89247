/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs the programs of paths.bpf.c, and ends in several ways. coverage_test.c looks at the counts.
 */
#include "paths.skel.h"
#include "paths_wide.skel.h"
#include <bpfunit/bpfunit.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int64_t run_long_ones(struct paths_bpf *skel, size_t size)
{
	static const uint8_t zeroes[256];
	struct bpfunit_packet *packet = bpfunit_packet_raw(zeroes, size);

	return BPFUNIT_RUN_XDP(skel->progs.long_ones, packet);
}

BPF_TEST(paths, passes)
{
	struct paths_bpf *skel = BPFUNIT_LOAD(paths_bpf);

	EXPECT_EQ(run_long_ones(skel, 60), XDP_PASS);
	EXPECT_EQ(run_long_ones(skel, 64), XDP_PASS);
}

BPF_TEST(paths, drops)
{
	struct paths_bpf *skel = BPFUNIT_LOAD(paths_bpf);

	EXPECT_EQ(run_long_ones(skel, 200), XDP_DROP);
}

/* Programs of the same names, functions and lines, with another instruction in them. */
BPF_TEST(paths, of_another_build)
{
	struct paths_wide_bpf *skel = BPFUNIT_LOAD(paths_wide_bpf);
	static const uint8_t frame[120];

	EXPECT_RUN_XDP(skel->progs.long_ones, bpfunit_packet_raw(frame, sizeof(frame)), XDP_PASS);
}

/* The skeleton is gone before the test ends. */
BPF_TEST(paths, destroys)
{
	struct paths_bpf *skel = paths_bpf__open_and_load();

	ASSERT_NOT_NULL(skel);
	EXPECT_EQ(run_long_ones(skel, 200), XDP_DROP);
	paths_bpf__destroy(skel);
}

BPF_TEST(paths, crashes)
{
	struct paths_bpf *skel = BPFUNIT_LOAD(paths_bpf);

	EXPECT_EQ(run_long_ones(skel, 60), XDP_PASS);
	raise(SIGSEGV);
}

BPF_TEST(paths, exits)
{
	struct paths_bpf *skel = BPFUNIT_LOAD(paths_bpf);

	EXPECT_EQ(run_long_ones(skel, 60), XDP_PASS);
	exit(1);
}

BPF_TEST(paths, hangs, .timeout_s = 1)
{
	struct paths_bpf *skel = BPFUNIT_LOAD(paths_bpf);

	EXPECT_EQ(run_long_ones(skel, 60), XDP_PASS);
	for (;;)
		pause();
}

BPF_TEST(paths, spins, .timeout_s = 1)
{
	struct paths_bpf *skel = BPFUNIT_LOAD(paths_bpf);
	static const uint8_t frame[64];

	bpfunit_set_budget(1ULL << 60);
	BPFUNIT_RUN_XDP(skel->progs.spins, bpfunit_packet_raw(frame, sizeof(frame)));
}

/* The child has the same counts, and dies of a signal that saves coverage in the test's own
 * process. */
BPF_TEST(paths, forks)
{
	struct paths_bpf *skel = BPFUNIT_LOAD(paths_bpf);
	pid_t pid;

	EXPECT_EQ(run_long_ones(skel, 60), XDP_PASS);
	pid = fork();
	if (pid == 0)
		raise(SIGSEGV);
	EXPECT_EQ(waitpid(pid, NULL, 0), pid);
}

BPF_TEST(nothing, loads_no_program)
{
	EXPECT_TRUE(true);
}
