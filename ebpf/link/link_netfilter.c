/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Links of netfilter hooks: of one family and hook, each BPF program has a priority of its own. A
 * link's priv is a copy of what it was asked for, which info() tells also of a detached one.
 * Source: net/netfilter/nf_bpf_link.c, nf_hook_entries_grow(), net/netfilter/core.c (6.12).
 */
#include "ebpf/kernel.h"
#include "ebpf/net/net.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { /* Source: include/uapi/linux/netfilter.h, netfilter_ipv4.h */
       FAMILY_IPV4 = 2,
       FAMILY_IPV6 = 10,
       HOOKS = 5,
       FLAG_DEFRAG = 1,
       PRIORITY_DEFRAG = -400,
};

struct hook {
	u32 family, number;
	s32 priority;
	u32 flags;
};

static int check(const struct hook *hook)
{
	if (hook->family != FAMILY_IPV4 && hook->family != FAMILY_IPV6)
		return -EAFNOSUPPORT;
	if (hook->number >= HOOKS)
		return -EPROTO;
	if (hook->flags & ~(u32)FLAG_DEFRAG)
		return -EOPNOTSUPP;
	if (hook->priority == INT_MIN || hook->priority == INT_MAX)
		return -ERANGE;
	return hook->flags & FLAG_DEFRAG && hook->priority <= PRIORITY_DEFRAG ? -ERANGE : 0;
}

static bool is_taken(const struct bu_net *net, const struct hook *hook)
{
	for (u32 i = 0; i < net->nr_hooks; i++) {
		const struct hook *other = net->hooks[i]->priv;

		if (other->family == hook->family && other->number == hook->number &&
		    other->priority == hook->priority)
			return true;
	}
	return false;
}

static int enter(struct bu_net *net, struct bu_link *link, const struct hook *hook)
{
	struct bu_link **hooks = reallocarray(net->hooks, net->nr_hooks + 1, sizeof(*net->hooks));

	if (!hooks)
		return -ENOMEM;
	net->hooks = hooks;
	link->priv = malloc(sizeof(*hook));
	if (!link->priv)
		return -ENOMEM;
	memcpy(link->priv, hook, sizeof(*hook));
	hooks[net->nr_hooks++] = link;
	return 0;
}

static int attach(struct bu_link *link, const struct bu_link_request *request)
{
	const struct bu_link_create_attr *attr = request->attr;
	struct hook hook = { attr->netfilter.pf, attr->netfilter.hooknum, attr->netfilter.priority,
			     attr->netfilter.flags };
	struct bu_net *net = bu_net(request->kernel);
	int err;

	if (attr->flags)
		return -EINVAL;
	err = check(&hook);
	if (err)
		return err;
	if (!net)
		return -ENOMEM;
	return is_taken(net, &hook) ? -EBUSY : enter(net, link, &hook);
}

static void detach(struct bu_link *link)
{
	struct bu_net *net = link->object.kernel->net;
	u32 at = 0;

	while (net->hooks[at] != link)
		at++;
	net->nr_hooks--;
	memmove(&net->hooks[at], &net->hooks[at + 1], (net->nr_hooks - at) * sizeof(*net->hooks));
}

static void release(struct bu_link *link)
{
	free(link->priv);
}

static int update(struct bu_link *link, struct bu_prog *prog, struct bu_prog *old, u32 flags)
{
	(void)link, (void)prog, (void)old, (void)flags;
	return -EOPNOTSUPP;
}

static int info(struct bu_link *link, struct bu_link_info *info)
{
	const struct hook *hook = link->priv;

	info->netfilter.pf = hook->family;
	info->netfilter.hooknum = hook->number;
	info->netfilter.priority = hook->priority;
	info->netfilter.flags = hook->flags;
	return 0;
}

const struct bu_link_type bu_link_netfilter = {
	.type = BU_LINK_NETFILTER,
	.name = "netfilter",
	.attach = attach,
	.detach = detach,
	.release = release,
	.update = update,
	.detachable = true,
	.info = info,
};
