/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Indirect jumps. A register holds what a program read from a jump table: the address of an
 * instruction that a table of this program names, in the function that jumps. Anything else is a
 * fault; the verifier refuses such programs when they are loaded.
 * Source: check_indirect_jump(), kernel/bpf/verifier.c (6.19).
 */
#include "ebpf/kernel.h"
#include "ebpf/vm/decode.h"
#include "ebpf/vm/fault_text.h"
#include "ebpf/vm/vm.h"

#include <stdio.h>

#define WHERE(fault, ...) snprintf((fault)->where, sizeof((fault)->where), __VA_ARGS__)

/* An instruction, but not one that may be jumped to. */
static void refuse_insn(struct bu_run *run, u32 insn)
{
	const struct bu_prog *prog = run->prog;
	const struct bu_func *func = bu_prog_func(prog, insn);

	if (func != bu_prog_func(prog, run->insn)) {
		bu_fault_raise(run, BU_FAULT_BAD_JUMP,
			       "a jump stays in its function: each needs jump tables of its own");
		WHERE(&run->fault, "to instruction %u, in another function%s%s", insn,
		      func->name[0] ? ": " : "", func->name);
		return;
	}
	bu_fault_raise(run, BU_FAULT_BAD_JUMP,
		       "jump to what an 8-byte load from a BPF_MAP_TYPE_INSN_ARRAY gives");
	if (insn && prog->insns[insn - 1].code == (BPF_LD | BPF_IMM | BPF_DW))
		WHERE(&run->fault, "into the middle of instruction %u", insn - 1);
	else
		WHERE(&run->fault, "to instruction %u, which no jump table names", insn);
}

static bool is_table(const struct bu_region *region)
{
	const struct bu_map *map = region->info.owner;

	return region->info.kind == BU_REGION_MAP_VALUE && map &&
	       map->type == (enum bpf_map_type)BU_MAP_TYPE_INSN_ARRAY;
}

/* No instruction's address. */
static void refuse_address(struct bu_run *run, u64 address)
{
	const struct bu_region *region = bu_arena_region(&run->kernel->arena, (void *)address);
	char place[200] = "no code is there";

	if (region)
		bu_region_place(run, region, address, place, sizeof(place));
	if (region && is_table(region))
		bu_fault_raise(run, BU_FAULT_BAD_JUMP,
			       "this is where the table's entry is: load its 8 bytes first");
	else
		bu_fault_raise(run, BU_FAULT_BAD_JUMP,
			       "jump to what an 8-byte load from a BPF_MAP_TYPE_INSN_ARRAY gives");
	WHERE(&run->fault, "to 0x%llx, %s", (unsigned long long)address, place);
}

static __attribute__((cold)) void refuse(struct bu_run *run, u64 address, u32 insn)
{
	if (insn == UINT32_MAX)
		refuse_address(run, address);
	else
		refuse_insn(run, insn);
	run->fault.address = address;
}

const struct bu_op *bu_vm_gotox(struct bu_run *run, const struct bu_op *op)
{
	const struct bu_prog *prog = run->prog;
	u64 address = run->regs[op->dst];
	u32 target = bu_prog_insn_at(prog, address);

	run->insn = op->insn;
	if (bu_unlikely(target == UINT32_MAX || !prog->targets[target] ||
			bu_prog_func(prog, target) != bu_prog_func(prog, op->insn))) {
		refuse(run, address, target);
		return NULL;
	}
	if (target <= op->insn)
		run->budget -= op->insn - target + 1;
	if (bu_unlikely(run->budget < 0)) {
		bu_fault_budget(run);
		return NULL;
	}
	bu_arrival_counters(prog)[target]++;
	bu_run_trail(run, op, prog->ops + target);
	return prog->ops + target;
}
