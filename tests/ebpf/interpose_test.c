// SPDX-License-Identifier: BSD-2-Clause
/* The interposed symbols: what is ours, what stays the host's, and that nothing reaches the host's
 * bpf(2). */
#include "ebpf/kernel.h"
#include "ebpf/syscall.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <bpfunit/bpfunit.h>
#include <bpfunit/runner.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "boundary.skel.h"

static int array(void)
{
	return bpf_map_create(BPF_MAP_TYPE_ARRAY, "m", 4, 4, 1, NULL);
}

/* Any bpf(2) or perf_event_open(2) that the process makes from now on kills it. */
static void kill_on_host_calls(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_bpf, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_perf_event_open, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = 5, .filter = filter };

	ASSERT_OK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	ASSERT_OK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program));
}

static int ignore_record(void *ctx, void *data, size_t size)
{
	return 0;
}

static void ignore_sample(void *ctx, int cpu, void *data, __u32 size)
{
}

/* Everything that a test does, under a filter that would kill it. */
static void work(void)
{
	struct boundary_bpf *skel = boundary_bpf__open_and_load();
	struct ring_buffer *rb =
		ring_buffer__new(bpf_map__fd(skel->maps.ring), ignore_record, NULL, NULL);
	struct perf_buffer *pb =
		perf_buffer__new(bpf_map__fd(skel->maps.perf), 1, ignore_sample, NULL, NULL, NULL);
	char packet[64] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet));

	ASSERT_OK(bpf_prog_test_run_opts(bpf_program__fd(skel->progs.to_ring), &opts));
	ASSERT_OK(bpf_prog_test_run_opts(bpf_program__fd(skel->progs.to_perf), &opts));
	EXPECT_EQ(ring_buffer__poll(rb, 100), 1);
	EXPECT_EQ(perf_buffer__poll(pb, 100), 1);
	perf_buffer__free(pb);
	ring_buffer__free(rb);
	boundary_bpf__destroy(skel);
}

BPF_TEST(host, sees_no_bpf_call)
{
	kill_on_host_calls();
	work();
	EXPECT_OK(bpfunit_canary());
	EXPECT_EQ(syscall(__NR_bpf, BPF_PROG_ATTACH, NULL, 0),
		  -1); /* not emulated: not passed on either */
	EXPECT_EQ(errno, EINVAL);
	EXPECT_EQ(syscall(__NR_bpf, 12345, NULL, 0), -1);
}

/* The filter above is not asleep. */
BPF_TEST(host, would_see_one)
{
	int status;
	pid_t child = fork();

	if (!child) {
		union bpf_attr attr = { 0 };

		kill_on_host_calls();
		bu_host_syscall(__NR_bpf, BPF_MAP_FREEZE, (long)&attr, sizeof(attr), 0, 0, 0);
		_exit(0);
	}
	ASSERT_EQ(waitpid(child, &status, 0), child);
	ASSERT_TRUE(WIFSIGNALED(status));
	EXPECT_EQ(WTERMSIG(status), SIGSYS);
}

BPF_TEST(syscalls, of_the_host_pass_through)
{
	EXPECT_EQ(syscall(__NR_getpid), getpid());
	EXPECT_EQ(syscall(__NR_close, -1), -1);
	EXPECT_EQ(errno, EBADF);
#ifdef __x86_64__
	EXPECT_EQ(syscall(336, 0, 0, 0), -1); /* uprobe(2) is a trap outside a trampoline */
	EXPECT_EQ(errno, ENXIO);
#endif
}

BPF_TEST(syscalls, canary)
{
	EXPECT_OK(bpfunit_canary());
}

BPF_TEST(notes, name_what_is_not_emulated)
{
	union bpf_attr attr = { 0 };
	const struct bu_note *note;

	bu_kernel_reset();
	EXPECT_EQ(syscall(__NR_bpf, 999, &attr, sizeof(attr)), -1);
	EXPECT_EQ(syscall(__NR_bpf, 999, &attr, sizeof(attr)), -1);
	EXPECT_EQ(bpf_map_create(BPF_MAP_TYPE_LPM_TRIE, "routes", 8, 4, 1, NULL) < 0, true);
	note = bu_kernel()->notes;
	ASSERT_NOT_NULL(note);
	EXPECT_NOT_NULL(strstr(note->text, "999"));
	note = note->next;
	ASSERT_NOT_NULL(note);
	EXPECT_NOT_NULL(strstr(note->text, "'routes'"));
	EXPECT_NOT_NULL(strstr(note->text, "lpm_trie"));
	EXPECT_NULL(note->next);
	bu_kernel_reset();
}

