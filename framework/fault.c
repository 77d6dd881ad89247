/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Faults on their way to the test: the kernel tells each when a run ends, while what it points to
 * still exists; so the report is made then, and fails the test then unless it is expected.
 */
#include <bpfunit/fault.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ebpf/vm/fault_info.h"
#include "framework/host.h"

#define BU_FAULT(name, text)                                                                       \
	_Static_assert((int)BPFUNIT_FAULT_##name == (int)BU_FAULT_##name, "kinds of faults "       \
									  "agree");
#include "ebpf/vm/faults.def"
#undef BU_FAULT

struct bu_fault_view { /* what the public struct points into */
	struct bpfunit_fault fault;
	struct bpfunit_fault_place stack[BU_MAX_FRAMES], last[BU_TRAIL];
};

void bu_fault_forget(struct bu_test *test)
{
	free(test->fault_info);
	free(test->fault_view);
	free(test->fault_report);
	free(test->fault_json);
	test->fault_info = NULL;
	test->fault_view = NULL;
	test->fault_report = test->fault_json = NULL;
}

static void on_fault(void *arg, struct bu_run *run)
{
	struct bu_test *test = bu_test();

	if (!test || test->ending)
		return;
	for (struct bu_test *outer = test; outer; outer = outer->outer)
		outer->faults++;
	bu_fault_forget(test);
	test->fault_info = bu_fault_info(&run->fault, run);
	test->fault_kind = run->fault.kind;
	if (!test->fault_expected)
		bu_test_fail(test->where, "%s", bpfunit_fault_report());
}

void bu_fault_hook(struct bu_kernel *kernel)
{
	kernel->on_fault = on_fault;
	kernel->on_fault_arg = NULL;
}

/* The running test if it has had a fault, else NULL. */
static struct bu_test *faulted(void)
{
	struct bu_test *test = bu_test();

	return test && test->fault_kind != BU_FAULT_NONE ? test : NULL;
}

enum bpfunit_fault_kind bpfunit_fault_kind(void)
{
	return bu_test() ? (enum bpfunit_fault_kind)bu_test()->fault_kind : BPFUNIT_FAULT_NONE;
}

const char *bpfunit_fault_report(void)
{
	struct bu_test *test = faulted();

	if (!test)
		return "";
	if (test->fault_info && !test->fault_report)
		test->fault_report = bu_fault_text(test->fault_info);
	return test->fault_report ? test->fault_report : bu_fault_kind_name(test->fault_kind);
}

const char *bpfunit_fault_json(void)
{
	struct bu_test *test = faulted();

	if (!test || !test->fault_info)
		return "";
	if (!test->fault_json)
		test->fault_json = bu_fault_json(test->fault_info);
	return test->fault_json ? test->fault_json : "";
}

static void view_places(struct bpfunit_fault_place *to, const struct bu_fault_place *from, u32 nr)
{
	for (u32 i = 0; i < nr; i++)
		to[i] = (struct bpfunit_fault_place){
			.program = from[i].prog,
			.function = from[i].func,
			.file = from[i].file,
			.source = from[i].text,
			.disassembly = from[i].disasm,
			.insn = from[i].insn,
			.line = from[i].line,
			.column = from[i].column,
		};
}

static struct bu_fault_view *make_view(const struct bu_fault_info *info)
{
	struct bu_fault_view *view = calloc(1, sizeof(*view));

	if (!view)
		return NULL;
	view_places(view->stack, info->frames, info->nr_frames);
	view_places(view->last, info->steps, info->nr_steps);
	view->fault = (struct bpfunit_fault){
		.kind = (enum bpfunit_fault_kind)info->kind,
		.write = info->write,
		.size = info->size,
		.address = info->address,
		.where = info->where,
		.origin = info->origin[0],
		.freed = info->origin[1],
		.hint = info->hint,
		.stack = view->stack,
		.stack_depth = info->nr_frames,
		.last = view->last,
		.last_count = info->nr_steps,
	};
	for (int i = 0; i < 11; i++) {
		view->fault.regs[i] = info->regs[i];
		view->fault.points_to[i] = info->points_to[i];
	}
	return view;
}

const struct bpfunit_fault *bpfunit_fault(void)
{
	struct bu_test *test = faulted();

	if (!test || !test->fault_info)
		return NULL;
	if (!test->fault_view)
		test->fault_view = make_view(test->fault_info);
	return test->fault_view ? &test->fault_view->fault : NULL;
}

void bpfunit_fault_expect(void)
{
	struct bu_test *test = bu_test();

	if (!test)
		return;
	test->fault_expected = true;
	test->fault_kind = BU_FAULT_NONE;
}

/* The check's macro with its arguments, as written: the kind may be left out. */
static void fail(const struct bpfunit_check *check, const char *why)
{
	const char *comma = check->right[0] ? ", " : "";

	bu_test_fail(check->where, "%s(%s%s%s) does not hold: %s\n%s", check->macro, check->left,
		     comma, check->right, why, bpfunit_fault_report());
	if (check->fatal)
		bu_test_end();
}

bool bpfunit_check_fault(const struct bpfunit_check *check, enum bpfunit_fault_kind kind)
{
	enum bpfunit_fault_kind is = bpfunit_fault_kind();

	if (kind != BPFUNIT_FAULT_NONE)
		bu_needs_vm("a program that may fault");
	if (bu_test())
		bu_test()->fault_expected = false;
	bu_test_at(check->where);
	if (is == kind)
		return true;
	if (is == BPFUNIT_FAULT_NONE)
		fail(check, "the program ended without a fault");
	else
		fail(check, kind == BPFUNIT_FAULT_NONE ? "the program faulted"
						       : "the fault is another one");
	return false;
}

/* Whether a path is `file`, or ends with it after a slash. */
static bool is_file(const char *path, const char *file)
{
	size_t len = strlen(path), tail = strlen(file);

	if (tail > len || strcmp(path + len - tail, file))
		return false;
	return tail == len || path[len - tail - 1] == '/';
}

bool bpfunit_check_fault_at(const struct bpfunit_check *check, enum bpfunit_fault_kind kind,
			    const char *file, unsigned int line)
{
	const struct bpfunit_fault *fault;
	char why[320];

	if (!bpfunit_check_fault(check, kind))
		return false;
	fault = bpfunit_fault();
	if (fault && fault->stack_depth && is_file(fault->stack[0].file, file) &&
	    fault->stack[0].line == line)
		return true;
	snprintf(why, sizeof(why), "it did not happen at %s:%u", file, line);
	fail(check, why);
	return false;
}
