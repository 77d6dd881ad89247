/* SPDX-License-Identifier: BSD-2-Clause */
/* The functions behind the check macros: compare, and say what differs. errno survives each. */
#include <bpfunit/check.h>
#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "framework/state.h"

#define MAX_LABEL 40 /* characters */

/* A check's end: tells the failure, if it is one, and ends the test when it is fatal. */
static bool finish(const struct bpfunit_check *check, bool held, struct bu_text *text, int error)
{
	if (!held)
		bu_test_fail(check->where, "%s", bu_text_str(text));
	bu_text_free(text);
	errno = error;
	if (!held && check->fatal)
		bu_test_end();
	return held;
}

static void headline(struct bu_text *text, const struct bpfunit_check *check, const char *words)
{
	const char *comma = check->right[0] ? ", " : "";

	bu_text_add(text, "%s(%s%s%s) %s", check->macro, check->left, comma, check->right, words);
}

/* "\n  count: " with both labels equally wide. Long expressions have been read in the headline. */
static void label(struct bu_text *text, const struct bpfunit_check *check, bool right)
{
	bool brief = strlen(check->left) > MAX_LABEL || strlen(check->right) > MAX_LABEL;
	const char *labels[] = { brief ? "left" : check->left, brief ? "right" : check->right };
	size_t width = BU_MAX(strlen(labels[0]), strlen(labels[1]));

	bu_text_add(text, "\n  %s: %*s", labels[right], (int)(width - strlen(labels[right])), "");
}

static bool negative(struct bpfunit_value v)
{
	return (v.kind == BPFUNIT_SIGNED || v.kind == BPFUNIT_CHAR) && (int64_t)v.bits < 0;
}

static int compare(struct bpfunit_value a, struct bpfunit_value b)
{
	if (negative(a) != negative(b))
		return negative(a) ? -1 : 1;
	return (a.bits > b.bits) - (a.bits < b.bits);
}

static bool holds(enum bpfunit_op op, int order)
{
	switch (op) {
	case BPFUNIT_EQ:
		return order == 0;
	case BPFUNIT_NE:
		return order != 0;
	case BPFUNIT_LT:
		return order < 0;
	case BPFUNIT_LE:
		return order <= 0;
	case BPFUNIT_GT:
		return order > 0;
	default:
		return order >= 0;
	}
}

static uint64_t hex_of(struct bpfunit_value v)
{
	return v.size < 8 ? v.bits & ((1ULL << v.size * 8) - 1) : v.bits;
}

static void add_value(struct bu_text *text, struct bpfunit_value v)
{
	bool small = !negative(v) && v.bits < 10;

	if (v.kind == BPFUNIT_BOOL)
		bu_text_add(text, v.bits ? "true" : "false");
	else if (v.kind == BPFUNIT_POINTER)
		bu_text_add(text, v.bits ? "0x%" PRIx64 : "NULL", v.bits);
	else if (negative(v))
		bu_text_add(text, "%" PRId64, (int64_t)v.bits);
	else
		bu_text_add(text, "%" PRIu64, v.bits);
	if (v.kind == BPFUNIT_BOOL || v.kind == BPFUNIT_POINTER || small)
		return;
	bu_text_add(text, " (0x%" PRIx64, hex_of(v));
	if (v.kind == BPFUNIT_CHAR && v.bits < 128 && isprint((int)v.bits))
		bu_text_add(text, ", '%c'", (int)v.bits);
	bu_text_add(text, ")");
}

bool bpfunit_check_cmp(const struct bpfunit_check *check, enum bpfunit_op op,
		       struct bpfunit_value left, struct bpfunit_value right)
{
	int error = errno;
	struct bu_text text = { 0 };

	bu_test_at(check->where);
	if (holds(op, compare(left, right)))
		return true;
	headline(&text, check, "does not hold");
	label(&text, check, false);
	add_value(&text, left);
	label(&text, check, true);
	add_value(&text, right);
	return finish(check, false, &text, error);
}

bool bpfunit_check_bool(const struct bpfunit_check *check, bool value, bool expected)
{
	int error = errno;
	struct bu_text text = { 0 };

	bu_test_at(check->where);
	if (value == expected)
		return true;
	headline(&text, check, value ? "does not hold: it is true" : "does not hold: it is false");
	return finish(check, false, &text, error);
}

static void add_errno(struct bu_text *text, int error)
{
	const char *name = error == BU_ENOTSUPP ? "ENOTSUPP" : strerrorname_np(error);

	if (name)
		bu_text_add(text, "%s (%d, %s)", name, error,
			    error == BU_ENOTSUPP ? "not supported" : strerrordesc_np(error));
	else
		bu_text_add(text, "error %d", error);
}

/* The error that a result stands for, 0: none. -1 may stand for errno or for EPERM: *also. */
static int64_t error_of(struct bpfunit_value result, int error, int *also)
{
	*also = 0;
	if (result.kind == BPFUNIT_POINTER) {
		if (!result.bits)
			return error ? error : EINVAL;
		return result.bits >= (uint64_t)-4095 ? -(int64_t)result.bits : 0;
	}
	if (!negative(result))
		return 0;
	if ((int64_t)result.bits == -1)
		*also = error;
	return -(int64_t)result.bits;
}

