/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Processes of tests. One loop waits for output, ends of processes, time limits and interruptions,
 * and never blocks on a test: its output is read as it comes, its messages lie in shared memory.
 *
 * A test's process leads a process group, so that what it leaves behind ends with it (what leaves
 * the group, too: orphans.h). Results are reported in the order of the plan whatever order they
 * finish in.
 */
#include "runner/pool.h"
#include "runner/child.h"
#include "runner/orphans.h"
#include "runner/output.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define GRACE_S        0.5 /* between asking a test to stop and killing it */
#define START_TRIES    40  /* while the system has no process to spare */
#define START_PAUSE_MS 50

struct slot {
	pid_t pid;     /* 0: free */
	int output_fd; /* -1: not captured, or at its end */
	struct bu_result_log *log;
	struct bu_result *result;
	struct bu_output output;
	double started_s, limit_s, deadline_s;
	bool timed_out;
	bool finished;
};

struct pool {
	const struct bu_options *options;
	struct bu_report *report;
	struct slot *slots;
	unsigned int nr_slots, running;
	size_t next, reported; /* results started / reported */
	bool stop;             /* start no more */
	sigset_t outside;      /* signals as they were before */
	struct bu_orphans orphans;
	struct pollfd *polls;
};

/* Set by handlers. */
static volatile sig_atomic_t interrupted_by;

static void on_interrupt(int number)
{
	interrupted_by = number;
}

static void on_child(int number)
{
}

double bu_now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

/* ---- starting ---- */

static void in_child(struct pool *pool, struct slot *slot, pid_t runner, int output_fd)
{
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != runner)
		_exit(2);
	signal(SIGCHLD, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	sigprocmask(SIG_SETMASK, &pool->outside, NULL);
	bu_child_main(slot->result->test, slot->log, output_fd);
}

static int open_output(const struct pool *pool, int fds[2])
{
	fds[0] = fds[1] = -1;
	if (pool->options->no_capture)
		return 0;
	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	return 0;
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

static int spawn(struct pool *pool, struct slot *slot)
{
	pid_t runner = getpid(), pid;
	int fds[2], error = open_output(pool, fds);

	if (error)
		return error;
	bu_result_log_clear(slot->log);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		close_fd(fds[0]);
		in_child(pool, slot, runner, fds[1]);
	}
	error = pid < 0 ? -errno : 0;
	close_fd(fds[1]);
	if (error) {
		close_fd(fds[0]);
		return error;
	}
	setpgid(pid, pid); /* in both: whoever comes first */
	slot->pid = pid;
	slot->output_fd = fds[0];
	return 0;
}

static void start_clock(struct pool *pool, struct slot *slot)
{
	double limit_s = slot->result->test->opts.timeout_s;

	slot->limit_s = limit_s > 0 ? limit_s : pool->options->timeout_s;
	slot->started_s = bu_now_s();
	slot->deadline_s = slot->started_s + slot->limit_s;
	slot->timed_out = slot->finished = false;
}

static struct slot *free_slot(struct pool *pool)
{
	for (unsigned int i = 0; i < pool->nr_slots; i++) {
		if (!pool->slots[i].pid)
			return &pool->slots[i];
	}
	return NULL;
}

static int spawn_patiently(struct pool *pool, struct slot *slot)
{
	int error = spawn(pool, slot);

	for (int i = 0; error && i < START_TRIES && !pool->running && !interrupted_by; i++) {
		poll(NULL, 0, START_PAUSE_MS);
		error = spawn(pool, slot);
	}
	return error;
}

/* True when a test was started or given up; false: try again when another one ended. */
static bool start_next(struct pool *pool)
{
	struct bu_result *result = &pool->report->results[pool->next];
	struct slot *slot = free_slot(pool);
	int error;

	slot->result = result;
	start_clock(pool, slot);
	error = spawn_patiently(pool, slot);
	if (error && pool->running)
		return false;
	pool->next++;
	if (error) {
		bu_result_fail(result, result->test->where.file, result->test->where.line,
			       "no process could be started for this test: %s", strerror(-error));
		return true;
	}
	pool->running++;
	if (pool->report->ops->start)
		pool->report->ops->start(pool->report, result->test);
	return true;
}

static void start_tests(struct pool *pool)
{
	while (!pool->stop && pool->running < pool->nr_slots && pool->next < pool->report->total) {
		if (!start_next(pool))
			return;
	}
}

/* ---- waiting ---- */

/* What is there now; bounded, for a process that outlives the test may go on writing. */
static void read_output(struct slot *slot)
{
	char buffer[65536];

	for (int i = 0; i < 16 && slot->output_fd >= 0; i++) {
		ssize_t n = read(slot->output_fd, buffer, sizeof(buffer));

		if (n < 0)
			return;
		if (n == 0) {
			close(slot->output_fd);
			slot->output_fd = -1;
			return;
		}
		bu_output_append(&slot->output, buffer, n);
	}
}