static bool noted(const char *first, const char *second)
{
	const struct bu_note *note = bu_kernel()->notes;

	while (note && !(strstr(note->text, first) && strstr(note->text, second)))
		note = note->next;
	return note;
}

BPF_TEST(notes, name_what_is_not_attached)
{
	struct boundary_bpf *skel = BPFUNIT_LOAD(boundary_bpf);
	const struct bpf_program *prog = skel->progs.to_ring;

	EXPECT_ERR(bpf_program__attach_tracepoint(prog, "sched", "sched_switch"), ENOENT);
	EXPECT_TRUE(noted("tracepoint sched/sched_switch", "not known"));
	EXPECT_NE(libbpf_get_error(bpf_program__attach_kprobe(prog, false, "do_unlinkat")), 0);
	EXPECT_TRUE(noted("do_unlinkat", "not known"));
	EXPECT_ERR(bpf_program__attach_raw_tracepoint(prog, "sched_switch"), EINVAL);
}

/* libbpf's sockets know the emulated devices alone. */
BPF_TEST(netlink, is_not_libbpfs_way_to_the_host)
{
	struct boundary_bpf *skel = BPFUNIT_LOAD(boundary_bpf);
	int fd;

	EXPECT_OK(bpf_xdp_attach(1, bpf_program__fd(skel->progs.to_ring), 0, NULL));
	EXPECT_EQ(bpf_xdp_attach(99, bpf_program__fd(skel->progs.to_ring), 0, NULL), -ENODEV);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	EXPECT_GE(fd, 0);
	close(fd);
}

/* Files */

static size_t read_file(const char *path, char *text, size_t size)
{
	FILE *file = fopen(path, "re");
	size_t got;

	ASSERT_NOT_NULL(file);
	got = fread(text, 1, size - 1, file);
	text[got] = '\0';
	fclose(file);
	return got;
}

BPF_TEST(files, cpus_are_the_emulated_kernels)
{
	char text[32], expected[32];
	int fd;

	snprintf(expected, sizeof(expected), "0-%u\n", bpfunit_nr_cpus() - 1);
	read_file("/sys/devices/system/cpu/possible", text, sizeof(text));
	EXPECT_STREQ(text, expected);
	fd = open("/sys/devices/system/cpu/online", O_RDONLY | O_CLOEXEC);
	ASSERT_GE(fd, 0);
	EXPECT_EQ(read(fd, text, sizeof(text)), (ssize_t)strlen(expected));
	EXPECT_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	EXPECT_EQ(libbpf_num_possible_cpus(), (int)bpfunit_nr_cpus());
}

BPF_TEST(files, of_the_hosts_kernel_are_hidden)
{
	EXPECT_GE(open("/sys/fs/bpf", O_RDONLY | O_DIRECTORY), 0);
	EXPECT_EQ(access("/sys/fs/bpf/some_pin", F_OK), -1);
	EXPECT_EQ(errno, ENOENT);
	EXPECT_EQ(access("/sys/kernel/btf/some_module", R_OK), -1);
	EXPECT_EQ(errno, ENOENT);
	EXPECT_NULL(fopen("/proc/version_signature", "r"));
	EXPECT_EQ(errno, ENOENT);
	EXPECT_OK(access("/sys/kernel/btf/vmlinux", R_OK));
	EXPECT_OK(faccessat(AT_FDCWD, "/sys/kernel/btf/vmlinux", R_OK, AT_EACCESS));
	EXPECT_EQ(access("/sys/kernel/btf/vmlinux", W_OK), -1);
	EXPECT_EQ(errno, EACCES);
	EXPECT_EQ(open("/sys/kernel/btf/vmlinux", O_RDWR), -1);
	EXPECT_EQ(errno, EACCES);
}

BPF_TEST(files, kernel_configuration_is_the_emulated_kernels)
{
	char text[4096];

	read_file("/proc/config.gz", text, sizeof(text));
	EXPECT_NOT_NULL(strstr(text, "\nCONFIG_HZ=250\n"));
	EXPECT_EQ(access("/boot/config-6.18.0", R_OK), -1);
	EXPECT_EQ(errno, ENOENT);
}

