/* SPDX-License-Identifier: BSD-2-Clause */
/* Counts of runs that the diff backend compared, or why it did not. Reasons are owned by the list.
 */
#ifndef RUNNER_TALLY_H
#define RUNNER_TALLY_H

#include <stdint.h>

struct bu_tally {
	struct bu_tally *next;
	char *why_not; /* NULL: compared */
	uint64_t runs, differing;
};

/* Nothing is added when memory runs out. */
void bu_tally_add(struct bu_tally **tally, const char *why_not, uint64_t runs, uint64_t differing);
void bu_tally_merge(struct bu_tally **tally, const struct bu_tally *other);
void bu_tally_free(struct bu_tally *tally);
/* "N runs compared ..., M differ", then a line for each reason; nothing when the list is empty. */
void bu_tally_print(const struct bu_tally *tally, const char *prefix);

#endif
