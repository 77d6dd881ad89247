/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What perf events have counted: read(2), bpf_perf_event_read(). Nothing happens in the emulated
 * kernel that could be counted, so counters stand at what a test sets; the clocks among them, and
 * the times that each was enabled, are the virtual clock's. Source: perf_read(),
 * __perf_event_read_size(), perf_event_read_local(), kernel/events/core.c (6.12), as observed
 * with 6.18. Differs: an enabled event is always running.
 */
#include "ebpf/link/perf_state.h"
#include "ebpf/syscall.h"

#include <string.h>

#define FORMAT_LOST (1U << 4) /* PERF_FORMAT_LOST, 6.0 */
#define MAX_WORDS   2048      /* of an answer. Source: perf_event_validate_size() */

static bool is_clock(const struct bu_perf_event *event)
{
	return event->attr.type == PERF_TYPE_SOFTWARE &&
	       event->attr.config <= PERF_COUNT_SW_TASK_CLOCK;
}

/* Bring times and clocks up to now. */
static void settle(struct bu_perf_event *event)
{
	u64 now = event->object.kernel->env.clock_ns, passed = now - event->counted.since;

	event->counted.since = now;
	if (!event->info.enabled)
		return;
	event->counted.time += passed;
	if (is_clock(event))
		event->counted.value += passed;
}

void bu_perf_count_begin(struct bu_perf_event *event)
{
	event->counted.since = event->object.kernel->env.clock_ns;
}

void bu_perf_enable(struct bu_perf_event *event, bool enabled)
{
	settle(event);
	event->info.enabled = enabled;
}

void bu_perf_reset(struct bu_perf_event *event)
{
	settle(event);
	event->counted.value = 0;
}

struct bu_perf_event *bu_perf_leader(struct bu_perf_event *event)
{
	struct bu_object *leader =
		event->leader
			? bu_object_by_id(event->object.kernel, BU_OBJECT_PERF_EVENT, event->leader)
			: NULL;

	return leader ? bu_perf_event(leader) : event;
}

void bu_perf_group_for_each(struct bu_perf_event *leader,
			    void (*visit)(struct bu_perf_event *event, void *arg), void *arg)
{
	struct bu_kernel *kernel = leader->object.kernel;
	u32 id = leader->object.id;

	visit(leader, arg);
	while ((id = bu_object_next_id(kernel, BU_OBJECT_PERF_EVENT, id))) {
		struct bu_perf_event *event =
			bu_perf_event(bu_object_by_id(kernel, BU_OBJECT_PERF_EVENT, id));

		if (event->leader == leader->object.id)
			visit(event, arg);
	}
}

struct group_size {
	u32 members;
	bool too_large;
};

static void count_member(struct bu_perf_event *event, void *arg)
{
	(void)event;
	((struct group_size *)arg)->members++;
}

static void measure(struct group_size *size, u64 format)
{
	u32 each = 1 + !!(format & PERF_FORMAT_ID) + !!(format & FORMAT_LOST);
	u32 words = !!(format & PERF_FORMAT_TOTAL_TIME_ENABLED) +
		    !!(format & PERF_FORMAT_TOTAL_TIME_RUNNING);

	words += format & PERF_FORMAT_GROUP ? 1 + each * size->members : each;
	size->too_large |= words > MAX_WORDS;
}

static void measure_member(struct bu_perf_event *event, void *arg)
{
	measure(arg, event->attr.read_format);
}

bool bu_perf_group_has_room(struct bu_perf_event *leader, u64 read_format)
{
	struct group_size size = { .members = 1 };

	bu_perf_group_for_each(leader, count_member, &size);
	measure(&size, read_format);
	bu_perf_group_for_each(leader, measure_member, &size);
	return !size.too_large;
}

struct answer {
	u64 words[MAX_WORDS];
	u32 nr, members;
};

static void put(struct answer *answer, u64 word)
{
	if (answer->nr < MAX_WORDS)
		answer->words[answer->nr++] = word;
}

static void put_times(struct answer *answer, const struct bu_perf_event *event, u64 format)
{
	if (format & PERF_FORMAT_TOTAL_TIME_ENABLED)
		put(answer, event->counted.time);
	if (format & PERF_FORMAT_TOTAL_TIME_RUNNING)
		put(answer, event->counted.time);
}

static void put_names(struct answer *answer, const struct bu_perf_event *event, u64 format)
{
	if (format & PERF_FORMAT_ID)
		put(answer, event->object.id);
	if (format & FORMAT_LOST)
		put(answer, event->ring.lost);
}

static void put_member(struct bu_perf_event *event, void *arg)
{
	struct answer *answer = arg;

	settle(event);
	answer->members++;
	put(answer, event->counted.value);
	put_names(answer, event, bu_perf_leader(event)->attr.read_format);
}

/* Members of a group tell of all of it, as their own formats say. */
static void compose(struct bu_perf_event *event, struct answer *answer)
{
	u64 format = event->attr.read_format;

	settle(event);
	if (!(format & PERF_FORMAT_GROUP)) {
		put(answer, event->counted.value);
		put_times(answer, event, format);
		put_names(answer, event, format);
		return;
	}
	event = bu_perf_leader(event);
	settle(event);
	put(answer, 0);
	put_times(answer, event, event->attr.read_format);
	bu_perf_group_for_each(event, put_member, answer);
	answer->words[0] = answer->members;
}

long bu_perf_read(struct bu_object *object, u64 user, size_t size)
{
	struct answer answer = { .nr = 0 };
	u32 bytes;

	compose(bu_perf_event(object), &answer);
	bytes = answer.nr * sizeof(*answer.words);
	if (size < bytes)
		return -ENOSPC;
	return bu_copy_to_user(user, answer.words, bytes) ? -EFAULT : (long)bytes;
}

int bu_perf_count(struct bu_object *object, u32 cpu, struct bu_perf_count *count)
{
	struct bu_perf_event *event = bu_perf_event(object);
	const struct bu_env *env = &object->kernel->env;
	s32 pid = event->info.pid;

	if (event->attr.inherit)
		return -EOPNOTSUPP;
	if (pid > 0 && (u32)pid != env->pid && (u32)pid != env->tgid)
		return -EINVAL;
	if (pid == -1 && event->info.cpu != (s32)cpu)
		return -EINVAL;
	if (event->attr.pinned && event->info.cpu != -1 && event->info.cpu != (s32)cpu)
		return -EBUSY;
	settle(event);
	*count = (struct bu_perf_count){ event->counted.value, event->counted.time,
					 event->counted.time };
	return 0;
}

void bu_perf_count_set(struct bu_object *object, u64 value)
{
	settle(bu_perf_event(object));
	bu_perf_event(object)->counted.value = value;
}
