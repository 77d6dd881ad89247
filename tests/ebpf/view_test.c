// SPDX-License-Identifier: BSD-2-Clause
/*
 * Views: what bpf_dynptr_data() and slices return. Programs, helpers and mocks see the bytes
 * themselves, no further than was asked for. Texts of faults: golden_object_test.c.
 */
#include "asm.h"
#include "ebpf/vm/view.h"

static int globals, ring;

static u64 *bytes_of_globals(void)
{
	struct bu_object *object;
	int err;

	globals = bpf_map_create(BPF_MAP_TYPE_ARRAY, "globals", 4, 16, 1, NULL);
	ASSERT_OK(globals);
	ring = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "ring", 0, 0, 4096, NULL);
	ASSERT_OK(ring);
	object = bu_fd_object(bu_kernel(), globals, BU_OBJECT_MAP, &err);
	return bu_container_of(object, struct bu_map, object)
		->ops->direct_value(bu_container_of(object, struct bu_map, object), 0);
}

/* r6 = bpf_dynptr_data() of bytes of the map's value; the program returns 99 when it is NULL. */
#define DATA(offset, len)                                                                          \
	LDDW_OF(BPF_PSEUDO_MAP_VALUE, 1, globals, 0), MOV64_K(2, 16), MOV64_K(3, 0),               \
		MOV64_X(4, 10), ALU64_K(BPF_ADD, 4, -16), CALL(BPF_FUNC_dynptr_from_mem),          \
		MOV64_X(1, 10), ALU64_K(BPF_ADD, 1, -16), MOV64_K(2, offset), MOV64_K(3, len),     \
		CALL(BPF_FUNC_dynptr_data), JMP_K(BPF_JNE, 0, 0, 2), MOV64_K(0, 99), EXIT,         \
		MOV64_X(6, 0)
#define RUN(...)                                                                                   \
	({                                                                                         \
		struct bpf_insn insns_[] = { __VA_ARGS__ };                                        \
                                                                                                   \
		asm_run(ASM_LOAD(insns_));                                                         \
	})

BPF_TEST(view, is_made_once)
{
	struct bpf_insn insns[] = { MOV64_K(0, 0), EXIT };
	u64 *memory = bytes_of_globals(), whole, part;
	struct bu_prog *prog = ASM_LOAD(insns);
	struct bu_run run;

	bu_run_begin(&run, bu_kernel(), prog);
	whole = bu_view_make(&run, memory, 16, false, "data");
	part = bu_view_make(&run, memory, 8, false, "data");
	EXPECT_NE(whole, 0U);
	EXPECT_NE(whole, part);
	EXPECT_EQ(bu_view_make(&run, memory, 16, false, "data"), whole);
	EXPECT_NE(bu_view_make(&run, memory, 16, true, "data"), whole);
	EXPECT_EQ(bu_view_make(&run, (u8 *)memory + 5, 2, false, "data") % 8, 5U);
	EXPECT_EQ(bu_mem_seen(&run.kernel->arena, part + 7), (u64)memory + 7);
	EXPECT_EQ(bu_mem_seen(&run.kernel->arena, part + 8), part + 8);
	EXPECT_NULL(bu_mem_readable(&run.kernel->arena, part + 1, 8));
	EXPECT_NULL(bu_mem_written(&run.kernel->arena, bu_view_make(&run, memory, 16, true, "data"),
				   1));
	bu_run_end(&run);
	EXPECT_EQ(bu_mem_seen(&bu_kernel()->arena, whole), whole);
}

/* Whatever their number, when they are not different. */
BPF_TEST(view, loops_need_no_memory)
{
	struct bu_arena *arena = &bu_kernel()->arena;
	u64 before = bu_arena_mark_views(arena), top;
	struct bu_prog *prog;
	struct bu_run run;

	bytes_of_globals();
	struct bpf_insn insns[] = { MOV64_K(7, 10000),
				    DATA(8, 8),
				    ST(BPF_DW, 6, 0, 7),
				    ALU64_K(BPF_SUB, 7, 1),
				    JMP_K(BPF_JNE, 7, 0, -19),
				    MOV64_K(0, 0),
				    EXIT };

	prog = ASM_LOAD(insns);
	bu_run_begin(&run, bu_kernel(), prog);
	bu_run_exec(&run);
	EXPECT_EQ(run.fault.kind, BU_FAULT_NONE);
	top = bu_arena_mark_views(arena);
	bu_run_end(&run);
	EXPECT_LE(top - before, 64U);
	EXPECT_EQ(bu_arena_mark_views(arena), before);
}

