// SPDX-License-Identifier: BSD-2-Clause
/* A program with one test of each outcome, for the scripts beside it. */
#include <bpfunit/bpfunit.h>
#include <unistd.h>

BPF_TEST(outcome, passes)
{
	EXPECT_TRUE(true);
}

BPF_TEST(outcome, fails)
{
	EXPECT_EQ(1 + 1, 3);
}

BPF_TEST(outcome, is_skipped)
{
	BPFUNIT_SKIP("for a reason");
}

BPF_TEST(outcome, hangs)
{
	pause();
}
