/* SPDX-License-Identifier: BSD-2-Clause */
/* Keeping a test's process from this machine's bpf(2). */
#ifndef RUNNER_GUARD_H
#define RUNNER_GUARD_H

/* From now on bpf(2) and perf_event_open(2) of the host end this process, and those that it
 * starts, by SIGSYS. Without effect where the system has no such filters, with a backend that is the
 * host's kernel, and with BPFUNIT_HOST_BPF in the environment, by which a test says that it means
 * the host's kernel. */
void bu_guard_host(void);

#endif
