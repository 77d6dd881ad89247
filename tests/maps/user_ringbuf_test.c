// SPDX-License-Identifier: BSD-2-Clause
/* USER_RINGBUF: libbpf's producer, bpf_user_ringbuf_drain(), mappings. Source of the errnos:
 * kernel/bpf/ringbuf.c and the same calls on Linux 6.18. */
#include <bpf/bpf.h>
#include <bpfunit/bpfunit.h>
#include <pthread.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "user_ringbuf.skel.h"

#define PAGE      4096
#define RING_SIZE 4096
#define ENOTSUPP  524

static struct user_ringbuf_bpf *skel;
static struct user_ring_buffer *producer;

static void set_up(void)
{
	skel = BPFUNIT_LOAD(user_ringbuf_bpf);
	producer = user_ring_buffer__new(bpf_map__fd(skel->maps.ring), NULL);
	ASSERT_NOT_NULL(producer);
}

static void tear_down(void)
{
	user_ring_buffer__free(producer);
}

static void put(uint64_t value)
{
	uint64_t *sample = user_ring_buffer__reserve(producer, sizeof(value));

	ASSERT_NOT_NULL(sample);
	*sample = value;
	user_ring_buffer__submit(producer, sample);
}

static int64_t drain(void)
{
	uint64_t args = 0;

	return BPFUNIT_RUN(skel->progs.drain, &args);
}

BPF_TEST(user_ringbuf, drains_in_order)
{
	set_up();
	EXPECT_EQ(drain(), 0);
	put(40);
	put(2);
	EXPECT_EQ(drain(), 2);
	EXPECT_EQ(skel->bss->sum, 42);
	EXPECT_EQ(skel->bss->sizes, 2);
	EXPECT_EQ(skel->bss->beyond, -E2BIG);
	EXPECT_EQ(skel->bss->writes, 0);
	EXPECT_EQ(drain(), 0);
	tear_down();
}

BPF_TEST(user_ringbuf, skips_discarded)
{
	void *sample;

	set_up();
	put(1);
	sample = user_ring_buffer__reserve(producer, 64);
	ASSERT_NOT_NULL(sample);
	user_ring_buffer__discard(producer, sample);
	put(2);
	EXPECT_EQ(drain(), 2);
	EXPECT_EQ(skel->bss->sum, 3);
	tear_down();
}

BPF_TEST(user_ringbuf, waits_for_a_record_that_is_being_written)
{
	uint64_t *sample;

	set_up();
	sample = user_ring_buffer__reserve(producer, 8);
	ASSERT_NOT_NULL(sample);
	EXPECT_EQ(drain(), 0);
	*sample = 5;
	user_ring_buffer__submit(producer, sample);
	EXPECT_EQ(drain(), 1);
	EXPECT_EQ(skel->bss->sum, 5);
	tear_down();
}

BPF_TEST(user_ringbuf, callback_stops)
{
	set_up();
	for (int i = 0; i < 5; i++)
		put(1);
	skel->data->stop_after = 3;
	EXPECT_EQ(drain(), 3);
	skel->data->stop_after = -1;
	EXPECT_EQ(drain(), 2);
	tear_down();
}

BPF_TEST(user_ringbuf, wraps)
{
	set_up();
	for (int i = 0; i < 500; i++) {
		put(1);
		put(2);
		EXPECT_EQ(drain(), 2);
	}
	EXPECT_EQ(skel->bss->sum, 1500);
	tear_down();
}

BPF_TEST(user_ringbuf, full)
{
	struct timespec before, after;

	set_up();
	for (int i = 0; i < RING_SIZE / 16; i++)
		put(1);
	EXPECT_NULL(user_ring_buffer__reserve(producer, 8));
	EXPECT_EQ(errno, ENOSPC);
	clock_gettime(CLOCK_MONOTONIC, &before);
	EXPECT_NULL(user_ring_buffer__reserve_blocking(producer, 8, 30));
	EXPECT_EQ(errno, ENOSPC);
	clock_gettime(CLOCK_MONOTONIC, &after);
	EXPECT_GE((after.tv_sec - before.tv_sec) * 1000 +
			  (after.tv_nsec - before.tv_nsec) / 1000000,
		  29);
	EXPECT_NULL(user_ring_buffer__reserve(producer, RING_SIZE));
	EXPECT_EQ(errno, E2BIG);
	EXPECT_EQ(drain(), RING_SIZE / 16);
	EXPECT_NOT_NULL(user_ring_buffer__reserve(producer, 8));
	tear_down();
}

static void *drain_soon(void *arg)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);

	usleep(20000);
	EXPECT_OK(bpf_prog_test_run_opts(*(int *)arg, &opts));
	return NULL;
}

BPF_TEST(user_ringbuf, blocking_reserve_gets_what_is_drained)
{
	pthread_t thread;
	int prog;

	set_up();
	prog = bpf_program__fd(skel->progs.drain);
	for (int i = 0; i < RING_SIZE / 16; i++)
		put(1);
	ASSERT_EQ(pthread_create(&thread, NULL, drain_soon, &prog), 0);
	EXPECT_NOT_NULL(user_ring_buffer__reserve_blocking(producer, 8, 5000));
	pthread_join(thread, NULL);
	tear_down();
}

