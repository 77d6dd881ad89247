/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of bpf(2) as cases: a function that makes calls and returns one result, and the result that
 *Linux 6.12 - 6.18 gives. Each case is a test of the emulated kernel; with BPFUNIT_HOST_BPF set in
 *the environment (as root) the same case is put to the machine's kernel too.
 *
 *	CASE(map_freeze_twice, -EPERM)
 *	{
 *		int fd = make_map(bpf, BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0);
 *		...
 *		return bpf(BPF_MAP_FREEZE, &attr, sizeof(attr));
 *	}
 */
#ifndef BU_TESTS_EBPF_CALL_H
#define BU_TESTS_EBPF_CALL_H

#include "ebpf/syscall.h"

#include <bpfunit/bpfunit.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* bpf(cmd, attr, size): >= 0, or -errno. */
typedef long (*bpf_call)(int cmd, void *attr, unsigned int size);

static inline long emulated_bpf(int cmd, void *attr, unsigned int size)
{
	long result = syscall(__NR_bpf, cmd, attr, size);

	return result < 0 ? -errno : result;
}

static inline long host_bpf(int cmd, void *attr, unsigned int size)
{
	return bu_host_syscall(__NR_bpf, cmd, (long)attr, size, 0, 0, 0);
}

#define CASES(suite, name_, expected_)                                                             \
	static long name_##_case(bpf_call bpf);                                                    \
	BPF_TEST(suite, name_)                                                                     \
	{                                                                                          \
		EXPECT_EQ(name_##_case(emulated_bpf), (long)(expected_));                          \
		if (getenv("BPFUNIT_HOST_BPF"))                                                    \
			EXPECT_EQ(name_##_case(host_bpf), (long)(expected_));                      \
	}                                                                                          \
	static long name_##_case(bpf_call bpf)

#define CALL(cmd, ...)                                                                             \
	__extension__({                                                                            \
		union bpf_attr attr_;                                                              \
		memset(&attr_, 0, sizeof(attr_));                                                  \
		attr_ = (union bpf_attr){ __VA_ARGS__ };                                           \
		bpf(cmd, &attr_, sizeof(attr_));                                                   \
	})

static inline int make_map(bpf_call bpf, u32 type, u32 key, u32 value, u32 entries, u32 flags)
{
	union bpf_attr attr = {
		.map_type = type,
		.key_size = key,
		.value_size = value,
		.max_entries = entries,
		.map_flags = flags,
	};

	return bpf(BPF_MAP_CREATE, &attr, sizeof(attr));
}

static inline int make_array(bpf_call bpf)
{
	return make_map(bpf, BPF_MAP_TYPE_ARRAY, 4, 8, 4, 0);
}

static inline int make_hash(bpf_call bpf)
{
	return make_map(bpf, BPF_MAP_TYPE_HASH, 4, 8, 16, 0);
}

static inline long element(bpf_call bpf, int cmd, int map, const void *key, const void *value,
			   u64 flags)
{
	union bpf_attr attr = {
		.map_fd = map,
		.key = (u64)key,
		.value = (u64)value,
		.flags = flags,
	};

	return bpf(cmd, &attr, sizeof(attr));
}

/* r0 = value; exit: of any program type. */
static inline int make_prog(bpf_call bpf, u32 type, s32 value)
{
	struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = value },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr = {
		.prog_type = type,
		.insns = (u64)insns,
		.insn_cnt = 2,
		.license = (u64) "GPL",
	};

	return bpf(BPF_PROG_LOAD, &attr, sizeof(attr));
}

#define NO_FD 9999

/* 0 for any descriptor. */
static inline long ok(long result)
{
	return result < 0 ? result : 0;
}

#endif
