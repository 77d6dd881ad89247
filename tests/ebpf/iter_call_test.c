/* SPDX-License-Identifier: BSD-2-Clause */
/* Links of iterators and ITER_CREATE: every errno. */
#include "link_call.h"

#include "ebpf/kernel.h"
#include "iter.skel.h"
#include <bpf/btf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define CASE(name, expected) CASES(iter_calls, name, expected)

/* The host's types, which the interposed calls hide. */
static struct btf *host_types(void)
{
	int fd = (int)bu_host_syscall(__NR_openat, AT_FDCWD, (long)"/sys/kernel/btf/vmlinux",
				      O_RDONLY, 0, 0, 0);
	struct stat st;
	struct btf *btf;
	char *data;

	ASSERT_GE(fd, 0);
	ASSERT_OK(bu_host_syscall(__NR_fstat, fd, (long)&st, 0, 0, 0, 0));
	data = malloc((size_t)st.st_size);
	ASSERT_NOT_NULL(data);
	for (off_t at = 0; at < st.st_size;) {
		long got =
			bu_host_syscall(__NR_read, fd, (long)(data + at), st.st_size - at, 0, 0, 0);

		ASSERT_GT(got, 0);
		at += got;
	}
	close(fd);
	btf = btf__new(data, (u32)st.st_size);
	free(data);
	return btf;
}

static u32 id_of(bpf_call bpf, const char *name)
{
	struct btf *btf;
	s32 id;

	if (bpf == emulated_bpf) {
		iter_bpf__destroy(iter_bpf__open()); /* its types are the kernel's */
		return bu_btf_find(bu_vmlinux_btf(bu_kernel()), name, BTF_KIND_FUNC);
	}
	btf = host_types();
	id = btf__find_by_name_kind(btf, name, BTF_KIND_FUNC);
	btf__free(btf);
	return (u32)id;
}

static int make_iter(bpf_call bpf, const char *name, u32 flags)
{
	return LOAD(two, .prog_type = BPF_PROG_TYPE_TRACING, .expected_attach_type = BPF_TRACE_ITER,
		    .attach_btf_id = id_of(bpf, name), .prog_flags = flags);
}

#define ITER(name, ...)                                                                            \
	CREATE(.prog_fd = make_iter(bpf, name, 0), .attach_type = BPF_TRACE_ITER, __VA_ARGS__)

CASE(link, 0)
{
	return ok(ITER("bpf_iter_bpf_map", .target = 0));
}

CASE(link_with_a_target, -EINVAL)
{
	return ITER("bpf_iter_bpf_map", .target = 1);
}

CASE(link_with_flags, -EINVAL)
{
	return ITER("bpf_iter_bpf_map", .flags = 1);
}

CASE(link_with_another_attach_type, -EINVAL)
{
	return ITER("bpf_iter_bpf_map", .attach_type = BPF_TRACE_FENTRY);
}

CASE(link_with_a_size_alone, -EINVAL)
{
	return ITER("bpf_iter_bpf_map", .iter = { 0, 4 });
}

CASE(link_with_info_of_no_size, -EINVAL)
{
	u32 info[4] = { 0 };

	return ITER("bpf_iter_bpf_map", .iter = { (u64)info, 0 });
}

CASE(link_with_longer_info, -E2BIG)
{
	u32 info[5] = { 0, 0, 0, 0, 1 };

	return ITER("bpf_iter_bpf_map", .iter = { (u64)info, sizeof(info) });
}

CASE(link_with_wild_info, -EFAULT)
{
	return ITER("bpf_iter_bpf_map", .iter = { 0xdead0000dead, 4 });
}

CASE(link_of_a_sleepable_program, -EINVAL)
{
	return CREATE(.prog_fd = make_iter(bpf, "bpf_iter_bpf_map", BPF_F_SLEEPABLE),
		      .attach_type = BPF_TRACE_ITER);
}

CASE(link_of_a_sleepable_task_program, 0)
{
	return ok(CREATE(.prog_fd = make_iter(bpf, "bpf_iter_task", BPF_F_SLEEPABLE),
			 .attach_type = BPF_TRACE_ITER));
}

CASE(elements_of_no_map, -EBADF)
{
	return ITER("bpf_iter_bpf_map_elem", .target = 0);
}

CASE(elements_of_a_bad_descriptor, -EBADF)
{
	u32 info[] = { NO_FD };

	return ITER("bpf_iter_bpf_map_elem", .iter = { (u64)info, sizeof(info) });
}

