// SPDX-License-Identifier: BSD-2-Clause
/*
 * Open-coded iterators. Their state is the program's memory; the verifier keeps programs from
 * touching it, here a destroyed or never initialised iterator is one whose memory cannot be read.
 * One that is not destroyed is a leak. Source: kernel/bpf/bpf_iter.c, kernel/bpf/helpers.c (6.12).
 */
#include "ebpf/kernel.h"

#include <string.h>

#define MAX_LOOPS    (8 * 1024 * 1024) /* Source: BPF_MAX_LOOPS */
#define MAX_BITWORDS 511               /* Source: BITS_ITER_NR_WORDS_MAX */

struct num_iter {
	s32 at, end;
};

/* `size` bytes of an iterator that has been made; false: a fault has been raised. */
static bool is_made(struct bu_run *run, void *iter, u32 size)
{
	if (bu_arena_readable(&run->kernel->arena, iter, size) &&
	    bu_arena_writable(&run->kernel->arena, iter, size))
		return true;
	bu_fault_access(run, (u64)iter, size, false);
	return false;
}

static void unmake(struct bu_run *run, void *iter, u32 size)
{
	if (!is_made(run, iter, size))
		return;
	bu_run_release(run, iter);
	bu_arena_set_access(&run->kernel->arena, iter, size, BU_WRITE);
}

BU_HELPER_3(iter_num_new, struct num_iter *, iter, s32, start, s32, end)
{
	bu_run_acquire(run, iter);
	iter->at = iter->end = 0;
	if (start > end)
		return -EINVAL;
	if ((s64)end - start > MAX_LOOPS)
		return -E2BIG;
	iter->at = (s32)((u32)start - 1);
	iter->end = end;
	return 0;
}

BU_HELPER_1(iter_num_next, struct num_iter *, iter)
{
	if (!is_made(run, iter, sizeof(*iter)))
		return 0;
	if ((s64)iter->at + 1 < iter->end) {
		iter->at++;
		return (u64)&iter->at;
	}
	iter->at = iter->end = 0;
	return 0;
}

BU_HELPER_1(iter_num_destroy, struct num_iter *, iter)
{
	unmake(run, iter, sizeof(*iter));
	return 0;
}

struct bits_iter {
	u64 words; /* address of a copy of what is iterated */
	u32 nr_bits;
	s32 bit; /* reported last */
};

BU_HELPER_3(iter_bits_new, struct bits_iter *, iter, const u64 *, words, u32, nr_words)
{
	static const struct bu_region_info info = { .kind = BU_REGION_KOBJ, .label = "bits" };
	u64 size = nr_words * 8ULL;
	void *copy;

	if (!bu_arena_make_written(&run->kernel->arena, iter, sizeof(*iter))) {
		bu_fault_access(run, (u64)iter, sizeof(*iter), true);
		return 0;
	}
	bu_run_acquire(run, iter);
	*iter = (struct bits_iter){ .bit = -1 };
	if (!words || !nr_words)
		return -EINVAL;
	if (nr_words > MAX_BITWORDS)
		return -E2BIG;
	if (!bu_arena_readable(&run->kernel->arena, words, size))
		return -EFAULT;
	copy = bu_arena_scratch(&run->kernel->arena, size, BU_READ, &info);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, words, size);
	iter->words = (u64)copy;
	iter->nr_bits = nr_words * 64;
	return 0;
}

BU_HELPER_1(iter_bits_next, struct bits_iter *, iter)
{
	const u64 *words;
	u32 bit;

	if (!is_made(run, iter, sizeof(*iter)))
		return 0;
	words = (const u64 *)iter->words;
	for (bit = (u32)iter->bit + 1; bit < iter->nr_bits; bit++) {
		if (words[bit / 64] >> bit % 64 & 1) {
			iter->bit = (s32)bit;
			return (u64)&iter->bit;
		}
	}
	iter->nr_bits = 0;
	return 0;
}

BU_HELPER_1(iter_bits_destroy, struct bits_iter *, iter)
{
	unmake(run, iter, sizeof(*iter));
	return 0;
}
