// SPDX-License-Identifier: BSD-2-Clause
/*
 * Locks, timers and work in the values of maps: where they may lie, how many, in which maps.
 * Source: as Linux 6.18 does; btf_parse_fields(), kernel/bpf/btf.c, map_check_btf(),
 * kernel/bpf/syscall.c (6.12).
 */
#include <linux/btf.h>

#include "prog_call.h"

#define SPECIAL_STRINGS "\0int\0u64\0bpf_spin_lock\0bpf_timer\0bpf_wq\0value\0x\0"
enum { N_INT = 1, N_U64 = 5, N_LOCK = 9, N_TIMER = 23, N_WQ = 33, N_VALUE = 40, N_X = 46 };
/* Ids of types. */
enum { INT = 1, U64, LOCK, OPAQUE, TIMER, WQ, LOCKS, VALUE };

#define TYPE(kind, vlen) ((u32)(kind) << 24 | (vlen))

struct field {
	u32 type, offset; /* of a member, in bytes */
};

struct value {
	u32 size, nr;
	struct field fields[4];
};

static u32 add(u32 *words, u32 at, const u32 *more, u32 nr)
{
	memcpy(words + at, more, nr * sizeof(*more));
	return at + nr;
}

#define ADD(...)                                                                                   \
	at = add(words, at, (const u32[]){ __VA_ARGS__ }, sizeof((const u32[]){ __VA_ARGS__ }) / 4)

static u32 put_types(u32 *words, const struct value *value)
{
	u32 at = 0;

	ADD(N_INT, TYPE(BTF_KIND_INT, 0), 4, 32);
	ADD(N_U64, TYPE(BTF_KIND_INT, 0), 8, 64);
	ADD(N_LOCK, TYPE(BTF_KIND_STRUCT, 1), 4, N_X, INT, 0);
	ADD(0, TYPE(BTF_KIND_ARRAY, 0), 0, U64, INT, 2);
	ADD(N_TIMER, TYPE(BTF_KIND_STRUCT, 1), 16, N_X, OPAQUE, 0);
	ADD(N_WQ, TYPE(BTF_KIND_STRUCT, 1), 16, N_X, OPAQUE, 0);
	ADD(0, TYPE(BTF_KIND_ARRAY, 0), 0, LOCK, INT, 2);
	ADD(N_VALUE, TYPE(BTF_KIND_STRUCT, value->nr), value->size);
	for (u32 i = 0; i < value->nr; i++)
		ADD(N_X, value->fields[i].type, value->fields[i].offset * 8);
	return at * sizeof(*words);
}

/* A map of such values: a descriptor, or -errno, of BTF_LOAD already where a lock cannot be used.
 */
static long make_fd(bpf_call bpf, u32 type, u32 flags, struct value value)
{
	struct {
		struct btf_header header;
		u8 data[512];
	} blob = { 0 };
	u32 words[100], size = put_types(words, &value);
	long btf, map;

	blob.header = (struct btf_header){ .magic = BTF_MAGIC,
					   .version = 1,
					   .hdr_len = sizeof(blob.header),
					   .type_len = size,
					   .str_off = size,
					   .str_len = sizeof(SPECIAL_STRINGS) - 1 };
	memcpy(blob.data, words, size);
	memcpy(blob.data + size, SPECIAL_STRINGS, sizeof(SPECIAL_STRINGS) - 1);
	btf = CALL(BPF_BTF_LOAD, .btf = (u64)&blob,
		   .btf_size = sizeof(blob.header) + size + sizeof(SPECIAL_STRINGS) - 1);
	if (btf < 0)
		return btf;
	map = CALL(BPF_MAP_CREATE, .map_type = type, .key_size = 4, .value_size = value.size,
		   .max_entries = 4, .map_flags = flags, .btf_fd = btf, .btf_key_type_id = INT,
		   .btf_value_type_id = VALUE);
	close(btf);
	return map;
}

static long make(bpf_call bpf, u32 type, u32 flags, struct value value)
{
	long map = make_fd(bpf, type, flags, value);

	if (map >= 0)
		close(map);
	return BU_MIN(map, 0L);
}

/* A program that names a hash of such values. Its refusal is explained as the kernel does. */
static long use(bpf_call bpf, u32 prog_type, const char *why, struct value value)
{
	static char text[4096];
	long map = make_fd(bpf, BPF_MAP_TYPE_HASH, 0, value), result;
	const struct bpf_insn insns[] = { LDDW(BPF_PSEUDO_MAP_FD, 1, map, 0), MOV(0, 0), EXIT };

	text[0] = '\0';
	result = ok(LOAD(insns, .prog_type = prog_type, .log_buf = (u64)text,
			 .log_size = sizeof(text), .log_level = 1));
	close(map);
	return !why || !strncmp(text, why, strlen(why)) ? result : -ENOMSG;
}

