/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See ebpf/link/attachment.h. Source, of orders: __bpf_trampoline_link_prog(),
 * kernel/bpf/trampoline.c (latest first); perf_event_attach_bpf_prog(), kernel/trace/bpf_trace.c;
 * tracepoint_add_func(), kernel/tracepoint.c (6.18).
 */
#include "ebpf/link/attachment.h"

#include "ebpf/kernel.h"
#include "ebpf/link/link_multi.h"
#include "ebpf/link/link_tracing.h"
#include "ebpf/link/perf_event.h"
#include "ebpf/link/symbols.h"

#include <stdio.h>
#include <string.h>

#define LSM_PREFIX "bpf_lsm_"

struct walk {
	int (*visit)(const struct bu_attachment *attachment, void *arg);
	void *arg;
};

static u64 address_of(struct bu_kernel *kernel, const char *function)
{
	const struct bu_symbol *symbol = bu_symbol_find(kernel, function);

	return symbol ? symbol->address : 0;
}

static const char *trampoline_kind(const struct bu_link *link)
{
	switch (link->attach_type) {
	case BPF_TRACE_FENTRY:
		return "fentry";
	case BPF_TRACE_FEXIT:
		return "fexit";
	case BPF_MODIFY_RETURN:
		return "fmod_ret";
	case BPF_LSM_MAC:
		return "lsm";
	default:
		return "freplace";
	}
}

static int walk_trampoline(struct bu_link *link, struct bu_attachment *found,
			   const struct walk *walk)
{
	const struct bu_trampoline *place = link->priv;
	char name[BU_PLACE_SIZE];

	found->kind = trampoline_kind(link);
	found->name = place->name;
	if (link->attach_type == BPF_LSM_MAC &&
	    !strncmp(place->name, LSM_PREFIX, strlen(LSM_PREFIX)))
		found->name += strlen(LSM_PREFIX);
	if (place->target) {
		snprintf(name, sizeof(name), "%s:%s", place->target->name, place->name);
		found->name = name;
		found->inert = true;
	} else {
		found->address = address_of(link->object.kernel, place->name);
	}
	return walk->visit(found, walk->arg);
}

/* A place at whose entry, return, or both the program runs. */
static int walk_probe(const struct bu_link *link, struct bu_attachment *found,
		      const char *const kinds[2], const struct walk *walk)
{
	int result = 0;

	found->kind = kinds[0];
	if (bu_multi_at_entry(link))
		result = walk->visit(found, walk->arg);
	found->kind = kinds[1];
	if (!result && bu_multi_at_return(link))
		result = walk->visit(found, walk->arg);
	return result;
}

static int walk_multi(struct bu_link *link, struct bu_attachment *found, const struct walk *walk)
{
	static const char *const kprobes[] = { "kprobe", "kretprobe" };
	static const char *const uprobes[] = { "uprobe", "uretprobe" };
	struct bu_multi *multi = link->priv;
	bool session = bu_multi_at_entry(link) && bu_multi_at_return(link);
	char name[BU_PLACE_SIZE];
	int result = 0;

	for (u32 i = 0; !result && i < multi->count; i++) {
		struct bu_multi_place *place = &multi->places[i];

		found->name = place->name;
		found->cookie = place->cookie;
		found->address = multi->path ? 0 : place->at;
		found->session = session ? &place->session : NULL;
		if (multi->path) {
			snprintf(name, sizeof(name), "%s:0x%llx", multi->path,
				 (unsigned long long)place->at);
			found->name = name;
		}
		result = walk_probe(link, found, multi->path ? uprobes : kprobes, walk);
	}
	return result;
}

static const char *event_kind(const struct bu_perf_event_info *event)
{
	switch (event->target) {
	case BU_PERF_TRACEPOINT:
		return "tp";
	case BU_PERF_KPROBE:
		return "kprobe";
	case BU_PERF_KRETPROBE:
		return "kretprobe";
	case BU_PERF_UPROBE:
		return "uprobe";
	case BU_PERF_URETPROBE:
		return "uretprobe";
	default:
		return "perf_event";
	}
}

static void name_event(const struct bu_perf_event_info *event, char name[BU_PLACE_SIZE])
{
	const char *base = event->name ? event->name : "";
	unsigned long long offset = event->offset;

	switch (event->target) {
	case BU_PERF_TRACEPOINT:
		snprintf(name, BU_PLACE_SIZE, "%s/%s", event->category ? event->category : "",
			 base);
		break;
	case BU_PERF_UPROBE:
	case BU_PERF_URETPROBE:
		snprintf(name, BU_PLACE_SIZE, "%s:0x%llx", base, offset);
		break;
	case BU_PERF_COUNTER:
		snprintf(name, BU_PLACE_SIZE, "%u:%llu", event->type,
			 (unsigned long long)event->config);
		break;
	default:
		snprintf(name, BU_PLACE_SIZE, offset ? "%s+0x%llx" : "%s", base, offset);
	}
}

