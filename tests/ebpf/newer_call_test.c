// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the attributes of BPF_PROG_LOAD and BPF_MAP_CREATE have gained in Linux 6.13 - 6.18, by
 * their offsets: the headers that we build with may lack them. Callers may be older (shorter) or
 * newer (longer, with zeros) than the kernel.
 */
#include "prog_call.h"

#define CASE(name, expected) CASES(newer_calls, name, expected)

enum {
	MAP_TOKEN = 76,
	EXCL_PROG_HASH = 80,
	EXCL_PROG_HASH_SIZE = 88,
	MAP_CREATE_END = 92,
	FD_ARRAY = 120,
	PROG_TOKEN = 144,
	FD_ARRAY_CNT = 148,
	SIGNATURE = 152,
	KEYRING_ID = 164,
	PROG_LOAD_END = 168,
	TOKEN_FD = 1U << 16,
};

union newer {
	union bpf_attr attr;
	u8 bytes[4096];
};

static void put32(union newer *all, u32 at, u32 value)
{
	memcpy(all->bytes + at, &value, sizeof(value));
}

static void put64(union newer *all, u32 at, u64 value)
{
	memcpy(all->bytes + at, &value, sizeof(value));
}

static union newer filter(void)
{
	return (union newer){ .attr = { .prog_type = FILTER,
					.insns = (u64)two,
					.insn_cnt = 2,
					.license = (u64) "GPL" } };
}

static union newer array(void)
{
	return (union newer){ .attr = { .map_type = BPF_MAP_TYPE_ARRAY,
					.key_size = 4,
					.value_size = 8,
					.max_entries = 4 } };
}

CASE(load_of_a_newer_caller, 0)
{
	union newer all = filter();

	return ok(bpf(BPF_PROG_LOAD, &all, sizeof(all)));
}

CASE(load_of_a_newer_caller_who_means_it, -E2BIG)
{
	union newer all = filter();

	put32(&all, PROG_LOAD_END, 1);
	return bpf(BPF_PROG_LOAD, &all, PROG_LOAD_END + 8);
}

CASE(load_of_more_than_a_page, -E2BIG)
{
	union newer all = filter();

	return bpf(BPF_PROG_LOAD, &all, sizeof(all) + 1);
}

CASE(load_of_an_older_caller, 0)
{
	union newer all = filter();

	memset(all.bytes + 48, 0xff, sizeof(all) - 48);
	return ok(bpf(BPF_PROG_LOAD, &all, 48));
}

CASE(load_keyring_without_a_signature, 0)
{
	union newer all = filter();

	put32(&all, KEYRING_ID, 7);
	return ok(bpf(BPF_PROG_LOAD, &all, PROG_LOAD_END));
}

CASE(load_signed, -EOPNOTSUPP)
{
	union newer all = filter();

	put64(&all, SIGNATURE, (u64)two);
	put32(&all, SIGNATURE + 8, sizeof(two));
	return bpf(BPF_PROG_LOAD, &all, PROG_LOAD_END);
}

/* fd_array_cnt */

static long load_with(bpf_call bpf, const int *fds, u32 count)
{
	union newer all = filter();

	put64(&all, FD_ARRAY, (u64)fds);
	put32(&all, FD_ARRAY_CNT, count);
	return bpf(BPF_PROG_LOAD, &all, PROG_LOAD_END);
}

CASE(load_binds_descriptors, 2)
{
	int fds[] = { make_array(bpf), make_hash(bpf), -1 };
	struct bpf_prog_info info = { 0 };

	fds[2] = fds[0];
	if (describe(bpf, load_with(bpf, fds, 3), &info))
		return -1;
	return info.nr_map_ids;
}

CASE(load_binds_no_program, -EINVAL)
{
	int fds[] = { make_prog(bpf, FILTER, 0) };

	return load_with(bpf, fds, 1);
}

CASE(load_binds_no_closed_descriptor, -EBADF)
{
	int fds[] = { make_array(bpf), NO_FD };

	return load_with(bpf, fds, 2);
}

CASE(load_binds_from_nowhere, -EFAULT)
{
	return load_with(bpf, NULL, 1);
}

CASE(load_binds_too_many, -EINVAL)
{
	int fds[] = { make_array(bpf) };

	return load_with(bpf, fds, UINT32_MAX / sizeof(int));
}

CASE(load_binds_more_than_a_program_may_use, -E2BIG)
{
	int fds[65];

	for (int i = 0; i < 65; i++)
		fds[i] = make_array(bpf);
	return load_with(bpf, fds, 65);
}

