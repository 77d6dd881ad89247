// SPDX-License-Identifier: BSD-2-Clause
/*
 * Sections that a program opens and closes: RCU, preemption, interrupts. They only count here, for
 * nothing runs beside the program; closing what is not open is a fault, as the verifier refuses it.
 * Source: process_kf_arg_ptr and check_kfunc_call() in kernel/bpf/verifier.c (6.12).
 */
#include "ebpf/kernel.h"

static u64 leave(struct bu_run *run, u32 *depth, const char *what)
{
	if (*depth)
		--*depth;
	else
		bu_fault_raise(run, BU_FAULT_DOUBLE_RELEASE, "%s", what);
	return 0;
}

BU_HELPER_0(rcu_read_lock)
{
	run->rcu_locks++;
	return 0;
}

BU_HELPER_0(rcu_read_unlock)
{
	return leave(run, &run->rcu_locks, "bpf_rcu_read_unlock() without bpf_rcu_read_lock()");
}

BU_HELPER_0(preempt_disable)
{
	run->preempt_locks++;
	return 0;
}

BU_HELPER_0(preempt_enable)
{
	return leave(run, &run->preempt_locks,
		     "bpf_preempt_enable() without bpf_preempt_disable()");
}

/* The flags are the program's; interrupts were on (IF, bit 9 on x86-64). */
BU_HELPER_1(local_irq_save, u64 *, flags)
{
	*flags = 0x200;
	bu_run_acquire(run, flags);
	return 0;
}

BU_HELPER_1(local_irq_restore, u64 *, flags)
{
	if (!bu_arena_readable(&run->kernel->arena, flags, sizeof(*flags))) {
		bu_fault_access(run, (u64)flags, sizeof(*flags), false);
		return 0;
	}
	bu_run_release(run, flags);
	bu_arena_set_access(&run->kernel->arena, flags, sizeof(*flags), BU_WRITE);
	return 0;
}
