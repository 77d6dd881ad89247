// SPDX-License-Identifier: BSD-2-Clause
/* A kernel that lacks a field (it has another name), an enumerator, a type and attach targets. */
struct task_struct {
	unsigned int __state;
	int pid;
	unsigned int policy : 7;
	struct task_struct *group_leader;
} *task;

enum phase { PHASE_ONE = 1 } phase;
enum wide_phase { WIDE_ONE = 0x100000001 } wide_phase;
