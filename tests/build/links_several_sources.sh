#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Two sources with options become one object and one skeleton.
. "$(dirname "$0")/lib.sh"

write include/shared.h <<<'int twice(int value);'
write vmlinux-small.h <<<'struct task_struct { int pid; };'
write main.bpf.c <<'END'
#include "vmlinux.h"
#include "shared.h"
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
SEC("xdp") int entry(struct xdp_md *ctx) { return twice(ANSWER); }
char LICENSE[] SEC("license") = "GPL";
END
write twice.bpf.c <<'END'
#include "shared.h"
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
__attribute__((noinline)) int twice(int value) { return 2 * value; }
END
write object_test.c <<'END'
#include <bpfunit/bpfunit.h>
#include "both.skel.h"
BPF_TEST(both, twice_the_answer)
{
	struct both_bpf *skel = BPFUNIT_LOAD(both_bpf);
	EXPECT_RUN_XDP(skel->progs.entry, bpfunit_packet_ipv4_udp("10.0.0.1", "10.0.0.2", 1, 2, NULL), 42);
	ASSERT_NOT_NULL(BPFUNIT_LOAD_FILE(BPFUNIT_OBJECT_both));
}
END
project <<'END'
bpfunit_bpf_object(both main.bpf.c twice.bpf.c INCLUDES include DEFINES ANSWER=21
  OPTIONS -Wno-unused-parameter VMLINUX_H vmlinux-small.h)
bpfunit_add_test(object_test SOURCES object_test.c OBJECTS both)
END
configure
build
run_ctest --output-on-failure
