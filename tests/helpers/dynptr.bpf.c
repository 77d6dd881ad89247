// SPDX-License-Identifier: BSD-2-Clause
/* Dynptrs as the verifier accepts them: each program notes what the helpers returned in `out`. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u8[64]);
} values SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, 4);
	__uint(value_size, 1 << 24);
} large SEC(".maps");

#define OUT 16
__s64 out[OUT];
__u32 in_offset, in_len; /* unknown to the verifier */
__u64 in_flags;

static __always_inline void *value_of(void *map)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(map, &key);
}

SEC("socket")
int memory(void *ctx)
{
	__u64 in = 0x1122334455667788, got = 0, *slice;
	struct bpf_dynptr ptr;
	void *value = value_of(&values);

	if (!value)
		return 1;
	out[0] = bpf_dynptr_from_mem(value, 64, 0, &ptr);
	out[1] = bpf_dynptr_write(&ptr, 56, &in, sizeof(in), 0);
	out[2] = bpf_dynptr_read(&got, sizeof(got), &ptr, 56, 0);
	out[3] = (__s64)got;
	out[4] = bpf_dynptr_write(&ptr, 57, &in, sizeof(in), 0);
	out[5] = bpf_dynptr_read(&got, sizeof(got), &ptr, 57, 0);
	out[6] = bpf_dynptr_write(&ptr, 0, &in, sizeof(in), 1);
	out[7] = bpf_dynptr_read(&got, sizeof(got), &ptr, 0, 1);
	slice = bpf_dynptr_data(&ptr, 56, 8);
	out[8] = slice ? (__s64)*slice : -1;
	slice = bpf_dynptr_data(&ptr, 57, 8);
	out[9] = slice ? (__s64)*slice : -1;
	out[10] = bpf_dynptr_read(&got, 4, &ptr, -1U, 0);
	out[11] = bpf_dynptr_write(&ptr, -1U, &in, 4, 1);
	out[12] = bpf_dynptr_read(&got, 1, &ptr, 64, 0);
	out[13] = bpf_dynptr_read(&got, 1, &ptr, 63, 0);
	slice = bpf_dynptr_data(&ptr, 64, 8);
	out[14] = slice ? (__s64)*slice : -1;
	return 0;
}

SEC("socket")
int no_memory(void *ctx)
{
	struct bpf_dynptr ptr;
	void *value = value_of(&values);
	__u64 number = 7, *slice;

	if (!value)
		return 1;
	out[0] = bpf_dynptr_from_mem(value, 64, 1, &ptr);
	out[1] = bpf_dynptr_write(&ptr, 0, &number, sizeof(number), 0);
	out[2] = bpf_dynptr_read(&number, sizeof(number), &ptr, 0, 0);
	slice = bpf_dynptr_data(&ptr, 0, 8);
	out[3] = slice ? (__s64)*slice : -1;
	/* A dynptr of memory may be made anew in its place. */
	out[4] = bpf_dynptr_from_mem(value, 8, 0, &ptr);
	out[5] = bpf_dynptr_write(&ptr, 0, &number, sizeof(number), 0);
	out[6] = bpf_dynptr_write(&ptr, 1, &number, sizeof(number), 0);
	return 0;
}

SEC("socket")
int limits(void *ctx)
{
	struct bpf_dynptr ptr;
	void *value = value_of(&large);
	__u64 number = 7;

	if (!value)
		return 1;
	out[0] = bpf_dynptr_from_mem(value, 1 << 24, 0, &ptr);
	out[1] = bpf_dynptr_read(&number, sizeof(number), &ptr, 0, 0);
	out[2] = bpf_dynptr_from_mem(value, 1 << 24, 1, &ptr);
	out[3] = bpf_dynptr_from_mem(value, (1 << 24) - 1, 0, &ptr);
	out[4] = bpf_dynptr_write(&ptr, (1 << 24) - 9, &number, sizeof(number), 0);
	out[5] = bpf_dynptr_write(&ptr, (1 << 24) - 8, &number, sizeof(number), 0);
	return 0;
}

SEC("socket")
int record(void *ctx)
{
	__u64 in = 42, got = 0, *slice;
	struct bpf_dynptr ptr;

	out[0] = bpf_ringbuf_reserve_dynptr(&ring, in_len, in_flags, &ptr);
	out[1] = bpf_dynptr_write(&ptr, in_offset, &in, sizeof(in), 0);
	out[2] = bpf_dynptr_read(&got, sizeof(got), &ptr, in_offset, 0);
	out[3] = (__s64)got;
	slice = bpf_dynptr_data(&ptr, 0, 8);
	out[4] = !!slice;
	if (slice)
		*slice = 43;
	bpf_ringbuf_submit_dynptr(&ptr, 0);
	out[5] = (__s64)bpf_ringbuf_query(&ring, BPF_RB_PROD_POS);
	return 0;
}

SEC("socket")
int discarded(void *ctx)
{
	struct bpf_dynptr ptr;

	out[0] = bpf_ringbuf_reserve_dynptr(&ring, in_len, in_flags, &ptr);
	bpf_ringbuf_discard_dynptr(&ptr, 0);
	out[1] = bpf_ringbuf_reserve_dynptr(&ring, 8, 0, &ptr);
	bpf_ringbuf_discard_dynptr(&ptr, BPF_RB_NO_WAKEUP);
	out[2] = (__s64)bpf_ringbuf_query(&ring, BPF_RB_PROD_POS);
	return 0;
}

char _license[] SEC("license") = "GPL";
