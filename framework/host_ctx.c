// SPDX-License-Identifier: BSD-2-Clause
/* Source: xdp_convert_md_to_buff(), convert___skb_to_skb(), convert_skb_to___skb(),
 * net/bpf/test_run.c (6.12). */
#include "framework/host_ctx.h"

#include <string.h>

const char *bu_host_xdp_ctx(struct xdp_md *to, const struct xdp_md *from, u32 meta_size, u32 size)
{
	*to = (struct xdp_md){
		.data = meta_size,
		.data_end = size,
		.ingress_ifindex = from->ingress_ifindex,
		.rx_queue_index = from->rx_queue_index,
	};
	if (from->rx_queue_index && !from->ingress_ifindex)
		return "the test sets rx_queue_index and no ifindex";
	return NULL;
}

const char *bu_host_skb_ctx(struct __sk_buff *to, const struct __sk_buff *from, u32 size)
{
	*to = (struct __sk_buff){
		.mark = from->mark,
		.priority = from->priority,
		.ingress_ifindex = from->ingress_ifindex,
		.ifindex = from->ifindex,
		.tstamp = from->tstamp,
		.wire_len = from->wire_len == size ? 0 : from->wire_len,
		.gso_segs = from->gso_segs,
		.gso_size = from->gso_size,
	};
	memcpy(to->cb, from->cb, sizeof(to->cb));
	if (from->queue_mapping || from->hash || from->tc_index || from->tc_classid)
		return "the test sets queue_mapping, hash, tc_index or tc_classid";
	return NULL;
}

void bu_host_skb_back(struct __sk_buff *to, const struct __sk_buff *from)
{
	to->mark = from->mark;
	to->priority = from->priority;
	to->tstamp = from->tstamp;
	memcpy(to->cb, from->cb, sizeof(to->cb));
}
