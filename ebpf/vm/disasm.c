// SPDX-License-Identifier: BSD-2-Clause
/*
 * Instructions as text, in the verifier's words (and bpftool's: prog dump xlated).
 * Source: print_bpf_insn() in kernel/bpf/disasm.c (6.12).
 * Differs: maps and subprograms are shown by name.
 */
#include "ebpf/kernel.h"
#include "ebpf/prog/kfunc.h"
#include "ebpf/vm/decode.h"

#include <stdio.h>
#include <string.h>

struct text {
	char *at;
	size_t size;
};

/* The row's symbol by opcode bits; signed division under offset 1. */
static const char *const alu_symbols[512] = {
#define BU_ALU(name, opcode, off, symbol, ...) [(opcode) | (off) << 8] = symbol,
#include "ebpf/vm/insns.def"
};

static const char *const jump_symbols[256] = {
#define BU_JUMP(name, opcode, symbol, ...) [opcode] = symbol,
#include "ebpf/vm/insns.def"
};

static const char *const size_names[256] = {
#define BU_SIZE(name, opcode, unsigned_type, signed_type) [opcode] = #unsigned_type,
#include "ebpf/vm/insns.def"
};

static const char *const signed_size_names[256] = {
#define BU_SIZE(name, opcode, unsigned_type, signed_type) [opcode] = #signed_type,
#include "ebpf/vm/insns.def"
};

#define PRINT(text_, ...) snprintf((text_)->at, (text_)->size, __VA_ARGS__)

static const char *size_name(const struct bpf_insn *insn)
{
	return size_names[BPF_SIZE(insn->code)];
}

static void print_end(struct text *text, const struct bpf_insn *insn)
{
	const char *name = BPF_CLASS(insn->code) == BPF_ALU64 ? "bswap"
			   : BPF_SRC(insn->code) == BPF_TO_BE ? "be"
							      : "le";

	PRINT(text, "r%d = %s%d r%d", insn->dst_reg, name, insn->imm, insn->dst_reg);
}

static const char *movsx_cast(const struct bpf_insn *insn)
{
	if (BPF_OP(insn->code) != BPF_MOV)
		return "";
	return insn->off == 8 ? "(s8)" : insn->off == 16 ? "(s16)" : insn->off == 32 ? "(s32)" : "";
}

static void print_alu(struct text *text, const struct bpf_insn *insn)
{
	char r = BPF_CLASS(insn->code) == BPF_ALU64 ? 'r' : 'w';
	bool mov = BPF_OP(insn->code) == BPF_MOV;
	const char *symbol = alu_symbols[BPF_OP(insn->code) | (!mov && insn->off == 1) << 8];

	if (BPF_OP(insn->code) == BPF_END)
		print_end(text, insn);
	else if (BPF_OP(insn->code) == BPF_NEG)
		PRINT(text, "%c%d = -%c%d", r, insn->dst_reg, r, insn->dst_reg);
	else if (!symbol)
		PRINT(text, "BUG_alu_%02x", insn->code);
	else if (insn->code == (BPF_ALU64 | BPF_MOV | BPF_X) && insn->off == BU_INSN_CAST)
		PRINT(text, "r%d = addr_space_cast(r%d, %u, %u)", insn->dst_reg, insn->src_reg,
		      (u32)insn->imm >> 16, (u16)insn->imm);
	else if (BPF_SRC(insn->code) == BPF_X)
		PRINT(text, "%c%d %s %s%c%d", r, insn->dst_reg, symbol, movsx_cast(insn), r,
		      insn->src_reg);
	else
		PRINT(text, "%c%d %s %d", r, insn->dst_reg, symbol, insn->imm);
}

static const char *atomic_name(s32 imm)
{
	switch (imm & ~BPF_FETCH) {
#define BU_ATOMIC(name, immediate, symbol, ...)                                                    \
	case immediate:                                                                            \
		return symbol;
#include "ebpf/vm/insns.def"
	}
	return NULL;
}

static void print_fetch(struct text *text, const struct bpf_insn *insn, const char *name)
{
	const char *width = BPF_SIZE(insn->code) == BPF_DW ? "64" : "";

	if (insn->imm == BPF_CMPXCHG)
		PRINT(text, "r0 = atomic%s_cmpxchg((%s *)(r%d %+d), r0, r%d)", width,
		      size_name(insn), insn->dst_reg, insn->off, insn->src_reg);
	else
		PRINT(text, "r%d = atomic%s_%s%s((%s *)(r%d %+d), r%d)", insn->src_reg, width,
		      insn->imm == BPF_XCHG ? "" : "fetch_", name, size_name(insn), insn->dst_reg,
		      insn->off, insn->src_reg);
}

