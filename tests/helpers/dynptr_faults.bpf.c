// SPDX-License-Identifier: BSD-2-Clause
/* Dynptrs in ways that the verifier refuses. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

extern __u32 bpf_dynptr_size(const struct bpf_dynptr *p) __ksym;
extern int bpf_dynptr_clone(const struct bpf_dynptr *p, struct bpf_dynptr *clone) __ksym;
extern int bpf_dynptr_adjust(const struct bpf_dynptr *p, __u32 start, __u32 end) __ksym;

extern int bpf_dynptr_from_skb(struct __sk_buff *skb, __u64 flags, struct bpf_dynptr *p) __ksym;
extern int bpf_dynptr_from_xdp(struct xdp_md *xdp, __u64 flags, struct bpf_dynptr *p) __ksym;
extern void *bpf_dynptr_slice(const struct bpf_dynptr *p, __u32 offset, void *buffer,
			      __u32 buffer__szk) __ksym;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, __u8[64]);
} flows SEC(".maps");

__u8 bytes[64];
__u32 how;

#define BARRIER(x) asm volatile("" ::"r"(&(x)) : "memory")

SEC("socket")
int uninitialised(void *ctx)
{
	struct bpf_dynptr ptr;
	__u8 byte;

	BARRIER(ptr);
	return bpf_dynptr_read(&byte, 1, &ptr, 0, 0);
}

/* how: 0 leaves it intact. */
SEC("socket")
int overwritten(void *ctx)
{
	struct bpf_dynptr ptr, copy;
	__u8 byte = 1;

	bpf_dynptr_from_mem(bytes, sizeof(bytes), 0, &ptr);
	BARRIER(ptr);
	if (how == 1)
		((volatile __u64 *)&ptr)[0] += 8;
	if (how == 2)
		((volatile __u64 *)&ptr)[1]++;
	if (how == 3)
		((volatile __u64 *)&ptr)[0] = ((volatile __u64 *)&ptr)[1] = 0;
	BARRIER(ptr);
	if (how == 4) {
		__builtin_memcpy(&copy, &ptr, sizeof(copy));
		BARRIER(copy);
		return bpf_dynptr_write(&copy, 0, &byte, 1, 0);
	}
	if (how == 5)
		return bpf_dynptr_write((void *)&ptr + 4, 0, &byte, 1, 0);
	return bpf_dynptr_write(&ptr, 0, &byte, 1, 0);
}

static __noinline int make(void)
{
	struct bpf_dynptr ptr;

	bpf_dynptr_from_mem(bytes, sizeof(bytes), 0, &ptr);
	BARRIER(ptr);
	return 0;
}

static __noinline int use(void)
{
	struct bpf_dynptr ptr;
	__u8 byte = 1;

	BARRIER(ptr);
	return bpf_dynptr_write(&ptr, 0, &byte, 1, 0);
}

SEC("socket")
int left_by_another_call(void *ctx)
{
	return make() + use();
}

SEC("socket")
int of_stack(void *ctx)
{
	struct bpf_dynptr ptr;
	__u8 local[8] = { 0 };

	return bpf_dynptr_from_mem(local, sizeof(local), 0, &ptr);
}

SEC("socket")
int in_a_map(void *ctx)
{
	return bpf_dynptr_from_mem(bytes, 8, 0, (struct bpf_dynptr *)(bytes + 16));
}

SEC("socket")
int beyond_slice(void *ctx)
{
	struct bpf_dynptr ptr;
	__u8 *slice = NULL;
	__u32 key = 0;
	void *value;

	bpf_map_update_elem(&flows, &key, bytes, BPF_ANY);
	value = bpf_map_lookup_elem(&flows, &key);
	if (!value)
		return 1;
	bpf_dynptr_from_mem(value, 64, 0, &ptr);
	slice = bpf_dynptr_data(&ptr, 60, 4);
	return slice ? slice[how] : 1;
}

SEC("socket")
int of_removed(void *ctx)
{
	struct bpf_dynptr ptr;
	__u32 key = 0;
	void *value;
	__u8 byte;

	bpf_map_update_elem(&flows, &key, bytes, BPF_ANY);
	value = bpf_map_lookup_elem(&flows, &key);
	if (!value)
		return 1;
	bpf_dynptr_from_mem(value, 64, 0, &ptr);
	if (how)
		bpf_map_delete_elem(&flows, &key);
	return bpf_dynptr_read(&byte, 1, &ptr, 0, 0);
}

SEC("socket")
int beyond_record(void *ctx)
{
	struct bpf_dynptr ptr;
	__u8 *slice;

	bpf_ringbuf_reserve_dynptr(&ring, 16, 0, &ptr);
	slice = bpf_dynptr_data(&ptr, 8, 8);
	if (slice && how)
		*(volatile __u64 *)(slice + 1) = 1;
	else if (slice)
		*(volatile __u64 *)slice = 1;
	bpf_ringbuf_submit_dynptr(&ptr, 0);
	return 0;
}

