/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files share that define libc's symbols in libc's place (interpose*.c). */
#ifndef BU_INTERPOSE_H
#define BU_INTERPOSE_H

#include "ebpf/base.h"

#define BU_INTERPOSED BU_EXPORT __attribute__((used))

/* A result as libc gives it: -errno becomes -1 with errno set. */
static inline long bu_with_errno(long result)
{
	if (result < 0 && result >= -4095) {
		errno = -result;
		return -1;
	}
	return result;
}

/* One word of each of these files, to which interpose.c refers: a member of a static library is
 * linked only when something does. */
extern const char bu_interpose_read, bu_interpose_fd, bu_interpose_files, bu_interpose_net;

/* The same, for interpose_files.c. */
extern const char bu_interpose_caps, bu_interpose_exit, bu_interpose_paths, bu_interpose_walk;

#endif
