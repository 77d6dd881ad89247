// SPDX-License-Identifier: BSD-2-Clause
/* Samples of BPF output with more than raw data, and pausing of output. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <bpfunit/bpfunit.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "boundary.skel.h"

static int open_output(uint64_t sample_type)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_BPF_OUTPUT,
		.sample_type = sample_type,
		.wakeup_events = 1,
	};
	int fd = syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* Two pages: what is written, and the ring. */
static struct perf_event_mmap_page *map_ring(int fd)
{
	void *ring = mmap(NULL, 2 * getpagesize(), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	ASSERT_NE(ring, MAP_FAILED);
	return ring;
}

static void output(struct boundary_bpf *skel)
{
	char packet[64] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet));

	ASSERT_OK(bpf_prog_test_run_opts(bpf_program__fd(skel->progs.to_perf), &opts));
}

BPF_TEST(perf_ring, fields_before_the_data)
{
	struct {
		struct perf_event_header header;
		uint64_t identifier;
		uint32_t pid, tid;
		uint64_t time;
		uint32_t cpu, reserved;
		uint32_t raw_size;
	} __attribute__((packed)) sample;
	struct boundary_bpf *skel = boundary_bpf__open_and_load();
	int fd = open_output(PERF_SAMPLE_RAW | PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_TID |
			     PERF_SAMPLE_TIME | PERF_SAMPLE_CPU),
	    key = 0;
	struct perf_event_mmap_page *ring;
	uint64_t id;

	ASSERT_TRUE(skel);
	ASSERT_GE(fd, 0);
	ring = map_ring(fd);
	ASSERT_OK(ioctl(fd, PERF_EVENT_IOC_ID, &id));
	ASSERT_OK(bpf_map_update_elem(bpf_map__fd(skel->maps.perf), &key, &fd, 0));
	bpfunit_clock_set_ns(5000);
	output(skel);
	memcpy(&sample, (char *)ring + getpagesize(), sizeof(sample));
	EXPECT_EQ(sample.header.type, PERF_RECORD_SAMPLE);
	EXPECT_EQ(sample.header.size, ring->data_head);
	EXPECT_EQ(sample.identifier, id);
	EXPECT_EQ(sample.pid, 1000);
	EXPECT_EQ(sample.time, 5000);
	EXPECT_EQ(sample.cpu, 0);
	EXPECT_EQ(sample.header.size, sizeof(sample) + sample.raw_size);
	close(fd);
	boundary_bpf__destroy(skel);
}

BPF_TEST(perf_ring, paused_output_is_not_written)
{
	struct boundary_bpf *skel = boundary_bpf__open_and_load();
	int fd = open_output(PERF_SAMPLE_RAW), key = 0;
	struct perf_event_mmap_page *ring;

	ASSERT_TRUE(skel);
	ring = map_ring(fd);
	ASSERT_OK(bpf_map_update_elem(bpf_map__fd(skel->maps.perf), &key, &fd, 0));
	ASSERT_OK(ioctl(fd, PERF_EVENT_IOC_PAUSE_OUTPUT, 1));
	output(skel);
	EXPECT_EQ(ring->data_head, 0);
	ASSERT_OK(ioctl(fd, PERF_EVENT_IOC_PAUSE_OUTPUT, 0));
	output(skel);
	EXPECT_GT(ring->data_head, 0);
	close(fd);
	boundary_bpf__destroy(skel);
}

/* What this kernel cannot record is refused, not left out. */
BPF_TEST(perf_ring, unknown_fields)
{
	EXPECT_EQ(open_output(PERF_SAMPLE_RAW | PERF_SAMPLE_CALLCHAIN), -EOPNOTSUPP);
}
