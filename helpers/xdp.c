// SPDX-License-Identifier: BSD-2-Clause
/*
 * XDP packets: the part that the program sees, and fragments behind it. Source: net/core/filter.c,
 * include/net/xdp.h (6.12).
 */
#include "helpers/packet.h"

#include <string.h>

#define FRAME_STRUCT_BYTES 40  /* Source: struct xdp_frame, at the start of the headroom */
#define MAX_META_BYTES     255 /* Source: xdp_metalen_invalid() */

/* Refused requests invalidate pointers too: the kernel's verifier does not know the outcome. */
static u64 move(struct bu_run *run, int err, s32 head, s32 tail, s32 meta)
{
	if (err) {
		bu_packet_move(run, 0, 0, 0);
		return (s64)err;
	}
	return (s64)bu_packet_move(run, head, tail, meta);
}

BU_HELPER_2(xdp_adjust_head, void *, ctx, s32, offset)
{
	const struct bu_packet *p = &run->packet;
	s64 data = p->data - p->head + (s64)offset;
	s64 first = FRAME_STRUCT_BYTES + (p->data - p->meta);
	bool ok = data >= first && data <= p->end - p->head - BU_ETH_HLEN;

	if (!bu_is_xdp_prog(run, "xdp_adjust_head"))
		return 0;
	return move(run, ok ? 0 : -EINVAL, offset, 0, 0);
}

/* The last fragment has what is left of its page. Source: bpf_xdp_frags_increase_tail(). */
static int grow_frags(struct bu_run *run, u32 more)
{
	struct bu_packet *p = &run->packet;
	u32 last = (p->frags_size - 1) % BU_FRAG_BYTES + 1;

	if (more > BU_FRAG_BYTES - last)
		return -EINVAL;
	memset(p->frags + p->frags_size, 0, more);
	return bu_run_set_frags(run, p->frags, p->frags_size + more);
}

/* From the last fragment on; without any, the rest is the program's part. Source:
 * bpf_xdp_frags_shrink_tail(). */
static u64 adjust_frags(struct bu_run *run, s32 offset)
{
	const struct bu_packet *p = &run->packet;
	u32 less = offset < 0 ? -(u32)offset : 0, of_frags = BU_MIN(less, p->frags_size);
	int err;

	if (offset >= 0)
		err = grow_frags(run, (u32)offset);
	else if ((s64)less > (s64)bu_packet_len(run) - BU_ETH_HLEN)
		err = -EINVAL;
	else
		err = bu_run_set_frags(run, p->frags, p->frags_size - of_frags);
	return move(run, err, 0, -(s32)(less - of_frags), 0);
}

BU_HELPER_2(xdp_adjust_tail, void *, ctx, s32, offset)
{
	const struct bu_packet *p = &run->packet;
	s64 end = p->end - p->data + (s64)offset;
	bool ok = end >= BU_ETH_HLEN && end <= p->limit - p->data;

	if (!bu_is_xdp_prog(run, "xdp_adjust_tail"))
		return 0;
	if (p->frags)
		return adjust_frags(run, offset);
	return move(run, ok ? 0 : -EINVAL, 0, offset, 0);
}

BU_HELPER_2(xdp_adjust_meta, void *, ctx, s32, offset)
{
	const struct bu_packet *p = &run->packet;
	s64 meta = p->meta - p->head + (s64)offset;
	s64 size = p->data - p->head - meta;
	int err = 0;

	if (!bu_is_xdp_prog(run, "xdp_adjust_meta"))
		return 0;
	if (meta < FRAME_STRUCT_BYTES || size < 0)
		err = -EINVAL;
	else if (size % 4 || size > MAX_META_BYTES)
		err = -EACCES;
	return move(run, err, 0, 0, offset);
}

/* Tracing programs give the kernel's struct xdp_buff, of the program that they watch. */
BU_HELPER_1(xdp_get_buff_len, void *, ctx)
{
	if (bu_prog_kind(run->prog) == BPF_PROG_TYPE_TRACING)
		return bu_packet_len(bu_watched_run(run));
	if (!bu_is_xdp_prog(run, "xdp_get_buff_len"))
		return 0;
	if (ctx != run->ctx)
		bu_fault_raise(run, BU_FAULT_BAD_ARGUMENT,
			       "argument 1 is not the program's context");
	return bu_packet_len(run);
}

static int check_range(const struct bu_run *run, u32 offset, u32 len)
{
	if (offset > BU_XDP_REACH || len > BU_XDP_REACH)
		return -EFAULT;
	return offset + len > bu_packet_len(run) ? -EINVAL : 0;
}

int bu_packet_load_xdp(struct bu_run *run, u32 offset, void *to, u32 len)
{
	int err = check_range(run, offset, len);

	if (!err)
		bu_packet_read(run, offset, to, len);
	return err;
}

int bu_packet_store_xdp(struct bu_run *run, u32 offset, const void *from, u32 len)
{
	int err = check_range(run, offset, len);

	if (!err)
		bu_packet_write(run, offset, from, len);
	return err;
}

BU_HELPER_4(xdp_load_bytes, void *, ctx, u32, offset, void *, buf, u32, len)
{
	if (!bu_is_xdp_prog(run, "xdp_load_bytes"))
		return 0;
	return (s64)bu_packet_load_xdp(run, offset, buf, len);
}

BU_HELPER_4(xdp_store_bytes, void *, ctx, u32, offset, const void *, buf, u32, len)
{
	if (!bu_is_xdp_prog(run, "xdp_store_bytes"))
		return 0;
	return (s64)bu_packet_store_xdp(run, offset, buf, len);
}
