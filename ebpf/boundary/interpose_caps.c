/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The interposed calls about capabilities and limits: in a program that `bpfunit exec` runs the
 * caller is root to the emulated kernel, and tools that look before they ask should not give up;
 * nor those that first lift the limit of locked memory, which maps do not count against. Elsewhere,
 * and for other processes, the host answers. See ebpf/boundary/interpose.c.
 */
#include "ebpf/boundary/interpose.h"

#include "ebpf/syscall.h"

#include <linux/capability.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef __has_feature /* clang has it */
#define __has_feature(feature) 0
#endif

const char bu_interpose_caps;

int capget(struct __user_cap_header_struct *header, struct __user_cap_data_struct *data);
int capset(struct __user_cap_header_struct *header, const struct __user_cap_data_struct *data);

static bool is_ours(const struct __user_cap_header_struct *header)
{
	return header && (!header->pid || header->pid == getpid()) && getenv("BPFUNIT_EXEC_NOTES");
}

BU_INTERPOSED int capget(struct __user_cap_header_struct *header,
			 struct __user_cap_data_struct *data)
{
	long err = bu_host_syscall(SYS_capget, (long)header, (long)data, 0, 0, 0, 0);
	int words = err || !data || !is_ours(header)                 ? 0
		    : header->version == _LINUX_CAPABILITY_VERSION_1 ? _LINUX_CAPABILITY_U32S_1
								     : _LINUX_CAPABILITY_U32S_3;

	for (int i = 0; i < words; i++) {
		data[i].effective = data[i].permitted =
			i ? (1U << (CAP_LAST_CAP % 32 + 1)) - 1 : UINT32_MAX;
	}
	return bu_with_errno(err);
}

/* Giving up capabilities that the host did not grant succeeds. */
BU_INTERPOSED int capset(struct __user_cap_header_struct *header,
			 const struct __user_cap_data_struct *data)
{
	long err = bu_host_syscall(SYS_capset, (long)header, (long)data, 0, 0, 0, 0);

	return bu_with_errno(err == -EPERM && is_ours(header) ? 0 : err);
}

/* A sanitizer's runtime calls it before code that the sanitizer watches can run. */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) &&                             \
	!__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)
BU_INTERPOSED int setrlimit(__rlimit_resource_t resource, const struct rlimit *limit)
{
	long err = bu_host_syscall(SYS_prlimit64, 0, resource, (long)limit, 0, 0, 0);

	if (err == -EPERM && resource == RLIMIT_MEMLOCK && getenv("BPFUNIT_EXEC_NOTES"))
		err = 0;
	return bu_with_errno(err);
}

BU_INTERPOSED int setrlimit64(__rlimit_resource_t resource, const struct rlimit64 *limit)
{
	return setrlimit(resource, (const struct rlimit *)limit);
}
#endif
