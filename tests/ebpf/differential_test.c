// SPDX-License-Identifier: BSD-2-Clause
/*
 * The interpreter against the host's kernel: XDP programs at random (from seeds, so that each can
 * be made again) that use arithmetic, jumps, bounded loops, subprograms, atomics, stack memory, and
 * a packet of random bytes at any alignment. A digest of all registers and of the
 * stack goes to the packet, which has to be the same afterwards.
 *
 * Asks the host's kernel: only with BPFUNIT_HOST_BPF=1. BPFUNIT_DIFFERENTIAL=<count>[:<first seed>]
 * makes other programs.
 */
#include "asm.h"
#include "kernel_oracle.h"

#include <stdio.h>

enum { PROGRAMS = 500, BODY = 60, MAX_INSNS = 500, SLOTS = 4, ATOMIC_SLOTS = 2, PACKET = 64 };

#define FRAME_COPY  9 /* or the counter of a loop */
#define PACKET_BASE 8

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

/* r0 to r7 hold numbers. */
static u8 reg(struct generator *g)
{
	return pick(g, 8);
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

/* Jumps that are no choice: over an instruction, by either offset; the counted one, to what
 * follows. */
static void emit_goto(struct generator *g)
{
	switch (pick(g, 3)) {
	case 0:
		emit(g, JMP_K(BPF_JEQ, reg(g), (s32)interesting(g),
			      1)); /* keeps what is skipped reachable */
		emit(g, JA(1));
		break;
	case 1:
		emit(g, JMP_K(BPF_JNE, reg(g), (s32)interesting(g), 1));
		emit(g, JA32(1));
		break;
	default:
		emit(g, MAY_GOTO(0));
		return;
	}
	emit_alu(g);
}

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

/* `base`: r10, whose accesses are checked when decoded, a copy of it, or the packet (any
 * alignment). */
static void emit_memory(struct generator *g, u8 base)
{
	static const u8 sizes[] = { BPF_B, BPF_H, BPF_W, BPF_DW };
	u32 log2 = pick(g, 4);
	s16 off = -8 * (s16)(1 + pick(g, SLOTS)) + (s16)(pick(g, 8 >> log2) << log2);

	if (base == FRAME_COPY)
		emit(g, MOV64_X(base, 10));
	if (base == PACKET_BASE)
		off = pick(g, PACKET - (1 << log2) + 1);
	switch (pick(g, base == PACKET_BASE ? 4 : 6)) {
	case 4:
		emit(g, ATOMIC(sizes[log2], BU_INSN_LOAD_ACQ, reg(g), base, off));
		break;
	case 5:
		emit(g, ATOMIC(sizes[log2], BU_INSN_STORE_REL, base, reg(g), off));
		break;
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

/*
 * On slots of their own: of a slot that holds a copy of a register, the verifier of Linux 6.18 can
 * come to believe that a fetch from it yields what only one of two paths has made of it, and
 * removes a branch that is needed.
 */
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
	s16 off = -8 * (s16)(SLOTS + 1 + pick(g, ATOMIC_SLOTS)) + (wide ? 0 : 4 * pick(g, 2));

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
	emit_memory(g, pick(g, 2) ? 10 : PACKET_BASE);
	emit(g, ALU64_K(BPF_SUB, 9, 1));
	emit(g, JMP_K(BPF_JNE, 9, 0, (s32)start - (s32)g->count - 1));
}

static void emit_start(struct generator *g)
{
	u32 i;

	emit(g, LDX(BPF_W, PACKET_BASE, 1, offsetof(struct xdp_md, data)));
	emit(g, LDX(BPF_W, 9, 1, offsetof(struct xdp_md, data_end)));
	emit(g, MOV64_X(2, PACKET_BASE));
	emit(g, ALU64_K(BPF_ADD, 2, PACKET));
	emit(g, JMP_X(BPF_JLE, 2, 9, 2));
	emit(g, MOV64_K(0, 0));
	emit(g, EXIT);
	for (i = 0; i < 8; i++) {
		u64 value = interesting(g);

		emit(g, INSN(BPF_LD | BPF_IMM | BPF_DW, i, 0, 0, value));
		emit(g, INSN(0, 0, 0, 0, value >> 32));
	}
	for (i = SLOTS + 1; i <= SLOTS + ATOMIC_SLOTS; i++) {
		emit(g, LDX(BPF_DW, 0, PACKET_BASE, 8 * pick(g, PACKET / 8)));
		emit(g, STX(BPF_DW, 10, 0, -8 * (s32)i));
	}
	emit(g, MOV64_K(0, (s32)interesting(g)));
	for (i = 1; i <= SLOTS; i++) {
		if (pick(g, 2))
			emit(g, LDX(BPF_DW, i, PACKET_BASE, 8 * pick(g, PACKET / 8)));
		emit(g, STX(BPF_DW, 10, i, -8 * (s32)i));
	}
}

/* A digest of r0 to r7 and of the stack, to the begin of the packet. */
static void emit_digest(struct generator *g)
{
	u32 i;

	for (i = 1; i < 8; i++) {
		emit(g, ALU64_K(BPF_MUL, 0, 31));
		emit(g, ALU64_X(BPF_XOR, 0, i));
	}
	for (i = 1; i <= SLOTS + ATOMIC_SLOTS; i++) {
		emit(g, LDX(BPF_DW, 1, 10, -8 * (s32)i));
		emit(g, ALU64_K(BPF_MUL, 0, 31));
		emit(g, ALU64_X(BPF_XOR, 0, 1));
	}
	emit(g, STX(BPF_DW, PACKET_BASE, 0, 0));
	emit(g, MOV64_K(0, XDP_PASS));
	emit(g, EXIT);
}

/* A subprogram of two numbers, called from main with what r1, r2 hold; it keeps r6 and r7. */
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
			emit_memory(g, PACKET_BASE + pick(g, 3));
		else if (kind < 18)
			emit_atomic(g);
		else if (kind < 19)
			emit_goto(g);
		else
			emit_loop(g);
		if (i == BODY / 2) {
			call = g->count;
			emit(g, CALL_PC(0));
			for (u32 r = 1; r < 6; r++) /* the call has clobbered them */
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

static void fill_packet(struct generator *g, u8 *packet)
{
	for (u32 i = 0; i < PACKET; i++)
		packet[i] = pick(g, 256);
}

static bool matches(struct bu_prog *prog, const u8 *packet, const u8 *expected, u32 retval,
		    u64 seed)
{
	struct bu_test_io io = { .data = packet, .data_size = PACKET, .cpu = -1 };
	bool same;

	ASSERT_OK(bu_prog_test(prog, &io));
	same = !io.fault && (u32)io.retval == retval && io.data_out_size == PACKET &&
	       !memcmp(io.data_out, expected, PACKET);
	free(io.data_out);
	if (same)
		return true;
	print_program(prog);
	EXPECT_FAIL("seed %llu: 0x%x, the kernel says 0x%x; or the packets differ",
		    (unsigned long long)seed, (u32)io.retval, retval);
	return false;
}

/* 1: compared and equal; 0: the kernel's verifier refused it; -1: they differ. */
static int compare(struct generator *g, u64 seed)
{
	u8 packet[PACKET], expected[PACKET];
	struct bu_prog *prog;
	u32 retval = 0;
	int fd, same;

	generate(g, seed);
	fill_packet(g, packet);
	memcpy(expected, packet, PACKET);
	fd = oracle_load_xdp(g->insns, g->count);
	if (fd < 0)
		return 0;
	ASSERT_OK(oracle_run_packet(fd, expected, PACKET, &retval));
	oracle_close(fd);
	prog = asm_try_load(g->insns, g->count, BPF_PROG_TYPE_XDP, NULL, &fd);
	ASSERT_NOT_NULL(prog);
	same = matches(prog, packet, expected, retval, seed);
	bu_object_put(&prog->object);
	return same ? 1 : -1;
}

/* How many programs, from which seed on. */
static void read_wish(u64 *count, u64 *first)
{
	const char *wish = getenv("BPFUNIT_DIFFERENTIAL");
	char *end;

	*count = PROGRAMS;
	*first = 1;
	if (!wish)
		return;
	*count = strtoull(wish, &end, 0);
	if (*end == ':')
		*first = strtoull(end + 1, NULL, 0);
}

BPF_TEST(differential, random_programs, .timeout_s = 3600)
{
	u64 count, first;
	u32 compared = 0, refused = 0;
	struct generator g;

	if (!oracle_permitted())
		BPFUNIT_SKIP("asks the host's kernel (6.15 or later, as root), only with "
			     "BPFUNIT_HOST_BPF=1");
	read_wish(&count, &first);
	for (u64 seed = first; seed < first + count; seed++) {
		int outcome = compare(&g, seed);

		ASSERT_GE(outcome, 0);
		compared += outcome;
		refused += !outcome;
	}
	fprintf(stderr, "%u programs agree with the host's kernel, %u it refused\n", compared,
		refused);
	EXPECT_GT(compared, count * 9 / 10);
}
