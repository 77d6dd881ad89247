/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The events of tracefs. Each has a number that is never used again, so an event that is removed
 * while perf events are open on it stays in the table, marked as gone. Source:
 * kernel/trace/trace_events.c, kernel/trace/trace_event_perf.c (6.12).
 */
#include "ebpf/link/tracing.h"

#include "ebpf/btf/section_names.h"
#include "ebpf/kernel.h"
#include "ebpf/link/symbols.h"
#include "ebpf/link/tracing_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bu_tracing *bu_tracing(struct bu_kernel *kernel)
{
	struct bu_tracing *tracing = kernel->tracing;

	if (tracing)
		return tracing;
	tracing = calloc(1, sizeof(*tracing));
	if (!tracing)
		return NULL;
	tracing->written[0] = tracing->written[1] = -1;
	kernel->tracing = tracing;
	return tracing;
}

static void free_event(struct bu_trace_event *event)
{
	free(event->category);
	free(event->name);
	free(event->target);
	free(event);
}

void bu_tracing_free(struct bu_kernel *kernel)
{
	struct bu_tracing *tracing = kernel->tracing;

	if (!tracing)
		return;
	for (u32 i = 0; i < tracing->nr; i++)
		free_event(tracing->events[i]);
	free(tracing->events);
	bu_probe_events_free(tracing);
	bu_trace_pipe_free(tracing);
	free(tracing);
	kernel->tracing = NULL;
}

static u32 hash(const char *category, const char *name)
{
	u32 h = 2166136261u;

	for (; *category; category++)
		h = (h ^ (u8)*category) * 16777619;
	for (; *name; name++)
		h = (h ^ (u8)*name) * 16777619;
	return h % BU_TRACE_BUCKETS;
}

static struct bu_trace_event *find(const struct bu_tracing *tracing, const char *category,
				   const char *name)
{
	struct bu_trace_event *event = tracing->buckets[hash(category, name)];

	while (event &&
	       (event->gone || strcmp(event->name, name) || strcmp(event->category, category)))
		event = event->next;
	return event;
}

static bool is_name(const char *name)
{
	return *name && strlen(name) < 128 && !strpbrk(name, "/ \t\n:");
}

struct bu_trace_event *bu_trace_event_new(struct bu_tracing *tracing, const char *category,
					  const char *name)
{
	struct bu_trace_event *event = calloc(1, sizeof(*event)), **list, **bucket;

	list = reallocarray(tracing->events, tracing->nr + 1, sizeof(*list));
	if (list)
		tracing->events = list;
	if (!event || !list)
		goto no_memory;
	event->category = strdup(category);
	event->name = strdup(name);
	if (!event->category || !event->name)
		goto no_memory;
	event->kind = BU_PERF_TRACEPOINT;
	event->id = BU_TRACE_FIRST_ID + tracing->nr;
	list[tracing->nr++] = event;
	bucket = &tracing->buckets[hash(category, name)];
	event->next = *bucket;
	*bucket = event;
	return event;

no_memory:
	if (event)
		free_event(event);
	return NULL;
}

static int add_tracepoint(struct bu_tracing *tracing, const char *category, const char *name)
{
	if (!is_name(category) || !is_name(name))
		return -EINVAL;
	if (find(tracing, category, name))
		return 0;
	return bu_trace_event_new(tracing, category, name) ? 0 : -ENOMEM;
}

int bu_tracepoint_add(struct bu_kernel *kernel, const char *category, const char *name)
{
	struct bu_tracing *tracing = bu_tracing(kernel);

	return tracing ? add_tracepoint(tracing, category, name) : -ENOMEM;
}

static void add_section_name(enum bu_section_kind kind, const char *name, void *arg)
{
	const char *slash = strchr(name, '/');
	char category[128];

	if (kind != BU_SECTION_TRACEPOINT || !slash || slash - name >= (int)sizeof(category))
		return;
	snprintf(category, sizeof(category), "%.*s", (int)(slash - name), name);
	add_tracepoint(arg, category, slash + 1);
}

static int add_object(const struct bu_btf_source *source, void *arg)
{
	bu_section_names(source, add_section_name, arg);
	return 0;
}

