// SPDX-License-Identifier: BSD-2-Clause
/* Maps whose values are descriptors: PROG_ARRAY and PERF_EVENT_ARRAY. */
#include <bpf/bpf.h>
#include <bpfunit/bpfunit.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "gone.h"
#include "map_programs.skel.h"

static uint32_t id_of(int prog)
{
	struct bpf_prog_info info = { 0 };
	uint32_t size = sizeof(info);

	EXPECT_OK(bpf_obj_get_info_by_fd(prog, &info, &size));
	return info.id;
}

BPF_TEST(prog_array, tail_call)
{
	struct map_programs_bpf *skel = BPFUNIT_LOAD(map_programs_bpf);
	int fd = bpf_map__fd(skel->maps.programs), prog = bpf_program__fd(skel->progs.called);
	uint64_t args = 0;

	skel->bss->key = 2;
	EXPECT_RUN(skel->progs.call_program, &args, 1); /* an empty slot: falls through */
	EXPECT_OK(bpf_map_update_elem(fd, &skel->bss->key, &prog, BPF_ANY));
	EXPECT_RUN(skel->progs.call_program, &args, 77);
	EXPECT_OK(bpf_map_delete_elem(fd, &skel->bss->key));
	EXPECT_RUN(skel->progs.call_program, &args, 1);
	skel->bss->key = 3; /* beyond the map */
	EXPECT_RUN(skel->progs.call_program, &args, 1);
}

BPF_TEST(prog_array, lookup_yields_the_id)
{
	struct map_programs_bpf *skel = BPFUNIT_LOAD(map_programs_bpf);
	int fd = bpf_map__fd(skel->maps.programs), prog = bpf_program__fd(skel->progs.called);
	uint32_t key = 1, id = 0;

	EXPECT_ERR(bpf_map_lookup_elem(fd, &key, &id), ENOENT);
	EXPECT_OK(bpf_map_update_elem(fd, &key, &prog, BPF_ANY));
	EXPECT_OK(bpf_map_lookup_elem(fd, &key, &id));
	EXPECT_EQ(id, id_of(prog));
	key = 3;
	EXPECT_ERR(bpf_map_lookup_elem(fd, &key, &id), ENOENT);
}

BPF_TEST(prog_array, errnos)
{
	struct map_programs_bpf *skel = BPFUNIT_LOAD(map_programs_bpf);
	int fd = bpf_map__fd(skel->maps.programs), prog = bpf_program__fd(skel->progs.called);
	uint32_t key = 1, beyond = 3;
	int bad = 12345, other = dup(0);

	EXPECT_ERR(bpf_map_update_elem(fd, &key, &prog, BPF_EXIST), EINVAL);
	EXPECT_ERR(bpf_map_update_elem(fd, &key, &prog, BPF_NOEXIST), EINVAL);
	EXPECT_ERR(bpf_map_update_elem(fd, &beyond, &prog, BPF_ANY), E2BIG);
	EXPECT_ERR(bpf_map_update_elem(fd, &key, &bad, BPF_ANY), EBADF);
	EXPECT_ERR(bpf_map_update_elem(fd, &key, &other, BPF_ANY), EINVAL);
	EXPECT_ERR(bpf_map_update_elem(fd, &key, &fd, BPF_ANY), EINVAL);
	EXPECT_ERR(bpf_map_delete_elem(fd, &key), ENOENT);
	EXPECT_ERR(bpf_map_delete_elem(fd, &beyond), E2BIG);
	close(other);
}

/* That of the program that uses the array: call_program. */
BPF_TEST(prog_array, holds_programs_of_one_type)
{
	struct map_programs_bpf *skel = BPFUNIT_LOAD(map_programs_bpf);
	int fd = bpf_map__fd(skel->maps.programs), prog = bpf_program__fd(skel->progs.called);
	int tc = bpf_program__fd(skel->progs.of_another_type);
	uint32_t key = 1;

	EXPECT_ERR(bpf_map_update_elem(fd, &key, &tc, BPF_ANY), EINVAL);
	EXPECT_OK(bpf_map_update_elem(fd, &key, &prog, BPF_ANY));
	EXPECT_OK(bpf_map_delete_elem(fd, &key));
	EXPECT_ERR(bpf_map_update_elem(fd, &key, &tc, BPF_ANY), EINVAL); /* the type stays */
}

