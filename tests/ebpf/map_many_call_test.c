// SPDX-License-Identifier: BSD-2-Clause
/* The commands about many elements at once, and those that find and describe maps. */
#include "call.h"

#define CASE(name, expected) CASES(map_many_calls, name, expected)

static const u32 zero;

/* Batches */

static const u32 keys[] = { 1, 2, 3, 4, 5, 6, 7, 8 };
static const u64 values[] = { 10, 20, 30, 40, 50, 60, 70, 80 };

static int filled_hash(bpf_call bpf)
{
	int map = make_hash(bpf);

	for (size_t i = 0; i < BU_ARRAY_SIZE(keys); i++)
		element(bpf, BPF_MAP_UPDATE_ELEM, map, &keys[i], &values[i], 0);
	return map;
}

static long batch(bpf_call bpf, int cmd, int map, const void *in, void *out, const void *key,
		  const void *value, u32 *count)
{
	union bpf_attr attr;
	long result;

	memset(&attr, 0, sizeof(attr));
	attr.batch.map_fd = map;
	attr.batch.in_batch = (u64)in;
	attr.batch.out_batch = (u64)out;
	attr.batch.keys = (u64)key;
	attr.batch.values = (u64)value;
	attr.batch.count = *count;
	result = bpf(cmd, &attr, sizeof(attr));
	*count = attr.batch.count;
	return result;
}

CASE(batch_update_and_lookup_all, -ENOENT)
{
	u32 count = 8, found_keys[16], position;
	u64 found[16];
	int map = make_hash(bpf);

	if (batch(bpf, BPF_MAP_UPDATE_BATCH, map, NULL, NULL, keys, values, &count) || count != 8)
		return -1;
	count = 16;
	if (batch(bpf, BPF_MAP_LOOKUP_BATCH, map, NULL, &position, found_keys, found, &count) !=
		    -ENOENT ||
	    count != 8)
		return -2;
	for (u32 i = 0; i < count; i++) {
		if (found[i] != found_keys[i] * 10)
			return -3;
	}
	return -ENOENT;
}

/* Sum of all values that `cmd` gives, `count` at a time. Where the kernel's hash puts more of them into one bucket, it
 * answers ENOSPC, and the next call must have more room. */
static long sum_in_parts(bpf_call bpf, int cmd, int map, u32 count)
{
	u32 found_keys[BU_ARRAY_SIZE(keys)], position, n;
	const void *from = NULL;
	u64 found[BU_ARRAY_SIZE(keys)];
	long sum = 0, result = 0;

	while (result != -ENOENT) {
		n = count;
		result = batch(bpf, cmd, map, from, &position, found_keys, found, &n);
		if (result == -ENOSPC && count < BU_ARRAY_SIZE(keys)) {
			count++;
			continue;
		}
		if (result && result != -ENOENT)
			return result;
		for (u32 i = 0; i < n; i++)
			sum += found[i];
		from = &position;
	}
	return sum;
}

CASE(batch_lookup_in_parts, 360)
{
	return sum_in_parts(bpf, BPF_MAP_LOOKUP_BATCH, filled_hash(bpf), 3);
}

CASE(batch_take_in_parts, 360)
{
	int map = filled_hash(bpf);
	long sum = sum_in_parts(bpf, BPF_MAP_LOOKUP_AND_DELETE_BATCH, map, 4);
	u32 next;

	return element(bpf, BPF_MAP_GET_NEXT_KEY, map, NULL, &next, 0) == -ENOENT ? sum : -1;
}

CASE(batch_lookup_of_an_array, 0)
{
	u32 count = 2, found_keys[2], position = 77;
	u64 found[2];
	int map = make_array(bpf);

	if (batch(bpf, BPF_MAP_LOOKUP_BATCH, map, NULL, &position, found_keys, found, &count) ||
	    count != 2)
		return -1;
	if (found_keys[0] != 0 || found_keys[1] != 1 || position != 1)
		return -2;
	return batch(bpf, BPF_MAP_LOOKUP_BATCH, map, &position, &position, found_keys, found,
		     &count);
}

CASE(batch_lookup_of_an_array_to_its_end, -ENOENT)
{
	u32 count = 10, found_keys[10], position;
	u64 found[10];
	long result = batch(bpf, BPF_MAP_LOOKUP_BATCH, make_array(bpf), NULL, &position, found_keys,
			    found, &count);

	return count == 4 ? result : -1;
}

CASE(batch_delete_until_one_is_missing, -ENOENT)
{
	static const u32 some[] = { 1, 2, 99, 3 };
	u32 count = 4;
	long result =
		batch(bpf, BPF_MAP_DELETE_BATCH, filled_hash(bpf), NULL, NULL, some, NULL, &count);

	return count == 2 ? result : -1;
}

CASE(batch_of_none, 0)
{
	u32 count = 0;

	return batch(bpf, BPF_MAP_DELETE_BATCH, make_hash(bpf), NULL, NULL, NULL, NULL, &count);
}

CASE(batch_take_from_an_array, -BU_ENOTSUPP)
{
	u32 count = 1, position, key;
	u64 value;

	return batch(bpf, BPF_MAP_LOOKUP_AND_DELETE_BATCH, make_array(bpf), NULL, &position, &key,
		     &value, &count);
}

CASE(batch_of_a_ring_buffer, -BU_ENOTSUPP)
{
	u32 count = 1, position, key;
	u64 value;

	return batch(bpf, BPF_MAP_LOOKUP_BATCH, make_map(bpf, BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0),
		     NULL, &position, &key, &value, &count);
}

