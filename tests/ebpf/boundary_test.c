// SPDX-License-Identifier: BSD-2-Clause
/* Unmodified libbpf and user space against the emulated kernel: globals, consumers, mmap, files. */
#include "ebpf/kernel.h"
#include "ebpf/syscall.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpfunit/bpfunit.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/perf_event.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "boundary.skel.h"

struct event {
	__u64 number;
	__u32 payload[4];
};

static int run(const struct bpf_program *prog)
{
	char packet[64] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet));

	ASSERT_OK(bpf_prog_test_run_opts(bpf_program__fd(prog), &opts));
	return opts.retval;
}

/* Globals */

BPF_TEST(globals, are_shared_with_user_space)
{
	struct boundary_bpf *skel = BPFUNIT_OPEN(boundary_bpf);

	skel->rodata->step = 5;
	skel->bss->counter = 100;
	skel->data->initialised = 1;
	ASSERT_OK(boundary_bpf__load(skel));
	EXPECT_EQ(run(skel->progs.count), 105);
	EXPECT_EQ(skel->bss->counter, 105);
	EXPECT_EQ(skel->data->initialised, 2);
	EXPECT_EQ(skel->bss->big[9999], 105);
	skel->bss->counter = 7;
	EXPECT_EQ(run(skel->progs.count), 12);
}

BPF_TEST(globals, are_also_elements_of_their_map)
{
	struct boundary_bpf *skel = BPFUNIT_LOAD(boundary_bpf);
	int fd = bpf_map__fd(skel->maps.data);
	__u32 zero = 0;
	__u64 value;

	ASSERT_EQ(bpf_map__value_size(skel->maps.data), sizeof(value));
	ASSERT_OK(bpf_map_lookup_elem(fd, &zero, &value));
	EXPECT_EQ(value, 40);
	value = 50;
	ASSERT_OK(bpf_map_update_elem(fd, &zero, &value, 0));
	EXPECT_EQ(skel->data->initialised, 50);
}

BPF_TEST(globals, constants_are_frozen)
{
	struct boundary_bpf *skel = BPFUNIT_LOAD(boundary_bpf);
	int fd = bpf_map__fd(skel->maps.rodata);
	__u64 value = 1;
	__u32 zero = 0;

	EXPECT_ERR(bpf_map_update_elem(fd, &zero, &value, 0), -EPERM);
	EXPECT_EQ(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);
	EXPECT_EQ(errno, EPERM);
}

/* mmap of maps */

BPF_TEST(map_memory, is_the_programs_memory)
{
	struct boundary_bpf *skel = BPFUNIT_LOAD(boundary_bpf);
	int fd = bpf_map__fd(skel->maps.mappable);
	__u64 *values = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), value;
	__u32 key = 700;

	ASSERT_NE((void *)values, MAP_FAILED);
	values[700] = 17;
	EXPECT_EQ(run(skel->progs.from_mappable), 17);
	ASSERT_OK(bpf_map_lookup_elem(fd, &key, &value));
	EXPECT_EQ(value, 17);
	EXPECT_OK(munmap(values, 8192));
}

BPF_TEST(map_memory, from_the_second_page_on)
{
	struct boundary_bpf *skel = BPFUNIT_LOAD(boundary_bpf);
	__u64 *values = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED,
			     bpf_map__fd(skel->maps.mappable), 4096);

	ASSERT_NE((void *)values, MAP_FAILED);
	values[700 - 512] = 18;
	EXPECT_EQ(run(skel->progs.from_mappable), 18);
}

BPF_TEST(map_memory, at_a_fixed_address)
{
	struct boundary_bpf *skel = BPFUNIT_LOAD(boundary_bpf);
	void *place = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_EQ(mmap(place, 8192, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
		       bpf_map__fd(skel->maps.mappable), 0),
		  place);
	((__u64 *)place)[700] = 19;
	EXPECT_EQ(run(skel->progs.from_mappable), 19);
}

static int mmap_errno(int fd, size_t size, int prot, int flags, off_t offset)
{
	void *memory = mmap(NULL, size, prot, flags, fd, offset);

	return memory == MAP_FAILED ? errno : 0;
}