/* The record with what was noted and written since. */
static struct bu_tracing *present(struct bu_kernel *kernel)
{
	struct bu_tracing *tracing = bu_tracing(kernel);
	u32 generation = bu_vmlinux_generation();

	if (!tracing)
		return NULL;
	if (tracing->generation != generation) {
		tracing->generation = generation;
		bu_vmlinux_for_each_source(add_object, tracing);
	}
	bu_probe_events_settle(kernel);
	return tracing;
}

static bool btf_has(struct bu_kernel *kernel, u32 kind, const char *prefix, const char *name)
{
	const struct bu_btf *btf = bu_vmlinux_btf(kernel);
	size_t len = strlen(prefix);

	for (u32 id = 1; btf && id < btf->nr_types; id++) {
		const struct btf_type *type = bu_btf_type(btf, id);
		const char *string = bu_btf_string(btf, type->name_off);

		if (BTF_INFO_KIND(type->info) == kind && string && !strncmp(string, prefix, len) &&
		    !strcmp(string + len, name))
			return true;
	}
	return false;
}

/* BTF knows tracepoints by name; those of system calls are made of the calls' functions. */
static bool btf_has_tracepoint(struct bu_kernel *kernel, const char *category, const char *name)
{
	char function[160];
	const char *call = NULL;

	if (!strncmp(name, "sys_enter_", 10))
		call = name + 10;
	else if (!strncmp(name, "sys_exit_", 9))
		call = name + 9;
	if (strcmp(category, "syscalls") || !call)
		return btf_has(kernel, BTF_KIND_TYPEDEF, "btf_trace_", name);
	snprintf(function, sizeof(function), BU_SYSCALL_PREFIX "%s", call);
	return bu_symbol_find(kernel, function);
}

struct bu_trace_event *bu_trace_event_find(struct bu_kernel *kernel, const char *category,
					   const char *name)
{
	struct bu_tracing *tracing = present(kernel);
	struct bu_trace_event *event = tracing ? find(tracing, category, name) : NULL;

	if (event || !tracing || !is_name(category) || !is_name(name) ||
	    !btf_has_tracepoint(kernel, category, name))
		return event;
	return bu_trace_event_new(tracing, category, name);
}

struct bu_trace_event *bu_trace_event_by_id(struct bu_kernel *kernel, u64 id)
{
	struct bu_tracing *tracing = present(kernel);

	if (!tracing || id < BU_TRACE_FIRST_ID || id - BU_TRACE_FIRST_ID >= tracing->nr ||
	    tracing->events[id - BU_TRACE_FIRST_ID]->gone)
		return NULL;
	return tracing->events[id - BU_TRACE_FIRST_ID];
}

int bu_trace_event_for_each(struct bu_kernel *kernel,
			    int (*visit)(struct bu_trace_event *event, void *arg), void *arg)
{
	struct bu_tracing *tracing = present(kernel);
	int result = 0;

	if (!tracing)
		return -ENOMEM;
	for (u32 i = 0; !result && i < tracing->nr; i++) {
		if (!tracing->events[i]->gone)
			result = visit(tracing->events[i], arg);
	}
	return result;
}

struct raw_search {
	const char *name;
	bool found;
};

static void match_raw(enum bu_section_kind kind, const char *name, void *arg)
{
	struct raw_search *search = arg;
	const char *slash = strchr(name, '/');

	if (kind == BU_SECTION_RAW_TRACEPOINT)
		search->found |= !strcmp(name, search->name);
	else if (kind == BU_SECTION_TRACEPOINT && slash)
		search->found |= !strcmp(slash + 1, search->name);
}

static int match_object(const struct bu_btf_source *source, void *arg)
{
	bu_section_names(source, match_raw, arg);
	return 0;
}

static int match_event(struct bu_trace_event *event, void *arg)
{
	struct raw_search *search = arg;

	search->found |= event->kind == BU_PERF_TRACEPOINT && !strcmp(event->name, search->name);
	return 0;
}

bool bu_raw_tracepoint_exists(struct bu_kernel *kernel, const char *name)
{
	struct raw_search search = { .name = name };

	bu_vmlinux_for_each_source(match_object, &search);
	bu_trace_event_for_each(kernel, match_event, &search);
	return search.found || btf_has(kernel, BTF_KIND_TYPEDEF, "btf_trace_", name);
}
