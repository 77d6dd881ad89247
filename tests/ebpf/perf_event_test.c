// SPDX-License-Identifier: BSD-2-Clause
/* perf_event_open(2): attributes, targets, and each errno. */
#include "perf_call.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

CASE(clock, 0)
{
	return ok(OPEN_ON_0(CLOCK));
}

CASE(bpf_output, 0)
{
	return ok(OPEN_ON_0(OUTPUT));
}

CASE(no_attributes, -EFAULT)
{
	return perf_open(k, NULL, -1, 0, -1, 0);
}

CASE(unknown_flag, -EINVAL)
{
	return OPEN(-1, 0, -1, 16, CLOCK);
}

CASE(size_of_the_first_version, 0)
{
	return ok(OPEN_ON_0(CLOCK, .size = PERF_ATTR_SIZE_VER0));
}

CASE(size_zero_is_the_first_version, 0)
{
	return ok(OPEN_ON_0(CLOCK, .size = 0));
}

/* The size that the kernel knows is written back. */
CASE(size_too_small, 136)
{
	struct perf_event_attr attr = { CLOCK, .size = 63 };

	if (perf_open(k, &attr, -1, 0, -1, 0) != -E2BIG)
		return -1;
	return attr.size;
}

CASE(size_of_more_than_a_page, 136)
{
	struct perf_event_attr attr = { CLOCK, .size = 4097 };

	if (perf_open(k, &attr, -1, 0, -1, 0) != -E2BIG)
		return -1;
	return attr.size;
}

CASE(unknown_tail, 136)
{
	union {
		struct perf_event_attr attr;
		u8 bytes[256];
	} big = { .attr = { CLOCK, .size = 144 } };

	big.bytes[143] = 1;
	if (perf_open(k, &big, -1, 0, -1, 0) != -E2BIG)
		return -1;
	return big.attr.size;
}

CASE(unknown_tail_of_zeros, 0)
{
	union {
		struct perf_event_attr attr;
		u8 bytes[256];
	} big = { .attr = { CLOCK, .size = 256 } };

	return ok(perf_open(k, &big, -1, 0, -1, 0));
}

CASE(any_process_on_any_cpu, -EINVAL)
{
	return OPEN(-1, -1, -1, 0, CLOCK);
}

CASE(own_process_on_any_cpu, 0)
{
	return ok(OPEN(0, -1, -1, 0, CLOCK));
}

CASE(no_such_cpu, -EINVAL)
{
	return OPEN(-1, 100000, -1, 0, CLOCK);
}

CASE(cpu_below_any, -EINVAL)
{
	return OPEN(0, -2, -1, 0, CLOCK);
}

CASE(no_such_process, -ESRCH)
{
	return OPEN(0x3fffffff, -1, -1, 0, CLOCK);
}

CASE(pid_below_any, -ESRCH)
{
	return OPEN(-2, -1, -1, 0, CLOCK);
}

CASE(group_of_no_descriptor, -EBADF)
{
	return OPEN(-1, 0, NO_FD, 0, CLOCK);
}

CASE(group_of_another_file, -EBADF)
{
	return OPEN(-1, 0, make_array(k->bpf), 0, CLOCK);
}

CASE(group, 0)
{
	return ok(OPEN(-1, 0, OPEN_ON_0(CLOCK), 0, CLOCK));
}

CASE(group_within_group, -EINVAL)
{
	return OPEN(-1, 0, OPEN(-1, 0, OPEN_ON_0(CLOCK), 0, CLOCK), 0, CLOCK);
}

CASE(group_of_a_process_with_one_of_a_cpu, -EINVAL)
{
	return OPEN(0, -1, OPEN_ON_0(CLOCK), 0, CLOCK);
}

CASE(pinned_in_group, -EINVAL)
{
	return OPEN(-1, 0, OPEN_ON_0(CLOCK), 0, CLOCK, .pinned = 1);
}

