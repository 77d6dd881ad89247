// SPDX-License-Identifier: BSD-2-Clause
/*
 * Struct_ops maps: registered through libbpf, called from tests, and each state and errno at the
 * level of bpf(2). Source of the errnos: kernel/bpf/bpf_struct_ops.c (6.12); Linux 6.18 answers
 * these calls in the same way for a struct tcp_congestion_ops.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpfunit/bpfunit.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../framework/inner.h"
#include "ebpf/uapi.h"
#include "map_programs.skel.h"
#include "struct_ops.skel.h"
#include "user_ringbuf.skel.h"

#define ENOTSUPP   524
#define STRUCT_OPS BPF_MAP_TYPE_STRUCT_OPS
#define F_LINK     (1U << 13)
#define DATA       64 /* place of the struct in the value */

enum { INIT, INUSE, TOBEFREE, READY };

struct common {
	uint32_t refcnt, state;
};

static struct struct_ops_bpf *skel;
static uint32_t value_id, value_size;

static struct common state_of(int map)
{
	uint32_t key = 0;
	void *value = calloc(1, value_size);
	struct common common = { 0 };

	EXPECT_OK(bpf_map_lookup_elem(map, &key, value));
	memcpy(&common, value, sizeof(common));
	free(value);
	return common;
}

static void set_up(void)
{
	struct bpf_map_info info = { 0 };
	uint32_t size = sizeof(info);

	skel = BPFUNIT_LOAD(struct_ops_bpf);
	ASSERT_OK(bpf_obj_get_info_by_fd(bpf_map__fd(skel->maps.demo), &info, &size));
	value_id = info.btf_vmlinux_value_type_id;
	value_size = info.value_size;
}

BPF_TEST(struct_ops, registers_and_calls)
{
	struct bpf_link *link;
	void *state;

	set_up();
	state = BPFUNIT_KOBJ("demo_state");
	link = bpf_map__attach_struct_ops(skel->maps.demo);
	ASSERT_NOT_NULL(link);
	EXPECT_EQ(BPFUNIT_STRUCT_OPS_CALL(skel->maps.demo, "compute", 2, 5), -3);
	EXPECT_EQ(BPFUNIT_STRUCT_OPS_CALL(skel->maps.demo, "wide", 3), 3LL << 32);
	EXPECT_EQ(BPFUNIT_STRUCT_OPS_CALL(skel->maps.demo, "narrow"), 0xff);
	KOBJ_SET(state, "users", 17);
	EXPECT_EQ(BPFUNIT_STRUCT_OPS_CALL(skel->maps.demo, "note", (uintptr_t)state), 0);
	EXPECT_EQ(skel->bss->seen, 17);
	EXPECT_OK(bpf_link__destroy(link));
}

BPF_TEST(struct_ops, faults_are_reported)
{
	struct bpf_link *link;

	set_up();
	link = bpf_map__attach_struct_ops(skel->maps.demo);
	ASSERT_NOT_NULL(link);
	EXPECT_FAULT(BPFUNIT_FAULT_NULL_POINTER,
		     BPFUNIT_STRUCT_OPS_CALL(skel->maps.demo, "note", 0));
	bpf_link__destroy(link);
}

BPF_TEST(struct_ops, states)
{
	uint32_t key = 0, next;
	struct bpf_link *link;
	int map;

	set_up();
	map = bpf_map__fd(skel->maps.demo);
	EXPECT_EQ(state_of(map).state, INIT);
	EXPECT_ERR(bpf_map_delete_elem(map, &key), ENOENT);
	link = bpf_map__attach_struct_ops(skel->maps.demo);
	ASSERT_NOT_NULL(link);
	EXPECT_EQ(state_of(map).state, INUSE);
	EXPECT_EQ(state_of(map).refcnt, 1);
	EXPECT_NULL(bpf_map__attach_struct_ops(skel->maps.demo));
	EXPECT_EQ(errno, EBUSY);
	EXPECT_OK(bpf_map_delete_elem(map, &key));
	EXPECT_EQ(state_of(map).state, TOBEFREE);
	EXPECT_EQ(state_of(map).refcnt, 0);
	EXPECT_ERR(bpf_map_delete_elem(map, &key), EINPROGRESS);
	EXPECT_OK(bpf_map_get_next_key(map, NULL, &next));
	EXPECT_EQ(next, 0);
	EXPECT_ERR(bpf_map_get_next_key(map, &next, &next), ENOENT);
	bpf_link__disconnect(link);
	bpf_link__destroy(link);
}

