/* SPDX-License-Identifier: BSD-2-Clause */
/* `bpfunit coverage` on data made by hand: merging, formats, and everything that can be wrong with
 * files. */
#include "tests/runner/spawn.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT_MAGIC 0x31544e4355465042ULL
#define SLOTS       9

/* A program of nine slots in two files, and a function that all of them share. */
static char *description(const char *name)
{
	return text_of("bpfunit-coverage\t1\n"
		       "program\t%s\tsched_cls\t9\n"
		       "func\t0\t6\t%s\n"
		       "func\t6\t9\tshared\n"
		       "line\t0\t10\t0\t/src/./limit.bpf.c\tint %s(struct __sk_buff *skb)\n"
		       "line\t1\t12\t6\t/src/x/../limit.bpf.c\t\\tif (skb->len < '\\\\n')\n"
		       "line\t3\t5\t2\t/src/common.h\t\n"
		       "line\t4\t0\t0\t/src/limit.bpf.c\t\n"
		       "line\t6\t20\t0\t/src/limit.bpf.c\tstatic int shared(int x)\n"
		       "line\t7\t21\t6\t/src/limit.bpf.c\t\\tif (x)\n"
		       "insn\t0\tplain\tr6 = r1\n"
		       "insn\t1\tplain\tr2 = *(u32 *)(r1 +0)\n"
		       "insn\t2\tbranch\tif r2 < 0xa goto pc+2\n"
		       "insn\t3\tplain\tr1 = 0x123456789 ll\n"
		       "insn\t5\texit\texit\n"
		       "insn\t6\tbranch\tif r1 == 0x0 goto pc+1\n"
		       "insn\t7\tplain\tr0 = 1\n"
		       "insn\t8\texit\texit\n"
		       "end\n",
		       name, name, name);
}

static void write_counts(const char *path, const uint64_t executed[SLOTS],
			 const uint64_t taken[SLOTS])
{
	uint64_t head[] = { COUNT_MAGIC, SLOTS };
	FILE *out = fopen(path, "we");

	ASSERT_NOT_NULL(out);
	fwrite(head, sizeof(head), 1, out);
	fwrite(executed, 8, SLOTS, out);
	fwrite(taken, 8, SLOTS, out);
	ASSERT_EQ(fclose(out), 0);
}

static void write_prog(const char *dir, const char *name, const uint64_t executed[SLOTS],
		       const uint64_t taken[SLOTS])
{
	write_text(text_of("%s/%s-0001.prog", dir, name), description(name));
	if (executed)
		write_counts(text_of("%s/%s-0001.count", dir, name), executed, taken);
}

static const char *three_programs(void)
{
	const char *dir = temp_dir();

	write_prog(dir, "limit", (uint64_t[]){ 3, 3, 3, 1, 0, 1, 2, 2, 2 },
		   (uint64_t[]){ 0, 0, 2, 0, 0, 0, 0, 0, 0 });
	write_prog(dir, "other", (uint64_t[]){ 5, 5, 5, 0, 0, 0, 1, 0, 1 },
		   (uint64_t[]){ 0, 0, 5, 0, 0, 0, 1, 0, 0 });
	write_prog(dir, "never_run", NULL, NULL);
	return dir;
}

/* A switch of three cases by a jump table; one of them is a branch. */
static char *switch_description(void)
{
	return text_of("bpfunit-coverage\t1\n"
		       "program\tswitch\tsched_cls\t9\n"
		       "func\t0\t9\tswitch\n"
		       "line\t0\t3\t0\t/src/switch.bpf.c\tswitch (x) {\n"
		       "line\t4\t4\t0\t/src/switch.bpf.c\tcase 0:\n"
		       "line\t5\t5\t0\t/src/switch.bpf.c\tcase 1:\n"
		       "line\t7\t6\t0\t/src/switch.bpf.c\tcase 2:\n"
		       "insn\t0\tplain\tr1 = map[.jumptables][0]+0\n"
		       "insn\t2\tplain\tr1 = *(u64 *)(r1 +0)\n"
		       "insn\t3\tindirect\tgotox r1\n"
		       "insn\t4\texit\texit\n"
		       "insn\t5\tbranch\tif r1 == 0x0 goto pc+1\n"
		       "insn\t6\texit\texit\n"
		       "insn\t7\tplain\tr0 = 1\n"
		       "insn\t8\texit\texit\n"
		       "target\t4\n"
		       "target\t5\n"
		       "target\t7\n"
		       "end\n");
}

