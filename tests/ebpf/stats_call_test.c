/* SPDX-License-Identifier: BSD-2-Clause */
/* The commands about what programs did: ENABLE_STATS and PROG_STREAM_READ_BY_FD. Each answer as
 * Linux 6.18 runs it. */
#include "prog_call.h"

#include <fcntl.h>

#define CASE(name, expected) CASES(stats_calls, name, expected)

static long enable(bpf_call bpf, u32 type)
{
	return CALL(BPF_ENABLE_STATS, .enable_stats.type = type);
}

/* Runs of a program that 10 runs more are counted as. */
static long counted(bpf_call bpf, int prog)
{
	struct bpf_prog_info before = { 0 }, after = { 0 };
	char packet[64] = { 0 };
	long err;

	describe(bpf, prog, &before);
	err = CALL(BPF_PROG_TEST_RUN, .test = { .prog_fd = prog,
						.data_in = (u64)packet,
						.data_size_in = sizeof(packet),
						.repeat = 10 });
	describe(bpf, prog, &after);
	if (err)
		return err;
	if ((after.run_time_ns > before.run_time_ns) != (after.run_cnt > before.run_cnt))
		return -EPROTO;
	return after.run_cnt - before.run_cnt;
}

CASE(enable, 0)
{
	return ok(enable(bpf, BPF_STATS_RUN_TIME));
}

CASE(enable_unknown_type, -EINVAL)
{
	return enable(bpf, 1);
}

CASE(enable_with_tail, -EINVAL)
{
	u32 attr[2] = { 0, 1 };

	return bpf(BPF_ENABLE_STATS, attr, sizeof(attr));
}

CASE(enable_by_wild_pointer, -EFAULT)
{
	return bpf(BPF_ENABLE_STATS, (void *)8, 4);
}

CASE(runs_are_counted, 10)
{
	int stats = enable(bpf, BPF_STATS_RUN_TIME), prog = make_prog(bpf, BPF_PROG_TYPE_XDP, 2);
	long count = counted(bpf, prog);

	close(stats);
	return count;
}

/* Closing ends it, and what was counted stays. Elsewhere someone else may have them on. */
BPF_TEST(stats_calls, closing_ends_it)
{
	bpf_call bpf = emulated_bpf;
	int prog = make_prog(bpf, BPF_PROG_TYPE_XDP, 2), first, second;
	struct bpf_prog_info info = { 0 };

	EXPECT_EQ(counted(bpf, prog), 0);
	first = enable(bpf, BPF_STATS_RUN_TIME);
	second = enable(bpf, BPF_STATS_RUN_TIME);
	close(first);
	EXPECT_EQ(counted(bpf, prog), 10);
	close(second);
	EXPECT_EQ(counted(bpf, prog), 0);
	EXPECT_OK(describe(bpf, prog, &info));
	EXPECT_EQ(info.run_cnt, 10);
}

CASE(no_info_of_it, -EINVAL)
{
	struct bpf_prog_info info = { 0 };

	return describe(bpf, enable(bpf, BPF_STATS_RUN_TIME), &info);
}

struct stream_read {
	u64 buffer;
	u32 size, stream_id, prog_fd, more;
};

static long read_stream(bpf_call bpf, struct stream_read attr, u32 size)
{
	return bpf(37, &attr, size);
}

#define STREAM_CASE(name, expected, ...)                                                           \
	CASE(name, expected)                                                                       \
	{                                                                                          \
		char text[16];                                                                     \
		struct stream_read attr = { .buffer = (u64)text,                                   \
					    .size = sizeof(text),                                  \
					    .stream_id = 1,                                        \
					    .prog_fd = make_prog(bpf, FILTER, 0) };                \
		u32 size = 20;                                                                     \
		__VA_ARGS__;                                                                       \
		return read_stream(bpf, attr, size);                                               \
	}

STREAM_CASE(stream_of_nothing, 0)
STREAM_CASE(stream_of_errors, 0, attr.stream_id = 2)
STREAM_CASE(stream_0, -ENOENT, attr.stream_id = 0)
STREAM_CASE(stream_3, -ENOENT, attr.stream_id = 3)
STREAM_CASE(stream_of_no_descriptor, -EBADF, attr.prog_fd = NO_FD)
STREAM_CASE(stream_of_a_map, -EINVAL, attr.prog_fd = make_array(bpf))
STREAM_CASE(stream_without_program, -EINVAL, attr.prog_fd = open("/dev/null", O_RDONLY))
STREAM_CASE(stream_to_nowhere, 0, attr.buffer = 0)
STREAM_CASE(stream_with_tail, -EINVAL, (attr.more = 1, size = 24))
STREAM_CASE(stream_with_zero_tail, 0, size = 24)
