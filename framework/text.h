/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Text that grows. Zero-initialised is empty; running out of memory keeps what there is and says
 * so.
 */
#ifndef BU_TEXT_H
#define BU_TEXT_H

#include <stdarg.h>

#include "ebpf/base.h"

struct bu_text {
	char *data; /* NUL-terminated; NULL when nothing was added */
	size_t len, cap;
	bool failed; /* something did not fit in memory */
};

void bu_text_add(struct bu_text *text, const char *format, ...) BU_PRINTF(2, 3);
void bu_text_vadd(struct bu_text *text, const char *format, va_list args) BU_PRINTF(2, 0);
void bu_text_free(struct bu_text *text);
/* The text, malloc'ed and now the caller's ("" when nothing was added); NULL when memory ran out.
 */
char *bu_text_take(struct bu_text *text);
/* The text, "" when empty; owned by `text` and valid until it changes. */
const char *bu_text_str(const struct bu_text *text);

/* For messages: framework/format.c. */

/* `len` bytes as a C string literal with quotes and escapes. */
void bu_text_quote(struct bu_text *text, const char *string, size_t len);
/* A hex dump, 16 bytes a line: `indent`, offset (the first is `offset`), bytes, characters, '\n'.
 */
void bu_text_hex(struct bu_text *text, const char *indent, const void *bytes, size_t size,
		 size_t offset);

#endif