static int load_user_of(int map, enum bpf_prog_type type)
{
	struct bpf_insn insns[] = {
		{ .code = BPF_LD | BPF_DW | BPF_IMM,
		  .dst_reg = 2,
		  .src_reg = BPF_PSEUDO_MAP_FD,
		  .imm = map },
		{ 0 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts);

	return bpf_prog_load(type, "user", "GPL", insns, sizeof(insns) / sizeof(*insns), &opts);
}

BPF_TEST(prog_array, first_program_determines_the_type)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_PROG_ARRAY, "programs", 4, 4, 1, NULL);
	int plain = bpf_map_create(BPF_MAP_TYPE_HASH, "hash", 4, 4, 1, NULL);
	int filter = load_user_of(fd, BPF_PROG_TYPE_SOCKET_FILTER);
	int xdp = load_user_of(plain, BPF_PROG_TYPE_XDP);
	uint32_t key = 0;

	ASSERT_OK(filter);
	ASSERT_OK(xdp);
	EXPECT_ERR(load_user_of(fd, BPF_PROG_TYPE_XDP), EINVAL);
	EXPECT_ERR(bpf_map_update_elem(fd, &key, &xdp, BPF_ANY), EINVAL);
	EXPECT_OK(bpf_map_update_elem(fd, &key, &filter, BPF_ANY));
}

/* Otherwise an array and a program in it that uses the array would keep each other for good. */
BPF_TEST(prog_array, emptied_when_user_space_closes_it)
{
	struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts);
	int fd = bpf_map_create(BPF_MAP_TYPE_PROG_ARRAY, "programs", 4, 4, 1, NULL);
	int prog = bpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, "program", "GPL", insns, 2, &opts);
	uint32_t key = 0, id = id_of(prog);

	ASSERT_OK(bpf_prog_bind_map(prog, fd, NULL));
	ASSERT_OK(bpf_map_update_elem(fd, &key, &prog, BPF_ANY));
	close(prog);
	prog = bpf_prog_get_fd_by_id(id);
	EXPECT_OK(prog); /* the array holds it */
	close(prog);
	close(fd);
	EXPECT_TRUE(is_gone(bpf_prog_get_fd_by_id, id));
}

BPF_TEST(prog_array, iterates_over_all_indexes)
{
	struct map_programs_bpf *skel = BPFUNIT_LOAD(map_programs_bpf);
	int fd = bpf_map__fd(skel->maps.programs);
	uint32_t key = 0, next;

	EXPECT_OK(bpf_map_get_next_key(fd, &key, &next));
	EXPECT_EQ(next, 1u);
	key = 2;
	EXPECT_ERR(bpf_map_get_next_key(fd, &key, &next), ENOENT);
}

static int open_event(int cpu)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_BPF_OUTPUT,
		.size = sizeof(attr),
		.sample_type = PERF_SAMPLE_RAW,
		.sample_period = 1,
		.wakeup_events = 1,
	};
	int fd = syscall(__NR_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);

	ASSERT_OK(fd);
	return fd;
}

BPF_TEST(perf_event_array, errnos)
{
	struct map_programs_bpf *skel = BPFUNIT_LOAD(map_programs_bpf);
	int fd = bpf_map__fd(skel->maps.events), event = open_event(0), bad = 12345;
	uint32_t key = 0, beyond = 100000, value;

	EXPECT_OK(bpf_map_update_elem(fd, &key, &event, BPF_ANY));
	EXPECT_ERR(bpf_map_update_elem(fd, &key, &event, BPF_EXIST), EINVAL);
	EXPECT_ERR(bpf_map_update_elem(fd, &beyond, &event, BPF_ANY), E2BIG);
	EXPECT_ERR(bpf_map_update_elem(fd, &key, &bad, BPF_ANY), EBADF);
	EXPECT_ERR(bpf_map_update_elem(fd, &key, &fd, BPF_ANY), EBADF);
	EXPECT_ERR(bpf_map_lookup_elem(fd, &key, &value), 524);
	EXPECT_OK(bpf_map_delete_elem(fd, &key));
	EXPECT_ERR(bpf_map_delete_elem(fd, &key), ENOENT);
	EXPECT_ERR(bpf_map_delete_elem(fd, &beyond), E2BIG);
	close(event);
}

/* Through bpf(2), without the framework around it. */
static int run(const struct bpf_program *program)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);

	EXPECT_OK(bpf_prog_test_run_opts(bpf_program__fd(program), &opts));
	return opts.retval;
}

