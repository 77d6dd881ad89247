// SPDX-License-Identifier: BSD-2-Clause
/*
 * Indirect jumps: where they go, what they count, which programs are refused. Texts of faults are
 * golden_test.c's. Source of the refusals: create_jt(), do_check_insn(), kernel/bpf/verifier.c;
 * tools/testing/selftests/bpf/progs/verifier_gotox.c (6.19).
 */
#include "asm.h"
#include "ebpf/vm/coverage.h"
#include "ebpf/vm/hook.h"

#include <glob.h>
#include <stdio.h>

/* r0 = the table's entry of index r1 * 8; six cases, each returns its number. */
#define CASE_OF(n) MOV64_K(0, n), EXIT
#define SWITCH(fd, offset)                                                                         \
	LDDW_OF(BPF_PSEUDO_MAP_VALUE, 1, fd, offset), ALU64_K(BPF_ADD, 1, (index)*8),              \
		LDX(BPF_DW, 1, 1, 0), GOTOX(1), CASE_OF(0), CASE_OF(1), CASE_OF(2), CASE_OF(3),    \
		CASE_OF(4), CASE_OF(5)
#define TABLE ASM_TABLE(5, 7, 9, 11, 13, 15)

static struct bu_prog *load_switch(u32 offset, u32 index)
{
	struct bpf_insn insns[] = { SWITCH(TABLE, offset * 8) };

	return ASM_LOAD(insns);
}

BPF_TEST(gotox, goes_where_the_table_says)
{
	for (u32 offset = 0; offset < 6; offset++) {
		for (u32 index = 0; offset + index < 6; index++)
			EXPECT_EQ(asm_run(load_switch(offset, index)).r0, offset + index);
	}
}

BPF_TEST(gotox, beyond_the_table)
{
	EXPECT_EQ(asm_run(load_switch(3, 3)).fault.kind, BU_FAULT_OUT_OF_BOUNDS);
	EXPECT_EQ(asm_run(load_switch(0, 7)).fault.kind, BU_FAULT_OUT_OF_BOUNDS);
}

static void nothing(void *arg, struct bu_run *run)
{
	++*(u32 *)arg;
}

/* The interpreter of watched runs is another one. */
BPF_TEST(gotox, watched)
{
	u32 steps = 0;
	struct bu_hook hook = { .before = nothing, .arg = &steps };
	struct bu_prog *prog = load_switch(0, 4);

	bu_hook_add(bu_kernel(), &hook);
	EXPECT_EQ(asm_run(prog).r0, 4U);
	bu_hook_remove(bu_kernel(), &hook);
	EXPECT_EQ(steps, 6U);
}

BPF_TEST(gotox, any_register)
{
	for (u8 reg = 0; reg < 10; reg++) {
		struct bpf_insn insns[] = { LDDW_OF(BPF_PSEUDO_MAP_VALUE, 5, ASM_TABLE(4, 6), 8),
					    LDX(BPF_DW, reg, 5, 0), GOTOX(reg), CASE_OF(0),
					    CASE_OF(1) };

		EXPECT_EQ(asm_run(ASM_LOAD(insns)).r0, 1U);
	}
}

/* r1 chooses the table, the jump is one. */
BPF_TEST(gotox, one_jump_two_tables)
{
	for (int first = 0; first < 2; first++) {
		struct bpf_insn insns[] = { MOV64_K(1, first),
					    LDDW_OF(BPF_PSEUDO_MAP_VALUE, 2, ASM_TABLE(8), 0),
					    JMP_K(BPF_JNE, 1, 0, 2),
					    LDDW_OF(BPF_PSEUDO_MAP_VALUE, 2, ASM_TABLE(10), 0),
					    LDX(BPF_DW, 2, 2, 0),
					    GOTOX(2),
					    CASE_OF(1),
					    CASE_OF(0) };

		EXPECT_EQ(asm_run(ASM_LOAD(insns)).r0, (u64)first);
	}
}

/* Two jumps read the same table. */
#define LOAD_ENTRY(reg, fd, offset)                                                                \
	LDDW_OF(BPF_PSEUDO_MAP_VALUE, reg, fd, offset), LDX(BPF_DW, reg, reg, 0)

BPF_TEST(gotox, one_table_two_jumps)
{
	int fd = ASM_TABLE(4, 8);
	struct bpf_insn insns[] = { LOAD_ENTRY(1, fd, 0), GOTOX(1), LOAD_ENTRY(1, fd, 8), GOTOX(1),
				    CASE_OF(7) };

	EXPECT_EQ(asm_run(ASM_LOAD(insns)).r0, 7U);
}

