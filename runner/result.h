/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One run of one test, and what came of it. Ownership: texts belong to the result.
 */
#ifndef RUNNER_RESULT_H
#define RUNNER_RESULT_H

#include "runner/tally.h"
#include <bpfunit/runner.h>

struct bu_failure {
	struct bu_failure *next;
	char *file; /* NULL: no place */
	int line;
	char *text;
};

enum bu_outcome {
	BU_NOT_RUN,
	BU_PASSED,
	BU_FAILED,
	BU_SKIPPED,
};

struct bu_result {
	const struct bpfunit_test *test;
	unsigned int repetition; /* from 0 */
	enum bu_outcome outcome;
	double seconds;
	struct bu_failure *failures; /* oldest first */
	char *skip_reason;
	char *output; /* captured; NULL: none */
	size_t output_len;
	uint64_t output_lost; /* bytes in the middle that were not kept */
	size_t output_gap;    /* where in `output` they are missing */
	char *leaks; /* what the test left open, as lines; NULL: nothing, or not asked */
	struct bu_tally *compared; /* by the diff backend; NULL: nothing was */
};

/* Append a failure; the result becomes a failed one. file may be NULL. */
void bu_result_fail(struct bu_result *result, const char *file, int line, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
void bu_result_free(struct bu_result *result);

#endif