BPF_TEST(view, accesses)
{
	u64 *memory = bytes_of_globals();

	memory[1] = 0x1122334455667788;
	EXPECT_EQ(RUN(DATA(8, 8), LDX(BPF_DW, 0, 6, 0), EXIT).r0, memory[1]);
	EXPECT_EQ(RUN(DATA(8, 8), LDX(BPF_H, 0, 6, 6), EXIT).r0, 0x1122U);
	EXPECT_EQ(RUN(DATA(8, 8), LDSX(BPF_B, 0, 6, 0), EXIT).r0, (u64)(s8)0x88);
	EXPECT_EQ(RUN(DATA(9, 4), LDX(BPF_W, 0, 6, 0), EXIT).r0, 0x44556677U);
	EXPECT_EQ(RUN(DATA(10, 4), ST(BPF_W, 6, 0, 5), MOV64_K(0, 0), EXIT).r0, 0U);
	EXPECT_EQ(memory[1], 0x1122000000057788U);
	EXPECT_EQ(RUN(DATA(8, 0), LDX(BPF_B, 0, 6, 0), EXIT).fault.kind, BU_FAULT_OUT_OF_BOUNDS);
	EXPECT_EQ(RUN(DATA(8, 4), LDX(BPF_B, 0, 6, -1), EXIT).fault.kind, BU_FAULT_OUT_OF_BOUNDS);
	EXPECT_EQ(RUN(DATA(8, 4), LDX(BPF_DW, 0, 6, 0), EXIT).fault.kind, BU_FAULT_OUT_OF_BOUNDS);
}

BPF_TEST(view, atomics)
{
	u64 *memory = bytes_of_globals();

	memory[1] = 40;
	EXPECT_EQ(RUN(DATA(8, 8), MOV64_K(0, 2), ATOMIC(BPF_DW, BPF_ADD | BPF_FETCH, 6, 0, 0), EXIT)
			  .r0,
		  40U);
	EXPECT_EQ(memory[1], 42U);
	EXPECT_EQ(RUN(DATA(8, 8), MOV64_K(1, 7), MOV64_K(0, 42),
		      ATOMIC(BPF_W, BPF_CMPXCHG, 6, 1, 0), EXIT)
			  .r0,
		  42U);
	EXPECT_EQ(memory[1], 7U);
	EXPECT_EQ(RUN(DATA(4, 8), MOV64_K(0, 2), ATOMIC(BPF_DW, BPF_ADD, 6, 0, 0), EXIT).fault.kind,
		  BU_FAULT_MISALIGNED);
	EXPECT_EQ(RUN(DATA(8, 4), MOV64_K(0, 2), ATOMIC(BPF_DW, BPF_ADD, 6, 0, 0), EXIT).fault.kind,
		  BU_FAULT_OUT_OF_BOUNDS);
}

