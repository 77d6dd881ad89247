/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What iterators write to: bpf_seq_write(), bpf_seq_printf(). Source: kernel/trace/bpf_trace.c
 * (6.18).
 */
#include "ebpf/link/iter.h"
#include "helpers/format.h"

#include <string.h>

#define MAX_TEXT 4096

/* The iterator's output, or NULL with a fault. */
static struct bu_seq *seq_of(struct bu_run *run, u64 handle)
{
	if (run->seq && handle == run->seq_handle)
		return run->seq;
	if (run->seq)
		bu_fault_raise(run, BU_FAULT_BAD_ARGUMENT,
			       "the first argument is not ctx->meta->seq");
	else
		bu_fault_raise(run, BU_FAULT_BAD_ARGUMENT,
			       "there is no iterator: attach the program and read(2) what "
			       "bpf_iter_create() returns");
	return NULL;
}

BU_HELPER_3(seq_write, u64, seq, const void *, data, u32, len)
{
	struct bu_seq *to = seq_of(run, seq);

	return to ? (s64)bu_seq_write(to, data, len) : 0;
}

BU_HELPER_5(seq_printf, u64, seq, const char *, fmt, u32, fmt_size, const u64 *, args, u32, size)
{
	struct bu_seq *to = seq_of(run, seq);
	char text[MAX_TEXT];
	int len;

	if (!to)
		return 0;
	if (size % 8 || size / 8 > BU_FORMAT_MAX_ARGS || (size && !args))
		return -EINVAL;
	len = bu_format(run->kernel, text, sizeof(text), fmt, fmt_size, args, size / 8);
	if (len < 0)
		return (s64)len;
	return (s64)bu_seq_write(to, text, BU_MIN(len, MAX_TEXT - 1));
}
