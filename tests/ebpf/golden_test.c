// SPDX-License-Identifier: BSD-2-Clause
/* Faults of programs by themselves: memory, instructions, sections. See golden.h. */
#include "golden.h"

#include "ebpf/vm/hook.h"
#include "faulty_object.skel.h"

#include <dirent.h>

static u32 rcu_locks; /* held when a program begins, as if by bpf_rcu_read_lock() */

static void hold(void *arg, struct bu_run *run)
{
	if (!run->insn)
		run->rcu_locks = rcu_locks;
}

GOLDEN(stack_bounds, BPFUNIT_FAULT_OUT_OF_BOUNDS, ST(BPF_DW, 10, -512, 1), MOV64_X(1, 10),
       ALU64_K(BPF_ADD, 1, -512), LDX(BPF_DW, 0, 1, w ? -8 : 0), EXIT)

GOLDEN(map_value_bounds, BPFUNIT_FAULT_OUT_OF_BOUNDS, LOOKUP(world.hash, 1),
       JMP_K(BPF_JEQ, 0, 0, 1), LDX(BPF_DW, 1, 0, w ? 16 : 8), RETURN(0))

GOLDEN(array_bounds, BPFUNIT_FAULT_OUT_OF_BOUNDS, LOOKUP(world.array, 2), JMP_K(BPF_JEQ, 0, 0, 1),
       ST(BPF_W, 0, w ? -4 : 4, 7), RETURN(0))

GOLDEN(record_bounds, BPFUNIT_FAULT_OUT_OF_BOUNDS, RESERVE, JMP_K(BPF_JEQ, 6, 0, 4),
       ST(BPF_DW, 6, w ? 16 : 8, 1), SUBMIT, RETURN(0))

GOLDEN(rodata_bounds, BPFUNIT_FAULT_OUT_OF_BOUNDS, VALUE(1, world.frozen),
       LDX(BPF_DW, 0, 1, w ? 8 : 0), EXIT)

GOLDEN(object_bounds, BPFUNIT_FAULT_OUT_OF_BOUNDS, LDDW(1, world.object),
       LDX(BPF_W, 0, 1, w ? 64 : 60), EXIT)

GOLDEN_XDP(packet_bounds, BPFUNIT_FAULT_OUT_OF_BOUNDS, LDX(BPF_W, 2, 1, 0),
	   LDX(BPF_W, 0, 2, w ? 62 : 60), RETURN(XDP_PASS))

GOLDEN_XDP(context_bounds, BPFUNIT_FAULT_OUT_OF_BOUNDS, LDX(BPF_W, 2, 1, w ? 24 : 16),
	   RETURN(XDP_PASS))

GOLDEN(null_pointer, BPFUNIT_FAULT_NULL_POINTER, LOOKUP(world.hash, w ? 2 : 1),
       LDX(BPF_DW, 0, 0, 8), EXIT)

/* container_of() of NULL. */
GOLDEN(before_null, BPFUNIT_FAULT_NULL_POINTER, LOOKUP(world.hash, w ? 2 : 1),
       ALU64_K(BPF_ADD, 0, 8), LDX(BPF_DW, 0, 0, -8), EXIT)

GOLDEN(below_null, BPFUNIT_FAULT_NULL_POINTER, LOOKUP(world.hash, w ? 2 : 1),
       JMP_K(BPF_JEQ, 0, 0, 1), ALU64_K(BPF_ADD, 0, 8), LDX(BPF_DW, 0, 0, -8), EXIT)

/* What a helper returned for an error is no pointer, and too close to 0. */
GOLDEN(error_pointer, BPFUNIT_FAULT_WILD_POINTER, MOV64_K(0, w ? -14 : 0), LDDW(1, world.object),
       JMP_K(BPF_JNE, 0, 0, 1), MOV64_X(0, 1), LDX(BPF_DW, 0, 0, 16), EXIT)

GOLDEN(wild_pointer, BPFUNIT_FAULT_WILD_POINTER, LDDW(1, w ? 0xdead000000000100ULL : world.object),
       LDX(BPF_DW, 0, 1, 0), EXIT)

/* What was copied is the program's to read, the original is not. */
GOLDEN(user_pointer, BPFUNIT_FAULT_WILD_POINTER, LDDW(3, world.user), MOV64_X(1, 10),
       ALU64_K(BPF_ADD, 1, -8), MOV64_K(2, 5), MOV64_X(6, 3), MOV64_X(7, 1),
       CALL(BPF_FUNC_probe_read_user), LDX(BPF_B, 0, w ? 6 : 7, 0), EXIT)

