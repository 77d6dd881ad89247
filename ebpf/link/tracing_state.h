/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of tracing share. Others use tracing.h. */
#ifndef BU_TRACING_STATE_H
#define BU_TRACING_STATE_H

#include "ebpf/link/tracing.h"

#define BU_TRACE_BUCKETS  256
#define BU_TRACE_FIRST_ID 1000

struct bu_perf_event;
struct bu_trace_reader;

struct bu_trace_mark { /* a line of the kernel's trace output */
	size_t at;     /* where it begins */
	u64 clock_ns;
	u32 pid, cpu;
	char comm[16];
};

struct bu_tracing {
	struct bu_trace_event **events; /* by id - BU_TRACE_FIRST_ID */
	u32 nr;
	struct bu_trace_event *buckets[BU_TRACE_BUCKETS];
	u32 generation;  /* of the noted objects that were looked at */
	int written[2];  /* memfds of kprobe_events and uprobe_events; -1: never opened */
	u64 consumed[2]; /* bytes of them that were carried out */
	bool settling;   /* that is going on */
	struct bu_trace_mark *marks;
	u32 nr_marks, piped; /* piped: so many lines went to readers of trace_pipe */
	struct bu_trace_reader *readers;
	struct bu_perf_event *attached; /* events with programs, in the order of attaching */
};

struct bu_trace_event *bu_trace_event_new(struct bu_tracing *tracing, const char *category,
					  const char *name);
void bu_probe_events_free(struct bu_tracing *tracing);
void bu_trace_pipe_free(struct bu_tracing *tracing);

#endif
