// SPDX-License-Identifier: BSD-2-Clause
/* Reads kernel objects in each way that programs do: by BTF pointer, CO-RE reads, and probe reads.
 */
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

typedef struct {
	__u32 val;
} kuid_t;

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct cred {
	kuid_t uid, gid, euid;
};

struct mm_struct;

struct task_struct {
	int pid;
	int tgid;
	char comm[16];
	struct task_struct *real_parent;
	struct task_struct *parent;
	struct task_struct *group_leader;
	const struct cred *real_cred;
	const struct cred *cred;
	struct mm_struct *mm;
	__u64 start_time;
	__u64 start_boottime;
	int exit_code;
	unsigned int in_execve : 1;
	unsigned int in_iowait : 3;
};

struct sock_common {
	union {
		struct {
			__be32 skc_daddr;
			__be32 skc_rcv_saddr;
		};
		__u64 skc_addrpair;
	};
	unsigned short skc_family;
};

typedef struct {
	int a, b;
} plain_t;

struct sock {
	struct sock_common __sk_common;
	__u32 sk_addrs[4];
	const char *sk_name;
	const char __attribute__((btf_type_tag("user"))) * sk_path;
	plain_t *sk_plain;
	__u32 *sk_numbers;
	void *sk_user_data;
	struct sock *sk_next;
	void (*sk_destruct)(struct sock *sk);
};

struct trace_event_raw_sys_enter {
	__u64 common;
	long id;
	unsigned long args[6];
};

#pragma clang attribute pop

struct {
	__u32 pid, tgid, parent, leader, uid, gid;
	__u64 start_time, start_boottime;
	char comm[16];
	int exit_code;
	__u32 io;
} seen;
__u32 daddr, addr2;
__u64 next;
char name[16];
__u8 user[8];
long status;
__u64 user_pointer;

SEC("raw_tp/sched_process_exit")
int see_task(void *ctx)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();

	seen.pid = BPF_CORE_READ(task, pid);
	seen.tgid = BPF_CORE_READ(task, tgid);
	seen.parent = BPF_CORE_READ(task, real_parent, tgid);
	seen.leader = BPF_CORE_READ(task, group_leader, pid);
	seen.uid = BPF_CORE_READ(task, cred, uid.val);
	seen.gid = BPF_CORE_READ(task, real_cred, gid.val);
	seen.start_time = BPF_CORE_READ(task, start_time);
	seen.start_boottime = BPF_CORE_READ(task, start_boottime);
	seen.exit_code = BPF_CORE_READ(task, exit_code);
	seen.io = BPF_CORE_READ_BITFIELD_PROBED(task, in_iowait);
	bpf_core_read_str(seen.comm, sizeof(seen.comm), &task->comm);
	return BPF_CORE_READ(task, mm) != 0;
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(see_sock, struct sock *sk)
{
	daddr = sk->__sk_common.skc_daddr;
	addr2 = sk->sk_addrs[2];
	next = (__u64)sk->sk_next;
	bpf_probe_read_kernel_str(name, sizeof(name), BPF_CORE_READ(sk, sk_name));
	if (sk->sk_next)
		return sk->sk_next->sk_addrs[1];
	return BPF_CORE_READ(sk, sk_next, sk_addrs[1]);
}

SEC("raw_tp/sys_enter")
int see_user(void *ctx)
{
	status = bpf_probe_read_user(user, sizeof(user), (void *)user_pointer);
	return bpf_probe_read_user_str(name, sizeof(name), (void *)user_pointer);
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(write_sock, struct sock *sk)
{
	*(volatile __u32 *)&sk->sk_addrs[0] = 1;
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_openat")
int see_open(struct trace_event_raw_sys_enter *ctx)
{
	bpf_probe_read_user_str(name, sizeof(name), (void *)ctx->args[1]);
	return ctx->id;
}

char _license[] SEC("license") = "GPL";
