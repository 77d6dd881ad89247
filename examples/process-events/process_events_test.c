// SPDX-License-Identifier: BSD-2-Clause
#include "process_events.h"
#include "process_events.skel.h"
#include <bpfunit/bpfunit.h>

static void as_process(uint32_t pid, uint32_t ppid, const char *comm)
{
	bpfunit_set_pid(pid);
	bpfunit_set_ppid(ppid);
	bpfunit_set_comm(comm);
}

BPF_FIXTURE(process_events)
{
	struct process_events_bpf *skel;
};

BPF_FIXTURE_SETUP(process_events)
{
	self->skel = BPFUNIT_LOAD(process_events_bpf);
	as_process(42, 7, "nginx");
	bpfunit_clock_set_ns(10 * NSEC_PER_SEC);
}

BPF_FIXTURE_TEARDOWN(process_events)
{
}

BPF_TEST_F(process_events, exec_is_told)
{
	struct process_events_bpf *skel = self->skel;

	EXPECT_RUN(skel->progs.on_exec, NULL, 0);
	EXPECT_EVENT(skel->maps.events,
		     (struct event){ .pid = 42, .ppid = 7, .kind = EVENT_EXEC, .comm = "nginx" });
	EXPECT_NO_EVENT(skel->maps.events);
}

BPF_TEST_F(process_events, exec_keeps_the_start)
{
	struct process_events_bpf *skel = self->skel;

	EXPECT_RUN(skel->progs.on_exec, NULL, 0);
	EXPECT_MAP_VALUE(skel->maps.starts, (__u32){ 42 }, (__u64){ 10 * NSEC_PER_SEC });
}

BPF_TEST_F(process_events, a_second_exec_starts_anew)
{
	struct process_events_bpf *skel = self->skel;

	EXPECT_RUN(skel->progs.on_exec, NULL, 0);
	bpfunit_clock_advance_ns(5);
	EXPECT_RUN(skel->progs.on_exec, NULL, 0);
	EXPECT_MAP_VALUE(skel->maps.starts, (__u32){ 42 }, (__u64){ 10 * NSEC_PER_SEC + 5 });
	EXPECT_MAP_COUNT(skel->maps.starts, 1);
}

BPF_TEST_F(process_events, exit_tells_duration_and_code)
{
	struct process_events_bpf *skel = self->skel;

	MAP_PUT(skel->maps.starts, (__u32){ 42 }, (__u64){ 4 * NSEC_PER_SEC });
	KOBJ_SET(bpfunit_current_task(), "exit_code", 3 << 8);
	EXPECT_RUN(skel->progs.on_exit, NULL, 0);
	EXPECT_EVENT(skel->maps.events, (struct event){ .pid = 42,
							.ppid = 7,
							.duration_ns = 6 * NSEC_PER_SEC,
							.kind = EVENT_EXIT,
							.exit_code = 3,
							.comm = "nginx" });
	EXPECT_MAP_NO_KEY(skel->maps.starts, (__u32){ 42 });
}

BPF_TEST_F(process_events, exit_by_a_signal)
{
	struct process_events_bpf *skel = self->skel;
	const struct event *event;

	KOBJ_SET(bpfunit_current_task(), "exit_code", 0x80 | 11); /* 0x80: dumped core */
	EXPECT_RUN(skel->progs.on_exit, NULL, 0);
	event = NEXT_EVENT(skel->maps.events, struct event);
	EXPECT_EQ(event->signal, 11);
	EXPECT_EQ(event->exit_code, 0);
}

BPF_TEST_F(process_events, exit_of_a_process_whose_start_was_not_seen)
{
	struct process_events_bpf *skel = self->skel;
	const struct event *event;

	EXPECT_RUN(skel->progs.on_exit, NULL, 0);
	event = NEXT_EVENT(skel->maps.events, struct event);
	EXPECT_EQ(event->kind, EVENT_EXIT);
	EXPECT_EQ(event->duration_ns, 0);
}

BPF_TEST_F(process_events, threads_end_quietly)
{
	struct process_events_bpf *skel = self->skel;

	MAP_PUT(skel->maps.starts, (__u32){ 42 }, (__u64){ 1 });
	bpfunit_set_tid(43);
	EXPECT_RUN(skel->progs.on_exit, NULL, 0);
	EXPECT_NO_EVENT(skel->maps.events);
	EXPECT_MAP_HAS_KEY(skel->maps.starts, (__u32){ 42 });
}

BPF_TEST_F(process_events, a_long_name_is_cut)
{
	struct process_events_bpf *skel = self->skel;
	const struct event *event;

	bpfunit_set_comm("a-process-with-a-long-name");
	EXPECT_RUN(skel->progs.on_exec, NULL, 0);
	event = NEXT_EVENT(skel->maps.events, struct event);
	EXPECT_STREQ(event->comm, "a-process-with-");
}

