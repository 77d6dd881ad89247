// SPDX-License-Identifier: BSD-2-Clause
/* The commands about maps, and the rules about attributes. */
#include "call.h"

#define CASE(name, expected) CASES(map_calls, name, expected)
#define NO_FD                9999

static const u32 zero;

static int array(bpf_call bpf)
{
	return make_map(bpf, BPF_MAP_TYPE_ARRAY, 4, 8, 4, 0);
}

static int hash(bpf_call bpf)
{
	return make_map(bpf, BPF_MAP_TYPE_HASH, 4, 8, 16, 0);
}

/* Attributes of any size */

struct sized { /* union bpf_attr and more */
	union bpf_attr attr;
	u8 more[512];
};

static long create_with_size(bpf_call bpf, unsigned int size, int set)
{
	struct sized big;

	memset(&big, 0, sizeof(big));
	big.attr.map_type = BPF_MAP_TYPE_ARRAY;
	big.attr.key_size = 4;
	big.attr.value_size = 4;
	big.attr.max_entries = 1;
	if (set)
		((u8 *)&big)[set] = 1;
	return bpf(BPF_MAP_CREATE, &big, size) >= 0 ? 0 : bpf(BPF_MAP_CREATE, &big, size);
}

CASE(attr_shorter_than_the_command, 0)
{
	return create_with_size(bpf, 20, 0);
}

CASE(attr_cut_before_a_needed_field, -EINVAL)
{
	return create_with_size(bpf, 12, 0); /* no max_entries */
}

CASE(attr_of_no_size, -EINVAL)
{
	return create_with_size(bpf, 0, 0);
}

CASE(attr_as_libbpf_1_1_has_it, 0)
{
	return create_with_size(bpf, 72, 0);
}

CASE(attr_as_libbpf_1_8_has_it, 0)
{
	return create_with_size(bpf, 92, 0);
}

CASE(attr_longer_with_zeroes, 0)
{
	return create_with_size(bpf, sizeof(struct sized), 0);
}

CASE(attr_longer_with_something, -E2BIG)
{
	return create_with_size(bpf, sizeof(struct sized), 400);
}

CASE(attr_longer_than_a_page, -E2BIG)
{
	return create_with_size(bpf, 4097, 0);
}

CASE(attr_with_something_behind_the_command, -EINVAL)
{
	return create_with_size(bpf, 140, 130);
}

CASE(attr_null, -EFAULT)
{
	return bpf(BPF_MAP_CREATE, NULL, 72);
}

CASE(command_unknown, -EINVAL)
{
	return CALL(1000, .map_fd = 0);
}

/* BPF_MAP_CREATE */

CASE(create_unknown_type, -EINVAL)
{
	return make_map(bpf, 1000, 4, 4, 1, 0);
}

CASE(create_type_zero, -EINVAL)
{
	return make_map(bpf, 0, 4, 4, 1, 0);
}

CASE(create_no_entries, -EINVAL)
{
	return make_map(bpf, BPF_MAP_TYPE_ARRAY, 4, 4, 0, 0);
}

CASE(create_unknown_flag, -EINVAL)
{
	return make_map(bpf, BPF_MAP_TYPE_HASH, 4, 4, 1, 1U << 30);
}

CASE(create_both_directions, -EINVAL)
{
	return make_map(bpf, BPF_MAP_TYPE_ARRAY, 4, 4, 1, BPF_F_RDONLY | BPF_F_WRONLY);
}

CASE(create_bad_name, -EINVAL)
{
	return CALL(BPF_MAP_CREATE, .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4,
		    .max_entries = 1, .map_name = "a b");
}

CASE(create_unterminated_name, -EINVAL)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1
	};

	memset(attr.map_name, 'x', sizeof(attr.map_name));
	return bpf(BPF_MAP_CREATE, &attr, sizeof(attr));
}

CASE(create_name_with_dot, 0)
{
	return CALL(BPF_MAP_CREATE, .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4,
		    .max_entries = 1, .map_name = "x.rodata_1") < 0;
}

CASE(create_map_extra, -EINVAL)
{
	return CALL(BPF_MAP_CREATE, .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4,
		    .max_entries = 1, .map_extra = 1);
}

