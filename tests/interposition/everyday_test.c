/* SPDX-License-Identifier: BSD-2-Clause */
/* Each test needs another of the interposed symbols; matrix.sh links this program in many ways. */
#include <bpfunit/bpfunit.h>

#include "everyday.skel.h"

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

static struct everyday_bpf *load(void)
{
	struct everyday_bpf *skel = everyday_bpf__open();

	ASSERT_NOT_NULL(skel);
	skel->rodata->weight = 3;
	ASSERT_OK(everyday_bpf__load(skel));
	return skel;
}

static void run(struct everyday_bpf *skel)
{
	char packet[60] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = packet, .data_size_in = sizeof(packet));

	ASSERT_OK(bpf_prog_test_run_opts(bpf_program__fd(skel->progs.watch), &options));
	EXPECT_EQ(options.retval, XDP_PASS);
}

BPF_TEST(interposition, syscall_and_mmap)
{
	struct everyday_bpf *skel = load();
	__u32 key = 60;
	__u64 value = 0;

	run(skel);
	EXPECT_EQ(skel->bss->runs, 1);
	ASSERT_OK(bpf_map__lookup_elem(skel->maps.lengths, &key, sizeof(key), &value, sizeof(value), 0));
	EXPECT_EQ(value, 180);
	everyday_bpf__destroy(skel);
}

static int note_length(void *length, void *data, size_t size)
{
	*(__u32 *)length = size == sizeof(__u32) ? *(__u32 *)data : 0;
	return 0;
}

BPF_TEST(interposition, epoll)
{
	struct everyday_bpf *skel = load();
	__u32 length = 0;
	struct ring_buffer *ring =
		ring_buffer__new(bpf_map__fd(skel->maps.events), note_length, &length, NULL);

	ASSERT_NOT_NULL(ring);
	EXPECT_EQ(ring_buffer__poll(ring, 0), 0);
	run(skel);
	EXPECT_EQ(ring_buffer__poll(ring, 1000), 1);
	EXPECT_EQ(length, 60);
	EXPECT_EQ(ring_buffer__poll(ring, 0), 0);
	ring_buffer__free(ring);
	everyday_bpf__destroy(skel);
}

BPF_TEST(interposition, files)
{
	EXPECT_EQ(libbpf_num_possible_cpus(), 4);
}

BPF_TEST(interposition, close_and_dup)
{
	int map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "array", 4, 4, 1, NULL), copy = dup(map);
	__u32 key = 0, value;

	ASSERT_GE(map, 0);
	close(map);
	EXPECT_ERR(bpf_map_lookup_elem(map, &key, &value), EBADF);
	EXPECT_OK(bpf_map_lookup_elem(copy, &key, &value));
	close(copy);
}

static void *load_and_run(void *unused)
{
	struct everyday_bpf *skel = everyday_bpf__open_and_load();
	char packet[60] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = packet, .data_size_in = sizeof(packet));
	int err = skel ? bpf_prog_test_run_opts(bpf_program__fd(skel->progs.watch), &options) : -1;

	everyday_bpf__destroy(skel);
	return err ? NULL : unused;
}

BPF_TEST(interposition, thread)
{
	pthread_t thread;
	void *result = NULL;

	ASSERT_OK(pthread_create(&thread, NULL, load_and_run, &thread));
	ASSERT_OK(pthread_join(thread, &result));
	EXPECT_TRUE(result == &thread);
}

BPF_TEST(interposition, fork)
{
	int status = 0;
	pid_t child = fork();

	if (!child)
		_exit(load_and_run(&child) ? 7 : 1);
	ASSERT_EQ(waitpid(child, &status, 0), child);
	EXPECT_EQ(status, 7 << 8);
}
