// SPDX-License-Identifier: BSD-2-Clause
/*
 * Structure of a program, checked when it is loaded: opcodes, reserved fields, registers, where
 * jumps and calls go, that control cannot run off an end. What depends on values is found when it
 * runs.
 *
 * Source: add_subprog_and_kfunc(), check_subprogs(); resolve_pseudo_ldimm64(); check_cfg(),
 * check_alu_op(), do_check() in kernel/bpf/verifier.c (6.12), in this order; the words are the
 * verifier's. Differs: code that cannot be reached is a warning, branches that are never taken are
 * looked at; unknown helpers and missing kfuncs load, and are faults when executed. Programs loaded
 * with bu_prog_load_rfc() may divide by a constant zero, shift by a constant out of range, and use
 * callx: all three have a defined result.
 */
#include "ebpf/kernel.h"
#include "ebpf/prog/prog_tables.h"
#include "ebpf/vm/decode.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_INSNS    1000000 /* Source: BPF_COMPLEXITY_LIMIT_INSNS */
#define MAX_SUBPROGS 256     /* Source: BPF_MAX_SUBPROGS */
#define LDDW         (BPF_LD | BPF_IMM | BPF_DW)

struct check {
	struct bu_prog *prog;
	struct bu_log *log;
	u32 insn; /* which is being checked */
};

/* Rows of signed division name opcodes a second time. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
static const bool known_opcodes[256] = {
#define BU_ALU(name, opcode, off, ...)                                                             \
	[BPF_ALU | opcode | BPF_K] = true, [BPF_ALU | opcode | BPF_X] = true,                      \
			    [BPF_ALU64 | opcode | BPF_K] = true,                                   \
			    [BPF_ALU64 | opcode | BPF_X] = true,
#define BU_JUMP(name, opcode, ...)                                                                 \
	[BPF_JMP32 | opcode | BPF_K] = true, [BPF_JMP32 | opcode | BPF_X] = true,                  \
			      [BPF_JMP | opcode | BPF_K] = true,                                   \
			      [BPF_JMP | opcode | BPF_X] = true,
#define BU_SIZE(name, opcode, ...)                                                                 \
	[BPF_LDX | BPF_MEM | opcode] = true, [BPF_STX | BPF_MEM | opcode] = true,                  \
			     [BPF_ST | BPF_MEM | opcode] = true,                                   \
			     [BPF_STX | BPF_ATOMIC | opcode] = true,
#define BU_OPCODE(opcode, ...) [opcode] = true,
#include "ebpf/vm/insns.def"
};
#pragma GCC diagnostic pop

/* Explain in the log, as the passes that look at the whole program do; -EINVAL. */
static BU_PRINTF(2, 3) int refuse_whole(struct check *check, const char *format, ...)
{
	char why[128];
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	bu_log_add(check->log, "%s\n", why);
	return -EINVAL;
}

/* The same below the instruction. */
static BU_PRINTF(2, 3) int refuse(struct check *check, const char *format, ...)
{
	const struct bpf_insn *insn = &check->prog->insns[check->insn];
	char text[128], why[128];
	va_list args;

	bu_prog_disasm(check->prog, check->insn, text, sizeof(text));
	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	bu_log_add(check->log, "%u: (%02x) %s\n%s\n", check->insn, insn->code, text, why);
	return -EINVAL;
}

static bool is_cond_jump(const struct bpf_insn *insn)
{
	u8 class = BPF_CLASS(insn->code), op = BPF_OP(insn->code);

	return (class == BPF_JMP || class == BPF_JMP32) && op != BPF_CALL && op != BPF_EXIT &&
	       op != BPF_JA;
}

static bool is_ja(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_JA) || insn->code == (BPF_JMP32 | BPF_JA);
}

static bool is_gotox(const struct bpf_insn *insn)
{
	return insn->code == BU_INSN_GOTOX;
}

static bool is_exit(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_EXIT);
}

static bool is_func_ref(const struct bpf_insn *insn)
{
	return (insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == BPF_PSEUDO_CALL) ||
	       (insn->code == LDDW && insn->src_reg == BPF_PSEUDO_FUNC);
}

/* Where a jump, or a reference to a function, at instruction i leads. */
static s64 target_of(const struct bu_prog *prog, u32 i)
{
	const struct bpf_insn *insn = &prog->insns[i];
	bool by_imm = is_func_ref(insn) || insn->code == (BPF_JMP32 | BPF_JA);

	return (s64)i + 1 + (by_imm ? insn->imm : insn->off);
}

