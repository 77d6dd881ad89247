// SPDX-License-Identifier: BSD-2-Clause
/* Instructions as text. The expected texts are those of the kernel's verifier. */
#include "asm.h"

#include <bpf/bpf.h>

struct row {
	struct bpf_insn insn;
	const char *text;
};

static const struct row rows[] = {
	{ ALU64_K(BPF_ADD, 1, 7), "r1 += 7" },
	{ ALU64_X(BPF_SUB, 1, 2), "r1 -= r2" },
	{ ALU32_K(BPF_MUL, 3, -1), "w3 *= -1" },
	{ ALU32_X(BPF_DIV, 3, 4), "w3 /= w4" },
	{ INSN(BPF_ALU64 | BPF_DIV | BPF_X, 3, 4, 1, 0), "r3 s/= r4" },
	{ INSN(BPF_ALU | BPF_MOD | BPF_K, 3, 0, 1, 5), "w3 s%= 5" },
	{ ALU64_K(BPF_MOD, 3, 5), "r3 %= 5" },
	{ ALU64_X(BPF_ARSH, 9, 0), "r9 s>>= r0" },
	{ ALU64_X(BPF_XOR, 9, 0), "r9 ^= r0" },
	{ MOV64_X(2, 10), "r2 = r10" },
	{ MOV32_K(2, -3), "w2 = -3" },
	{ MOVSX64(8, 1, 2), "r1 = (s8)r2" },
	{ MOVSX64(32, 1, 2), "r1 = (s32)r2" },
	{ MOVSX32(16, 1, 2), "w1 = (s16)w2" },
	{ INSN(BPF_ALU | BPF_NEG, 4, 0, 0, 0), "w4 = -w4" },
	{ INSN(BPF_ALU64 | BPF_NEG, 4, 0, 0, 0), "r4 = -r4" },
	{ INSN(BPF_ALU | BPF_END | BPF_TO_BE, 4, 0, 0, 16), "r4 = be16 r4" },
	{ INSN(BPF_ALU | BPF_END | BPF_TO_LE, 4, 0, 0, 64), "r4 = le64 r4" },
	{ INSN(BPF_ALU64 | BPF_END, 4, 0, 0, 32), "r4 = bswap32 r4" },
	{ LDX(BPF_B, 1, 2, 3), "r1 = *(u8 *)(r2 +3)" },
	{ LDX(BPF_DW, 1, 10, -8), "r1 = *(u64 *)(r10 -8)" },
	{ LDSX(BPF_W, 1, 2, 0), "r1 = *(s32 *)(r2 +0)" },
	{ STX(BPF_H, 1, 2, -4), "*(u16 *)(r1 -4) = r2" },
	{ ST(BPF_W, 10, -4, -7), "*(u32 *)(r10 -4) = -7" },
	{ ATOMIC(BPF_DW, BPF_ADD, 1, 2, 8), "lock *(u64 *)(r1 +8) += r2" },
	{ ATOMIC(BPF_W, BPF_XOR, 1, 2, 8), "lock *(u32 *)(r1 +8) ^= r2" },
	{ ATOMIC(BPF_DW, BPF_ADD | BPF_FETCH, 1, 2, 8),
	  "r2 = atomic64_fetch_add((u64 *)(r1 +8), r2)" },
	{ ATOMIC(BPF_W, BPF_OR | BPF_FETCH, 1, 2, 8), "r2 = atomic_fetch_or((u32 *)(r1 +8), r2)" },
	{ ATOMIC(BPF_DW, BPF_XCHG, 1, 2, 8), "r2 = atomic64_xchg((u64 *)(r1 +8), r2)" },
	{ ATOMIC(BPF_DW, BPF_CMPXCHG, 1, 2, 8), "r0 = atomic64_cmpxchg((u64 *)(r1 +8), r0, r2)" },
	{ ATOMIC(BPF_W, BU_INSN_LOAD_ACQ, 1, 2, 8), "r1 = load_acquire((u32 *)(r2 +8))" },
	{ ATOMIC(BPF_B, BU_INSN_STORE_REL, 1, 2, 8), "store_release((u8 *)(r1 +8), r2)" },
	{ JMP_K(BPF_JEQ, 1, 5, 2), "if r1 == 0x5 goto pc+2" },
	{ JMP_X(BPF_JSGT, 1, 5, -2), "if r1 s> r5 goto pc-2" },
	{ JMP32_K(BPF_JSET, 1, -1, 2), "if w1 & 0xffffffff goto pc+2" },
	{ JMP32_X(BPF_JNE, 1, 3, 0), "if w1 != w3 goto pc+0" },
	{ JA(-3), "goto pc-3" },
	{ JA32(70000), "gotol pc+70000" },
	{ MAY_GOTO(4), "may_goto pc+4" },
	{ CALL(BPF_FUNC_map_lookup_elem), "call bpf_map_lookup_elem#1" },
	{ CALL(9999), "call unknown#9999" },
	{ CALLX(3), "callx r3" },
	{ INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, 0, 77), "call kernel-function" },
	{ LD_ABS(BPF_H, 12), "r0 = *(u16 *)skb[12]" },
	{ LD_IND(BPF_B, 3, 12), "r0 = *(u8 *)skb[r3 + 12]" },
	{ EXIT, "exit" },
};

