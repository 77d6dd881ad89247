// SPDX-License-Identifier: BSD-2-Clause
/* Per-CPU hash and array maps: user space sees every CPU's value, programs their own CPU's. */
#include <bpf/bpf.h>
#include <bpfunit/bpfunit.h>
#include <bpfunit/runner.h>
#include <string.h>

#include "map_programs.skel.h"

#define CPUS 4 /* a test's, unless it says otherwise */

/* How many of the values there are: fewer on a machine that has fewer. */
static uint32_t cpus(void)
{
	if (bpfunit_nr_cpus() > CPUS)
		BPFUNIT_SKIP("this machine has more than %d CPUs", CPUS);
	return bpfunit_nr_cpus();
}

static int create(enum bpf_map_type type, uint32_t value_size)
{
	int fd = bpf_map_create(type, "percpu", 4, value_size, 4, NULL);

	ASSERT_OK(fd);
	return fd;
}

BPF_TEST(percpu, libbpf_knows_the_cpus)
{
	EXPECT_EQ(libbpf_num_possible_cpus(), bpfunit_nr_cpus());
	if (!strcmp(bpfunit_backend(), "vm"))
		EXPECT_EQ(bpfunit_nr_cpus(), CPUS);
}

BPF_TEST(percpu, another_number_of_cpus, .cpus = 7)
{
	int fd = create(BPF_MAP_TYPE_PERCPU_HASH, 4);
	uint64_t values[7] = { 1, 2, 3, 4, 5, 6, 7 }, read[8] = { [7] = 99 };
	uint32_t key = 1;

	EXPECT_OK(bpf_map_update_elem(fd, &key, values, BPF_ANY));
	EXPECT_OK(bpf_map_lookup_elem(fd, &key, read));
	EXPECT_MEMEQ(read, values, sizeof(values));
	EXPECT_EQ(read[7], 99u);
}

BPF_TEST(percpu, values_are_rounded_to_eight_bytes)
{
	int fds[2] = { create(BPF_MAP_TYPE_PERCPU_HASH, 12),
		       create(BPF_MAP_TYPE_PERCPU_ARRAY, 12) };
	uint32_t key = 1;

	for (int i = 0; i < 2; i++) {
		uint8_t values[CPUS][16] = { { 1 }, { 2 }, { 3 }, { 4 } }, read[CPUS][16];

		EXPECT_OK(bpf_map_update_elem(fds[i], &key, values, BPF_ANY));
		EXPECT_OK(bpf_map_lookup_elem(fds[i], &key, read));
		EXPECT_MEMEQ(read, values, cpus() * sizeof(values[0]));
	}
}

BPF_TEST(percpu, hash_errnos)
{
	int fd = create(BPF_MAP_TYPE_PERCPU_HASH, 8);
	uint64_t values[CPUS] = { 0 };
	uint32_t key = 1;

	EXPECT_ERR(bpf_map_lookup_elem(fd, &key, values), ENOENT);
	EXPECT_ERR(bpf_map_update_elem(fd, &key, values, BPF_EXIST), ENOENT);
	EXPECT_OK(bpf_map_update_elem(fd, &key, values, BPF_NOEXIST));
	EXPECT_ERR(bpf_map_update_elem(fd, &key, values, BPF_NOEXIST), EEXIST);
	EXPECT_ERR(bpf_map_update_elem(fd, &key, values, BPF_F_LOCK), EINVAL);
	EXPECT_ERR(bpf_map_update_elem(fd, &key, values, 3), EINVAL);
	for (key = 2; key <= 4; key++)
		EXPECT_OK(bpf_map_update_elem(fd, &key, values, BPF_ANY));
	EXPECT_ERR(bpf_map_update_elem(fd, &key, values, BPF_ANY), E2BIG);
	key = 3;
	EXPECT_OK(bpf_map_delete_elem(fd, &key));
	EXPECT_ERR(bpf_map_delete_elem(fd, &key), ENOENT);
}

BPF_TEST(percpu, array_errnos)
{
	int fd = create(BPF_MAP_TYPE_PERCPU_ARRAY, 8);
	uint64_t values[CPUS] = { 0 };
	uint32_t key = 4;

	EXPECT_ERR(bpf_map_lookup_elem(fd, &key, values), ENOENT);
	EXPECT_ERR(bpf_map_update_elem(fd, &key, values, BPF_ANY), E2BIG);
	key = 1;
	EXPECT_ERR(bpf_map_update_elem(fd, &key, values, BPF_NOEXIST), EEXIST);
	EXPECT_ERR(bpf_map_update_elem(fd, &key, values, 3), EINVAL);
	EXPECT_ERR(bpf_map_update_elem(fd, &key, values, BPF_F_LOCK), EINVAL);
	EXPECT_ERR(bpf_map_delete_elem(fd, &key), EINVAL);
}

