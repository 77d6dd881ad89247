// SPDX-License-Identifier: BSD-2-Clause
/* Programs on perf events, and ioctl(2) of events. */
#include "perf_call.h"

#include <bpf/bpf.h>

CASE(program_on_clock, 0)
{
	return set_bpf(k, OPEN_ON_0(CLOCK), BPF_PROG_TYPE_PERF_EVENT);
}

CASE(program_on_output, 0)
{
	return set_bpf(k, OPEN_ON_0(OUTPUT), BPF_PROG_TYPE_PERF_EVENT);
}

CASE(kprobe_program_on_clock, -EINVAL)
{
	return set_bpf(k, OPEN_ON_0(CLOCK), BPF_PROG_TYPE_KPROBE);
}

/* That there is one already is found before that the other has the wrong type. */
CASE(second_program_of_wrong_type_on_clock, -EEXIST)
{
	long event = OPEN_ON_0(CLOCK);

	set_bpf(k, event, BPF_PROG_TYPE_PERF_EVENT);
	return set_bpf(k, event, BPF_PROG_TYPE_KPROBE);
}

CASE(program_on_uprobe, 0)
{
	return set_bpf(k, OPEN_ON_0(UPROBE("/bin/true")), BPF_PROG_TYPE_KPROBE);
}

CASE(second_program_on_uprobe, -EEXIST)
{
	long event = OPEN_ON_0(UPROBE("/bin/true"));

	set_bpf(k, event, BPF_PROG_TYPE_KPROBE);
	return set_bpf(k, event, BPF_PROG_TYPE_KPROBE);
}

CASE(second_program_of_wrong_type_on_uprobe, -EINVAL)
{
	long event = OPEN_ON_0(UPROBE("/bin/true"));

	set_bpf(k, event, BPF_PROG_TYPE_KPROBE);
	return set_bpf(k, event, BPF_PROG_TYPE_TRACEPOINT);
}

CASE(perf_event_program_on_uprobe, -EINVAL)
{
	return set_bpf(k, OPEN_ON_0(UPROBE("/bin/true")), BPF_PROG_TYPE_PERF_EVENT);
}

TP_CASE(program_on_tracepoint, 0)
{
	return set_bpf(k, OPEN_ON_0(TRACEPOINT), BPF_PROG_TYPE_TRACEPOINT);
}

TP_CASE(kprobe_program_on_tracepoint, -EINVAL)
{
	return set_bpf(k, OPEN_ON_0(TRACEPOINT), BPF_PROG_TYPE_KPROBE);
}

TP_CASE(raw_tracepoint_program_on_tracepoint, -EINVAL)
{
	return set_bpf(k, OPEN_ON_0(TRACEPOINT), BPF_PROG_TYPE_RAW_TRACEPOINT);
}

TP_CASE(second_program_on_tracepoint, -EEXIST)
{
	long event = OPEN_ON_0(TRACEPOINT);

	set_bpf(k, event, BPF_PROG_TYPE_TRACEPOINT);
	return set_bpf(k, event, BPF_PROG_TYPE_TRACEPOINT);
}

TP_CASE(same_program_on_two_events_of_a_tracepoint, -EEXIST)
{
	long prog = make_prog(k->bpf, BPF_PROG_TYPE_TRACEPOINT, 0);

	control(k, OPEN_ON_0(TRACEPOINT), PERF_EVENT_IOC_SET_BPF, (void *)prog);
	return control(k, OPEN_ON_0(TRACEPOINT), PERF_EVENT_IOC_SET_BPF, (void *)prog);
}

CASE(no_program, -EBADF)
{
	return control(k, OPEN_ON_0(CLOCK), PERF_EVENT_IOC_SET_BPF, (void *)NO_FD);
}

CASE(map_for_program, -EINVAL)
{
	return control(k, OPEN_ON_0(CLOCK), PERF_EVENT_IOC_SET_BPF,
		       (void *)(long)make_array(k->bpf));
}

/* PERF_EVENT_IOC_QUERY_BPF */

struct query {
	u32 ids_len, prog_cnt, ids[70];
};

TP_CASE(query, 0)
{
	struct query query = { .ids_len = 4 };
	struct bpf_prog_info info = { 0 };
	long prog = make_prog(k->bpf, BPF_PROG_TYPE_TRACEPOINT, 0), result;

	control(k, OPEN_ON_0(TRACEPOINT), PERF_EVENT_IOC_SET_BPF, (void *)prog);
	describe(k->bpf, prog, &info);
	result = control(k, OPEN_ON_0(TRACEPOINT), PERF_EVENT_IOC_QUERY_BPF, &query);
	EXPECT_EQ(query.prog_cnt, 1);
	EXPECT_EQ(query.ids[0], info.id);
	return result;
}