/* Main has its table, the subprogram its own. */
BPF_TEST(gotox, in_a_subprogram)
{
	struct bpf_insn insns[] = { LOAD_ENTRY(1, ASM_TABLE(6), 0),
				    GOTOX(1),
				    CASE_OF(9),
				    CALL_PC(2),
				    ALU64_K(BPF_ADD, 0, 1),
				    EXIT,
				    LOAD_ENTRY(1, ASM_TABLE(13, 15), 8),
				    GOTOX(1),
				    CASE_OF(20),
				    CASE_OF(40) };

	EXPECT_EQ(asm_run(ASM_LOAD(insns)).r0, 41U);
}

/* ---- counts, budget ---- */

static void expect_counts(struct bu_prog *prog, const u64 *executed, const u64 *arrived)
{
	u64 counts[64], taken[64];

	ASSERT_LE(prog->nr_insns, 64U);
	bu_prog_counts(prog, counts, taken);
	for (u32 i = 0; i < prog->nr_insns; i++) {
		EXPECT_EQ(counts[i], executed[i]);
		EXPECT_EQ(taken[i], 0U);
		EXPECT_EQ(bu_arrival_counters(prog)[i], arrived[i]);
	}
}

/* r6 counts down from 3; the table leads back to its loop, or out of it. */
#define LOOP(fd, first)                                                                            \
	MOV64_K(6, first), ALU64_K(BPF_SUB, 6, 1), LDDW_OF(BPF_PSEUDO_MAP_VALUE, 1, fd, 0),        \
		MOV64_X(2, 6), ALU64_K(BPF_RSH, 2, 63), ALU64_K(BPF_LSH, 2, 3),                    \
		ALU64_X(BPF_ADD, 1, 2), LDX(BPF_DW, 1, 1, 0), GOTOX(1), RETURN(0)
#define RETURN(value) MOV64_K(0, value), EXIT

BPF_TEST(gotox, counts)
{
	struct bpf_insn insns[] = { LOOP(ASM_TABLE(1, 10), 3) };
	struct bu_prog *prog = ASM_LOAD(insns);

	EXPECT_EQ(asm_run(prog).fault.kind, BU_FAULT_NONE);
	expect_counts(prog, (const u64[]){ 1, 4, 4, 4, 4, 4, 4, 4, 4, 4, 1, 1 },
		      (const u64[]){ 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0 });
}

BPF_TEST(gotox, counts_of_a_wrong_jump)
{
	struct bpf_insn insns[] = { LOAD_ENTRY(1, ASM_TABLE(5), 0), ALU64_K(BPF_ADD, 1, 8),
				    GOTOX(1), RETURN(0) };
	struct bu_prog *prog = ASM_LOAD(insns);

	EXPECT_EQ(asm_run(prog).fault.kind, BU_FAULT_BAD_JUMP);
	expect_counts(prog, (const u64[]){ 1, 1, 1, 1, 1, 0, 0 },
		      (const u64[]){ 0, 0, 0, 0, 0, 0, 0 });
}

BPF_TEST(gotox, loops_are_charged)
{
	struct bpf_insn insns[] = { LOOP(ASM_TABLE(1, 10), 1 << 30) };
	struct bu_prog *prog = ASM_LOAD(insns);
	struct asm_result result;
	u64 executed[12], taken[12];

	bu_kernel()->budget = 1000;
	result = asm_run(prog);
	EXPECT_EQ(result.fault.kind, BU_FAULT_BUDGET);
	EXPECT_STREQ(result.fault.where, "in the loop of instructions 1 to 9");
	bu_prog_counts(prog, executed, taken);
	EXPECT_EQ(executed[1], 1000U / 9 + 1);
	EXPECT_EQ(executed[9], executed[1]);
	EXPECT_EQ(executed[10], 0U);
}

/* The one file of that name, a NUL behind it: its size. */
static u64 read_file(const char *pattern, char *text, size_t size)
{
	glob_t found;
	FILE *file;
	size_t len;

	ASSERT_EQ(glob(pattern, 0, NULL, &found), 0);
	file = fopen(found.gl_pathv[0], "re");
	globfree(&found);
	ASSERT_NOT_NULL(file);
	len = fread(text, 1, size - 1, file);
	fclose(file);
	text[len] = '\0';
	return len;
}

