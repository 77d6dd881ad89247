/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads what perf events have counted. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u32);
} counters SEC(".maps");

__u64 flags;
__s64 plain;
long result;
struct bpf_perf_event_value value = { 1, 2, 3 };

SEC("raw_tp/count")
int count(void *ctx)
{
	plain = (__s64)bpf_perf_event_read(&counters, flags);
	result = bpf_perf_event_read_value(&counters, flags, &value, sizeof(value));
	return 0;
}

SEC("raw_tp/count")
int wrong_size(void *ctx)
{
	result = bpf_perf_event_read_value(&counters, flags, &value, sizeof(value) - 8);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
