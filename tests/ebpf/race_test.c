// SPDX-License-Identifier: BSD-2-Clause
/*
 * Threads that use one emulated kernel, and others that use kernels of their own, at the same time:
 * what each does with objects of its own comes out right. For ThreadSanitizer,
 * when built with it, which sees what is not under a lock.
 */
#include "asm.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <bpfunit/bpfunit.h>
#include <dirent.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "iter.skel.h"

enum { ROUNDS = 100, PAGE = 4096 };

struct worker {
	pthread_t thread;
	const char *name;
	void (*work)(struct worker *worker);
	const char *wrong; /* the first thing that came out wrong */
	u32 number;
};

static struct iter_bpf *skel;
static atomic_int producers;
static int ring, ring_prog;

#define MUST(condition)                                                                            \
	do {                                                                                       \
		if (!(condition) && !worker->wrong)                                                \
			worker->wrong = #condition;                                                \
	} while (0)

static void use_map(struct worker *worker, int fd)
{
	u64 value = worker->number, back = 0;
	u32 keys[8], key, count = 8;
	u64 values[8];

	for (key = 0; key < 8; key++)
		MUST(!bpf_map_update_elem(fd, &key, &value, BPF_ANY));
	key = 3;
	MUST(!bpf_map_lookup_elem(fd, &key, &back) && back == value);
	MUST(!bpf_map_delete_elem(fd, &key));
	MUST(bpf_map_lookup_elem(fd, &key, &back) == -ENOENT);
	bpf_map_lookup_batch(fd, NULL, &key, keys, values, &count, NULL);
	MUST(count == 7);
}

static void maps(struct worker *worker)
{
	for (int i = 0; i < ROUNDS; i++) {
		int fd = bpf_map_create(BPF_MAP_TYPE_HASH, worker->name, 4, 8, 16, NULL);
		int other = dup(fd);

		MUST(fd >= 0 && other >= 0);
		use_map(worker, fd);
		close(fd);
		use_map(worker, other);
		close(other);
	}
}

static void mapped(struct worker *worker)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);

	for (u32 i = 0; i < ROUNDS; i++) {
		int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "mapped", 4, 8, 512, &opts);
		u64 *memory = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), back;
		u32 key = i;

		MUST(memory != MAP_FAILED);
		if (memory == MAP_FAILED)
			return;
		memory[i] = i + 1;
		MUST(!bpf_map_lookup_elem(fd, &key, &back) && back == i + 1);
		close(fd);
		munmap(memory, PAGE);
	}
}

/* The command is run by a program of one instruction more than its value. */
static int load(u32 type, s32 value)
{
	const struct bpf_insn insns[] = { MOV64_K(0, value), EXIT };

	return bpf_prog_load(type, "racer", "GPL", insns, 2, NULL);
}

static void programs(struct worker *worker)
{
	for (int i = 0; i < ROUNDS; i++) {
		LIBBPF_OPTS(bpf_test_run_opts, opts);
		int fd = load(BPF_PROG_TYPE_RAW_TRACEPOINT, i);

		MUST(fd >= 0 && !bpf_prog_test_run_opts(fd, &opts));
		MUST((int)opts.retval == i);
		close(fd);
	}
}

static void links(struct worker *worker)
{
	for (int i = 0; i < ROUNDS; i++) {
		int prog = load(BPF_PROG_TYPE_RAW_TRACEPOINT, i);
		int link = bpf_raw_tracepoint_open("sched_switch", prog);
		struct bpf_link_info info = { 0 };
		u32 size = sizeof(info);

		MUST(link >= 0 && !bpf_obj_get_info_by_fd(link, &info, &size));
		MUST(info.type == BPF_LINK_TYPE_RAW_TRACEPOINT);
		close(prog);
		close(link);
	}
}

static void ids(struct worker *worker)
{
	for (int i = 0; i < ROUNDS; i++) {
		for (u32 id = 0; !bpf_map_get_next_id(id, &id);) {
			int fd = bpf_map_get_fd_by_id(id);
			struct bpf_map_info info = { 0 };
			u32 size = sizeof(info);

			if (fd < 0)
				continue; /* gone meanwhile */
			MUST(!bpf_obj_get_info_by_fd(fd, &info, &size) && info.id == id);
			close(fd);
		}
		for (u32 id = 0; !bpf_prog_get_next_id(id, &id);)
			close(bpf_prog_get_fd_by_id(id));
		for (u32 id = 0; !bpf_link_get_next_id(id, &id);)
			close(bpf_link_get_fd_by_id(id));
	}
}

