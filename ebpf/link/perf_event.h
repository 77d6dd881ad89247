/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Perf events: what perf_event_open(2) makes. Events of BPF output have a ring that programs write
 * to; probes, tracepoints and counters are what programs are attached to. Nothing counts and
 * nothing fires by itself: tests fire what is attached, and set what was counted.
 */
#ifndef BU_PERF_EVENT_H
#define BU_PERF_EVENT_H

#include "ebpf/object.h"

struct bu_prog;

/* Append a sample with `size` bytes of raw data to the ring of an event (BU_OBJECT_PERF_EVENT) from
 * a program on CPU `cpu`, and wake its waiters as its wakeup_events says. 0; -EINVAL: not a BPF
 * output event; -EOPNOTSUPP: an event of another CPU, or disabled; -ENOSPC: the ring is full
 * (counted as lost) or not mapped. Source: __bpf_perf_event_output(), kernel/trace/bpf_trace.c
 * (6.12). */
int bu_perf_event_output(struct bu_object *event, const void *data, u32 size, u32 cpu);

/* mmap(2) of an event: the control page and 2^n pages of ring, made at the first call. Offset in
 * the arena's memfd; -EINVAL: another size, or not from the beginning; -ENOMEM. */
s64 bu_perf_event_mmap(struct bu_object *event, u64 offset, u64 size);

/* Programs on events: at most one an event, by a link (ebpf/link/link_perf.c) or
 * PERF_EVENT_IOC_SET_BPF.
 */

enum bu_perf_target {                  /* what an event fires at */
		      BU_PERF_COUNTER, /* a hardware or software counter: perf_event programs */
		      BU_PERF_TRACEPOINT,
		      BU_PERF_KPROBE,
		      BU_PERF_KRETPROBE,
		      BU_PERF_UPROBE,
		      BU_PERF_URETPROBE,
};

struct bu_perf_event_info {
	enum bu_perf_target target;
	u32 type; /* of its perf_event_attr */
	u64 config;
	const char
		*name; /* tracepoint, kernel function or file, the event's own string; NULL: none */
	u64 offset;    /* of a probe: in the function or file */
	u64 address;   /* of a kprobe; 0: unknown */
	u64 ref_ctr_offset;   /* of a uprobe */
	u64 missed;           /* of a kprobe */
	struct bu_prog *prog; /* attached; NULL: none */
	u64 cookie;
	const char *category; /* of a tracepoint, "sched"; NULL: others */
	s32 pid, cpu;         /* -1: any. Only uprobes and counters care */
	bool enabled;         /* of a counter; all others run programs also when disabled */
};

struct bu_perf_count {
	u64 value, enabled, running; /* times in ns */
};

/* read(2) of an event: bytes, or -ENOSPC, -EFAULT. */
long bu_perf_read(struct bu_object *event, u64 user, size_t size);
/* What it has counted, for a program on CPU `cpu`: 0; -EINVAL: it is another CPU's or task's;
 * -EOPNOTSUPP: child processes inherit it; -EBUSY. Source: perf_event_read_local() */
int bu_perf_count(struct bu_object *event, u32 cpu, struct bu_perf_count *count);
void bu_perf_count_set(struct bu_object *event, u64 value);
/* The event behind a descriptor; NULL: none (-EBADF, whatever it is instead). */
struct bu_object *bu_perf_event_of_fd(struct bu_kernel *kernel, int fd);
/* Attach a program, which the event then references: 0; -EEXIST: it has one, or the tracepoint has
 * this one; -EINVAL: programs of this type do not go there; -E2BIG: the tracepoint has 64 programs.
 * Source: perf_event_set_bpf_prog(), kernel/events/core.c (6.12). */
int bu_perf_event_attach(struct bu_object *event, struct bu_prog *prog, u64 cookie);
/* Detach it, if there is one. The event does so itself when it dies. */
void bu_perf_event_detach(struct bu_object *event);
void bu_perf_event_describe(struct bu_object *event, struct bu_perf_event_info *info);
/* Call `visit` for each event with a program, in the order of attaching, until it returns other
 * than 0; that, or 0. It may detach the event that it is called for, and no other. */
int bu_perf_event_for_each(struct bu_kernel *kernel,
			   int (*visit)(struct bu_object *event,
					const struct bu_perf_event_info *info, void *arg),
			   void *arg);

#endif
