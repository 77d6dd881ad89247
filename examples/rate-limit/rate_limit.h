/* SPDX-License-Identifier: BSD-2-Clause */
/* What the program and its users share: the layout of maps and the reasons for drops. */
#ifndef RATE_LIMIT_H
#define RATE_LIMIT_H

#include <linux/types.h>

/* The tokens of one source address; a packet costs one. */
struct bucket {
	__u64 tokens;
	__u64 stamp_ns; /* when the tokens were counted last */
};

enum drop_reason {
	DROP_NO_TOKENS,
	DROP_MALFORMED,
	DROP_NO_BUCKET, /* the table would not take a new source */
	DROP_REASONS,
};

#endif
