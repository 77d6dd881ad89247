/* SPDX-License-Identifier: BSD-2-Clause */
/* The executable `bpfunit`. */
#include <bpfunit/runner.h>

int main(int argc, char **argv)
{
	return bpfunit_command(argc, argv);
}
