/* SPDX-License-Identifier: BSD-2-Clause */
/* What perf events have counted: read(2) with each format, groups, and the helpers. */
#include "perf_call.h"

#include "count.skel.h"
#include <bpf/bpf.h>
#include <bpfunit/tracing.h>
#include <sys/resource.h>
#include <unistd.h>

#define GROUP_OF(leader, ...) OPEN(0, -1, leader, 0, __VA_ARGS__)

static long read_event(const struct kernel *k, long event, void *words, size_t size)
{
	return k->call(SYS_read, event, (long)words, (long)size, 0, 0, 0);
}

/* Bytes of the answer. */
static long read_format(const struct kernel *k, u64 format, size_t room)
{
	u64 words[16];

	return read_event(k, OPEN_ON_0(CLOCK, .read_format = format), words, room);
}

CASE(read_value, 8)
{
	return read_format(k, 0, 128);
}

CASE(read_all_formats, 48)
{
	return read_format(k, 31, 128);
}

CASE(read_times, 24)
{
	return read_format(k, 3, 24);
}

CASE(read_id_and_lost, 24)
{
	return read_format(k, 4 | 16, 128);
}

CASE(read_unknown_format, -EINVAL)
{
	return OPEN_ON_0(CLOCK, .read_format = 32);
}

CASE(read_too_little, -ENOSPC)
{
	return read_format(k, 1, 15);
}

CASE(read_nothing, -ENOSPC)
{
	return read_format(k, 0, 0);
}

CASE(read_to_a_wild_pointer, -EFAULT)
{
	return read_event(k, OPEN_ON_0(CLOCK), (void *)0xdead0000dead, 8);
}

CASE(read_disabled, 0)
{
	u64 value = 1;

	EXPECT_EQ(read_event(k, OPEN_ON_0(CLOCK, .disabled = 1), &value, 8), 8);
	return (long)value;
}

CASE(read_output, 0)
{
	u64 value = 1;

	EXPECT_EQ(read_event(k, OPEN_ON_0(OUTPUT), &value, 8), 8);
	return (long)value;
}

CASE(read_reset, 0)
{
	long event = OPEN(0, -1, -1, 0, CLOCK);
	u64 value = 1;

	k->call(SYS_ioctl, event, PERF_EVENT_IOC_DISABLE, 0, 0, 0, 0);
	k->call(SYS_ioctl, event, PERF_EVENT_IOC_RESET, 0, 0, 0, 0);
	EXPECT_EQ(read_event(k, event, &value, 8), 8);
	return (long)value;
}

/* The number of events, and each one's value and id; of any of its members. */
CASE(read_group, 2)
{
	long leader = OPEN(0, -1, -1, 0, CLOCK, .read_format = 8 | 4);
	long follower = GROUP_OF((int)leader, CLOCK, .read_format = 8 | 4);
	u64 words[16] = { 0 }, id = 0;

	EXPECT_EQ(read_event(k, leader, words, sizeof(words)), 40);
	k->call(SYS_ioctl, follower, PERF_EVENT_IOC_ID, (long)&id, 0, 0, 0);
	EXPECT_EQ(words[4], id);
	EXPECT_EQ(read_event(k, leader, words, 39), -ENOSPC);
	EXPECT_EQ(read_event(k, follower, words, sizeof(words)), 40);
	return (long)words[0];
}

/* A follower whose leader is closed is alone. */
CASE(read_without_its_leader, 1)
{
	long leader = OPEN(0, -1, -1, 0, CLOCK, .read_format = 8);
	long follower = GROUP_OF((int)leader, CLOCK, .read_format = 8);
	u64 words[16] = { 0 };

	close((int)leader);
	EXPECT_EQ(read_event(k, follower, words, sizeof(words)), 16);
	return (long)words[0];
}

/* An answer has 16 KiB at most. Each event is two descriptors of the test's. */
CASE(group_that_is_too_large, -E2BIG)
{
	struct rlimit limit;
	static u64 words[3 * 681 + 4];
	long leader, last = 0;
	int nr = 0;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_max < 4096)
		return -E2BIG;
	limit.rlim_cur = BU_MAX(limit.rlim_cur, (rlim_t)4096);
	EXPECT_OK(setrlimit(RLIMIT_NOFILE, &limit));
	leader = OPEN(0, -1, -1, 0, CLOCK, .read_format = 31);
	for (; last >= 0 && nr < 1000; nr++)
		last = GROUP_OF((int)leader, CLOCK, .read_format = 31);
	EXPECT_EQ(nr, 681);
	EXPECT_EQ(read_event(k, leader, words, sizeof(words)), 16368);
	EXPECT_EQ(words[0], 681u);
	return last;
}

CASE(inherited_event_in_a_map, -EOPNOTSUPP)
{
	long event = OPEN(0, -1, -1, 0, CLOCK, .inherit = 1);
	int map = make_map(k->bpf, BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, 1, 0);
	u32 key = 0, value = (u32)event;
	union bpf_attr attr = { .map_fd = (u32)map, .key = (u64)&key, .value = (u64)&value };

	return k->bpf(BPF_MAP_UPDATE_ELEM, &attr, sizeof(attr));
}

/* Maps, programs and the like have nothing to read. */
CASE(read_of_a_map, -EINVAL)
{
	u64 word;

	return read_event(k, make_array(k->bpf), &word, sizeof(word));
}

/* What tests set */

static int open_clock(u64 config, int pid, int cpu)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE,
					.size = sizeof(attr),
					.config = config,
					.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED |
						       PERF_FORMAT_TOTAL_TIME_RUNNING };

	return syscall(SYS_perf_event_open, &attr, pid, cpu, -1, 0);
}

