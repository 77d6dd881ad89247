// SPDX-License-Identifier: BSD-2-Clause
/* Programs that call themselves as tail calls, from subprograms. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} targets SEC(".maps");

int entered, returned, faulty;

static __noinline int again(struct __sk_buff *ctx)
{
	bpf_tail_call(ctx, &targets, 0);
	if (faulty)
		return *(volatile int *)8;
	return 1;
}

SEC("tc")
int once(struct __sk_buff *ctx)
{
	int result;

	entered++;
	result = again(ctx);
	returned++;
	return result + 1;
}

SEC("tc")
int twice(struct __sk_buff *ctx)
{
	int result;

	entered++;
	result = again(ctx);
	result += again(ctx);
	returned++;
	return result + 1;
}

char LICENSE[] SEC("license") = "GPL";
