/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Netlink messages about traffic control: the qdisc clsact and BPF classifiers, which ebpf/net/tc.c
 * keeps. Source: net/sched/sch_api.c, cls_api.c, cls_bpf.c (6.12).
 */
#include "ebpf/kernel.h"
#include "ebpf/net/netlink.h"
#include "ebpf/net/tc.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <string.h>

static u32 info_of(const struct bu_tc_filter *filter)
{
	return TC_H_MAKE((u32)filter->prio << 16, filter->protocol);
}

static void put_options(struct bu_nl_answer *answer, const struct bu_tc_filter *filter)
{
	size_t nest = bu_nl_nest(answer, TCA_OPTIONS);

	if (filter->classid)
		bu_nl_put_u32(answer, TCA_BPF_CLASSID, filter->classid);
	if (*filter->name)
		bu_nl_put_string(answer, TCA_BPF_NAME, filter->name);
	bu_nl_put_u32(answer, TCA_BPF_ID, filter->prog->object.id);
	bu_nl_put(answer, TCA_BPF_TAG, filter->prog->tag, sizeof(filter->prog->tag));
	if (filter->flags)
		bu_nl_put_u32(answer, TCA_BPF_FLAGS, filter->flags);
	bu_nl_put_u32(answer, TCA_BPF_FLAGS_GEN, TCA_CLS_FLAGS_NOT_IN_HW);
	bu_nl_nest_end(answer, nest);
}

static void put_filter(struct bu_nl_answer *answer, const struct bu_netdev *dev,
		       const struct bu_tc_filter *filter, u16 type, u16 flags)
{
	struct tcmsg header = {
		.tcm_ifindex = dev->ifindex,
		.tcm_parent = filter->parent,
		.tcm_handle = filter->handle,
		.tcm_info = info_of(filter),
	};

	bu_nl_begin(answer, type, flags, &header, sizeof(header));
	bu_nl_put_string(answer, TCA_KIND, "bpf");
	bu_nl_put_u32(answer, TCA_CHAIN, 0);
	put_options(answer, filter);
	bu_nl_end(answer);
}

static void put_qdisc(struct bu_nl_answer *answer, const struct bu_netdev *dev, u16 flags)
{
	struct tcmsg header = {
		.tcm_ifindex = dev->ifindex,
		.tcm_parent = TC_H_CLSACT,
		.tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0),
		.tcm_info = 1,
	};

	bu_nl_begin(answer, RTM_NEWQDISC, flags, &header, sizeof(header));
	bu_nl_put_string(answer, TCA_KIND, dev->tc->clsact ? "clsact" : "ingress");
	bu_nl_end(answer);
}

/* Options of a BPF classifier; -EINVAL: attributes that are none. */
static int parse_options(struct bu_tc_request *request, const struct nlattr *options)
{
	const struct nlattr *table[TCA_BPF_MAX + 1];
	int err;

	request->has_options = options;
	if (!options)
		return 0;
	err = bu_nl_parse(table, TCA_BPF_MAX, bu_nl_data(options), bu_nl_size(options));
	if (err)
		return err;
	request->has_fd = table[TCA_BPF_FD];
	request->fd = bu_nl_u32(table[TCA_BPF_FD]);
	request->flags = bu_nl_u32(table[TCA_BPF_FLAGS]);
	request->classid = bu_nl_u32(table[TCA_BPF_CLASSID]);
	request->name = bu_nl_string(table[TCA_BPF_NAME]);
	return 0;
}

static int parse(struct bu_nl_answer *answer, struct bu_tc_request *request)
{
	const struct nlattr *table[TCA_MAX + 1];
	const struct tcmsg *header = NLMSG_DATA(answer->request);
	int err = bu_nl_parse_request(table, TCA_MAX, answer->request, sizeof(*header));

	if (err)
		return err;
	*request = (struct bu_tc_request){
		.handle = header->tcm_handle,
		.parent = header->tcm_parent,
		.prio = TC_H_MAJ(header->tcm_info) >> 16,
		.protocol = TC_H_MIN(header->tcm_info),
		.nl_flags = answer->request->nlmsg_flags,
		.kind = bu_nl_string(table[TCA_KIND]),
	};
	err = parse_options(request, table[TCA_OPTIONS]);
	if (!request->name)
		request->name = "";
	return err;
}

