// SPDX-License-Identifier: BSD-2-Clause
/* The benchmark's programs for BPF. */
#define PROGRAM(name)                                                                              \
	__attribute__((section("raw_tp"), used)) unsigned long long name(unsigned char *data)

#include "vm_programs.h"

char gpl[] __attribute__((section("license"), used)) = "GPL";
