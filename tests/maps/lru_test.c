// SPDX-License-Identifier: BSD-2-Clause
/*
 * BPF_MAP_TYPE_LRU_HASH and LRU_PERCPU_HASH: insertion never fails for want of room, and what goes
 * is old. Which key goes, call by call, is compared with Linux in differ_test.c.
 */
#include <bpf/bpf.h>
#include <bpfunit/bpfunit.h>

#include "map_programs.skel.h"

static int create(enum bpf_map_type type, uint32_t max_entries, uint32_t flags)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = flags);
	int fd = bpf_map_create(type, "lru", 4, 8, max_entries, &opts);

	ASSERT_OK(fd);
	return fd;
}

static int put(int fd, uint32_t key, uint64_t flags)
{
	uint64_t values[16] = { key };

	return bpf_map_update_elem(fd, &key, values, flags);
}

static bool has(int fd, uint32_t key)
{
	uint64_t values[16];

	return !bpf_map_lookup_elem(fd, &key, values);
}

static uint32_t count(int fd)
{
	uint32_t key, next, found = 0;

	while (!bpf_map_get_next_key(fd, found ? &key : NULL, &next)) {
		key = next;
		found++;
	}
	return found;
}

/* Ten times more keys than fit; the latest is always there, and there are never too many. */
static void overfill(enum bpf_map_type type, uint32_t max_entries, uint32_t flags)
{
	int fd = create(type, max_entries, flags);

	for (uint32_t key = 0; key < 10 * max_entries; key++) {
		ASSERT_OK(put(fd, key, BPF_NOEXIST));
		ASSERT_TRUE(has(fd, key));
	}
	EXPECT_LE(count(fd), max_entries);
	EXPECT_GT(count(fd), 0u);
	EXPECT_FALSE(has(fd, 0));
}

BPF_TEST(lru, makes_room)
{
	overfill(BPF_MAP_TYPE_LRU_HASH, 1, 0);
	overfill(BPF_MAP_TYPE_LRU_HASH, 10, 0);
	overfill(BPF_MAP_TYPE_LRU_HASH, 1000, 0);
}

BPF_TEST(lru, makes_room_on_each_cpu)
{
	overfill(BPF_MAP_TYPE_LRU_HASH, 4, BPF_F_NO_COMMON_LRU);
	overfill(BPF_MAP_TYPE_LRU_HASH, 1000, BPF_F_NO_COMMON_LRU);
}

BPF_TEST(lru, percpu_values_make_room)
{
	overfill(BPF_MAP_TYPE_LRU_PERCPU_HASH, 10, 0);
	overfill(BPF_MAP_TYPE_LRU_PERCPU_HASH, 100, BPF_F_NO_COMMON_LRU);
}

BPF_TEST(lru, errnos)
{
	int fd = create(BPF_MAP_TYPE_LRU_HASH, 10, 0);
	uint32_t key = 9;

	EXPECT_OK(put(fd, 1, BPF_ANY));
	EXPECT_ERR(put(fd, 1, BPF_NOEXIST), EEXIST);
	EXPECT_ERR(put(fd, 2, BPF_EXIST), ENOENT);
	EXPECT_ERR(put(fd, 1, 3), EINVAL);
	EXPECT_ERR(put(fd, 1, BPF_F_LOCK), EINVAL);
	EXPECT_ERR(bpf_map_delete_elem(fd, &key), ENOENT);
	EXPECT_TRUE(has(fd, 1));
}

BPF_TEST(lru, delete_and_take)
{
	int fd = create(BPF_MAP_TYPE_LRU_HASH, 10, 0);
	uint32_t key = 1;
	uint64_t value = 0;

	EXPECT_OK(put(fd, 1, BPF_ANY));
	EXPECT_OK(put(fd, 2, BPF_ANY));
	EXPECT_OK(bpf_map_delete_elem(fd, &key));
	key = 2;
	EXPECT_OK(bpf_map_lookup_and_delete_elem(fd, &key, &value));
	EXPECT_EQ(value, 2u);
	EXPECT_EQ(count(fd), 0u);
}

/* Each CPU has lists of the same length, so the size is rounded up: 5 entries on 4 CPUs make 8, on
 * 2 make 6. */
BPF_TEST(lru, no_common_lru_rounds_up)
{
	int fd = create(BPF_MAP_TYPE_LRU_HASH, 5, BPF_F_NO_COMMON_LRU);
	struct bpf_map_info info = { 0 };
	uint32_t size = sizeof(info);

	EXPECT_OK(bpf_obj_get_info_by_fd(fd, &info, &size));
	EXPECT_EQ(info.max_entries,
		  (5 + bpfunit_nr_cpus() - 1) / bpfunit_nr_cpus() * bpfunit_nr_cpus());
}

/* Keys that programs look up outlive those they do not. */
BPF_TEST(lru, use_by_programs_counts, .cpus = 1)
{
	struct map_programs_bpf *skel = BPFUNIT_LOAD(map_programs_bpf);
	int fd = bpf_map__fd(skel->maps.lru);
	uint64_t args = 0;

	for (uint32_t key = 1; key <= 4; key++)
		ASSERT_OK(put(fd, key, BPF_ANY));
	skel->bss->key = 1;
	EXPECT_RUN(skel->progs.touch_lru, &args, 1);
	ASSERT_OK(put(fd, 5, BPF_ANY));
	EXPECT_TRUE(has(fd, 1));
	EXPECT_FALSE(has(fd, 2));
}

BPF_TEST(lru, percpu_values_in_programs)
{
	struct map_programs_bpf *skel = BPFUNIT_LOAD(map_programs_bpf);
	uint64_t args = 0, values[4];

	skel->bss->key = 6;
	ASSERT_OK(bpfunit_set_cpu(2));
	EXPECT_RUN(skel->progs.increment_lru_percpu, &args, 0);
	EXPECT_RUN(skel->progs.increment_lru_percpu, &args, 0);
	ASSERT_OK(bpfunit_set_cpu(3));
	EXPECT_RUN(skel->progs.increment_lru_percpu, &args, 0);
	EXPECT_OK(bpf_map_lookup_elem(bpf_map__fd(skel->maps.lru_percpu), &skel->bss->key, values));
	EXPECT_EQ(values[0], 0u);
	EXPECT_EQ(values[2], 2u);
	EXPECT_EQ(values[3], 1u);
}
