/* SPDX-License-Identifier: BSD-2-Clause */
/* TAP version 14: a plan, a line a test, and YAML diagnostics of what failed.
 * https://testanything.org */
#include "runner/report.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void tap_begin(struct bu_report *report)
{
	puts("TAP version 14");
	printf("1..%zu\n", report->total);
	if (report->shuffled)
		printf("# shuffled with --shuffle=%" PRIu64 "\n", report->seed);
}

/* In descriptions and reasons `#` and `\` are escaped, and a line stays one. */
static void put_description(const char *text)
{
	for (; *text; text++) {
		if (*text == '#' || *text == '\\')
			putchar('\\');
		putchar(*text == '\n' ? ' ' : *text);
	}
}

static void put_byte(unsigned char c)
{
	if (c == '"' || c == '\\')
		printf("\\%c", c);
	else if (c < 0x20 || c == 0x7f)
		printf("\\x%02x", c);
	else
		putchar(c);
}

static void put_quoted(const char *text)
{
	putchar('"');
	for (; *text; text++)
		put_byte(*text);
	putchar('"');
}

/* A literal block keeps line breaks; control characters have no place in YAML. */
static void put_block(const char *indent, const char *text, size_t len)
{
	while (len) {
		const char *newline = memchr(text, '\n', len);
		size_t line = newline ? (size_t)(newline - text) : len;

		fputs(indent, stdout);
		for (size_t i = 0; i < line; i++) {
			unsigned char c = text[i];

			putchar((c < 0x20 && c != '\t') || c == 0x7f ? '?' : c);
		}
		putchar('\n');
		line += newline != NULL;
		text += line;
		len -= line;
	}
}

static void put_failure(const struct bu_failure *failure)
{
	const char *text = failure->text ? failure->text : "(no text: out of memory)";

	fputs("    - ", stdout);
	if (failure->file) {
		fputs("at: { file: ", stdout);
		put_quoted(failure->file);
		printf(", line: %d }\n      ", failure->line);
	}
	puts("message: |2-");
	put_block("        ", text, strlen(text));
}

static void put_output(const struct bu_result *result)
{
	puts("  output: |2-");
	put_block("    ", result->output,
		  result->output_lost ? result->output_gap : result->output_len);
	if (!result->output_lost)
		return;
	printf("    [... %" PRIu64 " bytes of output are left out here ...]\n",
	       result->output_lost);
	put_block("    ", result->output + result->output_gap,
		  result->output_len - result->output_gap);
}

static void put_diagnostics(struct bu_report *report, const struct bu_result *result)
{
	puts("  ---");
	printf("  duration_ms: %.3f\n", result->seconds * 1e3);
	if (result->failures)
		puts("  failures:");
	for (const struct bu_failure *failure = result->failures; failure; failure = failure->next)
		put_failure(failure);
	if (result->output_len && (result->outcome == BU_FAILED || report->verbose))
		put_output(result);
	puts("  ...");
}

static void tap_result(struct bu_report *report, const struct bu_result *result)
{
	size_t number = result - report->results + 1;

	printf("%s %zu - ", result->outcome == BU_FAILED ? "not ok" : "ok", number);
	put_description(result->test->suite);
	putchar('.');
	put_description(result->test->name);
	if (result->outcome == BU_SKIPPED) {
		fputs(" # SKIP ", stdout);
		put_description(result->skip_reason ? result->skip_reason : "");
		putchar('\n');
		return;
	}
	putchar('\n');
	if (result->outcome == BU_FAILED || report->verbose)
		put_diagnostics(report, result);
	bu_print_leaks("# ", result);
}

/* Tests that a plan promises and that never come are failures to a TAP consumer, as they should be.
 */
static void tap_finish(struct bu_report *report)
{
	if (report->interrupted)
		puts("Bail out! interrupted");
	else if (report->passed + report->failed + report->skipped < report->total)
		puts("Bail out! stopped after the first failure");
	fputs("# ", stdout);
	bu_print_summary(report);
	putchar('\n');
	bu_print_compared(report, "# ");
}

const struct bu_report_ops bu_report_tap = {
	.name = "tap",
	.begin = tap_begin,
	.result = tap_result,
	.finish = tap_finish,
};
