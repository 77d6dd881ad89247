/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Faults on their way to the test: the kernel tells each when a run ends, while what it points to
 * still exists; so the report is made then, and fails the test then unless it is expected.
 */
#include <bpfunit/fault.h>
#include <stdlib.h>
#include <string.h>

#include "framework/state.h"

#define BU_FAULT(name, text)                                                                       \
	_Static_assert((int)BPFUNIT_FAULT_##name == (int)BU_FAULT_##name, "kinds of faults "       \
									  "agree");
#include "ebpf/faults.def"
#undef BU_FAULT

static void on_fault(void *arg, struct bu_run *run)
{
	struct bu_test *test = bu_test();

	if (!test || test->ending)
		return;
	free(test->fault_report);
	test->fault_report = bu_fault_report(&run->fault, run);
	test->fault_kind = run->fault.kind;
	if (!test->fault_expected)
		bu_test_fail(test->where, "%s", bpfunit_fault_report());
}

void bu_fault_hook(struct bu_kernel *kernel)
{
	kernel->on_fault = on_fault;
	kernel->on_fault_arg = NULL;
}

enum bpfunit_fault_kind bpfunit_fault_kind(void)
{
	return bu_test() ? (enum bpfunit_fault_kind)bu_test()->fault_kind : BPFUNIT_FAULT_NONE;
}

const char *bpfunit_fault_report(void)
{
	struct bu_test *test = bu_test();

	if (!test || test->fault_kind == BU_FAULT_NONE)
		return "";
	return test->fault_report ? test->fault_report : bu_fault_kind_name(test->fault_kind);
}

void bpfunit_fault_expect(void)
{
	struct bu_test *test = bu_test();

	if (!test)
		return;
	test->fault_expected = true;
	test->fault_kind = BU_FAULT_NONE;
}

bool bpfunit_check_fault(const struct bpfunit_check *check, enum bpfunit_fault_kind kind)
{
	enum bpfunit_fault_kind is = bpfunit_fault_kind();

	if (bu_test())
		bu_test()->fault_expected = false;
	bu_test_at(check->where);
	if (is == kind)
		return true;
	if (is == BPFUNIT_FAULT_NONE)
		bu_test_fail(check->where,
			     "%s(%s, %s) does not hold: the program ended without a fault",
			     check->macro, check->left, check->right);
	else
		bu_test_fail(check->where, "%s(%s, %s) does not hold: the fault is another one\n%s",
			     check->macro, check->left, check->right, bpfunit_fault_report());
	if (check->fatal)
		bu_test_end();
	return false;
}
