// SPDX-License-Identifier: BSD-2-Clause
/* Programs that the kernel rewrites nothing of, so that it lists them as they were loaded. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct pair {
	__u32 first;
	char second[4];
};

__u64 runs = 3;
struct pair last = { 1, "ab" };
const volatile int verdict = XDP_PASS;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, struct pair);
} pairs SEC(".maps");

SEC("xdp")
int count(struct xdp_md *ctx)
{
	runs++;
	last.first += 2;
	return verdict;
}

SEC("xdp")
int drop(struct xdp_md *ctx)
{
	return XDP_DROP;
}

SEC("socket")
int length(struct __sk_buff *skb)
{
	return 14;
}

char _license[] SEC("license") = "GPL";
