/* SPDX-License-Identifier: BSD-2-Clause */
/* The `main` of test binaries that bring none of their own: the library bpfunit_main. */
#include <bpfunit/runner.h>

int main(int argc, char **argv)
{
	return bpfunit_main(argc, argv);
}
