// SPDX-License-Identifier: BSD-2-Clause
/*
 * BPF_PROG_TEST_RUN of tracing programs runs what is attached to the functions that the kernel then
 * calls, and all runs end with a tracepoint. Source of orders and values:
 * bpf_prog_test_run_tracing(), bpf_test_finish(), net/bpf/test_run.c;
 * arch_prepare_bpf_trampoline(), arch/x86/net/bpf_jit_comp.c; kprobe_ftrace_handler() (6.12). The
 * tracepoint was seen to be so on 6.18.
 */
#include <bpf/bpf.h>
#include <bpfunit/bpfunit.h>
#include <bpfunit/runner.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ebpf/uapi.h"
#include "test_run.h"
#include "test_run.skel.h"

static struct test_run_bpf *skel;

static void set_up(void)
{
	skel = BPFUNIT_LOAD(test_run_bpf);
}

/* What was noted since the last look: "enter=1 leave=2". */
static const char *noted(void)
{
	static char text[1024];
	size_t len = 0;

	text[0] = '\0';
	for (uint32_t i = 0; i < skel->bss->nr_notes; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s=%d", i ? " " : "",
					skel->bss->notes[i].who, (int)skel->bss->notes[i].value);
	skel->bss->nr_notes = 0;
	return text;
}

static struct bpf_link *attach(const struct bpf_program *prog)
{
	return BPFUNIT_ATTACH(prog);
}

static struct bpf_link *attach_with(const struct bpf_program *prog, uint64_t cookie)
{
	LIBBPF_OPTS(bpf_trace_opts, opts, .cookie = cookie);

	return BPFUNIT_KEEP(bpf_program__attach_trace_opts(prog, &opts));
}

static int test_run(const struct bpf_program *prog, uint32_t *retval)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .retval = 77);
	int error = bpf_prog_test_run_opts(bpf_program__fd(prog), &opts);

	*retval = opts.retval;
	return error;
}

static void expect_run(const struct bpf_program *prog, uint32_t expected)
{
	uint32_t retval;

	EXPECT_OK(test_run(prog, &retval));
	EXPECT_EQ(retval, expected);
}

BPF_TEST(test_run, does_not_run_what_is_not_attached)
{
	set_up();
	expect_run(skel->progs.enter, 0);
	expect_run(skel->progs.leave, 0);
	EXPECT_STREQ(noted(), "");
	attach(skel->progs.leave);
	expect_run(skel->progs.enter, 0);
	EXPECT_STREQ(noted(), "leave=2");
}

BPF_TEST(test_run, in_the_order_of_the_trampoline)
{
	uint64_t at;

	set_up();
	attach(skel->progs.probe_return);
	attach_with(skel->progs.leave, 3);
	attach(skel->progs.change_first);
	attach_with(skel->progs.enter, 1);
	attach(skel->progs.enter_too);
	attach(skel->progs.probe);
	expect_run(skel->progs.enter, 0);
	at = bpfunit_symbol("bpf_fentry_test1");
	EXPECT_EQ(skel->bss->notes[0].func_ip, at);
	EXPECT_EQ(skel->bss->notes[2].func_ip, at);
	EXPECT_EQ(skel->bss->notes[2].cookie, 1);
	EXPECT_EQ(skel->bss->notes[4].cookie, 3);
	EXPECT_EQ(skel->bss->notes[5].func_ip, at);
	EXPECT_STREQ(noted(), "probe=1 too=1 enter=1 change=0 leave=2 return=2");
}

BPF_TEST(test_run, another_value_than_the_functions_is_an_error)
{
	uint32_t retval;

	set_up();
	attach(skel->progs.change_first);
	attach(skel->progs.leave);
	attach(skel->progs.leave_six);
	skel->bss->verdict = 2; /* what it returns anyway */
	expect_run(skel->progs.enter, 0);
	EXPECT_STREQ(noted(), "change=0 leave=2 six=1116");
	skel->bss->verdict = -EPERM;
	EXPECT_ERR(test_run(skel->progs.enter, &retval), EFAULT);
	EXPECT_STREQ(noted(), "change=0 leave=-1"); /* and no further function is called */
}

