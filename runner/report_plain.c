/* SPDX-License-Identifier: BSD-2-Clause */
/* One line a test, for logs and pipes; what went wrong below it. */
#include "runner/report.h"
#include <inttypes.h>
#include <stdio.h>

#define SCREEN_LINES 24

static void plain_begin(struct bu_report *report)
{
	if (report->shuffled)
		printf("shuffled with --shuffle=%" PRIu64 "\n", report->seed);
}

static const char *word_of(enum bu_outcome outcome)
{
	switch (outcome) {
	case BU_PASSED:
		return "ok  ";
	case BU_SKIPPED:
		return "SKIP";
	default:
		return "FAIL";
	}
}

static void plain_result(struct bu_report *report, const struct bu_result *result)
{
	char duration[32];

	printf("%s %s.%s", word_of(result->outcome), result->test->suite, result->test->name);
	if (result->outcome == BU_SKIPPED)
		printf(": %s\n", result->skip_reason ? result->skip_reason : "");
	else
		printf(" (%s)\n", bu_duration(result->seconds, duration, sizeof(duration)));
	for (const struct bu_failure *failure = result->failures; failure; failure = failure->next)
		bu_print_failure("  ", failure);
	bu_print_leaks("  ", result);
	if (result->output_len && (result->outcome == BU_FAILED || report->verbose)) {
		puts("  output:");
		bu_print_output("    ", result);
	}
}

/* Once more, when so many tests ran that the first failures are out of sight. */
static void print_failed_names(const struct bu_report *report)
{
	if (!report->failed || report->total <= SCREEN_LINES)
		return;
	puts("failed:");
	for (size_t i = 0; i < report->total; i++) {
		const struct bu_result *result = &report->results[i];
		const struct bpfunit_test *test = result->test;

		if (result->outcome == BU_FAILED)
			printf("  %s.%s (%s:%d)\n", test->suite, test->name, test->where.file,
			       test->where.line);
	}
}

static void plain_finish(struct bu_report *report)
{
	print_failed_names(report);
	bu_print_summary(report);
	putchar('\n');
	bu_print_compared(report, "");
}

const struct bu_report_ops bu_report_plain = {
	.name = "plain",
	.begin = plain_begin,
	.result = plain_result,
	.finish = plain_finish,
};