static bool writes_dst(const struct bpf_insn *insn)
{
	u8 class = BPF_CLASS(insn->code);

	return class == BPF_ALU || class == BPF_ALU64 || class == BPF_LDX || insn->code == LDDW;
}

static bool writes_src(const struct bpf_insn *insn)
{
	return BPF_CLASS(insn->code) == BPF_STX && BPF_MODE(insn->code) == BPF_ATOMIC &&
	       insn->imm & BPF_FETCH && insn->imm != BPF_CMPXCHG;
}

static int check_registers(struct check *check, const struct bpf_insn *insn)
{
	bool acquires = BPF_CLASS(insn->code) == BPF_STX && BPF_MODE(insn->code) == BPF_ATOMIC &&
			insn->imm == BU_INSN_LOAD_ACQ;

	if (insn->dst_reg > BPF_REG_10)
		return refuse(check, "R%d is invalid", insn->dst_reg);
	if (insn->src_reg > BPF_REG_10)
		return refuse(check, "R%d is invalid", insn->src_reg);
	if (((writes_dst(insn) || acquires) && insn->dst_reg == BPF_REG_10) ||
	    (writes_src(insn) && insn->src_reg == BPF_REG_10)) {
		refuse(check, "frame pointer is read only");
		return -EACCES;
	}
	return 0;
}

static int check_cast(struct check *check, const struct bpf_insn *insn)
{
	if (insn->imm != BU_CAST_KERN && insn->imm != BU_CAST_USER)
		return refuse(
			check,
			"addr_space_cast insn can only convert between address space 1 and 0");
	return 0;
}

static int check_mov(struct check *check, const struct bpf_insn *insn)
{
	bool wide = BPF_CLASS(insn->code) == BPF_ALU64, bad;

	if (BPF_SRC(insn->code) == BPF_K)
		bad = insn->src_reg || insn->off;
	else if (wide && insn->off == BU_INSN_CAST)
		return check_cast(check, insn);
	else
		bad = insn->imm || (insn->off && insn->off != 8 && insn->off != 16 &&
				    !(wide && insn->off == 32));
	return bad ? refuse(check, "BPF_MOV uses reserved fields") : 0;
}

static int check_end(struct check *check, const struct bpf_insn *insn)
{
	if (insn->src_reg || insn->off || (insn->imm != 16 && insn->imm != 32 && insn->imm != 64))
		return refuse(check, "BPF_END uses reserved fields");
	return 0;
}

static int check_alu(struct check *check, const struct bpf_insn *insn)
{
	u8 op = BPF_OP(insn->code);
	bool may_be_signed = op == BPF_DIV || op == BPF_MOD;

	if (op == BPF_END)
		return check_end(check, insn);
	if (op == BPF_NEG)
		return insn->src_reg || insn->off || insn->imm
			       ? refuse(check, "BPF_NEG uses reserved fields")
			       : 0;
	if (op == BPF_MOV)
		return check_mov(check, insn);
	if (insn->off && !(insn->off == 1 && may_be_signed))
		return refuse(check, "BPF_ALU uses reserved fields");
	if (BPF_SRC(insn->code) == BPF_X ? insn->imm : insn->src_reg)
		return refuse(check, "BPF_ALU uses reserved fields");
	return 0;
}

static int check_call(struct check *check, const struct bpf_insn *insn)
{
	if (BPF_SRC(insn->code) == BPF_X)
		return insn->src_reg || insn->off || insn->imm
			       ? refuse(check, "BPF_CALL uses reserved fields")
			       : 0;
	if (insn->dst_reg || insn->src_reg > BPF_PSEUDO_KFUNC_CALL ||
	    (insn->off && insn->src_reg != BPF_PSEUDO_KFUNC_CALL))
		return refuse(check, "BPF_CALL uses reserved fields");
	return 0;
}

static int check_jump(struct check *check, const struct bpf_insn *insn)
{
	switch (BPF_OP(insn->code)) {
	case BPF_CALL:
		return check_call(check, insn);
	case BPF_EXIT:
		if (insn->dst_reg || insn->src_reg || insn->off || insn->imm)
			return refuse(check, "BPF_EXIT uses reserved fields");
		return 0;
	case BPF_JA:
		if (is_gotox(insn))
			return insn->src_reg || insn->off || insn->imm
				       ? refuse(check, "BPF_JA|BPF_X uses reserved fields")
				       : 0;
		if (insn->dst_reg || insn->src_reg ||
		    (BPF_CLASS(insn->code) == BPF_JMP ? insn->imm : insn->off))
			return refuse(check, "BPF_JA uses reserved fields");
		return 0;
	case BU_INSN_JCOND:
		if (insn->dst_reg || insn->src_reg || insn->imm)
			return refuse(check, "invalid may_goto imm %d", insn->imm);
		return 0;
	}
	if (BPF_SRC(insn->code) == BPF_X ? insn->imm : insn->src_reg)
		return refuse(check, "BPF_JMP/JMP32 uses reserved fields");
	return 0;
}

