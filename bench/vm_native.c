// SPDX-License-Identifier: BSD-2-Clause
/* The benchmark's programs for the host, compiled with -O2. */
#include "vm_native.h"
#define PROGRAM(name) unsigned long long native_##name(unsigned char *data)

#include "vm_programs.h"
