/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BU_TESTS_BACKEND_H
#define BU_TESTS_BACKEND_H

#include <linux/types.h>

struct seen {
	__u64 packets;
	__u32 bytes, spare;
};

struct world {
	__u64 now_ns, pid_tgid, uid_gid, cpu, argument;
	char comm[16];
};

#endif
