// SPDX-License-Identifier: BSD-2-Clause
/* A short list, in the order in which reasons were met. */
#include "runner/tally.h"
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static struct bu_tally *entry(struct bu_tally **tally, const char *why_not)
{
	struct bu_tally *added;

	while (*tally && !same((*tally)->why_not, why_not))
		tally = &(*tally)->next;
	if (*tally)
		return *tally;
	added = calloc(1, sizeof(*added));
	if (added && why_not)
		added->why_not = strdup(why_not);
	if (added && why_not && !added->why_not) {
		free(added);
		added = NULL;
	}
	*tally = added;
	return added;
}

void bu_tally_add(struct bu_tally **tally, const char *why_not, uint64_t runs, uint64_t differing)
{
	struct bu_tally *to = entry(tally, why_not);

	if (!to)
		return;
	to->runs += runs;
	to->differing += differing;
}

void bu_tally_merge(struct bu_tally **tally, const struct bu_tally *other)
{
	for (; other; other = other->next)
		bu_tally_add(tally, other->why_not, other->runs, other->differing);
}

void bu_tally_free(struct bu_tally *tally)
{
	while (tally) {
		struct bu_tally *next = tally->next;

		free(tally->why_not);
		free(tally);
		tally = next;
	}
}

void bu_tally_print(const struct bu_tally *tally, const char *prefix)
{
	uint64_t compared = 0, differing = 0, others = 0;

	if (!tally)
		return;
	for (const struct bu_tally *at = tally; at; at = at->next) {
		compared += at->why_not ? 0 : at->runs;
		others += at->why_not ? at->runs : 0;
		differing += at->differing;
	}
	printf("%s%" PRIu64 " runs compared with this machine's kernel: %" PRIu64
	       " differ; %" PRIu64 " not compared\n",
	       prefix, compared, differing, others);
	for (; tally; tally = tally->next) {
		if (tally->why_not)
			printf("%s  %" PRIu64 " not: %s\n", prefix, tally->runs, tally->why_not);
	}
}
