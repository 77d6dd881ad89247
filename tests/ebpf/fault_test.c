// SPDX-License-Identifier: BSD-2-Clause
/* Faults: their kinds, and that a report alone tells where the mistake is. */
#include "asm.h"
#include "ebpf/vm/fault_info.h"
#include "faulty.skel.h"

#include <bpf/bpf.h>

struct flow_value {
	__u64 packets[8];
};

static struct faulty_bpf *load_with_flow(void)
{
	struct faulty_bpf *skel = BPFUNIT_LOAD(faulty_bpf);

	MAP_PUT(skel->maps.flows, (__u32){ 1 }, (struct flow_value){ { 1, 2, 3 } });
	return skel;
}

/* The report of a run that faults has each of the texts. */
#define EXPECT_REPORT(kind, run, ...)                                                              \
	do {                                                                                       \
		EXPECT_FAULT(kind, run);                                                           \
		expect_texts(bpfunit_fault_report(), (const char *const[]){ __VA_ARGS__, NULL });  \
	} while (0)

static void expect_texts(const char *report, const char *const *texts)
{
	for (; *texts; texts++)
		if (!strstr(report, *texts))
			EXPECT_FAIL("no \"%s\" in:\n%s", *texts, report);
}

static int64_t run(struct bpf_program *prog)
{
	__u64 args[2] = { 0 };

	return BPFUNIT_RUN(prog, &args);
}

BPF_TEST(fault, past_the_end_of_a_map_value)
{
	struct faulty_bpf *skel = load_with_flow();

	skel->bss->position = 2;
	EXPECT_EQ(run(skel->progs.past_the_end), 3);
	skel->bss->position = 8;
	EXPECT_REPORT(BPFUNIT_FAULT_OUT_OF_BOUNDS, run(skel->progs.past_the_end),
		      "out of bounds: read of 8 bytes at 0x",
		      "at the end of value of map 'flows' (64 bytes)", "faulty.bpf.c:30",
		      "return at[distance]; /* out of bounds, in a subprogram */", "#0 next at",
		      "#1 past_the_end at");
}

BPF_TEST(fault, distances_from_a_map_value)
{
	struct faulty_bpf *skel = load_with_flow();

	skel->bss->position = 9;
	EXPECT_REPORT(BPFUNIT_FAULT_OUT_OF_BOUNDS, run(skel->progs.past_the_end),
		      "8 bytes past the end of value of map 'flows' (64 bytes)");
	skel->bss->position = -1;
	EXPECT_REPORT(BPFUNIT_FAULT_OUT_OF_BOUNDS, run(skel->progs.past_the_end),
		      "8 bytes before the start of value of map 'flows' (64 bytes)");
}

BPF_TEST(fault, null_pointer)
{
	struct faulty_bpf *skel = load_with_flow();

	EXPECT_REPORT(BPFUNIT_FAULT_NULL_POINTER, run(skel->progs.no_null_check),
		      "offset 8 from a NULL pointer", "faulty.bpf.c:48", "hint: check the pointer");
}

BPF_TEST(fault, deleted_element)
{
	struct faulty_bpf *skel = load_with_flow();

	EXPECT_REPORT(BPFUNIT_FAULT_USE_AFTER_FREE, run(skel->progs.deleted),
		      "at offset 0 of value of map 'flows'", "faulty.bpf.c:60");
}

BPF_TEST(fault, constant_global)
{
	struct faulty_bpf *skel = load_with_flow();

	EXPECT_REPORT(BPFUNIT_FAULT_READ_ONLY, run(skel->progs.writes_constant), "write of 8 bytes",
		      "rodata", "faulty.bpf.c:66");
}

BPF_TEST(fault, ring_buffer_records)
{
	struct faulty_bpf *skel = load_with_flow();

	EXPECT_REPORT(BPFUNIT_FAULT_UNINITIALISED, run(skel->progs.unwritten_record),
		      "ring buffer 'events'", "faulty.bpf.c:78");
	EXPECT_REPORT(BPFUNIT_FAULT_USE_AFTER_FREE, run(skel->progs.submitted_record),
		      "submitted or discarded", "faulty.bpf.c:92");
	EXPECT_REPORT(BPFUNIT_FAULT_LEAK, run(skel->progs.leaks),
		      "neither submitted nor discarded");
}

BPF_TEST(fault, stack_of_an_earlier_run)
{
	struct faulty_bpf *skel = load_with_flow();

	EXPECT_EQ(run(skel->progs.keeps_stack), 3);
	EXPECT_NOT_NULL(skel->bss->kept);
	EXPECT_FAULT(BPFUNIT_FAULT_UNINITIALISED, run(skel->progs.reads_kept));
}

