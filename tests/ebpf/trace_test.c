// SPDX-License-Identifier: BSD-2-Clause
/* Watching runs: traces, hooks, and sessions that stop and go on. */
#include "asm.h"
#include "ebpf/vm/hook.h"
#include "ebpf/vm/trace.h"
#include "faulty.skel.h"

#include <bpf/bpf.h>

struct lines {
	char text[8192];
	size_t len;
};

static void take_line(void *arg, const char *line)
{
	struct lines *lines = arg;

	lines->len += (size_t)snprintf(lines->text + lines->len, sizeof(lines->text) - lines->len,
				       "%s\n", line);
	ASSERT_LT(lines->len, sizeof(lines->text));
}

static u64 run_traced(struct bu_prog *prog, const char *what, struct lines *lines)
{
	struct bu_tracer tracer = { .print = take_line, .arg = lines };
	u64 r0;

	ASSERT_OK(bu_trace_parse(what, &tracer.what));
	bu_trace_begin(&tracer, bu_kernel());
	r0 = asm_run(prog).r0;
	bu_trace_end(&tracer, bu_kernel());
	return r0;
}

static const struct bpf_insn sum[] = { /* 1 + 2 by a subprogram */
				       MOV64_K(1, 1),          CALL_PC(1), EXIT, MOV64_X(0, 1),
				       ALU64_K(BPF_ADD, 0, 2), EXIT
};

BPF_TEST(trace, instructions)
{
	struct lines lines = { 0 };

	EXPECT_EQ(run_traced(ASM_LOAD(sum), "insn", &lines), 3);
	EXPECT_STREQ(lines.text, "0: r1 = 1\n"
				 "1: call pc+1\n"
				 "  3: r0 = r1\n"
				 "  4: r0 += 2\n"
				 "  5: exit\n"
				 "2: exit\n");
}

BPF_TEST(trace, nothing_after_the_end)
{
	struct bu_prog *prog = ASM_LOAD(sum);
	struct lines lines = { 0 };

	EXPECT_EQ(run_traced(prog, "", &lines), 3);
	EXPECT_EQ(asm_run(prog).r0, 3);
	EXPECT_STREQ(lines.text, "");
	EXPECT_NULL(bu_kernel()->hook);
}

/* Two in a row that the interpreter otherwise does as one. */
BPF_TEST(trace, fused_instructions_are_two)
{
	struct bpf_insn insns[] = { MOV64_K(1, 4), MOV64_X(0, 1), ALU64_K(BPF_ADD, 0, 2), EXIT };
	struct lines lines = { 0 };

	EXPECT_EQ(run_traced(ASM_LOAD(insns), "insn", &lines), 6);
	EXPECT_STREQ(lines.text, "0: r1 = 4\n1: r0 = r1\n2: r0 += 2\n3: exit\n");
}

BPF_TEST(trace, calls_with_arguments_and_results)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_HASH, "flows", 4, 8, 4, NULL);
	struct bpf_insn insns[] = { ST(BPF_W, 10, -4, 7),
				    ST(BPF_DW, 10, -16, 5),
				    LDDW_OF(BPF_PSEUDO_MAP_FD, 1, fd, 0),
				    MOV64_X(2, 10),
				    ALU64_K(BPF_ADD, 2, -4),
				    MOV64_X(3, 10),
				    ALU64_K(BPF_ADD, 3, -16),
				    MOV64_K(4, BPF_EXIST),
				    CALL(BPF_FUNC_map_update_elem),
				    CALL(BPF_FUNC_get_smp_processor_id),
				    EXIT };
	struct lines lines = { 0 };

	ASSERT_OK(fd);
	EXPECT_EQ(run_traced(ASM_LOAD(insns), "call", &lines), 0);
	EXPECT_STREQ(lines.text, "bpf_map_update_elem(map 'flows', key 07 00 00 00, "
				 "value 05 00 00 00 00 00 00 00, BPF_EXIST) = -2\n"
				 "bpf_get_smp_processor_id() = 0\n");
}

static const struct bpf_insn loop[] = { /* bpf_loop(3, callback, NULL, 0) */
					MOV64_K(1, 3), LDDW_OF(BPF_PSEUDO_FUNC, 2, 5, 0),
					MOV64_K(3, 0), MOV64_K(4, 0),
					CALL(181),     EXIT,
					MOV64_K(0, 0), EXIT
};

