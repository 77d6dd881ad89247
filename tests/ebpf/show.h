/* SPDX-License-Identifier: BSD-2-Clause */
/* Types with members of each kind, for the program and the test. */
#ifndef BU_TESTS_EBPF_SHOW_H
#define BU_TESTS_EBPF_SHOW_H

enum color { RED, GREEN = 5 };

enum sign { MINUS = -1, ZERO };

typedef struct {
	int a;
	unsigned char b;
} pair_t;

typedef unsigned int number_t;

struct inner {
	int x;
	long y;
};

struct key {
	int a;
	short b;
	short pad;
};

struct value {
	int num;
	unsigned long long big;
	char name[8];
	char bytes[3];
	_Bool flag;
	enum color color;
	enum sign sign;
	enum color unknown;
	struct inner in;
	struct inner structs[2];
	int grid[2][2];
	pair_t pair;
	number_t number;
	union {
		int i;
		char c[4];
	} either;
	struct {
		int first, second;
	};
	unsigned int f1 : 3;
	int f2 : 5;
	unsigned long long f3 : 40;
	void *pointer;
	const volatile int qualified;
	__int128 wide;
	float real;
	int *pointers[2];
	pair_t pairs[2];
};

enum tiny { NO, YES } __attribute__((packed));

struct ends_with_tiny { /* an enum, of which the kernel looks at four bytes */
	unsigned int num;
	enum tiny tiny;
} __attribute__((packed));

struct new_utsname { /* as Linux has it */
	char sysname[65], nodename[65], release[65], version[65], machine[65], domainname[65];
};

#endif
