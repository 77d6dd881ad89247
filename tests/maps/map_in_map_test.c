// SPDX-License-Identifier: BSD-2-Clause
/* Maps of maps, as libbpf makes and fills them. Source of the errnos: kernel/bpf/map_in_map.c and
 * the same calls on Linux 6.18. */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpfunit/bpfunit.h>
#include <unistd.h>

#include "gone.h"
#include "map_in_map.skel.h"

#define NO_FD 12345

static uint32_t id_of(int map)
{
	struct bpf_map_info info = { 0 };
	uint32_t size = sizeof(info);

	EXPECT_OK(bpf_obj_get_info_by_fd(map, &info, &size));
	return info.id;
}

static int array_of(uint32_t entries, uint32_t flags)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = flags);

	return bpf_map_create(BPF_MAP_TYPE_ARRAY, "inner", 4, 8, entries, &opts);
}

static int outer_of(enum bpf_map_type type, int inner)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .inner_map_fd = inner);

	return bpf_map_create(type, "outer", 4, 4, 4, &opts);
}

BPF_TEST(map_in_map, initialised_by_libbpf)
{
	struct map_in_map_bpf *skel = BPFUNIT_LOAD(map_in_map_bpf);
	uint64_t args = 0;

	EXPECT_RUN(skel->progs.add_by_array, &args, 1);
	EXPECT_RUN(skel->progs.add_by_array, &args, 2);
	skel->bss->outer_key = 2;
	skel->bss->inner_key = 1;
	EXPECT_RUN(skel->progs.add_by_array, &args, 1);
	EXPECT_MAP_VALUE(skel->maps.one, 0u, 2ul);
	EXPECT_MAP_VALUE(skel->maps.two, 1u, 1ul);
	skel->bss->outer_key = 1; /* empty */
	EXPECT_RUN(skel->progs.add_by_array, &args, -1);
	skel->bss->outer_key = 3; /* beyond */
	EXPECT_RUN(skel->progs.add_by_array, &args, -1);
}

BPF_TEST(map_in_map, prog_array_initialised_by_libbpf)
{
	struct map_in_map_bpf *skel = BPFUNIT_LOAD(map_in_map_bpf);
	uint64_t args = 0;

	EXPECT_RUN(skel->progs.jump, &args, 1);
	skel->bss->outer_key = 2;
	EXPECT_RUN(skel->progs.jump, &args, 7);
}

BPF_TEST(map_in_map, hash_from_user_space)
{
	struct map_in_map_bpf *skel = BPFUNIT_LOAD(map_in_map_bpf);
	int outer = bpf_map__fd(skel->maps.outer_hash), one = bpf_map__fd(skel->maps.one);
	int two = bpf_map__fd(skel->maps.two);
	uint32_t key = 0, id = 0, next;
	uint64_t args = 0;

	EXPECT_RUN(skel->progs.add_by_hash, &args, -1);
	EXPECT_ERR(bpf_map_lookup_elem(outer, &key, &id), ENOENT);
	EXPECT_ERR(bpf_map_update_elem(outer, &key, &one, BPF_EXIST), ENOENT);
	EXPECT_OK(bpf_map_update_elem(outer, &key, &one, BPF_NOEXIST));
	EXPECT_ERR(bpf_map_update_elem(outer, &key, &one, BPF_NOEXIST), EEXIST);
	EXPECT_OK(bpf_map_lookup_elem(outer, &key, &id));
	EXPECT_EQ(id, id_of(one));
	EXPECT_RUN(skel->progs.add_by_hash, &args, 1);
	EXPECT_OK(bpf_map_update_elem(outer, &key, &two, BPF_ANY));
	EXPECT_OK(bpf_map_lookup_elem(outer, &key, &id));
	EXPECT_EQ(id, id_of(two));
	EXPECT_OK(bpf_map_get_next_key(outer, NULL, &next));
	EXPECT_EQ(next, key);
	EXPECT_ERR(bpf_map_lookup_and_delete_elem(outer, &key, &id), 524);
	EXPECT_OK(bpf_map_delete_elem(outer, &key));
	EXPECT_ERR(bpf_map_delete_elem(outer, &key), ENOENT);
	EXPECT_RUN(skel->progs.add_by_hash, &args, -1);
}

