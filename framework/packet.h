/* SPDX-License-Identifier: BSD-2-Clause */
/* What running a packet needs of it: the buffer with its metadata in front, before and after. */
#ifndef BU_PACKET_H
#define BU_PACKET_H

#include <bpfunit/packet.h>

#include "ebpf/base.h"

/* Metadata followed by the frame, finished (lengths, checksums); owned by the packet until it
 * changes. */
const u8 *bu_packet_bytes(struct bpfunit_packet *packet, u32 *meta_size, u32 *size);
/* Replace both by a copy of `size` bytes, the first `meta_size` of which are metadata. 0, or
 * -ENOMEM. */
int bu_packet_replace(struct bpfunit_packet *packet, const void *bytes, u32 meta_size, u32 size);

/* skb->protocol as the first header says it, in network byte order; 0 when unknown. */
u16 bu_packet_protocol(const struct bpfunit_packet *packet);
/* A frame that begins with IP gets an Ethernet header in front, which runs of programs that begin at
 * the network header take away again. Whether it got one (or memory is short: not). */
bool bu_packet_wrap(struct bpfunit_packet *packet);
void bu_packet_unwrap(struct bpfunit_packet *packet);

#endif
