// SPDX-License-Identifier: BSD-2-Clause
/*
 * The interpreter. One case an operation; what branches or calls is written out, the rest is made
 * of the rows of insns.def. Cases are entered by computed goto, or by a switch (BU_VM_SWITCH, or
 * compilers without labels as values).
 *
 * Invariants: registers live in run->regs, so helpers and reports see them as they are. Every
 * access to memory is checked against the arena's shadow before it happens, except that accesses of
 * the frame with a constant offset have been found to lie in it when they were decoded and check
 * initialisation alone. The budget is charged on backward jumps and on calls, the only ways to
 * loop.
 *
 * With BU_VM_HOOKED (vm_hooked.c) it is compiled a second time, as the interpreter of runs that are
 * watched: a switch that calls the kernel's hook around each instruction.
 */
#include "ebpf/vm/vm.h"
#include "ebpf/kernel.h"
#include "ebpf/link/iter.h"
#include "ebpf/prog/prog_patch.h"
#include "ebpf/vm/decode.h"
#include "ebpf/vm/view.h"

#include <string.h>

#if !defined(BU_VM_SWITCH) && !defined(__GNUC__)
#define BU_VM_SWITCH
#endif

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the interpreter runs little-endian programs on little-endian hosts"
#endif

#define ARENA_GUARD 32768 /* what an instruction's offset reaches. Source: kernel/bpf/arena.c */

/* Memory that programs address: any alignment, any type. */
#define BU_AT(type, address)                                                                       \
	(((struct __attribute__((packed, may_alias)) { type value; } *)(uintptr_t)(address))->value)

/* Whether the granule's byte `have` covers `size` bytes at `offset`, all within the granule. */
static inline bool covers(u8 have, u64 offset, u32 size)
{
	if (size == 8)
		return have == 0xff && !(offset & 7);
	return !(((1u << size) - 1) << (offset & 7) & ~(u32)have);
}

static inline u8 covering(u64 offset, u32 size)
{
	return ((1u << size) - 1) << (offset & 7);
}

/* Source: BPF_PROBE_MEM32 of kernel/bpf/verifier.c (6.12). Differs: streams say nothing of it. */
static bool is_forgiven(const struct bu_run *run, u64 address)
{
	const struct bu_map *map = run->prog->arena;
	u64 offset = map ? address - (u64)map->arena.memory + ARENA_GUARD : 0;

	return run->kernel->arenas_forgive && map &&
	       (address <= UINT32_MAX || offset < map->arena.size + 2 * ARENA_GUARD);
}

/* Loads that the fast path did not settle: those that straddle granules, and context fields. */
static __attribute__((noinline)) bool load_slow(struct bu_run *run, const struct bu_op *op,
						u64 address, u32 size, u64 *value)
{
	const void *from = bu_mem_readable(&run->kernel->arena, address, size);
	u64 field = address - (u64)run->ctx;

	*value = 0;
	if (from) {
		memcpy(value, from, size);
		return true;
	}
	if (field < run->ctx_size && run->prog->type && run->prog->type->ctx_load &&
	    run->prog->type->ctx_load(run, field, size, value))
		return true;
	if (is_forgiven(run, address))
		return true;
	if (bu_map_load_field(run, address, size, value))
		return true;
	run->insn = op->insn;
	bu_fault_access(run, address, size, false);
	return false;
}

static __attribute__((noinline)) bool store_slow(struct bu_run *run, const struct bu_op *op,
						 u64 address, u32 size, u64 value)
{
	void *to = bu_mem_written(&run->kernel->arena, address, size);

	if (to) {
		memcpy(to, &value, size);
		return true;
	}
	if (is_forgiven(run, address))
		return true;
	run->insn = op->insn;
	bu_fault_access(run, address, size, true);
	return false;
}

static __attribute__((noinline, cold)) void fault_uninitialised(struct bu_run *run,
								const struct bu_op *op, u32 size)
{
	run->insn = op->insn;
	bu_fault_access(run, run->regs[10] + op->off, size, false);
}

