// SPDX-License-Identifier: BSD-2-Clause
/* The object that uses everything loads; each of its programs runs, attaches, tells what it is
 * attached to, and detaches. */
#include <bpf/bpf.h>
#include <bpfunit/bpfunit.h>
#include <string.h>
#include <unistd.h>

#include "ebpf/uapi.h"
#include "everything.skel.h"

#define ARENA_AT 0x7e0000000000ULL

static struct everything_bpf *skel;

static void set_up(void)
{
	skel = BPFUNIT_OPEN(everything_bpf, .kconfig = "CONFIG_HZ=250\n");
	ASSERT_OK(bpf_map__set_map_extra(skel->maps.arena, ARENA_AT));
	ASSERT_OK(everything_bpf__load(skel));
}

static struct bpf_prog_info prog_info(const struct bpf_program *prog)
{
	struct bpf_prog_info info = { 0 };
	uint32_t size = sizeof(info);

	EXPECT_OK(bpf_obj_get_info_by_fd(bpf_program__fd(prog), &info, &size));
	return info;
}

static struct bu_link_info link_info(const struct bpf_link *link)
{
	struct bu_link_info info;
	uint32_t size = sizeof(info);

	memset(&info, 0, sizeof(info));
	EXPECT_OK(bpf_obj_get_info_by_fd(bpf_link__fd(link), &info, &size));
	return info;
}

/* Attach, check the link's type and program, detach; the type's part of its info. */
static struct bu_link_info attach(struct bpf_program *prog, uint32_t type)
{
	struct bpf_link *link = bpf_program__attach(prog);
	struct bu_link_info info;
	int fd;

	if (!link)
		FAIL("%s: %s", bpf_program__name(prog), strerror(errno));
	info = link_info(link);
	EXPECT_EQ(info.type, type);
	EXPECT_EQ(info.prog_id, prog_info(prog).id);
	EXPECT_OK(bpf_link__destroy(link));
	fd = bpf_link_get_fd_by_id(info.id);
	EXPECT_ERR(fd, ENOENT);
	return info;
}

BPF_TEST(everything, environment)
{
	uint64_t args = 0;

	set_up();
	*(int *)BPFUNIT_KSYM("bpf_prog_active", 0) = 7;
	*(int *)BPFUNIT_KSYM("bpf_prog_active", 1) = 8;
	EXPECT_RUN(skel->progs.read_environment, &args, 1);
	EXPECT_NE(skel->bss->version, 0);
	EXPECT_EQ(skel->bss->hz, 250);
	EXPECT_EQ(skel->bss->active, 7);
	EXPECT_EQ(skel->bss->active_of_cpu_1, 8);
	EXPECT_NE(skel->bss->symbol, 0);
	EXPECT_EQ(skel->bss->symbol, bpfunit_symbol("everything_symbol"));
}

BPF_TEST(everything, runs)
{
	uint64_t args = 0;
	void *task, *file;

	set_up();
	task = BPFUNIT_KOBJ("task_struct");
	file = BPFUNIT_KOBJ("file");
	KOBJ_SET(task, "pid", 42);
	KOBJ_SET(file, "f_flags", 5);
	BPFUNIT_RUN_ARGS(skel->progs.on_fentry, 3);
	EXPECT_EQ(skel->bss->seen_fentry, 3);
	EXPECT_EQ(BPFUNIT_RUN_ARGS(skel->progs.on_lsm, (uintptr_t)file, 0), -1);
	BPFUNIT_RUN_ARGS(skel->progs.on_tp_btf, 0, 0, (uintptr_t)task);
	EXPECT_EQ(skel->bss->seen_tp_btf, 42);
	BPFUNIT_RUN_ARGS(skel->progs.on_raw_tp, 0, 60);
	EXPECT_EQ(skel->bss->seen_raw_tp, 60);
	EXPECT_RUN(skel->progs.count_inner, &args, 1);
	EXPECT_RUN(skel->progs.jump, &args, 99);
	EXPECT_RUN(skel->progs.throws, &args, 17);
	EXPECT_EQ(bpfunit_run(BPFUNIT_HERE, skel->progs.allocate, NULL, 0), 1);
}