BPF_TEST_F(process_events, a_full_ring_buffer_is_counted)
{
	struct process_events_bpf *skel = self->skel;

	BPFUNIT_MOCK(BPF_FUNC_ringbuf_reserve, .returns = 0, .times = 2);
	EXPECT_RUN(skel->progs.on_exec, NULL, 0);
	EXPECT_RUN(skel->progs.on_exit, NULL, 0);
	EXPECT_EQ(skel->bss->lost, 2);
	EXPECT_NO_EVENT(skel->maps.events);

	EXPECT_RUN(skel->progs.on_exec, NULL, 0);
	EXPECT_EQ(skel->bss->lost, 2);
	EXPECT_EVENT_COUNT(skel->maps.events, 1);
}

BPF_TEST_F(process_events, a_start_that_was_not_kept_gives_no_duration)
{
	struct process_events_bpf *skel = self->skel;

	BPFUNIT_MOCK(BPF_FUNC_map_update_elem, .returns = -E2BIG, .map = skel->maps.starts);
	EXPECT_RUN(skel->progs.on_exec, NULL, 0);
	bpfunit_clock_advance_ns(NSEC_PER_SEC);
	EXPECT_RUN(skel->progs.on_exit, NULL, 0);
	EXPECT_EQ(NEXT_EVENT(skel->maps.events, struct event)->kind, EVENT_EXEC);
	EXPECT_EQ(NEXT_EVENT(skel->maps.events, struct event)->duration_ns, 0);
}

static int count_event(void *total, void *data, size_t size)
{
	const struct event *event = data;

	EXPECT_EQ(size, sizeof(*event));
	EXPECT_EQ(event->pid, 42);
	++*(int *)total;
	return 0;
}

BPF_TEST_F(process_events, libbpfs_own_consumer_works)
{
	struct process_events_bpf *skel = self->skel;
	int total = 0;
	struct ring_buffer *ring =
		ring_buffer__new(bpf_map__fd(skel->maps.events), count_event, &total, NULL);

	ASSERT_NOT_NULL(ring);
	EXPECT_RUN(skel->progs.on_exec, NULL, 0);
	EXPECT_RUN(skel->progs.on_exit, NULL, 0);
	EXPECT_EQ(ring_buffer__poll(ring, 0), 2);
	EXPECT_EQ(total, 2);
	ring_buffer__free(ring);
}

/* With a minimum duration. */
static struct process_events_bpf *load_with_minimum(uint64_t ns)
{
	struct process_events_bpf *skel = BPFUNIT_OPEN(process_events_bpf);

	skel->rodata->min_duration_ns = ns;
	ASSERT_OK(process_events_bpf__load(skel));
	as_process(42, 7, "nginx");
	return skel;
}

BPF_TEST(process_events_minimum, exec_is_not_told)
{
	struct process_events_bpf *skel = load_with_minimum(NSEC_PER_SEC);

	EXPECT_RUN(skel->progs.on_exec, NULL, 0);
	EXPECT_NO_EVENT(skel->maps.events);
	EXPECT_MAP_HAS_KEY(skel->maps.starts, (__u32){ 42 });
}

BPF_TEST(process_events_minimum, short_processes_are_filtered)
{
	struct process_events_bpf *skel = load_with_minimum(NSEC_PER_SEC);

	EXPECT_RUN(skel->progs.on_exec, NULL, 0);
	bpfunit_clock_advance_ns(NSEC_PER_SEC - 1);
	EXPECT_RUN(skel->progs.on_exit, NULL, 0);
	EXPECT_NO_EVENT(skel->maps.events);
	EXPECT_MAP_NO_KEY(skel->maps.starts, (__u32){ 42 });
}

BPF_TEST(process_events_minimum, exactly_the_minimum_is_told)
{
	struct process_events_bpf *skel = load_with_minimum(NSEC_PER_SEC);

	EXPECT_RUN(skel->progs.on_exec, NULL, 0);
	bpfunit_clock_advance_ns(NSEC_PER_SEC);
	EXPECT_RUN(skel->progs.on_exit, NULL, 0);
	EXPECT_EVENT(skel->maps.events, (struct event){ .pid = 42,
							.ppid = 7,
							.duration_ns = NSEC_PER_SEC,
							.kind = EVENT_EXIT,
							.comm = "nginx" });
}

/* The world of long_running.yaml. */
BPF_TEST(process_events_seeded, a_long_running_shell_ends)
{
	struct process_events_bpf *skel = load_with_minimum(60 * NSEC_PER_SEC);

	BPFUNIT_SEED(skel->obj, "long_running.yaml");
	EXPECT_RUN(skel->progs.on_exit, NULL, 0);
	EXPECT_EVENT(skel->maps.events, (struct event){ .pid = 4242,
							.ppid = 1,
							.duration_ns = 90 * NSEC_PER_SEC,
							.kind = EVENT_EXIT,
							.comm = "bash" });
	EXPECT_MAP_COUNT(skel->maps.starts, 2);
	EXPECT_EQ(skel->bss->lost, 7);
}
