/* SPDX-License-Identifier: BSD-2-Clause */
/* What the programs read of the kernel's task_struct. The offsets are those of the kernel that the
 * object is loaded into: each access is relocated. */
#ifndef TASK_H
#define TASK_H

struct task_struct {
	int exit_code;
	int pid;
	int tgid;
	struct task_struct *real_parent;
} __attribute__((preserve_access_index));

#endif
