/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Programs on perf events. Events with a program are in one list, in the order of attaching, which
 * is the order in which a tracepoint runs its programs. Source: __perf_event_set_bpf_prog(),
 * perf_event_set_bpf_handler(), kernel/events/core.c; perf_event_attach_bpf_prog(),
 * perf_event_query_prog_array(), kernel/trace/bpf_trace.c (6.12), as observed with 6.18. Differs: a
 * tracepoint's program may read beyond the tracepoint's record, whose size is not known.
 */
#include "ebpf/link/perf_state.h"
#include "ebpf/link/tracing_state.h"
#include "ebpf/prog/prog.h"
#include "ebpf/syscall.h"

#define MAX_PROGS 64 /* Source: BPF_TRACE_MAX_PROGS */

static int check_counter(const struct bu_perf_event *event, const struct bu_prog *prog)
{
	if (event->info.prog)
		return -EEXIST;
	return prog->prog_type == BPF_PROG_TYPE_PERF_EVENT ? 0 : -EINVAL;
}

static bool is_uprobe(const struct bu_perf_event *event)
{
	return event->info.target == BU_PERF_UPROBE || event->info.target == BU_PERF_URETPROBE;
}

static int check_type(const struct bu_perf_event *event, const struct bu_prog *prog)
{
	if (event->info.target == BU_PERF_TRACEPOINT)
		return prog->prog_type == BPF_PROG_TYPE_TRACEPOINT ? 0 : -EINVAL;
	if (prog->prog_type != BPF_PROG_TYPE_KPROBE)
		return -EINVAL;
	return prog->flags & BPF_F_SLEEPABLE && !is_uprobe(event) ? -EINVAL : 0;
}

/* Events of one tracepoint share its programs; each program is there once. */
static int check_shared(const struct bu_tracing *tracing, const struct bu_perf_event *event,
			const struct bu_prog *prog)
{
	if (event->info.prog)
		return -EEXIST;
	if (!event->event)
		return 0;
	if (event->event->attached >= MAX_PROGS)
		return -E2BIG;
	for (const struct bu_perf_event *other = tracing->attached; other; other = other->next) {
		if (other->event == event->event && other->info.prog == prog)
			return -EEXIST;
	}
	return 0;
}

static void enlist(struct bu_tracing *tracing, struct bu_perf_event *event)
{
	struct bu_perf_event **end = &tracing->attached;

	while (*end)
		end = &(*end)->next;
	*end = event;
	event->next = NULL;
	if (event->event)
		event->event->attached++;
}

int bu_perf_event_attach(struct bu_object *object, struct bu_prog *prog, u64 cookie)
{
	struct bu_perf_event *event = bu_perf_event(object);
	struct bu_tracing *tracing = bu_tracing(object->kernel);
	int err;

	if (!tracing)
		return -ENOMEM;
	if (bu_perf_is_tracing(event)) {
		err = check_type(event, prog);
		err = err ? err : check_shared(tracing, event, prog);
	} else {
		err = check_counter(event, prog);
	}
	if (err)
		return err;
	bu_object_get(&prog->object);
	event->info.prog = prog;
	event->info.cookie = cookie;
	enlist(tracing, event);
	return 0;
}

void bu_perf_event_detach(struct bu_object *object)
{
	struct bu_perf_event *event = bu_perf_event(object), **link;
	struct bu_prog *prog = event->info.prog;

	if (!prog)
		return;
	link = &object->kernel->tracing->attached;
	while (*link != event)
		link = &(*link)->next;
	*link = event->next;
	if (event->event)
		event->event->attached--;
	event->info.prog = NULL;
	event->info.cookie = 0;
	bu_object_put(&prog->object);
}

void bu_perf_event_describe(struct bu_object *object, struct bu_perf_event_info *info)
{
	*info = bu_perf_event(object)->info;
}

int bu_perf_event_for_each(struct bu_kernel *kernel,
			   int (*visit)(struct bu_object *event,
					const struct bu_perf_event_info *info, void *arg),
			   void *arg)
{
	struct bu_perf_event *event = kernel->tracing ? kernel->tracing->attached : NULL, *next;
	int result = 0;

	for (; !result && event; event = next) {
		next = event->next;
		result = visit(&event->object, &event->info, arg);
	}
	return result;
}

/* The ids of a tracepoint's programs, as many as there is room for. */
static int put_ids(const struct bu_perf_event *event, u64 user, u32 room)
{
	const struct bu_perf_event *other = event->object.kernel->tracing->attached;
	u32 count = 0;
	int err = 0;

	for (; !err && other && count < room; other = other->next) {
		if (other->event == event->event)
			err = bu_copy_to_user(user + count++ * sizeof(u32),
					      &other->info.prog->object.id, sizeof(u32));
	}
	return err;
}

int bu_perf_query(struct bu_perf_event *event, u64 user)
{
	struct perf_event_query_bpf query;
	u32 count = event->event ? event->event->attached : 0;
	int err;

	if (event->attr.type != PERF_TYPE_TRACEPOINT)
		return -EINVAL;
	err = bu_copy_from_user(&query, user, sizeof(query));
	if (err)
		return err;
	if (query.ids_len > MAX_PROGS)
		return -E2BIG;
	err = bu_copy_to_user(user + offsetof(struct perf_event_query_bpf, prog_cnt), &count,
			      sizeof(count));
	if (!err)
		err = put_ids(event, user + sizeof(query), query.ids_len);
	if (err)
		return err;
	return query.ids_len && query.ids_len < count ? -ENOSPC : 0;
}
