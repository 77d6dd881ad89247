/* SPDX-License-Identifier: BSD-2-Clause */
/* Optimal string alignment distance over three rolling rows; see nearest.h. */
#include "framework/nearest.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define MAX_NAME 63

static bool same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

static u32 min3(u32 a, u32 b, u32 c)
{
	return BU_MIN(BU_MIN(a, b), c);
}

u32 bu_edit_distance(const char *a, size_t a_len, const char *b)
{
	size_t b_len = strnlen(b, MAX_NAME);
	u32 rows[3][MAX_NAME + 1];

	a_len = BU_MIN(a_len, (size_t)MAX_NAME);
	for (size_t j = 0; j <= b_len; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		u32 *now = rows[i % 3], *before = rows[(i - 1) % 3];

		now[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			now[j] = min3(before[j] + 1, now[j - 1] + 1,
				      before[j - 1] + !same(a[i - 1], b[j - 1]));
			if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
				now[j] = BU_MIN(now[j], rows[(i - 2) % 3][j - 2] + 1);
		}
	}
	return rows[a_len % 3][b_len];
}

void bu_nearest_begin(struct bu_nearest *nearest, const char *wanted, size_t len)
{
	/* A third of the letters may be wrong: more, and the hint is noise. */
	*nearest = (struct bu_nearest){ wanted, len, NULL, BU_MAX(len, (size_t)3) / 3 + 1 };
}

/* A name that contains the wanted one is as near as a slip of one letter: "bucket_map". */
static u32 distance_of(const struct bu_nearest *nearest, const char *candidate)
{
	u32 distance = bu_edit_distance(nearest->wanted, nearest->wanted_len, candidate);

	if (nearest->wanted_len >= 3 &&
	    memmem(candidate, strlen(candidate), nearest->wanted, nearest->wanted_len))
		return BU_MIN(distance, 1U);
	return distance;
}

void bu_nearest_offer(struct bu_nearest *nearest, const char *candidate)
{
	u32 distance;

	if (!candidate || !candidate[0])
		return;
	distance = distance_of(nearest, candidate);
	/* Nothing in common is not near, however short both are. */
	if (distance >= nearest->distance || distance >= nearest->wanted_len)
		return;
	nearest->distance = distance;
	nearest->best = candidate;
}

const char *bu_nearest_hint(const struct bu_nearest *nearest, char *text, size_t size)
{
	text[0] = '\0';
	if (nearest->best)
		snprintf(text, size, "; did you mean '%s'?", nearest->best);
	return text;
}
