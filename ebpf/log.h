/* SPDX-License-Identifier: BSD-2-Clause */
/* Texts that are put together. One grows: what the verifier writes to a program's log buffer.
 * Zero-initialise; release with bu_log_free. The other is cut off at the end of its buffer. */
#ifndef BU_LOG_H
#define BU_LOG_H

#include "ebpf/base.h"

struct bu_log {
	char *text; /* NUL-terminated; NULL while empty */
	size_t len, cap;
};

/* Append. Out of memory: the text is dropped. `log` may be NULL. */
void bu_log_add(struct bu_log *log, const char *format, ...) BU_PRINTF(2, 3);
void bu_log_free(struct bu_log *log);

struct bu_words {
	char *at; /* where the NUL is */
	size_t left;
};

/* Append what there is room for. */
void bu_words_add(struct bu_words *words, const char *format, ...) BU_PRINTF(2, 3);

#endif
