// SPDX-License-Identifier: BSD-2-Clause
/* Programs for the framework's own tests: one for each thing that the API does to programs. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "framework.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, struct flow);
	__type(value, struct counters);
} flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} drops SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 3);
	__type(key, __u32);
	__type(value, __u64);
} slots SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__uint(key_size, 5);
	__uint(value_size, 3);
} untyped SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, char[8]);
	__type(value, __u32);
} names SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u32);
} hits SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __s16);
} balance SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct counters);
} by_cpu SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 2);
	__uint(key_size, 4);
	__uint(value_size, 4);
} jumps SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
} perf SEC(".maps");

__u64 global = 5;
struct event last_event; /* so that BTF knows the type */

struct numbers {
	__u64 a, b;
};

SEC("raw_tp")
int sum_and_reset(struct numbers *ctx)
{
	__u64 sum = ctx->a + ctx->b;

	return (int)sum;
}

SEC("syscall")
int double_in_place(struct numbers *ctx)
{
	ctx->a *= 2;
	return 0;
}

SEC("xdp")
int xdp_pass_long(struct xdp_md *ctx)
{
	return ctx->data_end - ctx->data > 60 ? XDP_PASS : XDP_DROP;
}

SEC("xdp")
int xdp_strip(struct xdp_md *ctx)
{
	return bpf_xdp_adjust_head(ctx, 14) ? XDP_ABORTED : XDP_TX;
}

SEC("tc")
int tc_mark(struct __sk_buff *skb)
{
	skb->mark = skb->len;
	skb->cb[1] = skb->priority + 1;
	return TC_ACT_SHOT;
}

SEC("tc")
int tc_unspec(struct __sk_buff *skb)
{
	return TC_ACT_UNSPEC;
}

SEC("raw_tp")
int read_null(void *ctx)
{
	__u32 key = 99;
	__u64 *value = bpf_map_lookup_elem(&drops, &key);

	/* What the verifier would refuse. */
	return (int)*value;
}

SEC("xdp")
int xdp_null(struct xdp_md *ctx)
{
	__u32 key = 99;
	__u64 *value = bpf_map_lookup_elem(&drops, &key);

	return (int)*value;
}

SEC("raw_tp")
int spin(void *ctx)
{
	__u64 i;

	for (i = 0; i < global + 1000000; i++)
		asm volatile("" : "+r"(i));
	return 0;
}

SEC("raw_tp")
int call_random(void *ctx)
{
	return (int)bpf_get_prandom_u32();
}

SEC("raw_tp")
int put_two(void *ctx)
{
	__u32 key = 1;
	__u64 value = 10;
	long first = bpf_map_update_elem(&drops, &key, &value, BPF_ANY);
	long second = bpf_map_update_elem(&slots, &key, &value, BPF_ANY);

	return (first ? 1 : 0) + (second ? 2 : 0);
}

SEC("raw_tp")
int call_unmodelled(void *ctx)
{
	return (int)bpf_get_branch_snapshot(&last_event, 0, 0);
}

SEC("raw_tp")
int fill_by_helper(void *ctx)
{
	char comm[16];

	if (bpf_get_current_comm(comm, sizeof(comm)))
		return -1;
	return comm[0];
}

SEC("raw_tp")
int emit_ring(void *ctx)
{
	struct event event = { .pid = (__u32)(bpf_get_current_pid_tgid() >> 32) };

	event.stamp_ns = bpf_ktime_get_ns();
	bpf_get_current_comm(event.comm, sizeof(event.comm));
	last_event = event;
	return (int)bpf_ringbuf_output(&ring, &event, sizeof(event), 0);
}

/* Its padding is not zero. */
SEC("raw_tp")
int emit_dirty(void *ctx)
{
	struct event event;

	__builtin_memset(&event, 0xff, sizeof(event));
	event.pid = 7;
	event.stamp_ns = 0;
	__builtin_memset(event.comm, 0, sizeof(event.comm));
	return (int)bpf_ringbuf_output(&ring, &event, sizeof(event), 0);
}

SEC("raw_tp")
int emit_discarded(void *ctx)
{
	struct event *event = bpf_ringbuf_reserve(&ring, sizeof(*event), 0);

	if (!event)
		return -1;
	bpf_ringbuf_discard(event, 0);
	return 0;
}

SEC("raw_tp")
int emit_perf(void *ctx)
{
	struct event event = { .pid = (__u32)(bpf_get_current_pid_tgid() >> 32) };

	event.stamp_ns = bpf_ktime_get_ns();
	return (int)bpf_perf_event_output(ctx, &perf, BPF_F_CURRENT_CPU, &event, sizeof(event));
}

SEC("raw_tp")
int emit_perf_many(void *ctx)
{
	char bytes[500] = {};
	int i;

	for (i = 0; i < 200; i++)
		bpf_perf_event_output(ctx, &perf, BPF_F_CURRENT_CPU, bytes, sizeof(bytes));
	return 0;
}

SEC("raw_tp")
int print(void *ctx)
{
	bpf_printk("pid %d", (int)bpf_get_current_pid_tgid());
	return 0;
}

SEC("raw_tp")
int who(void *ctx)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid(), uid_gid = bpf_get_current_uid_gid();

	last_event.pid = (__u32)pid_tgid;
	last_event.stamp_ns = uid_gid;
	bpf_get_current_comm(last_event.comm, sizeof(last_event.comm));
	return (int)(pid_tgid >> 32);
}

SEC("raw_tp")
int where_and_when(void *ctx)
{
	last_event.stamp_ns = bpf_ktime_get_boot_ns() - bpf_ktime_get_ns();
	return (int)(bpf_get_smp_processor_id() * 100 + bpf_get_current_cgroup_id());
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
