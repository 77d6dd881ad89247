// SPDX-License-Identifier: BSD-2-Clause
/*
 * Whether control may come to an instruction. A conditional jump on a constant leads one way: that
 * is how programs choose by a constant of .rodata, by the kernel's configuration or by a weak
 * symbol between what one kernel has and another one lacks. Only asked when a load would be
 * refused.
 *
 * Invariant: a register that is known at an instruction has that value whenever control comes
 * there. Source: bpf_map_is_rdonly(), is_branch_taken(), kernel/bpf/verifier.c (6.12).
 * Addresses of maps and of kernel symbols are known, too: none is NULL.
 * Differs: knows only constants, and neither the stack nor arguments of functions.
 */
#include "ebpf/prog/prog.h"
#include "ebpf/prog/prog_tables.h"
#include "ebpf/vm/decode.h"

#include <stdlib.h>
#include <string.h>

#define LDDW    (BPF_LD | BPF_IMM | BPF_DW)
#define NR_REGS 11

struct regs { /* when control comes to an instruction */
	bool seen;
	u16 known; /* a bit for each register */
	u64 value[NR_REGS];
};

struct walk {
	const struct bu_prog *prog;
	struct regs *at; /* of each instruction */
	bool *listed;
	u32 *pending, nr;
};

static bool is_known(const struct regs *regs, u32 reg)
{
	return regs->known & 1U << reg;
}

static void forget(struct regs *regs, u32 reg)
{
	regs->known &= (u16) ~(1U << reg);
}

static void learn(struct regs *regs, u32 reg, u64 value)
{
	regs->known |= (u16)(1U << reg);
	regs->value[reg] = value;
}

/* Control comes to `insn` with these registers: visit it when that is news. */
static void arrive(struct walk *walk, s64 insn, const struct regs *regs)
{
	struct regs *at = &walk->at[insn];
	u16 known = at->known;

	if (!at->seen) {
		*at = *regs;
		at->seen = true;
	} else {
		for (u32 reg = 0; reg < NR_REGS; reg++) {
			if (!is_known(regs, reg) || at->value[reg] != regs->value[reg])
				forget(at, reg);
		}
		if (at->known == known)
			return;
	}
	if (!walk->listed[insn])
		walk->pending[walk->nr++] = insn;
	walk->listed[insn] = true;
}

/* The value of a map that nobody can change any more. */
static bool read_constant(const struct bu_prog *prog, u64 address, u32 size, u64 *value)
{
	for (u32 i = 0; i < prog->nr_maps; i++) {
		struct bu_map *map = prog->maps[i];
		u64 base;

		if (!map->frozen || !(map->flags & BPF_F_RDONLY_PROG) || !map->ops->direct_value)
			continue;
		base = (u64)map->ops->direct_value(map, 0);
		if (!base || address < base || address - base > map->value_size ||
		    size > map->value_size - (address - base))
			continue;
		*value = 0;
		memcpy(value, (const void *)address, size);
		return true;
	}
	return false;
}

static u32 size_of(const struct bpf_insn *insn)
{
	switch (BPF_SIZE(insn->code)) {
	case BPF_B:
		return 1;
	case BPF_H:
		return 2;
	case BPF_W:
		return 4;
	}
	return 8;
}

static void load(const struct bu_prog *prog, const struct bpf_insn *insn, struct regs *regs)
{
	u64 value;

	if (BPF_MODE(insn->code) == BPF_MEM && is_known(regs, insn->src_reg) &&
	    read_constant(prog, regs->value[insn->src_reg] + insn->off, size_of(insn), &value))
		learn(regs, insn->dst_reg, value);
	else
		forget(regs, insn->dst_reg);
}

static bool compute(u8 op, u64 a, u64 b, u32 bits, u64 *result)
{
	switch (op) {
	case BPF_MOV:
		*result = b;
		return true;
	case BPF_ADD:
		*result = a + b;
		return true;
	case BPF_SUB:
		*result = a - b;
		return true;
	case BPF_AND:
		*result = a & b;
		return true;
	case BPF_OR:
		*result = a | b;
		return true;
	case BPF_XOR:
		*result = a ^ b;
		return true;
	case BPF_LSH:
		*result = a << (b & (bits - 1));
		return true;
	case BPF_RSH:
		*result = (bits == 64 ? a : (u32)a) >> (b & (bits - 1));
		return true;
	}
	return false;
}

static void alu(const struct bpf_insn *insn, struct regs *regs)
{
	bool wide = BPF_CLASS(insn->code) == BPF_ALU64, by_reg = BPF_SRC(insn->code) == BPF_X;
	u8 op = BPF_OP(insn->code);
	u64 b = by_reg ? regs->value[insn->src_reg] : (u64)(s64)insn->imm, result;
	bool known = (!by_reg || is_known(regs, insn->src_reg)) &&
		     (op == BPF_MOV || is_known(regs, insn->dst_reg)) && !insn->off;

	if (known && compute(op, regs->value[insn->dst_reg], b, wide ? 64 : 32, &result))
		learn(regs, insn->dst_reg, wide ? result : (u32)result);
	else
		forget(regs, insn->dst_reg);
}

static void lddw(const struct bu_prog *prog, u32 i, struct regs *regs)
{
	const struct bpf_insn *insn = &prog->insns[i];

	if (!insn->src_reg)
		learn(regs, insn->dst_reg, (u32)insn->imm | (u64)(u32)insn[1].imm << 32);
	else if (insn->src_reg != BPF_PSEUDO_FUNC && prog->resolved[i])
		learn(regs, insn->dst_reg, prog->resolved[i]);
	else
		forget(regs, insn->dst_reg);
}

