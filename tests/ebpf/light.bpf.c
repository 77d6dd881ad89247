// SPDX-License-Identifier: BSD-2-Clause
/* Loaded by a light skeleton: the loader program makes the maps, the kernel relocates. */
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct light_inner {
	int first;
	int second;
} __attribute__((preserve_access_index));

struct light_outer {
	long skipped;
	struct light_inner inner[2];
	unsigned int bits : 3;
	unsigned int more : 5;
} __attribute__((preserve_access_index));

struct light_outer___other {
	long absent;
} __attribute__((preserve_access_index));

struct light_nowhere {
	int x;
} __attribute__((preserve_access_index));

enum light_phase { LIGHT_ONE = 11, LIGHT_TWO = 12 };

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

const volatile int step = 3;
__u64 total;

SEC("raw_tp/light")
int count(void *ctx)
{
	__u32 key = 1;
	__u64 one = 1, *value = bpf_map_lookup_elem(&counts, &key);

	total += step;
	if (!value)
		return bpf_map_update_elem(&counts, &key, &one, BPF_NOEXIST);
	*value += 1;
	return *value;
}

SEC("raw_tp/relocated")
int relocated(struct bpf_raw_tracepoint_args *ctx)
{
	struct light_outer *outer = (void *)ctx->args[0];
	int second = 0;

	bpf_core_read(&second, sizeof(second), &outer->inner[1].second);
	return second;
}

SEC("raw_tp/asks")
int asks(void *ctx)
{
	struct light_outer *outer = 0;
	struct light_outer___other *other = 0;
	int result = 0;

	if (bpf_core_field_exists(outer->inner))
		result |= 1;
	if (bpf_core_field_exists(other->absent))
		result |= 2;
	if (bpf_core_type_exists(struct light_outer))
		result |= 4;
	result |= bpf_core_field_size(outer->inner) << 8;
	result |= bpf_core_enum_value(enum light_phase, LIGHT_TWO) << 16;
	return result;
}

SEC("raw_tp/bits")
int bits(struct bpf_raw_tracepoint_args *ctx)
{
	struct light_outer *outer = (void *)ctx->args[0];

	return BPF_CORE_READ_BITFIELD_PROBED(outer, more);
}

SEC("fentry/do_something")
int BPF_PROG(traced, int a)
{
	total = a;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
