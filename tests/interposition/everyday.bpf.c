/* SPDX-License-Identifier: BSD-2-Clause */
/* What most programs use: globals, a hash map, a ring buffer. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

int runs;
const volatile int weight = 2;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, __u64);
} lengths SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

SEC("xdp")
int watch(struct xdp_md *ctx)
{
	__u32 length = ctx->data_end - ctx->data;
	__u64 value = length * weight;

	runs++;
	bpf_map_update_elem(&lengths, &length, &value, BPF_ANY);
	bpf_ringbuf_output(&events, &length, sizeof(length), 0);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
