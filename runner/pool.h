/* SPDX-License-Identifier: BSD-2-Clause */
/* Running a plan: each test in a process of its own, several at a time, or all in this process. */
#ifndef RUNNER_POOL_H
#define RUNNER_POOL_H

#include "runner/options.h"
#include "runner/report.h"

/* Run report->results in order and report each. 0, or -errno when nothing could be run; after an
 * interruption report->interrupted is set. */
int bu_run_plan(const struct bu_options *options, struct bu_report *report);

/* Count a finished result and hand it to the reporter. */
void bu_report_result(struct bu_report *report, const struct bu_result *result);
double bu_now_s(void);

#endif
