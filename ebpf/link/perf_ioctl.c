/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ioctl(2) of perf events. Source: _perf_ioctl(), kernel/events/core.c;
 * ftrace_profile_set_filter(), kernel/trace/trace_events_filter.c (6.12), as observed with 6.18.
 * Differs: filters are checked for their form only, and have no effect (programs run before them in
 * the kernel, too); output cannot be redirected to another event.
 */
#include "ebpf/link/perf_state.h"
#include "ebpf/prog/prog.h"
#include "ebpf/syscall.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static bool samples(const struct bu_perf_event *event)
{
	return event->attr.sample_period != 0; /* or sample_freq: they share a field */
}

static int refresh(struct bu_perf_event *event)
{
	if (event->attr.inherit || !samples(event))
		return -EINVAL;
	bu_perf_enable(event, true);
	return 0;
}

static int set_period(struct bu_perf_event *event, u64 user)
{
	u64 period;
	int err = bu_copy_from_user(&period, user, sizeof(period));

	if (err)
		return err;
	if (!samples(event) || !period)
		return -EINVAL;
	if (event->attr.freq ? period > 100000 : period >> 63 != 0)
		return -EINVAL;
	event->attr.sample_period = period;
	return 0;
}

static int set_bpf(struct bu_perf_event *event, int fd)
{
	int err;
	struct bu_object *prog = bu_fd_object(event->object.kernel, fd, BU_OBJECT_PROG, &err);

	if (!prog)
		return err;
	return bu_perf_event_attach(&event->object, bu_container_of(prog, struct bu_prog, object),
				    0);
}

/* Whether the text can be a filter: comparisons of fields with values, joined and in parentheses.
 */
static bool is_filter(const char *text)
{
	size_t name, compare;

	do {
		text += strspn(text, " \t!(");
		name = strspn(text,
			      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789.");
		if (!name || isdigit(*text))
			return false;
		text += name;
		text += strspn(text, " \t");
		compare = strspn(text, "=!<>~&");
		text += compare;
		text += strspn(text, " \t");
		name = *text == '"' ? strcspn(text + 1, "\"") + 2 : strcspn(text, " \t)&|");
		if (!compare || !name || name > strlen(text))
			return false;
		text += name;
		text += strspn(text, " \t)");
		name = strspn(text, "&|");
		text += name;
	} while (name == 2);
	return !*text && !name;
}

static int set_filter(struct bu_perf_event *event, u64 user)
{
	long max = sysconf(_SC_PAGESIZE);
	char *text = malloc((size_t)max);
	long length = text ? bu_string_from_user(text, user, (size_t)max) : -ENOMEM;
	int err = length < 0 ? (int)length : length == max ? -EINVAL : 0;

	if (!err && !bu_perf_is_tracing(event))
		err = -EINVAL;
	if (!err && event->filtered)
		err = -EEXIST;
	if (!err && !is_filter(text))
		err = -EINVAL;
	event->filtered |= !err;
	free(text);
	return err;
}

static int set_output(struct bu_perf_event *event, int fd)
{
	struct bu_object *other;

	if (fd == -1)
		return event->ring.control ? -EINVAL : 0;
	other = bu_perf_event_of_fd(event->object.kernel, fd);
	if (!other)
		return -EBADF;
	if (other == &event->object || bu_perf_event(other)->info.cpu != event->info.cpu)
		return -EINVAL;
	bu_note(event->object.kernel,
		"PERF_EVENT_IOC_SET_OUTPUT to another event is not emulated (EOPNOTSUPP)");
	return -EOPNOTSUPP;
}

static int pause_output(struct bu_perf_event *event, bool pause)
{
	if (!event->ring.size)
		return -EINVAL;
	event->paused = pause;
	return 0;
}

static int modify(struct bu_perf_event *event, u64 user)
{
	struct perf_event_attr attr;
	int err = bu_perf_copy_attr(&attr, user);

	if (err)
		return err;
	return attr.type == event->attr.type ? -EOPNOTSUPP : -EINVAL; /* only breakpoints can */
}

static void enable(struct bu_perf_event *event, void *arg)
{
	bu_perf_enable(event, true);
}

static void disable(struct bu_perf_event *event, void *arg)
{
	bu_perf_enable(event, false);
}

static void reset(struct bu_perf_event *event, void *arg)
{
	bu_perf_reset(event);
}

/* Do it to the event, or to all of its group. */
static int each(struct bu_perf_event *event, unsigned long flags,
		void (*act)(struct bu_perf_event *event, void *arg))
{
	if (flags & PERF_IOC_FLAG_GROUP)
		bu_perf_group_for_each(bu_perf_leader(event), act, NULL);
	else
		act(event, NULL);
	return 0;
}

int bu_perf_ioctl(struct bu_perf_event *event, unsigned long request, unsigned long arg)
{
	u64 id = event->object.id;

	switch (request) {
	case PERF_EVENT_IOC_ENABLE:
		return each(event, arg, enable);
	case PERF_EVENT_IOC_DISABLE:
		return each(event, arg, disable);
	case PERF_EVENT_IOC_RESET:
		return each(event, arg, reset);
	case PERF_EVENT_IOC_REFRESH:
		return refresh(event);
	case PERF_EVENT_IOC_PERIOD:
		return set_period(event, arg);
	case PERF_EVENT_IOC_ID:
		return bu_copy_to_user(arg, &id, sizeof(id));
	case PERF_EVENT_IOC_SET_OUTPUT:
		return set_output(event, (int)arg);
	case PERF_EVENT_IOC_SET_FILTER:
		return set_filter(event, arg);
	case PERF_EVENT_IOC_SET_BPF:
		return set_bpf(event, (int)arg);
	case PERF_EVENT_IOC_PAUSE_OUTPUT:
		return pause_output(event, arg);
	case PERF_EVENT_IOC_QUERY_BPF:
		return bu_perf_query(event, arg);
	case PERF_EVENT_IOC_MODIFY_ATTRIBUTES:
		return modify(event, arg);
	default:
		return -ENOTTY;
	}
}
