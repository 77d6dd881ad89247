/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether libbpf's system calls arrive in interpose.c. Lost interposition (a static archive in the
 * wrong order, --as-needed, RTLD_DEEPBIND) would otherwise go unnoticed and reach the host, perhaps
 * as root.
 */
#include "ebpf/syscall.h"

#include <bpf/bpf.h>

/* Freezing a descriptor that cannot exist is harmless in any kernel, and only ours answers so. */
int bu_canary(void)
{
	int err = bpf_map_freeze(BU_CANARY_FD);

	return err == -BU_CANARY_ERRNO || (err < 0 && errno == BU_CANARY_ERRNO) ? 0 : -EXDEV;
}
