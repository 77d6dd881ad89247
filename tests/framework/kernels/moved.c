// SPDX-License-Identifier: BSD-2-Clause
/* A kernel where the fields lie elsewhere. */
struct only_old {
	int x, y, z;
} *only_old;

struct task_struct {
	long usage[10];
	struct task_struct *group_leader;
	int prio;
	unsigned int policy : 4;
	unsigned int exiting : 1;
	unsigned int state;
	int pid;
} *task;

enum phase { PHASE_ZERO, PHASE_ONE, PHASE_TWO = 20 } phase;
enum wide_phase { WIDE_ONE = 0x200000002 } wide_phase;

int wake_up(struct task_struct *task)
{
	return 0;
}

typedef void (*btf_trace_sched_wakeup)(void *data, struct task_struct *task);
btf_trace_sched_wakeup sched_wakeup;
