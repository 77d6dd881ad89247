/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Checks. EXPECT_* fails the test and goes on; ASSERT_* fails it and ends it there. Each evaluates
 * its arguments once and, when it fails, prints the expressions, both values and file:line.
 *
 * Integers compare by value whatever their types (-1 is less than 0U); pointers by address. Strings
 * are borrowed for the call. Each check yields whether it held, and leaves errno alone.
 *
 * Where ASSERT_* ends the test: in its body the teardown and the deferred calls still run; in the
 * set-up also, and the body does not; in the teardown or a deferred call the others still run.
 * Inside a mock's callback the program under test stops first: a run by BPFUNIT_RUN... does not
 * return, one by bpf_prog_test_run_opts() returns and the test ends at its next check. On another
 * thread than the test's, ASSERT_* ends that thread.
 */
#ifndef BPFUNIT_CHECK_H
#define BPFUNIT_CHECK_H

#include <bpfunit/base.h>

enum bpfunit_op {
	BPFUNIT_EQ,
	BPFUNIT_NE,
	BPFUNIT_LT,
	BPFUNIT_LE,
	BPFUNIT_GT,
	BPFUNIT_GE,
};

enum bpfunit_value_kind {
	BPFUNIT_UNSIGNED,
	BPFUNIT_SIGNED,
	BPFUNIT_BOOL,
	BPFUNIT_CHAR,
	BPFUNIT_POINTER,
};

/* A value as a check sees it: any integer, enum, bool or pointer, bit fields too. */
struct bpfunit_value {
	uint64_t bits; /* sign-extended when the type is signed */
	uint8_t size;  /* bytes of its type */
	uint8_t kind;  /* enum bpfunit_value_kind */
};

/* What a check macro fills in; an ordinary function compares and formats. */
struct bpfunit_check {
	struct bpfunit_where where;
	const char *macro;        /* "EXPECT_EQ" */
	const char *left, *right; /* the expressions' text */
	bool fatal;               /* ASSERT_: does not return when it fails */
};

#define BPFUNIT_IS_POINTER_(x)   (__builtin_classify_type(x) == 5)
#define BPFUNIT_INTEGER_TYPE_(x) __typeof__(__builtin_choose_expr(BPFUNIT_IS_POINTER_(x), 0UL, x))
#define BPFUNIT_IS_SIGNED_(x)    ((BPFUNIT_INTEGER_TYPE_(x)) - 1 < (BPFUNIT_INTEGER_TYPE_(x))1)
#define BPFUNIT_KIND_(x)                                                                           \
	_Generic((x), bool                                                                         \
		 : BPFUNIT_BOOL, char                                                              \
		 : BPFUNIT_CHAR, default                                                           \
		 : BPFUNIT_IS_POINTER_(x)  ? BPFUNIT_POINTER                                       \
		   : BPFUNIT_IS_SIGNED_(x) ? BPFUNIT_SIGNED                                        \
					   : BPFUNIT_UNSIGNED)
/* One evaluation of x. The comma makes an ordinary value of a bit field. */
#define BPFUNIT_VALUE_(x)                                                                          \
	__extension__({                                                                            \
		__auto_type bu_x_ = ((void)0, (x));                                                \
		_Static_assert(__builtin_classify_type(bu_x_) != 8,                                \
			       "bpfunit checks compare integers and pointers, "                    \
			       "not floating point: compare in EXPECT_TRUE()");                    \
		(struct bpfunit_value){ (uint64_t)bu_x_, sizeof(bu_x_), BPFUNIT_KIND_(bu_x_) };    \
	})
#define BPFUNIT_CHECK_(macro_, fatal_, left_, right_)                                              \
	(&(struct bpfunit_check){ BPFUNIT_HERE, macro_, left_, right_, fatal_ })

/* Used by the macros below: whether the check held; fatal ones return only then. */
BPFUNIT_API bool bpfunit_check_cmp(const struct bpfunit_check *check, enum bpfunit_op op,
				   struct bpfunit_value left, struct bpfunit_value right);
BPFUNIT_API bool bpfunit_check_bool(const struct bpfunit_check *check, bool value, bool expected);
BPFUNIT_API bool bpfunit_check_ok(const struct bpfunit_check *check, struct bpfunit_value result);
BPFUNIT_API bool bpfunit_check_err(const struct bpfunit_check *check, struct bpfunit_value result,
				   int expected);
