// SPDX-License-Identifier: BSD-2-Clause
/* Maps of maps and a PROG_ARRAY whose first contents libbpf puts in when the object is loaded. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
};

struct inner one SEC(".maps");
struct inner two SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 3);
	__type(key, __u32);
	__array(values, struct inner);
} outer_array SEC(".maps") = { .values = { [0] = &one, [2] = &two } };

struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(max_entries, 3);
	__type(key, __u32);
	__array(values, struct inner);
} outer_hash SEC(".maps");

struct outer_of_rings {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(
		values, struct {
			__uint(type, BPF_MAP_TYPE_RINGBUF);
			__uint(max_entries, 4096);
		});
} rings SEC(".maps");

__u32 outer_key, inner_key;

static __always_inline int add_to(void *outer)
{
	__u64 *value;
	void *map;

	map = bpf_map_lookup_elem(outer, &outer_key);
	if (!map)
		return -1;
	bpf_get_current_pid_tgid(); /* where a test's mock comes in between */
	value = bpf_map_lookup_elem(map, &inner_key);
	if (!value)
		return -2;
	*value += 1;
	return *value;
}

SEC("raw_tp/array")
int add_by_array(void *ctx)
{
	return add_to(&outer_array);
}

SEC("raw_tp/hash")
int add_by_hash(void *ctx)
{
	return add_to(&outer_hash);
}

SEC("raw_tp/ring")
int output(void *ctx)
{
	__u32 key = 0;
	void *ring = bpf_map_lookup_elem(&rings, &key);

	return ring ? bpf_ringbuf_output(ring, &key, sizeof(key), 0) : -1;
}

SEC("raw_tp/called")
int called(void *ctx)
{
	return 7;
}

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 4);
	__uint(key_size, sizeof(__u32));
	__array(values, int(void *));
} jumps SEC(".maps") = { .values = { [2] = (void *)&called } };

SEC("raw_tp/jump")
int jump(void *ctx)
{
	bpf_tail_call(ctx, &jumps, outer_key);
	return 1;
}

char LICENSE[] SEC("license") = "GPL";