/* excl_prog_hash */

static long exclusive(bpf_call bpf, u64 hash, u32 size)
{
	union newer all = array();

	put64(&all, EXCL_PROG_HASH, hash);
	put32(&all, EXCL_PROG_HASH_SIZE, size);
	return bpf(BPF_MAP_CREATE, &all, MAP_CREATE_END);
}

CASE(exclusive_map_hash_of_another_size, -EINVAL)
{
	return exclusive(bpf, (u64)two, 16);
}

CASE(exclusive_map_size_alone, -EINVAL)
{
	return exclusive(bpf, 0, 32);
}

CASE(exclusive_map_of_bad_memory, -EFAULT)
{
	return exclusive(bpf, 1, 32);
}

CASE(exclusive_map_is_not_for_others, -EACCES)
{
	static const u8 hash[32] = { 1 };
	int fds[] = { exclusive(bpf, (u64)hash, sizeof(hash)) };

	return fds[0] < 0 ? -1 : load_with(bpf, fds, 1);
}

/* The hash is of the instructions without descriptors. */
CASE(exclusive_map_is_for_its_program, 0)
{
	static const u8 hash[32] = { 0x0b, 0xd0, 0x16, 0x86, 0x76, 0xc7, 0xc7, 0x79,
				     0xbf, 0x91, 0x3a, 0x19, 0x98, 0xc8, 0x2d, 0x13,
				     0xdd, 0xa4, 0x6d, 0x60, 0x13, 0x63, 0xc5, 0xa5,
				     0x19, 0xf4, 0x63, 0x25, 0x7f, 0x0a, 0x5a, 0x4b };
	int map = exclusive(bpf, (u64)hash, sizeof(hash));
	const struct bpf_insn insns[] = { LDDW(BPF_PSEUDO_MAP_FD, 1, map, 0), MOV(0, 0), EXIT };

	return map < 0 ? -1 : ok(LOAD(insns));
}

CASE(exclusive_map_is_not_for_another_program, -EACCES)
{
	static const u8 hash[32] = { 1 };
	int map = exclusive(bpf, (u64)hash, sizeof(hash));
	const struct bpf_insn insns[] = { LDDW(BPF_PSEUDO_MAP_FD, 1, map, 0), MOV(0, 0), EXIT };

	return map < 0 ? -1 : LOAD(insns);
}

/* fd_array is read before the hash is made. */
CASE(exclusive_map_cannot_be_bound, -EACCES)
{
	static const u8 hash[32] = { 0x59, 0xf4, 0xa9, 0x31, 0x74, 0x4d, 0xcd, 0xc6,
				     0x29, 0x44, 0xa0, 0x18, 0xed, 0x39, 0x90, 0xe6,
				     0x66, 0xec, 0x64, 0x44, 0x61, 0x64, 0x18, 0xd3,
				     0xb0, 0x9a, 0x82, 0xdc, 0x5c, 0x75, 0x3d, 0x52 };
	int fds[] = { exclusive(bpf, (u64)hash, sizeof(hash)) };

	return fds[0] < 0 ? -1 : load_with(bpf, fds, 1);
}

CASE(map_of_a_newer_caller_who_means_it, -EINVAL)
{
	union newer all = array();

	put32(&all, MAP_CREATE_END, 1);
	return bpf(BPF_MAP_CREATE, &all, MAP_CREATE_END + 4);
}

/* Devices */

static long load_on(bpf_call bpf, u32 type, u32 flags)
{
	return LOAD(two, .prog_type = type, .prog_flags = flags, .prog_ifindex = 1);
}

CASE(load_filter_for_a_device, -EINVAL)
{
	return load_on(bpf, FILTER, 0);
}

CASE(load_xdp_for_loopback, -EOPNOTSUPP)
{
	return load_on(bpf, BPF_PROG_TYPE_XDP, 0);
}

CASE(load_xdp_bound_to_loopback, -EOPNOTSUPP)
{
	return load_on(bpf, BPF_PROG_TYPE_XDP, 1U << 6);
}

CASE(load_classifier_bound_to_a_device, -EINVAL)
{
	return load_on(bpf, BPF_PROG_TYPE_SCHED_CLS, 1U << 6);
}

CASE(load_xdp_with_fragments_for_a_device, -EINVAL)
{
	return load_on(bpf, BPF_PROG_TYPE_XDP, BPF_F_XDP_HAS_FRAGS);
}

CASE(load_for_no_device, -EINVAL)
{
	return LOAD(two, .prog_type = BPF_PROG_TYPE_XDP, .prog_ifindex = 99999);
}

