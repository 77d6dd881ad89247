/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's own bpf(2), for tests that compare the emulated kernel with a real one. It is used
 * only when BPFUNIT_HOST_BPF is set in the environment: tests leave the machine's kernel alone
 * otherwise.
 */
#ifndef BU_TESTS_MAPS_HOST_H
#define BU_TESTS_MAPS_HOST_H

#include <linux/bpf.h>
#include <stdbool.h>

typedef long (*bpf_call)(int cmd, union bpf_attr *attr);

/* bpf(cmd, attr) against the emulated / the host's kernel: >= 0, or -errno. */
long emulated_bpf(int cmd, union bpf_attr *attr);
long host_bpf(int cmd, union bpf_attr *attr);
/* NULL: host_bpf may be used; else why not. */
const char *host_unavailable(void);
/* Make the next calls on a CPU of the kernel that `bpf` talks to. 0, or -1 and errno. */
int host_set_cpu(bpf_call bpf, unsigned int cpu);
void host_close(int fd);

#endif
