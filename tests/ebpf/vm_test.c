// SPDX-License-Identifier: BSD-2-Clause
/* The interpreter: what the conformance vectors leave out. */
#include "asm.h"

#define EXPECT_R0(insns, expected)                                                                 \
	do {                                                                                       \
		struct asm_result result_ = asm_run(ASM_LOAD(insns));                              \
		EXPECT_STREQ(result_.report, "");                                                  \
		EXPECT_EQ(result_.r0, (u64)(expected));                                            \
	} while (0)
#define EXPECT_KIND(insns, kind_) EXPECT_EQ(asm_run(ASM_LOAD(insns)).fault.kind, kind_)

BPF_TEST(vm_alu, divides_by_zero_as_the_kernel)
{
	struct bpf_insn div[] = { MOV64_K(0, 7), MOV64_K(1, 0), ALU64_X(BPF_DIV, 0, 1), EXIT };
	struct bpf_insn mod[] = { MOV64_K(0, -7), MOV64_K(1, 0), ALU64_X(BPF_MOD, 0, 1), EXIT };
	struct bpf_insn mod32[] = { MOV64_K(0, -7), MOV64_K(1, 0), ALU32_X(BPF_MOD, 0, 1), EXIT };

	EXPECT_R0(div, 0);
	EXPECT_R0(mod, -7);
	EXPECT_R0(mod32, (u32)-7);
}

BPF_TEST(vm_alu, divides_signed)
{
	struct bpf_insn sdiv[] = { LDDW(0, 0x8000000000000000ULL), MOV64_K(1, -1),
				   INSN(BPF_ALU64 | BPF_DIV | BPF_X, 0, 1, 1, 0), EXIT };
	struct bpf_insn smod[] = { MOV64_K(0, -7), INSN(BPF_ALU64 | BPF_MOD | BPF_K, 0, 0, 1, 3),
				   EXIT };
	struct bpf_insn sdiv32[] = { MOV64_K(0, -7), INSN(BPF_ALU | BPF_DIV | BPF_K, 0, 0, 1, 2),
				     EXIT };

	EXPECT_R0(sdiv, 0x8000000000000000ULL);
	EXPECT_R0(smod, -1);
	EXPECT_R0(sdiv32, (u32)-3);
}

BPF_TEST(vm_alu, masks_shifts)
{
	struct bpf_insn wide[] = { MOV64_K(0, 1), MOV64_K(1, 65), ALU64_X(BPF_LSH, 0, 1), EXIT };
	struct bpf_insn narrow[] = { MOV64_K(0, -1), MOV64_K(1, 33), ALU32_X(BPF_RSH, 0, 1), EXIT };
	struct bpf_insn arsh[] = { MOV64_K(0, -16), MOV64_K(1, 66), ALU64_X(BPF_ARSH, 0, 1), EXIT };

	EXPECT_R0(wide, 2);
	EXPECT_R0(narrow, 0x7fffffff);
	EXPECT_R0(arsh, -4);
}

BPF_TEST(vm_alu, zero_extends_32_bits)
{
	struct bpf_insn add[] = { MOV64_K(0, -1), ALU32_K(BPF_ADD, 0, 1), EXIT };
	struct bpf_insn mov[] = { MOV64_K(1, -1), MOV32_X(0, 1), EXIT };

	EXPECT_R0(add, 0);
	EXPECT_R0(mov, 0xffffffff);
}

BPF_TEST(vm_alu, sign_extends)
{
	struct bpf_insn byte[] = { MOV64_K(1, 0x80), MOVSX64(8, 0, 1), EXIT };
	struct bpf_insn word[] = { MOV32_K(1, -2), MOVSX64(32, 0, 1), EXIT };
	struct bpf_insn half[] = { MOV64_K(1, 0x8000), MOVSX32(16, 0, 1), EXIT };

	EXPECT_R0(byte, -128);
	EXPECT_R0(word, -2);
	EXPECT_R0(half, 0xffff8000);
}

