/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a test's process tells the runner what happened: an append-only log in memory that both
 * share. There is nothing to close, to fill up or to wait for, and what was written survives any
 * death of the process. The runner trusts no length in it: a test may have written anywhere.
 */
#ifndef RUNNER_LOG_H
#define RUNNER_LOG_H

#include "runner/result.h"

struct bu_result_log;

/* A log, shared with processes forked later. NULL: out of memory. */
struct bu_result_log *bu_result_log_new(void);
void bu_result_log_free(struct bu_result_log *log);
void bu_result_log_clear(struct bu_result_log *log);

/* In the test's process. Async-signal-safe and thread-safe, all of them. */
void bu_result_log_failure(struct bu_result_log *log, struct bpfunit_where where, const char *text);
void bu_result_log_skipped(struct bu_result_log *log, const char *reason);
void bu_result_log_progress(struct bu_result_log *log, struct bpfunit_where where);
void bu_result_log_done(struct bu_result_log *log, enum bpfunit_status status);
bool bu_result_log_is_done(const struct bu_result_log *log);
/* See bpfunit_sink.compared. */
void bu_result_log_compared(struct bu_result_log *log, const char *why_not, uint64_t runs,
			    uint64_t differing);
/* See bpfunit_sink.leaked. */
void bu_result_log_leaked(struct bu_result_log *log, const char *list);
/* See bpfunit_sink.releasing. */
void bu_result_log_releasing(struct bu_result_log *log, const char *what);
/* A fatal signal arrived, whatever becomes of the process then (a sanitizer may let it exit). */
void bu_result_log_signal(struct bu_result_log *log, int number);

/* In the runner: what the test told becomes the result's outcome, failures and reason. */
void bu_result_log_read(const struct bu_result_log *log, struct bu_result *result);
/* The first fatal signal, or 0. */
int bu_result_log_signalled(const struct bu_result_log *log);
/* "last check reached: FILE:LINE", or that there was none; what was being released. */
void bu_result_log_last_check(const struct bu_result_log *log, char *text, size_t size);

#endif