BPF_TEST(perf_count, is_what_a_test_sets)
{
	int event = open_clock(PERF_COUNT_SW_PAGE_FAULTS, 0, -1);
	u64 words[3];

	EXPECT_OK(bpfunit_perf_counter_set(event, 12));
	bpfunit_clock_advance_ns(30);
	EXPECT_EQ(read(event, words, sizeof(words)), 24);
	EXPECT_EQ(words[0], 12u);
	EXPECT_EQ(words[1], 30u);
	EXPECT_EQ(words[2], 30u);
	EXPECT_OK(ioctl(event, PERF_EVENT_IOC_DISABLE, 0));
	bpfunit_clock_advance_ns(30);
	EXPECT_OK(ioctl(event, PERF_EVENT_IOC_RESET, 0));
	EXPECT_EQ(read(event, words, sizeof(words)), 24);
	EXPECT_EQ(words[0], 0u);
	EXPECT_EQ(words[1], 30u); /* times stay */
	close(event);
	EXPECT_ERR(bpfunit_perf_counter_set(event, 1), EBADF);
}

BPF_TEST(perf_count, clocks_follow_the_clock)
{
	int event = open_clock(PERF_COUNT_SW_TASK_CLOCK, 0, -1);
	u64 words[3];

	bpfunit_clock_advance_ns(1000);
	EXPECT_EQ(read(event, words, sizeof(words)), 24);
	EXPECT_EQ(words[0], 1000u);
	EXPECT_OK(ioctl(event, PERF_EVENT_IOC_DISABLE, 0));
	bpfunit_clock_advance_ns(500);
	EXPECT_OK(ioctl(event, PERF_EVENT_IOC_ENABLE, 0));
	bpfunit_clock_advance_ns(1);
	EXPECT_EQ(read(event, words, sizeof(words)), 24);
	EXPECT_EQ(words[0], 1001u);
	close(event);
}

BPF_TEST(perf_count, ioctl_of_a_group)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE,
					.size = sizeof(attr),
					.config = PERF_COUNT_SW_CPU_CLOCK };
	int leader = syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
	int follower = syscall(SYS_perf_event_open, &attr, 0, -1, leader, 0);
	u64 value;

	bpfunit_clock_advance_ns(5);
	EXPECT_OK(ioctl(leader, PERF_EVENT_IOC_DISABLE, PERF_IOC_FLAG_GROUP));
	bpfunit_clock_advance_ns(5);
	EXPECT_EQ(read(follower, &value, 8), 8);
	EXPECT_EQ(value, 5u);
	EXPECT_OK(ioctl(follower, PERF_EVENT_IOC_RESET, PERF_IOC_FLAG_GROUP));
	EXPECT_EQ(read(leader, &value, 8), 8);
	EXPECT_EQ(value, 0u);
	close(leader);
	close(follower);
}

static struct count_bpf *load(int event)
{
	struct count_bpf *skel = BPFUNIT_LOAD(count_bpf);
	u32 key = 0;

	ASSERT_OK(bpf_map__update_elem(skel->maps.counters, &key, 4, &event, 4, 0));
	return skel;
}

static void run(struct count_bpf *skel, u64 flags)
{
	skel->bss->flags = flags;
	skel->data->value = (struct bpf_perf_event_value){ 1, 2, 3 };
	BPFUNIT_RUN(skel->progs.count, NULL);
}

BPF_TEST(perf_count, programs_read_it)
{
	int event = open_clock(PERF_COUNT_SW_PAGE_FAULTS, -1, 0);
	struct count_bpf *skel = load(event);

	EXPECT_OK(bpfunit_perf_counter_set(event, 77));
	bpfunit_clock_advance_ns(9);
	run(skel, BPF_F_CURRENT_CPU);
	EXPECT_EQ(skel->bss->plain, 77);
	EXPECT_EQ(skel->bss->result, 0);
	EXPECT_EQ(skel->data->value.counter, 77u);
	EXPECT_EQ(skel->data->value.enabled, 9u);
	EXPECT_EQ(skel->data->value.running, 9u);
	close(event);
}

/* As Linux 6.18 answers, with what is cleared on errors. */
BPF_TEST(perf_count, programs_are_refused)
{
	int event = open_clock(PERF_COUNT_SW_PAGE_FAULTS, -1, 1);
	struct count_bpf *skel = load(event);

	run(skel, 0); /* of another CPU */
	EXPECT_EQ(skel->bss->plain, -EINVAL);
	EXPECT_EQ(skel->bss->result, -EINVAL);
	EXPECT_EQ(skel->data->value.running, 0u);
	run(skel, 4);
	EXPECT_EQ(skel->bss->plain, -E2BIG);
	EXPECT_EQ(skel->bss->result, -E2BIG);
	run(skel, 1ULL << 40);
	EXPECT_EQ(skel->bss->plain, -EINVAL);
	EXPECT_EQ(skel->bss->result, -EINVAL);
	skel->data->value.counter = 5;
	BPFUNIT_RUN(skel->progs.wrong_size, NULL);
	EXPECT_EQ(skel->bss->result, -EINVAL);
	EXPECT_EQ(skel->data->value.counter, 0u);
	close(event);
}

BPF_TEST(perf_count, of_another_task)
{
	int event = open_clock(PERF_COUNT_SW_PAGE_FAULTS, getpid(), -1);
	struct count_bpf *skel = load(event);

	run(skel, 0);
	EXPECT_EQ(skel->bss->result, -EINVAL); /* programs see task 1000 */
	bpfunit_set_pid((uint32_t)getpid());
	run(skel, 0);
	EXPECT_EQ(skel->bss->result, 0);
	close(event);
}
