// SPDX-License-Identifier: BSD-2-Clause
/*
 * The interpreter against the host's kernel: programs at random (from fixed seeds) that use
 * arithmetic, forward jumps, bounded loops, subprograms, stack memory and atomics, and return a
 * digest of all registers and of the stack. Needs bpf(2); skipped where it is not permitted.
 */
#include "asm.h"
#include "kernel_oracle.h"

#include <stdio.h>

enum { PROGRAMS = 500, BODY = 60, MAX_INSNS = 400, SLOTS = 4 };

struct generator {
	u64 state;
	struct bpf_insn insns[MAX_INSNS];
	u32 count;
};

static u32 pick(struct generator *g, u32 below)
{
	g->state = g->state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (g->state >> 33) % below;
}

static void emit(struct generator *g, struct bpf_insn insn)
{
	g->insns[g->count++] = insn;
}

static u64 interesting(struct generator *g)
{
	static const u64 values[] = {
		0,
		1,
		2,
		7,
		31,
		32,
		63,
		64,
		0x7f,
		0x80,
		0xff,
		0x7fff,
		0x8000,
		0xffff,
		0x7fffffff,
		0x80000000,
		0xffffffff,
		0x100000000,
		0x7fffffffffffffff,
		0x8000000000000000,
		0xffffffffffffffff,
		0x1122334455667788,
	};

	if (pick(g, 3))
		return values[pick(g, BU_ARRAY_SIZE(values))];
	return (u64)pick(g, 1U << 31) << 32 | pick(g, 1U << 31);
}

static s32 immediate(struct generator *g, u8 op, bool wide)
{
	s32 imm = interesting(g);

	if (op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH)
		return imm & (wide ? 63 : 31);
	return (op == BPF_DIV || op == BPF_MOD) && !imm ? 3 : imm;
}

/* r0 to r8 hold numbers. */
static u8 reg(struct generator *g)
{
	return pick(g, 9);
}

static void emit_alu(struct generator *g)
{
	static const u8 ops[] = { BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_OR,   BPF_AND, BPF_LSH,
				  BPF_RSH, BPF_MOD, BPF_XOR, BPF_MOV, BPF_ARSH, BPF_DIV, BPF_MOD };
	u8 op = ops[pick(g, BU_ARRAY_SIZE(ops))], class = pick(g, 2) ? BPF_ALU64 : BPF_ALU;
	s16 off = (op == BPF_DIV || op == BPF_MOD) && pick(g, 2);

	if (pick(g, 2))
		emit(g, INSN(class | op | BPF_X, reg(g), reg(g), off, 0));
	else
		emit(g, INSN(class | op | BPF_K, reg(g), 0, off,
			     immediate(g, op, class == BPF_ALU64)));
}

static void emit_unary(struct generator *g)
{
	static const s32 bits[] = { 16, 32, 64 };
	s32 size = bits[pick(g, 3)];

	switch (pick(g, 5)) {
	case 0:
		emit(g, INSN((pick(g, 2) ? BPF_ALU64 : BPF_ALU) | BPF_NEG, reg(g), 0, 0, 0));
		break;
	case 1:
		emit(g, INSN(BPF_ALU | BPF_END | (pick(g, 2) ? BPF_TO_BE : BPF_TO_LE), reg(g), 0, 0,
			     size));
		break;
	case 2:
		emit(g, INSN(BPF_ALU64 | BPF_END, reg(g), 0, 0, size));
		break;
	case 3:
		emit(g, MOVSX64(8 << pick(g, 3), reg(g), reg(g)));
		break;
	default:
		emit(g, MOVSX32(8 << pick(g, 2), reg(g), reg(g)));
	}
}

static const u8 conditions[] = { BPF_JEQ,  BPF_JNE,  BPF_JGT,  BPF_JGE,  BPF_JLT, BPF_JLE,
				 BPF_JSGT, BPF_JSGE, BPF_JSLT, BPF_JSLE, BPF_JSET };