static int check_atomic(struct check *check, const struct bpf_insn *insn)
{
	bool word = BPF_SIZE(insn->code) == BPF_W || BPF_SIZE(insn->code) == BPF_DW;

	switch (insn->imm) {
	case BPF_ADD:
	case BPF_ADD | BPF_FETCH:
	case BPF_AND:
	case BPF_AND | BPF_FETCH:
	case BPF_OR:
	case BPF_OR | BPF_FETCH:
	case BPF_XOR:
	case BPF_XOR | BPF_FETCH:
	case BPF_XCHG:
	case BPF_CMPXCHG:
		return word ? 0 : refuse(check, "invalid atomic operand size");
	case BU_INSN_LOAD_ACQ:
	case BU_INSN_STORE_REL:
		return 0;
	}
	return refuse(check, "BPF_ATOMIC uses invalid atomic opcode %02x", insn->imm);
}

static int check_memory(struct check *check, const struct bpf_insn *insn)
{
	switch (BPF_CLASS(insn->code)) {
	case BPF_LDX:
		return 0; /* bu_prog_check_opcode() */
	case BPF_ST:
		return insn->src_reg ? refuse(check, "BPF_ST uses reserved fields") : 0;
	}
	if (BPF_MODE(insn->code) == BPF_ATOMIC)
		return check_atomic(check, insn);
	return insn->imm ? refuse(check, "BPF_STX uses reserved fields") : 0;
}

static bool may_access_skb(u32 prog_type)
{
	return prog_type == BPF_PROG_TYPE_SOCKET_FILTER || prog_type == BPF_PROG_TYPE_SCHED_CLS ||
	       prog_type == BPF_PROG_TYPE_SCHED_ACT;
}

static int check_load_class(struct check *check, const struct bpf_insn *insn)
{
	if (insn->code == LDDW)
		return insn->off ? refuse(check, "BPF_LD_IMM64 uses reserved fields") : 0;
	if (insn->dst_reg || insn->off || (BPF_MODE(insn->code) == BPF_ABS && insn->src_reg))
		return refuse(check, "BPF_LD_[ABS|IND] uses reserved fields");
	if (!may_access_skb(check->prog->prog_type))
		return refuse(check, "BPF_LD_[ABS|IND] instructions not allowed for this program "
				     "type");
	return 0;
}

