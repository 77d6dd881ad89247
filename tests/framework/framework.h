/* SPDX-License-Identifier: BSD-2-Clause */
/* What framework.bpf.c and its tests share. */
#ifndef FRAMEWORK_H
#define FRAMEWORK_H

struct flow {
	__u32 source, destination;
	__u16 port;
	__u8 proto;
};

struct counters {
	__u64 packets;
	__s32 drift;
	char name[8];
};

struct event {
	__u32 pid;
	__u64 stamp_ns;
	char comm[8];
};

#endif
