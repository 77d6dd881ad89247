/* SPDX-License-Identifier: BSD-2-Clause */
/* Iterators through libbpf: what programs see, and how read(2) hands out what they write. */
#include "ebpf/kernel.h"

#include "iter.skel.h"
#include <bpf/bpf.h>
#include <bpfunit/bpfunit.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct bpf_link *attach(const struct bpf_program *prog, const struct bpf_map *map)
{
	union bpf_iter_link_info info = { .map.map_fd = map ? bpf_map__fd(map) : 0 };
	LIBBPF_OPTS(bpf_iter_attach_opts, opts, .link_info = map ? &info : NULL,
		    .link_info_len = map ? sizeof(info) : 0);

	return BPFUNIT_KEEP(bpf_program__attach_iter(prog, &opts));
}

static int iterate(const struct bpf_program *prog, const struct bpf_map *map)
{
	int fd = bpf_iter_create(bpf_link__fd(attach(prog, map)));

	ASSERT_GE(fd, 0);
	return fd;
}

/* All of it, in reads of `room` bytes. */
static const char *read_all(int fd, size_t room)
{
	static char text[4096];
	size_t len = 0;
	ssize_t got;

	while ((got = read(fd, text + len, room)) > 0)
		len += (size_t)got;
	EXPECT_EQ(got, 0);
	text[len] = '\0';
	return text;
}

static struct iter_bpf *load(void)
{
	struct iter_bpf *skel = BPFUNIT_LOAD(iter_bpf);

	for (u32 i = 0; i < 3; i++) {
		u64 square = (u64)i * i;

		ASSERT_OK(bpf_map__update_elem(skel->maps.squares, &i, 4, &square, 8, 0));
	}
	return skel;
}

BPF_TEST(iter, tells_of_maps)
{
	struct iter_bpf *skel = load();
	char text[4096];

	strcpy(text, read_all(iterate(skel->progs.maps, NULL), 1000));
	EXPECT_NOT_NULL(strstr(text, "0 squares type 2 max 3\n1 table type 1 max 8\n"));
	EXPECT_NOT_NULL(strstr(text, "2 counts type 6 max 1\n"));
	EXPECT_NOT_NULL(strstr(text, "\nend "));
}

BPF_TEST(iter, programs_count_the_elements_of_maps)
{
	struct iter_bpf *skel = load();

	for (u64 i = 0; i < 5; i++)
		ASSERT_OK(bpf_map__update_elem(skel->maps.table, &i, 4, &i, 8, 0));
	EXPECT_NOT_NULL(
		strstr(read_all(iterate(skel->progs.sizes, NULL), 1000), "squares 0\ntable 5\n"));
}

BPF_TEST(iter, tells_of_programs)
{
	struct iter_bpf *skel = load();
	const char *text = read_all(iterate(skel->progs.progs, NULL), 1000);

	EXPECT_NOT_NULL(strstr(text, "maps type 26 at bpf_iter_bpf_map\n"));
	EXPECT_NOT_NULL(strstr(text, "tasks type 26 at bpf_iter_task\n"));
}

BPF_TEST(iter, tells_of_links)
{
	struct iter_bpf *skel = load();

	EXPECT_STREQ(read_all(iterate(skel->progs.links, NULL), 1000), "1 type 4 of links\n");
}

BPF_TEST(iter, tells_of_the_task)
{
	struct iter_bpf *skel = load();

	bpfunit_set_comm("sh");
	EXPECT_STREQ(read_all(iterate(skel->progs.tasks, NULL), 1000), "1000 1000 sh\n");
}

static const char *tasks_of(struct iter_bpf *skel, u32 tid, u32 pid)
{
	union bpf_iter_link_info info = { .task = { .tid = tid, .pid = pid } };
	LIBBPF_OPTS(bpf_iter_attach_opts, opts, .link_info = &info, .link_info_len = sizeof(info));
	struct bpf_link *link = BPFUNIT_KEEP(bpf_program__attach_iter(skel->progs.tasks, &opts));

	return read_all(bpf_iter_create(bpf_link__fd(link)), 1000);
}