GOLDEN(deleted_element, BPFUNIT_FAULT_USE_AFTER_FREE, LOOKUP(world.hash, 1), MOV64_X(6, 0),
       ST(BPF_W, 10, -4, w ? 1 : 3), MOV64_X(2, 10), ALU64_K(BPF_ADD, 2, -4), MAP(1, world.hash),
       CALL(BPF_FUNC_map_delete_elem), LDX(BPF_DW, 0, 6, 8), EXIT)

GOLDEN(submitted_record, BPFUNIT_FAULT_USE_AFTER_FREE, RESERVE, ST(BPF_DW, 6, 0, 1),
       ST(BPF_DW, 6, 8, 1), JMP_K(BPF_JEQ, 6, w, 0), LDX(BPF_DW, 7, 6, 0), SUBMIT, MOV64_K(1, w),
       JMP_K(BPF_JEQ, 1, 0, 1), LDX(BPF_DW, 7, 6, 0), RETURN(0))

/* The function that returns the address of its own variable; the caller's is alive. */
GOLDEN(dead_frame, BPFUNIT_FAULT_USE_AFTER_FREE, ST(BPF_DW, 10, -8, 1), MOV64_X(1, 10), CALL_PC(2),
       LDX(BPF_DW, 0, 0, -8), EXIT, ST(BPF_DW, 10, -8, 2), MOV64_X(0, w ? 10 : 1), EXIT)

GOLDEN_XDP(stale_packet, BPFUNIT_FAULT_USE_AFTER_FREE, MOV64_X(6, 1), LDX(BPF_W, 7, 1, 0),
	   MOV64_K(2, 4), CALL(BPF_FUNC_xdp_adjust_head), LDX(BPF_W, 8, 6, 0),
	   LDX(BPF_B, 0, w ? 7 : 8, 0), RETURN(XDP_PASS))

GOLDEN(uninitialised_stack, BPFUNIT_FAULT_UNINITIALISED, ST(BPF_W, 10, -8, 1),
       LDX(BPF_W, 0, 10, w ? -4 : -8), EXIT)

/* A record may be submitted before all of it is written; reading it may not. */
GOLDEN(uninitialised_record, BPFUNIT_FAULT_UNINITIALISED, RESERVE, ST(BPF_DW, 6, 0, 1),
       LDX(BPF_DW, 7, 6, w ? 8 : 0), SUBMIT, RETURN(0))

GOLDEN(read_only_map, BPFUNIT_FAULT_READ_ONLY, VALUE(1, w ? world.frozen : world.globals),
       ST(BPF_DW, 1, 0, 1), RETURN(0))

/* The same field may be read. */
GOLDEN_XDP(read_only_context, BPFUNIT_FAULT_READ_ONLY, LDX(BPF_W, 2, 1, 12), MOV64_K(3, w),
	   JMP_K(BPF_JEQ, 3, 0, 1), STX(BPF_W, 1, 2, 12), RETURN(XDP_PASS))

GOLDEN(misaligned_atomic, BPFUNIT_FAULT_MISALIGNED, VALUE(1, world.globals), MOV64_K(2, 1),
       ATOMIC(w ? BPF_DW : BPF_W, BPF_ADD, 1, 2, 4), RETURN(0))

GOLDEN(misaligned_acquire, BPFUNIT_FAULT_MISALIGNED, VALUE(1, world.globals),
       ATOMIC(w ? BPF_W : BPF_H, BU_INSN_LOAD_ACQ, 2, 1, 2), RETURN(0))

GOLDEN(misaligned_release, BPFUNIT_FAULT_MISALIGNED, VALUE(1, world.globals), MOV64_K(2, 7),
       ATOMIC(w ? BPF_DW : BPF_W, BU_INSN_STORE_REL, 1, 2, 4), RETURN(0))

/* Every element of a hash is aligned for atomics of 64 bits. */
PROGRAM(atomic_on_key, BPF_PROG_TYPE_RAW_TRACEPOINT, LOOKUP(world.hash, w), JMP_K(BPF_JEQ, 0, 0, 2),
	MOV64_K(2, 1), ATOMIC(BPF_DW, BPF_ADD, 0, 2, 8), RETURN(0))

