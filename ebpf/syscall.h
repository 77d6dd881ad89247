/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bpf(2) as a table: one row a command in ebpf/commands.def (name, last attribute field, handler).
 * The interposed libc symbols are in ebpf/interpose.c; raw system calls of our own go through bu_host_*.
 */
#ifndef BU_SYSCALL_H
#define BU_SYSCALL_H

#include "ebpf/base.h"

struct bu_kernel;

/* bpf(cmd, attr, size) against `kernel`: >= 0, or -errno. */
long bu_sys_bpf(struct bu_kernel *kernel, unsigned int cmd, void *attr, unsigned int size);
/* perf_event_open(2) for the BPF output events of perf buffers: a descriptor, or -errno. */
long bu_sys_perf_event_open(struct bu_kernel *kernel, void *attr, int pid, int cpu, int group_fd, unsigned long flags);

const char *bu_command_name(unsigned int cmd); /* "BPF_MAP_CREATE"; NULL: unknown */

/* The host's own system call, never interposed: its value, or -errno. */
long bu_host_syscall(long number, long a, long b, long c, long d, long e, long f);

/* Whether libbpf's calls arrive here: 0, or -EXDEV when they would reach the host's kernel. */
int bu_canary(void);

#endif