BPF_TEST(iter, tells_of_the_tasks_asked_for)
{
	struct iter_bpf *skel = load();

	EXPECT_STREQ(tasks_of(skel, 1000, 0), "1000 1000 bpfunit\n");
	EXPECT_STREQ(tasks_of(skel, 0, 1000), "1000 1000 bpfunit\n");
	EXPECT_STREQ(tasks_of(skel, 1, 0), "");
	EXPECT_STREQ(tasks_of(skel, 0, 1), "");
}

BPF_TEST(iter, tells_of_an_array)
{
	struct iter_bpf *skel = load();
	u64 value;
	u32 key = 2;

	EXPECT_STREQ(read_all(iterate(skel->progs.elements, skel->maps.squares), 1000),
		     "0=0\n1=1\n2=4\n");
	EXPECT_OK(bpf_map__lookup_elem(skel->maps.squares, &key, 4, &value, 8, 0));
	EXPECT_EQ(value, 5u); /* programs may write values */
	EXPECT_EQ(skel->bss->ends, 1u);
	EXPECT_EQ(skel->bss->end_seq_num, 2u);
}

BPF_TEST(iter, runs_when_it_is_read)
{
	struct iter_bpf *skel = load();
	int fd = iterate(skel->progs.elements, skel->maps.squares);
	u64 value = 7;
	char text[16];
	u32 key = 0;

	EXPECT_OK(bpf_map__update_elem(skel->maps.squares, &key, 4, &value, 8, 0));
	EXPECT_EQ(read(fd, text, 4), 4);
	EXPECT_MEMEQ(text, "0=7\n", 4);
	EXPECT_EQ(skel->bss->ends, 0u);
	EXPECT_EQ(read(fd, text, 2), 2);
	EXPECT_EQ(read(fd, text, 16), 2); /* what is left of that line, and no more */
	EXPECT_EQ(read(fd, text, 16), 4);
	EXPECT_EQ(read(fd, text, 16), 0);
	EXPECT_EQ(read(fd, text, 16), 0);
	EXPECT_EQ(skel->bss->ends, 1u);
}

BPF_TEST(iter, begins_anew_with_each_descriptor)
{
	struct iter_bpf *skel = load();
	union bpf_iter_link_info info = { .map.map_fd = bpf_map__fd(skel->maps.squares) };
	LIBBPF_OPTS(bpf_iter_attach_opts, opts, .link_info = &info, .link_info_len = sizeof(info));
	struct bpf_link *link = bpf_program__attach_iter(skel->progs.elements, &opts);
	int first, second;

	ASSERT_OK(libbpf_get_error(link));
	first = bpf_iter_create(bpf_link__fd(link));
	EXPECT_STREQ(read_all(first, 1000), "0=0\n1=1\n2=4\n");
	second = bpf_iter_create(bpf_link__fd(link));
	EXPECT_OK(bpf_link__destroy(link)); /* the descriptor lives on */
	EXPECT_STREQ(read_all(second, 3), "0=1\n1=2\n2=5\n");
}

BPF_TEST(iter, tells_of_a_hash)
{
	struct iter_bpf *skel = load();
	u64 value = 10;
	u32 key = 5;

	EXPECT_STREQ(read_all(iterate(skel->progs.elements, skel->maps.table), 1000), "");
	EXPECT_OK(bpf_map__update_elem(skel->maps.table, &key, 4, &value, 8, 0));
	EXPECT_STREQ(read_all(iterate(skel->progs.elements, skel->maps.table), 1000), "5=10\n");
}

BPF_TEST(iter, passes_over_deleted_elements)
{
	struct iter_bpf *skel = load();
	int fd = iterate(skel->progs.elements, skel->maps.table);
	u64 value = 1;
	char text[64];
	ssize_t got;

	for (u32 key = 1; key <= 3; key++)
		EXPECT_OK(bpf_map__update_elem(skel->maps.table, &key, 4, &value, 8, 0));
	EXPECT_EQ(read(fd, text, 1), 1);
	EXPECT_EQ(read(fd, text + 1, 3), 3);
	for (u32 key = 1; key <= 3; key++)
		EXPECT_OK(bpf_map__delete_elem(skel->maps.table, &key, 4, 0));
	got = read(fd, text, sizeof(text));
	EXPECT_EQ(got, 0);
}

