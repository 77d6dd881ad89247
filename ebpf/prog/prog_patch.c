// SPDX-License-Identifier: BSD-2-Clause
/*
 * A patched operation stands for its function's entry, unless control jumped back to it from inside
 * the function. Programs around the function are runs nested in that of the function's program;
 * they see its arguments, and the function itself runs in the frame that its caller made. Source:
 * arch_prepare_bpf_trampoline(), arch/x86/net/bpf_jit_comp.c; bpf_trampoline_link_prog(),
 * kernel/bpf/trampoline.c (6.12).
 *
 * An argument that is the context (struct xdp_md) is for them what the kernel has behind it (struct
 * xdp_buff): ebpf/prog/kernel_ctx.h.
 */
#include "ebpf/prog/prog_patch.h"

#include "ebpf/kernel.h"
#include "ebpf/prog/kernel_ctx.h"
#include "ebpf/vm/decode.h"
#include "ebpf/vm/vm.h"

#include <stdlib.h>
#include <string.h>

#define MAX_ARGS 5 /* in registers */

static int start_of(const struct bu_prog *prog, u32 btf_id, u32 *insn)
{
	for (u32 i = 0; i < prog->nr_func_info; i++) {
		if (prog->func_info[i].type_id == btf_id) {
			*insn = prog->func_info[i].insn_off;
			return 0;
		}
	}
	return -EINVAL;
}

static u32 args_of(const struct bu_prog *prog, u32 btf_id)
{
	const struct btf_type *func = bu_btf_type(prog->btf, btf_id);
	const struct btf_type *proto = func ? bu_btf_type(prog->btf, func->type) : NULL;

	return proto ? BU_MIN(BTF_INFO_VLEN(proto->info), (u32)MAX_ARGS) : 0;
}

static struct bu_patch **find(struct bu_prog *prog, u32 insn)
{
	struct bu_patch **patch = &prog->patches;

	while (*patch && (*patch)->insn != insn)
		patch = &(*patch)->next;
	return patch;
}

u16 bu_patch_code(const struct bu_prog *prog, const struct bu_op *op)
{
	if (bu_likely(op->code != BU_OP_PATCHED))
		return op->code;
	return (*find((struct bu_prog *)prog, op->insn))->code;
}

/* Exchange the operation; loops of the function that lead to it go through the patch, too. */
static struct bu_patch *make(struct bu_prog *target, u32 insn, u32 nr_args)
{
	const void *const *handlers = bu_vm_handlers();
	struct bu_patch *patch = calloc(1, sizeof(*patch));
	struct bu_op *op = &target->ops[insn];

	if (!patch)
		return NULL;
	*patch = (struct bu_patch){
		.next = target->patches,
		.insn = insn,
		.nr_args = nr_args,
		.handler = op->handler,
		.code = op->code,
	};
	target->patches = patch;
	op->code = BU_OP_PATCHED;
	if (handlers)
		op->handler = handlers[BU_OP_PATCHED];
	return patch;
}

static void unmake(struct bu_prog *target, struct bu_patch **link)
{
	struct bu_patch *patch = *link;

	*link = patch->next;
	target->ops[patch->insn].code = patch->code;
	target->ops[patch->insn].handler = patch->handler;
	free(patch->links);
	free(patch);
}

int bu_patch_add(struct bu_prog *target, u32 btf_id, struct bu_link *link)
{
	struct bu_patch *patch;
	struct bu_link **links;
	u32 insn;
	int err = start_of(target, btf_id, &insn);

	if (err)
		return err;
	patch = *find(target, insn);
	if (!patch)
		patch = make(target, insn, args_of(target, btf_id));
	if (!patch)
		return -ENOMEM;
	links = reallocarray(patch->links, patch->nr_links + 1, sizeof(*links));
	if (links) {
		links[patch->nr_links++] = link;
		patch->links = links;
	} else if (!patch->nr_links) {
		unmake(target, find(target, insn));
	}
	return links ? 0 : -ENOMEM;
}

void bu_patch_remove(struct bu_prog *target, u32 btf_id, struct bu_link *link)
{
	struct bu_patch *patch;
	u32 insn, i = 0;

	if (start_of(target, btf_id, &insn))
		return;
	patch = *find(target, insn);
	while (patch && i < patch->nr_links && patch->links[i] != link)
		i++;
	if (!patch || i == patch->nr_links)
		return;
	patch->nr_links--;
	memmove(&patch->links[i], &patch->links[i + 1],
		(patch->nr_links - i) * sizeof(struct bu_link *));
	if (!patch->nr_links)
		unmake(target, find(target, insn));
}

static bool is_extension(const struct bu_patch *patch)
{
	return patch->links[0]->prog->prog_type == BPF_PROG_TYPE_EXT;
}

