/* SPDX-License-Identifier: BSD-2-Clause */
/* The list of tasks. The first entry is the current task's, and always there. */
#include "ebpf/link/tasks.h"

#include "ebpf/kernel.h"
#include "ebpf/link/iter.h"

#include <stdlib.h>
#include <string.h>

static struct bu_task *add(struct bu_kernel *kernel, void *task)
{
	struct bu_task **end = &kernel->tasks, *added = calloc(1, sizeof(*added));

	if (!added)
		return NULL;
	added->task = task;
	while (*end)
		end = &(*end)->next;
	*end = added;
	return added;
}

struct bu_task *bu_task_make(struct bu_kernel *kernel, void *task)
{
	struct bu_task *entry;

	if (!kernel->tasks && !add(kernel, NULL))
		return NULL;
	if (task == kernel->env.task)
		task = NULL;
	for (entry = kernel->tasks; entry; entry = entry->next) {
		if (entry->task == task)
			return entry;
	}
	return add(kernel, task);
}

static int insert(struct bu_task_parts *parts, u32 at, u32 fd, void *object)
{
	struct bu_task_part *longer = reallocarray(parts->list, parts->nr + 1, sizeof(*longer));

	if (!longer)
		return -ENOMEM;
	memmove(longer + at + 1, longer + at, (parts->nr - at) * sizeof(*longer));
	longer[at] = (struct bu_task_part){ .fd = fd, .object = object };
	parts->list = longer;
	parts->nr++;
	return 0;
}

int bu_task_add_file(struct bu_task *task, u32 fd, void *file)
{
	u32 at = 0;

	while (at < task->files.nr && task->files.list[at].fd < fd)
		at++;
	if (at < task->files.nr && task->files.list[at].fd == fd)
		return -EEXIST;
	return insert(&task->files, at, fd, file);
}

int bu_task_add_vma(struct bu_task *task, void *vma)
{
	return insert(&task->vmas, task->vmas.nr, 0, vma);
}

static void ids_of(struct bu_kernel *kernel, const struct bu_task *task, u32 *tid, u32 *pid)
{
	*tid = kernel->env.pid;
	*pid = kernel->env.tgid;
	if (task->task) {
		*tid = (u32)bu_kstruct_get(kernel, "task_struct", task->task, "pid", 0);
		*pid = (u32)bu_kstruct_get(kernel, "task_struct", task->task, "tgid", *tid);
	}
}

const struct bu_task *bu_task_from(struct bu_kernel *kernel, u64 *tid, u32 pid)
{
	const struct bu_task *best = NULL;
	u32 id, process, best_id = 0;

	bu_task_make(kernel, NULL);
	for (const struct bu_task *task = kernel->tasks; task; task = task->next) {
		ids_of(kernel, task, &id, &process);
		if (id < *tid || (pid && process != pid) || (best && id >= best_id))
			continue;
		best = task;
		best_id = id;
	}
	if (best)
		*tid = best_id;
	return best;
}

void bu_tasks_destroy(struct bu_kernel *kernel)
{
	while (kernel->tasks) {
		struct bu_task *task = kernel->tasks;

		kernel->tasks = task->next;
		free(task->files.list);
		free(task->vmas.list);
		free(task);
	}
}