static double next_deadline(const struct pool *pool)
{
	double deadline = 0;

	for (unsigned int i = 0; i < pool->nr_slots; i++) {
		const struct slot *slot = &pool->slots[i];

		if (slot->pid && (!deadline || slot->deadline_s < deadline))
			deadline = slot->deadline_s;
	}
	return deadline;
}

/* Signals are delivered only here. */
static void wait_for_something(struct pool *pool)
{
	double wait_s = next_deadline(pool) - bu_now_s();
	struct timespec wait = { 0 };
	nfds_t count = 0;

	if (wait_s > 0) {
		wait.tv_sec = (time_t)wait_s;
		wait.tv_nsec = (wait_s - (double)wait.tv_sec) * 1e9;
	}
	for (unsigned int i = 0; i < pool->nr_slots; i++) {
		if (pool->slots[i].pid && pool->slots[i].output_fd >= 0)
			pool->polls[count++] =
				(struct pollfd){ pool->slots[i].output_fd, POLLIN, 0 };
	}
	ppoll(pool->polls, count, &wait, &pool->outside);
}

/* The test and what it started; one that left its group is still a child. */
static void kill_group(pid_t pid)
{
	kill(pid, SIGKILL);
	kill(-pid, SIGKILL);
}

static void check_limit(struct slot *slot, double now_s)
{
	if (now_s < slot->deadline_s)
		return;
	if (slot->timed_out) {
		kill_group(slot->pid);
	} else {
		kill(slot->pid, SIGTERM);
		slot->timed_out = true;
	}
	slot->deadline_s = now_s + GRACE_S;
}

/* ---- ending ---- */

static const char *signal_text(int number, char *text, size_t size)
{
	const char *name = sigabbrev_np(number), *words = sigdescr_np(number);

	if (name)
		snprintf(text, size, "SIG%s (%s)", name, words ? words : "");
	else
		snprintf(text, size, "signal %d", number);
	return text;
}

static const char *signal_hint(int number)
{
	if (number != SIGSYS)
		return "";
	return "\n  hint: calls of this machine's bpf(2) or perf_event_open(2), past bpfunit's, "
	       "end so. They come from system call instructions of one's own and from libraries "
	       "opened "
	       "with RTLD_DEEPBIND or dlmopen(): open those without (BPFUNIT_HOST_BPF=1 lets the "
	       "calls pass)";
}

static void explain_death(const struct slot *slot, int status)
{
	struct bpfunit_where where = slot->result->test->where;
	bool done = bu_result_log_is_done(slot->log);
	int number = WIFSIGNALED(status) ? WTERMSIG(status) : bu_result_log_signalled(slot->log);
	char last[320], text[64];

	bu_result_log_last_check(slot->log, last, sizeof(last));
	if (slot->timed_out && !done)
		bu_result_fail(slot->result, where.file, where.line, "timed out after %g s\n  %s",
			       slot->limit_s, last);
	else if (WIFSIGNALED(status) || (number && WEXITSTATUS(status)))
		bu_result_fail(slot->result, where.file, where.line, "crashed%s: %s\n  %s%s",
			       done ? " after its end" : "",
			       signal_text(number, text, sizeof(text)), last, signal_hint(number));
	else if (!done)
		bu_result_fail(slot->result, where.file, where.line,
			       "the process exited with status %d within the test\n  %s",
			       WEXITSTATUS(status), last);
	else if (WEXITSTATUS(status))
		bu_result_fail(slot->result, where.file, where.line,
			       "the process exited with status %d after the test",
			       WEXITSTATUS(status));
}

/* The process is dead but not reaped, so its id still names the group and nothing else. */
static void finish_slot(struct pool *pool, struct slot *slot)
{
	struct bu_result *result = slot->result;
	int status = 0;

	kill_group(slot->pid);
	while (waitpid(slot->pid, &status, 0) < 0 && errno == EINTR)
		;
	result->seconds = bu_now_s() - slot->started_s;
	read_output(slot);
	close_fd(slot->output_fd);
	bu_output_give(&slot->output, result);
	bu_result_log_read(slot->log, result);
	explain_death(slot, status);
	if (result->outcome == BU_FAILED && !result->failures)
		bu_result_fail(result, result->test->where.file, result->test->where.line,
			       "failed without saying why");
	slot->pid = 0;
	pool->running--;
	if (result->outcome == BU_FAILED && pool->options->fail_fast)
		pool->stop = true;
}

