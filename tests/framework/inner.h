/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of failing tests: a body runs as a test inside the running one (in the same emulated
 *kernel) and tells this recorder, not the runner, what failed.
 *
 *	FAILS(check, eq_shows_both_values, "EXPECT_EQ(2, 3) does not hold\n ...")
 *	{
 *		EXPECT_EQ(2, 3);
 *	}
 */
#ifndef BU_TEST_INNER_H
#define BU_TEST_INNER_H

#include <bpfunit/bpfunit.h>
#include <bpfunit/runner.h>

struct inner {
	enum bpfunit_status status;
	int failures, skips, progress;
	char *text;                 /* of all failures, '\n' between them; owned by the test */
	char *reason;               /* of the skip */
	char *output;               /* warnings and traces */
	struct bpfunit_where where; /* of the latest failure or skip */
};

struct inner inner_execute(const struct bpfunit_test *test);
struct inner inner_run(void (*body)(void *self));

/* A test whose body must fail with exactly this text. */
#define FAILS(suite_, name_, golden)                                                               \
	static void suite_##_##name_##_inner(void *self);                                          \
	BPF_TEST(suite_, name_)                                                                    \
	{                                                                                          \
		struct inner inner = inner_run(suite_##_##name_##_inner);                          \
                                                                                                   \
		EXPECT_EQ(inner.status, BPFUNIT_FAILED);                                           \
		EXPECT_STREQ(inner.text, golden);                                                  \
	}                                                                                          \
	static void suite_##_##name_##_inner(void *self __attribute__((unused)))

#endif
