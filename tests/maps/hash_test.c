// SPDX-License-Identifier: BSD-2-Clause
/* BPF_MAP_TYPE_HASH through libbpf: values, errnos, limits, iteration, batches, and what programs
 * see. */
#include <bpf/bpf.h>
#include <bpfunit/bpfunit.h>
#include <string.h>

#include "map_programs.skel.h"

#define ORDERED "hash maps have an order in the VM alone"

static int create(uint32_t key_size, uint32_t value_size, uint32_t max_entries, uint32_t flags)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = flags);
	int fd =
		bpf_map_create(BPF_MAP_TYPE_HASH, "hash", key_size, value_size, max_entries, &opts);

	ASSERT_OK(fd);
	return fd;
}

/* A map with keys 1 .. count, key * 10 as values. */
static int filled(uint32_t count, uint32_t max_entries, uint32_t flags)
{
	int fd = create(4, 8, max_entries, flags);

	for (uint32_t key = 1; key <= count; key++) {
		uint64_t value = key * 10;

		ASSERT_OK(bpf_map_update_elem(fd, &key, &value, BPF_ANY));
	}
	return fd;
}

static uint64_t get(int fd, uint32_t key)
{
	uint64_t value = UINT64_MAX;

	EXPECT_OK(bpf_map_lookup_elem(fd, &key, &value));
	return value;
}

static int put(int fd, uint32_t key, uint64_t value, uint64_t flags)
{
	return bpf_map_update_elem(fd, &key, &value, flags);
}

BPF_TEST(hash, stores_and_finds)
{
	int fd = filled(3, 3, 0);

	EXPECT_EQ(get(fd, 1), 10u);
	EXPECT_EQ(get(fd, 3), 30u);
	EXPECT_OK(put(fd, 3, 31, BPF_EXIST));
	EXPECT_EQ(get(fd, 3), 31u);
}

BPF_TEST(hash, missing_key)
{
	int fd = filled(1, 3, 0);
	uint32_t key = 2;
	uint64_t value = 0;

	EXPECT_ERR(bpf_map_lookup_elem(fd, &key, &value), ENOENT);
	EXPECT_ERR(bpf_map_delete_elem(fd, &key), ENOENT);
	EXPECT_ERR(bpf_map_lookup_and_delete_elem(fd, &key, &value), ENOENT);
	EXPECT_ERR(put(fd, 2, 0, BPF_EXIST), ENOENT);
	EXPECT_ERR(put(fd, 1, 0, BPF_NOEXIST), EEXIST);
}

BPF_TEST(hash, bad_flags)
{
	int fd = filled(1, 3, 0);
	uint32_t key = 1;
	uint64_t value = 0;

	EXPECT_ERR(put(fd, 1, 0, 3), EINVAL);
	EXPECT_ERR(put(fd, 1, 0, 8), EINVAL);
	EXPECT_ERR(put(fd, 1, 0, BPF_F_LOCK), EINVAL);
	EXPECT_ERR(bpf_map_lookup_elem_flags(fd, &key, &value, BPF_F_LOCK), EINVAL);
	EXPECT_ERR(bpf_map_lookup_elem_flags(fd, &key, &value, BPF_EXIST), EINVAL);
	EXPECT_EQ(get(fd, 1), 10u);
}

BPF_TEST(hash, full_map)
{
	const uint32_t flags[] = { 0, BPF_F_NO_PREALLOC };

	for (int i = 0; i < 2; i++) {
		int fd = filled(4, 4, flags[i]);
		uint32_t key = 2;

		EXPECT_ERR(put(fd, 5, 50, BPF_ANY), E2BIG);
		EXPECT_OK(put(fd, 4, 41, BPF_ANY)); /* replacing is no insertion */
		EXPECT_OK(bpf_map_delete_elem(fd, &key));
		EXPECT_OK(put(fd, 5, 50, BPF_ANY));
		EXPECT_ERR(put(fd, 6, 60, BPF_ANY), E2BIG);
		EXPECT_EQ(get(fd, 5), 50u);
	}
}

BPF_TEST(hash, iterates_in_order_of_insertion, .vm_only = ORDERED)
{
	int fd = filled(20, 20, 0);
	uint32_t key = 0, next, seen = 0;

	put(fd, 7, 1, BPF_ANY); /* keeps its place */
	while (!bpf_map_get_next_key(fd, seen ? &key : NULL, &next)) {
		EXPECT_EQ(next, ++seen);
		key = next;
	}
	EXPECT_EQ(errno, ENOENT);
	EXPECT_EQ(seen, 20u);
}

