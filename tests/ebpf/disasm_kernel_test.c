// SPDX-License-Identifier: BSD-2-Clause
/*
 * The disassembler against the kernel's: kernel_disasm.txt holds what a verifier (Linux 6.18)
 * printed for instructions of every opcode, with various fields, and so what `bpftool prog dump
 * xlated` of that version prints.
 *
 * With BPFUNIT_HOST_BPF=1 the host's kernel is asked again, and its bpftool for those that the
 * installed version knows; with BPFUNIT_RECORD=1, too, the file is written.
 */
#include "asm.h"
#include "kernel_oracle.h"

#include <stdio.h>
#include <unistd.h>

enum { PROLOGUE = 11, LOG_BYTES = 65536 };

struct golden {
	struct bpf_insn insn[2];
	char text[96];
};

static struct golden goldens[2048];
static size_t nr_goldens;

static void print_ours(const struct bpf_insn *insn, char *text, size_t size)
{
	struct bpf_insn copy[2] = { insn[0], insn[1] };
	struct bu_prog prog = { .object.kernel = bu_kernel(), .insns = copy, .nr_insns = 2 };

	bu_prog_disasm(&prog, 0, text, size);
}

static void read_goldens(void)
{
	FILE *file = fopen(BU_SOURCE_DIR "/tests/ebpf/kernel_disasm.txt", "r");
	char line[256];

	ASSERT_NOT_NULL(file);
	while (fgets(line, sizeof(line), file)) {
		struct golden *golden = &goldens[nr_goldens];
		unsigned long long halves[2];
		int used = 0;

		if (line[0] == '#')
			continue;
		ASSERT_EQ(sscanf(line, "%16llx %16llx %n", &halves[0], &halves[1], &used), 2);
		line[strcspn(line, "\n")] = '\0';
		memcpy(golden->insn, halves, sizeof(golden->insn));
		snprintf(golden->text, sizeof(golden->text), "%s", line + used);
		nr_goldens++;
		ASSERT_LT(nr_goldens, BU_ARRAY_SIZE(goldens));
	}
	fclose(file);
}

BPF_TEST(disasm_kernel, prints_what_the_kernel_prints)
{
	bool seen[256] = { 0 };
	char text[96];

	read_goldens();
	for (size_t i = 0; i < nr_goldens; i++) {
		seen[goldens[i].insn[0].code] = true;
		print_ours(goldens[i].insn, text, sizeof(text));
		EXPECT_STREQ(text, goldens[i].text);
	}
#define SEEN(opcode_)                                                                              \
	if (!seen[opcode_])                                                                        \
		EXPECT_FAIL("opcode %02x is not in the file", opcode_);
#define SEEN_KX(class, opcode)     SEEN(class | opcode | BPF_K) SEEN(class | opcode | BPF_X)
#define BU_ALU(name, opcode, ...)  SEEN_KX(BPF_ALU, opcode) SEEN_KX(BPF_ALU64, opcode)
#define BU_JUMP(name, opcode, ...) SEEN_KX(BPF_JMP, opcode) SEEN_KX(BPF_JMP32, opcode)
#define BU_SIZE(name, opcode, ...)                                                                 \
	SEEN(BPF_LDX | BPF_MEM | opcode)                                                           \
	SEEN(BPF_STX | BPF_MEM | opcode)                                                           \
	SEEN(BPF_ST | BPF_MEM | opcode) SEEN(BPF_STX | BPF_ATOMIC | opcode)
#define BU_OPCODE(opcode, ...)                                                                     \
	/* Not Linux's; newer than the file. */                                                    \
	if ((opcode) != (BPF_JMP | BPF_CALL | BPF_X) && (opcode) != BU_INSN_GOTOX)                 \
	SEEN(opcode)
#include "ebpf/vm/insns.def"
}

/* r6 is the context; the other registers and the first 16 bytes of the stack are numbers. */
static u32 wrap(const struct bpf_insn *insn, struct bpf_insn *insns)
{
	u32 n = 0;

	insns[n++] = MOV64_X(6, 1);
	insns[n++] = LDX(BPF_W, 0, 1, 0);
	for (u32 reg = 1; reg < 10; reg++) {
		if (reg != 6 && reg != 9)
			insns[n++] = MOV64_X(reg, 0);
	}
	insns[n++] = MOV64_X(9, 0);
	insns[n++] = STX(BPF_DW, 10, 1, -8);
	while (n < PROLOGUE)
		insns[n++] = STX(BPF_DW, 10, 1, -16);
	if (insn[0].code == (BPF_JMP | BPF_EXIT)) /* what follows must be reached */
		insns[n - 1] = JMP_K(BPF_JEQ, 7, 5, 1);
	insns[n++] = insn[0];
	insns[n++] = insn[0].code == (BPF_LD | BPF_IMM | BPF_DW) ? insn[1] : MOV64_K(0, 0);
	insns[n++] = MOV64_K(0, 0);
	insns[n++] = MOV64_K(0, 0);
	insns[n++] = EXIT;
	return n;
}

