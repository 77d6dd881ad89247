// SPDX-License-Identifier: BSD-2-Clause
/* What libbpf attaches by perf events: kprobes, system calls, tracepoints, uprobes by name,
 * counters; by links, by ioctl(2), and through kprobe_events and uprobe_events. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <bpfunit/bpfunit.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ebpf/kernel.h"
#include "ebpf/link/perf_event.h"

#include "traced.skel.h"

/* A function of this program, to be found by name in its symbols. */
__attribute__((noinline, used, visibility("default"))) int bpfunit_probed(int number)
{
	__asm__ volatile("");
	return number;
}

BPF_FIXTURE(attach_perf)
{
	struct traced_bpf *skel;
};

BPF_FIXTURE_SETUP(attach_perf)
{
	self->skel = traced_bpf__open_and_load();
	ASSERT_TRUE(self->skel);
}

BPF_FIXTURE_TEARDOWN(attach_perf)
{
	traced_bpf__destroy(self->skel);
}

static int nr_attached;

static int keep(struct bu_object *event, const struct bu_perf_event_info *info, void *arg)
{
	*(struct bu_perf_event_info *)arg = *info;
	nr_attached++;
	return 0;
}

/* The one event that a program is attached to. */
static struct bu_perf_event_info attached(void)
{
	struct bu_perf_event_info info = { 0 };

	bu_fd_reap(bu_kernel());
	nr_attached = 0;
	bu_perf_event_for_each(bu_kernel(), keep, &info);
	EXPECT_EQ(nr_attached, 1);
	return info;
}

static void check_detached(struct bpf_link *link)
{
	struct bu_perf_event_info info;

	EXPECT_OK(bpf_link__destroy(link));
	bu_fd_reap(bu_kernel());
	nr_attached = 0;
	bu_perf_event_for_each(bu_kernel(), keep, &info);
	EXPECT_EQ(nr_attached, 0);
}

/* Attach by the section's name; what the event is then. */
static struct bu_perf_event_info attach(struct bpf_program *prog, struct bpf_link **link)
{
	*link = bpf_program__attach(prog);
	ASSERT_OK(libbpf_get_error(*link));
	return attached();
}

BPF_TEST_F(attach_perf, kprobe)
{
	struct bpf_link *link;
	struct bu_perf_event_info info = attach(self->skel->progs.entry, &link);

	EXPECT_EQ(info.target, BU_PERF_KPROBE);
	EXPECT_STREQ(info.name, "do_unlinkat");
	EXPECT_EQ(info.address, bpfunit_symbol("do_unlinkat"));
	EXPECT_EQ(info.pid, -1);
	check_detached(link);
}

BPF_TEST_F(attach_perf, kretprobe)
{
	struct bpf_link *link;
	struct bu_perf_event_info info = attach(self->skel->progs.leave, &link);

	EXPECT_EQ(info.target, BU_PERF_KRETPROBE);
	EXPECT_STREQ(info.name, "do_unlinkat");
	check_detached(link);
}

BPF_TEST_F(attach_perf, kprobe_inside_a_function)
{
	struct bpf_link *link;
	struct bu_perf_event_info info = attach(self->skel->progs.inside, &link);

	EXPECT_STREQ(info.name, "vfs_read");
	EXPECT_EQ(info.offset, 4);
	EXPECT_EQ(info.address, bpfunit_symbol("vfs_read") + 4);
	check_detached(link);
}

/* libbpf asks whether the functions of system calls have the architecture's prefix. */
BPF_TEST_F(attach_perf, system_call)
{
	struct bpf_link *link;
	struct bu_perf_event_info info = attach(self->skel->progs.call, &link);

#ifdef __x86_64__
	EXPECT_STREQ(info.name, "__x64_sys_unlinkat");
#else
	EXPECT_STREQ(info.name, "__arm64_sys_unlinkat");
#endif
	check_detached(link);
	EXPECT_EQ(attach(self->skel->progs.call_leave, &link).target, BU_PERF_KRETPROBE);
	check_detached(link);
}

BPF_TEST_F(attach_perf, tracepoint)
{
	struct bpf_link *link;
	struct bu_perf_event_info info = attach(self->skel->progs.switching, &link);

	EXPECT_EQ(info.target, BU_PERF_TRACEPOINT);
	EXPECT_STREQ(info.category, "sched");
	EXPECT_STREQ(info.name, "sched_switch");
	check_detached(link);
	EXPECT_STREQ(attach(self->skel->progs.opening, &link).name, "sys_enter_openat");
	check_detached(link);
}