BPF_TEST(test_run, arguments)
{
	set_up();
	attach(skel->progs.leave_six);
	attach(skel->progs.inside);
	attach(skel->progs.points);
	expect_run(skel->progs.leave, 0);
	EXPECT_EQ(skel->bss->notes[0].func_ip, 0); /* not at the beginning */
	EXPECT_STREQ(noted(), "inside=20 six=1116 points=0");
	EXPECT_EQ(skel->bss->other_value, 111);
}

BPF_TEST(test_run, many_functions)
{
	set_up();
	attach(skel->progs.many);
	expect_run(skel->progs.enter, 0);
	EXPECT_EQ(skel->bss->nr_notes, 10);
	EXPECT_EQ(skel->bss->notes[1].func_ip, bpfunit_symbol("bpf_fentry_test2"));
	EXPECT_EQ(skel->bss->notes[1].value, 2);
	EXPECT_EQ(skel->bss->notes[5].value, 16);
}

BPF_TEST(test_run, modified_returns)
{
	set_up();
	expect_run(skel->progs.modify, 2 << 16 | (4 + 29));
	attach(skel->progs.modified);
	attach(skel->progs.modify);
	attach(skel->progs.was_modified);
	attach(skel->progs.modified_return);
	attach(skel->progs.seventh);
	expect_run(skel->progs.modify, 2 << 16 | (4 + 29));
	EXPECT_STREQ(noted(), "before=1 modify=0 after=4 return=4 seven=7");
	EXPECT_EQ(skel->bss->other_value, 3);
	skel->bss->verdict = -EINVAL;
	expect_run(skel->progs.modify, 1 << 16 | (uint16_t)(-EINVAL + 29));
	EXPECT_STREQ(noted(), "before=1 modify=0 after=-22 return=-22 seven=7");
	EXPECT_EQ(skel->bss->other_value, 2); /* the function did not run */
}

BPF_TEST(test_run, refuses)
{
	LIBBPF_OPTS(bpf_test_run_opts, flags, .flags = 1);
	LIBBPF_OPTS(bpf_test_run_opts, cpu, .cpu = 1);
	LIBBPF_OPTS(bpf_test_run_opts, batch, .batch_size = 1);
	int fd;

	set_up();
	attach(skel->progs.enter);
	attach(skel->progs.finish);
	fd = bpf_program__fd(skel->progs.enter);
	EXPECT_ERR(bpf_prog_test_run_opts(fd, &flags), EINVAL);
	EXPECT_ERR(bpf_prog_test_run_opts(fd, &cpu), EINVAL);
	EXPECT_ERR(bpf_prog_test_run_opts(fd, &batch), EINVAL);
	EXPECT_STREQ(noted(), "");
}

static int run_packet(uint32_t room, struct bpf_test_run_opts *opts)
{
	static char bytes[64], out[64];

	opts->data_in = bytes;
	opts->data_size_in = sizeof(bytes);
	opts->data_out = out;
	opts->data_size_out = room;
	return bpf_prog_test_run_opts(bpf_program__fd(skel->progs.packet), opts);
}

BPF_TEST(test_run, ends_with_a_tracepoint)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);

	set_up();
	attach(skel->progs.finish);
	attach(skel->progs.finish_event);
	EXPECT_OK(run_packet(64, &opts));
	EXPECT_STREQ(noted(), "finish=0 event=0");
	EXPECT_ERR(run_packet(14, &opts), ENOSPC);
	EXPECT_STREQ(noted(), "finish=-28 event=-28");
	expect_run(skel->progs.enter, 0);
	EXPECT_STREQ(noted(), "finish=0 event=0");
	opts.flags = 1U << 31; /* before there is a run */
	EXPECT_ERR(run_packet(64, &opts), EINVAL);
	EXPECT_STREQ(noted(), "");
}

BPF_TEST(test_run, the_tracepoint_may_change_the_outcome)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	struct bpf_link *link;

	set_up();
	link = bpf_program__attach(skel->progs.finish_otherwise);
	ASSERT_NOT_NULL(link);
	skel->bss->new_error = -EBADMSG;
	EXPECT_ERR(run_packet(64, &opts), EBADMSG);
	EXPECT_EQ(opts.retval, 1); /* and what the run gave is told all the same */
	EXPECT_EQ(opts.data_size_out, 64);
	skel->bss->new_error = 0;
	EXPECT_OK(run_packet(14, &opts));
	EXPECT_OK(bpf_link__destroy(link));
	EXPECT_ERR(run_packet(14, &opts), ENOSPC);
}

