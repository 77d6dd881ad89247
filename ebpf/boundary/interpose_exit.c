/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The interposed calls by which a process ends without libc's exit(), or becomes another program:
 * a kernel of `bpfunit exec` saves its state before. Nothing happens in other processes, so these
 * stay fit for signal handlers and vforked children there. See ebpf/boundary/interpose.c.
 * posix_spawn() replaces no process, so there is nothing to save.
 */
#include "ebpf/boundary/interpose.h"

#include "ebpf/boundary/preload.h"
#include "ebpf/kernel.h"
#include "ebpf/syscall.h"

#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

const char bu_interpose_exit;

static void end_kernel(void)
{
	struct bu_kernel *kernel = bu_kernel_if_any();

	if (kernel && kernel->preload)
		bu_preload_end(kernel);
}

BU_INTERPOSED void _exit(int status)
{
	end_kernel();
	for (;;)
		bu_host_syscall(SYS_exit_group, status, 0, 0, 0, 0, 0);
}

BU_INTERPOSED void _Exit(int status)
{
	_exit(status);
}

BU_INTERPOSED int execve(const char *path, char *const argv[], char *const env[])
{
	end_kernel();
	return bu_with_errno(
		bu_host_syscall(SYS_execve, (long)path, (long)argv, (long)env, 0, 0, 0));
}

BU_INTERPOSED int execv(const char *path, char *const argv[])
{
	return execve(path, argv, environ);
}

/* What is no program to the kernel is one to the shell. */
static int run(const char *path, char *const argv[], char *const env[])
{
	size_t count = 0;

	execve(path, argv, env);
	if (errno != ENOEXEC)
		return -1;
	while (argv[count])
		count++;

	char *shell[count + 3];

	shell[0] = "/bin/sh";
	shell[1] = (char *)path;
	shell[2] = NULL;
	for (size_t i = 1; i < count + 1; i++)
		shell[i + 1] = argv[i];
	return execve(shell[0], shell, env);
}

/* An error that says that this directory has no such program. */
static bool goes_on(int error)
{
	return error == ENOENT || error == ENOTDIR || error == EACCES || error == ESTALE ||
	       error == ENODEV || error == ETIMEDOUT;
}

BU_INTERPOSED int execvpe(const char *file, char *const argv[], char *const env[])
{
	const char *dirs = getenv("PATH");
	bool denied = false;
	char path[PATH_MAX];

	if (strchr(file, '/') || !*file)
		return run(file, argv, env);
	for (const char *at = dirs ? dirs : "/bin:/usr/bin";; at++) {
		size_t len = strcspn(at, ":");

		if ((size_t)snprintf(path, sizeof(path), "%.*s%s%s", (int)len, at, len ? "/" : "",
				     file) < sizeof(path))
			run(path, argv, env);
		if (!goes_on(errno))
			return -1;
		denied |= errno == EACCES;
		at += len;
		if (!*at)
			break;
	}
	errno = denied ? EACCES : ENOENT;
	return -1;
}

BU_INTERPOSED int execvp(const char *file, char *const argv[])
{
	return execvpe(file, argv, environ);
}

BU_INTERPOSED int execveat(int dir, const char *path, char *const argv[], char *const env[],
			   int flags)
{
	end_kernel();
	return bu_with_errno(
		bu_host_syscall(SYS_execveat, dir, (long)path, (long)argv, (long)env, flags, 0));
}

BU_INTERPOSED int fexecve(int fd, char *const argv[], char *const env[])
{
	if (fd < 0 || !env) { /* what glibc refuses itself */
		errno = EINVAL;
		return -1;
	}
	return execveat(fd, "", argv, env, AT_EMPTY_PATH);
}

/* How many arguments there are behind the first one, the NULL at their end included. */
static size_t count_words(va_list words)
{
	size_t count = 1;

	while (va_arg(words, const char *))
		count++;
	return count;
}

static void copy_words(char **argv, const char *first, va_list words, size_t count)
{
	argv[0] = (char *)first;
	for (size_t i = 1; i <= count; i++)
		argv[i] = va_arg(words, char *);
}

BU_INTERPOSED int execl(const char *path, const char *first, ...)
{
	va_list words, counted;

	va_start(counted, first);
	va_start(words, first);

	size_t count = count_words(counted);
	char *argv[count + 1];

	copy_words(argv, first, words, count);
	va_end(words);
	va_end(counted);
	return execve(path, argv, environ);
}

BU_INTERPOSED int execlp(const char *file, const char *first, ...)
{
	va_list words, counted;

	va_start(counted, first);
	va_start(words, first);

	size_t count = count_words(counted);
	char *argv[count + 1];

	copy_words(argv, first, words, count);
	va_end(words);
	va_end(counted);
	return execvpe(file, argv, environ);
}

/* The environment follows the NULL. */
BU_INTERPOSED int execle(const char *path, const char *first, ...)
{
	va_list words, counted;

	va_start(counted, first);
	va_start(words, first);

	size_t count = count_words(counted);
	char *argv[count + 1], **env;

	copy_words(argv, first, words, count);
	env = va_arg(words, char **);
	va_end(words);
	va_end(counted);
	return execve(path, argv, env);
}
