// SPDX-License-Identifier: BSD-2-Clause
/*
 * Attaching: the steps of attach_script.c end as they do on Linux 6.18 (attach_kernel.txt). With
 * BPFUNIT_HOST_BPF=1 (root) the machine's kernel is asked too, in a network namespace of its own;
 * BPFUNIT_ATTACH_RECORD names a file for what it says.
 */
#include "attach_script.h"

#include "ebpf/kernel.h"
#include "ebpf/net/netdev.h"
#include "ebpf/syscall.h"

#include <bpfunit/bpfunit.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define RECORD BU_SOURCE_DIR "/tests/ebpf/attach_kernel.txt"

static char *read_file(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = NULL;
	size_t size = 0;

	if (file && getdelim(&text, &size, '\0', file) < 0) {
		free(text);
		text = NULL;
	}
	if (file)
		fclose(file);
	return text;
}

/* Compare line by line; the section that a line is in tells where to look. */
static void compare(char *expected, char *actual)
{
	const char *section = "";
	char *e = expected, *a = actual;

	while (e || a) {
		char *one = strsep(&e, "\n"), *other = strsep(&a, "\n");

		if (one && *one == '#')
			section = one;
		if (!one || !other || strcmp(one, other))
			EXPECT_FAIL("%s\nLinux: %s\nhere:  %s", section, one ? one : "(nothing)",
				    other ? other : "(nothing)");
	}
}

static void check(void (*script)(struct world *world), const char *record)
{
	struct world world = { .cgroups = "/sys/fs/cgroup" };
	char *expected = read_file(record), *actual = NULL;
	size_t size;

	ASSERT_NOT_NULL(expected);
	ASSERT_EQ(bu_netdev_add(bu_kernel(), "eth0", BU_NETDEV_NIC), ETH);
	ASSERT_EQ(bu_netdev_add(bu_kernel(), "eth1", BU_NETDEV_NIC), ETH_PEER);
	if (script == attach_netkit)
		ASSERT_EQ(bu_netdev_add_netkit(bu_kernel(), "nk0", "nk1"), KIT);
	world.out = open_memstream(&actual, &size);
	script(&world);
	fclose(world.out);
	compare(expected, actual);
	free(expected);
	free(actual);
}

BPF_TEST(attach, as_linux)
{
	check(attach_script, RECORD);
}

BPF_TEST(attach, netkit)
{
	check(attach_netkit, BU_SOURCE_DIR "/tests/ebpf/attach_netkit.txt");
}

/* Asked of the host, in a process of its own. */
static void ask_host(const char *path)
{
	struct world world = { .host = true, .cgroups = "/sys/fs/cgroup/unified" };

	if (bu_host_syscall(SYS_faccessat, AT_FDCWD, (long)world.cgroups, F_OK, 0, 0, 0))
		world.cgroups = "/sys/fs/cgroup";
	if (unshare(CLONE_NEWNET) || system("ip link set lo up; ip link add eth0 index 2 type veth "
					    "peer name eth1 index 3 && "
					    "ip link set eth0 up && ip link set eth1 up"))
		_exit(1);
	world.out = fopen(path, "w");
	attach_script(&world);
	fclose(world.out);
	_exit(0);
}

BPF_TEST(attach, host)
{
	const char *record = getenv("BPFUNIT_ATTACH_RECORD"), *asked = getenv("BPFUNIT_HOST_BPF");
	char path[] = "/tmp/bpfunit-attach-XXXXXX", *expected, *actual;
	int status;
	pid_t pid;

	if (!asked || strcmp(asked, "1") || geteuid())
		BPFUNIT_SKIP("BPFUNIT_HOST_BPF=1 and root compare with this machine's kernel");
	if (!record)
		close(mkstemp(path));
	pid = fork();
	if (!pid)
		ask_host(record ? record : path);
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	ASSERT_EQ(status, 0);
	if (record)
		return;
	expected = read_file(RECORD);
	actual = read_file(path);
	unlink(path);
	ASSERT_NOT_NULL(expected);
	ASSERT_NOT_NULL(actual);
	compare(expected, actual);
	free(expected);
	free(actual);
}