BPF_TEST(golden, elements_are_aligned)
{
	u64 value[2] = { 1, 2 };

	make_world();
	for (u32 key = 1; key <= 8; key++) {
		ASSERT_OK(bpf_map_update_elem(world.hash, &key, value, BPF_ANY));
		EXPECT_NO_FAULT(atomic_on_key_run((int)key));
		ASSERT_OK(bpf_map_lookup_elem(world.hash, &key, value));
		EXPECT_EQ(value[1], 3);
		value[1] = 2;
	}
}

GOLDEN(bad_argument, BPFUNIT_FAULT_BAD_ARGUMENT, MOV64_X(1, 10), ALU64_K(BPF_ADD, 1, -16),
       MOV64_K(2, w ? -1 : 16), CALL(BPF_FUNC_get_current_comm), EXIT)

GOLDEN(no_model, BPFUNIT_FAULT_NO_MODEL, CALL(w ? BPF_FUNC_get_stack : BPF_FUNC_get_current_task),
       RETURN(0))

GOLDEN(bad_instruction, BPFUNIT_FAULT_BAD_INSTRUCTION,
       CALL(w ? 195896080 : BPF_FUNC_get_current_task), RETURN(0))

/* The address of a table's entry, and what is in it. */
GOLDEN(jump_to_entry, BPFUNIT_FAULT_BAD_JUMP, VALUE(1, ASM_TABLE(5, 7)), LDX(BPF_DW, 2, 1, 8),
       MOV64_X(3, w ? 1 : 2), GOTOX(3), RETURN(0), RETURN(1))

GOLDEN(jump_beside_table, BPFUNIT_FAULT_BAD_JUMP, VALUE(1, ASM_TABLE(5, 8)), LDX(BPF_DW, 2, 1, 0),
       ALU64_K(BPF_ADD, 2, w ? 16 : 24), GOTOX(2), LDDW(0, 1), EXIT, RETURN(1))

GOLDEN(jump_into_insn, BPFUNIT_FAULT_BAD_JUMP, VALUE(1, ASM_TABLE(5, 8)), LDX(BPF_DW, 2, 1, 0),
       ALU64_K(BPF_ADD, 2, w ? 8 : 0), GOTOX(2), LDDW(0, 1), EXIT, RETURN(1))

GOLDEN(jump_out_of_function, BPFUNIT_FAULT_BAD_JUMP, VALUE(1, ASM_TABLE(8)),
       VALUE(2, ASM_TABLE(11)), LDX(BPF_DW, 3, w ? 2 : 1, 0), GOTOX(3), CALL_PC(3), EXIT, RETURN(0),
       MOV64_K(0, 2), RETURN(3))

GOLDEN(jump_nowhere, BPFUNIT_FAULT_BAD_JUMP, VALUE(1, ASM_TABLE(5)), LDX(BPF_DW, 2, 1, 0),
       ALU64_K(BPF_LSH, 2, w ? 63 : 0), GOTOX(2), RETURN(0))

/* A table is as long as its entries are many. */
GOLDEN(table_bounds, BPFUNIT_FAULT_OUT_OF_BOUNDS, VALUE(1, ASM_TABLE(4, 4)),
       LDX(BPF_DW, 2, 1, w ? 16 : 8), GOTOX(2), RETURN(0))

GOLDEN(read_only_table, BPFUNIT_FAULT_READ_ONLY, VALUE(1, ASM_TABLE(6)), LDX(BPF_DW, 2, 1, 0),
       INSN(w ? BPF_STX | BPF_MEM | BPF_DW : BPF_LDX | BPF_MEM | BPF_DW, w ? 1 : 2, w ? 2 : 1, 0,
	    0),
       GOTOX(2), MOV64_K(0, 9), RETURN(0))

/* 8 functions may be active: the main one, and 7 that each call the next. */
GOLDEN(recursion, BPFUNIT_FAULT_STACK_OVERFLOW, MOV64_K(1, w ? 8 : 7), CALL_PC(1), EXIT,
       MOV64_X(0, 1), ALU64_K(BPF_SUB, 1, 1), JMP_K(BPF_JEQ, 1, 0, 1), CALL_PC(-4), EXIT)

GOLDEN(leaked_record, BPFUNIT_FAULT_LEAK, RESERVE, JMP_K(BPF_JEQ, 6, 0, 5), MOV64_K(1, w),
       JMP_K(BPF_JNE, 1, 0, 3), SUBMIT, RETURN(0))

