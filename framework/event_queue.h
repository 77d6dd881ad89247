/* SPDX-License-Identifier: BSD-2-Clause */
/* Events of one map for the running test: what has been taken out of its buffers, and its buffers.
 */
#ifndef BU_EVENT_QUEUE_H
#define BU_EVENT_QUEUE_H

#include <bpf/libbpf.h>

#include "ebpf/map.h"

struct bu_event {
	struct bu_event *next;
	size_t size;
	u8 data[] __attribute__((aligned(8)));
};

struct bu_event_queue {
	struct bu_event_queue *next;
	u32 map_id;
	enum bpf_map_type type;
	int fd;                        /* of ours: PERF_EVENT_ARRAY; -1: none */
	struct bu_event *first, *last; /* PERF_EVENT_ARRAY; owned by the test */
	u64 lost;
	struct perf_buffer *perf; /* NULL: the test has events of its own in all slots */
	/* RINGBUF, mapped: */
	u64 *consumer;
	const u64 *producer;
	const u8 *data;
	u64 ring_size;
};

/* The queue of a map; made, with buffers, when there is none. NULL with *error: -EINVAL (no event
 * map), ... */
struct bu_event_queue *bu_event_queue(struct bu_map *map, int *error);
/* The oldest event, taken out; NULL: none. Owned by the test. */
struct bu_event *bu_event_take(struct bu_event_queue *queue);
size_t bu_event_waiting(struct bu_event_queue *queue);

#endif
