/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The clsact qdisc of a device and its BPF classifiers, ordered by priority for each
 * direction. A classifier references its program. What the kernel says of an error is put into
 * *message, which otherwise stays. Source: net/sched/sch_api.c, cls_api.c, cls_bpf.c (6.12).
 */
#ifndef BU_TC_H
#define BU_TC_H

#include "ebpf/net/netdev.h"

struct bu_tc_filter {
	struct bu_tc_filter *next;
	u32 parent; /* TC_H_CLSACT with the minor number of the direction */
	u16 prio;
	u16 protocol; /* as in tcm_info: network byte order */
	u32 handle;
	struct bu_prog *prog;
	u32 flags; /* TCA_BPF_FLAGS */
	u32 classid;
	char name[64];
};

struct bu_tc {
	bool clsact;                  /* else its predecessor "ingress" */
	struct bu_tc_filter *filters; /* by parent and priority; of one priority, latest first */
};

struct bu_tc_request { /* a struct tcmsg and its attributes */
	u32 handle, parent;
	u16 prio, protocol;
	u32 nl_flags;     /* NLM_F_... */
	const char *kind; /* NULL: not given */
	bool has_options, has_fd;
	s32 fd;
	u32 flags, classid;
	const char *name; /* "" */
};

int bu_tc_add_qdisc(struct bu_netdev *dev, const struct bu_tc_request *request,
		    const char **message);
int bu_tc_delete_qdisc(struct bu_netdev *dev, const struct bu_tc_request *request,
		       const char **message);
/* *made: what the request made or changed. */
int bu_tc_add_filter(struct bu_kernel *kernel, struct bu_netdev *dev,
		     const struct bu_tc_request *request, struct bu_tc_filter **made,
		     const char **message);
int bu_tc_delete_filter(struct bu_netdev *dev, const struct bu_tc_request *request,
			const char **message);
int bu_tc_get_filter(struct bu_netdev *dev, const struct bu_tc_request *request,
		     struct bu_tc_filter **found, const char **message);
/* With all its filters; without effect where there is none. */
void bu_tc_destroy(struct bu_netdev *dev);

#endif
