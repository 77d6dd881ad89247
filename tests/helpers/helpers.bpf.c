// SPDX-License-Identifier: BSD-2-Clause
/* One program a helper or group of helpers: arguments from `args`, results to `ret` and `out`. */
#include <linux/bpf.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

__u64 args[5];
__s64 ret[8];
char out[256];

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} hash SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__uint(map_flags, BPF_F_RDONLY_PROG);
	__type(key, __u32);
	__type(value, __u64);
} read_only SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} percpu SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
} perf SEC(".maps");

struct locked {
	struct bpf_spin_lock lock;
	__u32 value;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct locked);
} locks SEC(".maps");

int target(void *ctx);
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 2);
	__uint(key_size, 4);
	__array(values, int(void *));
} progs SEC(".maps") = { .values = { (void *)&target } };

SEC("raw_tp")
int target(void *ctx)
{
	ret[1]++;
	bpf_tail_call(ctx, &progs, 0);
	return 5;
}

SEC("raw_tp")
int tail_call(void *ctx)
{
	ret[0] = 1;
	bpf_tail_call(ctx, &progs, (__u32)args[0]);
	return 6;
}

SEC("raw_tp")
int tail_call_of_hash(void *ctx)
{
	bpf_tail_call(ctx, &hash, 0);
	return 0;
}

SEC("raw_tp")
int maps(void *ctx)
{
	__u32 key = (__u32)args[0];
	__u64 value = args[1], *found;

	ret[0] = bpf_map_update_elem(&hash, &key, &value, args[2]);
	found = bpf_map_lookup_elem(&hash, &key);
	ret[1] = found ? (__s64)*found : -1;
	if (args[3])
		ret[2] = bpf_map_delete_elem(&hash, &key);
	return 0;
}

SEC("raw_tp")
int write_read_only(void *ctx)
{
	__u64 value = 1;
	__u32 key = 0;

	if (args[0])
		return (int)bpf_map_delete_elem(&read_only, &key);
	return (int)bpf_map_update_elem(&read_only, &key, &value, 0);
}

SEC("raw_tp")
int percpu_lookup(void *ctx)
{
	__u64 *mine, *other;
	__u32 key = 0;

	mine = bpf_map_lookup_elem(&percpu, &key);
	other = bpf_map_lookup_percpu_elem(&percpu, &key, (__u32)args[0]);
	if (mine)
		*mine += 1;
	ret[0] = other ? (__s64)*other : -1;
	return 0;
}

SEC("raw_tp")
int percpu_lookup_in_hash(void *ctx)
{
	__u32 key = 0;

	return bpf_map_lookup_percpu_elem(&hash, &key, 0) != NULL;
}

SEC("raw_tp")
int elements_of_ring(void *ctx)
{
	__u32 key = 0;

	if (args[0])
		return (int)bpf_map_delete_elem(&ring, &key);
	return bpf_map_lookup_elem(&ring, &key) != NULL;
}

SEC("xdp")
int redirect_to_hash(struct xdp_md *ctx)
{
	return (int)bpf_redirect_map(&hash, 0, 0);
}

/* Addresses that the kernel's verifier would refuse. */
SEC("raw_tp")
int lookup_any(void *ctx)
{
	__u32 key = 0;

	ret[0] = bpf_map_lookup_elem((void *)args[0], args[1] ? (void *)args[1] : &key) != NULL;
	return 0;
}

SEC("raw_tp")
int update_any(void *ctx)
{
	__u32 key = 0;

	ret[0] = bpf_map_update_elem(&hash, &key, (void *)args[0], 0);
	return 0;
}

SEC("raw_tp")
int comm_any(void *ctx)
{
	ret[0] = bpf_get_current_comm((void *)(args[0] ?: (__u64)out), (__u32)args[1]);
	return 0;
}

SEC("raw_tp")
int comm_negative_size(void *ctx)
{
	long (*get_comm)(void *buf, __u64 size) = (void *)BPF_FUNC_get_current_comm;

	ret[0] = get_comm(out, args[1]);
	return 0;
}

SEC("raw_tp")
int uninitialised_value(void *ctx)
{
	__u32 key = 0;
	__u64 value;

	asm volatile("" : "=m"(value));
	return (int)bpf_map_update_elem(&hash, &key, &value, 0);
}

SEC("raw_tp")
int comm_on_stack(void *ctx)
{
	char comm[16];

	bpf_get_current_comm(comm, sizeof(comm));
	ret[0] = comm[0];
	ret[1] = comm[15];
	return 0;
}

SEC("raw_tp")
int who(void *ctx)
{
	ret[0] = bpf_get_current_pid_tgid();
	ret[1] = bpf_get_current_uid_gid();
	ret[2] = bpf_get_current_cgroup_id();
	ret[3] = bpf_get_smp_processor_id();
	ret[4] = bpf_get_numa_node_id();
	ret[5] = bpf_get_current_ancestor_cgroup_id((int)args[0]);
	ret[6] = bpf_get_current_task();
	ret[7] = (__s64)bpf_get_current_task_btf();
	return 0;
}

