// SPDX-License-Identifier: BSD-2-Clause
/*
 * Which attributes BPF_MAP_CREATE accepts for each type: tables of errnos, and seeded random
 * attributes against a record of what Linux 6.18 answered (see differ_test.c for BPFUNIT_HOST_BPF).
 */
#include <bpfunit/bpfunit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "differ.h"

#define ENOTSUPP  524
#define ANSWERS   1500
#define MAX_BYTES (4u << 20) /* of a map that is really made */

struct attributes {
	uint32_t type, key_size, value_size, max_entries, flags;
	int error; /* expected */
};

static long create(bpf_call bpf, const struct attributes *a)
{
	union bpf_attr attr;
	long fd;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = a->type;
	attr.key_size = a->key_size;
	attr.value_size = a->value_size;
	attr.max_entries = a->max_entries;
	attr.map_flags = a->flags;
	fd = bpf(BPF_MAP_CREATE, &attr);
	host_close(fd);
	return fd < 0 ? fd : 0;
}

static void expect_all(const struct attributes *table, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct attributes *a = &table[i];
		long error = create(emulated_bpf, a);

		if (error != a->error)
			EXPECT_FAIL("type %u, key %u, value %u, entries %u, flags %#x: %ld, "
				    "expected %d",
				    a->type, a->key_size, a->value_size, a->max_entries, a->flags,
				    error, a->error);
	}
}
#define EXPECT_ALL(...)                                                                            \
	expect_all((const struct attributes[]){ __VA_ARGS__ },                                     \
		   sizeof((const struct attributes[]){ __VA_ARGS__ }) / sizeof(struct attributes))

#define HASH         BPF_MAP_TYPE_HASH
#define LRU          BPF_MAP_TYPE_LRU_HASH
#define PERCPU       BPF_MAP_TYPE_PERCPU_HASH
#define ARRAY        BPF_MAP_TYPE_ARRAY
#define PERCPU_ARRAY BPF_MAP_TYPE_PERCPU_ARRAY
#define PROGS        BPF_MAP_TYPE_PROG_ARRAY
#define EVENTS       BPF_MAP_TYPE_PERF_EVENT_ARRAY
#define RING         BPF_MAP_TYPE_RINGBUF

BPF_TEST(map_create, hash_flags)
{
	EXPECT_ALL({ HASH, 4, 8, 1, 0, 0 }, { HASH, 4, 8, 1, BPF_F_NO_PREALLOC, 0 },
		   { HASH, 4, 8, 1, BPF_F_NUMA_NODE, 0 }, { HASH, 4, 8, 1, BPF_F_RDONLY, 0 },
		   { HASH, 4, 8, 1, BPF_F_WRONLY, 0 }, { HASH, 4, 8, 1, BPF_F_RDONLY_PROG, 0 },
		   { HASH, 4, 8, 1, BPF_F_WRONLY_PROG, 0 }, { HASH, 4, 8, 1, BPF_F_ZERO_SEED, 0 },
		   { HASH, 4, 8, 1, BPF_F_NO_COMMON_LRU, -EINVAL },
		   { HASH, 4, 8, 1, BPF_F_MMAPABLE, -EINVAL },
		   { HASH, 4, 8, 1, BPF_F_STACK_BUILD_ID, -EINVAL },
		   { HASH, 4, 8, 1, BPF_F_CLONE, -EINVAL },
		   { HASH, 4, 8, 1, BPF_F_PRESERVE_ELEMS, -EINVAL },
		   { HASH, 4, 8, 1, BPF_F_INNER_MAP, -EINVAL },
		   { HASH, 4, 8, 1, BPF_F_RDONLY | BPF_F_WRONLY, -EINVAL },
		   { HASH, 4, 8, 1, BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG, -EINVAL },
		   { PERCPU, 4, 8, 1, BPF_F_NUMA_NODE, -EINVAL });
}

BPF_TEST(map_create, hash_sizes)
{
	EXPECT_ALL({ HASH, 0, 8, 1, 0, -EINVAL }, { HASH, 4, 0, 1, 0, -EINVAL },
		   { HASH, 4, 8, 0, 0, -EINVAL }, { HASH, 512, 8, 1, 0, 0 },
		   { HASH, 4, (4 << 20) - 48 - 4, 1, 0, -E2BIG },
		   { HASH, 4, (4 << 20) - 48 - 5, 1, 0, 0 },
		   { HASH, UINT32_MAX, UINT32_MAX, 1, 0, -E2BIG }, { PERCPU, 4, 32768, 1, 0, 0 },
		   { PERCPU, 4, 32769, 1, 0, -E2BIG },
		   { HASH, 4, 8, UINT32_MAX, BPF_F_NO_PREALLOC, -E2BIG });
}

