// SPDX-License-Identifier: BSD-2-Clause
/*
 * Spin locks: runs do not overlap, so a lock that is held when it is taken would spin for ever.
 * Source: bpf_spin_lock(), kernel/bpf/helpers.c (6.12).
 */
#include "ebpf/kernel.h"

BU_HELPER_1(spin_lock, u32 *, lock)
{
	if (*lock)
		bu_fault_raise(run, BU_FAULT_DEADLOCK, "the spin lock is held already");
	else
		bu_run_acquire(run, lock);
	*lock = 1;
	return 0;
}

BU_HELPER_1(spin_unlock, u32 *, lock)
{
	if (!*lock)
		bu_fault_raise(run, BU_FAULT_DOUBLE_RELEASE, "the spin lock is not held");
	else
		bu_run_release(run, lock);
	*lock = 0;
	return 0;
}
