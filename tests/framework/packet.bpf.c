// SPDX-License-Identifier: BSD-2-Clause
/* Programs that change packets, and one that tells what it is given first. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

__u32 meta_in;

SEC("xdp")
int forward(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = data + sizeof(*eth);

	if ((void *)(ip + 1) > end)
		return XDP_DROP;
	meta_in = ctx->data - ctx->data_meta;
	ip->ttl--;
	ip->check += bpf_htons(0x0100);
	eth->h_source[5] = 0xaa;
	return XDP_TX;
}

SEC("xdp")
int mark(struct xdp_md *ctx)
{
	__u32 *meta;

	if (bpf_xdp_adjust_meta(ctx, -8))
		return XDP_ABORTED;
	meta = (void *)(long)ctx->data_meta;
	if ((void *)(meta + 2) > (void *)(long)ctx->data)
		return XDP_DROP;
	meta[0] = 0x11111111;
	meta[1] = 0x22222222;
	return XDP_PASS;
}

SEC("xdp")
int strip(struct xdp_md *ctx)
{
	if (bpf_xdp_adjust_head(ctx, sizeof(struct ethhdr)))
		return XDP_ABORTED;
	return bpf_xdp_adjust_tail(ctx, 4) ? XDP_DROP : XDP_PASS;
}

__u32 protocol, length;

SEC("tc")
int describe(struct __sk_buff *skb)
{
	protocol = bpf_ntohs(skb->protocol);
	length = skb->len;
	return 0;
}

SEC("cgroup_skb/ingress")
int version(struct __sk_buff *skb)
{
	__u8 first;

	protocol = bpf_ntohs(skb->protocol);
	length = skb->len;
	if (bpf_skb_load_bytes(skb, 0, &first, 1))
		return 1;
	return first == 0x45;
}

char _license[] SEC("license") = "GPL";
