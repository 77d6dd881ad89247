/* SPDX-License-Identifier: BSD-2-Clause */
/* What happens in a test's process. */
#ifndef RUNNER_CHILD_H
#define RUNNER_CHILD_H

#include "runner/log.h"

/* Run the test here, telling `log`. */
enum bpfunit_status bu_execute(const struct bpfunit_test *test, struct bu_result_log *log);

/* In a freshly forked process: standard descriptors (output_fd: where output goes, -1: leave it),
 * handlers of fatal signals, the test; ends the process. */
void bu_child_main(const struct bpfunit_test *test, struct bu_result_log *log, int output_fd)
	__attribute__((noreturn));

#endif
