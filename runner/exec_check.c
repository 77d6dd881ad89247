/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether the dynamic linker will load our library into a program. It must be run by one (not
 * linked statically), be of our machine and word size, and not change who it runs as: the linker
 * ignores LD_PRELOAD then.
 */
#include "runner/exec.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define MAX_SCRIPTS 4 /* as many interpreters of interpreters as Linux follows */

#if defined(__x86_64__)
#define OUR_MACHINE EM_X86_64
#else
#define OUR_MACHINE EM_AARCH64
#endif

static bool is_file(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* The PATH's directories in turn; a file that may not be run is remembered. */
static int search(const char *program, char *path, size_t size)
{
	const char *dirs = getenv("PATH");
	int err = -ENOENT;

	for (const char *at = dirs ? dirs : "/usr/bin:/bin"; *at; at += *at == ':') {
		size_t len = strcspn(at, ":");
		int wrote = snprintf(path, size, "%.*s/%s", len ? (int)len : 1, len ? at : ".",
				     program);

		at += len;
		if (wrote < 0 || (size_t)wrote >= size || !is_file(path))
			continue;
		if (access(path, X_OK) == 0)
			return 0;
		err = -EACCES;
	}
	return err;
}

int bu_exec_find(const char *program, char *path, size_t size)
{
	if (!strchr(program, '/'))
		return *program ? search(program, path, size) : -ENOENT;
	if ((size_t)snprintf(path, size, "%s", program) >= size)
		return -ENAMETOOLONG;
	if (access(path, X_OK))
		return -errno;
	return is_file(path) ? 0 : -EACCES;
}

static int say(char *why, size_t size, const char *path, const char *what)
{
	snprintf(why, size, "%s %s", path, what);
	return -ENOEXEC;
}

static bool changes_identity(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return false;
	if (st.st_mode & S_ISUID && st.st_uid != geteuid())
		return true;
	if (st.st_mode & S_ISGID && st.st_mode & S_IXGRP && st.st_gid != getegid())
		return true;
	return geteuid() != 0 && getxattr(path, "security.capability", NULL, 0) > 0;
}

static bool has_interpreter(int fd, const Elf64_Ehdr *header)
{
	Elf64_Phdr segment;

	for (unsigned int i = 0; i < header->e_phnum; i++) {
		off_t at = header->e_phoff + (off_t)i * header->e_phentsize;

		if (pread(fd, &segment, sizeof(segment), at) == sizeof(segment) &&
		    segment.p_type == PT_INTERP)
			return true;
	}
	return false;
}

static int check_elf(int fd, const char *path, const Elf64_Ehdr *header, char *why, size_t size)
{
	if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_machine != OUR_MACHINE)
		return say(why, size, path,
			   "is built for another machine or word size than bpfunit");
	if (!has_interpreter(fd, header))
		return say(why, size, path,
			   "is linked statically: there is no dynamic linker to load bpfunit into "
			   "it. Link it with libc.so, or with bpfunit itself");
	if (changes_identity(path))
		return say(why, size, path,
			   "is set-uid, set-gid or has file capabilities: the dynamic linker loads "
			   "nothing into such programs. Run a copy without them");
	return 0;
}

/* The interpreter of a script that begins with `text`. */
static bool interpreter_of(const char *text, char path[PATH_MAX])
{
	const char *begin = text + 2 + strspn(text + 2, " \t");
	size_t len = strcspn(begin, " \t\n");

	if (strncmp(text, "#!", 2) || !len || len >= PATH_MAX)
		return false;
	memcpy(path, begin, len);
	path[len] = '\0';
	return true;
}

/* Reads what the file begins with; what that is, decides. *script: `next` is to be looked at. */
static int check_file(const char *path, char next[PATH_MAX], bool *script, char *why, size_t size)
{
	union {
		Elf64_Ehdr header;
		char text[256];
	} begin = { .text = { 0 } };
	int err = 0, fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return 0; /* it may be run without being readable */
	if (pread(fd, &begin, sizeof(begin) - 1, 0) > 0) {
		*script = interpreter_of(begin.text, next);
		if (!memcmp(begin.header.e_ident, ELFMAG, SELFMAG))
			err = check_elf(fd, path, &begin.header, why, size);
	}
	close(fd);
	return err;
}

int bu_exec_check(const char *path, char *why, size_t size)
{
	char current[PATH_MAX], next[PATH_MAX];
	int err = 0;

	snprintf(current, sizeof(current), "%s", path);
	for (int i = 0; i <= MAX_SCRIPTS && !err; i++) {
		bool script = false;

		err = check_file(current, next, &script, why, size);
		if (!script)
			break;
		strcpy(current, next);
	}
	return err;
}