BPF_TEST(map_memory, refusals)
{
	struct boundary_bpf *skel = BPFUNIT_LOAD(boundary_bpf);
	int fd = bpf_map__fd(skel->maps.mappable);
	LIBBPF_OPTS(bpf_map_create_opts, read_only, .map_flags = BPF_F_MMAPABLE | BPF_F_RDONLY);
	LIBBPF_OPTS(bpf_map_create_opts, for_user_only,
		    .map_flags = BPF_F_MMAPABLE | BPF_F_RDONLY_PROG);

	EXPECT_EQ(mmap_errno(fd, 16384, PROT_READ, MAP_SHARED, 0), EINVAL);
	EXPECT_EQ(mmap_errno(fd, 4096, PROT_READ, MAP_SHARED, 16384), EINVAL);
	EXPECT_EQ(mmap_errno(fd, 4096, PROT_READ, MAP_SHARED, 1), EINVAL);
	EXPECT_EQ(mmap_errno(fd, 0, PROT_READ, MAP_SHARED, 0), EINVAL);
	EXPECT_EQ(mmap_errno(fd, 4096, PROT_READ, MAP_PRIVATE, 0), EINVAL);
	EXPECT_EQ(mmap_errno(fd, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, 0), EPERM);
	EXPECT_EQ(mmap_errno(bpf_program__fd(skel->progs.count), 4096, PROT_READ, MAP_SHARED, 0),
		  ENODEV);
	EXPECT_EQ(mmap_errno(bpf_map__fd(skel->maps.perf), 4096, PROT_READ, MAP_SHARED, 0),
		  BU_ENOTSUPP);
	fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "ro", 4, 8, 1, &read_only);
	EXPECT_EQ(mmap_errno(fd, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, 0), EACCES);
	EXPECT_EQ(mmap_errno(fd, 4096, PROT_READ, MAP_SHARED, 0), 0);
	fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "rop", 4, 8, 1, &for_user_only);
	EXPECT_EQ(mmap_errno(fd, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, 0), EACCES);
	fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "plain", 4, 8, 1, NULL);
	EXPECT_EQ(mmap_errno(fd, 4096, PROT_READ, MAP_SHARED, 0), EINVAL);
	fd = bpf_map_create(BPF_MAP_TYPE_HASH, "hash", 4, 8, 1, NULL);
	EXPECT_EQ(mmap_errno(fd, 4096, PROT_READ, MAP_SHARED, 0), BU_ENOTSUPP);
}

static int errno_of(int result)
{
	return result ? errno : 0;
}

static int remap_errno(void *at, size_t size, size_t to_size, int flags)
{
	return mremap(at, size, to_size, flags) == MAP_FAILED ? errno : 0;
}

/* Source: as 6.18 does. */
BPF_TEST(map_memory, read_only_mappings_stay_so)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "array", 4, 8, 1024, &opts);
	int ring = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "ring", 0, 0, 4096, NULL);
	int user_ring = bpf_map_create(BPF_MAP_TYPE_USER_RINGBUF, "ring", 0, 0, 4096, NULL);
	const struct {
		int fd;
		size_t size;
		off_t offset;
	} cases[] = { { fd, 8192, 0 },           { fd, 4096, 4096 },   { ring, 4096, 0 },
		      { ring, 12288, 4096 },     { ring, 8192, 8192 }, { user_ring, 4096, 0 },
		      { user_ring, 12288, 4096 } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		void *at = mmap(NULL, cases[i].size, PROT_READ, MAP_SHARED, cases[i].fd,
				cases[i].offset);

		ASSERT_NE(at, MAP_FAILED);
		EXPECT_EQ(errno_of(mprotect(at, 4096, PROT_READ | PROT_WRITE)), EACCES);
		EXPECT_EQ(errno_of(mprotect(at, 4096, PROT_NONE)), 0);
		EXPECT_EQ(errno_of(mprotect(at, 4096, PROT_WRITE)), EACCES);
		EXPECT_EQ(errno_of(mprotect(at, 4096, PROT_READ)), 0);
		EXPECT_EQ(munmap(at, cases[i].size), 0);
	}
}

