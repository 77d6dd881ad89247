/* SPDX-License-Identifier: BSD-2-Clause */
/* The environment of programs: setters of struct bu_env, and the captured trace output. */
#include <bpfunit/env.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ebpf/boundary/backend.h"
#include "ebpf/link/tracing.h"
#include "framework/host.h"
#include "framework/kobj.h"
#include "framework/state.h"
#include "helpers/timer.h"

/* TASK_PID_MAX: Source: PID_MAX_LIMIT on 64-bit, include/linux/threads.h (6.12). */
#define PID_LIMIT (4 * 1024 * 1024)

/* With the kernel to ourselves: other threads may be running programs. */
static struct bu_env *lock_env(void)
{
	bu_needs_vm("an environment that can be set");
	bu_kernel_lock(bu_test_kernel());
	return &bu_test_kernel()->env;
}

static void unlock_env(struct bu_env **env)
{
	bu_kernel_unlock(bu_container_of(*env, struct bu_kernel, env));
}

/* Locked until the end of the block. */
#define LOCKED(env) __attribute__((cleanup(unlock_env))) struct bu_env *env = lock_env()

static int set_id(u32 *id, uint32_t value)
{
	if (value > PID_LIMIT) {
		errno = EINVAL;
		return -EINVAL;
	}
	*id = value;
	return 0;
}

int bpfunit_set_pid(uint32_t pid)
{
	LOCKED(env);
	int error = set_id(&env->pid, pid);

	return error ? error : set_id(&env->tgid, pid);
}

int bpfunit_set_tgid(uint32_t tgid)
{
	LOCKED(env);

	return set_id(&env->tgid, tgid);
}

int bpfunit_set_tid(uint32_t tid)
{
	LOCKED(env);

	return set_id(&env->pid, tid);
}

int bpfunit_set_ppid(uint32_t ppid)
{
	LOCKED(env);

	return set_id(&env->ppid, ppid);
}

int bpfunit_set_uid(uint32_t uid)
{
	LOCKED(env);

	env->uid = uid;
	return 0;
}

int bpfunit_set_gid(uint32_t gid)
{
	LOCKED(env);

	env->gid = gid;
	return 0;
}

int bpfunit_set_comm(const char *comm)
{
	LOCKED(env);

	if (!comm) {
		errno = EINVAL;
		return -EINVAL;
	}
	memset(env->comm, 0, sizeof(env->comm));
	memcpy(env->comm, comm, strnlen(comm, sizeof(env->comm) - 1));
	return 0;
}

int bpfunit_set_kernel_version(unsigned int major, unsigned int minor, unsigned int patch)
{
	struct bu_kernel *kernel = bu_test_kernel();

	bu_needs_vm("a kernel version that can be set");
	if (!major || major > 255 || minor > 255 || patch > 255) {
		errno = EINVAL;
		return -EINVAL;
	}
	snprintf(kernel->env.release, sizeof(kernel->env.release), "%u.%u.%u", major, minor, patch);
	return 0;
}

int bpfunit_set_cgroup_id(uint64_t id)
{
	LOCKED(env);

	env->cgroup_id = id;
	return 0;
}

int bpfunit_set_cpu(uint32_t cpu)
{
	bu_needs_cpu(cpu);
	if (cpu >= bu_test_kernel()->nr_cpus) {
		errno = EINVAL;
		return -EINVAL;
	}
	if (bu_on_host())
		return bu_host_set_cpu(cpu);
	LOCKED(env);

	env->cpu = cpu;
	return 0;
}

uint32_t bpfunit_nr_cpus(void)
{
	return bu_test_kernel()->nr_cpus;
}

void bpfunit_set_random_seed(uint64_t seed)
{
	LOCKED(env);

	env->random_state = seed;
}

void bpfunit_clock_set_ns(uint64_t ns)
{
	struct bu_kernel *kernel = bu_test_kernel();

	bu_needs_vm("a virtual clock");
	if (!kernel->timers.armed) {
		LOCKED(env);

		env->clock_ns = ns;
		return;
	}
	bu_events_capture_new();
	bu_task_refresh();
	bu_timers_clock_to(kernel, ns);
	bu_events_drain();
	bu_test_warn();
	bu_test_end_if_asked();
}

void bpfunit_clock_advance_ns(uint64_t ns)
{
	bpfunit_clock_set_ns(bpfunit_clock_ns() + ns);
}

uint64_t bpfunit_clock_ns(void)
{
	bu_needs_vm("a virtual clock");
	LOCKED(env);

	return env->clock_ns;
}

void bpfunit_clock_set_boot_offset_ns(uint64_t ns)
{
	LOCKED(env);

	env->boot_offset_ns = ns;
}

const char *bpfunit_trace(void)
{
	const char *trace = bu_test_kernel()->trace;

	bu_needs_vm("trace output of its own");
	return trace ? trace : "";
}

void bpfunit_trace_clear(void)
{
	struct bu_kernel *kernel = bu_test_kernel();

	free(kernel->trace);
	kernel->trace = NULL;
	kernel->trace_len = 0;
	bu_trace_forget(kernel);
}
