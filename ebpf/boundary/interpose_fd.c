/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The interposed calls after which a descriptor's number means something else: made by the host,
 * then told to ebpf/boundary/fd_number.c. See ebpf/boundary/interpose.c.
 */
#include "ebpf/boundary/fd_number.h"
#include "ebpf/boundary/interpose.h"
#include "ebpf/syscall.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

const char bu_interpose_fd;

/* ThreadSanitizer's, where its runtime is: unless it sees numbers being closed, their next use in
 * another thread looks like a race. */
extern int __interceptor_close(int fd) __attribute__((weak));

BU_INTERPOSED int close(int fd)
{
	static __thread bool within; /* what theirs calls may be us */
	int result;

	bu_fd_numbers_closed(fd, fd);
	if (!__interceptor_close || within)
		return bu_with_errno(bu_host_syscall(SYS_close, fd, 0, 0, 0, 0, 0));
	within = true;
	result = __interceptor_close(fd);
	within = false;
	return result;
}

BU_INTERPOSED int dup2(int old, int new)
{
	bu_fd_numbers_closed(new, new);
#ifdef SYS_dup2
	return bu_with_errno(bu_host_syscall(SYS_dup2, old, new, 0, 0, 0, 0));
#else
	if (old == new)
		return fcntl(old, F_GETFD) < 0 ? -1 : old;
	return bu_with_errno(bu_host_syscall(SYS_dup3, old, new, 0, 0, 0, 0));
#endif
}

BU_INTERPOSED int dup3(int old, int new, int flags)
{
	bu_fd_numbers_closed(new, new);
	return bu_with_errno(bu_host_syscall(SYS_dup3, old, new, flags, 0, 0, 0));
}

BU_INTERPOSED int close_range(unsigned int first, unsigned int last, int flags)
{
	bu_fd_numbers_closed(first, last);
	return bu_with_errno(bu_host_syscall(SYS_close_range, first, last, flags, 0, 0, 0));
}

void bu_fd_numbers_syscall(long number, long a, long b)
{
	switch (number) {
	case SYS_close:
		bu_fd_numbers_closed(a, a);
		break;
#ifdef SYS_dup2
	case SYS_dup2:
#endif
	case SYS_dup3:
		bu_fd_numbers_closed(b, b);
		break;
	case SYS_close_range:
		bu_fd_numbers_closed(a, b);
		break;
	}
}
