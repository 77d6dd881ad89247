// SPDX-License-Identifier: BSD-2-Clause
/* Copies of per-CPU variables of the kernel. Source: kernel/bpf/helpers.c (6.12). */
#include "ebpf/btf/ksyms.h"
#include "ebpf/kernel.h"

static bool is_variable(struct bu_run *run, const void *address)
{
	if (bu_ksym_of_cpu(run->kernel, address, 0))
		return true;
	bu_fault_raise(run, BU_FAULT_BAD_ARGUMENT,
		       "not the address of a variable of the kernel (extern ... __ksym)");
	return false;
}

BU_HELPER_2(per_cpu_ptr, const void *, address, u32, cpu)
{
	if (!is_variable(run, address))
		return 0;
	return (u64)bu_ksym_of_cpu(run->kernel, address, cpu);
}

BU_HELPER_1(this_cpu_ptr, const void *, address)
{
	if (!is_variable(run, address))
		return 0;
	return (u64)bu_ksym_of_cpu(run->kernel, address, run->cpu);
}
