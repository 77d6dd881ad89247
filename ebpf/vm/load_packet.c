// SPDX-License-Identifier: BSD-2-Clause
/*
 * LD_ABS and LD_IND: bytes of the packet in network order, wherever a context's packet begins.
 * Source: bpf_skb_load_helper_*() and bpf_internal_load_pointer_neg_helper(), net/core/filter.c
 * (6.12).
 */
#include "ebpf/kernel.h"
#include "ebpf/vm/decode.h"
#include "ebpf/vm/vm.h"

#include <string.h>

/* Bytes at an offset from the packet's data; those before it are the end of the link header. */
static bool packet_bytes(const struct bu_packet *packet, s64 at, u64 size, void *bytes)
{
	s64 len = packet->end - packet->data, link = sizeof(packet->mac);

	if (at >= 0 && at + (s64)size <= len)
		memcpy(bytes, packet->data + at, size);
	else if (at >= -link && at + (s64)size <= 0)
		memcpy(bytes, packet->mac + link + at, size);
	else
		return false;
	return true;
}

bool bu_vm_load_packet(struct bu_run *run, const struct bu_op *op)
{
	static const s64 net_off = -0x100000, ll_off = -0x200000, eth_len = 14, ancillary = -0x1000;
	s64 at = (s32)((u32)op->imm + (op->src < 10 ? (u32)run->regs[op->src] : 0));
	u64 size = op->aux, value = 0;

	if (at < 0 && (at >= ancillary || at < ll_off))
		return false;
	if (at < 0 && at >= net_off)
		at = at - net_off + run->packet.network;
	else if (at < 0)
		at = at - ll_off + run->packet.network - eth_len;
	if (!run->packet.head || !packet_bytes(&run->packet, at, size, &value))
		return false;
	run->regs[0] = size == 4   ? __builtin_bswap32(value)
		       : size == 2 ? __builtin_bswap16(value)
				   : value;
	return true;
}
