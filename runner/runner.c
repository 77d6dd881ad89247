/* SPDX-License-Identifier: BSD-2-Clause */
/* bpfunit_main(): from arguments to an exit status. */
#include "runner/backend.h"
#include "runner/coverage.h"
#include "runner/plan.h"
#include "runner/pool.h"
#include <bpfunit/btf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXIT_USAGE       2
#define EXIT_ALL_SKIPPED 77 /* as automake and ctest's SKIP_RETURN_CODE have it */

/* A descriptor that a test opens must not become standard output by chance. */
static void occupy_standard_fds(void)
{
	for (int fd = 0; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0)
			return;
	}
}

static bool canary_lives(void)
{
	if (bpfunit_canary() == 0)
		return true;
	fputs("bpfunit: libbpf's system calls do not reach the emulated kernel; they would reach "
	      "this "
	      "machine's.\n"
	      "Another library's syscall() was linked before bpfunit's. Remedy: put bpfunit before "
	      "libbpf and libc\n"
	      "on the linker's command line (bpfunit_add_test() does), and do not link with "
	      "--as-needed before it.\n"
	      "With the static library, do not hide its symbols (--exclude-libs, a version "
	      "script).\n",
	      stderr);
	return false;
}

/* The directory is made here and named absolutely, since tests may change theirs. */
static int set_up_coverage(const struct bu_options *options)
{
	const char *dir = options->coverage ? options->coverage : getenv("BPFUNIT_COVERAGE");
	char *absolute;
	int error;

	if (!dir || !*dir)
		return 0;
	error = bu_coverage_make_dir(dir, &absolute);
	if (error) {
		fprintf(stderr, "bpfunit: coverage directory '%s': %s\n", dir, strerror(-error));
		return error;
	}
	if (setenv("BPFUNIT_COVERAGE", absolute, 1))
		error = -errno;
	free(absolute);
	return error;
}

static void free_results(struct bu_report *report)
{
	for (size_t i = 0; i < report->total; i++)
		bu_result_free(&report->results[i]);
	free(report->results);
	bu_tally_free(report->compared);
}

static int exit_status(const struct bu_report *report)
{
	if (report->interrupted)
		return 128 + report->interrupted;
	if (report->failed)
		return 1;
	return report->skipped && !report->passed ? EXIT_ALL_SKIPPED : 0;
}

/* Before the tests' processes are made: they share what this one has read. */
static void preload(const struct bu_report *report)
{
	bpfunit_btf_preload(NULL);
	for (size_t i = 0; i < report->total; i++) {
		if (report->results[i].test->opts.btf)
			bpfunit_btf_preload(report->results[i].test);
	}
}

static int run_plan(const struct bu_options *options, struct bu_report *report)
{
	double started_s = bu_now_s();
	int error;

	report->ops->begin(report);
	preload(report);
	bu_backend_announce(report->ops == &bu_report_tap ? "# " : "");
	error = bu_run_plan(options, report);
	if (error) {
		fprintf(stderr, "bpfunit: tests cannot be run: %s\n", strerror(-error));
		return EXIT_USAGE;
	}
	report->seconds = bu_now_s() - started_s;
	report->ops->finish(report);
	if (options->coverage && !report->interrupted &&
	    bu_coverage_conclude(getenv("BPFUNIT_COVERAGE"), report->ops == &bu_report_tap))
		return EXIT_USAGE;
	return exit_status(report);
}

static int run_tests(const struct bu_options *options)
{
	struct bu_report report = {
		.ops = options->format ? options->format : bu_report_ops_default(),
		.verbose = options->verbose,
		.shuffled = options->shuffle,
		.seed = options->seed,
		.repeat = options->repeat,
	};
	int status = EXIT_USAGE;

	if (!canary_lives())
		return EXIT_USAGE;
	if (bu_plan(options, &report) == 0 && set_up_coverage(options) == 0)
		status = run_plan(options, &report);
	free_results(&report);
	return status;
}

static int run_options(const struct bu_options *options)
{
	if (options->help) {
		bu_options_help(options);
		return 0;
	}
	if (options->version) {
		puts("bpfunit " BPFUNIT_VERSION);
		return 0;
	}
	if (!bpfunit_tests()) {
		fputs("bpfunit: this binary has no tests: no BPF_TEST is linked into it\n", stderr);
		return EXIT_USAGE;
	}
	if (options->list) {
		bu_list(options);
		return 0;
	}
	return run_tests(options);
}

/* A report that could not be written is no report. */
static int flush_report(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	fprintf(stderr, "bpfunit: the report cannot be written: %s\n", strerror(errno));
	return EXIT_USAGE;
}

int bpfunit_main(int argc, char **argv)
{
	struct bu_options options;
	int status = EXIT_USAGE;

	occupy_standard_fds();
	if (bu_options_parse(&options, argc, argv) == 0)
		status = flush_report(run_options(&options));
	bu_options_free(&options);
	return status;
}