BPF_TEST(trace, a_call_whose_callback_is_traced)
{
	struct lines lines = { 0 };

	EXPECT_EQ(run_traced(ASM_LOAD(loop), "call", &lines), 3);
	EXPECT_NOT_NULL(strstr(lines.text, "bpf_loop(3, "));
	EXPECT_NOT_NULL(strstr(lines.text, ") = 3\n"));
	lines = (struct lines){ 0 };
	EXPECT_EQ(run_traced(ASM_LOAD(loop), "call,insn", &lines), 3);
	EXPECT_NOT_NULL(strstr(lines.text, "  7: r0 = 0\n  8: exit\n  7: r0 = 0\n"));
	EXPECT_NOT_NULL(strstr(lines.text, "\n(call at instruction 5) = 3\n6: exit\n"));
}

BPF_TEST(trace, memory)
{
	struct bpf_insn insns[] = { ST(BPF_W, 10, -4, 9), MOV64_K(1, 1),
				    ATOMIC(BPF_W, BPF_ADD | BPF_FETCH, 10, 1, -4),
				    LDX(BPF_H, 0, 10, -4), EXIT };
	struct lines lines = { 0 };

	EXPECT_EQ(run_traced(ASM_LOAD(insns), "mem", &lines), 10);
	EXPECT_NOT_NULL(strstr(lines.text, "write 4 bytes at 0x"));
	EXPECT_NOT_NULL(strstr(lines.text, ", at fp-4 in stack frame of 'asm' (512 bytes): 9\n"));
	EXPECT_NOT_NULL(strstr(lines.text, "update 4 bytes at 0x"));
	EXPECT_NOT_NULL(strstr(lines.text, "(512 bytes): 10\nread 2 bytes at 0x"));
}

/* What helpers do by their arguments: what they read is told before, what they write after. */
BPF_TEST(trace, memory_of_helpers)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_HASH, "flows", 4, 8, 4, NULL);
	struct bpf_insn insns[] = { ST(BPF_W, 10, -4, 7),
				    LDDW_OF(BPF_PSEUDO_MAP_FD, 1, fd, 0),
				    MOV64_X(2, 10),
				    ALU64_K(BPF_ADD, 2, -4),
				    CALL(BPF_FUNC_map_lookup_elem),
				    MOV64_X(1, 10),
				    ALU64_K(BPF_ADD, 1, -24),
				    MOV64_K(2, 16),
				    CALL(BPF_FUNC_get_current_comm),
				    MOV64_K(0, 0),
				    EXIT };
	struct lines lines = { 0 };
	const char *reads, *writes;

	ASSERT_OK(fd);
	EXPECT_OK(bpfunit_set_comm("ab"));
	EXPECT_EQ(run_traced(ASM_LOAD(insns), "mem,call", &lines), 0);
	reads = strstr(lines.text, "bpf_map_lookup_elem reads 4 bytes at 0x");
	ASSERT_NOT_NULL(reads);
	EXPECT_NOT_NULL(strstr(reads, ", at fp-4 in stack frame of 'asm' (512 bytes): "
				      "07 00 00 00\nbpf_map_lookup_elem("));
	EXPECT_NULL(strstr(lines.text, "get_current_comm reads"));
	writes = strstr(lines.text, "bpf_get_current_comm writes 16 bytes at 0x");
	ASSERT_NOT_NULL(writes);
	EXPECT_NOT_NULL(strstr(writes, ": 61 62 00 00 00 00 00 00 00 00 00 00 00 00 00 00\n"));
}

/* A bad argument is the fault's to tell, and nothing is written when the call does not end. */
BPF_TEST(trace, memory_of_a_helper_that_faults)
{
	struct bpf_insn insns[] = { MOV64_X(1, 10), MOV64_K(2, 16), CALL(BPF_FUNC_get_current_comm),
				    MOV64_K(0, 0), EXIT };
	struct lines lines = { 0 };

	run_traced(ASM_LOAD(insns), "mem", &lines);
	EXPECT_STREQ(lines.text, "");
}