BPF_TEST(map_create, lru_flags)
{
	EXPECT_ALL({ LRU, 4, 8, 1, 0, 0 }, { LRU, 4, 8, 1, BPF_F_NO_COMMON_LRU, 0 },
		   { LRU, 4, 8, 1, BPF_F_NO_PREALLOC, -ENOTSUPP },
		   { LRU, 4, 8, 1, BPF_F_NUMA_NODE, 0 },
		   { LRU, 4, 8, 1, BPF_F_NUMA_NODE | BPF_F_NO_COMMON_LRU, -EINVAL },
		   { BPF_MAP_TYPE_LRU_PERCPU_HASH, 4, 8, 1, 0, 0 },
		   { BPF_MAP_TYPE_LRU_PERCPU_HASH, 4, 8, 1, BPF_F_NO_COMMON_LRU, 0 },
		   { BPF_MAP_TYPE_LRU_PERCPU_HASH, 4, 8, 1, BPF_F_NUMA_NODE, -EINVAL });
}

BPF_TEST(map_create, array)
{
	EXPECT_ALL({ ARRAY, 4, 8, 1, 0, 0 }, { ARRAY, 8, 8, 1, 0, -EINVAL },
		   { ARRAY, 4, 0, 1, 0, -EINVAL }, { ARRAY, 4, 8, 0, 0, -EINVAL },
		   { ARRAY, 4, 8, 1, BPF_F_NO_PREALLOC, -EINVAL },
		   { ARRAY, 4, 8, 1, BPF_F_MMAPABLE, 0 }, { ARRAY, 4, 8, 1, BPF_F_INNER_MAP, 0 },
		   { ARRAY, 4, 8, 1, BPF_F_PRESERVE_ELEMS, -EINVAL },
		   { ARRAY, 4, 8, 1, BPF_F_RDONLY_PROG, 0 },
		   { ARRAY, 4, 8, 1, BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG, -EINVAL },
		   { ARRAY, 4, 8, 1, BPF_F_NUMA_NODE, 0 },
		   { ARRAY, 4, 8, 1, BPF_F_ZERO_SEED, -EINVAL },
		   { ARRAY, 4, 1u << 31, 1, 0, -E2BIG }, { PERCPU_ARRAY, 4, 8, 1, 0, 0 },
		   { PERCPU_ARRAY, 4, 8, 1, BPF_F_MMAPABLE, -EINVAL },
		   { PERCPU_ARRAY, 4, 8, 1, BPF_F_NUMA_NODE, -EINVAL },
		   { PERCPU_ARRAY, 4, 32769, 1, 0, -E2BIG },
		   { PERCPU_ARRAY, 4, 8, 1, BPF_F_INNER_MAP, -EINVAL });
}

BPF_TEST(map_create, descriptor_arrays)
{
	EXPECT_ALL({ PROGS, 4, 4, 3, 0, 0 }, { PROGS, 4, 8, 3, 0, -EINVAL },
		   { PROGS, 8, 4, 3, 0, -EINVAL }, { PROGS, 4, 4, 0, 0, -EINVAL },
		   { PROGS, 4, 4, 3, BPF_F_RDONLY_PROG, -EINVAL },
		   { PROGS, 4, 4, 3, BPF_F_RDONLY, 0 },
		   { PROGS, 4, 4, 3, BPF_F_PRESERVE_ELEMS, -EINVAL }, { EVENTS, 4, 4, 3, 0, 0 },
		   { EVENTS, 4, 8, 3, 0, -EINVAL }, { EVENTS, 4, 4, 3, BPF_F_PRESERVE_ELEMS, 0 },
		   { EVENTS, 4, 4, 3, BPF_F_WRONLY_PROG, -EINVAL },
		   { EVENTS, 4, 4, 3, BPF_F_MMAPABLE, -EINVAL });
}

BPF_TEST(map_create, ring_buffer)
{
	EXPECT_ALL({ RING, 0, 0, 4096, 0, 0 }, { RING, 0, 0, 65536, BPF_F_NUMA_NODE, 0 },
		   { RING, 4, 0, 4096, 0, -EINVAL }, { RING, 0, 4, 4096, 0, -EINVAL },
		   { RING, 0, 0, 0, 0, -EINVAL }, { RING, 0, 0, 2048, 0, -EINVAL },
		   { RING, 0, 0, 3 * 4096, 0, -EINVAL }, { RING, 0, 0, 4097, 0, -EINVAL },
		   { RING, 0, 0, 4096, BPF_F_NO_PREALLOC, -EINVAL },
		   { RING, 0, 0, 4096, BPF_F_MMAPABLE, -EINVAL },
		   { RING, 0, 0, 4096, BPF_F_RDONLY_PROG, -EINVAL });
}

