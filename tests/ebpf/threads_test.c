// SPDX-License-Identifier: BSD-2-Clause
/* Several kernels in a process: one thread each, at the same time; and what one does is unknown to
 * another. */
#include "asm.h"

#include <pthread.h>

enum { THREADS = 4, ROUNDS = 250 };

struct worker {
	pthread_t thread;
	struct bu_kernel *kernel;
	u32 number, wrong;
};

static struct bu_prog *load_into(struct bu_kernel *kernel, const struct bpf_insn *insns, u32 count)
{
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT,
				.insn_cnt = count,
				.insns = (u64)(uintptr_t)insns,
				.license = (u64)(uintptr_t) "GPL" };
	int error;

	return bu_prog_load(kernel, &attr, &error);
}

static u64 run_in(struct bu_kernel *kernel, const struct bu_prog *prog, enum bu_fault_kind *fault)
{
	struct bu_run run;
	u64 r0;

	bu_run_begin(&run, kernel, prog);
	r0 = bu_run_exec(&run);
	*fault = run.fault.kind;
	bu_run_end(&run);
	return r0;
}

/* A loop with stack memory and a call; what it returns depends on the worker. */
static u32 make(struct bpf_insn *insns, u32 number)
{
	const struct bpf_insn program[] = {
		MOV64_K(6, 20 + number),
		MOV64_K(0, 0),
		STX(BPF_DW, 10, 0, -8),
		MOV64_X(1, 6),
		CALL_PC(7),
		LDX(BPF_DW, 1, 10, -8),
		ALU64_X(BPF_ADD, 1, 0),
		STX(BPF_DW, 10, 1, -8),
		ALU64_K(BPF_SUB, 6, 1),
		JMP_K(BPF_JNE, 6, 0, -7),
		LDX(BPF_DW, 0, 10, -8),
		EXIT,
		MOV64_X(0, 1),
		ALU64_K(BPF_MUL, 0, 3),
		EXIT,
	};

	memcpy(insns, program, sizeof(program));
	return BU_ARRAY_SIZE(program);
}

static void *work(void *arg)
{
	struct worker *worker = arg;
	struct bpf_insn insns[32], bad[] = { MOV64_K(1, 16), LDX(BPF_W, 0, 1, 0), EXIT };
	u32 count = make(insns, worker->number), n = 20 + worker->number;
	enum bu_fault_kind fault;

	for (u32 round = 0; round < ROUNDS; round++) {
		struct bu_prog *prog = load_into(worker->kernel, insns, count);
		struct bu_prog *faulty = load_into(worker->kernel, bad, BU_ARRAY_SIZE(bad));

		worker->wrong += !prog || !faulty;
		if (!prog || !faulty)
			break;
		worker->wrong += run_in(worker->kernel, prog, &fault) != 3 * n * (n + 1) / 2;
		worker->wrong += fault != BU_FAULT_NONE;
		run_in(worker->kernel, faulty, &fault);
		worker->wrong += fault != BU_FAULT_NULL_POINTER;
		bu_object_put(&prog->object);
		bu_object_put(&faulty->object);
	}
	return NULL;
}

BPF_TEST(threads, run_kernels_of_their_own)
{
	struct worker workers[THREADS] = { 0 };

	for (u32 i = 0; i < THREADS; i++) {
		workers[i].number = i;
		workers[i].kernel = bu_kernel_new();
		ASSERT_NOT_NULL(workers[i].kernel);
		ASSERT_EQ(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
	}
	for (u32 i = 0; i < THREADS; i++) {
		pthread_join(workers[i].thread, NULL);
		EXPECT_EQ(workers[i].wrong, 0U);
		bu_kernel_free(workers[i].kernel);
	}
}

/* An address of one kernel is nothing in another. */
BPF_TEST(threads, kernels_do_not_share_memory)
{
	struct bu_kernel *one = bu_kernel_new(), *other = bu_kernel_new();
	static const struct bu_region_info info = { .kind = BU_REGION_KOBJ };
	struct bu_prog *prog;
	enum bu_fault_kind fault;
	u64 *memory;

	ASSERT_NOT_NULL(one);
	ASSERT_NOT_NULL(other);
	memory = bu_arena_alloc(&one->arena, 8, BU_RW, &info);
	ASSERT_NOT_NULL(memory);
	*memory = 42;
	struct bpf_insn insns[] = { LDDW(1, (u64)memory), LDX(BPF_DW, 0, 1, 0), EXIT };

	prog = load_into(one, insns, BU_ARRAY_SIZE(insns));
	EXPECT_EQ(run_in(one, prog, &fault), 42U);
	EXPECT_EQ(fault, BU_FAULT_NONE);
	bu_object_put(&prog->object);
	prog = load_into(other, insns, BU_ARRAY_SIZE(insns));
	run_in(other, prog, &fault);
	EXPECT_EQ(fault, BU_FAULT_WILD_POINTER);
	bu_object_put(&prog->object);
	bu_kernel_free(other);
	bu_kernel_free(one);
}
