// SPDX-License-Identifier: BSD-2-Clause
/*
 * Runs: set-up, frames, packet, callbacks.
 *
 * Invariants: all that a run allocates lies in the scratch zone above its mark, so bu_run_end
 * releases it in one step. A frame's memory is made when its depth is first reached and reused
 * after that; outside its function's activation it is inaccessible. After a fault nothing of the
 * run is unwound: its report shows registers and frames as they were.
 */
#include "ebpf/vm/run.h"

#include "ebpf/kernel.h"
#include "ebpf/vm/decode.h"
#include "ebpf/vm/view.h"
#include "ebpf/vm/vm.h"

#include <stdio.h>
#include <string.h>

#define MAY_GOTO_MAX (8U << 20) /* Source: BPF_MAX_LOOPS */

/* Written out, for compilers make of a loop or memset() the slow `rep stos`. */
static void clear_registers(u64 regs[11])
{
	regs[0] = regs[1] = regs[2] = regs[3] = regs[4] = regs[5] = 0;
	regs[6] = regs[7] = regs[8] = regs[9] = regs[10] = 0;
}

void bu_run_begin(struct bu_run *run, struct bu_kernel *kernel, const struct bu_prog *prog)
{
	if (bu_unlikely(kernel->stats))
		bu_fd_reap(kernel); /* they end with the last descriptor */
	run->kernel = kernel;
	run->prog = run->first = prog;
	run->outer = kernel->run;
	run->ctx = NULL;
	run->ctx_size = 0;
	run->cpu = kernel->env.cpu;
	run->tail_calls = 0;
	run->depth = run->base = 0;
	run->insn = 0;
	run->budget = kernel->budget;
	clear_registers(run->regs);
	run->nr_frames = 0;
	memset(&run->packet, 0, sizeof(run->packet));
	run->tail_call_target = 0;
	run->attach_cookie = run->func_ip = 0;
	run->guard = BU_GUARD_NONE;
	run->session = NULL;
	run->seq = NULL;
	run->views = NULL;
	run->bypassed = NULL;
	run->prints = false;
	run->rcu_locks = run->preempt_locks = 0;
	run->references = 0;
	run->trail_at = 0;
	run->fault.kind = BU_FAULT_NONE;
	run->mark = bu_arena_mark(&kernel->arena);
	kernel->run = run;
	kernel->running++;
}

void bu_run_end(struct bu_run *run)
{
	bu_arena_release(&run->kernel->arena, run->mark);
	if (bu_unlikely(run->views))
		bu_views_free(run);
	run->kernel->run = run->outer;
	if (!--run->kernel->running && bu_unlikely(run->kernel->nr_pending))
		bu_object_put_pending(run->kernel);
}

/* Runs that are nested in each other are on one CPU. */
bool bu_run_is_missed(const struct bu_kernel *kernel, struct bu_prog *prog, enum bu_guard guard)
{
	const struct bu_run *run = guard == BU_GUARD_NONE ? NULL : kernel->run;

	for (; run; run = run->outer) {
		if (guard == BU_GUARD_PROG ? run->guard == guard && run->first == prog
					   : run->guard >= BU_GUARD_EVENTS)
			break;
	}
	if (run && guard != BU_GUARD_SAMPLES)
		prog->misses++;
	return run;
}

int bu_run_set_ctx(struct bu_run *run, const void *ctx, u32 size)
{
	const struct bu_prog_type *type = run->prog->type;
	struct bu_region_info info = { .kind = BU_REGION_CTX, .label = type ? type->name : NULL };

	run->ctx = bu_arena_scratch(&run->kernel->arena, size, BU_RW, &info);
	if (!run->ctx)
		return -ENOMEM;
	run->ctx_size = size;
	if (ctx)
		memcpy(run->ctx, ctx, size);
	if (type && type->guard_ctx)
		type->guard_ctx(run);
	return 0;
}

/* A buffer of `size` bytes, all inaccessible. */
static u8 *packet_buffer(struct bu_run *run, u64 size)
{
	static const struct bu_region_info info = { .kind = BU_REGION_PACKET };
	u8 *head = bu_arena_scratch(&run->kernel->arena, size, BU_RW, &info);

	if (head)
		bu_arena_set_access(&run->kernel->arena, head, size, BU_NONE);
	return head;
}

