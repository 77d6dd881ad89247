// SPDX-License-Identifier: BSD-2-Clause
/*
 * Copies from and to addresses that a caller of bpf(2) gave. Whatever they are, nothing here
 * touches memory that the process does not have: the host is asked first, which prepares the pages.
 * The calling thread's stack above us and the heap below the program break, where most keys, values
 * and attributes are, need no question. The copy itself is libc's, so that a sanitizer sees what it
 * touches.
 *
 * Differs: where the host cannot tell (Linux before 5.14), wild pointers fault in the caller's
 * process.
 */
#include "ebpf/syscall.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Of madvise(2); not in the oldest header that we build with. */
#define POPULATE_READ  22
#define POPULATE_WRITE 23
#define SMALLEST_PAGE  4096
#define START_BRK      47 /* field of /proc/pid/stat */
#define MAIN_STACK                                                                                 \
	(4 << 20) /* how far below its top a frame is taken to be on the main thread's stack */

static bool is_user(u64 address, size_t size)
{
	return address >= 4096 && address + size < (u64)1 << 56 && address + size >= address;
}

/* 0, or -errno: -EINVAL for memory that may not be read (written), or where the host does not know
 * this. */
static long populate(u64 address, size_t size, int advice)
{
	u64 page = (u64)sysconf(_SC_PAGESIZE), begin = address & ~(page - 1);
	u64 end = BU_ROUND_UP(address + size, page);

	return bu_host_syscall(SYS_madvise, (long)begin, (long)(end - begin), advice, 0, 0, 0);
}

/* The main thread's stack, by what glibc knows of it. On any other, low and top stay 0. */
extern void *__libc_stack_end __attribute__((weak));
static _Thread_local struct {
	bool known;
	u64 low, top;
} stack;

static void find_stack(void)
{
	pthread_attr_t attr;
	size_t size;
	void *low;

	stack.known = true;
	if (gettid() == getpid()) {
		stack.top = &__libc_stack_end ? (u64)__libc_stack_end : 0;
		stack.low = stack.top - BU_MIN(stack.top, MAIN_STACK);
	} else if (!pthread_getattr_np(pthread_self(), &attr)) {
		if (!pthread_attr_getstack(&attr, &low, &size)) {
			stack.low = (u64)low;
			stack.top = (u64)low + size;
		}
		pthread_attr_destroy(&attr);
	}
}

/* Whether [address, address + size) is stack in use: all that lies between this frame and the
 * stack's top. A frame elsewhere (a coroutine's, a signal's) does not tell. */
static bool is_stack(u64 address, size_t size)
{
	u64 here = (u64)__builtin_frame_address(0);

	if (bu_unlikely(!stack.known))
		find_stack();
	return here >= stack.low && here < stack.top && address >= here && address < stack.top &&
	       size <= stack.top - address;
}

/* Where the program break was at first; 0: the host does not tell. Source: proc(5), field start_brk
 * of /proc/pid/stat. */
static u64 find_heap(void)
{
	char text[1024], *at;
	long fd = bu_host_syscall(SYS_openat, AT_FDCWD, (long)"/proc/self/stat",
				  O_RDONLY | O_CLOEXEC, 0, 0, 0);
	long size =
		fd < 0 ? -1 : bu_host_syscall(SYS_read, fd, (long)text, sizeof(text) - 1, 0, 0, 0);

	if (fd >= 0)
		bu_host_syscall(SYS_close, fd, 0, 0, 0, 0, 0);
	text[BU_MAX(size, 0)] = '\0';
	at = strrchr(text, ')'); /* ends field 2, which may contain anything */
	for (int field = 2; at && field < START_BRK; field++)
		at = strchr(at + 1, ' ');
	return at ? strtoull(at, NULL, 10) : 0;
}

/* Whether it is memory that malloc() has from brk(2). A program that lowers its break with brk(2)
 * itself, or protects pages below it, has to live with what it gets. */
static bool is_heap(u64 address, size_t size)
{
	static u64 low = 1; /* 1: not looked for; the same whoever writes it */
	u64 begin = __atomic_load_n(&low, __ATOMIC_RELAXED), end = (u64)sbrk(0);

	if (bu_unlikely(begin == 1)) {
		begin = find_heap();
		__atomic_store_n(&low, begin, __ATOMIC_RELAXED);
	}
	return begin && address >= begin && address < end && size <= end - address;
}

static int check_access(u64 address, size_t size, int advice)
{
	char here = 0;
	long err;

	if (is_stack(address, size) || is_heap(address, size))
		return 0;
	if (!is_user(address, size))
		return -EFAULT;
	err = populate(address, size, advice);
	if (err == -EINVAL && populate((u64)&here, 1, advice) == -EINVAL)
		return 0; /* the host cannot tell */
	return err ? -EFAULT : 0;
}

int bu_copy_from_user(void *to, u64 from, size_t size)
{
	int err = size ? check_access(from, size, POPULATE_READ) : 0;

	if (!err && size)
		memcpy(to, (const void *)from, size);
	return err;
}

long bu_string_from_user(char *to, u64 from, size_t size)
{
	const char *text = (const char *)from;
	size_t at = 0, end;

	while (at < size) { /* a page at a time: the next one may be missing */
		end = BU_MIN(size, at + SMALLEST_PAGE - (from + at) % SMALLEST_PAGE);
		if (check_access(from + at, end - at, POPULATE_READ))
			return -EFAULT;
		for (; at < end; at++) {
			to[at] = text[at];
			if (!to[at])
				return (long)at;
		}
	}
	return (long)size;
}

int bu_copy_to_user(u64 to, const void *from, size_t size)
{
	int err = size ? check_access(to, size, POPULATE_WRITE) : 0;

	if (!err && size)
		memcpy((void *)to, from, size);
	return err;
}

int bu_check_tail_zero(u64 user, u32 known, u32 size)
{
	const u8 *bytes = (const u8 *)user;
	int err;

	if (size > 4096) /* Source: bpf_check_uarg_tail_zero(): PAGE_SIZE */
		return -E2BIG;
	if (size <= known)
		return 0;
	err = check_access(user + known, size - known, POPULATE_READ);
	if (err)
		return err;
	for (u32 i = known; i < size; i++) {
		if (bytes[i])
			return -E2BIG;
	}
	return 0;
}