BPF_TEST(vm_alu, swaps_bytes)
{
	struct bpf_insn be16[] = { MOV64_K(0, 0x1122), INSN(0xdc, 0, 0, 0, 16), EXIT };
	struct bpf_insn le32[] = { MOV64_K(0, -1), INSN(0xd4, 0, 0, 0, 32), EXIT };
	struct bpf_insn bswap[] = { LDDW(0, 0x1122334455667788), INSN(0xd7, 0, 0, 0, 64), EXIT };

	EXPECT_R0(be16, 0x2211);
	EXPECT_R0(le32, 0xffffffff);
	EXPECT_R0(bswap, 0x8877665544332211);
}

BPF_TEST(vm_jump, compares_signed_and_32_bits)
{
	struct bpf_insn slt[] = { MOV64_K(0, 1), MOV64_K(1, -5), JMP_K(BPF_JSLT, 1, -4, 1),
				  MOV64_K(0, 0), EXIT };
	struct bpf_insn eq32[] = { MOV64_K(0, 1), LDDW(1, 0xff00000007), JMP32_K(BPF_JEQ, 1, 7, 1),
				   MOV64_K(0, 0), EXIT };
	struct bpf_insn gt[] = { MOV64_K(0, 1), MOV64_K(1, -1), JMP_K(BPF_JGT, 1, 5, 1),
				 MOV64_K(0, 0), EXIT };

	EXPECT_R0(slt, 1);
	EXPECT_R0(eq32, 1);
	EXPECT_R0(gt, 1);
}

BPF_TEST(vm_jump, jumps_far)
{
	struct bpf_insn insns[] = { MOV64_K(0, 1), JMP_K(BPF_JEQ, 0, 0, 1), JA32(1), MOV64_K(0, 2),
				    EXIT };

	EXPECT_R0(insns, 1);
}

/* r1 = r2; r1 += r3 is dispatched as one; the jump goes to its second half. */
BPF_TEST(vm_jump, enters_a_pair_in_its_middle)
{
	struct bpf_insn insns[] = { MOV64_K(1, 1),
				    MOV64_K(2, 10),
				    MOV64_K(3, 100),
				    MOV64_K(0, 0),
				    JMP_K(BPF_JEQ, 0, 0, 1),
				    MOV64_X(1, 2),
				    ALU64_X(BPF_ADD, 1, 3),
				    ALU64_K(BPF_ADD, 0, 1),
				    JMP_K(BPF_JNE, 0, 2, -4),
				    MOV64_X(0, 1),
				    EXIT };

	EXPECT_R0(insns, 110);
	insns[8].off = -3; /* twice into the middle */
	EXPECT_R0(insns, 201);
}

BPF_TEST(vm_jump, leaves_an_endless_loop_by_may_goto)
{
	struct bpf_insn insns[] = { MOV64_K(0, 0), MAY_GOTO(2), ALU64_K(BPF_ADD, 0, 1), JA(-3),
				    EXIT };

	EXPECT_R0(insns, 8 << 20);
}

BPF_TEST(vm_memory, keeps_every_width_on_the_stack)
{
	struct bpf_insn insns[] = {
		ST(BPF_DW, 10, -8, -1), ST(BPF_B, 10, -8, 1),   ST(BPF_H, 10, -6, 2),
		ST(BPF_W, 10, -4, 3),   LDX(BPF_DW, 0, 10, -8), EXIT,
	};

	EXPECT_R0(insns, 0x000000030002ff01ULL);
}

BPF_TEST(vm_memory, stores_minus_one_in_64_bits)
{
	struct bpf_insn insns[] = { ST(BPF_DW, 10, -16, -2), LDX(BPF_DW, 0, 10, -16), EXIT };

	EXPECT_R0(insns, -2);
}

BPF_TEST(vm_memory, sign_extends_loads)
{
	struct bpf_insn insns[] = { ST(BPF_W, 10, -4, -3), LDSX(BPF_W, 0, 10, -4), EXIT };

	EXPECT_R0(insns, -3);
}