BPF_TEST(everything, user_ring_buffer)
{
	struct user_ring_buffer *ring;
	uint64_t args = 0, *sample;

	set_up();
	ring = user_ring_buffer__new(bpf_map__fd(skel->maps.commands), NULL);
	ASSERT_NOT_NULL(ring);
	sample = user_ring_buffer__reserve(ring, 8);
	ASSERT_NOT_NULL(sample);
	*sample = 1234;
	user_ring_buffer__submit(ring, sample);
	EXPECT_RUN(skel->progs.drain, &args, 1);
	EXPECT_EQ(skel->bss->sum, 1234);
	user_ring_buffer__free(ring);
}

BPF_TEST(everything, attaches)
{
	struct bu_link_info info;

	set_up();
	info = attach(skel->progs.on_fentry, BU_LINK_TRACING);
	EXPECT_EQ(info.tracing.attach_type, BPF_TRACE_FENTRY);
	EXPECT_EQ(info.tracing.target_btf_id, prog_info(skel->progs.on_fentry).attach_btf_id);
	info = attach(skel->progs.on_lsm, BU_LINK_TRACING);
	EXPECT_EQ(info.tracing.attach_type, BPF_LSM_MAC);
	attach(skel->progs.on_tp_btf, BU_LINK_RAW_TRACEPOINT);
	attach(skel->progs.on_raw_tp, BU_LINK_RAW_TRACEPOINT);
	attach(skel->progs.on_task, BU_LINK_ITER);
	info = attach(skel->progs.on_kprobe, BU_LINK_KPROBE_MULTI);
	EXPECT_EQ(info.kprobe_multi.count, 1);
}

BPF_TEST(everything, struct_ops)
{
	struct bpf_map_info info = { 0 };
	uint32_t size = sizeof(info);
	struct bpf_link *link;

	set_up();
	link = bpf_map__attach_struct_ops(skel->maps.ops);
	ASSERT_NOT_NULL(link);
	EXPECT_EQ(BPFUNIT_STRUCT_OPS_CALL(skel->maps.ops, "start", 4), 5);
	EXPECT_OK(bpf_obj_get_info_by_fd(bpf_map__fd(skel->maps.ops), &info, &size));
	EXPECT_NE(info.btf_vmlinux_value_type_id, 0);
	EXPECT_EQ(prog_info(skel->progs.start).type, BPF_PROG_TYPE_STRUCT_OPS);
	EXPECT_OK(bpf_link__destroy(link));
}

/* The extension is loaded from a second copy of the object. */
BPF_TEST(everything, freplace)
{
	struct everything_bpf *second;
	struct bpf_program *prog;
	struct bpf_link *link;
	uint64_t args = 0;

	set_up();
	EXPECT_NE(BPFUNIT_RUN(skel->progs.calls_replaced, &args), 500);
	second = BPFUNIT_OPEN(everything_bpf, .kconfig = "CONFIG_HZ=250\n");
	bpf_object__for_each_program(prog, second->obj) bpf_program__set_autoload(
		prog, prog == second->progs.replacement || prog == second->progs.jumped);
	bpf_map__set_autocreate(second->maps.arena, false);
	bpf_map__set_autocreate(second->maps.ops, false);
	ASSERT_OK(bpf_program__set_attach_target(second->progs.replacement,
						 bpf_program__fd(skel->progs.calls_replaced),
						 "replaced"));
	ASSERT_OK(everything_bpf__load(second));
	link = bpf_program__attach(second->progs.replacement);
	ASSERT_NOT_NULL(link);
	EXPECT_EQ(link_info(link).tracing.target_obj_id, prog_info(skel->progs.calls_replaced).id);
	EXPECT_RUN(skel->progs.calls_replaced, &args, 500);
	EXPECT_OK(bpf_link__destroy(link));
	EXPECT_NE(BPFUNIT_RUN(skel->progs.calls_replaced, &args), 500);
}

/* Through the iterator's descriptor: the programs' task is the test's. */
BPF_TEST(everything, iterator)
{
	struct bpf_link *link;
	int pids[16], fd;
	ssize_t size;

	set_up();
	link = bpf_program__attach(skel->progs.on_task);
	ASSERT_NOT_NULL(link);
	fd = bpf_iter_create(bpf_link__fd(link));
	ASSERT_OK(fd);
	size = read(fd, pids, sizeof(pids));
	EXPECT_GE(size, (ssize_t)sizeof(int));
	close(fd);
	bpf_link__destroy(link);
}
