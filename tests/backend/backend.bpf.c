// SPDX-License-Identifier: BSD-2-Clause
/* Programs whose every effect another kernel can repeat: maps of several kinds, events, the packet,
 * and answers about the environment. */
#include "backend.h"
#include <bpf/bpf_helpers.h>
#include <linux/bpf.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, struct seen);
} sizes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u32);
} perf SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u32);
} jumps SEC(".maps");

struct inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} first SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 2);
	__type(key, __u32);
	__array(values, struct inner);
} outer SEC(".maps") = { .values = { &first } };

const volatile __u64 step = 3;
__u64 total;

SEC("xdp")
int count(struct xdp_md *ctx)
{
	__u32 size = ctx->data_end - ctx->data, zero = 0;
	struct seen seen = { .bytes = size }, *known;
	__u64 *own = bpf_map_lookup_elem(&counts, &zero);

	known = bpf_map_lookup_elem(&sizes, &size);
	if (known)
		known->packets += step;
	else
		bpf_map_update_elem(&sizes, &size, &seen, BPF_ANY);
	if (own)
		*own += 1;
	total += size;
	bpf_ringbuf_output(&ring, &seen, sizeof(seen), 0);
	return XDP_PASS;
}

/* Swaps the addresses and takes four bytes off the end. */
SEC("xdp")
int bounce(struct xdp_md *ctx)
{
	unsigned char *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;

	if (data + 12 > end)
		return XDP_DROP;
	for (int i = 0; i < 6; i++) {
		unsigned char byte = data[i];

		data[i] = data[i + 6];
		data[i + 6] = byte;
	}
	return bpf_xdp_adjust_tail(ctx, -4) ? XDP_ABORTED : XDP_TX;
}

SEC("xdp")
int target(struct xdp_md *ctx)
{
	total = 77;
	return XDP_DROP;
}

SEC("xdp")
int jump(struct xdp_md *ctx)
{
	bpf_tail_call(ctx, &jumps, 1);
	return XDP_ABORTED;
}

SEC("xdp")
int nested(struct xdp_md *ctx)
{
	__u32 zero = 0;
	void *inner = bpf_map_lookup_elem(&outer, &zero);
	__u64 *value = inner ? bpf_map_lookup_elem(inner, &zero) : 0;

	if (!value)
		return XDP_ABORTED;
	*value += 5;
	return XDP_PASS;
}

__u32 device, kind;

SEC("xdp")
int where(struct xdp_md *ctx)
{
	device = ctx->ingress_ifindex;
	return XDP_PASS;
}

SEC("tc")
int for_whom(struct __sk_buff *skb)
{
	device = skb->ifindex;
	kind = skb->pkt_type;
	return 0;
}

SEC("tc")
int mark(struct __sk_buff *skb)
{
	skb->mark = skb->mark + 1;
	skb->cb[2] = skb->len;
	return 2;
}

struct world world;

SEC("raw_tp")
int ask(__u64 *ctx)
{
	world.now_ns = bpf_ktime_get_ns();
	world.pid_tgid = bpf_get_current_pid_tgid();
	world.uid_gid = bpf_get_current_uid_gid();
	world.cpu = bpf_get_smp_processor_id();
	bpf_get_current_comm(world.comm, sizeof(world.comm));
	world.argument = ctx[1];
	bpf_perf_event_output(ctx, &perf, BPF_F_CURRENT_CPU, &world, sizeof(world));
	return (int)ctx[0];
}

SEC("raw_tp")
int chance(void *ctx)
{
	return bpf_get_prandom_u32() & 0xff;
}

/* No verifier lets it pass: the value may be NULL. */
SEC("raw_tp")
int careless(void *ctx)
{
	__u32 key = total > 1000000;
	__u64 *value = bpf_map_lookup_elem(&counts, &key);

	return (int)*value;
}

char LICENSE[] SEC("license") = "GPL";