BPF_TEST(vm_memory, straddles_granules)
{
	u8 memory[24] = { [5] = 1, 2, 3, 4, 5, 6, 7, 8 };
	struct bpf_insn insns[] = { LDX(BPF_DW, 0, 1, 5), STX(BPF_DW, 1, 0, 13), EXIT };
	struct asm_result result = asm_run_on(ASM_LOAD(insns), memory, sizeof(memory));

	EXPECT_STREQ(result.report, "");
	EXPECT_EQ(result.r0, 0x0807060504030201ULL);
	EXPECT_MEMEQ(memory + 13, memory + 5, 8);
}

BPF_TEST(vm_memory, straddles_granules_on_the_stack)
{
	struct bpf_insn insns[] = { ST(BPF_W, 10, -10, 0x01020304), ST(BPF_DW, 10, -30, 7),
				    LDX(BPF_W, 0, 10, -10),         LDX(BPF_DW, 1, 10, -30),
				    ALU64_X(BPF_ADD, 0, 1),         EXIT };

	EXPECT_R0(insns, 0x0102030b);
}

#define ATOMIC_PROGRAM(size, op, start, operand)                                                   \
	{                                                                                          \
		ST(BPF_DW, 10, -8, start), MOV64_K(1, operand), MOV64_K(0, start),                 \
			ATOMIC(size, op, 10, 1, -8), LDX(BPF_DW, 2, 10, -8),                       \
			ALU64_K(BPF_LSH, 1, 16), MOV64_X(0, 2), ALU64_X(BPF_OR, 0, 1), EXIT,       \
	}

BPF_TEST(vm_atomic, adds_and_fetches)
{
	struct bpf_insn add[] = ATOMIC_PROGRAM(BPF_DW, BPF_ADD, 5, 3);
	struct bpf_insn fetch[] = ATOMIC_PROGRAM(BPF_DW, BPF_ADD | BPF_FETCH, 5, 3);
	struct bpf_insn fetch32[] = ATOMIC_PROGRAM(BPF_W, BPF_XOR | BPF_FETCH, 5, 3);

	EXPECT_R0(add, 3 << 16 | 8);
	EXPECT_R0(fetch, 5 << 16 | 8);
	EXPECT_R0(fetch32, 5 << 16 | 6);
}

BPF_TEST(vm_atomic, exchanges)
{
	struct bpf_insn xchg[] = ATOMIC_PROGRAM(BPF_DW, BPF_XCHG, 5, 3);
	struct bpf_insn cmpxchg[] = ATOMIC_PROGRAM(BPF_DW, BPF_CMPXCHG, 5, 3);

	EXPECT_R0(xchg, 5 << 16 | 3);
	EXPECT_R0(cmpxchg, 3 << 16 | 3);
}

BPF_TEST(vm_atomic, acquires_and_releases)
{
	struct bpf_insn insns[] = { MOV64_K(1, 77), ATOMIC(BPF_H, BU_INSN_STORE_REL, 10, 1, -2),
				    ATOMIC(BPF_H, BU_INSN_LOAD_ACQ, 0, 10, -2), EXIT };

	EXPECT_R0(insns, 77);
}

BPF_TEST(vm_atomic, needs_alignment)
{
	struct bpf_insn insns[] = { ST(BPF_DW, 10, -8, 0),
				    ST(BPF_DW, 10, -16, 0),
				    MOV64_K(0, 0),
				    MOV64_K(1, 1),
				    ATOMIC(BPF_DW, BPF_ADD, 10, 1, -12),
				    EXIT };

	EXPECT_KIND(insns, BU_FAULT_MISALIGNED);
}

BPF_TEST(vm_call, passes_arguments_and_keeps_r6_to_r9)
{
	struct bpf_insn insns[] = {
		MOV64_K(1, 40), MOV64_K(6, 2),    CALL_PC(2),    ALU64_X(BPF_ADD, 0, 6),
		EXIT,           MOV64_K(6, 1000), MOV64_X(0, 1), EXIT,
	};

	EXPECT_R0(insns, 42);
}

