/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The model of clsact. A list holds the filters of both directions; those of one parent, priority
 * and protocol are what the kernel calls a tcf_proto. Only classifiers of kind "bpf" are known.
 * Source: net/sched/sch_api.c, cls_api.c, cls_bpf.c (6.12).
 */
#include "ebpf/net/tc.h"

#include "ebpf/kernel.h"
#include "ebpf/link/attach.h"

#include <linux/netlink.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_AUTO_PRIO 0xc000 /* Source: tcf_auto_prio() */
#define LEAST_AUTO_PRIO 0x8000

static int refuse(const char **message, int error, const char *text)
{
	*message = text;
	return error;
}

/* Qdiscs */

static int check_kind(const struct bu_tc_request *request, const char **message)
{
	if (!request->kind || (strcmp(request->kind, "clsact") && strcmp(request->kind, "ingress")))
		return refuse(message, -ENOENT, "Specified qdisc kind is unknown");
	return 0;
}

/* Source: tc_modify_qdisc() */
static int modify_qdisc(const struct bu_netdev *dev, const struct bu_tc_request *request,
			const char **message)
{
	if (request->handle && request->handle != TC_H_MAKE(TC_H_CLSACT, 0) &&
	    !(request->nl_flags & NLM_F_REPLACE))
		return refuse(message, -EEXIST, "NLM_F_REPLACE needed to override");
	if (request->nl_flags & NLM_F_EXCL)
		return refuse(message, -EEXIST, "Exclusivity flag on, cannot modify");
	if (request->kind && strcmp(request->kind, dev->tc->clsact ? "clsact" : "ingress"))
		return refuse(message, -EINVAL, "Invalid qdisc name: must match existing qdisc");
	return 0;
}

int bu_tc_add_qdisc(struct bu_netdev *dev, const struct bu_tc_request *request,
		    const char **message)
{
	int err;

	if (request->parent != TC_H_CLSACT)
		return refuse(message, -ENOENT, "Specified qdisc kind is unknown");
	if (dev->tc)
		return modify_qdisc(dev, request, message);
	if (!(request->nl_flags & NLM_F_CREATE))
		return refuse(message, -ENOENT,
			      "Qdisc not found. To create specify NLM_F_CREATE flag");
	err = check_kind(request, message);
	if (err)
		return err;
	dev->tc = calloc(1, sizeof(*dev->tc));
	if (!dev->tc)
		return -ENOMEM;
	dev->tc->clsact = !strcmp(request->kind, "clsact");
	return 0;
}

/* Source: tc_get_qdisc() */
int bu_tc_delete_qdisc(struct bu_netdev *dev, const struct bu_tc_request *request,
		       const char **message)
{
	if (!request->parent)
		return refuse(message, -EINVAL, "Classid cannot be zero");
	if (!dev->tc || request->parent != TC_H_CLSACT)
		return refuse(message, -ENOENT, "Cannot find specified qdisc on specified device");
	if (request->handle && request->handle != TC_H_MAKE(TC_H_CLSACT, 0))
		return refuse(message, -EINVAL, "Invalid handle");
	if (request->kind && strcmp(request->kind, dev->tc->clsact ? "clsact" : "ingress"))
		return refuse(message, -EINVAL, "Invalid qdisc name: must match existing qdisc");
	bu_tc_destroy(dev);
	return 0;
}

/* Filters */

static bool same_proto(const struct bu_tc_filter *filter, u32 parent, u16 prio)
{
	return filter->parent == parent && filter->prio == prio;
}

static struct bu_tc_filter *find_proto(const struct bu_tc *tc, u32 parent, u16 prio)
{
	struct bu_tc_filter *filter = tc->filters;

	while (filter && !same_proto(filter, parent, prio))
		filter = filter->next;
	return filter;
}

static struct bu_tc_filter *find_filter(struct bu_tc_filter *proto, u32 handle)
{
	struct bu_tc_filter *filter = proto;

	for (; filter && same_proto(filter, proto->parent, proto->prio); filter = filter->next) {
		if (filter->handle == handle)
			return filter;
	}
	return NULL;
}

static bool has_filters(const struct bu_tc *tc, u32 parent)
{
	for (const struct bu_tc_filter *filter = tc->filters; filter; filter = filter->next) {
		if (filter->parent == parent)
			return true;
	}
	return false;
}

static void free_filter(struct bu_tc_filter *filter)
{
	bu_object_put(&filter->prog->object);
	free(filter);
}

