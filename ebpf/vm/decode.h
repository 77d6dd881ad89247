/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From loaded instructions to operations. The loader (prog.c) goes through these steps:
 *
 *	1. fill in prog->object.kernel, insns, nr_insns, type, name, ...
 *	2. bu_prog_find_funcs(): fills in prog->funcs (start, end; name "")
 *	3. prog->resolved = calloc(nr_insns, 8), bu_prog_check_opcode() of each instruction, and at
 *	   the index of each that names something outside the program:
 *	     lddw of BPF_PSEUDO_MAP_FD, _IDX           map->handle
 *	     lddw of BPF_PSEUDO_MAP_VALUE, _IDX_VALUE  ops->direct_value(map, offset)
 *	     lddw of BPF_PSEUDO_BTF_ID                 the kernel object's address, or 0
 *	     call of BPF_PSEUDO_KFUNC_CALL             its number (ebpf/prog/kfunc.h), or 0
 *	   Plain constants, subprograms' addresses (BPF_PSEUDO_FUNC), helper and subprogram
 *	   calls need no entry. prog->insns stay as loaded.
 *	4. bu_prog_validate(): the structure of each instruction
 *	5. bu_prog_decode(): makes prog->code, prog->ops, prog->counters
 *	6. names of prog->funcs and prog->lines from BTF, any time after 2
 *
 * This is the order of the kernel's passes: which of two mistakes is reported depends on it.
 *
 * There is one operation for each instruction, at the same index, so jumps need no table; the
 * second half of an lddw is an operation that is never reached.
 */
#ifndef BU_DECODE_H
#define BU_DECODE_H

#include "ebpf/log.h"
#include "ebpf/prog/prog.h"

enum bu_op_code {
#define BU_ALU(name, ...)                                                                          \
	BU_OP_##name##32_K, BU_OP_##name##32_X, BU_OP_##name##64_K, BU_OP_##name##64_X,
#define BU_UNARY(name, ...) BU_OP_##name,
#define BU_JUMP(name, ...)  BU_ALU(name)
/* Loads, sign-extending loads, stores of a register and of an immediate; _FP: inside the frame,
 * proven when decoding; load-acquire and store-release. */
#define BU_SIZE(name, ...)                                                                         \
	BU_OP_LDX_##name, BU_OP_LDXS_##name, BU_OP_STX_##name, BU_OP_ST_##name,                    \
		BU_OP_LDX_FP_##name, BU_OP_STX_FP_##name, BU_OP_ST_FP_##name, BU_OP_ACQ_##name,    \
		BU_OP_REL_##name,
#define BU_ATOMIC(name, ...)                                                                       \
	BU_OP_ATOMIC_##name##32, BU_OP_ATOMIC_##name##64, BU_OP_FETCH_##name##32,                  \
		BU_OP_FETCH_##name##64,
#define BU_OTHER(name)               BU_OP_##name,
#define BU_FUSED(first, second, ...) BU_OP_##first##_##second,
#include "ebpf/vm/insns.def"
	BU_OP_MAX,
};

/* 32 bytes, so that two fill a cache line. */
struct bu_op {
	const void *handler; /* address of the interpreter's case */
	u64 imm;  /* operand, sign-extended; FP accesses: below; calls: helper id or function */
	u16 code; /* enum bu_op_code */
	u8 dst, src;
	s32 off;  /* of an address; jumps and calls: distance to the target, in operations */
	u32 insn; /* its own index */
	s32 aux;  /* jumps and calls: what they cost of the budget; FP accesses: distance of the
		   * shadow from the frame pointer's */
};
/* imm of an FP access: upper half: the shadow bits it needs; lower half: the value to store. */
#define BU_FP_IMM(bits, imm) ((u64)(bits) << 32 | (u32)(imm))

/* Handler of each operation, for decoding. NULL: the interpreter is built as a switch. */
const void *const *bu_vm_handlers(void);

/* prog->counters: how often control left each instruction by its jump, how often each function was
 * entered, how often control ended in each instruction (faults, tail calls), and, of programs with
 * jump tables, how often an indirect jump led to each. See ebpf/vm/counters.c. */
static inline u64 *bu_entry_counters(const struct bu_prog *prog)
{
	return prog->counters + prog->nr_insns;
}

static inline u64 *bu_stop_counters(const struct bu_prog *prog)
{
	return prog->counters + prog->nr_insns + prog->nr_funcs;
}

static inline u64 *bu_arrival_counters(const struct bu_prog *prog)
{
	return bu_stop_counters(prog) + prog->nr_insns;
}

/* The instruction whose address this is, or UINT32_MAX. */
static inline u32 bu_prog_insn_at(const struct bu_prog *prog, u64 address)
{
	u64 at = address - (u64)prog->code;

	return at % 8 == 0 && at / 8 < prog->nr_insns ? (u32)(at / 8) : UINT32_MAX;
}

/* Index of the function that begins at an instruction; -1: none does. */
int bu_prog_func_at(const struct bu_prog *prog, u32 insn);

/* Whether the instructions are well formed, in three steps; the first fault is explained in `log`
 * in the verifier's words. 0, -EINVAL, -EACCES, -E2BIG (too many), or -ENOMEM. The first allocates
 * prog->funcs (owned by prog). */
int bu_prog_find_funcs(struct bu_prog *prog, struct bu_log *log);
int bu_prog_check_opcode(struct bu_prog *prog, u32 insn, struct bu_log *log);
int bu_prog_validate(struct bu_prog *prog, struct bu_log *log);

/* Make a validated program runnable. 0, or -ENOMEM. */
int bu_prog_decode(struct bu_prog *prog);

/* Release what the two made, and prog->resolved; on a zeroed or half-made program too. */
void bu_prog_decode_free(struct bu_prog *prog);

#endif
