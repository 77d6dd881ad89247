// SPDX-License-Identifier: BSD-2-Clause
/* The BPF side of an ordinary application: events through a ring buffer. */
#include "app.h"

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

const volatile __u32 least_length = 0;
__u64 dropped;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

static int report(__u32 kind, __u32 length)
{
	struct event *event;

	if (length < least_length) {
		__sync_fetch_and_add(&dropped, 1);
		return 0;
	}
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event)
		return 0;
	event->kind = kind;
	event->length = length;
	event->pid = bpf_get_current_pid_tgid() >> 32;
	bpf_ringbuf_submit(event, 0);
	return 0;
}

SEC("tp/sched/sched_process_exec")
int exec(void *ctx)
{
	return report(EVENT_EXEC, 100);
}

SEC("xdp")
int packet(struct xdp_md *ctx)
{
	report(EVENT_PACKET, ctx->data_end - ctx->data);
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
