// SPDX-License-Identifier: BSD-2-Clause
/* Dynptrs of XDP packets that have fragments. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

extern __u32 bpf_dynptr_size(const struct bpf_dynptr *ptr) __ksym;
extern int bpf_dynptr_from_xdp(struct xdp_md *xdp, __u64 flags, struct bpf_dynptr *ptr) __ksym;
extern void *bpf_dynptr_slice(const struct bpf_dynptr *ptr, __u32 offset, void *buffer,
			      __u32 size) __ksym;
extern void *bpf_dynptr_slice_rdwr(const struct bpf_dynptr *ptr, __u32 offset, void *buffer,
				   __u32 size) __ksym;
extern int bpf_dynptr_memset(struct bpf_dynptr *ptr, __u32 offset, __u32 size, __u8 byte) __ksym;
extern int bpf_dynptr_copy(struct bpf_dynptr *to, __u32 to_offset, struct bpf_dynptr *from,
			   __u32 from_offset, __u32 size) __ksym;

struct {
	__u32 offset, to, size;
	int copied, changed, filled, moved;
	__u8 first, last;
} v;

SEC("xdp.frags")
int slices(struct xdp_md *ctx)
{
	__u8 buffer[8] = { 0 };
	struct bpf_dynptr ptr;
	__u8 *bytes;

	bpf_dynptr_from_xdp(ctx, 0, &ptr);
	v.size = bpf_dynptr_size(&ptr);
	bytes = bpf_dynptr_slice(&ptr, v.offset, buffer, sizeof(buffer));
	v.copied = -1;
	if (bytes) {
		v.first = bytes[0];
		v.last = bytes[7];
		buffer[0] = v.first + 1;
		v.copied = bytes[0] != v.first;
	}
	return XDP_PASS;
}

SEC("xdp.frags")
int change(struct xdp_md *ctx)
{
	__u8 buffer[8] = { 0 };
	struct bpf_dynptr ptr;
	__u8 *bytes;

	bpf_dynptr_from_xdp(ctx, 0, &ptr);
	bytes = bpf_dynptr_slice_rdwr(&ptr, v.offset, buffer, sizeof(buffer));
	if (bytes)
		bytes[7] = 0xee;
	v.changed = !!bytes;
	return XDP_PASS;
}

SEC("xdp.frags")
int fill(struct xdp_md *ctx)
{
	struct bpf_dynptr ptr;

	bpf_dynptr_from_xdp(ctx, 0, &ptr);
	v.filled = bpf_dynptr_memset(&ptr, v.offset, 8, 0xdd);
	return XDP_PASS;
}

SEC("xdp.frags")
int move(struct xdp_md *ctx)
{
	struct bpf_dynptr from, to;

	bpf_dynptr_from_xdp(ctx, 0, &from);
	bpf_dynptr_from_xdp(ctx, 0, &to);
	v.moved = bpf_dynptr_copy(&to, v.to, &from, v.offset, 8);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
