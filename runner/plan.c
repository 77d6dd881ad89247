/* SPDX-License-Identifier: BSD-2-Clause */
/* Choosing tests by the filter. A choice that is empty is an error: a typing mistake must not look
 * green. */
#include "runner/plan.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FULL_NAME_MAX 512

static const char *full_name(const struct bpfunit_test *test, char *text)
{
	snprintf(text, FULL_NAME_MAX, "%s.%s", test->suite, test->name);
	return text;
}

static bool chosen(const struct bu_options *options, const struct bpfunit_test *test)
{
	char name[FULL_NAME_MAX];

	return bu_filter_match(&options->filter, full_name(test, name));
}

static size_t count_chosen(const struct bu_options *options)
{
	size_t count = 0;

	for (const struct bpfunit_test *test = bpfunit_tests(); test; test = test->next)
		count += chosen(options, test);
	return count;
}

/* ---- nothing chosen ---- */

static void find_nearest(const char *glob, size_t *best, const struct bpfunit_test **nearest)
{
	for (const struct bpfunit_test *test = bpfunit_tests(); test; test = test->next) {
		char name[FULL_NAME_MAX];
		size_t distance = bu_text_distance(glob, full_name(test, name));
		size_t short_one = bu_text_distance(glob, test->name);

		distance = short_one < distance ? short_one : distance;
		if (distance < *best) {
			*best = distance;
			*nearest = test;
		}
	}
}

static void say_nothing_matches(const struct bu_options *options)
{
	const struct bu_globs *wanted = &options->filter.wanted;
	const struct bpfunit_test *nearest = NULL;
	size_t best = SIZE_MAX;

	fputs("bpfunit: no test matches", stderr);
	for (size_t i = 0; i < wanted->count; i++) {
		fprintf(stderr, "%s '%s'", i ? "," : "", wanted->items[i]);
		find_nearest(wanted->items[i], &best, &nearest);
	}
	if (!wanted->count)
		fputs(" the filter", stderr);
	if (nearest)
		fprintf(stderr, "; the nearest is '%s.%s'", nearest->suite, nearest->name);
	fputs("\nNames are suite.name; --list shows them all.\n", stderr);
}

/* ---- two of one name ---- */

static int compare_names(const void *a, const void *b)
{
	const struct bpfunit_test *left = *(const struct bpfunit_test *const *)a;
	const struct bpfunit_test *right = *(const struct bpfunit_test *const *)b;
	int order = strcmp(left->suite, right->suite);

	return order ? order : strcmp(left->name, right->name);
}

static int refuse_duplicates(const struct bpfunit_test **tests, size_t count)
{
	qsort(tests, count, sizeof(*tests), compare_names);
	for (size_t i = 1; i < count; i++) {
		const struct bpfunit_test *a = tests[i - 1], *b = tests[i];

		if (compare_names(&a, &b))
			continue;
		fprintf(stderr, "bpfunit: two tests are called %s.%s: at %s:%d and %s:%d\n",
			a->suite, a->name, a->where.file, a->where.line, b->where.file,
			b->where.line);
		return -EEXIST;
	}
	return 0;
}

static int check_names(void)
{
	const struct bpfunit_test **tests;
	size_t count = 0, i = 0;
	int error;

	for (const struct bpfunit_test *test = bpfunit_tests(); test; test = test->next)
		count++;
	tests = calloc(count + 1, sizeof(*tests));
	if (!tests)
		return -ENOMEM;
	for (const struct bpfunit_test *test = bpfunit_tests(); test; test = test->next)
		tests[i++] = test;
	error = refuse_duplicates(tests, count);
	free(tests);
	return error;
}

/* ---- the plan ---- */

/* xorshift64*: the same order for the same seed on every machine. */
static uint64_t next_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dULL;
}

static void shuffle(struct bu_result *results, size_t count, uint64_t seed)
{
	uint64_t state = seed * 0x9e3779b97f4a7c15ULL + 1;

	for (size_t i = count; i > 1; i--) {
		size_t j = next_random(&state) % i;
		struct bu_result swapped = results[i - 1];

		results[i - 1] = results[j];
		results[j] = swapped;
	}
}

static void fill_in(const struct bu_options *options, struct bu_report *report, size_t count)
{
	size_t i = 0;

	for (unsigned int repetition = 0; repetition < options->repeat; repetition++) {
		for (const struct bpfunit_test *test = bpfunit_tests(); test; test = test->next) {
			if (chosen(options, test))
				report->results[i++].test = test;
		}
		if (options->shuffle)
			shuffle(report->results + i - count, count, options->seed + repetition);
	}
}

int bu_plan(const struct bu_options *options, struct bu_report *report)
{
	size_t count = count_chosen(options);
	int error = check_names();

	if (error)
		return error;
	if (!count) {
		say_nothing_matches(options);
		return -ENOENT;
	}
	report->total = count * options->repeat;
	report->results = calloc(report->total, sizeof(*report->results));
	if (!report->results)
		return -ENOMEM;
	fill_in(options, report, count);
	return 0;
}

/* ---- listing ---- */

static void put_json_string(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		unsigned char c = *text;

		if (c == '"' || c == '\\')
			printf("\\%c", c);
		else if (c < 0x20)
			printf("\\u%04x", c);
		else
			putchar(c);
	}
	putchar('"');
}

static void put_json_test(const struct bu_options *options, const struct bpfunit_test *test)
{
	double timeout_s = test->opts.timeout_s > 0 ? test->opts.timeout_s : options->timeout_s;

	fputs("  { \"name\": ", stdout);
	printf("\"%s.%s\", \"suite\": \"%s\", \"test\": \"%s\", \"file\": ", test->suite,
	       test->name, test->suite, test->name);
	put_json_string(test->where.file);
	printf(", \"line\": %d, \"timeout_s\": %g, \"skip\": ", test->where.line, timeout_s);
	if (test->opts.skip)
		put_json_string(test->opts.skip);
	else
		fputs("null", stdout);
	fputs(" }", stdout);
}

static void list_json(const struct bu_options *options)
{
	bool first = true;

	fputs("[\n", stdout);
	for (const struct bpfunit_test *test = bpfunit_tests(); test; test = test->next) {
		if (!chosen(options, test))
			continue;
		if (!first)
			fputs(",\n", stdout);
		put_json_test(options, test);
		first = false;
	}
	fputs("\n]\n", stdout);
}

void bu_list(const struct bu_options *options)
{
	if (options->list == BU_LIST_JSON) {
		list_json(options);
		return;
	}
	for (const struct bpfunit_test *test = bpfunit_tests(); test; test = test->next) {
		if (chosen(options, test))
			printf("%s.%s\n", test->suite, test->name);
	}
}
