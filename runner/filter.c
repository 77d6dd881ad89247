/* SPDX-License-Identifier: BSD-2-Clause */
/* Globs, and how near two names are. */
#include "runner/filter.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* On a mismatch only the latest `*` needs to be tried again, with one character more. */
bool bu_glob_match(const char *glob, const char *text)
{
	const char *star = NULL, *from = NULL;

	while (*text) {
		if (*glob == '*') {
			star = glob++;
			from = text;
		} else if (*glob == '?' || *glob == *text) {
			glob++;
			text++;
		} else if (star) {
			glob = star + 1;
			text = ++from;
		} else {
			return false;
		}
	}
	while (*glob == '*')
		glob++;
	return !*glob;
}

static int add_glob(struct bu_globs *globs, const char *text, size_t len)
{
	char **items = realloc(globs->items, (globs->count + 1) * sizeof(*items));

	if (!items)
		return -ENOMEM;
	globs->items = items;
	items[globs->count] = strndup(text, len);
	if (!items[globs->count])
		return -ENOMEM;
	globs->count++;
	return 0;
}

/* Names of tests are C identifiers, so the first '-' can only be the one that negates. */
int bu_filter_add(struct bu_filter *filter, const char *text)
{
	struct bu_globs *globs = &filter->wanted;

	for (;;) {
		size_t len = strcspn(text, globs == &filter->wanted ? ":-" : ":");
		int error = len ? add_glob(globs, text, len) : 0;

		if (error)
			return error;
		text += len;
		if (!*text)
			return 0;
		if (*text++ == '-')
			globs = &filter->unwanted;
	}
}

static void free_globs(struct bu_globs *globs)
{
	for (size_t i = 0; i < globs->count; i++)
		free(globs->items[i]);
	free(globs->items);
	*globs = (struct bu_globs){ 0 };
}

void bu_filter_free(struct bu_filter *filter)
{
	free_globs(&filter->wanted);
	free_globs(&filter->unwanted);
}

static bool any_matches(const struct bu_globs *globs, const char *text)
{
	for (size_t i = 0; i < globs->count; i++) {
		if (bu_glob_match(globs->items[i], text))
			return true;
	}
	return false;
}

bool bu_filter_match(const struct bu_filter *filter, const char *full_name)
{
	if (filter->wanted.count && !any_matches(&filter->wanted, full_name))
		return false;
	return !any_matches(&filter->unwanted, full_name);
}

#define NAME_MAX_COMPARED 255

size_t bu_text_distance(const char *a, const char *b)
{
	size_t row[NAME_MAX_COMPARED + 1];
	size_t len_a = strnlen(a, NAME_MAX_COMPARED), len_b = strnlen(b, NAME_MAX_COMPARED);

	for (size_t j = 0; j <= len_b; j++)
		row[j] = j;
	for (size_t i = 1; i <= len_a; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= len_b; j++) {
			size_t best = diagonal + (a[i - 1] != b[j - 1]);

			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			diagonal = row[j];
			row[j] = best;
		}
	}
	return row[len_b];
}
