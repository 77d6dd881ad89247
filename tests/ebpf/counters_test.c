// SPDX-License-Identifier: BSD-2-Clause
/* Counts of instructions, derived from counts of edges, are exact: also after faults and tail
 * calls. */
#include "asm.h"

#include <bpf/bpf.h>

static void expect_counts(const struct bu_prog *prog, const u64 *executed, const u64 *taken)
{
	u64 counts[2][64];

	ASSERT_LE(prog->nr_insns, 64U);
	bu_prog_counts(prog, counts[0], counts[1]);
	for (u32 i = 0; i < prog->nr_insns; i++) {
		if (counts[0][i] != executed[i])
			EXPECT_FAIL("instruction %u: executed %llu times, not %llu", i,
				    (unsigned long long)counts[0][i],
				    (unsigned long long)executed[i]);
		if (taken && counts[1][i] != taken[i])
			EXPECT_FAIL("instruction %u: taken %llu times, not %llu", i,
				    (unsigned long long)counts[1][i], (unsigned long long)taken[i]);
	}
}

BPF_TEST(counters, loop)
{
	struct bpf_insn insns[] = { MOV64_K(0, 0),
				    MOV64_K(1, 10),
				    ALU64_X(BPF_ADD, 0, 1),
				    JMP_K(BPF_JNE, 1, 5, 1),
				    ALU64_K(BPF_ADD, 0, 1),
				    ALU64_K(BPF_SUB, 1, 1),
				    JMP_K(BPF_JNE, 1, 0, -5),
				    EXIT };
	const u64 executed[] = { 2, 2, 20, 20, 2, 20, 20, 2 },
		  taken[] = { 0, 0, 0, 18, 0, 0, 18, 0 };
	struct bu_prog *prog = ASM_LOAD(insns);

	asm_run(prog);
	asm_run(prog);
	expect_counts(prog, executed, taken);
}

BPF_TEST(counters, never_run)
{
	struct bpf_insn insns[] = { LDDW(0, 1), EXIT };
	struct bu_prog *prog = ASM_LOAD(insns);

	expect_counts(prog, (const u64[]){ 0, 0, 0 }, NULL);
	asm_run(prog);
	expect_counts(prog, (const u64[]){ 1, 1, 1 }, NULL);
}

BPF_TEST(counters, calls)
{
	struct bpf_insn insns[] = { MOV64_K(6, 3),
				    CALL_PC(3),
				    ALU64_K(BPF_SUB, 6, 1),
				    JMP_K(BPF_JNE, 6, 0, -3),
				    EXIT,
				    CALL_PC(1),
				    EXIT,
				    MOV64_K(0, 0),
				    EXIT };
	struct bu_prog *prog = ASM_LOAD(insns);

	asm_run(prog);
	expect_counts(prog, (const u64[]){ 1, 3, 3, 3, 1, 3, 3, 3, 3 },
		      (const u64[]){ 0, 0, 0, 2, 0, 0, 0, 0, 0 });
}

BPF_TEST(counters, stop_at_a_fault_in_a_call)
{
	/* The second call faults. */
	struct bpf_insn insns[] = {
		MOV64_X(6, 10), MOV64_K(7, 0),        MOV64_X(1, 10),         CALL_PC(4),
		MOV64_X(1, 7),  CALL_PC(2),           MOV64_K(0, 9),          EXIT,
		MOV64_K(0, 0),  ST(BPF_DW, 1, -8, 1), ALU64_K(BPF_ADD, 0, 1), EXIT
	};
	struct bu_prog *prog = ASM_LOAD(insns);

	EXPECT_NE(asm_run(prog).fault.kind, BU_FAULT_NONE);
	expect_counts(prog, (const u64[]){ 1, 1, 1, 1, 1, 1, 0, 0, 2, 2, 1, 1 }, NULL);
}

BPF_TEST(counters, stop_when_the_budget_is_spent)
{
	struct bpf_insn insns[] = { MOV64_K(0, 0), ALU64_K(BPF_ADD, 0, 1), JMP_K(BPF_JNE, 0, 0, -2),
				    EXIT };
	struct bu_prog *prog = ASM_LOAD(insns);
	u64 executed[4], taken[4];

	bu_kernel()->budget = 20;
	EXPECT_EQ(asm_run(prog).fault.kind, BU_FAULT_BUDGET);
	bu_prog_counts(prog, executed, taken);
	EXPECT_EQ(executed[0], 1U);
	EXPECT_EQ(executed[1], executed[2]);
	EXPECT_EQ(taken[2], executed[2] - 1);
	EXPECT_EQ(executed[3], 0U);
}