CASE(create_numa_node_unknown, -EINVAL)
{
	return CALL(BPF_MAP_CREATE, .map_type = BPF_MAP_TYPE_HASH, .key_size = 4, .value_size = 4,
		    .max_entries = 1, .map_flags = BPF_F_NUMA_NODE, .numa_node = 4000);
}

CASE(create_key_type_without_value_type, -EINVAL)
{
	return CALL(BPF_MAP_CREATE, .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4,
		    .max_entries = 1, .btf_key_type_id = 1);
}

CASE(create_btf_not_open, -EBADF)
{
	return CALL(BPF_MAP_CREATE, .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4,
		    .max_entries = 1, .btf_key_type_id = 1, .btf_value_type_id = 1,
		    .btf_fd = NO_FD);
}

CASE(create_btf_of_another_kind, -EINVAL)
{
	int map = array(bpf);

	return CALL(BPF_MAP_CREATE, .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4,
		    .max_entries = 1, .btf_key_type_id = 1, .btf_value_type_id = 1, .btf_fd = map);
}

/* Elements */

CASE(lookup_descriptor_not_open, -EBADF)
{
	u64 value;

	return element(bpf, BPF_MAP_LOOKUP_ELEM, NO_FD, &zero, &value, 0);
}

CASE(lookup_descriptor_of_a_file, -EINVAL)
{
	u64 value;

	return element(bpf, BPF_MAP_LOOKUP_ELEM, STDERR_FILENO, &zero, &value, 0);
}

CASE(lookup_descriptor_of_a_program, -EINVAL)
{
	u64 value;

	return element(bpf, BPF_MAP_LOOKUP_ELEM, make_prog(bpf, BPF_PROG_TYPE_SOCKET_FILTER, 0),
		       &zero, &value, 0);
}

CASE(lookup_null_key, -EFAULT)
{
	u64 value;

	return element(bpf, BPF_MAP_LOOKUP_ELEM, array(bpf), NULL, &value, 0);
}

CASE(lookup_null_value, -EFAULT)
{
	return element(bpf, BPF_MAP_LOOKUP_ELEM, array(bpf), &zero, NULL, 0);
}

CASE(lookup_unknown_flag, -EINVAL)
{
	u64 value;

	return element(bpf, BPF_MAP_LOOKUP_ELEM, array(bpf), &zero, &value, 1);
}

CASE(lookup_lock_without_a_lock, -EINVAL)
{
	u64 value;

	return element(bpf, BPF_MAP_LOOKUP_ELEM, array(bpf), &zero, &value, BPF_F_LOCK);
}

CASE(lookup_missing, -ENOENT)
{
	u64 value;

	return element(bpf, BPF_MAP_LOOKUP_ELEM, hash(bpf), &zero, &value, 0);
}

CASE(lookup_what_was_put, 42)
{
	int map = hash(bpf);
	u64 value = 42, found = 0;

	element(bpf, BPF_MAP_UPDATE_ELEM, map, &zero, &value, 0);
	element(bpf, BPF_MAP_LOOKUP_ELEM, map, &zero, &found, 0);
	return found;
}

CASE(lookup_a_large_value, 77)
{
	static u8 value[5000], found[5000];
	int map = make_map(bpf, BPF_MAP_TYPE_HASH, 4, sizeof(value), 1, 0);

	value[4999] = 77;
	element(bpf, BPF_MAP_UPDATE_ELEM, map, &zero, value, 0);
	element(bpf, BPF_MAP_LOOKUP_ELEM, map, &zero, found, 0);
	return found[4999];
}

CASE(lookup_write_only, -EPERM)
{
	u64 value;

	return element(bpf, BPF_MAP_LOOKUP_ELEM,
		       make_map(bpf, BPF_MAP_TYPE_ARRAY, 4, 8, 1, BPF_F_WRONLY), &zero, &value, 0);
}

CASE(update_read_only, -EPERM)
{
	u64 value = 0;

	return element(bpf, BPF_MAP_UPDATE_ELEM,
		       make_map(bpf, BPF_MAP_TYPE_ARRAY, 4, 8, 1, BPF_F_RDONLY), &zero, &value, 0);
}