BPF_TEST(iter, has_the_values_of_all_cpus)
{
	struct iter_bpf *skel = load();
	u64 values[8] = { 3, 4 };
	u32 key = 0;

	EXPECT_OK(bpf_map__update_elem(skel->maps.counts, &key, 4, values, 8 * bu_kernel()->nr_cpus,
				       0));
	EXPECT_STREQ(read_all(iterate(skel->progs.sums, skel->maps.counts), 1000), "3 4\n");
}

BPF_TEST(iter, sees_an_element_again)
{
	struct iter_bpf *skel = load();
	int fd = iterate(skel->progs.elements, skel->maps.squares);
	char text[64];

	skel->bss->retry = 1;
	EXPECT_ERR(read(fd, text, sizeof(text)), EAGAIN);
	EXPECT_STREQ(read_all(fd, 1000), "0=0\n1=1\n2=4\n");
}

BPF_TEST(iter, cuts_nothing_that_does_not_fit)
{
	struct iter_bpf *skel = load();
	int fd = iterate(skel->progs.elements, skel->maps.squares);
	static char text[40000];

	skel->bss->big = 40; /* 20,000 bytes an element: one in a buffer */
	EXPECT_EQ(read(fd, text, sizeof(text)), 20000);
	EXPECT_EQ(read(fd, text, sizeof(text)), 20000);
	skel->bss->big = 66;
	EXPECT_ERR(read(fd, text, sizeof(text)), E2BIG);
}

BPF_TEST(iter, reads_through_a_stream)
{
	struct iter_bpf *skel = load();
	FILE *stream = fdopen(iterate(skel->progs.elements, skel->maps.squares), "r");
	char line[32];

	ASSERT_NOT_NULL(stream);
	EXPECT_NOT_NULL(fgets(line, sizeof(line), stream));
	EXPECT_STREQ(line, "0=0\n");
	EXPECT_NOT_NULL(fgets(line, sizeof(line), stream));
	EXPECT_STREQ(line, "1=1\n");
	EXPECT_OK(fclose(stream));
	stream = fdopen(dup(0), "r");
	EXPECT_NOT_NULL(stream);
	fclose(stream);
}

BPF_TEST(iter, faults)
{
	struct iter_bpf *skel = load();
	int fd = iterate(skel->progs.beyond, skel->maps.table);
	u64 value = 1;
	u32 key = 1;
	char text[8];

	EXPECT_OK(bpf_map__update_elem(skel->maps.table, &key, 4, &value, 8, 0));
	EXPECT_FAULT(BPFUNIT_FAULT_OUT_OF_BOUNDS, read(fd, text, sizeof(text)));
}

/* Control groups: outputs as Linux 6.18 gave them for such a tree. */

static const char *const groups[] = { "g", "g/a", "g/a/b", "g/a/c", "g/d" };

