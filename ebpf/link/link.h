/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Links: what keeps a program attached. ebpf/link/links.def has a row for each link type, and its
 * family a file (link_tracing.c, link_net.c, ...). ebpf/link/link.c holds what they share: the
 * commands LINK_CREATE, LINK_UPDATE, LINK_DETACH, the ids and descriptors, the info. Source:
 * kernel/bpf/syscall.c (6.12), struct bpf_link_ops in include/linux/bpf.h.
 */
#ifndef BU_LINK_H
#define BU_LINK_H

#include "ebpf/prog/prog.h"
#include "ebpf/syscall.h"
#include "ebpf/uapi.h"

struct bu_link;

/* A LINK_CREATE or RAW_TRACEPOINT_OPEN on its way to the type that serves it. */
struct bu_link_request {
	struct bu_kernel *kernel;
	struct bu_prog *prog; /* NULL: a link of a map (struct_ops) */
	const struct bu_link_create_attr
		*attr;    /* RAW_TRACEPOINT_OPEN: zero but for attach_type and tracing.cookie */
	const char *name; /* RAW_TRACEPOINT_OPEN: the tracepoint; else NULL */
};

struct bu_link_type {     /* a row of links.def */
	u32 type;         /* BU_LINK_... */
	const char *name; /* as bpftool prints it */

	/* Check the request and attach: fill in what is the type's own. 0, or -errno with nothing
	 * attached and nothing allocated. `link` is zeroed but for object.kernel, type, prog and
	 * attach_type; it has no id yet. */
	int (*attach)(struct bu_link *link, const struct bu_link_request *request);
	/* Undo attach(). Called once: by LINK_DETACH, when the target goes away, or when the link
	 * dies. The program stays referenced. */
	void (*detach)(struct bu_link *link);
	/* Free what detach() left: what info() still tells of a detached link. NULL: nothing. */
	void (*release)(struct bu_link *link);
	/* LINK_UPDATE to another program; takes its own reference by bu_link_replace(). NULL:
	 * -EINVAL. */
	int (*update)(struct bu_link *link, struct bu_prog *prog, struct bu_prog *old, u32 flags);
	/* LINK_UPDATE to another map; NULL: -EINVAL. */
	int (*update_map)(struct bu_link *link, struct bu_map *map, struct bu_map *old, u32 flags);
	bool detachable; /* LINK_DETACH works; else -EOPNOTSUPP */
	int detached;    /* what it gives once detached: 0 for most types */
	/* Fill in the type's part of `info` (type, id, prog_id are there). On entry it has what the
	 * caller gave: addresses and sizes of buffers, which this writes by bu_link_put_string()
	 * and bu_copy_to_user(). NULL: nothing to say. */
	int (*info)(struct bu_link *link, struct bu_link_info *info);
};

struct bu_link {
	struct bu_object object; /* BU_OBJECT_LINK; first */
	const struct bu_link_type *type;
	struct bu_prog *prog; /* referenced; NULL: a link of a map */
	u32 attach_type;
	bool attached;                   /* between attach() and detach() */
	u64 cookie;                      /* what bpf_get_attach_cookie() tells */
	void *priv;                      /* the type's own */
	struct bu_link_create_attr made; /* what it was made of, and the name of the tracepoint */
	char *name;                      /* malloc'ed; NULL: none */
};

/* Make, attach and give out a link of the type: its descriptor, or -errno. */
long bu_link_create(const struct bu_link_type *type, const struct bu_link_request *request);
/* The type's row; NULL: none. */
const struct bu_link_type *bu_link_type_of(u32 type);
/* The link behind a descriptor: NULL with *error -EBADF or -EINVAL. No reference is taken. */
struct bu_link *bu_link_of_fd(struct bu_kernel *kernel, int fd, int *error);
struct bu_link *bu_link_by_id(struct bu_kernel *kernel, u32 id);
/* Swap the program: references the new one, drops the old one. */
void bu_link_replace(struct bu_link *link, struct bu_prog *prog);
/* Detach once, if still attached: by LINK_DETACH, or because the target goes away. */
void bu_link_detach(struct bu_link *link);
/* A string to a caller's buffer of *len bytes, cut and NUL-terminated; *len becomes what was there
 * to be written, with the NUL. 0; -EINVAL: only one of buffer and length; -EFAULT; -ENOSPC after
 * what fits was written. Source: bpf_copy_to_user(), kernel/bpf/syscall.c */
int bu_link_put_string(u64 buffer, u32 *len, const char *text);
/* The program type that an attach type belongs to; BPF_PROG_TYPE_UNSPEC: none. Source:
 * attach_type_to_prog_type() (ebpf/link/attach_type.c) */
u32 bu_attach_prog_type(u32 attach_type);
/* 0, or -EINVAL: the program cannot be attached so. Source: bpf_prog_attach_check_attach_type() */
int bu_attach_check(const struct bu_prog *prog, u32 attach_type);
/* Call `visit` for each attached link, oldest first, until it returns other than 0; that, or 0. */
int bu_link_for_each(struct bu_kernel *kernel, int (*visit)(struct bu_link *link, void *arg),
		     void *arg);

#endif
