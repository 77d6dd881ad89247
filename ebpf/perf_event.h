/* SPDX-License-Identifier: BSD-2-Clause */
/* Perf events, as far as programs need them: the BPF output events behind libbpf's perf buffers. */
#ifndef BU_PERF_EVENT_H
#define BU_PERF_EVENT_H

#include "ebpf/object.h"

/* Append a sample with `size` bytes of raw data to the ring of an event (BU_OBJECT_PERF_EVENT) from
 * a program on CPU `cpu`, and wake its waiters as its wakeup_events says. 0; -EINVAL: not a BPF
 * output event; -EOPNOTSUPP: an event of another CPU, or disabled; -ENOSPC: the ring is full
 * (counted as lost) or not mapped. Source: __bpf_perf_event_output(), kernel/trace/bpf_trace.c
 * (6.12). */
int bu_perf_event_output(struct bu_object *event, const void *data, u32 size, u32 cpu);

/* mmap(2) of an event: the control page and 2^n pages of ring, made at the first call. Offset in
 * the arena's memfd; -EINVAL: another size, or not from the beginning; -ENOMEM. */
s64 bu_perf_event_mmap(struct bu_object *event, u64 offset, u64 size);

#endif
