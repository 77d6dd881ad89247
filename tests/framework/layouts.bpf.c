// SPDX-License-Identifier: BSD-2-Clause
/* One program for several kernels: what it reads lies elsewhere, is wider, or is missing in some of
 * tests/framework/kernels/. */
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define CORE __attribute__((preserve_access_index))

struct task_struct {
	int pid;
	unsigned int state;
	unsigned int exiting : 1;
	unsigned int policy : 4;
	struct task_struct *group_leader;
} CORE;

/* What newer kernels call it. */
struct task_struct___new {
	unsigned int __state;
} CORE;

enum phase {
	PHASE_ONE = 1,
	PHASE_TWO = 2,
};

enum wide_phase {
	WIDE_ONE = 0x100000001,
};

struct only_old {
	int x;
} CORE;

/* Older compilers write 32 bits of an enumerator into BTF, and instructions that libbpf refuses to patch. */
const volatile int has_enum64 = __clang_major__ >= 15;

int pid, leader_pid, policy, has_state, phase, has_phase_two, old_size, has_old;
long state, wide;

SEC("raw_tp/read")
int read(unsigned long long *ctx)
{
	struct task_struct *task = (void *)ctx[0];
	struct task_struct___new *newer = (void *)task;

	pid = BPF_CORE_READ(task, pid);
	leader_pid = BPF_CORE_READ(task, group_leader, pid);
	policy = BPF_CORE_READ_BITFIELD_PROBED(task, policy);
	has_state = bpf_core_field_exists(task->state);
	if (has_state)
		state = BPF_CORE_READ_BITFIELD_PROBED(task, state);
	else
		state = BPF_CORE_READ(newer, __state);
	has_phase_two = bpf_core_enum_value_exists(enum phase, PHASE_TWO);
	if (has_phase_two)
		phase = bpf_core_enum_value(enum phase, PHASE_TWO);
#if __clang_major__ >= 15
	if (bpf_core_enum_value_exists(enum wide_phase, WIDE_ONE))
		wide = bpf_core_enum_value(enum wide_phase, WIDE_ONE);
#endif
	has_old = bpf_core_type_exists(struct only_old);
	old_size = has_old ? bpf_core_type_size(struct only_old) : 0;
	return 0;
}

/* No question first: a trap where the field is missing. */
SEC("raw_tp/careless")
int careless(unsigned long long *ctx)
{
	struct task_struct *task = (void *)ctx[0];

	state = BPF_CORE_READ(task, state);
	return 1;
}

SEC("raw_tp/careless_enum")
int careless_enum(unsigned long long *ctx)
{
	phase = bpf_core_enum_value(enum phase, PHASE_TWO);
	return 1;
}

SEC("raw_tp/careless_type")
int careless_type(unsigned long long *ctx)
{
	struct only_old *old = (void *)ctx[0];

	pid = BPF_CORE_READ(old, x);
	return 1;
}

SEC("?fentry/wake_up")
int BPF_PROG(on_wake_up, struct task_struct *task)
{
	pid = task->pid;
	state = task->state;
	return 0;
}

SEC("?tp_btf/sched_wakeup")
int BPF_PROG(on_wakeup, struct task_struct *task)
{
	leader_pid = task->group_leader->pid;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
