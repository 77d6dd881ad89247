// SPDX-License-Identifier: BSD-2-Clause
/*
 * The tracer. A call is printed with its result on one line, unless something that it caused (a
 * callback's instructions) has to be printed before: then the result has a line of its own.
 */
#include "ebpf/vm/trace.h"

#include "ebpf/kernel.h"
#include "ebpf/prog/prog_patch.h"
#include "ebpf/vm/decode.h"
#include "ebpf/vm/view.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int bu_trace_parse(const char *words, u32 *what)
{
	static const char *const names[] = { "insn", "call", "mem" };

	return bu_words_parse(words, names, BU_ARRAY_SIZE(names), what);
}

static u32 all_frames(const struct bu_run *run)
{
	u32 depth = 0;

	for (; run; run = run->outer)
		depth += run->depth + (run->outer != NULL);
	return depth;
}

static void print_text(struct bu_tracer *tracer, const struct bu_run *run, const char *text)
{
	char line[1024];

	snprintf(line, sizeof(line), "%*s%s", 2 * (int)BU_MIN(all_frames(run), 20U), "", text);
	tracer->print(tracer->arg, line);
}

/* The call whose result has yet to come. */
static void flush_call(struct bu_tracer *tracer, const struct bu_run *run)
{
	char text[512];

	if (!tracer->call[0])
		return;
	snprintf(text, sizeof(text), "%s", tracer->call);
	tracer->call[0] = '\0';
	print_text(tracer, run, text);
}

/* The source line, whenever it is another than before. */
static void print_source(struct bu_tracer *tracer, const struct bu_run *run)
{
	const struct bu_line *line = bu_prog_line(run->prog, run->insn);
	char text[512];

	if (!line || !line->file)
		return;
	if (line->line == tracer->last_line &&
	    !strncmp(line->file, tracer->last_file, sizeof(tracer->last_file) - 1))
		return;
	tracer->last_line = line->line;
	snprintf(tracer->last_file, sizeof(tracer->last_file), "%s", line->file);
	snprintf(text, sizeof(text), "; %s:%u: %s", line->file, line->line,
		 line->text ? line->text + strspn(line->text, " \t") : "");
	print_text(tracer, run, text);
}

static void BU_PRINTF(3, 4)
	print(struct bu_tracer *tracer, const struct bu_run *run, const char *format, ...)
{
	char text[800];
	va_list args;

	flush_call(tracer, run);
	print_source(tracer, run);
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	print_text(tracer, run, text);
}

/* What an instruction does to memory: how many bytes, where. */
static struct bu_trace_access access_of(const struct bu_run *run)
{
	static const u8 widths[] = { 4, 2, 1, 8 };
	const struct bpf_insn *insn = &run->prog->insns[run->insn];
	struct bu_trace_access access = { .size = widths[BPF_SIZE(insn->code) >> 3] };
	bool atomic = BPF_MODE(insn->code) == BPF_ATOMIC;

	switch (BPF_CLASS(insn->code)) {
	case BPF_LDX:
		access.load = true;
		access.address = run->regs[insn->src_reg] + insn->off;
		break;
	case BPF_STX:
		access.load = atomic && insn->imm != BU_INSN_STORE_REL;
		access.store = !atomic || insn->imm != BU_INSN_LOAD_ACQ;
		access.address =
			run->regs[access.store ? insn->dst_reg : insn->src_reg] + insn->off;
		break;
	case BPF_ST:
		access.store = true;
		access.address = run->regs[insn->dst_reg] + insn->off;
		break;
	default:
		access.size = 0;
	}
	return access;
}

static bool is_call(const struct bu_run *run, const struct bu_op *op)
{
	if (op->code == BU_OP_CALL_REG)
		return run->regs[op->dst] < BU_HELPER_MAX;
	return bu_patch_code(run->prog, op) == BU_OP_CALL_HELPER;
}

/* "bpf_map_lookup_elem reads 4 bytes at 0x..., at fp-4 in ...: 07 00 00 00" */
static void print_argument(struct bu_tracer *tracer, const struct bu_run *run, u32 id,
			   const struct bu_trace_access *access)
{
	char name[128], place[320], bytes[320];

	bu_trace_value(run, access->address, place, sizeof(place));
	bu_trace_bytes(run, access->address, access->size, bytes, sizeof(bytes));
	print(tracer, run, "%s %s %u byte%s at %s: %s",
	      bu_trace_callee(run, id, name, sizeof(name)), access->store ? "writes" : "reads",
	      access->size, access->size == 1 ? "" : "s", place, bytes);
}

