/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What bpf(2) hands out file descriptors for. An object lives while something refers to it: an open
 * descriptor, another object, or a run. The kernel's tables hold no reference.
 */
#ifndef BU_OBJECT_H
#define BU_OBJECT_H

#include "ebpf/base.h"

#include <sys/types.h>

enum bu_object_kind {
	BU_OBJECT_MAP = 1,
	BU_OBJECT_PROG,
	BU_OBJECT_BTF,
	BU_OBJECT_LINK,
	BU_OBJECT_PERF_EVENT,
	BU_OBJECT_STATS, /* of BPF_ENABLE_STATS */
	BU_OBJECT_ITER,
	BU_OBJECT_MAX,
};

struct bu_kernel;
struct bu_object;
struct bu_fd;

struct bu_object_class {
	enum bu_object_kind kind;
	void (*destroy)(struct bu_object *object);  /* frees the object, its references included */
	bool (*readable)(struct bu_object *object); /* what poll(2) says; NULL: never */
	bool (*pollable)(
		const struct bu_object *object); /* its descriptors may be woken; NULL: never */
	/* User space closed one of its descriptors; NULL: nothing to do. */
	void (*released)(struct bu_object *object, const struct bu_fd *fd);
	void (*closed)(struct bu_object *object); /* user space closed its last descriptor; NULL:
						     nothing to do */
};

struct bu_object {
	const struct bu_object_class *class;
	enum bu_object_kind kind;
	u32 id; /* unique within its kind, from 1, never used again */
	u32 refs;
	u32 pins; /* names in a bpffs: as descriptors, they keep a map in use */
	struct bu_kernel *kernel;
	struct bu_fd *fds; /* open descriptors, latest first */
};

/* Enter a new object into the kernel's table: gives it an id and one reference. 0, or -ENOMEM. */
int bu_object_init(struct bu_object *object, struct bu_kernel *kernel,
		   const struct bu_object_class *class);

/* Let the next object of this kind have this id. 0 or -ENOMEM. */
int bu_object_continue(struct bu_kernel *kernel, enum bu_object_kind kind, u32 id);

void bu_object_get(struct bu_object *object);
/* Drop a reference; the last one destroys the object. */
void bu_object_put(struct bu_object *object);
/* The same, at the end of the outermost run if there is one: programs may hold what a map gave them
 * until they end. */
void bu_object_put_later(struct bu_object *object);
/* Drop what was put off; when a run ends. */
void bu_object_put_pending(struct bu_kernel *kernel);
struct bu_object *bu_object_by_id(struct bu_kernel *kernel, enum bu_object_kind kind, u32 id);
/* The next id after `id`, or 0. */
u32 bu_object_next_id(struct bu_kernel *kernel, enum bu_object_kind kind, u32 id);

/* A new user descriptor for `object`; it takes over the caller's reference, also on failure.
 * The descriptor (>= 0, close-on-exec), or -EMFILE, -ENFILE, -ENOMEM. */
int bu_fd_install(struct bu_object *object);
/* The object behind a user descriptor: NULL with *error = -EBADF (not open) or -EINVAL (not of this
 * kind). No reference is taken. */
struct bu_object *bu_fd_object(struct bu_kernel *kernel, int fd, enum bu_object_kind kind,
			       int *error);
/* Make every descriptor of `object` readable (epoll, poll), as a wake-up of its waiters. */
void bu_fd_wake(struct bu_object *object);

/* What else is known of a descriptor. */
enum bu_fd_mode {
	BU_FD_READ = 1,
	BU_FD_WRITE = 2,
};

struct bu_source_place {  /* in a test's source */
	const char *file; /* a literal; NULL: unknown */
	int line;
};

struct bu_fd { /* one end of a socket pair or pipe is the user's, the other (`peer`) ours */
	struct bu_fd *next;       /* in its hash bucket */
	struct bu_fd *sibling;    /* of the same object */
	struct bu_fd *woken_next; /* in the list of those that were ever woken */
	struct bu_object *object;
	dev_t device; /* of the user's end, and its number there: what identify it */
	u64 inode;
	int peer;
	int user;                    /* the number that was last seen; may be stale */
	int highest;                 /* of the numbers that ebpf/boundary/fd_number.c knew it by */
	u32 mode;                    /* enum bu_fd_mode */
	bool signalled;              /* a byte waits in the user's end; atomic */
	bool listed;                 /* on the list of the woken */
	struct bu_source_place made; /* where its maker was */
};

/* As bu_fd_install, for descriptors that may not both read and write. */
int bu_fd_install_mode(struct bu_object *object, u32 mode);
/* The descriptor's record, or NULL: -EBADF not open, -EINVAL not one of this kernel's. */
struct bu_fd *bu_fd_of(struct bu_kernel *kernel, int fd, int *error);
/* The same for calls that the host's files get too (mmap, ioctl): asks the host each time. */
struct bu_fd *bu_fd_verify(struct bu_kernel *kernel, int fd, int *error);
/* The record of what has this inode on the host, whosever descriptor it is; NULL: not ours. */
struct bu_fd *bu_fd_by_inode(struct bu_kernel *kernel, u64 device, u64 inode);
/* Drop the references of descriptors that were closed since; nothing happens during a run. */
void bu_fd_reap(struct bu_kernel *kernel);
/* Take back wake-ups whose data has been consumed: before a wait on descriptors. */
void bu_fd_settle(struct bu_kernel *kernel);

int bu_fd_table_init(struct bu_kernel *kernel);
void bu_fd_table_destroy(struct bu_kernel *kernel);
/* Move a descriptor of ours out of the way, above those that programs look at. Its new number, or
 * the old one when there is no room above. */
int bu_fd_move_high(int fd);

#endif
