// SPDX-License-Identifier: BSD-2-Clause
/* Every check macro: holding, failing with its text, evaluating its arguments once. */
#include "inner.h"

#include <pthread.h>
#include <string.h>

enum colour { RED, GREEN = 200 };

BPF_TEST(check, integers_compare_by_value)
{
	int minus = -1;
	unsigned int zero = 0;
	uint8_t byte = 0xff;
	uint64_t huge = UINT64_MAX;

	EXPECT_LT(minus, zero);
	EXPECT_NE(minus, huge);
	EXPECT_NE(minus, byte);
	EXPECT_GT(huge, minus);
	EXPECT_EQ(byte, 255);
	EXPECT_EQ((int8_t)-1, -1LL);
	EXPECT_LE(INT64_MIN, 0u);
	EXPECT_GE(huge, (uint64_t)INT64_MAX + 1);
}

BPF_TEST(check, takes_any_scalar)
{
	struct {
		unsigned int low : 4;
		int sign : 3;
	} bits = { .low = 9, .sign = -2 };
	volatile const uint16_t wire = 7;
	int array[2], *first = array;

	EXPECT_EQ(bits.low, 9);
	EXPECT_EQ(bits.sign, -2);
	EXPECT_EQ(wire, 7);
	EXPECT_EQ(GREEN, 200);
	EXPECT_EQ((enum colour)RED, 0);
	EXPECT_EQ(true, 1);
	EXPECT_EQ('a', 97);
	EXPECT_EQ(array, first);
	EXPECT_LT(&array[0], &array[1]);
	EXPECT_NE((void *)first, NULL);
}

BPF_TEST(check, all_hold)
{
	char text[] = "bpf";

	EXPECT_TRUE(EXPECT_EQ(1, 1) && EXPECT_NE(1, 2) && EXPECT_LT(1, 2) && EXPECT_LE(2, 2));
	EXPECT_TRUE(EXPECT_GT(2, 1) && EXPECT_GE(2, 2) && EXPECT_TRUE(5) && EXPECT_FALSE(0));
	EXPECT_TRUE(EXPECT_OK(0) && EXPECT_OK(7) && EXPECT_OK(text) && EXPECT_ERR(-ENOENT, ENOENT));
	EXPECT_TRUE(EXPECT_NULL(NULL) && EXPECT_NOT_NULL(text));
	EXPECT_TRUE(EXPECT_STREQ(text, "bpf") && EXPECT_STRNE(text, "bpf2"));
	EXPECT_TRUE(EXPECT_STREQ(NULL, NULL) && EXPECT_STRNE(NULL, ""));
	EXPECT_TRUE(EXPECT_MEMEQ(text, "bpf", 4) && EXPECT_MEMNE(text, "bpg", 3));
	EXPECT_TRUE(EXPECT_MEMEQ(NULL, NULL, 4) && EXPECT_MEMNE(text, NULL, 1));
	EXPECT_TRUE(ASSERT_EQ(1, 1) && ASSERT_NE(1, 2) && ASSERT_LT(1, 2) && ASSERT_LE(2, 2));
	EXPECT_TRUE(ASSERT_GT(2, 1) && ASSERT_GE(2, 2) && ASSERT_TRUE(5) && ASSERT_FALSE(0));
	EXPECT_TRUE(ASSERT_OK(0) && ASSERT_ERR(-EPERM, EPERM) && ASSERT_NULL(NULL));
	EXPECT_TRUE(ASSERT_NOT_NULL(text) && ASSERT_STREQ(text, "bpf") && ASSERT_STRNE(text, ""));
	EXPECT_TRUE(ASSERT_MEMEQ(text, "bpf", 4) && ASSERT_MEMNE(text, "", 1));
}

BPF_TEST(check, arguments_are_evaluated_once)
{
	int n = 0;
	const char *s = "abcdef";

	EXPECT_EQ(n++, 0);
	EXPECT_EQ(1, n++);
	EXPECT_TRUE(n++ == 2);
	EXPECT_FALSE(n++ == 2);
	EXPECT_OK(n++);
	EXPECT_ERR(-n++, 5);
	EXPECT_EQ(n, 6);
	EXPECT_STREQ(s++, "abcdef");
	EXPECT_MEMEQ(s++, "bcdef", 5);
	EXPECT_NOT_NULL(s++);
	EXPECT_STREQ(s, "def");
}

