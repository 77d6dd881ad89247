/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reporters: one file and one row in report.c each. A reporter writes to standard output and keeps
 * no state but what is in struct bu_report.
 */
#ifndef RUNNER_REPORT_H
#define RUNNER_REPORT_H

#include "runner/result.h"

#define BU_REPORT_FORMATS "pretty|plain|tap"
#define BU_REPORT_NAMES   "pretty, plain, tap"

struct bu_report {
	const struct bu_report_ops *ops;
	bool verbose;
	bool shuffled;
	uint64_t seed;
	unsigned int repeat;
	size_t total; /* runs planned */
	size_t passed, failed, skipped;
	int interrupted;           /* the signal that ended the run; 0: none */
	double seconds;            /* of the whole run, in finish */
	int name_columns;          /* of the widest test's name, within reason */
	const char *suite;         /* of the result before, for headings */
	bool spaced;               /* the line before is empty */
	struct bu_tally *compared; /* of all tests */
	struct bu_result *results; /* all of them, `total` items */
};

struct bu_report_ops {
	const char *name;
	void (*begin)(struct bu_report *report);
	/* A test begins; NULL: not shown. */
	void (*start)(struct bu_report *report, const struct bpfunit_test *test);
	/* In the order of the plan. */
	void (*result)(struct bu_report *report, const struct bu_result *result);
	void (*finish)(struct bu_report *report);
};

extern const struct bu_report_ops bu_report_pretty, bu_report_plain, bu_report_tap;

const struct bu_report_ops *bu_report_ops_of(const char *name); /* NULL: none of this name */
/* pretty where colour can be shown, else plain. */
const struct bu_report_ops *bu_report_ops_default(void);

/* Print text with each line indented. */
void bu_print_indented(const char *indent, const char *text, size_t len);
/* "file:line: text"; the text indents its further lines itself. */
void bu_print_failure(const char *indent, const struct bu_failure *failure);
/* Captured output with a note where bytes were dropped. */
void bu_print_output(const char *indent, const struct bu_result *result);
/* "N passed, M failed, K skipped", and what was not run. */
void bu_print_summary(const struct bu_report *report);
/* What a test left open, behind "warning: "; nothing when there is nothing. */
void bu_print_leaks(const char *indent, const struct bu_result *result);
/* Lines of what the diff backend compared; none when nothing was. */
void bu_print_compared(const struct bu_report *report, const char *prefix);
/* "0.4 ms", "2.1 s" */
const char *bu_duration(double seconds, char *text, size_t size);

#endif
