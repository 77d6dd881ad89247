/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The list of tests, and running one of them. Two globals: the list, and the running test.
 *
 * A test runs in phases (set-up, body, teardown, each deferred call). A check ends a phase by
 * jumping to its beginning; what was acquired is released by deferred calls, which always run. A
 * check must not jump over a running program: mocks catch it (framework/mock.c), stop the program
 * by a fault, and the jump goes on when the program has ended.
 */
#include <bpfunit/runner.h>
#include <stdlib.h>
#include <string.h>

#include "ebpf/boundary/backend.h"
#include "ebpf/syscall.h"
#include "ebpf/vm/coverage.h"
#include "framework/btf.h"
#include "framework/compare.h"
#include "framework/host.h"

struct bu_deferred {
	struct bu_deferred *next;
	void (*fn)(void *arg);
	void *arg;
};

static struct bpfunit_test *first_test;
static struct bu_test *running;

struct bu_test *bu_test(void)
{
	return running;
}

const struct bpfunit_test *bpfunit_tests(void)
{
	return first_test;
}

/* Where a test belongs: behind those of its suite with smaller lines, else at the end. */
void bpfunit_test_register(struct bpfunit_test *test)
{
	struct bpfunit_test **at, **place = NULL;

	for (at = &first_test; *at; at = &(*at)->next) {
		if (strcmp((*at)->suite, test->suite))
			continue;
		if (!place || (*at)->where.line <= test->where.line)
			place = (*at)->where.line <= test->where.line ? &(*at)->next : at;
	}
	if (!place)
		place = at;
	test->next = *place;
	*place = test;
}

struct bu_kernel *bu_test_kernel(void)
{
	struct bu_kernel *kernel = bu_kernel();

	if (!kernel)
		bu_test_die(bu_test_where(), "no memory for the emulated kernel");
	return kernel;
}

void bu_test_end(void)
{
	if (!running || !running->jump)
		abort(); /* a check outside a test: no one to tell */
	if (!pthread_equal(running->thread, pthread_self()))
		pthread_exit(NULL);
	siglongjmp(*running->jump, 1);
}

void bu_test_end_if_asked(void)
{
	if (running && running->ending && pthread_equal(running->thread, pthread_self()))
		bu_test_end();
}

int bpfunit_defer(void (*fn)(void *arg), void *arg)
{
	struct bu_deferred *deferred = running && fn ? malloc(sizeof(*deferred)) : NULL;

	if (!deferred) {
		errno = running && fn ? ENOMEM : EINVAL;
		return -errno;
	}
	*deferred = (struct bu_deferred){ running->deferred, fn, arg };
	running->deferred = deferred;
	return 0;
}

void *bu_test_own(void *memory)
{
	if (!memory)
		bu_test_die(bu_test_where(), "out of memory");
	if (bpfunit_defer(free, memory)) {
		free(memory);
		bu_test_die(bu_test_where(), "out of memory");
	}
	return memory;
}

void *bu_test_alloc(size_t size)
{
	return bu_test_own(calloc(1, size ? size : 1));
}

void bu_test_skip(struct bpfunit_where where, const char *reason)
{
	running->skipped = true;
	if (running->sink->skipped)
		running->sink->skipped(running->sink->arg, where, reason);
}

void bpfunit_skip(struct bpfunit_where where, const char *reason, ...)
{
	struct bu_text text = { 0 };
	va_list args;

	bu_test_at(where);
	va_start(args, reason);
	bu_text_vadd(&text, reason, args);
	va_end(args);
	if (running)
		bu_test_skip(where, bu_text_str(&text));
	bu_text_free(&text);
	bu_test_end();
}

/* Call fn(arg) until it returns or a check ends it. Whether it returned. */
static bool run_phase(struct bu_test *test, void (*fn)(void *arg), void *arg)
{
	sigjmp_buf here;
	volatile bool whole = false;

	test->jump = &here;
	if (!sigsetjmp(here, 0)) {
		fn(arg);
		whole = !test->ending;
	} else if (bu_kernel_if_any()) {
		bu_kernel_abandon(bu_kernel_if_any()); /* the check may have been in a mock */
	}
	test->jump = NULL;
	bu_text_free(&test->contexts);
	test->ending = false;
	test->fault_expected = false;
	return whole;
}