int bu_run_set_packet(struct bu_run *run, const void *data, u32 size, u32 headroom, u32 tailroom)
{
	u64 total = (u64)headroom + size + tailroom;
	u8 *head = packet_buffer(run, total);

	if (!head)
		return -ENOMEM;
	run->packet = (struct bu_packet){ .head = head,
					  .meta = head + headroom,
					  .data = head + headroom,
					  .end = head + headroom + size,
					  .limit = head + total };
	if (data)
		memcpy(run->packet.data, data, size);
	bu_arena_set_access(&run->kernel->arena, run->packet.data, size, BU_RW);
	return 0;
}

int bu_run_set_frags(struct bu_run *run, const void *data, u32 size)
{
	struct bu_packet *packet = &run->packet;
	u32 room = (size + BU_FRAG_BYTES - 1) / BU_FRAG_BYTES * BU_FRAG_BYTES;
	u8 *frags = size ? packet_buffer(run, room) : NULL;

	if (size && !frags)
		return -ENOMEM;
	if (size) {
		memcpy(frags, data, size);
		bu_arena_set_access(&run->kernel->arena, frags, size, BU_RW);
	}
	if (packet->frags)
		bu_arena_set_access(&run->kernel->arena, packet->frags, packet->frags_size,
				    BU_NONE);
	packet->frags = frags;
	packet->frags_size = size;
	return 0;
}

/* Copy what `from` and `to` have in common of [start, start + size), counted from their heads. */
static void copy_common(const struct bu_packet *from, const struct bu_packet *to, s64 shift)
{
	u8 *meta = to->data - (from->data - from->meta), *start;

	/* Metadata moves with the data; the data stays where it was in the buffer. */
	start = BU_MAX(meta, to->meta);
	if (start < to->data)
		memcpy(start, from->data - (to->data - start), to->data - start);
	start = BU_MAX(from->data + shift, to->data);
	if (start < BU_MIN(from->end + shift, to->end))
		memcpy(start, start - shift, BU_MIN(from->end + shift, to->end) - start);
}

int bu_run_adjust_packet(struct bu_run *run, s32 head_delta, s32 tail_delta, s32 meta_delta)
{
	struct bu_packet old = run->packet, new = old;
	u64 total = old.limit - old.head;
	s64 data = old.data - old.head + head_delta, end = old.end - old.head + tail_delta;
	s64 meta = old.meta - old.head + (s64)head_delta + meta_delta;

	if (!old.head || meta < 0 || meta > data || data > end || end > (s64)total)
		return -EINVAL;
	new.head = packet_buffer(run, total);
	if (!new.head)
		return -ENOMEM;
	new.meta = new.head + meta;
	new.data = new.head + data;
	new.end = new.head + end;
	new.limit = new.head + total;
	copy_common(&old, &new, new.head - old.head);
	bu_arena_set_access(&run->kernel->arena, new.meta, new.end - new.meta, BU_RW);
	bu_arena_set_access(&run->kernel->arena, old.head, total, BU_NONE);
	run->packet = new;
	return 0;
}

static u8 *new_stack(struct bu_run *run)
{
	static const struct bu_region_info info = { .kind = BU_REGION_STACK };

	return bu_arena_scratch(&run->kernel->arena, BU_STACK_SIZE, BU_NONE, &info);
}

void bu_vm_reset_frame(struct bu_run *run)
{
	struct bu_frame *frame = &run->frames[run->depth];

	bu_arena_set_access(&run->kernel->arena, frame->stack, BU_STACK_SIZE, BU_WRITE);
	frame->may_goto = MAY_GOTO_MAX;
}

/* Give the frame at run->depth memory, and r10. */
static bool open_frame(struct bu_run *run)
{
	struct bu_frame *frame = &run->frames[run->depth];

	if (run->depth >= run->nr_frames) {
		frame->stack = new_stack(run);
		if (!frame->stack)
			return false;
		run->nr_frames = run->depth + 1;
	}
	bu_vm_reset_frame(run);
	run->regs[10] = (u64)(frame->stack + BU_STACK_SIZE);
	return true;
}

