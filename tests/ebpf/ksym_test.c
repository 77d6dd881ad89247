// SPDX-License-Identifier: BSD-2-Clause
/* Typed ksyms. Source: check_pseudo_btf_id(), kernel/bpf/verifier.c (6.12). */
#include <bpf/bpf.h>
#include <bpfunit/bpfunit.h>
#include <string.h>

#include "../framework/inner.h"
#include "ksym.skel.h"

struct counters {
	uint64_t in, out;
};

static struct ksym_bpf *skel;

BPF_TEST(ksym, begins_as_zeroes_and_is_the_tests_to_set)
{
	struct counters *counters;

	skel = BPFUNIT_LOAD(ksym_bpf);
	EXPECT_EQ(BPFUNIT_RUN_ARGS(skel->progs.read_both, 0), 0);
	counters = BPFUNIT_KSYM("ksym_counters", 0);
	counters->out = 4;
	*(int *)BPFUNIT_KSYM("ksym_number", 0) = 2;
	EXPECT_EQ(BPFUNIT_RUN_ARGS(skel->progs.read_both, 0), 402);
}

BPF_TEST(ksym, copies_for_each_cpu, .cpus = 4)
{
	skel = BPFUNIT_LOAD(ksym_bpf);
	for (unsigned int cpu = 0; cpu < 4; cpu++)
		((struct counters *)BPFUNIT_KSYM("ksym_counters", cpu))->in = 10 + cpu;
	for (unsigned int cpu = 0; cpu < 4; cpu++) {
		bpfunit_set_cpu(cpu);
		EXPECT_EQ(BPFUNIT_RUN_ARGS(skel->progs.this_cpu, 0), 10 + (int)cpu);
	}
}

BPF_TEST(ksym, weak_ones_that_the_kernel_has)
{
	skel = BPFUNIT_LOAD(ksym_bpf);
	*(int *)BPFUNIT_KSYM("ksym_weak", 0) = 6;
	EXPECT_EQ(BPFUNIT_RUN_ARGS(skel->progs.weak, 0), 7);
}

BPF_TEST(ksym, faults)
{
	skel = BPFUNIT_LOAD(ksym_bpf);
	EXPECT_FAULT(BPFUNIT_FAULT_READ_ONLY, BPFUNIT_RUN_ARGS(skel->progs.write_variable, 0));
	EXPECT_FAULT(BPFUNIT_FAULT_OUT_OF_BOUNDS, BPFUNIT_RUN_ARGS(skel->progs.read_beyond, 0));
	EXPECT_FAULT(BPFUNIT_FAULT_BAD_ARGUMENT, BPFUNIT_RUN_ARGS(skel->progs.not_one, 0));
}

FAILS(ksym, unknown_names, "no loaded program names a variable 'ksym_nothing' of the kernel")
{
	BPFUNIT_LOAD(ksym_bpf);
	BPFUNIT_KSYM("ksym_nothing", 0);
}

FAILS(ksym, unknown_cpus, "variable 'ksym_number' has no copy for CPU 99: there are 4 CPUs")
{
	BPFUNIT_LOAD(ksym_bpf);
	BPFUNIT_KSYM("ksym_number", 99);
}

static int load(int id, int module)
{
	struct bpf_insn insns[] = {
		{ .code = BPF_LD | BPF_IMM | BPF_DW,
		  .dst_reg = BPF_REG_0,
		  .src_reg = BPF_PSEUDO_BTF_ID,
		  .imm = id },
		{ .imm = module },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return bpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, "ksym", "GPL", insns, 4, NULL);
}

BPF_TEST(ksym, load_errnos)
{
	skel = BPFUNIT_LOAD(ksym_bpf);
	EXPECT_ERR(load(0, 0), EINVAL);       /* void */
	EXPECT_ERR(load(1, 0), EINVAL);       /* int: neither variable nor function */
	EXPECT_ERR(load(1 << 20, 0), EINVAL); /* no type */
	EXPECT_ERR(load(1, 3), EINVAL);       /* of a module */
}