BPF_TEST(disasm, prints_each_kind_of_instruction)
{
	char text[128];

	for (size_t i = 0; i < BU_ARRAY_SIZE(rows); i++) {
		struct bpf_insn insn = rows[i].insn;
		struct bu_prog prog = { .object.kernel = bu_kernel(),
					.insns = &insn,
					.nr_insns = 1 };

		bu_prog_disasm(&prog, 0, text, sizeof(text));
		EXPECT_STREQ(text, rows[i].text);
	}
}

static const char *disasm(struct bu_prog *prog, u32 insn)
{
	static char text[128];

	bu_prog_disasm(prog, insn, text, sizeof(text));
	return text;
}

BPF_TEST(disasm, prints_what_lddw_loads)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "numbers", 4, 32, 1, &opts);
	struct bpf_insn insns[] = {
		LDDW(1, 0x1122334455667788),
		LDDW_OF(BPF_PSEUDO_MAP_FD, 2, fd, 0),
		LDDW_OF(BPF_PSEUDO_MAP_VALUE, 3, fd, 16),
		LDDW_OF(BPF_PSEUDO_FUNC, 4, 4, 0),
		CALL_PC(2),
		MOV64_K(0, 0),
		EXIT,
		MOV64_K(0, 0),
		EXIT,
	};
	struct bu_prog *prog;

	ASSERT_OK(fd);
	prog = ASM_LOAD(insns);
	EXPECT_STREQ(disasm(prog, 0), "r1 = 0x1122334455667788");
	EXPECT_STREQ(disasm(prog, 2), "r2 = map[numbers]");
	EXPECT_STREQ(disasm(prog, 4), "r3 = map[numbers][0]+16");
	EXPECT_STREQ(disasm(prog, 6), "r4 = subprog[+4]");
	EXPECT_STREQ(disasm(prog, 8), "call pc+2");
}

BPF_TEST(disasm, cuts_long_text)
{
	struct bpf_insn insn = ATOMIC(BPF_DW, BPF_CMPXCHG, 1, 2, 8);
	struct bu_prog prog = { .object.kernel = bu_kernel(), .insns = &insn, .nr_insns = 1 };
	char text[8];

	bu_prog_disasm(&prog, 0, text, sizeof(text));
	EXPECT_STREQ(text, "r0 = at");
}

/* Whatever the bytes: some text, no crash. */
BPF_TEST(disasm, prints_any_opcode)
{
	char text[128];

	for (u32 code = 0; code < 0x10000; code++) {
		struct bpf_insn insn = INSN(code & 0xff, code >> 8, code >> 12, -1, code * 257);
		struct bu_prog prog = { .object.kernel = bu_kernel(),
					.insns = &insn,
					.nr_insns = 1 };

		text[0] = '\0';
		bu_prog_disasm(&prog, 0, text, sizeof(text));
		ASSERT_GT(strlen(text), 0U);
	}
}
