/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The current task. It exists when the kernel's BTF has task_struct, and is filled in from the
 * environment before a run; a snapshot of the environment tells when there is something to write,
 * so that fields which a test set itself stay as long as the environment does.
 */
#include "ebpf/kernel.h"
#include "ebpf/link/tasks.h"
#include "framework/host.h"
#include "framework/kobj.h"
#include "framework/state.h"

#include <bpfunit/env.h>
#include <stdlib.h>
#include <string.h>

/* Fields of the task and where in the environment they come from; those that the type lacks are
 * skipped. A path with a pointer makes what it points to. */
enum source {
	PID,
	TGID,
	PPID,
	UID,
	GID,
};

static const struct task_field {
	const char *path;
	enum source source;
} task_fields[] = {
	{ "pid", PID },
	{ "tgid", TGID },
	{ "real_parent.pid", PPID },
	{ "real_parent.tgid", PPID },
	{ "cred.uid", UID },
	{ "cred.euid", UID },
	{ "cred.suid", UID },
	{ "cred.fsuid", UID },
	{ "cred.gid", GID },
	{ "cred.egid", GID },
	{ "cred.sgid", GID },
	{ "cred.fsgid", GID },
};

static u64 value_of(const struct bu_env *env, enum source source)
{
	switch (source) {
	case PID:
		return env->pid;
	case TGID:
		return env->tgid;
	case PPID:
		return env->ppid;
	case UID:
		return env->uid;
	case GID:
		return env->gid;
	}
	return 0;
}

static bool has_path(void *task, const char *path)
{
	struct bu_kobj_place place;
	char error[256];

	return !bu_kobj_walk(task, path, false, &place, error, sizeof(error));
}

static u64 load_pointer(void *task, const char *path)
{
	struct bu_kobj_place place;
	char error[256];

	if (bu_kobj_walk(task, path, false, &place, error, sizeof(error)) ||
	    !bu_field_is_scalar(&place.field))
		return 0;
	return bu_field_load(&place.field, place.object);
}

/* What does not change with the environment: pointers to itself and among its parents, and when it
 * began. */
static void fill_once(struct bu_kernel *kernel, void *task)
{
	const struct bu_env *env = &kernel->env;
	char error[256];

	bu_kobj_store(task, "start_time", env->clock_ns, error, sizeof(error));
	bu_kobj_store(task, "start_boottime", env->clock_ns + env->boot_offset_ns, error,
		      sizeof(error));
	bu_kobj_store(task, "real_start_time", env->clock_ns + env->boot_offset_ns, error,
		      sizeof(error));
	bu_kobj_store(task, "group_leader", (uintptr_t)task, error, sizeof(error));
}

/* A thread that leads no group has a leader beside it. */
static void fill_leader(void *task, const struct bu_env *env)
{
	char error[256];

	if (!has_path(task, "group_leader"))
		return;
	if (env->pid == env->tgid) {
		bu_kobj_store(task, "group_leader", (uintptr_t)task, error, sizeof(error));
		return;
	}
	if (load_pointer(task, "group_leader") == (uintptr_t)task)
		bu_kobj_store(task, "group_leader", 0, error, sizeof(error));
	bu_kobj_store(task, "group_leader.pid", env->tgid, error, sizeof(error));
	bu_kobj_store(task, "group_leader.tgid", env->tgid, error, sizeof(error));
	bu_kobj_store_str(task, "group_leader.comm", env->comm, error, sizeof(error));
}

static void fill(struct bu_kernel *kernel, void *task)
{
	const struct bu_env *env = &kernel->env;
	char error[256], comm[sizeof(env->comm) + 1] = "";
	u64 pointer;

	for (size_t i = 0; i < BU_ARRAY_SIZE(task_fields); i++)
		bu_kobj_store(task, task_fields[i].path, value_of(env, task_fields[i].source),
			      error, sizeof(error));
	memcpy(comm, env->comm, sizeof(env->comm));
	bu_kobj_store_str(task, "comm", comm, error, sizeof(error));
	fill_leader(task, env);
	pointer = load_pointer(task, "real_parent");
	if (pointer && !load_pointer(task, "parent"))
		bu_kobj_store(task, "parent", pointer, error, sizeof(error));
	pointer = load_pointer(task, "cred");
	if (pointer && !load_pointer(task, "real_cred"))
		bu_kobj_store(task, "real_cred", pointer, error, sizeof(error));
}

