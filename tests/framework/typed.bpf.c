// SPDX-License-Identifier: BSD-2-Clause
/* Types of every kind, as map values and globals: what values are formatted, compared and seeded
 * by. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "typed.h"

#define MAP(map_name, map_type, key_type, value_type, entries)                                     \
	struct {                                                                                   \
		__uint(type, map_type);                                                            \
		__type(key, key_type);                                                             \
		__type(value, value_type);                                                         \
		__uint(max_entries, entries);                                                      \
	} map_name SEC(".maps")

MAP(buckets, BPF_MAP_TYPE_HASH, __be32, struct bucket, 4);
MAP(everything, BPF_MAP_TYPE_HASH, __u32, struct every, 4);
MAP(flows, BPF_MAP_TYPE_HASH, struct flow_key, __u64, 16);
MAP(drops, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, __u32, 2);
MAP(by_mac, BPF_MAP_TYPE_HASH, __u8 *, __u32, 4); /* a pointer as key: an integer */

MAP(stations, BPF_MAP_TYPE_HASH, struct mac_key, __u32, 4);

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(key_size, 4);
	__uint(value_size, 12);
	__uint(max_entries, 4);
} untyped SEC(".maps");

MAP(wrapped, BPF_MAP_TYPE_HASH, struct wrapper, double, 4);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
	__uint(max_entries, 2);
} jumps SEC(".maps");

struct inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} inner SEC(".maps"), other_inner SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(max_entries, 2);
	__type(key, __u32);
	__array(values, struct inner);
} outer SEC(".maps");

const volatile __u64 min_duration_ns = 5;
const volatile struct bucket defaults = { 10, 20 };
struct every settings;
__u32 limits[4] = { 1, 2, 3, 4 };
__u32 counter;
char label[8] = "start";
float ratio = 0.5;
__u16 custom SEC(".data.custom") = 9;

extern int LINUX_KERNEL_VERSION __kconfig;

SEC("tc")
int first(struct __sk_buff *skb)
{
	return min_duration_ns + counter;
}

SEC("tc")
int second(struct __sk_buff *skb)
{
	bpf_tail_call(skb, &jumps, 0);
	return defaults.tokens + limits[0] + label[0] + settings.tiny + custom;
}

SEC("tc")
int use_ratio(struct __sk_buff *skb)
{
	if (LINUX_KERNEL_VERSION < 0)
		return 0;
	return *(volatile __u32 *)&ratio;
}

char _license[] SEC("license") = "GPL";
