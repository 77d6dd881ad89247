// SPDX-License-Identifier: BSD-2-Clause
/* The interpreter for runs that are watched: the same cases, one instruction at a time. Runs that
 * no one watches do not pass here, so watching costs nothing while it is off. */
#define BU_VM_HOOKED
#define BU_VM_SWITCH
#include "ebpf/vm/vm.c"