BPF_TEST(vm_call, gives_each_function_a_stack)
{
	struct bpf_insn insns[] = {
		ST(BPF_DW, 10, -8, 5),
		CALL_PC(2),
		LDX(BPF_DW, 0, 10, -8),
		EXIT,
		ST(BPF_DW, 10, -8, 6),
		MOV64_K(0, 0),
		EXIT,
	};

	EXPECT_R0(insns, 5);
}

BPF_TEST(vm_call, shares_the_callers_stack_by_pointer)
{
	struct bpf_insn insns[] = {
		MOV64_X(1, 10), CALL_PC(2), LDX(BPF_DW, 0, 10, -8), EXIT, ST(BPF_DW, 1, -8, 9),
		MOV64_K(0, 0),  EXIT,
	};

	EXPECT_R0(insns, 9);
}

BPF_TEST(vm_call, forgets_a_frame_that_returned)
{
	struct bpf_insn insns[] = {
		CALL_PC(2), LDX(BPF_DW, 0, 0, -8), EXIT, ST(BPF_DW, 10, -8, 6), MOV64_X(0, 10),
		EXIT,
	};
	struct bpf_insn again[] = {
		MOV64_K(1, 0),
		CALL_PC(3),
		MOV64_K(1, 1),
		CALL_PC(1),
		EXIT,
		JMP_K(BPF_JEQ, 1, 1, 3),
		ST(BPF_DW, 10, -8, 6),
		MOV64_K(0, 0),
		EXIT,
		LDX(BPF_DW, 0, 10, -8),
		EXIT,
	};

	EXPECT_KIND(insns, BU_FAULT_USE_AFTER_FREE);
	EXPECT_KIND(again, BU_FAULT_UNINITIALISED);
}

BPF_TEST(vm_call, nests_eight_deep)
{
	/* f(n) = n ? f(n - 1) + 1 : 0 */
	struct bpf_insn eight[] = {
		MOV64_K(1, 6),
		CALL_PC(1),
		EXIT,
		MOV64_K(0, 0),
		JMP_K(BPF_JEQ, 1, 0, 3),
		ALU64_K(BPF_SUB, 1, 1),
		CALL_PC(-4),
		ALU64_K(BPF_ADD, 0, 1),
		EXIT,
	};

	EXPECT_R0(eight, 6);
	eight[0].imm = 7;
	EXPECT_KIND(eight, BU_FAULT_STACK_OVERFLOW);
}

BPF_TEST(vm_call, calls_an_address)
{
	struct bpf_insn insns[] = {
		LDDW_OF(BPF_PSEUDO_FUNC, 2, 3, 0), CALLX(2), EXIT, MOV64_K(0, 8), EXIT,
	};
	struct bpf_insn helper[] = { MOV64_K(2, BPF_FUNC_ktime_get_ns), CALLX(2), EXIT };
	struct bpf_insn wild[] = { LDDW(2, 0x123456789), CALLX(2), EXIT };

	insns[0].imm = 3;
	EXPECT_R0(insns, 8);
	EXPECT_R0(helper, bpfunit_clock_ns());
	EXPECT_KIND(wild, BU_FAULT_BAD_INSTRUCTION);
}

BPF_TEST(vm_helper, runs_callbacks)
{
	/* bpf_loop(10, add, &sum, 0): sum += index */
	struct bpf_insn insns[] = {
		ST(BPF_DW, 10, -8, 0),
		MOV64_K(1, 10),
		LDDW_OF(BPF_PSEUDO_FUNC, 2, 7, 0),
		MOV64_X(3, 10),
		ALU64_K(BPF_ADD, 3, -8),
		MOV64_K(4, 0),
		CALL(BPF_FUNC_loop),
		LDX(BPF_DW, 0, 10, -8),
		EXIT,
		LDX(BPF_DW, 3, 2, 0),
		ALU64_X(BPF_ADD, 3, 1),
		STX(BPF_DW, 2, 3, 0),
		MOV64_K(0, 0),
		EXIT,
	};

	EXPECT_R0(insns, 45);
}

