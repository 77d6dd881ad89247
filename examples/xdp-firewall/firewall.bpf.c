// SPDX-License-Identifier: BSD-2-Clause
/*
 * A firewall in two stages. `firewall` reads Ethernet, VLAN and IP headers and drops what comes
 * from a blocked address; `ports` is tail-called for TCP and UDP and drops what goes to a closed
 * port. Each packet ends as one verdict, counted on its CPU.
 *
 * IPv6 extension headers are not followed: such packets are judged by their address alone.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "firewall.h"

#define MAX_VLAN_TAGS      2
#define IP_FRAGMENT_OFFSET 0x1fff

struct vlan_tag {
	__be16 control;
	__be16 protocol;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct address);
	__type(value, __u64); /* packets dropped */
} blocked SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, struct port);
	__type(value, __u8);
} closed_ports SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, VERDICTS);
	__type(key, __u32);
	__type(value, __u64);
} verdicts SEC(".maps");

int ports(struct xdp_md *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__array(values, int(struct xdp_md *));
} stages SEC(".maps") = {
	.values = { [0] = &ports },
};

static int decide(__u32 verdict, int action)
{
	__u64 *count = bpf_map_lookup_elem(&verdicts, &verdict);

	if (count)
		*count += 1;
	return action;
}

/* What the headers up to IP say. */
struct packet {
	struct address source;
	__u16 transport;
	__u16 protocol;
	_Bool first_fragment;
};

/* The header after Ethernet and VLAN tags, and its protocol; NULL: the packet ends before. */
static __always_inline void *parse_ethernet(void *data, void *end, __be16 *protocol)
{
	struct ethhdr *eth = data;
	struct vlan_tag *tag = (void *)(eth + 1);

	if ((void *)tag > end)
		return 0;
	*protocol = eth->h_proto;
#pragma unroll
	for (int i = 0; i < MAX_VLAN_TAGS; i++) {
		if (*protocol != bpf_htons(ETH_P_8021Q) && *protocol != bpf_htons(ETH_P_8021AD))
			break;
		if ((void *)(tag + 1) > end)
			return 0;
		*protocol = tag->protocol;
		tag++;
	}
	return tag;
}

static __always_inline int parse_ipv4(struct iphdr *ip, void *end, struct packet *packet)
{
	if ((void *)(ip + 1) > end || ip->ihl < 5 || (void *)ip + ip->ihl * 4 > end)
		return -1;
	packet->source.words[2] = bpf_htonl(0xffff);
	packet->source.words[3] = ip->saddr;
	packet->transport += ip->ihl * 4;
	packet->protocol = ip->protocol;
	packet->first_fragment = !(ip->frag_off & bpf_htons(IP_FRAGMENT_OFFSET));
	return 0;
}

static __always_inline int parse_ipv6(struct ipv6hdr *ip, void *end, struct packet *packet)
{
	if ((void *)(ip + 1) > end)
		return -1;
	__builtin_memcpy(&packet->source, &ip->saddr, sizeof(packet->source));
	packet->transport += sizeof(*ip);
	packet->protocol = ip->nexthdr;
	packet->first_fragment = 1;
	return 0;
}

/* Go on in `ports`; returns only when that failed. */
static __always_inline int second_stage(struct xdp_md *ctx, const struct packet *packet)
{
	struct handover *handover;

	if (bpf_xdp_adjust_meta(ctx, -(int)sizeof(*handover)))
		return decide(VERDICT_NO_STAGE, XDP_ABORTED);
	handover = (void *)(long)ctx->data_meta;
	if ((void *)(handover + 1) > (void *)(long)ctx->data)
		return decide(VERDICT_NO_STAGE, XDP_ABORTED);
	handover->transport = packet->transport;
	handover->protocol = packet->protocol;
	bpf_tail_call(ctx, &stages, 0);
	return decide(VERDICT_NO_STAGE, XDP_ABORTED);
}

SEC("xdp")
int firewall(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end, *ip;
	struct packet packet = {};
	__u64 *hits;
	__be16 protocol;
	int error;

	ip = parse_ethernet(data, end, &protocol);
	if (!ip)
		return decide(VERDICT_MALFORMED, XDP_DROP);
	packet.transport = ip - data;
	if (protocol == bpf_htons(ETH_P_IP))
		error = parse_ipv4(ip, end, &packet);
	else if (protocol == bpf_htons(ETH_P_IPV6))
		error = parse_ipv6(ip, end, &packet);
	else
		return decide(VERDICT_NOT_IP, XDP_PASS);
	if (error)
		return decide(VERDICT_MALFORMED, XDP_DROP);

	hits = bpf_map_lookup_elem(&blocked, &packet.source);
	if (hits) {
		__sync_fetch_and_add(hits, 1);
		return decide(VERDICT_ADDRESS, XDP_DROP);
	}
	if (packet.first_fragment &&
	    (packet.protocol == IPPROTO_TCP || packet.protocol == IPPROTO_UDP))
		return second_stage(ctx, &packet);
	return decide(VERDICT_PASSED, XDP_PASS);
}

/* The length of the header that the destination port is in. */
static __always_inline int header_size(__u16 protocol)
{
	return protocol == IPPROTO_TCP ? sizeof(struct tcphdr) : sizeof(struct udphdr);
}

SEC("xdp")
int ports(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct handover *handover = (void *)(long)ctx->data_meta;
	struct port port = {};
	struct udphdr *transport; /* TCP has its ports at the same place */

	if ((void *)(handover + 1) > data || handover->transport > 128)
		return decide(VERDICT_NO_STAGE, XDP_ABORTED);
	transport = data + handover->transport;
	if ((void *)(transport + 1) > end ||
	    (void *)transport + header_size(handover->protocol) > end)
		return decide(VERDICT_MALFORMED, XDP_DROP);

	port.number = bpf_ntohs(transport->dest);
	port.protocol = handover->protocol;
	if (bpf_map_lookup_elem(&closed_ports, &port))
		return decide(VERDICT_PORT, XDP_DROP);
	return decide(VERDICT_PASSED, XDP_PASS);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
