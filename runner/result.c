/* SPDX-License-Identifier: BSD-2-Clause */
/* A result gathers failures; running out of memory loses a text, never the fact that the test
 * failed. */
#include "runner/result.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void bu_result_fail(struct bu_result *result, const char *file, int line, const char *format, ...)
{
	struct bu_failure *failure = calloc(1, sizeof(*failure)), **link = &result->failures;
	va_list args;

	result->outcome = BU_FAILED;
	if (!failure)
		return;
	va_start(args, format);
	if (vasprintf(&failure->text, format, args) < 0)
		failure->text = NULL;
	va_end(args);
	failure->file = file ? strdup(file) : NULL;
	failure->line = line;
	while (*link)
		link = &(*link)->next;
	*link = failure;
}

void bu_result_free(struct bu_result *result)
{
	while (result->failures) {
		struct bu_failure *failure = result->failures;

		result->failures = failure->next;
		free(failure->file);
		free(failure->text);
		free(failure);
	}
	free(result->skip_reason);
	free(result->output);
	free(result->leaks);
	result->leaks = NULL;
	bu_tally_free(result->compared);
	result->compared = NULL;
	result->skip_reason = NULL;
	result->output = NULL;
}
