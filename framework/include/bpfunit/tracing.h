/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What of a kernel there is to trace. Functions and tracepoints that sections of opened objects
 * name (kprobe/func, kprobe.multi/tcp_*, ksyscall/read, tp/sched/sched_switch, ...), externs in
 * .ksyms and functions of the kernel's BTF exist by themselves; attaching to anything else by name
 * fails with ENOENT, as for a misspelt name. A test adds here what its objects do not spell.
 */
#ifndef BPFUNIT_TRACING_H
#define BPFUNIT_TRACING_H

#include <bpfunit/base.h>

/* A kernel function, until the test ends: in /proc/kallsyms and available_filter_functions. 0;
 * -EINVAL for a name that is empty or has white space. The file that the environment's
 * BPFUNIT_KALLSYMS names brings many, in the format of /proc/kallsyms. */
BPFUNIT_API int bpfunit_symbol_add(const char *name);
/* A tracepoint, until the test ends. 0; -EINVAL for names that cannot be files. */
BPFUNIT_API int bpfunit_tracepoint_add(const char *category, const char *name);
/* The address that /proc/kallsyms tells for a symbol; 0: none of this name. */
BPFUNIT_API uint64_t bpfunit_symbol(const char *name);

/* What a perf event (perf_event_open(2)) has counted: for read(2),
 * bpf_perf_event_read() and bpf_perf_event_read_value(). 0 until it is set; clocks (PERF_COUNT_SW_CPU_CLOCK
 * and _TASK_CLOCK) go on with the test's clock while they are enabled, as do the times. 0, or -EBADF (and errno). */
BPFUNIT_API int bpfunit_perf_counter_set(int fd, uint64_t value);

#endif
