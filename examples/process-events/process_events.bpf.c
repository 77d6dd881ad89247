// SPDX-License-Identifier: BSD-2-Clause
/*
 * Tells user space of processes that begin (exec) and end. The start of each is kept in `starts`,
 * so that its end can tell how long it ran. With a minimum duration, only ends of processes that
 * ran at least so long are told.
 */
#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "process_events.h"
#include "task.h"

const volatile __u64 min_duration_ns = 0;
__u64 lost = 0;             /* events that found the ring buffer full */
const struct event *unused; /* so that BTF has the type, and failed tests show its fields */

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, __u32);   /* tgid */
	__type(value, __u64); /* ns */
} starts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} events SEC(".maps");

static struct event *new_event(enum event_kind kind, __u32 tgid)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

	if (!event) {
		__sync_fetch_and_add(&lost, 1);
		return NULL;
	}
	event->pid = tgid;
	event->ppid = BPF_CORE_READ(task, real_parent, tgid);
	event->duration_ns = 0;
	event->kind = kind;
	event->signal = 0;
	event->exit_code = 0;
	bpf_get_current_comm(event->comm, sizeof(event->comm));
	return event;
}

SEC("tracepoint/sched/sched_process_exec")
int on_exec(void *ctx)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;
	__u64 now_ns = bpf_ktime_get_ns();
	struct event *event;

	bpf_map_update_elem(&starts, &tgid, &now_ns, BPF_ANY);
	if (min_duration_ns)
		return 0;
	event = new_event(EVENT_EXEC, tgid);
	if (event)
		bpf_ringbuf_submit(event, 0);
	return 0;
}

SEC("tracepoint/sched/sched_process_exit")
int on_exit(void *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	__u32 tgid = pid_tgid >> 32, tid = pid_tgid;
	__u64 duration_ns = 0, *start_ns;
	struct event *event;
	int status;

	if (tid != tgid) /* a thread's end is not its process's */
		return 0;
	start_ns = bpf_map_lookup_elem(&starts, &tgid);
	if (start_ns)
		duration_ns = bpf_ktime_get_ns() - *start_ns;
	bpf_map_delete_elem(&starts, &tgid);
	if (duration_ns < min_duration_ns)
		return 0;

	event = new_event(EVENT_EXIT, tgid);
	if (!event)
		return 0;
	status = BPF_CORE_READ(task, exit_code);
	event->duration_ns = duration_ns;
	event->exit_code = (status >> 8) & 0xff;
	event->signal = status & 0x7f;
	bpf_ringbuf_submit(event, 0);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
