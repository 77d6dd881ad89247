// SPDX-License-Identifier: BSD-2-Clause
/*
 * Instructions to operations, one to one. All that can be settled before running is settled here:
 * distances of jumps, what lddw yields, which accesses of the frame are in bounds.
 */
#include "ebpf/vm/decode.h"

#include "ebpf/kernel.h"

#include <stdlib.h>
#include <string.h>

/* BPF_DIV and BPF_MOD with offset 1 are signed: the offset's low bit is bit 8 of the index. */
#define ALU_KEY(opcode, off) ((opcode) | ((off)&1) << 8)

static const u16 alu_ops[512] = {
#define BU_ALU(name, opcode, off, ...)                                                             \
	[ALU_KEY(BPF_ALU | opcode | BPF_K,                                                         \
		 off)] = BU_OP_##name##32_K,                                                       \
		 [ALU_KEY(BPF_ALU | opcode | BPF_X, off)] = BU_OP_##name##32_X,                    \
		 [ALU_KEY(BPF_ALU64 | opcode | BPF_K, off)] = BU_OP_##name##64_K,                  \
		 [ALU_KEY(BPF_ALU64 | opcode | BPF_X, off)] = BU_OP_##name##64_X,
#include "ebpf/vm/insns.def"
};

static const u16 jump_ops[256] = {
#define BU_JUMP(name, opcode, ...)                                                                 \
	[BPF_JMP32 | opcode | BPF_K] = BU_OP_##name##32_K,                                         \
			      [BPF_JMP32 | opcode | BPF_X] = BU_OP_##name##32_X,                   \
			      [BPF_JMP | opcode | BPF_K] = BU_OP_##name##64_K,                     \
			      [BPF_JMP | opcode | BPF_X] = BU_OP_##name##64_X,
#include "ebpf/vm/insns.def"
};

static const u16 memory_ops[256] = {
#define BU_SIZE(name, opcode, ...)                                                                 \
	[BPF_LDX | BPF_MEM | opcode] = BU_OP_LDX_##name,                                           \
			     [BPF_LDX | BU_INSN_MEMSX | opcode] = BU_OP_LDXS_##name,               \
			     [BPF_STX | BPF_MEM | opcode] = BU_OP_STX_##name,                      \
			     [BPF_ST | BPF_MEM | opcode] = BU_OP_ST_##name,
#include "ebpf/vm/insns.def"
};

