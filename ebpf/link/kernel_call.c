// SPDX-License-Identifier: BSD-2-Clause
/*
 * Functions that the kernel has for tests of tracing programs. A call of one goes through what is
 * attached to it as the kernel's would: kprobes at the entry, fentry, fmod_ret (the first value
 * other than 0 is returned in the function's place), the function with kprobes inside of it, fexit,
 * kretprobes. Source: net/bpf/test_run.c, arch/x86/net/bpf_jit_comp.c, kernel/trace/ftrace.c
 * (6.12). Differs: registers other than those of arguments, return value, stack and instruction are
 * zero.
 */
#include "ebpf/link/kernel_call.h"

#include "ebpf/kernel.h"
#include "ebpf/link/fire.h"
#include "ebpf/link/symbols.h"

#include <linux/ptrace.h>
#include <stdio.h>
#include <string.h>

#define CALLER 0xffffffff81000000 /* where calls return to: the beginning of the text */

/* Registers by the ABI: those of arguments in their order, the return value's, the stack's, the
 * instruction's. What does not fit lies on the stack, behind the return address if that does. */
#ifdef __aarch64__
typedef struct user_pt_regs regs_t;
#define ARGUMENT_OFFSETS                                                                           \
	{                                                                                          \
		offsetof(regs_t, regs[0]), offsetof(regs_t, regs[1]), offsetof(regs_t, regs[2]),   \
			offsetof(regs_t, regs[3]), offsetof(regs_t, regs[4]),                      \
			offsetof(regs_t, regs[5]), offsetof(regs_t, regs[6]),                      \
			offsetof(regs_t, regs[7])                                                  \
	}
#define RETURN_REGISTER regs[0]
#define STACK_REGISTER  sp
#define INSN_REGISTER   pc
#else
typedef struct pt_regs regs_t;
#define ARGUMENT_OFFSETS                                                                           \
	{                                                                                          \
		offsetof(regs_t, rdi), offsetof(regs_t, rsi), offsetof(regs_t, rdx),               \
			offsetof(regs_t, rcx), offsetof(regs_t, r8), offsetof(regs_t, r9)          \
	}
#define RETURN_REGISTER rax
#define STACK_REGISTER  rsp
#define INSN_REGISTER   rip
#endif

struct call {
	struct bu_kernel *kernel;
	const struct bu_kernel_call *what;
	u64 words[BU_KERNEL_CALL_ARGS + 1]; /* the context of a trampoline's programs */
	u64 *stack;                         /* in the arena, at the function's entry */
	u64 address;
	bool faulted;
	int err;
};

/* All that is attached to the place; what the programs decided. */
static u64 fire(struct call *call, const char *kind, const char *name, void *ctx, u32 size)
{
	struct bu_fired fired;
	int err = bu_fire(call->kernel, kind, name, ctx, size, &fired);

	if (err)
		call->err = err;
	call->faulted |= fired.faulted;
	return fired.result;
}

static void fire_at_entry(struct call *call, const char *name)
{
	static const u16 offsets[] = ARGUMENT_OFFSETS;
	regs_t regs = { 0 };

	for (u32 i = 0; i < BU_MIN(call->what->nr, (u32)BU_ARRAY_SIZE(offsets)); i++)
		memcpy((u8 *)&regs + offsets[i], &call->words[i], sizeof(u64));
	regs.STACK_REGISTER = (uintptr_t)call->stack;
	regs.INSN_REGISTER = call->address;
	fire(call, "kprobe", name, &regs, sizeof(regs));
}

static void fire_at_return(struct call *call, u64 result)
{
	regs_t regs = { 0 };

	regs.RETURN_REGISTER = result;
	regs.STACK_REGISTER = (uintptr_t)(call->stack + 1);
	regs.INSN_REGISTER = CALLER;
	fire(call, "kretprobe", call->what->name, &regs, sizeof(regs));
}

static u32 run_body(struct call *call)
{
	char inside[BU_PLACE_SIZE];

	snprintf(inside, sizeof(inside), "%s+0x*", call->what->name);
	fire_at_entry(call, inside);
	return call->what->body(call->what->args, call->what->nr);
}

/* The frame that the caller made: its return address, and arguments beyond those in registers. */
static u64 *push(struct bu_kernel *kernel, const struct bu_kernel_call *what)
{
	static const struct bu_region_info info = { .kind = BU_REGION_KOBJ, .label = "stack" };
	static const u16 offsets[] = ARGUMENT_OFFSETS;
	u64 *stack = bu_arena_scratch(&kernel->arena, (BU_KERNEL_CALL_ARGS + 1) * sizeof(u64),
				      BU_READ, &info);

	if (!stack)
		return NULL;
	stack[0] = CALLER;
	for (u32 i = BU_ARRAY_SIZE(offsets); i < what->nr; i++)
		stack[i - BU_ARRAY_SIZE(offsets) + 1] = what->args[i];
	return stack;
}

static u32 run_call(struct call *call)
{
	const char *name = call->what->name;
	u32 nr = call->what->nr;
	u64 result;

	fire_at_entry(call, name);
	fire(call, "fentry", name, call->words, nr * sizeof(u64));
	result = fire(call, "fmod_ret", name, call->words, (nr + 1) * sizeof(u64));
	if (!result)
		result = run_body(call);
	call->words[nr] = result;
	fire(call, "fexit", name, call->words, (nr + 1) * sizeof(u64));
	fire_at_return(call, result);
	return result;
}

