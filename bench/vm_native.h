/* SPDX-License-Identifier: BSD-2-Clause */
/* Entry points of vm_native.c. */
#ifndef BENCH_VM_NATIVE_H
#define BENCH_VM_NATIVE_H

#include "vm_rows.h"

#define ROW(name) unsigned long long native_##name(unsigned char *data);
BENCH_PROGRAMS(ROW)
#undef ROW

#endif
