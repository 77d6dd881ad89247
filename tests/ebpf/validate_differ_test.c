// SPDX-License-Identifier: BSD-2-Clause
/*
 * What is refused, against the host's kernel: a program in which one instruction has been changed
 * at one place. What we refuse, the kernel refuses with the same errno; what we accept, it accepts,
 * unless its log shows that a later pass of the verifier decided (the flow of data, which running
 * decides here). Asks the host's kernel: only with BPFUNIT_HOST_BPF=1.
 */
#include "asm.h"
#include "kernel_oracle.h"

#include <stdio.h>

enum { MUTATIONS = 12000, LOG_BYTES = 32768 };

static u32 state;

static u32 pick(u32 below)
{
	state = state * 1664525 + 1013904223;
	return (state >> 8) % below;
}

/* One of each kind; a program holds one of them between its prologue and epilogue. */
static const struct bpf_insn seeds[][2] = {
	{ ALU64_K(BPF_ADD, 1, 7), MOV64_K(0, 0) },
	{ ALU64_X(BPF_SUB, 1, 2), MOV64_K(0, 0) },
	{ ALU32_X(BPF_DIV, 1, 2), MOV64_K(0, 0) },
	{ ALU32_K(BPF_MOD, 1, 2), MOV64_K(0, 0) },
	{ INSN(BPF_ALU64 | BPF_DIV | BPF_X, 3, 4, 1, 0), MOV64_K(0, 0) },
	{ ALU64_K(BPF_LSH, 1, 2), MOV64_K(0, 0) },
	{ MOV64_X(1, 2), MOV64_K(0, 0) },
	{ MOV32_K(1, 2), MOV64_K(0, 0) },
	{ MOVSX64(8, 1, 2), MOV64_K(0, 0) },
	{ MOVSX32(16, 1, 2), MOV64_K(0, 0) },
	{ INSN(BPF_ALU64 | BPF_NEG, 4, 0, 0, 0), MOV64_K(0, 0) },
	{ INSN(BPF_ALU | BPF_END | BPF_TO_BE, 4, 0, 0, 16), MOV64_K(0, 0) },
	{ INSN(BPF_ALU64 | BPF_END, 4, 0, 0, 32), MOV64_K(0, 0) },
	{ LDX(BPF_W, 1, 10, -8), MOV64_K(0, 0) },
	{ LDSX(BPF_B, 1, 10, -8), MOV64_K(0, 0) },
	{ STX(BPF_DW, 10, 2, -8), MOV64_K(0, 0) },
	{ ST(BPF_H, 10, -8, 5), MOV64_K(0, 0) },
	{ ATOMIC(BPF_DW, BPF_ADD, 10, 2, -8), MOV64_K(0, 0) },
	{ ATOMIC(BPF_W, BPF_XCHG, 10, 2, -8), MOV64_K(0, 0) },
	{ ATOMIC(BPF_DW, BPF_CMPXCHG, 10, 2, -8), MOV64_K(0, 0) },
	{ ATOMIC(BPF_DW, BU_INSN_LOAD_ACQ, 2, 10, -8), MOV64_K(0, 0) },
	{ ATOMIC(BPF_B, BU_INSN_STORE_REL, 10, 2, -8), MOV64_K(0, 0) },
	{ JMP_K(BPF_JEQ, 1, 5, 1), MOV64_K(0, 0) },
	{ JMP_X(BPF_JSGT, 1, 5, 1), MOV64_K(0, 0) },
	{ JMP32_K(BPF_JSET, 1, 3, 1), MOV64_K(0, 0) },
	{ JA(1), MOV64_K(0, 0) },
	{ JA32(0), MOV64_K(0, 0) },
	{ MAY_GOTO(1), MOV64_K(0, 0) },
	{ CALL(BPF_FUNC_ktime_get_ns), MOV64_K(0, 0) },
	{ LDDW(3, 0x1122334455667788) },
	{ LD_ABS(BPF_H, 12), MOV64_K(0, 0) },
	{ LD_IND(BPF_B, 3, 12), MOV64_K(0, 0) },
	{ CALL_PC(5), MOV64_K(0, 0) },
	{ EXIT, MOV64_K(0, 0) },
};

