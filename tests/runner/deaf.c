/* SPDX-License-Identifier: BSD-2-Clause */
/* A test binary whose own syscall() stands before bpfunit's. It reaches no kernel either. */
#include <bpfunit/bpfunit.h>

__attribute__((visibility("default"))) long syscall(long number, ...)
{
	errno = ENOSYS;
	return -1;
}

BPF_TEST(deaf, never_runs)
{
	FAIL("a test ran although interposition is lost");
}