BPFUNIT_API bool bpfunit_check_null(const struct bpfunit_check *check, const void *pointer,
				    bool null);
BPFUNIT_API bool bpfunit_check_str(const struct bpfunit_check *check, const char *left,
				   const char *right, bool equal);
BPFUNIT_API bool bpfunit_check_mem(const struct bpfunit_check *check, const void *left,
				   const void *right, size_t size, bool equal);

#define EXPECT_EQ(a, b) BPFUNIT_CMP_("EXPECT_EQ", false, BPFUNIT_EQ, #a, #b, a, b)
#define EXPECT_NE(a, b) BPFUNIT_CMP_("EXPECT_NE", false, BPFUNIT_NE, #a, #b, a, b)
#define EXPECT_LT(a, b) BPFUNIT_CMP_("EXPECT_LT", false, BPFUNIT_LT, #a, #b, a, b)
#define EXPECT_LE(a, b) BPFUNIT_CMP_("EXPECT_LE", false, BPFUNIT_LE, #a, #b, a, b)
#define EXPECT_GT(a, b) BPFUNIT_CMP_("EXPECT_GT", false, BPFUNIT_GT, #a, #b, a, b)
#define EXPECT_GE(a, b) BPFUNIT_CMP_("EXPECT_GE", false, BPFUNIT_GE, #a, #b, a, b)
#define ASSERT_EQ(a, b) BPFUNIT_CMP_("ASSERT_EQ", true, BPFUNIT_EQ, #a, #b, a, b)
#define ASSERT_NE(a, b) BPFUNIT_CMP_("ASSERT_NE", true, BPFUNIT_NE, #a, #b, a, b)
#define ASSERT_LT(a, b) BPFUNIT_CMP_("ASSERT_LT", true, BPFUNIT_LT, #a, #b, a, b)
#define ASSERT_LE(a, b) BPFUNIT_CMP_("ASSERT_LE", true, BPFUNIT_LE, #a, #b, a, b)
#define ASSERT_GT(a, b) BPFUNIT_CMP_("ASSERT_GT", true, BPFUNIT_GT, #a, #b, a, b)
#define ASSERT_GE(a, b) BPFUNIT_CMP_("ASSERT_GE", true, BPFUNIT_GE, #a, #b, a, b)
#define BPFUNIT_CMP_(macro, fatal, op, left, right, a, b)                                          \
	bpfunit_check_cmp(BPFUNIT_CHECK_(macro, fatal, left, right), op, BPFUNIT_VALUE_(a),        \
			  BPFUNIT_VALUE_(b))

