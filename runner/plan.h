/* SPDX-License-Identifier: BSD-2-Clause */
/* Which tests, in which order, and telling about them without running any. */
#ifndef RUNNER_PLAN_H
#define RUNNER_PLAN_H

#include "runner/options.h"
#include "runner/report.h"

/* Results to be filled in for each chosen test, repeated and shuffled as asked. 0; -ENOENT after a
 * message when nothing is chosen; -EEXIST after a message when two tests have one name; -ENOMEM. */
int bu_plan(const struct bu_options *options, struct bu_report *report);
void bu_list(const struct bu_options *options);

#endif
