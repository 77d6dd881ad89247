/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Control groups: the directories beneath /sys/fs/cgroup, which is a tree of the emulated kernel
 * (ebpf/boundary/redirect.h). A directory is looked at when a descriptor of it is given to bpf(2),
 * and is a cgroup from then on, until it is removed. Identities begin with 1, the root's, and are
 * never used again. Source: kernel/cgroup/cgroup.c, kernel/bpf/cgroup.c (6.12).
 */
#ifndef BU_CGROUP_H
#define BU_CGROUP_H

#include "ebpf/link/link.h"

struct bu_tree_type;
struct file_handle;

#define BU_CGROUP_MAX_PROGS 64 /* Source: BPF_CGROUP_MAX_PROGS */

struct bu_cgroup_entry {
	struct bu_prog *prog; /* attached directly: referenced; else NULL */
	struct bu_link *link;
	u32 flags;
};

struct bu_cgroup_hook { /* what is attached for one attach type */
	struct bu_cgroup_hook *next;
	u32 attach_type;
	u32 btf_id;  /* of an LSM program's target; else 0 */
	u32 flags;   /* ALLOW_OVERRIDE, ALLOW_MULTI; 0 when empty */
	u64 changes; /* the revision is one more */
	u32 count;
	struct bu_cgroup_entry entries[BU_CGROUP_MAX_PROGS];
};

struct bu_cgroup {
	struct bu_cgroup *next;
	struct bu_cgroup *parent; /* NULL: the root */
	u64 id;
	u64 device, inode; /* of the directory on the host */
	char *name;        /* the directory's; "": the root */
	struct bu_cgroup_hook *hooks;
};

/* The cgroup behind a descriptor: NULL with *error -EBADF (no cgroup), -ENOENT (removed), -ENOMEM.
 */
struct bu_cgroup *bu_cgroup_of_fd(struct bu_kernel *kernel, int fd, int *error);
/* The one whose directory has this name on the host; made, with its ancestors, if need be. */
struct bu_cgroup *bu_cgroup_of_host(struct bu_kernel *kernel, const char *host, int *error);
struct bu_cgroup *bu_cgroup_by_id(struct bu_kernel *kernel, u64 id);
/* The identity of the one with this directory on the host; 0: none. */
u64 bu_cgroup_id_of(struct bu_kernel *kernel, u64 device, u64 inode);
/* name_to_handle_at(2): true when it is about a cgroup, with the result in *error. Source:
 * kernfs_encode_fh(), fs/kernfs/mount.c (6.12) */
bool bu_cgroup_handle(struct bu_kernel *kernel, int dir, const char *path,
		      struct file_handle *handle, int *mount_id, int flags, long *error);
/* The place for an attach type (and, of LSM programs, their target); NULL: nothing was ever
 * attached there. bu_cgroup_hook_make(): NULL without memory. */
struct bu_cgroup_hook *bu_cgroup_hook(const struct bu_cgroup *cgroup, u32 attach_type, u32 btf_id);
struct bu_cgroup_hook *bu_cgroup_hook_make(struct bu_cgroup *cgroup, u32 attach_type, u32 btf_id);
/* Everything; before the descriptors go. */
void bu_cgroups_destroy(struct bu_kernel *kernel);

static inline struct bu_prog *bu_cgroup_entry_prog(const struct bu_cgroup_entry *entry)
{
	return entry->prog ? entry->prog : entry->link->prog;
}

/* The programs that run for a cgroup, its own and its ancestors': their number; up to `room` of
 * them in `progs`. Source: compute_effective_progs() */
u32 bu_cgroup_effective(const struct bu_cgroup *cgroup, u32 attach_type, u32 btf_id,
			struct bu_prog **progs, u32 room);

/* PROG_QUERY: 0, or -EINVAL, -EFAULT, -ENOSPC. */
int bu_cgroup_query(const struct bu_cgroup *cgroup, struct bu_call *call);

/* The file system: a row of ebpf/boundary/redirect.def. */
extern const struct bu_tree_type bu_cgroupfs;

#endif
