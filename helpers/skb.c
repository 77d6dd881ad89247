// SPDX-License-Identifier: BSD-2-Clause
/*
 * Socket buffers, all of them linear. Offsets count from data: the link header for tc programs, the
 * network header for the others. Source: net/core/filter.c (6.12).
 */
#include "ebpf/prog/checksum.h"
#include "helpers/packet.h"

#include <string.h>

#define MAX_LEN 16064 /* Source: BPF_SKB_MAX_LEN with 4-KiB pages */

int bu_packet_load_skb(struct bu_run *run, u32 offset, void *to, u32 len)
{
	if (offset > INT32_MAX || (u64)offset + len > bu_packet_len(run)) {
		memset(to, 0, len);
		return -EFAULT;
	}
	memmove(to, run->packet.data + offset, len);
	return 0;
}

/* A flow dissector has no socket buffer when it is run by BPF_PROG_TEST_RUN. */
BU_HELPER_4(skb_load_bytes, void *, ctx, u32, offset, void *, to, u32, len)
{
	if (bu_prog_kind(run->prog) == BPF_PROG_TYPE_FLOW_DISSECTOR) {
		memset(to, 0, len);
		return -EFAULT;
	}
	if (!bu_is_skb_prog(run, "skb_load_bytes"))
		return 0;
	return (s64)bu_packet_load_skb(run, offset, to, len);
}

/* Copy from a position relative to data, which may begin in the link header in front of it. */
static int copy_from(const struct bu_run *run, s64 from, u8 *to, u32 len)
{
	const struct bu_packet *p = &run->packet;
	u32 before = 0;

	if (from + len > bu_packet_len(run))
		return -EFAULT;
	if (from < 0) {
		before = (u32)BU_MIN((s64)len, -from);
		memcpy(to, p->mac + BU_ETH_HLEN + from, before);
	}
	if (len > before)
		memmove(to + before, p->data + from + before, len - before);
	return 0;
}

BU_HELPER_5(skb_load_bytes_relative, void *, ctx, u32, offset, u8 *, to, u32, len, u32, start)
{
	s64 network = run->packet.network, mac = network > 0 ? 0 : -BU_ETH_HLEN;
	int err = -EFAULT;

	if (!bu_is_skb_prog(run, "skb_load_bytes_relative"))
		return 0;
	if (offset <= 0xffff && start == BPF_HDR_START_MAC)
		err = copy_from(run, mac + offset, to, len);
	else if (offset <= 0xffff && start == BPF_HDR_START_NET)
		err = copy_from(run, network + offset, to, len);
	if (err)
		memset(to, 0, len);
	return (s64)err;
}

int bu_packet_store_skb(struct bu_run *run, u32 offset, const void *from, u32 len, u64 flags)
{
	u64 known = BPF_F_RECOMPUTE_CSUM | BPF_F_INVALIDATE_HASH;
	int err = 0;

	if (flags & ~known)
		err = -EINVAL;
	else if (offset > INT32_MAX || (u64)offset + len > bu_packet_len(run))
		err = -EFAULT;
	if (!err && (flags & BPF_F_RECOMPUTE_CSUM))
		bu_sum_pull(run, offset, run->packet.data + offset, len);
	if (!err)
		memmove(run->packet.data + offset, from, len);
	if (!err && (flags & BPF_F_RECOMPUTE_CSUM))
		bu_sum_push(run, offset, run->packet.data + offset, len);
	if (!err && (flags & BPF_F_INVALIDATE_HASH))
		((struct __sk_buff *)run->ctx)->hash = 0;
	bu_packet_move(run, 0, 0, 0);
	return err;
}

BU_HELPER_5(skb_store_bytes, void *, ctx, u32, offset, const void *, from, u32, len, u64, flags)
{
	if (!bu_is_skb_prog(run, "skb_store_bytes"))
		return 0;
	return (s64)bu_packet_store_skb(run, offset, from, len, flags);
}

BU_HELPER_2(skb_pull_data, void *, ctx, u32, len)
{
	if (!bu_is_skb_prog(run, "skb_pull_data"))
		return 0;
	bu_packet_move(run, 0, 0, 0);
	return len > bu_packet_len(run) ? -ENOMEM : 0;
}

BU_HELPER_3(skb_change_tail, void *, ctx, u32, new_len, u64, flags)
{
	s32 min_len = BU_MAX(run->packet.network, 0);
	u32 len = bu_packet_len(run);

	if (!bu_is_skb_prog(run, "skb_change_tail"))
		return 0;
	if (flags || new_len > MAX_LEN || new_len < (u32)min_len) {
		bu_packet_move(run, 0, 0, 0);
		return -EINVAL;
	}
	if (new_len != len)
		run->packet.has_sum = false; /* nobody keeps the checksum from now on */
	if (bu_packet_reserve(run, 0, new_len > len ? new_len - len : 0))
		return -ENOMEM;
	return bu_packet_move(run, 0, (s32)(new_len - len), 0) ? -ENOMEM : 0;
}

BU_HELPER_3(skb_change_head, void *, ctx, u32, head_room, u64, flags)
{
	u32 len = bu_packet_len(run), new_len = len + head_room;

	if (!bu_is_skb_prog(run, "skb_change_head"))
		return 0;
	if (flags || new_len > MAX_LEN || new_len < len) {
		bu_packet_move(run, 0, 0, 0);
		return -EINVAL;
	}
	if (bu_packet_reserve(run, head_room, 0))
		return -ENOMEM;
	return bu_packet_move(run, -(s32)head_room, 0, 0) ? -ENOMEM : 0;
}

/* Differs: a hash of 0 ("not computed") stays 0; the kernel would compute one from the headers. */
BU_HELPER_1(get_hash_recalc, const struct __sk_buff *, skb)
{
	return bu_is_skb_prog(run, "get_hash_recalc") ? skb->hash : 0;
}

BU_HELPER_1(set_hash_invalid, struct __sk_buff *, skb)
{
	if (bu_is_skb_prog(run, "set_hash_invalid"))
		skb->hash = 0;
	return 0;
}

BU_HELPER_2(set_hash, struct __sk_buff *, skb, u32, hash)
{
	if (bu_is_skb_prog(run, "set_hash"))
		skb->hash = hash;
	return 0;
}