/* clang-format off: a row a line */
#define CASE(name, expected, type, flags, ...)                                                     \
	CASES(special_fields, name, expected)                                                      \
	{                                                                                          \
		return make(bpf, BPF_MAP_TYPE_##type, flags, (struct value){ __VA_ARGS__ });       \
	}

CASE(none, 0, HASH, 0, 8, 1, { { U64, 0 } })
CASE(lock, 0, HASH, 0, 8, 2, { { INT, 0 }, { LOCK, 4 } })
CASE(lock_misaligned, -EFAULT, HASH, 0, 8, 1, { { LOCK, 2 } })
CASE(two_locks, -E2BIG, HASH, 0, 8, 2, { { LOCK, 0 }, { LOCK, 4 } })
CASE(array_of_locks, 0, HASH, 0, 8, 1, { { LOCKS, 0 } })
CASE(lock_in_an_array, 0, ARRAY, 0, 8, 1, { { LOCK, 0 } })
CASE(lock_of_each_cpu, -EOPNOTSUPP, PERCPU_ARRAY, 0, 8, 1, { { LOCK, 0 } })
CASE(lock_of_lru, -EOPNOTSUPP, LRU_HASH, 0, 8, 1, { { LOCK, 0 } })
CASE(lock_read_only, -EACCES, ARRAY, BPF_F_RDONLY_PROG, 8, 1, { { LOCK, 0 } })
CASE(lock_mappable, 0, ARRAY, BPF_F_MMAPABLE, 8, 1, { { LOCK, 0 } })
CASE(timer, 0, HASH, 0, 24, 1, { { TIMER, 8 } })
CASE(timer_misaligned, 0, HASH, 0, 24, 1, { { TIMER, 4 } })
CASE(two_timers, 0, HASH, 0, 32, 2, { { TIMER, 0 }, { TIMER, 16 } })
CASE(timer_of_lru, 0, LRU_HASH, 0, 16, 1, { { TIMER, 0 } })
CASE(timer_of_each_cpu, -EOPNOTSUPP, PERCPU_HASH, 0, 16, 1, { { TIMER, 0 } })
CASE(timer_mappable, 0, ARRAY, BPF_F_MMAPABLE, 16, 1, { { TIMER, 0 } })
CASE(timer_read_only, -EACCES, ARRAY, BPF_F_RDONLY_PROG, 16, 1, { { TIMER, 0 } })
CASE(wq, 0, HASH, 0, 16, 1, { { WQ, 0 } })
CASE(wq_misaligned, 0, HASH, 0, 24, 1, { { WQ, 4 } })
CASE(two_wqs, 0, HASH, 0, 32, 2, { { WQ, 0 }, { WQ, 16 } })
CASE(wq_of_each_cpu, -EOPNOTSUPP, PERCPU_HASH, 0, 16, 1, { { WQ, 0 } })
CASE(timer_lock_and_wq, 0, HASH, 0, 40, 3, { { TIMER, 0 }, { WQ, 16 }, { LOCK, 32 } })
CASE(overlapping, 0, HASH, 0, 32, 2, { { TIMER, 0 }, { WQ, 8 } })

#define USE(name, expected, type, why, ...)                                                        \
	CASES(special_fields, name, expected)                                                      \
	{                                                                                          \
		return use(bpf, BPF_PROG_TYPE_##type, why, (struct value){ __VA_ARGS__ });         \
	}

USE(lock_in_xdp, 0, XDP, NULL, 8, 1, { { LOCK, 0 } })
USE(lock_in_a_filter, -EINVAL, SOCKET_FILTER, "socket filter progs cannot use bpf_spin_lock yet\n",
    8, 1, { { LOCK, 0 } })
USE(lock_in_a_kprobe, -EINVAL, KPROBE, "tracing progs cannot use bpf_spin_lock yet\n", 8, 1,
    { { LOCK, 0 } })
USE(timer_in_a_filter, 0, SOCKET_FILTER, NULL, 16, 1, { { TIMER, 0 } })
USE(timer_in_a_tracepoint, -EINVAL, TRACEPOINT, "tracing progs cannot use bpf_timer yet\n", 16, 1,
    { { TIMER, 0 } })
USE(wq_in_a_filter, 0, SOCKET_FILTER, NULL, 16, 1, { { WQ, 0 } })
USE(wq_in_a_perf_event, -EINVAL, PERF_EVENT, "tracing progs cannot use bpf_wq yet\n", 16, 1,
    { { WQ, 0 } })
USE(nothing_special_in_a_kprobe, 0, KPROBE, NULL, 8, 1, { { U64, 0 } })
/* clang-format on */
