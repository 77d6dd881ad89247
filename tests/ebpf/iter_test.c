/* SPDX-License-Identifier: BSD-2-Clause */
/* Iterators through libbpf: what programs see, and how read(2) hands out what they write. */
#include "ebpf/kernel.h"

#include "iter.skel.h"
#include <bpf/bpf.h>
#include <bpfunit/bpfunit.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
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
	EXPECT_OK(memcmp(text, "0=7\n", 4));
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

BPF_TEST(iter, unknown_target)
{
	struct iter_bpf *skel = load();
	struct bpf_link *link = bpf_program__attach_iter(skel->progs.unknown, NULL);

	EXPECT_EQ(libbpf_get_error(link), -ENOENT);
	ASSERT_NOT_NULL(bu_kernel()->notes);
	EXPECT_NOT_NULL(strstr(bu_kernel()->notes->text, "'task_vma'"));
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
