// SPDX-License-Identifier: BSD-2-Clause
/*
 * Each map type against a real kernel: 2,000 seeded random operations a map, step by step: errno,
 * value, and the whole content now and then. What Linux 6.18 answered is recorded in
 * kernel_outcomes.h, as a digest for every 100 steps. With BPFUNIT_HOST_BPF=1 (as root) the
 * machine's kernel is asked too, and the first steps that differ are named;
 * BPFUNIT_HOST_RECORD=FILE then writes new records.
 */
#include <bpfunit/bpfunit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "differ.h"

#define STEPS             2000
#define STEPS_A_DIGEST    100
#define DIGESTS           (STEPS / STEPS_A_DIGEST)
#define DIFFERENCES_SHOWN 5

static const struct record {
	const char *name;
	uint64_t digests[DIGESTS];
} records[] = {
#include "kernel_outcomes.h"
};

static const struct differ_map maps[] = {
	{ "hash", BPF_MAP_TYPE_HASH, 4, 8, 16, 0, 24 },
	{ "hash_no_prealloc", BPF_MAP_TYPE_HASH, 4, 8, 16, BPF_F_NO_PREALLOC, 24 },
	{ "hash_one_byte_key", BPF_MAP_TYPE_HASH, 1, 5, 100, 0, 200 },
	{ "hash_long_key", BPF_MAP_TYPE_HASH, 13, 64, 200, BPF_F_NO_PREALLOC, 150 },
	{ "percpu_hash", BPF_MAP_TYPE_PERCPU_HASH, 4, 8, 16, 0, 24 },
	{ "percpu_hash_no_prealloc", BPF_MAP_TYPE_PERCPU_HASH, 8, 12, 16, BPF_F_NO_PREALLOC, 24 },
	{ "lru_hash", BPF_MAP_TYPE_LRU_HASH, 4, 8, 64, 0, 150 },
	{ "lru_hash_small", BPF_MAP_TYPE_LRU_HASH, 4, 8, 5, 0, 12 },
	{ "lru_hash_large", BPF_MAP_TYPE_LRU_HASH, 4, 8, 700, 0, 5000 },
	{ "lru_hash_no_common", BPF_MAP_TYPE_LRU_HASH, 4, 8, 61, BPF_F_NO_COMMON_LRU, 120 },
	{ "lru_hash_tiny", BPF_MAP_TYPE_LRU_HASH, 4, 8, 2, 0, 5 },
	{ "lru_hash_tiny_no_common", BPF_MAP_TYPE_LRU_HASH, 4, 8, 6, BPF_F_NO_COMMON_LRU, 9 },
	{ "lru_percpu_hash_tiny", BPF_MAP_TYPE_LRU_PERCPU_HASH, 4, 8, 1, 0, 3 },
	{ "lru_percpu_hash", BPF_MAP_TYPE_LRU_PERCPU_HASH, 4, 8, 64, 0, 150 },
	{ "lru_percpu_hash_no_common", BPF_MAP_TYPE_LRU_PERCPU_HASH, 4, 20, 16, BPF_F_NO_COMMON_LRU,
	  24 },
	{ "array", BPF_MAP_TYPE_ARRAY, 4, 12, 16, 0, 20 },
	{ "array_mmapable", BPF_MAP_TYPE_ARRAY, 4, 8, 16, BPF_F_MMAPABLE, 20 },
	{ "percpu_array", BPF_MAP_TYPE_PERCPU_ARRAY, 4, 12, 16, 0, 20 },
};

static const struct differ_map *map_named(const char *name)
{
	for (size_t i = 0; i < sizeof(maps) / sizeof(*maps); i++)
		if (!strcmp(maps[i].name, name))
			return &maps[i];
	FAIL("no map is called '%s'", name);
	return NULL;
}

static uint64_t seed_of(const char *name)
{
	return differ_digest(0xcbf29ce484222325u, name, strlen(name));
}

static uint64_t add_outcome(uint64_t digest, const struct differ_outcome *outcome)
{
	digest = differ_digest(digest, &outcome->result, sizeof(outcome->result));
	return differ_digest(digest, &outcome->data, sizeof(outcome->data));
}

/* Run all steps on one kernel. */
static void play(const struct differ_map *map, bpf_call bpf, struct differ_outcome *outcomes)
{
	uint64_t random = seed_of(map->name);
	uint32_t cpu = 0;
	struct differ_side side;
	struct differ_step step;

	ASSERT_EQ(differ_open(&side, map, bpf), 0);
	for (int i = 0; i < STEPS; i++) {
		differ_draw(map, &random, &cpu, &step);
		outcomes[i] = differ_do(&side, &step);
	}
	differ_close(&side);
}

