/* SPDX-License-Identifier: BSD-2-Clause */
/* Coverage from the object to the report: counts of real runs, over tests, processes and binaries.
 */
#include "tests/runner/spawn.h"
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *lcov_of(const char *dir)
{
	struct spawned *run = RUN(BPFUNIT, "coverage", (char *)dir, "--lcov", "-");

	EXPECT_EQ(run->status, 0);
	EXPECT_STREQ(run->err, "");
	return normalised(run->out, PATHS_SOURCE, "paths.bpf.c");
}

static void collect(const char *dir, const char *filter)
{
	RUN_ENV(text_of("BPFUNIT_COVERAGE=%s", dir), SAMPLE, (char *)filter);
}

/* How often a function was entered, as the tracefile has it. */
static long entries(const char *dir, const char *func)
{
	const char *lcov = lcov_of(dir), *line = strstr(lcov, "FNDA:");

	for (; line; line = strstr(line + 1, "FNDA:")) {
		size_t digits = strspn(line + 5, "0123456789");
		size_t len = strcspn(line + 5 + digits + 1, "\n");

		if (len == strlen(func) && strncmp(line + 5 + digits + 1, func, len) == 0)
			return atol(line + 5);
	}
	FAIL("%s is not in the tracefile:\n%s", func, lcov);
	return -1;
}

/* The path of a data file: the one that begins with `name-` and ends with `suffix`. */
static const char *data_file(const char *dir, const char *name, const char *suffix)
{
	const char *prefix = text_of("%s-", name);
	DIR *stream = opendir(dir);
	char *found = NULL;

	ASSERT_NOT_NULL(stream);
	for (struct dirent *entry; (entry = readdir(stream));) {
		if (strncmp(entry->d_name, prefix, strlen(prefix)) == 0 &&
		    strstr(entry->d_name, suffix))
			found = text_of("%s/%s", dir, entry->d_name);
	}
	closedir(stream);
	return found;
}

/* ---- counts ---- */

/* Only what every compiler makes of paths.bpf.c. */
BPF_TEST(coverage, makes_an_lcov_tracefile)
{
	static const char *const parts[] = {
		"TN:\nSF:paths.bpf.c\n", "FN:42,unused\n", "FNDA:3,long_ones\n", "FNDA:3,weigh\n",
		"FNDA:0,unused\n",       "FNF:5\nFNH:2\n", "BRDA:26,0,0,",       "BRDA:36,0,0,-\n",
		"BRDA:36,0,1,-\n",       "DA:25,3\n",      "DA:28,3\n",          "DA:42,0\n",
		"end_of_record\n",
	};
	const char *dir = temp_dir();

	collect(dir, "paths.passes:paths.drops");
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		EXPECT_CONTAINS(lcov_of(dir), parts[i]);
}

BPF_TEST(coverage, sums_runs_tests_and_processes)
{
	const char *dir = temp_dir();

	collect(dir, "paths.passes:paths.drops");
	EXPECT_EQ(entries(dir, "long_ones"), 3);
	EXPECT_EQ(entries(dir, "weigh"), 3);
	collect(dir, "paths.passes");
	EXPECT_EQ(entries(dir, "long_ones"), 5);
}

BPF_TEST(coverage, merges_binaries_that_run_at_the_same_time)
{
	const char *dir = temp_dir();
	char *env[] = { text_of("BPFUNIT_COVERAGE=%s", dir), NULL };
	char *argv[] = { SAMPLE, "--jobs=4", "--repeat=50", "paths.passes", NULL };
	struct spawned *runs[4];

	for (int i = 0; i < 4; i++)
		runs[i] = spawn_start(argv, env);
	for (int i = 0; i < 4; i++) {
		spawn_wait(runs[i]);
		EXPECT_EQ(runs[i]->status, 0);
	}
	EXPECT_EQ(entries(dir, "long_ones"), 4 * 50 * 2);
	EXPECT_NULL(data_file(dir, ".long_ones", ".tmp"));
}

