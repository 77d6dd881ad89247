// SPDX-License-Identifier: BSD-2-Clause
/* What PROG_LOAD refuses by its structure, each with the verifier's words. */
#include "asm.h"

static void expect_refused(const struct bpf_insn *insns, size_t count, const char *words)
{
	char log[4096] = "";
	int error = 0;

	EXPECT_NULL(asm_try_load(insns, count, BPF_PROG_TYPE_SOCKET_FILTER, log, &error));
	EXPECT_EQ(error, strstr(words, "frame pointer") ? -EACCES : -EINVAL);
	EXPECT_NOT_NULL(strstr(log, "\nprocessed "));
	if (!strstr(log, words))
		EXPECT_FAIL("no \"%s\" in: %s", words, log);
}

static void expect_loaded(const struct bpf_insn *insns, size_t count)
{
	char log[4096] = "";
	int error = 0;
	struct bu_prog *prog = asm_try_load(insns, count, BPF_PROG_TYPE_SOCKET_FILTER, log, &error);

	if (prog)
		bu_object_put(&prog->object);
	else
		EXPECT_FAIL("error %d: %s", error, log);
}

#define EXPECT_REFUSED(words, ...)                                                                 \
	do {                                                                                       \
		const struct bpf_insn insns_[] = { __VA_ARGS__ };                                  \
		expect_refused(insns_, BU_ARRAY_SIZE(insns_), words);                              \
	} while (0)
#define EXPECT_LOADED(...)                                                                         \
	do {                                                                                       \
		const struct bpf_insn insns_[] = { __VA_ARGS__ };                                  \
		expect_loaded(insns_, BU_ARRAY_SIZE(insns_));                                      \
	} while (0)

BPF_TEST(validate, opcodes)
{
	EXPECT_REFUSED("unknown opcode ff", INSN(0xff, 0, 0, 0, 0), EXIT);
	EXPECT_REFUSED("unknown opcode 00", INSN(0, 0, 0, 0, 0), EXIT);
	EXPECT_REFUSED("unknown opcode e7", INSN(0xe7, 0, 0, 0, 0), EXIT);
	EXPECT_REFUSED("unknown opcode 86", INSN(0x86, 0, 0, 0, 1), EXIT); /* CALL of JMP32 */
	EXPECT_REFUSED("unknown opcode 96", INSN(0x96, 0, 0, 0, 0), EXIT); /* EXIT of JMP32 */
	EXPECT_REFUSED("unknown opcode 99", INSN(0x99, 0, 1, 0, 0), EXIT); /* LDX MEMSX DW */
}

BPF_TEST(validate, names_the_instruction)
{
	EXPECT_REFUSED("1: (b7) r10 = 5\nframe pointer is read only", MOV64_K(0, 1), MOV64_K(10, 5),
		       EXIT);
}

BPF_TEST(validate, registers)
{
	EXPECT_REFUSED("R11 is invalid", MOV64_K(11, 1), EXIT);
	EXPECT_REFUSED("R15 is invalid", MOV64_X(1, 15), EXIT);
	EXPECT_REFUSED("frame pointer is read only", ALU64_K(BPF_SUB, 10, 8), EXIT);
	EXPECT_REFUSED("frame pointer is read only", LDX(BPF_W, 10, 1, 0), EXIT);
	EXPECT_REFUSED("frame pointer is read only", LDDW(10, 1), EXIT);
	EXPECT_REFUSED("frame pointer is read only", ATOMIC(BPF_DW, BPF_XCHG, 1, 10, 0), EXIT);
	EXPECT_REFUSED("frame pointer is read only", ATOMIC(BPF_DW, BU_INSN_LOAD_ACQ, 10, 1, 0),
		       EXIT);
}