static void fails_twice_each(void *self)
{
	int n = 0;
	const char *s = "abcdef";

	(void)self;
	EXPECT_EQ(n++, 7);
	EXPECT_TRUE(n++ == 7);
	EXPECT_OK(-n++);
	EXPECT_ERR(n++, ENOENT);
	EXPECT_STREQ(s++, "");
	EXPECT_MEMEQ(s++, "?", 1);
	EXPECT_NULL(s++);
	EXPECT_FAIL("%d %s", n, s);
}

BPF_TEST(check, arguments_of_failing_checks_are_evaluated_once)
{
	struct inner inner = inner_run(fails_twice_each);

	EXPECT_EQ(inner.failures, 8);
	EXPECT_STREQ(strrchr(inner.text, '\n'), "\n4 def");
}

BPF_TEST(check, errno_survives_checks)
{
	errno = EXDEV;
	EXPECT_EQ(1, 1);
	EXPECT_OK(3);
	EXPECT_STREQ("a", "a");
	EXPECT_TRUE(true);
	EXPECT_EQ(errno, EXDEV);
}

FAILS(check, eq_shows_expressions_and_values,
      "EXPECT_EQ(count, 3) does not hold\n"
      "  count: 2\n"
      "  3:     3")
{
	int count = 2;

	EXPECT_EQ(count, 3);
}

FAILS(check, values_are_decimal_and_hex,
      "EXPECT_EQ(a, b) does not hold\n"
      "  a: 4096 (0x1000)\n"
      "  b: -2 (0xfffe)")
{
	uint64_t a = 4096;
	short b = -2;

	EXPECT_EQ(a, b);
}

FAILS(check, bool_char_pointer_print_as_such,
      "EXPECT_NE(yes, 1) does not hold\n"
      "  yes: true\n"
      "  1:   1\n"
      "EXPECT_EQ(letter, 'b') does not hold\n"
      "  letter: 97 (0x61, 'a')\n"
      "  'b':    98 (0x62)\n"
      "EXPECT_EQ(p, NULL) does not hold\n"
      "  p:    0x1234\n"
      "  NULL: NULL")
{
	bool yes = true;
	char letter = 'a';
	void *p = (void *)0x1234;

	EXPECT_NE(yes, 1);
	EXPECT_EQ(letter, 'b');
	EXPECT_EQ(p, NULL);
}

FAILS(check, each_comparison_can_fail,
      "EXPECT_NE(1, 1) does not hold\n  1: 1\n  1: 1\n"
      "EXPECT_LT(2, 2) does not hold\n  2: 2\n  2: 2\n"
      "EXPECT_LE(3, 2) does not hold\n  3: 3\n  2: 2\n"
      "EXPECT_GT(2, 2) does not hold\n  2: 2\n  2: 2\n"
      "EXPECT_GE(1, 2) does not hold\n  1: 1\n  2: 2\n"
      "EXPECT_LT(0u, -1) does not hold\n"
      "  0u: 0\n"
      "  -1: -1 (0xffffffff)")
{
	EXPECT_NE(1, 1);
	EXPECT_LT(2, 2);
	EXPECT_LE(3, 2);
	EXPECT_GT(2, 2);
	EXPECT_GE(1, 2);
	EXPECT_LT(0u, -1);
}

FAILS(check, true_and_false,
      "EXPECT_TRUE(1 > 2) does not hold: it is false\n"
      "EXPECT_FALSE(2 > 1) does not hold: it is true")
{
	EXPECT_TRUE(1 > 2);
	EXPECT_FALSE(2 > 1);
}

FAILS(check, ok_names_the_error,
      "EXPECT_OK(-ENOENT) failed: -2 (0xfffffffe), ENOENT (2, No such file or "
      "directory)")
{
	EXPECT_OK(-ENOENT);
}

FAILS(check, ok_of_minus_one_shows_errno,
      "EXPECT_OK(result) failed: -1 (0xffffffff), EPERM (1, Operation not "
      "permitted), or errno ENOSPC (28, No space left on device)")
{
	int result = -1;

	errno = ENOSPC;
	EXPECT_OK(result);
}

FAILS(check, ok_of_null_shows_errno, "EXPECT_OK(link) failed: NULL, ESRCH (3, No such process)")
{
	void *link = NULL;

	errno = ESRCH;
	EXPECT_OK(link);
}