BPF_TEST(map_memory, writable_mappings_may_change_their_protection)
{
	struct boundary_bpf *skel = BPFUNIT_LOAD(boundary_bpf);
	int fd = bpf_map__fd(skel->maps.mappable);
	__u64 *values = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	ASSERT_NE((void *)values, MAP_FAILED);
	EXPECT_EQ(mprotect(values, 8192, PROT_READ), 0);
	EXPECT_EQ(mprotect(values, 8192, PROT_READ | PROT_WRITE), 0);
	values[700] = 19;
	EXPECT_EQ(run(skel->progs.from_mappable), 19);
}

/* Source: as 6.18 does. */
BPF_TEST(map_memory, mappings_are_never_executable)
{
	struct boundary_bpf *skel = BPFUNIT_LOAD(boundary_bpf);
	int fd = bpf_map__fd(skel->maps.mappable);
	void *at = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	void *code = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(at, MAP_FAILED);
	EXPECT_EQ(errno_of(mprotect(at, 8192, PROT_READ | PROT_EXEC)), EACCES);
	EXPECT_EQ(errno_of(mprotect((char *)at + 4096, 4096, PROT_EXEC)), EACCES);
	EXPECT_EQ(errno_of(mprotect(code, 4096, PROT_READ | PROT_EXEC)), 0);
	EXPECT_EQ(munmap(code, 4096), 0);
	EXPECT_EQ(munmap(at, 8192), 0);
}

/* Source: as 6.18 does. */
BPF_TEST(map_memory, mappings_do_not_grow)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "array", 4, 8, 1024, &opts);
	__u64 *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), *moved;
	void *place = mmap(NULL, 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE((void *)at, MAP_FAILED);
	EXPECT_EQ(remap_errno(at, 4096, 8192, MREMAP_MAYMOVE), EFAULT);
	EXPECT_EQ(remap_errno(at, 4095, 4097, 0), EFAULT);
	EXPECT_EQ(remap_errno(at, 0, 4096, MREMAP_MAYMOVE), EFAULT);
	EXPECT_EQ(remap_errno(at, 4096, 4096, MREMAP_MAYMOVE | MREMAP_DONTUNMAP), EINVAL);
	EXPECT_EQ(remap_errno(at, 4096, 8192, 64), EINVAL);
	EXPECT_EQ(remap_errno((char *)at + 1, 4096, 8192, MREMAP_MAYMOVE), EINVAL);
	EXPECT_EQ(remap_errno(at, 4096, 0, MREMAP_MAYMOVE), EINVAL);
	EXPECT_EQ(remap_errno(at, 4096, 4096, 0), 0);
	at[1] = 5;
	moved = mremap(at, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, place);
	ASSERT_EQ((void *)moved, place);
	EXPECT_EQ(moved[1], 5U);
	EXPECT_EQ(remap_errno(moved, 4096, 8192, MREMAP_MAYMOVE), EFAULT);
	EXPECT_EQ(munmap(place, 8192), 0);
}

BPF_TEST(map_memory, other_memory_grows)
{
	struct boundary_bpf *skel = BPFUNIT_LOAD(boundary_bpf);
	char *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE((void *)skel, NULL);
	at[7] = 'x';
	at = mremap(at, 4096, 1 << 20, MREMAP_MAYMOVE);
	ASSERT_NE((void *)at, MAP_FAILED);
	EXPECT_EQ(at[7], 'x');
	EXPECT_EQ(remap_errno(at, 4096, 0, MREMAP_MAYMOVE), EINVAL);
	EXPECT_EQ(munmap(at, 1 << 20), 0);
}

BPF_TEST(map_memory, files_are_the_hosts)
{
	int fd = open("/proc/self/exe", O_RDONLY);
	char *image;

	bpfunit_nr_cpus();
	ASSERT_GE(fd, 0);
	image = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
	ASSERT_NE((void *)image, MAP_FAILED);
	EXPECT_MEMEQ(image, "\177ELF", 4);
	EXPECT_EQ(mmap_errno(9999, 4096, PROT_READ, MAP_SHARED, 0), EBADF);
}

/* Ring buffer */

static int collect(void *ctx, void *data, size_t size)
{
	__u64 *sum = ctx;
	const struct event *event = data;

	EXPECT_EQ(size, sizeof(*event));
	*sum += event->number;
	return 0;
}