BPF_TEST(percpu, lookup_and_delete)
{
	int fd = create(BPF_MAP_TYPE_PERCPU_HASH, 8);
	uint64_t values[CPUS] = { 1, 2, 3, 4 }, read[CPUS] = { 0 };
	uint32_t key = 1;

	EXPECT_OK(bpf_map_update_elem(fd, &key, values, BPF_ANY));
	EXPECT_OK(bpf_map_lookup_and_delete_elem(fd, &key, read));
	EXPECT_MEMEQ(read, values, cpus() * sizeof(values[0]));
	EXPECT_ERR(bpf_map_lookup_elem(fd, &key, read), ENOENT);
}

BPF_TEST(percpu, programs_see_their_own_cpu)
{
	struct map_programs_bpf *skel = BPFUNIT_LOAD(map_programs_bpf);
	uint64_t args = 0, values[CPUS], expected[CPUS] = { 0, 2, 0, 1 };

	skel->bss->key = 3;
	bpfunit_set_cpu(1);
	EXPECT_RUN(skel->progs.increment_percpu, &args, 0);
	EXPECT_RUN(skel->progs.increment_percpu, &args, 0);
	bpfunit_set_cpu(3);
	EXPECT_RUN(skel->progs.increment_percpu, &args, 0);
	EXPECT_OK(
		bpf_map_lookup_elem(bpf_map__fd(skel->maps.percpu_hash), &skel->bss->key, values));
	EXPECT_MEMEQ(values, expected, cpus() * sizeof(values[0]));
	EXPECT_OK(
		bpf_map_lookup_elem(bpf_map__fd(skel->maps.percpu_array), &skel->bss->key, values));
	for (int cpu = 0; cpu < CPUS; cpu++)
		EXPECT_EQ(values[cpu], 10 * expected[cpu]);
}

/* A key that a program inserts again has zeroes on the other CPUs, whatever was there before. */
BPF_TEST(percpu, reinserted_key_starts_from_zero)
{
	struct map_programs_bpf *skel = BPFUNIT_LOAD(map_programs_bpf);
	int fd = bpf_map__fd(skel->maps.percpu_hash);
	uint64_t args = 0, values[CPUS] = { 9, 9, 9, 9 }, expected[CPUS] = { 1 };

	skel->bss->key = 3;
	EXPECT_OK(bpf_map_update_elem(fd, &skel->bss->key, values, BPF_ANY));
	EXPECT_OK(bpf_map_delete_elem(fd, &skel->bss->key));
	bpfunit_set_cpu(0);
	EXPECT_RUN(skel->progs.increment_percpu, &args, 0);
	EXPECT_OK(bpf_map_lookup_elem(fd, &skel->bss->key, values));
	EXPECT_MEMEQ(values, expected, cpus() * sizeof(values[0]));
}

BPF_TEST(percpu, for_each_visits_own_cpu)
{
	struct map_programs_bpf *skel = BPFUNIT_LOAD(map_programs_bpf);
	uint64_t args = 0, values[CPUS] = { 1, 20, 300, 4000 };

	for (uint32_t key = 0; key < 3; key++) {
		ASSERT_OK(bpf_map_update_elem(bpf_map__fd(skel->maps.percpu_hash), &key, values,
					      BPF_ANY));
		ASSERT_OK(bpf_map_update_elem(bpf_map__fd(skel->maps.percpu_array), &key, values,
					      BPF_ANY));
	}
	bpfunit_set_cpu(2);
	EXPECT_RUN(skel->progs.for_each_percpu, &args, 0);
	EXPECT_EQ(skel->bss->result, 3 + 5);
	EXPECT_EQ(skel->bss->seen_sum, 6 * 300u);
}

BPF_TEST(percpu, batches)
{
	int fd = create(BPF_MAP_TYPE_PERCPU_HASH, 8);
	uint64_t values[2 * CPUS] = { 1, 2, 3, 4, 5, 6, 7, 8 }, read[2 * CPUS] = { 0 };
	uint32_t keys[2] = { 1, 2 }, read_keys[2], count = 2, position;

	EXPECT_OK(bpf_map_update_batch(fd, keys, values, &count, NULL));
	EXPECT_ERR(bpf_map_lookup_batch(fd, NULL, &position, read_keys, read, &count, NULL),
		   ENOENT);
	EXPECT_EQ(count, 2u);
	/* Of either key the last CPU's, whichever comes first. */
	EXPECT_EQ(read[cpus() - 1] + read[2 * cpus() - 1], 3 * cpus());
}
