/* SPDX-License-Identifier: BSD-2-Clause */
/* The runner seen from outside: what it prints and how it exits, for tests that end in every way.
 */
#include "tests/runner/spawn.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define OUT(spawned) normalised((spawned)->out, SAMPLE_SOURCE, "sample.c")

/* ---- reports ---- */

BPF_TEST(runner, reports_plainly_in_a_pipe)
{
	struct spawned *run = RUN(SAMPLE, "good.*", "bad.*");

	EXPECT_EQ(run->status, 1);
	EXPECT_STREQ(run->err, "");
	EXPECT_GOLDEN("plain.txt", OUT(run));
}

BPF_TEST(runner, names_failures_again_after_many_tests)
{
	struct spawned *few = RUN(SAMPLE, "good.passes", "bad.fails_twice");
	struct spawned *many = RUN(SAMPLE, "--repeat=13", "good.passes", "bad.fails_twice");

	EXPECT_NULL(strstr(few->out, "failed:"));
	EXPECT_CONTAINS(many->out, "\nfailed:\n  bad.fails_twice (");
	EXPECT_CONTAINS(many->out, "sample.c:36)\n13 passed, 13 failed, 0 skipped\n");
}

BPF_TEST(runner, reports_prettily)
{
	struct spawned *run =
		RUN("/bin/sh", "-c", "cd / && exec " SAMPLE " --format=pretty 'good.*' 'bad.*'");

	EXPECT_EQ(run->status, 1);
	EXPECT_GOLDEN("pretty.txt", OUT(run));
}

/* What `SAMPLE good.passes`, with variables set before it, writes to a terminal. */
static const char *on_terminal(const char *variables)
{
	int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK), keep;
	char *name, *text;
	ssize_t len = 0, more;

	if (terminal < 0)
		BPFUNIT_SKIP("there are no terminals here");
	ASSERT_OK(grantpt(terminal));
	ASSERT_OK(unlockpt(terminal));
	name = ptsname(terminal);
	keep = open(name, O_RDWR | O_NOCTTY);
	ASSERT_OK(keep);
	EXPECT_EQ(RUN("/bin/sh", "-c", text_of("%s " SAMPLE " good.passes > %s", variables, name))
			  ->status,
		  0);
	text = text_of("%4095s", "");
	/* The terminal passes on what it got in pieces, and a while later. */
	while (poll(&(struct pollfd){ terminal, POLLIN, 0 }, 1, 300) > 0) {
		more = read(terminal, text + len, 4095 - len);
		if (more <= 0)
			break;
		len += more;
	}
	ASSERT_GT(len, 0);
	text[len] = '\0';
	close(keep);
	close(terminal);
	return text;
}

BPF_TEST(runner, is_pretty_on_a_terminal_that_can_show_it)
{
	EXPECT_CONTAINS(on_terminal("NO_COLOR= TERM=xterm"), "\033[1mgood\033[0m");
	EXPECT_CONTAINS(on_terminal("NO_COLOR= TERM=xterm"), "\r\033[K");
	EXPECT_EQ(strncmp(on_terminal("NO_COLOR=1 TERM=xterm"), "ok   good.passes (", 18), 0);
	EXPECT_EQ(strncmp(on_terminal("NO_COLOR= TERM=dumb"), "ok   good.passes (", 18), 0);
	EXPECT_EQ(strncmp(on_terminal("NO_COLOR= TERM="), "ok   good.passes (", 18), 0);
}

BPF_TEST(runner, reports_tap)
{
	struct spawned *run = RUN(SAMPLE, "--format=tap", "good.*", "bad.*");

	EXPECT_EQ(run->status, 1);
	EXPECT_GOLDEN("tap.txt", OUT(run));
}