/* docs/coverage-format.md; `bpfunit coverage` is tests/runner/coverage_reader_test.c's. */
BPF_TEST(gotox, coverage)
{
	struct bpf_insn insns[] = { LOOP(ASM_TABLE(1, 10), 3) };
	char dir[] = "/tmp/bpfunit-gotox-XXXXXX", pattern[64], text[4096];
	struct bu_kernel *kernel = bu_kernel();
	struct bu_prog *prog;
	u64 *words = (u64 *)text;

	ASSERT_NOT_NULL(mkdtemp(dir));
	bu_coverage_close(kernel);
	ASSERT_OK(bu_coverage_open(kernel, dir));
	prog = ASM_LOAD(insns);
	asm_run(prog);
	ASSERT_OK(bu_coverage_flush(kernel));
	asm_run(prog);
	ASSERT_OK(bu_coverage_close(kernel));
	snprintf(pattern, sizeof(pattern), "%s/*.prog", dir);
	read_file(pattern, text, sizeof(text));
	EXPECT_NOT_NULL(strstr(text, "insn\t9\tindirect\tgotox r1\n"));
	EXPECT_NOT_NULL(strstr(text, "target\t1\ntarget\t10\nend\n"));
	snprintf(pattern, sizeof(pattern), "%s/*.count", dir);
	EXPECT_EQ(read_file(pattern, text, sizeof(text)), (2 + 3 * 12) * 8U);
	EXPECT_EQ(words[2 + 9], 8U);
	EXPECT_EQ(words[2 + 2 * 12 + 1], 6U);
	EXPECT_EQ(words[2 + 2 * 12 + 10], 2U);
	snprintf(text, sizeof(text), "rm -r %s", dir);
	EXPECT_EQ(system(text), 0);
}

/* ---- refusals ---- */

static void refuse(const struct bpf_insn *insns, size_t count, int error, const char *why)
{
	char log[4096] = "";
	int found = 0;
	struct bu_prog *prog = asm_try_load(insns, count, BPF_PROG_TYPE_SOCKET_FILTER, log, &found);

	EXPECT_NULL(prog);
	EXPECT_EQ(found, error);
	EXPECT_NOT_NULL(strstr(log, why));
}

#define REFUSE(insns, error, why) refuse(insns, BU_ARRAY_SIZE(insns), error, why)

/* As 6.18, which has neither tables nor the instruction. */
BPF_TEST(gotox, without_a_table)
{
	struct bpf_insn insns[] = { MOV64_K(0, 0), GOTOX(0), EXIT };

	REFUSE(insns, -EINVAL, "unknown opcode 0d");
}

BPF_TEST(gotox, reserved_fields)
{
	const struct bpf_insn jumps[] = { INSN(BU_INSN_GOTOX, 1, 1, 0, 0),
					  INSN(BU_INSN_GOTOX, 1, 0, 1, 0),
					  INSN(BU_INSN_GOTOX, 1, 0, 0, 1) };

	for (size_t i = 0; i < BU_ARRAY_SIZE(jumps); i++) {
		struct bpf_insn insns[] = { LOAD_ENTRY(1, ASM_TABLE(4), 0), jumps[i], RETURN(0) };

		REFUSE(insns, -EINVAL, "BPF_JA|BPF_X uses reserved fields");
	}
}

BPF_TEST(gotox, wrong_register)
{
	struct bpf_insn insns[] = { LOAD_ENTRY(1, ASM_TABLE(4), 0), GOTOX(11), RETURN(0) };

	REFUSE(insns, -EINVAL, "R11 is invalid");
}

/* Only the subprogram has a table. */
BPF_TEST(gotox, no_table_in_this_function)
{
	struct bpf_insn insns[] = {
		LOAD_ENTRY(1, ASM_TABLE(7), 0), GOTOX(1), EXIT, CALL_PC(1), EXIT, RETURN(0)
	};

	REFUSE(insns, -EINVAL, "no jump tables found for subprog starting at 0");
}

BPF_TEST(gotox, table_leaves_the_function)
{
	struct bpf_insn insns[] = { LOAD_ENTRY(1, ASM_TABLE(6, 4), 0), GOTOX(1), CALL_PC(1), EXIT,
				    RETURN(0) };

	REFUSE(insns, -EINVAL, "jump table for insn 3 points outside of the subprog [0,6]");
}

BPF_TEST(gotox, falls_off_the_end)
{
	struct bpf_insn insns[] = { JA(1), EXIT, LOAD_ENTRY(1, ASM_TABLE(1), 0), GOTOX(1) };

	REFUSE(insns, -EINVAL, "last insn is not an exit or jmp");
}

/* What no jump leads to and no table names. */
BPF_TEST(gotox, unreachable)
{
	struct bpf_insn insns[] = { LOAD_ENTRY(1, ASM_TABLE(6), 0), GOTOX(1), RETURN(1),
				    RETURN(0) };
	char log[4096] = "";
	int error = 0;
	struct bu_prog *prog =
		asm_try_load(insns, BU_ARRAY_SIZE(insns), BPF_PROG_TYPE_SOCKET_FILTER, log, &error);

	ASSERT_NOT_NULL(prog);
	EXPECT_NOT_NULL(strstr(log, "unreachable insn 4"));
	EXPECT_EQ(asm_run(prog).r0, 0U);
	asm_put(prog);
}