/* The text in the line "11: (bf) r1 = r2    ; R1=..." of the log. */
static bool find_text(const char *log, u8 code, char *text, size_t size)
{
	char start[32];
	const char *at;
	size_t len;

	snprintf(start, sizeof(start), "\n%d: (%02x) ", PROLOGUE, code);
	at = strstr(log, start);
	if (!at)
		return false;
	at += strlen(start);
	len = strcspn(at, ";\n");
	while (len && at[len - 1] == ' ')
		len--;
	snprintf(text, size, "%.*s", (int)len, at);
	return true;
}

/* What the kernel says of one instruction; false: it refused the program before it came to it. */
static bool ask_kernel(const struct bpf_insn *insn, char *text, size_t size)
{
	static char log[LOG_BYTES];
	struct bpf_insn insns[32];
	int fd = oracle_load_logged(insns, wrap(insn, insns), 2, log, sizeof(log));

	if (fd >= 0)
		oracle_close(fd);
	return find_text(log, insn[0].code, text, size);
}

struct recorder {
	FILE *file;
	u32 asked, answered, differ;
};

static void ask(struct recorder *recorder, struct bpf_insn first, struct bpf_insn second)
{
	struct bpf_insn insn[2] = { first, second };
	unsigned long long halves[2];
	char theirs[96], ours[96];

	recorder->asked++;
	if (!ask_kernel(insn, theirs, sizeof(theirs)))
		return;
	recorder->answered++;
	print_ours(insn, ours, sizeof(ours));
	if (strcmp(ours, theirs) != 0) {
		recorder->differ++;
		EXPECT_STREQ(ours, theirs);
	}
	memcpy(halves, insn, sizeof(insn));
	if (recorder->file)
		fprintf(recorder->file, "%016llx %016llx %s\n", halves[0], halves[1], theirs);
}

static void ask_one(struct recorder *recorder, struct bpf_insn insn)
{
	ask(recorder, insn, INSN(0, 0, 0, 0, 0));
}

#define ASK(...) ask_one(recorder, __VA_ARGS__)

static void ask_alu(struct recorder *recorder, u8 class, u8 op, s16 off)
{
	ASK(INSN(class | op | BPF_K, 2, 0, off, 7));
	ASK(INSN(class | op | BPF_K, 9, 0, off, -3));
	ASK(INSN(class | op | BPF_X, 2, 3, off, 0));
}

static void ask_jump(struct recorder *recorder, u8 class, u8 op)
{
	ASK(INSN(class | op | BPF_K, 2, 0, 1, 7));
	ASK(INSN(class | op | BPF_K, 9, 0, 0, -3));
	ASK(INSN(class | op | BPF_X, 2, 3, 1, 0));
}

static void ask_memory(struct recorder *recorder, u8 size)
{
	ASK(LDX(size, 2, 10, -8));
	ASK(LDX(size, 2, 6, 0));
	ASK(STX(size, 10, 2, -8));
	ASK(ST(size, 10, -8, 5));
	ASK(ST(size, 10, -16, -5));
	ASK(ATOMIC(size, BU_INSN_LOAD_ACQ, 2, 10, -8));
	ASK(ATOMIC(size, BU_INSN_STORE_REL, 10, 2, -8));
	if (size != BPF_DW)
		ASK(LDSX(size, 2, 10, -8));
}

static void ask_atomic(struct recorder *recorder, s32 op)
{
	ASK(ATOMIC(BPF_W, op, 10, 2, -8));
	ASK(ATOMIC(BPF_DW, op, 10, 2, -8));
}

static void ask_rows(struct recorder *recorder)
{
#define BU_ALU(name, opcode, off, ...)                                                             \
	ask_alu(recorder, BPF_ALU, opcode, off);                                                   \
	ask_alu(recorder, BPF_ALU64, opcode, off);
#define BU_JUMP(name, opcode, ...)                                                                 \
	ask_jump(recorder, BPF_JMP, opcode);                                                       \
	ask_jump(recorder, BPF_JMP32, opcode);
#define BU_SIZE(name, opcode, ...) ask_memory(recorder, opcode);
#define BU_ATOMIC(name, immediate, ...)                                                            \
	ask_atomic(recorder, immediate);                                                           \
	ask_atomic(recorder, immediate | BPF_FETCH);
#include "ebpf/vm/insns.def"
	ask_atomic(recorder, BPF_XCHG);
	ask_atomic(recorder, BPF_CMPXCHG);
}

