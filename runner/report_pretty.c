/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For people at a terminal: suites as headings, a mark and a duration a test, failures where they
 * happened and named once more at the end. The line of a running test is overwritten by its result.
 */
#include "runner/report.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define RED         "\033[31m"
#define GREEN       "\033[32m"
#define YELLOW      "\033[33m"
#define BOLD        "\033[1m"
#define DIM         "\033[2m"
#define OFF         "\033[0m"
#define CLEAR_LINE  "\r\033[K"
#define MIN_COLUMNS 24
#define MAX_COLUMNS 72

static bool on_terminal(void)
{
	return isatty(STDOUT_FILENO);
}

static void pretty_begin(struct bu_report *report)
{
	report->name_columns = MIN_COLUMNS;
	for (size_t i = 0; i < report->total; i++) {
		int len = strlen(report->results[i].test->name);

		if (len > report->name_columns)
			report->name_columns = len < MAX_COLUMNS ? len : MAX_COLUMNS;
	}
	if (report->shuffled)
		printf(DIM "  shuffled with --shuffle=%" PRIu64 OFF "\n", report->seed);
}

static void pretty_start(struct bu_report *report, const struct bpfunit_test *test)
{
	if (!on_terminal())
		return;
	printf(CLEAR_LINE DIM "    … %s.%s" OFF, test->suite, test->name);
	fflush(stdout);
}

static void put_heading(struct bu_report *report, const char *suite)
{
	if (report->suite && strcmp(report->suite, suite) == 0)
		return;
	printf("%s  " BOLD "%s" OFF "\n", report->spaced ? "" : "\n", suite);
	report->suite = suite;
}

static void put_mark(enum bu_outcome outcome)
{
	if (outcome == BU_PASSED)
		fputs("    " GREEN "✓" OFF " ", stdout);
	else if (outcome == BU_SKIPPED)
		fputs("    " YELLOW "–" OFF " ", stdout);
	else
		fputs("    " RED "✗" OFF " ", stdout);
}

/* As seen from here, when it is below: shorter to read, and still to be clicked on. */
static const char *near_path(const char *file)
{
	char here[4096];
	size_t len;

	if (!getcwd(here, sizeof(here)))
		return file;
	len = strlen(here);
	if (len > 1 && strncmp(file, here, len) == 0 && file[len] == '/')
		return file + len + 1;
	return file;
}

/* A failure's place is what people look for and click on; the text itself stays calm. */
static void put_failure(const struct bu_failure *failure)
{
	const char *text = failure->text ? failure->text : "(no text: out of memory)";
	size_t first = strcspn(text, "\n");

	putchar('\n');
	printf("        " RED "%.*s" OFF, (int)first, text);
	if (failure->file)
		printf("   " DIM "%s:%d" OFF, near_path(failure->file), failure->line);
	putchar('\n');
	if (text[first])
		bu_print_indented("        ", text + first + 1, strlen(text + first + 1));
}

static void put_details(struct bu_report *report, const struct bu_result *result)
{
	bool failed = result->outcome == BU_FAILED;

	for (const struct bu_failure *failure = result->failures; failure; failure = failure->next)
		put_failure(failure);
	bu_print_leaks("        ", result);
	if (result->output_len && (failed || report->verbose)) {
		fputs("\n        " DIM "output" OFF "\n", stdout);
		bu_print_output("          ", result);
	}
	report->spaced = failed || (result->output_len && report->verbose);
	if (report->spaced)
		putchar('\n');
}

static void pretty_result(struct bu_report *report, const struct bu_result *result)
{
	char duration[32];

	if (on_terminal())
		fputs(CLEAR_LINE, stdout);
	put_heading(report, result->test->suite);
	put_mark(result->outcome);
	if (result->outcome == BU_SKIPPED)
		printf("%s  " DIM "%s" OFF "\n", result->test->name,
		       result->skip_reason ? result->skip_reason : "");
	else
		printf("%-*s " DIM "%9s" OFF "\n", report->name_columns, result->test->name,
		       bu_duration(result->seconds, duration, sizeof(duration)));
	put_details(report, result);
}

static void put_failed_names(const struct bu_report *report)
{
	printf("%s  " RED "failed" OFF "\n", report->spaced ? "" : "\n");
	for (size_t i = 0; i < report->total; i++) {
		const struct bu_result *result = &report->results[i];

		if (result->outcome == BU_FAILED)
			printf("    %s.%s   " DIM "%s:%d" OFF "\n", result->test->suite,
			       result->test->name, near_path(result->test->where.file),
			       result->test->where.line);
	}
}

static void put_count(const char *colour, size_t count, const char *word)
{
	printf("%s%zu %s" OFF, count ? colour : DIM, count, word);
}

static void pretty_finish(struct bu_report *report)
{
	size_t done = report->passed + report->failed + report->skipped;
	char duration[32];

	if (on_terminal())
		fputs(CLEAR_LINE, stdout);
	if (report->failed)
		put_failed_names(report);
	fputs(report->spaced && !report->failed ? "  " : "\n  ", stdout);
	put_count(GREEN, report->passed, "passed");
	fputs(", ", stdout);
	put_count(RED, report->failed, "failed");
	fputs(", ", stdout);
	put_count(YELLOW, report->skipped, "skipped");
	if (done < report->total)
		printf(", " YELLOW "%zu not run%s" OFF, report->total - done,
		       report->interrupted ? " (interrupted)" : "");
	printf("   " DIM "%s" OFF "\n", bu_duration(report->seconds, duration, sizeof(duration)));
	bu_print_compared(report, "  ");
	putchar('\n');
}

const struct bu_report_ops bu_report_pretty = {
	.name = "pretty",
	.begin = pretty_begin,
	.start = pretty_start,
	.result = pretty_result,
	.finish = pretty_finish,
};
