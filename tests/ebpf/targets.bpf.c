// SPDX-License-Identifier: BSD-2-Clause
/* All that an object may look up in the kernel's BTF, without any of it being defined elsewhere. */
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define CORE __attribute__((preserve_access_index))

struct task_struct {
	int pid;
} CORE;

struct rq {
	unsigned int nr_running;
	int cpu;
} CORE;

enum wide {
	WIDE_LOW = 1,
	WIDE_HIGH = 0x8000000000000000ULL,
};

enum wide___later {
	WIDE_LATER = 5,
};

struct gone___flavor {
	int x;
} CORE;

extern struct rq runqueues __ksym;                 /* per CPU */
extern const int nr_cpu_ids_typed __ksym;          /* one */
extern const void untyped_symbol __ksym __weak;    /* an address */
extern const int weak_typed __ksym __weak;         /* typed, and found */
extern int CONFIG_HZ __kconfig;
extern int CONFIG_NOT_THERE __kconfig __weak;
extern void bpf_rcu_read_lock(void) __ksym __weak;
extern void bpf_rcu_read_unlock(void) __ksym;
extern int no_such_kfunc(int x) __ksym __weak;

/* Older compilers write 32 bits of an enumerator into BTF, and instructions that libbpf refuses to patch. */
const volatile int has_enum64 = __clang_major__ >= 15;

int hz, not_there, later, type_gone, has_rq;
unsigned int local_id, kernel_id, int_id;
unsigned long long high;

SEC("raw_tp/ask")
int ask(void *ctx)
{
#if __clang_major__ >= 15
	high = bpf_core_enum_value(enum wide, WIDE_HIGH);
#endif
	later = bpf_core_enum_value_exists(enum wide___later, WIDE_LATER);
	type_gone = !bpf_core_type_exists(struct gone___flavor);
	has_rq = bpf_core_type_exists(struct rq);
	local_id = bpf_core_type_id_local(struct rq);
	kernel_id = bpf_core_type_id_kernel(struct rq);
	int_id = bpf_core_type_id_kernel(int);
	hz = CONFIG_HZ;
	not_there = CONFIG_NOT_THERE;
	return 0;
}

int symbol_missing, weak_value, has_kfunc;
unsigned int running;

SEC("raw_tp/symbols")
int symbols(void *ctx)
{
	struct rq *rq = bpf_this_cpu_ptr(&runqueues);
	struct rq *other = bpf_per_cpu_ptr(&runqueues, 1);

	symbol_missing = !&untyped_symbol;
	if (&weak_typed)
		weak_value = weak_typed + 1;
	running = rq->nr_running + nr_cpu_ids_typed;
	if (other)
		running += other->nr_running;
	return 0;
}

SEC("tp_btf/kfuncs")
int BPF_PROG(kfuncs, struct task_struct *task)
{
	has_kfunc = bpf_rcu_read_lock != 0;
	bpf_rcu_read_lock();
	bpf_rcu_read_unlock();
	if (no_such_kfunc)
		return no_such_kfunc(1);
	return 0;
}

SEC("fentry/do_unlinkat")
int BPF_PROG(on_entry, int dfd)
{
	return 0;
}

SEC("fentry.s/do_unlinkat")
int BPF_PROG(on_entry_sleepable, int dfd)
{
	return 0;
}

SEC("fexit/do_unlinkat")
int BPF_PROG(on_exit, int dfd, int ret)
{
	return 0;
}

SEC("fmod_ret/security_file_open")
int BPF_PROG(change, void *file, int ret)
{
	return 0;
}

SEC("lsm/file_open")
int BPF_PROG(on_open, void *file)
{
	return 0;
}

SEC("lsm.s/bprm_check_security")
int BPF_PROG(on_exec, void *bprm)
{
	return 0;
}

SEC("lsm_cgroup/socket_create")
int BPF_PROG(on_socket, int family)
{
	return 1;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(on_switch, _Bool preempt, struct task_struct *prev, struct task_struct *next)
{
	return 0;
}

SEC("iter/task")
int each_task(void *ctx)
{
	return 0;
}

SEC("iter.s/task")
int each_task_sleepable(void *ctx)
{
	return 0;
}

struct sock;

struct tcp_congestion_ops {
	unsigned int (*ssthresh)(struct sock *sk);
	void (*cong_avoid)(struct sock *sk, unsigned int ack, unsigned int acked);
	unsigned int (*undo_cwnd)(struct sock *sk);
	char name[16];
};

SEC("struct_ops/ssthresh")
unsigned int BPF_PROG(ssthresh, struct sock *sk)
{
	return 7;
}

SEC("struct_ops/undo_cwnd")
unsigned int BPF_PROG(undo_cwnd, struct sock *sk)
{
	return 8;
}

SEC("struct_ops/cong_avoid")
void BPF_PROG(cong_avoid, struct sock *sk, unsigned int ack, unsigned int acked)
{
}

SEC(".struct_ops")
struct tcp_congestion_ops congestion = {
	.ssthresh = (void *)ssthresh,
	.undo_cwnd = (void *)undo_cwnd,
	.cong_avoid = (void *)cong_avoid,
	.name = "targets",
};

char LICENSE[] SEC("license") = "GPL";