CASE(elements_of_a_program, -EINVAL)
{
	u32 info[] = { (u32)make_prog(bpf, FILTER, 0) };

	return ITER("bpf_iter_bpf_map_elem", .iter = { (u64)info, sizeof(info) });
}

CASE(elements_of_a_map_without, -EINVAL)
{
	u32 info[] = { (u32)make_map(bpf, BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0) };

	return ITER("bpf_iter_bpf_map_elem", .iter = { (u64)info, sizeof(info) });
}

CASE(elements, 0)
{
	u32 info[] = { (u32)make_hash(bpf) };

	return ok(ITER("bpf_iter_bpf_map_elem", .iter = { (u64)info, sizeof(info) }));
}

CASE(tasks_of_two_kinds, -EINVAL)
{
	u32 info[] = { 1, 1, 0 };

	return ITER("bpf_iter_task", .iter = { (u64)info, sizeof(info) });
}

CASE(tasks_of_a_bad_descriptor, -EBADF)
{
	u32 info[] = { 0, 0, NO_FD };

	return ITER("bpf_iter_task", .iter = { (u64)info, sizeof(info) });
}

CASE(task_link_info, 0)
{
	u32 wanted[] = { 1, 0, 0 };
	struct bu_link_info info = { 0 };
	int link = ITER("bpf_iter_task", .iter = { (u64)wanted, sizeof(wanted) });

	EXPECT_OK(link_info(bpf, link, &info));
	EXPECT_EQ(info.iter.target_name_len, (u32)sizeof("task"));
	EXPECT_EQ(info.iter.task.tid, 1u);
	return info.iter.task.pid;
}

CASE(task_files_of_two_kinds, -EINVAL)
{
	u32 info[] = { 1, 0, 5 };

	return ITER("bpf_iter_task_file", .iter = { (u64)info, sizeof(info) });
}

CASE(task_mappings_of_a_bad_descriptor, -EBADF)
{
	u32 info[] = { 0, 0, NO_FD };

	return ITER("bpf_iter_task_vma", .iter = { (u64)info, sizeof(info) });
}

static int make_sleepable(bpf_call bpf, const char *name)
{
	return CREATE(.prog_fd = make_iter(bpf, name, BPF_F_SLEEPABLE),
		      .attach_type = BPF_TRACE_ITER);
}

CASE(links_of_sleepable_programs, 0)
{
	EXPECT_GE(make_sleepable(bpf, "bpf_iter_task_file"), 0);
	EXPECT_GE(make_sleepable(bpf, "bpf_iter_task_vma"), 0);
	return ok(make_sleepable(bpf, "bpf_iter_ksym"));
}

struct cgroup_info {
	u32 order, cgroup_fd;
	u64 cgroup_id;
};

static int walk_cgroups(bpf_call bpf, struct cgroup_info info)
{
	return ITER("bpf_iter_cgroup", .iter = { (u64)&info, sizeof(info) });
}

CASE(cgroups_in_no_order, -EINVAL)
{
	return walk_cgroups(bpf, (struct cgroup_info){ .order = 0 });
}

CASE(cgroups_without_info, -EINVAL)
{
	return ITER("bpf_iter_cgroup", .target = 0);
}

CASE(cgroups_in_an_unknown_order, -EINVAL)
{
	return walk_cgroups(bpf, (struct cgroup_info){ .order = 9 });
}

CASE(cgroups_by_descriptor_and_id, -EINVAL)
{
	return walk_cgroups(bpf, (struct cgroup_info){ 1, NO_FD, 1 });
}

CASE(cgroups_of_a_bad_descriptor, -EBADF)
{
	return walk_cgroups(bpf, (struct cgroup_info){ 1, NO_FD, 0 });
}

CASE(cgroups_of_a_map, -EBADF)
{
	return walk_cgroups(bpf, (struct cgroup_info){ 1, (u32)make_hash(bpf), 0 });
}

CASE(cgroups_of_an_unknown_id, -ENOENT)
{
	return walk_cgroups(bpf, (struct cgroup_info){ 1, 0, 1ULL << 50 });
}

CASE(cgroup_link_info, 0)
{
	struct bu_link_info info = { 0 };
	int link = walk_cgroups(bpf, (struct cgroup_info){ .order = 3 });

	EXPECT_OK(link_info(bpf, link, &info));
	EXPECT_EQ(info.iter.target_name_len, (u32)sizeof("cgroup"));
	EXPECT_EQ(info.iter.cgroup.order, 3u);
	EXPECT_EQ(info.iter.cgroup.cgroup_id, 1u);
	return info.iter.map_id;
}

