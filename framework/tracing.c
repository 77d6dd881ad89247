// SPDX-License-Identifier: BSD-2-Clause
/* Symbols and tracepoints that tests add to those that objects name, and what events have counted.
 */
#include <bpfunit/tracing.h>
#include <errno.h>

#include "ebpf/link/perf_event.h"
#include "ebpf/link/symbols.h"
#include "ebpf/link/tracing.h"
#include "framework/host.h"
#include "framework/state.h"

int bpfunit_symbol_add(const char *name)
{
	struct bu_kernel *kernel = bu_test_kernel();
	int err;

	bu_needs_vm("kernel functions that tests add");
	bu_kernel_lock(kernel);
	err = bu_symbol_add(kernel, name, 'T');
	bu_kernel_unlock(kernel);
	return bu_public_result(err);
}

int bpfunit_tracepoint_add(const char *category, const char *name)
{
	struct bu_kernel *kernel = bu_test_kernel();
	int err;

	bu_needs_vm("tracepoints that tests add");
	bu_kernel_lock(kernel);
	err = bu_tracepoint_add(kernel, category, name);
	bu_kernel_unlock(kernel);
	return bu_public_result(err);
}

uint64_t bpfunit_symbol(const char *name)
{
	struct bu_kernel *kernel = bu_test_kernel();
	const struct bu_symbol *symbol;
	uint64_t address;

	bu_needs_vm("symbols of its own");
	bu_kernel_lock(kernel);
	symbol = bu_symbol_find(kernel, name);
	address = symbol ? symbol->address : 0;
	bu_kernel_unlock(kernel);
	return address;
}

int bpfunit_perf_counter_set(int fd, uint64_t value)
{
	struct bu_kernel *kernel = bu_test_kernel();
	struct bu_object *event;

	bu_needs_vm("counters that tests set");
	bu_kernel_lock(kernel);
	event = bu_perf_event_of_fd(kernel, fd);
	if (event)
		bu_perf_count_set(event, value);
	bu_kernel_unlock(kernel);
	return bu_public_result(event ? 0 : -EBADF);
}