BPF_TEST(uname, is_the_emulated_kernels)
{
	struct utsname name;

	ASSERT_OK(uname(&name));
	EXPECT_STREQ(name.sysname, "Linux");
	EXPECT_STREQ(name.release, "6.18.0");
	EXPECT_OK(bpfunit_set_kernel_version(5, 15, 255));
	ASSERT_OK(uname(&name));
	EXPECT_STREQ(name.release, "5.15.255");
	EXPECT_ERR(bpfunit_set_kernel_version(0, 1, 1), EINVAL);
	EXPECT_ERR(bpfunit_set_kernel_version(6, 256, 1), EINVAL);
	EXPECT_ERR(bpfunit_set_kernel_version(6, 1, 256), EINVAL);
	EXPECT_ERR(bpfunit_set_kernel_version(256, 1, 1), EINVAL);
	ASSERT_OK(uname(&name));
	EXPECT_STREQ(name.release, "5.15.255");
	EXPECT_ERR(uname(NULL), EFAULT);
}

BPF_TEST(files, with_like_names_are_the_hosts)
{
	EXPECT_EQ(access("/sys/fs/bpf_not", R_OK), -1);
	EXPECT_OK(access("/sys/devices/system/cpu", R_OK));
	EXPECT_EQ(open("/sys/devices/system/cpu/possible/x", O_RDONLY), -1);
	EXPECT_EQ(errno, ENOTDIR);
}

BPF_TEST(files, are_written_and_read)
{
	char path[] = "/tmp/bpfunit-files-XXXXXX", text[32];
	int fd = mkstemp(path);
	FILE *file;

	ASSERT_GE(fd, 0);
	close(fd);
	unlink(path);
	file = fopen(path, "wx");
	ASSERT_NOT_NULL(file);
	EXPECT_EQ(fputs("one\n", file) >= 0, true);
	fclose(file);
	EXPECT_NULL(fopen(path, "wx"));
	EXPECT_EQ(errno, EEXIST);
	file = fopen64(path, "a+");
	ASSERT_NOT_NULL(file);
	EXPECT_EQ(fputs("two\n", file) >= 0, true);
	fclose(file);
	EXPECT_EQ(read_file(path, text, sizeof(text)), 8);
	EXPECT_STREQ(text, "one\ntwo\n");
	fd = open(path, O_WRONLY | O_TRUNC);
	close(fd);
	EXPECT_EQ(read_file(path, text, sizeof(text)), 0);
	unlink(path);
	fd = openat(AT_FDCWD, path, O_CREAT | O_RDWR, 0640);
	ASSERT_GE(fd, 0);
	struct stat st;
	EXPECT_OK(fstat(fd, &st));
	EXPECT_EQ(st.st_mode & 0777 & ~0640, 0);
	unlink(path);
	EXPECT_NULL(fopen(path, "?"));
	EXPECT_EQ(errno, EINVAL);
}

/* Descriptors */

BPF_TEST(descriptors, many)
{
	static int maps[400];

	for (int i = 0; i < 400; i++) {
		maps[i] = array();
		ASSERT_GE(maps[i], 0);
	}
	for (int i = 0; i < 400; i++)
		close(maps[i]);
}

BPF_TEST(descriptors, under_a_small_limit)
{
	struct rlimit limit = { 40, 40 };
	int maps[64], count = 0;

	bpfunit_nr_cpus();
	ASSERT_OK(setrlimit(RLIMIT_NOFILE, &limit));
	while (count < 64 && (maps[count] = array()) >= 0)
		count++;
	EXPECT_GE(count, 8);
	EXPECT_LT(count, 64);
	EXPECT_EQ(maps[count], -EMFILE);
	for (int i = 0; i < count; i++)
		close(maps[i]);
	EXPECT_GE(array(), 0); /* what was closed is there again */
}

BPF_TEST(descriptors, closed_objects_are_reclaimed)
{
	struct rlimit limit = { 100, 100 };

	ASSERT_OK(setrlimit(RLIMIT_NOFILE, &limit));
	for (int i = 0; i < 1000; i++) {
		int map = array();

		ASSERT_GE(map, 0);
		close(map);
	}
}

BPF_TEST(descriptors, survive_dup_and_fcntl)
{
	int map = array(), other = fcntl(map, F_DUPFD_CLOEXEC, 100);
	__u32 zero = 0, value = 5;

	ASSERT_GE(other, 100);
	ASSERT_OK(bpf_map_update_elem(map, &zero, &value, 0));
	ASSERT_EQ(dup2(other, map), map);
	value = 0;
	EXPECT_OK(bpf_map_lookup_elem(map, &zero, &value));
	EXPECT_EQ(value, 5);
}