GOLDEN(submitted_twice, BPFUNIT_FAULT_DOUBLE_RELEASE, RESERVE, SUBMIT, MOV64_K(1, w),
       JMP_K(BPF_JEQ, 1, 0, 3), SUBMIT, RETURN(0))

GOLDEN(leaked_lock, BPFUNIT_FAULT_LEAK, LOOKUP(world.hash, 1), MOV64_X(6, 0), ST(BPF_W, 6, 0, 0),
       MOV64_X(1, 6), CALL(BPF_FUNC_spin_lock), MOV64_K(1, w), JMP_K(BPF_JNE, 1, 0, 2),
       MOV64_X(1, 6), CALL(BPF_FUNC_spin_unlock), RETURN(0))

GOLDEN(deadlock, BPFUNIT_FAULT_DEADLOCK, LOOKUP(world.hash, 1), MOV64_X(6, 0), ST(BPF_W, 6, 0, w),
       MOV64_X(1, 6), CALL(BPF_FUNC_spin_lock), MOV64_X(1, 6), CALL(BPF_FUNC_spin_unlock),
       RETURN(0))

/* The one jump back too many: what a jump back costs is what it repeats. */
GOLDEN(budget, BPFUNIT_FAULT_BUDGET, MOV64_K(1, w ? 5002 : 5001), ALU64_K(BPF_SUB, 1, 1),
       JMP_K(BPF_JNE, 1, 0, -2), RETURN(0))

GOLDEN_KFUNC(leaked_section, BPFUNIT_FAULT_LEAK, MOV64_K(6, w), KFUNC("bpf_rcu_read_lock"),
	     JMP_K(BPF_JNE, 6, 0, 1), KFUNC("bpf_rcu_read_unlock"), RETURN(0))

GOLDEN_KFUNC(unlocked_twice, BPFUNIT_FAULT_DOUBLE_RELEASE, MOV64_K(6, w),
	     KFUNC("bpf_rcu_read_lock"), KFUNC("bpf_rcu_read_unlock"), JMP_K(BPF_JEQ, 6, 0, 1),
	     KFUNC("bpf_rcu_read_unlock"), RETURN(0))

PROGRAM(section, BPF_PROG_TYPE_RAW_TRACEPOINT, RETURN(0))

BPF_TEST(golden, open_section)
{
	static struct bu_hook hook = { .before = hold };

	bu_hook_add(bu_kernel(), &hook);
	EXPECT_NO_FAULT(section_run(0));
	rcu_locks = 1;
	ASSERT_FAULT(BPFUNIT_FAULT_LEAK, section_run(1));
	bu_hook_remove(bu_kernel(), &hook);
	expect_report("open_section");
}

/* Whoever watches a run may end it; a watched run that is left alone ends as any other. */
static void end(void *arg, struct bu_run *run)
{
	if (*(bool *)arg)
		bu_fault_raise(run, BU_FAULT_ENDED, "the debugger was asked to");
}

PROGRAM(watched, BPF_PROG_TYPE_RAW_TRACEPOINT, MOV64_K(6, w), RETURN(0))

BPF_TEST(golden, ended)
{
	bool wanted = false;
	struct bu_hook hook = { .before = end, .arg = &wanted };

	bu_hook_add(bu_kernel(), &hook);
	EXPECT_NO_FAULT(watched_run(0));
	wanted = true;
	ASSERT_FAULT(BPFUNIT_FAULT_ENDED, watched_run(1));
	bu_hook_remove(bu_kernel(), &hook);
	expect_report("ended");
}

/* Values that no XDP program should return are told, and fail nothing. */
PROGRAM(xdp_action, BPF_PROG_TYPE_XDP, RETURN(w ? 77 : XDP_TX))

static const char *warning(void)
{
	const struct bu_note *note = bu_kernel()->notes;

	while (note && !note->warning)
		note = note->next;
	return note ? note->text : "";
}

BPF_TEST(golden, invalid_return_value)
{
	EXPECT_EQ(xdp_action_run(0), XDP_TX);
	EXPECT_STREQ(warning(), "");
	EXPECT_NO_FAULT(EXPECT_EQ(xdp_action_run(1), 77));
	expect_golden("invalid_return_value", warning());
}

PROGRAM(thrown, BPF_PROG_TYPE_TRACEPOINT, MOV64_K(1, 5), MOV64_K(6, w), JMP_K(BPF_JEQ, 6, 0, 1),
	KFUNC("bpf_throw"), RETURN(1))