BPF_TEST(counters, callbacks)
{
	struct bpf_insn insns[] = { MOV64_K(1, 5),       LDDW_OF(BPF_PSEUDO_FUNC, 2, 5, 0),
				    MOV64_K(3, 0),       MOV64_K(4, 0),
				    CALL(BPF_FUNC_loop), EXIT,
				    MOV64_K(0, 0),       EXIT };
	struct bu_prog *prog = ASM_LOAD(insns);

	EXPECT_EQ(asm_run(prog).r0, 5U);
	expect_counts(prog, (const u64[]){ 1, 1, 1, 1, 1, 1, 1, 5, 5 }, NULL);
}

BPF_TEST(counters, fault_in_a_callback)
{
	/* The callback faults when the index is 2. */
	struct bpf_insn insns[] = { MOV64_K(1, 5),       LDDW_OF(BPF_PSEUDO_FUNC, 2, 5, 0),
				    MOV64_K(3, 0),       MOV64_K(4, 0),
				    CALL(BPF_FUNC_loop), EXIT,
				    MOV64_K(0, 0),       JMP_K(BPF_JNE, 1, 2, 1),
				    LDX(BPF_B, 0, 0, 0), EXIT };
	struct bu_prog *prog = ASM_LOAD(insns);

	EXPECT_EQ(asm_run(prog).fault.kind, BU_FAULT_NULL_POINTER);
	expect_counts(prog, (const u64[]){ 1, 1, 1, 1, 1, 1, 0, 3, 3, 1, 2 },
		      (const u64[]){ 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0 });
}

BPF_TEST(counters, leak_at_exit)
{
	int map = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "events", 0, 0, 4096, NULL);
	struct bpf_insn insns[] = {
		LDDW_OF(BPF_PSEUDO_MAP_FD, 1, map, 0), MOV64_K(2, 8), MOV64_K(3, 0),
		CALL(BPF_FUNC_ringbuf_reserve),        MOV64_K(0, 0), EXIT
	};
	struct bu_prog *prog;

	ASSERT_OK(map);
	prog = ASM_LOAD(insns);
	EXPECT_EQ(asm_run(prog).fault.kind, BU_FAULT_LEAK);
	expect_counts(prog, (const u64[]){ 1, 1, 1, 1, 1, 1, 1 }, NULL);
}

/* A load beyond the packet ends the program, too. */
BPF_TEST(counters, leak_at_packet_load)
{
	int map = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "events", 0, 0, 4096, NULL);
	struct bpf_insn insns[] = { MOV64_X(6, 1),
				    LDDW_OF(BPF_PSEUDO_MAP_FD, 1, map, 0),
				    MOV64_K(2, 8),
				    MOV64_K(3, 0),
				    CALL(BPF_FUNC_ringbuf_reserve),
				    LD_ABS(BPF_B, 4000),
				    MOV64_K(0, 0),
				    EXIT };
	struct bu_prog *prog;

	ASSERT_OK(map);
	prog = ASM_LOAD(insns);
	EXPECT_EQ(asm_run(prog).fault.kind, BU_FAULT_LEAK);
	expect_counts(prog, (const u64[]){ 1, 1, 1, 1, 1, 1, 1, 0, 0 }, NULL);
}

/* A PROG_ARRAY whose slot 0 holds a program. */
static int tail_calls_to(int prog_fd)
{
	int map = bpf_map_create(BPF_MAP_TYPE_PROG_ARRAY, "progs", 4, 4, 2, NULL);
	__u32 key = 0;

	ASSERT_OK(map);
	ASSERT_OK(bpf_map_update_elem(map, &key, &prog_fd, BPF_ANY));
	return map;
}

static int load_fd(const struct bpf_insn *insns, size_t count)
{
	int fd = bpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, "asm", "GPL", insns, count, NULL);

	ASSERT_OK(fd);
	return fd;
}

static struct bu_prog *prog_of(int fd)
{
	int error;

	return bu_container_of(bu_fd_object(bu_kernel(), fd, BU_OBJECT_PROG, &error),
			       struct bu_prog, object);
}