static const char *indirect(const uint64_t executed[SLOTS], const uint64_t taken[SLOTS],
			    const uint64_t arrived[SLOTS])
{
	const char *dir = temp_dir(), *counts = text_of("%s/switch-0001.count", dir);
	FILE *out;

	write_text(text_of("%s/switch-0001.prog", dir), switch_description());
	write_counts(counts, executed, taken);
	out = fopen(counts, "ae");
	ASSERT_NOT_NULL(out);
	fwrite(arrived, 8, SLOTS, out);
	ASSERT_EQ(fclose(out), 0);
	return dir;
}

#define COVERAGE(dir, ...) RUN(BPFUNIT, "coverage", (char *)(dir), ##__VA_ARGS__)

/* ---- outputs ---- */

BPF_TEST(coverage_reader, summary)
{
	const char *dir = three_programs();
	struct spawned *run = COVERAGE(dir, "--summary");

	EXPECT_EQ(run->status, 0);
	EXPECT_GOLDEN("three-summary.txt", run->out);
	EXPECT_STREQ(COVERAGE(dir)->out, run->out);
}

BPF_TEST(coverage_reader, listing)
{
	EXPECT_GOLDEN("three.txt", COVERAGE(three_programs(), "--listing", "-")->out);
}

BPF_TEST(coverage_reader, lcov_merges_lines_and_functions)
{
	EXPECT_GOLDEN("three.info", COVERAGE(three_programs(), "--lcov", "-")->out);
}

BPF_TEST(coverage_reader, indirect_jumps)
{
	const char *dir = indirect((uint64_t[]){ 5, 0, 5, 5, 0, 5, 2, 3, 3 },
				   (uint64_t[]){ 0, 0, 0, 0, 0, 3, 0, 0, 0 },
				   (uint64_t[]){ 0, 0, 0, 0, 0, 5, 0, 0, 0 });
	const char *never =
		indirect((uint64_t[SLOTS]){ 0 }, (uint64_t[SLOTS]){ 0 }, (uint64_t[SLOTS]){ 0 });

	EXPECT_GOLDEN("switch.txt", COVERAGE(dir, "--listing", "-")->out);
	EXPECT_GOLDEN("switch.info", COVERAGE(dir, "--lcov", "-")->out);
	EXPECT_CONTAINS(COVERAGE(never, "--listing=-")->out, "gotox r1");
	EXPECT_CONTAINS(COVERAGE(never, "--lcov=-")->out, "BRDA:4,0,0,-\n");
}

BPF_TEST(coverage_reader, writes_files)
{
	const char *dir = three_programs();
	char *listing = text_of("%s/out.txt", dir), *lcov = text_of("%s/out.info", dir);
	struct spawned *run = COVERAGE(dir, "--listing", listing, "--lcov", lcov);

	EXPECT_EQ(run->status, 0);
	EXPECT_STREQ(run->out, "");
	EXPECT_STREQ(read_text(listing), COVERAGE(dir, "--listing=-")->out);
	EXPECT_STREQ(read_text(lcov), COVERAGE(dir, "--lcov=-")->out);
}