BPF_TEST(vm_helper, keeps_callee_saved_registers)
{
	struct bpf_insn insns[] = { MOV64_K(6, 41), CALL(BPF_FUNC_get_smp_processor_id),
				    ALU64_X(BPF_ADD, 0, 6), EXIT };

	EXPECT_R0(insns, 41);
}

BPF_TEST(vm_helper, stops_at_a_fault_in_a_callback)
{
	struct bpf_insn insns[] = {
		MOV64_K(1, 10),       LDDW_OF(BPF_PSEUDO_FUNC, 2, 5, 0),
		MOV64_K(3, 0),        MOV64_K(4, 0),
		CALL(BPF_FUNC_loop),  EXIT,
		LDX(BPF_DW, 0, 2, 0), EXIT,
	};
	struct asm_result result;

	insns[1].imm = 5;
	result = asm_run(ASM_LOAD(insns));
	EXPECT_EQ(result.fault.kind, BU_FAULT_NULL_POINTER);
	EXPECT_EQ(result.fault.insn, 7U);
}

BPF_TEST(vm_budget, ends_endless_loops)
{
	struct bpf_insn loop[] = { MOV64_K(0, 0), JA(-2), EXIT };
	struct bpf_insn tight[] = { MOV64_K(0, 0), JMP_K(BPF_JEQ, 0, 0, -1), EXIT };

	bu_kernel()->budget = 1000;
	EXPECT_KIND(loop, BU_FAULT_BUDGET);
	EXPECT_KIND(tight, BU_FAULT_BUDGET);
}

BPF_TEST(vm_budget, is_about_exact_for_loops)
{
	/* 3 instructions a round, 100 rounds */
	struct bpf_insn insns[] = {
		MOV64_K(0, 0),          MOV64_K(1, 100),          ALU64_K(BPF_ADD, 0, 1),
		ALU64_K(BPF_SUB, 1, 1), JMP_K(BPF_JNE, 1, 0, -3), EXIT
	};

	bu_kernel()->budget = 310;
	EXPECT_R0(insns, 100);
	bu_kernel()->budget = 290;
	EXPECT_KIND(insns, BU_FAULT_BUDGET);
}

BPF_TEST(vm_packet, loads_absolute_and_indirect)
{
	u8 data[] = { 0x11, 0x22, 0x33, 0x44, 0x55, 0x66 };
	struct bpf_insn abs[] = { MOV64_X(6, 1), LD_ABS(BPF_H, 1), EXIT };
	struct bpf_insn ind[] = { MOV64_X(6, 1), MOV64_K(2, 1), LD_IND(BPF_W, 2, 1), EXIT };
	struct bpf_insn past[] = { MOV64_X(6, 1), LD_ABS(BPF_W, 3), MOV64_K(0, 1), EXIT };
	struct {
		struct bpf_insn *insns;
		u32 count;
		u64 expected;
	} cases[] = { { abs, 3, 0x2233 }, { ind, 4, 0x33445566 }, { past, 4, 0 } };

	for (size_t i = 0; i < BU_ARRAY_SIZE(cases); i++) {
		struct bu_prog *prog =
			asm_load(cases[i].insns, cases[i].count, BPF_PROG_TYPE_SOCKET_FILTER);
		struct bu_run run;

		bu_run_begin(&run, bu_kernel(), prog);
		ASSERT_OK(bu_run_set_packet(&run, data, sizeof(data), 0, 0));
		EXPECT_EQ(bu_run_exec(&run), cases[i].expected);
		EXPECT_EQ(run.fault.kind, BU_FAULT_NONE);
		bu_run_end(&run);
	}
}

