/* SPDX-License-Identifier: BSD-2-Clause */
/* Words that every internal file uses: integer types, attributes, the bpf(2) ABI. */
#ifndef BU_BASE_H
#define BU_BASE_H

#include <errno.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;

#define BU_ARRAY_SIZE(a)                   (sizeof(a) / sizeof((a)[0]))
#define BU_ROUND_UP(x, to)                 (((x) + (to)-1) / (to) * (to))
#define BU_MIN(a, b)                       ((a) < (b) ? (a) : (b))
#define BU_MAX(a, b)                       ((a) > (b) ? (a) : (b))
#define bu_likely(x)                       __builtin_expect(!!(x), 1)
#define bu_unlikely(x)                     __builtin_expect(!!(x), 0)
#define bu_container_of(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))

/* Seen by users' programs; everything else is hidden. */
#define BU_EXPORT              __attribute__((visibility("default")))
#define BU_PRINTF(fmt_, args_) __attribute__((format(printf, fmt_, args_)))

/* Newer than the oldest uapi header that we build with (Linux 6.1).
 * Source: include/uapi/linux/bpf.h (6.12). */
enum {
	BU_F_TOKEN_CREATE = 36, /* BPF_TOKEN_CREATE */
	BU_MAP_TYPE_CGRP_STORAGE = 32,
	BU_MAP_TYPE_ARENA = 33,
	BU_MAP_TYPE_INSN_ARRAY = 34, /* 6.19 */
	BU_F_PATH_FD = 1U << 14,
	BU_F_SEGV_ON_FAULT = 1U << 17,
	BU_F_NO_USER_CONV = 1U << 18,
};

#define BU_INSN_MEMSX     0x80 /* sign-extending load mode */
#define BU_INSN_LOAD_ACQ  0x100
#define BU_INSN_STORE_REL 0x110
#define BU_INSN_JCOND     0xe0
#define BU_INSN_GOTOX     0x0d /* BPF_JMP | BPF_JA | BPF_X: 6.19 */
#define BU_INSN_CAST      1    /* offset of a 64-bit move between address spaces */
#define BU_CAST_KERN      1 /* its immediates: 1 (an arena's pointers as user space sees them) to 0 */
#define BU_CAST_USER      (1 << 16)
#define BU_MAX_FRAMES     8   /* Source: MAX_CALL_FRAMES */
#define BU_STACK_SIZE     512 /* Source: MAX_BPF_STACK */
/* Of a run: a tail call from a subprogram keeps the frames below it, and the program has its own.
 */
#define BU_MAX_DEPTH      (BU_MAX_FRAMES * (BU_MAX_TAIL_CALLS + 1))
#define BU_MAX_TAIL_CALLS 33  /* Source: MAX_TAIL_CALL_CNT */
#define BU_OBJ_NAME_LEN   16  /* Source: BPF_OBJ_NAME_LEN */
#define BU_ENOTSUPP       524 /* the kernel's own, not in libc's errno.h */

#endif
