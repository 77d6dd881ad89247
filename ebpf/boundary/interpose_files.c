/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The interposed calls about files: paths that concern the emulated kernel are answered by
 * ebpf/boundary/files.c, all others by the host. See ebpf/boundary/interpose.c.
 */
#include "ebpf/boundary/interpose.h"

#include "ebpf/kernel.h"
#include "ebpf/syscall.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

const char bu_interpose_files;

__attribute__((used)) static const char *const linked[] = { &bu_interpose_caps, &bu_interpose_exit,
							    &bu_interpose_paths,
							    &bu_interpose_walk };

/* The mode is an argument only when a file may be made. */
static bool takes_mode(int flags)
{
	return flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE;
}

#define MODE_ARGUMENT(flags)                                                                       \
	__extension__({                                                                            \
		unsigned int mode_ = 0;                                                            \
		if (takes_mode(flags)) {                                                           \
			va_list args_;                                                             \
			va_start(args_, flags);                                                    \
			mode_ = va_arg(args_, unsigned int);                                       \
			va_end(args_);                                                             \
		}                                                                                  \
		mode_;                                                                             \
	})

BU_INTERPOSED int open(const char *path, int flags, ...)
{
	return bu_with_errno(bu_files_open(AT_FDCWD, path, flags, MODE_ARGUMENT(flags)));
}

BU_INTERPOSED int open64(const char *path, int flags, ...)
{
	return bu_with_errno(bu_files_open(AT_FDCWD, path, flags, MODE_ARGUMENT(flags)));
}

BU_INTERPOSED int openat(int dir, const char *path, int flags, ...)
{
	return bu_with_errno(bu_files_open(dir, path, flags, MODE_ARGUMENT(flags)));
}

BU_INTERPOSED int openat64(int dir, const char *path, int flags, ...)
{
	return bu_with_errno(bu_files_open(dir, path, flags, MODE_ARGUMENT(flags)));
}

/* Flags of open(2) for a mode of fopen(3), or -EINVAL. */
static int flags_of_mode(const char *mode)
{
	int flags;

	switch (*mode) {
	case 'r':
		flags = O_RDONLY;
		break;
	case 'w':
		flags = O_WRONLY | O_CREAT | O_TRUNC;
		break;
	case 'a':
		flags = O_WRONLY | O_CREAT | O_APPEND;
		break;
	default:
		return -EINVAL;
	}
	for (mode++; *mode && *mode != ','; mode++) {
		if (*mode == '+')
			flags = (flags & ~O_ACCMODE) | O_RDWR;
		else if (*mode == 'e')
			flags |= O_CLOEXEC;
		else if (*mode == 'x')
			flags |= O_EXCL;
	}
	return flags;
}

static FILE *open_stream(const char *path, const char *mode)
{
	int flags = flags_of_mode(mode);
	int fd = bu_with_errno(flags < 0 ? flags : bu_files_open(AT_FDCWD, path, flags, 0666));
	FILE *stream;

	if (fd < 0)
		return NULL;
	stream = fdopen(fd, mode);
	if (!stream)
		close(fd);
	return stream;
}

BU_INTERPOSED FILE *fopen(const char *path, const char *mode)
{
	return open_stream(path, mode);
}

BU_INTERPOSED FILE *fopen64(const char *path, const char *mode)
{
	return open_stream(path, mode);
}

BU_INTERPOSED int access(const char *path, int mode)
{
	return bu_with_errno(bu_files_access(AT_FDCWD, path, mode, 0));
}

BU_INTERPOSED int faccessat(int dir, const char *path, int mode, int flags)
{
	return bu_with_errno(bu_files_access(dir, path, mode, flags));
}
