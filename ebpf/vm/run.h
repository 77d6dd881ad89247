/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One run of a program: its registers' surroundings, its packet, its fault.
 * Runs nest: a helper's callback or a mock may start another run of any program.
 */
#ifndef BU_RUN_H
#define BU_RUN_H

#include "ebpf/prog/prog.h"
#include "ebpf/vm/fault.h"

struct bu_kernel;

struct bu_packet { /* the data a context's data, data_end, data_meta point to; NULLs without */
	u8 *head;  /* start of the buffer: headroom */
	u8 *meta, *data, *end;
	u8 *limit;    /* end of the buffer: tailroom */
	s32 network;  /* socket buffers: offset of the network header from data */
	u8 mac[14];   /* the link header of socket buffers whose data starts behind it */
	bool has_sum; /* helpers keep `sum`, its checksum: ebpf/prog/checksum.h */
	u32 sum;
	u8 *frags;      /* XDP: what follows `end` and the program does not see; NULL: nothing */
	u32 frags_size; /* in pieces of BU_FRAG_BYTES, of which the last may be shorter */
};
#define BU_FRAG_BYTES 4096 /* Source: a page, of bpf_prog_test_run_xdp(), net/bpf/test_run.c */

struct bu_frame {                   /* where a subprogram returns to */
	const struct bu_prog *prog; /* the caller's */
	u32 return_insn;
	u32 base;     /* and its base */
	u32 may_goto; /* may_goto iterations left in this frame */
	u64 saved[4]; /* the caller's r6 .. r9 */
	u8 *stack;    /* its own frame: lowest address, BU_STACK_SIZE bytes */
};

#define BU_MAX_HELD 8

struct bu_reference {       /* something acquired, which the program has to release */
	const void *object; /* NULL: a free slot */
	const struct bu_prog *prog;
	u32 insn; /* the call that acquired it */
};

#define BU_TRAIL 16 /* a power of two */

struct bu_edge { /* where control did not go on to the next operation */
	const struct bu_op *from, *to;
};

/* Of a link that runs its program at a function's entry and at its return. */
struct bu_run_session {
	bool is_return;
	u64 value;   /* from the entry to the return */
	u64 *memory; /* where this run's program has it; NULL: it has not asked */
};

struct bu_run {
	struct bu_kernel *kernel;
	const struct bu_prog *prog;  /* which runs now: a tail call changes it */
	const struct bu_prog *first; /* which the run began with */
	struct bu_run *outer;        /* the run that this one is nested in, or NULL */
	void *ctx;                   /* the context, in the arena */
	u32 ctx_size;
	u32 cpu;
	u32 tail_calls;
	u32 depth;     /* frames in use - 1 */
	u32 insn;      /* instruction of the call while a helper runs */
	s64 budget;    /* instructions left, about */
	u64 regs[11];  /* at a fault, and of the call while a helper runs */
	u64 mark;      /* of the arena's scratch zone */
	u32 nr_frames; /* of `frames`, those that have a stack */
	u32 base;      /* depth of the main function of the program that runs now */
	struct bu_frame frames[BU_MAX_DEPTH];
	struct bu_packet packet;
	u64 cookie;                     /* that bpf_throw() was given */
	struct bu_seq *seq;             /* what an iterator writes to; NULL: this run is of none */
	u64 seq_handle;                 /* the address by which the program calls it */
	const struct bu_op *bypassed;   /* the patch that is not to be entered again now; or NULL */
	u64 func_ip;                    /* of the function that it is attached to; 0: unknown */
	u64 attach_cookie;              /* of the link that the run is made through; 0: none */
	enum bu_guard guard;            /* that this run is under */
	struct bu_run_session *session; /* NULL: the link that it is made through has none */
	struct bu_views *views;         /* onto memory with bounds of their own; NULL: none */
	bool prints;                    /* a line, and what watches that runs */
	u32 rcu_locks, preempt_locks;   /* by kernel functions, and not yet undone */
	u32 tail_call_target;           /* id of the program that bpf_tail_call chose, 0: none */
	u64 references;                 /* acquired and not yet released: ring buffer records */
	struct bu_reference held[BU_MAX_HELD]; /* the first of them; valid while there are any */
	u32 trail_at;                          /* edges taken so far */
	struct bu_edge trail[BU_TRAIL];        /* the latest of them: ebpf/vm/trail.c */
	struct bu_fault fault;
};

/* Note that control went from one operation to another that does not follow it. */
static inline void bu_run_trail(struct bu_run *run, const struct bu_op *from,
				const struct bu_op *to)
{
	run->trail[run->trail_at++ % BU_TRAIL] = (struct bu_edge){ from, to };
}

/* Prepare a run of `prog` (initialises `run`, which must stay in place; marks the arena's scratch
 * zone). bu_run_end releases what it allocated. */
void bu_run_begin(struct bu_run *run, struct bu_kernel *kernel, const struct bu_prog *prog);
void bu_run_end(struct bu_run *run);
/* Whether a run of `prog` now would be one that the guard prevents, which is counted. */
bool bu_run_is_missed(const struct bu_kernel *kernel, struct bu_prog *prog, enum bu_guard guard);

/* A copy of a context in the arena, which r1 will point to; narrowed by the program type's
 * guard_ctx. 0, or -ENOMEM. */
int bu_run_set_ctx(struct bu_run *run, const void *ctx, u32 size);
/* A packet of `size` bytes with head- and tailroom. 0, or -ENOMEM. */
int bu_run_set_packet(struct bu_run *run, const void *data, u32 size, u32 headroom, u32 tailroom);
/* The packet's fragments become a copy of these bytes, and the old ones inaccessible. 0, or
 * -ENOMEM.
 */
int bu_run_set_frags(struct bu_run *run, const void *data, u32 size);
/* Move the packet's edges: copies it to a fresh place and poisons the old one, so stale pointers
 * are found. Offsets from the present edges; what is new is zero. 0, or -EINVAL / -ENOMEM. */
int bu_run_adjust_packet(struct bu_run *run, s32 head_delta, s32 tail_delta, s32 meta_delta);

/* Around a run while BPF_ENABLE_STATS may be on (ebpf/vm/stats.c): when it began, 0 when it is off
 * after all. */
u64 bu_stats_begin(const struct bu_kernel *kernel);
void bu_stats_end(struct bu_prog *prog, u64 begin);

/* Run with r1 = run->ctx. r0, or 0 with run->fault set. */
u64 bu_run_exec(struct bu_run *run);
/* The same from the function at address `callback`, without context: how timers run. */
u64 bu_run_exec_callback(struct bu_run *run, u64 callback, u64 a1, u64 a2, u64 a3);
/* From a helper: call the subprogram at address `callback` (of BU_REGION_CODE) in this run. After
 * it check run->fault.kind: the callback may have faulted, and the helper should return. */
u64 bu_run_callback(struct bu_run *run, u64 callback, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5);

/* From helpers: the program has acquired `object` and must release it, or the run ends with a LEAK
 * fault. */
void bu_run_acquire(struct bu_run *run, const void *object);
void bu_run_release(struct bu_run *run, const void *object);
/* From bpf_throw(): end all functions of the run; its exception callback is called. */
void bu_run_throw(struct bu_run *run, u64 cookie);
/* What the program whose function threw returns instead: run->base is its frame, the last one then.
 */
u64 bu_run_catch(struct bu_run *run);
/* At the end of a run: raise that fault. */
void bu_run_check_leaks(struct bu_run *run);

#endif
