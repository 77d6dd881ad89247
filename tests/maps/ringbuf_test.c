// SPDX-License-Identifier: BSD-2-Clause
/* BPF_MAP_TYPE_RINGBUF: programs write, libbpf's ring_buffer reads. */
#include <bpf/bpf.h>
#include <bpfunit/bpfunit.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#include "map_programs.skel.h"

#define RING_SIZE 4096
#define PAGE      4096

BPF_FIXTURE(ringbuf)
{
	struct map_programs_bpf *skel;
	struct ring_buffer *consumer;
	int fd;
	uint64_t args; /* context of the programs */
	int records;   /* seen by the consumer */
	size_t size;   /* of the latest */
	uint8_t latest[128];
};

static int on_record(void *ctx, void *data, size_t size)
{
	struct ringbuf_fixture *self = ctx;

	self->records++;
	self->size = size;
	memcpy(self->latest, data, size < sizeof(self->latest) ? size : sizeof(self->latest));
	return 0;
}

BPF_FIXTURE_SETUP(ringbuf)
{
	self->skel = BPFUNIT_LOAD(map_programs_bpf);
	self->fd = bpf_map__fd(self->skel->maps.ring);
	self->consumer = ring_buffer__new(self->fd, on_record, self, NULL);
	ASSERT_NOT_NULL(self->consumer);
}

BPF_FIXTURE_TEARDOWN(ringbuf)
{
	ring_buffer__free(self->consumer);
}

static uint64_t query(struct ringbuf_fixture *self, uint64_t flags)
{
	self->skel->bss->flags = flags;
	EXPECT_RUN(self->skel->progs.ring_query, &self->args, 0);
	return self->skel->bss->result;
}

/* Whether the descriptor is readable. */
static bool readable(struct ringbuf_fixture *self)
{
	struct epoll_event event = { 0 };

	return epoll_wait(ring_buffer__epoll_fd(self->consumer), &event, 1, 0) == 1;
}

BPF_TEST_F(ringbuf, output)
{
	memcpy(self->skel->bss->data, "hello", 6);
	self->skel->bss->size = 6;
	EXPECT_RUN(self->skel->progs.ring_output, &self->args, 0);
	EXPECT_EQ(ring_buffer__poll(self->consumer, 0), 1);
	EXPECT_EQ(self->size, 6u);
	EXPECT_STREQ((char *)self->latest, "hello");
	EXPECT_EQ(ring_buffer__poll(self->consumer, 0), 0);
}

BPF_TEST_F(ringbuf, submit)
{
	self->skel->bss->seen_sum = 0x1122334455667788;
	EXPECT_RUN(self->skel->progs.ring_submit, &self->args, 0);
	EXPECT_EQ(ring_buffer__consume(self->consumer), 1);
	EXPECT_EQ(self->size, 16u);
	EXPECT_EQ(((uint64_t *)self->latest)[0], 0x1122334455667788u);
	EXPECT_EQ(((uint64_t *)self->latest)[1], ~0x1122334455667788u);
}

BPF_TEST_F(ringbuf, empty_record)
{
	EXPECT_RUN(self->skel->progs.ring_output, &self->args, 0);
	EXPECT_EQ(query(self, BPF_RB_AVAIL_DATA), 8u);
	EXPECT_EQ(ring_buffer__consume(self->consumer), 1);
	EXPECT_EQ(self->size, 0u);
}

BPF_TEST_F(ringbuf, discarded_records_are_skipped)
{
	EXPECT_RUN(self->skel->progs.ring_discard, &self->args, 0);
	EXPECT_EQ(query(self, BPF_RB_AVAIL_DATA), 24u);
	EXPECT_EQ(ring_buffer__consume(self->consumer), 0);
	EXPECT_EQ(self->records, 0);
	EXPECT_EQ(query(self, BPF_RB_AVAIL_DATA), 0u);
}

/* A record of 40 + 8 bytes does not divide the ring, so records run across its end again and again.
 */
