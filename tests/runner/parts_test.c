/* SPDX-License-Identifier: BSD-2-Clause */
/* The runner's parts by themselves: globs, captured output, paths, messages in shared memory. */
#include "runner/coverage_path.h"
#include "runner/filter.h"
#include "runner/log.h"
#include "runner/output.h"
#include <bpfunit/bpfunit.h>
#include <stdlib.h>
#include <string.h>

BPF_TEST(glob, matches)
{
	static const struct {
		const char *glob, *text;
		bool matches;
	} cases[] = {
		{ "", "", true },
		{ "", "a", false },
		{ "*", "", true },
		{ "*", "abc", true },
		{ "a", "a", true },
		{ "a", "ab", false },
		{ "ab", "a", false },
		{ "?", "a", true },
		{ "?", "", false },
		{ "a?c", "abc", true },
		{ "a*c", "ac", true },
		{ "a*c", "abcbc", true },
		{ "a*c", "abcb", false },
		{ "*b*", "abc", true },
		{ "**", "x", true },
		{ "a.*", "a.b", true },
		{ "a.*", "ab", false },
		{ "*aab", "aaaab", true },
		{ "*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac", false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (bu_glob_match(cases[i].glob, cases[i].text) != cases[i].matches)
			EXPECT_FAIL("'%s' and '%s'", cases[i].glob, cases[i].text);
	}
}

static bool filter_matches(const char *filter_text, const char *name)
{
	struct bu_filter filter = { 0 };
	bool matches;

	ASSERT_OK(bu_filter_add(&filter, filter_text));
	matches = bu_filter_match(&filter, name);
	bu_filter_free(&filter);
	return matches;
}

BPF_TEST(filter, wants_and_refuses)
{
	EXPECT_TRUE(filter_matches("", "a.b"));
	EXPECT_TRUE(filter_matches("x:a.b", "a.b"));
	EXPECT_FALSE(filter_matches("x:a.c", "a.b"));
	EXPECT_FALSE(filter_matches("a.*-a.b", "a.b"));
	EXPECT_TRUE(filter_matches("a.*-a.b", "a.c"));
	EXPECT_FALSE(filter_matches("-x:a.b", "a.b"));
	EXPECT_TRUE(filter_matches("-x", "a.b"));
	EXPECT_TRUE(filter_matches("::a.b::", "a.b"));
}

BPF_TEST(distance, counts_edits)
{
	EXPECT_EQ(bu_text_distance("", ""), 0);
	EXPECT_EQ(bu_text_distance("", "abc"), 3);
	EXPECT_EQ(bu_text_distance("kitten", "sitting"), 3);
	EXPECT_EQ(bu_text_distance("same", "same"), 0);
}

/* ---- output ---- */

static struct bu_result captured(size_t bytes, size_t piece)
{
	struct bu_output output = { 0 };
	struct bu_result result = { 0 };
	char text[4096];

	for (size_t at = 0; at < bytes; at += piece) {
		size_t len = bytes - at < piece ? bytes - at : piece;

		for (size_t i = 0; i < len; i++)
			text[i] = 'a' + (at + i) % 26;
		bu_output_append(&output, text, len);
	}
	bu_output_give(&output, &result);
	return result;
}

/* What is kept and what is lost adds up, and stands where it should. */
static void check_captured(size_t bytes, size_t piece)
{
	struct bu_result result = captured(bytes, piece);

	EXPECT_EQ(result.output_len + result.output_lost, bytes);
	for (size_t i = 0; i < result.output_len; i++) {
		size_t at =
			result.output_lost && i >= result.output_gap ? i + result.output_lost : i;
		if (result.output[i] != (char)('a' + at % 26))
			FAIL("%zu bytes by %zu: byte %zu is wrong", bytes, piece, i);
	}
	bu_result_free(&result);
}

BPF_TEST(output, keeps_both_ends)
{
	check_captured(0, 1);
	check_captured(10, 3);
	check_captured(112 * 1024, 1000);
	check_captured(112 * 1024 + 1, 4096);
	check_captured(3000000, 4096);
	check_captured(1000001, 777);
}

/* ---- paths ---- */

static void check_path(const char *file, const char *expected)
{
	char *path = bu_cov_source_path(file, NULL);

	EXPECT_STREQ(path, expected);
	free(path);
}

BPF_TEST(source_path, is_cleaned)
{
	check_path("/a/b.c", "/a/b.c");
	check_path("/a/./b.c", "/a/b.c");
	check_path("/a/x/../b.c", "/a/b.c");
	check_path("//a///b.c", "/a/b.c");
	check_path("/../../a.c", "/a.c");
	check_path("/a/..", "/");
	check_path("/a/.../b..c", "/a/.../b..c");
}

/* ---- the log ---- */

BPF_TEST(log, keeps_failures_in_order)
{
	struct bu_result_log *log = bu_result_log_new();
	struct bu_result result = { 0 };

	ASSERT_NOT_NULL(log);
	bu_result_log_failure(log, (struct bpfunit_where){ "a.c", 1 }, "first");
	bu_result_log_failure(log, (struct bpfunit_where){ NULL, 0 }, "second");
	bu_result_log_done(log, BPFUNIT_PASSED);
	bu_result_log_read(log, &result);
	EXPECT_EQ(result.outcome, BU_FAILED);
	ASSERT_NOT_NULL(result.failures);
	EXPECT_STREQ(result.failures->file, "a.c");
	EXPECT_STREQ(result.failures->text, "first");
	ASSERT_NOT_NULL(result.failures->next);
	EXPECT_NULL(result.failures->next->file);
	EXPECT_STREQ(result.failures->next->text, "second");
	bu_result_free(&result);
	bu_result_log_free(log);
}

BPF_TEST(log, says_nothing_of_an_unfinished_test)
{
	struct bu_result_log *log = bu_result_log_new();
	struct bu_result result = { 0 };
	char text[64];

	ASSERT_NOT_NULL(log);
	bu_result_log_read(log, &result);
	EXPECT_EQ(result.outcome, BU_NOT_RUN);
	EXPECT_FALSE(bu_result_log_is_done(log));
	bu_result_log_last_check(log, text, sizeof(text));
	EXPECT_STREQ(text, "no check had been reached");
	bu_result_log_progress(log, (struct bpfunit_where){ "a.c", 7 });
	bu_result_log_last_check(log, text, sizeof(text));
	EXPECT_STREQ(text, "last check reached: a.c:7");
	bu_result_log_free(log);
}

/* A test may write anywhere, also over its messages. */
BPF_TEST(log, survives_garbage)
{
	struct bu_result_log *log = bu_result_log_new();

	ASSERT_NOT_NULL(log);
	for (unsigned int seed = 1; seed < 50; seed++) {
		struct bu_result result = { 0 };
		char text[512];

		bu_result_log_clear(log);
		for (int i = 0; i < 10; i++)
			bu_result_log_failure(log, (struct bpfunit_where){ "a.c", i }, "some text");
		for (size_t i = 0; i < 2048; i++)
			((unsigned char *)log)[i] ^= (i * seed * 2654435761u) >> 13;
		bu_result_log_read(log, &result);
		bu_result_log_last_check(log, text, sizeof(text));
		bu_result_free(&result);
	}
	bu_result_log_free(log);
}
