// SPDX-License-Identifier: BSD-2-Clause
/* Running a test: its phases, what ends them, what is released. */
#include "inner.h"

#include <bpf/bpf.h>
#include <pthread.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What happened, a letter a phase. */
static char steps[32];

static void step(const char *letter)
{
	strncat(steps, letter, sizeof(steps) - strlen(steps) - 1);
}

static void deferred(void *letter)
{
	step(letter);
}

static void set_up(void *self)
{
	*(int *)self = 7;
	bpfunit_defer(deferred, "1");
	bpfunit_defer(deferred, "2");
	step("s");
}

static void failing_set_up(void *self)
{
	set_up(self);
	ASSERT_TRUE(false);
}

static void softly_failing_set_up(void *self)
{
	set_up(self);
	EXPECT_TRUE(false);
}

static void body(void *self)
{
	EXPECT_EQ(*(int *)self, 7);
	step("b");
}

static void tear_down(void *self)
{
	EXPECT_EQ(*(int *)self, 7);
	step("t");
}

static struct inner execute(void (*up)(void *), void (*what)(void *), void (*down)(void *))
{
	struct bpfunit_test test = {
		.suite = "inner",
		.name = "phases",
		.setup = up,
		.body = what,
		.teardown = down,
		.fixture_size = sizeof(int),
	};

	steps[0] = '\0';
	return inner_execute(&test);
}

BPF_TEST(execute, phases_come_in_order)
{
	EXPECT_EQ(execute(set_up, body, tear_down).status, BPFUNIT_PASSED);
	EXPECT_STREQ(steps, "sbt21");
}

BPF_TEST(execute, a_failed_set_up_leaves_out_the_body)
{
	EXPECT_EQ(execute(failing_set_up, body, tear_down).status, BPFUNIT_FAILED);
	EXPECT_STREQ(steps, "st21");
	EXPECT_EQ(execute(softly_failing_set_up, body, tear_down).status, BPFUNIT_FAILED);
	EXPECT_STREQ(steps, "st21");
}

static void ending_body(void *self)
{
	(void)self;
	step("b");
	FAIL("body");
}

BPF_TEST(execute, an_ended_body_is_torn_down)
{
	EXPECT_EQ(execute(set_up, ending_body, tear_down).failures, 1);
	EXPECT_STREQ(steps, "sbt21");
}

static void ending_tear_down(void *self)
{
	(void)self;
	step("t");
	FAIL("teardown");
}

BPF_TEST(execute, an_ended_teardown_still_releases)
{
	struct inner inner = execute(set_up, ending_body, ending_tear_down);

	EXPECT_STREQ(inner.text, "body\nteardown");
	EXPECT_STREQ(steps, "sbt21");
}

static void ending_deferred(void *letter)
{
	step(letter);
	FAIL("deferred");
}

static void deferring_body(void *self)
{
	(void)self;
	bpfunit_defer(ending_deferred, "3");
	bpfunit_defer(ending_deferred, "4");
}

BPF_TEST(execute, an_ended_deferred_call_lets_the_others_run)
{
	EXPECT_EQ(execute(set_up, deferring_body, tear_down).failures, 2);
	EXPECT_STREQ(steps, "st4321");
}

static void defer_more(void *arg)
{
	step(arg);
	bpfunit_defer(deferred, "6");
}

static void deferring_deferred(void *self)
{
	(void)self;
	bpfunit_defer(defer_more, "5");
}

BPF_TEST(execute, a_deferred_call_may_defer)
{
	EXPECT_EQ(execute(NULL, deferring_deferred, NULL).status, BPFUNIT_PASSED);
	EXPECT_STREQ(steps, "56");
}

BPF_TEST(execute, nothing_to_defer_is_refused)
{
	EXPECT_ERR(bpfunit_defer(NULL, NULL), EINVAL);
}

static void skipping(void *self)
{
	(void)self;
	BPFUNIT_SKIP("no %s here", "luck");
}

BPF_TEST(execute, a_skip_ends_the_test)
{
	struct inner inner = execute(NULL, skipping, tear_down);

	EXPECT_EQ(inner.status, BPFUNIT_FAILED); /* tear_down's check: the set-up did not run */
	EXPECT_STREQ(inner.reason, "no luck here");
	inner = execute(NULL, skipping, NULL);
	EXPECT_EQ(inner.status, BPFUNIT_SKIPPED);
	EXPECT_EQ(inner.skips, 1);
	EXPECT_STREQ(inner.where.file, __FILE__);
}

BPF_TEST(execute, a_set_up_can_skip)
{
	EXPECT_EQ(execute(skipping, body, NULL).status, BPFUNIT_SKIPPED);
	EXPECT_STREQ(steps, "");
}