BPF_TEST(validate, reserved_fields)
{
	EXPECT_REFUSED("BPF_ALU uses reserved fields",
		       INSN(BPF_ALU64 | BPF_ADD | BPF_X, 1, 2, 0, 1), EXIT);
	EXPECT_REFUSED("BPF_ALU uses reserved fields",
		       INSN(BPF_ALU64 | BPF_ADD | BPF_K, 1, 2, 0, 1), EXIT);
	EXPECT_REFUSED("BPF_ALU uses reserved fields",
		       INSN(BPF_ALU64 | BPF_ADD | BPF_K, 1, 0, 1, 1), EXIT);
	EXPECT_REFUSED("BPF_ALU uses reserved fields",
		       INSN(BPF_ALU64 | BPF_DIV | BPF_K, 1, 0, 2, 1), EXIT);
	EXPECT_REFUSED("BPF_MOV uses reserved fields",
		       INSN(BPF_ALU64 | BPF_MOV | BPF_X, 1, 2, 7, 0), EXIT);
	EXPECT_REFUSED("BPF_MOV uses reserved fields", INSN(BPF_ALU | BPF_MOV | BPF_X, 1, 2, 32, 0),
		       EXIT);
	EXPECT_REFUSED("BPF_NEG uses reserved fields", INSN(BPF_ALU64 | BPF_NEG, 1, 0, 0, 1), EXIT);
	EXPECT_REFUSED("BPF_END uses reserved fields", INSN(BPF_ALU | BPF_END, 1, 0, 0, 8), EXIT);
	EXPECT_REFUSED("BPF_LDX uses reserved fields", INSN(BPF_LDX | BPF_MEM | BPF_W, 1, 2, 0, 1),
		       EXIT);
	EXPECT_REFUSED("BPF_STX uses reserved fields", INSN(BPF_STX | BPF_MEM | BPF_W, 1, 2, 0, 1),
		       EXIT);
	EXPECT_REFUSED("BPF_ST uses reserved fields", INSN(BPF_ST | BPF_MEM | BPF_W, 1, 2, 0, 1),
		       EXIT);
	EXPECT_REFUSED("BPF_JMP/JMP32 uses reserved fields",
		       INSN(BPF_JMP | BPF_JEQ | BPF_K, 1, 2, 0, 1), EXIT);
	EXPECT_REFUSED("BPF_JA uses reserved fields", INSN(BPF_JMP | BPF_JA, 0, 0, 0, 1), EXIT);
	EXPECT_REFUSED("BPF_JA uses reserved fields", INSN(BPF_JMP32 | BPF_JA, 0, 0, 1, 0), EXIT);
	EXPECT_REFUSED("BPF_CALL uses reserved fields", INSN(BPF_JMP | BPF_CALL, 1, 0, 0, 5), EXIT);
	EXPECT_REFUSED("BPF_CALL uses reserved fields", INSN(BPF_JMP | BPF_CALL, 0, 3, 0, 5), EXIT);
	EXPECT_REFUSED("BPF_CALL uses reserved fields",
		       INSN(BPF_JMP | BPF_CALL | BPF_X, 2, 0, 0, 5), EXIT);
	EXPECT_REFUSED("BPF_EXIT uses reserved fields", INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 5));
	EXPECT_REFUSED("BPF_LD_[ABS|IND] uses reserved fields",
		       INSN(BPF_LD | BPF_ABS | BPF_W, 0, 1, 0, 0), EXIT);
	EXPECT_REFUSED("invalid may_goto imm 3", INSN(BPF_JMP | BU_INSN_JCOND, 0, 0, 0, 3), EXIT);
}

/* RFC 9669 gives them a result; the bare machine runs them, PROG_LOAD refuses them as Linux does.
 */
#define EXPECT_LINUX_REFUSES(words, ...)                                                           \
	do {                                                                                       \
		const struct bpf_insn rfc_[] = { __VA_ARGS__ };                                    \
		EXPECT_REFUSED(words, __VA_ARGS__);                                                \
		EXPECT_NOT_NULL(ASM_LOAD(rfc_));                                                   \
	} while (0)

