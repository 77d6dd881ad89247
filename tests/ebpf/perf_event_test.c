// SPDX-License-Identifier: BSD-2-Clause
/*
 * perf_event_open(2), ioctl(2) of its events and programs on them, at the level of system calls.
 * Each expectation is what Linux 6.18 answers; with BPFUNIT_HOST_BPF=1, as root, the cases about
 * counters and uprobes are put to the machine's kernel too (its tracepoints have other numbers, its
 * kprobes perhaps none).
 */
#include "prog_call.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>

struct kernel { /* whom a case asks */
	bpf_call bpf;
	long (*call)(long number, long a, long b, long c, long d, long e, long f);
	u32 uprobe, tracepoint; /* the PMU's number; a tracepoint's id, 0: none at hand */
};

static long emulated_call(long number, long a, long b, long c, long d, long e, long f)
{
	long result;

	if (number == SYS_ioctl)
		result = ioctl((int)a, (unsigned long)b, c);
	else
		result = syscall(number, a, b, c, d, e, f);
	return result < 0 ? -errno : result;
}

static u32 host_number(const char *path)
{
	char text[16] = "";
	long fd = bu_host_syscall(SYS_openat, AT_FDCWD, (long)path, O_RDONLY, 0, 0, 0);

	if (fd >= 0)
		bu_host_syscall(SYS_read, fd, (long)text, sizeof(text) - 1, 0, 0, 0);
	return strtoul(text, NULL, 10);
}

static struct kernel emulated(void)
{
	char path[] = "/sys/kernel/tracing/events/sched/sched_process_exec/id", text[16] = "";
	struct kernel kernel = { .bpf = emulated_bpf, .call = emulated_call, .uprobe = 7 };
	int fd;

	bpfunit_tracepoint_add("sched", "sched_process_exec");
	fd = open(path, O_RDONLY);
	if (read(fd, text, sizeof(text) - 1) > 0)
		kernel.tracepoint = strtoul(text, NULL, 10);
	close(fd);
	return kernel;
}

static struct kernel hosts(void)
{
	return (struct kernel){
		.bpf = host_bpf,
		.call = bu_host_syscall,
		.uprobe = host_number("/sys/bus/event_source/devices/uprobe/type"),
		.tracepoint = host_number("/sys/kernel/tracing/events/sched/sched_process_exec/id"),
	};
}

static long perf_open(const struct kernel *k, void *attr, int pid, int cpu, int group,
		      unsigned long flags)
{
	return k->call(SYS_perf_event_open, (long)attr, pid, cpu, group, (long)flags, 0);
}

static long control(const struct kernel *k, long fd, unsigned long request, const void *arg)
{
	return k->call(SYS_ioctl, fd, (long)request, (long)arg, 0, 0, 0);
}

