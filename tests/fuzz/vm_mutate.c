// SPDX-License-Identifier: BSD-2-Clause
/*
 * A mutator that knows what instructions look like: half of the time an instruction of vm_fuzz's
 * input is replaced, inserted, removed or copied; libFuzzer's own mutations do the rest.
 */
#include "fuzz.h"

#include "vm_input.h"

#include <string.h>

size_t LLVMFuzzerMutate(u8 *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(u8 *data, size_t size, size_t max, unsigned int seed);

struct insns {
	struct bpf_insn *at;
	size_t count, max;
	u64 random;
};

static u32 draw(struct insns *insns, u32 below)
{
	insns->random ^= insns->random << 13;
	insns->random ^= insns->random >> 7;
	insns->random ^= insns->random << 17;
	return (u32)(insns->random >> 20) % below;
}

static s32 draw_imm(struct insns *insns)
{
	static const s32 numbers[] = { 0,  1,  2,   4,    8,         16,       64,
				       -1, -8, 512, 4096, INT32_MAX, INT32_MIN };

	return draw(insns, 4) ? numbers[draw(insns, BU_ARRAY_SIZE(numbers))] : (s32)insns->random;
}

/* Any of the class, operation and source that the verifier might know. */
static u8 draw_code(struct insns *insns)
{
	static const u8 classes[] = { BPF_ALU, BPF_ALU64, BPF_JMP, BPF_JMP32,
				      BPF_LDX, BPF_STX,   BPF_ST,  BPF_LD };
	static const u8 sizes[] = { BPF_B, BPF_H, BPF_W, BPF_DW };
	static const u8 modes[] = { BPF_MEM,       BPF_MEM, BPF_MEM, BPF_ATOMIC,
				    BU_INSN_MEMSX, BPF_ABS, BPF_IND };
	u8 class = classes[draw(insns, BU_ARRAY_SIZE(classes))];

	if (class == BPF_LD && draw(insns, 2))
		return BPF_LD | BPF_IMM | BPF_DW;
	if (class == BPF_LD || class == BPF_LDX || class == BPF_ST || class == BPF_STX)
		return class | sizes[draw(insns, 4)] | modes[draw(insns, BU_ARRAY_SIZE(modes))];
	return class | (u8)(draw(insns, 16) << 4) | (draw(insns, 2) ? BPF_X : BPF_K);
}

static struct bpf_insn draw_call(struct insns *insns)
{
	struct bpf_insn insn = { .code = BPF_JMP | BPF_CALL, .imm = (s32)draw(insns, 212) };

	if (draw(insns, 4) == 0) {
		insn.src_reg = BPF_PSEUDO_KFUNC_CALL;
	} else if (draw(insns, 4) == 0) {
		insn.src_reg = BPF_PSEUDO_CALL;
		insn.imm = (s32)draw(insns, 24) - 8;
	}
	return insn;
}

static struct bpf_insn draw_insn(struct insns *insns)
{
	static const s32 atomics[] = { BPF_ADD,
				       BPF_AND,
				       BPF_OR,
				       BPF_XOR,
				       BPF_XCHG,
				       BPF_CMPXCHG,
				       BPF_ADD | BPF_FETCH,
				       BPF_XOR | BPF_FETCH,
				       BU_INSN_LOAD_ACQ,
				       BU_INSN_STORE_REL };
	struct bpf_insn insn = { .code = draw_code(insns),
				 .dst_reg = draw(insns, 11) & 15,
				 .src_reg = draw(insns, 11) & 15 };
	u8 class = BPF_CLASS(insn.code);

	if (draw(insns, 6) == 0)
		return draw_call(insns);
	if (insn.code == (BPF_LD | BPF_IMM | BPF_DW)) {
		insn.src_reg = draw(insns, 7) & 15;
		insn.imm = (s32)draw(insns, 4);
	} else if (class == BPF_LDX || class == BPF_STX || class == BPF_ST) {
		insn.off = (s16)(draw(insns, 2) ? -8 * (s32)draw(insns, 66) : (s32)draw(insns, 80));
		if (class == BPF_STX && BPF_MODE(insn.code) == BPF_ATOMIC)
			insn.imm = atomics[draw(insns, BU_ARRAY_SIZE(atomics))];
		else if (class == BPF_ST)
			insn.imm = draw_imm(insns);
	} else {
		if (class == BPF_JMP || class == BPF_JMP32)
			insn.off = (s16)((s32)draw(insns, 24) - 6);
		if (insn.code & BPF_X)
			return insn;
		insn.src_reg = 0;
		insn.imm = draw_imm(insns);
	}
	return insn;
}

/* Room for one instruction at `i`. */
static bool make_room(struct insns *insns, size_t i)
{
	if (insns->count >= insns->max)
		return false;
	memmove(insns->at + i + 1, insns->at + i, (insns->count - i) * sizeof(*insns->at));
	insns->count++;
	return true;
}

static void put(struct insns *insns, size_t i, struct bpf_insn insn)
{
	insns->at[i] = insn;
	if (insn.code == (BPF_LD | BPF_IMM | BPF_DW) && i + 1 < insns->count)
		insns->at[i + 1] = (struct bpf_insn){ .imm = draw(insns, 4) ? 0 : draw_imm(insns) };
}

/* Load an entry of a table, jump to it. */
static void put_jump(struct insns *insns, size_t i)
{
	u8 reg = draw(insns, 10) & 15;
	const struct bpf_insn jump[] = {
		{ .code = BPF_LD | BPF_IMM | BPF_DW,
		  .dst_reg = reg,
		  .src_reg = BPF_PSEUDO_MAP_VALUE,
		  .imm = (s32)draw(insns, 4) },
		{ .imm = 8 * (s32)draw(insns, 4) },
		{ .code = BPF_LDX | BPF_MEM | BPF_DW,
		  .dst_reg = reg,
		  .src_reg = reg,
		  .off = (s16)(8 * draw(insns, 3)) },
		{ .code = BU_INSN_GOTOX, .dst_reg = reg },
	};

	for (size_t j = 0; j < BU_ARRAY_SIZE(jump) && make_room(insns, i + j); j++)
		insns->at[i + j] = jump[j];
}

static void change_field(struct insns *insns, struct bpf_insn *insn)
{
	switch (draw(insns, 5)) {
	case 0:
		insn->code = draw_code(insns);
		break;
	case 1:
		insn->dst_reg = draw(insns, 11) & 15;
		break;
	case 2:
		insn->src_reg = draw(insns, 11) & 15;
		break;
	case 3:
		insn->off = (s16)(insn->off + (s32)draw(insns, 17) - 8);
		break;
	default:
		insn->imm = draw_imm(insns);
		break;
	}
}

static void mutate(struct insns *insns)
{
	size_t i = draw(insns, (u32)insns->count + 1);

	switch (draw(insns, 7)) {
	case 6:
		if (draw(insns, 4) == 0)
			put_jump(insns, i);
		break;
	case 0:
		if (insns->count > 1 && i < insns->count) {
			insns->count--;
			memmove(insns->at + i, insns->at + i + 1,
				(insns->count - i) * sizeof(*insns->at));
		}
		break;
	case 1:
	case 2:
		if (make_room(insns, i))
			put(insns, i, draw_insn(insns));
		break;
	case 3:
		if (i < insns->count)
			put(insns, i, draw_insn(insns));
		break;
	case 4:
		if (insns->count && make_room(insns, i))
			insns->at[i] = insns->at[draw(insns, (u32)insns->count)];
		break;
	default:
		if (i < insns->count)
			change_field(insns, &insns->at[i]);
		break;
	}
}

/* Copied to aligned memory and back: instructions lie anywhere in an input. */
size_t LLVMFuzzerCustomMutator(u8 *data, size_t size, size_t max, unsigned int seed)
{
	struct insns insns = { .random = seed * 0x9e3779b97f4a7c15ull + 1 };
	static struct bpf_insn copy[VM_INSNS];
	struct vm_header header;
	size_t at;

	if (size < sizeof(header) || draw(&insns, 3) == 0)
		return LLVMFuzzerMutate(data, size, max);
	memcpy(&header, data, sizeof(header));
	at = vm_insns_at(&header);
	if (at > size || at + sizeof(*copy) > max)
		return LLVMFuzzerMutate(data, size, max);
	insns.at = copy;
	insns.count = BU_MIN((size - at) / sizeof(*copy), (size_t)VM_INSNS);
	insns.max = BU_MIN((max - at) / sizeof(*copy), (size_t)VM_INSNS);
	memcpy(copy, data + at, insns.count * sizeof(*copy));
	for (u32 n = draw(&insns, 4) + 1; n > 0; n--)
		mutate(&insns);
	memcpy(data + at, copy, insns.count * sizeof(*copy));
	return at + insns.count * sizeof(*copy);
}