BPF_TEST(vm_run, nests)
{
	struct bpf_insn insns[] = { MOV64_K(0, 3), EXIT };
	struct bu_prog *prog = ASM_LOAD(insns);
	struct bu_run outer, inner;

	bu_run_begin(&outer, bu_kernel(), prog);
	bu_run_begin(&inner, bu_kernel(), prog);
	EXPECT_EQ(inner.outer, &outer);
	EXPECT_EQ(bu_run_exec(&inner), 3);
	bu_run_end(&inner);
	EXPECT_EQ(bu_kernel()->run, &outer);
	EXPECT_EQ(bu_run_exec(&outer), 3);
	bu_run_end(&outer);
	EXPECT_EQ(bu_kernel()->running, 0U);
}

BPF_TEST(vm_run, releases_its_memory)
{
	struct bpf_insn insns[] = { ST(BPF_DW, 10, -8, 3), MOV64_X(0, 10), EXIT };
	struct bu_prog *prog = ASM_LOAD(insns);
	u64 mark = bu_arena_mark(&bu_kernel()->arena);
	struct asm_result result = asm_run(prog);

	EXPECT_EQ(bu_arena_mark(&bu_kernel()->arena), mark);
	EXPECT_FALSE(bu_arena_readable(&bu_kernel()->arena, (void *)(result.r0 - 8), 8));
}

static void move_packet(s32 head, s32 tail, s32 meta, const char *expected, int error)
{
	struct bpf_insn insns[] = { MOV64_K(0, 3), EXIT };
	struct bu_arena *arena = &bu_kernel()->arena;
	struct bu_run run;
	u8 *old;

	bu_run_begin(&run, bu_kernel(), ASM_LOAD(insns));
	ASSERT_OK(bu_run_set_packet(&run, "abcdef", 6, 4, 4));
	old = run.packet.data;
	EXPECT_EQ(bu_run_adjust_packet(&run, head, tail, meta), error);
	if (!error) {
		EXPECT_EQ((size_t)(run.packet.end - run.packet.meta), strlen(expected));
		for (size_t i = 0; i < strlen(expected); i++)
			EXPECT_EQ(run.packet.meta[i], expected[i] == '0' ? 0 : expected[i]);
		EXPECT_FALSE(bu_arena_readable(arena, old, 1));
		EXPECT_TRUE(bu_arena_readable(arena, run.packet.meta, strlen(expected)));
		EXPECT_FALSE(bu_arena_readable(arena, run.packet.end, 1));
		EXPECT_FALSE(bu_arena_readable(arena, run.packet.meta - 1, 1));
	}
	bu_run_end(&run);
}

BPF_TEST(vm_run, moves_the_packets_edges)
{
	move_packet(2, 0, 0, "cdef", 0);
	move_packet(-3, 0, 0, "000abcdef", 0);
	move_packet(0, 2, 0, "abcdef00", 0);
	move_packet(0, -2, 0, "abcd", 0);
	move_packet(0, 0, -4, "0000abcdef", 0);
	move_packet(-5, 0, 0, NULL, -EINVAL);
	move_packet(7, 0, 0, NULL, -EINVAL);
	move_packet(0, 5, 0, NULL, -EINVAL);
	move_packet(0, 0, 1, NULL, -EINVAL);
}

BPF_TEST(vm_run, keeps_metadata_in_front_of_the_data)
{
	struct bpf_insn insns[] = { MOV64_K(0, 3), EXIT };
	struct bu_run run;

	bu_run_begin(&run, bu_kernel(), ASM_LOAD(insns));
	ASSERT_OK(bu_run_set_packet(&run, "abcdef", 6, 8, 0));
	ASSERT_OK(bu_run_adjust_packet(&run, 0, 0, -2));
	memcpy(run.packet.meta, "xy", 2);
	ASSERT_OK(bu_run_adjust_packet(&run, 1, 0, 0));
	EXPECT_MEMEQ(run.packet.meta, "xybcdef", 7);
	ASSERT_OK(bu_run_adjust_packet(&run, 0, 0, 1));
	EXPECT_MEMEQ(run.packet.meta, "ybcdef", 6);
	bu_run_end(&run);
}