/* Filters of the device and, unless it is 0, the parent. Source: tc_dump_tfilter() */
static int dump_filters(struct bu_nl_answer *answer)
{
	const struct tcmsg *header = NLMSG_DATA(answer->request);
	struct bu_netdev *dev;

	if (answer->request->nlmsg_len < NLMSG_LENGTH(sizeof(*header)))
		return 0;
	dev = bu_netdev_by_index(answer->kernel, header->tcm_ifindex);
	for (const struct bu_tc_filter *filter = dev && dev->tc ? dev->tc->filters : NULL; filter;
	     filter = filter->next) {
		if (!header->tcm_parent || header->tcm_parent == filter->parent)
			put_filter(answer, dev, filter, RTM_NEWTFILTER, NLM_F_MULTI);
	}
	return 0;
}

static int dump_qdiscs(struct bu_nl_answer *answer)
{
	for (struct bu_netdev *dev = bu_netdevs(answer->kernel); dev; dev = dev->next) {
		if (dev->tc)
			put_qdisc(answer, dev, NLM_F_MULTI);
	}
	return 0;
}

static int get_qdisc(struct bu_nl_answer *answer, struct bu_netdev *dev,
		     const struct bu_tc_request *request)
{
	if (!dev->tc || request->parent != TC_H_CLSACT) {
		answer->message = "Cannot find specified qdisc on specified device";
		return -ENOENT;
	}
	put_qdisc(answer, dev, 0);
	return 0;
}

/* The requester is told of the filter when it asked for an echo. */
static int add_filter(struct bu_nl_answer *answer, struct bu_netdev *dev,
		      const struct bu_tc_request *request)
{
	struct bu_tc_filter *filter;
	int err = bu_tc_add_filter(answer->kernel, dev, request, &filter, &answer->message);

	if (!err && request->nl_flags & NLM_F_ECHO)
		put_filter(answer, dev, filter, RTM_NEWTFILTER, request->nl_flags);
	return err;
}

static int get_filter(struct bu_nl_answer *answer, struct bu_netdev *dev,
		      const struct bu_tc_request *request)
{
	struct bu_tc_filter *filter;
	int err = bu_tc_get_filter(dev, request, &filter, &answer->message);

	if (!err)
		put_filter(answer, dev, filter, RTM_NEWTFILTER, request->nl_flags);
	return err;
}

static int change(struct bu_nl_answer *answer, struct bu_netdev *dev,
		  const struct bu_tc_request *request)
{
	switch (answer->request->nlmsg_type) {
	case RTM_NEWQDISC:
		return bu_tc_add_qdisc(dev, request, &answer->message);
	case RTM_DELQDISC:
		return bu_tc_delete_qdisc(dev, request, &answer->message);
	case RTM_GETQDISC:
		return get_qdisc(answer, dev, request);
	case RTM_NEWTFILTER:
		return add_filter(answer, dev, request);
	case RTM_DELTFILTER:
		return bu_tc_delete_filter(dev, request, &answer->message);
	default:
		return get_filter(answer, dev, request);
	}
}

/* A flush that names a protocol, handle or kind is refused before the device is looked for. */
static int check_priority(struct bu_nl_answer *answer, const struct bu_tc_request *request)
{
	u16 type = answer->request->nlmsg_type;

	if (request->prio)
		return 0;
	if (type == RTM_DELTFILTER && (request->protocol || request->handle || request->kind))
		answer->message = "Cannot flush filters with protocol, handle or kind set";
	else if (type == RTM_GETTFILTER ||
		 (type == RTM_NEWTFILTER && !(request->nl_flags & NLM_F_CREATE)))
		answer->message = "Invalid filter command with priority of zero";
	return answer->message ? -ENOENT : 0;
}

int bu_netlink_tc(struct bu_nl_answer *answer)
{
	const struct tcmsg *header = NLMSG_DATA(answer->request);
	u16 type = answer->request->nlmsg_type;
	struct bu_tc_request request;
	struct bu_netdev *dev;
	int err;

	if ((answer->request->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP && type == RTM_GETQDISC)
		return dump_qdiscs(answer);
	if ((answer->request->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP && type == RTM_GETTFILTER)
		return dump_filters(answer);
	if (type == RTM_GETTCLASS) /* clsact has no classes to tell of */
		return answer->request->nlmsg_flags & NLM_F_DUMP ? 0 : -EOPNOTSUPP;
	err = parse(answer, &request);
	if (!err)
		err = check_priority(answer, &request);
	if (err)
		return err;
	dev = bu_netdev_by_index(answer->kernel, header->tcm_ifindex);
	return dev ? change(answer, dev, &request) : -ENODEV;
}
