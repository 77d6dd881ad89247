// SPDX-License-Identifier: BSD-2-Clause
/*
 * Kernel functions for dynptrs: of memory, ring buffer records and packets. A slice of a
 * packet is the packet itself; the buffer given is for bytes in several pieces. Source:
 * kernel/bpf/helpers.c, net/core/filter.c (6.12).
 *
 * Differs: the clone of a null dynptr is none of a ring buffer's: the original is to be released.
 */
#include "helpers/dynptr.h"

#include <string.h>

#include "helpers/packet.h"

#define CHUNK_BYTES 256U /* Source: bpf_dynptr_copy(), bpf_dynptr_memset(), 6.18 */

BU_HELPER_1(dynptr_size, const struct bu_dynptr *, ptr)
{
	struct bu_dynptr value;

	if (!bu_dynptr_get(run, ptr, &value))
		return 0;
	return value.data ? value.size : (u32)-EINVAL;
}

BU_HELPER_1(dynptr_is_null, const struct bu_dynptr *, ptr)
{
	struct bu_dynptr value;

	return bu_dynptr_get(run, ptr, &value) && !value.data;
}

BU_HELPER_1(dynptr_is_rdonly, const struct bu_dynptr *, ptr)
{
	struct bu_dynptr value;

	return bu_dynptr_get(run, ptr, &value) && value.data && value.rdonly;
}

BU_HELPER_3(dynptr_adjust, struct bu_dynptr *, ptr, u32, start, u32, end)
{
	struct bu_dynptr value;

	if (!bu_dynptr_get(run, ptr, &value))
		return 0;
	if (!value.data || start > end)
		return -EINVAL;
	if (end > value.size)
		return -ERANGE;
	value.offset += start;
	value.size = end - start;
	bu_dynptr_set(run, ptr, value);
	return 0;
}

BU_HELPER_2(dynptr_clone, const struct bu_dynptr *, ptr, struct bu_dynptr *, clone)
{
	struct bu_dynptr value;

	if (!bu_dynptr_get(run, ptr, &value) || !bu_dynptr_place(run, clone))
		return 0;
	if (!value.data)
		value = (struct bu_dynptr){ .type = BU_DYNPTR_LOCAL };
	bu_dynptr_set(run, clone, value);
	return value.data ? 0 : -EINVAL;
}

/* An XDP packet may have become shorter than its dynptr, or the bytes lie apart. Source:
 * bpf_xdp_copy_buf(), net/core/filter.c (6.12), which does not say so. */
static void *copy_of_rest(struct bu_run *run, u32 offset, void *buffer, u32 len)
{
	u32 end = bu_packet_len(run);

	bu_arena_make_written(&run->kernel->arena, buffer, len);
	if (offset < end)
		bu_packet_read(run, offset, buffer, BU_MIN(len, end - offset));
	return buffer;
}

static u64 slice(struct bu_run *run, const struct bu_dynptr *ptr, u32 offset, u64 buffer, u32 len,
		 bool write)
{
	struct bu_dynptr value;
	void *bytes;

	if (!bu_dynptr_get(run, ptr, &value))
		return 0;
	if (buffer && !bu_arena_writable(&run->kernel->arena, (void *)buffer, len)) {
		bu_fault_access(run, buffer, len, true);
		return 0;
	}
	bytes = bu_dynptr_bytes(run, &value, offset, len, write);
	if (!bytes && buffer && value.data && value.type == BU_DYNPTR_XDP &&
	    !(write && value.rdonly) && !bu_dynptr_check(&value, offset, len))
		bytes = copy_of_rest(run, value.offset + offset, (void *)buffer, len);
	return bu_dynptr_view(run, bytes, len, !write, "slice");
}

BU_HELPER_4(dynptr_slice, const struct bu_dynptr *, ptr, u32, offset, u64, buffer, u32, len)
{
	return slice(run, ptr, offset, buffer, len, false);
}

BU_HELPER_4(dynptr_slice_rdwr, const struct bu_dynptr *, ptr, u32, offset, u64, buffer, u32, len)
{
	return slice(run, ptr, offset, buffer, len, true);
}

/* Programs of these types read packets only. Source: may_access_direct_pkt_data(),
 * kernel/bpf/verifier.c (6.12). */
static bool only_reads(const struct bu_prog *prog)
{
	switch (bu_prog_kind(prog)) {
	case BPF_PROG_TYPE_SCHED_CLS:
	case BPF_PROG_TYPE_SCHED_ACT:
	case BPF_PROG_TYPE_XDP:
	case BPF_PROG_TYPE_LWT_XMIT:
	case BPF_PROG_TYPE_SK_SKB:
		return false;
	}
	return true;
}