static void ask_others(struct recorder *recorder)
{
	for (s16 bits = 8; bits <= 32; bits *= 2) {
		ASK(MOVSX64(bits, 2, 3));
		if (bits < 32)
			ASK(MOVSX32(bits, 2, 3));
	}
	for (s32 bits = 16; bits <= 64; bits *= 2) {
		ASK(INSN(BPF_ALU | BPF_END | BPF_TO_LE, 2, 0, 0, bits));
		ASK(INSN(BPF_ALU | BPF_END | BPF_TO_BE, 2, 0, 0, bits));
		ASK(INSN(BPF_ALU64 | BPF_END, 2, 0, 0, bits));
	}
	ASK(INSN(BPF_ALU | BPF_NEG, 2, 0, 0, 0));
	ASK(INSN(BPF_ALU64 | BPF_NEG, 2, 0, 0, 0));
	ASK(INSN(BPF_ALU64 | BPF_MOV | BPF_X, 2, 3, BU_INSN_CAST, BU_CAST_KERN));
	ASK(INSN(BPF_ALU64 | BPF_MOV | BPF_X, 2, 3, BU_INSN_CAST, BU_CAST_USER));
	ASK(JA(0));
	ASK(JA32(0));
	ASK(MAY_GOTO(1));
	ASK(CALL(BPF_FUNC_ktime_get_ns));
	ASK(CALL(BPF_FUNC_map_lookup_elem));
	ASK(CALL(9999));
	ASK(EXIT);
	ASK(LD_ABS(BPF_B, 1));
	ASK(LD_ABS(BPF_H, 12));
	ASK(LD_ABS(BPF_W, -4096));
	ASK(LD_IND(BPF_B, 3, 1));
	ASK(LD_IND(BPF_H, 3, 12));
	ASK(LD_IND(BPF_W, 3, -2));
	ask(recorder, INSN(BPF_LD | BPF_IMM | BPF_DW, 2, 0, 0, 0x55667788),
	    INSN(0, 0, 0, 0, 0x11223344));
	ask(recorder, INSN(BPF_LD | BPF_IMM | BPF_DW, 2, 0, 0, -1), INSN(0, 0, 0, 0, 0));
	ask(recorder, INSN(BPF_LD | BPF_IMM | BPF_DW, 2, 0, 0, 0), INSN(0, 0, 0, 0, 0));
}

BPF_TEST(disasm_kernel, this_kernel_prints_the_same, .timeout_s = 120)
{
	struct recorder recorder = { 0 };

	if (!oracle_permitted())
		BPFUNIT_SKIP("asks the host's kernel (6.15 or later, as root), only with "
			     "BPFUNIT_HOST_BPF=1");
	if (getenv("BPFUNIT_RECORD")) {
		recorder.file = fopen(BU_SOURCE_DIR "/tests/ebpf/kernel_disasm.txt", "w");
		ASSERT_NOT_NULL(recorder.file);
		fprintf(recorder.file,
			"# Two instructions in hex (the second is that of lddw, or zero), and "
			"the text of the first.\n");
	}
	ask_rows(&recorder);
	ask_others(&recorder);
	if (recorder.file)
		fclose(recorder.file);
	EXPECT_EQ(recorder.differ, 0U);
	EXPECT_GT(recorder.answered, 200U);
	fprintf(stderr, "%u instructions, %u texts of the kernel's, %u differ\n", recorder.asked,
		recorder.answered, recorder.differ);
}

/* bpftool reads the program back; lines of instructions that the kernel left as they were are ours.
 */
static void compare_dump(FILE *dump, u32 *compared)
{
	char line[256], bytes[64], ours[96];

	while (fgets(line, sizeof(line), dump)) {
		struct bpf_insn insn[2] = { 0 };
		u8 *at = (u8 *)insn;
		char *text = strchr(line, ')');
		unsigned int byte;
		int used;

		if (!text || !fgets(bytes, sizeof(bytes), dump))
			continue;
		line[strcspn(line, "\n")] = '\0';
		for (char *hex = bytes;
		     at < (u8 *)&insn[2] && sscanf(hex, " %2x%n", &byte, &used) == 1; hex += used)
			*at++ = byte;
		print_ours(insn, ours, sizeof(ours));
		EXPECT_STREQ(ours, text + 2);
		++*compared;
	}
}