BPF_TEST(trace, words)
{
	u32 what;

	EXPECT_OK(bu_trace_parse("mem,insn,,call", &what));
	EXPECT_EQ(what, BU_TRACE_INSN | BU_TRACE_CALL | BU_TRACE_MEM);
	EXPECT_ERR(bu_trace_parse("instruction", &what), EINVAL);
	EXPECT_ERR(bu_trace_parse("insn,m", &what), EINVAL);
}

/* Breakpoints: where to stop, and where it did. */
struct breakpoint {
	struct bu_hook hook;
	s64 insn; /* -1: everywhere */
	u32 stops;
};

static void stop(void *arg, struct bu_run *run)
{
	struct breakpoint *breakpoint = arg;

	if (breakpoint->insn >= 0 && run->insn != breakpoint->insn)
		return;
	breakpoint->stops++;
	bu_run_stop(run);
}

static void set_breakpoint(struct breakpoint *breakpoint, s64 insn)
{
	*breakpoint =
		(struct breakpoint){ .hook = { .before = stop, .arg = breakpoint }, .insn = insn };
	bu_hook_add(bu_kernel(), &breakpoint->hook);
}

BPF_TEST(session, single_steps)
{
	static const u32 order[] = { 0, 1, 3, 4, 5, 2 };
	struct breakpoint every;
	struct bu_session *session;
	struct bu_run run;
	u32 i = 0;

	set_breakpoint(&every, -1);
	bu_run_begin(&run, bu_kernel(), ASM_LOAD(sum));
	session = bu_session_begin(&run);
	ASSERT_NOT_NULL(session);
	while (bu_session_go(session)) {
		ASSERT_LT(i, BU_ARRAY_SIZE(order));
		EXPECT_EQ(run.insn, order[i]);
		EXPECT_EQ(run.depth, i >= 2 && i < 5);
		i++;
	}
	EXPECT_EQ(i, BU_ARRAY_SIZE(order));
	EXPECT_EQ(bu_session_r0(session), 3);
	EXPECT_FALSE(bu_session_go(session));
	bu_session_end(session);
	bu_run_end(&run);
	bu_hook_remove(bu_kernel(), &every.hook);
}

/* Registers may be changed while the run is stopped. */
BPF_TEST(session, stops_at_a_breakpoint_and_takes_changes)
{
	struct breakpoint at;
	struct bu_session *session;
	struct bu_run run;

	set_breakpoint(&at, 4);
	bu_run_begin(&run, bu_kernel(), ASM_LOAD(sum));
	session = bu_session_begin(&run);
	ASSERT_TRUE(bu_session_go(session));
	EXPECT_EQ(run.regs[0], 1);
	run.regs[0] = 40;
	EXPECT_FALSE(bu_session_go(session));
	EXPECT_EQ(bu_session_r0(session), 42);
	bu_session_end(session);
	bu_run_end(&run);
	bu_hook_remove(bu_kernel(), &at.hook);
}

BPF_TEST(session, stops_inside_callbacks)
{
	struct breakpoint at;
	struct bu_session *session;
	struct bu_run run;
	u32 times = 0;

	set_breakpoint(&at, 7);
	bu_run_begin(&run, bu_kernel(), ASM_LOAD(loop));
	session = bu_session_begin(&run);
	while (bu_session_go(session)) {
		EXPECT_EQ(run.depth, 1);
		EXPECT_EQ(run.regs[1], times++);
	}
	EXPECT_EQ(times, 3);
	EXPECT_EQ(bu_session_r0(session), 3);
	bu_session_end(session);
	bu_run_end(&run);
	bu_hook_remove(bu_kernel(), &at.hook);
}

BPF_TEST(session, two_at_a_time)
{
	struct bu_prog *prog = ASM_LOAD(sum);
	struct breakpoint every;
	struct bu_session *sessions[2];
	struct bu_run runs[2];
	u32 steps[2] = { 0 };

	set_breakpoint(&every, -1);
	for (int i = 0; i < 2; i++) {
		bu_run_begin(&runs[i], bu_kernel(), prog);
		sessions[i] = bu_session_begin(&runs[i]);
		ASSERT_NOT_NULL(sessions[i]);
	}
	for (int left = 2; left;) {
		left = 0;
		for (int i = 0; i < 2; i++) {
			if (!bu_session_go(sessions[i]))
				continue;
			steps[i]++;
			left++;
		}
	}
	for (int i = 2; i-- > 0;) {
		EXPECT_EQ(bu_session_r0(sessions[i]), 3);
		EXPECT_EQ(steps[i], 6);
		bu_session_end(sessions[i]);
		bu_run_end(&runs[i]);
	}
	bu_hook_remove(bu_kernel(), &every.hook);
}