BPF_TEST(execute, the_skip_option_runs_nothing)
{
	struct bpfunit_test test = {
		.suite = "a", .name = "b", .body = body, .opts.skip = "later"
	};
	struct inner inner;

	steps[0] = '\0';
	inner = inner_execute(&test);
	EXPECT_EQ(inner.status, BPFUNIT_SKIPPED);
	EXPECT_STREQ(inner.reason, "later");
	EXPECT_STREQ(steps, "");
}

static void three_checks(void *self)
{
	(void)self;
	EXPECT_TRUE(true);
	EXPECT_EQ(1, 2);
	EXPECT_OK(0);
}

BPF_TEST(execute, progress_is_told_for_each_check)
{
	struct inner inner = inner_run(three_checks);

	EXPECT_EQ(inner.progress, 3);
	EXPECT_EQ(inner.failures, 1);
	EXPECT_STREQ(inner.where.file, __FILE__);
}

static void *assert_elsewhere(void *arg)
{
	ASSERT_EQ(1, 2);
	*(bool *)arg = true;
	return NULL;
}

static bool went_on, thread_went_on;

static void asserting_thread(void *self)
{
	pthread_t thread;

	(void)self;
	ASSERT_EQ(pthread_create(&thread, NULL, assert_elsewhere, &thread_went_on), 0);
	pthread_join(thread, NULL);
	went_on = true;
}

BPF_TEST(execute, an_assert_on_another_thread_ends_that_thread)
{
	EXPECT_EQ(inner_run(asserting_thread).failures, 1);
	EXPECT_FALSE(thread_went_on);
	EXPECT_TRUE(went_on);
}

static void two_unknown_commands(void *self)
{
	(void)self;
	EXPECT_OK(syscall(__NR_bpf, 4242, NULL, 0));
	EXPECT_OK(syscall(__NR_bpf, 4242, NULL, 0));
	EXPECT_OK(syscall(__NR_bpf, 4243, NULL, 0));
}

BPF_TEST(execute, commands_that_are_not_emulated_are_named_once)
{
	struct inner inner = inner_run(two_unknown_commands);
	const char *note = strstr(inner.text, "\nnote: ");

	EXPECT_EQ(inner.failures, 3);
	ASSERT_NOT_NULL(note);
	EXPECT_NOT_NULL(strstr(note, "command 4242"));
	EXPECT_NULL(strstr(strstr(note, "command 4242") + 1, "command 4242"));
	EXPECT_NOT_NULL(strstr(note, "command 4243"));
}

BPF_TEST(execute, coverage_can_be_flushed_at_any_time)
{
	bpfunit_coverage_flush();
}

/* Tests that run one after the other in this file: what one does the next does not see. */

BPF_TEST(fresh_kernel, first_makes_a_map)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_HASH, "left", 4, 4, 1, NULL);
	struct bpf_map_info info = { 0 };
	__u32 size = sizeof(info);

	ASSERT_OK(fd);
	ASSERT_OK(bpf_obj_get_info_by_fd(fd, &info, &size));
	EXPECT_EQ(info.id, 1);
	bpfunit_set_pid(77);
	bpfunit_clock_set_ns(5);
}

BPF_TEST(fresh_kernel, second_does_not_see_it)
{
	__u32 id = 0;

	EXPECT_ERR(bpf_map_get_next_id(0, &id), ENOENT);
	EXPECT_EQ(bpfunit_clock_ns(), NSEC_PER_SEC);
}

BPF_TEST(fresh_kernel, has_four_cpus)
{
	EXPECT_EQ(bpfunit_nr_cpus(), 4);
}

BPF_TEST(fresh_kernel, has_the_cpus_of_the_option, .cpus = 9)
{
	EXPECT_EQ(bpfunit_nr_cpus(), 9);
	EXPECT_OK(bpfunit_set_cpu(8));
	EXPECT_ERR(bpfunit_set_cpu(9), EINVAL);
}

BPF_TEST(registry, lists_tests_of_a_suite_by_line)
{
	const struct bpfunit_test *last = NULL;
	int count = 0;

	for (const struct bpfunit_test *test = bpfunit_tests(); test; test = test->next) {
		if (strcmp(test->suite, "fresh_kernel"))
			continue;
		if (last) {
			EXPECT_EQ(last->next, test);
			EXPECT_LT(last->where.line, test->where.line);
		}
		last = test;
		count++;
	}
	EXPECT_EQ(count, 4);
}

BPF_TEST(registry, calls_arrive_in_the_emulated_kernel)
{
	EXPECT_EQ(bpfunit_canary(), 0);
}
