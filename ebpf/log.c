// SPDX-License-Identifier: BSD-2-Clause
/* Text that grows, and text that does not. Invariant of the first: text[len] is NUL and len < cap,
 * or text is NULL and both are 0. */
#include "ebpf/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static bool reserve(struct bu_log *log, size_t more)
{
	size_t cap = BU_MAX(log->cap * 2, log->len + more + 1);
	char *text;

	if (log->len + more < log->cap)
		return true;
	text = realloc(log->text, cap);
	if (!text)
		return false;
	log->text = text;
	log->cap = cap;
	return true;
}

void bu_log_add(struct bu_log *log, const char *format, ...)
{
	va_list args;
	int more;

	if (!log)
		return;
	va_start(args, format);
	more = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (more < 0 || !reserve(log, more))
		return;
	va_start(args, format);
	vsnprintf(log->text + log->len, more + 1, format, args);
	va_end(args);
	log->len += more;
}

void bu_log_free(struct bu_log *log)
{
	free(log->text);
	*log = (struct bu_log){ 0 };
}

void bu_words_add(struct bu_words *words, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(words->at, words->left, format, args);
	va_end(args);
	len = BU_MIN(len, (int)words->left - 1);
	words->at += len;
	words->left -= len;
}
