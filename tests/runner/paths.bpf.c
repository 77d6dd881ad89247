// SPDX-License-Identifier: BSD-2-Clause
/* Programs with a few ways through them, for the tests of coverage. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#ifndef LIMIT
#define LIMIT 100
#endif

volatile int runs;

static __noinline int weigh(int length)
{
	if (length > LIMIT)
		return XDP_DROP;
	return XDP_PASS;
}

SEC("xdp")
int long_ones(struct xdp_md *ctx)
{
	int length = ctx->data_end - ctx->data;

	runs++;
	if (length < 14)
		return XDP_ABORTED;
	return weigh(length);
}

SEC("xdp")
int short_ones(struct xdp_md *ctx)
{
	int length = ctx->data_end - ctx->data;

	return weigh(length) == XDP_DROP ? XDP_PASS : XDP_DROP;
}

SEC("xdp")
int unused(struct xdp_md *ctx)
{
	return ctx->ingress_ifindex ? XDP_TX : XDP_PASS;
}

volatile int enough;

SEC("xdp")
int spins(struct xdp_md *ctx)
{
	while (!enough)
		runs++;
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
