/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Variables of the kernel that programs name: extern const int bpf_prog_active __ksym. Each has the
 * size that the object's declaration gives it, begins as zeroes, and has a copy for each CPU (for
 * bpf_per_cpu_ptr(); the first one is what a plain access sees). The memory is the kernel's.
 */
#ifndef BPFUNIT_KSYM_H
#define BPFUNIT_KSYM_H

#include <bpfunit/base.h>

/* The variable's copy of a CPU, to be read and written by the test:
 *
 *	*(int *)BPFUNIT_KSYM("bpf_prog_active", 0) = 1;
 *
 * Never NULL: ends the test when no loaded program names it, or there is no such CPU. */
#define BPFUNIT_KSYM(name, cpu) bpfunit_ksym(BPFUNIT_HERE, name, cpu)
BPFUNIT_API void *bpfunit_ksym(struct bpfunit_where where, const char *name, unsigned int cpu);

#endif
