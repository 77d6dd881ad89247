// SPDX-License-Identifier: BSD-2-Clause
/* Text to the trace pipe, captured as lines. Source: kernel/trace/bpf_trace.c (6.12). */
#include "helpers/format.h"

#include "ebpf/link/kernel_event.h"

#include <string.h>

#define MAX_LINE   1024 /* Source: MAX_BPRINTF_BUF */
#define MAX_NESTED 3    /* Source: MAX_BPRINTF_NEST_LEVEL */

/* So many lines are on their way: programs that run for one may print the next. */
static u32 nr_prints(const struct bu_run *run)
{
	u32 nr = 0;

	for (; run; run = run->outer)
		nr += run->prints;
	return nr;
}

static u64 trace(struct bu_run *run, const char *fmt, u32 fmt_size, const u64 *args, u32 nr_args)
{
	char line[MAX_LINE + 1];
	int len = bu_format(run->kernel, line, MAX_LINE, fmt, fmt_size, args, nr_args);
	size_t cut;

	if (len < 0)
		return (s64)len;
	if (nr_prints(run) == MAX_NESTED)
		return -EBUSY;
	cut = strlen(line);
	line[cut] = '\n';
	bu_trace_append(run->kernel, line, cut && line[cut - 1] == '\n' ? cut : cut + 1);
	line[cut] = '\0';
	run->prints = true;
	bu_kernel_trace_printk(run->kernel, line);
	run->prints = false;
	return (u64)len;
}

BU_HELPER_5(trace_printk, const char *, fmt, u32, fmt_size, u64, arg1, u64, arg2, u64, arg3)
{
	u64 args[] = { arg1, arg2, arg3 };

	return trace(run, fmt, fmt_size, args, BU_ARRAY_SIZE(args));
}

BU_HELPER_4(trace_vprintk, const char *, fmt, u32, fmt_size, const u64 *, args, u32, size)
{
	if (size % 8 || size / 8 > BU_FORMAT_MAX_ARGS || (size && !args))
		return -EINVAL;
	return trace(run, fmt, fmt_size, args, size / 8);
}

BU_HELPER_5(snprintf, char *, str, u32, str_size, const char *, fmt, const u64 *, args, u32, size)
{
	int len;

	if (size % 8 || size / 8 > BU_FORMAT_MAX_ARGS || (size && !args))
		return -EINVAL;
	len = bu_format(run->kernel, str, str_size, fmt, (u32)strlen(fmt) + 1, args, size / 8);
	return len < 0 ? (s64)len : len + 1;
}