static void iterators(struct worker *worker)
{
	int link = bpf_link_create(bpf_program__fd(skel->progs.maps), 0, BPF_TRACE_ITER, NULL);
	char text[4096];

	MUST(link >= 0);
	for (int i = 0; i < ROUNDS; i++) {
		int fd = bpf_iter_create(link);
		ssize_t got, all = 0;

		while ((got = read(fd, text, sizeof(text))) > 0)
			all += got;
		MUST(fd >= 0 && got == 0 && all > 0);
		close(fd);
	}
	close(link);
}

static void pins(struct worker *worker)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/fs/bpf/race-%u", worker->number);
	for (int i = 0; i < ROUNDS; i++) {
		int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "pinned", 4, 8, 1, NULL), back;

		MUST(!bpf_obj_pin(fd, path));
		close(fd);
		back = bpf_obj_get(path);
		MUST(back >= 0);
		close(back);
		MUST(!unlink(path));
	}
}

/* Records of which the consumer sees all. */
static void produce(struct worker *worker)
{
	for (int i = 0; i < ROUNDS; i++) {
		LIBBPF_OPTS(bpf_test_run_opts, opts);

		MUST(!bpf_prog_test_run_opts(ring_prog, &opts) && opts.retval == 0);
	}
	atomic_fetch_sub(&producers, 1);
}

static int count_record(void *count, void *data, size_t size)
{
	*(u32 *)count += size == 8;
	return 0;
}

static void consume(struct worker *worker)
{
	u32 records = 0, expected = 2 * ROUNDS;
	struct ring_buffer *buffer = ring_buffer__new(ring, count_record, &records, NULL);

	MUST(buffer);
	while (buffer && atomic_load(&producers))
		ring_buffer__poll(buffer, 1);
	ring_buffer__consume(buffer);
	MUST(records == expected);
	ring_buffer__free(buffer);
}

/* Objects of their own, as libbpf loads them; each also tells the kernel of its types. */
static void objects(struct worker *worker)
{
	for (int i = 0; i < ROUNDS / 10; i++) {
		struct iter_bpf *own = iter_bpf__open_and_load();
		struct bpf_link *link = own ? bpf_program__attach(own->progs.progs) : NULL;
		struct btf *btf = btf__load_vmlinux_btf();

		MUST(own && link && btf);
		btf__free(btf);
		bpf_link__destroy(link);
		iter_bpf__destroy(own);
	}
}

/* By netlink. */
static void devices(struct worker *worker)
{
	for (int i = 0; i < ROUNDS / 4; i++) {
		int prog = load(BPF_PROG_TYPE_XDP, 2);
		u32 id = 0;

		MUST(!bpf_xdp_attach(1, prog, 0, NULL));
		MUST(!bpf_xdp_query_id(1, 0, &id) && id);
		MUST(!bpf_xdp_detach(1, 0, NULL));
		close(prog);
	}
}

static void perf_events(struct worker *worker)
{
	for (int i = 0; i < ROUNDS / 4; i++) {
		struct perf_event_attr attr = {
			.type = PERF_TYPE_SOFTWARE,
			.size = sizeof(attr),
			.config = PERF_COUNT_SW_BPF_OUTPUT,
			.sample_type = PERF_SAMPLE_RAW,
		};
		int fd = syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
		void *pages = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

		MUST(fd >= 0 && pages != MAP_FAILED);
		MUST(!ioctl(fd, PERF_EVENT_IOC_ENABLE, 0));
		if (pages != MAP_FAILED)
			munmap(pages, 2 * PAGE);
		close(fd);
	}
}

static void files(struct worker *worker)
{
	for (int i = 0; i < ROUNDS / 4; i++) {
		FILE *file = fopen("/sys/devices/system/cpu/possible", "r");
		DIR *directory = opendir("/sys/fs/bpf");
		char line[64] = "";

		MUST(file && fgets(line, sizeof(line), file) && !strcmp(line, "0-3\n"));
		MUST(directory);
		while (directory && readdir(directory))
			continue;
		if (file)
			fclose(file);
		if (directory)
			closedir(directory);
	}
}