static int make_groups(void)
{
	char path[64];

	for (size_t i = 0; i < sizeof(groups) / sizeof(*groups); i++) {
		snprintf(path, sizeof(path), "/sys/fs/cgroup/%s", groups[i]);
		ASSERT_OK(mkdir(path, 0755));
	}
	return open("/sys/fs/cgroup/g", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int walk_groups(struct iter_bpf *skel, int order, int fd, u64 id)
{
	union bpf_iter_link_info info = { 0 };
	LIBBPF_OPTS(bpf_iter_attach_opts, opts, .link_info = &info, .link_info_len = sizeof(info));
	struct bpf_link *link;

	info.cgroup.order = order;
	info.cgroup.cgroup_fd = (u32)fd;
	info.cgroup.cgroup_id = id;
	link = BPFUNIT_KEEP(bpf_program__attach_iter(skel->progs.cgroups, &opts));
	return bpf_iter_create(bpf_link__fd(link));
}

BPF_TEST(iter, walks_cgroups)
{
	struct iter_bpf *skel = load();
	int g = make_groups();

	EXPECT_STREQ(read_all(walk_groups(skel, BPF_CGROUP_ITER_SELF_ONLY, g, 0), 1000),
		     "0 g\nend\n");
	EXPECT_STREQ(read_all(walk_groups(skel, BPF_CGROUP_ITER_DESCENDANTS_PRE, g, 0), 1000),
		     "0 g\n1 a\n2 b\n3 c\n4 d\nend\n");
	EXPECT_STREQ(read_all(walk_groups(skel, BPF_CGROUP_ITER_DESCENDANTS_POST, g, 0), 1000),
		     "0 b\n1 c\n2 a\n3 d\n4 g\nend\n");
	EXPECT_STREQ(read_all(walk_groups(skel, BPF_CGROUP_ITER_ANCESTORS_UP, g, 0), 1000),
		     "0 g\n1 \nend\n");
	close(g);
}

BPF_TEST(iter, walks_cgroups_from_the_root_or_an_id)
{
	struct iter_bpf *skel = load();

	close(make_groups());
	EXPECT_STREQ(read_all(walk_groups(skel, BPF_CGROUP_ITER_DESCENDANTS_PRE, 0, 0), 1000),
		     "0 \n1 g\n2 a\n3 b\n4 c\n5 d\nend\n");
	EXPECT_STREQ(read_all(walk_groups(skel, BPF_CGROUP_ITER_DESCENDANTS_PRE, 0, 3), 1000),
		     "0 a\n1 b\n2 c\nend\n");
}

BPF_TEST(iter, walks_cgroups_until_the_program_has_enough)
{
	struct iter_bpf *skel = load();
	int g = make_groups();

	skel->bss->stop_at = 3;
	EXPECT_STREQ(read_all(walk_groups(skel, BPF_CGROUP_ITER_DESCENDANTS_PRE, g, 0), 1000),
		     "0 g\n1 a\n2 b\nend\n");
	close(g);
}

BPF_TEST(iter, walks_cgroups_in_one_read)
{
	struct iter_bpf *skel = load();
	int g = make_groups(), fd = walk_groups(skel, BPF_CGROUP_ITER_DESCENDANTS_PRE, g, 0);
	char text[64];

	EXPECT_EQ(read(fd, text, 3), 3);
	EXPECT_EQ(read(fd, text, 3), 1);
	EXPECT_ERR(read(fd, text, 3), EOPNOTSUPP);
	EXPECT_ERR(read(fd, text, 3), EOPNOTSUPP);
	EXPECT_EQ(skel->bss->ends, 0u);
	fd = walk_groups(skel, BPF_CGROUP_ITER_SELF_ONLY, g, 0);
	EXPECT_STREQ(read_all(fd, 3), "0 g\nend\n");
	close(g);
}

BPF_TEST(iter, forgets_a_removed_cgroup)
{
	struct iter_bpf *skel = load();
	int d, fd;

	close(make_groups());
	d = open("/sys/fs/cgroup/g/d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fd = walk_groups(skel, BPF_CGROUP_ITER_DESCENDANTS_POST, d, 0);
	close(d);
	EXPECT_OK(rmdir("/sys/fs/cgroup/g/d"));
	EXPECT_STREQ(read_all(fd, 1000), "end\n");
}

/* Tasks */

BPF_TEST(iter, tells_of_added_tasks_by_their_ids)
{
	struct iter_bpf *skel = load();
	void *first = BPFUNIT_KOBJ("task_struct"), *second = BPFUNIT_KOBJ("task_struct");

	EXPECT_OK(bpfunit_task_add(second));
	EXPECT_OK(bpfunit_task_add(first));
	EXPECT_OK(bpfunit_task_add(first)); /* once is enough */
	KOBJ_SET(first, "pid", 7);
	KOBJ_SET(first, "tgid", 7);
	KOBJ_SET(second, "pid", 1001);
	KOBJ_SET(second, "tgid", 1000);
	KOBJ_SET_STR(second, "comm", "thread");
	EXPECT_STREQ(read_all(iterate(skel->progs.tasks, NULL), 1000),
		     "7 7 \n1000 1000 bpfunit\n1001 1000 thread\n");
	EXPECT_STREQ(tasks_of(skel, 0, 1000), "1000 1000 bpfunit\n1001 1000 thread\n");
	EXPECT_STREQ(tasks_of(skel, 1001, 0), "1001 1000 thread\n");
	EXPECT_STREQ(tasks_of(skel, 8, 0), "");
	EXPECT_ERR(bpfunit_task_add(&skel), EINVAL);
}

static void *file_of_inode(u64 inode)
{
	void *file = BPFUNIT_KOBJ("file");

	KOBJ_SET(file, "f_inode.i_ino", inode);
	return file;
}

BPF_TEST(iter, tells_of_files)
{
	struct iter_bpf *skel = load();
	void *task = BPFUNIT_KOBJ("task_struct");
	int fd;

	EXPECT_STREQ(read_all(iterate(skel->progs.files, NULL), 1000), "");
	KOBJ_SET(task, "pid", 2000);
	EXPECT_OK(bpfunit_task_add_file(NULL, 5, file_of_inode(55)));
	EXPECT_OK(bpfunit_task_add_file(NULL, 0, file_of_inode(50)));
	EXPECT_OK(bpfunit_task_add_file(task, 3, file_of_inode(33)));
	EXPECT_ERR(bpfunit_task_add_file(task, 3, file_of_inode(34)), EEXIST);
	EXPECT_ERR(bpfunit_task_add_file(task, 4, NULL), EINVAL);
	fd = iterate(skel->progs.files, NULL);
	skel->bss->end_seq_num = 77;
	EXPECT_STREQ(read_all(fd, 3), "1000 0 50\n1000 5 55\n2000 3 33\n");
	EXPECT_EQ(skel->bss->end_seq_num, 0u); /* the descriptor of the last call */
}

static const char *of_thread(const struct bpf_program *prog, u32 tid)
{
	union bpf_iter_link_info info = { .task = { .tid = tid } };
	LIBBPF_OPTS(bpf_iter_attach_opts, opts, .link_info = &info, .link_info_len = sizeof(info));
	struct bpf_link *link = BPFUNIT_KEEP(bpf_program__attach_iter(prog, &opts));

	return read_all(bpf_iter_create(bpf_link__fd(link)), 1000);
}

BPF_TEST(iter, tells_of_the_files_of_a_thread)
{
	struct iter_bpf *skel = load();
	void *task = BPFUNIT_KOBJ("task_struct");

	KOBJ_SET(task, "pid", 1001);
	EXPECT_OK(bpfunit_task_add_file(NULL, 5, file_of_inode(55)));
	EXPECT_OK(bpfunit_task_add_file(task, 3, file_of_inode(33)));
	EXPECT_STREQ(of_thread(skel->progs.files, 1000), "1000 5 55\n");
	EXPECT_STREQ(of_thread(skel->progs.files, 1001), "1001 3 33\n");
	EXPECT_STREQ(of_thread(skel->progs.files, 999), "");
}

BPF_TEST(iter, tells_of_mappings)
{
	struct iter_bpf *skel = load();
	void *task = BPFUNIT_KOBJ("task_struct");

	KOBJ_SET(task, "pid", 5);
	for (u64 i = 1; i <= 3; i++) {
		void *vma = BPFUNIT_KOBJ("vm_area_struct");

		KOBJ_SET(vma, "vm_start", i << 12);
		KOBJ_SET(vma, "vm_end", (i + 1) << 12);
		EXPECT_OK(bpfunit_task_add_vma(i == 3 ? task : NULL, vma));
	}
	EXPECT_STREQ(read_all(iterate(skel->progs.mappings, NULL), 1000),
		     "5 3000-4000\n1000 1000-2000\n1000 2000-3000\n");
	EXPECT_EQ(skel->bss->ends, 1u);
	EXPECT_STREQ(of_thread(skel->progs.mappings, 5), "5 3000-4000\n");
	EXPECT_ERR(bpfunit_task_add_vma(NULL, NULL), EINVAL);
}

BPF_TEST(iter, tells_of_symbols)
{
	struct iter_bpf *skel = load();
	const char *text;

	bpfunit_symbol_add("one_of_the_test");
	text = read_all(iterate(skel->progs.symbols, NULL), 100);
	EXPECT_NOT_NULL(strstr(text, " T one_of_the_test\n"));
	EXPECT_EQ(strncmp(text, "ffffffff8", 9), 0);
}

BPF_TEST(iter, shows_values_by_their_types)
{
	struct iter_bpf *skel = load();

	EXPECT_STREQ(read_all(iterate(skel->progs.typed, skel->maps.squares), 1000),
		     "(struct inode){.i_ino = (unsigned long)4,}"
		     "(struct inode){.i_ino = (unsigned long)5,}"
		     "(struct inode){.i_ino = (unsigned long)6,}");
	EXPECT_EQ(skel->bss->ends, 3u);
}

static const char *fdinfo(const struct bpf_program *prog, union bpf_iter_link_info *info)
{
	LIBBPF_OPTS(bpf_iter_attach_opts, opts, .link_info = info, .link_info_len = sizeof(*info));
	struct bpf_link *link = BPFUNIT_KEEP(bpf_program__attach_iter(prog, &opts));
	static char text[1024];
	size_t len;
	FILE *file;

	snprintf(text, sizeof(text), "/proc/self/fdinfo/%d", bpf_link__fd(link));
	file = fopen(text, "r");
	ASSERT_NOT_NULL(file);
	len = fread(text, 1, sizeof(text) - 1, file);
	text[len] = '\0';
	fclose(file);
	return strstr(text, "target_name");
}

BPF_TEST(iter, fdinfo)
{
	struct iter_bpf *skel = load();
	union bpf_iter_link_info info = { 0 };

	close(make_groups());
	info.task.tid = 3;
	EXPECT_STREQ(fdinfo(skel->progs.tasks, &info),
		     "target_name:\ttask\ntask_type:\tTID\ntid:\t3\n");
	info.task.tid = 0;
	info.task.pid = 4;
	EXPECT_STREQ(fdinfo(skel->progs.files, &info),
		     "target_name:\ttask_file\ntask_type:\tPID\npid:\t4\n");
	info.task.pid = 0;
	EXPECT_STREQ(fdinfo(skel->progs.mappings, &info),
		     "target_name:\ttask_vma\ntask_type:\tALL\n");
	info.cgroup.order = BPF_CGROUP_ITER_ANCESTORS_UP;
	EXPECT_STREQ(fdinfo(skel->progs.cgroups, &info),
		     "target_name:\tcgroup\ncgroup_path:\t/\norder: ancestors_up\n");
	info.cgroup.cgroup_id = 3;
	EXPECT_STREQ(fdinfo(skel->progs.cgroups, &info),
		     "target_name:\tcgroup\ncgroup_path:\t/g/a\norder: ancestors_up\n");
	EXPECT_STREQ(fdinfo(skel->progs.symbols, &info), "target_name:\tksym\n");
}

BPF_TEST(iter, unknown_target)
{
	struct iter_bpf *skel = load();
	struct bpf_link *link = bpf_program__attach_iter(skel->progs.unknown, NULL);

	EXPECT_EQ(libbpf_get_error(link), -ENOENT);
	ASSERT_NOT_NULL(bu_kernel()->notes);
	EXPECT_NOT_NULL(strstr(bu_kernel()->notes->text, "'tcp'"));
}

BPF_TEST(iter, link_info)
{
	struct iter_bpf *skel = load();
	struct bpf_link *link = attach(skel->progs.elements, skel->maps.squares);
	struct bpf_map_info map = { 0 };
	struct bpf_link_info info = { 0 };
	char name[32];
	u32 len = sizeof(map);

	EXPECT_OK(bpf_obj_get_info_by_fd(bpf_map__fd(skel->maps.squares), &map, &len));
	info.iter.target_name = (u64)name;
	info.iter.target_name_len = sizeof(name);
	len = sizeof(info);
	EXPECT_OK(bpf_obj_get_info_by_fd(bpf_link__fd(link), &info, &len));
	EXPECT_EQ(info.type, BPF_LINK_TYPE_ITER);
	EXPECT_STREQ(name, "bpf_map_elem");
	EXPECT_EQ(info.iter.map.map_id, map.id);
}

BPF_TEST(iter, updates_its_program)
{
	struct iter_bpf *skel = load();
	struct bpf_link *link = attach(skel->progs.elements, skel->maps.squares);
	LIBBPF_OPTS(bpf_link_update_opts, opts, .flags = BPF_F_REPLACE);

	EXPECT_OK(bpf_link__update_program(link, skel->progs.sums));
	EXPECT_EQ(bpf_link__update_program(link, skel->progs.tasks), -EINVAL);
	opts.old_prog_fd = (u32)bpf_program__fd(skel->progs.elements);
	EXPECT_EQ(bpf_link_update(bpf_link__fd(link), bpf_program__fd(skel->progs.elements), &opts),
		  -EPERM);
}
