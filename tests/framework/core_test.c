// SPDX-License-Identifier: BSD-2-Clause
/* One object against several kernels' types, chosen by the test: values are read where each kernel
 * has them. */
#include <bpf/btf.h>
#include <bpfunit/bpfunit.h>
#include <string.h>

#include "layouts.skel.h"

/* A task as the kernel of this test has it; what programs read of it. */
static struct layouts_bpf *read_task(const char *field, uint64_t state)
{
	struct layouts_bpf *skel = BPFUNIT_LOAD(layouts_bpf);
	void *task = BPFUNIT_KOBJ("task_struct");

	KOBJ_SET(task, "pid", 42);
	KOBJ_SET(task, "group_leader.pid", 41);
	KOBJ_SET(task, "policy", 5);
	KOBJ_SET(task, field, state);
	BPFUNIT_RUN_ARGS(skel->progs.read, (uintptr_t)task);
	EXPECT_EQ(skel->bss->pid, 42);
	EXPECT_EQ(skel->bss->leader_pid, 41);
	EXPECT_EQ(skel->bss->policy, 5);
	EXPECT_EQ(skel->bss->state, state);
	return skel;
}

BPF_TEST(layouts, as_compiled)
{
	struct layouts_bpf *skel = read_task("state", 0x80000001);

	EXPECT_EQ(skel->bss->has_state, 1);
	EXPECT_EQ(skel->bss->phase, 2);
	EXPECT_EQ(skel->bss->wide, 0x100000001);
	EXPECT_EQ(skel->bss->old_size, 4);
}

BPF_TEST(layouts, moved, .btf = BPFUNIT_BTF_moved)
{
	struct layouts_bpf *skel = read_task("state", 0x80000001);

	EXPECT_EQ(skel->bss->has_state, 1);
	EXPECT_EQ(skel->bss->phase, 20);
	EXPECT_EQ(skel->bss->wide, 0x200000002);
	EXPECT_EQ(skel->bss->old_size, 12);
}

BPF_TEST(layouts, resized, .btf = BPFUNIT_BTF_resized)
{
	struct layouts_bpf *skel = read_task("state", 0x123456789abcdef);

	EXPECT_EQ(skel->bss->has_state, 1);
	EXPECT_EQ(skel->bss->phase, 200);
	EXPECT_EQ(skel->bss->wide, 3);
	EXPECT_EQ(skel->bss->has_old, 0);
}

BPF_TEST(layouts, without, .btf = BPFUNIT_BTF_without)
{
	struct layouts_bpf *skel = read_task("__state", 0x80000001);

	EXPECT_EQ(skel->bss->has_state, 0);
	EXPECT_EQ(skel->bss->has_phase_two, 0);
	EXPECT_EQ(skel->bss->phase, 0);
	EXPECT_EQ(skel->bss->has_old, 0);
}
