/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's own kernel as an oracle for the instruction set: raw system calls that no
 * interposition sees. Only the differential test uses it, and only where bpf(2) is permitted.
 */
#ifndef BU_TEST_KERNEL_ORACLE_H
#define BU_TEST_KERNEL_ORACLE_H

#include "ebpf/base.h"

/* Whether the host's kernel may be asked (BPFUNIT_HOST_BPF=1), permits it, and is new enough. */
bool oracle_permitted(void);
/* Load as a socket filter into the host's kernel: a descriptor, or -errno. */
int oracle_load(const struct bpf_insn *insns, u32 count);
/* As oracle_load, with the verifier's log of a level (1, 2). */
int oracle_load_logged(const struct bpf_insn *insns, u32 count, u32 level, char *log, u32 log_size);
/* The same for XDP programs; and run one on a packet, which is written back. */
int oracle_load_xdp(const struct bpf_insn *insns, u32 count);
int oracle_run_packet(int prog_fd, void *packet, u32 size, u32 *result);
/* Run once on 64 zero bytes: r0's lower half in *result; 0, or -errno. */
int oracle_run(int prog_fd, u32 *result);
void oracle_close(int prog_fd);

#endif
