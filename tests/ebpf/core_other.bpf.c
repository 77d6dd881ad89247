// SPDX-License-Identifier: BSD-2-Clause
/* Another idea of task_struct than core.bpf.c's. */
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#define CORE __attribute__((preserve_access_index))

struct flags {
	int low;
} CORE;

struct task_struct {
	long padding[4];
	int pid;
	union {
		int in_union;
		long other_in_union;
	};
	struct flags flags;
} CORE;

enum phase {
	PHASE_ONE = 1,
	PHASE_THREE = 43,
};

int offset = -1, pid = -1, padding = -1, low = -1, named = -1, phase = -1;

SEC("raw_tp/x")
int ask(unsigned long long *ctx)
{
	struct task_struct *task = (void *)ctx[0];

	offset = bpf_core_field_offset(task->pid);
	pid = BPF_CORE_READ(task, pid);
	padding = BPF_CORE_READ(task, padding[3]);
	low = BPF_CORE_READ(task, flags.low);
	named = 6 * bpf_core_field_exists(task->in_union);
	phase = bpf_core_enum_value(enum phase, PHASE_THREE);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
