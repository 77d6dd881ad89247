/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Text that grows. `data` is NUL-terminated and owned by the struct; NULL while empty. When memory
 * runs out what does not fit is dropped: messages are then short, never wrong to use.
 */
#ifndef BU_TEXT_H
#define BU_TEXT_H

#include <stdarg.h>

#include "ebpf/base.h"

struct bu_text {
	char *data;
	size_t len, cap;
};

void bu_text_add(struct bu_text *text, const char *format, ...) BU_PRINTF(2, 3);
void bu_text_vadd(struct bu_text *text, const char *format, va_list args) BU_PRINTF(2, 0);
void bu_text_add_n(struct bu_text *text, const char *bytes, size_t len);
/* The text, "" when empty; owned by `text`. */
const char *bu_text_str(const struct bu_text *text);
void bu_text_free(struct bu_text *text);

/* A string with C escapes and quotes: "a\n". */
void bu_text_quote(struct bu_text *text, const char *string, size_t len);
/* Lines of a hex dump: offset, 16 bytes, characters; `indent` before each, '\n' after each. */
void bu_text_hex(struct bu_text *text, const char *indent, const void *bytes, size_t size, size_t offset);

#endif