static int check_fields(struct check *check, const struct bpf_insn *insn)
{
	switch (BPF_CLASS(insn->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		return check_alu(check, insn);
	case BPF_JMP:
	case BPF_JMP32:
		return check_jump(check, insn);
	case BPF_LD:
		return check_load_class(check, insn);
	default:
		return check_memory(check, insn);
	}
}

static int check_insn(struct check *check, const struct bpf_insn *insn)
{
	int error = check_fields(check, insn);

	return error ? error : check_registers(check, insn);
}

static int check_insns(struct check *check)
{
	const struct bu_prog *prog = check->prog;
	int error;

	for (check->insn = 0; check->insn < prog->nr_insns; check->insn++) {
		error = check_insn(check, &prog->insns[check->insn]);
		if (error)
			return error;
		check->insn += prog->insns[check->insn].code == LDDW;
	}
	return 0;
}

/* Instructions from 0 on; the second half of an lddw is skipped. */
#define for_each_insn(prog, i)                                                                     \
	for ((i) = 0; (i) < (prog)->nr_insns; (i) += (prog)->insns[i].code == LDDW ? 2 : 1)

int bu_prog_check_opcode(struct bu_prog *prog, u32 i, struct bu_log *log)
{
	struct check check = { .prog = prog, .log = log, .insn = i };
	const struct bpf_insn *insn = &prog->insns[i], *second = insn + 1;
	u8 mode = BPF_MODE(insn->code);

	if (BPF_CLASS(insn->code) == BPF_LDX &&
	    ((mode != BPF_MEM && mode != BU_INSN_MEMSX) || insn->imm))
		return refuse_whole(&check, "BPF_LDX uses reserved fields");
	if (insn->code == LDDW && (i + 1 == prog->nr_insns || second->code || second->dst_reg ||
				   second->src_reg || second->off))
		return refuse_whole(&check, "invalid bpf_ld_imm64 insn");
	if (!known_opcodes[insn->code] || (is_gotox(insn) && !prog->nr_tables))
		return refuse_whole(&check, "unknown opcode %02x", insn->code);
	return 0;
}

/* Marks of instructions. */
enum { BEGINS_FUNC = 1, MIDDLE = 2, REACHED = 4 };

static int mark_funcs(struct check *check, u8 *marks)
{
	const struct bu_prog *prog = check->prog;
	u32 nr = 1;

	marks[0] |= BEGINS_FUNC;
	if (prog->exception_insn) {
		marks[prog->exception_insn] |= BEGINS_FUNC;
		nr++;
	}
	for (u32 i = 0; i < prog->nr_insns; i++) {
		s64 target = target_of(prog, i);

		if (!is_func_ref(&prog->insns[i]))
			continue;
		if (target < 0 || target >= prog->nr_insns)
			return refuse_whole(check, "call to invalid destination");
		nr += !(marks[target] & BEGINS_FUNC);
		marks[target] |= BEGINS_FUNC;
		if (nr > MAX_SUBPROGS) {
			refuse_whole(check, "too many subprograms");
			return -E2BIG;
		}
	}
	return nr;
}

static int make_funcs(struct check *check, const u8 *marks, u32 nr)
{
	struct bu_prog *prog = check->prog;
	u32 i, func = 0;

	prog->funcs = calloc(nr, sizeof(*prog->funcs));
	if (!prog->funcs)
		return -ENOMEM;
	prog->nr_funcs = nr;
	for (i = 0; i < prog->nr_insns; i++) {
		if (marks[i] & BEGINS_FUNC) {
			if (func)
				prog->funcs[func - 1].end = i;
			prog->funcs[func++] = (struct bu_func){ .start = i, .name = "" };
		}
	}
	prog->funcs[nr - 1].end = prog->nr_insns;
	return 0;
}

/* Jumps stay inside their function, and its last instruction does not fall through. Second halves
 * of lddw are no jumps. */
static int check_func(struct check *check, const struct bu_func *func)
{
	const struct bu_prog *prog = check->prog;
	const struct bpf_insn *last = &prog->insns[func->end - 1];

	for (u32 i = func->start; i < func->end; i++) {
		const struct bpf_insn *insn = &prog->insns[i];
		s64 target = target_of(prog, i);

		if ((is_cond_jump(insn) || is_ja(insn)) &&
		    (target < func->start || target >= func->end))
			return refuse_whole(check, "jump out of range from insn %u to %lld", i,
					    (long long)target);
	}
	if (!is_exit(last) && !is_ja(last))
		return refuse_whole(check, "last insn is not an exit or jmp");
	return 0;
}

static int find_funcs(struct check *check, u8 *marks)
{
	int error = mark_funcs(check, marks);

	if (error > 0)
		error = make_funcs(check, marks, error);
	for (u32 i = 0; !error && i < check->prog->nr_funcs; i++)
		error = check_func(check, &check->prog->funcs[i]);
	return error;
}

static void mark_middles(const struct bu_prog *prog, u8 *marks)
{
	u32 i;

	for_each_insn(prog, i)
	{
		if (prog->insns[i].code == LDDW)
			marks[i + 1] |= MIDDLE;
	}
}

/* Where jumps and references lead is the beginning of an instruction. */
static int check_targets(struct check *check, const u8 *marks)
{
	const struct bu_prog *prog = check->prog;
	u32 i;

	for_each_insn(prog, i)
	{
		const struct bpf_insn *insn = &prog->insns[i];
		bool jumps = is_cond_jump(insn) || is_ja(insn);

		check->insn = i;
		if (is_gotox(insn) && bu_prog_check_tables(prog, i, check->log))
			return -EINVAL;
		if ((jumps || is_func_ref(insn)) && marks[target_of(prog, i)] & MIDDLE)
			return refuse_whole(check, "jump into the middle of ldimm64 insn %lld",
					    (long long)target_of(prog, i) - 1);
	}
	return 0;
}

/* What RFC 9669 gives a result and Linux refuses. */
static int check_beyond_linux(struct check *check, const struct bpf_insn *insn)
{
	u8 class = BPF_CLASS(insn->code), op = BPF_OP(insn->code);
	bool shift = op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH;

	if (insn->code == (BPF_JMP | BPF_CALL | BPF_X))
		return refuse(check, "unknown opcode %02x", insn->code);
	if ((class != BPF_ALU && class != BPF_ALU64) || BPF_SRC(insn->code) != BPF_K)
		return 0;
	if ((op == BPF_DIV || op == BPF_MOD) && !insn->imm)
		return refuse(check, "div by zero");
	if (shift && (u32)insn->imm >= (class == BPF_ALU ? 32U : 64U))
		return refuse(check, "invalid shift %d", insn->imm);
	return 0;
}

/* As the verifier, which does not look at what cannot be reached. */
static int check_reached(struct check *check, const u8 *marks)
{
	const struct bu_prog *prog = check->prog;
	u32 i;
	int error;

	for_each_insn(prog, i)
	{
		check->insn = i;
		error = marks[i] & REACHED ? check_beyond_linux(check, &prog->insns[i]) : 0;
		if (error)
			return error;
	}
	return 0;
}

/* Put an instruction on the list of those to visit, once. */
static void reach(u8 *marks, u32 *pending, u32 *nr, u32 insn)
{
	if (marks[insn] & REACHED)
		return;
	marks[insn] |= REACHED;
	pending[(*nr)++] = insn;
}

/* Wherever an indirect jump may lead. */
static void visit_targets(const struct bu_prog *prog, u32 i, u8 *marks, u32 *pending, u32 *nr)
{
	const struct bu_func *func = bu_prog_func(prog, i);

	for (u32 t = 0; t < prog->nr_tables; t++) {
		for (u32 j = 0; bu_table_of(&prog->tables[t], func) && j < prog->tables[t].nr; j++)
			reach(marks, pending, nr, prog->tables[t].targets[j]);
	}
}

static void visit(const struct bu_prog *prog, u32 i, u8 *marks, u32 *pending, u32 *nr)
{
	const struct bpf_insn *insn = &prog->insns[i];

	if (is_gotox(insn)) {
		visit_targets(prog, i, marks, pending, nr);
		return;
	}
	if (is_ja(insn) || is_cond_jump(insn) || is_func_ref(insn))
		reach(marks, pending, nr, target_of(prog, i));
	if (!is_ja(insn) && !is_exit(insn))
		reach(marks, pending, nr, i + (insn->code == LDDW ? 2 : 1));
}

/* Instructions that cannot be reached from the first are worth a warning. Differs: the kernel
 * refuses them. */
static int check_reachable(struct check *check, u8 *marks)
{
	const struct bu_prog *prog = check->prog;
	u32 *pending = malloc(prog->nr_insns * sizeof(*pending)), nr = 0, i;

	if (!pending)
		return -ENOMEM;
	reach(marks, pending, &nr, 0);
	reach(marks, pending, &nr, prog->exception_insn);
	while (nr)
		visit(prog, pending[--nr], marks, pending, &nr);
	free(pending);
	for_each_insn(prog, i)
	{
		if (marks[i] & REACHED)
			continue;
		bu_log_add(check->log, "unreachable insn %u\n", i);
		bu_note(prog->object.kernel,
			"instruction %u of program '%s' cannot be reached: the kernel would refuse "
			"it",
			i, prog->name);
		break;
	}
	return 0;
}

static int check_all(struct check *check, u8 *marks)
{
	int error;

	mark_middles(check->prog, marks);
	error = check_targets(check, marks);
	if (!error)
		error = check_insns(check);
	if (!error)
		error = check_reachable(check, marks);
	if (!error && !check->prog->beyond_linux)
		error = check_reached(check, marks);
	return error;
}

static int pass(struct check *check, int (*check_it)(struct check *, u8 *))
{
	u8 *marks = calloc(check->prog->nr_insns, 1);
	int error = marks ? check_it(check, marks) : -ENOMEM;

	free(marks);
	return error;
}

int bu_prog_find_funcs(struct bu_prog *prog, struct bu_log *log)
{
	return pass(&(struct check){ .prog = prog, .log = log }, find_funcs);
}

int bu_prog_validate(struct bu_prog *prog, struct bu_log *log)
{
	struct check check = { .prog = prog, .log = log };
	int error = pass(&check, check_all);

	if (error)
		bu_log_add(log, "processed %u insns (limit %d)\n", check.insn, MAX_INSNS);
	return error;
}