/* Registered maps need no descriptor; another object can unregister them by id. */
BPF_TEST(struct_ops, lives_while_registered)
{
	struct bpf_map_info info = { 0 };
	uint32_t size = sizeof(info), key = 0;
	struct bpf_object *object = NULL;
	struct bpf_link *link;
	int fd;

	set_up();
	link = bpf_map__attach_struct_ops(skel->maps.demo);
	ASSERT_NOT_NULL(link);
	ASSERT_OK(bpf_obj_get_info_by_fd(bpf_map__fd(skel->maps.demo), &info, &size));
	bpf_link__disconnect(link);
	bpf_link__destroy(link);
	fd = dup(bpf_map__fd(skel->maps.demo));
	close(fd);
	(void)object;
	fd = bpf_map_get_fd_by_id(info.id);
	ASSERT_OK(fd);
	EXPECT_EQ(state_of(fd).state, INUSE);
	EXPECT_OK(bpf_map_delete_elem(fd, &key));
	close(fd);
}

BPF_TEST(struct_ops, value_has_program_ids)
{
	struct bpf_prog_info info = { 0 };
	uint32_t size = sizeof(info), key = 0;
	uint8_t value[256] = { 0 };
	uint64_t id;
	struct bpf_link *link;

	set_up();
	ASSERT_LE(value_size, sizeof(value));
	link = bpf_map__attach_struct_ops(skel->maps.demo);
	ASSERT_NOT_NULL(link);
	ASSERT_OK(bpf_obj_get_info_by_fd(bpf_program__fd(skel->progs.compute), &info, &size));
	EXPECT_OK(bpf_map_lookup_elem(bpf_map__fd(skel->maps.demo), &key, value));
	memcpy(&id, value + DATA, sizeof(id));
	EXPECT_EQ(id, info.id);
	EXPECT_EQ(strcmp((char *)value + DATA + 40, "demo"), 0);
	key = 1;
	EXPECT_ERR(bpf_map_lookup_elem(bpf_map__fd(skel->maps.demo), &key, value), ENOENT);
	bpf_link__destroy(link);
}

static int make_map(uint32_t flags, uint32_t key, uint32_t entries, uint32_t size, uint32_t type)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = flags,
		    .btf_vmlinux_value_type_id = type, .btf_fd = bpf_object__btf_fd(skel->obj));

	return bpf_map_create(STRUCT_OPS, "ops", key, size, entries, &opts);
}

BPF_TEST(struct_ops, create_errnos)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts);

	set_up();
	EXPECT_OK(make_map(0, 4, 1, value_size, value_id));
	EXPECT_OK(make_map(F_LINK, 4, 1, value_size, value_id));
	EXPECT_ERR(make_map(0, 8, 1, value_size, value_id), EINVAL);
	EXPECT_ERR(make_map(0, 4, 2, value_size, value_id), EINVAL);
	EXPECT_ERR(make_map(BPF_F_NO_PREALLOC, 4, 1, value_size, value_id), EINVAL);
	EXPECT_ERR(make_map(0, 4, 1, value_size + 8, value_id), EINVAL);
	EXPECT_ERR(make_map(0, 4, 1, value_size, 1), ENOTSUPP);
	EXPECT_ERR(make_map(0, 4, 1, value_size, 1 << 20), ENOTSUPP);
	EXPECT_ERR(make_map(1 << 15, 4, 1, value_size, value_id), EINVAL);
	EXPECT_ERR(bpf_map_create(STRUCT_OPS, "ops", 4, value_size, 1, &opts), EINVAL);
	opts.btf_vmlinux_value_type_id = value_id;
	opts.btf_fd = bpf_object__btf_fd(skel->obj);
	EXPECT_ERR(bpf_map_create(BPF_MAP_TYPE_ARRAY, "array", 4, value_size, 1, &opts), EINVAL);
	opts.btf_value_type_id = 1;
	EXPECT_ERR(bpf_map_create(STRUCT_OPS, "ops", 4, value_size, 1, &opts), EINVAL);
}

static int put_fd(int map, uint32_t member, int fd)
{
	uint8_t value[256] = { 0 };
	uint64_t wide = fd;
	uint32_t key = 0;

	memcpy(value + DATA + member * 8, &wide, sizeof(wide));
	return bpf_map_update_elem(map, &key, value, BPF_ANY);
}

static int put_byte(int map, uint32_t at)
{
	uint8_t value[256] = { 0 };
	uint32_t key = 0;

	value[at] = 1;
	return bpf_map_update_elem(map, &key, value, BPF_ANY);
}

