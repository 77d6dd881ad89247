/* SPDX-License-Identifier: BSD-2-Clause */
/* TASK_FD_QUERY: of this process and of others, and each errno. */
#include "link_call.h"

#include <sys/wait.h>

#define CASE(name, expected) CASES(task_query_calls, name, expected)

#define QUERY(...) LINK(BPF_TASK_FD_QUERY, .query = { __VA_ARGS__ })

CASE(query_of_a_raw_tp, 0)
{
	union link_attr attr = { 0 };
	struct bpf_prog_info info = { 0 };
	int prog = make_prog(bpf, RAW_TP, 0);
	char name[32] = "";

	attr.query.pid = (u32)getpid();
	attr.query.fd = (u32)OPEN(.name = (u64) "sched_switch", .prog_fd = prog);
	attr.query.buf = (u64)name;
	attr.query.buf_len = sizeof(name);
	attr.query.probe_addr = 5;
	EXPECT_OK(bpf(BPF_TASK_FD_QUERY, &attr, sizeof(attr)));
	EXPECT_OK(describe(bpf, prog, &info));
	EXPECT_STREQ(name, "sched_switch");
	EXPECT_EQ(attr.query.buf_len, (u32)strlen("sched_switch"));
	EXPECT_EQ(attr.query.prog_id, info.id);
	EXPECT_EQ(attr.query.fd_type, (u32)BPF_FD_TYPE_RAW_TRACEPOINT);
	return (long)attr.query.probe_addr;
}

CASE(query_with_a_short_buffer, -ENOSPC)
{
	char name[32] = "################";
	long err = QUERY(.pid = (u32)getpid(), .fd = (u32)make_raw_tp(bpf), .buf = (u64)name,
			 .buf_len = 6);

	EXPECT_STREQ(name, "sched");
	EXPECT_EQ(name[6], '#');
	return err;
}

CASE(query_without_a_buffer, 0)
{
	return QUERY(.pid = (u32)getpid(), .fd = (u32)make_raw_tp(bpf));
}

CASE(query_with_a_wild_buffer, -EFAULT)
{
	return QUERY(.pid = (u32)getpid(), .fd = (u32)make_raw_tp(bpf), .buf = 0xdead0000dead,
		     .buf_len = 32);
}

CASE(query_with_flags, -EINVAL)
{
	return QUERY(.pid = (u32)getpid(), .fd = NO_FD, .flags = 1);
}

CASE(query_of_no_process, -ENOENT)
{
	return QUERY(.pid = 0x3fffffff, .fd = NO_FD);
}

CASE(query_of_no_descriptor, -EBADF)
{
	return QUERY(.pid = (u32)getpid(), .fd = NO_FD);
}

/* Of a child, which has what it inherited. */
static long query_child(bpf_call bpf, int fd)
{
	int wait_for[2];
	pid_t child;
	long result;
	char byte;

	ASSERT_OK(pipe(wait_for));
	child = fork();
	if (!child) {
		close(wait_for[1]);
		_exit(read(wait_for[0], &byte, 1) > 0);
	}
	result = QUERY(.pid = (u32)child, .fd = (u32)(fd == -1 ? wait_for[0] : fd));
	close(wait_for[0]);
	close(wait_for[1]);
	waitpid(child, NULL, 0);
	return result;
}

CASE(query_of_a_child, 0)
{
	return query_child(bpf, make_raw_tp(bpf));
}

CASE(query_of_a_childs_map, -BU_ENOTSUPP)
{
	return query_child(bpf, make_array(bpf));
}

CASE(query_of_a_childs_pipe, -BU_ENOTSUPP)
{
	return query_child(bpf, -1);
}

CASE(query_of_no_descriptor_of_a_child, -EBADF)
{
	return query_child(bpf, 987);
}

CASE(query_of_an_impossible_process, -ENOENT)
{
	return QUERY(.pid = (u32)-1, .fd = NO_FD);
}

CASE(query_of_a_map, -BU_ENOTSUPP)
{
	return QUERY(.pid = (u32)getpid(), .fd = (u32)make_array(bpf));
}

CASE(query_of_another_link, -BU_ENOTSUPP)
{
	const u64 offsets[] = { 0x1000 };
	int prog = LOAD(two, .prog_type = BPF_PROG_TYPE_KPROBE,
			.expected_attach_type = BU_ATTACH_UPROBE_MULTI);
	int link = CREATE(.prog_fd = prog, .attach_type = BU_ATTACH_UPROBE_MULTI,
			  .uprobe_multi = {
				  .path = (u64) "/bin/true", .offsets = (u64)offsets, .cnt = 1 });

	EXPECT_GE(link, 0);
	return QUERY(.pid = (u32)getpid(), .fd = (u32)link);
}

CASE(query_of_an_event_without_program, -ENOENT)
{
	return QUERY(.pid = (u32)getpid(), .fd = (u32)make_event(bpf));
}

CASE(query_of_a_counter, -EOPNOTSUPP)
{
	int event = make_event(bpf);

	CREATE(.prog_fd = make_prog(bpf, BPF_PROG_TYPE_PERF_EVENT, 0), .target = event,
	       .attach_type = BPF_PERF_EVENT);
	return QUERY(.pid = (u32)getpid(), .fd = (u32)event);
}

CASE(query_behind_the_last_field, -EINVAL)
{
	union link_attr attr = { .query = { .pid = 1, .fd = NO_FD } };

	attr.bytes[48] = 1;
	return bpf(BPF_TASK_FD_QUERY, &attr, sizeof(attr));
}
