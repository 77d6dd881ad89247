// SPDX-License-Identifier: BSD-2-Clause
/*
 * Probe reads: never a fault; after an error the whole buffer is zero.
 * Source: kernel/trace/bpf_trace.c, mm/maccess.c, arch/x86/mm/maccess.c (6.12).
 */
#include "helpers/probe.h"

#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "ebpf/vm/view.h"

/* x86-64: user addresses are below the one, kernel addresses above the other. */
#define USER_END     (1ULL << 47)
#define KERNEL_BEGIN (~0ULL << 47)
#define PAD_ZEROS    1                  /* Source: BPF_F_PAD_ZEROS (6.12) */
#define VSYSCALL     0xffffffffff600000 /* a page of user space's among the kernel's (x86-64) */

u64 bu_user_bytes(const struct bu_arena *arena, u64 address)
{
	const struct bu_region *region = bu_arena_region(arena, (void *)address);
	u64 offset = region ? address - (u64)region->start : 0;

	if (!region || region->freed || region->info.kind != BU_REGION_USER ||
	    offset >= region->size)
		return 0;
	return region->size - offset;
}

/* Whether the bytes exist, initialised or not: the kernel reads both. */
static bool exists(const struct bu_arena *arena, const u8 *src, u64 size)
{
	const struct bu_region *region = bu_arena_region(arena, src);

	if (region && region->info.kind == BU_REGION_USER) /* not for direct access: no shadow */
		return bu_user_bytes(arena, (u64)src) >= size;
	while (size) {
		u64 span = bu_arena_readable_span(arena, src, size);

		if (!span)
			span = bu_arena_writable_span(arena, src, size);
		if (!span)
			return false;
		src += span;
		size -= span;
	}
	return true;
}

static bool is_user_region(const struct bu_arena *arena, u64 address)
{
	const struct bu_region *region = bu_arena_region(arena, (void *)address);

	return region && region->info.kind == BU_REGION_USER;
}

static int read_arena(struct bu_kernel *kernel, void *dst, u64 src, u32 size, enum bu_space space)
{
	bool user = is_user_region(&kernel->arena, src);

	if (space == BU_KERNEL_SPACE && user)
		return -ERANGE;
	if (space == BU_USER_SPACE && !user)
		return -EFAULT;
	if (!exists(&kernel->arena, (u8 *)src, size))
		return -EFAULT;
	if (size)
		memmove(dst, (void *)src, size);
	return 0;
}

/* Outside the arena: memory of the test's own process, or nothing. */
static int read_process(void *dst, u64 src, u32 size, enum bu_space space)
{
	struct iovec to = { dst, size }, from = { (void *)src, size };

	if (space == BU_ANY_SPACE)
		space = src < USER_END ? BU_USER_SPACE : BU_KERNEL_SPACE;
	if (space == BU_KERNEL_SPACE && (src < KERNEL_BEGIN || (src & ~4095ULL) == VSYSCALL))
		return -ERANGE;
	if (space == BU_USER_SPACE && (src >= USER_END || src + size > USER_END))
		return -EFAULT;
	if (!size)
		return 0;
	if (space == BU_KERNEL_SPACE)
		return -EFAULT;
	return process_vm_readv(getpid(), &to, 1, &from, 1, 0) == (ssize_t)size ? 0 : -EFAULT;
}

int bu_probe_read(struct bu_kernel *kernel, void *dst, u64 src, u32 size, enum bu_space space)
{
	src = bu_mem_seen(&kernel->arena, src);
	if (bu_arena_contains(&kernel->arena, (void *)src))
		return read_arena(kernel, dst, src, size, space);
	return read_process(dst, src, size, space);
}

static bool is_user(struct bu_kernel *kernel, u64 address, enum bu_space space)
{
	if (space != BU_ANY_SPACE)
		return space == BU_USER_SPACE;
	if (bu_arena_contains(&kernel->arena, (void *)address))
		return is_user_region(&kernel->arena, address);
	return address < USER_END;
}

/* User strings are copied by words, and the word with the NUL is zero behind it.
 * Source: do_strncpy_from_user(), lib/strncpy_from_user.c. */
static void clear_word(char *dst, u32 len, u32 size)
{
	u32 end = BU_ROUND_UP(len, 8);

	if (end <= size)
		memset(dst + len, 0, end - len);
}

