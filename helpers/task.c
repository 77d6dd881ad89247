// SPDX-License-Identifier: BSD-2-Clause
/*
 * Who runs, and where: the environment that a test sets. Source: kernel/bpf/helpers.c (6.12).
 */
#include "ebpf/kernel.h"

#include <string.h>

#define TASK_SIZE_BYTES 16384 /* larger than any task_struct */
#define ROOT_CGROUP_ID  1

BU_HELPER_0(get_current_pid_tgid)
{
	const struct bu_env *env = &run->kernel->env;

	return (u64)env->tgid << 32 | env->pid;
}

BU_HELPER_0(get_current_uid_gid)
{
	const struct bu_env *env = &run->kernel->env;

	return (u64)env->gid << 32 | env->uid;
}

/* Cut to the buffer, always terminated, the rest zero (strscpy_pad). */
BU_HELPER_2(get_current_comm, char *, buf, u32, size)
{
	const char *comm = run->kernel->env.comm;
	size_t len = strnlen(comm, sizeof(run->kernel->env.comm) - 1);

	len = BU_MIN(len, (size_t)size - 1);
	memcpy(buf, comm, len);
	memset(buf + len, 0, size - len);
	return 0;
}

/* The task that the framework describes, or a zeroed stand-in. */
static u64 current_task(struct bu_run *run)
{
	static const struct bu_region_info info = { .kind = BU_REGION_KOBJ,
						    .label = "task_struct" };
	struct bu_kernel *kernel = run->kernel;

	if (kernel->env.task)
		return (u64)kernel->env.task;
	if (!kernel->zeroed_task)
		kernel->zeroed_task =
			bu_arena_alloc(&kernel->arena, TASK_SIZE_BYTES, BU_READ, &info);
	return (u64)kernel->zeroed_task;
}

BU_HELPER_0(get_current_task)
{
	return current_task(run);
}

BU_HELPER_0(get_current_task_btf)
{
	return current_task(run);
}

BU_HELPER_0(get_current_cgroup_id)
{
	return run->kernel->env.cgroup_id;
}

/* Differs: a cgroup is the root or the root's child. */
BU_HELPER_1(get_current_ancestor_cgroup_id, int, level)
{
	u64 id = run->kernel->env.cgroup_id;

	if (level == 0)
		return ROOT_CGROUP_ID;
	return level == 1 && id != ROOT_CGROUP_ID ? id : 0;
}

BU_HELPER_0(get_smp_processor_id)
{
	return run->cpu;
}

/* Differs: every CPU is on node 0. */
BU_HELPER_0(get_numa_node_id)
{
	return 0;
}

/* SplitMix64: each state gives a number, so that a seed alone fixes the sequence. */
BU_HELPER_0(get_prandom_u32)
{
	u64 x = run->kernel->env.random_state += 0x9e3779b97f4a7c15ULL;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return (u32)((x ^ x >> 31) >> 32);
}