BPF_TEST(validate, constants_beyond_linux)
{
	EXPECT_LINUX_REFUSES("1: (67) r0 <<= 64\ninvalid shift 64", MOV64_K(0, 1),
			     ALU64_K(BPF_LSH, 0, 64), EXIT);
	EXPECT_LINUX_REFUSES("invalid shift -1", MOV64_K(0, 1), ALU64_K(BPF_RSH, 0, -1), EXIT);
	EXPECT_LINUX_REFUSES("invalid shift 32", MOV64_K(0, 1), ALU32_K(BPF_ARSH, 0, 32), EXIT);
	EXPECT_LINUX_REFUSES("div by zero", MOV64_K(0, 1), ALU64_K(BPF_DIV, 0, 0), EXIT);
	EXPECT_LINUX_REFUSES("div by zero", MOV64_K(0, 1), ALU32_K(BPF_MOD, 0, 0), EXIT);
	EXPECT_LINUX_REFUSES("div by zero", MOV64_K(0, 1),
			     INSN(BPF_ALU64 | BPF_DIV | BPF_K, 0, 0, 1, 0), EXIT);
	EXPECT_LINUX_REFUSES("unknown opcode 8d", MOV64_K(2, 5), CALLX(2), EXIT);
}

BPF_TEST(validate, constants_that_linux_runs)
{
	EXPECT_LOADED(MOV64_K(0, 1), ALU64_K(BPF_LSH, 0, 63), ALU32_K(BPF_RSH, 0, 31),
		      ALU64_K(BPF_ARSH, 0, 32), EXIT);
	EXPECT_LOADED(MOV64_K(0, 1), MOV64_K(1, 64), ALU64_X(BPF_LSH, 0, 1), ALU64_X(BPF_DIV, 0, 1),
		      EXIT);
	/* The verifier does not look at what cannot be reached. */
	EXPECT_LOADED(MOV64_K(0, 1), JA(1), ALU64_K(BPF_DIV, 0, 0), EXIT);
}

BPF_TEST(validate, atomics)
{
	EXPECT_REFUSED("BPF_ATOMIC uses invalid atomic opcode 77", ATOMIC(BPF_DW, 0x77, 1, 2, 0),
		       EXIT);
	EXPECT_REFUSED("invalid atomic operand size", ATOMIC(BPF_B, BPF_ADD, 1, 2, 0), EXIT);
	EXPECT_REFUSED("invalid atomic opcode", ATOMIC(BPF_DW, BPF_SUB, 1, 2, 0), EXIT);
}

BPF_TEST(validate, packet_loads)
{
	const struct bpf_insn insns[] = { MOV64_X(6, 1), LD_ABS(BPF_H, 12), EXIT };
	char log[4096] = "";
	int error = 0;

	EXPECT_LOADED(MOV64_X(6, 1), LD_IND(BPF_B, 0, 12), EXIT);
	EXPECT_NULL(asm_try_load(insns, 3, BPF_PROG_TYPE_XDP, log, &error));
	EXPECT_EQ(error, -EINVAL);
	EXPECT_NOT_NULL(strstr(log, "not allowed for this program type"));
}

BPF_TEST(validate, lddw)
{
	EXPECT_REFUSED("last insn is not an exit or jmp", EXIT,
		       INSN(BPF_LD | BPF_IMM | BPF_DW, 1, 0, 0, 0));
	EXPECT_REFUSED("invalid bpf_ld_imm64 insn", INSN(BPF_LD | BPF_IMM | BPF_DW, 1, 0, 0, 0),
		       EXIT);
	EXPECT_REFUSED("reserved fields", INSN(BPF_LD | BPF_IMM | BPF_DW, 1, 0, 1, 0),
		       INSN(0, 0, 0, 0, 0), EXIT);
	EXPECT_REFUSED("unrecognized bpf_ld_imm64 insn", LDDW_OF(7, 1, 0, 0), EXIT);
}

BPF_TEST(validate, jumps)
{
	EXPECT_REFUSED("jump out of range from insn 0 to 2", JA(1), EXIT);
	EXPECT_REFUSED("jump out of range from insn 0 to -1", JMP_K(BPF_JEQ, 1, 0, -2), EXIT);
	EXPECT_REFUSED("jump into the middle of ldimm64", JMP_K(BPF_JEQ, 1, 0, 1), LDDW(0, 1),
		       EXIT);
	EXPECT_REFUSED("jump out of range", CALL_PC(1), EXIT, JA(-3));
}

BPF_TEST(validate, ends)
{
	EXPECT_REFUSED("last insn is not an exit or jmp", MOV64_K(0, 0));
	EXPECT_REFUSED("last insn is not an exit or jmp", EXIT, MOV64_K(0, 0));
	EXPECT_REFUSED("last insn is not an exit or jmp", CALL_PC(0), MOV64_K(0, 0));
	EXPECT_LOADED(MOV64_K(0, 0), JMP_K(BPF_JEQ, 0, 0, 1), JA(-2), EXIT);
}