bool bu_vm_push_frame(struct bu_run *run, u32 return_insn)
{
	struct bu_frame *frame = &run->frames[run->depth + 1];

	if (run->depth + 1 - run->base >= BU_MAX_FRAMES)
		return false;
	frame->prog = run->prog;
	frame->return_insn = return_insn;
	frame->base = run->base;
	memcpy(frame->saved, &run->regs[6], sizeof(frame->saved));
	run->depth++;
	if (open_frame(run))
		return true;
	run->depth--;
	return false;
}

void bu_vm_pop_frame(struct bu_run *run)
{
	struct bu_frame *frame = &run->frames[run->depth--];

	bu_arena_set_access(&run->kernel->arena, frame->stack, BU_STACK_SIZE, BU_NONE);
	memcpy(&run->regs[6], frame->saved, sizeof(frame->saved));
	run->regs[10] = (u64)(run->frames[run->depth].stack + BU_STACK_SIZE);
	run->prog = frame->prog;
	run->base = frame->base;
}

/* Where control ended for good: in the instruction that faulted, and in each call that did not
 * return to a frame from `last` on. */
static void count_stops(const struct bu_run *run, u32 last)
{
	u32 depth;

	bu_stop_counters(run->fault.prog)[run->fault.insn]++;
	for (depth = run->depth; depth > last; depth--) {
		const struct bu_frame *frame = &run->frames[depth];

		bu_stop_counters(frame->prog)[frame->return_insn - 1]++;
	}
}

void bu_run_throw(struct bu_run *run, u64 cookie)
{
	if (run->fault.kind != BU_FAULT_NONE)
		return;
	run->fault.kind = BU_FAULT_THROWN;
	run->fault.prog = run->prog;
	run->fault.insn = run->insn;
	run->cookie = cookie;
}

/* Without a callback the program returns the cookie, as in the kernel, and that is worth a note. */
static u64 default_exception(struct bu_run *run, const struct bu_prog *prog, u32 insn)
{
	const struct bu_line *line = bu_prog_line(prog, insn);
	char at[128] = "";

	if (line)
		snprintf(at, sizeof(at), "%.100s:%u, ", line->file, line->line);
	bu_warn(run->kernel,
		"bpf_throw(%llu) at %sinstruction %u of '%s' met no exception callback: "
		"the program returned %llu",
		(unsigned long long)run->cookie, at, insn, prog->name,
		(unsigned long long)run->cookie);
	return run->cookie;
}

/* Source: bpf_throw() in kernel/bpf/helpers.c (6.12): the callback of the program that runs, in its
 * main function's frame. After a tail call from a subprogram, and in an extension, this is not the
 * first frame. */
u64 bu_run_catch(struct bu_run *run)
{
	const struct bu_prog *thrower = run->fault.prog;
	u32 insn = run->fault.insn, base = run->base;
	int func;
	u64 r0;

	count_stops(run, base);
	run->fault.kind = BU_FAULT_NONE;
	while (run->depth > base)
		bu_vm_pop_frame(run);
	if (!run->prog->exception_insn)
		return default_exception(run, thrower, insn);
	func = bu_prog_func_at(run->prog, run->prog->exception_insn);
	bu_vm_reset_frame(run);
	run->regs[1] = run->cookie;
	bu_entry_counters(run->prog)[func]++;
	bu_run_trail(run, &thrower->ops[insn], &run->prog->ops[run->prog->exception_insn]);
	r0 = bu_vm_run(run, run->prog->exception_insn, base);
	if (run->fault.kind == BU_FAULT_THROWN) {
		run->fault.kind = BU_FAULT_NONE;
		bu_fault_raise(run, BU_FAULT_BAD_INSTRUCTION,
			       "bpf_throw() in an exception callback");
	}
	return r0;
}

/* After the VM: exceptions, leaks, and the fault's report. */
static u64 finish(struct bu_run *run, u64 r0)
{
	if (bu_unlikely(run->fault.kind == BU_FAULT_THROWN))
		r0 = bu_run_catch(run);
	if (bu_likely(run->fault.kind == BU_FAULT_NONE)) {
		if (bu_unlikely(run->references | run->rcu_locks | run->preempt_locks))
			bu_run_check_leaks(run);
		if (bu_likely(run->fault.kind == BU_FAULT_NONE))
			return r0;
	} else { /* what leaks has come to its end, which is counted already */
		count_stops(run, 0);
	}
	if (run->kernel->on_fault)
		run->kernel->on_fault(run->kernel->on_fault_arg, run);
	return 0;
}