BPF_TEST(struct_ops, update_errnos)
{
	uint8_t value[256] = { 0 };
	uint32_t key = 0;
	int map, compute, wide, plain, other = dup(0);

	set_up();
	map = make_map(0, 4, 1, value_size, value_id);
	compute = bpf_program__fd(skel->progs.compute);
	wide = bpf_program__fd(skel->progs.wide);
	plain = bpf_program__fd(skel->progs.plain);
	ASSERT_OK(map);
	EXPECT_ERR(bpf_map_update_elem(map, &key, value, BPF_NOEXIST), EINVAL);
	EXPECT_ERR(bpf_map_update_elem(map, &key, value, BPF_EXIST), EINVAL);
	key = 1;
	EXPECT_ERR(bpf_map_update_elem(map, &key, value, BPF_ANY), E2BIG);
	EXPECT_ERR(put_fd(map, 0, wide), EINVAL);  /* another member's */
	EXPECT_ERR(put_fd(map, 0, plain), EINVAL); /* another type */
	EXPECT_ERR(put_fd(map, 0, other), EINVAL); /* no program */
	EXPECT_ERR(put_fd(map, 0, 12345), EBADF);
	EXPECT_ERR(put_byte(map, 0), EINVAL);         /* refcnt */
	EXPECT_ERR(put_byte(map, 4), EINVAL);         /* state */
	EXPECT_ERR(put_byte(map, 8), EINVAL);         /* hole of the value */
	EXPECT_ERR(put_byte(map, DATA + 60), EINVAL); /* hole of the struct */
	EXPECT_ERR(put_byte(map, DATA + 64), EINVAL); /* owner */
	EXPECT_ERR(put_byte(map, DATA + 72), EINVAL); /* behind the struct */
	EXPECT_EQ(state_of(map).state, INIT);
	EXPECT_OK(put_fd(map, 0, compute));
	EXPECT_ERR(put_fd(map, 0, compute), EBUSY);
	key = 0;
	EXPECT_OK(bpf_map_delete_elem(map, &key));
	close(other);
}

BPF_TEST(struct_ops, commands_that_it_does_not_have)
{
	uint8_t value[256] = { 0 };
	uint32_t key = 0;
	int map;

	set_up();
	map = bpf_map__fd(skel->maps.demo);
	EXPECT_ERR(bpf_map_lookup_and_delete_elem(map, &key, value), ENOTSUPP);
	EXPECT_ERR(bpf_map_freeze(map), ENOTSUPP);
}

static int link_of(int map)
{
	union bpf_attr attr = { 0 };

	attr.link_create.prog_fd = map;
	attr.link_create.attach_type = BU_ATTACH_STRUCT_OPS;
	return syscall(SYS_bpf, BPF_LINK_CREATE, &attr, sizeof(attr));
}

static int update_link(int link, int map, uint32_t flags, int old)
{
	union bpf_attr attr = { 0 };

	attr.link_update.link_fd = link;
	attr.link_update.new_prog_fd = map;
	attr.link_update.flags = flags;
	attr.link_update.old_prog_fd = old;
	return syscall(SYS_bpf, BPF_LINK_UPDATE, &attr, sizeof(attr));
}

static uint32_t map_of_link(int link)
{
	struct bu_link_info info;
	uint32_t size = sizeof(info);

	memset(&info, 0, sizeof(info));
	EXPECT_OK(bpf_obj_get_info_by_fd(link, &info, &size));
	EXPECT_EQ(info.type, 9);
	EXPECT_EQ(info.prog_id, 0);
	return info.struct_ops.map_id;
}

static uint32_t id_of(int map)
{
	struct bpf_map_info info = { 0 };
	uint32_t size = sizeof(info);

	EXPECT_OK(bpf_obj_get_info_by_fd(map, &info, &size));
	return info.id;
}

BPF_TEST(struct_ops_link, attach_update_detach)
{
	int one, two, link, compute;
	uint32_t key = 0;

	set_up();
	compute = bpf_program__fd(skel->progs.compute);
	one = make_map(F_LINK, 4, 1, value_size, value_id);
	two = make_map(F_LINK, 4, 1, value_size, value_id);
	EXPECT_ERR(link_of(one), EINVAL); /* still INIT */
	EXPECT_OK(put_fd(one, 0, compute));
	EXPECT_EQ(state_of(one).state, READY);
	EXPECT_ERR(bpf_map_delete_elem(one, &key), EOPNOTSUPP);
	link = link_of(one);
	ASSERT_OK(link);
	EXPECT_EQ(map_of_link(link), id_of(one));
	EXPECT_EQ(state_of(one).refcnt, 1);
	EXPECT_ERR(update_link(link, two, 0, 0), EINVAL); /* still INIT */
	EXPECT_OK(put_fd(two, 0, compute));
	EXPECT_ERR(update_link(link, two, BU_F_REPLACE, two), EPERM);
	EXPECT_ERR(update_link(link, 12345, 0, 0), EBADF);
	EXPECT_ERR(update_link(link, two, 1, 0), EINVAL);
	EXPECT_OK(update_link(link, two, BU_F_REPLACE, one));
	EXPECT_EQ(map_of_link(link), id_of(two));
	EXPECT_EQ(state_of(one).refcnt, 0);
	EXPECT_OK(bpf_link_detach(link));
	EXPECT_EQ(map_of_link(link), 0);
	EXPECT_OK(bpf_link_detach(link));
	EXPECT_ERR(update_link(link, one, 0, 0), ENOLINK);
	close(link);
	link = link_of(two); /* a map can be registered again */
	ASSERT_OK(link);
	close(link);
}

