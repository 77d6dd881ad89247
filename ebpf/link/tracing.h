/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What tracing knows besides symbols: the events of tracefs (tracepoints, and probes that were made
 * by writing to kprobe_events and uprobe_events), the readers of trace_pipe, and the events that
 * programs are attached to. A tracepoint exists because a section of an opened object spells it,
 * because the kernel's BTF has its btf_trace_..., or because a test added it.
 */
#ifndef BU_TRACING_H
#define BU_TRACING_H

#include "ebpf/link/perf_event.h"

struct bu_bytes;

struct bu_trace_event {              /* events/<category>/<name> of tracefs */
	struct bu_trace_event *next; /* of the same hash */
	u32 id;                      /* what its id file says; never used again */
	enum bu_perf_target kind;    /* a tracepoint or a probe */
	char *category, *name;
	char *target; /* of a probe: function or path; NULL: `address` says it */
	u64 offset, address, ref_ctr_offset;
	u32 users;    /* perf events that are open on it */
	u32 attached; /* programs of theirs */
	bool gone;    /* its events file is no more; users keep it */
};

/* The tracepoint or probe; NULL: none. */
struct bu_trace_event *bu_trace_event_find(struct bu_kernel *kernel, const char *category,
					   const char *name);
struct bu_trace_event *bu_trace_event_by_id(struct bu_kernel *kernel, u64 id);
/* Make a tracepoint, unless it exists. 0, -EINVAL for names that cannot be, -ENOMEM. */
int bu_tracepoint_add(struct bu_kernel *kernel, const char *category, const char *name);
/* Whether a raw tracepoint of this name exists. */
bool bu_raw_tracepoint_exists(struct bu_kernel *kernel, const char *name);
/* Call `visit` for each event by ascending id until it returns other than 0; that, or 0. */
int bu_trace_event_for_each(struct bu_kernel *kernel,
			    int (*visit)(struct bu_trace_event *event, void *arg), void *arg);

/* A perf event on it is closed. */
static inline void bu_trace_event_put(struct bu_trace_event *event)
{
	event->users--;
}

/* Where a kprobe would be: 0; -ENOENT with a note: no such function; -EADDRNOTAVAIL: several;
 * -EINVAL: outside the function, or a return probe behind its beginning. */
int bu_kprobe_address(struct bu_kernel *kernel, const char *function, u64 offset, bool returns,
		      u64 *address);
/* Whether a uprobe can be there: 0; -ENOENT, ...: the path; -EINVAL: not a file, or behind its end,
 * or an odd counter. */
int bu_uprobe_check(const char *path, u64 offset, u64 ref_ctr_offset);

/* A descriptor for writing to kprobe_events or uprobe_events; with O_TRUNC in `flags` their events
 * go. What is written takes effect when the kernel is next asked about events. A descriptor, or
 * -errno. */
int bu_probe_events_open(struct bu_kernel *kernel, bool uprobes, int flags);
/* These events, one a line as they are written. */
void bu_probe_events_list(struct bu_kernel *kernel, bool uprobes, struct bu_bytes *text);
/* Carry out what was written since. */
void bu_probe_events_settle(struct bu_kernel *kernel);

/* A descriptor from which trace output can be read as it comes, or -errno. */
int bu_trace_pipe_open(struct bu_kernel *kernel, int flags);
/* A line of trace output begins; after it was appended, give it to who reads trace_pipe. */
void bu_trace_mark(struct bu_kernel *kernel);
void bu_trace_pipe_feed(struct bu_kernel *kernel);
/* The trace output was cleared. */
void bu_trace_forget(struct bu_kernel *kernel);
/* All trace output of the kernel so far, as the file `trace` shows it. */
void bu_trace_list(struct bu_kernel *kernel, struct bu_bytes *text);

/* The kernel's record of all that, made when first needed; NULL: out of memory. */
struct bu_tracing *bu_tracing(struct bu_kernel *kernel);
void bu_tracing_free(struct bu_kernel *kernel);

#endif