BPF_TEST(user_ringbuf, drain_errnos)
{
	set_up();
	skel->bss->flags = 4;
	EXPECT_EQ(drain(), -EINVAL);
	skel->bss->flags = BPF_RB_NO_WAKEUP;
	EXPECT_EQ(drain(), 0);
	skel->bss->flags = BPF_RB_FORCE_WAKEUP;
	skel->bss->nest = 1;
	put(1);
	EXPECT_EQ(drain(), 1);
	EXPECT_EQ(skel->bss->nested, -EBUSY);
	tear_down();
}

/* User space can write anything: positions and sizes are not believed. */
BPF_TEST(user_ringbuf, broken_producers)
{
	uint64_t *page;
	uint32_t *header;
	int fd;

	set_up();
	fd = bpf_map__fd(skel->maps.ring);
	page = mmap(NULL, PAGE + RING_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, PAGE);
	ASSERT_TRUE(page != MAP_FAILED);
	header = (uint32_t *)((char *)page + PAGE);
	page[0] = 12;
	EXPECT_EQ(drain(), -EINVAL);
	page[0] = 16;
	header[0] = 64; /* longer than what is there */
	EXPECT_EQ(drain(), -EINVAL);
	page[0] = 3 * RING_SIZE;
	header[0] = 2 * RING_SIZE; /* longer than the ring */
	EXPECT_EQ(drain(), -E2BIG);
	page[0] = 16;
	header[0] = 8;
	EXPECT_EQ(drain(), 1);
	munmap(page, PAGE + RING_SIZE);
	tear_down();
}

BPF_TEST(user_ringbuf, mappings)
{
	void *map;
	int fd;

	skel = BPFUNIT_LOAD(user_ringbuf_bpf);
	fd = bpf_map__fd(skel->maps.ring);
	EXPECT_TRUE(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED);
	EXPECT_EQ(errno, EPERM);
	map = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	EXPECT_TRUE(map != MAP_FAILED);
	munmap(map, PAGE);
	map = mmap(NULL, PAGE + 2 * RING_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, PAGE);
	EXPECT_TRUE(map != MAP_FAILED);
	munmap(map, PAGE + 2 * RING_SIZE);
	map = mmap(NULL, 2 * PAGE + 2 * RING_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, PAGE);
	EXPECT_TRUE(map == MAP_FAILED);
	EXPECT_EQ(errno, EINVAL);
}

BPF_TEST(user_ringbuf, has_no_elements)
{
	uint32_t key = 0, value = 0;
	int fd;

	skel = BPFUNIT_LOAD(user_ringbuf_bpf);
	fd = bpf_map__fd(skel->maps.ring);
	EXPECT_ERR(bpf_map_lookup_elem(fd, NULL, &value), ENOTSUPP);
	EXPECT_ERR(bpf_map_update_elem(fd, NULL, &value, BPF_ANY), ENOTSUPP);
	EXPECT_ERR(bpf_map_delete_elem(fd, NULL), ENOTSUPP);
	EXPECT_ERR(bpf_map_get_next_key(fd, NULL, &value), ENOTSUPP);
	EXPECT_ERR(bpf_map_lookup_elem(fd, &key, &value), EINVAL);
}

BPF_TEST(user_ringbuf, create_errnos)
{
	EXPECT_ERR(bpf_map_create(BPF_MAP_TYPE_USER_RINGBUF, "r", 4, 0, 4096, NULL), EINVAL);
	EXPECT_ERR(bpf_map_create(BPF_MAP_TYPE_USER_RINGBUF, "r", 0, 4, 4096, NULL), EINVAL);
	EXPECT_ERR(bpf_map_create(BPF_MAP_TYPE_USER_RINGBUF, "r", 0, 0, 0, NULL), EINVAL);
	EXPECT_ERR(bpf_map_create(BPF_MAP_TYPE_USER_RINGBUF, "r", 0, 0, 100, NULL), EINVAL);
	EXPECT_ERR(bpf_map_create(BPF_MAP_TYPE_USER_RINGBUF, "r", 0, 0, 3 * 4096, NULL), EINVAL);
	EXPECT_OK(bpf_map_create(BPF_MAP_TYPE_USER_RINGBUF, "r", 0, 0, 8192, NULL));
}

BPF_TEST(user_ringbuf, records_belong_to_the_callback)
{
	uint64_t args = 0;

	set_up();
	put(1);
	EXPECT_EQ(drain(), 1);
	EXPECT_FAULT(BPFUNIT_FAULT_USE_AFTER_FREE, BPFUNIT_RUN(skel->progs.use_stale, &args));
	put(1);
	EXPECT_FAULT(BPFUNIT_FAULT_READ_ONLY, BPFUNIT_RUN(skel->progs.overwrite_dynptr, &args));
	tear_down();
}
