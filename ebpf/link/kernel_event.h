/* SPDX-License-Identifier: BSD-2-Clause */
/* Tracepoints that the emulated kernel passes by itself. */
#ifndef BU_KERNEL_EVENT_H
#define BU_KERNEL_EVENT_H

#include "ebpf/base.h"

struct bu_kernel;

/* bpf_test_finish, at the end of BPF_PROG_TEST_RUN: the result, which its programs may change.
 * -EFAULT: one faulted. */
int bu_kernel_test_finish(struct bu_kernel *kernel, int err);
/* bpf_trace_printk: a line that a program printed. */
void bu_kernel_trace_printk(struct bu_kernel *kernel, const char *line);

#endif