/* Dropped in a callback: helper and program are unwound, no one is told of a fault. */
BPF_TEST(session, ends_a_run_that_has_not_ended)
{
	struct breakpoint at;
	struct bu_session *session;
	struct bu_run run;

	set_breakpoint(&at, 7);
	bu_run_begin(&run, bu_kernel(), ASM_LOAD(loop));
	session = bu_session_begin(&run);
	ASSERT_TRUE(bu_session_go(session));
	bu_session_end(session);
	EXPECT_EQ(run.fault.kind, BU_FAULT_ENDED);
	EXPECT_EQ(at.stops, 1);
	bu_run_end(&run);
	EXPECT_NULL(bu_kernel()->session);
	EXPECT_EQ(bpfunit_fault_kind(), BPFUNIT_FAULT_NONE);
	bu_hook_remove(bu_kernel(), &at.hook);
}

BPF_TEST(session, ends_before_it_began)
{
	struct bu_session *session;
	struct bu_run run;

	bu_run_begin(&run, bu_kernel(), ASM_LOAD(sum));
	session = bu_session_begin(&run);
	ASSERT_NOT_NULL(session);
	bu_session_end(session);
	EXPECT_EQ(run.fault.kind, BU_FAULT_NONE);
	bu_run_end(&run);
}

/* Outside a session there is nowhere to stop to. */
BPF_TEST(session, stop_without_session)
{
	struct breakpoint every;

	set_breakpoint(&every, -1);
	EXPECT_EQ(asm_run(ASM_LOAD(sum)).r0, 3);
	EXPECT_EQ(every.stops, 6);
	bu_hook_remove(bu_kernel(), &every.hook);
}

static int64_t count_in_mock(struct bpfunit_call *call)
{
	(*(u32 *)call->arg)++;
	return 5;
}

BPF_TEST(session, mocks_run_on_its_stack)
{
	struct bpf_insn insns[] = { CALL(BPF_FUNC_ktime_get_ns), EXIT };
	struct bu_session *session;
	struct bu_run run;
	u32 calls = 0;

	BPFUNIT_MOCK(BPF_FUNC_ktime_get_ns, .callback = count_in_mock, .arg = &calls);
	bu_run_begin(&run, bu_kernel(), ASM_LOAD(insns));
	session = bu_session_begin(&run);
	EXPECT_FALSE(bu_session_go(session));
	EXPECT_EQ(bu_session_r0(session), 5);
	EXPECT_EQ(calls, 1);
	bu_session_end(session);
	bu_run_end(&run);
}

/* What a hook raises ends the run before the instruction. */
static void refuse(void *arg, struct bu_run *run)
{
	if (run->insn == 4)
		bu_fault_raise(run, BU_FAULT_ENDED, "no further");
}

BPF_TEST(hook, can_end_a_run)
{
	struct bu_hook hook = { .before = refuse };
	struct asm_result result;

	bu_hook_add(bu_kernel(), &hook);
	result = asm_run(ASM_LOAD(sum));
	bu_hook_remove(bu_kernel(), &hook);
	EXPECT_EQ(result.fault.kind, BU_FAULT_ENDED);
	EXPECT_EQ(result.fault.insn, 4);
}

/* With source lines, through the framework. */
BPF_TEST(trace, of_a_test)
{
	struct faulty_bpf *skel = BPFUNIT_LOAD(faulty_bpf);
	__u64 args[2] = { 0 };

	ASSERT_OK(bpfunit_trace_runs("insn,call,mem"));
	EXPECT_EQ(BPFUNIT_RUN(skel->progs.past_the_end, &args), 0);
	ASSERT_OK(bpfunit_trace_runs(NULL));
	EXPECT_NULL(bu_kernel()->hook);
}
