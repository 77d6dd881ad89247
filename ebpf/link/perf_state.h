/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of perf events (perf_*.c) share: the event's state. Others use perf_event.h. */
#ifndef BU_PERF_STATE_H
#define BU_PERF_STATE_H

#include "ebpf/kernel.h"
#include "ebpf/link/perf_event.h"

#include <linux/perf_event.h>

/* The numbers of the PMUs that have no fixed one, as their `type` files tell. */
#define BU_PMU_KPROBE 6
#define BU_PMU_UPROBE 7

struct bu_trace_event;

struct bu_perf_ring {   /* shared with user space; ebpf/link/perf_ring.c */
	bool watermark; /* `wakeup` counts bytes, not samples */
	u32 wakeup;     /* wake each so many; 0: each half ring */
	u64 since_wakeup;
	u64 lost;                             /* not yet told to the consumer */
	struct perf_event_mmap_page *control; /* NULL until mapped */
	u8 *data;
	u64 size;   /* of data; a power of two, or 0 */
	u64 offset; /* of the control page in the memfd */
};

struct bu_perf_event {
	struct bu_object object;         /* BU_OBJECT_PERF_EVENT; first */
	struct perf_event_attr attr;     /* the part that our header knows */
	struct bu_perf_event_info info;  /* its strings are the event's own, or trace_event's */
	char *own_name;                  /* NULL: none */
	struct bu_trace_event *event;    /* of one in tracefs; NULL: others */
	bool filtered, paused, follower; /* follower: it is in another's group */
	u32 leader;                      /* the id of its group's; 0: none */
	struct {
		u64 value, time; /* time: ns that it was enabled */
		u64 since;       /* when these were right */
	} counted;
	struct bu_perf_event *next; /* attached after it */
	struct bu_perf_ring ring;
};

static inline struct bu_perf_event *bu_perf_event(struct bu_object *object)
{
	return bu_container_of(object, struct bu_perf_event, object);
}

static inline bool bu_perf_is_tracing(const struct bu_perf_event *event)
{
	return event->info.target != BU_PERF_COUNTER;
}

/* The caller's attributes, checked and cut to what our header knows: 0, -EFAULT, -EINVAL,
 * -EOPNOTSUPP, or -E2BIG with the size that would be right written back. */
int bu_perf_copy_attr(struct perf_event_attr *attr, u64 user);
/* Find what event->attr names and fill in event->info: 0, or -errno with nothing kept. */
int bu_perf_set_target(struct bu_perf_event *event);
void bu_perf_drop_target(struct bu_perf_event *event);
int bu_perf_ioctl(struct bu_perf_event *event, unsigned long request, unsigned long arg);
/* PERF_EVENT_IOC_QUERY_BPF */
int bu_perf_query(struct bu_perf_event *event, u64 user);
/* perf_count.c: what is counted begins now; it goes on or stops; it begins anew. */
void bu_perf_count_begin(struct bu_perf_event *event);
void bu_perf_enable(struct bu_perf_event *event, bool enabled);
void bu_perf_reset(struct bu_perf_event *event);
/* The leader of its group while that is open; else the event itself. */
struct bu_perf_event *bu_perf_leader(struct bu_perf_event *event);
/* The leader and those that follow it, in the order of their making. */
void bu_perf_group_for_each(struct bu_perf_event *leader,
			    void (*visit)(struct bu_perf_event *event, void *arg), void *arg);
/* Whether each of the group can still be read when one more, of this format, has joined it. */
bool bu_perf_group_has_room(struct bu_perf_event *leader, u64 read_format);
bool bu_perf_ring_readable(struct bu_object *object);

#endif