CASE(update_null_value, -EFAULT)
{
	return element(bpf, BPF_MAP_UPDATE_ELEM, array(bpf), &zero, NULL, 0);
}

CASE(update_lock_without_a_lock, -EINVAL)
{
	u64 value = 0;

	return element(bpf, BPF_MAP_UPDATE_ELEM, array(bpf), &zero, &value, BPF_F_LOCK);
}

CASE(update_existing_with_noexist, -EEXIST)
{
	int map = hash(bpf);
	u64 value = 1;

	element(bpf, BPF_MAP_UPDATE_ELEM, map, &zero, &value, BPF_NOEXIST);
	return element(bpf, BPF_MAP_UPDATE_ELEM, map, &zero, &value, BPF_NOEXIST);
}

CASE(delete_missing, -ENOENT)
{
	return element(bpf, BPF_MAP_DELETE_ELEM, hash(bpf), &zero, NULL, 0);
}

CASE(delete_with_a_value, -EINVAL)
{
	u64 value;

	return element(bpf, BPF_MAP_DELETE_ELEM, hash(bpf), &zero, &value, 0);
}

CASE(delete_from_an_array, -EINVAL)
{
	return element(bpf, BPF_MAP_DELETE_ELEM, array(bpf), &zero, NULL, 0);
}

CASE(next_key_of_an_empty_hash, -ENOENT)
{
	u32 next;

	return element(bpf, BPF_MAP_GET_NEXT_KEY, hash(bpf), NULL, &next, 0);
}

CASE(next_key_null_result, -EFAULT)
{
	return element(bpf, BPF_MAP_GET_NEXT_KEY, array(bpf), NULL, NULL, 0);
}

CASE(next_key_of_an_array, 1)
{
	u32 next = 77;

	element(bpf, BPF_MAP_GET_NEXT_KEY, array(bpf), &zero, &next, 0);
	return next;
}

CASE(next_key_after_the_last, -ENOENT)
{
	u32 last = 3, next;

	return element(bpf, BPF_MAP_GET_NEXT_KEY, array(bpf), &last, &next, 0);
}

CASE(take_from_a_hash, 5)
{
	int map = hash(bpf);
	u64 value = 5, taken = 0;

	element(bpf, BPF_MAP_UPDATE_ELEM, map, &zero, &value, 0);
	if (element(bpf, BPF_MAP_LOOKUP_AND_DELETE_ELEM, map, &zero, &taken, 0))
		return -1;
	if (element(bpf, BPF_MAP_LOOKUP_ELEM, map, &zero, &value, 0) != -ENOENT)
		return -2;
	return taken;
}

CASE(take_from_an_array, -BU_ENOTSUPP)
{
	u64 value;

	return element(bpf, BPF_MAP_LOOKUP_AND_DELETE_ELEM, array(bpf), &zero, &value, 0);
}

CASE(take_unknown_flag, -EINVAL)
{
	u64 value;

	return element(bpf, BPF_MAP_LOOKUP_AND_DELETE_ELEM, hash(bpf), &zero, &value, 8);
}

/* BPF_MAP_FREEZE */

CASE(freeze_then_update, -EPERM)
{
	int map = array(bpf);
	u64 value = 1;

	if (CALL(BPF_MAP_FREEZE, .map_fd = map))
		return 0;
	return element(bpf, BPF_MAP_UPDATE_ELEM, map, &zero, &value, 0);
}

CASE(freeze_then_lookup, 0)
{
	int map = array(bpf);
	u64 value;

	CALL(BPF_MAP_FREEZE, .map_fd = map);
	return element(bpf, BPF_MAP_LOOKUP_ELEM, map, &zero, &value, 0);
}

CASE(freeze_then_delete, -EPERM)
{
	int map = hash(bpf);

	CALL(BPF_MAP_FREEZE, .map_fd = map);
	return element(bpf, BPF_MAP_DELETE_ELEM, map, &zero, NULL, 0);
}

