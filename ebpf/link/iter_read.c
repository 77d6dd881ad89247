/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading an iterator. Each read(2) runs the program for elements until it has enough bytes for the
 * caller or 32 KiB are full; an element whose output does not fit is told once more with the next
 * read. After the last element the program is called once without one.
 * Source: bpf_seq_read(), kernel/bpf/bpf_iter.c; fs/seq_file.c (6.18).
 */
#include "ebpf/kernel.h"
#include "ebpf/link/iter.h"
#include "ebpf/prog/prog_types.h"
#include "ebpf/syscall.h"

#include <stdlib.h>
#include <string.h>

#define BUFFER_SIZE (4096 << 3)
#define MAX_OBJECTS 1000000 /* of one read. Source: MAX_ITER_OBJECTS */

struct meta { /* struct bpf_iter_meta */
	u64 seq, session_id, seq_num;
};

int bu_seq_write(struct bu_seq *seq, const void *bytes, u32 size)
{
	if (seq->count + (u64)size >= seq->size) {
		seq->count = seq->size;
		return -EOVERFLOW;
	}
	memcpy(seq->buffer + seq->count, bytes, size);
	seq->count += size;
	return 0;
}

static bool overflowed(const struct bu_seq *seq)
{
	return seq->count == seq->size;
}

/* The metadata, with a handle in place of the struct seq_file: programs only hand it on. */
static u64 make_meta(struct bu_iter *iter, struct bu_run *run)
{
	static const struct bu_region_info seq_info = { .kind = BU_REGION_KOBJ,
							.label = "seq_file" };
	static const struct bu_region_info meta_info = { .kind = BU_REGION_KOBJ,
							 .label = "bpf_iter_meta" };
	void *handle = bu_arena_scratch(&run->kernel->arena, 8, BU_NONE, &seq_info);
	struct meta *meta =
		bu_arena_scratch(&run->kernel->arena, sizeof(*meta), BU_READ, &meta_info);

	if (!handle || !meta)
		return 0;
	*meta = (struct meta){ (u64)handle, iter->session_id, iter->seq_num };
	run->seq = &iter->seq;
	run->seq_handle = (u64)handle;
	return (u64)meta;
}

static int run_on(struct bu_iter *iter, struct bu_run *run, bool at_end)
{
	u64 words[BU_ITER_WORDS] = { make_meta(iter, run) }, r0;

	if (!words[0] || !iter->target->fill(iter, run, words + 1, at_end) ||
	    bu_run_set_ctx(run, words, iter->target->words * sizeof(*words)))
		return -ENOMEM;
	r0 = bu_run_exec(run);
	if (run->fault.kind != BU_FAULT_NONE)
		return -EFAULT;
	bu_check_retval(run, r0);
	return (u32)r0 ? -EAGAIN : 0;
}

/* Run the program: 0; -EAGAIN: it wants to see the element again; -EFAULT: it faulted. */
static int show(struct bu_iter *iter, bool at_end)
{
	struct bu_run run;
	int err;

	bu_run_begin(&run, iter->object.kernel, iter->prog);
	err = run_on(iter, &run, at_end);
	bu_run_end(&run);
	return err;
}

/* The element's output, if it fits: else nothing of it stays. */
static int show_whole(struct bu_iter *iter)
{
	u32 before = iter->seq.count;
	int err = show(iter, false);

	if (err == -EAGAIN && iter->target->ends) {
		iter->ended = true;
		err = 0;
	}
	if (!err && overflowed(&iter->seq))
		err = -E2BIG;
	if (err)
		iter->seq.count = before;
	return err;
}

/* The call without an element. */
static int finish(struct bu_iter *iter)
{
	u32 before = iter->seq.count;
	int err;

	if (iter->done)
		return 0;
	err = show(iter, true); /* what it returns says nothing */
	if (overflowed(&iter->seq)) {
		iter->seq.count = before;
		return before ? 0 : -E2BIG;
	}
	iter->done = true;
	return err == -EAGAIN ? 0 : err;
}

static bool is_left(struct bu_iter *iter)
{
	return !iter->ended && iter->target->seek(iter);
}

/* Let the program write for elements until `size` bytes are there. An error counts only when
 * nothing was written before. */
static int produce(struct bu_iter *iter, size_t size)
{
	const struct bu_iter_target *target = iter->target;
	bool more = is_left(iter);
	int err;

	if (more && iter->cut_off)
		return -EOPNOTSUPP;
	iter->cut_off = target->one_read;
	for (u32 nr = 1; more; nr++) {
		err = show_whole(iter);
		if (err)
			return iter->seq.count && err != -EFAULT ? 0 : err;
		target->next(iter);
		more = is_left(iter);
		if (!more)
			break;
		iter->seq_num++;
		if (iter->seq.count >= size)
			return 0;
		if (nr >= MAX_OBJECTS)
			return iter->seq.count ? 0 : -EAGAIN;
	}
	return finish(iter);
}

/* What is in the buffer, at most `size` bytes. */
static long take(struct bu_seq *seq, u64 user, size_t size)
{
	u32 n = BU_MIN(seq->count, size);

	if (bu_copy_to_user(user, seq->buffer + seq->from, n))
		return -EFAULT;
	seq->count -= n;
	seq->from += n;
	return n;
}

long bu_iter_read(struct bu_iter *iter, u64 user, size_t size)
{
	struct bu_seq *seq = &iter->seq;
	int err;

	if (!seq->buffer) {
		seq->buffer = malloc(BUFFER_SIZE);
		if (!seq->buffer)
			return -ENOMEM;
		seq->size = BUFFER_SIZE;
	}
	if (seq->count)
		return take(seq, user, size);
	seq->from = 0;
	err = produce(iter, size);
	if (err) {
		seq->count = 0;
		return err;
	}
	return take(seq, user, size);
}
