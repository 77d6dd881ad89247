// SPDX-License-Identifier: BSD-2-Clause
/*
 * Hooks and sessions. A session's run is a coroutine: its stack holds the interpreter and whatever
 * helpers, callbacks and nested runs are active, so all of them stop and go on together.
 *
 * Invariant: kernel->session is the session whose stack the thread is on, NULL on the thread's own.
 * AddressSanitizer is told of each switch of stacks.
 */
#include "ebpf/vm/hook.h"

#include "ebpf/kernel.h"
#include "ebpf/syscall.h"
#include "ebpf/vm/decode.h"
#include "ebpf/vm/vm.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define SANITIZED
#endif
#ifdef SANITIZED
#include <sanitizer/common_interface_defs.h>
#define LEAVE_STACK(fake, bottom, size) __sanitizer_start_switch_fiber(fake, bottom, size)
#define ENTER_STACK(fake, bottom, size) __sanitizer_finish_switch_fiber(fake, bottom, size)
#else
#define LEAVE_STACK(fake, bottom, size) (void)(size)
#define ENTER_STACK(fake, bottom, size) (void)(fake)
#endif

#define SESSION_STACK (512 * 1024) /* eight frames of callbacks, and mocks in C */
#define GUARD         4096

struct bu_session {
	struct bu_run *run;
	struct bu_kernel *kernel;
	struct bu_session *outer;
	ucontext_t inside, outside;
	u8 *stack;
	void *fake_inside, *fake_outside; /* AddressSanitizer's */
	const void *outside_bottom;
	size_t outside_size;
	u64 r0;
	bool begun, ended, dropped;
};

void bu_hook_add(struct bu_kernel *kernel, struct bu_hook *hook)
{
	hook->next = kernel->hook;
	kernel->hook = hook;
}

void bu_hook_remove(struct bu_kernel *kernel, struct bu_hook *hook)
{
	struct bu_hook **at = &kernel->hook;

	while (*at && *at != hook)
		at = &(*at)->next;
	if (*at)
		*at = hook->next;
}

int bu_words_parse(const char *words, const char *const *names, u32 nr, u32 *bits)
{
	*bits = 0;
	while (*words) {
		size_t len = strcspn(words, ",");
		u32 i = 0;

		while (i < nr && (len != strlen(names[i]) || strncmp(words, names[i], len) != 0))
			i++;
		if (i == nr && len)
			return -EINVAL;
		*bits |= len ? 1u << i : 0;
		words += len + (words[len] == ',');
	}
	return 0;
}

bool bu_hook_before(struct bu_run *run, const struct bu_op *op)
{
	struct bu_hook *hook, *next;

	run->insn = op->insn;
	for (hook = run->kernel->hook; hook; hook = next) {
		next = hook->next; /* it may remove itself */
		if (hook->before)
			hook->before(hook->arg, run);
	}
	return run->fault.kind == BU_FAULT_NONE;
}

void bu_hook_after(struct bu_run *run, const struct bu_op *op)
{
	struct bu_hook *hook, *next;

	for (hook = run->kernel->hook; hook; hook = next) {
		next = hook->next;
		if (hook->after)
			hook->after(hook->arg, run, op);
	}
}

static void enter(struct bu_session *session)
{
	session->outer = session->kernel->session;
	session->kernel->session = session;
	LEAVE_STACK(&session->fake_outside, session->stack + GUARD, SESSION_STACK);
	swapcontext(&session->outside, &session->inside);
	ENTER_STACK(session->fake_outside, NULL, NULL);
	session->kernel->session = session->outer;
}

static void leave(struct bu_session *session)
{
	LEAVE_STACK(session->ended ? NULL : &session->fake_inside, session->outside_bottom,
		    session->outside_size);
	swapcontext(&session->inside, &session->outside);
	ENTER_STACK(session->fake_inside, &session->outside_bottom, &session->outside_size);
}

/* makecontext() passes integers. */
static void run_inside(unsigned int high, unsigned int low)
{
	struct bu_session *session = (struct bu_session *)((u64)high << 32 | low);

	ENTER_STACK(NULL, &session->outside_bottom, &session->outside_size);
	session->r0 = bu_run_exec(session->run);
	session->ended = true;
	leave(session);
}

static u8 *make_stack(void)
{
	long addr = bu_host_syscall(SYS_mmap, 0, GUARD + SESSION_STACK, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (addr < 0)
		return NULL;
	bu_host_syscall(SYS_mprotect, addr, GUARD, PROT_NONE, 0, 0, 0);
	return (u8 *)addr;
}

static bool prepare_stack(struct bu_session *session)
{
	session->stack = make_stack();
	if (!session->stack || getcontext(&session->inside))
		return false;
	session->inside.uc_stack.ss_sp = session->stack + GUARD;
	session->inside.uc_stack.ss_size = SESSION_STACK;
	makecontext(&session->inside, (void (*)(void))run_inside, 2,
		    (unsigned int)((u64)session >> 32), (unsigned int)(u64)session);
	return true;
}

struct bu_session *bu_session_begin(struct bu_run *run)
{
	struct bu_session *session = calloc(1, sizeof(*session));

	if (!session)
		return NULL;
	session->run = run;
	session->kernel = run->kernel;
	if (prepare_stack(session))
		return session;
	bu_session_end(session);
	return NULL;
}

bool bu_session_go(struct bu_session *session)
{
	session->begun = true;
	if (!session->ended)
		enter(session);
	return !session->ended;
}

u64 bu_session_r0(const struct bu_session *session)
{
	return session->r0;
}

void bu_session_end(struct bu_session *session)
{
	struct bu_kernel *kernel = session->kernel;
	void (*on_fault)(void *arg, struct bu_run *run) = kernel->on_fault;

	if (session->begun && !session->ended) {
		session->dropped = true;
		kernel->on_fault = NULL;
		enter(session);
		kernel->on_fault = on_fault;
	}
	if (session->stack)
		bu_host_syscall(SYS_munmap, (long)session->stack, GUARD + SESSION_STACK, 0, 0, 0,
				0);
	free(session);
}

void bu_run_stop(struct bu_run *run)
{
	struct bu_session *session = run->kernel->session;

	if (!session)
		return;
	if (!session->dropped)
		leave(session);
	if (session->dropped)
		bu_fault_raise(run, BU_FAULT_ENDED, "the session that watched it ended");
}