#define EXPECT_TRUE(x) bpfunit_check_bool(BPFUNIT_CHECK_("EXPECT_TRUE", false, #x, ""), !!(x), true)
#define EXPECT_FALSE(x)                                                                            \
	bpfunit_check_bool(BPFUNIT_CHECK_("EXPECT_FALSE", false, #x, ""), !!(x), false)
#define ASSERT_TRUE(x) bpfunit_check_bool(BPFUNIT_CHECK_("ASSERT_TRUE", true, #x, ""), !!(x), true)
#define ASSERT_FALSE(x)                                                                            \
	bpfunit_check_bool(BPFUNIT_CHECK_("ASSERT_FALSE", true, #x, ""), !!(x), false)

/* libbpf's convention. OK: an integer >= 0, or a pointer that is neither NULL nor an error.
 * ERR: -error, or -1 or NULL with errno = error; `error` is an errno such as ENOENT. */
#define EXPECT_OK(x) bpfunit_check_ok(BPFUNIT_CHECK_("EXPECT_OK", false, #x, ""), BPFUNIT_VALUE_(x))
#define ASSERT_OK(x) bpfunit_check_ok(BPFUNIT_CHECK_("ASSERT_OK", true, #x, ""), BPFUNIT_VALUE_(x))
#define EXPECT_ERR(x, error)                                                                       \
	bpfunit_check_err(BPFUNIT_CHECK_("EXPECT_ERR", false, #x, #error), BPFUNIT_VALUE_(x),      \
			  (error))
#define ASSERT_ERR(x, error)                                                                       \
	bpfunit_check_err(BPFUNIT_CHECK_("ASSERT_ERR", true, #x, #error), BPFUNIT_VALUE_(x),       \
			  (error))

#define EXPECT_NULL(p) bpfunit_check_null(BPFUNIT_CHECK_("EXPECT_NULL", false, #p, ""), (p), true)
#define EXPECT_NOT_NULL(p)                                                                         \
	bpfunit_check_null(BPFUNIT_CHECK_("EXPECT_NOT_NULL", false, #p, ""), (p), false)
#define ASSERT_NULL(p) bpfunit_check_null(BPFUNIT_CHECK_("ASSERT_NULL", true, #p, ""), (p), true)
#define ASSERT_NOT_NULL(p)                                                                         \
	bpfunit_check_null(BPFUNIT_CHECK_("ASSERT_NOT_NULL", true, #p, ""), (p), false)

/* NUL-terminated strings; NULL equals only NULL. */
#define EXPECT_STREQ(a, b)                                                                         \
	bpfunit_check_str(BPFUNIT_CHECK_("EXPECT_STREQ", false, #a, #b), (a), (b), true)
#define EXPECT_STRNE(a, b)                                                                         \
	bpfunit_check_str(BPFUNIT_CHECK_("EXPECT_STRNE", false, #a, #b), (a), (b), false)
#define ASSERT_STREQ(a, b)                                                                         \
	bpfunit_check_str(BPFUNIT_CHECK_("ASSERT_STREQ", true, #a, #b), (a), (b), true)
#define ASSERT_STRNE(a, b)                                                                         \
	bpfunit_check_str(BPFUNIT_CHECK_("ASSERT_STRNE", true, #a, #b), (a), (b), false)
/* `size` bytes; NULL equals only NULL. */
#define EXPECT_MEMEQ(a, b, size)                                                                   \
	bpfunit_check_mem(BPFUNIT_CHECK_("EXPECT_MEMEQ", false, #a, #b), (a), (b), (size), true)
#define EXPECT_MEMNE(a, b, size)                                                                   \
	bpfunit_check_mem(BPFUNIT_CHECK_("EXPECT_MEMNE", false, #a, #b), (a), (b), (size), false)
#define ASSERT_MEMEQ(a, b, size)                                                                   \
	bpfunit_check_mem(BPFUNIT_CHECK_("ASSERT_MEMEQ", true, #a, #b), (a), (b), (size), true)
#define ASSERT_MEMNE(a, b, size)                                                                   \
	bpfunit_check_mem(BPFUNIT_CHECK_("ASSERT_MEMNE", true, #a, #b), (a), (b), (size), false)

/*
 * Words (as printf) that each failure shows until the block ends, for checks in loops and helpers:
 *
 *	for (size_t size = 0; size < 54; size++) {
 *		BPFUNIT_CONTEXT("cut to %zu bytes", size);
 *		...
 *	}
 *
 * Blocks nest. Of the test's own thread and its failures; nothing on others.
 */
#define BPFUNIT_CONTEXT(...) BPFUNIT_CONTEXT_AT_(__LINE__, __VA_ARGS__)
#define BPFUNIT_CONTEXT_AT_(line, ...) BPFUNIT_CONTEXT_IN_(line, __VA_ARGS__)
#define BPFUNIT_CONTEXT_IN_(line, ...)                                                             \
	__attribute__((unused, cleanup(bpfunit_context_end))) size_t bu_context_##line##_ =        \
		bpfunit_context_begin(__VA_ARGS__)
BPFUNIT_API size_t bpfunit_context_begin(const char *format, ...) BPFUNIT_PRINTF(1, 2);
BPFUNIT_API void bpfunit_context_end(size_t *begun);

/* Fail with words of one's own (as printf); FAIL ends the test. */
#define EXPECT_FAIL(...) bpfunit_fail(BPFUNIT_HERE, false, __VA_ARGS__)
#define FAIL(...)        bpfunit_fail(BPFUNIT_HERE, true, __VA_ARGS__)
BPFUNIT_API void bpfunit_fail(struct bpfunit_where where, bool fatal, const char *format, ...)
	BPFUNIT_PRINTF(3, 4);

#endif