BPF_TEST(descriptors, a_socket_is_not_ours)
{
	int map = array(), pipes[2];
	__u32 zero = 0, value;

	ASSERT_GE(map, 0);
	ASSERT_OK(pipe(pipes));
	EXPECT_EQ(bpf_map_lookup_elem(pipes[0], &zero, &value), -EINVAL);
	close(map);
	EXPECT_EQ(bpf_map_lookup_elem(map, &zero, &value), -EBADF);
}

/* A child has no kernel: what it inherits is not its own, and its parent's stays as it is. */
BPF_TEST(fork, leaves_the_parents_kernel_alone)
{
	int map = array(), status;
	__u32 zero = 0, value = 7;
	pid_t child;

	ASSERT_OK(bpf_map_update_elem(map, &zero, &value, 0));
	child = fork();
	if (!child) {
		int bad = bu_kernel_if_any() != NULL;
		int own;

		value = 9;
		bad |= bpf_map_update_elem(map, &zero, &value, 0) != -EINVAL;
		own = array();
		bad |= own < 0 || bpf_map_update_elem(own, &zero, &value, 0);
		bu_kernel_reset();
		_exit(bad);
	}
	ASSERT_EQ(waitpid(child, &status, 0), child);
	EXPECT_EQ(status, 0);
	value = 0;
	EXPECT_OK(bpf_map_lookup_elem(map, &zero, &value));
	EXPECT_EQ(value, 7);
}

static void *leave_inside(void *kernel)
{
	bu_kernel_lock(kernel);
	bu_kernel_lock(kernel);
	return NULL;
}

static void *use(void *result)
{
	*(int *)result = array();
	return NULL;
}

/* A failed check may end a thread, or jump away, while a mock of it is in the kernel. */
BPF_TEST(kernel, is_usable_when_a_thread_ended_inside)
{
	pthread_t thread;

	ASSERT_OK(pthread_create(&thread, NULL, leave_inside, bu_kernel()));
	ASSERT_OK(pthread_join(thread, NULL));
	EXPECT_GE(array(), 0);
}

BPF_TEST(kernel, is_usable_when_a_thread_jumped_away)
{
	pthread_t thread;
	int result = -1;

	leave_inside(bu_kernel());
	bu_kernel()->running = 3;
	bu_kernel_abandon(bu_kernel());
	EXPECT_EQ(bu_kernel()->running, 0);
	ASSERT_OK(pthread_create(&thread, NULL, use, &result));
	ASSERT_OK(pthread_join(thread, NULL));
	EXPECT_GE(result, 0);
	bu_kernel_abandon(bu_kernel()); /* nothing to give up */
	EXPECT_GE(array(), 0);
}

BPF_TEST(kernel, reset_forgets_all)
{
	int map = array();
	__u32 zero = 0, value, id = 0;

	bu_kernel_reset();
	EXPECT_EQ(bpf_map_lookup_elem(map, &zero, &value), -EINVAL);
	EXPECT_EQ(bpf_map_get_next_id(0, &id), -ENOENT);
	EXPECT_GE(array(), 0);
	EXPECT_OK(bpf_map_get_next_id(0, &id));
	EXPECT_EQ(id, 1);
}

/* Some programs look at errno without having asked for an error (bpftool's batch files). */
BPF_TEST(interpose, success_leaves_errno_alone)
{
	union bpf_attr attr = { .map_type = BPF_MAP_TYPE_ARRAY,
				.key_size = 4,
				.value_size = 8,
				.max_entries = 1,
				.map_flags = BPF_F_MMAPABLE };
	struct stat st;
	void *words;
	int map, fd;
	FILE *file;

	errno = EXDEV;
	map = syscall(__NR_bpf, BPF_MAP_CREATE, &attr, sizeof(attr));
	words = mmap(NULL, 4096, PROT_READ, MAP_SHARED, map, 0);
	fd = open("/sys/devices/system/cpu/possible", O_RDONLY);
	file = fopen("/proc/kallsyms", "re");
	EXPECT_EQ(mkdir("/sys/fs/bpf/d", 0755), 0);
	EXPECT_EQ(stat("/sys/fs/bpf/d", &st), 0);
	EXPECT_EQ(rmdir("/sys/fs/bpf/d"), 0);
	EXPECT_EQ(errno, EXDEV);
	EXPECT_GE(map, 0);
	EXPECT_GE(fd, 0);
	EXPECT_NOT_NULL(file);
	EXPECT_TRUE(words != MAP_FAILED);
	munmap(words, 4096);
	fclose(file);
	close(fd);
	close(map);
}
