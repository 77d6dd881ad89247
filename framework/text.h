/* SPDX-License-Identifier: BSD-2-Clause */
/* A growing text. Zero-initialised is empty; running out of memory keeps what there is and says so. */
#ifndef BU_TEXT_H
#define BU_TEXT_H

#include "ebpf/base.h"

struct bu_text {
	char *data; /* NUL-terminated; NULL when nothing was added */
	size_t len, cap;
	bool failed; /* something did not fit in memory */
};

void bu_text_add(struct bu_text *text, const char *format, ...) BU_PRINTF(2, 3);
void bu_text_free(struct bu_text *text);
/* The text, malloc'ed and now the caller's ("" when nothing was added); NULL when memory ran out. */
char *bu_text_take(struct bu_text *text);

#endif
