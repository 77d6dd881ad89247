/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The checksum that hardware would have computed of a socket buffer (CHECKSUM_COMPLETE): a one's
 * complement sum from the network header on, in the byte order of memory. Helpers keep it; what a
 * program writes by itself makes it wrong. Source: include/linux/skbuff.h, include/net/checksum.h
 * (6.12).
 */
#ifndef BU_CHECKSUM_H
#define BU_CHECKSUM_H

#include "ebpf/vm/run.h"

static inline u32 bu_sum_add(u32 a, u32 b)
{
	u32 sum = a + b;

	return sum + (sum < a);
}

/* Of bytes that begin at an odd place. */
static inline u32 bu_sum_bytes(const u8 *bytes, u32 size, bool odd)
{
	u32 sum = 0;

	for (u32 i = 0; i < size; i++)
		sum = bu_sum_add(sum, (u32)bytes[i] << ((i + odd) % 2 * 8));
	return sum;
}

static inline u16 bu_sum_fold(u32 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return (u16)((sum & 0xffff) + (sum >> 16));
}

/* Bytes at an offset from the packet's data come to the packet, or go. */
static inline void bu_sum_push(struct bu_run *run, u32 offset, const void *bytes, u32 size)
{
	bool odd = (offset - (u32)run->packet.network) % 2;

	if (run->packet.has_sum)
		run->packet.sum = bu_sum_add(run->packet.sum, bu_sum_bytes(bytes, size, odd));
}

static inline void bu_sum_pull(struct bu_run *run, u32 offset, const void *bytes, u32 size)
{
	bool odd = (offset - (u32)run->packet.network) % 2;

	if (run->packet.has_sum)
		run->packet.sum = bu_sum_add(run->packet.sum, ~bu_sum_bytes(bytes, size, odd));
}

#endif
