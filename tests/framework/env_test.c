// SPDX-License-Identifier: BSD-2-Clause
/* The environment: what programs see of what tests set. */
#include <linux/types.h>

#include "framework.h"
#include "framework.skel.h"
#include "inner.h"

#include <string.h>

BPF_FIXTURE(env)
{
	struct framework_bpf *skel;
};

BPF_FIXTURE_SETUP(env)
{
	self->skel = BPFUNIT_LOAD(framework_bpf);
}

BPF_FIXTURE_TEARDOWN(env)
{
}

BPF_TEST_F(env, begins_as_documented)
{
	struct framework_bpf *skel = self->skel;

	EXPECT_RUN(skel->progs.who, NULL, 1000);
	EXPECT_EQ(skel->bss->last_event.pid, 1000);
	EXPECT_EQ(skel->bss->last_event.stamp_ns, 1000ULL << 32 | 1000);
	EXPECT_STREQ(skel->bss->last_event.comm, "bpfunit");
	EXPECT_RUN(skel->progs.where_and_when, NULL, 1);
	EXPECT_EQ(skel->bss->last_event.stamp_ns, 0);
	EXPECT_EQ(bpfunit_clock_ns(), NSEC_PER_SEC);
}

BPF_TEST_F(env, pid_sets_process_and_thread)
{
	EXPECT_OK(bpfunit_set_pid(42));
	EXPECT_RUN(self->skel->progs.who, NULL, 42);
	EXPECT_EQ(self->skel->bss->last_event.pid, 42);
	EXPECT_OK(bpfunit_set_tid(43));
	EXPECT_OK(bpfunit_set_tgid(41));
	EXPECT_OK(bpfunit_set_ppid(40));
	EXPECT_RUN(self->skel->progs.who, NULL, 41);
	EXPECT_EQ(self->skel->bss->last_event.pid, 43);
}

BPF_TEST_F(env, impossible_values_are_refused)
{
	EXPECT_ERR(bpfunit_set_pid(UINT32_MAX), EINVAL);
	EXPECT_ERR(bpfunit_set_tgid(UINT32_MAX), EINVAL);
	EXPECT_ERR(bpfunit_set_tid(UINT32_MAX), EINVAL);
	EXPECT_ERR(bpfunit_set_ppid(UINT32_MAX), EINVAL);
	EXPECT_ERR(bpfunit_set_cpu(bpfunit_nr_cpus()), EINVAL);
	EXPECT_ERR(bpfunit_set_comm(NULL), EINVAL);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_RUN(self->skel->progs.who, NULL, 1000);
}

BPF_TEST_F(env, ids_and_names)
{
	struct framework_bpf *skel = self->skel;

	EXPECT_OK(bpfunit_set_uid(5));
	EXPECT_OK(bpfunit_set_gid(6));
	EXPECT_OK(bpfunit_set_comm("nginx"));
	EXPECT_RUN(skel->progs.who, NULL, 1000);
	EXPECT_EQ(skel->bss->last_event.stamp_ns, 6ULL << 32 | 5);
	EXPECT_STREQ(skel->bss->last_event.comm, "nginx");
}

BPF_TEST_F(env, long_comm_is_cut)
{
	EXPECT_OK(bpfunit_set_comm("0123456789abcdefgh"));
	EXPECT_RUN(self->skel->progs.who, NULL, 1000);
	EXPECT_MEMEQ(self->skel->bss->last_event.comm, "0123456", 8);
}

BPF_TEST_F(env, cpu_cgroup_and_boot_time)
{
	EXPECT_OK(bpfunit_set_cpu(3));
	EXPECT_OK(bpfunit_set_cgroup_id(55));
	bpfunit_clock_set_boot_offset_ns(12);
	EXPECT_RUN(self->skel->progs.where_and_when, NULL, 355);
	EXPECT_EQ(self->skel->bss->last_event.stamp_ns, 12);
}

BPF_TEST_F(env, clock_moves_only_when_moved)
{
	bpfunit_clock_set_ns(100);
	bpfunit_clock_advance_ns(5);
	EXPECT_EQ(bpfunit_clock_ns(), 105);
	EXPECT_RUN(self->skel->progs.emit_ring, NULL, 0);
	EXPECT_RUN(self->skel->progs.emit_ring, NULL, 0);
	EXPECT_EQ(NEXT_EVENT(self->skel->maps.ring, struct event)->stamp_ns, 105);
	EXPECT_EQ(NEXT_EVENT(self->skel->maps.ring, struct event)->stamp_ns, 105);
}

BPF_TEST_F(env, random_follows_its_seed)
{
	int64_t first;

	bpfunit_set_random_seed(3);
	first = BPFUNIT_RUN(self->skel->progs.call_random, NULL);
	EXPECT_NE(BPFUNIT_RUN(self->skel->progs.call_random, NULL), first);
	bpfunit_set_random_seed(3);
	EXPECT_EQ(BPFUNIT_RUN(self->skel->progs.call_random, NULL), first);
}

BPF_TEST_F(env, trace_is_captured)
{
	EXPECT_STREQ(bpfunit_trace(), "");
	EXPECT_RUN(self->skel->progs.print, NULL, 0);
	bpfunit_set_pid(2);
	EXPECT_RUN(self->skel->progs.print, NULL, 0);
	EXPECT_STREQ(bpfunit_trace(), "pid 1000\npid 2\n");
	bpfunit_trace_clear();
	EXPECT_STREQ(bpfunit_trace(), "");
	EXPECT_RUN(self->skel->progs.print, NULL, 0);
	EXPECT_STREQ(bpfunit_trace(), "pid 2\n");
}
