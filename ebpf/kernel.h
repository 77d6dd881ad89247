/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The emulated kernel: all state that bpf(2) calls and runs share. Each test has its own; it is
 * made when first needed. No other mutable state exists in the machine (the pointer to the current
 * kernel and the ELF images noted for BTF apart).
 */
#ifndef BU_KERNEL_H
#define BU_KERNEL_H

#include "ebpf/boundary/fd_number.h"
#include "ebpf/btf/btf.h"
#include "ebpf/helper.h"
#include "ebpf/object.h"
#include "ebpf/vm/arena.h"
#include "ebpf/vm/run.h"
#include "ebpf/vm/timer.h"

#include <pthread.h>

#define BU_DEFAULT_CPUS   4
#define BU_DEFAULT_BUDGET 100000000 /* instructions a run */

/* What programs see of the world; tests set it. */
#define BU_KERNEL_RELEASE "6.18.0" /* whose behaviour is emulated */

struct bu_env {
	u32 pid, tgid; /* of the current task: kernel's pid is the thread */
	u32 ppid;      /* tgid of its real_parent */
	u32 uid, gid;
	char comm[16];
	u64 cgroup_id;
	u32 cpu;            /* runs start on it; below nr_cpus */
	u64 clock_ns;       /* CLOCK_MONOTONIC */
	u64 boot_offset_ns; /* CLOCK_BOOTTIME - CLOCK_MONOTONIC */
	u64 tai_offset_ns;  /* CLOCK_TAI - CLOCK_MONOTONIC */
	u64 random_state;   /* seed of get_prandom_u32 */
	void *task;         /* current task_struct in the arena; NULL: programs see a zeroed one */
	char release[16];   /* as uname(2) tells it; "": BU_KERNEL_RELEASE */
};

struct bu_note { /* something a failing test's report should mention */
	struct bu_note *next;
	bool warning; /* also to be shown when the test passes */
	char text[];
};

struct bu_kernel {
	struct bu_arena arena;
	struct bu_env env;
	bool arenas_forgive; /* access of an arena's page that is not there is no fault: reads give
				zero, writes are lost, as in Linux; under `bpfunit exec` */
	u32 nr_cpus;
	s64 budget;                                /* of each run */
	void *zeroed_task;                         /* that one: helpers/task.c */
	u32 running;                               /* depth of nested runs */
	struct bu_run *run;                        /* the innermost run, or NULL */
	struct bu_object **objects[BU_OBJECT_MAX]; /* by id; NULL: destroyed */
	u32 room[BU_OBJECT_MAX];                   /* of these tables */
	u32 next_id[BU_OBJECT_MAX];
	struct bu_object **pending; /* to be put when no run is left */
	u32 nr_pending;
	struct bu_helper_slot helpers[BU_CALLEE_MAX];
	char **kfuncs; /* names of kernel functions that have a number and no model:
			  ebpf/prog/kfunc.h */
	u32 nr_kfuncs;
	struct bu_ksym *ksyms; /* variables that programs name: ebpf/btf/ksyms.h */
	char *trace;           /* bpf_trace_printk output, NUL-terminated lines; NULL: none */
	size_t trace_len;
	struct bu_note *notes;  /* oldest first */
	struct bu_btf *vmlinux; /* referenced; see bu_vmlinux_btf() */
	enum bu_btf_choice btf_choice;
	struct bu_fd_table *fds;      /* ebpf/boundary/fd.c */
	u64 mapped_begin, mapped_end; /* user space's mappings of maps lie between; atomic */
	struct bu_trees *trees;       /* ebpf/boundary/redirect.c; NULL: none touched */
	bool has_directories;      /* virtual ones were opened: ebpf/boundary/files_directory.c */
	struct bu_net *net;        /* ebpf/net/net.h; NULL: not touched */
	struct bu_cgroup *cgroups; /* ebpf/link/cgroup.h; by ascending id */
	u64 last_cgroup;           /* the latest id that was given */
	struct bu_task *tasks;     /* ebpf/link/tasks.h; NULL: the current one alone */
	struct bu_preload
		*preload;     /* ebpf/boundary/preload.h; NULL: no program of `bpfunit exec` */
	struct bu_pins *pins; /* ebpf/boundary/bpffs.c; NULL: none yet */
	struct bu_fd_numbers fd_numbers;
	struct bu_symbols *symbols;   /* ebpf/link/symbols.c; NULL: not asked for yet */
	struct bu_tracing *tracing;   /* ebpf/link/tracing.h; NULL: nothing traced yet */
	struct bu_coverage *coverage; /* ebpf/vm/coverage.c; NULL: off */
	u32 vmlinux_generation;       /* of the noted objects that vmlinux was made of */
	pthread_mutex_t lock;         /* recursive; held by each bpf(2) call */
	u32 lock_depth;               /* how often the lock's owner holds it */
	u32 stats;                    /* descriptors of BPF_ENABLE_STATS */
	struct bu_timers timers;
	struct bu_hook *hook;       /* ebpf/vm/hook.h: who watches runs; NULL: no one */
	struct bu_session *session; /* whose stack is in use; NULL: none */
	/* Told of each fault when a run ends with one, before the run's memory is released. */
	void (*on_fault)(void *arg, struct bu_run *run);
	void *on_fault_arg;
	/* Told of each program that has been loaded. */
	void (*on_load)(struct bu_prog *prog);
	struct bu_source_place place; /* where the test is, as far as it has told */
	/* Makes the run of a BPF_PROG_TEST_RUN in the place of the program's type; NULL: that does.
	 */
	int (*test_run)(void *arg, struct bu_prog *prog, union bpf_attr *attr);
	void *test_run_arg;
	/* Makes the bpf(2) calls of the backend that is the host's kernel; NULL: as they are. */
	long (*host_call)(int cmd, void *attr, u32 size);
};

/* The process's kernel; made if there is none. NULL only when out of memory.
 * A forked child has none: descriptors it inherits belong to its parent's kernel and are bad ones
 * here. */
struct bu_kernel *bu_kernel(void);
/* The same, or NULL when there is none. */
struct bu_kernel *bu_kernel_if_any(void);
/* Destroy the process's kernel with everything in it; the next bu_kernel() makes another. */
void bu_kernel_reset(void);

struct bu_kernel *bu_kernel_new(void);
void bu_kernel_free(struct bu_kernel *kernel);

/* One thread at a time may be in the kernel; nests. */
void bu_kernel_lock(struct bu_kernel *kernel);
void bu_kernel_unlock(struct bu_kernel *kernel);

/* The calling thread has jumped out of whatever it did in the kernel (a check in a mock ended the
 * test): give up its lock and its runs. Without effect when it was not in the kernel. */
void bu_kernel_abandon(struct bu_kernel *kernel);

/* Keep a sentence for the report of a failing test (the same text once). */
void bu_note(struct bu_kernel *kernel, const char *format, ...) BU_PRINTF(2, 3);
/* The same for what is worth seeing also when the test passes. */
void bu_warn(struct bu_kernel *kernel, const char *format, ...) BU_PRINTF(2, 3);
/* Append to the captured trace_printk output. */
void bu_trace_append(struct bu_kernel *kernel, const char *text, size_t len);

#endif
