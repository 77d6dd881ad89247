// SPDX-License-Identifier: BSD-2-Clause
/* One object that uses nearly every way in which an object can meet the kernel. */
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define KERNEL __attribute__((preserve_access_index))

struct seq_file;
struct bpf_iter_meta {
	struct seq_file *seq;
	__u64 session_id, seq_num;
} KERNEL;
struct task_struct {
	int pid, tgid;
	char comm[16];
} KERNEL;
struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
} KERNEL;
struct file {
	unsigned int f_flags;
} KERNEL;

/* Kernel configuration, variables and functions. */
extern int LINUX_KERNEL_VERSION __kconfig;
extern unsigned long CONFIG_HZ __kconfig;
extern const int bpf_prog_active __ksym;            /* typed */
extern const void everything_symbol __ksym;         /* untyped */
extern const void everything_missing __ksym __weak; /* untyped, may be missing */
extern void bpf_rcu_read_lock(void) __ksym;
extern void bpf_rcu_read_unlock(void) __ksym;
extern void *bpf_arena_alloc_pages(void *map, void *addr, __u32 page_cnt, int node_id,
				   __u64 flags) __ksym __weak;
extern void bpf_throw(__u64 cookie) __ksym;

/* Maps */
struct inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} inner SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct inner);
} outer SEC(".maps") = { .values = { &inner } };

struct {
	__uint(type, BPF_MAP_TYPE_USER_RINGBUF);
	__uint(max_entries, 4096);
} commands SEC(".maps");

struct {
	__uint(type, 33); /* BPF_MAP_TYPE_ARENA */
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 2);
} arena SEC(".maps");

int version, active, active_of_cpu_1;
unsigned long hz;
__u64 symbol, missing, sum;
int seen_fentry, seen_lsm, seen_tp_btf, seen_raw_tp, seen_kprobe;
__u64 cookie;

SEC("raw_tp/jumped")
int jumped(void *ctx)
{
	return 99;
}

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 2);
	__uint(key_size, sizeof(__u32));
	__array(values, int(void *));
} jumps SEC(".maps") = { .values = { [1] = (void *)&jumped } };

SEC("fentry/everything_function")
int BPF_PROG(on_fentry, int a)
{
	seen_fentry = a;
	return 0;
}

SEC("lsm/file_open")
int BPF_PROG(on_lsm, struct file *file)
{
	seen_lsm = file->f_flags;
	return seen_lsm == 5 ? -1 : 0;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(on_tp_btf, _Bool preempt, struct task_struct *prev, struct task_struct *next)
{
	seen_tp_btf = next->pid;
	return 0;
}

SEC("iter/task")
int on_task(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	int pid;

	if (!task)
		return 0;
	pid = task->pid;
	bpf_seq_write(ctx->meta->seq, &pid, sizeof(pid));
	return 0;
}

SEC("raw_tp/sys_enter")
int on_raw_tp(struct bpf_raw_tracepoint_args *ctx)
{
	seen_raw_tp = ctx->args[1];
	return 0;
}

SEC("kprobe.multi/everything_function")
int on_kprobe(void *ctx)
{
	seen_kprobe++;
	cookie = bpf_get_attach_cookie(ctx);
	return 0;
}

/* Structs of functions */
struct everything_ops {
	int (*start)(int how);
	__u32 flags;
};

SEC("struct_ops/start")
int BPF_PROG(start, int how)
{
	return how + 1;
}

SEC(".struct_ops")
struct everything_ops ops = { .start = (void *)start, .flags = 3 };

/* What an extension replaces, and the extension. */
__attribute__((noinline)) int replaced(int a)
{
	return a + LINUX_KERNEL_VERSION;
}

SEC("raw_tp/replaced")
int calls_replaced(void *ctx)
{
	return replaced(5);
}

SEC("?freplace/replaced")
int replacement(int a)
{
	return a * 100;
}

SEC("raw_tp/environment")
int read_environment(void *ctx)
{
	const int *of_cpu;

	version = LINUX_KERNEL_VERSION;
	hz = CONFIG_HZ;
	active = bpf_prog_active;
	of_cpu = bpf_per_cpu_ptr(&bpf_prog_active, 1);
	if (of_cpu)
		active_of_cpu_1 = *of_cpu;
	symbol = (__u64)&everything_symbol;
	missing = (__u64)&everything_missing;
	bpf_rcu_read_lock();
	bpf_rcu_read_unlock();
	return bpf_per_cpu_ptr(&bpf_prog_active, 1000) == 0;
}

SEC("raw_tp/inner")
int count_inner(void *ctx)
{
	__u32 key = 0;
	void *map = bpf_map_lookup_elem(&outer, &key);
	__u64 *value = map ? bpf_map_lookup_elem(map, &key) : 0;

	if (!value)
		return -1;
	*value += 1;
	return *value;
}

SEC("raw_tp/jump")
int jump(void *ctx)
{
	bpf_tail_call(ctx, &jumps, 1);
	return 1;
}

static long add(struct bpf_dynptr *ptr, void *ctx)
{
	__u64 value;

	if (!bpf_dynptr_read(&value, sizeof(value), ptr, 0, 0))
		sum += value;
	return 0;
}

SEC("raw_tp/drain")
int drain(void *ctx)
{
	return bpf_user_ringbuf_drain(&commands, add, 0, 0);
}

SEC("syscall")
int allocate(void *ctx)
{
	return bpf_arena_alloc_pages(&arena, 0, 1, -1, 0) != 0;
}

SEC("tp/everything/throw")
int throws(void *ctx)
{
	bpf_throw(17);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