CASE(map_for_loopback, -EOPNOTSUPP)
{
	union newer all = array();

	all.attr.map_ifindex = 1;
	return bpf(BPF_MAP_CREATE, &all, MAP_CREATE_END);
}

CASE(map_for_no_device, -EINVAL)
{
	union newer all = array();

	all.attr.map_ifindex = 99999;
	return bpf(BPF_MAP_CREATE, &all, MAP_CREATE_END);
}

/* Flags, names and what belongs to them */

CASE(load_sleepable_filter, -EINVAL)
{
	return LOAD(two, .prog_flags = BPF_F_SLEEPABLE);
}

CASE(load_sleepable_kprobe, 0)
{
	return ok(LOAD(two, .prog_type = BPF_PROG_TYPE_KPROBE, .prog_flags = BPF_F_SLEEPABLE));
}

CASE(load_syscall_program_that_may_not_sleep, -EINVAL)
{
	return LOAD(two, .prog_type = BPF_PROG_TYPE_SYSCALL);
}

CASE(load_all_flags, -EINVAL)
{
	return LOAD(two, .prog_flags = UINT32_MAX);
}

static long load_by_token(bpf_call bpf, int token)
{
	union newer all = filter();

	all.attr.prog_flags = TOKEN_FD;
	put32(&all, PROG_TOKEN, token);
	return bpf(BPF_PROG_LOAD, &all, PROG_LOAD_END);
}

CASE(load_with_a_closed_token, -EBADF)
{
	return load_by_token(bpf, NO_FD);
}

CASE(load_with_a_map_as_token, -EINVAL)
{
	return load_by_token(bpf, make_array(bpf));
}

CASE(load_name_in_latin, 0)
{
	return ok(LOAD(two, .prog_name = "\xe4\xff"));
}

CASE(load_name_with_a_division_sign, -EINVAL)
{
	return LOAD(two, .prog_name = "\xf7");
}

CASE(map_read_and_write_only, -EINVAL)
{
	return make_map(bpf, BPF_MAP_TYPE_HASH, 4, 8, 1, BPF_F_RDONLY | BPF_F_WRONLY | 1U << 16);
}

static long map_by_token(bpf_call bpf, int token)
{
	union newer all = array();

	all.attr.map_flags = TOKEN_FD;
	put32(&all, MAP_TOKEN, token);
	return bpf(BPF_MAP_CREATE, &all, MAP_CREATE_END);
}

CASE(map_with_a_closed_token, -EBADF)
{
	return map_by_token(bpf, NO_FD);
}

CASE(map_with_a_map_as_token, -EINVAL)
{
	return map_by_token(bpf, make_array(bpf));
}

/* int; struct { int } */
static const u32 types[] = { 0x1eb9f,   24, 0,         40, 40, 5, 1, 0x1000000,  4,
			     0x1000020, 0,  0x4000001, 4,  1,  1, 0, 0x746e6900, 0 };

static long typed(bpf_call bpf, u32 type, u32 key, u32 value)
{
	union bpf_attr attr = { .btf = (u64)types, .btf_size = 69 };
	long btf = bpf(BPF_BTF_LOAD, &attr, 32);

	if (btf < 0)
		return -ENOEXEC;
	return ok(CALL(BPF_MAP_CREATE, .map_type = type, .key_size = 4, .value_size = 4,
		       .max_entries = 1, .btf_fd = btf, .btf_key_type_id = key,
		       .btf_value_type_id = value));
}

CASE(hash_of_types, 0)
{
	return typed(bpf, BPF_MAP_TYPE_HASH, 2, 2);
}

CASE(hash_without_a_type_of_keys, -EINVAL)
{
	return typed(bpf, BPF_MAP_TYPE_HASH, 0, 1);
}

CASE(array_of_types, 0)
{
	return typed(bpf, BPF_MAP_TYPE_ARRAY, 1, 2);
}

CASE(array_without_a_type_of_keys, -EINVAL)
{
	return typed(bpf, BPF_MAP_TYPE_ARRAY, 0, 1);
}

CASE(array_with_keys_of_a_struct, -EINVAL)
{
	return typed(bpf, BPF_MAP_TYPE_ARRAY, 2, 1);
}

CASE(batch_delete_from_an_array, -BU_ENOTSUPP)
{
	u32 key = 0;

	return CALL(BPF_MAP_DELETE_BATCH,
		    .batch = { .map_fd = make_array(bpf), .keys = (u64)&key, .count = 1 });
}
