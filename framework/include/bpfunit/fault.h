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
	BPFUNIT_FAULT_DOUBLE_RELEASE, /* of what the program has released already: submitted twice
				       */
	BPFUNIT_FAULT_DEADLOCK,       /* a spin lock that is taken while it is held */
	BPFUNIT_FAULT_ENDED,          /* whoever watched the run ended it */
	BPFUNIT_FAULT_BAD_JUMP,       /* gotox to what no jump table of the function names */
};

/* An instruction of a program, and where it comes from. Strings are "" where nothing is known. */
struct bpfunit_fault_place {
	const char *program;
	const char *function;      /* subprogram; the program's name without BTF */
	const char *file, *source; /* path, and text of the line without indentation */
	const char *disassembly;
	uint32_t insn; /* index in the program */
	uint32_t line, column;
};

struct bpfunit_fault {
	enum bpfunit_fault_kind kind;
	bool write;    /* of an access: a store */
	uint32_t size; /* bytes of the access; 0: the fault is not about memory */
	uint64_t address;
	const char *where;  /* "8 bytes past the end of value of map 'flows' (64 bytes), ..." */
	const char *origin; /* who inserted the element, reserved the record */
	const char *freed;  /* who deleted the element */
	const char *hint;
	const struct bpfunit_fault_place *stack; /* [0] is where it happened, then its callers */
	size_t stack_depth;
	const struct bpfunit_fault_place *last; /* instructions executed, latest first */
	size_t last_count;
	uint64_t regs[11];
	const char *points_to[11]; /* what a register's value is the address of */
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
/* The same, and that it happened at this line of the program's source; `file` may lack leading
 * directories: EXPECT_FAULT_AT(BPFUNIT_FAULT_NULL_POINTER, "flow.bpf.c", 42, BPFUNIT_RUN(...)). */
#define EXPECT_FAULT_AT(kind, file, line, run)                                                     \
	BPFUNIT_FAULT_AT_(BPFUNIT_CHECK_("EXPECT_FAULT_AT", false, #kind, #run), kind, file, line, \
			  run)
#define ASSERT_FAULT_AT(kind, file, line, run)                                                     \
	BPFUNIT_FAULT_AT_(BPFUNIT_CHECK_("ASSERT_FAULT_AT", true, #kind, #run), kind, file, line,  \
			  run)
/* It ends without a fault. Plain runs fail the test by a fault too; this says that it is the point.
 */
#define EXPECT_NO_FAULT(run)                                                                       \
	BPFUNIT_FAULT_(BPFUNIT_CHECK_("EXPECT_NO_FAULT", false, #run, ""), BPFUNIT_FAULT_NONE, run)
#define ASSERT_NO_FAULT(run)                                                                       \
	BPFUNIT_FAULT_(BPFUNIT_CHECK_("ASSERT_NO_FAULT", true, #run, ""), BPFUNIT_FAULT_NONE, run)
#define BPFUNIT_FAULT_AT_(check, kind, file, line, run)                                            \
	__extension__({                                                                            \
		bpfunit_fault_expect();                                                            \
		(void)(run);                                                                       \
		bpfunit_check_fault_at(check, kind, file, line);                                   \
	})
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
BPFUNIT_API bool bpfunit_check_fault_at(const struct bpfunit_check *check,
					enum bpfunit_fault_kind kind, const char *file,
					unsigned int line);

/* The latest fault of this test: its kind (NONE: there was none) and its report ("": none), which
 * is valid until the next fault. */
BPFUNIT_API enum bpfunit_fault_kind bpfunit_fault_kind(void);
BPFUNIT_API const char *bpfunit_fault_report(void);
/* The same as data (NULL: there was none) and as one JSON object ("": none; docs/faults.md). */
BPFUNIT_API const struct bpfunit_fault *bpfunit_fault(void);
BPFUNIT_API const char *bpfunit_fault_json(void);

#endif
