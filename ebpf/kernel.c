/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Birth and death of the emulated kernel, its lock, notes and trace output. The pointer to the
 * process's kernel is the machine's one mutable global besides the noted ELF images (vmlinux.c);
 * a forked child starts without, because shared pages and socket ends stay its parent's.
 */
#include "ebpf/kernel.h"
#include "ebpf/boundary/bpffs.h"
#include "ebpf/boundary/preload.h"
#include "ebpf/boundary/redirect.h"
#include "ebpf/btf/ksyms.h"
#include "ebpf/link/cgroup.h"
#include "ebpf/link/symbols.h"
#include "ebpf/link/tasks.h"
#include "ebpf/link/tracing.h"
#include "ebpf/net/netdev.h"
#include "ebpf/prog/kfunc.h"

#include "ebpf/vm/coverage.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct bu_kernel *current_kernel;
static pthread_mutex_t making = PTHREAD_MUTEX_INITIALIZER;

/* The parent's kernel is left alone: its descriptors and memory are still the parent's. */
static void forget_parents_kernel(void)
{
	__atomic_store_n(&current_kernel, NULL, __ATOMIC_RELEASE);
	pthread_mutex_init(&making, NULL);
}

static void watch_forks(void)
{
	pthread_atfork(NULL, NULL, forget_parents_kernel);
}

/* What is loaded from a state may ask for the kernel: it is there, and other threads wait. */
static void begin(struct bu_kernel *kernel)
{
	if (!kernel)
		return;
	bu_kernel_lock(kernel);
	__atomic_store_n(&current_kernel, kernel, __ATOMIC_RELEASE);
	bu_preload_begin(kernel);
	bu_kernel_unlock(kernel);
}

static struct bu_kernel *make_current(void)
{
	static pthread_once_t watching = PTHREAD_ONCE_INIT;
	struct bu_kernel *kernel;

	pthread_once(&watching, watch_forks);
	pthread_mutex_lock(&making);
	kernel = current_kernel;
	if (!kernel) {
		kernel = bu_kernel_new();
		begin(kernel);
	}
	pthread_mutex_unlock(&making);
	return kernel;
}

struct bu_kernel *bu_kernel_if_any(void)
{
	return __atomic_load_n(&current_kernel, __ATOMIC_ACQUIRE);
}

struct bu_kernel *bu_kernel(void)
{
	struct bu_kernel *kernel = bu_kernel_if_any();

	return bu_likely(kernel) ? kernel : make_current();
}

void bu_kernel_reset(void)
{
	struct bu_kernel *kernel = __atomic_exchange_n(&current_kernel, NULL, __ATOMIC_ACQ_REL);

	if (kernel)
		bu_kernel_free(kernel);
}

static void init_env(struct bu_env *env)
{
	env->pid = 1000;
	env->tgid = 1000;
	env->ppid = 1;
	env->uid = 1000;
	env->gid = 1000;
	strcpy(env->comm, "bpfunit");
	env->cgroup_id = 1;
	env->clock_ns = 1000000000;
	env->random_state = 0x9e3779b97f4a7c15;
}

static void init_lock(struct bu_kernel *kernel)
{
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&kernel->lock, &attr);
	pthread_mutexattr_destroy(&attr);
}

struct bu_kernel *bu_kernel_new(void)
{
	struct bu_kernel *kernel = calloc(1, sizeof(*kernel));

	if (!kernel)
		return NULL;
	init_env(&kernel->env);
	init_lock(kernel);
	kernel->nr_cpus = BU_DEFAULT_CPUS;
	kernel->budget = BU_DEFAULT_BUDGET;
	for (int kind = 0; kind < BU_OBJECT_MAX; kind++)
		kernel->next_id[kind] = 1;
	if (bu_arena_init(&kernel->arena, 0))
		goto no_arena;
	if (bu_fd_table_init(kernel))
		goto no_fds;
	if (bu_vmlinux_init(kernel))
		goto no_btf;
	return kernel;

no_btf:
	bu_fd_table_destroy(kernel);

no_fds:
	bu_arena_destroy(&kernel->arena);
no_arena:
	pthread_mutex_destroy(&kernel->lock);
	free(kernel);
	return NULL;
}