BPF_TEST(runner, shows_output_of_passing_tests_when_verbose)
{
	EXPECT_LACKS(RUN(SAMPLE, "good.prints")->out, "hello");
	EXPECT_GOLDEN("verbose.txt", OUT(RUN(SAMPLE, "--verbose", "good.prints")));
	EXPECT_GOLDEN("verbose-tap.txt",
		      OUT(RUN(SAMPLE, "--verbose", "--format=tap", "good.prints")));
}

BPF_TEST(runner, lets_tests_write_without_capture)
{
	struct spawned *run = RUN(SAMPLE, "--no-capture", "good.prints");

	EXPECT_EQ(run->status, 0);
	EXPECT_CONTAINS(run->out, "hello from a passing test\nok   good.prints");
}

BPF_TEST(runner, runs_in_its_own_process_without_fork)
{
	struct spawned *run = RUN(SAMPLE, "--no-fork", "good.*", "bad.*");

	EXPECT_EQ(run->status, 1);
	EXPECT_CONTAINS(run->out, "hello from a passing test\nok   good.prints");
	EXPECT_CONTAINS(run->out, "2 passed, 3 failed, 2 skipped\n");
}

BPF_TEST(runner, runs_without_fork_until_the_first_failure)
{
	struct spawned *run = RUN(SAMPLE, "--no-fork", "--fail-fast", "bad.*");

	EXPECT_CONTAINS(run->out, "0 passed, 1 failed, 0 skipped, 2 not run\n");
}

/* ---- choosing ---- */

BPF_TEST(runner, lists_names)
{
	EXPECT_STREQ(RUN(SAMPLE, "--list", "good.*")->out,
		     "good.passes\ngood.prints\ngood.is_skipped\ngood.skips_itself\n");
}

BPF_TEST(runner, lists_json)
{
	struct spawned *run = RUN(SAMPLE, "--list=json", "good.*:ugly.hangs");

	EXPECT_EQ(run->status, 0);
	EXPECT_GOLDEN("list.json", OUT(run));
}

BPF_TEST(runner, filters_by_several_globs_and_negation)
{
	EXPECT_STREQ(RUN(SAMPLE, "--list", "--filter=good.p*:bad.*-*twice:good.prints")->out,
		     "good.passes\nbad.stops_at_assert\nbad.has_special_characters\n");
	EXPECT_STREQ(RUN(SAMPLE, "--list", "--filter", "-ugly.*:bad.*:*skip*")->out,
		     "good.passes\ngood.prints\n");
	EXPECT_STREQ(RUN(SAMPLE, "--list", "good.?r*", "*.passes")->out,
		     "good.passes\ngood.prints\n");
}

BPF_TEST(runner, says_when_nothing_matches)
{
	struct spawned *run = RUN(SAMPLE, "good.pases");

	EXPECT_EQ(run->status, 2);
	EXPECT_STREQ(run->out, "");
	EXPECT_STREQ(run->err,
		     "bpfunit: no test matches 'good.pases'; the nearest is 'good.passes'\n"
		     "Names are suite.name; --list shows them all.\n");
	EXPECT_EQ(RUN(SAMPLE, "--filter=-*")->status, 2);
	EXPECT_CONTAINS(RUN(SAMPLE, "fails_twise")->err, "'bad.fails_twice'");
}

BPF_TEST(runner, takes_defaults_from_the_environment)
{
	EXPECT_STREQ(RUN_ENV("BPFUNIT_FILTER=good.prints", SAMPLE, "--list")->out, "good.prints\n");
	EXPECT_STREQ(RUN_ENV("BPFUNIT_FILTER=good.prints", SAMPLE, "--list", "good.passes")->out,
		     "good.passes\n");
	EXPECT_CONTAINS(RUN_ENV("BPFUNIT_FORMAT=tap", SAMPLE, "good.passes")->out,
			"TAP version 14\n");
	EXPECT_CONTAINS(RUN_ENV("BPFUNIT_FORMAT=tap", SAMPLE, "--format=plain", "good.passes")->out,
			"ok   good.passes");
	EXPECT_EQ(RUN_ENV("BPFUNIT_JOBS=none", SAMPLE, "good.passes")->status, 2);
	EXPECT_CONTAINS(RUN_ENV("BPFUNIT_TIMEOUT=x", SAMPLE, "good.passes")->err,
			"BPFUNIT_TIMEOUT");
}

