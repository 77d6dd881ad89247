/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An ordered list of programs at one place of attachment (tcx, netkit): programs attached directly
 * are referenced, those of links are the links'. Each change counts the revision up, so that a
 * caller can make its change depend on what it has seen. Source: kernel/bpf/mprog.c (6.12).
 */
#ifndef BU_MPROG_H
#define BU_MPROG_H

#include "ebpf/link/link.h"

#define BU_MPROG_MAX 64 /* Source: BPF_MPROG_MAX */

struct bu_mprog_entry {
	struct bu_prog *prog;
	struct bu_link *link; /* NULL: attached directly */
};

struct bu_mprog {
	u64 changes; /* the revision is one more */
	u32 count;
	struct bu_mprog_entry entries[BU_MPROG_MAX];
};

struct bu_mprog_change {       /* what a caller asks for */
	struct bu_prog *prog;  /* the one to attach or detach; NULL: by position */
	struct bu_link *link;  /* whose program it is, or NULL */
	struct bu_prog *old;   /* with BU_F_REPLACE: which to replace */
	u32 flags;             /* BU_F_... */
	u32 relative;          /* descriptor or id of the neighbour; 0: none */
	u64 expected_revision; /* 0: any */
};

/* 0, or -ESTALE, -EEXIST, -ERANGE, -EINVAL, -ENOENT, -EBUSY, -EBADF. */
int bu_mprog_attach(struct bu_kernel *kernel, struct bu_mprog *list,
		    const struct bu_mprog_change *change);
int bu_mprog_detach(struct bu_kernel *kernel, struct bu_mprog *list,
		    const struct bu_mprog_change *change);
/* PROG_QUERY of the list: 0, or -EINVAL, -EFAULT, -ENOSPC. */
int bu_mprog_query(const struct bu_mprog *list, struct bu_call *call);
/* The place goes away: links are detached, programs dropped. */
void bu_mprog_clear(struct bu_mprog *list);

#endif
