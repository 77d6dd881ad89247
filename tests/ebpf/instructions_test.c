// SPDX-License-Identifier: BSD-2-Clause
/*
 * docs/instructions.md says what the table of instructions says: its tables are made from the same
 * rows as the decoder, the validator and the disassembler. BPFUNIT_RECORD=1 writes them anew.
 */
#include "asm.h"

#include <stdio.h>

#define PATH BU_SOURCE_DIR "/docs/instructions.md"

static const char introduction[] =
	"# Instructions\n\n"
	"bpfunit runs the instruction set of Linux 6.18: RFC 9669 with all conformance groups, "
	"load-acquire and\n"
	"store-release, `may_goto`, and casts between address spaces. The tables below are made "
	"from\n"
	"`ebpf/vm/insns.def`, the rows that decoder, interpreter, validator and disassembler are "
	"made "
	"of;\n"
	"`tests/ebpf/instructions_test.c` compares them.\n\n"
	"What differs from Linux:\n\n"
	"- `callx`, constant division by zero and constant shifts out of range are refused as by "
	"Linux, also in\n"
	"  branches that are never taken, where Linux lets them be; programs that the conformance "
	"plugin loads may have them.\n"
	"  Writes of r10 are refused wherever they are.\n"
	"- Code that cannot be reached is a warning, in the log and in a failing test's notes "
	"(Linux refuses it).\n"
	"- Nothing is refused for what the flow of data shows; running shows it.\n"
	"- Calls of unknown helpers and kernel functions load; they are faults when executed.\n"
	"- `gotox` and BPF_MAP_TYPE_INSN_ARRAY are newer than 6.18: they are Linux 6.19's. A "
	"program "
	"that uses no such map\n"
	"  is refused as by 6.18. Instructions stay where they are loaded, so a map's `xlated_off` "
	"is "
	"its `orig_off`.\n\n"
	"The width of an operation is that of its class: `r1` names 64 bits, `w1` the lower 32, "
	"which clear the upper.\n";

static char *text;
static size_t text_size;

static const char *size_text(u8 size)
{
	return size == BPF_B ? "u8" : size == BPF_H ? "u16" : size == BPF_W ? "u32" : "u64";
}

/* In a cell of a table: as code, column separators escaped. Two results live at a time. */
static const char *code(const char *before, const char *within, const char *after)
{
	static char cells[2][256];
	static int turn;
	char raw[192], *to = cells[turn ^= 1];

	snprintf(raw, sizeof(raw), "%s%s%s", before, within, after);
	*to++ = '`';
	for (const char *from = raw; *from && to < cells[turn] + sizeof(cells[turn]) - 4; from++) {
		if (*from == '|')
			*to++ = '\\';
		*to++ = *from;
	}
	*to++ = '`';
	*to = '\0';
	return cells[turn];
}

