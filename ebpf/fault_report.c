// SPDX-License-Identifier: BSD-2-Clause
/*
 * The report of a fault, for people:
 *
 *	out of bounds: read of 4 bytes at 0x7f0010002040, at the end of value of map 'flows' (64
 *bytes) at instruction 23: r1 = *(u32 *)(r0 +64) hint: ... #0 parse at flow.bpf.c:42: x =
 *flow->ports[16]; #1 classify at flow.bpf.c:80: parse(ctx); r0 = 0x7f0010002000, at offset 0 of
 *value of map 'flows' (64 bytes) r1 = 0x0  r2 = 0x2a ...
 */
#include "ebpf/fault.h"

#include "ebpf/fault_text.h"
#include "ebpf/kernel.h"
#include "ebpf/log.h"

#include <string.h>

static void add_head(struct bu_log *log, const struct bu_fault *fault)
{
	bu_log_add(log, "%s", bu_fault_kind_name(fault->kind));
	if (fault->size)
		bu_log_add(log, ": %s of %u byte%s at 0x%llx", fault->write ? "write" : "read",
			   fault->size, fault->size == 1 ? "" : "s",
			   (unsigned long long)fault->address);
	if (fault->where[0])
		bu_log_add(log, "%s %s", fault->size ? "," : ":", fault->where);
}

static void add_insn(struct bu_log *log, const struct bu_fault *fault)
{
	char text[128];

	bu_prog_disasm(fault->prog, fault->insn, text, sizeof(text));
	bu_log_add(log, "\n  at instruction %u of program '%s': %s", fault->insn, fault->prog->name,
		   text);
	if (fault->hint[0])
		bu_log_add(log, "\n  hint: %s", fault->hint);
}

static const char *skip_blanks(const char *text)
{
	return text + strspn(text, " \t");
}

static void add_frame(struct bu_log *log, const struct bu_run *run, u32 depth, u32 nr)
{
	const struct bu_prog *prog = run->fault.prog;
	const struct bu_line *line;
	u32 insn = run->fault.insn;

	if (depth < run->depth) {
		prog = run->frames[depth + 1].prog;
		insn = run->frames[depth + 1].return_insn - 1;
	}
	bu_log_add(log, "\n  #%u %s", nr, bu_frame_func(run, depth));
	line = bu_prog_line(prog, insn);
	if (!line || !line->file)
		bu_log_add(log, " at instruction %u", insn);
	else
		bu_log_add(log, " at %s:%u", line->file, line->line);
	if (line && line->column)
		bu_log_add(log, ":%u", line->column);
	if (line && line->text && line->text[0])
		bu_log_add(log, ": %s", skip_blanks(line->text));
}

static void add_stack(struct bu_log *log, const struct bu_run *run)
{
	u32 depth;

	for (depth = run->depth + 1; depth-- > 0;)
		add_frame(log, run, depth, run->depth - depth);
}

/* Pointers one a line with what they point to, the rest together. */
static void add_registers(struct bu_log *log, const struct bu_run *run)
{
	const struct bu_region *region;
	bool first = true;
	char place[256];
	u32 i;

	for (i = 0; i < 11; i++) {
		region = bu_arena_region(&run->kernel->arena, (void *)run->regs[i]);
		if (!region)
			continue;
		bu_region_place(run, region, run->regs[i], place, sizeof(place));
		bu_log_add(log, "\n  r%u = 0x%llx, %s", i, (unsigned long long)run->regs[i], place);
	}
	for (i = 0; i < 11; i++) {
		if (bu_arena_region(&run->kernel->arena, (void *)run->regs[i]))
			continue;
		bu_log_add(log, "%sr%u = 0x%llx", first ? "\n  " : "  ", i,
			   (unsigned long long)run->regs[i]);
		first = false;
	}
}

char *bu_fault_report(const struct bu_fault *fault, const struct bu_run *run)
{
	struct bu_log log = { 0 };

	add_head(&log, fault);
	if (fault->prog)
		add_insn(&log, fault);
	if (run && run->kernel && fault->prog) {
		add_stack(&log, run);
		add_registers(&log, run);
	}
	return log.text;
}
