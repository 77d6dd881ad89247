/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The test's process. Whatever ends it - the end of the test, exit() in its body, a crash, the
 * runner's time limit, a sanitizer - coverage is saved first.
 */
#include "runner/child.h"
#include "runner/guard.h"
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ALT_STACK_SIZE (64 * 1024)

static const int fatal_signals[] = {
	SIGSEGV, SIGBUS, SIGFPE,  SIGILL,
	SIGABRT, SIGSYS, SIGTRAP, SIGTERM, /* the runner's: time is up */
};

#define NR_FATAL (sizeof(fatal_signals) / sizeof(fatal_signals[0]))

/* Handlers have no argument of ours; this is what they need to know. */
static struct {
	pid_t pid; /* the test's; its own children have nothing to save */
	struct bu_result_log *log;
	struct sigaction before[NR_FATAL];
} child;

static void tell_failure(void *arg, struct bpfunit_where where, const char *text)
{
	bu_result_log_failure(arg, where, text);
}

static void tell_skipped(void *arg, struct bpfunit_where where, const char *reason)
{
	bu_result_log_skipped(arg, reason);
}

static void tell_output(void *arg, const char *line)
{
	fprintf(stderr, "%s\n", line);
}

static void tell_progress(void *arg, struct bpfunit_where where)
{
	bu_result_log_progress(arg, where);
}

static void tell_compared(void *arg, const char *why_not, uint64_t runs, uint64_t differing)
{
	bu_result_log_compared(arg, why_not, runs, differing);
}

static void tell_leaked(void *arg, const char *list)
{
	bu_result_log_leaked(arg, list);
}

static void tell_releasing(void *arg, const char *what)
{
	bu_result_log_releasing(arg, what);
}

enum bpfunit_status bu_execute(const struct bpfunit_test *test, struct bu_result_log *log)
{
	struct bpfunit_sink sink = {
		.failure = tell_failure,
		.skipped = tell_skipped,
		.progress = tell_progress,
		.arg = log,
		.output = tell_output,
		.compared = tell_compared,
		.leaked = tell_leaked,
		.releasing = tell_releasing,
	};

	return bpfunit_test_execute(test, &sink);
}

static void save_coverage(void)
{
	if (child.pid == getpid())
		bpfunit_coverage_flush();
}

/* A fault comes again when the handler returns, now to who was there before (a sanitizer that
 * reports it, or the default); a signal that was sent must be sent again. */
static void on_fatal_signal(int number, siginfo_t *info, void *context)
{
	if (child.pid == getpid())
		bu_result_log_signal(child.log, number);
	save_coverage();
	for (size_t i = 0; i < NR_FATAL; i++) {
		if (fatal_signals[i] == number)
			sigaction(number, &child.before[i], NULL);
	}
	if (info->si_code <= 0 || number == SIGTRAP || number == SIGSYS)
		raise(number);
}

static void catch_fatal_signals(void)
{
	static char alt_stack[ALT_STACK_SIZE]; /* for overflows of the usual one */
	stack_t stack = { .ss_sp = alt_stack, .ss_size = sizeof(alt_stack) };
	struct sigaction action = {
		.sa_sigaction = on_fatal_signal,
		.sa_flags = SA_SIGINFO | SA_ONSTACK,
	};

	sigemptyset(&action.sa_mask);
	sigaltstack(&stack, NULL);
	for (size_t i = 0; i < NR_FATAL; i++)
		sigaction(fatal_signals[i], &action, &child.before[i]);
}

/* There when the program is built with a sanitizer. */
extern void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

/* Line by line, so that a crash loses nothing that was printed. */
static void redirect(int output_fd)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null >= 0)
		dup2(null, STDIN_FILENO);
	if (null > STDERR_FILENO)
		close(null);
	if (output_fd < 0)
		return;
	dup2(output_fd, STDOUT_FILENO);
	dup2(output_fd, STDERR_FILENO);
	close(output_fd);
	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
}

void bu_child_main(const struct bpfunit_test *test, struct bu_result_log *log, int output_fd)
{
	child.pid = getpid();
	child.log = log;
	redirect(output_fd);
	catch_fatal_signals();
	bu_guard_host();
	atexit(save_coverage);
	if (__sanitizer_set_death_callback)
		__sanitizer_set_death_callback(save_coverage);
	bu_result_log_done(log, bu_execute(test, log));
	exit(0); /* not _exit: output is flushed, sanitizers and gcov have their say */
}