static void run_deferred(struct bu_test *test)
{
	while (test->deferred) {
		struct bu_deferred deferred = *test->deferred;

		free(test->deferred);
		test->deferred = deferred.next;
		run_phase(test, deferred.fn, deferred.arg);
	}
}

/* The kernel's BTF, as the test's options or the environment want it. */
static int begin_btf(struct bu_test *test)
{
	char why[512];
	int error = bu_btf_use(test->where, test->test->opts.btf, why, sizeof(why));

	if (error)
		bu_test_fail(test->where, "%s", why);
	return error;
}

/* A kernel of its own, as the test's options want it. 0, or -errno after telling a failure. */
static int begin_kernel(struct bu_test *test)
{
	const char *coverage = getenv("BPFUNIT_COVERAGE");
	struct bu_kernel *kernel;
	int error;

	bu_kernel_reset();
	kernel = bu_kernel();
	if (!kernel) {
		bu_test_fail(test->where, "no memory for the emulated kernel");
		return -ENOMEM;
	}
	if (test->test->opts.cpus)
		kernel->nr_cpus = test->test->opts.cpus;
	error = bu_host_begin(test);
	if (error)
		return error;
	bu_fault_hook(kernel);
	bu_core_hook(kernel);
	bu_compare_begin(test);
	bu_watch_begin(test);
	error = begin_btf(test);
	if (error)
		return error;
	error = coverage && *coverage && !bu_on_host() ? bu_coverage_open(kernel, coverage) : 0;
	if (error)
		bu_test_fail(test->where, "cannot write coverage to '%s': %s", coverage,
			     strerror(-error));
	return error;
}

static void end_kernel(struct bu_test *test)
{
	struct bu_kernel *kernel = bu_kernel_if_any();
	int error = kernel ? bu_coverage_flush(kernel) : 0;

	if (error)
		bu_test_fail(test->where, "cannot write coverage: %s", strerror(-error));
	bu_kernel_reset();
}

static void run_body(struct bu_test *test, void *self)
{
	const struct bpfunit_test *what = test->test;

	if ((!what->setup || run_phase(test, what->setup, self)) && !test->failed)
		run_phase(test, what->body, self);
	if (what->teardown)
		run_phase(test, what->teardown, self);
}

static enum bpfunit_status status_of(const struct bu_test *test)
{
	if (test->failed)
		return BPFUNIT_FAILED;
	return test->skipped ? BPFUNIT_SKIPPED : BPFUNIT_PASSED;
}

static void execute(struct bu_test *test)
{
	void *self = calloc(1, test->test->fixture_size + 1);

	if (!self)
		bu_test_fail(test->where, "out of memory");
	else if (test->outer || !begin_kernel(test))
		run_body(test, self);
	run_deferred(test);
	bu_test_warn();
	bu_watch_end(test);
	if (!test->outer) {
		bu_leaks_check(test);
		bu_compare_end(test);
		end_kernel(test);
	}
	free(self);
}

enum bpfunit_status bpfunit_test_execute(const struct bpfunit_test *test,
					 const struct bpfunit_sink *sink)
{
	struct bu_test state = {
		.outer = running,
		.test = test,
		.sink = sink,
		.thread = pthread_self(),
		.where = test->where,
		.events_seen = running ? running->events_seen : 0,
		.warned = running ? running->warned : NULL,
	};

	if (test->opts.skip) {
		if (sink->skipped)
			sink->skipped(sink->arg, test->where, test->opts.skip);
		return BPFUNIT_SKIPPED;
	}
	running = &state;
	bu_load_begin(&state);
	execute(&state);
	bu_load_end(&state);
	bu_fault_forget(&state);
	running = state.outer;
	return status_of(&state);
}

void bpfunit_coverage_flush(void)
{
	struct bu_kernel *kernel = bu_kernel_if_any();

	if (kernel)
		bu_coverage_flush(kernel);
}

int bpfunit_canary(void)
{
	int error = bu_canary();

	if (error)
		errno = -error;
	return error;
}
