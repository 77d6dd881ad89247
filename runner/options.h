/* SPDX-License-Identifier: BSD-2-Clause */
/* What the command line and the environment of a test binary ask for. */
#ifndef RUNNER_OPTIONS_H
#define RUNNER_OPTIONS_H

#include "runner/filter.h"
#include <stdbool.h>
#include <stdint.h>

enum bu_list_form {
	BU_LIST_NO,
	BU_LIST_NAMES,
	BU_LIST_JSON,
};

struct bu_report_ops;

struct bu_options {
	const char *program; /* argv[0] */
	enum bu_list_form list;
	struct bu_filter filter;
	double timeout_s; /* for tests that name none */
	unsigned int jobs;
	unsigned int repeat;
	bool no_fork;
	bool shuffle;
	uint64_t seed; /* of the shuffle */
	bool fail_fast;
	bool verbose; /* output of passing tests too */
	bool no_capture;
	const struct bu_report_ops *format; /* NULL: by what standard output is */
	const char *coverage;               /* directory, or NULL */
	bool help, version;
};

/* 0, or -EINVAL after a message on standard error (also -ENOMEM). */
int bu_options_parse(struct bu_options *options, int argc, char **argv);
void bu_options_free(struct bu_options *options);
void bu_options_help(const struct bu_options *options);

#endif