BPF_TEST(ring_consumer, polls)
{
	struct boundary_bpf *skel = BPFUNIT_LOAD(boundary_bpf);
	__u64 sum = 0;
	struct ring_buffer *rb =
		ring_buffer__new(bpf_map__fd(skel->maps.ring), collect, &sum, NULL);

	ASSERT_NOT_NULL(rb);
	EXPECT_EQ(ring_buffer__poll(rb, 0), 0);
	for (int i = 0; i < 4; i++)
		EXPECT_EQ(run(skel->progs.to_ring), XDP_PASS);
	EXPECT_EQ(ring_buffer__poll(rb, 1000), 4);
	EXPECT_EQ(sum, 0 + 1 + 2 + 3);
	EXPECT_EQ(ring_buffer__poll(rb, 0), 0);
	EXPECT_EQ(run(skel->progs.to_ring), XDP_PASS);
	EXPECT_EQ(ring_buffer__poll(rb, 1000), 1);
	ring_buffer__free(rb);
}

BPF_TEST(ring_consumer, wraps_many_times)
{
	struct boundary_bpf *skel = BPFUNIT_LOAD(boundary_bpf);
	__u64 sum = 0;
	struct ring_buffer *rb =
		ring_buffer__new(bpf_map__fd(skel->maps.ring), collect, &sum, NULL);

	ASSERT_NOT_NULL(rb);
	for (int i = 0; i < 2000; i++) {
		ASSERT_EQ(run(skel->progs.to_ring), XDP_PASS);
		if (i % 50 == 49)
			ASSERT_EQ(ring_buffer__consume(rb), 50);
	}
	EXPECT_EQ(sum, 1999ULL * 2000 / 2);
	ring_buffer__free(rb);
}

static long elapsed_ms(const struct timespec *since)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - since->tv_sec) * 1000 + (now.tv_nsec - since->tv_nsec) / 1000000;
}

BPF_TEST(ring_consumer, stale_readiness_does_not_cut_a_wait_short)
{
	struct boundary_bpf *skel = BPFUNIT_LOAD(boundary_bpf);
	__u64 sum = 0;
	struct ring_buffer *rb =
		ring_buffer__new(bpf_map__fd(skel->maps.ring), collect, &sum, NULL);
	struct timespec start;

	ASSERT_NOT_NULL(rb);
	run(skel->progs.to_ring);
	ASSERT_EQ(ring_buffer__consume(rb), 1);
	clock_gettime(CLOCK_MONOTONIC, &start);
	EXPECT_EQ(ring_buffer__poll(rb, 60), 0);
	EXPECT_GE(elapsed_ms(&start), 55);
	ring_buffer__free(rb);
}

BPF_TEST(ring_consumer, is_seen_by_poll)
{
	struct boundary_bpf *skel = BPFUNIT_LOAD(boundary_bpf);
	__u64 sum = 0;
	struct ring_buffer *rb =
		ring_buffer__new(bpf_map__fd(skel->maps.ring), collect, &sum, NULL);
	struct pollfd fds[] = {
		{ .fd = bpf_map__fd(skel->maps.ring), .events = POLLIN },
		{ .fd = ring_buffer__epoll_fd(rb), .events = POLLIN },
	};

	EXPECT_EQ(poll(fds, 2, 0), 0);
	run(skel->progs.to_ring);
	EXPECT_EQ(poll(fds, 2, -1), 2);
	ASSERT_EQ(ring_buffer__consume(rb), 1);
	EXPECT_EQ(poll(fds, 2, 5), 0);
	run(skel->progs.to_ring);
	EXPECT_EQ(poll(fds, 2, 1000), 2);
	ring_buffer__free(rb);
}

BPF_TEST(ring_consumer, is_not_woken_when_told_not_to)
{
	struct boundary_bpf *skel = BPFUNIT_LOAD(boundary_bpf);
	__u64 sum = 0;
	struct ring_buffer *rb =
		ring_buffer__new(bpf_map__fd(skel->maps.ring), collect, &sum, NULL);

	ASSERT_NOT_NULL(rb);
	run(skel->progs.to_ring_quietly);
	EXPECT_EQ(ring_buffer__poll(rb, 0), 0);
	EXPECT_EQ(ring_buffer__consume(rb), 1);
	ring_buffer__free(rb);
}

#define THREAD_EVENTS 20000