/* What it reads is told before the call, what it writes is kept for after it. */
static void before_accesses(struct bu_tracer *tracer, const struct bu_run *run, u32 id)
{
	struct bu_trace_call *helper = &tracer->helper;
	const struct bu_arena *arena = &run->kernel->arena;
	struct bu_trace_access access;

	*helper = (struct bu_trace_call){ .run = run, .insn = run->insn, .id = id };
	for (int i = 0; i < 5; i++) {
		if (!bu_trace_arg_access(run, id, &run->regs[1], i, &access))
			continue;
		if (access.store && helper->nr < BU_TRACE_OUTPUTS)
			helper->outputs[helper->nr++] = access;
		else if (bu_mem_readable(arena, access.address, access.size))
			print_argument(tracer, run, id, &access);
	}
}

static void after_accesses(struct bu_tracer *tracer, const struct bu_run *run)
{
	const struct bu_trace_call *helper = &tracer->helper;

	if (helper->run != run || helper->insn != run->insn) /* lost in a callback */
		return;
	for (u32 i = 0; i < helper->nr; i++)
		print_argument(tracer, run, helper->id, &helper->outputs[i]);
}

static u32 callee(const struct bu_run *run, const struct bu_op *op)
{
	return (u32)(op->code == BU_OP_CALL_REG ? run->regs[op->dst] : op->imm);
}

static void before_call(struct bu_tracer *tracer, struct bu_run *run, const struct bu_op *op)
{
	u32 id = callee(run, op);
	char call[sizeof(tracer->call)];

	bu_trace_call(run, id, &run->regs[1], call, sizeof(call));
	flush_call(tracer, run);
	print_source(tracer, run);
	memcpy(tracer->call, call, sizeof(call));
}

static void before(void *arg, struct bu_run *run)
{
	const struct bu_op *op = &run->prog->ops[run->insn];
	struct bu_tracer *tracer = arg;
	char text[128];

	if (tracer->what & BU_TRACE_INSN) {
		bu_prog_disasm(run->prog, run->insn, text, sizeof(text));
		print(tracer, run, "%u: %s", run->insn, text);
	}
	if (tracer->what & BU_TRACE_MEM) {
		tracer->access = access_of(run);
		tracer->helper.run = NULL;
	}
	if (tracer->what & BU_TRACE_MEM && is_call(run, op))
		before_accesses(tracer, run, callee(run, op));
	if (tracer->what & BU_TRACE_CALL && is_call(run, op))
		before_call(tracer, run, op);
}

/* A field that the machine serves (xdp_md.data) is not memory: then the register has the value. */
static u64 value_at(const struct bu_run *run, const struct bu_op *op,
		    const struct bu_trace_access *access)
{
	const void *at = bu_mem_readable(&run->kernel->arena, access->address, access->size);
	u64 value = run->regs[op->dst];

	if (at) {
		value = 0;
		memcpy(&value, at, access->size);
	}
	return value;
}

static void after_access(struct bu_tracer *tracer, struct bu_run *run, const struct bu_op *op)
{
	const struct bu_trace_access *access = &tracer->access;
	char place[320], value[320];

	bu_trace_value(run, access->address, place, sizeof(place));
	bu_trace_value(run, value_at(run, op, access), value, sizeof(value));
	print(tracer, run, "%s %u byte%s at %s: %s",
	      !access->store ? "read"
	      : access->load ? "update"
			     : "write",
	      access->size, access->size == 1 ? "" : "s", place, value);
}

static void after_call(struct bu_tracer *tracer, struct bu_run *run, const struct bu_op *op)
{
	char value[320], text[900];

	bu_trace_value(run, run->regs[0], value, sizeof(value));
	if (tracer->call[0])
		snprintf(text, sizeof(text), "%s = %s", tracer->call, value);
	else
		snprintf(text, sizeof(text), "(call at instruction %u) = %s", op->insn, value);
	tracer->call[0] = '\0';
	print_text(tracer, run, text);
}

static void after(void *arg, struct bu_run *run, const struct bu_op *op)
{
	struct bu_tracer *tracer = arg;

	if (tracer->what & BU_TRACE_MEM && tracer->access.size)
		after_access(tracer, run, op);
	tracer->access.size = 0;
	if (tracer->what & BU_TRACE_CALL && (bu_patch_code(run->prog, op) == BU_OP_CALL_HELPER ||
					     (op->code == BU_OP_CALL_REG && tracer->call[0])))
		after_call(tracer, run, op);
	if (tracer->what & BU_TRACE_MEM)
		after_accesses(tracer, run);
}

void bu_trace_begin(struct bu_tracer *tracer, struct bu_kernel *kernel)
{
	tracer->hook = (struct bu_hook){ .before = before, .after = after, .arg = tracer };
	tracer->access = (struct bu_trace_access){ 0 };
	tracer->helper.run = NULL;
	tracer->call[0] = tracer->last_file[0] = '\0';
	tracer->last_line = 0;
	bu_hook_add(kernel, &tracer->hook);
}

void bu_trace_end(struct bu_tracer *tracer, struct bu_kernel *kernel)
{
	bu_hook_remove(kernel, &tracer->hook);
}
