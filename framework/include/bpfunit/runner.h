/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For runners: the list of tests, and running one in the calling process. bpfunit_main() is the
 * runner that bpfunit comes with; tests need none of this.
 */
#ifndef BPFUNIT_RUNNER_H
#define BPFUNIT_RUNNER_H

#include <bpfunit/test.h>

enum bpfunit_status {
	BPFUNIT_PASSED,
	BPFUNIT_FAILED,
	BPFUNIT_SKIPPED,
};

/* What a running test tells: called for each failed check and for a skip. */
struct bpfunit_sink {
	void (*failure)(void *arg, struct bpfunit_where where, const char *text);
	void (*skipped)(void *arg, struct bpfunit_where where, const char *reason);
	/* Each check that is reached, held or not; NULL: not told. Cheap calls only. */
	void (*progress)(void *arg, struct bpfunit_where where);
	void *arg;
	/* A line, without its newline, that belongs to the test's output: a warning, a line of a
	 * trace. NULL: not shown. */
	void (*output)(void *arg, const char *line);
	/* At the end of a test, what the diff backend made of its runs: how many were compared with the
	 * host's kernel and how many of those differed (why_not NULL), then for each reason how many
	 * could not be compared. NULL: not told. */
	void (*compared)(void *arg, const char *why_not, uint64_t runs, uint64_t differing);
	/* At the end of a test, with BPFUNIT_LEAKS=warn in the environment: what it left open, as
	 * bpfunit_open_descriptors() lists it. With BPFUNIT_LEAKS=error that is a failure instead. NULL:
	 * not told. */
	void (*leaked)(void *arg, const char *list);
	/* What the test owns is released now, such as a skeleton, by its name; NULL: that is done. It
	 * explains a crash meanwhile: the test has released it, too. NULL: not told. */
	void (*releasing)(void *arg, const char *what);
};

/* How many descriptors of maps, programs, BTF, links and perf events of the emulated kernel are open
 * now; *list (NULL: not wanted): a line each with its name and where the test was when it was made.
 * The text is the test's. 0 on a host's kernel. */
BPFUNIT_API size_t bpfunit_open_descriptors(const char **list);

/* Choose what answers bpf(2): "vm", "kernel" or "diff", before libbpf's first call. Until then it is
 * BPFUNIT_BACKEND of the environment, or "vm". 0, or -EINVAL (and errno). */
BPFUNIT_API int bpfunit_set_backend(const char *name);
BPFUNIT_API const char *bpfunit_backend(void);
/* Make the calling process fit for that backend, as each test does: for the host's kernel it leaves
 * its network and mount namespaces. NULL, or why it cannot be, which is why tests are skipped. */
BPFUNIT_API const char *bpfunit_backend_enter(void);

/* First of all registered tests, sorted by suite (in order of first appearance) and line; follow
 * ->next. */
BPFUNIT_API const struct bpfunit_test *bpfunit_tests(void);

/* Run one test here and now, in a fresh emulated kernel: set-up, body, teardown, deferred calls.
 * With BPFUNIT_COVERAGE=DIR in the environment its counts are added to DIR at the end. */
BPFUNIT_API enum bpfunit_status bpfunit_test_execute(const struct bpfunit_test *test,
						     const struct bpfunit_sink *sink);

/* Save the coverage of the test that runs now; async-signal-safe, for handlers of fatal signals. */
BPFUNIT_API void bpfunit_coverage_flush(void);

/* Whether libbpf's system calls reach the emulated kernel: 0, or -EXDEV (and errno) when
 * interposition is lost and they would reach the host's. */
BPFUNIT_API int bpfunit_canary(void);

/* The whole runner: parses arguments, runs tests, reports.
 * Return: exit status 0 all passed, 1 some failed, 2 usage or set-up error, 77 all skipped. */
BPFUNIT_API int bpfunit_main(int argc, char **argv);

/* The command `bpfunit`: `bpfunit coverage DIR ...`, `bpfunit version`. Return: exit status 0,
 * or 2. */
BPFUNIT_API int bpfunit_command(int argc, char **argv);

#endif
