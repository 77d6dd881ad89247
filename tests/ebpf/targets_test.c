// SPDX-License-Identifier: BSD-2-Clause
/* What libbpf looks up in the kernel's BTF that is made of the objects: all attach targets,
 * symbols, functions, structs of functions, and types of an object are found there. */
#include <bpf/btf.h>
#include <bpfunit/bpfunit.h>

#include "targets.skel.h"

BPF_TEST(targets, questions)
{
	struct targets_bpf *skel = BPFUNIT_LOAD(targets_bpf);

	EXPECT_RUN(skel->progs.ask, NULL, 0);
	if (skel->rodata->has_enum64)
		EXPECT_EQ(skel->bss->high, 0x8000000000000000ULL);
	EXPECT_EQ(skel->bss->later, 0);
	EXPECT_EQ(skel->bss->type_gone, 1);
	EXPECT_EQ(skel->bss->has_rq, 1);
	EXPECT_GT(skel->bss->local_id, 0);
	EXPECT_GT(skel->bss->hz, 0);
	EXPECT_EQ(skel->bss->not_there, 0);
}

BPF_TEST(targets, type_ids_are_the_kernels)
{
	struct targets_bpf *skel = BPFUNIT_LOAD(targets_bpf);
	struct btf *btf = btf__load_vmlinux_btf();

	EXPECT_RUN(skel->progs.ask, NULL, 0);
	EXPECT_EQ(skel->bss->kernel_id, btf__find_by_name_kind(btf, "rq", BTF_KIND_STRUCT));
	EXPECT_EQ(skel->bss->int_id, btf__find_by_name_kind(btf, "int", BTF_KIND_INT));
	btf__free(btf);
}

BPF_TEST(targets, symbols)
{
	struct targets_bpf *skel = BPFUNIT_LOAD(targets_bpf);

	EXPECT_RUN(skel->progs.symbols, NULL, 0);
	EXPECT_EQ(skel->bss->weak_value, 1);
	EXPECT_EQ(skel->bss->running, 0);
	*(int *)BPFUNIT_KSYM("nr_cpu_ids_typed", 0) = 4;
	*(int *)BPFUNIT_KSYM("weak_typed", 0) = 6;
	*(unsigned int *)BPFUNIT_KSYM("runqueues", 0) = 10;
	*(unsigned int *)BPFUNIT_KSYM("runqueues", 1) = 100;
	*(unsigned int *)BPFUNIT_KSYM("runqueues", 2) = 1000;
	EXPECT_RUN(skel->progs.symbols, NULL, 0);
	EXPECT_EQ(skel->bss->weak_value, 7);
	EXPECT_EQ(skel->bss->running, 114);
	bpfunit_set_cpu(2);
	EXPECT_RUN(skel->progs.symbols, NULL, 0);
	EXPECT_EQ(skel->bss->running, 1104);
}

/* bpf_per_cpu_ptr() of a CPU that does not exist is NULL. */
BPF_TEST(targets, symbols_on_one_cpu, .cpus = 1)
{
	struct targets_bpf *skel = BPFUNIT_LOAD(targets_bpf);

	*(unsigned int *)BPFUNIT_KSYM("runqueues", 0) = 3;
	EXPECT_RUN(skel->progs.symbols, NULL, 0);
	EXPECT_EQ(skel->bss->running, 3);
}

/* Weak functions that the object declares exist: with a model, or a mock. */
BPF_TEST(targets, weak_functions)
{
	struct targets_bpf *skel = BPFUNIT_LOAD(targets_bpf);

	BPFUNIT_MOCK_KFUNC("no_such_kfunc", .returns = 5);
	EXPECT_EQ(BPFUNIT_RUN_ARGS(skel->progs.kfuncs, 0), 5);
	EXPECT_EQ(skel->bss->has_kfunc, 1);
}

BPF_TEST(targets, struct_ops_register)
{
	struct targets_bpf *skel = BPFUNIT_LOAD(targets_bpf);
	struct bpf_link *link = bpf_map__attach_struct_ops(skel->maps.congestion);

	ASSERT_NOT_NULL(link);
	bpf_link__destroy(link);
}

BPF_TEST(targets, all_of_them_attach)
{
	struct targets_bpf *skel = BPFUNIT_LOAD(targets_bpf);
	struct bpf_program *const progs[] = {
		skel->progs.on_entry,  skel->progs.on_entry_sleepable,
		skel->progs.on_exit,   skel->progs.change,
		skel->progs.on_open,   skel->progs.on_exec,
		skel->progs.on_switch,
	};

	for (int i = 0; i < 7; i++) {
		struct bpf_link *link = bpf_program__attach(progs[i]);

		if (!link)
			EXPECT_FAIL("%s: %d", bpf_program__name(progs[i]), errno);
		bpf_link__destroy(link);
	}
}