TP_CASE(query_without_room, -ENOSPC)
{
	struct query query = { .ids_len = 1 };

	set_bpf(k, OPEN_ON_0(TRACEPOINT), BPF_PROG_TYPE_TRACEPOINT);
	set_bpf(k, OPEN_ON_0(TRACEPOINT), BPF_PROG_TYPE_TRACEPOINT);
	return control(k, OPEN_ON_0(TRACEPOINT), PERF_EVENT_IOC_QUERY_BPF, &query);
}

TP_CASE(query_for_the_number, 2)
{
	struct query query = { .ids_len = 0 };

	set_bpf(k, OPEN_ON_0(TRACEPOINT), BPF_PROG_TYPE_TRACEPOINT);
	set_bpf(k, OPEN_ON_0(TRACEPOINT), BPF_PROG_TYPE_TRACEPOINT);
	if (control(k, OPEN_ON_0(TRACEPOINT), PERF_EVENT_IOC_QUERY_BPF, &query))
		return -1;
	return query.prog_cnt;
}

TP_CASE(query_after_close, 0)
{
	struct query query = { .ids_len = 4 };
	long event = OPEN_ON_0(TRACEPOINT);

	set_bpf(k, event, BPF_PROG_TYPE_TRACEPOINT);
	close((int)event);
	if (control(k, OPEN_ON_0(TRACEPOINT), PERF_EVENT_IOC_QUERY_BPF, &query))
		return -1;
	return query.prog_cnt;
}

TP_CASE(query_for_too_many, -E2BIG)
{
	struct query query = { .ids_len = 65 };

	return control(k, OPEN_ON_0(TRACEPOINT), PERF_EVENT_IOC_QUERY_BPF, &query);
}

TP_CASE(query_of_bad_pointer, -EFAULT)
{
	return control(k, OPEN_ON_0(TRACEPOINT), PERF_EVENT_IOC_QUERY_BPF, NULL);
}

CASE(query_of_uprobe, -EINVAL)
{
	struct query query = { .ids_len = 4 };

	return control(k, OPEN_ON_0(UPROBE("/bin/true")), PERF_EVENT_IOC_QUERY_BPF, &query);
}

/* Other requests */

CASE(switching, 0)
{
	long event = OPEN_ON_0(CLOCK);

	return control(k, event, PERF_EVENT_IOC_ENABLE, 0) |
	       control(k, event, PERF_EVENT_IOC_DISABLE, 0) |
	       control(k, event, PERF_EVENT_IOC_RESET, 0);
}

CASE(refresh_of_counter, -EINVAL)
{
	return control(k, OPEN_ON_0(CLOCK), PERF_EVENT_IOC_REFRESH, (void *)1);
}

CASE(refresh, 0)
{
	return control(k, OPEN_ON_0(CLOCK, .sample_period = 1000000), PERF_EVENT_IOC_REFRESH,
		       (void *)1);
}

static long set_period(const struct kernel *k, long event, u64 period)
{
	return control(k, event, PERF_EVENT_IOC_PERIOD, &period);
}

CASE(period, 0)
{
	return set_period(k, OPEN_ON_0(CLOCK, .sample_period = 1000000), 2000000);
}

CASE(period_of_counter, -EINVAL)
{
	return set_period(k, OPEN_ON_0(CLOCK), 2000000);
}

CASE(period_zero, -EINVAL)
{
	return set_period(k, OPEN_ON_0(CLOCK, .sample_period = 1000000), 0);
}

CASE(period_too_long, -EINVAL)
{
	return set_period(k, OPEN_ON_0(CLOCK, .sample_period = 1000000), 1ULL << 63);
}

/* A clock's frequency is turned into a period when it is opened. */
CASE(frequency_of_clock_is_a_period, 0)
{
	return set_period(k, OPEN_ON_0(CLOCK, .sample_freq = 100, .freq = 1), 1000001);
}

CASE(period_of_bad_pointer, -EFAULT)
{
	return control(k, OPEN_ON_0(CLOCK), PERF_EVENT_IOC_PERIOD, NULL);
}

CASE(id, 0)
{
	u64 id = 0;
	long result = control(k, OPEN_ON_0(CLOCK), PERF_EVENT_IOC_ID, &id);

	EXPECT_NE(id, 0);
	return result;
}

CASE(id_to_bad_pointer, -EFAULT)
{
	return control(k, OPEN_ON_0(CLOCK), PERF_EVENT_IOC_ID, NULL);
}

