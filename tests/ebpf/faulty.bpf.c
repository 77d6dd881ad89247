// SPDX-License-Identifier: BSD-2-Clause
/* Programs with the mistakes that the fault tests look for. Lines matter: tests name them. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct flow {
	__u64 packets[8];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, struct flow);
} flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

const volatile __u64 limit = 7;
__u64 position;
__u64 *kept;

static __noinline __u64 next(__u64 *at, int distance)
{
	return at[distance]; /* out of bounds, in a subprogram */
}

SEC("raw_tp")
int past_the_end(void *ctx)
{
	__u32 key = 1;
	struct flow *flow = bpf_map_lookup_elem(&flows, &key);

	return flow ? next(flow->packets, position) : 0;
}

SEC("raw_tp")
int no_null_check(void *ctx)
{
	__u32 key = 2;
	struct flow *flow = bpf_map_lookup_elem(&flows, &key);

	return flow->packets[1]; /* NULL */
}

SEC("raw_tp")
int deleted(void *ctx)
{
	__u32 key = 1;
	struct flow *flow = bpf_map_lookup_elem(&flows, &key);

	if (!flow)
		return 0;
	bpf_map_delete_elem(&flows, &key);
	return flow->packets[0]; /* deleted */
}

SEC("raw_tp")
int writes_constant(void *ctx)
{
	*(volatile __u64 *)&limit = 9; /* read-only */
	return 0;
}

SEC("raw_tp")
int unwritten_record(void *ctx)
{
	__u64 *record = bpf_ringbuf_reserve(&events, 16, 0);
	__u64 value;

	if (!record)
		return 0;
	value = *(volatile __u64 *)record; /* not written yet */
	bpf_ringbuf_submit(record, 0);
	return value;
}

SEC("raw_tp")
int submitted_record(void *ctx)
{
	__u64 *record = bpf_ringbuf_reserve(&events, 16, 0);

	if (!record)
		return 0;
	record[0] = record[1] = 1;
	bpf_ringbuf_submit(record, 0);
	return *(volatile __u64 *)record; /* submitted */
}

SEC("raw_tp")
int leaks(void *ctx)
{
	__u64 *record = bpf_ringbuf_reserve(&events, 16, 0);

	return !!record;
}

SEC("raw_tp")
int keeps_stack(void *ctx)
{
	__u64 local = 3;

	asm volatile("%0 = %1" : "=r"(kept) : "r"(&local));
	return local;
}

SEC("raw_tp")
int reads_kept(void *ctx)
{
	return *(volatile __u64 *)kept; /* stack of an earlier run */
}

SEC("raw_tp")
int spins(void *ctx)
{
	while (*(volatile const __u64 *)&limit) /* never ends */
		position++;
	return 0;
}

SEC("xdp")
int stale_packet(struct xdp_md *ctx)
{
	__u8 *data = (__u8 *)(long)ctx->data;

	if (bpf_xdp_adjust_head(ctx, 2))
		return XDP_ABORTED;
	return *data; /* moved */
}

SEC("xdp")
int past_the_packet(struct xdp_md *ctx)
{
	__u8 *data = (__u8 *)(long)ctx->data;

	return data[60] + data[64]; /* no comparison with data_end */
}

SEC("xdp")
int writes_context(struct xdp_md *ctx)
{
	*(volatile __u32 *)&ctx->data_end = 0; /* read-only context field */
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