CASE(cgroup_without_one, -EINVAL)
{
	return OPEN(-1, 0, -1, PERF_FLAG_PID_CGROUP, CLOCK);
}

CASE(cgroup_on_any_cpu, -EINVAL)
{
	return OPEN(0, -1, -1, PERF_FLAG_PID_CGROUP, CLOCK);
}

CASE(cgroup_of_no_descriptor, -EBADF)
{
	return OPEN(NO_FD, 0, -1, PERF_FLAG_PID_CGROUP, CLOCK);
}

CASE(no_such_counter, -ENOENT)
{
	return OPEN_ON_0(.type = PERF_TYPE_SOFTWARE, .config = 50);
}

CASE(no_such_pmu, -ENOENT)
{
	return OPEN_ON_0(.type = 77);
}

CASE(frequency_too_high, -EINVAL)
{
	return OPEN_ON_0(CLOCK, .freq = 1, .sample_freq = 1000001);
}

CASE(negative_period, -EINVAL)
{
	return OPEN_ON_0(CLOCK, .sample_period = 1ULL << 63);
}

CASE(unknown_sample_type, -EINVAL)
{
	return OPEN_ON_0(CLOCK, .sample_type = 1ULL << 25);
}

CASE(unknown_read_format, -EINVAL)
{
	return OPEN_ON_0(CLOCK, .read_format = 1ULL << 30);
}

CASE(both_weights, -EINVAL)
{
	return OPEN_ON_0(CLOCK, .sample_type = PERF_SAMPLE_WEIGHT | PERF_SAMPLE_WEIGHT_STRUCT);
}

CASE(odd_stack, -EINVAL)
{
	return OPEN_ON_0(CLOCK, .sample_type = PERF_SAMPLE_STACK_USER, .sample_stack_user = 12);
}

CASE(branches_of_no_kind, -EINVAL)
{
	return OPEN_ON_0(CLOCK, .sample_type = PERF_SAMPLE_BRANCH_STACK);
}

CASE(branches, -EOPNOTSUPP)
{
	return OPEN_ON_0(CLOCK, .sample_type = PERF_SAMPLE_BRANCH_STACK,
			 .branch_sample_type = PERF_SAMPLE_BRANCH_ANY);
}

CASE(sigtrap_without_removal, -EINVAL)
{
	return OPEN(0, -1, -1, 0, CLOCK, .sigtrap = 1);
}

CASE(removed_and_enabled_on_exec, -EINVAL)
{
	return OPEN(0, -1, -1, 0, CLOCK, .remove_on_exec = 1, .enable_on_exec = 1);
}

CASE(inherited_by_threads_only, -EINVAL)
{
	return OPEN(0, -1, -1, 0, CLOCK, .inherit_thread = 1);
}

TP_CASE(tracepoint, 0)
{
	return ok(OPEN_ON_0(TRACEPOINT));
}

CASE(no_such_tracepoint, -EINVAL)
{
	return OPEN_ON_0(.type = PERF_TYPE_TRACEPOINT, .config = 65000);
}

TP_CASE(branches_of_tracepoint, -EOPNOTSUPP)
{
	return OPEN_ON_0(TRACEPOINT, .sample_type = PERF_SAMPLE_BRANCH_STACK,
			 .branch_sample_type = PERF_SAMPLE_BRANCH_ANY);
}

CASE(uprobe, 0)
{
	return ok(OPEN_ON_0(UPROBE("/bin/true")));
}

CASE(uretprobe, 0)
{
	return ok(OPEN_ON_0(UPROBE("/bin/true"), .config = 1));
}

CASE(uprobe_of_no_path, -EINVAL)
{
	return OPEN_ON_0(.type = k->uprobe);
}

CASE(uprobe_of_empty_path, -EINVAL)
{
	return OPEN_ON_0(UPROBE(""));
}

CASE(uprobe_of_no_file, -ENOENT)
{
	return OPEN_ON_0(UPROBE("/nonexistent"));
}

