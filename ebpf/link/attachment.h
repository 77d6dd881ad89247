/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is attached where: each program at each place where a link or a perf event runs it, named as
 * sections of objects name places. Nothing in the emulated kernel fires by itself; whoever fires a
 * place finds here what runs there.
 */
#ifndef BU_ATTACHMENT_H
#define BU_ATTACHMENT_H

#include "ebpf/link/link.h"

struct bu_session_state; /* ebpf/link/link_multi.h */

struct bu_attachment {
	const char *kind; /* "raw_tp", "tp", "fentry", "kprobe", "uprobe", ..., or the link type */
	const char *name; /* what follows in a section's name; "" for link types without places */
	struct bu_prog *prog;
	struct bu_link *link; /* NULL: a perf event's, without a link */
	u64 cookie;
	u64 address;                      /* of the kernel's function; 0: none, or unknown */
	struct bu_session_state *session; /* NULL: none; it lives with the link */
	bool inert; /* it runs where programs run, not when a place of the kernel's is fired */
};

/* Call `visit` for each, in the order of attaching (links, then perf events without link), until it
 * returns other than 0; that, or 0. The strings are valid during the call. */
int bu_attachment_for_each(struct bu_kernel *kernel,
			   int (*visit)(const struct bu_attachment *attachment, void *arg),
			   void *arg);

/* Whether programs at such places run latest first, as a trampoline's do. */
bool bu_attachment_latest_first(const char *kind);
/* Whether what programs there return decides: the first other than 0 ends it. */
bool bu_attachment_decides(const char *kind);

/* What keeps programs there from running again while they run. */
enum bu_guard bu_attachment_guard(const char *kind);

#define BU_PLACE_SIZE 512
/* A place as a section's name has it ("kprobe.multi/vfs_read", "ksyscall/read"), to kind and name
 * as above, in `text`: 0; -EINVAL: no such kind, or no name. */
int bu_attachment_parse(const char *place, char text[BU_PLACE_SIZE], const char **kind,
			const char **name);

#endif