/* A case that the machine's kernel can answer, too. */
#define CASE(name_, expected_)                                                                     \
	static long name_##_case(const struct kernel *k);                                          \
	BPF_TEST(perf_event, name_)                                                                \
	{                                                                                          \
		struct kernel vm = emulated(), host;                                               \
		EXPECT_EQ(name_##_case(&vm), (long)(expected_));                                   \
		if (getenv("BPFUNIT_HOST_BPF")) {                                                  \
			host = hosts();                                                            \
			EXPECT_EQ(name_##_case(&host), (long)(expected_));                         \
		}                                                                                  \
	}                                                                                          \
	static long name_##_case(const struct kernel *k)
/* One of tracepoints: the machine's kernel answers where tracefs is mounted. */
#define TP_CASE(name_, expected_)                                                                  \
	static long name_##_case(const struct kernel *k);                                          \
	BPF_TEST(perf_event, name_)                                                                \
	{                                                                                          \
		struct kernel vm = emulated(), host;                                               \
		EXPECT_EQ(name_##_case(&vm), (long)(expected_));                                   \
		if (getenv("BPFUNIT_HOST_BPF")) {                                                  \
			host = hosts();                                                            \
			if (host.tracepoint)                                                       \
				EXPECT_EQ(name_##_case(&host), (long)(expected_));                 \
		}                                                                                  \
	}                                                                                          \
	static long name_##_case(const struct kernel *k)

#define OPEN(pid_, cpu_, group_, flags_, ...)                                                      \
	__extension__({                                                                            \
		struct perf_event_attr attr_ = { .size = sizeof(attr_), __VA_ARGS__ };             \
		perf_open(k, &attr_, pid_, cpu_, group_, flags_);                                  \
	})
#define OPEN_ON_0(...) OPEN(-1, 0, -1, 0, __VA_ARGS__)
#define CLOCK          .type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_CPU_CLOCK
#define OUTPUT                                                                                     \
	.type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_BPF_OUTPUT,                            \
	.sample_type = PERF_SAMPLE_RAW
#define TRACEPOINT    .type = PERF_TYPE_TRACEPOINT, .config = k->tracepoint
#define UPROBE(path_) .type = k->uprobe, .config1 = (u64)(path_), .config2 = 0x1000

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

/* Programs on events */

static long set_bpf(const struct kernel *k, long event, u32 type)
{
	return control(k, event, PERF_EVENT_IOC_SET_BPF, (void *)(long)make_prog(k->bpf, type, 0));
}

CASE(program_on_clock, 0)
{
	return set_bpf(k, OPEN_ON_0(CLOCK), BPF_PROG_TYPE_PERF_EVENT);
}

CASE(program_on_output, 0)
{
	return set_bpf(k, OPEN_ON_0(OUTPUT), BPF_PROG_TYPE_PERF_EVENT);
}

CASE(kprobe_program_on_clock, -EINVAL)
{
	return set_bpf(k, OPEN_ON_0(CLOCK), BPF_PROG_TYPE_KPROBE);
}

/* That there is one already is found before that the other has the wrong type. */
CASE(second_program_of_wrong_type_on_clock, -EEXIST)
{
	long event = OPEN_ON_0(CLOCK);

	set_bpf(k, event, BPF_PROG_TYPE_PERF_EVENT);
	return set_bpf(k, event, BPF_PROG_TYPE_KPROBE);
}

CASE(program_on_uprobe, 0)
{
	return set_bpf(k, OPEN_ON_0(UPROBE("/bin/true")), BPF_PROG_TYPE_KPROBE);
}

CASE(second_program_on_uprobe, -EEXIST)
{
	long event = OPEN_ON_0(UPROBE("/bin/true"));

	set_bpf(k, event, BPF_PROG_TYPE_KPROBE);
	return set_bpf(k, event, BPF_PROG_TYPE_KPROBE);
}

CASE(second_program_of_wrong_type_on_uprobe, -EINVAL)
{
	long event = OPEN_ON_0(UPROBE("/bin/true"));

	set_bpf(k, event, BPF_PROG_TYPE_KPROBE);
	return set_bpf(k, event, BPF_PROG_TYPE_TRACEPOINT);
}

CASE(perf_event_program_on_uprobe, -EINVAL)
{
	return set_bpf(k, OPEN_ON_0(UPROBE("/bin/true")), BPF_PROG_TYPE_PERF_EVENT);
}

TP_CASE(program_on_tracepoint, 0)
{
	return set_bpf(k, OPEN_ON_0(TRACEPOINT), BPF_PROG_TYPE_TRACEPOINT);
}

TP_CASE(kprobe_program_on_tracepoint, -EINVAL)
{
	return set_bpf(k, OPEN_ON_0(TRACEPOINT), BPF_PROG_TYPE_KPROBE);
}

TP_CASE(raw_tracepoint_program_on_tracepoint, -EINVAL)
{
	return set_bpf(k, OPEN_ON_0(TRACEPOINT), BPF_PROG_TYPE_RAW_TRACEPOINT);
}

TP_CASE(second_program_on_tracepoint, -EEXIST)
{
	long event = OPEN_ON_0(TRACEPOINT);

	set_bpf(k, event, BPF_PROG_TYPE_TRACEPOINT);
	return set_bpf(k, event, BPF_PROG_TYPE_TRACEPOINT);
}

TP_CASE(same_program_on_two_events_of_a_tracepoint, -EEXIST)
{
	long prog = make_prog(k->bpf, BPF_PROG_TYPE_TRACEPOINT, 0);

	control(k, OPEN_ON_0(TRACEPOINT), PERF_EVENT_IOC_SET_BPF, (void *)prog);
	return control(k, OPEN_ON_0(TRACEPOINT), PERF_EVENT_IOC_SET_BPF, (void *)prog);
}

CASE(no_program, -EBADF)
{
	return control(k, OPEN_ON_0(CLOCK), PERF_EVENT_IOC_SET_BPF, (void *)NO_FD);
}

CASE(map_for_program, -EINVAL)
{
	return control(k, OPEN_ON_0(CLOCK), PERF_EVENT_IOC_SET_BPF,
		       (void *)(long)make_array(k->bpf));
}

/* PERF_EVENT_IOC_QUERY_BPF */

struct query {
	u32 ids_len, prog_cnt, ids[70];
};

TP_CASE(query, 0)
{
	struct query query = { .ids_len = 4 };
	struct bpf_prog_info info = { 0 };
	long prog = make_prog(k->bpf, BPF_PROG_TYPE_TRACEPOINT, 0), result;

	control(k, OPEN_ON_0(TRACEPOINT), PERF_EVENT_IOC_SET_BPF, (void *)prog);
	describe(k->bpf, prog, &info);
	result = control(k, OPEN_ON_0(TRACEPOINT), PERF_EVENT_IOC_QUERY_BPF, &query);
	EXPECT_EQ(query.prog_cnt, 1);
	EXPECT_EQ(query.ids[0], info.id);
	return result;
}

TP_CASE(query_without_room, -ENOSPC)
{
	struct query query = { .ids_len = 1 };

	set_bpf(k, OPEN_ON_0(TRACEPOINT), BPF_PROG_TYPE_TRACEPOINT);
	set_bpf(k, OPEN_ON_0(TRACEPOINT), BPF_PROG_TYPE_TRACEPOINT);
	return control(k, OPEN_ON_0(TRACEPOINT), PERF_EVENT_IOC_QUERY_BPF, &query);
}

TP_CASE(query_for_the_number, 2)
{
	struct query query = { .ids_len = 0 };

	set_bpf(k, OPEN_ON_0(TRACEPOINT), BPF_PROG_TYPE_TRACEPOINT);
	set_bpf(k, OPEN_ON_0(TRACEPOINT), BPF_PROG_TYPE_TRACEPOINT);
	if (control(k, OPEN_ON_0(TRACEPOINT), PERF_EVENT_IOC_QUERY_BPF, &query))
		return -1;
	return query.prog_cnt;
}

TP_CASE(query_after_close, 0)
{
	struct query query = { .ids_len = 4 };
	long event = OPEN_ON_0(TRACEPOINT);

	set_bpf(k, event, BPF_PROG_TYPE_TRACEPOINT);
	close((int)event);
	if (control(k, OPEN_ON_0(TRACEPOINT), PERF_EVENT_IOC_QUERY_BPF, &query))
		return -1;
	return query.prog_cnt;
}

TP_CASE(query_for_too_many, -E2BIG)
{
	struct query query = { .ids_len = 65 };

	return control(k, OPEN_ON_0(TRACEPOINT), PERF_EVENT_IOC_QUERY_BPF, &query);
}

TP_CASE(query_of_bad_pointer, -EFAULT)
{
	return control(k, OPEN_ON_0(TRACEPOINT), PERF_EVENT_IOC_QUERY_BPF, NULL);
}

CASE(query_of_uprobe, -EINVAL)
{
	struct query query = { .ids_len = 4 };

	return control(k, OPEN_ON_0(UPROBE("/bin/true")), PERF_EVENT_IOC_QUERY_BPF, &query);
}

/* Other requests */

CASE(switching, 0)
{
	long event = OPEN_ON_0(CLOCK);

	return control(k, event, PERF_EVENT_IOC_ENABLE, 0) |
	       control(k, event, PERF_EVENT_IOC_DISABLE, 0) |
	       control(k, event, PERF_EVENT_IOC_RESET, 0);
}

CASE(refresh_of_counter, -EINVAL)
{
	return control(k, OPEN_ON_0(CLOCK), PERF_EVENT_IOC_REFRESH, (void *)1);
}

CASE(refresh, 0)
{
	return control(k, OPEN_ON_0(CLOCK, .sample_period = 1000000), PERF_EVENT_IOC_REFRESH,
		       (void *)1);
}

static long set_period(const struct kernel *k, long event, u64 period)
{
	return control(k, event, PERF_EVENT_IOC_PERIOD, &period);
}

CASE(period, 0)
{
	return set_period(k, OPEN_ON_0(CLOCK, .sample_period = 1000000), 2000000);
}

CASE(period_of_counter, -EINVAL)
{
	return set_period(k, OPEN_ON_0(CLOCK), 2000000);
}

CASE(period_zero, -EINVAL)
{
	return set_period(k, OPEN_ON_0(CLOCK, .sample_period = 1000000), 0);
}

CASE(period_too_long, -EINVAL)
{
	return set_period(k, OPEN_ON_0(CLOCK, .sample_period = 1000000), 1ULL << 63);
}

/* A clock's frequency is turned into a period when it is opened. */
CASE(frequency_of_clock_is_a_period, 0)
{
	return set_period(k, OPEN_ON_0(CLOCK, .sample_freq = 100, .freq = 1), 1000001);
}

CASE(period_of_bad_pointer, -EFAULT)
{
	return control(k, OPEN_ON_0(CLOCK), PERF_EVENT_IOC_PERIOD, NULL);
}

CASE(id, 0)
{
	u64 id = 0;
	long result = control(k, OPEN_ON_0(CLOCK), PERF_EVENT_IOC_ID, &id);

	EXPECT_NE(id, 0);
	return result;
}

CASE(id_to_bad_pointer, -EFAULT)
{
	return control(k, OPEN_ON_0(CLOCK), PERF_EVENT_IOC_ID, NULL);
}

TP_CASE(filter, 0)
{
	return control(k, OPEN_ON_0(TRACEPOINT), PERF_EVENT_IOC_SET_FILTER,
		       "(common_pid == 0 || common_pid > 7) && common_type != 3");
}

TP_CASE(second_filter, -EEXIST)
{
	long event = OPEN_ON_0(TRACEPOINT);

	control(k, event, PERF_EVENT_IOC_SET_FILTER, "common_pid==0");
	return control(k, event, PERF_EVENT_IOC_SET_FILTER, "common_pid==0");
}

TP_CASE(empty_filter, -EINVAL)
{
	return control(k, OPEN_ON_0(TRACEPOINT), PERF_EVENT_IOC_SET_FILTER, "");
}

TP_CASE(filter_that_compares_nothing, -EINVAL)
{
	return control(k, OPEN_ON_0(TRACEPOINT), PERF_EVENT_IOC_SET_FILTER, "0");
}

TP_CASE(filter_of_bad_pointer, -EFAULT)
{
	return control(k, OPEN_ON_0(TRACEPOINT), PERF_EVENT_IOC_SET_FILTER, NULL);
}

CASE(filter_of_clock, -EINVAL)
{
	return control(k, OPEN_ON_0(CLOCK), PERF_EVENT_IOC_SET_FILTER, "common_pid==0");
}

CASE(output_to_nothing, 0)
{
	return control(k, OPEN_ON_0(CLOCK), PERF_EVENT_IOC_SET_OUTPUT, (void *)-1);
}

CASE(output_to_no_descriptor, -EBADF)
{
	return control(k, OPEN_ON_0(CLOCK), PERF_EVENT_IOC_SET_OUTPUT, (void *)NO_FD);
}

CASE(output_to_itself, -EINVAL)
{
	long event = OPEN_ON_0(CLOCK);

	return control(k, event, PERF_EVENT_IOC_SET_OUTPUT, (void *)event);
}

CASE(pause_without_ring, -EINVAL)
{
	return control(k, OPEN_ON_0(CLOCK), PERF_EVENT_IOC_PAUSE_OUTPUT, (void *)1);
}

CASE(modify_by_bad_pointer, -EFAULT)
{
	return control(k, OPEN_ON_0(CLOCK), PERF_EVENT_IOC_MODIFY_ATTRIBUTES, NULL);
}

CASE(unknown_request, -ENOTTY)
{
	return control(k, OPEN_ON_0(CLOCK), _IO('$', 77), NULL);
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

BPF_TEST(perf_event, sixty_four_programs_a_tracepoint)
{
	struct kernel vm = emulated();
	const struct kernel *k = &vm;
	struct query query = { .ids_len = 64 };

	for (int i = 0; i < 64; i++)
		ASSERT_OK(set_bpf(k, OPEN_ON_0(TRACEPOINT), BPF_PROG_TYPE_TRACEPOINT));
	EXPECT_EQ(set_bpf(k, OPEN_ON_0(TRACEPOINT), BPF_PROG_TYPE_TRACEPOINT), -E2BIG);
	EXPECT_OK(control(k, OPEN_ON_0(TRACEPOINT), PERF_EVENT_IOC_QUERY_BPF, &query));
	EXPECT_EQ(query.prog_cnt, 64);
	EXPECT_LT(query.ids[62], query.ids[63]);
}

BPF_TEST(perf_event, requests_of_other_descriptors)
{
	struct kernel vm = emulated();

	EXPECT_EQ(control(&vm, make_array(vm.bpf), PERF_EVENT_IOC_ENABLE, 0), -ENOTTY);
	EXPECT_EQ(control(&vm, NO_FD, PERF_EVENT_IOC_ENABLE, 0), -EBADF);
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

/* An event keeps its program, and gives it back. */
BPF_TEST(perf_event, events_hold_programs)
{
	struct kernel vm = emulated();
	const struct kernel *k = &vm;
	long event = OPEN_ON_0(TRACEPOINT);
	int prog = make_prog(vm.bpf, BPF_PROG_TYPE_TRACEPOINT, 0);
	struct bpf_prog_info info = { 0 };

	ASSERT_OK(describe(vm.bpf, prog, &info));
	ASSERT_OK(control(k, event, PERF_EVENT_IOC_SET_BPF, (void *)(long)prog));
	close(prog);
	prog = bpf_prog_get_fd_by_id(info.id);
	EXPECT_GE(prog, 0);
	close(prog);
	close((int)event);
	EXPECT_EQ(bpf_prog_get_fd_by_id(info.id), -ENOENT);
}
