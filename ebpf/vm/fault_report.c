// SPDX-License-Identifier: BSD-2-Clause
/*
 * The report of a fault, for people:
 *
 *	out of bounds: read of 4 bytes at 0x7f0010002040, at the end of value of map 'flows' ...
 *	  inserted at flow.bpf.c:57 (instruction 9 of 'count')
 *	  at instruction 23 of program 'count': r1 = *(u32 *)(r0 +64)
 *	  hint: ...
 *	  #0 parse at flow.bpf.c:42:7: x = flow->ports[16];
 *	  #1 count at flow.bpf.c:80:9: parse(ctx);
 *	  r0 = 0x7f0010002000, at offset 0 of value of map 'flows' (64 bytes)
 *	  r1 = 0x0  r2 = 0x2a ...
 *	  last instructions:
 *	    22: if r0 == 0x0 goto pc+4           flow.bpf.c:41
 *	  > 23: r1 = *(u32 *)(r0 +64)            flow.bpf.c:42
 */
#include "ebpf/vm/fault_info.h"

#include <stdlib.h>
#include <string.h>

static void add_head(struct bu_log *log, const struct bu_fault_info *info)
{
	bu_log_add(log, "%s", bu_fault_kind_name(info->kind));
	if (info->size)
		bu_log_add(log, ": %s of %u byte%s at 0x%llx", info->write ? "write" : "read",
			   info->size, info->size == 1 ? "" : "s",
			   (unsigned long long)info->address);
	if (info->where[0])
		bu_log_add(log, "%s %s", info->size ? "," : ":", info->where);
	for (u32 i = 0; i < BU_ARRAY_SIZE(info->origin); i++)
		if (info->origin[i][0])
			bu_log_add(log, "\n  %s", info->origin[i]);
}

static void add_insn(struct bu_log *log, const struct bu_fault_info *info)
{
	const struct bu_fault_place *at = &info->frames[0];

	bu_log_add(log, "\n  at instruction %u of program '%s': %s", at->insn, at->prog,
		   at->disasm);
	if (info->hint[0])
		bu_log_add(log, "\n  hint: %s", info->hint);
}

static void add_frame(struct bu_log *log, const struct bu_fault_place *place, u32 nr)
{
	bu_log_add(log, "\n  #%u %s", nr, place->func);
	if (place->file[0])
		bu_log_add(log, " at %s:%u", place->file, place->line);
	else
		bu_log_add(log, " at instruction %u", place->insn);
	if (place->column)
		bu_log_add(log, ":%u", place->column);
	if (place->text[0])
		bu_log_add(log, ": %s", place->text);
}

/* Pointers one a line with what they point to, the rest together. */
static void add_registers(struct bu_log *log, const struct bu_fault_info *info)
{
	bool first = true;

	for (u32 i = 0; i < 11; i++) {
		if (info->points_to[i][0])
			bu_log_add(log, "\n  r%u = 0x%llx, %s", i,
				   (unsigned long long)info->regs[i], info->points_to[i]);
	}
	for (u32 i = 0; i < 11; i++) {
		if (info->points_to[i][0])
			continue;
		bu_log_add(log, "%sr%u = 0x%llx", first ? "\n  " : "  ", i,
			   (unsigned long long)info->regs[i]);
		first = false;
	}
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Oldest first, as they were executed; the program is named where it changes. */
static void add_steps(struct bu_log *log, const struct bu_fault_info *info)
{
	const char *prog = info->nr_steps ? info->steps[info->nr_steps - 1].prog : "";

	if (info->nr_steps < 2)
		return;
	bu_log_add(log, "\n  last instructions:");
	for (u32 i = info->nr_steps; i-- > 0;) {
		const struct bu_fault_place *step = &info->steps[i];

		if (strcmp(prog, step->prog))
			bu_log_add(log, "\n    (program '%s')", step->prog);
		prog = step->prog;
		bu_log_add(log, "\n  %c %u: %s", i ? ' ' : '>', step->insn, step->disasm);
		if (step->file[0])
			bu_log_add(log, "  ; %s:%u", base_name(step->file), step->line);
	}
}

char *bu_fault_text(const struct bu_fault_info *info)
{
	struct bu_log log = { 0 };

	add_head(&log, info);
	if (info->nr_frames)
		add_insn(&log, info);
	else if (info->hint[0])
		bu_log_add(&log, "\n  hint: %s", info->hint);
	for (u32 i = 0; i < info->nr_frames; i++)
		add_frame(&log, &info->frames[i], i);
	if (info->nr_frames)
		add_registers(&log, info);
	add_steps(&log, info);
	return log.text;
}

char *bu_fault_report(const struct bu_fault *fault, const struct bu_run *run)
{
	struct bu_fault_info *info = bu_fault_info(fault, run);
	char *text = info ? bu_fault_text(info) : NULL;

	free(info);
	return text;
}
