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

#endif