static bool has_ended(const struct slot *slot)
{
	siginfo_t info = { 0 };

	return waitid(P_PID, slot->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	       info.si_pid == slot->pid;
}

static void look_after(struct pool *pool, struct slot *slot, double now_s)
{
	if (!slot->pid)
		return;
	read_output(slot);
	if (has_ended(slot))
		finish_slot(pool, slot);
	else
		check_limit(slot, now_s);
}

void bu_report_result(struct bu_report *report, const struct bu_result *result)
{
	report->passed += result->outcome == BU_PASSED;
	report->failed += result->outcome == BU_FAILED;
	report->skipped += result->outcome == BU_SKIPPED;
	bu_tally_merge(&report->compared, result->compared);
	report->ops->result(report, result);
	fflush(stdout);
}

static void report_finished(struct pool *pool)
{
	struct bu_report *report = pool->report;

	while (pool->reported < pool->next && report->results[pool->reported].outcome != BU_NOT_RUN)
		bu_report_result(report, &report->results[pool->reported++]);
}

static void interrupt(struct pool *pool)
{
	pool->report->interrupted = interrupted_by;
	for (unsigned int i = 0; i < pool->nr_slots; i++) {
		struct slot *slot = &pool->slots[i];

		if (!slot->pid)
			continue;
		kill_group(slot->pid);
		while (waitpid(slot->pid, NULL, 0) < 0 && errno == EINTR)
			;
		close_fd(slot->output_fd);
		free(slot->output.data);
		slot->pid = 0;
	}
	for (size_t i = pool->reported; i < pool->next; i++) {
		if (pool->report->results[i].outcome != BU_NOT_RUN)
			bu_report_result(pool->report, &pool->report->results[i]);
	}
}

static void run_all(struct pool *pool)
{
	for (;;) {
		double now_s;

		if (!pool->running)
			bu_orphans_kill(&pool->orphans);
		start_tests(pool);
		report_finished(pool);
		if (!pool->running && (pool->stop || pool->next == pool->report->total))
			return;
		if (pool->running)
			wait_for_something(pool);
		if (interrupted_by) {
			interrupt(pool);
			return;
		}
		now_s = bu_now_s();
		for (unsigned int i = 0; i < pool->nr_slots; i++)
			look_after(pool, &pool->slots[i], now_s);
	}
}

/* ---- the pool ---- */

static void catch_signals(struct pool *pool)
{
	const int interrupts[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_handler = on_child }, before;
	sigset_t blocked;

	sigemptyset(&blocked);
	sigaddset(&blocked, SIGCHLD);
	sigemptyset(&action.sa_mask);
	sigaction(SIGCHLD, &action, NULL);
	action.sa_handler = on_interrupt;
	for (size_t i = 0; i < sizeof(interrupts) / sizeof(interrupts[0]); i++) {
		sigaddset(&blocked, interrupts[i]);
		sigaction(interrupts[i], &action, &before);
		if (interrupts[i] == SIGHUP && before.sa_handler == SIG_IGN)
			signal(SIGHUP, SIG_IGN); /* nohup */
	}
	sigprocmask(SIG_BLOCK, &blocked, &pool->outside);
	sigdelset(&pool->outside, SIGCHLD);
}

static void restore_signals(struct pool *pool)
{
	sigprocmask(SIG_SETMASK, &pool->outside, NULL);
	signal(SIGCHLD, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
}

static int pool_init(struct pool *pool)
{
	pool->nr_slots = pool->options->jobs;
	pool->slots = calloc(pool->nr_slots, sizeof(*pool->slots));
	pool->polls = calloc(pool->nr_slots, sizeof(*pool->polls));
	if (!pool->slots || !pool->polls)
		return -ENOMEM;
	for (unsigned int i = 0; i < pool->nr_slots; i++) {
		pool->slots[i].output_fd = -1;
		pool->slots[i].log = bu_result_log_new();
		if (!pool->slots[i].log)
			return -ENOMEM;
	}
	return 0;
}

static void pool_destroy(struct pool *pool)
{
	for (unsigned int i = 0; pool->slots && i < pool->nr_slots; i++)
		bu_result_log_free(pool->slots[i].log);
	free(pool->slots);
	free(pool->polls);
}

static int run_forked(const struct bu_options *options, struct bu_report *report)
{
	struct pool pool = { .options = options, .report = report };
	int error = pool_init(&pool);

	if (!error) {
		catch_signals(&pool);
		bu_orphans_begin(&pool.orphans);
		run_all(&pool);
		bu_orphans_end(&pool.orphans);
		restore_signals(&pool);
	}
	pool_destroy(&pool);
	return error;
}

/* For debuggers: here, one after the other. A crash or a hang is the whole run's. */
static int run_here(const struct bu_options *options, struct bu_report *report)
{
	struct bu_result_log *log = bu_result_log_new();

	if (!log)
		return -ENOMEM;
	for (size_t i = 0; i < report->total; i++) {
		struct bu_result *result = &report->results[i];
		double started_s = bu_now_s();

		bu_result_log_clear(log);
		fflush(stdout);
		bu_result_log_done(log, bu_execute(result->test, log));
		result->seconds = bu_now_s() - started_s;
		bu_result_log_read(log, result);
		bu_report_result(report, result);
		if (result->outcome == BU_FAILED && options->fail_fast)
			break;
	}
	bu_result_log_free(log);
	return 0;
}

int bu_run_plan(const struct bu_options *options, struct bu_report *report)
{
	return options->no_fork ? run_here(options, report) : run_forked(options, report);
}