BPF_TEST(coverage, has_programs_that_no_test_runs)
{
	const char *dir = temp_dir();

	collect(dir, "paths.passes");
	EXPECT_EQ(entries(dir, "unused"), 0);
	EXPECT_NULL(data_file(dir, "unused", ".count"));
}

BPF_TEST(coverage, has_programs_that_were_unloaded)
{
	const char *dir = temp_dir();

	collect(dir, "paths.destroys");
	EXPECT_EQ(entries(dir, "long_ones"), 1);
}

BPF_TEST(coverage, is_saved_when_a_test_crashes)
{
	const char *dir = temp_dir();

	collect(dir, "paths.crashes");
	EXPECT_EQ(entries(dir, "long_ones"), 1);
}

BPF_TEST(coverage, is_saved_when_a_test_exits)
{
	const char *dir = temp_dir();

	collect(dir, "paths.exits");
	EXPECT_EQ(entries(dir, "long_ones"), 1);
}

BPF_TEST(coverage, is_saved_when_time_is_up)
{
	const char *dir = temp_dir();

	collect(dir, "paths.hangs");
	EXPECT_EQ(entries(dir, "long_ones"), 1);
}

BPF_TEST(coverage, is_saved_when_time_is_up_within_a_run)
{
	const char *dir = temp_dir(), *line;

	collect(dir, "paths.spins");
	EXPECT_EQ(entries(dir, "spins"), 1);
	line = strstr(lcov_of(dir), "DA:51,");
	ASSERT_NOT_NULL(line);
	EXPECT_GT(atol(line + 6), 1000);
}

BPF_TEST(coverage, is_not_counted_twice_by_forked_processes)
{
	const char *dir = temp_dir();

	collect(dir, "paths.forks");
	EXPECT_EQ(entries(dir, "long_ones"), 1);
}

BPF_TEST(coverage, leaves_out_feature_probes)
{
	const char *dir = temp_dir();
	struct spawned *run;

	collect(dir, "paths.passes");
	run = RUN("/bin/sh", "-c", text_of("ls '%s' | grep -c prog", dir));
	EXPECT_STREQ(run->out, "4\n");
}

BPF_TEST(coverage, keeps_programs_of_one_name_apart)
{
	const char *dir = temp_dir();
	struct spawned *run;

	collect(dir, "paths.passes:paths.of_another_build");
	run = RUN("/bin/sh", "-c", text_of("ls '%s' | grep -c 'long_ones.*count'", dir));
	EXPECT_STREQ(run->out, "2\n");
	EXPECT_EQ(entries(dir, "long_ones"),
		  3); /* the same lines, so one function in the tracefile */
}

/* ---- reports ---- */

BPF_TEST(coverage, is_summed_up_after_a_run)
{
	const char *dir = temp_dir();
	struct spawned *run = RUN(SAMPLE, text_of("--coverage=%s", dir), "paths.passes");

	EXPECT_EQ(run->status, 0);
	EXPECT_CONTAINS(run->out, "1 passed, 0 failed, 0 skipped\n");
	EXPECT_CONTAINS(run->out, "  program           type         lines   ");
	EXPECT_CONTAINS(run->out, "\n  long_ones         xdp       ");
	EXPECT_CONTAINS(run->out, "\n  short_ones        xdp       0/");
	EXPECT_CONTAINS(run->out, text_of("\n  listing: %s/coverage.txt\n", dir));
	EXPECT_CONTAINS(run->out, text_of("\n  lcov:    %s/coverage.info\n", dir));
	EXPECT_STREQ(normalised(read_text(text_of("%s/coverage.info", dir)), PATHS_SOURCE,
				"paths.bpf.c"),
		     lcov_of(dir));
	EXPECT_CONTAINS(read_text(text_of("%s/coverage.txt", dir)), "long_ones()");
}

