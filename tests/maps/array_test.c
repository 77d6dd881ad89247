// SPDX-License-Identifier: BSD-2-Clause
/* BPF_MAP_TYPE_ARRAY through libbpf, mmap(2) and programs. */
#include <bpf/bpf.h>
#include <bpfunit/bpfunit.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "map_programs.skel.h"

static int create(uint32_t value_size, uint32_t max_entries, uint32_t flags)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = flags);
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "array", 4, value_size, max_entries, &opts);

	ASSERT_OK(fd);
	return fd;
}

BPF_TEST(array, elements_exist_and_are_zero)
{
	int fd = create(8, 3, 0);
	uint64_t value;

	for (uint32_t key = 0; key < 3; key++) {
		value = 1;
		EXPECT_OK(bpf_map_lookup_elem(fd, &key, &value));
		EXPECT_EQ(value, 0u);
	}
}

BPF_TEST(array, update)
{
	int fd = create(8, 3, 0);
	uint32_t key = 2;
	uint64_t value = 5, read = 0;

	EXPECT_OK(bpf_map_update_elem(fd, &key, &value, BPF_ANY));
	EXPECT_OK(bpf_map_update_elem(fd, &key, &value, BPF_EXIST));
	EXPECT_ERR(bpf_map_update_elem(fd, &key, &value, BPF_NOEXIST), EEXIST);
	EXPECT_ERR(bpf_map_update_elem(fd, &key, &value, 3), EINVAL);
	EXPECT_ERR(bpf_map_update_elem(fd, &key, &value, BPF_F_LOCK), EINVAL);
	EXPECT_OK(bpf_map_lookup_elem(fd, &key, &read));
	EXPECT_EQ(read, 5u);
}

BPF_TEST(array, beyond_the_end)
{
	int fd = create(8, 3, 0);
	uint32_t key = 3;
	uint64_t value = 5;

	EXPECT_ERR(bpf_map_update_elem(fd, &key, &value, BPF_ANY), E2BIG);
	EXPECT_ERR(bpf_map_lookup_elem(fd, &key, &value), ENOENT);
	key = UINT32_MAX;
	EXPECT_ERR(bpf_map_lookup_elem(fd, &key, &value), ENOENT);
}

BPF_TEST(array, cannot_delete)
{
	int fd = create(8, 3, 0);
	uint32_t key = 1, count = 1;
	uint64_t value;

	EXPECT_ERR(bpf_map_delete_elem(fd, &key), EINVAL);
	EXPECT_ERR(bpf_map_lookup_and_delete_elem(fd, &key, &value), 524);
	EXPECT_ERR(bpf_map_lookup_and_delete_batch(fd, NULL, &key, &key, &value, &count, NULL),
		   524);
}

BPF_TEST(array, next_key)
{
	int fd = create(8, 3, 0);
	uint32_t key = 99, next = 99;

	EXPECT_OK(bpf_map_get_next_key(fd, NULL, &next));
	EXPECT_EQ(next, 0u);
	EXPECT_OK(bpf_map_get_next_key(fd, &key, &next));
	EXPECT_EQ(next, 0u);
	key = 1;
	EXPECT_OK(bpf_map_get_next_key(fd, &key, &next));
	EXPECT_EQ(next, 2u);
	EXPECT_ERR(bpf_map_get_next_key(fd, &next, &key), ENOENT);
}

BPF_TEST(array, batches)
{
	uint32_t keys[3] = { 0, 1, 2 }, read_keys[3], count = 3, position;
	uint64_t values[3] = { 7, 8, 9 }, read[3] = { 0 };
	int fd = create(8, 3, 0);

	EXPECT_OK(bpf_map_update_batch(fd, keys, values, &count, NULL));
	count = 2;
	EXPECT_OK(bpf_map_lookup_batch(fd, NULL, &position, read_keys, read, &count, NULL));
	EXPECT_EQ(count, 2u);
	EXPECT_EQ(read[1], 8u);
	count = 2;
	EXPECT_ERR(bpf_map_lookup_batch(fd, &position, &position, read_keys, read, &count, NULL),
		   ENOENT);
	EXPECT_EQ(count, 1u);
	EXPECT_EQ(read_keys[0], 2u);
	EXPECT_EQ(read[0], 9u);
}

