// SPDX-License-Identifier: BSD-2-Clause
/* Globals, a ring buffer, a perf buffer and a mappable array, for boundary_test.c. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct event {
	__u64 number;
	__u32 payload[4];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, sizeof(int));
	__uint(value_size, sizeof(int));
} perf SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1024);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, __u64);
} mappable SEC(".maps");

const volatile __u64 step = 1;
__u64 counter;
__u64 initialised = 40;
char big[10000];

SEC("socket")
int count(struct __sk_buff *skb)
{
	counter += step;
	initialised++;
	big[9999] = counter;
	return counter;
}

SEC("xdp")
int to_ring(struct xdp_md *ctx)
{
	struct event event = { .number = counter++ };

	return bpf_ringbuf_output(&ring, &event, sizeof(event), 0) ? XDP_DROP : XDP_PASS;
}

SEC("xdp")
int to_ring_quietly(struct xdp_md *ctx)
{
	struct event event = { .number = counter++ };

	return bpf_ringbuf_output(&ring, &event, sizeof(event), BPF_RB_NO_WAKEUP) ? XDP_DROP
										  : XDP_PASS;
}

SEC("xdp")
int to_perf(struct xdp_md *ctx)
{
	struct event event = { .number = counter++ };

	return bpf_perf_event_output(ctx, &perf, BPF_F_CURRENT_CPU, &event, sizeof(event))
		       ? XDP_DROP
		       : XDP_PASS;
}

SEC("socket")
int from_mappable(struct __sk_buff *skb)
{
	__u32 key = 700;
	__u64 *value = bpf_map_lookup_elem(&mappable, &key);

	return value ? *value : 0;
}

char LICENSE[] SEC("license") = "GPL";