/* Where an atomic operation acts that the fast path refused; NULL: it is a fault. */
static __attribute__((noinline)) void *atomic_slow(struct bu_run *run, const struct bu_op *op,
						   u64 address, u32 size)
{
	void *at = bu_mem_readable(&run->kernel->arena, address, size);

	if (at && !(address % size) && bu_mem_written(&run->kernel->arena, address, size))
		return at;
	run->insn = op->insn;
	if (address % size)
		bu_fault_misaligned(run, address, size, true);
	else
		bu_fault_access(run, address, size, at != NULL);
	return NULL;
}

/* Source: bpf_tail_call in ___bpf_prog_run() (6.12): the frame is kept, so a tail call from a
 * subprogram returns to that subprogram's caller. NULL: the limit is reached, or no such program.
 */
static const struct bu_prog *take_tail_call(struct bu_run *run)
{
	struct bu_object *object =
		bu_object_by_id(run->kernel, BU_OBJECT_PROG, run->tail_call_target);

	run->tail_call_target = 0;
	if (!object || run->tail_calls >= BU_MAX_TAIL_CALLS)
		return NULL;
	run->tail_calls++;
	return bu_container_of(object, struct bu_prog, object);
}

/* Call of an address: a subprogram's index, -2 for a helper's id, or -1: neither. */
static int call_target(const struct bu_run *run, u64 address)
{
	if (address < BU_HELPER_MAX)
		return -2;
	return bu_prog_func_at(run->prog, bu_prog_insn_at(run->prog, address));
}

#ifdef BU_VM_HOOKED
#define AFTER(op_) bu_hook_after(run, op_)
#else
#define AFTER(op_)
#endif

/* The formatter knows no macros that are cases. */
/* clang-format off */

#ifdef BU_VM_SWITCH
#define CASE(name) case BU_OP_##name: op_##name: __attribute__((unused));
#define NEXT_AT(op_)                                                                               \
	{                                                                                          \
		AFTER(op);                                                                         \
		op = (op_);                                                                        \
		goto again;                                                                        \
	}
#else
#define CASE(name) op_##name:
#define NEXT_AT(op_)                                                                               \
	{                                                                                          \
		op = (op_);                                                                        \
		goto *op->handler;                                                                 \
	}
#endif
/* The case of an operation that another one has taken the place of. */
#ifdef BU_VM_SWITCH
#define DISPATCH(patch_) { code = (patch_)->code; goto dispatch; }
#else
#define DISPATCH(patch_) goto *(patch_)->handler;
#endif
#define NEXT NEXT_AT(op + 1)
#define DST regs[op->dst]
#define SRC regs[op->src]
#define SHADOW(offset) (shadow + ((offset) >> 3) * 2)

#define TAKE_JUMP(op_)                                                                             \
	{                                                                                          \
		counters[op->insn]++;                                                              \
		run->budget -= op->aux;                                                            \
		if (bu_unlikely(run->budget < 0))                                                  \
			goto out_of_budget;                                                        \
		bu_run_trail(run, op, op_);                                                        \
		NEXT_AT(op_)                                                                       \
	}

#define ALU_CASE(name, unsigned_type, signed_type, bits, operand, result)                          \
	CASE(name)                                                                                 \
	{                                                                                          \
		typedef unsigned_type U;                                                           \
		typedef signed_type S __attribute__((unused));                                     \
		enum { BITS = bits };                                                              \
		U d __attribute__((unused)) = DST, s = operand;                                    \
                                                                                                   \
		DST = (U)(result);                                                                 \
		NEXT                                                                               \
	}