BPF_TEST(array, large_sparse)
{
	int fd = create(64, 4000000, 0);
	uint64_t value[8] = { 3 }, read[8] = { 0 };
	uint32_t key = 3999999;

	EXPECT_OK(bpf_map_update_elem(fd, &key, value, BPF_ANY));
	EXPECT_OK(bpf_map_lookup_elem(fd, &key, read));
	EXPECT_MEMEQ(read, value, sizeof(value));
}

BPF_TEST(array, maps_into_memory)
{
	struct map_programs_bpf *skel = BPFUNIT_LOAD(map_programs_bpf);
	int fd = bpf_map__fd(skel->maps.mapped);
	uint64_t args = 0, value = 0;
	uint64_t *mapped = mmap(NULL, getpagesize(), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	ASSERT_TRUE(mapped != MAP_FAILED);
	mapped[2] = 100;
	skel->bss->key = 2;
	EXPECT_RUN(skel->progs.increment_mapped, &args, 0);
	EXPECT_EQ(mapped[2], 105u);
	EXPECT_OK(bpf_map_lookup_elem(fd, &skel->bss->key, &value));
	EXPECT_EQ(value, 105u);
	munmap(mapped, getpagesize());
}

BPF_TEST(array, refused_mappings)
{
	int fd = create(8, 3, BPF_F_MMAPABLE), plain = create(8, 3, 0);
	size_t page = getpagesize();

	EXPECT_TRUE(mmap(NULL, 2 * page, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_TRUE(mmap(NULL, page, PROT_READ, MAP_SHARED, fd, page) == MAP_FAILED);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_TRUE(mmap(NULL, page, PROT_READ, MAP_SHARED, plain, 0) == MAP_FAILED);
	EXPECT_EQ(errno, EINVAL);
}

BPF_TEST(array, read_only_to_programs)
{
	struct map_programs_bpf *skel = BPFUNIT_LOAD(map_programs_bpf);
	uint64_t args = 0, value = 9;

	skel->bss->key = 1;
	EXPECT_OK(bpf_map_update_elem(bpf_map__fd(skel->maps.read_only), &skel->bss->key, &value,
				      BPF_ANY));
	EXPECT_RUN(skel->progs.read_read_only, &args, 9);
	EXPECT_FAULT(BPFUNIT_FAULT_READ_ONLY, BPFUNIT_RUN(skel->progs.write_read_only, &args));
}

BPF_TEST(array, access_beyond_value_faults)
{
	struct map_programs_bpf *skel = BPFUNIT_LOAD(map_programs_bpf);
	uint64_t args = 0;

	skel->bss->key = 1;
	EXPECT_FAULT(BPFUNIT_FAULT_OUT_OF_BOUNDS, BPFUNIT_RUN(skel->progs.read_past_array, &args));
	EXPECT_NOT_NULL(
		strstr(bpfunit_fault_report(), "value of map 'array' (4 bytes), element 1"));
	skel->bss->key = 4; /* the last element */
	EXPECT_FAULT(BPFUNIT_FAULT_OUT_OF_BOUNDS, BPFUNIT_RUN(skel->progs.read_past_array, &args));
}

BPF_TEST(array, for_each)
{
	struct map_programs_bpf *skel = BPFUNIT_LOAD(map_programs_bpf);
	uint64_t args = 0;

	for (uint32_t key = 0; key < 5; key++)
		ASSERT_OK(bpf_map_update_elem(bpf_map__fd(skel->maps.array), &key, &key, BPF_ANY));
	skel->bss->stop_at = 100;
	EXPECT_RUN(skel->progs.for_each_array, &args, 0);
	EXPECT_EQ(skel->bss->result, 5);
	EXPECT_EQ(skel->bss->seen_sum, 10u);
	EXPECT_EQ(skel->bss->seen_keys, 1234u);
	skel->bss->stop_at = 2;
	EXPECT_RUN(skel->progs.for_each_array, &args, 0);
	EXPECT_EQ(skel->bss->result, 3);
	skel->bss->flags = 4;
	EXPECT_RUN(skel->progs.for_each_array, &args, 0);
	EXPECT_EQ(skel->bss->result, -EINVAL);
}