BPF_TEST(fault, endless_loop)
{
	struct faulty_bpf *skel = load_with_flow();

	bpfunit_set_budget(10000);
	EXPECT_REPORT(BPFUNIT_FAULT_BUDGET, run(skel->progs.spins),
		      "in the loop at faulty.bpf.c:121 to 122",
		      "a run may execute 10000 instructions");
}

BPF_TEST(fault, packets)
{
	struct faulty_bpf *skel = load_with_flow();
	struct bpfunit_packet *packet =
		bpfunit_packet_ipv4_udp("10.0.0.1", "10.0.0.2", 1, 2, "hello");
	struct bpfunit_packet *moved =
		bpfunit_packet_ipv4_udp("10.0.0.1", "10.0.0.2", 1, 2, "hello");

	EXPECT_REPORT(BPFUNIT_FAULT_USE_AFTER_FREE,
		      BPFUNIT_RUN_XDP(skel->progs.stale_packet, moved),
		      "where the packet was before it moved",
		      "load data and data_end from the context again", "faulty.bpf.c:133");
	EXPECT_REPORT(BPFUNIT_FAULT_OUT_OF_BOUNDS,
		      BPFUNIT_RUN_XDP(skel->progs.past_the_packet, packet),
		      "past the end of packet (47 bytes)");
	EXPECT_REPORT(BPFUNIT_FAULT_READ_ONLY, BPFUNIT_RUN_XDP(skel->progs.writes_context, packet),
		      "xdp context", "may not write");
}

BPF_TEST(fault, as_data)
{
	struct faulty_bpf *skel = load_with_flow();
	const struct bpfunit_fault *fault;

	EXPECT_NULL(bpfunit_fault());
	EXPECT_STREQ(bpfunit_fault_json(), "");
	skel->bss->position = 8;
	ASSERT_FAULT_AT(BPFUNIT_FAULT_OUT_OF_BOUNDS, "faulty.bpf.c", 30,
			run(skel->progs.past_the_end));
	fault = bpfunit_fault();
	ASSERT_NOT_NULL(fault);
	EXPECT_EQ(fault->kind, BPFUNIT_FAULT_OUT_OF_BOUNDS);
	EXPECT_FALSE(fault->write);
	EXPECT_EQ(fault->size, 8);
	EXPECT_STREQ(fault->where,
		     "at the end of value of map 'flows' (64 bytes), key 01 00 00 00");
	EXPECT_STREQ(fault->origin, "inserted by user space");
	EXPECT_STREQ(fault->freed, "");
	ASSERT_EQ(fault->stack_depth, 2);
	EXPECT_STREQ(fault->stack[0].function, "next");
	EXPECT_STREQ(fault->stack[1].program, "past_the_end");
	EXPECT_EQ(fault->stack[1].line, 39);
	EXPECT_STREQ(fault->stack[1].source, "return flow ? next(flow->packets, position) : 0;");
	ASSERT_GT(fault->last_count, 4);
	EXPECT_EQ(fault->last[0].insn, fault->stack[0].insn);
	EXPECT_STREQ(fault->last[0].disassembly, fault->stack[0].disassembly);
}

BPF_TEST(fault, as_json)
{
	struct faulty_bpf *skel = load_with_flow();

	ASSERT_FAULT(BPFUNIT_FAULT_USE_AFTER_FREE, run(skel->progs.deleted));
	expect_texts(
		bpfunit_fault_json(),
		(const char *const[]){
			"{\"kind\":\"use after free\",\"access\":\"read\",\"size\":8,",
			"\"where\":\"at offset 0 of value of map 'flows' (64 bytes), "
			"key 01 00 00 00\"",
			"\"origin\":\"inserted by user space\"", "\"freed\":\"deleted or",
			"faulty.bpf.c\",\"line\":60,\"column\":", "\"registers\":[{\"value\":\"0x",
			"\"last_instructions\":[{\"insn\":", NULL });
	EXPECT_EQ(bpfunit_fault_json()[strlen(bpfunit_fault_json()) - 1], '}');
}

/* Names and source lines are whatever bytes an object has; buffers may cut them anywhere. */
BPF_TEST(fault, json_of_odd_bytes)
{
	static struct bu_fault_info info = { .kind = BU_FAULT_NULL_POINTER };
	char *json;

	strcpy(info.where, "a\"b\\c\n\x01\x7f");
	strcpy(info.hint, "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x90\x9d cut \xc3");
	strcpy(info.origin[0],
	       "latin \xfc, long \xc0\xaf, half \xed\xa0\x80, far \xf4\x90\x80\x80");
	json = bu_fault_json(&info);
	ASSERT_NOT_NULL(json);
	ASSERT_OK(bpfunit_defer(free, json));
	expect_texts(
		json,
		(const char *const[]){
			"\"where\":\"a\\\"b\\\\c\\u000a\\u0001\x7f\"",
			"\"hint\":\"gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x90\x9d cut \\ufffd\"",
			"latin \\ufffd, long \\ufffd\\ufffd, half \\ufffd\\ufffd\\ufffd, far "
			"\\ufffd",
			NULL });
}