static u64 of_packet(struct bu_run *run, enum bu_dynptr_type type, u64 flags, struct bu_dynptr *ptr)
{
	struct bu_dynptr value = { .type = BU_DYNPTR_LOCAL };

	if (!bu_dynptr_place(run, ptr))
		return 0;
	if (!flags)
		value = (struct bu_dynptr){ .data = (u64)run->ctx,
					    .size = bu_packet_len(run),
					    .type = type,
					    .rdonly = only_reads(run->prog) };
	bu_dynptr_set(run, ptr, value);
	return flags ? -EINVAL : 0;
}

BU_HELPER_3(dynptr_from_skb, void *, skb, u64, flags, struct bu_dynptr *, ptr)
{
	(void)skb;
	if (!bu_is_skb_prog(run, "dynptr_from_skb"))
		return 0;
	return of_packet(run, BU_DYNPTR_SKB, flags, ptr);
}

BU_HELPER_3(dynptr_from_xdp, void *, xdp, u64, flags, struct bu_dynptr *, ptr)
{
	(void)xdp;
	if (!bu_is_xdp_prog(run, "dynptr_from_xdp"))
		return 0;
	return of_packet(run, BU_DYNPTR_XDP, flags, ptr);
}

/* From memory that may not be written yet. */
static int store_read(struct bu_run *run, const struct bu_dynptr *to, u32 offset, const void *from,
		      u32 len)
{
	if (bu_arena_readable(&run->kernel->arena, from, len))
		return bu_dynptr_store(run, to, offset, from, len, 0);
	bu_fault_access(run, (u64)from, len, false);
	return 0;
}

/* Neither side lies in one piece. */
static s64 copy_chunks(struct bu_run *run, const struct bu_dynptr *to, u32 to_offset,
		       const struct bu_dynptr *from, u32 from_offset, u32 len)
{
	u8 chunk[CHUNK_BYTES];
	s64 err = 0;
	u32 size;

	for (u32 at = 0; at < len && !err; at += size) {
		size = BU_MIN(len - at, CHUNK_BYTES);
		err = bu_dynptr_load(run, from, from_offset + at, chunk, size);
		if (!err)
			err = bu_dynptr_store(run, to, to_offset + at, chunk, size, 0);
	}
	return err;
}

BU_HELPER_5(dynptr_copy, const struct bu_dynptr *, to, u32, to_offset, const struct bu_dynptr *,
	    from, u32, from_offset, u32, len)
{
	struct bu_dynptr source, target;
	void *bytes;

	if (!bu_dynptr_get(run, to, &target) || !bu_dynptr_get(run, from, &source))
		return 0;
	bytes = bu_dynptr_bytes(run, &source, from_offset, len, false);
	if (bytes)
		return (s64)store_read(run, &target, to_offset, bytes, len);
	bytes = bu_dynptr_bytes(run, &target, to_offset, len, true);
	if (bytes && bu_arena_make_written(&run->kernel->arena, bytes, len))
		return (s64)bu_dynptr_load(run, &source, from_offset, bytes, len);
	if (bu_dynptr_check(&target, to_offset, len) || bu_dynptr_check(&source, from_offset, len))
		return -E2BIG;
	return copy_chunks(run, &target, to_offset, &source, from_offset, len);
}

/* Of a packet that has become shorter, or bytes in several pieces. */
static s64 fill_packet(struct bu_run *run, const struct bu_dynptr *value, u32 offset, u32 len,
		       u8 byte)
{
	u8 chunk[CHUNK_BYTES];
	s64 err = 0;
	u32 size;

	if (value->type == BU_DYNPTR_SKB)
		return -EFAULT;
	memset(chunk, byte, sizeof(chunk));
	for (; len && !err; offset += size, len -= size) {
		size = BU_MIN(len, CHUNK_BYTES);
		err = bu_packet_store_xdp(run, value->offset + offset, chunk, size);
	}
	return err;
}

BU_HELPER_4(dynptr_memset, const struct bu_dynptr *, ptr, u32, offset, u32, len, u8, byte)
{
	struct bu_dynptr value;
	void *bytes;

	if (!bu_dynptr_get(run, ptr, &value))
		return 0;
	if (value.rdonly)
		return -EINVAL;
	if (bu_dynptr_check(&value, offset, len))
		return -E2BIG;
	bytes = bu_dynptr_bytes(run, &value, offset, len, true);
	if (!bytes && len)
		return fill_packet(run, &value, offset, len, byte);
	if (!bytes)
		return 0;
	if (bu_arena_make_written(&run->kernel->arena, bytes, len))
		memset(bytes, byte, len);
	else
		bu_fault_access(run, (u64)bytes, len, true);
	return 0;
}
