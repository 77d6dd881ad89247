/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The running test: what the parts of the framework share.
 *
 * One test runs at a time (a test may execute another inside it: that one is then the running test
 * until it ends, in the same emulated kernel). Everything here acts on the running test. What a
 * test acquires is released by its deferred calls, so a part that keeps something for a test needs
 * nothing but bu_test_own() or bpfunit_defer().
 */
#ifndef BU_STATE_H
#define BU_STATE_H

#include <bpfunit/base.h>
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>

#include "ebpf/kernel.h"
#include "framework/text.h"

struct bpfunit_sink;
struct bpfunit_test;
struct bu_deferred;

struct bu_test {
	struct bu_test *outer; /* the test that executes this one, or NULL */
	const struct bpfunit_test *test;
	const struct bpfunit_sink *sink;
	pthread_t thread;           /* which it runs on; only there a check can end it */
	struct bpfunit_where where; /* the latest place in it that is known */
	bool failed, skipped;
	bool ending;                  /* a check inside a mock ended the test; runs are unwinding */
	sigjmp_buf *jump;             /* end of the present phase */
	struct bu_deferred *deferred; /* latest first */

	struct bu_text contexts; /* lines of BPFUNIT_CONTEXT, the innermost block's last */

	bool fault_expected;           /* faults do not fail the test now */
	enum bu_fault_kind fault_kind; /* of the latest fault */
	u64 faults;                    /* so far; of the test that is not nested */
	struct bu_fault_info *fault_info; /* owned, as the next three; NULL: none */
	struct bu_fault_view *fault_view; /* made when asked for */
	char *fault_report, *fault_json;

	struct bu_text libbpf_log;         /* what libbpf said */
	struct bu_text libbpf_new;         /* its warnings that no failure has shown yet */
	const struct bu_note *notes_shown; /* the kernel's notes up to this one have been shown */
	struct bu_watch *watch; /* framework/trace.c; NULL: nothing was ever watched */
	const struct bu_note *warned; /* warnings among the kernel's notes up to this one were told */
	libbpf_print_fn_t libbpf_print;    /* to restore at the end */

	u32 events_seen;               /* maps up to this id have been looked at for events */
	struct bu_event_queue *events; /* framework/event.c */

	void *task;             /* the current task that framework/task.c made, or NULL */
	struct bu_env task_env; /* what was written into it */
	u32 task_types;         /* the types that were searched for it: their generation, + 1 */

	struct bu_host_map *host_maps; /* framework/host.c, as the next */
	struct bu_host_object *host_objects;
	struct bu_refused *host_refused; /* framework/host_refused.c */
	struct bu_comparisons *comparisons; /* framework/compare.c; NULL: another backend */
};

/* What a public function returns: -errno is errno, too. */
static inline int bu_public_result(int result)
{
	if (result < 0)
		errno = -result;
	return result;
}

/* The running test, or NULL. */
struct bu_test *bu_test(void);
/* The emulated kernel, made when there is none. Never NULL: ends the test when out of memory. */
struct bu_kernel *bu_test_kernel(void);

/* Remember where the test is; NULL file is ignored. */
void bu_test_at(struct bpfunit_where where);
/* Where it was last, for functions that take no place of their own. */
struct bpfunit_where bu_test_where(void);

/* What the test owns is released now, by its name; NULL: no more. */
void bu_test_releasing(const char *what);

/* Tell a failure at `where`, with libbpf's new warnings and the kernel's new notes behind the text.
 */
void bu_test_fail(struct bpfunit_where where, const char *format, ...) BU_PRINTF(2, 3);
/* The same, then end the test. */
void bu_test_die(struct bpfunit_where where, const char *format, ...) BU_PRINTF(2, 3)
	__attribute__((noreturn));
/* Tell that the test is skipped, and go on. */
void bu_test_skip(struct bpfunit_where where, const char *reason);
/* End the phase (set-up, body, teardown or deferred call) that runs. */
void bu_test_end(void) __attribute__((noreturn));
/* After something that ran programs: end the test if a check in a mock has asked for it. */
void bu_test_end_if_asked(void);

/* Tell a line of the test's output to its sink. */
void bu_test_output(const char *line);
/* With BPFUNIT_CORE: report the CO-RE relocations of programs as they are loaded (framework/core.c). */
void bu_core_hook(struct bu_kernel *kernel);
/* Tell the kernel's warnings that have not been told yet. */
void bu_test_warn(void);

/* Zeroed memory that lives as long as the test; never NULL. */
void *bu_test_alloc(size_t size);
/* Hand malloc'ed memory to the test, which frees it; returns it. Never NULL: NULL means that memory
 * ran out, and ends the test. */
void *bu_test_own(void *memory);

/* Hook up / unhook the parts, at begin and end of a test that is not nested. */
void bu_load_begin(struct bu_test *test);
void bu_load_end(struct bu_test *test);
void bu_fault_hook(struct bu_kernel *kernel);
/* Watch runs as the environment asks for; stop watching. */
void bu_watch_begin(struct bu_test *test);
void bu_watch_end(struct bu_test *test);
/* Tell what the test has left open, when BPFUNIT_LEAKS asks for it. */
void bu_leaks_check(struct bu_test *test);
/* Release what is known of the latest fault. */
void bu_fault_forget(struct bu_test *test);

/* The map behind libbpf's handle in the emulated kernel; ends the test when the map is NULL or not
 * created. */
struct bu_map *bu_map_of(struct bpfunit_where where, const struct bpf_map *map);
/* libbpf's view of the BTF of a map, or NULL. */
const struct btf *bu_map_btf(const struct bu_map *map);

/* Begin capturing perf events of maps that were created since the last call. */
void bu_events_capture_new(void);
/* Move what perf buffers hold into the queues, so that order among runs is kept. */
void bu_events_drain(void);

#endif
