/* SPDX-License-Identifier: BSD-2-Clause */
/* Text to a program's own streams. Source: kernel/bpf/stream.c (6.18), where the function is called
 * bpf_stream_vprintk_impl() since its last argument became the verifier's. */
#include "ebpf/vm/stream.h"

#include "helpers/format.h"

#include <string.h>

#define MAX_LINE 1024 /* Source: MAX_BPRINTF_BUF */

static s64 print(struct bu_run *run, u32 id, const char *fmt, const u64 *args, u32 size)
{
	char text[MAX_LINE + 1];
	int len;

	if (id != 1 && id != 2)
		return -ENOENT;
	if (size % 8 || size / 8 > BU_FORMAT_MAX_ARGS || (size && !args))
		return -EINVAL;
	len = bu_format(run->kernel, text, MAX_LINE, fmt, (u32)strlen(fmt) + 1, args, size / 8);
	if (len < 0)
		return len;
	return bu_stream_write((struct bu_prog *)run->first, id, text, strlen(text));
}

BU_HELPER_5(stream_vprintk, u32, id, const char *, fmt, const u64 *, args, u32, size, u64, unused)
{
	(void)unused;
	return print(run, id, fmt, args, size);
}

BU_HELPER_5(stream_vprintk_impl, u32, id, const char *, fmt, const u64 *, args, u32, size, u64,
	    unused)
{
	(void)unused;
	return print(run, id, fmt, args, size);
}
