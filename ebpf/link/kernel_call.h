/* SPDX-License-Identifier: BSD-2-Clause */
/* Functions that BPF_PROG_TEST_RUN of tracing programs calls, and what is attached there runs. */
#ifndef BU_KERNEL_CALL_H
#define BU_KERNEL_CALL_H

#include "ebpf/base.h"

struct bu_kernel;

#define BU_KERNEL_CALL_ARGS 8

struct bu_kernel_call { /* of a function of the kernel's */
	const char *name;
	u32 (*body)(const u64 *args, u32 nr);
	u32 nr;
	u64 args[BU_KERNEL_CALL_ARGS];
};
/* Call it through its trampoline and probes: *result is what its caller sees. 0; -ENOMEM; -EFAULT:
 * a program faulted. Source: arch_prepare_bpf_trampoline(), arch/x86/net/bpf_jit_comp.c (6.12). */
int bu_kernel_call(struct bu_kernel *kernel, const struct bu_kernel_call *call, u32 *result);

/* The functions that runs of fentry and fexit programs call, and those that runs of fmod_ret
 * programs do with *retval. 0; -EFAULT: one returned another value than it does by itself, or a
 * program faulted; -ENOMEM. Source: bpf_prog_test_run_tracing(), net/bpf/test_run.c (6.18). */
int bu_kernel_call_fentry_tests(struct bu_kernel *kernel);
int bu_kernel_call_modify_tests(struct bu_kernel *kernel, u32 *retval);

/* Call `visit` for the name of each of these functions. */
void bu_kernel_call_names(void (*visit)(const char *name, void *arg), void *arg);

#endif