static void print_atomic(struct text *text, const struct bpf_insn *insn)
{
	const char *name = insn->imm == BPF_XCHG ? "xchg" : atomic_name(insn->imm);

	if (insn->imm == BU_INSN_LOAD_ACQ)
		PRINT(text, "r%d = load_acquire((%s *)(r%d %+d))", insn->dst_reg, size_name(insn),
		      insn->src_reg, insn->off);
	else if (insn->imm == BU_INSN_STORE_REL)
		PRINT(text, "store_release((%s *)(r%d %+d), r%d)", size_name(insn), insn->dst_reg,
		      insn->off, insn->src_reg);
	else if (insn->imm == BPF_CMPXCHG || (name && insn->imm & BPF_FETCH))
		print_fetch(text, insn, name);
	else if (name)
		PRINT(text, "lock *(%s *)(r%d %+d) %s r%d", size_name(insn), insn->dst_reg,
		      insn->off, alu_symbols[BPF_OP(insn->imm)], insn->src_reg);
	else
		PRINT(text, "BUG_%02x", insn->code);
}

static void print_store(struct text *text, const struct bpf_insn *insn)
{
	if (BPF_CLASS(insn->code) == BPF_ST)
		PRINT(text, "*(%s *)(r%d %+d) = %d", size_name(insn), insn->dst_reg, insn->off,
		      insn->imm);
	else if (BPF_MODE(insn->code) == BPF_ATOMIC)
		print_atomic(text, insn);
	else
		PRINT(text, "*(%s *)(r%d %+d) = r%d", size_name(insn), insn->dst_reg, insn->off,
		      insn->src_reg);
}

static void print_load(struct text *text, const struct bpf_insn *insn)
{
	const char *type = BPF_MODE(insn->code) == BU_INSN_MEMSX
				   ? signed_size_names[BPF_SIZE(insn->code)]
				   : size_name(insn);

	PRINT(text, "r%d = *(%s *)(r%d %+d)", insn->dst_reg, type, insn->src_reg, insn->off);
}

/* The map that an address belongs to: its handle or its value. */
static const struct bu_map *map_at(const struct bu_prog *prog, u64 address)
{
	const struct bu_region *region;

	region = bu_arena_region(&prog->object.kernel->arena, (void *)address);
	if (!region ||
	    (region->info.kind != BU_REGION_MAP_HANDLE && region->info.kind != BU_REGION_MAP_VALUE))
		return NULL;
	return region->info.owner;
}

static void print_map(struct text *text, const struct bu_prog *prog, u32 i, bool value)
{
	const struct bpf_insn *insn = &prog->insns[i];
	const struct bu_map *map = prog->resolved ? map_at(prog, prog->resolved[i]) : NULL;
	char name[32];

	if (map && map->name[0])
		snprintf(name, sizeof(name), "map[%s]", map->name);
	else if (map)
		snprintf(name, sizeof(name), "map[id:%u]", map->object.id);
	else
		snprintf(name, sizeof(name), "map[fd:%d]", insn->imm);
	if (value)
		PRINT(text, "r%d = %s[0]+%d", insn->dst_reg, name, insn[1].imm);
	else
		PRINT(text, "r%d = %s", insn->dst_reg, name);
}

static void print_lddw(struct text *text, const struct bu_prog *prog, u32 i)
{
	const struct bpf_insn *insn = &prog->insns[i];
	u64 imm = (u32)insn->imm;

	if (i + 1 < prog->nr_insns)
		imm |= (u64)(u32)insn[1].imm << 32;
	switch (insn->src_reg) {
	case BPF_PSEUDO_MAP_FD:
	case BPF_PSEUDO_MAP_IDX:
		print_map(text, prog, i, false);
		break;
	case BPF_PSEUDO_MAP_VALUE:
	case BPF_PSEUDO_MAP_IDX_VALUE:
		print_map(text, prog, i, i + 1 < prog->nr_insns);
		break;
	case BPF_PSEUDO_FUNC:
		PRINT(text, "r%d = subprog[%+d]", insn->dst_reg, insn->imm);
		break;
	default:
		PRINT(text, "r%d = 0x%llx", insn->dst_reg, (unsigned long long)imm);
	}
}

