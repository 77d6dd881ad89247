/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Iterators over tasks (by ascending id), over their open files and over their mappings. Which
 * there are is ebpf/link/tasks.h's. Source: kernel/bpf/task_iter.c (6.18). Differs: a task that no
 * test describes has ids and a name, and no files or mappings.
 */
#include "ebpf/boundary/files.h"
#include "ebpf/kernel.h"
#include "ebpf/link/iter.h"
#include "ebpf/link/tasks.h"

#include <fcntl.h>

/* Source: bpf_iter_attach_task(). Differs: whichever process a pidfd is of, it stands for the
 * current one. */
static int attach(struct bu_kernel *kernel, const union bu_iter_info *info,
		  struct bu_iter_scope *scope)
{
	if (!!info->task.tid + !!info->task.pid + !!info->task.pid_fd > 1)
		return -EINVAL;
	if (info->task.pid_fd && fcntl((int)info->task.pid_fd, F_GETFD) < 0)
		return -EBADF;
	scope->tid = info->task.tid;
	scope->pid = info->task.pid_fd ? kernel->env.tgid : info->task.pid;
	return 0;
}

/* The task at the iterator's place, which moves on to where the next one is. */
static const struct bu_task *here(struct bu_iter *iter)
{
	u32 tid = iter->scope.tid;
	const struct bu_task *task;

	if (tid && iter->id <= tid)
		iter->id = tid;
	task = bu_task_from(iter->object.kernel, &iter->id, iter->scope.pid);
	return tid && iter->id != tid ? NULL : task;
}

static bool seek_task(struct bu_iter *iter)
{
	return here(iter);
}

static void next_task(struct bu_iter *iter)
{
	iter->id++;
	iter->part = 0;
}

/* The task that a test describes, or one with what the environment says. */
static u64 struct_of(struct bu_run *run, const struct bu_task *task)
{
	const struct bu_env *env = &run->kernel->env;
	struct bu_kstruct made;

	if (task->task || env->task)
		return (u64)(task->task ? task->task : env->task);
	if (!bu_kstruct_make(run, "task_struct", &made))
		return 0;
	bu_kstruct_set(&made, "pid", env->pid);
	bu_kstruct_set(&made, "tgid", env->tgid);
	bu_kstruct_copy(&made, "comm", env->comm, sizeof(env->comm));
	return (u64)made.bytes;
}

static bool fill_task(struct bu_iter *iter, struct bu_run *run, u64 *words, bool at_end)
{
	if (at_end)
		return true;
	words[0] = struct_of(run, here(iter));
	return words[0];
}

static void describe(const struct bu_iter_scope *scope, struct bu_link_info *info)
{
	info->iter.task.tid = scope->tid;
	if (scope->pid)
		info->iter.task.pid = scope->pid;
}

static void show(struct bu_kernel *kernel, const struct bu_iter_scope *scope, struct bu_bytes *out)
{
	if (scope->tid)
		bu_file_print(out, "task_type:\tTID\ntid:\t%u\n", scope->tid);
	else if (scope->pid)
		bu_file_print(out, "task_type:\tPID\npid:\t%u\n", scope->pid);
	else
		bu_file_print(out, "task_type:\tALL\n");
}

/* What tasks have: from one task to the next until `find` moves *part to where something is. */
static bool seek_part(struct bu_iter *iter, bool (*find)(const struct bu_task *task, u32 *part))
{
	const struct bu_task *task;

	while ((task = here(iter))) {
		if (find(task, &iter->part))
			return true;
		if (iter->scope.tid)
			return false;
		next_task(iter);
	}
	return false;
}

static void next_part(struct bu_iter *iter)
{
	iter->part++;
}

/* Files */

/* The first file at or behind a descriptor. */
static const struct bu_task_part *file_of(const struct bu_task *task, u32 fd)
{
	for (u32 i = 0; i < task->files.nr; i++) {
		if (task->files.list[i].fd >= fd)
			return &task->files.list[i];
	}
	return NULL;
}

static bool find_file(const struct bu_task *task, u32 *fd)
{
	const struct bu_task_part *file = file_of(task, *fd);

	if (file)
		*fd = file->fd;
	return file;
}

static bool seek_file(struct bu_iter *iter)
{
	return seek_part(iter, find_file);
}

static bool fill_file(struct bu_iter *iter, struct bu_run *run, u64 *words, bool at_end)
{
	const struct bu_task *task = at_end ? NULL : here(iter);

	words[1] = iter->part;
	if (at_end)
		return true;
	words[0] = struct_of(run, task);
	words[2] = (u64)file_of(task, iter->part)->object;
	return words[0];
}

/* Mappings */

static bool find_vma(const struct bu_task *task, u32 *nth)
{
	return *nth < task->vmas.nr;
}

static bool seek_vma(struct bu_iter *iter)
{
	return seek_part(iter, find_vma);
}

static bool fill_vma(struct bu_iter *iter, struct bu_run *run, u64 *words, bool at_end)
{
	const struct bu_task *task;

	if (at_end)
		return true;
	task = here(iter);
	words[0] = struct_of(run, task);
	words[1] = (u64)task->vmas.list[iter->part].object;
	return words[0];
}

const struct bu_iter_target bu_iter_task = {
	.name = "task",
	.words = 2,
	.sleepable = true,
	.attach = attach,
	.seek = seek_task,
	.next = next_task,
	.fill = fill_task,
	.info = describe,
	.show = show,
};

const struct bu_iter_target bu_iter_task_file = {
	.name = "task_file",
	.words = 4,
	.sleepable = true,
	.attach = attach,
	.seek = seek_file,
	.next = next_part,
	.fill = fill_file,
	.info = describe,
	.show = show,
};

const struct bu_iter_target bu_iter_task_vma = {
	.name = "task_vma",
	.words = 3,
	.sleepable = true,
	.attach = attach,
	.seek = seek_vma,
	.next = next_part,
	.fill = fill_vma,
	.info = describe,
	.show = show,
};