static bool stays_before(const struct bu_tc_filter *one, const struct bu_tc_filter *other)
{
	if (one->parent != other->parent)
		return one->parent < other->parent;
	if (one->prio != other->prio)
		return one->prio < other->prio;
	return false; /* the latest of a priority is the first */
}

static void insert(struct bu_tc *tc, struct bu_tc_filter *filter)
{
	struct bu_tc_filter **link = &tc->filters;

	while (*link && stays_before(*link, filter))
		link = &(*link)->next;
	filter->next = *link;
	*link = filter;
}

/* Remove the filters of a parent; prio 0: of all priorities, handle 0: all of that priority. */
static void remove_filters(struct bu_tc *tc, u32 parent, u16 prio, u32 handle)
{
	struct bu_tc_filter **link = &tc->filters, *filter;

	while ((filter = *link)) {
		if (filter->parent != parent || (prio && filter->prio != prio) ||
		    (handle && filter->handle != handle)) {
			link = &filter->next;
			continue;
		}
		*link = filter->next;
		free_filter(filter);
	}
}

void bu_tc_destroy(struct bu_netdev *dev)
{
	struct bu_tc_filter *filter;

	if (!dev->tc)
		return;
	while ((filter = dev->tc->filters)) {
		dev->tc->filters = filter->next;
		free_filter(filter);
	}
	free(dev->tc);
	dev->tc = NULL;
	for (int place = BU_PLACE_TCX_INGRESS; place <= BU_PLACE_TCX_EGRESS; place++) {
		if (!dev->places[place].count)
			dev->places[place].changes = 0;
	}
}

/* Source: __tcf_qdisc_find() */
static int check_parent(const struct bu_netdev *dev, const struct bu_tc_request *request,
			const char **message)
{
	u32 minor = TC_H_MIN(request->parent);

	if (!dev->tc || TC_H_MAJ(request->parent) != TC_H_MAJ(TC_H_CLSACT))
		return refuse(message, -EINVAL, "Parent Qdisc doesn't exists");
	if (dev->tc->clsact && minor != TC_H_MIN_INGRESS && minor != TC_H_MIN_EGRESS)
		return refuse(message, -ENOENT, "Specified class doesn't exist");
	return 0;
}

static bool has_other_kind(const struct bu_tc_request *request)
{
	return request->kind && strcmp(request->kind, "bpf");
}

/* The priority of a filter that has none: below the least that was chosen so before. */
static u16 choose_prio(const struct bu_tc *tc, u32 parent)
{
	for (const struct bu_tc_filter *filter = tc->filters; filter; filter = filter->next) {
		if (filter->parent == parent && filter->prio >= LEAST_AUTO_PRIO)
			return filter->prio - 1;
	}
	return FIRST_AUTO_PRIO;
}

/* The tcf_proto that the request means (its first filter; NULL: a new one), and the priority. */
static int choose_proto(const struct bu_tc *tc, const struct bu_tc_request *request, u16 *prio,
			struct bu_tc_filter **proto, const char **message)
{
	*prio = request->prio;
	*proto = NULL;
	if (!*prio && !(request->nl_flags & NLM_F_CREATE))
		return refuse(message, -ENOENT, "Invalid filter command with priority of zero");
	if (*prio)
		*proto = find_proto(tc, request->parent, *prio);
	else
		*prio = choose_prio(tc, request->parent);
	if (*proto && request->protocol && (*proto)->protocol != request->protocol)
		return refuse(message, -EINVAL,
			      "Protocol mismatch for filter with specified priority");
	if (*proto)
		return has_other_kind(request)
			       ? refuse(message, -EINVAL,
					"Specified filter kind does not match existing one")
			       : 0;
	if (!request->kind || !request->protocol)
		return refuse(message, -EINVAL, "Filter kind and protocol must be specified");
	if (!(request->nl_flags & NLM_F_CREATE))
		return refuse(message, -ENOENT,
			      "Need both RTM_NEWTFILTER and NLM_F_CREATE to create a new filter");
	return has_other_kind(request) ? refuse(message, -ENOENT, "TC classifier not found") : 0;
}

static u32 free_handle(struct bu_tc_filter *proto)
{
	u32 handle = 1;

	while (proto && find_filter(proto, handle))
		handle++;
	return handle;
}

