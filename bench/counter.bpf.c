/* SPDX-License-Identifier: BSD-2-Clause */
/* An XDP program with two maps, as small as those that people write: bench/boundary_bench.c. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u64);
} flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} totals SEC(".maps");

SEC("xdp")
int count(struct xdp_md *ctx)
{
	__u64 one = 1, *total, *flow;
	__u32 key = 0, length = ctx->data_end - ctx->data;

	total = bpf_map_lookup_elem(&totals, &key);
	if (total)
		__sync_fetch_and_add(total, length);
	flow = bpf_map_lookup_elem(&flows, &length);
	if (flow)
		__sync_fetch_and_add(flow, 1);
	else
		bpf_map_update_elem(&flows, &length, &one, BPF_ANY);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
