// SPDX-License-Identifier: BSD-2-Clause
/* Tracing and warnings of oddities for the running test: hooks in its kernel, owned by the test. */
#include <bpfunit/trace.h>
#include <stdlib.h>

#include "ebpf/boundary/backend.h"
#include "ebpf/vm/oddity.h"
#include "ebpf/vm/trace.h"
#include "framework/host.h"
#include "framework/state.h"

struct bu_watch {
	struct bu_tracer tracer;
	struct bu_oddities oddities;
};

static void print(void *arg, const char *line)
{
	bu_test_output(line);
}

static struct bu_watch *watch_of(struct bu_test *test)
{
	if (!test->watch)
		test->watch = calloc(1, sizeof(*test->watch));
	if (!test->watch)
		bu_test_die(test->where, "out of memory");
	return test->watch;
}

static int failed(int error)
{
	errno = error ? -error : errno;
	return error;
}

int bpfunit_trace_runs(const char *what)
{
	struct bu_test *test = bu_test();
	struct bu_watch *watch;
	u32 bits;

	if (!test || bu_trace_parse(what ? what : "", &bits))
		return failed(-EINVAL);
	bu_needs_vm("a trace of instructions");
	watch = watch_of(test);
	bu_trace_end(&watch->tracer, bu_test_kernel());
	watch->tracer.what = bits;
	watch->tracer.print = print;
	if (bits)
		bu_trace_begin(&watch->tracer, bu_test_kernel());
	return 0;
}

int bpfunit_note_oddities(const char *what)
{
	struct bu_test *test = bu_test();
	struct bu_watch *watch;
	u32 bits;

	if (!test || bu_oddities_parse(what ? what : "", &bits))
		return failed(-EINVAL);
	bu_needs_vm("warnings of oddities");
	watch = watch_of(test);
	bu_hook_remove(bu_test_kernel(), &watch->oddities.hook);
	watch->oddities.what = bits;
	if (bits)
		bu_oddities_begin(&watch->oddities, bu_test_kernel());
	return 0;
}

void bu_watch_begin(struct bu_test *test)
{
	const char *trace = getenv("BPFUNIT_TRACE"), *notes = getenv("BPFUNIT_NOTES");

	if (bu_on_host())
		return;
	if (trace && trace[0] && bpfunit_trace_runs(trace))
		bu_test_fail(test->where, "BPFUNIT_TRACE=%s: known are insn, call, mem", trace);
	if (notes && notes[0] && bpfunit_note_oddities(notes))
		bu_test_fail(test->where, "BPFUNIT_NOTES=%s: known are div, shift", notes);
}

void bu_watch_end(struct bu_test *test)
{
	struct bu_kernel *kernel = bu_kernel_if_any();

	if (test->watch && kernel) {
		bu_trace_end(&test->watch->tracer, kernel);
		bu_hook_remove(kernel, &test->watch->oddities.hook);
	}
	free(test->watch);
	test->watch = NULL;
}