static void check_update_errnos(enum bpf_map_type type)
{
	int inner = array_of(2, 0), larger = array_of(3, 0), flagged = array_of(2, BPF_F_MMAPABLE);
	int outer = outer_of(type, inner), nested = NO_FD;
	int hash = bpf_map_create(BPF_MAP_TYPE_HASH, "hash", 4, 8, 2, NULL);
	int narrow = bpf_map_create(BPF_MAP_TYPE_ARRAY, "narrow", 4, 4, 2, NULL);
	uint32_t key = 1;

	ASSERT_OK(outer);
	EXPECT_OK(bpf_map_update_elem(outer, &key, &inner, BPF_ANY));
	EXPECT_ERR(bpf_map_update_elem(outer, &key, &larger, BPF_ANY), EINVAL);
	EXPECT_ERR(bpf_map_update_elem(outer, &key, &flagged, BPF_ANY), EINVAL);
	EXPECT_ERR(bpf_map_update_elem(outer, &key, &hash, BPF_ANY), EINVAL);
	EXPECT_ERR(bpf_map_update_elem(outer, &key, &narrow, BPF_ANY), EINVAL);
	EXPECT_ERR(bpf_map_update_elem(outer, &key, &outer, BPF_ANY), EINVAL);
	EXPECT_ERR(bpf_map_update_elem(outer, &key, &nested, BPF_ANY), EBADF);
	nested = dup(0);
	EXPECT_ERR(bpf_map_update_elem(outer, &key, &nested, BPF_ANY), EINVAL);
	EXPECT_ERR(bpf_map_update_elem(outer, &key, &inner, 17), EINVAL);
	close(nested);
}

BPF_TEST(map_in_map, refuses_maps_unlike_the_template)
{
	check_update_errnos(BPF_MAP_TYPE_ARRAY_OF_MAPS);
	check_update_errnos(BPF_MAP_TYPE_HASH_OF_MAPS);
}

BPF_TEST(map_in_map, create_errnos)
{
	static const enum bpf_map_type types[] = { BPF_MAP_TYPE_ARRAY_OF_MAPS,
						   BPF_MAP_TYPE_HASH_OF_MAPS };
	int progs = bpf_map_create(BPF_MAP_TYPE_PROG_ARRAY, "progs", 4, 4, 1, NULL);
	int inner = array_of(2, 0), other = dup(0);

	for (int i = 0; i < 2; i++) {
		LIBBPF_OPTS(bpf_map_create_opts, opts, .inner_map_fd = inner);
		int outer = outer_of(types[i], inner);

		ASSERT_OK(outer);
		EXPECT_ERR(outer_of(types[i], NO_FD), EBADF);
		EXPECT_ERR(outer_of(types[i], other), EINVAL);
		EXPECT_ERR(outer_of(types[i], outer), EINVAL); /* one level */
		EXPECT_ERR(outer_of(types[i], progs), 524);    /* ENOTSUPP */
		EXPECT_ERR(bpf_map_create(types[i], "outer", 4, 8, 4, &opts), EINVAL);
		EXPECT_ERR(bpf_map_create(types[i], "outer", 4, 4, 0, &opts), EINVAL);
		EXPECT_ERR(bpf_map_create(types[i], "outer", 0, 4, 4, &opts), EINVAL);
	}
	close(other);
}

BPF_TEST(map_in_map, array_errnos)
{
	int inner = array_of(2, 0), outer = outer_of(BPF_MAP_TYPE_ARRAY_OF_MAPS, inner);
	uint32_t key = 1, beyond = 4, id = 0;

	ASSERT_OK(outer);
	EXPECT_ERR(bpf_map_lookup_elem(outer, &key, &id), ENOENT);
	EXPECT_ERR(bpf_map_lookup_elem(outer, &beyond, &id), ENOENT);
	EXPECT_ERR(bpf_map_update_elem(outer, &beyond, &inner, BPF_ANY), E2BIG);
	EXPECT_ERR(bpf_map_update_elem(outer, &key, &inner, BPF_NOEXIST), EINVAL);
	EXPECT_ERR(bpf_map_update_elem(outer, &key, &inner, BPF_EXIST), EINVAL);
	EXPECT_ERR(bpf_map_delete_elem(outer, &key), ENOENT);
	EXPECT_ERR(bpf_map_delete_elem(outer, &beyond), E2BIG);
	EXPECT_OK(bpf_map_update_elem(outer, &key, &inner, BPF_ANY));
	EXPECT_OK(bpf_map_lookup_elem(outer, &key, &id));
	EXPECT_EQ(id, id_of(inner));
	EXPECT_ERR(bpf_map_lookup_and_delete_elem(outer, &key, &id), 524);
	EXPECT_OK(bpf_map_delete_elem(outer, &key));
}

BPF_TEST(map_in_map, inner_map_flag_permits_any_size)
{
	int inner = array_of(2, BPF_F_INNER_MAP), larger = array_of(3, BPF_F_INNER_MAP);
	int outer = outer_of(BPF_MAP_TYPE_ARRAY_OF_MAPS, inner), plain = array_of(2, 0);
	uint32_t key = 0;

	EXPECT_OK(bpf_map_update_elem(outer, &key, &larger, BPF_ANY));
	EXPECT_ERR(bpf_map_update_elem(outer, &key, &plain, BPF_ANY), EINVAL);
}