CASE(uprobe_of_directory, -EINVAL)
{
	return OPEN_ON_0(UPROBE("/tmp"));
}

CASE(uprobe_of_device, -EINVAL)
{
	return OPEN_ON_0(UPROBE("/dev/null"));
}

CASE(uprobe_behind_the_file, -EINVAL)
{
	return OPEN_ON_0(.type = k->uprobe, .config1 = (u64) "/etc/passwd", .config2 = 1 << 20);
}

CASE(uprobe_of_bad_pointer, -EFAULT)
{
	return OPEN_ON_0(UPROBE(16));
}

CASE(uprobe_of_long_path, -E2BIG)
{
	static char path[5000];

	memset(path, 'a', sizeof(path) - 1);
	return OPEN_ON_0(UPROBE(path));
}

CASE(uprobe_with_odd_counter, -EINVAL)
{
	return OPEN_ON_0(UPROBE("/bin/true"), .config = 1ULL << 32);
}

/* What the machine's kernel cannot be asked: its kprobes, and how many programs there are. */

#define KPROBE(name_, ...) OPEN_ON_0(.type = 6, .config1 = (u64)(name_), __VA_ARGS__)

BPF_TEST(perf_event, kprobe_errors)
{
	static char path[600];
	struct kernel vm = emulated();
	const struct kernel *k = &vm;

	ASSERT_OK(bpfunit_symbol_add("vfs_read"));
	memset(path, 'a', sizeof(path) - 1);
	EXPECT_GE(KPROBE("vfs_read", .config2 = 0), 0);
	EXPECT_GE(KPROBE("vfs_read", .config2 = 4), 0);
	EXPECT_GE(KPROBE("vfs_read", .config = 1), 0);
	EXPECT_EQ(KPROBE("vfs_read", .config = 1, .config2 = 4), -EINVAL);
	EXPECT_EQ(KPROBE("vfs_read", .config2 = 4096), -EINVAL);
	EXPECT_EQ(KPROBE("vfs_raed"), -ENOENT);
	EXPECT_EQ(KPROBE(path), -E2BIG);
	EXPECT_EQ(KPROBE(16), -EFAULT);
	EXPECT_GE(KPROBE("", .config2 = bpfunit_symbol("vfs_read")), 0);
	EXPECT_GE(KPROBE(NULL, .config2 = bpfunit_symbol("vfs_read") + 8), 0);
	EXPECT_EQ(KPROBE(NULL, .config2 = 0), -EINVAL);
	EXPECT_EQ(KPROBE(NULL, .config2 = 0x1000), -EINVAL);
}

BPF_TEST(perf_event, counters_of_hardware)
{
	struct kernel vm = emulated();
	const struct kernel *k = &vm;

	EXPECT_GE(OPEN_ON_0(.type = PERF_TYPE_HARDWARE, .config = PERF_COUNT_HW_CPU_CYCLES), 0);
	EXPECT_EQ(OPEN_ON_0(.type = PERF_TYPE_HARDWARE, .config = 50), -EINVAL);
	EXPECT_GE(OPEN_ON_0(.type = PERF_TYPE_HW_CACHE, .config = 0x10001), 0);
	EXPECT_EQ(OPEN_ON_0(.type = PERF_TYPE_HW_CACHE, .config = 0x00ff), -EINVAL);
}

BPF_TEST(perf_event, any_process_that_lives_can_be_watched)
{
	struct kernel vm = emulated();
	const struct kernel *k = &vm;
	int pid = fork();

	if (!pid) {
		pause();
		_exit(0);
	}
	EXPECT_GE(OPEN(pid, -1, -1, 0, CLOCK), 0);
	EXPECT_GE(OPEN(getpid(), -1, -1, 0, CLOCK), 0);
	EXPECT_GE(OPEN(1000, -1, -1, 0, CLOCK), 0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	EXPECT_EQ(OPEN(pid, -1, -1, 0, CLOCK), -ESRCH);
}
