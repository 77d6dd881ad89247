// SPDX-License-Identifier: BSD-2-Clause
/* A program array that libbpf creates with the BTF of its key, and then without. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

int second(struct xdp_md *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, int(struct xdp_md *));
} stages SEC(".maps") = {
	.values = { &second },
};

SEC("xdp")
int second(struct xdp_md *ctx)
{
	return XDP_TX;
}

SEC("xdp")
int first(struct xdp_md *ctx)
{
	bpf_tail_call(ctx, &stages, 0);
	return XDP_ABORTED;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