static u32 prog_id_of(int fd)
{
	char path[64], line[128];
	u32 id = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "r");
	while (file && !id && fgets(line, sizeof(line), file))
		sscanf(line, "prog_id: %u", &id);
	if (file)
		fclose(file);
	return id;
}

/* Everything up to -mcpu=v3 that the kernel does not rewrite; older versions of bpftool know no
 * more. */
static u32 plain_program(struct bpf_insn *insns)
{
	struct bpf_insn none[2] = { MOV64_K(0, 0) };
	u32 n = wrap(none, insns) - 1;

#define BU_ALU(name, opcode, off, ...)                                                             \
	if (opcode != BPF_DIV && opcode != BPF_MOD) {                                              \
		insns[n++] = INSN(BPF_ALU64 | opcode | BPF_K, 2, 0, 0, 7);                         \
		insns[n++] = INSN(BPF_ALU64 | opcode | BPF_X, 2, 3, 0, 0);                         \
		insns[n++] = INSN(BPF_ALU | opcode | BPF_K, 2, 0, 0, 7);                           \
		insns[n++] = INSN(BPF_ALU | opcode | BPF_X, 2, 3, 0, 0);                           \
	}
#define BU_JUMP(name, opcode, ...)                                                                 \
	insns[n++] = INSN(BPF_JMP | opcode | BPF_K, 8, 0, 1, 7);                                   \
	insns[n++] = INSN(BPF_JMP | opcode | BPF_X, 8, 3, 1, 0);                                   \
	insns[n++] = INSN(BPF_JMP32 | opcode | BPF_K, 8, 0, 1, -7);                                \
	insns[n++] = INSN(BPF_JMP32 | opcode | BPF_X, 8, 3, 1, 0);                                 \
	insns[n++] = MOV64_X(4, 9);
#define BU_SIZE(name, opcode, ...)                                                                 \
	insns[n++] = STX(opcode, 10, 9, -8);                                                       \
	insns[n++] = ST(opcode, 10, -16, -5);                                                      \
	insns[n++] = LDX(opcode, 5, 10, -8);
#define BU_ATOMIC(name, immediate, ...)                                                            \
	insns[n++] = ATOMIC(BPF_W, immediate, 10, 7, -8);                                          \
	insns[n++] = ATOMIC(BPF_DW, immediate, 10, 7, -8);                                         \
	insns[n++] = ATOMIC(BPF_W, (immediate) | BPF_FETCH, 10, 7, -8);                            \
	insns[n++] = ATOMIC(BPF_DW, (immediate) | BPF_FETCH, 10, 7, -8);
#include "ebpf/vm/insns.def"
	insns[n++] = ATOMIC(BPF_DW, BPF_XCHG, 10, 7, -8);
	insns[n++] = ATOMIC(BPF_W, BPF_CMPXCHG, 10, 7, -8);
	insns[n++] = INSN(BPF_ALU64 | BPF_NEG, 2, 0, 0, 0);
	insns[n++] = INSN(BPF_ALU | BPF_NEG, 2, 0, 0, 0);
	insns[n++] = INSN(BPF_ALU | BPF_END | BPF_TO_BE, 2, 0, 0, 16);
	insns[n++] = MOV64_K(0, 0);
	insns[n++] = EXIT;
	return n;
}

BPF_TEST(disasm_kernel, bpftool_prints_the_same, .timeout_s = 120)
{
	struct bpf_insn insns[512];
	char command[96];
	u32 compared = 0;
	FILE *dump;
	int fd;

	if (!oracle_permitted())
		BPFUNIT_SKIP("asks the host's kernel (6.15 or later, as root), only with "
			     "BPFUNIT_HOST_BPF=1");
	fd = oracle_load(insns, plain_program(insns));
	ASSERT_GE(fd, 0);
	snprintf(command, sizeof(command), "bpftool prog dump xlated id %u opcodes 2>/dev/null",
		 prog_id_of(fd));
	dump = popen(command, "r");
	ASSERT_NOT_NULL(dump);
	compare_dump(dump, &compared);
	pclose(dump);
	oracle_close(fd);
	if (!compared)
		BPFUNIT_SKIP("there is no bpftool");
	EXPECT_GT(compared, 100U);
	fprintf(stderr, "%u lines of bpftool are the same\n", compared);
}
