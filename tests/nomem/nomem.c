/* SPDX-License-Identifier: BSD-2-Clause */
/* The wrappers that the linker puts before the library's allocations: nomem.h. */
#include "nomem.h"
#include <bpfunit/bpfunit.h>

#include "ebpf/kernel.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static long until_failure = -1; /* allocations that still succeed; negative: all */
static long allocations;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__real_reallocarray(void *memory, size_t count, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t size);
int __real_vasprintf(char **text, const char *format, va_list args);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_reallocarray(void *memory, size_t count, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t size);
int __wrap_vasprintf(char **text, const char *format, va_list args);
int __wrap_asprintf(char **text, const char *format, ...);

static bool fails(void)
{
	allocations++;
	if (until_failure < 0)
		return false;
	if (until_failure--)
		return false;
	errno = ENOMEM;
	return true;
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
	return fails() ? NULL : __real_realloc(memory, size);
}

void *__wrap_reallocarray(void *memory, size_t count, size_t size)
{
	return fails() ? NULL : __real_reallocarray(memory, count, size);
}

char *__wrap_strdup(const char *text)
{
	return fails() ? NULL : __real_strdup(text);
}

char *__wrap_strndup(const char *text, size_t size)
{
	return fails() ? NULL : __real_strndup(text, size);
}

int __wrap_vasprintf(char **text, const char *format, va_list args)
{
	return fails() ? -1 : __real_vasprintf(text, format, args);
}

int __wrap_asprintf(char **text, const char *format, ...)
{
	va_list args;
	int size;

	va_start(args, format);
	size = __wrap_vasprintf(text, format, args);
	va_end(args);
	return size;
}

static void fail_one(int (*scenario)(void), long i, long count, int any_error)
{
	int err;

	bu_kernel_reset();
	until_failure = i;
	err = scenario();
	until_failure = -1;
	if (err && err != -ENOMEM && !any_error)
		EXPECT_FAIL("allocation %ld of %ld failed: %d (%s)", i, count, err, strerror(-err));
	bu_kernel_reset();
	err = scenario();
	if (err)
		EXPECT_FAIL("after allocation %ld of %ld failed: %d (%s)", i, count, err,
			    strerror(-err));
}

void nomem_fail_each(int (*scenario)(void), int any_error)
{
	until_failure = -1;
	bu_kernel_reset();
	ASSERT_OK(scenario()); /* what is made once a process */
	bu_kernel_reset();
	allocations = 0;
	ASSERT_OK(scenario());
	ASSERT_GT(allocations, 2);
	for (long i = 0, count = allocations; i < count; i++)
		fail_one(scenario, i, count, any_error);
}
