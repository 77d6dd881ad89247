/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What of the emulated kernel must be done before its process ends. Nothing happens in a process
 * that has none, so that the library can be loaded into any program.
 */
#include "ebpf/boundary/preload.h"
#include "ebpf/boundary/redirect.h"
#include "ebpf/kernel.h"

__attribute__((destructor)) static void leave(void)
{
	struct bu_kernel *kernel = bu_kernel_if_any();

	if (!kernel)
		return;
	bu_preload_end(kernel);
	bu_trees_leave(kernel);
}