#define ALU_CASES(name, opcode, offset, symbol, result)                                            \
	ALU_CASE(name##32_K, u32, s32, 32, op->imm, result)                                        \
	ALU_CASE(name##32_X, u32, s32, 32, SRC, result)                                            \
	ALU_CASE(name##64_K, u64, s64, 64, op->imm, result)                                        \
	ALU_CASE(name##64_X, u64, s64, 64, SRC, result)

#define UNARY_CASE(name, result)                                                                   \
	CASE(name)                                                                                 \
	{                                                                                          \
		u64 d __attribute__((unused)) = DST, s __attribute__((unused)) = SRC;              \
                                                                                                   \
		DST = result;                                                                      \
		NEXT                                                                               \
	}

#define JUMP_CASE(name, unsigned_type, signed_type, operand, condition)                            \
	CASE(name)                                                                                 \
	{                                                                                          \
		typedef unsigned_type U;                                                           \
		typedef signed_type S __attribute__((unused));                                     \
		U d = DST, s = operand;                                                            \
                                                                                                   \
		if (condition)                                                                     \
			TAKE_JUMP(op + op->off)                                                    \
		NEXT                                                                               \
	}
#define JUMP_CASES(name, opcode, symbol, condition)                                                \
	JUMP_CASE(name##32_K, u32, s32, op->imm, condition)                                        \
	JUMP_CASE(name##32_X, u32, s32, SRC, condition)                                            \
	JUMP_CASE(name##64_K, u64, s64, op->imm, condition)                                        \
	JUMP_CASE(name##64_X, u64, s64, SRC, condition)

/* `extend`, `widen`: how what is loaded becomes 64 bits; a context's field may be a whole pointer. */
#define LOAD_CASE(name, type, extend, widen)                                                       \
	CASE(name)                                                                                 \
	{                                                                                          \
		u64 address = SRC + op->off, offset = address - base, value;                       \
                                                                                                   \
		if (bu_likely(offset < size &&                                                     \
			      covers(*SHADOW(offset), offset, sizeof(type))))                      \
			DST = (u64)(extend)BU_AT(type, address);                                   \
		else if (load_slow(run, op, address, sizeof(type), &value))                        \
			DST = widen;                                                               \
		else                                                                               \
			goto faulted;                                                              \
		NEXT                                                                               \
	}
#define STORE_CASE(name, type, operand)                                                            \
	CASE(name)                                                                                 \
	{                                                                                          \
		u64 address = DST + op->off, offset = address - base;                              \
                                                                                                   \
		if (bu_likely(offset < size &&                                                     \
			      covers(SHADOW(offset)[1], offset, sizeof(type)))) {                  \
			*SHADOW(offset) |= covering(offset, sizeof(type));                         \
			BU_AT(type, address) = operand;                                            \
		} else if (!store_slow(run, op, address, sizeof(type), operand)) {                 \
			goto faulted;                                                              \
		}                                                                                  \
		NEXT                                                                               \
	}
#ifdef BU_VM_HOOKED
#define FUSED_CASE(first, second, effect) CASE(first##_##second) goto op_##first;
#else
#define FUSED_CASE(first, second, effect)                                                          \
	CASE(first##_##second)                                                                     \
	{                                                                                          \
		effect;                                                                            \
		op++;                                                                              \
		goto op_##second;                                                                  \
	}
#endif
#define FP_BITS(type) (sizeof(type) == 8 ? 0xff : (u8)(op->imm >> 32))
#define LOAD_FP_CASE(name, type)                                                                   \
	CASE(name)                                                                                 \
	{                                                                                          \
		if (bu_unlikely(FP_BITS(type) & ~fp_shadow[op->aux])) {                            \
			fault_uninitialised(run, op, sizeof(type));                                \
			goto faulted;                                                              \
		}                                                                                  \
		DST = BU_AT(type, regs[10] + op->off);                                             \
		NEXT                                                                               \
	}
#define STORE_FP_CASE(name, type, operand)                                                         \
	CASE(name)                                                                                 \
	{                                                                                          \
		fp_shadow[op->aux] |= FP_BITS(type);                                               \
		BU_AT(type, regs[10] + op->off) = operand;                                         \
		NEXT                                                                               \
	}
/* Load-acquire and store-release: as loads and stores, which are atomic here when they are aligned. */
#define ORDERED_CASE(name, plain, type, pointer, write)                                            \
	CASE(name)                                                                                 \
	{                                                                                          \
		u64 address = pointer + op->off;                                                   \
                                                                                                   \
		if (bu_unlikely(address % sizeof(type))) {                                         \
			run->insn = op->insn;                                                      \
			bu_fault_misaligned(run, address, sizeof(type), write);                    \
			goto faulted;                                                              \
		}                                                                                  \
		goto op_##plain;                                                                   \
	}
#define SIZE_CASES(name, opcode, unsigned_type, signed_type)                                       \
	LOAD_CASE(LDX_##name, unsigned_type, unsigned_type, value)                                 \
	LOAD_CASE(LDXS_##name, unsigned_type, signed_type, (u64)(signed_type)value)                \
	ORDERED_CASE(ACQ_##name, LDX_##name, unsigned_type, SRC, false)                            \
	STORE_CASE(STX_##name, unsigned_type, SRC)                                                 \
	ORDERED_CASE(REL_##name, STX_##name, unsigned_type, DST, true)                             \
	STORE_CASE(ST_##name, unsigned_type, op->imm)                                              \
	LOAD_FP_CASE(LDX_FP_##name, unsigned_type)                                                 \
	STORE_FP_CASE(STX_FP_##name, unsigned_type, SRC)                                           \
	STORE_FP_CASE(ST_FP_##name, unsigned_type, (u64)(s32)op->imm)

/* `action` acts on `type *at`. Aligned, readable and writable, or it does not happen. */
#define ATOMIC_CASE(name, type, action)                                                            \
	CASE(name)                                                                                 \
	{                                                                                          \
		u64 address = DST + op->off, offset = address - base;                              \
		type *at = (type *)(uintptr_t)address;                                             \
                                                                                                   \
		if (bu_unlikely(offset >= size || address % sizeof(type) ||                        \
				!covers(SHADOW(offset)[0] & SHADOW(offset)[1], offset,             \
					sizeof(type)))) {                                          \
			at = atomic_slow(run, op, address, sizeof(type));                          \
			if (!at)                                                                   \
				goto faulted;                                                      \
		}                                                                                  \
		action;                                                                            \
		NEXT                                                                               \
	}
#define ATOMIC_CASES(name, immediate, symbol, builtin)                                             \
	ATOMIC_CASE(ATOMIC_##name##32, u32, builtin(at, (u32)SRC, __ATOMIC_SEQ_CST))               \
	ATOMIC_CASE(ATOMIC_##name##64, u64, builtin(at, SRC, __ATOMIC_SEQ_CST))                    \
	ATOMIC_CASE(FETCH_##name##32, u32, SRC = builtin(at, (u32)SRC, __ATOMIC_SEQ_CST))          \
	ATOMIC_CASE(FETCH_##name##64, u64, SRC = builtin(at, SRC, __ATOMIC_SEQ_CST))
#define COMPARE_EXCHANGE(type)                                                                     \
	{                                                                                          \
		type old = regs[0];                                                                \
                                                                                                   \
		__atomic_compare_exchange_n(at, &old, (type)SRC, false, __ATOMIC_SEQ_CST,          \
					    __ATOMIC_SEQ_CST);                                     \
		regs[0] = old;                                                                     \
	}

/* After run->prog or the frame has changed. */
#define RELOAD_PROG (counters = run->prog->counters)
#define RELOAD_FRAME (fp_shadow = SHADOW(regs[10] - (u64)base))

/*
 * Interpret from `op` on until the frame at depth `base_depth` returns. r0; or 0 with run->fault set.
 * `run` NULL: yields the table of handlers instead.
 */
static u64 interpret(struct bu_run *run, const struct bu_op *op, u32 base_depth,
		     const void *const **table)
{
#ifndef BU_VM_SWITCH
	static const void *const labels[BU_OP_MAX] = {
#define LABEL(name) [BU_OP_##name] = &&op_##name,
#define BU_ALU(name, ...) LABEL(name##32_K) LABEL(name##32_X) LABEL(name##64_K) LABEL(name##64_X)
#define BU_JUMP(name, ...) LABEL(name##32_K) LABEL(name##32_X) LABEL(name##64_K) LABEL(name##64_X)
#define BU_UNARY(name, ...) LABEL(name)
#define BU_SIZE(name, ...)                                                                         \
	LABEL(LDX_##name) LABEL(LDXS_##name) LABEL(STX_##name) LABEL(ST_##name)                    \
	LABEL(LDX_FP_##name) LABEL(STX_FP_##name) LABEL(ST_FP_##name) LABEL(ACQ_##name)            \
	LABEL(REL_##name)
#define BU_ATOMIC(name, ...)                                                                       \
	LABEL(ATOMIC_##name##32) LABEL(ATOMIC_##name##64) LABEL(FETCH_##name##32)                  \
	LABEL(FETCH_##name##64)
#define BU_OTHER(name) LABEL(name)
#define BU_FUSED(first, second, ...) LABEL(first##_##second)
#include "ebpf/vm/insns.def"
	};
#endif
	u64 *const regs = run ? run->regs : NULL;
	u64 base, size, *counters;
	u8 *shadow, *fp_shadow;
	int target;
#ifdef BU_VM_SWITCH
	u16 code;
#endif

	if (!run) {
#ifndef BU_VM_SWITCH
		*table = labels;
#else
		*table = NULL;
#endif
		return 0;
	}
	base = (u64)run->kernel->arena.base;
	size = run->kernel->arena.size;
	shadow = run->kernel->arena.shadow;
	RELOAD_PROG;
	RELOAD_FRAME;

#ifdef BU_VM_SWITCH
again:
#ifdef BU_VM_HOOKED
	if (!bu_hook_before(run, op))
		goto faulted;
#endif
	code = op->code;
dispatch:
	switch (code) {
#else
	goto *op->handler;
#endif

#define BU_ALU ALU_CASES
#define BU_UNARY UNARY_CASE
#define BU_JUMP JUMP_CASES
#define BU_SIZE SIZE_CASES
#define BU_ATOMIC ATOMIC_CASES
#define BU_FUSED FUSED_CASE
#include "ebpf/vm/insns.def"
	ATOMIC_CASE(XCHG32, u32, SRC = __atomic_exchange_n(at, (u32)SRC, __ATOMIC_SEQ_CST))
	ATOMIC_CASE(XCHG64, u64, SRC = __atomic_exchange_n(at, SRC, __ATOMIC_SEQ_CST))
	ATOMIC_CASE(CMPXCHG32, u32, COMPARE_EXCHANGE(u32))
	ATOMIC_CASE(CMPXCHG64, u64, COMPARE_EXCHANGE(u64))

	CASE(LDDW)
	{
		DST = op->imm;
		NEXT_AT(op + 2)
	}
	CASE(JA)
	{
		TAKE_JUMP(op + op->off)
	}
	CASE(MAY_GOTO)
	{
		if (run->frames[run->depth].may_goto == 0)
			TAKE_JUMP(op + op->off)
		run->frames[run->depth].may_goto--;
		NEXT
	}
	CASE(GOTOX)
	{
		const struct bu_op *next = bu_vm_gotox(run, op);

		if (!next)
			goto faulted;
		NEXT_AT(next)
	}
	CASE(CALL_REG)
	{
		target = call_target(run, DST);
		if (target == -2)
			goto call_helper;
		if (target >= 0)
			goto call_local;
		run->insn = op->insn;
		bu_fault_poison(run);
		goto faulted;
	}
	CASE(CALL_HELPER)
call_helper:
	{
		run->insn = op->insn;
		regs[0] = bu_helper_call(run, op->code == BU_OP_CALL_REG ? DST : op->imm, &regs[1]);
		if (bu_unlikely(run->fault.kind != BU_FAULT_NONE))
			goto faulted;
		if (bu_unlikely(run->tail_call_target))
			goto tail_call;
		NEXT
	}
	CASE(CALL_LOCAL)
	{
		target = op->imm;
call_local:
		run->budget -= op->aux;
		if (bu_unlikely(run->budget < 0))
			goto out_of_budget;
		if (bu_unlikely(!bu_vm_push_frame(run, op->insn + 1))) {
			run->insn = op->insn;
			bu_fault_depth(run);
			goto faulted;
		}
		RELOAD_FRAME;
		bu_entry_counters(run->prog)[target]++;
		bu_run_trail(run, op, run->prog->ops + run->prog->funcs[target].start);
		NEXT_AT(run->prog->ops + run->prog->funcs[target].start)
	}
	CASE(EXIT)
return_from_frame:
	{
		struct bu_frame *frame = &run->frames[run->depth];

		if (run->depth == base_depth) {
			run->insn = op->insn; /* where a leak is found */
			return regs[0];
		}
		bu_vm_pop_frame(run);
		RELOAD_PROG;
		RELOAD_FRAME;
		bu_run_trail(run, op, run->prog->ops + frame->return_insn);
		NEXT_AT(run->prog->ops + frame->return_insn)
	}
	CASE(CAST_KERN)
	{
		DST = bu_cast_kern(run->prog, SRC);
		NEXT
	}
	CASE(CAST_USER)
	{
		DST = bu_cast_user(run->prog, SRC);
		NEXT
	}
	CASE(LD_PACKET)
	{
		if (bu_vm_load_packet(run, op))
			NEXT
		regs[0] = 0;
		bu_stop_counters(run->prog)[op->insn]++;
		goto return_from_frame;
	}
	CASE(PATCHED)
	{
		const struct bu_patch *patch;
		enum bu_patch_next next = bu_patch_enter(run, op, &patch);

		if (next == BU_PATCH_ORIGINAL)
			DISPATCH(patch)
		if (next == BU_PATCH_RETURN)
			goto return_from_frame;
		if (next == BU_PATCH_FAULT)
			goto faulted;
		RELOAD_PROG;
		NEXT_AT(run->prog->ops)
	}
	CASE(POISON)
	{
		run->insn = op->insn;
		bu_fault_poison(run);
		goto faulted;
	}
#ifdef BU_VM_SWITCH
	}
	__builtin_unreachable();
#endif

tail_call:
	{
		const struct bu_prog *next = take_tail_call(run);

		if (!next)
			NEXT
		bu_stop_counters(run->prog)[op->insn]++;
		run->prog = next;
		run->base = run->depth;
		bu_vm_reset_frame(run);
		RELOAD_PROG;
		bu_entry_counters(next)[0]++;
		bu_run_trail(run, op, next->ops);
		if (bu_unlikely(next->ops->code == BU_OP_PATCHED))
			run->bypassed = next->ops;
		NEXT_AT(next->ops)
	}
out_of_budget:
	if (op->code != BU_OP_CALL_LOCAL && op->code != BU_OP_CALL_REG)
		counters[op->insn]--;
	run->insn = op->insn;
	bu_fault_budget(run);
faulted:
	if (bu_unlikely(run->fault.kind == BU_FAULT_THROWN) && run->base > base_depth) {
		regs[0] = bu_run_catch(run);
		if (run->fault.kind == BU_FAULT_NONE)
			goto return_from_frame;
	}
	return 0;
}

/* clang-format on */

#ifdef BU_VM_HOOKED
u64 bu_vm_run_hooked(struct bu_run *run, u32 insn, u32 base_depth)
{
	return interpret(run, &run->prog->ops[insn], base_depth, NULL);
}
#else
const void *const *bu_vm_handlers(void)
{
	const void *const *table;

	interpret(NULL, NULL, 0, &table);
	return table;
}

u64 bu_vm_run(struct bu_run *run, u32 insn, u32 base_depth)
{
	if (bu_unlikely(run->kernel->hook))
		return bu_vm_run_hooked(run, insn, base_depth);
	return interpret(run, &run->prog->ops[insn], base_depth, NULL);
}
#endif
