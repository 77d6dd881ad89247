/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What iterators write to: bpf_seq_write(), bpf_seq_printf(); and values as BTF shows them. Source:
 * kernel/trace/bpf_trace.c (6.12), as observed with 6.18. Differs: of a value that can be read only
 * in part, nothing is shown.
 */
#include "ebpf/btf/btf_show.h"
#include "ebpf/link/iter.h"
#include "helpers/format.h"
#include "helpers/probe.h"

#include <stdlib.h>
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

struct typed { /* struct btf_ptr */
	u64 address;
	u32 type_id, flags;
};

/* The text of what a struct btf_ptr points to, by the kernel's types: 0; -EINVAL: a wrong size or
 * flag, no type; -ENOENT: an unknown one; -EFAULT, -ENOMEM. */
static s64 show(struct bu_run *run, const struct typed *what, u32 size, u64 flags,
		struct bu_bytes *out)
{
	const struct bu_btf *btf = bu_vmlinux_btf(run->kernel);
	s64 bytes;
	u8 *data;
	int err;

	if (flags & ~(u64)BU_SHOW_ALL || size != sizeof(*what) || !btf || !what->type_id)
		return -EINVAL;
	if ((s32)what->type_id < 0 || !bu_btf_type(btf, what->type_id))
		return -ENOENT;
	bytes = bu_btf_show_size(btf, what->type_id);
	if (bytes < 0)
		return bytes;
	data = calloc(1, (size_t)bytes + BU_SHOW_SLACK);
	err = data ? bu_probe_read(run->kernel, data, what->address, (u32)bytes, BU_KERNEL_SPACE)
		   : -ENOMEM;
	if (!err)
		bu_btf_show(btf, what->type_id, data, (u32)flags, out);
	free(data);
	return err == -ERANGE ? -EFAULT : err;
}

/* The length that the text has, also where it was cut. */
BU_HELPER_5(snprintf_btf, char *, str, u32, str_size, const struct typed *, what, u32, size, u64,
	    flags)
{
	struct bu_bytes text = { 0 };
	s64 result = show(run, what, size, flags, &text);
	u32 len = BU_MIN(text.size, str_size - 1);

	if (!result) {
		if (len)
			memcpy(str, text.data, len);
		str[len] = '\0';
		result = text.failed ? -ENOMEM : (s64)text.size;
	}
	free(text.data);
	return (u64)result;
}

/* What does not fit shows when the iterator is read. */
BU_HELPER_4(seq_printf_btf, u64, seq, const struct typed *, what, u32, size, u64, flags)
{
	struct bu_seq *to = seq_of(run, seq);
	struct bu_bytes text = { 0 };
	s64 result;

	if (!to)
		return 0;
	result = show(run, what, size, flags, &text);
	if (!result && text.size)
		bu_seq_write(to, text.data, text.size);
	free(text.data);
	return (u64)result;
}