BPF_TEST(check, err_takes_both_conventions)
{
	EXPECT_ERR(-ENOSPC, ENOSPC);
	EXPECT_ERR(-ENOSPC, -ENOSPC);
	errno = EBUSY;
	EXPECT_ERR(-1, EBUSY);
	EXPECT_ERR(-1, EPERM);
	EXPECT_ERR((void *)NULL, EBUSY);
	EXPECT_ERR((void *)-ENOMEM, ENOMEM);
	EXPECT_ERR(-524L, 524);
}

FAILS(check, err_tells_success_from_another_error,
      "EXPECT_ERR(0, ENOENT) did not fail\n"
      "  expected: ENOENT (2, No such file or directory)\n"
      "  result:   0\n"
      "EXPECT_ERR(-EEXIST, ENOENT) failed otherwise\n"
      "  expected: ENOENT (2, No such file or directory)\n"
      "  result:   -17 (0xffffffef), EEXIST (17, File exists)\n"
      "EXPECT_ERR(-524, E2BIG) failed otherwise\n"
      "  expected: E2BIG (7, Argument list too long)\n"
      "  result:   -524 (0xfffffdf4), ENOTSUPP (524, not supported)")
{
	EXPECT_ERR(0, ENOENT);
	EXPECT_ERR(-EEXIST, ENOENT);
	EXPECT_ERR(-524, E2BIG);
}

FAILS(check, null_and_not_null,
      "EXPECT_NULL((void *)0x10) does not hold: it is 0x10\n"
      "EXPECT_NOT_NULL(NULL) does not hold: it is NULL")
{
	EXPECT_NULL((void *)0x10);
	EXPECT_NOT_NULL(NULL);
}

FAILS(check, streq_shows_the_first_difference,
      "EXPECT_STREQ(comm, \"ngnix\") does not hold\n"
      "  comm:    \"nginx\\n\"\n"
      "  \"ngnix\": \"ngnix\"\n"
      "  first difference at index 2: \"i\" and \"n\"")
{
	const char *comm = "nginx\n";

	EXPECT_STREQ(comm, "ngnix");
}

FAILS(check, strings_may_be_null,
      "EXPECT_STREQ(none, \"a\") does not hold\n"
      "  none: NULL\n"
      "  \"a\":  \"a\"\n"
      "EXPECT_STREQ(\"ab\", \"a\") does not hold\n"
      "  \"ab\": \"ab\"\n"
      "  \"a\":  \"a\"\n"
      "  first difference at index 1: \"b\" and the end\n"
      "EXPECT_STRNE(none, NULL) does not hold\n"
      "  none: NULL\n"
      "  NULL: NULL")
{
	const char *none = NULL;

	EXPECT_STREQ(none, "a");
	EXPECT_STREQ("ab", "a");
	EXPECT_STRNE(none, NULL);
}

FAILS(check, strings_are_escaped,
      "EXPECT_STREQ(text, NULL) does not hold\n"
      "  text: \"\\001\\t\\\"\\\\\\3772\"\n"
      "  NULL: NULL")
{
	const char *text = "\001\t\"\\\3772";

	EXPECT_STREQ(text, NULL);
}

FAILS(check, memeq_shows_the_first_differing_line,
      "EXPECT_MEMEQ(a, b) does not hold: 2 of 20 bytes differ, the first at offset 17\n"
      "  0010: 41 42 43 44                                      ABCD\n"
      "  0010: 41 00 43 01                                      A.C.\n"
      "           ^^    ^^")
{
	char a[20] = "----------------ABCD", b[20] = "----------------A\0C\1";

	EXPECT_MEMEQ(a, b, 20);
}

FAILS(check, memory_may_be_null,
      "EXPECT_MEMEQ(a, NULL) does not hold: NULL is NULL\n"
      "EXPECT_MEMNE(a, a) does not hold: all 3 bytes are equal")
{
	char a[] = "ab";

	EXPECT_MEMEQ(a, NULL, 3);
	EXPECT_MEMNE(a, a, 3);
}

FAILS(check, own_words, "no luck with 13")
{
	EXPECT_FAIL("no luck with %d", 13);
}

static int reached;