struct producer {
	struct boundary_bpf *skel;
	int sent;
};

static void *produce(void *arg)
{
	struct producer *producer = arg;

	while (producer->sent < THREAD_EVENTS) {
		if (run(producer->skel->progs.to_ring) == XDP_PASS)
			producer->sent++;
	}
	return NULL;
}

/* A full ring makes the producer try again, so nothing may be lost nor a wake-up forgotten. */
BPF_TEST(ring_consumer, in_another_thread, .timeout_s = 60)
{
	struct producer producer = { .skel = BPFUNIT_LOAD(boundary_bpf) };
	__u64 sum = 0;
	struct ring_buffer *rb =
		ring_buffer__new(bpf_map__fd(producer.skel->maps.ring), collect, &sum, NULL);
	pthread_t thread;
	int got = 0;

	ASSERT_NOT_NULL(rb);
	ASSERT_OK(pthread_create(&thread, NULL, produce, &producer));
	while (got < THREAD_EVENTS) {
		int n = ring_buffer__poll(rb, 5000);

		ASSERT_GT(n, 0);
		got += n;
	}
	pthread_join(thread, NULL);
	EXPECT_EQ(got, THREAD_EVENTS);
	ring_buffer__free(rb);
}

BPF_TEST(ring_memory, may_be_written_only_where_the_consumer_writes)
{
	struct boundary_bpf *skel = BPFUNIT_LOAD(boundary_bpf);
	int fd = bpf_map__fd(skel->maps.ring);

	EXPECT_EQ(mmap_errno(fd, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, 0), 0);
	EXPECT_EQ(mmap_errno(fd, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, 4096), EPERM);
	EXPECT_EQ(mmap_errno(fd, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, 0), EPERM);
	EXPECT_EQ(mmap_errno(fd, 4096 * 3, PROT_READ, MAP_SHARED, 4096), 0);
	EXPECT_EQ(mmap_errno(fd, 4096 * 4, PROT_READ, MAP_SHARED, 4096), EINVAL);
}

/* Perf buffer */

struct perf_seen {
	__u64 samples, sum, lost;
};

static void sample(void *ctx, int cpu, void *data, __u32 size)
{
	struct perf_seen *seen = ctx;
	struct event event; /* raw data is not aligned */

	memcpy(&event, data, sizeof(event));
	EXPECT_EQ(cpu, 0);
	EXPECT_EQ(size, BU_ROUND_UP(sizeof(struct event) + 4, 8) - 4);
	seen->samples++;
	seen->sum += event.number;
}

static void lost(void *ctx, int cpu, __u64 count)
{
	((struct perf_seen *)ctx)->lost += count;
}

BPF_TEST(perf_consumer, polls)
{
	struct boundary_bpf *skel = BPFUNIT_LOAD(boundary_bpf);
	struct perf_seen seen = { 0 };
	struct perf_buffer *pb =
		perf_buffer__new(bpf_map__fd(skel->maps.perf), 1, sample, lost, &seen, NULL);

	ASSERT_NOT_NULL(pb);
	EXPECT_EQ(perf_buffer__buffer_cnt(pb), bpfunit_nr_cpus());
	EXPECT_EQ(perf_buffer__poll(pb, 0), 0);
	for (int i = 0; i < 5; i++)
		EXPECT_EQ(run(skel->progs.to_perf), XDP_PASS);
	EXPECT_EQ(perf_buffer__poll(pb, 1000), 1); /* buffers */
	EXPECT_EQ(seen.samples, 5);
	EXPECT_EQ(seen.sum, 10);
	EXPECT_EQ(perf_buffer__poll(pb, 0), 0);
	perf_buffer__free(pb);
}

BPF_TEST(perf_consumer, wraps_many_times)
{
	struct boundary_bpf *skel = BPFUNIT_LOAD(boundary_bpf);
	struct perf_seen seen = { 0 };
	struct perf_buffer *pb =
		perf_buffer__new(bpf_map__fd(skel->maps.perf), 1, sample, lost, &seen, NULL);

	ASSERT_NOT_NULL(pb);
	for (int i = 0; i < 3000; i++) {
		ASSERT_EQ(run(skel->progs.to_perf), XDP_PASS);
		if (i % 60 == 59)
			ASSERT_EQ(perf_buffer__consume(pb), 0);
	}
	EXPECT_EQ(seen.samples, 3000);
	EXPECT_EQ(seen.sum, 2999ULL * 3000 / 2);
	EXPECT_EQ(seen.lost, 0);
	perf_buffer__free(pb);
}