int bu_kernel_call(struct bu_kernel *kernel, const struct bu_kernel_call *what, u32 *result)
{
	const struct bu_symbol *symbol = bu_symbol_find(kernel, what->name);
	struct call call = { .kernel = kernel, .what = what };
	u64 mark = bu_arena_mark(&kernel->arena);

	memcpy(call.words, what->args, what->nr * sizeof(u64));
	call.address = symbol ? symbol->address : 0;
	call.stack = push(kernel, what);
	if (call.stack)
		*result = run_call(&call);
	bu_arena_release(&kernel->arena, mark);
	if (!call.stack || call.err)
		return -ENOMEM;
	return call.faulted ? -EFAULT : 0;
}

/* The functions. An argument that points points to `pointee`. */

#define POINTER 0xffffffffffffffff

static u32 add_one(const u64 *args, u32 nr)
{
	(void)nr;
	return args[0] + 1;
}

static u32 sum(const u64 *args, u32 nr)
{
	u32 result = 0;

	for (u32 i = 0; i < nr; i++)
		result += args[i];
	return result;
}

static u32 dereference(const u64 *args, u32 nr)
{
	(void)nr;
	return *(const u32 *)(uintptr_t)args[0];
}

/* The second argument's value, which becomes one more, with all others. */
static u32 modify(const u64 *args, u32 nr)
{
	u32 *value = (u32 *)(uintptr_t)args[1], others = args[0];

	for (u32 i = 2; i < nr; i++)
		others += args[i];
	return others + ++*value;
}

static const struct bu_kernel_call fentry_tests[] = {
	{ "bpf_fentry_test1", add_one, 1, { 1 } },
	{ "bpf_fentry_test2", sum, 2, { 2, 3 } },
	{ "bpf_fentry_test3", sum, 3, { 4, 5, 6 } },
	{ "bpf_fentry_test4", sum, 4, { 7, 8, 9, 10 } },
	{ "bpf_fentry_test5", sum, 5, { 11, 12, 13, 14, 15 } },
	{ "bpf_fentry_test6", sum, 6, { 16, 17, 18, 19, 20, 21 } },
	{ "bpf_fentry_test7", sum, 1, { 0 } },
	{ "bpf_fentry_test8", dereference, 1, { POINTER } },
	{ "bpf_fentry_test9", dereference, 1, { POINTER } },
	{ "bpf_fentry_test10", sum, 1, { 0 } },
};
static const u32 fentry_results[] = { 2, 5, 15, 34, 65, 111, 0, 0, 0, 0 };
_Static_assert(BU_ARRAY_SIZE(fentry_results) == BU_ARRAY_SIZE(fentry_tests), "one for each");

static const struct bu_kernel_call modify_tests[] = {
	{ "bpf_modify_return_test", modify, 2, { 1, POINTER } },
	{ "bpf_modify_return_test2", modify, 7, { 1, POINTER, 3, 4, 5, 6, 7 } },
};

void bu_kernel_call_names(void (*visit)(const char *name, void *arg), void *arg)
{
	for (size_t i = 0; i < BU_ARRAY_SIZE(fentry_tests); i++)
		visit(fentry_tests[i].name, arg);
	for (size_t i = 0; i < BU_ARRAY_SIZE(modify_tests); i++)
		visit(modify_tests[i].name, arg);
}

/* Call it with memory of its caller's that pointers point to and programs may read. */
static int call_on(struct bu_kernel *kernel, const struct bu_kernel_call *test, u64 *pointee,
		   u32 *result)
{
	static const struct bu_region_info info = { .kind = BU_REGION_KOBJ, .label = "variable" };
	struct bu_kernel_call call = *test;
	u64 mark = bu_arena_mark(&kernel->arena), *memory;
	int err = -ENOMEM;

	memory = bu_arena_scratch(&kernel->arena, sizeof(*memory), BU_READ, &info);
	if (memory) {
		*memory = *pointee;
		for (u32 i = 0; i < call.nr; i++) {
			if (call.args[i] == POINTER)
				call.args[i] = (uintptr_t)memory;
		}
		err = bu_kernel_call(kernel, &call, result);
		*pointee = *memory;
	}
	bu_arena_release(&kernel->arena, mark);
	return err;
}

int bu_kernel_call_fentry_tests(struct bu_kernel *kernel)
{
	u64 nothing = 0;
	u32 result;
	int err = 0;

	for (size_t i = 0; !err && i < BU_ARRAY_SIZE(fentry_tests); i++) {
		err = call_on(kernel, &fentry_tests[i], &nothing, &result);
		if (!err && result != fentry_results[i])
			err = -EFAULT;
	}
	return err;
}

int bu_kernel_call_modify_tests(struct bu_kernel *kernel, u32 *retval)
{
	u16 side_effects = 0, sum_of_results = 0;
	int err = 0;

	for (size_t i = 0; !err && i < BU_ARRAY_SIZE(modify_tests); i++) {
		u64 value = 2;
		u32 result = 0;

		err = call_on(kernel, &modify_tests[i], &value, &result);
		side_effects += value != 2;
		sum_of_results += result;
	}
	*retval = (u32)side_effects << 16 | sum_of_results;
	return err;
}
