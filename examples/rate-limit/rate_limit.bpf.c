// SPDX-License-Identifier: BSD-2-Clause
/*
 * A token bucket for each IPv4 source, on the ingress of a traffic control hook. A bucket begins
 * full (`burst` tokens), a packet takes one, and `rate_per_s` come back in a second. Other
 * protocols pass.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "rate_limit.h"

#define NSEC_PER_SEC 1000000000ULL

const volatile __u64 rate_per_s = 10;
const volatile __u64 burst = 10;

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __be32);
	__type(value, struct bucket);
} buckets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, DROP_REASONS);
	__type(key, __u32);
	__type(value, __u64);
} drops SEC(".maps");

static int drop(__u32 reason)
{
	__u64 *count = bpf_map_lookup_elem(&drops, &reason);

	if (count)
		__sync_fetch_and_add(count, 1);
	return TC_ACT_SHOT;
}

/* Add the tokens that came since the last packet. The time of a part of a token is kept: stamp_ns
 * moves by whole tokens only. */
static void refill(struct bucket *bucket, __u64 now_ns)
{
	__u64 token_ns, elapsed_ns, tokens;

	if (!rate_per_s || now_ns <= bucket->stamp_ns)
		return;
	token_ns = NSEC_PER_SEC / rate_per_s;
	elapsed_ns = now_ns - bucket->stamp_ns;
	tokens = token_ns ? elapsed_ns / token_ns : burst;
	if (tokens >= burst || bucket->tokens >= burst - tokens) {
		bucket->tokens = burst;
		bucket->stamp_ns = now_ns;
		return;
	}
	bucket->tokens += tokens;
	bucket->stamp_ns += tokens * token_ns;
}

static int first_packet(__be32 source, __u64 now_ns)
{
	struct bucket bucket = { .stamp_ns = now_ns };

	if (!burst)
		return drop(DROP_NO_TOKENS);
	bucket.tokens = burst - 1;
	if (bpf_map_update_elem(&buckets, &source, &bucket, BPF_NOEXIST))
		return drop(DROP_NO_BUCKET);
	return TC_ACT_OK;
}

SEC("tc")
int rate_limit(struct __sk_buff *skb)
{
	struct bucket *bucket;
	struct iphdr ip;
	__u64 now_ns;

	if (skb->protocol != bpf_htons(ETH_P_IP))
		return TC_ACT_OK;
	if (bpf_skb_load_bytes(skb, ETH_HLEN, &ip, sizeof(ip)))
		return drop(DROP_MALFORMED);

	now_ns = bpf_ktime_get_ns();
	bucket = bpf_map_lookup_elem(&buckets, &ip.saddr);
	if (!bucket)
		return first_packet(ip.saddr, now_ns);
	refill(bucket, now_ns);
	if (!bucket->tokens)
		return drop(DROP_NO_TOKENS);
	bucket->tokens--;
	return TC_ACT_OK;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