BPF_TEST(perf_consumer, is_told_what_was_lost)
{
	struct boundary_bpf *skel = BPFUNIT_LOAD(boundary_bpf);
	struct perf_seen seen = { 0 };
	struct perf_buffer *pb =
		perf_buffer__new(bpf_map__fd(skel->maps.perf), 1, sample, lost, &seen, NULL);
	int full = 0;

	ASSERT_NOT_NULL(pb);
	for (int i = 0; i < 200; i++)
		full += run(skel->progs.to_perf) == XDP_DROP;
	EXPECT_GT(full, 0);
	EXPECT_OK(perf_buffer__consume(pb));
	EXPECT_EQ(run(skel->progs.to_perf), XDP_PASS);
	EXPECT_OK(perf_buffer__consume(pb));
	EXPECT_EQ(seen.lost, full);
	EXPECT_EQ(seen.samples + seen.lost, 201);
	perf_buffer__free(pb);
}

static int open_event(__u32 type, __u64 config, __u64 sample_type, int cpu)
{
	struct perf_event_attr attr = {
		.type = type, .size = sizeof(attr), .config = config, .sample_type = sample_type
	};

	return syscall(__NR_perf_event_open, &attr, -1, cpu, -1, 0) < 0 ? -errno : 0;
}

BPF_TEST(perf_event, opens)
{
	EXPECT_EQ(open_event(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_BPF_OUTPUT, PERF_SAMPLE_RAW, 0), 0);
	EXPECT_EQ(open_event(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_BPF_OUTPUT, PERF_SAMPLE_RAW, 1000),
		  -EINVAL);
	EXPECT_EQ(open_event(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK, PERF_SAMPLE_RAW, 0), 0);
	EXPECT_EQ(open_event(PERF_TYPE_HARDWARE, 0, 0, 0), 0);
	EXPECT_EQ(open_event(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_BPF_OUTPUT, PERF_SAMPLE_IP, 0), 0);
	EXPECT_EQ(syscall(__NR_perf_event_open, NULL, -1, 0, -1, 0), -1);
	EXPECT_EQ(errno, EFAULT);
}

BPF_TEST(perf_event, ioctls)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_BPF_OUTPUT,
		.sample_type = PERF_SAMPLE_RAW,
	};
	int fd = syscall(__NR_perf_event_open, &attr, -1, 0, -1, 0), map;
	__u64 id = 0;

	ASSERT_GE(fd, 0);
	EXPECT_OK(ioctl(fd, PERF_EVENT_IOC_ENABLE, 0));
	EXPECT_OK(ioctl(fd, PERF_EVENT_IOC_DISABLE, 0));
	EXPECT_OK(ioctl(fd, PERF_EVENT_IOC_RESET, 0));
	EXPECT_OK(ioctl(fd, PERF_EVENT_IOC_ID, &id));
	EXPECT_NE(id, 0);
	EXPECT_EQ(ioctl(fd, PERF_EVENT_IOC_SET_BPF, fd), -1);
	EXPECT_EQ(errno, EINVAL); /* no program */
	map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "m", 4, 4, 1, NULL);
	EXPECT_EQ(ioctl(map, PERF_EVENT_IOC_ENABLE, 0), -1);
	EXPECT_EQ(errno, ENOTTY);
	EXPECT_EQ(mmap_errno(fd, 4096 * 4, PROT_READ | PROT_WRITE, MAP_SHARED, 0), EINVAL);
	EXPECT_EQ(mmap_errno(fd, 4096 * 5, PROT_READ | PROT_WRITE, MAP_SHARED, 4096), EINVAL);
	EXPECT_EQ(mmap_errno(fd, 4096 * 5, PROT_READ | PROT_WRITE, MAP_SHARED, 0), 0);
	EXPECT_EQ(mmap_errno(fd, 4096 * 3, PROT_READ | PROT_WRITE, MAP_SHARED, 0), EINVAL);
}
