// SPDX-License-Identifier: BSD-2-Clause
/*
 * Spin locks: runs do not overlap, so a lock that is held when it is taken would spin for ever.
 * Source: bpf_spin_lock(), kernel/bpf/helpers.c (6.12).
 */
#include "ebpf/kernel.h"

BU_HELPER_1(spin_lock, u32 *, lock)
{
	if (*lock)
		bu_fault_raise(run, BU_FAULT_BAD_ARGUMENT, "deadlock: the spin lock is held");
	*lock = 1;
	return 0;
}

BU_HELPER_1(spin_unlock, u32 *, lock)
{
	if (!*lock)
		bu_fault_raise(run, BU_FAULT_BAD_ARGUMENT, "the spin lock is not held");
	*lock = 0;
	return 0;
}