BPF_TEST(hash, next_of_a_deleted_key_is_the_first, .vm_only = ORDERED)
{
	int fd = filled(3, 3, 0);
	uint32_t key = 2, next = 0;

	EXPECT_OK(bpf_map_get_next_key(fd, &key, &next));
	EXPECT_EQ(next, 3u);
	EXPECT_OK(bpf_map_delete_elem(fd, &key));
	EXPECT_OK(bpf_map_get_next_key(fd, &key, &next));
	EXPECT_EQ(next, 1u);
	key = 3;
	EXPECT_ERR(bpf_map_get_next_key(fd, &key, &next), ENOENT);
}

BPF_TEST(hash, empty_map_has_no_next_key)
{
	int fd = create(4, 8, 1, 0);
	uint32_t key = 1, next;

	EXPECT_ERR(bpf_map_get_next_key(fd, NULL, &next), ENOENT);
	EXPECT_ERR(bpf_map_get_next_key(fd, &key, &next), ENOENT);
}

BPF_TEST(hash, lookup_and_delete)
{
	int fd = filled(2, 2, 0);
	uint32_t key = 1;
	uint64_t value = 0;

	EXPECT_OK(bpf_map_lookup_and_delete_elem(fd, &key, &value));
	EXPECT_EQ(value, 10u);
	EXPECT_ERR(bpf_map_lookup_elem(fd, &key, &value), ENOENT);
	EXPECT_ERR(bpf_map_lookup_and_delete_elem_flags(fd, &key, &value, BPF_F_LOCK), EINVAL);
}

BPF_TEST(hash, many_elements)
{
	int fd = create(8, 4, 200000, BPF_F_NO_PREALLOC);
	uint32_t value;

	for (uint64_t key = 0; key < 200000; key++) {
		uint64_t scattered = key << 40 | key;

		value = key * 3;
		if (bpf_map_update_elem(fd, &scattered, &value, BPF_NOEXIST))
			FAIL("cannot insert element %llu", (unsigned long long)key);
	}
	for (uint64_t key = 0; key < 200000; key += 777) {
		uint64_t scattered = key << 40 | key;

		EXPECT_OK(bpf_map_lookup_elem(fd, &scattered, &value));
		EXPECT_EQ(value, key * 3);
	}
}

/* Far more insertions than the memory holds if no element were ever freed. */
BPF_TEST(hash, churn_does_not_exhaust_memory)
{
	int fd = create(4, 100000, 2, BPF_F_NO_PREALLOC);
	static uint8_t value[100000];

	for (uint32_t key = 0; key < 25000; key++) {
		if (bpf_map_update_elem(fd, &key, value, BPF_NOEXIST) ||
		    bpf_map_delete_elem(fd, &key))
			FAIL("errno %d at element %u", errno, key);
	}
}

BPF_TEST(hash, odd_sizes)
{
	int fd = create(3, 1, 300, 0);
	uint8_t key[4] = { 1, 2, 3, 99 }, value = 7, read[2] = { 0, 0x55 };

	EXPECT_OK(bpf_map_update_elem(fd, key, &value, BPF_ANY));
	key[3] = 0; /* not part of the key */
	EXPECT_OK(bpf_map_lookup_elem(fd, key, read));
	EXPECT_EQ(read[0], 7);
	EXPECT_EQ(read[1], 0x55);
}

BPF_TEST(hash, frozen)
{
	int fd = filled(1, 3, 0);
	uint32_t key = 1;
	uint64_t value;

	EXPECT_OK(bpf_map_freeze(fd));
	EXPECT_ERR(put(fd, 1, 0, BPF_ANY), EPERM);
	EXPECT_ERR(bpf_map_delete_elem(fd, &key), EPERM);
	EXPECT_ERR(bpf_map_lookup_and_delete_elem(fd, &key, &value), EPERM);
	EXPECT_EQ(get(fd, 1), 10u);
}

BPF_TEST(hash, access_of_the_descriptor)
{
	int reader = create(4, 8, 1, BPF_F_RDONLY), writer = create(4, 8, 1, BPF_F_WRONLY);
	uint32_t key = 1;
	uint64_t value = 0;

	EXPECT_ERR(put(reader, 1, 1, BPF_ANY), EPERM);
	EXPECT_ERR(bpf_map_lookup_elem(reader, &key, &value), ENOENT);
	EXPECT_OK(put(writer, 1, 1, BPF_ANY));
	EXPECT_ERR(bpf_map_lookup_elem(writer, &key, &value), EPERM);
}