BPF_TEST(view, arguments_of_helpers)
{
	u64 *memory = bytes_of_globals();
	struct asm_result result;

	memory[0] = 6;
	memory[1] = 0x63646162; /* "badc" */
	/* To read, to write, of a map's element, of a string, of any pointer. */
	EXPECT_EQ(RUN(DATA(0, 8), ST(BPF_W, 10, -20, 0), LDDW_OF(BPF_PSEUDO_MAP_FD, 1, globals, 0),
		      MOV64_X(2, 6), CALL(BPF_FUNC_map_lookup_elem), EXIT)
			  .r0,
		  0U); /* key 6 */
	EXPECT_EQ(RUN(DATA(8, 4), MOV64_X(1, 10), ALU64_K(BPF_ADD, 1, -24), MOV64_K(2, 4),
		      MOV64_X(3, 6), CALL(BPF_FUNC_probe_read_kernel), LDX(BPF_W, 0, 10, -24), EXIT)
			  .r0,
		  0x63646162U);
	EXPECT_EQ(RUN(DATA(8, 8), MOV64_X(1, 6), MOV64_K(2, 5), MOV64_X(3, 6),
		      CALL(BPF_FUNC_strncmp), EXIT)
			  .r0,
		  0U);
	result = RUN(DATA(8, 4), MOV64_X(1, 6), MOV64_K(2, 4), MOV64_X(3, 6),
		     CALL(BPF_FUNC_strncmp), EXIT);
	EXPECT_EQ(result.fault.kind, BU_FAULT_BAD_ARGUMENT);
	EXPECT_NOT_NULL(strstr(result.fault.hint, "the string is not terminated"));
	EXPECT_EQ(
		RUN(DATA(8, 8), MOV64_X(1, 6), MOV64_K(2, 8), CALL(BPF_FUNC_get_current_comm), EXIT)
			.fault.kind,
		BU_FAULT_NONE);
	EXPECT_NE((u32)memory[1], 0x63646162U);
}

static int64_t double_it(struct bpfunit_call *call)
{
	u64 *number = (u64 *)call->args[0];

	*number *= 2;
	return 0;
}

BPF_TEST(view, mocks_dereference_it)
{
	u64 *memory = bytes_of_globals();

	memory[1] = 21;
	BPFUNIT_MOCK(BPF_FUNC_get_current_comm, .callback = double_it);
	EXPECT_EQ(RUN(DATA(8, 8), MOV64_X(1, 6), MOV64_K(2, 8), CALL(BPF_FUNC_get_current_comm),
		      LDX(BPF_DW, 0, 6, 0), EXIT)
			  .r0,
		  42U);
}

/* A record's bytes are initialised by writing them through a view, and not before. */
BPF_TEST(view, records)
{
#define RESERVE                                                                                    \
	LDDW_OF(BPF_PSEUDO_MAP_FD, 1, ring, 0), MOV64_K(2, 16), MOV64_K(3, 0), MOV64_X(4, 10),     \
		ALU64_K(BPF_ADD, 4, -16), CALL(BPF_FUNC_ringbuf_reserve_dynptr), MOV64_X(1, 10),   \
		ALU64_K(BPF_ADD, 1, -16), MOV64_K(2, 8), MOV64_K(3, 8),                            \
		CALL(BPF_FUNC_dynptr_data), MOV64_X(6, 0)
#define SUBMIT                                                                                     \
	MOV64_X(1, 10), ALU64_K(BPF_ADD, 1, -16), MOV64_K(2, 0),                                   \
		CALL(BPF_FUNC_ringbuf_discard_dynptr), MOV64_X(0, 7), EXIT
	struct asm_result result;

	bytes_of_globals();
	EXPECT_EQ(RUN(RESERVE, ST(BPF_DW, 6, 0, 9), LDX(BPF_DW, 7, 6, 0), SUBMIT).r0, 9U);
	result = RUN(RESERVE, LDX(BPF_DW, 7, 6, 0), SUBMIT);
	EXPECT_EQ(result.fault.kind, BU_FAULT_UNINITIALISED);
	EXPECT_STREQ(result.fault.where, "at offset 8 of record of ring buffer 'ring' (16 bytes)");
}

/* Kept in a map until the next run. */
BPF_TEST(view, ends_with_its_run)
{
	struct asm_result result;

	bytes_of_globals();
	EXPECT_EQ(RUN(DATA(8, 4), LDDW_OF(BPF_PSEUDO_MAP_VALUE, 1, globals, 0),
		      STX(BPF_DW, 1, 6, 0), EXIT)
			  .fault.kind,
		  BU_FAULT_NONE);
	result = RUN(LDDW_OF(BPF_PSEUDO_MAP_VALUE, 1, globals, 0), LDX(BPF_DW, 1, 1, 0),
		     LDX(BPF_W, 0, 1, 0), EXIT);
	EXPECT_EQ(result.fault.kind, BU_FAULT_USE_AFTER_FREE);
	EXPECT_STREQ(result.fault.where, "data of dynptr (4 bytes) of a run that has ended");
}
