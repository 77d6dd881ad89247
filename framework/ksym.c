// SPDX-License-Identifier: BSD-2-Clause
/* The test's view of the kernel's variables. */
#include <bpfunit/ksym.h>

#include "ebpf/btf/ksyms.h"
#include "framework/state.h"

void *bpfunit_ksym(struct bpfunit_where where, const char *name, unsigned int cpu)
{
	struct bu_kernel *kernel = bu_test_kernel();
	struct bu_ksym *sym = bu_ksym_find(kernel, name);

	if (!sym)
		bu_test_die(where, "no loaded program names a variable '%s' of the kernel", name);
	if (cpu >= kernel->nr_cpus)
		bu_test_die(where, "variable '%s' has no copy for CPU %u: there are %u CPUs", name,
			    cpu, kernel->nr_cpus);
	return bu_ksym_of_cpu(kernel, sym->memory, cpu);
}