BPF_TEST(perf_event_array, output_errnos)
{
	struct map_programs_bpf *skel = BPFUNIT_LOAD(map_programs_bpf);
	int fd = bpf_map__fd(skel->maps.events), event = open_event(1);
	uint32_t key = 1;

	for (uint32_t slot = 0; slot < 4; slot++)
		bpf_map_delete_elem(fd, &slot); /* the framework's own */
	EXPECT_EQ(run(skel->progs.output_event), -ENOENT);
	EXPECT_OK(bpf_map_update_elem(fd, &key, &event, BPF_ANY));
	skel->bss->flags = 1;
	EXPECT_EQ(run(skel->progs.output_event), -EOPNOTSUPP); /* an event of CPU 1, from CPU 0 */
	skel->bss->flags = 100000;
	EXPECT_EQ(run(skel->progs.output_event), -E2BIG);
	skel->bss->flags = 1ull << 40;
	EXPECT_EQ(run(skel->progs.output_event), -EINVAL);
	close(event);
}

static int event_map(uint32_t flags)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = flags);
	int fd = bpf_map_create(BPF_MAP_TYPE_PERF_EVENT_ARRAY, "events", 4, 4, 3, &opts);

	ASSERT_OK(fd);
	return fd;
}

static int open_again(int map)
{
	struct bpf_map_info info = { 0 };
	uint32_t size = sizeof(info);
	int fd;

	ASSERT_OK(bpf_obj_get_info_by_fd(map, &info, &size));
	fd = bpf_map_get_fd_by_id(info.id);
	ASSERT_OK(fd);
	return fd;
}

/* Source: as 6.18 does. */
BPF_TEST(perf_event_array, events_go_with_the_descriptor_they_were_put_by)
{
	int map = event_map(0), again = open_again(map), copy, event = open_event(0);
	uint32_t keys[] = { 0, 1, 2 };

	EXPECT_OK(bpf_map_update_elem(map, &keys[0], &event, BPF_ANY));
	EXPECT_OK(bpf_map_update_elem(again, &keys[1], &event, BPF_ANY));
	EXPECT_OK(bpf_map_update_elem(again, &keys[2], &event, BPF_ANY));
	EXPECT_OK(bpf_map_update_elem(map, &keys[2], &event, BPF_ANY));
	copy = dup(again);
	close(again); /* the same open file still has another number */
	EXPECT_OK(bpf_map_delete_elem(map, &keys[1]));
	EXPECT_OK(bpf_map_update_elem(copy, &keys[1], &event, BPF_ANY));
	close(copy);
	EXPECT_ERR(bpf_map_delete_elem(map, &keys[1]), ENOENT);
	EXPECT_OK(bpf_map_delete_elem(map, &keys[0]));
	EXPECT_OK(bpf_map_delete_elem(map, &keys[2]));
	close(event);
	close(map);
}

BPF_TEST(perf_event_array, events_stay_that_are_to_be_preserved)
{
	int map = event_map(BPF_F_PRESERVE_ELEMS), again = open_again(map), event = open_event(0);
	uint32_t key = 1;

	EXPECT_OK(bpf_map_update_elem(again, &key, &event, BPF_ANY));
	close(again);
	EXPECT_OK(bpf_map_delete_elem(map, &key));
	close(event);
	close(map);
}

static int samples, sample_cpu;

static void on_sample(void *ctx, int cpu, void *data, uint32_t size)
{
	samples++;
	sample_cpu = cpu;
	EXPECT_GE(size, 16u);
	EXPECT_MEMEQ(data, ctx, 16);
}

BPF_TEST(perf_event_array, reaches_the_consumer_of_its_cpu)
{
	struct map_programs_bpf *skel = BPFUNIT_LOAD(map_programs_bpf);
	struct perf_buffer *buffer;
	uint64_t args = 0;

	buffer = perf_buffer__new(bpf_map__fd(skel->maps.events), 4, on_sample, NULL,
				  skel->bss->data, NULL);
	ASSERT_NOT_NULL(buffer);
	__builtin_memcpy(skel->bss->data, "sixteen bytes ..", 16);
	skel->bss->flags = BPF_F_CURRENT_CPU;
	bpfunit_set_cpu(2);
	EXPECT_RUN(skel->progs.output_event, &args, 0);
	EXPECT_EQ(perf_buffer__poll(buffer, 0), 1);
	EXPECT_EQ(samples, 1);
	EXPECT_EQ(sample_cpu, 2);
	perf_buffer__free(buffer);
}
