/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files share that define libc's symbols in libc's place (interpose*.c). */
#ifndef BU_INTERPOSE_H
#define BU_INTERPOSE_H

#include "ebpf/base.h"

#define BU_INTERPOSED BU_EXPORT __attribute__((used))

static inline long bu_set_errno(long result, int before)
{
	bool failed = result < 0 && result >= -4095;

	errno = failed ? -result : before;
	return failed ? -1 : result;
}

/* A result as libc gives it: -errno becomes -1 with errno set. Evaluates `result`; what that does
 * to errno on its way to success is not seen, for some programs look at errno without having asked
 * for an error. */
#define bu_with_errno(result)                                                                      \
	__extension__({                                                                            \
		int bu_before_ = errno;                                                            \
		bu_set_errno((long)(result), bu_before_);                                          \
	})

/* One word of each of these files, to which interpose.c refers: a member of a static library is
 * linked only when something does. */
extern const char bu_interpose_read, bu_interpose_fd, bu_interpose_files, bu_interpose_ifaddrs,
	bu_interpose_net;

/* The same, for interpose_files.c. */
extern const char bu_interpose_caps, bu_interpose_exit, bu_interpose_paths, bu_interpose_walk;

#endif
