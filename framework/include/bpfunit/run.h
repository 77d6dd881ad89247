/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Running programs. Any program type can be run, also those for which the kernel's BPF_PROG_TEST_RUN
 * has no runner. The result is the program's return value as the kernel would see it (an int).
 *
 * A fault (a bad access, a helper without a model, ...) ends the program and fails the test with a
 * report, unless the test expects it (bpfunit/fault.h); the result is then BPFUNIT_FAULTED.
 */
#ifndef BPFUNIT_RUN_H
#define BPFUNIT_RUN_H

#include <bpfunit/base.h>
#include <bpfunit/packet.h>

#define BPFUNIT_FAULTED INT64_MIN

/* Run with a context: a copy of the struct that the program's type documents (struct xdp_md,
 * struct pt_regs, a tracepoint's struct, ...), `size` bytes; NULL: zeroes of the type's size.
 * What the program wrote into the context is copied back. */
#define BPFUNIT_RUN(prog, ctx) bpfunit_run(BPFUNIT_HERE, prog, ctx, sizeof(*(ctx)))
BPFUNIT_API int64_t bpfunit_run(struct bpfunit_where where, const struct bpf_program *prog, void *ctx, size_t size);

/* Run with up to 12 arguments, as raw_tp, tp_btf, fentry, fexit, LSM programs take them:
 * BPFUNIT_RUN_ARGS(prog, (uintptr_t)task, 0) */
#define BPFUNIT_RUN_ARGS(prog, ...)                                                                \
	bpfunit_run(BPFUNIT_HERE, prog, (uint64_t[]){ __VA_ARGS__ }, sizeof((uint64_t[]){ __VA_ARGS__ }))

/* Run an XDP / socket buffer program (tc, socket filter, cgroup_skb, lwt, ...) on a packet. The
 * program's changes to the packet and its metadata stay in `packet`. */
#define BPFUNIT_RUN_XDP(prog, packet) bpfunit_run_xdp(BPFUNIT_HERE, prog, packet)
#define BPFUNIT_RUN_SKB(prog, packet) bpfunit_run_skb(BPFUNIT_HERE, prog, packet)
BPFUNIT_API int64_t bpfunit_run_xdp(struct bpfunit_where where, const struct bpf_program *prog, struct bpfunit_packet *packet);
BPFUNIT_API int64_t bpfunit_run_skb(struct bpfunit_where where, const struct bpf_program *prog, struct bpfunit_packet *packet);

/* Run and compare the return value; names of XDP_* and TC_ACT_* codes are shown when they differ. */
#define EXPECT_RUN(prog, ctx, expected) bpfunit_check_run(BPFUNIT_CHECK_("EXPECT_RUN", false, #prog, #expected), prog, BPFUNIT_RUN(prog, ctx), expected)
#define ASSERT_RUN(prog, ctx, expected) bpfunit_check_run(BPFUNIT_CHECK_("ASSERT_RUN", true, #prog, #expected), prog, BPFUNIT_RUN(prog, ctx), expected)
#define EXPECT_RUN_XDP(prog, packet, expected) bpfunit_check_run(BPFUNIT_CHECK_("EXPECT_RUN_XDP", false, #prog, #expected), prog, BPFUNIT_RUN_XDP(prog, packet), expected)
#define ASSERT_RUN_XDP(prog, packet, expected) bpfunit_check_run(BPFUNIT_CHECK_("ASSERT_RUN_XDP", true, #prog, #expected), prog, BPFUNIT_RUN_XDP(prog, packet), expected)
#define EXPECT_RUN_SKB(prog, packet, expected) bpfunit_check_run(BPFUNIT_CHECK_("EXPECT_RUN_SKB", false, #prog, #expected), prog, BPFUNIT_RUN_SKB(prog, packet), expected)
#define ASSERT_RUN_SKB(prog, packet, expected) bpfunit_check_run(BPFUNIT_CHECK_("ASSERT_RUN_SKB", true, #prog, #expected), prog, BPFUNIT_RUN_SKB(prog, packet), expected)
struct bpfunit_check;
BPFUNIT_API bool bpfunit_check_run(const struct bpfunit_check *check, const struct bpf_program *prog, int64_t result, int64_t expected);

/* Instructions a run may execute before it faults as an infinite loop; default 100,000,000. */
BPFUNIT_API void bpfunit_set_budget(uint64_t instructions);

#endif
