/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See ebpf/link/kernel_event.h. What is attached to the raw tracepoint runs before what is attached
 * to its event. Source: include/trace/events/bpf_test_run.h, kernel/trace/bpf_trace.h (6.12).
 */
#include "ebpf/link/kernel_event.h"

#include "ebpf/kernel.h"
#include "ebpf/link/fire.h"

#include <string.h>

#define MAX_LINE 1024 /* Source: BPF_TRACE_PRINTK_SIZE */

struct head { /* of an event's record */
	u16 type;
	u8 flags, preempt_count;
	s32 pid;
};

static bool anything_attached(const struct bu_kernel *kernel)
{
	return kernel->next_id[BU_OBJECT_LINK] > 1 || kernel->next_id[BU_OBJECT_PERF_EVENT] > 1;
}

/* 0, -EFAULT: a program faulted, or -ENOMEM. */
static int fire(struct bu_kernel *kernel, const char *kind, const char *name, void *ctx, u32 size)
{
	struct bu_fired fired;
	int err = bu_fire(kernel, kind, name, ctx, size, &fired);

	return !err && fired.faulted ? -EFAULT : err;
}

static int fire_raw(struct bu_kernel *kernel, const char *name, const void *argument)
{
	u64 address = (uintptr_t)argument;

	return fire(kernel, "raw_tp", name, &address, sizeof(address));
}

static void fire_finish(struct bu_kernel *kernel, s32 *result)
{
	struct {
		struct head head;
		s32 result;
	} record = { .head.pid = kernel->env.pid };
	int err = fire_raw(kernel, "bpf_test_finish", result);

	if (err)
		*result = err;
	record.result = *result;
	err = fire(kernel, "tp", "bpf_test_run/bpf_test_finish", &record, sizeof(record));
	if (err)
		*result = err;
}

int bu_kernel_test_finish(struct bu_kernel *kernel, int err)
{
	static const struct bu_region_info info = { .kind = BU_REGION_KOBJ, .label = "int" };
	u64 mark = bu_arena_mark(&kernel->arena);
	s32 *result;

	if (!anything_attached(kernel))
		return err;
	result = bu_arena_scratch(&kernel->arena, sizeof(*result), BU_RW, &info);
	if (result) {
		*result = err;
		fire_finish(kernel, result);
		err = *result;
	}
	bu_arena_release(&kernel->arena, mark);
	return err;
}

static void fire_printk(struct bu_kernel *kernel, const char *line, u32 size)
{
	struct {
		struct head head;
		u32 location; /* of the text: its size, and where in the record */
		char text[MAX_LINE + 1];
	} record = { .head.pid = kernel->env.pid };
	u32 begin = offsetof(typeof(record), text);

	record.location = size << 16 | begin;
	memcpy(record.text, line, size);
	fire(kernel, "tp", "bpf_trace/bpf_trace_printk", &record, BU_ROUND_UP(begin + size, 8));
}

void bu_kernel_trace_printk(struct bu_kernel *kernel, const char *line)
{
	static const struct bu_region_info info = { .kind = BU_REGION_KOBJ, .label = "char" };
	u64 mark = bu_arena_mark(&kernel->arena);
	u32 size = BU_MIN(strlen(line) + 1, (size_t)MAX_LINE + 1);
	char *copy;

	if (!anything_attached(kernel))
		return;
	copy = bu_arena_scratch(&kernel->arena, size, BU_READ, &info);
	if (copy) {
		memcpy(copy, line, size);
		fire_raw(kernel, "bpf_trace_printk", copy);
		fire_printk(kernel, line, size);
	}
	bu_arena_release(&kernel->arena, mark);
}
