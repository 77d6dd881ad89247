/* SPDX-License-Identifier: BSD-2-Clause */
/* Compiled twice into one binary, which then has two tests of one name. */
#include <bpfunit/bpfunit.h>

BPF_TEST(same, name)
{
	EXPECT_TRUE(true);
}