static const u16 frame_ops[BU_OP_MAX] = {
#define BU_SIZE(name, opcode, ...)                                                                 \
	[BU_OP_LDX_##name] = BU_OP_LDX_FP_##name, [BU_OP_STX_##name] = BU_OP_STX_FP_##name,        \
	[BU_OP_ST_##name] = BU_OP_ST_FP_##name,
#include "ebpf/vm/insns.def"
};

static u32 width(const struct bpf_insn *insn)
{
	static const u8 widths[] = { 4, 2, 1, 8 };

	return widths[BPF_SIZE(insn->code) >> 3];
}

static u16 movsx_op(const struct bpf_insn *insn)
{
	if (insn->off == BU_INSN_CAST)
		return insn->imm == BU_CAST_KERN ? BU_OP_CAST_KERN : BU_OP_CAST_USER;
	if (BPF_CLASS(insn->code) == BPF_ALU)
		return insn->off == 8 ? BU_OP_MOVSX32_8 : BU_OP_MOVSX32_16;
	return insn->off == 8    ? BU_OP_MOVSX64_8
	       : insn->off == 16 ? BU_OP_MOVSX64_16
				 : BU_OP_MOVSX64_32;
}

/* BPF_END: to little-endian only drops the upper bits here; to big-endian and bswap both swap. */
static u16 end_op(const struct bpf_insn *insn)
{
	bool swap = BPF_CLASS(insn->code) == BPF_ALU64 || BPF_SRC(insn->code) == BPF_TO_BE;

	if (insn->imm == 16)
		return swap ? BU_OP_SWAP16 : BU_OP_KEEP16;
	if (insn->imm == 32)
		return swap ? BU_OP_SWAP32 : BU_OP_KEEP32;
	return swap ? BU_OP_SWAP64 : BU_OP_KEEP64;
}

static void decode_alu(struct bu_op *op, const struct bpf_insn *insn)
{
	bool wide = BPF_CLASS(insn->code) == BPF_ALU64;

	if (BPF_OP(insn->code) == BPF_NEG)
		op->code = wide ? BU_OP_NEG64 : BU_OP_NEG32;
	else if (BPF_OP(insn->code) == BPF_END)
		op->code = end_op(insn);
	else if (BPF_OP(insn->code) == BPF_MOV && insn->off)
		op->code = movsx_op(insn);
	else
		op->code = alu_ops[ALU_KEY(insn->code, insn->off)];
}

static void set_distance(struct bu_op *op, s32 distance)
{
	op->off = distance;
	op->aux = distance <= 0 ? 1 - distance : 0;
}

static void decode_call(const struct bu_prog *prog, struct bu_op *op, const struct bpf_insn *insn)
{
	const struct bu_func *func;

	if (BPF_SRC(insn->code) == BPF_X) {
		op->code = BU_OP_CALL_REG;
		op->aux = 1;
	} else if (insn->src_reg == BPF_PSEUDO_CALL) {
		op->code = BU_OP_CALL_LOCAL;
		op->imm = bu_prog_func_at(prog, op->insn + 1 + insn->imm);
		func = &prog->funcs[op->imm];
		op->aux = func->end - func->start;
	} else {
		bool kfunc = insn->src_reg == BPF_PSEUDO_KFUNC_CALL;

		op->code = BU_OP_CALL_HELPER;
		if (kfunc)
			op->imm = prog->resolved ? prog->resolved[op->insn] : 0;
		if (op->imm == 0 || op->imm >= (kfunc ? BU_CALLEE_MAX : BU_HELPER_MAX))
			op->code = BU_OP_POISON;
	}
}

static void decode_jump(const struct bu_prog *prog, struct bu_op *op, const struct bpf_insn *insn)
{
	bool wide = BPF_CLASS(insn->code) == BPF_JMP;

	switch (BPF_OP(insn->code)) {
	case BPF_EXIT:
		op->code = BU_OP_EXIT;
		break;
	case BPF_CALL:
		decode_call(prog, op, insn);
		break;
	case BPF_JA:
		if (insn->code == BU_INSN_GOTOX) {
			op->code = BU_OP_GOTOX;
			break;
		}
		op->code = BU_OP_JA;
		set_distance(op, (wide ? insn->off : insn->imm) + 1);
		break;
	case BU_INSN_JCOND:
		op->code = BU_OP_MAY_GOTO;
		set_distance(op, insn->off + 1);
		break;
	default:
		op->code = jump_ops[insn->code];
		set_distance(op, insn->off + 1);
	}
}

static void decode_lddw(const struct bu_prog *prog, struct bu_op *op, const struct bpf_insn *insn)
{
	op->code = BU_OP_LDDW;
	if (insn->src_reg == 0)
		op->imm = (u32)insn[0].imm | (u64)(u32)insn[1].imm << 32;
	else if (insn->src_reg == BPF_PSEUDO_FUNC)
		op->imm = (u64)(prog->code + 8 * (s64)((s32)op->insn + 1 + insn->imm));
	else
		op->imm = prog->resolved ? prog->resolved[op->insn] : 0;
}

static void decode_packet_load(struct bu_op *op, const struct bpf_insn *insn)
{
	op->code = BU_OP_LD_PACKET;
	op->aux = width(insn);
	if (BPF_MODE(insn->code) == BPF_ABS)
		op->src = 11; /* no register */
}

static void decode_atomic(struct bu_op *op, const struct bpf_insn *insn)
{
	bool wide = BPF_SIZE(insn->code) == BPF_DW;

	switch (insn->imm) {
#define BU_ATOMIC(name, immediate, ...)                                                            \
	case immediate:                                                                            \
		op->code = wide ? BU_OP_ATOMIC_##name##64 : BU_OP_ATOMIC_##name##32;               \
		break;                                                                             \
	case immediate | BPF_FETCH:                                                                \
		op->code = wide ? BU_OP_FETCH_##name##64 : BU_OP_FETCH_##name##32;                 \
		break;
#include "ebpf/vm/insns.def"
	case BPF_XCHG:
		op->code = wide ? BU_OP_XCHG64 : BU_OP_XCHG32;
		break;
	case BPF_CMPXCHG:
		op->code = wide ? BU_OP_CMPXCHG64 : BU_OP_CMPXCHG32;
		break;
	case BU_INSN_LOAD_ACQ:
		op->code = memory_ops[BPF_LDX | BPF_MEM | BPF_SIZE(insn->code)] - BU_OP_LDX_B +
			   BU_OP_ACQ_B;
		break;
	case BU_INSN_STORE_REL:
		op->code = memory_ops[BPF_STX | BPF_MEM | BPF_SIZE(insn->code)] - BU_OP_STX_B +
			   BU_OP_REL_B;
		break;
	}
}

/* Accesses by r10 that lie in the frame, and in one granule, need no bounds check. */
static void narrow_to_frame(struct bu_op *op, u8 reg, u32 size)
{
	if (reg != BPF_REG_10 || !frame_ops[op->code])
		return;
	if (op->off < -BU_STACK_SIZE || op->off > -(s32)size || (op->off & 7) + size > 8)
		return;
	op->code = frame_ops[op->code];
	op->aux = (op->off >> 3) * 2;
	op->imm = BU_FP_IMM(((1u << size) - 1) << (op->off & 7) & 0xff, op->imm);
}

static void decode_memory(struct bu_op *op, const struct bpf_insn *insn)
{
	bool load = BPF_CLASS(insn->code) == BPF_LDX;

	if (BPF_CLASS(insn->code) == BPF_STX && BPF_MODE(insn->code) == BPF_ATOMIC) {
		decode_atomic(op, insn);
		return;
	}
	op->code = memory_ops[insn->code];
	narrow_to_frame(op, load ? op->src : op->dst, width(insn));
}

static void decode_insn(const struct bu_prog *prog, struct bu_op *op, const struct bpf_insn *insn)
{
	switch (BPF_CLASS(insn->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		decode_alu(op, insn);
		break;
	case BPF_JMP:
	case BPF_JMP32:
		decode_jump(prog, op, insn);
		break;
	case BPF_LD:
		if (BPF_MODE(insn->code) == BPF_IMM)
			decode_lddw(prog, op, insn);
		else
			decode_packet_load(op, insn);
		break;
	default:
		decode_memory(op, insn);
	}
}

/* The operation that does two in a row, or 0: there is none. */
static u16 fused_op(u16 first, u16 second)
{
#define BU_FUSED(first_, second_, ...)                                                             \
	if (first == BU_OP_##first_ && second == BU_OP_##second_)                                  \
		return BU_OP_##first_##_##second_;
#include "ebpf/vm/insns.def"
	return 0;
}

static void fuse(struct bu_prog *prog)
{
	u32 i;

	for (i = 0; i + 1 < prog->nr_insns; i++) {
		u16 code = fused_op(prog->ops[i].code, prog->ops[i + 1].code);

		if (code)
			prog->ops[i++].code = code;
	}
}

static void set_handlers(struct bu_prog *prog)
{
	const void *const *handlers = bu_vm_handlers();
	u32 i;

	for (i = 0; handlers && i < prog->nr_insns; i++)
		prog->ops[i].handler = handlers[prog->ops[i].code];
}

static void decode_all(struct bu_prog *prog)
{
	u32 i;

	for (i = 0; i < prog->nr_insns; i++) {
		const struct bpf_insn *insn = &prog->insns[i];
		struct bu_op *op = &prog->ops[i];

		*op = (struct bu_op){ .code = BU_OP_POISON,
				      .dst = insn->dst_reg,
				      .src = insn->src_reg,
				      .off = insn->off,
				      .imm = (s64)insn->imm,
				      .insn = i };
		if (i == 0 || prog->ops[i - 1].code != BU_OP_LDDW)
			decode_insn(prog, op, insn);
	}
}

static bool make_code(struct bu_prog *prog)
{
	struct bu_region_info info = { .kind = BU_REGION_CODE, .owner = prog };

	prog->code =
		bu_arena_alloc(&prog->object.kernel->arena, prog->nr_insns * 8ULL, BU_NONE, &info);
	return prog->code;
}

int bu_prog_decode(struct bu_prog *prog)
{
	prog->nr_counters = prog->nr_insns * (prog->targets ? 3 : 2) + prog->nr_funcs;
	prog->counters = calloc(prog->nr_counters, sizeof(*prog->counters));
	prog->ops = aligned_alloc(64, BU_ROUND_UP(prog->nr_insns * sizeof(*prog->ops), 64));
	if (!prog->counters || !prog->ops || !make_code(prog))
		return -ENOMEM;
	decode_all(prog);
	fuse(prog);
	set_handlers(prog);
	return 0;
}

void bu_prog_decode_free(struct bu_prog *prog)
{
	if (prog->code)
		bu_arena_free(&prog->object.kernel->arena, prog->code);
	free(prog->ops);
	free(prog->counters);
	free(prog->funcs);
	free(prog->resolved);
	prog->code = NULL;
	prog->ops = NULL;
	prog->counters = NULL;
	prog->funcs = NULL;
	prog->resolved = NULL;
	prog->nr_funcs = 0;
}

int bu_prog_func_at(const struct bu_prog *prog, u32 insn)
{
	u32 low = 0, high = prog->nr_funcs;

	while (low < high) {
		u32 mid = low + (high - low) / 2;

		if (prog->funcs[mid].start == insn)
			return mid;
		if (prog->funcs[mid].start < insn)
			low = mid + 1;
		else
			high = mid;
	}
	return -1;
}