bool bu_patch_extends(const struct bu_prog *target)
{
	const struct bu_patch *patch = target->patches;

	while (patch && !is_extension(patch))
		patch = patch->next;
	return patch;
}

void bu_patch_free(struct bu_prog *target)
{
	while (target->patches)
		unmake(target, &target->patches);
}

/* Whether control came here by a jump, from where the function began to the end of it. */
static bool jumped_back(const struct bu_run *run, const struct bu_op *op)
{
	const struct bu_edge *edge = &run->trail[(run->trail_at - 1) % BU_TRAIL];
	const struct bu_func *func = bu_prog_func(run->prog, op->insn);
	u32 class;

	if (!run->trail_at || edge->to != op || edge->from < &run->prog->ops[func->start] ||
	    edge->from >= &run->prog->ops[func->end])
		return false;
	class = BPF_CLASS(run->prog->insns[edge->from->insn].code);
	if (class != BPF_JMP && class != BPF_JMP32)
		return false;
	return BPF_OP(run->prog->insns[edge->from->insn].code) != BPF_CALL;
}

static enum bu_patch_next extend(struct bu_run *run, const struct bu_op *op, struct bu_prog *prog)
{
	int func = bu_prog_func_at(run->prog, op->insn);

	bu_entry_counters(run->prog)[func]--; /* it was not entered */
	bu_entry_counters(prog)[0]++;
	bu_run_trail(run, op, prog->ops);
	run->prog = prog;
	run->base = run->depth;
	run->budget -= prog->funcs[0].end;
	return BU_PATCH_EXTENSION;
}

static void run_link(struct bu_run *outer, const struct bu_link *link, const u64 *ctx, u32 words)
{
	struct bu_run run;

	if (bu_run_is_missed(outer->kernel, link->prog, BU_GUARD_PROG))
		return;
	bu_run_begin(&run, outer->kernel, link->prog);
	run.guard = BU_GUARD_PROG;
	run.cpu = outer->cpu;
	run.attach_cookie = link->cookie;
	if (!bu_run_set_ctx(&run, ctx, words * sizeof(u64)))
		bu_run_exec(&run);
	bu_run_end(&run);
}

/* The arguments as they are for programs of the kernel's types. */
static void translate(struct bu_run *run, u64 *ctx, u32 nr_args)
{
	u64 address = 0;

	for (u32 i = 0; i < nr_args; i++) {
		if (!run->ctx || ctx[i] != (uintptr_t)run->ctx)
			continue;
		if (!address)
			address = bu_kernel_ctx(run);
		ctx[i] = address;
	}
}

/* All programs of one kind, latest first. */
static void run_links(struct bu_run *run, const struct bu_patch *patch, u32 kind, const u64 *ctx)
{
	u32 words = patch->nr_args + (kind == BPF_TRACE_FEXIT);
	u64 mark = bu_arena_mark(&run->kernel->arena), seen[MAX_ARGS + 1];

	memcpy(seen, ctx, sizeof(seen));
	translate(run, seen, patch->nr_args);
	for (u32 i = patch->nr_links; i-- > 0;) {
		if (patch->links[i]->attach_type == kind)
			run_link(run, patch->links[i], seen, words);
	}
	bu_arena_release(&run->kernel->arena, mark);
}

static enum bu_patch_next surround(struct bu_run *run, const struct bu_op *op,
				   const struct bu_patch *patch)
{
	u64 ctx[MAX_ARGS + 1] = { 0 }, args[MAX_ARGS], r0;

	memcpy(args, &run->regs[1], sizeof(args));
	memcpy(ctx, args, patch->nr_args * sizeof(u64));
	run_links(run, patch, BPF_TRACE_FENTRY, ctx);
	memcpy(&run->regs[1], args, sizeof(args));
	run->bypassed = op;
	r0 = bu_vm_run(run, op->insn, run->depth);
	if (run->fault.kind != BU_FAULT_NONE)
		return BU_PATCH_FAULT;
	ctx[patch->nr_args] = r0;
	run_links(run, patch, BPF_TRACE_FEXIT, ctx);
	run->regs[0] = r0;
	return BU_PATCH_RETURN;
}

enum bu_patch_next bu_patch_enter(struct bu_run *run, const struct bu_op *op,
				  const struct bu_patch **patch)
{
	*patch = *find((struct bu_prog *)run->prog, op->insn);
	run->insn = op->insn;
	if (run->bypassed == op || jumped_back(run, op)) {
		run->bypassed = NULL;
		return BU_PATCH_ORIGINAL;
	}
	if (is_extension(*patch))
		return extend(run, op, (*patch)->links[0]->prog);
	return surround(run, op, *patch);
}