static bool compare(u8 op, u64 a, u64 b, s64 sa, s64 sb)
{
	switch (op) {
	case BPF_JEQ:
		return a == b;
	case BPF_JNE:
		return a != b;
	case BPF_JSET:
		return a & b;
	case BPF_JGT:
		return a > b;
	case BPF_JGE:
		return a >= b;
	case BPF_JLT:
		return a < b;
	case BPF_JLE:
		return a <= b;
	case BPF_JSGT:
		return sa > sb;
	case BPF_JSGE:
		return sa >= sb;
	case BPF_JSLT:
		return sa < sb;
	default:
		return sa <= sb;
	}
}

static void cond_jump(struct walk *walk, u32 i, const struct regs *regs)
{
	const struct bpf_insn *insn = &walk->prog->insns[i];
	bool by_reg = BPF_SRC(insn->code) == BPF_X, narrow = BPF_CLASS(insn->code) == BPF_JMP32;
	u64 a = regs->value[insn->dst_reg];
	u64 b = by_reg ? regs->value[insn->src_reg] : (u64)(s64)insn->imm;
	bool known = BPF_OP(insn->code) != BU_INSN_JCOND && is_known(regs, insn->dst_reg) &&
		     (!by_reg || is_known(regs, insn->src_reg));
	bool taken = narrow ? compare(BPF_OP(insn->code), (u32)a, (u32)b, (s32)a, (s32)b)
			    : compare(BPF_OP(insn->code), a, b, (s64)a, (s64)b);

	if (!known || taken)
		arrive(walk, (s64)i + 1 + insn->off, regs);
	if (!known || !taken)
		arrive(walk, i + 1, regs);
}

/* A function begins with nothing known. */
static void enter(struct walk *walk, s64 insn)
{
	static const struct regs nothing;

	arrive(walk, insn, &nothing);
}

static void call(struct walk *walk, u32 i, struct regs *regs)
{
	const struct bpf_insn *insn = &walk->prog->insns[i];

	if (insn->src_reg == BPF_PSEUDO_CALL)
		enter(walk, (s64)i + 1 + insn->imm);
	for (u32 reg = BPF_REG_0; reg <= BPF_REG_5; reg++)
		forget(regs, reg);
	arrive(walk, i + 1, regs);
}

static void indirect_jump(struct walk *walk, u32 i, const struct regs *regs)
{
	const struct bu_prog *prog = walk->prog;
	const struct bu_func *func = bu_prog_func(prog, i);

	for (u32 t = 0; t < prog->nr_tables; t++) {
		for (u32 j = 0; bu_table_of(&prog->tables[t], func) && j < prog->tables[t].nr; j++)
			arrive(walk, prog->tables[t].targets[j], regs);
	}
}

static void jump(struct walk *walk, u32 i, struct regs *regs)
{
	const struct bpf_insn *insn = &walk->prog->insns[i];

	if (insn->code == BU_INSN_GOTOX)
		indirect_jump(walk, i, regs);
	else if (insn->code == (BPF_JMP | BPF_JA))
		arrive(walk, (s64)i + 1 + insn->off, regs);
	else if (insn->code == (BPF_JMP32 | BPF_JA))
		arrive(walk, (s64)i + 1 + insn->imm, regs);
	else if (BPF_OP(insn->code) == BPF_CALL)
		call(walk, i, regs);
	else if (BPF_OP(insn->code) != BPF_EXIT)
		cond_jump(walk, i, regs);
}

/* What an instruction that is no jump leaves in the registers. */
static void step(struct walk *walk, u32 i, struct regs *regs)
{
	const struct bpf_insn *insn = &walk->prog->insns[i];

	switch (BPF_CLASS(insn->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		alu(insn, regs);
		return;
	case BPF_LDX:
		load(walk->prog, insn, regs);
		return;
	case BPF_STX:
		if (BPF_MODE(insn->code) == BPF_ATOMIC) { /* whichever it is */
			forget(regs, insn->src_reg);
			forget(regs, insn->dst_reg);
			forget(regs, BPF_REG_0);
		}
		return;
	case BPF_LD:
		if (insn->code == LDDW)
			lddw(walk->prog, i, regs);
		else
			forget(regs, BPF_REG_0);
	}
}

static void visit(struct walk *walk, u32 i)
{
	const struct bpf_insn *insn = &walk->prog->insns[i];
	u8 class = BPF_CLASS(insn->code);
	struct regs regs = walk->at[i];

	if (class == BPF_JMP || class == BPF_JMP32) {
		jump(walk, i, &regs);
		return;
	}
	if (insn->code == LDDW && insn->src_reg == BPF_PSEUDO_FUNC)
		enter(walk, (s64)i + 1 + insn->imm);
	step(walk, i, &regs);
	arrive(walk, i + (insn->code == LDDW ? 2 : 1), &regs);
}

bool bu_prog_may_reach(const struct bu_prog *prog, u32 insn)
{
	struct walk walk = {
		.prog = prog,
		.at = calloc(prog->nr_insns, sizeof(*walk.at)),
		.listed = calloc(prog->nr_insns, sizeof(*walk.listed)),
		.pending = calloc(prog->nr_insns, sizeof(*walk.pending)),
	};
	bool reached = true;

	if (walk.at && walk.listed && walk.pending) {
		enter(&walk, 0);
		enter(&walk, prog->exception_insn);
		while (walk.nr) {
			u32 i = walk.pending[--walk.nr];

			walk.listed[i] = false;
			visit(&walk, i);
		}
		reached = walk.at[insn].seen;
	}
	free(walk.at);
	free(walk.listed);
	free(walk.pending);
	return reached;
}