/* ---- statuses and usage ---- */

BPF_TEST(runner, exits_0_1_77)
{
	EXPECT_EQ(RUN(SAMPLE, "good.passes", "good.is_skipped")->status, 0);
	EXPECT_EQ(RUN(SAMPLE, "good.passes", "bad.fails_twice")->status, 1);
	EXPECT_EQ(RUN(SAMPLE, "good.*skip*")->status, 77);
}

BPF_TEST(runner, refuses_wrong_usage)
{
	static const struct {
		const char *option, *message;
	} cases[] = {
		{ "--fliter=x", "unknown option '--fliter=x'; did you mean '--filter'?" },
		{ "--nope", "unknown option '--nope'\nTry --help." },
		{ "--frobnicate", "unknown option '--frobnicate'\n" },
		{ "-x", "unknown option '-x'" },
		{ "--jobs=0", "--jobs: '0' is not a positive number" },
		{ "--jobs=-1", "--jobs: '-1' is not" },
		{ "--jobs=2x", "--jobs: '2x' is not" },
		{ "--jobs=100000", "--jobs: '100000' is not" },
		{ "--repeat=", "--repeat: '' is not" },
		{ "--timeout=0", "--timeout: '0' is not" },
		{ "--timeout=soon", "--timeout: 'soon' is not" },
		{ "--shuffle=x", "--shuffle: 'x' is not a number" },
		{ "--format=xml", "--format: 'xml' is not one of pretty, plain, tap" },
		{ "--list=yaml", "--list: 'yaml' is not" },
		{ "--verbose=1", "--verbose takes no value" },
		{ "--filter", "--filter needs a value" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct spawned *run = RUN(SAMPLE, (char *)cases[i].option);

		EXPECT_EQ(run->status, 2);
		EXPECT_STREQ(run->out, "");
		EXPECT_CONTAINS(run->err, cases[i].message);
	}
}

BPF_TEST(runner, shows_help_and_version)
{
	struct spawned *help = RUN(SAMPLE, "--help"), *version = RUN(SAMPLE, "--version");

	EXPECT_EQ(help->status, 0);
	EXPECT_CONTAINS(help->out, "--shuffle[=SEED]");
	EXPECT_STREQ(RUN(SAMPLE, "-h")->out, help->out);
	EXPECT_EQ(version->status, 0);
	EXPECT_EQ(strncmp(version->out, "bpfunit ", 8), 0);
}

BPF_TEST(runner, refuses_a_binary_without_tests)
{
	struct spawned *run = RUN(EMPTY);

	EXPECT_EQ(run->status, 2);
	EXPECT_CONTAINS(run->err, "no tests");
	EXPECT_EQ(RUN(EMPTY, "--list")->status, 2);
	EXPECT_EQ(RUN(EMPTY, "--help")->status, 0);
}

BPF_TEST(runner, refuses_two_tests_of_one_name)
{
	struct spawned *run = RUN(TWICE);

	EXPECT_EQ(run->status, 2);
	EXPECT_CONTAINS(run->err, "two tests are called same.name: at ");
}

/* A syscall() of the program's own takes libbpf's calls away from bpfunit's. */
BPF_TEST(runner, refuses_to_run_without_interposition)
{
	struct spawned *run = RUN(DEAF);

	EXPECT_EQ(run->status, 2);
	EXPECT_STREQ(run->out, "");
	EXPECT_CONTAINS(run->err, "do not reach the emulated kernel");
	EXPECT_CONTAINS(run->err, "Remedy");
	EXPECT_CONTAINS(run->err, "--exclude-libs");
	EXPECT_EQ(RUN(DEAF, "--list")->status, 0);
}

BPF_TEST(runner, fails_when_the_report_cannot_be_written)
{
	struct spawned *run = RUN("/bin/sh", "-c", SAMPLE " good.passes > /dev/full");

	EXPECT_EQ(run->status, 2);
	EXPECT_CONTAINS(run->err, "cannot be written: No space left on device");
}

BPF_TEST(runner, runs_with_closed_standard_descriptors)
{
	EXPECT_EQ(RUN("/bin/sh", "-c", SAMPLE " good.prints <&-")->status, 0);
	EXPECT_EQ(RUN("/bin/sh", "-c", SAMPLE " good.prints <&- >&- 2>&-")->status, 0);
	EXPECT_EQ(RUN("/bin/sh", "-c", SAMPLE " bad.fails_twice <&- >&- 2>&-")->status, 1);
}

/* ---- order and number ---- */

BPF_TEST(runner, runs_jobs_in_parallel_and_reports_in_order)
{
	struct spawned *one = RUN(SAMPLE, "good.*:bad.*:ugly.hangs:ugly.exits");
	struct spawned *four = RUN(SAMPLE, "--jobs=4", "good.*:bad.*:ugly.hangs:ugly.exits");

	EXPECT_EQ(four->status, 1);
	EXPECT_STREQ(OUT(four), OUT(one));
}

BPF_TEST(runner, repeats)
{
	struct spawned *run = RUN(SAMPLE, "--repeat=3", "good.passes", "--jobs", "2");

	EXPECT_STREQ(OUT(run), "ok   good.passes ( T)\nok   good.passes ( T)\n"
			       "ok   good.passes ( T)\n3 passed, 0 failed, 0 skipped\n");
}

BPF_TEST(runner, shuffles_by_seed)
{
	struct spawned *first = RUN(SAMPLE, "--shuffle=7", "good.*:bad.*");
	struct spawned *again = RUN(SAMPLE, "--shuffle=7", "good.*:bad.*");
	struct spawned *other = RUN(SAMPLE, "--shuffle=8", "good.*:bad.*");

	EXPECT_CONTAINS(first->out, "shuffled with --shuffle=7\n");
	EXPECT_STREQ(OUT(first), OUT(again));
	EXPECT_STRNE(OUT(first) + 30, OUT(other) + 30);
	EXPECT_CONTAINS(first->out, "2 passed, 3 failed, 2 skipped\n");
	EXPECT_CONTAINS(RUN(SAMPLE, "--shuffle", "good.*")->out, "shuffled with --shuffle=");
}

BPF_TEST(runner, stops_after_a_failure)
{
	struct spawned *run = RUN(SAMPLE, "--fail-fast", "bad.*");

	EXPECT_EQ(run->status, 1);
	EXPECT_CONTAINS(run->out, "0 passed, 1 failed, 0 skipped, 2 not run\n");
	EXPECT_CONTAINS(RUN(SAMPLE, "--fail-fast", "--format=tap", "bad.*")->out,
			"Bail out! stopped after the first failure\n");
}

/* ---- ends of tests ---- */

BPF_TEST(runner, survives_a_segmentation_fault)
{
	struct spawned *run = RUN(SAMPLE, "ugly.segfaults", "good.passes");

	EXPECT_EQ(run->status, 1);
	EXPECT_CONTAINS(OUT(run), "crashed: SIGSEGV (Segmentation fault)\n    last check reached: "
				  "sample.c:");
	EXPECT_CONTAINS(run->out, "ok   good.passes");
	EXPECT_CONTAINS(run->out, "1 passed, 1 failed, 0 skipped\n");
}

BPF_TEST(runner, survives_a_stack_overflow)
{
	struct spawned *run = RUN(SAMPLE, "ugly.overflows_the_stack");

	EXPECT_EQ(run->status, 1);
	EXPECT_CONTAINS(run->out, "crashed: SIGSEGV (Segmentation fault)\n    no check had been "
				  "reached\n");
}

BPF_TEST(runner, keeps_tests_from_the_hosts_bpf)
{
	struct spawned *run = RUN(SAMPLE, "ugly.calls_the_hosts_bpf");

	EXPECT_EQ(run->status, 1);
	EXPECT_CONTAINS(run->out, "crashed: SIGSYS (Bad system call)\n");
	EXPECT_CONTAINS(run->out, "hint: calls of this machine's bpf(2)");
}

BPF_TEST(runner, survives_abort)
{
	EXPECT_CONTAINS(RUN(SAMPLE, "ugly.aborts")->out, "crashed: SIGABRT (Aborted)\n");
}

BPF_TEST(runner, fails_a_test_that_exits)
{
	EXPECT_CONTAINS(
		RUN(SAMPLE, "ugly.exits")->out,
		"the process exited with status 3 within the test\n    last check reached: ");
	EXPECT_CONTAINS(RUN(SAMPLE, "ugly.exits_with_success")->out,
			"the process exited with status 0 within the test\n");
	EXPECT_EQ(RUN(SAMPLE, "ugly.exits_with_success")->status, 1);
}

BPF_TEST(runner, fails_a_test_whose_process_ends_badly)
{
	struct spawned *run = RUN(SAMPLE, "ugly.wrecks_the_exit_status");

	EXPECT_EQ(run->status, 1);
	EXPECT_CONTAINS(run->out, "crashed after its end: SIGABRT (Aborted)\n");
}

BPF_TEST(runner, stops_a_hanging_test)
{
	struct spawned *run = RUN(SAMPLE, "ugly.hangs");

	EXPECT_EQ(run->status, 1);
	EXPECT_CONTAINS(OUT(run), "timed out after 1 s\n    last check reached: sample.c:");
}

BPF_TEST(runner, kills_a_hanging_test_that_ignores_signals)
{
	struct spawned *run = RUN(SAMPLE, "ugly.hangs_and_ignores_signals", "good.passes");

	EXPECT_EQ(run->status, 1);
	EXPECT_CONTAINS(run->out, "timed out after 0.2 s\n");
	EXPECT_CONTAINS(run->out, "1 passed, 1 failed, 0 skipped\n");
}

BPF_TEST(runner, kills_a_hanging_test_that_left_its_group)
{
	struct spawned *run = RUN(SAMPLE, "ugly.leaves_its_group_and_hangs");

	EXPECT_EQ(run->status, 1);
	EXPECT_CONTAINS(run->out, "timed out after 1 s\n    last check reached: ");
	EXPECT_LACKS(run->out, "EXPECT_OK");
}

BPF_TEST(runner, caps_output_in_tap)
{
	struct spawned *run = RUN(SAMPLE, "--format=tap", "ugly.prints_a_lot_and_fails");

	EXPECT_LT(strlen(run->out), 300 * 1024);
	EXPECT_CONTAINS(run->out, "\n    line 0 of too many\n");
	EXPECT_CONTAINS(run->out, " bytes of output are left out here ...]\n");
	EXPECT_CONTAINS(run->out, "\n    line 199999 of too many\n  ...\n");
}

BPF_TEST(runner, caps_output)
{
	struct spawned *run = RUN(SAMPLE, "ugly.prints_a_lot_and_fails");

	EXPECT_LT(strlen(run->out), 300 * 1024);
	EXPECT_CONTAINS(run->out, "    line 0 of too many\n");
	EXPECT_CONTAINS(run->out, " bytes of output are left out here ...]\n");
	EXPECT_CONTAINS(run->out, "    line 199999 of too many\n");
}

BPF_TEST(runner, stops_endless_output)
{
	struct spawned *run = RUN(SAMPLE, "ugly.prints_without_end");

	EXPECT_EQ(run->status, 1);
	EXPECT_CONTAINS(run->out, "timed out after 0.3 s\n");
}

/* Whoever adopted it may be slow to reap it: a zombie is dead enough. */
static bool is_alive(pid_t pid)
{
	FILE *in = fopen(text_of("/proc/%d/stat", (int)pid), "re");
	char state = 'X';

	if (!in)
		return false;
	if (fscanf(in, "%*d (%*[^)]) %c", &state) != 1)
		state = 'X';
	fclose(in);
	return state != 'Z' && state != 'X';
}

static void expect_left_behind_and_killed(char *test)
{
	struct spawned *run = RUN(SAMPLE, "--verbose", test);
	const char *text = strstr(run->out, "pid ");
	pid_t pid = text ? atoi(text + 4) : 0;

	EXPECT_EQ(run->status, 0);
	ASSERT_GT(pid, 0);
	for (int i = 0; i < 100 && is_alive(pid); i++)
		usleep(10000);
	EXPECT_FALSE(is_alive(pid));
}

BPF_TEST(runner, kills_what_a_test_leaves_behind)
{
	expect_left_behind_and_killed("ugly.leaves_a_process_behind");
}

BPF_TEST(runner, kills_a_daemon_that_a_test_leaves_behind)
{
	if (access(text_of("/proc/self/task/%d/children", (int)getpid()), R_OK))
		BPFUNIT_SKIP("/proc does not tell a process's children");
	expect_left_behind_and_killed("ugly.leaves_a_daemon_behind");
}

BPF_TEST(runner, explains_a_crash_of_what_is_released_twice)
{
	struct spawned *run = RUN(SAMPLE, "ugly.destroys_what_it_does_not_own");

	EXPECT_EQ(run->status, 1);
	EXPECT_CONTAINS(run->out,
			"\n    while (struct bpf_link *)(uintptr_t)64 was released, which the "
			"test owns: has the test destroyed or closed it, too?\n");
}

BPF_TEST(runner, hears_a_test_that_closed_its_descriptors)
{
	struct spawned *run = RUN(SAMPLE, "ugly.closes_all_descriptors");

	EXPECT_EQ(run->status, 1);
	EXPECT_CONTAINS(run->out, "EXPECT_EQ(1, 2)");
}

BPF_TEST(runner, counts_failures_that_it_cannot_show)
{
	struct spawned *run = RUN(SAMPLE, "ugly.fails_very_often");

	EXPECT_EQ(run->status, 1);
	EXPECT_CONTAINS(run->out, ": 0: xxx");
	EXPECT_CONTAINS(run->out, " more failures are not shown\n");
}

BPF_TEST(runner, gives_tests_an_empty_standard_input)
{
	struct spawned *run = RUN("/bin/sh", "-c", "echo x | " SAMPLE " ugly.reads_standard_input");

	EXPECT_EQ(run->status, 0);
}

/* ---- interruption ---- */

static void interrupt_and_check(int number)
{
	struct spawned *run =
		spawn_start((char *[]){ SAMPLE, "good.passes", "ugly.waits_for_long", NULL }, NULL);

	for (int i = 0; i < 500 && lseek(run->out_fd, 0, SEEK_END) <= 0; i++)
		usleep(10000); /* until the first one was reported */
	EXPECT_OK(kill(run->pid, number));
	spawn_wait(run);
	EXPECT_EQ(run->status, 128 + number);
	EXPECT_CONTAINS(run->out, "1 passed, 0 failed, 0 skipped, 1 not run (interrupted)\n");
}

BPF_TEST(runner, can_be_interrupted)
{
	interrupt_and_check(SIGINT);
}

BPF_TEST(runner, can_be_terminated)
{
	interrupt_and_check(SIGTERM);
}

/* One descriptor is left to load libraries by, and a test's pipe needs two. */
BPF_TEST(runner, fails_tests_that_cannot_be_started)
{
	struct spawned *run = RUN("/bin/sh", "-c",
				  "exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-; ulimit -n 4; "
				  "exec " SAMPLE " good.passes");

	EXPECT_EQ(run->status, 1);
	EXPECT_CONTAINS(run->out, "no process could be started for this test: Too many open files");
}
