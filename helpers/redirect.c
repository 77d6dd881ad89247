// SPDX-License-Identifier: BSD-2-Clause
/*
 * Redirection: what a program returns. Nothing receives the packet.
 * Source: bpf_redirect(), bpf_xdp_redirect(), net/core/filter.c; __bpf_xdp_redirect_map(),
 * include/linux/filter.h (6.12).
 */
#include "helpers/packet.h"

#include <linux/pkt_cls.h>

#define ACTION_MASK 3ULL /* XDP_ABORTED, XDP_DROP, XDP_PASS, XDP_TX */

BU_HELPER_2(redirect, u32, ifindex, u64, flags)
{
	if (run->prog->prog_type == BPF_PROG_TYPE_XDP)
		return flags ? XDP_ABORTED : XDP_REDIRECT;
	if (!bu_is_skb_prog(run, "redirect"))
		return 0;
	return flags & ~(u64)BPF_F_INGRESS ? TC_ACT_SHOT : TC_ACT_REDIRECT;
}

BU_HELPER_2(redirect_peer, u32, ifindex, u64, flags)
{
	if (!bu_is_skb_prog(run, "redirect_peer"))
		return 0;
	return flags ? TC_ACT_SHOT : TC_ACT_REDIRECT;
}

static u64 known_flags(const struct bu_map *map)
{
	if (map->type == BPF_MAP_TYPE_DEVMAP || map->type == BPF_MAP_TYPE_DEVMAP_HASH)
		return ACTION_MASK | BPF_F_BROADCAST | BPF_F_EXCLUDE_INGRESS;
	return ACTION_MASK;
}

static bool can_redirect(const struct bu_map *map)
{
	return map->type == BPF_MAP_TYPE_DEVMAP || map->type == BPF_MAP_TYPE_DEVMAP_HASH ||
	       map->type == BPF_MAP_TYPE_CPUMAP || map->type == BPF_MAP_TYPE_XSKMAP;
}

BU_HELPER_3(redirect_map, struct bu_map *, map, u64, key, u64, flags)
{
	u32 index = (u32)key;

	if (!bu_is_xdp_prog(run, "redirect_map"))
		return 0;
	if (!can_redirect(map)) {
		bu_fault_raise(run, BU_FAULT_BAD_ARGUMENT,
			       "map '%s' holds no targets of redirection", map->name);
		return 0;
	}
	if (flags & ~known_flags(map))
		return XDP_ABORTED;
	if (!(flags & BPF_F_BROADCAST) && !map->ops->lookup(map, &index, run->cpu))
		return flags & ACTION_MASK;
	return XDP_REDIRECT;
}
