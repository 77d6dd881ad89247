// SPDX-License-Identifier: BSD-2-Clause
/*
 * Gathering what a report says while the run's memory, maps and programs are still there.
 *
 * Source lines come from line_info, which holds their text when the object was compiled with -g;
 * when it does not, the file itself is looked at.
 */
#include "ebpf/vm/fault_info.h"

#include "ebpf/kernel.h"
#include "ebpf/vm/fault_text.h"
#include "ebpf/vm/ring_record.h"
#include "ebpf/vm/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void copy(char *to, size_t size, const char *text)
{
	snprintf(to, size, "%s", text ? text : "");
}

/* A line of a file without indentation and newline; "" when it cannot be read. */
static void read_line(const char *path, u32 line, char *text, size_t size)
{
	FILE *file = fopen(path, "re");
	char buffer[512] = "";
	u32 at = 0;

	text[0] = '\0';
	if (!file)
		return;
	while (at < line && fgets(buffer, sizeof(buffer), file))
		at += strchr(buffer, '\n') || strlen(buffer) + 1 < sizeof(buffer);
	if (at == line && line)
		copy(text, size, buffer + strspn(buffer, " \t"));
	text[strcspn(text, "\r\n")] = '\0';
	fclose(file);
}

static void set_source(struct bu_fault_place *place, const struct bu_line *line)
{
	const char *text = line->text ? line->text + strspn(line->text, " \t") : "";

	copy(place->file, sizeof(place->file), line->file);
	place->line = line->line;
	place->column = line->column;
	if (text[0])
		copy(place->text, sizeof(place->text), text);
	else
		read_line(place->file, place->line, place->text, sizeof(place->text));
}

static void set_place(struct bu_fault_place *place, const struct bu_prog *prog, u32 insn,
		      const char *func)
{
	const struct bu_line *line = bu_prog_line(prog, insn);

	place->insn = insn;
	copy(place->prog, sizeof(place->prog), prog->name);
	copy(place->func, sizeof(place->func), func && func[0] ? func : prog->name);
	bu_prog_disasm(prog, insn, place->disasm, sizeof(place->disasm));
	if (line && line->file)
		set_source(place, line);
}

static void set_frames(struct bu_fault_info *info, const struct bu_run *run)
{
	u32 depth, insn = run->fault.insn;
	const struct bu_prog *prog = run->fault.prog;

	for (depth = run->depth + 1; depth-- > 0 && info->nr_frames < BU_MAX_FRAMES;) {
		if (depth < run->depth) {
			prog = run->frames[depth + 1].prog;
			insn = run->frames[depth + 1].return_insn - 1;
		}
		set_place(&info->frames[info->nr_frames++], prog, insn, bu_frame_func(run, depth));
	}
}

static void set_steps(struct bu_fault_info *info, const struct bu_run *run)
{
	struct bu_step steps[BU_TRAIL];

	info->nr_steps = bu_run_steps(run, steps);
	for (u32 i = 0; i < info->nr_steps; i++) {
		const struct bu_func *func = bu_prog_func(steps[i].prog, steps[i].insn);

		set_place(&info->steps[i], steps[i].prog, steps[i].insn, func ? func->name : NULL);
	}
}

static void set_registers(struct bu_fault_info *info, const struct bu_run *run)
{
	for (u32 i = 0; i < 11; i++) {
		const struct bu_region *region =
			bu_arena_region(&run->kernel->arena, (void *)run->regs[i]);

		info->regs[i] = run->regs[i];
		if (region)
			bu_region_place(run, region, run->regs[i], info->points_to[i],
					sizeof(info->points_to[i]));
	}
}

/* "inserted by user space", "inserted at flow.bpf.c:57 (instruction 9 of 'count')" */
static void name_origin(const struct bu_run *run, const char *what, u32 prog_id, u32 insn,
			char *text, size_t size)
{
	struct bu_object *object =
		prog_id ? bu_object_by_id(run->kernel, BU_OBJECT_PROG, prog_id) : NULL;
	const struct bu_prog *prog =
		object ? bu_container_of(object, struct bu_prog, object) : NULL;
	const struct bu_line *line = prog ? bu_prog_line(prog, insn) : NULL;

	if (!prog_id)
		snprintf(text, size, "%s by user space", what);
	else if (!prog)
		snprintf(text, size, "%s by a program that has been unloaded", what);
	else if (line && line->file)
		snprintf(text, size, "%s at %.160s:%u (instruction %u of '%s')", what, line->file,
			 line->line, insn, prog->name);
	else
		snprintf(text, size, "%s by instruction %u of '%s'", what, insn, prog->name);
}

static void set_element_origin(struct bu_fault_info *info, const struct bu_run *run,
			       const struct bu_elem_tag *tag)
{
	name_origin(run, "inserted", tag->prog, tag->insn, info->origin[0],
		    sizeof(info->origin[0]));
	if (tag->freed)
		name_origin(run, "deleted or replaced", tag->freed_prog, tag->freed_insn,
			    info->origin[1], sizeof(info->origin[1]));
}

static void set_record_origin(struct bu_fault_info *info, const struct bu_run *run, u64 record)
{
	const struct bu_reference *held;

	for (held = run->held; run->references && held < run->held + BU_MAX_HELD; held++) {
		if (held->object && (u64)held->object == record)
			name_origin(run, "reserved", held->prog->object.id, held->insn,
				    info->origin[0], sizeof(info->origin[0]));
	}
}

/* Of what a view is onto. */
static void set_seen_origin(struct bu_fault_info *info, const struct bu_run *run,
			    const struct bu_view *view)
{
	const struct bu_region *region = bu_arena_region(&run->kernel->arena, (void *)view->target);
	const struct bu_elem_tag *tag = region ? bu_region_tag(region, view->target) : NULL;
	struct bu_ring_record record;

	if (tag)
		set_element_origin(info, run, tag);
	else if (region && region->info.kind == BU_REGION_RINGBUF && !region->freed &&
		 bu_ring_record_at(region, view->target, &record) && record.open)
		set_record_origin(info, run, record.start);
}

static void set_origin(struct bu_fault_info *info, const struct bu_run *run)
{
	const struct bu_region *region = bu_fault_region(run);
	const struct bu_elem_tag *tag = region ? bu_region_tag(region, info->address) : NULL;

	if (tag)
		set_element_origin(info, run, tag);
	else if (region && region->info.kind == BU_REGION_VIEW)
		set_seen_origin(info, run, region->info.owner);
	else if (region && region->info.kind == BU_REGION_RINGBUF)
		/* The open record that the bad access is measured from. */
		set_record_origin(info, run, bu_fault_record(run, region));
}

struct bu_fault_info *bu_fault_info(const struct bu_fault *fault, const struct bu_run *run)
{
	struct bu_fault_info *info = calloc(1, sizeof(*info));

	if (!info)
		return NULL;
	info->kind = fault->kind;
	info->write = fault->write;
	info->size = fault->size;
	info->address = fault->address;
	copy(info->where, sizeof(info->where), fault->where);
	copy(info->hint, sizeof(info->hint), fault->hint);
	if (!run || !run->kernel || !fault->prog)
		return info;
	set_frames(info, run);
	set_steps(info, run);
	set_registers(info, run);
	if (info->size)
		set_origin(info, run);
	return info;
}
