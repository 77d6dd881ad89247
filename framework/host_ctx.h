/* SPDX-License-Identifier: BSD-2-Clause */
/* Contexts as the framework's runs have them, and as BPF_PROG_TEST_RUN takes and gives them. */
#ifndef BU_HOST_CTX_H
#define BU_HOST_CTX_H

#include "ebpf/base.h"

#define BU_HOST_PACKET_MAX (256 * 1024) /* room for what a run makes of a packet */

/* NULL and the context in *to, or why there is none. `size`: of the packet with its metadata. */
const char *bu_host_xdp_ctx(struct xdp_md *to, const struct xdp_md *from, u32 meta_size, u32 size);
const char *bu_host_skb_ctx(struct __sk_buff *to, const struct __sk_buff *from, u32 size);
/* The fields that come back of a socket buffer. */
void bu_host_skb_back(struct __sk_buff *to, const struct __sk_buff *from);

#endif
