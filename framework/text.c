/* SPDX-License-Identifier: BSD-2-Clause */
/* See text.h. */
#include "framework/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool reserve(struct bu_text *text, size_t more)
{
	size_t cap = BU_MAX(text->cap, (size_t)128);
	char *data;

	while (cap <= text->len + more)
		cap *= 2;
	if (cap == text->cap)
		return true;
	data = realloc(text->data, cap);
	if (!data) {
		text->failed = true;
		return false;
	}
	text->data = data;
	text->cap = cap;
	return true;
}

void bu_text_vadd(struct bu_text *text, const char *format, va_list args)
{
	va_list again;
	int more;

	va_copy(again, args);
	more = vsnprintf(NULL, 0, format, args);
	if (more >= 0 && reserve(text, more)) {
		vsnprintf(text->data + text->len, more + 1, format, again);
		text->len += more;
	}
	va_end(again);
}

void bu_text_add(struct bu_text *text, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	bu_text_vadd(text, format, args);
	va_end(args);
}

const char *bu_text_str(const struct bu_text *text)
{
	if (text->data)
		return text->data;
	return text->failed ? "(no memory to say what)" : "";
}

void bu_text_free(struct bu_text *text)
{
	free(text->data);
	*text = (struct bu_text){ 0 };
}

char *bu_text_take(struct bu_text *text)
{
	char *data = text->data;
	bool failed = text->failed;

	*text = (struct bu_text){ 0 };
	if (!failed)
		return data ? data : strdup("");
	free(data);
	return NULL;
}