BPF_TEST(hash, batches)
{
	uint32_t keys[8] = { 1, 2, 3, 4, 5, 6, 7, 8 }, read_keys[8], count = 8;
	uint64_t values[8] = { 1, 4, 9, 16, 25, 36, 49, 64 }, read_values[8], sum = 0;
	int fd = create(4, 8, 8, 0);
	uint32_t position;

	EXPECT_OK(bpf_map_update_batch(fd, keys, values, &count, NULL));
	EXPECT_EQ(count, 8u);
	EXPECT_ERR(bpf_map_lookup_batch(fd, NULL, &position, read_keys, read_values, &count, NULL),
		   ENOENT);
	EXPECT_EQ(count, 8u);
	for (uint32_t i = 0; i < count; i++)
		sum += read_values[i] == (uint64_t)read_keys[i] * read_keys[i] ? read_values[i] : 0;
	EXPECT_EQ(sum, 204u);
	count = 3;
	EXPECT_OK(bpf_map_delete_batch(fd, keys, &count, NULL));
	count = 8;
	EXPECT_ERR(bpf_map_lookup_and_delete_batch(fd, NULL, &position, read_keys, read_values,
						   &count, NULL),
		   ENOENT);
	EXPECT_EQ(count, 5u);
	EXPECT_ERR(bpf_map_get_next_key(fd, NULL, &position), ENOENT);
}

static struct map_programs_bpf *load(uint32_t key, uint64_t value)
{
	struct map_programs_bpf *skel = BPFUNIT_LOAD(map_programs_bpf);
	uint64_t whole[2] = { value, value };

	skel->bss->key = key;
	ASSERT_OK(bpf_map_update_elem(bpf_map__fd(skel->maps.hash), &key, whole, BPF_ANY));
	ASSERT_OK(bpf_map_update_elem(bpf_map__fd(skel->maps.hash_lazy), &key, whole, BPF_ANY));
	return skel;
}

BPF_TEST(hash, replaced_element_keeps_its_old_value)
{
	struct map_programs_bpf *skel = load(5, 1);
	uint64_t args = 0, value[2] = { 0 };

	EXPECT_RUN(skel->progs.stale_after_update, &args, 1);
	EXPECT_OK(bpf_map_lookup_elem(bpf_map__fd(skel->maps.hash), &skel->bss->key, value));
	EXPECT_EQ(value[0], 2u);
}

BPF_TEST(hash, element_deleted_from_preallocated_map_stays_readable)
{
	struct map_programs_bpf *skel = load(5, 9);
	uint64_t args = 0;

	EXPECT_RUN(skel->progs.stale_after_delete, &args, 9);
}

BPF_TEST(hash, without_preallocation_replaced_element_is_freed)
{
	struct map_programs_bpf *skel = load(5, 1);
	uint64_t args = 0;

	EXPECT_FAULT(BPFUNIT_FAULT_USE_AFTER_FREE,
		     BPFUNIT_RUN(skel->progs.stale_after_update_lazy, &args));
	EXPECT_NOT_NULL(strstr(bpfunit_fault_report(), "hash_lazy"));
	EXPECT_NOT_NULL(
		strstr(bpfunit_fault_report(), "the element has been deleted, or replaced"));
}

BPF_TEST(hash, without_preallocation_deleted_element_is_freed)
{
	struct map_programs_bpf *skel = load(5, 1);
	uint64_t args = 0;

	EXPECT_FAULT(BPFUNIT_FAULT_USE_AFTER_FREE,
		     BPFUNIT_RUN(skel->progs.stale_after_delete_lazy, &args));
}

BPF_TEST(hash, access_beyond_value_faults)
{
	struct map_programs_bpf *skel = load(5, 1);
	uint64_t args = 0;

	EXPECT_FAULT(BPFUNIT_FAULT_OUT_OF_BOUNDS, BPFUNIT_RUN(skel->progs.read_past_value, &args));
	EXPECT_NOT_NULL(strstr(bpfunit_fault_report(), "hash"));
	skel->bss->size = 15; /* still in the red zone */
	EXPECT_FAULT(BPFUNIT_FAULT_OUT_OF_BOUNDS, BPFUNIT_RUN(skel->progs.read_past_value, &args));
}

static struct map_programs_bpf *load_four(void)
{
	struct map_programs_bpf *skel = BPFUNIT_LOAD(map_programs_bpf);