BPF_TEST_F(attach_perf, tracepoint_with_cookie)
{
	LIBBPF_OPTS(bpf_tracepoint_opts, opts, .bpf_cookie = 77);
	struct bpf_link *link = bpf_program__attach_tracepoint_opts(
		self->skel->progs.any_tracepoint, "sched", "sched_switch", &opts);

	ASSERT_OK(libbpf_get_error(link));
	EXPECT_EQ(attached().cookie, 77);
	check_detached(link);
}

/* What no object spells is a mistake, unless the test says that it exists. */
BPF_TEST_F(attach_perf, unknown_names)
{
	struct bpf_link *link =
		bpf_program__attach_kprobe(self->skel->progs.any_function, false, "tcp_connect");

	EXPECT_EQ(libbpf_get_error(link), -ENOENT);
	link = bpf_program__attach_tracepoint(self->skel->progs.any_tracepoint, "tcp", "tcp_probe");
	EXPECT_EQ(libbpf_get_error(link), -ENOENT);
	ASSERT_OK(bpfunit_symbol_add("tcp_connect"));
	ASSERT_OK(bpfunit_tracepoint_add("tcp", "tcp_probe"));
	link = bpf_program__attach_kprobe(self->skel->progs.any_function, false, "tcp_connect");
	EXPECT_OK(libbpf_get_error(link));
	bpf_link__destroy(link);
	link = bpf_program__attach_tracepoint(self->skel->progs.any_tracepoint, "tcp", "tcp_probe");
	EXPECT_OK(libbpf_get_error(link));
	bpf_link__destroy(link);
}

BPF_TEST(attach_perf_names, that_cannot_be)
{
	EXPECT_EQ(bpfunit_symbol_add(""), -EINVAL);
	EXPECT_EQ(bpfunit_symbol_add("two words"), -EINVAL);
	EXPECT_EQ(bpfunit_tracepoint_add("a/b", "c"), -EINVAL);
	EXPECT_EQ(bpfunit_tracepoint_add("a", ""), -EINVAL);
	EXPECT_EQ(bpfunit_symbol("nothing"), 0);
}

/* The binary is this program, and its function never runs. */
BPF_TEST_F(attach_perf, uprobe_by_name)
{
	LIBBPF_OPTS(bpf_uprobe_opts, opts, .func_name = "bpfunit_probed");
	struct bpf_link *link;
	struct bu_perf_event_info info;

	link = bpf_program__attach_uprobe_opts(self->skel->progs.any_user, -1, "/proc/self/exe", 0,
					       &opts);
	ASSERT_OK(libbpf_get_error(link));
	info = attached();
	EXPECT_EQ(info.target, BU_PERF_UPROBE);
	EXPECT_STREQ(info.name, "/proc/self/exe");
	EXPECT_GT(info.offset, 0);
	check_detached(link);
	link = bpf_program__attach_uprobe(self->skel->progs.any_user_leave, true, getpid(),
					  "/proc/self/exe", 0x100);
	ASSERT_OK(libbpf_get_error(link));
	info = attached();
	EXPECT_EQ(info.target, BU_PERF_URETPROBE);
	EXPECT_EQ(info.offset, 0x100);
	EXPECT_EQ(info.pid, getpid());
	check_detached(link);
}

BPF_TEST_F(attach_perf, uprobe_by_section)
{
	struct bpf_link *link;
	struct bu_perf_event_info info = attach(self->skel->progs.spelt_user, &link);

	EXPECT_STREQ(info.name, "/proc/self/exe");
	check_detached(link);
}

BPF_TEST_F(attach_perf, uprobe_of_no_function)
{
	LIBBPF_OPTS(bpf_uprobe_opts, opts, .func_name = "nothing_like_this");
	struct bpf_link *link = bpf_program__attach_uprobe_opts(self->skel->progs.any_user, -1,
								"/proc/self/exe", 0, &opts);

	EXPECT_EQ(libbpf_get_error(link), -ENOENT);
}

static int open_clock(void)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.sample_period = 1000000,
		.disabled = 1,
	};

	return syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
}

BPF_TEST_F(attach_perf, counter)
{
	struct bpf_link *link =
		bpf_program__attach_perf_event(self->skel->progs.counted, open_clock());
	struct bu_perf_event_info info;

	ASSERT_OK(libbpf_get_error(link));
	info = attached();
	EXPECT_EQ(info.target, BU_PERF_COUNTER);
	EXPECT_EQ(info.type, PERF_TYPE_SOFTWARE);
	EXPECT_TRUE(info.enabled);
	EXPECT_EQ(info.cpu, 0);
	check_detached(link);
}