BPF_TEST(coverage, summary_is_a_comment_in_tap)
{
	struct spawned *run =
		RUN(SAMPLE, text_of("--coverage=%s", temp_dir()), "--format=tap", "paths.passes");

	EXPECT_CONTAINS(run->out, "\n# total ");
	EXPECT_CONTAINS(run->out, "\n# lcov: ");
}

BPF_TEST(coverage, of_no_program_is_no_error)
{
	struct spawned *run = RUN(SAMPLE, text_of("--coverage=%s", temp_dir()), "nothing.*");

	EXPECT_EQ(run->status, 0);
	EXPECT_CONTAINS(run->out, "no program was loaded: no coverage\n");
}

BPF_TEST(coverage, listing_shows_source_and_branches)
{
	const char *dir = temp_dir();
	struct spawned *run;

	collect(dir, "paths.passes:paths.drops");
	run = RUN(BPFUNIT, "coverage", (char *)dir, "--listing=-");
	EXPECT_CONTAINS(run->out, text_of(" | long_ones()  %s\n", PATHS_SOURCE));
	EXPECT_CONTAINS(run->out, "         3      25 |     runs++;\n");
	EXPECT_CONTAINS(run->out, "         0 !    42 |     return ctx->ingress_ifindex");
	EXPECT_CONTAINS(run->out, "taken 0, not taken 3\n");
	EXPECT_CONTAINS(run->out, "taken 1, not taken 2\n");
	EXPECT_CONTAINS(run->out, "never reached\n");
}

/* ---- obstacles ---- */

BPF_TEST(coverage, refuses_a_directory_that_cannot_be)
{
	struct spawned *run = RUN(SAMPLE, "--coverage=/dev/null/x", "paths.passes");

	EXPECT_EQ(run->status, 2);
	EXPECT_STREQ(run->out, "");
	EXPECT_CONTAINS(run->err, "coverage directory '/dev/null/x': Not a directory\n");
	EXPECT_EQ(RUN_ENV("BPFUNIT_COVERAGE=/dev/null", SAMPLE, "paths.passes")->status, 2);
}

BPF_TEST(coverage, makes_directories_on_the_way)
{
	const char *dir = text_of("%s/a/b/c", temp_dir());

	collect(dir, "paths.passes");
	EXPECT_EQ(entries(dir, "long_ones"), 2);
}

BPF_TEST(coverage, is_added_where_the_runner_stood)
{
	const char *dir = temp_dir();
	struct spawned *run =
		RUN("/bin/sh", "-c",
		    text_of("cd '%s' && exec " SAMPLE " --coverage=here paths.passes", dir));

	EXPECT_EQ(run->status, 0);
	EXPECT_EQ(entries(text_of("%s/here", dir), "long_ones"), 2);
}

BPF_TEST(coverage, failing_to_write_it_fails_the_test)
{
	const char *dir = temp_dir();
	struct spawned *run;

	collect(dir, "paths.passes");
	write_text(data_file(dir, "long_ones", ".count"), "these are no counts");
	run = RUN_ENV(text_of("BPFUNIT_COVERAGE=%s", dir), SAMPLE, "paths.passes");
	EXPECT_EQ(run->status, 1);
	EXPECT_CONTAINS(run->out, "cannot write coverage: Bad message");
}

/* RLIMIT_FSIZE of 0 makes each write fail with EFBIG, as a full disk does with ENOSPC. */
BPF_TEST(coverage, leaves_no_torso_on_a_full_disk)
{
	const char *dir = temp_dir();
	struct spawned *run =
		RUN("/bin/sh", "-c",
		    text_of("(trap '' XFSZ; ulimit -f 0; BPFUNIT_COVERAGE='%s' " SAMPLE
			    " paths.passes) | cat",
			    dir));

	EXPECT_CONTAINS(run->out, "cannot write coverage: File too large");
	EXPECT_NULL(data_file(dir, "long_ones", ".prog"));
	EXPECT_NULL(data_file(dir, ".long_ones", ".tmp"));
}