/* Descriptors hold the references that keep objects alive, and vmlinux one more. */
void bu_kernel_free(struct bu_kernel *kernel)
{
	struct bu_note *note = kernel->notes;

	bu_coverage_close(kernel);
	bu_kfunc_free(kernel);
	bu_ksyms_free(kernel);
	bu_net_destroy(kernel);
	bu_cgroups_destroy(kernel);
	bu_preload_free(kernel);
	bu_tasks_destroy(kernel);
	bu_net_destroy(kernel);
	bu_cgroups_destroy(kernel);
	bu_trees_destroy(kernel);
	bu_pins_destroy(kernel);
	bu_fd_table_destroy(kernel);
	bu_object_put_pending(kernel);
	bu_map_drop_all(kernel);
	if (kernel->vmlinux)
		bu_object_put(&kernel->vmlinux->object);
	bu_vmlinux_forget(kernel);
	for (int kind = 0; kind < BU_OBJECT_MAX; kind++)
		free(kernel->objects[kind]);
	while (note) {
		struct bu_note *next = note->next;

		free(note);
		note = next;
	}
	bu_tracing_free(kernel);
	bu_symbols_free(kernel->symbols);
	free(kernel->trace);
	bu_timers_destroy(&kernel->timers);
	bu_arena_destroy(&kernel->arena);
	pthread_mutex_destroy(&kernel->lock);
	free(kernel);
}

static void forget_runs(struct bu_kernel *kernel)
{
	kernel->running = 0;
	kernel->run = NULL;
	kernel->timers.firing = false;
	kernel->timers.running = NULL;
}

/* The lock's owner ended inside: what it ran is over. */
static void take_over(struct bu_kernel *kernel)
{
	pthread_mutex_consistent(&kernel->lock);
	kernel->lock_depth = 0;
	forget_runs(kernel);
}

void bu_kernel_lock(struct bu_kernel *kernel)
{
	if (pthread_mutex_lock(&kernel->lock) == EOWNERDEAD)
		take_over(kernel);
	kernel->lock_depth++;
}

void bu_kernel_unlock(struct bu_kernel *kernel)
{
	kernel->lock_depth--;
	pthread_mutex_unlock(&kernel->lock);
}

void bu_kernel_abandon(struct bu_kernel *kernel)
{
	int err = pthread_mutex_trylock(&kernel->lock);

	if (err == EBUSY) /* another thread is inside */
		return;
	if (err == EOWNERDEAD)
		take_over(kernel);
	kernel->lock_depth++;
	forget_runs(kernel);
	while (kernel->lock_depth)
		bu_kernel_unlock(kernel);
}

static void add_note(struct bu_kernel *kernel, bool warning, const char *text)
{
	struct bu_note **end = &kernel->notes, *note;

	for (; *end; end = &(*end)->next) {
		if (!strcmp((*end)->text, text))
			return;
	}
	note = malloc(sizeof(*note) + strlen(text) + 1);
	if (!note)
		return;
	note->next = NULL;
	note->warning = warning;
	strcpy(note->text, text);
	*end = note;
}

static void BU_PRINTF(3, 0)
	note_args(struct bu_kernel *kernel, bool warning, const char *format, va_list args)
{
	char *text;

	if (vasprintf(&text, format, args) < 0)
		return;
	add_note(kernel, warning, text);
	free(text);
}

void bu_note(struct bu_kernel *kernel, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	note_args(kernel, false, format, args);
	va_end(args);
}

void bu_warn(struct bu_kernel *kernel, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	note_args(kernel, true, format, args);
	va_end(args);
}

void bu_trace_append(struct bu_kernel *kernel, const char *text, size_t len)
{
	char *trace = realloc(kernel->trace, kernel->trace_len + len + 1);

	if (!trace)
		return;
	bu_trace_mark(kernel);
	memcpy(trace + kernel->trace_len, text, len);
	trace[kernel->trace_len + len] = '\0';
	kernel->trace = trace;
	kernel->trace_len += len;
	bu_trace_pipe_feed(kernel);
}