BPF_TEST_F(ringbuf, wraps_around)
{
	struct {
		uint8_t bytes[40];
	} expected = { { 1 } };

	for (int i = 0; i < 1000; i++) {
		EXPECT_RUN(self->skel->progs.ring_output_big, &self->args, 0);
		ASSERT_EQ(ring_buffer__consume(self->consumer), 1);
		ASSERT_EQ(self->size, sizeof(expected));
		ASSERT_MEMEQ(self->latest, &expected, sizeof(expected));
	}
	EXPECT_EQ(query(self, BPF_RB_PROD_POS), 48000u);
	EXPECT_EQ(query(self, BPF_RB_CONS_POS), 48000u);
}

/* Reserved records too: what a program writes through the second appearance of the data is read. */
BPF_TEST_F(ringbuf, reserved_records_wrap_around)
{
	EXPECT_RUN(self->skel->progs.ring_output, &self->args, 0); /* 8 bytes: misalign */
	ASSERT_EQ(ring_buffer__consume(self->consumer), 1);
	for (uint64_t i = 0; i < 1000; i++) {
		self->skel->bss->seen_sum = i;
		EXPECT_RUN(self->skel->progs.ring_submit, &self->args, 0);
		ASSERT_EQ(ring_buffer__consume(self->consumer), 1);
		ASSERT_EQ(((uint64_t *)self->latest)[0], i);
		ASSERT_EQ(((uint64_t *)self->latest)[1], ~i);
	}
}

BPF_TEST_F(ringbuf, full)
{
	int written = 0;

	while (BPFUNIT_RUN(self->skel->progs.ring_output_big, &self->args) == 0)
		written++;
	EXPECT_EQ(written, (RING_SIZE - 1) / 48);
	EXPECT_RUN(self->skel->progs.ring_output_big, &self->args, -EAGAIN);
	EXPECT_RUN(self->skel->progs.ring_output, &self->args, 0); /* an empty one fits, once */
	EXPECT_RUN(self->skel->progs.ring_output, &self->args, -EAGAIN);
	EXPECT_RUN(self->skel->progs.ring_submit, &self->args, 1);
	EXPECT_EQ(ring_buffer__consume(self->consumer), written + 1);
	EXPECT_RUN(self->skel->progs.ring_output_big, &self->args, 0);
}

BPF_TEST_F(ringbuf, bad_flags_and_sizes)
{
	self->skel->bss->flags = 4;
	EXPECT_RUN(self->skel->progs.ring_output, &self->args, -EINVAL);
	EXPECT_RUN(self->skel->progs.ring_reserve_flags, &self->args, 1);
	EXPECT_RUN(self->skel->progs.ring_reserve_too_large, &self->args, 1);
	EXPECT_EQ(query(self, BPF_RB_PROD_POS), 0u);
}

BPF_TEST_F(ringbuf, queries)
{
	EXPECT_EQ(query(self, BPF_RB_RING_SIZE), RING_SIZE);
	EXPECT_EQ(query(self, BPF_RB_AVAIL_DATA), 0u);
	self->skel->bss->flags = 0;
	EXPECT_RUN(self->skel->progs.ring_submit, &self->args, 0);
	EXPECT_EQ(query(self, BPF_RB_AVAIL_DATA), 24u);
	EXPECT_EQ(query(self, BPF_RB_PROD_POS), 24u);
	EXPECT_EQ(query(self, BPF_RB_CONS_POS), 0u);
	EXPECT_EQ(query(self, 17), 0u);
}

BPF_TEST_F(ringbuf, wakes_only_a_consumer_that_caught_up)
{
	self->skel->bss->flags = 0;
	EXPECT_FALSE(readable(self));
	EXPECT_RUN(self->skel->progs.ring_submit, &self->args, 0);
	EXPECT_TRUE(readable(self));
	EXPECT_EQ(ring_buffer__consume(self->consumer), 1);
	self->skel->bss->flags = BPF_RB_NO_WAKEUP;
	EXPECT_RUN(self->skel->progs.ring_submit, &self->args, 0);
	EXPECT_EQ(ring_buffer__consume(self->consumer), 1);
	self->skel->bss->flags = BPF_RB_FORCE_WAKEUP;
	EXPECT_RUN(self->skel->progs.ring_submit, &self->args, 0);
	EXPECT_TRUE(readable(self));
	EXPECT_EQ(ring_buffer__poll(self->consumer, 0), 1);
}

