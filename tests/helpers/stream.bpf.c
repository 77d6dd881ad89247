/* SPDX-License-Identifier: BSD-2-Clause */
/* Prints to the program's own streams; stream_test.c reads them. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

extern int bpf_stream_vprintk_impl(int stream, const char *fmt, const void *args, __u32 size,
				   void *aux) __ksym;

int stream = 1, result;
__u32 size = 16;
__u64 args[13] = { 42, (__u64)-1 };
static const char fmt[] = "answer %d, %llx";

SEC("socket")
int print(void *ctx)
{
	result = bpf_stream_vprintk_impl(stream, fmt, args, size, 0);
	return 0;
}

static const char wrong[] = "%y";

SEC("socket")
int print_wrong(void *ctx)
{
	result = bpf_stream_vprintk_impl(stream, wrong, args, 0, 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