static void print_ld(struct text *text, const struct bu_prog *prog, u32 i)
{
	const struct bpf_insn *insn = &prog->insns[i];

	if (BPF_MODE(insn->code) == BPF_ABS)
		PRINT(text, "r0 = *(%s *)skb[%d]", size_name(insn), insn->imm);
	else if (BPF_MODE(insn->code) == BPF_IND)
		PRINT(text, "r0 = *(%s *)skb[r%d + %d]", size_name(insn), insn->src_reg, insn->imm);
	else if (insn->code == (BPF_LD | BPF_IMM | BPF_DW))
		print_lddw(text, prog, i);
	else
		PRINT(text, "BUG_ld_%02x", insn->code);
}

static void print_local_call(struct text *text, const struct bu_prog *prog, u32 i)
{
	int func = bu_prog_func_at(prog, i + 1 + prog->insns[i].imm);
	const char *name = func >= 0 ? prog->funcs[func].name : "";

	PRINT(text, "call pc%+d%s%s", prog->insns[i].imm, name[0] ? "#" : "", name);
}

/* bpftool's words when the kernel's types do not name it. */
static void print_kfunc_call(struct text *text, const struct bu_prog *prog,
			     const struct bpf_insn *insn)
{
	struct bu_kernel *kernel = prog->object.kernel;
	const char *name = kernel ? bu_kfunc_of_btf(kernel, insn->imm) : NULL;

	if (name)
		PRINT(text, "call %s#%d", name, insn->imm);
	else
		PRINT(text, "call kernel-function");
}

static void print_call(struct text *text, const struct bu_prog *prog, u32 i)
{
	const struct bpf_insn *insn = &prog->insns[i];
	const char *name = NULL;

	if (BPF_SRC(insn->code) == BPF_X) {
		PRINT(text, "callx r%d", insn->dst_reg);
		return;
	}
	if (insn->src_reg == BPF_PSEUDO_CALL) {
		print_local_call(text, prog, i);
		return;
	}
	if (insn->src_reg == BPF_PSEUDO_KFUNC_CALL) {
		print_kfunc_call(text, prog, insn);
		return;
	}
	if ((u32)insn->imm < BU_HELPER_MAX)
		name = bu_helper_of(insn->imm)->name;
	PRINT(text, "call %s%s#%d", name ? "bpf_" : "", name ? name : "unknown", insn->imm);
}

static void print_cond(struct text *text, const struct bpf_insn *insn)
{
	char r = BPF_CLASS(insn->code) == BPF_JMP ? 'r' : 'w';
	const char *symbol = jump_symbols[BPF_OP(insn->code)];

	if (!symbol)
		PRINT(text, "BUG_jmp_%02x", insn->code);
	else if (BPF_SRC(insn->code) == BPF_X)
		PRINT(text, "if %c%d %s %c%d goto pc%+d", r, insn->dst_reg, symbol, r,
		      insn->src_reg, insn->off);
	else
		PRINT(text, "if %c%d %s 0x%x goto pc%+d", r, insn->dst_reg, symbol, insn->imm,
		      insn->off);
}

static void print_jump(struct text *text, const struct bu_prog *prog, u32 i)
{
	const struct bpf_insn *insn = &prog->insns[i];

	if (BPF_OP(insn->code) == BPF_CALL)
		print_call(text, prog, i);
	else if (insn->code == (BPF_JMP | BPF_JA))
		PRINT(text, "goto pc%+d", insn->off);
	else if (insn->code == (BPF_JMP32 | BPF_JA))
		PRINT(text, "gotol pc%+d", insn->imm);
	else if (insn->code == BU_INSN_GOTOX)
		PRINT(text, "gotox r%d", insn->dst_reg);
	else if (insn->code == (BPF_JMP | BU_INSN_JCOND))
		PRINT(text, "may_goto pc%+d", insn->off);
	else if (insn->code == (BPF_JMP | BPF_EXIT))
		PRINT(text, "exit");
	else
		print_cond(text, insn);
}

void bu_prog_disasm(const struct bu_prog *prog, u32 i, char *buffer, size_t size)
{
	struct text text = { buffer, size };
	const struct bpf_insn *insn = &prog->insns[i];

	switch (BPF_CLASS(insn->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		print_alu(&text, insn);
		break;
	case BPF_JMP:
	case BPF_JMP32:
		print_jump(&text, prog, i);
		break;
	case BPF_LD:
		print_ld(&text, prog, i);
		break;
	case BPF_LDX:
		print_load(&text, insn);
		break;
	default:
		print_store(&text, insn);
	}
}
