/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PROG_ATTACH, PROG_DETACH and PROG_QUERY: ebpf/link/attach.c checks what all families share and
 * asks the family of the attach type, each of which has a file (link_cgroup.c, link_tcx.c, ...). A
 * place of attachment references the programs that are attached to it without a link.
 */
#ifndef BU_ATTACH_H
#define BU_ATTACH_H

#include "ebpf/link/link.h"

struct bu_attach_request {
	struct bu_kernel *kernel;
	const struct bu_prog_attach_attr *attr;
	struct bu_prog *prog; /* detach: NULL when the descriptor is none and may be none */
};

struct bu_attach_family {
	/* 0 or -errno; takes the references it needs. */
	int (*attach)(const struct bu_attach_request *request);
	int (*detach)(const struct bu_attach_request *request);
	int (*query)(struct bu_kernel *kernel, struct bu_call *call);
};

extern const struct bu_attach_family bu_attach_cgroup, bu_attach_tcx, bu_attach_netns,
	bu_attach_sockmap, bu_attach_lirc;

/* The program behind a descriptor: NULL with *error -EBADF, or -EINVAL (also when it is not of the
 * type; BPF_PROG_TYPE_UNSPEC: any). No reference is taken. */
struct bu_prog *bu_attach_prog(struct bu_kernel *kernel, int fd, u32 type, int *error);

static inline const struct bu_prog_query_attr *bu_query_attr(const struct bu_call *call)
{
	return (const struct bu_prog_query_attr *)call->attr;
}

/* What every query answers; `revision` (NULL: the family has none) is told to callers that know the
 * field. 0 or -EFAULT. */
int bu_query_put(struct bu_call *call, u32 attach_flags, u32 count, const u64 *revision);

#endif
