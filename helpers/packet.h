/* SPDX-License-Identifier: BSD-2-Clause */
/* What the helpers of programs with a packet have in common. */
#ifndef BU_HELPERS_PACKET_H
#define BU_HELPERS_PACKET_H

#include "ebpf/kernel.h"

#define BU_ETH_HLEN 14

/* Whether the program's context is struct __sk_buff / struct xdp_md; if not, a fault is raised that
 * names the helper. */
bool bu_is_skb_prog(struct bu_run *run, const char *helper);
bool bu_is_xdp_prog(struct bu_run *run, const char *helper);

/* Move the packet's edges (see bu_run_adjust_packet) and what depends on them: a socket buffer's
 * header offsets and length. All zero: the packet only moves, so that pointers to it that the
 * kernel's verifier would have invalidated are found when they are used. */
int bu_packet_move(struct bu_run *run, s32 head_delta, s32 tail_delta, s32 meta_delta);

/* Move it to a buffer with at least so much room before and behind it. 0, or -ENOMEM. */
int bu_packet_reserve(struct bu_run *run, u32 headroom, u32 tailroom);

/* Copy from and to the packet of a program with that context; -errno as bpf_skb_load_bytes(), ...
 * return it. Storing into a socket buffer moves it. */
int bu_packet_load_skb(struct bu_run *run, u32 offset, void *to, u32 len);
int bu_packet_store_skb(struct bu_run *run, u32 offset, const void *from, u32 len, u64 flags);
/* Offsets and lengths beyond it are none. Source: bpf_xdp_pointer(), net/core/filter.c (6.12). */
#define BU_XDP_REACH 0xffff
int bu_packet_load_xdp(struct bu_run *run, u32 offset, void *to, u32 len);
int bu_packet_store_xdp(struct bu_run *run, u32 offset, const void *from, u32 len);

/* The run of the program that this one watches (fentry, fexit), for its packet; itself without. */
const struct bu_run *bu_watched_run(const struct bu_run *run);

/* Of the part that the program sees. */
static inline u32 bu_packet_linear(const struct bu_run *run)
{
	return (u32)(run->packet.end - run->packet.data);
}

/* Of the whole packet. */
static inline u32 bu_packet_len(const struct bu_run *run)
{
	return bu_packet_linear(run) + run->packet.frags_size;
}

/* Where bytes of the packet are when they lie in one piece; NULL: they do not, or there are fewer.
 */
u8 *bu_packet_piece(const struct bu_run *run, u64 offset, u32 len);
/* Copy bytes that the packet has, in however many pieces. */
void bu_packet_read(const struct bu_run *run, u32 offset, void *to, u32 len);
void bu_packet_write(struct bu_run *run, u32 offset, const void *from, u32 len);

#endif