BPF_TEST(map_create, unknown_type)
{
	EXPECT_ALL({ 0, 4, 4, 1, 0, -EINVAL }, { 200, 4, 4, 1, 0, -EINVAL },
		   { UINT32_MAX, 4, 4, 1, 0, -EINVAL });
}

BPF_TEST(map_create, map_extra_must_be_zero)
{
	union bpf_attr attr = {
		.map_type = HASH, .key_size = 4, .value_size = 4, .max_entries = 1, .map_extra = 1
	};

	EXPECT_EQ(emulated_bpf(BPF_MAP_CREATE, &attr), -EINVAL);
}

BPF_TEST(map_create, numa_node_must_exist)
{
	union bpf_attr attr = {
		.map_type = HASH,
		.key_size = 4,
		.value_size = 4,
		.max_entries = 1,
		.map_flags = BPF_F_NUMA_NODE,
		.numa_node = 4000,
	};

	EXPECT_EQ(emulated_bpf(BPF_MAP_CREATE, &attr), -EINVAL);
}

static uint32_t pick(uint64_t *random, const uint32_t *from, uint32_t count)
{
	*random = *random * 6364136223846793005u + 1442695040888963407u;
	return from[(*random >> 33) % count];
}
#define PICK(random, ...)                                                                          \
	pick(random, (const uint32_t[]){ __VA_ARGS__ },                                            \
	     sizeof((const uint32_t[]){ __VA_ARGS__ }) / 4)

/* Accepted, but too large for a test. */
static bool too_large(const struct attributes *a)
{
	return a->key_size <= 600 && a->value_size <= 5u << 20 &&
	       (uint64_t)(a->key_size + a->value_size) * a->max_entries > MAX_BYTES;
}

static void draw(uint64_t *random, struct attributes *a)
{
	do {
		a->type = PICK(random, HASH, LRU, PERCPU, BPF_MAP_TYPE_LRU_PERCPU_HASH, ARRAY,
			       PERCPU_ARRAY, PROGS, EVENTS, RING);
		a->key_size = PICK(random, 0, 1, 4, 4, 4, 4, 8, 600, 5u << 20);
		a->value_size = PICK(random, 0, 1, 4, 4, 8, 100, 32768, 32769, 5u << 20, 1u << 31);
		a->max_entries = PICK(random, 0, 1, 2, 3, 100, 4096, 8192, 12288);
		if (a->type == RING && PICK(random, 0, 1))
			a->key_size = a->value_size = 0;
		a->flags = 0;
		for (uint32_t bits = PICK(random, 0, 0, 1, 1, 2); bits > 0; bits--)
			a->flags |= PICK(random, BPF_F_NO_PREALLOC, BPF_F_NO_COMMON_LRU,
					 BPF_F_NUMA_NODE, BPF_F_RDONLY, BPF_F_WRONLY,
					 BPF_F_STACK_BUILD_ID, BPF_F_ZERO_SEED, BPF_F_RDONLY_PROG,
					 BPF_F_WRONLY_PROG, BPF_F_CLONE, BPF_F_MMAPABLE,
					 BPF_F_PRESERVE_ELEMS, BPF_F_INNER_MAP);
	} while (too_large(a));
}

/* Linux 6.18's answers to the random attributes. */
#define RECORDED_DIGEST 0xac67cc9367af0133u

static uint64_t play(bpf_call bpf, long *answers)
{
	uint64_t random = 2, digest = 0xcbf29ce484222325u;
	struct attributes a;

	for (int i = 0; i < ANSWERS; i++) {
		draw(&random, &a);
		answers[i] = create(bpf, &a);
		digest = differ_digest(digest, &answers[i], sizeof(answers[i]));
	}
	return digest;
}

BPF_TEST(map_create, random_attributes, .cpus = DIFFER_CPUS)
{
	static long answers[ANSWERS];

	EXPECT_EQ(play(emulated_bpf, answers), RECORDED_DIGEST);
}

BPF_TEST(map_create_host, random_attributes, .cpus = DIFFER_CPUS)
{
	static long ours[ANSWERS], theirs[ANSWERS];
	const char *reason = host_unavailable();
	struct attributes a;
	uint64_t random = 2;

	if (reason)
		BPFUNIT_SKIP("%s", reason);
	play(emulated_bpf, ours);
	EXPECT_EQ(play(host_bpf, theirs), RECORDED_DIGEST);
	for (int i = 0; i < ANSWERS; i++) {
		draw(&random, &a);
		if (ours[i] != theirs[i])
			EXPECT_FAIL("type %u, key %u, value %u, entries %u, flags %#x: %ld, the "
				    "host says %ld",
				    a.type, a.key_size, a.value_size, a.max_entries, a.flags,
				    ours[i], theirs[i]);
	}
}
