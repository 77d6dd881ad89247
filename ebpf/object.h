/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What bpf(2) hands out file descriptors for. An object lives while something refers to it: an open
 * descriptor, another object, or a run. The kernel's tables hold no reference.
 */
#ifndef BU_OBJECT_H
#define BU_OBJECT_H

#include "ebpf/base.h"

enum bu_object_kind {
	BU_OBJECT_MAP = 1,
	BU_OBJECT_PROG,
	BU_OBJECT_BTF,
	BU_OBJECT_LINK,
	BU_OBJECT_PERF_EVENT,
	BU_OBJECT_MAX,
};

struct bu_kernel;

struct bu_object {
	enum bu_object_kind kind;
	u32 id;   /* unique within its kind, from 1, never used again */
	u32 refs;
	struct bu_kernel *kernel;
};

void bu_object_get(struct bu_object *object);
/* Drop a reference; the last one destroys the object. */
void bu_object_put(struct bu_object *object);
struct bu_object *bu_object_by_id(struct bu_kernel *kernel, enum bu_object_kind kind, u32 id);
/* The next id after `id`, or 0. */
u32 bu_object_next_id(struct bu_kernel *kernel, enum bu_object_kind kind, u32 id);

/* A new user descriptor for `object`; it takes over the caller's reference, also on failure.
 * The descriptor (>= 0, close-on-exec), or -EMFILE, -ENFILE, -ENOMEM. */
int bu_fd_install(struct bu_object *object);
/* The object behind a user descriptor: NULL with *error = -EBADF (not open) or -EINVAL (not of this kind).
 * No reference is taken. */
struct bu_object *bu_fd_object(struct bu_kernel *kernel, int fd, enum bu_object_kind kind, int *error);
/* Make every descriptor of `object` readable (epoll, poll), as a wake-up of its waiters. */
void bu_fd_wake(struct bu_object *object);

#endif