/* Over the one or two instructions that follow. */
static void emit_jump(struct generator *g)
{
	u8 op = conditions[pick(g, BU_ARRAY_SIZE(conditions))],
	   class = pick(g, 2) ? BPF_JMP : BPF_JMP32;
	u32 over = 1 + pick(g, 2), i;

	if (pick(g, 2))
		emit(g, INSN(class | op | BPF_X, reg(g), reg(g), over, 0));
	else
		emit(g, INSN(class | op | BPF_K, reg(g), 0, over, (s32)interesting(g)));
	for (i = 0; i < over; i++)
		emit_alu(g);
}

/* `base`: r10, whose accesses are checked when decoded, or a copy of it. */
static void emit_memory(struct generator *g, u8 base)
{
	static const u8 sizes[] = { BPF_B, BPF_H, BPF_W, BPF_DW };
	u32 log2 = pick(g, 4);
	s16 off = -8 * (s16)(1 + pick(g, SLOTS)) + (s16)(pick(g, 8 >> log2) << log2);

	if (base != 10)
		emit(g, MOV64_X(base, 10));
	switch (pick(g, 4)) {
	case 0:
		emit(g, STX(sizes[log2], base, reg(g), off));
		break;
	case 1:
		emit(g, ST(sizes[log2], base, off, (s32)interesting(g)));
		break;
	case 2:
		emit(g, LDX(sizes[log2], reg(g), base, off));
		break;
	default:
		if (log2 < 3)
			emit(g, LDSX(sizes[log2], reg(g), base, off));
	}
}

static void emit_atomic(struct generator *g)
{
	static const s32 ops[] = { BPF_ADD,
				   BPF_OR,
				   BPF_AND,
				   BPF_XOR,
				   BPF_ADD | BPF_FETCH,
				   BPF_OR | BPF_FETCH,
				   BPF_AND | BPF_FETCH,
				   BPF_XOR | BPF_FETCH,
				   BPF_XCHG,
				   BPF_CMPXCHG };
	bool wide = pick(g, 2);
	s16 off = -8 * (s16)(1 + pick(g, SLOTS)) + (wide ? 0 : 4 * pick(g, 2));

	emit(g, ATOMIC(wide ? BPF_DW : BPF_W, ops[pick(g, BU_ARRAY_SIZE(ops))], 10, reg(g), off));
}

/* r9 counts down; the body is straight arithmetic. */
static void emit_loop(struct generator *g)
{
	u32 start, i;

	emit(g, MOV64_K(9, 1 + pick(g, 5)));
	start = g->count;
	for (i = 0; i < 3; i++)
		emit_alu(g);
	emit_memory(g, 10);
	emit(g, ALU64_K(BPF_SUB, 9, 1));
	emit(g, JMP_K(BPF_JNE, 9, 0, (s32)start - (s32)g->count - 1));
}

static void emit_start(struct generator *g)
{
	u32 i;

	for (i = 0; i < 9; i++) {
		u64 value = interesting(g);

		emit(g, INSN(BPF_LD | BPF_IMM | BPF_DW, i, 0, 0, value));
		emit(g, INSN(0, 0, 0, 0, value >> 32));
	}
	for (i = 1; i <= SLOTS; i++)
		emit(g, STX(BPF_DW, 10, i, -8 * (s32)i));
}

/* r0 = a digest of r0 to r8 and the stack, folded to 32 bits. */
static void emit_digest(struct generator *g)
{
	u32 i;

	for (i = 1; i < 9; i++) {
		emit(g, ALU64_K(BPF_MUL, 0, 31));
		emit(g, ALU64_X(BPF_XOR, 0, i));
	}
	for (i = 1; i <= SLOTS; i++) {
		emit(g, LDX(BPF_DW, 1, 10, -8 * (s32)i));
		emit(g, ALU64_K(BPF_MUL, 0, 31));
		emit(g, ALU64_X(BPF_XOR, 0, 1));
	}
	emit(g, MOV64_X(1, 0));
	emit(g, ALU64_K(BPF_RSH, 1, 32));
	emit(g, ALU64_X(BPF_XOR, 0, 1));
	emit(g, EXIT);
}

