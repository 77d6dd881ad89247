// SPDX-License-Identifier: BSD-2-Clause
/* Ring buffer and perf events as values. */
#include <linux/types.h>

#include "framework.h"
#include "framework.skel.h"
#include "inner.h"

#include <bpf/bpf.h>
#include <string.h>
#include <unistd.h>

static struct framework_bpf *skel;

#define EVENT_TEST(name_)                                                                          \
	static void name_##_body(void);                                                            \
	BPF_TEST(event, name_)                                                                     \
	{                                                                                          \
		skel = BPFUNIT_LOAD(framework_bpf);                                                \
		name_##_body();                                                                    \
	}                                                                                          \
	static void name_##_body(void)

#define EVENT_FAILS(name_, golden)                                                                 \
	static void name_##_fails(void *self);                                                     \
	BPF_TEST(event_fails, name_)                                                               \
	{                                                                                          \
		skel = BPFUNIT_LOAD(framework_bpf);                                                \
		EXPECT_STREQ(inner_run(name_##_fails).text, golden);                               \
	}                                                                                          \
	static void name_##_fails(void *self __attribute__((unused)))

static void emit(struct bpf_program *program, uint32_t pid)
{
	bpfunit_set_pid(pid);
	bpfunit_clock_set_ns(pid * 100);
	EXPECT_RUN(program, NULL, 0);
}

EVENT_TEST(ring_events_come_in_order)
{
	const struct event *event;

	emit(skel->progs.emit_ring, 1);
	emit(skel->progs.emit_discarded, 2);
	emit(skel->progs.emit_ring, 3);
	EXPECT_EVENT_COUNT(skel->maps.ring, 2);
	ASSERT_EVENT_COUNT(skel->maps.ring, 2);
	event = NEXT_EVENT(skel->maps.ring, struct event);
	EXPECT_EQ(event->pid, 1);
	EXPECT_EQ(event->stamp_ns, 100);
	EXPECT_EVENT(skel->maps.ring,
		     (struct event){ .pid = 3, .stamp_ns = 300, .comm = "bpfunit" });
	EXPECT_NO_EVENT(skel->maps.ring);
	ASSERT_NO_EVENT(skel->maps.ring);
}

EVENT_TEST(padding_of_a_known_type_does_not_count)
{
	EXPECT_RUN(skel->progs.emit_dirty, NULL, 0);
	EXPECT_EVENT(skel->maps.ring, (struct event){ .pid = 7 });
	EXPECT_RUN(skel->progs.emit_dirty, NULL, 0);
	EXPECT_EQ(((const uint8_t *)NEXT_EVENT(skel->maps.ring, struct event))[4], 0xff);
}

EVENT_TEST(ring_wraps)
{
	for (uint32_t i = 1; i < 1000; i++) {
		emit(skel->progs.emit_ring, i);
		ASSERT_EVENT(skel->maps.ring,
			     (struct event){ .pid = i, .stamp_ns = i * 100, .comm = "bpfunit" });
	}
}

static int on_sample(void *count, void *data, size_t size)
{
	EXPECT_EQ(size, sizeof(struct event));
	*(uint32_t *)count = *(uint32_t *)count * 10 + ((struct event *)data)->pid;
	return 0;
}

EVENT_TEST(libbpf_sees_what_is_left)
{
	uint32_t seen = 0;
	struct ring_buffer *buffer =
		ring_buffer__new(bpf_map__fd(skel->maps.ring), on_sample, &seen, NULL);

	ASSERT_OK(buffer);
	emit(skel->progs.emit_ring, 1);
	emit(skel->progs.emit_ring, 2);
	emit(skel->progs.emit_ring, 3);
	EXPECT_EQ(NEXT_EVENT(skel->maps.ring, struct event)->pid, 1);
	EXPECT_EQ(ring_buffer__poll(buffer, 0), 2);
	EXPECT_EQ(seen, 23);
	EXPECT_NO_EVENT(skel->maps.ring);
	ring_buffer__free(buffer);
}

EVENT_TEST(plain_functions)
{
	size_t size = 7;

	EXPECT_NULL(bpfunit_event_next(skel->maps.ring, &size));
	EXPECT_EQ(errno, ENOENT);
	EXPECT_EQ(size, 0);
	emit(skel->progs.emit_ring, 1);
	EXPECT_EQ(bpfunit_event_count(skel->maps.ring), 1);
	EXPECT_NOT_NULL(bpfunit_event_next(skel->maps.ring, &size));
	EXPECT_EQ(size, sizeof(struct event));
	EXPECT_EQ(bpfunit_event_lost(skel->maps.ring), 0);
	EXPECT_NULL(bpfunit_event_next(skel->maps.drops, NULL));
	EXPECT_EQ(errno, EINVAL);
	errno = 0;
	EXPECT_EQ(bpfunit_event_count(skel->maps.drops), 0);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_ERR(bpfunit_capture_events(skel->maps.ring), EINVAL);
	EXPECT_OK(bpfunit_capture_events(skel->maps.perf));
}

EVENT_TEST(perf_events_need_no_buffer)
{
	const struct event *event;
	size_t size;

	emit(skel->progs.emit_perf, 1);
	bpfunit_set_cpu(3);
	emit(skel->progs.emit_perf, 2);
	bpfunit_set_cpu(1);
	emit(skel->progs.emit_perf, 3);
	EXPECT_EVENT_COUNT(skel->maps.perf, 3);
	EXPECT_EVENT(skel->maps.perf, (struct event){ .pid = 1, .stamp_ns = 100 });
	event = NEXT_EVENT(skel->maps.perf, struct event);
	EXPECT_EQ(event->pid, 2);
	event = bpfunit_event_next(skel->maps.perf, &size);
	EXPECT_EQ(event->pid, 3);
	EXPECT_EQ(size, sizeof(struct event) + 4);
	EXPECT_NO_EVENT(skel->maps.perf);
}

EVENT_TEST(a_cpu_without_perf_event_is_enoent)
{
	EXPECT_OK(MAP_DELETE(skel->maps.perf, (__u32){ 0 }));
	EXPECT_RUN(skel->progs.emit_perf, NULL, -ENOENT);
	EXPECT_NO_EVENT(skel->maps.perf);
}

static void on_perf(void *count, int cpu, void *data, __u32 size)
{
	struct event event;

	EXPECT_EQ(cpu, 0);
	EXPECT_GE(size, sizeof(event));
	memcpy(&event, data, sizeof(event)); /* samples are not aligned */
	*(uint32_t *)count = *(uint32_t *)count * 10 + event.pid;
}

EVENT_TEST(libbpfs_perf_buffer_takes_over)
{
	uint32_t seen = 0;
	struct perf_buffer *buffer;

	emit(skel->progs.emit_perf, 1);
	buffer = perf_buffer__new(bpf_map__fd(skel->maps.perf), 8, on_perf, NULL, &seen, NULL);
	ASSERT_OK(buffer);
	emit(skel->progs.emit_perf, 2);
	EXPECT_EVENT_COUNT(skel->maps.perf, 1);
	EXPECT_EQ(perf_buffer__poll(buffer, 0), 1);
	EXPECT_EQ(seen, 2);
	perf_buffer__free(buffer);
}

EVENT_TEST(maps_made_later_are_captured_too)
{
	struct framework_bpf *other = BPFUNIT_OPEN(framework_bpf);

	ASSERT_OK(framework_bpf__load(other));
	emit(other->progs.emit_perf, 5);
	EXPECT_EQ(NEXT_EVENT(other->maps.perf, struct event)->pid, 5);
	EXPECT_NO_EVENT(skel->maps.perf);
}

EVENT_TEST(lost_perf_events_are_counted)
{
	size_t waiting;

	EXPECT_RUN(skel->progs.emit_perf_many, NULL, 0);
	waiting = bpfunit_event_count(skel->maps.perf);
	EXPECT_LT(waiting, 200);
	EXPECT_GT(waiting, 50);
	emit(skel->progs.emit_perf, 1);
	EXPECT_EQ(bpfunit_event_lost(skel->maps.perf), 200 - waiting);
	EXPECT_EQ(bpfunit_event_count(skel->maps.perf), waiting + 1);
}

static int evaluations;

static struct bpf_map *ring_once(void)
{
	evaluations++;
	return skel->maps.ring;
}

static struct event event_once(void)
{
	struct event event;

	evaluations++;
	memset(&event, 0, sizeof(event)); /* of a variable padding counts */
	event.pid = 1;
	event.stamp_ns = 100;
	strcpy(event.comm, "bpfunit");
	return event;
}

static size_t none_once(void)
{
	evaluations++;
	return 0;
}

EVENT_TEST(arguments_are_evaluated_once)
{
	emit(skel->progs.emit_ring, 1);
	EXPECT_EVENT(ring_once(), event_once());
	EXPECT_EQ(evaluations, 2);
	EXPECT_EVENT_COUNT(ring_once(), none_once());
	EXPECT_EQ(evaluations, 4);
	EXPECT_NO_EVENT(ring_once());
	EXPECT_EQ(evaluations, 5);
}

struct larger {
	char bytes[25];
};

EVENT_FAILS(event_differs_by_field,
	    "EXPECT_EVENT(skel->maps.ring, (struct event){ .pid = 2, .stamp_ns = 100, .comm = "
	    "\"bpfunit\" }) does not "
	    "hold: the event is another\n"
	    "  expected: { .pid = 2, .stamp_ns = 100, .comm = \"bpfunit\" }\n"
	    "  event:    { .pid = 1, .stamp_ns = 100, .comm = \"bpfunit\" }\n"
	    "  .pid: expected 2 (0x2), is 1 (0x1)")
{
	emit(skel->progs.emit_ring, 1);
	EXPECT_EVENT(skel->maps.ring,
		     (struct event){ .pid = 2, .stamp_ns = 100, .comm = "bpfunit" });
}

EVENT_FAILS(event_of_unknown_type,
	    "EXPECT_EVENT(skel->maps.ring, other) does not hold: the event is another\n"
	    "  expected: 3f 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00\n"
	    "  event:    01 00 00 00 00 00 00 00 64 00 00 00 00 00 00 00 62 70 66 75 6e 69 74 00\n"
	    "  +0: expected 3f 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00, is 01 00 00 00 00 00 "
	    "00 00 64 00 00 00 00 "
	    "00 00 00\n"
	    "  +16: expected 00 00 00 00 00 00 00 00, is 62 70 66 75 6e 69 74 00")
{
	struct {
		char bytes[24];
	} other = { "?" };

	emit(skel->progs.emit_ring, 1);
	EXPECT_EVENT(skel->maps.ring, other);
}

EVENT_FAILS(
	event_has_another_size,
	"EXPECT_EVENT(skel->maps.ring, (__u32){ 1 }) does not hold: the event is another\n"
	"  expected: 1 (0x1)\n"
	"  event:    1 (0x1)\n"
	"  it is 24 bytes, expected 4\n"
	"ASSERT_EVENT(skel->maps.ring, (struct larger){ 0 }) does not hold: the event is another\n"
	"  expected: 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00\n"
	"  event:    01 00 00 00 00 00 00 00 64 00 00 00 00 00 00 00 62 70 66 75 6e 69 74 00\n"
	"  it is 24 bytes, expected 25\n"
	"  the object's BTF does not describe struct larger: to see its fields, declare "
	"'struct larger *unused;' in the BPF source, outside of functions")
{
	emit(skel->progs.emit_ring, 1);
	emit(skel->progs.emit_ring, 1);
	EXPECT_EVENT(skel->maps.ring, (__u32){ 1 });
	ASSERT_EVENT(skel->maps.ring, (struct larger){ 0 });
	FAIL("went on");
}

EVENT_FAILS(the_struct_is_another_in_the_object,
	    "EXPECT_EVENT(skel->maps.ring, (struct numbers){ 1, 2, 0 }) does not hold: there is no "
	    "event\n"
	    "  expected: 01 02 00\n"
	    "  struct numbers is 16 bytes in the object, 3 in the test")
{
	struct numbers {
		char a, b, c;
	};

	EXPECT_EVENT(skel->maps.ring, (struct numbers){ 1, 2, 0 });
}

EVENT_FAILS(there_is_no_event,
	    "EXPECT_EVENT(skel->maps.ring, (__u32){ 1 }) does not hold: there is no event\n"
	    "  expected: 1 (0x1)\n"
	    "NEXT_EVENT(skel->maps.ring, struct event) does not hold: there is no event")
{
	EXPECT_EVENT(skel->maps.ring, (__u32){ 1 });
	NEXT_EVENT(skel->maps.ring, struct event);
	FAIL("went on");
}

EVENT_FAILS(next_event_is_too_short,
	    "NEXT_EVENT(skel->maps.ring, struct larger) does not hold: the event is too short\n"
	    "  24 bytes, expected 25\n"
	    "  0000: 01 00 00 00 00 00 00 00 64 00 00 00 00 00 00 00  ........d.......\n"
	    "  0010: 62 70 66 75 6e 69 74 00                          bpfunit.")
{
	emit(skel->progs.emit_ring, 1);
	NEXT_EVENT(skel->maps.ring, struct larger);
	FAIL("went on");
}

EVENT_FAILS(
	events_wait,
	"EXPECT_EVENT_COUNT(skel->maps.ring, 2) does not hold: 1 event waits\n"
	"EXPECT_NO_EVENT(skel->maps.ring) does not hold: 1 event waits; the oldest is 24 bytes:\n"
	"  0000: 01 00 00 00 00 00 00 00 64 00 00 00 00 00 00 00  ........d.......\n"
	"  0010: 62 70 66 75 6e 69 74 00                          bpfunit.\n"
	"ASSERT_NO_EVENT(skel->maps.ring) does not hold: 1 event waits; the oldest is 24 bytes:\n"
	"  0000: 01 00 00 00 00 00 00 00 64 00 00 00 00 00 00 00  ........d.......\n"
	"  0010: 62 70 66 75 6e 69 74 00                          bpfunit.")
{
	emit(skel->progs.emit_ring, 1);
	EXPECT_EVENT_COUNT(skel->maps.ring, 2);
	EXPECT_NO_EVENT(skel->maps.ring);
	emit(skel->progs.emit_ring, 1);
	ASSERT_NO_EVENT(skel->maps.ring);
	FAIL("went on");
}

EVENT_FAILS(count_differs, "ASSERT_EVENT_COUNT(skel->maps.ring, 2) does not hold: 0 events wait")
{
	ASSERT_EVENT_COUNT(skel->maps.ring, 2);
	FAIL("went on");
}

EVENT_FAILS(
	no_event_map,
	"EXPECT_NO_EVENT(skel->maps.drops, ...): no events of map 'drops': it is neither a ring "
	"buffer nor a perf event array")
{
	EXPECT_NO_EVENT(skel->maps.drops);
	FAIL("went on");
}

static void expects_none(void *self)
{
	(void)self;
	EXPECT_RUN(skel->progs.emit_perf_many, NULL, 0);
	while (bpfunit_event_next(skel->maps.perf, NULL))
		;
	EXPECT_RUN(skel->progs.emit_perf, NULL, 0);
	bpfunit_event_next(skel->maps.perf, NULL);
	EXPECT_NO_EVENT(skel->maps.perf);
}

EVENT_TEST(lost_events_fail_expect_no_event)
{
	struct inner inner = inner_run(expects_none);

	EXPECT_EQ(inner.failures, 1);
	EXPECT_NOT_NULL(strstr(inner.text, " events were lost: they did not fit in the buffer"));
}