CASE(freeze_twice, -EPERM)
{
	int map = array(bpf);

	CALL(BPF_MAP_FREEZE, .map_fd = map);
	return CALL(BPF_MAP_FREEZE, .map_fd = map);
}

CASE(freeze_read_only, -EPERM)
{
	return CALL(BPF_MAP_FREEZE,
		    .map_fd = make_map(bpf, BPF_MAP_TYPE_ARRAY, 4, 8, 1, BPF_F_RDONLY));
}

CASE(freeze_something_else, -EINVAL)
{
	return CALL(BPF_MAP_FREEZE, .map_fd = make_prog(bpf, BPF_PROG_TYPE_SOCKET_FILTER, 0));
}

CASE(freeze_with_more, -EINVAL)
{
	return CALL(BPF_MAP_FREEZE, .map_fd = array(bpf), .key = 1);
}

/* Batches */

static const u32 keys[] = { 1, 2, 3, 4, 5, 6, 7, 8 };
static const u64 values[] = { 10, 20, 30, 40, 50, 60, 70, 80 };

static int filled_hash(bpf_call bpf)
{
	int map = hash(bpf);

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
	int map = hash(bpf);

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

/* Sum of all values, three at a time. The kernel's buckets decide how many come at once. */
CASE(batch_lookup_in_parts, 360)
{
	u32 count = 3, found_keys[3], position;
	const void *from = NULL;
	u64 found[3];
	long sum = 0, result = 0;
	int map = filled_hash(bpf);

	while (!result) {
		count = 3;
		result = batch(bpf, BPF_MAP_LOOKUP_BATCH, map, from, &position, found_keys, found,
			       &count);
		if (result && result != -ENOENT)
			return result;
		for (u32 i = 0; i < count; i++)
			sum += found[i];
		from = &position;
	}
	return sum;
}

CASE(batch_take_in_parts, 360)
{
	u32 count = 4, found_keys[4], position, next;
	const void *from = NULL;
	u64 found[4];
	long sum = 0, result = 0;
	int map = filled_hash(bpf);

	while (!result) {
		count = 4;
		result = batch(bpf, BPF_MAP_LOOKUP_AND_DELETE_BATCH, map, from, &position,
			       found_keys, found, &count);
		if (result && result != -ENOENT)
			return result;
		for (u32 i = 0; i < count; i++)
			sum += found[i];
		from = &position;
	}
	return element(bpf, BPF_MAP_GET_NEXT_KEY, map, NULL, &next, 0) == -ENOENT ? sum : -1;
}

CASE(batch_lookup_of_an_array, 0)
{
	u32 count = 2, found_keys[2], position = 77;
	u64 found[2];
	int map = array(bpf);

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
	long result = batch(bpf, BPF_MAP_LOOKUP_BATCH, array(bpf), NULL, &position, found_keys,
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

	return batch(bpf, BPF_MAP_DELETE_BATCH, hash(bpf), NULL, NULL, NULL, NULL, &count);
}

CASE(batch_take_from_an_array, -BU_ENOTSUPP)
{
	u32 count = 1, position, key;
	u64 value;

	return batch(bpf, BPF_MAP_LOOKUP_AND_DELETE_BATCH, array(bpf), NULL, &position, &key,
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
		    .batch = { .map_fd = hash(bpf), .count = 1, .elem_flags = 64 });
}

CASE(batch_unknown_flags, -EINVAL)
{
	return CALL(BPF_MAP_LOOKUP_BATCH, .batch = { .map_fd = hash(bpf), .count = 1, .flags = 1 });
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

	attr.info.bpf_fd = array(bpf);
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
		    .info = { .bpf_fd = array(bpf), .info_len = 400, .info = (u64)info });
}

CASE(info_null, -EFAULT)
{
	return CALL(BPF_OBJ_GET_INFO_BY_FD, .info = { .bpf_fd = array(bpf), .info_len = 80 });
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
	int map = hash(bpf), again;

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

	map_id(bpf, array(bpf), &info);
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

	map_id(bpf, array(bpf), &info);
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
	int map = array(bpf);
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
	int map = array(bpf), other = dup(map);

	close(map);
	return map_id(bpf, other, &info);
}