BPF_TEST(fault, of_the_latest_run_only)
{
	struct faulty_bpf *skel = load_with_flow();

	EXPECT_FAULT(BPFUNIT_FAULT_NULL_POINTER, run(skel->progs.no_null_check));
	EXPECT_NOT_NULL(bpfunit_fault());
	EXPECT_NO_FAULT(run(skel->progs.past_the_end));
	EXPECT_NULL(bpfunit_fault());
	EXPECT_STREQ(bpfunit_fault_report(), "");
}

/* Jumps back and forth: the last 16 as they were executed. */
BPF_TEST(fault, last_instructions_across_jumps_and_calls)
{
	struct bpf_insn insns[] = {
		MOV64_K(6, 3),            /* 0 */
		MOV64_X(1, 6),            /* 1 */
		CALL_PC(4),               /* 2: to 7 */
		ALU64_K(BPF_SUB, 6, 1),   /* 3 */
		JMP_K(BPF_JNE, 6, 0, -4), /* 4: to 1 */
		LDX(BPF_B, 0, 6, 0),      /* 5: NULL */
		EXIT,                     /* 6 */
		MOV64_X(0, 1),            /* 7 */
		EXIT,                     /* 8 */
	};
	static const char golden[] = "  last instructions:\n"
				     "    8: exit\n"
				     "    3: r6 -= 1\n"
				     "    4: if r6 != 0x0 goto pc-4\n"
				     "    1: r1 = r6\n"
				     "    2: call pc+4\n"
				     "    7: r0 = r1\n"
				     "    8: exit\n"
				     "    3: r6 -= 1\n"
				     "    4: if r6 != 0x0 goto pc-4\n"
				     "    1: r1 = r6\n"
				     "    2: call pc+4\n"
				     "    7: r0 = r1\n"
				     "    8: exit\n"
				     "    3: r6 -= 1\n"
				     "    4: if r6 != 0x0 goto pc-4\n"
				     "  > 5: r0 = *(u8 *)(r6 +0)";
	struct asm_result result;

	result = asm_run(ASM_LOAD(insns));
	EXPECT_EQ(result.fault.kind, BU_FAULT_NULL_POINTER);
	EXPECT_STREQ(strstr(result.report, "  last instructions:"), golden);
}

/* Of a program without BTF. */
#define EXPECT_ASM(insns, kind_, ...)                                                              \
	do {                                                                                       \
		struct asm_result result_ = asm_run(ASM_LOAD(insns));                              \
		EXPECT_EQ(result_.fault.kind, kind_);                                              \
		expect_texts(result_.report, (const char *const[]){ __VA_ARGS__, NULL });          \
	} while (0)

BPF_TEST(fault_asm, stack_bounds)
{
	struct bpf_insn above[] = { LDX(BPF_DW, 0, 10, 0), EXIT };
	struct bpf_insn below[] = { MOV64_K(0, 0), ST(BPF_W, 10, -516, 1), EXIT };
	struct bpf_insn across[] = { ST(BPF_DW, 10, -8, 1), LDX(BPF_DW, 0, 10, -4), EXIT };

	EXPECT_ASM(above, BU_FAULT_OUT_OF_BOUNDS, "at the end of stack frame of 'asm' (512 bytes)");
	EXPECT_ASM(below, BU_FAULT_OUT_OF_BOUNDS, "write of 4 bytes",
		   "4 bytes before the start of stack frame of 'asm'");
	EXPECT_ASM(across, BU_FAULT_OUT_OF_BOUNDS, "at the end of stack frame");
}

BPF_TEST(fault_asm, uninitialised_stack)
{
	struct bpf_insn none[] = { LDX(BPF_DW, 0, 10, -16), EXIT };
	struct bpf_insn half[] = { ST(BPF_W, 10, -8, 1), LDX(BPF_DW, 0, 10, -8), EXIT };

	EXPECT_ASM(none, BU_FAULT_UNINITIALISED, "read of uninitialised memory: read of 8 bytes",
		   "at fp-16 in stack frame of 'asm'", "r0 = *(u64 *)(r10 -16)");
	EXPECT_ASM(half, BU_FAULT_UNINITIALISED, "at fp-4 in");
}

BPF_TEST(fault_asm, wild_pointers)
{
	struct bpf_insn wild[] = { LDDW(1, 0xdead00000000beefULL), LDX(BPF_B, 0, 1, 0), EXIT };
	struct bpf_insn host[] = { LDDW(1, (u64)(uintptr_t)&wild), LDX(BPF_B, 0, 1, 0), EXIT };
	struct bpf_insn cut[] = { MOV32_X(1, 10), LDX(BPF_B, 0, 1, -8), EXIT };

	EXPECT_ASM(wild, BU_FAULT_WILD_POINTER, "0xdead00000000beef", "no memory");
	EXPECT_ASM(host, BU_FAULT_WILD_POINTER, "no memory");
	EXPECT_ASM(cut, BU_FAULT_WILD_POINTER, "cut to 32 bits");
}