/* Without links: the program is the event's until its descriptor is closed. */
BPF_TEST_F(attach_perf, by_ioctl)
{
	int event = open_clock(), prog = bpf_program__fd(self->skel->progs.counted);

	ASSERT_OK(ioctl(event, PERF_EVENT_IOC_SET_BPF, prog));
	EXPECT_EQ(attached().cookie, 0);
	close(event);
	check_detached(NULL);
}

#if LIBBPF_MAJOR_VERSION > 1 || LIBBPF_MINOR_VERSION >= 3
BPF_TEST_F(attach_perf, legacy_kprobe)
{
	LIBBPF_OPTS(bpf_kprobe_opts, opts, .attach_mode = PROBE_ATTACH_MODE_LEGACY,
		    .retprobe = true);
	struct bpf_link *link = bpf_program__attach_kprobe_opts(self->skel->progs.any_function,
								"do_unlinkat", &opts);

	ASSERT_OK(libbpf_get_error(link));
	EXPECT_EQ(attached().target, BU_PERF_KRETPROBE);
	EXPECT_STREQ(attached().name, "do_unlinkat");
	check_detached(link);
}

BPF_TEST_F(attach_perf, legacy_uprobe)
{
	LIBBPF_OPTS(bpf_uprobe_opts, opts, .attach_mode = PROBE_ATTACH_MODE_LEGACY,
		    .func_name = "bpfunit_probed");
	struct bpf_link *link = bpf_program__attach_uprobe_opts(self->skel->progs.any_user, -1,
								"/proc/self/exe", 0, &opts);

	ASSERT_OK(libbpf_get_error(link));
	EXPECT_EQ(attached().target, BU_PERF_UPROBE);
	check_detached(link);
}
#endif

static int append(const char *path, const char *line)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC), len = strlen(line);
	int err = fd < 0 ? -errno : write(fd, line, len) == len ? 0 : -EIO;

	close(fd);
	return err;
}

static int event_id(const char *path)
{
	FILE *file = fopen(path, "re");
	int id;

	if (!file)
		return -errno;
	if (fscanf(file, "%d", &id) != 1)
		id = -EIO;
	fclose(file);
	return id;
}

/* As libbpf does it where there is no PMU for probes. */
BPF_TEST_F(attach_perf, through_kprobe_events)
{
	struct perf_event_attr attr = { .size = sizeof(attr), .type = PERF_TYPE_TRACEPOINT };
	struct bpf_link *link;
	int id, event;

	ASSERT_OK(append("/sys/kernel/tracing/kprobe_events", "p:kprobes/mine do_unlinkat+0x8"));
	id = event_id("/sys/kernel/tracing/events/kprobes/mine/id");
	ASSERT_GT(id, 0);
	attr.config = id;
	event = syscall(SYS_perf_event_open, &attr, -1, 0, -1, 0);
	ASSERT_GE(event, 0);
	link = bpf_program__attach_perf_event(self->skel->progs.any_function, event);
	ASSERT_OK(libbpf_get_error(link));
	EXPECT_EQ(attached().target, BU_PERF_KPROBE);
	EXPECT_STREQ(attached().name, "do_unlinkat");
	EXPECT_EQ(attached().offset, 8);
	check_detached(link);
	ASSERT_OK(append("/sys/kernel/tracing/kprobe_events", "-:kprobes/mine"));
	EXPECT_EQ(event_id("/sys/kernel/tracing/events/kprobes/mine/id"), -ENOENT);
}

BPF_TEST_F(attach_perf, through_uprobe_events)
{
	ASSERT_OK(append("/sys/kernel/debug/tracing/uprobe_events",
			 "r:uretprobes/mine /proc/self/exe:0x40\np:uprobes/other "
			 "/proc/self/exe:0x50(0x60)\n"));
	EXPECT_GT(event_id("/sys/kernel/tracing/events/uretprobes/mine/id"), 0);
	EXPECT_GT(event_id("/sys/kernel/tracing/events/uprobes/other/id"), 0);
	EXPECT_NE(event_id("/sys/kernel/tracing/events/uretprobes/mine/id"),
		  event_id("/sys/kernel/tracing/events/uprobes/other/id"));
}

/* Lines that say nothing sensible make no event. */
BPF_TEST_F(attach_perf, lines_without_sense)
{
	static const char *const lines[] = {
		"p:kprobes/bad no_such_function",
		"p:kprobes/bad do_unlinkat+0x10000",
		"r:kprobes/bad do_unlinkat+0x4",
		"x:kprobes/bad do_unlinkat",
		"p:bad do_unlinkat",
		"-:kprobes/bad",
		"",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		ASSERT_OK(append("/sys/kernel/tracing/kprobe_events", lines[i]));
		EXPECT_EQ(event_id("/sys/kernel/tracing/events/kprobes/bad/id"), -ENOENT);
	}
}
