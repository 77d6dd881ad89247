/* SPDX-License-Identifier: BSD-2-Clause */
/* A program's streams, written by bpf_stream_vprintk() and read by BPF_PROG_STREAM_READ_BY_FD. */
#include <bpfunit/bpfunit.h>

#include "stream.skel.h"

#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

struct stream_read {
	__u64 buffer;
	__u32 size, stream_id, prog_fd, zero;
};

static long read_stream(const struct bpf_program *prog, __u32 id, char *text, __u32 size)
{
	struct stream_read attr = { .buffer = (__u64)text,
				    .size = size,
				    .stream_id = id,
				    .prog_fd = bpf_program__fd(prog) };
	long count = syscall(__NR_bpf, 37, &attr, sizeof(attr));

	if (count >= 0 && count < size)
		text[count] = '\0';
	return count;
}

static struct stream_bpf *load(void)
{
	struct stream_bpf *skel = stream_bpf__open_and_load();

	ASSERT_NOT_NULL(skel);
	return skel;
}

static int print(struct stream_bpf *skel)
{
	char packet[14] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = packet, .data_size_in = sizeof(packet));

	ASSERT_OK(bpf_prog_test_run_opts(bpf_program__fd(skel->progs.print), &run));
	return skel->bss->result;
}

BPF_TEST(stream, is_read_in_parts)
{
	struct stream_bpf *skel = load();
	char text[64];

	EXPECT_EQ(print(skel), 0);
	EXPECT_EQ(read_stream(skel->progs.print, 1, text, 10), 10);
	EXPECT_MEMEQ(text, "answer 42,", 10);
	EXPECT_EQ(read_stream(skel->progs.print, 1, text, sizeof(text)), 17);
	EXPECT_STREQ(text, " ffffffffffffffff");
	EXPECT_EQ(read_stream(skel->progs.print, 1, text, sizeof(text)), 0);
	stream_bpf__destroy(skel);
}

BPF_TEST(stream, two_are_apart)
{
	struct stream_bpf *skel = load();
	char text[64];

	skel->data->stream = 2;
	EXPECT_EQ(print(skel), 0);
	EXPECT_EQ(read_stream(skel->progs.print, 1, text, sizeof(text)), 0);
	EXPECT_EQ(read_stream(skel->progs.print_wrong, 2, text, sizeof(text)), 0);
	EXPECT_EQ(read_stream(skel->progs.print, 2, text, sizeof(text)), 27);
	stream_bpf__destroy(skel);
}

BPF_TEST(stream, to_nowhere)
{
	struct stream_bpf *skel = load();
	char *volatile nowhere = (char *)8;

	EXPECT_EQ(print(skel), 0);
	EXPECT_ERR(read_stream(skel->progs.print, 1, nowhere, 10), EFAULT);
	stream_bpf__destroy(skel);
}

BPF_TEST(stream, is_bounded)
{
	struct stream_bpf *skel = load();
	int printed = 0;

	while (printed < 10000 && !print(skel))
		printed++;
	EXPECT_EQ(printed, 100000 / 27);
	EXPECT_EQ(skel->bss->result, -ENOSPC);
	stream_bpf__destroy(skel);
}

BPF_TEST(stream, wrong_arguments)
{
	struct stream_bpf *skel = load();

	skel->data->stream = 3;
	EXPECT_EQ(print(skel), -ENOENT);
	skel->data->stream = 1;
	skel->data->size = 12;
	EXPECT_EQ(print(skel), -EINVAL);
	skel->data->size = 104;
	EXPECT_EQ(print(skel), -EINVAL);
	skel->data->size = 8;
	EXPECT_EQ(print(skel), -EINVAL);
	stream_bpf__destroy(skel);
}