BPF_TEST(golden, uncaught_exception)
{
	BPFUNIT_LOAD(faulty_object_bpf);
	EXPECT_EQ(thrown_run(0), 1);
	EXPECT_STREQ(warning(), "");
	EXPECT_NO_FAULT(EXPECT_EQ(thrown_run(1), 5));
	expect_golden("uncaught_exception", warning());
}

PROGRAM(division, BPF_PROG_TYPE_RAW_TRACEPOINT, MOV64_K(0, 9), MOV64_K(1, !w),
	ALU64_X(BPF_DIV, 0, 1), EXIT)
PROGRAM(shift, BPF_PROG_TYPE_RAW_TRACEPOINT, MOV64_K(0, 1), MOV64_K(1, w ? 32 : 31),
	ALU32_X(BPF_LSH, 0, 1), EXIT)

BPF_TEST(golden, division_by_zero_when_asked)
{
	EXPECT_EQ(division_run(1), 0);
	EXPECT_STREQ(warning(), "");
	ASSERT_OK(bpfunit_note_oddities("div"));
	EXPECT_EQ(division_run(0), 9);
	EXPECT_EQ(shift_run(1), 1);
	EXPECT_STREQ(warning(), "");
	EXPECT_EQ(division_run(1), 0);
	expect_golden("division_by_zero", warning());
}

BPF_TEST(golden, oversized_shift_when_asked)
{
	ASSERT_OK(bpfunit_note_oddities("shift"));
	EXPECT_EQ(shift_run(0), (u32)1 << 31);
	EXPECT_STREQ(warning(), "");
	EXPECT_EQ(shift_run(1), 1);
	expect_golden("oversized_shift", warning());
}

BPF_TEST(golden, words_that_are_not_known)
{
	EXPECT_ERR(bpfunit_note_oddities("div,sqrt"), EINVAL);
	EXPECT_ERR(bpfunit_trace_runs("insn,all"), EINVAL);
	EXPECT_OK(bpfunit_note_oddities(NULL));
	EXPECT_OK(bpfunit_trace_runs(""));
}

#define GOLDEN_DIR BU_SOURCE_DIR "/tests/ebpf/golden"

/* Whether a line of the two test files tests this golden; none is left over. */
static bool is_tested(const char *name)
{
	static const char *const files[] = { "golden_test.c", "golden_object_test.c" };
	char path[512], line[512], word[2][128];
	bool found = false;

	snprintf(word[0], sizeof(word[0]), "(%.100s,", name);
	snprintf(word[1], sizeof(word[1]), "\"%.100s\"", name);
	for (size_t i = 0; i < BU_ARRAY_SIZE(files); i++) {
		FILE *file;

		snprintf(path, sizeof(path), BU_SOURCE_DIR "/tests/ebpf/%s", files[i]);
		file = fopen(path, "re");
		ASSERT_NOT_NULL(file);
		while (!found && fgets(line, sizeof(line), file))
			found = strstr(line, word[0]) || strstr(line, word[1]);
		fclose(file);
	}
	return found;
}

static enum bu_fault_kind kind_of_golden(const char *name)
{
	char line[256] = "";
	FILE *file = golden_file(name, "re");
	size_t len;

	EXPECT_NOT_NULL(fgets(line, sizeof(line), file));
	fclose(file);
	for (int kind = 1; kind < BU_FAULT_MAX; kind++) {
		len = strlen(bu_fault_kind_name(kind));
		if (!strncmp(line, bu_fault_kind_name(kind), len) && strchr(":\n", line[len]))
			return kind;
	}
	return BU_FAULT_NONE; /* a note or warning */
}

/* The macros above run the near miss, too. */
BPF_TEST(golden, every_kind_has_one)
{
	bool seen[BU_FAULT_MAX] = { [BU_FAULT_NONE] = true };
	DIR *dir = opendir(GOLDEN_DIR);
	const struct dirent *entry;

	ASSERT_NOT_NULL(dir);
	while ((entry = readdir(dir))) {
		char name[64] = "";

		if (sscanf(entry->d_name, "%63[a-z_].txt", name) != 1)
			continue;
		seen[kind_of_golden(name)] = true;
		if (!is_tested(name))
			EXPECT_FAIL("no test has golden/%s.txt", name);
	}
	closedir(dir);
	for (int kind = 0; kind < BU_FAULT_MAX; kind++) {
		if (!seen[kind])
			EXPECT_FAIL("no golden shows \"%s\"", bu_fault_kind_name(kind));
	}
}
