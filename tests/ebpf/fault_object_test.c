// SPDX-License-Identifier: BSD-2-Clause
/* Faults with references, sections, exceptions, pointers to kernel objects; each with its near
 * miss. */
#include "asm.h"
#include "faulty_object.skel.h"

static struct faulty_object_bpf *skel;

static int64_t run(struct bpf_program *prog, bool wrong)
{
	__u64 args[2] = { 0 };

	skel->bss->wrong = wrong;
	return BPFUNIT_RUN(prog, &args);
}

/* A program that faults when it is wrong, and does not when it is right. */
#define EXPECT_WRONG(kind, name, text)                                                             \
	do {                                                                                       \
		skel = BPFUNIT_LOAD(faulty_object_bpf);                                            \
		EXPECT_NO_FAULT(run(skel->progs.name, false));                                     \
		EXPECT_FAULT(kind, run(skel->progs.name, true));                                   \
		if (!strstr(bpfunit_fault_report(), text))                                         \
			EXPECT_FAIL("no \"%s\" in:\n%s", text, bpfunit_fault_report());            \
	} while (0)

BPF_TEST(fault_object, released_reference)
{
	EXPECT_WRONG(BPFUNIT_FAULT_USE_AFTER_FREE, used_after_drop, "hint: it has been freed");
	EXPECT_WRONG(BPFUNIT_FAULT_DOUBLE_RELEASE, dropped_twice, "dropped already");
	EXPECT_WRONG(BPFUNIT_FAULT_LEAK, not_dropped, "was not released");
}

BPF_TEST(fault_object, counted_references)
{
	EXPECT_WRONG(BPFUNIT_FAULT_USE_AFTER_FREE, counted, "hint: it has been freed");
	EXPECT_NO_FAULT(EXPECT_EQ(run(skel->progs.counted, false), 7));
	EXPECT_NO_FAULT(run(skel->progs.task, false));
}

BPF_TEST(fault_object, sections)
{
	EXPECT_WRONG(BPFUNIT_FAULT_LEAK, section_left_open, "bpf_rcu_read_unlock() was not called");
	EXPECT_WRONG(BPFUNIT_FAULT_DOUBLE_RELEASE, unlocked_twice, "without bpf_rcu_read_lock()");
}

static const char *warning(void)
{
	const struct bu_note *note = bu_kernel()->notes;

	while (note && !note->warning)
		note = note->next;
	return note ? note->text : "";
}

/* As in a kernel the program returns the cookie; that no callback took it is worth a warning. */
BPF_TEST(fault_object, uncaught_exception_is_a_warning)
{
	skel = BPFUNIT_LOAD(faulty_object_bpf);
	EXPECT_NO_FAULT(EXPECT_EQ(run(skel->progs.throws, false), 1));
	EXPECT_STREQ(warning(), "");
	EXPECT_NO_FAULT(EXPECT_EQ(run(skel->progs.throws, true), 5));
	EXPECT_NOT_NULL(strstr(warning(), "bpf_throw(5) at "));
	EXPECT_NOT_NULL(strstr(warning(), "met no exception callback"));
}

BPF_TEST(fault_object, null_pointers_in_programs_with_typed_pointers)
{
	EXPECT_WRONG(BPFUNIT_FAULT_NULL_POINTER, null_object, "as BPF_CORE_READ() does");
}
