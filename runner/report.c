/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of reporters, and the pieces of text they share. */
#include "runner/report.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct bu_report_ops *const reporters[] = {
	&bu_report_pretty,
	&bu_report_plain,
	&bu_report_tap,
};

const struct bu_report_ops *bu_report_ops_of(const char *name)
{
	for (size_t i = 0; i < sizeof(reporters) / sizeof(reporters[0]); i++) {
		if (strcmp(reporters[i]->name, name) == 0)
			return reporters[i];
	}
	return NULL;
}

/* https://no-color.org: any non-empty value. */
const struct bu_report_ops *bu_report_ops_default(void)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	if (!isatty(STDOUT_FILENO) || (no_color && *no_color))
		return &bu_report_plain;
	if (!term || !*term || strcmp(term, "dumb") == 0)
		return &bu_report_plain;
	return &bu_report_pretty;
}

void bu_print_indented(const char *indent, const char *text, size_t len)
{
	while (len) {
		const char *newline = memchr(text, '\n', len);
		size_t line = newline ? (size_t)(newline - text) : len;

		if (line)
			fputs(indent, stdout);
		fwrite(text, 1, line, stdout);
		putchar('\n');
		line += newline != NULL;
		text += line;
		len -= line;
	}
}

void bu_print_failure(const char *indent, const struct bu_failure *failure)
{
	const char *text = failure->text ? failure->text : "(no text: out of memory)";
	size_t first = strcspn(text, "\n");

	fputs(indent, stdout);
	if (failure->file)
		printf("%s:%d: ", failure->file, failure->line);
	printf("%.*s\n", (int)first, text);
	if (text[first])
		bu_print_indented(indent, text + first + 1, strlen(text + first + 1));
}

void bu_print_output(const char *indent, const struct bu_result *result)
{
	if (!result->output_lost) {
		bu_print_indented(indent, result->output, result->output_len);
		return;
	}
	bu_print_indented(indent, result->output, result->output_gap);
	printf("%s[... %" PRIu64 " bytes of output are left out here ...]\n", indent,
	       result->output_lost);
	bu_print_indented(indent, result->output + result->output_gap,
			  result->output_len - result->output_gap);
}

void bu_print_summary(const struct bu_report *report)
{
	size_t done = report->passed + report->failed + report->skipped;

	printf("%zu passed, %zu failed, %zu skipped", report->passed, report->failed,
	       report->skipped);
	if (done < report->total)
		printf(", %zu not run%s", report->total - done,
		       report->interrupted ? " (interrupted)" : "");
}

void bu_print_leaks(const char *indent, const struct bu_result *result)
{
	if (!result->leaks)
		return;
	printf("%swarning: the test leaves open:\n", indent);
	bu_print_indented(indent, result->leaks, strlen(result->leaks));
}

void bu_print_compared(const struct bu_report *report, const char *prefix)
{
	bu_tally_print(report->compared, prefix);
}

const char *bu_duration(double seconds, char *text, size_t size)
{
	if (seconds < 1)
		snprintf(text, size, "%.1f ms", seconds * 1e3);
	else
		snprintf(text, size, "%.1f s", seconds);
	return text;
}