TP_CASE(filter, 0)
{
	return control(k, OPEN_ON_0(TRACEPOINT), PERF_EVENT_IOC_SET_FILTER,
		       "(common_pid == 0 || common_pid > 7) && common_type != 3");
}

TP_CASE(second_filter, -EEXIST)
{
	long event = OPEN_ON_0(TRACEPOINT);

	control(k, event, PERF_EVENT_IOC_SET_FILTER, "common_pid==0");
	return control(k, event, PERF_EVENT_IOC_SET_FILTER, "common_pid==0");
}

TP_CASE(empty_filter, -EINVAL)
{
	return control(k, OPEN_ON_0(TRACEPOINT), PERF_EVENT_IOC_SET_FILTER, "");
}

TP_CASE(filter_that_compares_nothing, -EINVAL)
{
	return control(k, OPEN_ON_0(TRACEPOINT), PERF_EVENT_IOC_SET_FILTER, "0");
}

TP_CASE(filter_of_bad_pointer, -EFAULT)
{
	return control(k, OPEN_ON_0(TRACEPOINT), PERF_EVENT_IOC_SET_FILTER, NULL);
}

CASE(filter_of_clock, -EINVAL)
{
	return control(k, OPEN_ON_0(CLOCK), PERF_EVENT_IOC_SET_FILTER, "common_pid==0");
}

CASE(output_to_nothing, 0)
{
	return control(k, OPEN_ON_0(CLOCK), PERF_EVENT_IOC_SET_OUTPUT, (void *)-1);
}

CASE(output_to_no_descriptor, -EBADF)
{
	return control(k, OPEN_ON_0(CLOCK), PERF_EVENT_IOC_SET_OUTPUT, (void *)NO_FD);
}

CASE(output_to_itself, -EINVAL)
{
	long event = OPEN_ON_0(CLOCK);

	return control(k, event, PERF_EVENT_IOC_SET_OUTPUT, (void *)event);
}

CASE(pause_without_ring, -EINVAL)
{
	return control(k, OPEN_ON_0(CLOCK), PERF_EVENT_IOC_PAUSE_OUTPUT, (void *)1);
}

CASE(modify_by_bad_pointer, -EFAULT)
{
	return control(k, OPEN_ON_0(CLOCK), PERF_EVENT_IOC_MODIFY_ATTRIBUTES, NULL);
}

CASE(unknown_request, -ENOTTY)
{
	return control(k, OPEN_ON_0(CLOCK), _IO('$', 77), NULL);
}

BPF_TEST(perf_event, sixty_four_programs_a_tracepoint)
{
	struct kernel vm = emulated();
	const struct kernel *k = &vm;
	struct query query = { .ids_len = 64 };

	for (int i = 0; i < 64; i++)
		ASSERT_OK(set_bpf(k, OPEN_ON_0(TRACEPOINT), BPF_PROG_TYPE_TRACEPOINT));
	EXPECT_EQ(set_bpf(k, OPEN_ON_0(TRACEPOINT), BPF_PROG_TYPE_TRACEPOINT), -E2BIG);
	EXPECT_OK(control(k, OPEN_ON_0(TRACEPOINT), PERF_EVENT_IOC_QUERY_BPF, &query));
	EXPECT_EQ(query.prog_cnt, 64);
	EXPECT_LT(query.ids[62], query.ids[63]);
}

BPF_TEST(perf_event, requests_of_other_descriptors)
{
	struct kernel vm = emulated();

	EXPECT_EQ(control(&vm, make_array(vm.bpf), PERF_EVENT_IOC_ENABLE, 0), -ENOTTY);
	EXPECT_EQ(control(&vm, NO_FD, PERF_EVENT_IOC_ENABLE, 0), -EBADF);
}

/* An event keeps its program, and gives it back. */
BPF_TEST(perf_event, events_hold_programs)
{
	struct kernel vm = emulated();
	const struct kernel *k = &vm;
	long event = OPEN_ON_0(TRACEPOINT);
	int prog = make_prog(vm.bpf, BPF_PROG_TYPE_TRACEPOINT, 0);
	struct bpf_prog_info info = { 0 };

	ASSERT_OK(describe(vm.bpf, prog, &info));
	ASSERT_OK(control(k, event, PERF_EVENT_IOC_SET_BPF, (void *)(long)prog));
	close(prog);
	prog = bpf_prog_get_fd_by_id(info.id);
	EXPECT_GE(prog, 0);
	close(prog);
	close((int)event);
	EXPECT_EQ(bpf_prog_get_fd_by_id(info.id), -ENOENT);
}