SEC("xdp")
int clocks(void *ctx)
{
	ret[0] = bpf_ktime_get_ns();
	ret[1] = bpf_ktime_get_boot_ns();
	ret[2] = bpf_ktime_get_coarse_ns();
	ret[3] = bpf_ktime_get_tai_ns();
	ret[4] = bpf_jiffies64();
	return 0;
}

SEC("raw_tp")
int randoms(void *ctx)
{
	ret[0] = bpf_get_prandom_u32();
	ret[1] = bpf_get_prandom_u32();
	ret[2] = bpf_get_prandom_u32();
	return 0;
}

SEC("raw_tp")
int probe(void *ctx)
{
	const void *address = (const void *)args[0];

	ret[0] = bpf_probe_read_kernel(out, (__u32)args[1], address);
	ret[1] = bpf_probe_read_user(out + 64, (__u32)args[1], address);
	ret[2] = bpf_probe_read(out + 128, (__u32)args[1], address);
	ret[3] = bpf_probe_read_user_str(out + 192, (__u32)args[1], address);
	return 0;
}

SEC("syscall")
int copy(void *ctx)
{
	ret[0] = bpf_copy_from_user(out, (__u32)args[1], (const void *)args[0]);
	return 0;
}

extern int bpf_copy_from_user_str(void *dst, __u32 size, const void *address, __u64 flags) __ksym;

SEC("syscall")
int copy_more(void *ctx)
{
	ret[0] = bpf_copy_from_user_task(out, (__u32)args[1], (const void *)args[0],
					 bpf_get_current_task_btf(), args[2]);
	ret[1] = bpf_copy_from_user_str(out + 64, (__u32)args[1], (const void *)args[0], args[2]);
	return 0;
}

SEC("raw_tp")
int trace(void *ctx)
{
	bpf_printk("one %d", 1);
	bpf_printk("pid %llu name %s\n", args[0], "x");
	ret[0] = bpf_trace_printk("bad %q", 7);
	ret[1] = bpf_trace_printk("no end %d", 5, 1);
	ret[2] = bpf_trace_printk("%d %d %d %d", 12, 1, 2, 3);
	bpf_printk("%d %d %d %d", 1, 2, 3, 4);
	return 0;
}

SEC("raw_tp")
int vprintk(void *ctx)
{
	__u64 values[13] = { 0 };

	ret[0] = bpf_trace_vprintk("%d", 3, values, (__u32)args[0]);
	ret[1] = bpf_trace_vprintk("none", 5, NULL, 0);
	return 0;
}

SEC("raw_tp")
int long_strings(void *ctx)
{
	static char name[400];
	__u64 values[3];
	char *at = name;

	asm volatile("" : "+r"(at)); /* or the compiler makes a table that needs relocation */
	values[0] = values[1] = (__u64)at;
	values[2] = 1;
	for (int i = 0; i < 399; i++)
		name[i] = 'a';
	ret[0] = bpf_trace_vprintk("%s", 3, values, 8);
	ret[1] = bpf_trace_vprintk("%s%s", 5, values, 16);
	ret[2] = bpf_trace_vprintk("%s%s%d", 7, values, 24);
	return 0;
}

SEC("raw_tp")
int ring_reserve(void *ctx)
{
	__u64 *record = bpf_ringbuf_reserve(&ring, args[0], args[1]);

	if (!record)
		return 1;
	*record = args[2];
	if (args[3])
		bpf_ringbuf_discard(record, 0);
	else
		bpf_ringbuf_submit(record, 0);
	return 0;
}

SEC("raw_tp")
int ring_output(void *ctx)
{
	ret[0] = bpf_ringbuf_output(&ring, out, args[0], args[1]);
	ret[1] = bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA);
	ret[2] = bpf_ringbuf_query(&ring, BPF_RB_RING_SIZE);
	ret[3] = bpf_ringbuf_query(&ring, 77);
	return 0;
}

SEC("raw_tp")
int ring_twice(void *ctx)
{
	__u64 *record = bpf_ringbuf_reserve(&ring, 8, 0);

	if (!record)
		return 1;
	*record = 1;
	bpf_ringbuf_submit(record, 0);
	bpf_ringbuf_submit(record, 0);
	return 0;
}

SEC("raw_tp")
int ring_inside(void *ctx)
{
	char *record = bpf_ringbuf_reserve(&ring, 16, 0);

	if (record)
		bpf_ringbuf_submit(record + 8, 0);
	return 0;
}

SEC("raw_tp")
int ring_leak(void *ctx)
{
	__u64 *record = bpf_ringbuf_reserve(&ring, 8, 0);

	return record != NULL;
}

SEC("raw_tp")
int ring_of_stack(void *ctx)
{
	__u64 value = 0;

	bpf_ringbuf_submit(&value, 0);
	return 0;
}

SEC("raw_tp")
int ring_of_hash(void *ctx)
{
	return bpf_ringbuf_reserve((void *)&hash, 8, 0) != NULL;
}

SEC("raw_tp")
int perf_output(void *ctx)
{
	ret[0] = bpf_perf_event_output(ctx, &perf, args[0], out, 8);
	return 0;
}

