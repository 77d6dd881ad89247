/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A seccomp filter behind the interposed symbols. They see what goes through libc's names; a system
 * call instruction in the test, a library in a namespace of its own (dlmopen), or a program that
 * the test executes does not, and would change this machine's kernel when run as root.
 */
#include "runner/guard.h"
#include <bpfunit/runner.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

/* The processes that the filter is right for; elsewhere there is none. */
#if defined(__x86_64__)
#define NATIVE_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCH AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define NATIVE_ARCH AUDIT_ARCH_RISCV64
#endif

#ifdef NATIVE_ARCH
#define FIELD(name) offsetof(struct seccomp_data, name)

static void install(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, FIELD(arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE_ARCH, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, FIELD(nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_bpf, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_perf_event_open, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
	};
	struct sock_fprog filter = { sizeof(code) / sizeof(code[0]), code };

	if (!prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) || errno != EACCES)
		return;
	/* Without privilege only processes that can get none may have a filter. */
	if (!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
}
#else
static void install(void)
{
}
#endif

void bu_guard_host(void)
{
	const char *host = getenv("BPFUNIT_HOST_BPF");

	if ((!host || !*host) && !strcmp(bpfunit_backend(), "vm"))
		install();
}
