/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which tests to run: globs over "suite.name" with `*` and `?`. A test is chosen when one of the
 * wanted globs matches it (or there are none) and none of the unwanted ones does.
 * Ownership: the globs belong to the filter.
 */
#ifndef RUNNER_FILTER_H
#define RUNNER_FILTER_H

#include <stdbool.h>
#include <stddef.h>

struct bu_globs {
	char **items;
	size_t count;
};

struct bu_filter {
	struct bu_globs wanted, unwanted;
};

/* Add "GLOB[:GLOB...][-GLOB[:GLOB...]]". 0, or -ENOMEM. */
int bu_filter_add(struct bu_filter *filter, const char *text);
void bu_filter_free(struct bu_filter *filter);
bool bu_filter_match(const struct bu_filter *filter, const char *full_name);
bool bu_glob_match(const char *glob, const char *text);

/* How many edits (insert, delete, replace a character) lead from a to b. */
size_t bu_text_distance(const char *a, const char *b);

#endif
