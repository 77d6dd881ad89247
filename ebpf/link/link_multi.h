/* SPDX-License-Identifier: BSD-2-Clause */
/* Links to many places at once: link->priv of the types KPROBE_MULTI and UPROBE_MULTI. */
#ifndef BU_LINK_MULTI_H
#define BU_LINK_MULTI_H

#include "ebpf/link/link.h"

#define BU_MULTI_MAX    (1U << 20) /* places of a link. Source: MAX_KPROBE_MULTI_CNT */
#define BU_MULTI_RETURN 1U         /* flag: when the functions return */

/* What a session's entry leaves to its return. */
struct bu_session_state {
	bool skipped; /* it declined to see the return */
	u64 value;    /* that bpf_session_cookie() points to */
};

struct bu_multi_place {
	u64 at; /* address of a function; offset in a file */
	u64 cookie;
	u64 ref_ctr_offset;
	const char *name; /* of the function; NULL: unknown */
	struct bu_session_state session;
};

struct bu_multi {
	u32 count, flags;
	bool has_cookies;
	char *path; /* of the file; NULL: the kernel's functions */
	u32 pid;    /* 0: any */
	struct bu_multi_place *places;
};

/* What both types do at attach (link->priv is what `fill` filled, 0 or its error), and at their
 * end. */
int bu_multi_attach(struct bu_link *link, const struct bu_link_request *request,
		    int (*fill)(struct bu_multi *, const struct bu_link_request *));
void bu_multi_detach(struct bu_link *link);
void bu_multi_release(struct bu_link *link);
/* A caller's array of words into one field of the places. 0, or -EFAULT. */
int bu_multi_get(struct bu_multi *multi, u64 user, size_t field);
/* And back, at most `room` of them; user 0: nothing. */
int bu_multi_put(const struct bu_multi *multi, u64 user, u32 room, size_t field);

/* Whether the program is run at entry, or at return, or both (a session). */
bool bu_multi_at_entry(const struct bu_link *link);
bool bu_multi_at_return(const struct bu_link *link);

#endif
