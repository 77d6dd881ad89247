/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tasks, and their open files and mappings, as far as iterators can find them: the current task,
 * and what tests add. All of them are kernel objects of the test's, in the arena; a task's ids are
 * read from it when it is looked for.
 */
#ifndef BU_TASKS_H
#define BU_TASKS_H

#include "ebpf/base.h"

struct bu_kernel;

struct bu_task_part { /* a file or a mapping */
	u32 fd;       /* of a file */
	void *object;
};

struct bu_task_parts {
	struct bu_task_part *list;
	u32 nr;
};

struct bu_task {
	struct bu_task *next;
	void *task;                 /* struct task_struct; NULL: the current task */
	struct bu_task_parts files; /* by ascending descriptor */
	struct bu_task_parts vmas;
};

/* The entry of a task, which is made if there is none; NULL: no memory. `task` NULL: the current
 * one's. */
struct bu_task *bu_task_make(struct bu_kernel *kernel, void *task);
/* 0, -EEXIST (the descriptor is in use), -ENOMEM */
int bu_task_add_file(struct bu_task *task, u32 fd, void *file);
int bu_task_add_vma(struct bu_task *task, void *vma);
/* The task with the smallest id at or above *tid, which becomes its id, among those of process
 * `pid` (0: any); NULL: none. */
const struct bu_task *bu_task_from(struct bu_kernel *kernel, u64 *tid, u32 pid);
void bu_tasks_destroy(struct bu_kernel *kernel);

#endif
