// SPDX-License-Identifier: BSD-2-Clause
/* Dynptrs as the verifier accepts them: each program notes what the helpers returned in `out`. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

extern __u32 bpf_dynptr_size(const struct bpf_dynptr *p) __ksym;
/* Of a truth value only the lowest byte is defined; compilers differ in who clears the others. */
extern int bpf_dynptr_is_null(const struct bpf_dynptr *p) __ksym;
extern int bpf_dynptr_is_rdonly(const struct bpf_dynptr *p) __ksym;
extern int bpf_dynptr_adjust(const struct bpf_dynptr *p, __u32 start, __u32 end) __ksym;
extern int bpf_dynptr_clone(const struct bpf_dynptr *p, struct bpf_dynptr *clone) __ksym;
extern void *bpf_dynptr_slice(const struct bpf_dynptr *p, __u32 offset, void *buffer,
			      __u32 buffer__szk) __ksym;
extern void *bpf_dynptr_slice_rdwr(const struct bpf_dynptr *p, __u32 offset, void *buffer,
				   __u32 buffer__szk) __ksym;

extern int bpf_dynptr_from_skb(struct __sk_buff *skb, __u64 flags, struct bpf_dynptr *p) __ksym;
extern int bpf_dynptr_from_xdp(struct xdp_md *xdp, __u64 flags, struct bpf_dynptr *p) __ksym;
extern int bpf_dynptr_copy(struct bpf_dynptr *to, __u32 to_offset, struct bpf_dynptr *from,
			   __u32 from_offset, __u32 size) __ksym;
extern int bpf_dynptr_memset(struct bpf_dynptr *p, __u32 offset, __u32 size, __u8 byte) __ksym;

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

SEC("socket")
int adjusted(void *ctx)
{
	struct bpf_dynptr ptr, clone;
	void *value = value_of(&values);
	__u64 number = 5;

	if (!value)
		return 1;
	bpf_dynptr_from_mem(value, 64, 0, &ptr);
	out[0] = bpf_dynptr_size(&ptr);
	out[1] = (__u8)bpf_dynptr_is_null(&ptr);
	out[2] = (__u8)bpf_dynptr_is_rdonly(&ptr);
	out[3] = bpf_dynptr_adjust(&ptr, 16, 15);
	out[4] = bpf_dynptr_adjust(&ptr, 16, 65);
	out[5] = bpf_dynptr_adjust(&ptr, 65, 66);
	out[6] = bpf_dynptr_adjust(&ptr, 16, 32);
	out[7] = bpf_dynptr_size(&ptr);
	out[8] = bpf_dynptr_clone(&ptr, &clone);
	out[9] = bpf_dynptr_adjust(&clone, 8, 16);
	out[10] = bpf_dynptr_write(&clone, 0, &number, sizeof(number), 0);
	number = 0;
	out[11] = bpf_dynptr_read(&number, sizeof(number), &ptr, 8, 0);
	out[12] = (__s64)number;
	out[13] = bpf_dynptr_write(&clone, 1, &number, sizeof(number), 0);
	out[14] = bpf_dynptr_adjust(&ptr, 16, 16);
	out[15] = bpf_dynptr_size(&ptr);
	return 0;
}

SEC("tc") /* slices to write to are for programs that may write to packets */
int sliced(void *ctx)
{
	struct bpf_dynptr ptr, clone;
	void *value = value_of(&values);
	__u64 buffer = 0, *slice;

	if (!value)
		return 1;
	bpf_dynptr_from_mem(value, 16, 0, &ptr);
	slice = bpf_dynptr_slice_rdwr(&ptr, 8, &buffer, sizeof(buffer));
	if (slice)
		*slice = 9;
	slice = bpf_dynptr_slice(&ptr, 8, NULL, sizeof(buffer));
	out[0] = slice ? (__s64)*slice : -1;
	slice = bpf_dynptr_slice(&ptr, 9, NULL, sizeof(buffer));
	out[1] = slice ? (__s64)*slice : -1;
	slice = bpf_dynptr_slice_rdwr(&ptr, 9, &buffer, sizeof(buffer));
	out[2] = slice ? (__s64)*slice : -1;
	bpf_dynptr_from_mem(value, 16, 1, &ptr);
	out[3] = bpf_dynptr_size(&ptr);
	out[4] = (__u8)bpf_dynptr_is_null(&ptr);
	out[5] = (__u8)bpf_dynptr_is_rdonly(&ptr);
	out[6] = bpf_dynptr_adjust(&ptr, 0, 0);
	out[7] = bpf_dynptr_clone(&ptr, &clone);
	out[8] = (__u8)bpf_dynptr_is_null(&clone);
	slice = bpf_dynptr_slice(&ptr, 0, &buffer, sizeof(buffer));
	out[9] = slice ? (__s64)*slice : -1;
	return 0;
}

