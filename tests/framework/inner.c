// SPDX-License-Identifier: BSD-2-Clause
#include "inner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *join(const char *before, const char *text)
{
	char *both;

	if (asprintf(&both, "%s%s%s", before, before[0] ? "\n" : "", text) < 0)
		abort();
	return both;
}

static void on_failure(void *arg, struct bpfunit_where where, const char *text)
{
	struct inner *inner = arg;
	char *old = inner->text;

	inner->failures++;
	inner->where = where;
	inner->text = join(old, text);
	free(old);
}

static void on_skip(void *arg, struct bpfunit_where where, const char *reason)
{
	struct inner *inner = arg;
	char *old = inner->reason;

	inner->skips++;
	inner->where = where;
	inner->reason = join("", reason);
	free(old);
}

static void on_output(void *arg, const char *line)
{
	struct inner *inner = arg;
	char *old = inner->output;

	inner->output = join(old, line);
	free(old);
}

static void on_progress(void *arg, struct bpfunit_where where)
{
	(void)where;
	((struct inner *)arg)->progress++;
}

struct inner inner_execute(const struct bpfunit_test *test)
{
	struct inner inner = { .text = join("", ""), .reason = join("", ""), .output = join("", "") };
	struct bpfunit_sink sink = {
		.failure = on_failure,
		.skipped = on_skip,
		.progress = on_progress,
		.arg = &inner,
		.output = on_output,
	};

	inner.status = bpfunit_test_execute(test, &sink);
	bpfunit_defer(free, inner.text);
	bpfunit_defer(free, inner.reason);
	bpfunit_defer(free, inner.output);
	return inner;
}

struct inner inner_run(void (*body)(void *self))
{
	struct bpfunit_test test = {
		.suite = "inner",
		.name = "body",
		.where = BPFUNIT_HERE,
		.body = body,
	};

	return inner_execute(&test);
}