BPF_TEST(test_run, a_fault_of_what_is_attached)
{
	uint32_t retval;
	int error;

	set_up();
	attach(skel->progs.enter);
	attach(skel->progs.leave);
	skel->bss->faulty = 1;
	EXPECT_FAULT(BPFUNIT_FAULT_NULL_POINTER, error = test_run(skel->progs.leave, &retval));
	EXPECT_EQ(error, -EFAULT);
	EXPECT_STREQ(noted(), "enter=1 leave=2");
}

/* Recursion */

static uint64_t misses(const struct bpf_program *prog)
{
	struct bpf_prog_info info = { 0 };
	uint32_t size = sizeof(info);

	ASSERT_OK(bpf_obj_get_info_by_fd(bpf_program__fd(prog), &info, &size));
	return info.recursion_misses;
}

static int64_t fire_again(struct bpfunit_call *call)
{
	const char *place = call->arg;

	return BPFUNIT_FIRE_ARGS(place, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
				 0);
}

BPF_TEST(test_run, a_program_does_not_run_inside_itself)
{
	set_up();
	attach(skel->progs.enter_too);
	attach(skel->progs.enter);
	skel->bss->ask = 1;
	BPFUNIT_MOCK(BPF_FUNC_ktime_get_ns, .callback = fire_again,
		     .arg = (void *)"fentry/bpf_fentry_test1");
	expect_run(skel->progs.enter, 0);
	EXPECT_STREQ(noted(), "enter=1 too=5 too=1"); /* another program does */
	EXPECT_EQ(misses(skel->progs.enter), 1);
	EXPECT_EQ(misses(skel->progs.enter_too), 0);
}

BPF_TEST(test_run, events_do_not_run_inside_each_other)
{
	set_up();
	attach(skel->progs.probe);
	attach(skel->progs.probe_return);
	attach(skel->progs.enter);
	skel->bss->ask = 1;
	BPFUNIT_MOCK(BPF_FUNC_ktime_get_ns, .callback = fire_again, .times = 1,
		     .arg = (void *)"kretprobe/bpf_fentry_test1");
	expect_run(skel->progs.enter, 0);
	EXPECT_STREQ(noted(), "probe=1 enter=1 return=2");
	EXPECT_EQ(misses(skel->progs.probe), 0);
	EXPECT_EQ(misses(skel->progs.probe_return), 1);
}

/* What is printed passes a tracepoint, where what prints does not print for ever. */
BPF_TEST(test_run, printing_passes_a_tracepoint)
{
	set_up();
	attach(skel->progs.printed);
	attach(skel->progs.printed_event);
	EXPECT_EQ(BPFUNIT_RUN(skel->progs.prints, NULL), 0);
	/* Each sees what the other prints: 'h', 'a' of "again", 'h', 'm' of "more". */
	EXPECT_STREQ(noted(), "line=104 text=6097 text=6104 line=109");
	EXPECT_EQ(misses(skel->progs.printed), 3);
	EXPECT_EQ(misses(skel->progs.printed_event), 3);
}

/* Source: try_get_buffers(), kernel/bpf/helpers.c (6.12). */
BPF_TEST(test_run, three_lines_are_printed_inside_each_other)
{
	if (strcmp(bpfunit_backend(), "vm") != 0)
		BPFUNIT_SKIP("the host's kernel would complain of it in its log");
	set_up();
	attach(skel->progs.echo_1);
	attach(skel->progs.echo_2);
	attach(skel->progs.echo_3);
	attach(skel->progs.echo_4);
	EXPECT_EQ(BPFUNIT_RUN(skel->progs.prints, NULL), 0);
	/* Of four programs for the first line three run for each of its echoes, and two for each of
	 * theirs, which are the fourth. */
	EXPECT_EQ(skel->bss->lines, 4 + 4 * 3);
	EXPECT_EQ(skel->bss->refused, 4 * 3 * 2);
}