/* The outer map keeps its maps; the template itself may go. */
BPF_TEST(map_in_map, keeps_its_maps)
{
	static const enum bpf_map_type types[] = { BPF_MAP_TYPE_ARRAY_OF_MAPS,
						   BPF_MAP_TYPE_HASH_OF_MAPS };

	for (int i = 0; i < 2; i++) {
		int inner = array_of(2, 0), template = array_of(2, 0);
		int outer = outer_of(types[i], template), fd;
		uint32_t key = 1, id = id_of(inner);
		uint64_t value = 42;

		close(template);
		EXPECT_OK(bpf_map_update_elem(inner, &key, &value, BPF_ANY));
		EXPECT_OK(bpf_map_update_elem(outer, &key, &inner, BPF_ANY));
		close(inner);
		fd = bpf_map_get_fd_by_id(id);
		ASSERT_OK(fd);
		value = 0;
		EXPECT_OK(bpf_map_lookup_elem(fd, &key, &value));
		EXPECT_EQ(value, 42);
		close(fd);
		EXPECT_OK(bpf_map_delete_elem(outer, &key));
		EXPECT_TRUE(is_gone(bpf_map_get_fd_by_id, id));
		inner = array_of(2, 0);
		id = id_of(inner);
		EXPECT_OK(bpf_map_update_elem(outer, &key, &inner, BPF_ANY));
		close(inner);
		close(outer);
		EXPECT_TRUE(is_gone(bpf_map_get_fd_by_id, id));
	}
}

BPF_TEST(map_in_map, batches)
{
	int inner = array_of(2, 0), fds[2] = { inner, inner };
	int array = outer_of(BPF_MAP_TYPE_ARRAY_OF_MAPS, inner);
	int hash = outer_of(BPF_MAP_TYPE_HASH_OF_MAPS, inner);
	uint32_t keys[4] = { 0, 1 }, ids[4] = { 0 }, count = 2, out;
	LIBBPF_OPTS(bpf_map_batch_opts, opts);

	EXPECT_OK(bpf_map_update_batch(array, keys, fds, &count, &opts));
	EXPECT_OK(bpf_map_update_batch(hash, keys, fds, &count, &opts));
	count = 4;
	EXPECT_ERR(bpf_map_lookup_batch(hash, NULL, &out, keys, ids, &count, &opts), ENOENT);
	EXPECT_EQ(count, 2);
	EXPECT_EQ(ids[0], id_of(inner));
	EXPECT_EQ(ids[1], id_of(inner));
	count = 2;
	EXPECT_OK(bpf_map_delete_batch(hash, keys, &count, &opts));
	EXPECT_ERR(bpf_map_lookup_elem(hash, keys, ids), ENOENT);
}

/* What a program has looked up stays a map until the program ends. */
static int64_t delete_inner(struct bpfunit_call *call)
{
	struct map_in_map_bpf *skel = call->arg;
	uint32_t key = 0;

	bpf_map_delete_elem(bpf_map__fd(skel->maps.outer_hash), &key);
	return 0;
}

BPF_TEST(map_in_map, removed_while_a_program_holds_it)
{
	struct map_in_map_bpf *skel = BPFUNIT_LOAD(map_in_map_bpf);
	int inner = array_of(2, 0), outer = bpf_map__fd(skel->maps.outer_hash);
	uint32_t key = 0, id = id_of(inner);
	uint64_t args = 0;

	EXPECT_OK(bpf_map_update_elem(outer, &key, &inner, BPF_ANY));
	close(inner);
	BPFUNIT_MOCK(BPF_FUNC_get_current_pid_tgid, .callback = delete_inner, .arg = skel);
	EXPECT_RUN(skel->progs.add_by_hash, &args, 1);
	EXPECT_TRUE(is_gone(bpf_map_get_fd_by_id, id));
	EXPECT_RUN(skel->progs.add_by_hash, &args, -1);
}

BPF_TEST(map_in_map, of_ring_buffers)
{
	struct map_in_map_bpf *skel = BPFUNIT_LOAD(map_in_map_bpf);
	int ring = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "ring", 0, 0, 4096, NULL);
	uint32_t key = 0;
	uint64_t args = 0;

	EXPECT_RUN(skel->progs.output, &args, -1);
	EXPECT_OK(bpf_map_update_elem(bpf_map__fd(skel->maps.rings), &key, &ring, BPF_ANY));
	EXPECT_RUN(skel->progs.output, &args, 0);
}

/* BTF of keys and values is refused. Source: map_check_no_btf(). */
BPF_TEST(map_in_map, no_btf)
{
	struct map_in_map_bpf *skel = BPFUNIT_LOAD(map_in_map_bpf);
	int inner = array_of(2, 0);
	LIBBPF_OPTS(bpf_map_create_opts, opts, .inner_map_fd = inner);

	opts.btf_fd = bpf_object__btf_fd(skel->obj);
	opts.btf_key_type_id = btf__find_by_name(bpf_object__btf(skel->obj), "__u32");
	opts.btf_value_type_id = opts.btf_key_type_id;
	EXPECT_ERR(bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, "outer", 4, 4, 4, &opts), 524);
	EXPECT_ERR(bpf_map_create(BPF_MAP_TYPE_HASH_OF_MAPS, "outer", 4, 4, 4, &opts), 524);
}