static void digest(const struct differ_outcome *outcomes, uint64_t *digests)
{
	for (int i = 0; i < DIGESTS; i++) {
		digests[i] = 0xcbf29ce484222325u;
		for (int j = 0; j < STEPS_A_DIGEST; j++)
			digests[i] = add_outcome(digests[i], &outcomes[i * STEPS_A_DIGEST + j]);
	}
}

static void compare_with_record(const struct differ_map *map, const struct differ_outcome *outcomes)
{
	const struct record *record = NULL;
	uint64_t digests[DIGESTS];

	digest(outcomes, digests);
	for (size_t i = 0; i < sizeof(records) / sizeof(*records); i++)
		if (!strcmp(records[i].name, map->name))
			record = &records[i];
	ASSERT_NOT_NULL(record);
	for (int i = 0; i < DIGESTS; i++)
		if (digests[i] != record->digests[i])
			FAIL("outcomes of steps %d to %d are not those of Linux 6.18; "
			     "BPFUNIT_HOST_BPF=1 shows the difference on this machine's kernel",
			     i * STEPS_A_DIGEST, (i + 1) * STEPS_A_DIGEST - 1);
}

/* Name the first steps whose outcomes differ. */
static void compare(const struct differ_map *map, const struct differ_outcome *ours,
		    const struct differ_outcome *theirs)
{
	uint64_t random = seed_of(map->name);
	uint32_t cpu = 0;
	struct differ_step step;
	int shown = 0;

	for (int i = 0; i < STEPS && shown < DIFFERENCES_SHOWN; i++) {
		differ_draw(map, &random, &cpu, &step);
		if (ours[i].result == theirs[i].result && ours[i].data == theirs[i].data)
			continue;
		shown++;
		EXPECT_FAIL(
			"%s, step %d: %s of key %u with flags %#llx: %ld (%016llx), the host says "
			"%ld (%016llx)",
			map->name, i, differ_op_name(step.op), step.key[0] | step.key[1] << 8,
			(unsigned long long)step.flags, ours[i].result,
			(unsigned long long)ours[i].data, theirs[i].result,
			(unsigned long long)theirs[i].data);
	}
}

static void write_record(const struct differ_map *map, const struct differ_outcome *outcomes)
{
	FILE *file = fopen(getenv("BPFUNIT_HOST_RECORD"), "a");
	uint64_t digests[DIGESTS];

	ASSERT_NOT_NULL(file);
	digest(outcomes, digests);
	fprintf(file, "{ \"%s\",\n  {", map->name);
	for (int i = 0; i < DIGESTS; i++)
		fprintf(file, "%s%#018llx,", i % 4 ? " " : "\n    ",
			(unsigned long long)digests[i]);
	fprintf(file, " } },\n");
	fclose(file);
}

static void recorded(const char *name)
{
	static struct differ_outcome outcomes[STEPS];
	const struct differ_map *map = map_named(name);

	play(map, emulated_bpf, outcomes);
	compare_with_record(map, outcomes);
}

static void with_host(const struct differ_map *map)
{
	static struct differ_outcome ours[STEPS], theirs[STEPS];

	play(map, host_bpf, theirs);
	if (getenv("BPFUNIT_HOST_RECORD"))
		write_record(map, theirs);
	play(map, emulated_bpf, ours);
	compare(map, ours, theirs);
}

BPF_TEST(map_outcomes_host, all_maps, .cpus = DIFFER_CPUS)
{
	const char *reason = host_unavailable();

	if (reason)
		BPFUNIT_SKIP("%s", reason);
	for (size_t i = 0; i < sizeof(maps) / sizeof(*maps); i++)
		with_host(&maps[i]);
}

#define DIFFER_TEST(map)                                                                           \
	BPF_TEST(map_outcomes, map, .cpus = DIFFER_CPUS)                                           \
	{                                                                                          \
		recorded(#map);                                                                    \
	}

DIFFER_TEST(hash)
DIFFER_TEST(hash_no_prealloc)
DIFFER_TEST(hash_one_byte_key)
DIFFER_TEST(hash_long_key)
DIFFER_TEST(percpu_hash)
DIFFER_TEST(percpu_hash_no_prealloc)
DIFFER_TEST(lru_hash)
DIFFER_TEST(lru_hash_small)
DIFFER_TEST(lru_hash_large)
DIFFER_TEST(lru_hash_no_common)
DIFFER_TEST(lru_hash_tiny)
DIFFER_TEST(lru_hash_tiny_no_common)
DIFFER_TEST(lru_percpu_hash_tiny)
DIFFER_TEST(lru_percpu_hash)
DIFFER_TEST(lru_percpu_hash_no_common)
DIFFER_TEST(array)
DIFFER_TEST(array_mmapable)
DIFFER_TEST(percpu_array)