static void add_alu(FILE *out)
{
	fprintf(out, "\n## Arithmetic\n\n| opcodes (32, 64 bits; imm, reg) | offset | syntax | "
		     "result |\n|---|---|---|---|\n");
#define BU_ALU(name, opcode, off, symbol, ...)                                                     \
	fprintf(out, "| %02x %02x %02x %02x | %d | %s | %s |\n", BPF_ALU | (opcode),               \
		BPF_ALU | BPF_X | (opcode), BPF_ALU64 | (opcode), BPF_ALU64 | BPF_X | (opcode),    \
		off, code("r1 ", symbol, " r2"), code("", #__VA_ARGS__, ""));
#include "ebpf/vm/insns.def"
	fprintf(out, "\nIn results, d and s are the operands, U the unsigned and S the signed type "
		     "of the width.\n"
		     "Moves (`r1 = r2`) with offset 8, 16 or 32 extend the sign: `r1 = (s8)r2`; "
		     "with offset 1 they cast\n"
		     "between address spaces: `r1 = addr_space_cast(r2, 0, 1)`.\n");
}

static void add_jumps(FILE *out)
{
	fprintf(out, "\n## Conditional jumps\n\n| opcodes (32, 64 bits; imm, reg) | syntax "
		     "|\n|---|---|\n");
#define BU_JUMP(name, opcode, symbol, condition)                                                   \
	fprintf(out, "| %02x %02x %02x %02x | `if r1 %s r2 goto pc+0` |\n", BPF_JMP32 | (opcode),  \
		BPF_JMP32 | BPF_X | (opcode), BPF_JMP | (opcode), BPF_JMP | BPF_X | (opcode),      \
		symbol);
#include "ebpf/vm/insns.def"
}

static void add_memory(FILE *out)
{
	fprintf(out, "\n## Memory\n\n| opcode | syntax |\n|---|---|\n");
#define BU_SIZE(name, opcode, ...)                                                                 \
	fprintf(out, "| %02x | `r1 = *(%s *)(r2 +0)` |\n", BPF_LDX | BPF_MEM | (opcode),           \
		size_text(opcode));                                                                \
	fprintf(out, "| %02x | `*(%s *)(r1 +0) = r2` |\n", BPF_STX | BPF_MEM | (opcode),           \
		size_text(opcode));                                                                \
	fprintf(out, "| %02x | `*(%s *)(r1 +0) = 1` |\n", BPF_ST | BPF_MEM | (opcode),             \
		size_text(opcode));
#include "ebpf/vm/insns.def"
	fprintf(out,
		"\n## Atomics\n\nOpcodes %02x (32 bits) and %02x (64); the immediate says which. "
		"Load-acquire and\n"
		"store-release exist for 8 and 16 bits too (%02x, %02x).\n\n| immediate | syntax "
		"|\n|---|---|\n",
		BPF_STX | BPF_ATOMIC | BPF_W, BPF_STX | BPF_ATOMIC | BPF_DW,
		BPF_STX | BPF_ATOMIC | BPF_B, BPF_STX | BPF_ATOMIC | BPF_H);
}

static void add_atomic(FILE *out, s32 imm)
{
	struct bpf_insn insn = ATOMIC(BPF_DW, imm, 1, 2, 0);
	struct bu_prog prog = { .object.kernel = bu_kernel(), .insns = &insn, .nr_insns = 1 };
	char syntax[96];

	bu_prog_disasm(&prog, 0, syntax, sizeof(syntax));
	fprintf(out, "| %03x | %s |\n", imm, code("", syntax, ""));
}

static void add_others(FILE *out)
{
#define BU_ATOMIC(name, immediate, ...)                                                            \
	add_atomic(out, immediate);                                                                \
	add_atomic(out, (immediate) | BPF_FETCH);
#include "ebpf/vm/insns.def"
	add_atomic(out, BPF_XCHG);
	add_atomic(out, BPF_CMPXCHG);
	add_atomic(out, BU_INSN_LOAD_ACQ);
	add_atomic(out, BU_INSN_STORE_REL);
	fprintf(out, "\n## Others\n\n| opcode | syntax | meaning |\n|---|---|---|\n");
#define BU_OPCODE(opcode, syntax, meaning)                                                         \
	fprintf(out, "| %02x | `%s` | %s |\n", opcode, syntax, meaning);
#include "ebpf/vm/insns.def"
}

static void make(void)
{
	FILE *out = open_memstream(&text, &text_size);

	ASSERT_NOT_NULL(out);
	fputs(introduction, out);
	add_alu(out);
	add_jumps(out);
	add_memory(out);
	add_others(out);
	fclose(out);
}

static void record(void)
{
	FILE *file = fopen(PATH, "w");

	ASSERT_NOT_NULL(file);
	fwrite(text, 1, text_size, file);
	fclose(file);
}

BPF_TEST(instructions, are_documented)
{
	static char found[65536];
	FILE *file;
	size_t size;

	make();
	if (getenv("BPFUNIT_RECORD"))
		record();
	file = fopen(PATH, "r");
	ASSERT_NOT_NULL(file);
	size = fread(found, 1, sizeof(found) - 1, file);
	fclose(file);
	EXPECT_EQ(size, text_size);
	EXPECT_STREQ(found, text);
	free(text);
}

/* The syntax that rows give is the disassembler's. */
BPF_TEST(instructions, rows_have_the_right_syntax)
{
	static const struct {
		u8 opcode;
		const char *syntax;
	} rows[] = {
#define BU_OPCODE(opcode_, syntax_, meaning_) { opcode_, syntax_ },
#include "ebpf/vm/insns.def"
	};
	char syntax[96];

	for (size_t i = 0; i < BU_ARRAY_SIZE(rows); i++) {
		bool lddw = rows[i].opcode == (BPF_LD | BPF_IMM | BPF_DW);
		bool swaps = BPF_OP(rows[i].opcode) == BPF_END &&
			     (BPF_CLASS(rows[i].opcode) == BPF_ALU ||
			      BPF_CLASS(rows[i].opcode) == BPF_ALU64);
		bool call = rows[i].opcode == (BPF_JMP | BPF_CALL);
		bool ind = BPF_CLASS(rows[i].opcode) == BPF_LD && !lddw;
		struct bpf_insn insns[2] = { INSN(rows[i].opcode, 1, call ? 1 : 2, 0, 0) };
		struct bu_prog prog = { .object.kernel = bu_kernel(),
					.insns = insns,
					.nr_insns = 2 };

		if (swaps)
			insns[0].imm = 16;
		if (ind)
			insns[0].src_reg = 1;
		if (lddw)
			insns[0] = INSN(rows[i].opcode, 1, 0, 0, 0x55667788),
			insns[1] = INSN(0, 0, 0, 0, 0x11223344);
		bu_prog_disasm(&prog, 0, syntax, sizeof(syntax));
		EXPECT_STREQ(syntax, rows[i].syntax);
	}
}
