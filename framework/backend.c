// SPDX-License-Identifier: BSD-2-Clause
/* The public functions about the choice of the backend (ebpf/boundary/backend.h). */
#include "ebpf/boundary/backend.h"

#include <bpfunit/runner.h>

int bpfunit_set_backend(const char *name)
{
	int error = name ? bu_backend_choose(name) : -EINVAL;

	if (error)
		errno = -error;
	return error;
}

const char *bpfunit_backend(void)
{
	return bu_backend_name();
}

const char *bpfunit_backend_enter(void)
{
	return bu_backend_enter();
}