BPF_TEST_F(ringbuf, records_finish_out_of_order)
{
	EXPECT_RUN(self->skel->progs.ring_out_of_order, &self->args, 0);
	EXPECT_EQ(self->skel->bss->result, 32);
	EXPECT_EQ(ring_buffer__consume(self->consumer), 2);
	EXPECT_EQ(self->latest[0], 2); /* the order is that of the reservations */
}

BPF_TEST_F(ringbuf, layout_of_a_record)
{
	const uint8_t *mapped =
		mmap(NULL, PAGE + 2 * RING_SIZE, PROT_READ, MAP_SHARED, self->fd, PAGE);
	const uint32_t *header;

	ASSERT_TRUE(mapped != MAP_FAILED);
	header = (const uint32_t *)(mapped + PAGE);
	EXPECT_RUN(self->skel->progs.ring_submit, &self->args, 0);
	EXPECT_EQ(*(const uint64_t *)mapped, 24u);
	EXPECT_EQ(header[0], 16u);
	EXPECT_EQ(header[1], 3u); /* pages between the kernel's bookkeeping and the record */
	EXPECT_RUN(self->skel->progs.ring_discard, &self->args, 0);
	EXPECT_EQ(header[6], 16u | BPF_RINGBUF_DISCARD_BIT);
	EXPECT_MEMEQ(mapped + PAGE, mapped + PAGE + RING_SIZE, RING_SIZE);
}

BPF_TEST_F(ringbuf, mappings)
{
	void *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, self->fd, 0);

	EXPECT_TRUE(page != MAP_FAILED);
	EXPECT_TRUE(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, self->fd, PAGE) ==
		    MAP_FAILED);
	EXPECT_EQ(errno, EPERM);
	EXPECT_TRUE(mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, self->fd, 0) ==
		    MAP_FAILED);
	EXPECT_EQ(errno, EPERM);
	EXPECT_TRUE(mmap(NULL, 2 * PAGE + 2 * RING_SIZE, PROT_READ, MAP_SHARED, self->fd, PAGE) ==
		    MAP_FAILED);
	EXPECT_EQ(errno, EINVAL);
}

BPF_TEST_F(ringbuf, element_operations)
{
	uint32_t key = 0, value = 0;

	/* libbpf passes no key pointer on for maps without keys; the kernel would refuse ours. */
	EXPECT_ERR(bpf_map_lookup_elem(self->fd, NULL, &value), 524);
	EXPECT_ERR(bpf_map_update_elem(self->fd, NULL, &value, BPF_ANY), 524);
	EXPECT_ERR(bpf_map_delete_elem(self->fd, NULL), 524);
	EXPECT_ERR(bpf_map_get_next_key(self->fd, NULL, &key), 524);
	EXPECT_ERR(bpf_map_lookup_elem(self->fd, &key, &value), EINVAL);
}

BPF_TEST_F(ringbuf, leaked_record_faults)
{
	EXPECT_FAULT(BPFUNIT_FAULT_LEAK, BPFUNIT_RUN(self->skel->progs.ring_leak, &self->args));
	EXPECT_NOT_NULL(strstr(bpfunit_fault_report(),
			       "record of ring buffer 'ring', acquired by instruction"));
	EXPECT_NOT_NULL(strstr(bpfunit_fault_report(), "map_programs.bpf.c:"));
}

BPF_TEST_F(ringbuf, record_is_gone_after_submit)
{
	EXPECT_FAULT(BPFUNIT_FAULT_USE_AFTER_FREE,
		     BPFUNIT_RUN(self->skel->progs.ring_use_after_submit, &self->args));
}

BPF_TEST_F(ringbuf, unwritten_bytes_cannot_be_read)
{
	EXPECT_FAULT(BPFUNIT_FAULT_UNINITIALISED,
		     BPFUNIT_RUN(self->skel->progs.ring_read_unwritten, &self->args));
}

BPF_TEST_F(ringbuf, write_past_record_faults)
{
	EXPECT_FAULT(BPFUNIT_FAULT_OUT_OF_BOUNDS,
		     BPFUNIT_RUN(self->skel->progs.ring_write_past_record, &self->args));
}

BPF_TEST_F(ringbuf, second_submit_faults)
{
	EXPECT_FAULT(BPFUNIT_FAULT_DOUBLE_RELEASE,
		     BPFUNIT_RUN(self->skel->progs.ring_submit_twice, &self->args));
}