BPF_TEST(validate, calls)
{
	EXPECT_REFUSED("call to invalid destination", CALL_PC(5), EXIT);
	EXPECT_REFUSED("call to invalid destination", CALL_PC(-2), EXIT);
	EXPECT_REFUSED("call to invalid destination", LDDW_OF(BPF_PSEUDO_FUNC, 1, 9, 0), EXIT);
	EXPECT_LOADED(CALL(BPF_FUNC_trace_printk), CALL(9999), CALL(195896080), EXIT);
}

/* It loads; the log and a note say what the kernel would say. */
static void expect_warning(const char *words, size_t count, const struct bpf_insn *insns)
{
	char log[4096] = "";
	int error = 0;
	struct bu_prog *prog = asm_try_load(insns, count, BPF_PROG_TYPE_SOCKET_FILTER, log, &error);

	ASSERT_NOT_NULL(prog);
	EXPECT_NOT_NULL(strstr(log, words));
	EXPECT_NOT_NULL(bu_kernel()->notes);
	EXPECT_EQ(asm_run(prog).fault.kind, BU_FAULT_NONE);
	bu_object_put(&prog->object);
}

BPF_TEST(validate, unreachable)
{
	expect_warning("unreachable insn 1\n", 2, (struct bpf_insn[]){ EXIT, EXIT });
	expect_warning("unreachable insn 1\n", 4,
		       (struct bpf_insn[]){ JA(1), MOV64_K(0, 0), EXIT, JA(-3) });
	expect_warning("unreachable insn 2\n", 5,
		       (struct bpf_insn[]){ MOV64_K(0, 0), JA(2), LDDW(0, 1), EXIT });
}

BPF_TEST(validate, sizes)
{
	int error = 0;
	struct bpf_insn insns[] = { MOV64_K(0, 0), EXIT };

	EXPECT_NULL(asm_try_load(insns, 0, BPF_PROG_TYPE_SOCKET_FILTER, NULL, &error));
	EXPECT_EQ(error, -E2BIG);
	EXPECT_NULL(asm_try_load(insns, 1000001, BPF_PROG_TYPE_SOCKET_FILTER, NULL, &error));
	EXPECT_EQ(error, -E2BIG);
}

BPF_TEST(validate, many_subprograms)
{
	static struct bpf_insn insns[3 * 300];
	int error = 0;

	for (u32 i = 0; i < 299; i++)
		insns[i] = CALL_PC(300 - i + 2 * i - 1);
	insns[299] = EXIT;
	for (u32 i = 0; i < 300; i++) {
		insns[300 + 2 * i] = MOV64_K(0, 0);
		insns[301 + 2 * i] = EXIT;
	}
	EXPECT_NULL(asm_try_load(insns, 898, BPF_PROG_TYPE_SOCKET_FILTER, NULL, &error));
	EXPECT_EQ(error, -E2BIG);
}

/* Bytes at random never do harm: they are refused, or they run and end. */
BPF_TEST(validate, random_bytes_do_no_harm)
{
	struct bpf_insn insns[16];
	u32 loaded = 0;
	int error;

	bu_kernel()->budget = 1000;
	srandom(1);
	for (u32 round = 0; round < 20000; round++) {
		for (u32 i = 0; i < 15; i++) {
			insns[i] =
				INSN(random(), random() % 11, random() % 4 ? 0 : random() % 11,
				     random() % 4 ? 0 : random() % 8, random() % 4 ? 0 : random());
			if (random() % 2)
				insns[i].code = BPF_ALU64 | (random() % 13) << 4;
		}
		insns[15] = EXIT;
		u32 from = random() % 16;
		struct bu_prog *prog = asm_try_load(insns + from, 16 - from,
						    BPF_PROG_TYPE_SOCKET_FILTER, NULL, &error);

		if (!prog)
			continue;
		loaded++;
		asm_run(prog);
		bu_object_put(&prog->object);
	}
	EXPECT_GT(loaded, 100U);
}