int bu_probe_read_str(struct bu_kernel *kernel, char *dst, u64 src, u32 size, enum bu_space space)
{
	int err;

	for (u32 i = 0; i < size; i++) {
		err = bu_probe_read(kernel, dst + i, src + i, 1, space);
		if (err)
			return err;
		if (dst[i])
			continue;
		if (is_user(kernel, src, space))
			clear_word(dst, i + 1, size);
		return (int)i + 1;
	}
	if (size)
		dst[size - 1] = 0;
	return (int)size;
}

/* Why a read failed although there is memory, for a failing test's report; NULL: there is none. */
static const char *reason(const struct bu_arena *arena, u64 src, enum bu_space space)
{
	char byte;

	if (!bu_arena_contains(arena, (void *)src)) {
		if (space != BU_KERNEL_SPACE || src < 4096 || src >= USER_END ||
		    read_process(&byte, src, 1, BU_USER_SPACE))
			return NULL;
		return "a probe read of kernel memory was given an address of the test's own "
		       "memory "
		       "and returned -ERANGE (kernel objects are made by BPFUNIT_KOBJ)";
	}
	if (!exists(arena, (void *)src, 1))
		return NULL;
	if (space == BU_USER_SPACE && !is_user_region(arena, src))
		return "a probe read of user memory was given a kernel address and returned "
		       "-EFAULT "
		       "(bpf_probe_read_kernel* would read it)";
	if (space == BU_KERNEL_SPACE && is_user_region(arena, src))
		return "a probe read of kernel memory was given a user address and returned "
		       "-ERANGE "
		       "(bpf_probe_read_user* would read it)";
	return NULL;
}

static void explain(struct bu_kernel *kernel, u64 src, enum bu_space space)
{
	const char *text = reason(&kernel->arena, src, space);

	if (text)
		bu_note(kernel, "%s", text);
}

static u64 probe(struct bu_run *run, void *dst, u32 size, u64 src, enum bu_space space)
{
	int err = bu_probe_read(run->kernel, dst, src, size, space);

	if (err && size) {
		memset(dst, 0, size);
		explain(run->kernel, src, space);
	}
	return (s64)err;
}

static u64 probe_str(struct bu_run *run, char *dst, u32 size, u64 src, enum bu_space space)
{
	int len = bu_probe_read_str(run->kernel, dst, src, size, space);

	if (len < 0) {
		memset(dst, 0, size);
		explain(run->kernel, src, space);
	}
	return (s64)len;
}

BU_HELPER_3(probe_read, void *, dst, u32, size, u64, src)
{
	return probe(run, dst, size, src, BU_ANY_SPACE);
}

BU_HELPER_3(probe_read_kernel, void *, dst, u32, size, u64, src)
{
	return probe(run, dst, size, src, BU_KERNEL_SPACE);
}

BU_HELPER_3(probe_read_user, void *, dst, u32, size, u64, src)
{
	return probe(run, dst, size, src, BU_USER_SPACE);
}

BU_HELPER_3(copy_from_user, void *, dst, u32, size, u64, src)
{
	return probe(run, dst, size, src, BU_USER_SPACE);
}

/* Source: kernel/bpf/helpers.c (6.12). Differs: all tasks have the memory of the current one. */
BU_HELPER_5(copy_from_user_task, void *, dst, u32, size, u64, src, void *, task, u64, flags)
{
	(void)task;
	return flags ? (u64)-EINVAL : probe(run, dst, size, src, BU_USER_SPACE);
}

BU_HELPER_4(copy_from_user_str, char *, dst, u32, size, u64, src, u64, flags)
{
	s64 len;

	if (flags & ~(u64)PAD_ZEROS)
		return (u64)-EINVAL;
	len = probe_str(run, dst, size, src, BU_USER_SPACE);
	if (len > 0 && flags & PAD_ZEROS)
		memset(dst + len, 0, size - len);
	return len;
}

BU_HELPER_3(probe_read_str, char *, dst, u32, size, u64, src)
{
	return probe_str(run, dst, size, src, BU_ANY_SPACE);
}

BU_HELPER_3(probe_read_kernel_str, char *, dst, u32, size, u64, src)
{
	return probe_str(run, dst, size, src, BU_KERNEL_SPACE);
}

BU_HELPER_3(probe_read_user_str, char *, dst, u32, size, u64, src)
{
	return probe_str(run, dst, size, src, BU_USER_SPACE);
}