static int walk_event(const struct bu_perf_event_info *event, struct bu_attachment *found,
		      const struct walk *walk)
{
	char name[BU_PLACE_SIZE];

	name_event(event, name);
	found->kind = event_kind(event);
	found->name = name;
	found->cookie = event->cookie;
	found->address = event->offset ? 0 : event->address;
	return walk->visit(found, walk->arg);
}

static int walk_link(struct bu_link *link, void *arg)
{
	struct bu_attachment found = {
		.kind = link->type->name,
		.name = "",
		.prog = link->prog,
		.link = link,
		.cookie = link->cookie,
	};
	struct bu_perf_event_info event;

	switch (link->type->type) {
	case BU_LINK_RAW_TRACEPOINT:
		found.kind = "raw_tp";
		found.name = bu_link_raw_tp_name(link);
		break;
	case BU_LINK_TRACING:
		return walk_trampoline(link, &found, arg);
	case BU_LINK_KPROBE_MULTI:
	case BU_LINK_UPROBE_MULTI:
		return walk_multi(link, &found, arg);
	case BU_LINK_PERF_EVENT:
		bu_perf_event_describe(link->priv, &event);
		return walk_event(&event, &found, arg);
	default:
		found.inert = true;
	}
	return ((const struct walk *)arg)->visit(&found, ((const struct walk *)arg)->arg);
}

static int find_event(struct bu_link *link, void *event)
{
	return link->type->type == BU_LINK_PERF_EVENT && link->priv == event;
}

static int walk_unlinked(struct bu_object *event, const struct bu_perf_event_info *info, void *arg)
{
	struct bu_attachment found = { .prog = info->prog };

	if (bu_link_for_each(event->kernel, find_event, event))
		return 0;
	return walk_event(info, &found, arg);
}

int bu_attachment_for_each(struct bu_kernel *kernel,
			   int (*visit)(const struct bu_attachment *attachment, void *arg),
			   void *arg)
{
	struct walk walk = { visit, arg };
	int result = bu_link_for_each(kernel, walk_link, &walk);

	return result ? result : bu_perf_event_for_each(kernel, walk_unlinked, &walk);
}

/* Kinds, by what sections call them, without what follows a dot. */
static const struct kind {
	const char *section, *kind;
	bool latest_first, decides;
	enum bu_guard guard;
} kinds[] = {
	{ "raw_tp", "raw_tp", false, false, BU_GUARD_PROG },
	{ "raw_tracepoint", "raw_tp", false, false, BU_GUARD_PROG },
	{ "tp_btf", "raw_tp", false, false, BU_GUARD_PROG },
	{ "tp", "tp", false, false, BU_GUARD_EVENTS },
	{ "tracepoint", "tp", false, false, BU_GUARD_EVENTS },
	{ "fentry", "fentry", true, false, BU_GUARD_PROG },
	{ "fexit", "fexit", true, false, BU_GUARD_PROG },
	{ "fmod_ret", "fmod_ret", true, true, BU_GUARD_PROG },
	{ "lsm", "lsm", true, true, BU_GUARD_NONE },
	{ "kprobe", "kprobe", false, false, BU_GUARD_EVENTS },
	{ "kretprobe", "kretprobe", false, false, BU_GUARD_EVENTS },
	{ "ksyscall", "kprobe", false, false, BU_GUARD_EVENTS },
	{ "kretsyscall", "kretprobe", false, false, BU_GUARD_EVENTS },
	{ "uprobe", "uprobe", false, false, BU_GUARD_NONE },
	{ "uretprobe", "uretprobe", false, false, BU_GUARD_NONE },
	{ "perf_event", "perf_event", false, false, BU_GUARD_SAMPLES },
};

/* NULL: no place that can be fired is of this kind. */
static const struct kind *find_kind(const char *kind)
{
	for (size_t i = 0; i < BU_ARRAY_SIZE(kinds); i++) {
		if (!strcmp(kinds[i].kind, kind))
			return &kinds[i];
	}
	return NULL;
}

bool bu_attachment_latest_first(const char *kind)
{
	const struct kind *found = find_kind(kind);

	return found && found->latest_first;
}

bool bu_attachment_decides(const char *kind)
{
	const struct kind *found = find_kind(kind);

	return found && found->decides;
}

enum bu_guard bu_attachment_guard(const char *kind)
{
	const struct kind *found = find_kind(kind);

	return found ? found->guard : BU_GUARD_NONE;
}

int bu_attachment_parse(const char *place, char text[BU_PLACE_SIZE], const char **kind,
			const char **name)
{
	size_t slash = strcspn(place, "/"), len = strcspn(place, "./");
	const char *prefix = "";

	if (!place[slash] || !place[slash + 1])
		return -EINVAL;
	for (size_t i = 0; i < BU_ARRAY_SIZE(kinds); i++) {
		if (strlen(kinds[i].section) != len || strncmp(kinds[i].section, place, len))
			continue;
		if (!strncmp(place, "ksys", 4) || !strncmp(place, "kretsys", 7))
			prefix = BU_SYSCALL_PREFIX;
		*kind = kinds[i].kind;
		snprintf(text, BU_PLACE_SIZE, "%s%s", prefix, place + slash + 1);
		*name = text;
		return 0;
	}
	return -EINVAL;
}
