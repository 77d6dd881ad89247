/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What programs see of the world. A test begins with pid = tgid = 1000, ppid 1, uid = gid = 1000,
 * comm "bpfunit", CPU 0, cgroup id 1, a clock that stands at 1 s, and a fixed seed of random
 * numbers. Setters return 0, or -EINVAL (and errno) for a value that cannot be.
 */
#ifndef BPFUNIT_ENV_H
#define BPFUNIT_ENV_H

#include <bpfunit/base.h>

/* The thread's id and the process's id, as user space calls them: bpf_get_current_pid_tgid() is
 * (uint64_t)pid << 32 | tid. bpfunit_set_pid sets both. */
BPFUNIT_API int bpfunit_set_pid(uint32_t pid);
BPFUNIT_API int bpfunit_set_tgid(uint32_t tgid);
BPFUNIT_API int bpfunit_set_tid(uint32_t tid);
BPFUNIT_API int bpfunit_set_ppid(uint32_t ppid);
BPFUNIT_API int bpfunit_set_uid(uint32_t uid);
BPFUNIT_API int bpfunit_set_gid(uint32_t gid);
/* At most 15 characters; longer ones are cut as the kernel does. */
BPFUNIT_API int bpfunit_set_comm(const char *comm);
BPFUNIT_API int bpfunit_set_cgroup_id(uint64_t id);
/* What uname(2) and LINUX_KERNEL_VERSION (externs in __kconfig) say of objects opened from now on; by default
 * 6.18.0. Behaviour does not depend on it. Each number is at most 255, the first not 0. */
BPFUNIT_API int bpfunit_set_kernel_version(unsigned int major, unsigned int minor, unsigned int patch);
/* The CPU that runs start on: below bpfunit_nr_cpus(). */
BPFUNIT_API int bpfunit_set_cpu(uint32_t cpu);
BPFUNIT_API uint32_t bpfunit_nr_cpus(void);
/* The seed of bpf_get_prandom_u32(). */
BPFUNIT_API void bpfunit_set_random_seed(uint64_t seed);

/* CLOCK_MONOTONIC in ns: bpf_ktime_get_ns() and coarse_ns; boot time is this plus an offset (0).
 * The clock moves only when a test moves it. Moving it fires the timers (struct bpf_timer) that expire
 * by the new time, also when that is the present one: in order of expiry, equal ones in the order of
 * their starts, each with the clock at its expiry. A fault in a callback fails the test as any
 * other; expect one with EXPECT_FAULT(kind, bpfunit_clock_advance_ns(ns)). */
BPFUNIT_API void bpfunit_clock_set_ns(uint64_t ns);
BPFUNIT_API void bpfunit_clock_advance_ns(uint64_t ns);
BPFUNIT_API uint64_t bpfunit_clock_ns(void);
BPFUNIT_API void bpfunit_clock_set_boot_offset_ns(uint64_t ns);

/* What bpf_trace_printk() and bpf_printk() wrote in this test, one line a call; "" when nothing. */
BPFUNIT_API const char *bpfunit_trace(void);
BPFUNIT_API void bpfunit_trace_clear(void);

#endif