/* ITER_CREATE */

#define OPEN_ITER(fd, flags_) LINK(BPF_ITER_CREATE, .iter = { (u32)(fd), flags_ })

CASE(create, 0)
{
	return ok(OPEN_ITER(ITER("bpf_iter_bpf_map", .target = 0), 0));
}

CASE(create_with_flags, -EINVAL)
{
	return OPEN_ITER(NO_FD, 1);
}

CASE(create_of_nothing, -EBADF)
{
	return OPEN_ITER(NO_FD, 0);
}

CASE(create_of_a_program, -EINVAL)
{
	return OPEN_ITER(make_prog(bpf, FILTER, 0), 0);
}

CASE(create_of_another_link, -EINVAL)
{
	return OPEN_ITER(make_raw_tp(bpf), 0);
}

CASE(create_behind_the_last_field, -EINVAL)
{
	return LINK(BPF_ITER_CREATE, .query = { .pid = NO_FD, .flags = 1 });
}

CASE(info_of_a_descriptor, -EINVAL)
{
	struct bu_link_info info = { 0 };

	return link_info(bpf, OPEN_ITER(ITER("bpf_iter_bpf_map", .target = 0), 0), &info);
}

/* read(2). The program writes each key, and whether it is called without one. */

static int make_keys(bpf_call bpf)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_LDX | BPF_MEM | BPF_DW, .dst_reg = 2, .src_reg = 1, .off = 16 },
		{ .code = BPF_JMP | BPF_JEQ | BPF_K, .dst_reg = 2, .off = 4 },
		{ .code = BPF_LDX | BPF_MEM | BPF_DW, .dst_reg = 1, .src_reg = 1 },
		{ .code = BPF_LDX | BPF_MEM | BPF_DW, .dst_reg = 1, .src_reg = 1 },
		MOV(3, 4),
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_seq_write },
		MOV(0, 0),
		EXIT,
	};

	return LOAD(insns, .prog_type = BPF_PROG_TYPE_TRACING,
		    .expected_attach_type = BPF_TRACE_ITER,
		    .attach_btf_id = id_of(bpf, "bpf_iter_bpf_map_elem"));
}

static int read_array(bpf_call bpf, u32 nr)
{
	u32 info[] = { (u32)make_map(bpf, BPF_MAP_TYPE_ARRAY, 4, 8, nr, 0) };
	int prog = make_keys(bpf);
	int link = CREATE(.prog_fd = prog, .attach_type = BPF_TRACE_ITER,
			  .iter = { (u64)info, sizeof(info) });

	return OPEN_ITER(link, 0);
}

static long read_iter(bpf_call bpf, int fd, void *buffer, size_t size)
{
	long got;

	if (bpf == host_bpf)
		return bu_host_syscall(__NR_read, fd, (long)buffer, size, 0, 0, 0);
	got = read(fd, buffer, size);
	return got < 0 ? -errno : got;
}

CASE(read_all, 16)
{
	u32 keys[16] = { 0 };
	int fd = read_array(bpf, 4);
	long got = read_iter(bpf, fd, keys, sizeof(keys));

	EXPECT_EQ(keys[3], 3u);
	EXPECT_EQ(read_iter(bpf, fd, keys, sizeof(keys)), 0l);
	return got;
}

CASE(read_in_pieces, 404620)
{
	u32 keys[16];
	int fd = read_array(bpf, 4);
	long first = read_iter(bpf, fd, keys, 4), second = read_iter(bpf, fd, keys, 0);
	long third = read_iter(bpf, fd, keys, 6), fourth = read_iter(bpf, fd, keys, 6);
	long fifth = read_iter(bpf, fd, keys, 3), sixth = read_iter(bpf, fd, keys, 100);

	return ((((first * 10 + second) * 10 + third) * 10 + fourth) * 10 + fifth) * 10 + sixth;
}

CASE(read_more_than_fits, 32764)
{
	static u32 keys[20000];

	return read_iter(bpf, read_array(bpf, 20000), keys, sizeof(keys));
}

CASE(read_to_a_wild_pointer, -EFAULT)
{
	return read_iter(bpf, read_array(bpf, 4), (void *)0xdead0000dead, 16);
}
