/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The interposed calls that read: descriptors of iterators and perf events have no bytes in the
 * host. libc's streams read below the names that we define, so a stream of such a descriptor gets a
 * reader of ours.
 * See ebpf/boundary/interpose.c.
 */
#include "ebpf/boundary/interpose.h"
#include "ebpf/syscall.h"

#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

const char bu_interpose_read;

BU_INTERPOSED ssize_t read(int fd, void *buffer, size_t size)
{
	int before = errno;
	long result;

	if (bu_fd_read(&result, fd, buffer, size))
		return bu_set_errno(result, before);
	result = bu_host_syscall(SYS_read, fd, (long)buffer, size, 0, 0, 0);
	if (result == -EAGAIN && bu_fd_cannot_be_read(fd))
		result = -EINVAL;
	return bu_set_errno(result, before);
}

/* read() as _FORTIFY_SOURCE has it, where the buffer's size is known. */
ssize_t bu_read_chk(int fd, void *buffer, size_t size, size_t room) __asm__("__read_chk");

BU_INTERPOSED ssize_t bu_read_chk(int fd, void *buffer, size_t size, size_t room)
{
	if (size > room)
		__builtin_trap();
	return read(fd, buffer, size);
}

static ssize_t read_stream(void *cookie, char *buffer, size_t size)
{
	return read((int)(long)cookie, buffer, size);
}

static int close_stream(void *cookie)
{
	return close((int)(long)cookie);
}

static FILE *open_reader(int fd, const char *mode)
{
	const cookie_io_functions_t functions = { .read = read_stream, .close = close_stream };

	return fopencookie((void *)(long)fd, mode, functions);
}

/* glibc's own name for it, which a static program has too: a weak reference would not link it. */
extern FILE *_IO_fdopen(int fd, const char *mode);

BU_INTERPOSED FILE *fdopen(int fd, const char *mode)
{
	if (bu_fd_is_read(fd))
		return open_reader(fd, mode);
	return _IO_fdopen(fd, mode);
}
