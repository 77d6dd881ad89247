// SPDX-License-Identifier: BSD-2-Clause
/* CO-RE, flavors, and programs that attach by BTF id, for btf_test.c. */
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define CORE __attribute__((preserve_access_index))

struct inner {
	int first;
	long second;
} CORE;

struct task_struct {
	int pid;
	struct inner *inner;
	unsigned char narrow : 3;
	unsigned char wide : 5;
} CORE;

/* As the field was called once. */
struct task_struct___old {
	int ancient_pid;
} CORE;

struct no_such_struct___flavor {
	int x;
} CORE;

enum phase {
	PHASE_ONE = 1,
	PHASE_TWO = 42,
};

struct {
	int exists, ancient, missing_struct, size, offset_of_second;
	long phase;
} answers = { .exists = -1, .ancient = -1, .missing_struct = -1 };

SEC("raw_tp/sched_switch")
int ask(void *ctx)
{
	struct task_struct *task = 0;

	answers.exists = bpf_core_field_exists(task->inner);
	answers.ancient = bpf_core_field_exists(((struct task_struct___old *)0)->ancient_pid);
	answers.missing_struct = bpf_core_type_exists(struct no_such_struct___flavor);
	answers.size = bpf_core_type_size(struct task_struct);
	answers.offset_of_second = bpf_core_field_offset(((struct inner *)0)->second);
	answers.phase = bpf_core_enum_value(enum phase, PHASE_TWO);
	return 0;
}

int pid, second, wide;

SEC("raw_tp/sched_wakeup")
int read_task(unsigned long long *ctx)
{
	struct task_struct *task = (void *)ctx[0];

	pid = BPF_CORE_READ(task, pid);
	second = BPF_CORE_READ(task, inner, second);
	wide = BPF_CORE_READ_BITFIELD_PROBED(task, wide);
	return 0;
}

/* Loads; what is not there is a trap when it is reached. */
SEC("raw_tp/sched_process_exit")
int read_the_unknown(unsigned long long *ctx)
{
	struct task_struct___old *task = (void *)ctx[0];

	pid = BPF_CORE_READ(task, ancient_pid);
	return 0;
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(on_fork, struct task_struct *parent, struct task_struct *child)
{
	pid = child->pid;
	return 0;
}

SEC("fentry/do_unlinkat")
int BPF_PROG(on_unlink, int dfd)
{
	pid = dfd;
	return 0;
}

SEC("lsm/file_open")
int BPF_PROG(on_open, void *file)
{
	return file ? 0 : -1;
}

extern void missing_kfunc(int x) __ksym __weak;

SEC("tp_btf/sys_enter")
int with_kfunc(void *ctx)
{
	if (missing_kfunc)
		pid = 1;
	else
		pid = 2;
	return 0;
}

static __attribute__((noinline)) int twice(int x)
{
	volatile int y = x;

	return y * 2;
}

SEC("raw_tp/two_functions")
int two_functions(unsigned long long *ctx)
{
	return twice(ctx[0]) + twice(1);
}

char LICENSE[] SEC("license") = "GPL";
