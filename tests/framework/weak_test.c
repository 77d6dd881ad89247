// SPDX-License-Identifier: BSD-2-Clause
/* Weak functions and variables of the kernel, and whether its types match: in a kernel that has
 * what the object declares, and in others, chosen by the test. */
#include <bpfunit/bpfunit.h>

#include "weak.skel.h"

BPF_TEST(weak, is_there_when_objects_make_the_kernel)
{
	struct weak_bpf *skel = BPFUNIT_LOAD(weak_bpf);

	BPFUNIT_MOCK_KFUNC("perhaps_function", .returns = 8);
	EXPECT_RUN(skel->progs.ask, NULL, 8);
	EXPECT_EQ(skel->bss->has_function, 1);
	EXPECT_EQ(skel->bss->has_typed, 1);
	EXPECT_EQ(skel->bss->has_symbol, 1); /* no types tell of it */
}

BPF_TEST(weak, is_missing_where_the_kernel_lacks_it, .btf = BPFUNIT_BTF_moved)
{
	struct weak_bpf *skel = BPFUNIT_LOAD(weak_bpf);

	EXPECT_RUN(skel->progs.ask, NULL, -1);
	EXPECT_EQ(skel->bss->has_function, 0);
	EXPECT_EQ(skel->bss->has_typed, 0);
	EXPECT_EQ(skel->bss->has_symbol, 1); /* no types tell of it */
}

static struct weak_bpf *load_matching(void)
{
	struct weak_bpf *skel = BPFUNIT_LOAD(weak_bpf);

	if (!skel->rodata->has_matches)
		BPFUNIT_SKIP("clang before 15 does not compile bpf_core_type_matches()");
	return skel;
}

BPF_TEST(matches, types_of_the_object)
{
	struct weak_bpf *skel = load_matching();

	EXPECT_RUN(skel->progs.match, NULL, 0);
	EXPECT_EQ(skel->bss->matches, 1);
	EXPECT_EQ(skel->bss->matches_other, 0);
}

BPF_TEST(matches, fields_that_moved, .btf = BPFUNIT_BTF_moved)
{
	struct weak_bpf *skel = load_matching();

	EXPECT_RUN(skel->progs.match, NULL, 0);
	EXPECT_EQ(skel->bss->matches, 1);
	EXPECT_EQ(skel->bss->matches_other, 0);
}

BPF_TEST(matches, fields_that_are_missing, .btf = BPFUNIT_BTF_without)
{
	struct weak_bpf *skel = load_matching();

	EXPECT_RUN(skel->progs.match, NULL, 0);
	EXPECT_EQ(skel->bss->matches, 0);
}
