/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes and strings in messages. */
#include <ctype.h>

#include "framework/text.h"

static void add_char(struct bu_text *text, unsigned char c)
{
	static const char named[] = "a\ab\bf\fn\nr\rt\tv\v\"\"\\\\";

	for (const char *pair = named; *pair; pair += 2) {
		if (pair[1] == (char)c) {
			bu_text_add(text, "\\%c", pair[0]);
			return;
		}
	}
	/* Three octal digits: unlike \x, they end before a digit that follows. */
	bu_text_add(text, isprint(c) ? "%c" : "\\%03o", c);
}

void bu_text_quote(struct bu_text *text, const char *string, size_t len)
{
	bu_text_add(text, "\"");
	for (size_t i = 0; i < len; i++)
		add_char(text, string[i]);
	bu_text_add(text, "\"");
}

static void hex_line(struct bu_text *text, const u8 *bytes, size_t size)
{
	for (size_t i = 0; i < 16; i++)
		bu_text_add(text, i < size ? " %02x" : "   ", i < size ? bytes[i] : 0);
	bu_text_add(text, "  ");
	for (size_t i = 0; i < size; i++)
		bu_text_add(text, "%c", isprint(bytes[i]) ? bytes[i] : '.');
}

void bu_text_hex(struct bu_text *text, const char *indent, const void *bytes, size_t size,
		 size_t offset)
{
	for (size_t at = 0; at < size; at += 16) {
		bu_text_add(text, "%s%04zx:", indent, offset + at);
		hex_line(text, (const u8 *)bytes + at, BU_MIN(size - at, (size_t)16));
		bu_text_add(text, "\n");
	}
}