CASE(batch_unknown_element_flags, -EINVAL)
{
	return CALL(BPF_MAP_UPDATE_BATCH,
		    .batch = { .map_fd = make_hash(bpf), .count = 1, .elem_flags = 64 });
}

CASE(batch_unknown_flags, -EINVAL)
{
	return CALL(BPF_MAP_LOOKUP_BATCH,
		    .batch = { .map_fd = make_hash(bpf), .count = 1, .flags = 1 });
}

CASE(batch_write_to_frozen, -EPERM)
{
	int map = filled_hash(bpf);
	u32 count = 1;

	CALL(BPF_MAP_FREEZE, .map_fd = map);
	return batch(bpf, BPF_MAP_DELETE_BATCH, map, NULL, NULL, keys, NULL, &count);
}

/* Finding and describing */

static long map_id(bpf_call bpf, int map, struct bpf_map_info *info)
{
	memset(info, 0, sizeof(*info));
	return CALL(BPF_OBJ_GET_INFO_BY_FD,
		    .info = { .bpf_fd = map, .info_len = sizeof(*info), .info = (u64)info });
}

CASE(info_of_a_map, 0)
{
	struct bpf_map_info info;
	int map = CALL(BPF_MAP_CREATE, .map_type = BPF_MAP_TYPE_HASH, .key_size = 12,
		       .value_size = 20, .max_entries = 3,
		       .map_flags = BPF_F_NO_PREALLOC | BPF_F_RDONLY, .map_name = "named");

	if (map_id(bpf, map, &info) || strcmp(info.name, "named"))
		return -1;
	return !(info.type == BPF_MAP_TYPE_HASH && info.id && info.key_size == 12 &&
		 info.value_size == 20 && info.max_entries == 3 &&
		 info.map_flags == BPF_F_NO_PREALLOC);
}

CASE(info_shortened, 8)
{
	union bpf_attr attr = { 0 };
	struct bpf_map_info info = { .key_size = 99 };

	attr.info.bpf_fd = make_array(bpf);
	attr.info.info_len = 8;
	attr.info.info = (u64)&info;
	if (bpf(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)) || info.type != BPF_MAP_TYPE_ARRAY ||
	    info.key_size != 99)
		return -1;
	return attr.info.info_len;
}

CASE(info_longer_with_something, -E2BIG)
{
	u8 info[400] = { [399] = 1 };

	return CALL(BPF_OBJ_GET_INFO_BY_FD,
		    .info = { .bpf_fd = make_array(bpf), .info_len = 400, .info = (u64)info });
}

CASE(info_null, -EFAULT)
{
	return CALL(BPF_OBJ_GET_INFO_BY_FD, .info = { .bpf_fd = make_array(bpf), .info_len = 80 });
}

CASE(info_descriptor_not_open, -EBADFD)
{
	struct bpf_map_info info;

	return map_id(bpf, NO_FD, &info);
}

CASE(info_descriptor_of_a_file, -EINVAL)
{
	struct bpf_map_info info;

	return map_id(bpf, STDERR_FILENO, &info);
}

CASE(fd_by_id_is_the_same_map, 42)
{
	struct bpf_map_info info;
	u64 value = 42;
	int map = make_hash(bpf), again;

	map_id(bpf, map, &info);
	again = CALL(BPF_MAP_GET_FD_BY_ID, .map_id = info.id);
	if (again < 0 || again == map)
		return -1;
	element(bpf, BPF_MAP_UPDATE_ELEM, map, &zero, &value, 0);
	value = 0;
	close(map);
	element(bpf, BPF_MAP_LOOKUP_ELEM, again, &zero, &value, 0);
	return value;
}

CASE(fd_by_id_read_only, -EPERM)
{
	struct bpf_map_info info;
	u64 value = 42;

	map_id(bpf, make_array(bpf), &info);
	return element(bpf, BPF_MAP_UPDATE_ELEM,
		       CALL(BPF_MAP_GET_FD_BY_ID, .map_id = info.id, .open_flags = BPF_F_RDONLY),
		       &zero, &value, 0);
}

CASE(fd_by_id_unknown, -ENOENT)
{
	return CALL(BPF_MAP_GET_FD_BY_ID, .map_id = 0x7ffffff0);
}

CASE(fd_by_id_unknown_flags, -EINVAL)
{
	return CALL(BPF_MAP_GET_FD_BY_ID, .map_id = 1, .open_flags = 1);
}

CASE(next_id_finds_a_map, 0)
{
	struct bpf_map_info info;
	union bpf_attr attr = { 0 };

	map_id(bpf, make_array(bpf), &info);
	attr.start_id = info.id - 1;
	if (bpf(BPF_MAP_GET_NEXT_ID, &attr, sizeof(attr)))
		return -1;
	return attr.next_id != info.id;
}

CASE(next_id_after_all, -ENOENT)
{
	return CALL(BPF_MAP_GET_NEXT_ID, .start_id = 0x7ffffff0);
}

CASE(next_id_too_large, -EINVAL)
{
	return CALL(BPF_MAP_GET_NEXT_ID, .start_id = 0x7fffffff);
}

CASE(a_closed_map_is_gone, -ENOENT)
{
	struct bpf_map_info info;
	int map = make_array(bpf);
	long result = 0;

	map_id(bpf, map, &info);
	close(map);
	for (int i = 0; i < 100 && result >= 0; i++) { /* the real kernel takes its time */
		result = CALL(BPF_MAP_GET_FD_BY_ID, .map_id = info.id);
		if (result >= 0)
			close(result);
		usleep(1000);
	}
	return result;
}

CASE(duplicates_keep_a_map, 0)
{
	struct bpf_map_info info;
	int map = make_array(bpf), other = dup(map);

	close(map);
	return map_id(bpf, other, &info);
}