BPF_TEST(coverage_reader, finds_moved_sources)
{
	const char *dir = three_programs(), *root = temp_dir();
	struct spawned *run;

	ASSERT_OK(mkdir(text_of("%s/src", root), 0755));
	write_text(text_of("%s/src/common.h", root), "1\n2\n3\n4\nthe fifth line\n");
	run = COVERAGE(dir, "--listing=-", "--lcov=-", "--source-root", (char *)root);
	EXPECT_CONTAINS(run->out, "5 | the fifth line\n");
	EXPECT_CONTAINS(run->out, text_of("SF:%s/src/common.h\n", root));
	EXPECT_CONTAINS(run->out, "SF:/src/limit.bpf.c\n");
}

static const char *with_sources(void)
{
	const char *dir = temp_dir(), *sources = temp_dir();
	char *text = description("limit"), *lines = text_of("%400s", "");

	for (int i = 0; i < 400; i += 10)
		lines[i] = '\n';
	write_text(text_of("%s/limit.bpf.c", sources), lines);
	write_text(text_of("%s/common.h", sources), lines);
	/* "/src/" and the directories below it become the directory that was just made. */
	text = normalised(text, "/src/x/../", text_of("%s/", sources));
	text = normalised(text, "/src/./", text_of("%s/", sources));
	text = normalised(text, "/src/", text_of("%s/", sources));
	write_text(text_of("%s/limit-0001.prog", dir), text);
	write_counts(text_of("%s/limit-0001.count", dir), (uint64_t[]){ 3, 3, 3, 1, 0, 1, 2, 2, 2 },
		     (uint64_t[]){ 0, 0, 2, 0, 0, 0, 0, 0, 0 });
	return dir;
}

static bool have_genhtml(void)
{
	return RUN("/bin/sh", "-c", "command -v genhtml")->status == 0;
}

BPF_TEST(coverage_reader, genhtml_takes_the_tracefile_without_warnings)
{
	const char *dir = with_sources();
	char *lcov = text_of("%s/out.info", dir), *html = text_of("%s/html", dir);
	struct spawned *run;

	if (!have_genhtml())
		BPFUNIT_SKIP("genhtml is not installed");
	ASSERT_EQ(COVERAGE(dir, "--lcov", lcov)->status, 0);
	run = RUN("genhtml", "--branch-coverage", "--function-coverage", "-o", html, lcov);
	EXPECT_EQ(run->status, 0);
	EXPECT_STREQ(run->err, "");
	EXPECT_LACKS(run->out, "arning");
	EXPECT_CONTAINS(run->out, "lines......: 100.0% (5 of 5 lines)");
	EXPECT_CONTAINS(run->out, "branches...: 75.0% (3 of 4 branches)");
}

BPF_TEST(coverage_reader, makes_html)
{
	const char *dir = with_sources();
	struct spawned *run;

	if (!have_genhtml())
		BPFUNIT_SKIP("genhtml is not installed");
	run = COVERAGE(dir, "--html", text_of("%s/html", dir));
	EXPECT_EQ(run->status, 0);
	EXPECT_STREQ(run->err, "");
	EXPECT_STREQ(run->out, text_of("html: %s/html/index.html\n", dir));
	EXPECT_OK(access(text_of("%s/html/index.html", dir), R_OK));
}

BPF_TEST(coverage_reader, says_that_genhtml_is_missing)
{
	const char *dir = three_programs();
	struct spawned *run = RUN("/usr/bin/env", "PATH=/nonexistent", BPFUNIT, "coverage",
				  (char *)dir, "--html", text_of("%s/html", dir));

	EXPECT_EQ(run->status, 2);
	EXPECT_CONTAINS(run->err, "genhtml, which is not installed");
}

/* ---- bad data ---- */

static struct spawned *read_described(const char *text)
{
	const char *dir = temp_dir();

	write_text(text_of("%s/p-1.prog", dir), text);
	return COVERAGE(dir);
}

