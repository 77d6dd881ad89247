/* SPDX-License-Identifier: BSD-2-Clause */
/* Words of the cases about programs. */
#ifndef BU_TESTS_EBPF_PROG_CALL_H
#define BU_TESTS_EBPF_PROG_CALL_H

#include "call.h"

#define FILTER BPF_PROG_TYPE_SOCKET_FILTER

#define MOV(dst, value)                                                                            \
	{                                                                                          \
		.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = dst, .imm = value                  \
	}
#define EXIT                                                                                       \
	{                                                                                          \
		.code = BPF_JMP | BPF_EXIT                                                         \
	}
#define LDDW(src, dst, low, high)                                                                  \
	{ .code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = dst, .src_reg = src, .imm = low },         \
	{                                                                                          \
		.imm = high                                                                        \
	}

static const struct bpf_insn two[] = { MOV(0, 0), EXIT };

/* Further fields may override these. */
#ifdef __clang__
#pragma clang diagnostic ignored "-Winitializer-overrides"
#else
#pragma GCC diagnostic ignored "-Woverride-init"
#endif
#define LOAD(insns_, ...)                                                                          \
	CALL(BPF_PROG_LOAD, .prog_type = FILTER, .insns = (u64)(insns_), .license = (u64) "GPL",   \
	     .insn_cnt = BU_ARRAY_SIZE(insns_), __VA_ARGS__)

static inline long describe(bpf_call bpf, int prog, struct bpf_prog_info *info)
{
	return CALL(BPF_OBJ_GET_INFO_BY_FD,
		    .info = { .bpf_fd = prog, .info_len = sizeof(*info), .info = (u64)info });
}

#endif
