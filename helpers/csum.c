// SPDX-License-Identifier: BSD-2-Clause
/*
 * Internet checksums: one's complement sums of 16 or 32 bits in the byte order of memory.
 * Source: net/core/filter.c, include/net/checksum.h (6.12); csum_diff: what Linux 6.18 answers.
 */
#include "ebpf/prog/checksum.h"
#include "helpers/packet.h"

#include <string.h>

#define MANGLED_0 0xffff
#define BU_F_IPV6 (1ULL << 7) /* BPF_F_IPV6 */

static u32 add32(u32 a, u32 b)
{
	u32 sum = a + b;

	return sum + (sum < a);
}

static u16 add16(u16 a, u16 b)
{
	u16 sum = a + b;

	return sum + (sum < a);
}

/* The 16-bit sum of a 32-bit one. */
static u16 fold16(u32 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return (sum & 0xffff) + (sum >> 16);
}

static u16 fold(u32 sum)
{
	return (u16)~fold16(sum);
}

/* Sum of 32-bit words, the last one filled up with zeroes. */
static u32 sum_words(const u8 *data, u32 size, u32 sum)
{
	for (u32 i = 0; i < size; i += 4) {
		u32 word = 0;

		memcpy(&word, data + i, BU_MIN(size - i, 4));
		sum = add32(sum, word);
	}
	return sum;
}

/* Before Linux 6.13 sizes were multiples of 4, 512 at most, and the sum was not folded. */
BU_HELPER_5(csum_diff, const u8 *, from, u32, from_size, const u8 *, to, u32, to_size, u32, seed)
{
	if (from_size && to_size)
		seed = add32(sum_words(to, to_size, seed), ~sum_words(from, from_size, 0));
	else if (from_size)
		seed = ~sum_words(from, from_size, ~seed);
	else
		seed = sum_words(to, to_size, seed);
	return fold16(seed);
}

BU_HELPER_2(csum_update, void *, ctx, u32, csum)
{
	struct bu_packet *packet = &run->packet;

	if (!bu_is_skb_prog(run, "csum_update"))
		return 0;
	if (!packet->has_sum)
		return -BU_ENOTSUPP;
	packet->sum = bu_sum_add(packet->sum, csum);
	return packet->sum;
}

/* A field of `size` bytes (0: a difference) changed from `from` to `to`: 0, or -EINVAL. */
static int replace(u16 *sum, u64 from, u64 to, u64 size)
{
	switch (size) {
	case 0:
		if (from)
			return -EINVAL;
		*sum = fold(add32((u32)to, ~(u32)*sum));
		return 0;
	case 2:
		*sum = ~add16(add16(~*sum, ~(u16)from), (u16)to);
		return 0;
	case 4:
		*sum = fold(add32(add32(~(u32)*sum, ~(u32)from), (u32)to));
		return 0;
	}
	return -EINVAL;
}

/* Of a checksum inside the packet; mangled: 0 means "none", so a result of 0 is stored as 0xffff.
 */
static int replace_at(struct bu_run *run, u32 offset, u64 from, u64 to, u64 size, bool mangled,
		      bool enforce)
{
	u16 sum;
	int err;

	if (offset > 0xffff || offset % 2 || offset + 2 > bu_packet_len(run))
		return -EFAULT;
	memcpy(&sum, run->packet.data + offset, 2);
	if (mangled && !enforce && !sum)
		return 0;
	err = replace(&sum, from, to, size);
	if (err)
		return err;
	if (mangled && !sum)
		sum = MANGLED_0;
	memcpy(run->packet.data + offset, &sum, 2);
	return 0;
}

BU_HELPER_5(l3_csum_replace, void *, ctx, u32, offset, u64, from, u64, to, u64, flags)
{
	int err = -EINVAL;

	if (!bu_is_skb_prog(run, "l3_csum_replace"))
		return 0;
	if (!(flags & ~BPF_F_HDR_FIELD_MASK))
		err = replace_at(run, offset, from, to, flags, false, false);
	bu_packet_move(run, 0, 0, 0);
	return (s64)err;
}

/* A pseudo header matters only to checksums that hardware completes: the checksum in the packet has
 * changed, and nothing else there. Source: inet_proto_csum_replace4(), net/core/utils.c. */
static void replace_pseudo(struct bu_run *run, u32 from, u32 to)
{
	u32 *sum = &run->packet.sum;

	if (run->packet.has_sum)
		*sum = bu_sum_add(bu_sum_add(*sum, from), ~to);
}

BU_HELPER_5(l4_csum_replace, void *, ctx, u32, offset, u64, from, u64, to, u64, flags)
{
	u64 known = BPF_F_MARK_MANGLED_0 | BPF_F_MARK_ENFORCE | BPF_F_PSEUDO_HDR |
		    BPF_F_HDR_FIELD_MASK | BU_F_IPV6;
	int err = -EINVAL;

	if (!bu_is_skb_prog(run, "l4_csum_replace"))
		return 0;
	if (!(flags & ~known))
		err = replace_at(run, offset, from, to, flags & BPF_F_HDR_FIELD_MASK,
				 flags & BPF_F_MARK_MANGLED_0, flags & BPF_F_MARK_ENFORCE);
	if (!err && (flags & BPF_F_PSEUDO_HDR))
		replace_pseudo(run, (u32)from, (u32)to);
	bu_packet_move(run, 0, 0, 0);
	return (s64)err;
}
