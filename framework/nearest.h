/* SPDX-License-Identifier: BSD-2-Clause */
/* "Did you mean": which of several names is nearest to the one that was asked for. */
#ifndef BU_NEAREST_H
#define BU_NEAREST_H

#include "ebpf/base.h"

/* Offer candidates one by one, then ask. Names are borrowed: they must live until the answer is
 * used. */
struct bu_nearest {
	const char *wanted;
	size_t wanted_len;
	const char *best; /* NULL: none near enough */
	u32 distance;
};

void bu_nearest_begin(struct bu_nearest *nearest, const char *wanted, size_t len);
void bu_nearest_offer(struct bu_nearest *nearest, const char *candidate);
/* "; did you mean 'tokens'?", or "" when no candidate is near. Written to `text`, which is
 * returned. */
const char *bu_nearest_hint(const struct bu_nearest *nearest, char *text, size_t size);

/* Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`. Case counts
 * as nothing but a tie: upper and lower case are equal here. Names beyond 63 characters are cut. */
u32 bu_edit_distance(const char *a, size_t a_len, const char *b);

#endif