/* A subprogram of two numbers, called from main with what r1, r2 hold; it keeps r6 to r8. */
static void emit_subprogram(struct generator *g)
{
	u32 i;

	emit(g, MOV64_X(0, 1));
	for (i = 0; i < 6; i++)
		emit(g, INSN(BPF_ALU64 | (pick(g, 2) ? BPF_ADD : BPF_XOR) | BPF_X, pick(g, 3),
			     pick(g, 3), 0, 0));
	emit(g, STX(BPF_DW, 10, 2, -8));
	emit(g, LDX(BPF_W, 2, 10, -4));
	emit(g, ALU64_X(BPF_ADD, 0, 2));
	emit(g, EXIT);
}

static void generate(struct generator *g, u64 seed)
{
	u32 call = 0, i;

	g->state = seed * 0x9e3779b97f4a7c15ULL + 1;
	g->count = 0;
	emit_start(g);
	for (i = 0; i < BODY; i++) {
		u32 kind = pick(g, 20);

		if (kind < 9)
			emit_alu(g);
		else if (kind < 11)
			emit_unary(g);
		else if (kind < 14)
			emit_jump(g);
		else if (kind < 17)
			emit_memory(g, 9 + pick(g, 2));
		else if (kind < 19)
			emit_atomic(g);
		else
			emit_loop(g);
		if (i == BODY / 2) {
			call = g->count;
			emit(g, CALL_PC(0));
			for (u32 r = 1; r < 6; r++)
				emit(g, MOV64_X(r, 0));
		}
	}
	emit_digest(g);
	g->insns[call].imm = g->count - call - 1;
	emit_subprogram(g);
}

static void print_program(const struct bu_prog *prog)
{
	char text[128];

	for (u32 i = 0; i < prog->nr_insns; i++) {
		bu_prog_disasm(prog, i, text, sizeof(text));
		fprintf(stderr, "%4u: %s\n", i, text);
	}
}

/* 1: compared and equal; 0: the kernel's verifier refused it; -1: they differ. */
static int compare(struct generator *g, u64 seed)
{
	struct asm_result result;
	struct bu_prog *prog;
	u32 expected = 0;
	int fd;

	generate(g, seed);
	fd = oracle_load(g->insns, g->count);
	if (fd < 0)
		return 0;
	ASSERT_OK(oracle_run(fd, &expected));
	oracle_close(fd);
	prog = asm_try_load(g->insns, g->count, BPF_PROG_TYPE_SOCKET_FILTER, NULL, &fd);
	ASSERT_NOT_NULL(prog);
	result = asm_run(prog);
	if (result.fault.kind != BU_FAULT_NONE || (u32)result.r0 != expected) {
		print_program(prog);
		EXPECT_FAIL("seed %llu: 0x%x, the kernel says 0x%x %s", (unsigned long long)seed,
			    (u32)result.r0, expected, result.report);
		return -1;
	}
	bu_object_put(&prog->object);
	return 1;
}

BPF_TEST(differential, random_programs, .timeout_s = 120)
{
	struct bpf_insn probe[] = { MOV64_K(0, 0), EXIT };
	u32 compared = 0, refused = 0;
	struct generator g;
	int fd = oracle_load(probe, 2);

	if (fd < 0)
		BPFUNIT_SKIP("bpf(2) of this host: %s", strerror(-fd));
	oracle_close(fd);
	for (u64 seed = 1; seed <= PROGRAMS; seed++) {
		int outcome = compare(&g, seed);

		ASSERT_GE(outcome, 0);
		compared += outcome;
		refused += !outcome;
	}
	fprintf(stderr, "%u programs agree with the host's kernel, %u it refused\n", compared,
		refused);
	EXPECT_GT(compared, PROGRAMS / 2U);
}
