/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Running programs. Any program type can be run, also those for which the kernel's
 * BPF_PROG_TEST_RUN has no runner. The result is the program's return value as the kernel would see
 * it (an int). Contexts and packets stay the caller's.
 *
 * A fault (a bad access, a helper without a model, ...) ends the program and fails the test with a
 * report, unless the test expects it (bpfunit/fault.h); the result is then BPFUNIT_FAULTED. A
 * program that is NULL or not loaded fails the test in the same way.
 */
#ifndef BPFUNIT_RUN_H
#define BPFUNIT_RUN_H

#include <bpfunit/check.h>
#include <bpfunit/packet.h>

#define BPFUNIT_FAULTED INT64_MIN

/* Run with a context: a copy of the struct that the program's type documents (struct pt_regs, a
 * tracepoint's struct, ...); NULL: zeroes of the type's size. A kernel object can be one, which
 * spares the test the struct's declaration: BPFUNIT_KOBJ("trace_event_raw_sys_enter"). What the
 * program wrote into the context is copied back. `size` of the function: bytes at `ctx`; ignored
 * when ctx is NULL; 0: ctx is a kernel object. */
#define BPFUNIT_RUN(prog, ctx) bpfunit_run(BPFUNIT_HERE, prog, BPFUNIT_CTX_(ctx))
/* A `void *` has no size: NULL and kernel objects need none; others need bpfunit_run() itself. */
#define BPFUNIT_CTX_(ctx)                                                                          \
	(void *)(ctx), _Generic((ctx), void *: (size_t)0, const void *: (size_t)0,                 \
				default: sizeof(*(ctx)))
BPFUNIT_API int64_t bpfunit_run(struct bpfunit_where where, const struct bpf_program *prog,
				void *ctx, size_t size);

/* Run with up to 12 arguments, as raw_tp, tp_btf, fentry, fexit, LSM programs take them:
 * BPFUNIT_RUN_ARGS(prog, (uintptr_t)task, 0) */
#define BPFUNIT_RUN_ARGS(prog, ...)                                                                \
	bpfunit_run(BPFUNIT_HERE, prog, (uint64_t[]){ __VA_ARGS__ },                               \
		    sizeof((uint64_t[]){ __VA_ARGS__ }))

/* Run an XDP / socket buffer program (tc, socket filter, cgroup_skb, lwt, ...) on a packet. The
 * program's changes to the packet and its metadata stay in `packet`. */
#define BPFUNIT_RUN_XDP(prog, packet) bpfunit_run_xdp(BPFUNIT_HERE, prog, packet)
#define BPFUNIT_RUN_SKB(prog, packet) bpfunit_run_skb(BPFUNIT_HERE, prog, packet)
BPFUNIT_API int64_t bpfunit_run_xdp(struct bpfunit_where where, const struct bpf_program *prog,
				    struct bpfunit_packet *packet);
BPFUNIT_API int64_t bpfunit_run_skb(struct bpfunit_where where, const struct bpf_program *prog,
				    struct bpfunit_packet *packet);

/* Run and compare the return value; names of XDP_* and TC_ACT_* codes are shown when they differ.
 */
#define EXPECT_RUN(prog, ctx, expected)                                                            \
	BPFUNIT_CHECK_RUN_(BPFUNIT_CHECK_("EXPECT_RUN", false, #prog, #expected), BPFUNIT_RUN,     \
			   prog, ctx, expected)
#define ASSERT_RUN(prog, ctx, expected)                                                            \
	BPFUNIT_CHECK_RUN_(BPFUNIT_CHECK_("ASSERT_RUN", true, #prog, #expected), BPFUNIT_RUN,      \
			   prog, ctx, expected)
#define EXPECT_RUN_XDP(prog, packet, expected)                                                     \
	BPFUNIT_CHECK_RUN_(BPFUNIT_CHECK_("EXPECT_RUN_XDP", false, #prog, #expected),              \
			   BPFUNIT_RUN_XDP, prog, packet, expected)
#define ASSERT_RUN_XDP(prog, packet, expected)                                                     \
	BPFUNIT_CHECK_RUN_(BPFUNIT_CHECK_("ASSERT_RUN_XDP", true, #prog, #expected),               \
			   BPFUNIT_RUN_XDP, prog, packet, expected)
#define EXPECT_RUN_SKB(prog, packet, expected)                                                     \
	BPFUNIT_CHECK_RUN_(BPFUNIT_CHECK_("EXPECT_RUN_SKB", false, #prog, #expected),              \
			   BPFUNIT_RUN_SKB, prog, packet, expected)
#define ASSERT_RUN_SKB(prog, packet, expected)                                                     \
	BPFUNIT_CHECK_RUN_(BPFUNIT_CHECK_("ASSERT_RUN_SKB", true, #prog, #expected),               \
			   BPFUNIT_RUN_SKB, prog, packet, expected)
#define BPFUNIT_CHECK_RUN_(check, run, prog, input, expected)                                      \
	__extension__({                                                                            \
		const struct bpf_program *bu_prog_ = (prog);                                       \
		bpfunit_check_run(check, bu_prog_, run(bu_prog_, input), expected);                \
	})
/* Used by the macros. */
BPFUNIT_API bool bpfunit_check_run(const struct bpfunit_check *check,
				   const struct bpf_program *prog, int64_t result,
				   int64_t expected);

/* Instructions that each later run of this test may execute before it faults as an endless loop:
 * counted where it jumps back or calls, so that a run straight on may go beyond. Default
 * 100,000,000. */
BPFUNIT_API void bpfunit_set_budget(uint64_t instructions);

#endif