/* The first frame; false with a fault. */
static bool begin(struct bu_run *run)
{
	run->depth = run->base = 0;
	if (open_frame(run))
		return true;
	bu_fault_raise(run, BU_FAULT_STACK_OVERFLOW, "no memory for the stack is left");
	return false;
}

static u64 run_timed(struct bu_run *run)
{
	struct bu_prog *prog = (struct bu_prog *)run->prog;
	u64 begin = bu_stats_begin(run->kernel), result = bu_vm_run(run, 0, 0);

	bu_stats_end(prog, begin);
	return finish(run, result);
}

u64 bu_run_exec(struct bu_run *run)
{
	run->regs[1] = (u64)run->ctx;
	if (!begin(run))
		return 0;
	bu_entry_counters(run->prog)[0]++;
	if (bu_likely(!run->kernel->stats))
		return finish(run, bu_vm_run(run, 0, 0));
	return run_timed(run);
}

/* Index of the function at a callback's address, or -1 with a fault. */
static int callback_func(struct bu_run *run, u64 callback)
{
	u64 at = callback - (u64)run->prog->code;
	int func = -1;

	if (at % 8 == 0 && at / 8 < run->prog->nr_insns)
		func = bu_prog_func_at(run->prog, at / 8);
	if (func < 0)
		bu_fault_raise(run, BU_FAULT_BAD_ARGUMENT,
			       "the callback is not the address of a function of this program");
	return func;
}

u64 bu_run_exec_callback(struct bu_run *run, u64 callback, u64 a1, u64 a2, u64 a3)
{
	int func = callback_func(run, callback);
	u32 start;

	if (func < 0 || !begin(run))
		return 0;
	start = run->prog->funcs[func].start;
	run->insn = start;
	run->regs[1] = a1;
	run->regs[2] = a2;
	run->regs[3] = a3;
	run->budget -= run->prog->funcs[func].end - start;
	if (run->budget < 0) {
		bu_fault_raise(run, BU_FAULT_BUDGET,
			       "timers that expire at the same time have used it up: one starts "
			       "itself anew without delay");
		return finish(run, 0);
	}
	bu_entry_counters(run->prog)[func]++;
	return finish(run, bu_vm_run(run, start, 0));
}

/* Enter a callback's frame; false with a fault. */
static bool enter_callback(struct bu_run *run, int func)
{
	run->budget -= run->prog->funcs[func].end - run->prog->funcs[func].start;
	if (run->budget < 0) {
		bu_fault_budget(run);
		return false;
	}
	if (!bu_vm_push_frame(run, run->insn + 1)) {
		bu_fault_raise(run, BU_FAULT_STACK_OVERFLOW,
			       "at most %d functions can be active at a time", BU_MAX_FRAMES);
		return false;
	}
	bu_entry_counters(run->prog)[func]++;
	return true;
}

u64 bu_run_callback(struct bu_run *run, u64 callback, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	u64 saved[6], r0, args[5] = { a1, a2, a3, a4, a5 };
	u32 insn = run->insn, depth = run->depth;
	const struct bu_op *from;
	int func;

	if (run->fault.kind != BU_FAULT_NONE)
		return 0;
	func = callback_func(run, callback);
	if (func < 0 || !enter_callback(run, func))
		return 0;
	memcpy(saved, run->regs, sizeof(saved));
	memcpy(&run->regs[1], args, sizeof(args));
	bu_run_trail(run, &run->prog->ops[insn], &run->prog->ops[run->prog->funcs[func].start]);
	r0 = bu_vm_run(run, run->prog->funcs[func].start, depth + 1);
	if (run->fault.kind == BU_FAULT_THROWN && run->base == depth + 1)
		r0 = bu_run_catch(run); /* the callback is an extension's now */
	if (run->fault.kind != BU_FAULT_NONE)
		return 0;
	from = &run->prog->ops[run->insn];
	bu_vm_pop_frame(run);
	bu_run_trail(run, from, &run->prog->ops[insn + 1]);
	memcpy(run->regs, saved, sizeof(saved));
	run->insn = insn;
	return r0;
}