static void add_result(struct bu_text *text, struct bpfunit_value result, int error)
{
	int also;
	int64_t failed = error_of(result, error, &also);

	add_value(text, result);
	if (!failed)
		return;
	bu_text_add(text, ", ");
	if (failed <= 4095)
		add_errno(text, failed);
	if (also && also != failed) {
		bu_text_add(text, ", or errno ");
		add_errno(text, also);
	}
}

bool bpfunit_check_ok(const struct bpfunit_check *check, struct bpfunit_value result)
{
	int also, error = errno;
	struct bu_text text = { 0 };

	bu_test_at(check->where);
	if (!error_of(result, error, &also))
		return true;
	headline(&text, check, "failed: ");
	add_result(&text, result, error);
	return finish(check, false, &text, error);
}

bool bpfunit_check_err(const struct bpfunit_check *check, struct bpfunit_value result, int expected)
{
	int also, error = errno;
	struct bu_text text = { 0 };
	int64_t failed = error_of(result, error, &also);

	bu_test_at(check->where);
	expected = expected < 0 ? -expected : expected;
	if (expected && (failed == expected || also == expected))
		return true;
	headline(&text, check, failed ? "failed otherwise" : "did not fail");
	bu_text_add(&text, "\n  expected: ");
	add_errno(&text, expected);
	bu_text_add(&text, "\n  result:   ");
	add_result(&text, result, error);
	return finish(check, false, &text, error);
}

bool bpfunit_check_null(const struct bpfunit_check *check, const void *pointer, bool null)
{
	int error = errno;
	struct bu_text text = { 0 };

	bu_test_at(check->where);
	if (!pointer == null)
		return true;
	headline(&text, check, "does not hold: it is ");
	bu_text_add(&text, pointer ? "%p" : "NULL", pointer);
	return finish(check, false, &text, error);
}

static void add_string(struct bu_text *text, const char *string)
{
	if (string)
		bu_text_quote(text, string, strlen(string));
	else
		bu_text_add(text, "NULL");
}

static void add_difference(struct bu_text *text, const char *left, const char *right)
{
	size_t at = 0;

	if (!left || !right)
		return;
	while (left[at] == right[at])
		at++;
	bu_text_add(text, "\n  first difference at index %zu: ", at);
	if (left[at])
		bu_text_quote(text, left + at, 1);
	else
		bu_text_add(text, "the end");
	bu_text_add(text, " and ");
	if (right[at])
		bu_text_quote(text, right + at, 1);
	else
		bu_text_add(text, "the end");
}

bool bpfunit_check_str(const struct bpfunit_check *check, const char *left, const char *right,
		       bool equal)
{
	int error = errno;
	struct bu_text text = { 0 };
	bool same = left && right ? !strcmp(left, right) : left == right;

	bu_test_at(check->where);
	if (same == equal)
		return true;
	headline(&text, check, "does not hold");
	label(&text, check, false);
	add_string(&text, left);
	label(&text, check, true);
	add_string(&text, right);
	if (!same)
		add_difference(&text, left, right);
	return finish(check, false, &text, error);
}

/* The line of 16 bytes around the first difference, of both, and marks below what differs. */
static void add_bytes(struct bu_text *text, const u8 *left, const u8 *right, size_t size, size_t at)
{
	size_t line = at / 16 * 16, len = BU_MIN(size - line, (size_t)16);

	bu_text_add(text, "\n");
	bu_text_hex(text, "  ", left + line, len, line);
	bu_text_hex(text, "  ", right + line, len, line);
	bu_text_add(text, "       ");
	for (size_t i = line; i < line + len; i++)
		bu_text_add(text, left[i] == right[i] ? "   " : " ^^");
	while (text->len && text->data[text->len - 1] == ' ')
		text->data[--text->len] = '\0';
}

static void compare_bytes(struct bu_text *text, const u8 *left, const u8 *right, size_t size)
{
	size_t first = size, differing = 0;

	for (size_t i = size; i-- > 0;) {
		if (left[i] == right[i])
			continue;
		first = i;
		differing++;
	}
	bu_text_add(text, ": %zu of %zu bytes differ, the first at offset %zu", differing, size,
		    first);
	add_bytes(text, left, right, size, first);
}

bool bpfunit_check_mem(const struct bpfunit_check *check, const void *left, const void *right,
		       size_t size, bool equal)
{
	int error = errno;
	struct bu_text text = { 0 };
	bool same = left && right ? !memcmp(left, right, size) : left == right;

	bu_test_at(check->where);
	if (same == equal)
		return true;
	headline(&text, check, "does not hold");
	if (same)
		bu_text_add(&text, ": all %zu bytes are equal", size);
	else if (left && right)
		compare_bytes(&text, left, right, size);
	else
		bu_text_add(&text, ": %s is NULL", left ? check->right : check->left);
	return finish(check, false, &text, error);
}
