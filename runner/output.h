/* SPDX-License-Identifier: BSD-2-Clause */
/* A test's captured output: the beginning and the end of it, however much there is. */
#ifndef RUNNER_OUTPUT_H
#define RUNNER_OUTPUT_H

#include "runner/result.h"

struct bu_output {
	char *data;
	size_t len;
	uint64_t lost;
};

void bu_output_append(struct bu_output *output, const char *data, size_t len);
/* Hand the text over to the result; the output is empty then. */
void bu_output_give(struct bu_output *output, struct bu_result *result);

#endif