#define ENDS(name_, check)                                                                         \
	static void name_##_ends(void *self __attribute__((unused)))                               \
	{                                                                                          \
		check;                                                                             \
		reached++;                                                                         \
	}                                                                                          \
	BPF_TEST(check_ends, name_)                                                                \
	{                                                                                          \
		struct inner inner = inner_run(name_##_ends);                                      \
                                                                                                   \
		EXPECT_EQ(inner.failures, 1);                                                      \
		EXPECT_EQ(inner.status, BPFUNIT_FAILED);                                           \
		EXPECT_EQ(reached, 0);                                                             \
		EXPECT_STREQ(inner.where.file, __FILE__);                                          \
		EXPECT_EQ(inner.where.line, __LINE__);                                             \
	}

ENDS(eq, ASSERT_EQ(1, 2))
ENDS(ne, ASSERT_NE(1, 1))
ENDS(lt, ASSERT_LT(1, 1))
ENDS(le, ASSERT_LE(2, 1))
ENDS(gt, ASSERT_GT(1, 1))
ENDS(ge, ASSERT_GE(1, 2))
ENDS(is_true, ASSERT_TRUE(false))
ENDS(is_false, ASSERT_FALSE(true))
ENDS(ok, ASSERT_OK(-1))
ENDS(err, ASSERT_ERR(0, 1))
ENDS(null, ASSERT_NULL(""))
ENDS(not_null, ASSERT_NOT_NULL(NULL))
ENDS(streq, ASSERT_STREQ("a", "b"))
ENDS(strne, ASSERT_STRNE("a", "a"))
ENDS(memeq, ASSERT_MEMEQ("a", "b", 1))
ENDS(memne, ASSERT_MEMNE("a", "a", 1))
ENDS(fail, FAIL("so"))

FAILS(check, long_expressions_are_not_repeated,
      "EXPECT_EQ(a_rather_long_name_for_a_number + a_rather_long_name_for_a_number, 3) does not "
      "hold\n"
      "  left:  2\n"
      "  right: 3")
{
	int a_rather_long_name_for_a_number = 1;

	EXPECT_EQ(a_rather_long_name_for_a_number + a_rather_long_name_for_a_number, 3);
}

static void check_in_context(int n)
{
	BPFUNIT_CONTEXT("n = %d", n);
	EXPECT_NE(n, 2);
	{
		BPFUNIT_CONTEXT("within");
		BPFUNIT_CONTEXT("again");
		EXPECT_NE(n, 2);
	}
	EXPECT_NE(n, 3);
}

FAILS(check, contexts_are_shown_while_their_block_lasts,
      "EXPECT_NE(n, 2) does not hold\n  n: 2\n  2: 2\nin: n = 2\n"
      "EXPECT_NE(n, 2) does not hold\n  n: 2\n  2: 2\nin: n = 2\nin: within\nin: again\n"
      "EXPECT_NE(n, 3) does not hold\n  n: 3\n  3: 3\nin: n = 3\n"
      "EXPECT_EQ(1, 2) does not hold\n  1: 1\n  2: 2")
{
	for (int n = 1; n < 4; n++)
		check_in_context(n);
	EXPECT_EQ(1, 2);
}

static void fail_afterwards(void *unused)
{
	EXPECT_EQ(1, 2);
}

FAILS(check, contexts_end_with_the_part_of_the_test,
      "ASSERT_EQ(2, 1) does not hold\n  2: 2\n  1: 1\nin: 0x1234\n"
      "EXPECT_EQ(1, 2) does not hold\n  1: 1\n  2: 2")
{
	BPFUNIT_CONTEXT("%#x", 0x1234);
	bpfunit_defer(fail_afterwards, NULL);
	ASSERT_EQ(2, 1);
}

static void *context_of_a_thread(void *unused)
{
	BPFUNIT_CONTEXT("on a thread");
	EXPECT_EQ(1, 2);
	return NULL;
}

FAILS(check, contexts_are_the_tests_own_threads,
      "EXPECT_EQ(1, 2) does not hold\n  1: 1\n  2: 2\n"
      "EXPECT_EQ(3, 4) does not hold\n  3: 3\n  4: 4\nin: the test")
{
	BPFUNIT_CONTEXT("the test");
	pthread_t thread;

	ASSERT_EQ(pthread_create(&thread, NULL, context_of_a_thread, NULL), 0);
	pthread_join(thread, NULL);
	EXPECT_EQ(3, 4);
}