	for (uint32_t key = 1; key <= 4; key++) {
		uint64_t value[2] = { key * 10, 0 };

		ASSERT_OK(bpf_map_update_elem(bpf_map__fd(skel->maps.hash), &key, value, BPF_ANY));
	}
	return skel;
}

BPF_TEST(hash, for_each, .vm_only = ORDERED)
{
	struct map_programs_bpf *skel = load_four();
	uint64_t args = 0;

	EXPECT_RUN(skel->progs.for_each_hash, &args, 0);
	EXPECT_EQ(skel->bss->result, 4);
	EXPECT_EQ(skel->bss->seen_sum, 100u);
	EXPECT_EQ(skel->bss->seen_keys, 1234u);
}

BPF_TEST(hash, for_each_stops, .vm_only = ORDERED)
{
	struct map_programs_bpf *skel = load_four();
	uint64_t args = 0;

	skel->bss->stop_at = 2;
	EXPECT_RUN(skel->progs.for_each_hash, &args, 0);
	EXPECT_EQ(skel->bss->result, 2);
	EXPECT_EQ(skel->bss->seen_sum, 30u);
}

BPF_TEST(hash, for_each_survives_deletion_of_the_next, .vm_only = ORDERED)
{
	struct map_programs_bpf *skel = load_four();
	uint64_t args = 0;

	skel->bss->delete_during = 2;
	EXPECT_RUN(skel->progs.for_each_hash, &args, 0);
	EXPECT_EQ(skel->bss->result, 3);
	EXPECT_EQ(skel->bss->seen_keys, 134u);
}

BPF_TEST(hash, for_each_refuses_flags)
{
	struct map_programs_bpf *skel = load_four();
	uint64_t args = 0;

	skel->bss->flags = 1;
	EXPECT_RUN(skel->progs.for_each_hash, &args, 0);
	EXPECT_EQ(skel->bss->result, -EINVAL);
}

BPF_TEST(hash, for_each_keys_are_read_only)
{
	struct map_programs_bpf *skel = load_four();
	uint64_t args = 0;

	EXPECT_FAULT(BPFUNIT_FAULT_READ_ONLY, BPFUNIT_RUN(skel->progs.for_each_writes_key, &args));
	EXPECT_NOT_NULL(strstr(bpfunit_fault_report(), "key of map 'hash'"));
}

BPF_TEST(hash, for_each_keys_are_gone_afterwards)
{
	struct map_programs_bpf *skel = load_four();
	uint64_t args = 0;

	EXPECT_FAULT(BPFUNIT_FAULT_USE_AFTER_FREE,
		     BPFUNIT_RUN(skel->progs.for_each_keeps_key, &args));
}

/* A value with a bpf_spin_lock: BPF_F_LOCK is accepted, and user space neither sees nor changes the
 * lock. */
BPF_TEST(hash, locked_values)
{
	struct map_programs_bpf *skel = BPFUNIT_LOAD(map_programs_bpf);
	struct {
		uint32_t lock, a;
		uint64_t b;
	} value = { 77, 1, 2 }, read;
	int fd = bpf_map__fd(skel->maps.locked);
	uint32_t key = 1;

	EXPECT_ERR(bpf_map_update_elem(fd, &key, &value, BPF_F_LOCK | BPF_EXIST), ENOENT);
	EXPECT_OK(bpf_map_update_elem(fd, &key, &value, BPF_F_LOCK));
	EXPECT_ERR(bpf_map_update_elem(fd, &key, &value, BPF_F_LOCK | BPF_NOEXIST), EEXIST);
	skel->bss->key = key;
	EXPECT_RUN_SKB(skel->progs.add_under_lock, bpfunit_packet_new(),
		       0); /* 77 in the lock would be a deadlock */
	EXPECT_OK(bpf_map_lookup_elem_flags(fd, &key, &read, BPF_F_LOCK));
	EXPECT_EQ(read.lock, 0u);
	EXPECT_EQ(read.a, 2u);
	EXPECT_EQ(read.b, 3u);
	value.a = 9;
	EXPECT_OK(bpf_map_update_elem(fd, &key, &value, BPF_F_LOCK | BPF_EXIST));
	EXPECT_OK(bpf_map_lookup_and_delete_elem_flags(fd, &key, &read, BPF_F_LOCK));
	EXPECT_EQ(read.a, 9u);
	EXPECT_EQ(read.lock, 0u);
}
