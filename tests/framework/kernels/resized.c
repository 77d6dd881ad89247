// SPDX-License-Identifier: BSD-2-Clause
/* A kernel where fields have other sizes: state is 64 bits wide, policy is no bit field. */
struct task_struct {
	short pid;
	struct task_struct *group_leader;
	unsigned long long state;
	unsigned short policy;
} *task;

enum phase { PHASE_ONE, PHASE_TWO = 200 } phase;
enum wide_phase { WIDE_ONE = 3 } wide_phase;

int wake_up(struct task_struct *task)
{
	return 0;
}
