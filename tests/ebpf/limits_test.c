/* SPDX-License-Identifier: BSD-2-Clause */
/* Few descriptors, closed standard streams, fork and exec: what is left works, what fails says so.
 */
#include <bpfunit/bpfunit.h>

#include "boundary.skel.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void allow_descriptors(rlim_t count)
{
	struct rlimit limit = { count, count };

	ASSERT_OK(setrlimit(RLIMIT_NOFILE, &limit));
}

static void load_and_destroy(void)
{
	struct boundary_bpf *skel = boundary_bpf__open_and_load();

	ASSERT_NOT_NULL(skel);
	boundary_bpf__destroy(skel);
}

BPF_TEST(limits, sixty_four_descriptors)
{
	allow_descriptors(64);
	for (int i = 0; i < 100; i++)
		load_and_destroy();
}

BPF_TEST(limits, descriptors_run_out)
{
	int fds[64], count = 0, fd;

	allow_descriptors(64);
	while (count < 64 && (fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "map", 4, 4, 1, NULL)) >= 0)
		fds[count++] = fd;
	EXPECT_ERR(fd, EMFILE);
	ASSERT_GE(count, 16); /* each has two */
	while (count)
		close(fds[--count]);
	load_and_destroy();
}

/* The library's own descriptors do not sit where a program expects its first ones, and closing all
 * that a program did not open (as daemons do) leaves a kernel that says EBADF, not a crash. */
BPF_TEST(limits, closed_standard_streams)
{
	struct rlimit limit;
	int map;

	close(0);
	close(1);
	close(2);
	map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "map", 4, 4, 1, NULL);
	EXPECT_GE(map, 3); /* libbpf keeps off the first three */
	load_and_destroy();
	close(map);
	ASSERT_OK(getrlimit(RLIMIT_NOFILE, &limit));
	ASSERT_EQ(open("/dev/null", O_RDWR), 0);
	ASSERT_EQ(dup(0), 1);
	ASSERT_EQ(dup(0), 2);
}

/* As daemons do: the kernel is gone with them, and says so. */
BPF_TEST(limits, all_descriptors_closed)
{
	int map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "map", 4, 4, 1, NULL);
	u_int32_t key = 0, value = 1;

	ASSERT_GE(map, 0);
	close_range(3, 1023, 0);
	EXPECT_ERR(bpf_map_lookup_elem(map, &key, &value), EBADF);
	EXPECT_ERR(bpf_map_create(BPF_MAP_TYPE_ARRAY, "map", 4, 4, 1, NULL), EBADF);
}

/* A child has a kernel of its own: what it inherits are strangers' descriptors. */
BPF_TEST(limits, child_has_its_own_kernel)
{
	int map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "map", 4, 4, 1, NULL), status = 0;
	u_int32_t key = 0, value = 1;
	pid_t child;

	ASSERT_GE(map, 0);
	ASSERT_OK(bpf_map_update_elem(map, &key, &value, 0));
	child = fork();
	if (!child) {
		bool foreign = bpf_map_lookup_elem(map, &key, &value) &&
			       (errno == EINVAL || errno == EBADF);
		bool own = bpf_map_create(BPF_MAP_TYPE_ARRAY, "map", 4, 4, 1, NULL) >= 0;

		_exit(foreign && own ? 0 : 1);
	}
	ASSERT_EQ(waitpid(child, &status, 0), child);
	EXPECT_EQ(status, 0);
	EXPECT_OK(bpf_map_lookup_elem(map, &key, &value));
	EXPECT_EQ(value, 1);
}

/* Descriptors are closed by exec, as the kernel's are. */
BPF_TEST(limits, exec_closes)
{
	int map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "map", 4, 4, 1, NULL), status = 0;
	char command[64];
	pid_t child;

	ASSERT_GE(map, 0);
	EXPECT_EQ(fcntl(map, F_GETFD), FD_CLOEXEC);
	snprintf(command, sizeof(command), "test ! -e /proc/self/fd/%d", map);
	child = fork();
	if (!child) {
		execl("/bin/sh", "sh", "-c", command, NULL);
		_exit(1);
	}
	ASSERT_EQ(waitpid(child, &status, 0), child);
	EXPECT_EQ(status, 0);
}
