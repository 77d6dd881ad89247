/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Programs written instruction by instruction, loaded through the machine's own PROG_LOAD and run.
 *
 *	struct bpf_insn insns[] = { MOV64_K(0, 1), ALU64_K(BPF_ADD, 0, 41), EXIT };
 *	EXPECT_EQ(asm_run(ASM_LOAD(insns)).r0, 42);
 *
 */
#ifndef BU_TEST_ASM_H
#define BU_TEST_ASM_H

#include "ebpf/kernel.h"
#include "ebpf/uapi.h"
#include "ebpf/vm/decode.h"

#include <bpf/bpf.h>
#include <bpfunit/bpfunit.h>
#include <stdlib.h>
#include <string.h>

#define INSN(code_, dst_, src_, off_, imm_)                                                        \
	((struct bpf_insn){ .code = (code_),                                                       \
			    .dst_reg = (dst_),                                                     \
			    .src_reg = (src_),                                                     \
			    .off = (off_),                                                         \
			    .imm = (s32)(imm_) })

#define ALU64_K(op, dst, imm)           INSN(BPF_ALU64 | (op) | BPF_K, dst, 0, 0, imm)
#define ALU64_X(op, dst, src)           INSN(BPF_ALU64 | (op) | BPF_X, dst, src, 0, 0)
#define ALU32_K(op, dst, imm)           INSN(BPF_ALU | (op) | BPF_K, dst, 0, 0, imm)
#define ALU32_X(op, dst, src)           INSN(BPF_ALU | (op) | BPF_X, dst, src, 0, 0)
#define MOV64_K(dst, imm)               ALU64_K(BPF_MOV, dst, imm)
#define MOV64_X(dst, src)               ALU64_X(BPF_MOV, dst, src)
#define MOV32_K(dst, imm)               ALU32_K(BPF_MOV, dst, imm)
#define MOV32_X(dst, src)               ALU32_X(BPF_MOV, dst, src)
#define MOVSX64(bits, dst, src)         INSN(BPF_ALU64 | BPF_MOV | BPF_X, dst, src, bits, 0)
#define MOVSX32(bits, dst, src)         INSN(BPF_ALU | BPF_MOV | BPF_X, dst, src, bits, 0)
#define JMP_K(op, dst, imm, off)        INSN(BPF_JMP | (op) | BPF_K, dst, 0, off, imm)
#define JMP_X(op, dst, src, off)        INSN(BPF_JMP | (op) | BPF_X, dst, src, off, 0)
#define JMP32_K(op, dst, imm, off)      INSN(BPF_JMP32 | (op) | BPF_K, dst, 0, off, imm)
#define JMP32_X(op, dst, src, off)      INSN(BPF_JMP32 | (op) | BPF_X, dst, src, off, 0)
#define JA(off)                         INSN(BPF_JMP | BPF_JA, 0, 0, off, 0)
#define JA32(imm)                       INSN(BPF_JMP32 | BPF_JA, 0, 0, 0, imm)
#define GOTOX(reg)                      INSN(BU_INSN_GOTOX, reg, 0, 0, 0)
#define MAY_GOTO(off)                   INSN(BPF_JMP | BU_INSN_JCOND, 0, 0, off, 0)
#define LDX(size, dst, src, off)        INSN(BPF_LDX | BPF_MEM | (size), dst, src, off, 0)
#define LDSX(size, dst, src, off)       INSN(BPF_LDX | BU_INSN_MEMSX | (size), dst, src, off, 0)
#define STX(size, dst, src, off)        INSN(BPF_STX | BPF_MEM | (size), dst, src, off, 0)
#define ST(size, dst, off, imm)         INSN(BPF_ST | BPF_MEM | (size), dst, 0, off, imm)
#define ATOMIC(size, op, dst, src, off) INSN(BPF_STX | BPF_ATOMIC | (size), dst, src, off, op)
/* Two instructions. */
#define LDDW(dst, imm64) LDDW_OF(0, dst, imm64, (u64)(imm64) >> 32)
#define LDDW_OF(src, dst, imm, imm2)                                                               \
	INSN(BPF_LD | BPF_IMM | BPF_DW, dst, src, 0, imm), INSN(0, 0, 0, 0, imm2)
#define LD_ABS(size, imm)      INSN(BPF_LD | BPF_ABS | (size), 0, 0, 0, imm)
#define LD_IND(size, src, imm) INSN(BPF_LD | BPF_IND | (size), 0, src, 0, imm)
#define CALL(helper)           INSN(BPF_JMP | BPF_CALL, 0, 0, 0, helper)
#define CALL_PC(off)           INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, off)
#define CALLX(reg)             INSN(BPF_JMP | BPF_CALL | BPF_X, reg, 0, 0, 0)
#define EXIT                   INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

