// SPDX-License-Identifier: BSD-2-Clause
/* The commands about maps, and the rules about attributes. */
#include "call.h"

#include <sys/mman.h>

#define CASE(name, expected) CASES(map_calls, name, expected)
#define NO_FD                9999

static const u32 zero;

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
	int map = make_array(bpf);

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

	return element(bpf, BPF_MAP_LOOKUP_ELEM, make_array(bpf), NULL, &value, 0);
}

CASE(lookup_null_value, -EFAULT)
{
	return element(bpf, BPF_MAP_LOOKUP_ELEM, make_array(bpf), &zero, NULL, 0);
}

CASE(lookup_unknown_flag, -EINVAL)
{
	u64 value;

	return element(bpf, BPF_MAP_LOOKUP_ELEM, make_array(bpf), &zero, &value, 1);
}

CASE(lookup_lock_without_a_lock, -EINVAL)
{
	u64 value;

	return element(bpf, BPF_MAP_LOOKUP_ELEM, make_array(bpf), &zero, &value, BPF_F_LOCK);
}

CASE(lookup_missing, -ENOENT)
{
	u64 value;

	return element(bpf, BPF_MAP_LOOKUP_ELEM, make_hash(bpf), &zero, &value, 0);
}

CASE(lookup_what_was_put, 42)
{
	int map = make_hash(bpf);
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
	return element(bpf, BPF_MAP_UPDATE_ELEM, make_array(bpf), &zero, NULL, 0);
}

CASE(update_lock_without_a_lock, -EINVAL)
{
	u64 value = 0;

	return element(bpf, BPF_MAP_UPDATE_ELEM, make_array(bpf), &zero, &value, BPF_F_LOCK);
}

CASE(update_existing_with_noexist, -EEXIST)
{
	int map = make_hash(bpf);
	u64 value = 1;

	element(bpf, BPF_MAP_UPDATE_ELEM, map, &zero, &value, BPF_NOEXIST);
	return element(bpf, BPF_MAP_UPDATE_ELEM, map, &zero, &value, BPF_NOEXIST);
}

CASE(delete_missing, -ENOENT)
{
	return element(bpf, BPF_MAP_DELETE_ELEM, make_hash(bpf), &zero, NULL, 0);
}

CASE(delete_with_a_value, -EINVAL)
{
	u64 value;

	return element(bpf, BPF_MAP_DELETE_ELEM, make_hash(bpf), &zero, &value, 0);
}

CASE(delete_from_an_array, -EINVAL)
{
	return element(bpf, BPF_MAP_DELETE_ELEM, make_array(bpf), &zero, NULL, 0);
}

CASE(next_key_of_an_empty_hash, -ENOENT)
{
	u32 next;

	return element(bpf, BPF_MAP_GET_NEXT_KEY, make_hash(bpf), NULL, &next, 0);
}

CASE(next_key_null_result, -EFAULT)
{
	return element(bpf, BPF_MAP_GET_NEXT_KEY, make_array(bpf), NULL, NULL, 0);
}

CASE(next_key_of_an_array, 1)
{
	u32 next = 77;

	element(bpf, BPF_MAP_GET_NEXT_KEY, make_array(bpf), &zero, &next, 0);
	return next;
}

CASE(next_key_after_the_last, -ENOENT)
{
	u32 last = 3, next;

	return element(bpf, BPF_MAP_GET_NEXT_KEY, make_array(bpf), &last, &next, 0);
}

CASE(take_from_a_hash, 5)
{
	int map = make_hash(bpf);
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

	return element(bpf, BPF_MAP_LOOKUP_AND_DELETE_ELEM, make_array(bpf), &zero, &value, 0);
}

CASE(take_unknown_flag, -EINVAL)
{
	u64 value;

	return element(bpf, BPF_MAP_LOOKUP_AND_DELETE_ELEM, make_hash(bpf), &zero, &value, 8);
}

/* BPF_MAP_FREEZE */

CASE(freeze_then_update, -EPERM)
{
	int map = make_array(bpf);
	u64 value = 1;

	if (CALL(BPF_MAP_FREEZE, .map_fd = map))
		return 0;
	return element(bpf, BPF_MAP_UPDATE_ELEM, map, &zero, &value, 0);
}

CASE(freeze_then_lookup, 0)
{
	int map = make_array(bpf);
	u64 value;

	CALL(BPF_MAP_FREEZE, .map_fd = map);
	return element(bpf, BPF_MAP_LOOKUP_ELEM, map, &zero, &value, 0);
}

CASE(freeze_then_delete, -EPERM)
{
	int map = make_hash(bpf);

	CALL(BPF_MAP_FREEZE, .map_fd = map);
	return element(bpf, BPF_MAP_DELETE_ELEM, map, &zero, NULL, 0);
}

/* mmap(2) of either kernel's descriptor. */
static void *map_words(bpf_call bpf, int fd, int prot)
{
	if (bpf == host_bpf)
		return (void *)bu_host_syscall(SYS_mmap, 0, 4096, prot, MAP_SHARED, fd, 0);
	return mmap(NULL, 4096, prot, MAP_SHARED, fd, 0);
}

static int make_mappable(bpf_call bpf)
{
	return make_map(bpf, BPF_MAP_TYPE_ARRAY, 4, 8, 4, BPF_F_MMAPABLE);
}

CASE(freeze_while_written, -EBUSY)
{
	int fd = make_mappable(bpf);
	void *words = map_words(bpf, fd, PROT_READ | PROT_WRITE);
	long result = CALL(BPF_MAP_FREEZE, .map_fd = fd);

	munmap(words, 4096);
	return result;
}

CASE(freeze_after_writing, 0)
{
	int fd = make_mappable(bpf);

	munmap(map_words(bpf, fd, PROT_READ | PROT_WRITE), 4096);
	return CALL(BPF_MAP_FREEZE, .map_fd = fd);
}

CASE(freeze_while_read, 0)
{
	int fd = make_mappable(bpf);
	void *words = map_words(bpf, fd, PROT_READ);
	long result = CALL(BPF_MAP_FREEZE, .map_fd = fd);

	munmap(words, 4096);
	return result;
}

CASE(freeze_twice, -EPERM)
{
	int map = make_array(bpf);

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
	return CALL(BPF_MAP_FREEZE, .map_fd = make_array(bpf), .key = 1);
}
