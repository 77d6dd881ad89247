/* SPDX-License-Identifier: BSD-2-Clause */
/* The types of typed.bpf.c, for programs and for tests. */
#ifndef TESTS_FRAMEWORK_TYPED_H
#define TESTS_FRAMEWORK_TYPED_H

#include <linux/types.h>
#ifdef __bpf__
#include <linux/in.h>
#include <linux/in6.h>
#else
#include <netinet/in.h>
#endif

enum color {
	RED = 1,
	GREEN,
	DARK = -5,
};

struct bucket {
	__u64 tokens;
	__u64 stamp_ns;
};

struct point {
	__s16 x, y;
};

struct every {
	__s8 tiny;
	_Bool flag;
	__be16 port;
	__be32 addr;
	enum color color;
	char name[16];
	__u8 mac[6];
	__u8 bytes[3];
	__u32 low : 3;
	__s32 mid : 7;
	__u32 high : 22;
	struct point points[2];
	union {
		__u32 word;
		__u8 octets[4];
	};
	struct {
		__u32 nested_a;
		struct point nested_b;
	} nested;
	void *pointer;
	__u64 large;
	__s64 negative;
	struct in6_addr addr6;
	struct in_addr addr4;
	char letter;
};

struct flow_key {
	__be32 saddr, daddr;
	__be16 sport, dport;
	__u8 proto;
};

struct mac_key {
	__u8 mac[6];
};

struct wrapper {
	__u32 id;
};

#endif
