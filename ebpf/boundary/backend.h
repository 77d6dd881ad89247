/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which kernel answers: the emulated one, the host's, or the emulated one compared with the host's.
 * Chosen once in a process, before libbpf's first call: libbpf keeps what it has found out about
 * the kernel.
 */
#ifndef BU_BACKEND_H
#define BU_BACKEND_H

#include "ebpf/base.h"

enum bu_backend {
	BU_BACKEND_VM,
	BU_BACKEND_KERNEL,
	BU_BACKEND_DIFF,
};

/* BPFUNIT_BACKEND of the environment when the process began, until bu_backend_choose(). */
extern enum bu_backend bu_backend;

/* Whether interposed calls go to the host as they are. */
static inline bool bu_on_host(void)
{
	return bu_unlikely(bu_backend == BU_BACKEND_KERNEL);
}

/* "vm", "kernel" or "diff": 0, or -EINVAL. */
int bu_backend_choose(const char *name);
const char *bu_backend_name(void);

/* Make this process fit for the host's kernel: bpf(2) works, and network devices and /sys/fs/bpf
 * are its own (the calling thread's and those of the threads that it makes). NULL, or why it cannot
 * be; the first answer is kept. Nothing to do for the VM. */
const char *bu_backend_enter(void);

#endif