/* The description with the first `from` replaced by `to`. */
static char *altered(const char *from, const char *to)
{
	char *text = description("p"), *at = strstr(text, from);

	ASSERT_NOT_NULL(at);
	return text_of("%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
}

BPF_TEST(coverage_reader, refuses_malformed_descriptions)
{
	static const struct {
		const char *from, *to, *message;
	} cases[] = {
		{ "bpfunit-coverage\t1", "something else",
		  "p-1.prog:1: this is not coverage data" },
		{ "coverage\t1", "coverage\t2", ":1: format version 2 is not known (1 is)" },
		{ "program\tp", "func\t0\t1\tx\nprogram\tp", ":2: 'func' before 'program'" },
		{ "sched_cls\t9", "sched_cls\tnine", ":2: 'nine' is not a number of instructions" },
		{ "sched_cls\t9", "sched_cls\t99999999999", ":2: '99999999999' is not" },
		{ "sched_cls\t9", "sched_cls", ":2: 'program' with 3 fields is not known" },
		{ "func\t0\t6\tp\n", "func\t0\t6\tp\nprogram\tq\txdp\t1\n",
		  ":4: a second program" },
		{ "func\t0\t6", "func\t6\t0", ":3: a function from 6 to 0 in 9" },
		{ "func\t6\t9", "func\t5\t9", ":4: a function from 5 to 9 in 9" },
		{ "func\t6\t9", "func\t6\t10", ":4: a function from 6 to 10 in 9" },
		{ "line\t1\t", "line\t0\t", ":6: instruction 0, line 12" },
		{ "line\t7\t21", "line\t9\t21", ":10: instruction 9, line 21" },
		{ "line\t7\t21", "line\t7\t-21", ":10: instruction 7, line -21" },
		{ "insn\t1\t", "insn\t0\t", ":12: instruction 0 cannot be here" },
		{ "insn\t8\t", "insn\t9\t", ":18: instruction 9 cannot be here" },
		{ "insn\t8\texit", "insn\t8", ":18: 'insn' with 3 fields" },
		{ "end\n", "target\t9\nend\n", ":19: target 9 cannot be here" },
		{ "end\n", "target\t4\nend\n", ":19: target 4 cannot be here" },
		{ "end\n", "target\t5\ntarget\t5\nend\n", ":20: target 5 cannot be here" },
		{ "end\n", "target\t-1\nend\n", ":19: '-1' is no instruction" },
		{ "end\n", "", ": the end is missing" },
		{ "end\n", "end", ":19: the file ends within a line" },
		{ "end\n", "end\nend\n", ":20: 'end' with 1 fields" },
		{ "end\n", "what\n", ":19: 'what' with 1 fields is not known here" },
	};

	EXPECT_EQ(read_described(description("p"))->status, 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct spawned *run = read_described(altered(cases[i].from, cases[i].to));

		EXPECT_EQ(run->status, 2);
		EXPECT_STREQ(run->out, "");
		EXPECT_CONTAINS(run->err, cases[i].message);
	}
	EXPECT_EQ(read_described("")->status, 2);
}

static struct spawned *read_counted(const void *counts, size_t size)
{
	const char *dir = temp_dir(), *path = text_of("%s/p-1.count", dir);
	FILE *out = fopen(path, "we");

	ASSERT_NOT_NULL(out);
	fwrite(counts, 1, size, out);
	ASSERT_EQ(fclose(out), 0);
	write_text(text_of("%s/p-1.prog", dir), description("p"));
	return COVERAGE(dir);
}

BPF_TEST(coverage_reader, refuses_malformed_counts)
{
	uint64_t words[2 + 2 * SLOTS + 1] = { COUNT_MAGIC, SLOTS };
	size_t size = (2 + 2 * SLOTS) * 8;

	EXPECT_EQ(read_counted(words, size)->status, 0);
	EXPECT_EQ(read_counted(words, 0)->status, 0);
	EXPECT_CONTAINS(read_counted(words, size - 1)->err,
			"p-1.count: these are not the counts of 9 instructions\n");
	EXPECT_EQ(read_counted(words, size + 8)->status, 2);
	EXPECT_EQ(read_counted(words, 7)->status, 2);
	words[1] = 8;
	EXPECT_EQ(read_counted(words, size)->status, 2);
	words[0] = 0, words[1] = 9;
	EXPECT_EQ(read_counted(words, size)->status, 2);
}

/* With targets there is an array more. */
BPF_TEST(coverage_reader, refuses_counts_without_arrivals)
{
	const char *dir = temp_dir();

	write_text(text_of("%s/switch-0001.prog", dir), switch_description());
	write_counts(text_of("%s/switch-0001.count", dir), (uint64_t[SLOTS]){ 0 },
		     (uint64_t[SLOTS]){ 0 });
	EXPECT_CONTAINS(COVERAGE(dir)->err, "these are not the counts of 9 instructions");
}

BPF_TEST(coverage_reader, refuses_counts_without_a_program)
{
	const char *dir = three_programs();
	struct spawned *run;

	ASSERT_OK(unlink(text_of("%s/limit-0001.prog", dir)));
	run = COVERAGE(dir);
	EXPECT_EQ(run->status, 2);
	EXPECT_CONTAINS(run->err, "limit-0001.prog: No such file or directory\n");
}

BPF_TEST(coverage_reader, refuses_directories_without_data)
{
	const char *dir = temp_dir();
	struct spawned *run = COVERAGE(dir);

	EXPECT_EQ(run->status, 2);
	EXPECT_CONTAINS(run->err, "no coverage data here");
	EXPECT_CONTAINS(COVERAGE("/nonexistent")->err, "/nonexistent: No such file or directory\n");
	EXPECT_EQ(COVERAGE("/dev/null")->status, 2);
}

BPF_TEST(coverage_reader, ignores_files_that_are_being_written)
{
	const char *dir = three_programs();

	write_text(text_of("%s/.limit-0001.77.tmp", dir), "half a descr");
	write_text(text_of("%s/.half.prog", dir), "half a descr");
	EXPECT_EQ(COVERAGE(dir)->status, 0);
}

/* ---- usage ---- */

BPF_TEST(coverage_reader, refuses_wrong_usage)
{
	const char *dir = three_programs();

	EXPECT_EQ(RUN(BPFUNIT)->status, 2);
	EXPECT_EQ(RUN(BPFUNIT, "cover")->status, 2);
	EXPECT_CONTAINS(RUN(BPFUNIT, "coverage")->err, "which directory?");
	EXPECT_CONTAINS(COVERAGE(dir, "--lcov")->err, "--lcov needs a value");
	EXPECT_CONTAINS(COVERAGE(dir, "--lcow=x")->err, "unknown option '--lcow=x'");
	EXPECT_CONTAINS(COVERAGE(dir, "more")->err, "one directory is enough");
	EXPECT_CONTAINS(COVERAGE(dir, "--lcov", "/nonexistent/x")->err,
			"/nonexistent/x: No such file or directory");
	EXPECT_EQ(COVERAGE(dir, "--lcov", "/nonexistent/x")->status, 2);
	EXPECT_EQ(COVERAGE(dir, "--html", "/dev/null/x")->status, 2);
	EXPECT_EQ(RUN("/bin/sh", "-c", text_of(BPFUNIT " coverage %s > /dev/full", dir))->status,
		  2);
}

BPF_TEST(coverage_reader, shows_help_and_version)
{
	EXPECT_EQ(RUN(BPFUNIT, "--help")->status, 0);
	EXPECT_CONTAINS(RUN(BPFUNIT, "--help")->out, "Usage: bpfunit COMMAND");
	EXPECT_EQ(RUN(BPFUNIT, "version")->status, 0);
	EXPECT_STREQ(RUN(BPFUNIT, "--version")->out, RUN(BPFUNIT, "version")->out);
	EXPECT_EQ(COVERAGE("--help")->status, 0);
	EXPECT_CONTAINS(COVERAGE("--help")->out, "--source-root DIR");
}
