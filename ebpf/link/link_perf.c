/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Links of perf events: tracepoints, kprobes, uprobes and counters, whose event user space has
 * opened (ebpf/link/perf_event.h). The link keeps the event alive, also when its descriptor is
 * closed. Source: bpf_perf_link_attach(), bpf_perf_link_fill_link_info(), kernel/bpf/syscall.c
 * (6.18).
 */
#include "ebpf/link/link.h"
#include "ebpf/link/perf_event.h"

static int attach(struct bu_link *link, const struct bu_link_request *request)
{
	const struct bu_link_create_attr *attr = request->attr;
	struct bu_object *event;
	int err;

	if (attr->flags)
		return -EINVAL;
	event = bu_perf_event_of_fd(request->kernel, (int)attr->target);
	if (!event)
		return -EBADF;
	err = bu_perf_event_attach(event, request->prog, attr->perf_event.cookie);
	if (err)
		return err;
	bu_object_get(event);
	link->cookie = attr->perf_event.cookie;
	link->priv = event;
	return 0;
}

static void detach(struct bu_link *link)
{
	bu_perf_event_detach(link->priv);
	bu_object_put(link->priv);
}

/* Source: bpf_perf_link_fill_common() */
static int put_name(u64 buffer, u32 *len, const char *name)
{
	return bu_link_put_string(buffer, len, name ? name : "");
}

static int kprobe_info(const struct bu_perf_event_info *event, struct bu_link_info *info)
{
	bool returns = event->target == BU_PERF_KRETPROBE;
	int err = put_name(info->perf_event.kprobe.func_name, &info->perf_event.kprobe.name_len,
			   event->name);

	info->perf_event.type = returns ? BU_PERF_INFO_KRETPROBE : BU_PERF_INFO_KPROBE;
	info->perf_event.kprobe.offset = event->offset;
	info->perf_event.kprobe.addr = event->address;
	info->perf_event.kprobe.missed = event->missed;
	info->perf_event.kprobe.cookie = event->cookie;
	return err;
}

static int uprobe_info(const struct bu_perf_event_info *event, struct bu_link_info *info)
{
	bool returns = event->target == BU_PERF_URETPROBE;
	int err = put_name(info->perf_event.uprobe.file_name, &info->perf_event.uprobe.name_len,
			   event->name);

	info->perf_event.type = returns ? BU_PERF_INFO_URETPROBE : BU_PERF_INFO_UPROBE;
	info->perf_event.uprobe.offset = event->offset;
	info->perf_event.uprobe.cookie = event->cookie;
	info->perf_event.uprobe.ref_ctr_offset = event->ref_ctr_offset;
	return err;
}

static int tracepoint_info(const struct bu_perf_event_info *event, struct bu_link_info *info)
{
	info->perf_event.type = BU_PERF_INFO_TRACEPOINT;
	info->perf_event.tracepoint.cookie = event->cookie;
	return put_name(info->perf_event.tracepoint.tp_name, &info->perf_event.tracepoint.name_len,
			event->name);
}

static int counter_info(const struct bu_perf_event_info *event, struct bu_link_info *info)
{
	info->perf_event.type = BU_PERF_INFO_EVENT;
	info->perf_event.event.type = event->type;
	info->perf_event.event.config = event->config;
	info->perf_event.event.cookie = event->cookie;
	return 0;
}

static int describe(struct bu_link *link, struct bu_link_info *info)
{
	struct bu_perf_event_info event;

	bu_perf_event_describe(link->priv, &event);
	switch (event.target) {
	case BU_PERF_TRACEPOINT:
		return tracepoint_info(&event, info);
	case BU_PERF_KPROBE:
	case BU_PERF_KRETPROBE:
		return kprobe_info(&event, info);
	case BU_PERF_UPROBE:
	case BU_PERF_URETPROBE:
		return uprobe_info(&event, info);
	case BU_PERF_COUNTER:
		return counter_info(&event, info);
	}
	return -EOPNOTSUPP;
}

const struct bu_link_type bu_link_perf_event = {
	.type = BU_LINK_PERF_EVENT,
	.name = "perf_event",
	.attach = attach,
	.detach = detach,
	.info = describe,
};
