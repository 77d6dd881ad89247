/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ring buffer and perf events as values, oldest first. Reading one here consumes it; libbpf's
 * ring_buffer__poll and perf_buffer__poll work too and see what is left.
 *
 *	const struct event *e = NEXT_EVENT(skel->maps.events, struct event);   (ends the test when there is none)
 *	EXPECT_EVENT(skel->maps.events, (struct event){ .pid = 42, ... });     (all bytes; printed by field)
 *	EXPECT_NO_EVENT(skel->maps.events);
 */
#ifndef BPFUNIT_EVENT_H
#define BPFUNIT_EVENT_H

#include <bpfunit/check.h>

/* The next event's bytes and size, or NULL (errno ENOENT: none left; EINVAL: not an event map). Owned by the test. */
BPFUNIT_API const void *bpfunit_event_next(const struct bpf_map *map, size_t *size);
/* How many events wait. */
BPFUNIT_API size_t bpfunit_event_count(const struct bpf_map *map);

#endif