SEC("socket")
int cloned_record(void *ctx)
{
	struct bpf_dynptr ptr, clone;

	out[0] = bpf_ringbuf_reserve_dynptr(&ring, 16, 0, &ptr);
	out[1] = bpf_dynptr_adjust(&ptr, 8, 16);
	out[2] = bpf_dynptr_clone(&ptr, &clone);
	out[3] = bpf_dynptr_size(&clone);
	bpf_ringbuf_submit_dynptr(&clone, 0);
	out[4] = (__s64)bpf_ringbuf_query(&ring, BPF_RB_PROD_POS);
	return 0;
}

/* What can be done with a dynptr of any packet: 12 results. */
static __always_inline void use_packet(struct bpf_dynptr *ptr)
{
	__u64 number = 0x1122334455667788, buffer = 0, *slice;
	struct bpf_dynptr clone;

	out[1] = bpf_dynptr_size(ptr);
	out[2] = (__u8)bpf_dynptr_is_null(ptr) * 2 + (__u8)bpf_dynptr_is_rdonly(ptr);
	out[3] = bpf_dynptr_write(ptr, in_offset, &number, sizeof(number), 0);
	out[4] = bpf_dynptr_write(ptr, in_offset, &number, sizeof(number), 1);
	out[5] = bpf_dynptr_write(ptr, in_offset, &number, sizeof(number), 4);
	number = 0x77;
	out[6] = bpf_dynptr_read(&number, sizeof(number), ptr, in_offset, 0);
	out[7] = (__s64)number;
	slice = bpf_dynptr_slice(ptr, in_offset, &buffer, sizeof(buffer));
	out[8] = slice ? (__s64)*slice : -1;
	out[9] = bpf_dynptr_clone(ptr, &clone);
	out[10] = bpf_dynptr_adjust(&clone, 8, 24);
	out[11] = bpf_dynptr_write(&clone, in_offset, &number, 4, 0);
	out[12] = bpf_dynptr_read(&number, 4, ptr, in_offset + 8, 0);
	out[13] = (__s64)number;
	slice = bpf_dynptr_slice(&clone, 12, NULL, 4);
	out[14] = slice ? *(__u32 *)slice : -1;
	out[15] = bpf_dynptr_size(&clone);
}

SEC("xdp")
int packet_xdp(struct xdp_md *xdp)
{
	struct bpf_dynptr ptr;

	out[0] = bpf_dynptr_from_xdp(xdp, in_flags, &ptr);
	use_packet(&ptr);
	return 0;
}

SEC("tc")
int packet_tc(struct __sk_buff *skb)
{
	struct bpf_dynptr ptr;

	out[0] = bpf_dynptr_from_skb(skb, in_flags, &ptr);
	use_packet(&ptr);
	return 0;
}

SEC("socket")
int packet_socket(struct __sk_buff *skb)
{
	struct bpf_dynptr ptr;

	out[0] = bpf_dynptr_from_skb(skb, in_flags, &ptr);
	use_packet(&ptr);
	return 0;
}

SEC("cgroup_skb/egress")
int packet_cgroup(struct __sk_buff *skb)
{
	struct bpf_dynptr ptr;

	out[0] = bpf_dynptr_from_skb(skb, in_flags, &ptr);
	use_packet(&ptr);
	return 0;
}

/* Slices to write to, and a packet that becomes shorter than its dynptr. */
SEC("xdp")
int shrunk_xdp(struct xdp_md *xdp)
{
	__u64 buffer = 5, *slice;
	struct bpf_dynptr ptr;

	out[0] = bpf_dynptr_from_xdp(xdp, 0, &ptr);
	slice = bpf_dynptr_slice_rdwr(&ptr, 8, &buffer, sizeof(buffer));
	if (slice)
		*slice = 9;
	slice = bpf_dynptr_slice(&ptr, 8, NULL, 8);
	out[1] = slice ? (__s64)*slice : -1;
	out[2] = bpf_xdp_adjust_tail(xdp, -32);
	out[3] = bpf_dynptr_size(&ptr);
	buffer = 5;
	out[4] = bpf_dynptr_read(&buffer, sizeof(buffer), &ptr, in_offset, 0);
	out[5] = (__s64)buffer;
	out[6] = bpf_dynptr_write(&ptr, in_offset, &buffer, sizeof(buffer), 0);
	slice = bpf_dynptr_slice(&ptr, 8, NULL, 8);
	out[7] = slice ? (__s64)*slice : -1;
	slice = bpf_dynptr_slice(&ptr, 32, NULL, 8);
	out[8] = slice ? (__s64)*slice : -1;
	slice = bpf_dynptr_slice_rdwr(&ptr, 25, &buffer, sizeof(buffer));
	out[9] = slice ? (__s64)*slice : -1;
	return 0;
}