BPF_TEST(fault_asm, map_itself)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "plain", 4, 8, 1, NULL);
	struct bpf_insn insns[] = { LDDW_OF(BPF_PSEUDO_MAP_FD, 1, 0, 0), LDX(BPF_DW, 0, 1, 0),
				    EXIT };

	ASSERT_OK(fd);
	insns[0].imm = fd;
	EXPECT_ASM(insns, BU_FAULT_WILD_POINTER, "map 'plain' itself", "bpf_map_lookup_elem");
}

BPF_TEST(fault_asm, code_is_not_data)
{
	struct bpf_insn insns[] = { LDDW_OF(BPF_PSEUDO_FUNC, 1, 3, 0), LDX(BPF_DW, 0, 1, 0), EXIT,
				    MOV64_K(0, 0), EXIT };

	EXPECT_ASM(insns, BU_FAULT_WILD_POINTER, "the program's code", "not read or written");
}

BPF_TEST(fault_asm, poisoned_calls)
{
	struct bpf_insn core[] = { CALL(195896080), EXIT };
	struct bpf_insn kfunc[] = { CALL(2002000003), EXIT };
	struct bpf_insn old_kfunc[] = { INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, 0, 0),
					EXIT };
	struct bpf_insn map[] = { CALL(2001000002), EXIT };
	struct bpf_insn unknown[] = { CALL(9999), EXIT };

	EXPECT_ASM(core, BU_FAULT_BAD_INSTRUCTION, "CO-RE relocation failed",
		   "bpf_core_field_exists");
	EXPECT_ASM(kfunc, BU_FAULT_BAD_INSTRUCTION, "kfunc, extern number 3", "bpf_ksym_exists");
	EXPECT_ASM(old_kfunc, BU_FAULT_BAD_INSTRUCTION, "weak kernel function", "bpf_ksym_exists");
	EXPECT_ASM(map, BU_FAULT_BAD_INSTRUCTION, "a map (number 2 of the object)");
	EXPECT_ASM(unknown, BU_FAULT_BAD_INSTRUCTION, "no helper has the number 9999");
}

BPF_TEST(fault_asm, kernel_function_without_a_model)
{
	struct bpf_insn insns[] = { INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, 0, 99999),
				    EXIT };

	EXPECT_ASM(insns, BU_FAULT_NO_MODEL, "kernel function (kfunc) called here has no model");
}

BPF_TEST(fault_asm, poisoned_calls_do_no_harm_when_they_are_skipped)
{
	struct bpf_insn insns[] = { MOV64_K(0, 4), JMP_K(BPF_JEQ, 0, 4, 1), CALL(195896080), EXIT };
	struct asm_result result = asm_run(ASM_LOAD(insns));

	EXPECT_EQ(result.fault.kind, BU_FAULT_NONE);
	EXPECT_EQ(result.r0, 4);
}

BPF_TEST(fault_asm, shows_the_call_stack_innermost_first)
{
	struct bpf_insn insns[] = {
		MOV64_K(6, 77),        CALL_PC(1), EXIT, CALL_PC(1), EXIT, MOV64_K(1, 0),
		LDX(BPF_DW, 0, 1, 16), EXIT
	};

	EXPECT_ASM(insns, BU_FAULT_NULL_POINTER, "#0 asm at instruction 6",
		   "#1 asm at instruction 3", "#2 asm at instruction 1",
		   "offset 16 from a NULL pointer", "r6 = 0x4d");
}

BPF_TEST(fault_kind, each_has_a_name)
{
	for (int kind = 0; kind < BU_FAULT_MAX; kind++)
		EXPECT_GT(strlen(bu_fault_kind_name(kind)), 4U);
	EXPECT_STREQ(bu_fault_kind_name(BU_FAULT_MAX), "unknown fault");
}

BPF_TEST(fault_kind, the_first_fault_stays)
{
	struct bpf_insn insns[] = { MOV64_K(0, 0), EXIT };
	struct bu_run run;

	bu_run_begin(&run, bu_kernel(), ASM_LOAD(insns));
	bu_fault_raise(&run, BU_FAULT_BAD_ARGUMENT, "first %d", 1);
	bu_fault_access(&run, 0, 8, false);
	bu_fault_raise(&run, BU_FAULT_LEAK, NULL);
	EXPECT_EQ(run.fault.kind, BU_FAULT_BAD_ARGUMENT);
	EXPECT_STREQ(run.fault.hint, "first 1");
	bu_run_end(&run);
}
