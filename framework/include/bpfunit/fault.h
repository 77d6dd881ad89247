/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Faults of the program under test: expecting them, reading them. A fault that no EXPECT_FAULT or
 * ASSERT_FAULT waits for fails the test, whoever ran the program. Reports are owned by the test.
 */
#ifndef BPFUNIT_FAULT_H
#define BPFUNIT_FAULT_H

#include <bpfunit/check.h>

enum bpfunit_fault_kind {
	BPFUNIT_FAULT_NONE,
	BPFUNIT_FAULT_OUT_OF_BOUNDS, /* beside the memory that the pointer was made from */
	BPFUNIT_FAULT_NULL_POINTER,
	BPFUNIT_FAULT_WILD_POINTER, /* nothing is, or was, there */
	BPFUNIT_FAULT_USE_AFTER_FREE,
	BPFUNIT_FAULT_UNINITIALISED,
	BPFUNIT_FAULT_READ_ONLY,
	BPFUNIT_FAULT_MISALIGNED,   /* atomics */
	BPFUNIT_FAULT_BAD_ARGUMENT, /* to a helper */
	BPFUNIT_FAULT_NO_MODEL,     /* a helper that bpfunit has no model of, and no mock was set */
	BPFUNIT_FAULT_BAD_INSTRUCTION, /* poisoned by libbpf: failed CO-RE relocation, ... */
	BPFUNIT_FAULT_STACK_OVERFLOW,  /* more than 8 nested calls */
	BPFUNIT_FAULT_BUDGET,          /* endless loop: see bpfunit_set_budget() */
	BPFUNIT_FAULT_LEAK, /* at the end something is still held: ring buffer record, lock, ... */
	BPFUNIT_FAULT_DOUBLE_RELEASE, /* of what the program has released already: submitted twice */
	BPFUNIT_FAULT_DEADLOCK,       /* a spin lock that is taken while it is held */
	BPFUNIT_FAULT_ENDED,          /* whoever watched the run ended it */
};

/*
 * Evaluate `run` (one of the BPFUNIT_RUN macros, or bpf_prog_test_run_opts()) once and check that
 * it ended with a fault of this kind:
 *
 *	EXPECT_FAULT(BPFUNIT_FAULT_OUT_OF_BOUNDS, BPFUNIT_RUN_XDP(prog, packet));
 */
#define EXPECT_FAULT(kind, run)                                                                    \
	BPFUNIT_FAULT_(BPFUNIT_CHECK_("EXPECT_FAULT", false, #kind, #run), kind, run)
#define ASSERT_FAULT(kind, run)                                                                    \
	BPFUNIT_FAULT_(BPFUNIT_CHECK_("ASSERT_FAULT", true, #kind, #run), kind, run)
#define BPFUNIT_FAULT_(check, kind, run)                                                           \
	__extension__({                                                                            \
		bpfunit_fault_expect();                                                            \
		(void)(run);                                                                       \
		bpfunit_check_fault(check, kind);                                                  \
	})

/* Used by the macros. */
BPFUNIT_API void bpfunit_fault_expect(void);
BPFUNIT_API bool bpfunit_check_fault(const struct bpfunit_check *check,
				     enum bpfunit_fault_kind kind);

/* The latest fault of this test: its kind (NONE: there was none) and its report ("": none), which
 * is valid until the next fault. */
BPFUNIT_API enum bpfunit_fault_kind bpfunit_fault_kind(void);
BPFUNIT_API const char *bpfunit_fault_report(void);

#endif