SEC("socket")
int unwritten(void *ctx)
{
	struct bpf_dynptr ptr;
	__u64 number = 0;

	bpf_ringbuf_reserve_dynptr(&ring, 16, 0, &ptr);
	if (!how)
		bpf_dynptr_write(&ptr, 8, &number, 8, 0);
	number = bpf_dynptr_read(&number, 8, &ptr, 8, 0);
	bpf_ringbuf_discard_dynptr(&ptr, 0);
	return (int)number;
}

/* how: the reservation's size. */
SEC("socket")
int leaks(void *ctx)
{
	struct bpf_dynptr ptr;

	bpf_ringbuf_reserve_dynptr(&ring, how, 0, &ptr);
	return 0;
}

SEC("socket")
int reserves_over(void *ctx)
{
	struct bpf_dynptr ptr;

	bpf_ringbuf_reserve_dynptr(&ring, 8, how, &ptr);
	bpf_ringbuf_reserve_dynptr(&ring, 8, 0, &ptr);
	bpf_ringbuf_submit_dynptr(&ptr, 0);
	return 0;
}

SEC("socket")
int after_submit(void *ctx)
{
	struct bpf_dynptr ptr;
	__u64 number = 1, *slice;

	bpf_ringbuf_reserve_dynptr(&ring, 8, 0, &ptr);
	slice = bpf_dynptr_data(&ptr, 0, 8);
	bpf_ringbuf_submit_dynptr(&ptr, 0);
	if (how == 1)
		return bpf_dynptr_write(&ptr, 0, &number, 8, 0);
	if (how == 2)
		return bpf_dynptr_read(&number, 8, &ptr, 0, 0);
	if (how == 3)
		return !bpf_dynptr_data(&ptr, 0, 8);
	if (how == 4)
		bpf_ringbuf_submit_dynptr(&ptr, 0);
	if (how == 5)
		bpf_ringbuf_discard_dynptr(&ptr, 0);
	if (how == 6 && slice)
		*slice = 1;
	return 0;
}

SEC("socket")
int submits_memory(void *ctx)
{
	struct bpf_dynptr ptr;

	bpf_dynptr_from_mem(bytes, sizeof(bytes), 0, &ptr);
	bpf_ringbuf_submit_dynptr(&ptr, 0);
	return 0;
}

SEC("socket")
int reserves_in_hash(void *ctx)
{
	struct bpf_dynptr ptr;

	return bpf_ringbuf_reserve_dynptr(&flows, 8, 0, &ptr);
}

SEC("socket")
int clone_after_submit(void *ctx)
{
	struct bpf_dynptr ptr, clone;

	bpf_ringbuf_reserve_dynptr(&ring, 8, 0, &ptr);
	bpf_dynptr_clone(&ptr, &clone);
	bpf_ringbuf_submit_dynptr(&ptr, 0);
	if (how == 1)
		return bpf_dynptr_size(&clone);
	if (how == 2)
		bpf_ringbuf_submit_dynptr(&clone, 0);
	if (how == 3)
		return bpf_dynptr_adjust(&clone, 0, 4);
	return 0;
}

SEC("socket")
int size_of_none(void *ctx)
{
	struct bpf_dynptr ptr;

	BARRIER(ptr);
	return bpf_dynptr_size(&ptr);
}

/* how: 0 uses the slice at once, 1 when the packet has moved, 2 behind its end. */
SEC("xdp")
int slice_of_xdp(struct xdp_md *xdp)
{
	struct bpf_dynptr ptr;
	__u8 *slice;

	bpf_dynptr_from_xdp(xdp, 0, &ptr);
	slice = bpf_dynptr_slice(&ptr, 56, NULL, 8);
	if (!slice)
		return 1;
	if (how == 1)
		bpf_xdp_adjust_head(xdp, 4);
	return how == 2 ? *(volatile __u8 *)(slice + 8) : *(volatile __u8 *)slice;
}

/* how: 1 writes to the packet before. */
SEC("tc")
int slice_of_skb(struct __sk_buff *skb)
{
	struct bpf_dynptr ptr;
	__u8 *slice, byte = 0;

	bpf_dynptr_from_skb(skb, 0, &ptr);
	slice = bpf_dynptr_slice(&ptr, 0, NULL, 8);
	if (how == 1)
		bpf_dynptr_write(&ptr, 20, &byte, 1, 0);
	return slice ? *(volatile __u8 *)slice : 1;
}

SEC("tp")
int skb_of_none(void *ctx)
{
	struct bpf_dynptr ptr;

	return bpf_dynptr_from_skb(ctx, 0, &ptr);
}

char _license[] SEC("license") = "GPL";