SEC("xdp")
int perf_packet(struct xdp_md *ctx)
{
	ret[0] = bpf_perf_event_output(ctx, &perf, args[0], out, 8);
	return XDP_PASS;
}

SEC("raw_tp")
int perf_other_ctx(void *ctx)
{
	return (int)bpf_perf_event_output(out, &perf, BPF_F_CURRENT_CPU, out, 8);
}

struct bpf_map;
static long sum(struct bpf_map *map, __u32 *key, __u64 *value, __u64 *total)
{
	*total += *value * 100 + *key;
	return args[0] && *total > args[0];
}

SEC("raw_tp")
int each(void *ctx)
{
	__u64 total = 0;

	ret[0] = bpf_for_each_map_elem(&hash, sum, &total, args[1]);
	ret[1] = total;
	return 0;
}

SEC("raw_tp")
int loop_of_data(void *ctx)
{
	return (int)bpf_loop(1, (void *)args[0], NULL, 0);
}

SEC("xdp")
int lock(void *ctx)
{
	struct locked *value;
	__u32 key = 0;

	value = bpf_map_lookup_elem(&locks, &key);
	if (!value)
		return 1;
	bpf_spin_lock(&value->lock);
	value->value++;
	if (args[0])
		bpf_spin_lock(&value->lock);
	bpf_spin_unlock(&value->lock);
	if (args[1])
		bpf_spin_unlock(&value->lock);
	return 0;
}

SEC("raw_tp")
int no_model(void *ctx)
{
	char buf[32];

	ret[0] = bpf_get_stack(ctx, buf, sizeof(buf), 0);
	ret[1] = buf[31];
	return 0;
}

SEC("raw_tp")
int no_such_helper(void *ctx)
{
	long (*helper)(void) = (void *)240;

	return (int)helper();
}

SEC("raw_tp")
int no_such_helper_at_all(void *ctx)
{
	long (*helper)(void) = (void *)123456;

	return (int)helper();
}

SEC("xdp")
int stale_pointer(struct xdp_md *ctx)
{
	char *data = (char *)(long)ctx->data;

	switch (args[0]) {
	case 0:
		bpf_xdp_adjust_head(ctx, 0);
		break;
	case 1:
		bpf_xdp_adjust_tail(ctx, 100000); /* refused */
		break;
	case 2:
		bpf_xdp_adjust_meta(ctx, -4);
		break;
	case 3:
		bpf_xdp_store_bytes(ctx, 0, out, 1); /* keeps pointers valid */
		break;
	}
	return *data;
}

SEC("tc")
int stale_skb_pointer(struct __sk_buff *ctx)
{
	char *data = (char *)(long)ctx->data;

	switch (args[0]) {
	case 0:
		bpf_skb_store_bytes(ctx, 0, out, 1, 0);
		break;
	case 1:
		bpf_skb_pull_data(ctx, 0);
		break;
	case 2:
		bpf_l3_csum_replace(ctx, 24, 0, 0, 2);
		break;
	case 3:
		bpf_l4_csum_replace(ctx, 24, 0, 0, 1 << 20); /* refused */
		break;
	case 4:
		bpf_skb_change_tail(ctx, 30, 0);
		break;
	case 5:
		bpf_skb_load_bytes(ctx, 0, out, 1); /* keeps pointers valid */
		break;
	}
	return *data;
}

SEC("xdp")
int checksum(void *ctx)
{
	static char bytes[600];

	ret[0] = bpf_csum_diff((__be32 *)bytes, (__u32)args[0], (__be32 *)bytes, (__u32)args[1], 0);
	ret[1] = bpf_csum_diff(NULL, 0, NULL, 0, 5);
	return 0;
}

SEC("xdp")
int checksum_null(void *ctx)
{
	return (int)bpf_csum_diff(NULL, 4, NULL, 0, 0);
}

static int describe_args(void *ctx)
{
	__u64 value = 77;

	ret[0] = bpf_get_func_arg_cnt(ctx);
	ret[1] = bpf_get_func_arg(ctx, (__u32)args[0], &value);
	ret[2] = value;
	ret[3] = bpf_get_func_ret(ctx, &value);
	ret[4] = value;
	return 0;
}

SEC("fentry/traced")
int BPF_PROG(on_entry, int a, int b)
{
	return describe_args(ctx);
}

SEC("fexit/traced")
int BPF_PROG(on_exit, int a, int b)
{
	return describe_args(ctx);
}

SEC("kprobe/traced")
int on_kprobe(void *ctx)
{
	return 0;
}

SEC("tp/syscalls/sys_enter_open")
int on_tracepoint(void *ctx)
{
	return 0;
}

SEC("cgroup/dev")
int on_device(void *ctx)
{
	return 0;
}

SEC("lsm/file_open")
int BPF_PROG(on_lsm, void *file)
{
	return 0;
}

SEC("sk_lookup")
int lookup(struct bpf_sk_lookup *ctx)
{
	ret[0] = ctx->local_port;
	ret[1] = ctx->remote_port;
	ret[2] = ctx->protocol;
	return (int)args[0];
}

SEC("tc")
int bad_access(struct __sk_buff *ctx)
{
	return *(char *)8;
}