/* Source: cls_bpf_set_parms() */
static int set_program(struct bu_kernel *kernel, struct bu_tc_filter *filter,
		       const struct bu_tc_request *request)
{
	struct bu_prog *prog;
	int err;

	if (!request->has_fd || request->flags & ~(u32)TCA_BPF_FLAG_ACT_DIRECT)
		return -EINVAL;
	prog = bu_attach_prog(kernel, request->fd, BPF_PROG_TYPE_SCHED_CLS, &err);
	if (!prog)
		return err;
	bu_object_get(&prog->object);
	if (filter->prog)
		bu_object_put(&filter->prog->object);
	filter->prog = prog;
	filter->flags = request->flags;
	filter->classid = request->classid;
	strncpy(filter->name, request->name, sizeof(filter->name) - 1);
	return 0;
}

static int make_filter(struct bu_kernel *kernel, struct bu_tc *tc, struct bu_tc_filter *proto,
		       const struct bu_tc_request *request, u16 prio, struct bu_tc_filter **made)
{
	struct bu_tc_filter *filter = calloc(1, sizeof(*filter));
	int err;

	if (!filter)
		return -ENOMEM;
	filter->parent = request->parent;
	filter->prio = prio;
	filter->protocol = request->protocol;
	filter->handle = request->handle ? request->handle : free_handle(proto);
	err = set_program(kernel, filter, request);
	if (err) {
		free(filter);
		return err;
	}
	insert(tc, filter);
	*made = filter;
	return 0;
}

/* Source: tc_new_tfilter() */
int bu_tc_add_filter(struct bu_kernel *kernel, struct bu_netdev *dev,
		     const struct bu_tc_request *request, struct bu_tc_filter **made,
		     const char **message)
{
	struct bu_tc_filter *proto;
	int err = check_parent(dev, request, message);
	u16 prio;

	if (!err)
		err = choose_proto(dev->tc, request, &prio, &proto, message);
	if (err)
		return err;
	*made = proto && request->handle ? find_filter(proto, request->handle) : NULL;
	if (*made && request->nl_flags & NLM_F_EXCL)
		return refuse(message, -EEXIST, "Filter already exists");
	if (!*made && !(request->nl_flags & NLM_F_CREATE))
		return refuse(message, -ENOENT,
			      "Need both RTM_NEWTFILTER and NLM_F_CREATE to create a new filter");
	if (!request->has_options)
		return -EINVAL;
	return *made ? set_program(kernel, *made, request)
		     : make_filter(kernel, dev->tc, proto, request, prio, made);
}

/* The filter that a request names by priority and handle; handle 0: *found stays NULL. */
static int find_named(struct bu_tc *tc, const struct bu_tc_request *request,
		      struct bu_tc_filter **found, const char **message)
{
	struct bu_tc_filter *proto = find_proto(tc, request->parent, request->prio);

	*found = NULL;
	if (!proto || (request->protocol && proto->protocol != request->protocol))
		return refuse(message, -ENOENT,
			      "Filter with specified priority/protocol not found");
	if (has_other_kind(request))
		return refuse(message, -EINVAL,
			      "Specified filter kind does not match existing one");
	if (!request->handle)
		return 0;
	*found = find_filter(proto, request->handle);
	return *found ? 0 : refuse(message, -ENOENT, "Specified filter handle not found");
}

/* Source: tc_del_tfilter() */
int bu_tc_delete_filter(struct bu_netdev *dev, const struct bu_tc_request *request,
			const char **message)
{
	struct bu_tc_filter *found;
	int err;

	if (!request->prio && (request->protocol || request->handle || request->kind))
		return refuse(message, -ENOENT,
			      "Cannot flush filters with protocol, handle or kind set");
	err = check_parent(dev, request, message);
	if (err)
		return err;
	if (request->prio && !has_filters(dev->tc, request->parent))
		return refuse(message, -ENOENT, "Cannot find specified filter chain");
	if (request->prio)
		err = find_named(dev->tc, request, &found, message);
	if (!err)
		remove_filters(dev->tc, request->parent, request->prio, request->handle);
	return err;
}

/* Source: tc_get_tfilter() */
int bu_tc_get_filter(struct bu_netdev *dev, const struct bu_tc_request *request,
		     struct bu_tc_filter **found, const char **message)
{
	int err;

	if (!request->prio)
		return refuse(message, -ENOENT, "Invalid filter command with priority of zero");
	err = check_parent(dev, request, message);
	if (err)
		return err;
	if (!has_filters(dev->tc, request->parent))
		return refuse(message, -EINVAL, "Cannot find specified filter chain");
	err = find_named(dev->tc, request, found, message);
	if (err)
		return err;
	return *found ? 0 : refuse(message, -ENOENT, "Specified filter handle not found");
}