typedef struct bu_prog *(*asm_loader)(struct bu_kernel *, const union bpf_attr *, int *);

/* Load by bu_prog_load() or bu_prog_load_rfc(): the caller's reference; NULL and *error when it is
 * refused. `log` (may be NULL) must hold 4096 bytes. */
static inline struct bu_prog *asm_load_by(asm_loader loader, const struct bpf_insn *insns,
					  size_t count, u32 type, char *log, int *error)
{
	union bpf_attr attr = { .prog_type = type,
				.insn_cnt = count,
				.insns = (u64)(uintptr_t)insns,
				.license = (u64)(uintptr_t) "GPL",
				.log_level = log ? 1 : 0,
				.log_size = log ? 4096 : 0,
				.log_buf = (u64)(uintptr_t)log };

	memcpy(attr.prog_name, "asm", 4);
	return loader(bu_kernel(), &attr, error);
}

static inline struct bu_prog *asm_try_load(const struct bpf_insn *insns, size_t count, u32 type,
					   char *log, int *error)
{
	return asm_load_by(bu_prog_load, insns, count, type, log, error);
}

static inline void asm_put(void *prog)
{
	bu_object_put(&((struct bu_prog *)prog)->object);
}

/* Load as a socket filter, until the test ends, also what Linux refuses and RFC 9669 does not; ends
 * the test with the log when it is refused. */
#define ASM_LOAD(insns) asm_load(insns, BU_ARRAY_SIZE(insns), BPF_PROG_TYPE_SOCKET_FILTER)
static inline struct bu_prog *asm_load(const struct bpf_insn *insns, size_t count, u32 type)
{
	char log[4096] = "";
	int error = 0;
	struct bu_prog *prog = asm_load_by(bu_prog_load_rfc, insns, count, type, log, &error);

	if (!prog)
		FAIL("load: %s\n%s", strerror(-error), log);
	ASSERT_OK(bpfunit_defer(asm_put, prog));
	return prog;
}

/* A jump table for one program, frozen, open until the test ends. */
#define ASM_TABLE(...)                                                                             \
	asm_table((const u32[]){ __VA_ARGS__ }, sizeof((const u32[]){ __VA_ARGS__ }) / sizeof(u32))
static inline int asm_table(const u32 *targets, u32 count)
{
	int fd = bpf_map_create((enum bpf_map_type)BU_MAP_TYPE_INSN_ARRAY, "jumps", 4,
				sizeof(struct bu_insn_array_value), count, NULL);

	ASSERT_OK(fd);
	for (u32 i = 0; i < count; i++) {
		struct bu_insn_array_value value = { .orig_off = targets[i] };

		ASSERT_OK(bpf_map_update_elem(fd, &i, &value, 0));
	}
	ASSERT_OK(bpf_map_freeze(fd));
	return fd;
}

struct asm_result {
	u64 r0;
	struct bu_fault fault;
	char report[4096]; /* "" without a fault */
};

/* Run with `size` bytes of memory at r1, r2 = size; NULL: both are 0. The memory is written back.
 */
static inline struct asm_result asm_run_on(struct bu_prog *prog, void *memory, u32 size)
{
	static const struct bu_region_info info = { .kind = BU_REGION_CTX };
	struct asm_result result = { 0 };
	void (*on_fault)(void *arg, struct bu_run *run);
	struct bu_run run;
	char *report;

	on_fault = prog->object.kernel->on_fault;
	prog->object.kernel->on_fault = NULL; /* faults are results here, not failures */
	bu_run_begin(&run, prog->object.kernel, prog);
	if (memory) {
		run.ctx = bu_arena_scratch(&run.kernel->arena, size, BU_RW, &info);
		run.ctx_size = size;
		memcpy(run.ctx, memory, size);
		run.regs[2] = size;
	}
	result.r0 = bu_run_exec(&run);
	result.fault = run.fault;
	if (run.fault.kind != BU_FAULT_NONE) {
		report = bu_fault_report(&run.fault, &run);
		snprintf(result.report, sizeof(result.report), "%s", report);
		free(report);
	}
	if (memory)
		memcpy(memory, run.ctx, size);
	bu_run_end(&run);
	prog->object.kernel->on_fault = on_fault;
	return result;
}

static inline struct asm_result asm_run(struct bu_prog *prog)
{
	return asm_run_on(prog, NULL, 0);
}

#endif
