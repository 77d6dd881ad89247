/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs of programs that are attached somewhere, and have no libbpf handle that the test named. */
#ifndef BU_FRAMEWORK_RUN_H
#define BU_FRAMEWORK_RUN_H

#include <bpfunit/run.h>

struct bu_prog;

/* Run an XDP or tc program on a packet, as BPFUNIT_RUN_XDP and BPFUNIT_RUN_SKB do: its return
 * value, or BPFUNIT_FAULTED after failing the test. */
int64_t bu_run_attached(struct bu_prog *prog, struct bpfunit_packet *packet);

#endif