/* Whether the identity that a task shows differs. */
static bool changed(const struct bu_env *a, const struct bu_env *b)
{
	return a->pid != b->pid || a->tgid != b->tgid || a->ppid != b->ppid || a->uid != b->uid ||
	       a->gid != b->gid || memcmp(a->comm, b->comm, sizeof(a->comm));
}

static void make_task(struct bu_test *test, struct bu_kernel *kernel)
{
	char error[512];

	/* The answer "no task_struct" holds until other types are known. */
	if (!bu_vmlinux_btf(kernel) || test->task_types == kernel->vmlinux_generation + 1)
		return;
	test->task_types = kernel->vmlinux_generation + 1;
	kernel->env.task = bu_kobj_new("task_struct", error, sizeof(error));
	if (!kernel->env.task)
		return;
	test->task = kernel->env.task;
	fill_once(kernel, test->task);
	fill(kernel, test->task);
	test->task_env = kernel->env;
}

/* Nested tests share the kernel and so the task. */
static struct bu_test *outermost_test(void)
{
	struct bu_test *test = bu_test();

	while (test && test->outer)
		test = test->outer;
	return test;
}

void bu_task_refresh(void)
{
	struct bu_kernel *kernel = bu_kernel_if_any();
	struct bu_test *test = outermost_test();

	if (!kernel || !test)
		return;
	bu_kernel_lock(kernel);
	if (!kernel->env.task) {
		make_task(test, kernel);
	} else if (kernel->env.task == test->task && changed(&kernel->env, &test->task_env)) {
		fill(kernel, test->task);
		test->task_env = kernel->env;
	}
	bu_kernel_unlock(kernel);
}

void bu_task_forget(void)
{
	struct bu_kernel *kernel = bu_kernel_if_any();
	struct bu_test *test = outermost_test();

	if (!kernel || !test)
		return;
	if (kernel->env.task == test->task)
		kernel->env.task = NULL;
	test->task = NULL;
	test->task_types = 0;
}

void *bpfunit_current_task(void)
{
	struct bu_kernel *kernel = bu_test_kernel();

	bu_needs_vm("a kernel object");
	bu_task_refresh();
	if (!kernel->env.task)
		bu_test_die(bu_test_where(),
			    "there is no current task: the %s not define struct task_struct",
			    kernel->btf_choice == BU_BTF_OBJECTS ? "objects opened so far do"
								 : "kernel's BTF does");
	return kernel->env.task;
}

void bpfunit_set_current_task(void *task)
{
	struct bu_test *test = outermost_test();

	bu_needs_vm("a kernel object");
	bu_test_kernel()->env.task = task || !test ? task : test->task;
}

/* What iterators find */

/* The task's entry, or NULL with *error; `part` is what is to be added to it. */
static struct bu_task *entry_of(void *task, const void *part, int *error)
{
	struct bu_task *entry;

	bu_needs_vm("a kernel object");
	*error = -EINVAL;
	if ((task && !bu_kobj_size(task)) || !bu_kobj_size(part))
		return NULL;
	bu_task_refresh();
	entry = bu_task_make(bu_test_kernel(), task);
	*error = entry ? 0 : -ENOMEM;
	return entry;
}

int bpfunit_task_add(void *task)
{
	int err;

	entry_of(task, task, &err);
	return bu_public_result(err);
}

int bpfunit_task_add_file(void *task, uint32_t fd, void *file)
{
	int err;
	struct bu_task *entry = entry_of(task, file, &err);

	return bu_public_result(entry ? bu_task_add_file(entry, fd, file) : err);
}

int bpfunit_task_add_vma(void *task, void *vma)
{
	int err;
	struct bu_task *entry = entry_of(task, vma, &err);

	return bu_public_result(entry ? bu_task_add_vma(entry, vma) : err);
}
