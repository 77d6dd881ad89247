// SPDX-License-Identifier: BSD-2-Clause
/*
 * Clocks: all follow the environment's monotonic clock, which moves only when a test moves it.
 * Differs: tests have no wall clock, so TAI is the monotonic clock there; coarse time has no ticks.
 */
#include "ebpf/kernel.h"

/* Source: CONFIG_HZ as Debian sets it; INITIAL_JIFFIES, include/linux/jiffies.h (6.12). */
#define HZ              250ULL
#define INITIAL_JIFFIES ((u64)(u32)(-300 * (s32)HZ))

BU_HELPER_0(ktime_get_ns)
{
	return run->kernel->env.clock_ns;
}

BU_HELPER_0(ktime_get_coarse_ns)
{
	return run->kernel->env.clock_ns;
}

BU_HELPER_0(ktime_get_boot_ns)
{
	return run->kernel->env.clock_ns + run->kernel->env.boot_offset_ns;
}

BU_HELPER_0(ktime_get_tai_ns)
{
	return run->kernel->env.clock_ns + run->kernel->env.tai_offset_ns;
}

BU_HELPER_0(jiffies64)
{
	return INITIAL_JIFFIES + run->kernel->env.clock_ns / (1000000000ULL / HZ);
}