BPF_TEST(tail_call, leaves_the_caller)
{
	struct bpf_insn target[] = { MOV64_K(0, 7), EXIT };
	int target_fd = load_fd(target, 2), map = tail_calls_to(target_fd);
	struct bpf_insn insns[] = { LDDW_OF(BPF_PSEUDO_MAP_FD, 2, map, 0), MOV64_K(3, 0),
				    CALL(BPF_FUNC_tail_call), MOV64_K(0, 1), EXIT };
	struct bu_prog *prog = ASM_LOAD(insns);

	EXPECT_EQ(asm_run(prog).r0, 7U);
	expect_counts(prog, (const u64[]){ 1, 1, 1, 1, 0, 0 }, NULL);
	expect_counts(prog_of(target_fd), (const u64[]){ 1, 1 }, NULL);
}

BPF_TEST(tail_call, goes_on_when_the_slot_is_empty)
{
	struct bpf_insn target[] = { MOV64_K(0, 7), EXIT };
	int map = tail_calls_to(load_fd(target, 2));
	struct bpf_insn insns[] = { LDDW_OF(BPF_PSEUDO_MAP_FD, 2, map, 0), MOV64_K(3, 1),
				    CALL(BPF_FUNC_tail_call), MOV64_K(0, 1), EXIT };
	struct bu_prog *prog = ASM_LOAD(insns);

	EXPECT_EQ(asm_run(prog).r0, 1U);
	insns[2].imm = 99;
	EXPECT_EQ(asm_run(ASM_LOAD(insns)).r0, 1U);
	expect_counts(prog, (const u64[]){ 1, 1, 1, 1, 1, 1 }, NULL);
}

BPF_TEST(tail_call, returns_to_the_caller_of_a_subprogram)
{
	struct bpf_insn target[] = { MOV64_K(0, 7), EXIT };
	int target_fd = load_fd(target, 2), map = tail_calls_to(target_fd);
	struct bpf_insn insns[] = { MOV64_K(6, 30),
				    CALL_PC(2),
				    ALU64_X(BPF_ADD, 0, 6),
				    EXIT,
				    LDDW_OF(BPF_PSEUDO_MAP_FD, 2, map, 0),
				    MOV64_K(3, 0),
				    CALL(BPF_FUNC_tail_call),
				    MOV64_K(0, 1),
				    EXIT };
	struct bu_prog *prog = ASM_LOAD(insns);

	EXPECT_EQ(asm_run(prog).r0, 37U);
	expect_counts(prog, (const u64[]){ 1, 1, 1, 1, 1, 1, 1, 1, 0, 0 }, NULL);
	expect_counts(prog_of(target_fd), (const u64[]){ 1, 1 }, NULL);
}

BPF_TEST(tail_call, forgets_the_callers_stack)
{
	struct bpf_insn target[] = { LDX(BPF_DW, 0, 10, -8), EXIT };
	int map = tail_calls_to(load_fd(target, 2));
	struct bpf_insn insns[] = { ST(BPF_DW, 10, -8, 1), LDDW_OF(BPF_PSEUDO_MAP_FD, 2, map, 0),
				    MOV64_K(3, 0),         CALL(BPF_FUNC_tail_call),
				    MOV64_K(0, 1),         EXIT };
	struct asm_result result = asm_run(ASM_LOAD(insns));

	EXPECT_EQ(result.fault.kind, BU_FAULT_UNINITIALISED);
	EXPECT_EQ(result.fault.insn, 0U);
}

BPF_TEST(tail_call, stops_at_the_33rd)
{
	int map = bpf_map_create(BPF_MAP_TYPE_PROG_ARRAY, "progs", 4, 4, 1, NULL);
	struct bpf_insn insns[] = { LDDW_OF(BPF_PSEUDO_MAP_FD, 2, map, 0), MOV64_K(3, 0),
				    CALL(BPF_FUNC_tail_call), MOV64_K(0, 1), EXIT };
	struct bu_prog *prog;
	__u32 key = 0;
	int fd;

	ASSERT_OK(map);
	fd = load_fd(insns, BU_ARRAY_SIZE(insns));
	ASSERT_OK(bpf_map_update_elem(map, &key, &fd, BPF_ANY));
	prog = prog_of(fd);
	EXPECT_EQ(asm_run(prog).r0, 1U);
	expect_counts(prog, (const u64[]){ 34, 34, 34, 34, 1, 1 }, NULL);
}
