/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which programs run for a cgroup, and in which order: those of its own first, then its ancestors',
 * with the programs attached with PREORDER before all others, ancestors' first. An ancestor's
 * programs count when it permits several, or when there is none below it.
 * Source: compute_effective_progs(), kernel/bpf/cgroup.c (6.12 with PREORDER of 6.15).
 */
#include "ebpf/link/cgroup.h"

struct order {
	struct bu_prog **progs;
	u32 room;
	u32 count;  /* placed so far */
	u32 behind; /* where the next ordinary one goes */
	u32 before; /* one more than where the next preordered one goes */
	u32 attach_type, btf_id;
};

static const struct bu_cgroup_hook *hook_of(const struct bu_cgroup *cgroup,
					    const struct order *order)
{
	return bu_cgroup_hook(cgroup, order->attach_type, order->btf_id);
}

static bool counts(const struct bu_cgroup_hook *hook, u32 so_far)
{
	return hook && hook->count && (!so_far || hook->flags & BPF_F_ALLOW_MULTI);
}

static u32 count_preordered(const struct bu_cgroup *cgroup, const struct order *order)
{
	u32 all = 0, preordered = 0;

	for (; cgroup; cgroup = cgroup->parent) {
		const struct bu_cgroup_hook *hook = hook_of(cgroup, order);

		if (!counts(hook, all))
			continue;
		all += hook->count;
		for (u32 i = 0; i < hook->count; i++)
			preordered += !!(hook->entries[i].flags & BU_F_PREORDER);
	}
	return preordered;
}

static void put(struct order *order, u32 at, struct bu_prog *prog)
{
	if (at < order->room)
		order->progs[at] = prog;
	order->count++;
}

/* One cgroup's: its preordered ones keep their order, before those of the cgroups beneath. */
static void place(struct order *order, const struct bu_cgroup_hook *hook)
{
	u32 preordered = 0, at;

	for (u32 i = 0; i < hook->count; i++)
		preordered += !!(hook->entries[i].flags & BU_F_PREORDER);
	order->before -= preordered;
	at = order->before;
	for (u32 i = 0; i < hook->count; i++) {
		const struct bu_cgroup_entry *entry = &hook->entries[i];

		put(order, entry->flags & BU_F_PREORDER ? at++ : order->behind++,
		    bu_cgroup_entry_prog(entry));
	}
}

u32 bu_cgroup_effective(const struct bu_cgroup *cgroup, u32 attach_type, u32 btf_id,
			struct bu_prog **progs, u32 room)
{
	struct order order = {
		.progs = progs, .room = room, .attach_type = attach_type, .btf_id = btf_id
	};

	order.before = order.behind = count_preordered(cgroup, &order);
	for (; cgroup; cgroup = cgroup->parent) {
		const struct bu_cgroup_hook *hook = hook_of(cgroup, &order);

		if (counts(hook, order.count))
			place(&order, hook);
	}
	return order.count;
}