BPF_TEST(struct_ops_link, create_errnos)
{
	int map;

	set_up();
	map = make_map(0, 4, 1, value_size, value_id);
	EXPECT_OK(put_fd(map, 0, bpf_program__fd(skel->progs.compute)));
	EXPECT_ERR(link_of(map), EINVAL); /* registered by its update */
	EXPECT_ERR(link_of(12345), EBADF);
	EXPECT_ERR(link_of(bpf_program__fd(skel->progs.compute)), EINVAL);
	EXPECT_ERR(link_of(bpf_map__fd(skel->maps.bss)), EINVAL);
}

static int load(uint32_t type_id, uint32_t member, const char *license)
{
	static const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .attach_btf_id = type_id,
		    .expected_attach_type = member);

	return bpf_prog_load(BPF_PROG_TYPE_STRUCT_OPS, "ops", license, insns, 2, &opts);
}

BPF_TEST(struct_ops, prog_load)
{
	struct bpf_prog_info info = { 0 };
	uint32_t size = sizeof(info);
	int fd;

	set_up();
	ASSERT_OK(bpf_obj_get_info_by_fd(bpf_program__fd(skel->progs.wide), &info, &size));
	EXPECT_NE(info.attach_btf_id, 0);
	EXPECT_NE(info.attach_btf_obj_id, 0);
	EXPECT_EQ(info.type, BPF_PROG_TYPE_STRUCT_OPS);
	fd = load(info.attach_btf_id, 1, "GPL");
	EXPECT_OK(fd);
	close(fd);
	EXPECT_ERR(load(info.attach_btf_id, 1, "MIT"), EINVAL);
	EXPECT_ERR(load(info.attach_btf_id, 5, "GPL"), EINVAL); /* name: no function */
	EXPECT_ERR(load(info.attach_btf_id, 8, "GPL"), EINVAL); /* beyond */
	EXPECT_ERR(load(value_id, 0, "GPL"), ENOTSUPP);
	EXPECT_ERR(load(1 << 20, 0, "GPL"), EINVAL);
	EXPECT_ERR(load((1 << 20) - 1, 0, "GPL"), ENOTSUPP);
	EXPECT_ERR(load(0, 0, "GPL"), ENOTSUPP);
}

/* Objects that are opened later bring types of their own: the struct keeps its meaning. */
BPF_TEST(struct_ops, other_objects_come_later)
{
	struct bpf_link *link;

	set_up();
	BPFUNIT_LOAD(map_programs_bpf);
	link = bpf_map__attach_struct_ops(skel->maps.demo);
	ASSERT_NOT_NULL(link);
	BPFUNIT_LOAD(user_ringbuf_bpf);
	EXPECT_EQ(BPFUNIT_STRUCT_OPS_CALL(skel->maps.demo, "compute", 2, 5), -3);
	bpf_link__destroy(link);
}

FAILS(struct_ops_call, needs_registration,
      "cannot call 'compute' of map 'demo': it is not registered; call "
      "bpf_map__attach_struct_ops() "
      "first")
{
	skel = BPFUNIT_LOAD(struct_ops_bpf);
	EXPECT_EQ(BPFUNIT_STRUCT_OPS_CALL(skel->maps.demo, "compute", 1, 2), BPFUNIT_FAULTED);
}

FAILS(struct_ops_call, refusals,
      "cannot call 'nothing' of map 'demo': struct demo_ops has no such member\n"
      "cannot call 'flags' of map 'demo': it is no function\n"
      "cannot call 'unused' of map 'demo': it is NULL\n"
      "cannot call 'compute' of map 'demo' with 1 arguments: it takes 2\n"
      "cannot call 'compute': map 'struct_o.bss' is of type array")
{
	struct bpf_link *link;

	skel = BPFUNIT_LOAD(struct_ops_bpf);
	link = bpf_map__attach_struct_ops(skel->maps.demo);
	BPFUNIT_STRUCT_OPS_CALL(skel->maps.demo, "nothing");
	BPFUNIT_STRUCT_OPS_CALL(skel->maps.demo, "flags");
	BPFUNIT_STRUCT_OPS_CALL(skel->maps.demo, "unused");
	BPFUNIT_STRUCT_OPS_CALL(skel->maps.demo, "compute", 1);
	BPFUNIT_STRUCT_OPS_CALL(skel->maps.bss, "compute", 1);
	bpf_link__destroy(link);
}