static void mutate(struct bpf_insn *insn)
{
	static const s32 imms[] = { 0,    1,    -1,    2,     8,       16,     31,   32,
				    33,   63,   64,    65,    5,       77,     0x50, 0xa1,
				    0xe1, 0xf1, 0x100, 0x110, 0x10000, 1 << 30 };
	static const s16 offs[] = { 0, 1, -1, 2, 3, 7, 8, 9, 16, 32, -8, -512, -520, 1000, -1000 };

	switch (pick(5)) {
	case 0:
		insn->code = pick(256);
		break;
	case 1:
		insn->dst_reg = pick(16);
		break;
	case 2:
		insn->src_reg = pick(16);
		break;
	case 3:
		insn->off = offs[pick(BU_ARRAY_SIZE(offs))];
		break;
	default:
		insn->imm = imms[pick(BU_ARRAY_SIZE(imms))];
	}
}

/* r6 is the context, the other registers and the first 16 bytes of the stack are numbers that the
 * verifier does not know, so that it has to look at both ways of a jump. */
static u32 make(struct bpf_insn *insns)
{
	const struct bpf_insn *seed = seeds[pick(BU_ARRAY_SIZE(seeds))];
	u32 n = 0, at;

	insns[n++] = MOV64_X(6, 1);
	insns[n++] = LDX(BPF_W, 0, 1, 0);
	for (u32 reg = 1; reg < 10; reg++) {
		if (reg != 6)
			insns[n++] = MOV64_X(reg, 0);
	}
	insns[n++] = STX(BPF_DW, 10, 1, -8);
	insns[n++] = STX(BPF_DW, 10, 2, -16);
	at = n;
	insns[n++] = seed[0];
	insns[n++] = seed[1];
	insns[n++] = MOV64_K(0, 0);
	insns[n++] = MOV64_K(0, 0);
	insns[n++] = MOV64_K(0, 0);
	insns[n++] = EXIT;
	if (seed[0].code == (BPF_JMP | BPF_CALL) && seed[0].src_reg == BPF_PSEUDO_CALL) {
		insns[n++] = MOV64_K(0, 0);
		insns[n++] = EXIT;
	}
	mutate(&insns[at + (pick(12) == 0)]);
	return n;
}

/* What only the flow of data, or a table that we resolve later, can decide; words of the kernel's
 * log. */
static const char *const later[] = {
	"misaligned",
	"invalid mem access",
	"invalid read from stack",
	"invalid write to stack",
	"unreachable insn",
	"infinite loop",
	"pointer arithmetic",
	"invalid bpf_context access",
	"program of this type cannot use helper",
	"not allowed",
	"invalid func",
	"expected=",
	"out of bounds",
	"kernel btf",
	"invalid size of register spill",
	"BPF program is too large",
	"subtract pointer",
	"invalid module BTF",
};

static bool decided_later(const char *log)
{
	for (size_t i = 0; i < BU_ARRAY_SIZE(later); i++) {
		if (strstr(log, later[i]))
			return true;
	}
	return false;
}

/* Whether both say the same, or a later pass of the kernel's decided. */
static bool agree(const struct bpf_insn *insns, u32 count, u32 *refused)
{
	static char theirs[LOG_BYTES], ours[4096];
	int expected, error = 0;
	struct bu_prog *prog;

	expected = oracle_load_logged(insns, count, 1, theirs, sizeof(theirs));
	if (expected >= 0) {
		oracle_close(expected);
		expected = 0;
	}
	ours[0] = '\0';
	prog = asm_try_load(insns, count, BPF_PROG_TYPE_SOCKET_FILTER, ours, &error);
	if (prog) {
		bu_object_put(&prog->object);
		error = 0;
	}
	*refused += error && error == expected;
	if (error == expected || (!error && decided_later(theirs)) ||
	    (error && strstr(theirs, "unreachable insn")))
		return true;
	EXPECT_FAIL("ours %d, the kernel's %d\n%s---\n%s", error, expected, ours, theirs);
	return false;
}

BPF_TEST(validate_differ, one_changed_instruction, .timeout_s = 300)
{
	struct bpf_insn insns[32];
	u32 refused = 0, differ = 0;

	if (!oracle_permitted())
		BPFUNIT_SKIP("asks the host's kernel (6.15 or later, as root), only with "
			     "BPFUNIT_HOST_BPF=1");
	state = 1;
	for (u32 round = 0; round < MUTATIONS && differ < 20; round++)
		differ += !agree(insns, make(insns), &refused);
	EXPECT_EQ(differ, 0U);
	EXPECT_GT(refused, MUTATIONS / 10U);
	fprintf(stderr, "%u changed programs, %u of them refused by both with the same errno\n",
		(u32)MUTATIONS, refused);
}