SEC("tc")
int shrunk_tc(struct __sk_buff *skb)
{
	__u64 buffer = 5, *slice;
	struct bpf_dynptr ptr;

	out[0] = bpf_dynptr_from_skb(skb, 0, &ptr);
	slice = bpf_dynptr_slice_rdwr(&ptr, 8, &buffer, sizeof(buffer));
	if (slice)
		*slice = 9;
	slice = bpf_dynptr_slice(&ptr, 8, NULL, 8);
	out[1] = slice ? (__s64)*slice : -1;
	out[2] = bpf_skb_change_tail(skb, 32, 0);
	out[3] = bpf_dynptr_size(&ptr);
	buffer = 5;
	out[4] = bpf_dynptr_read(&buffer, sizeof(buffer), &ptr, in_offset, 0);
	out[5] = (__s64)buffer;
	out[6] = bpf_dynptr_write(&ptr, in_offset, &buffer, sizeof(buffer), 0);
	slice = bpf_dynptr_slice(&ptr, 8, NULL, 8);
	out[7] = slice ? (__s64)*slice : -1;
	slice = bpf_dynptr_slice(&ptr, 32, NULL, 8);
	out[8] = slice ? (__s64)*slice : -1;
	slice = bpf_dynptr_slice_rdwr(&ptr, 25, &buffer, sizeof(buffer));
	out[9] = slice ? (__s64)*slice : -1;
	return 0;
}

/* Between a packet and memory; in_len bytes. */
SEC("xdp")
int copied(struct xdp_md *xdp)
{
	struct bpf_dynptr ptr, packet, none;
	void *value = value_of(&values);
	__u64 number = 0;

	if (!value)
		return 1;
	bpf_dynptr_from_xdp(xdp, 0, &packet);
	bpf_dynptr_from_mem(value, 48, 0, &ptr);
	bpf_dynptr_from_mem(value, 48, 1, &none);
	out[0] = bpf_dynptr_memset(&ptr, in_offset, in_len, 0xab);
	out[1] = bpf_dynptr_copy(&packet, 0, &ptr, in_offset, in_len);
	bpf_dynptr_read(&number, sizeof(number), &packet, 0, 0);
	out[2] = (__s64)number;
	out[3] = bpf_dynptr_memset(&packet, in_offset, in_len, 0xcd);
	out[4] = bpf_dynptr_copy(&ptr, 0, &packet, in_offset, in_len);
	bpf_dynptr_read(&number, sizeof(number), &ptr, 0, 0);
	out[5] = (__s64)number;
	out[6] = bpf_dynptr_copy(&ptr, 4, &ptr, 0, in_len);
	out[7] = bpf_dynptr_copy(&none, 0, &ptr, 0, in_len);
	out[8] = bpf_dynptr_copy(&ptr, 0, &none, 0, in_len);
	out[9] = bpf_dynptr_memset(&none, 0, in_len, 1);
	out[10] = bpf_dynptr_copy(&ptr, 0, &none, 0, 0);
	out[11] = bpf_dynptr_memset(&none, 0, 0, 1);
	out[12] = bpf_dynptr_memset(&ptr, 48, 0, 1);
	return 0;
}

/* A read-only packet. */
SEC("socket")
int copied_rdonly(struct __sk_buff *skb)
{
	struct bpf_dynptr ptr, packet;
	void *value = value_of(&values);

	if (!value)
		return 1;
	bpf_dynptr_from_skb(skb, 0, &packet);
	bpf_dynptr_from_mem(value, 48, 0, &ptr);
	out[0] = bpf_dynptr_memset(&packet, in_offset, in_len, 0xab);
	out[1] = bpf_dynptr_copy(&packet, in_offset, &ptr, 0, in_len);
	out[2] = bpf_dynptr_copy(&ptr, 0, &packet, in_offset, in_len);
	return 0;
}

char _license[] SEC("license") = "GPL";
