/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Words of the cases about perf events. Each expectation is what Linux 6.18 answers; with
 * BPFUNIT_HOST_BPF=1, as root, the cases are put to the machine's kernel too: those of tracepoints
 * where tracefs is mounted at /sys/kernel/tracing.
 */
#ifndef BU_TESTS_EBPF_PERF_CALL_H
#define BU_TESTS_EBPF_PERF_CALL_H

#include "prog_call.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>

struct kernel { /* whom a case asks */
	bpf_call bpf;
	long (*call)(long number, long a, long b, long c, long d, long e, long f);
	u32 uprobe, tracepoint; /* the PMU's number; a tracepoint's id, 0: none at hand */
};

static inline long emulated_call(long number, long a, long b, long c, long d, long e, long f)
{
	long result;

	if (number == SYS_ioctl)
		result = ioctl((int)a, (unsigned long)b, c);
	else if (number == SYS_read)
		result = read((int)a, (void *)b, (size_t)c);
	else
		result = syscall(number, a, b, c, d, e, f);
	return result < 0 ? -errno : result;
}

static inline u32 host_number(const char *path)
{
	char text[16] = "";
	long fd = bu_host_syscall(SYS_openat, AT_FDCWD, (long)path, O_RDONLY, 0, 0, 0);

	if (fd >= 0)
		bu_host_syscall(SYS_read, fd, (long)text, sizeof(text) - 1, 0, 0, 0);
	return strtoul(text, NULL, 10);
}

static inline struct kernel emulated(void)
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

static inline struct kernel hosts(void)
{
	return (struct kernel){
		.bpf = host_bpf,
		.call = bu_host_syscall,
		.uprobe = host_number("/sys/bus/event_source/devices/uprobe/type"),
		.tracepoint = host_number("/sys/kernel/tracing/events/sched/sched_process_exec/id"),
	};
}

static inline long perf_open(const struct kernel *k, void *attr, int pid, int cpu, int group,
			     unsigned long flags)
{
	return k->call(SYS_perf_event_open, (long)attr, pid, cpu, group, (long)flags, 0);
}

static inline long control(const struct kernel *k, long fd, unsigned long request, const void *arg)
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

static inline long set_bpf(const struct kernel *k, long event, u32 type)
{
	return control(k, event, PERF_EVENT_IOC_SET_BPF, (void *)(long)make_prog(k->bpf, type, 0));
}

#endif