/* A kernel of its own beside the one that the others use. */
static void kernels(struct worker *worker)
{
	for (int i = 0; i < ROUNDS / 4; i++) {
		struct bu_kernel *kernel = bu_kernel_new();
		const struct bpf_insn insns[] = { MOV64_K(0, 7), EXIT };
		union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT,
					.insn_cnt = 2,
					.insns = (u64)(uintptr_t)insns,
					.license = (u64)(uintptr_t) "GPL" };
		struct bu_prog *prog;
		struct bu_run run;
		int error;

		MUST(kernel);
		if (!kernel)
			return;
		prog = bu_prog_load(kernel, &attr, &error);
		MUST(prog);
		bu_run_begin(&run, kernel, prog);
		MUST(bu_run_exec(&run) == 7);
		bu_run_end(&run);
		bu_object_put(&prog->object);
		bu_kernel_free(kernel);
	}
}

static void *begin(void *arg)
{
	struct worker *worker = arg;

	worker->work(worker);
	return NULL;
}

static int load_producer(int map)
{
	const struct bpf_insn insns[] = {
		MOV64_K(6, 1),
		STX(BPF_DW, 10, 6, -8),
		{ .code = BPF_LD | BPF_IMM | BPF_DW,
		  .dst_reg = 1,
		  .src_reg = BPF_PSEUDO_MAP_FD,
		  .imm = map },
		{ 0 },
		MOV64_X(2, 10),
		ALU64_K(BPF_ADD, 2, -8),
		MOV64_K(3, 8),
		MOV64_K(4, 0),
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_ringbuf_output },
		EXIT,
	};

	return bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "producer", "GPL", insns,
			     BU_ARRAY_SIZE(insns), NULL);
}

BPF_TEST(race, everything_at_once)
{
	struct worker workers[] = {
		{ .name = "maps", .work = maps },
		{ .name = "more_maps", .work = maps },
		{ .name = "mapped", .work = mapped },
		{ .name = "programs", .work = programs },
		{ .name = "links", .work = links },
		{ .name = "ids", .work = ids },
		{ .name = "iterators", .work = iterators },
		{ .name = "pins", .work = pins },
		{ .name = "more_pins", .work = pins },
		{ .name = "produce", .work = produce },
		{ .name = "produce_2", .work = produce },
		{ .name = "consume", .work = consume },
		{ .name = "kernels", .work = kernels },
		{ .name = "objects", .work = objects },
		{ .name = "more_objects", .work = objects },
		{ .name = "devices", .work = devices },
		{ .name = "perf_events", .work = perf_events },
		{ .name = "files", .work = files },
	};

	int prog, link;

	skel = BPFUNIT_LOAD(iter_bpf);
	ring = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "ring", 0, 0, 1 << 16, NULL);
	ASSERT_OK(ring);
	ring_prog = load_producer(ring);
	ASSERT_OK(ring_prog);
	prog = load(BPF_PROG_TYPE_RAW_TRACEPOINT, 0);
	link = bpf_raw_tracepoint_open("sys_enter", prog);
	ASSERT_OK(link);
	atomic_store(&producers, 2);
	for (u32 i = 0; i < BU_ARRAY_SIZE(workers); i++) {
		workers[i].number = i;
		ASSERT_EQ(pthread_create(&workers[i].thread, NULL, begin, &workers[i]), 0);
	}
	for (int i = 0; i < ROUNDS; i++) {
		struct bpfunit_attachment list[4];

		bpfunit_attachments(list, BU_ARRAY_SIZE(list));
		EXPECT_EQ(BPFUNIT_FIRE_ARGS("raw_tp/sys_enter", 1, 2), 0);
		bpfunit_clock_advance_ns(10);
		EXPECT_MAP_VALUE(skel->maps.squares, (u32){ 0 }, (u64){ 0 });
	}
	for (u32 i = 0; i < BU_ARRAY_SIZE(workers); i++) {
		pthread_join(workers[i].thread, NULL);
		if (workers[i].wrong)
			EXPECT_STREQ(workers[i].name, workers[i].wrong);
	}
	close(prog);
	close(link);
	close(ring_prog);
	close(ring);
}
