/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Watching runs, and stopping them.
 *
 * Hooks are called around each instruction of all runs of their kernel that begin (or call back
 * into the program) while they are set. They run in the interpreter, so what the program was given
 * may be looked at and changed: registers, memory, clock.
 *
 * A run that was begun by bu_session_begin() has a stack of its own. Its `before` hook may call
 * bu_run_stop(): control goes back to whoever called bu_session_go(), also out of helpers,
 * callbacks and runs nested in it, and the next bu_session_go() goes on with the instruction.
 * Breakpoints and single steps are hooks that decide when to stop.
 */
#ifndef BU_HOOK_H
#define BU_HOOK_H

#include "ebpf/vm/run.h"

struct bu_hook {
	struct bu_hook *next; /* called after this one */
	/* run->prog, run->insn, run->regs are of the instruction that comes next. A fault raised
	 * here ends the run before it. NULL: nothing to do. */
	void (*before)(void *arg, struct bu_run *run);
	/* It has been executed, and run->insn is still its own; r0 is what a helper has returned.
	 * Not called of an instruction that faulted, or that ended the run. NULL: nothing to do. */
	void (*after)(void *arg, struct bu_run *run, const struct bu_op *op);
	void *arg;
};

/* `hook` stays in place until it is removed. The latest is called first. */
void bu_hook_add(struct bu_kernel *kernel, struct bu_hook *hook);
void bu_hook_remove(struct bu_kernel *kernel, struct bu_hook *hook);

/* A comma separated list of `names` as bits: 0, or -EINVAL when there is another word. */
int bu_words_parse(const char *words, const char *const *names, u32 nr, u32 *bits);

struct bu_session;

/* A run, prepared by bu_run_begin() and begun by the first bu_session_go(); NULL: out of memory. */
struct bu_session *bu_session_begin(struct bu_run *run);
/* Let it run. True: it has stopped before instruction run->insn of run->prog, where run is the
 * kernel's innermost one (kernel->run). False: it has ended: r0 or run->fault count. */
bool bu_session_go(struct bu_session *session);
/* What the run returned. */
u64 bu_session_r0(const struct bu_session *session);
/* Release it; a run that has not ended ends with a fault of kind ENDED first, of which no one is
 * told. bu_run_end() is still to be called. */
void bu_session_end(struct bu_session *session);

/* From a hook: stop here. Nothing happens when the run is not part of a session. */
void bu_run_stop(struct bu_run *run);

#endif
