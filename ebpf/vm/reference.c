/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a run has acquired and must release before it ends. All are counted; of the first few it is
 * known what they are and where they were acquired.
 */
#include "ebpf/kernel.h"

#include <stdio.h>
#include <string.h>

void bu_run_acquire(struct bu_run *run, const void *object)
{
	struct bu_reference *reference;

	if (!run->references++)
		memset(run->held, 0, sizeof(run->held));
	for (reference = run->held; reference < run->held + BU_MAX_HELD; reference++) {
		if (!reference->object) {
			*reference = (struct bu_reference){ object, run->prog, run->insn };
			return;
		}
	}
}

void bu_run_release(struct bu_run *run, const void *object)
{
	if (!run->references)
		return;
	run->references--;
	for (u32 i = 0; i < BU_MAX_HELD; i++) {
		if (run->held[i].object == object) {
			run->held[i].object = NULL;
			return;
		}
	}
}

/* "record of ring buffer 'events'"; yields what was not done with it. */
static const char *name_object(const struct bu_run *run, const void *object, char *text,
			       size_t size)
{
	const struct bu_region *region = bu_arena_region(&run->kernel->arena, object);
	const struct bu_map *map = region ? region->info.owner : NULL;

	if (map && region->info.kind == BU_REGION_RINGBUF) {
		snprintf(text, size, "record of ring buffer '%s'", map->name);
		return "neither submitted nor discarded";
	}
	if (map && region->info.kind == BU_REGION_MAP_VALUE) {
		snprintf(text, size, "spin lock in value of map '%s'", map->name);
		return "not unlocked";
	}
	if (region && region->info.kind == BU_REGION_STACK)
		snprintf(text, size, "iterator, dynptr or saved flags");
	else if (region && region->info.kind == BU_REGION_KOBJ && region->info.label)
		snprintf(text, size, "kernel object %s", region->info.label);
	else
		snprintf(text, size, "object");
	return "not released";
}

static const struct bu_reference *oldest(const struct bu_run *run)
{
	for (u32 i = 0; i < BU_MAX_HELD; i++) {
		if (run->held[i].object)
			return &run->held[i];
	}
	return NULL;
}

/* Sections that kernel functions open are counted only. */
static void check_sections(struct bu_run *run)
{
	if (run->rcu_locks)
		bu_fault_raise(run, BU_FAULT_LEAK,
			       "in an RCU section: bpf_rcu_read_unlock() was not called");
	else if (run->preempt_locks)
		bu_fault_raise(run, BU_FAULT_LEAK,
			       "preemption is disabled: bpf_preempt_enable() was not called");
}

void bu_run_check_leaks(struct bu_run *run)
{
	const struct bu_reference *held = run->references ? oldest(run) : NULL;
	const struct bu_line *line;
	const char *lack;
	char name[64], place[128] = "", more[48] = "";

	if (!run->references) {
		check_sections(run);
		return;
	}
	if (!held) {
		bu_fault_raise(run, BU_FAULT_LEAK, "%llu references",
			       (unsigned long long)run->references);
		return;
	}
	lack = name_object(run, held->object, name, sizeof(name));
	line = bu_prog_line(held->prog, held->insn);
	if (line)
		snprintf(place, sizeof(place), " (%.100s:%u)", line->file, line->line);
	if (run->references > 1)
		snprintf(more, sizeof(more), "; and %llu more",
			 (unsigned long long)run->references - 1);
	bu_fault_raise(run, BU_FAULT_LEAK, "%s, acquired by instruction %u%s, was %s%s", name,
		       held->insn, place, lack, more);
}
