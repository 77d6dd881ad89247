// SPDX-License-Identifier: BSD-2-Clause
/* Virtual files: what sysfs, tracefs and procfs say of the emulated kernel, and what they refuse.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <bpfunit/bpfunit.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "traced.skel.h"

static char text[65536]; /* of the file that was read last */

/* The number of bytes, or -errno. */
static int slurp(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), got = fd < 0 ? -errno : 0, len = 0;

	while (fd >= 0 && (got = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += got;
	if (fd >= 0 && got < 0)
		got = -errno;
	text[len] = '\0';
	if (fd >= 0)
		close(fd);
	return got < 0 ? got : len;
}

static const char *content(const char *path)
{
	return slurp(path) < 0 ? "(cannot be read)" : text;
}

static int open_for_writing(const char *path)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* The names in a directory, each with a space; those of directories with a slash. */
static const char *names(const char *path)
{
	struct dirent **list;
	int nr = scandir(path, &list, NULL, by_name);

	*text = '\0';
	for (int i = 0; i < nr; i++) {
		if (*list[i]->d_name != '.')
			sprintf(text + strlen(text), "%s%s ", list[i]->d_name,
				list[i]->d_type == DT_DIR ? "/" : "");
		free(list[i]);
	}
	if (nr < 0)
		return "(cannot be listed)";
	free(list);
	return text;
}

/* Not in the host either, where this would not be refused. */
BPF_TEST(files, cannot_be_changed)
{
	static const char path[] = "/sys/class/net/lo/mtu";
	int dir = open("/sys/class/net/lo", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	ASSERT_GE(dir, 0);
	EXPECT_ERR(chmod(path, 0644), EPERM);
	EXPECT_ERR(chown(path, 0, 0), EPERM);
	EXPECT_ERR(truncate(path, 4096), EPERM);
	EXPECT_ERR(unlink(path), EPERM);
	EXPECT_ERR(unlinkat(dir, "mtu", 0), EPERM);
	EXPECT_ERR(rename(path, "/sys/class/net/lo/other"), EPERM);
	EXPECT_ERR(rmdir("/sys/class/net/lo"), EPERM);
	EXPECT_ERR(mkdir("/sys/class/net/lo", 0755), EPERM);
	EXPECT_ERR(mkdirat(dir, "other", 0755), ENOENT);
	EXPECT_ERR(symlink("x", "/sys/class/net/other"), ENOENT);
	EXPECT_ERR(chmod("/sys/class/net/other", 0644), ENOENT);
	close(dir);
}

BPF_TEST(files, directories)
{
	EXPECT_STREQ(names("/sys/bus/event_source/devices"),
		     "kprobe/ software/ tracepoint/ uprobe/ ");
	EXPECT_STREQ(names("/sys/bus/event_source/devices/uprobe/format"),
		     "ref_ctr_offset retprobe ");
	EXPECT_STREQ(names("/sys/kernel/btf"), "vmlinux ");
	EXPECT_STREQ(names("/sys/kernel/debug/"), "tracing/ ");
	EXPECT_STREQ(names("/sys/kernel/tracing/events"), "");
	bpfunit_tracepoint_add("sched", "sched_switch");
	bpfunit_tracepoint_add("tcp", "tcp_probe");
	bpfunit_tracepoint_add("sched", "sched_waking");
	EXPECT_STREQ(names("/sys/kernel/tracing/events"), "sched/ tcp/ ");
	EXPECT_STREQ(names("/sys/kernel/tracing/events/sched"), "sched_switch/ sched_waking/ ");
	EXPECT_STREQ(names("/sys/kernel/debug/tracing/events/tcp/tcp_probe"),
		     "enable filter format id ");
	EXPECT_NOT_NULL(strstr(names("/sys/kernel/tracing"), "events/ kprobe_events "));
	EXPECT_STREQ(names("/sys/kernel/tracing/events/none"), "(cannot be listed)");
	EXPECT_EQ(errno, ENOENT);
	EXPECT_STREQ(names("/sys/kernel/tracing/trace"), "(cannot be listed)");
	EXPECT_EQ(errno, ENOTDIR);
}

BPF_TEST(files, directories_change)
{
	EXPECT_STREQ(names("/sys/class/net"), "lo/ ");
	EXPECT_EQ(bpfunit_netdev("eth0"), 2);
	EXPECT_STREQ(names("/sys/class/net"), "eth0/ lo/ ");
	EXPECT_NOT_NULL(strstr(names("/sys/class/net/eth0"), " ifindex "));
	EXPECT_OK(bpfunit_netdev_delete(2));
	EXPECT_STREQ(names("/sys/class/net"), "lo/ ");
}

/* A program that walks tracefs by descriptors, as bpftrace and perf do. */
BPF_TEST(files, relative_to_a_directory)
{
	int events, dir, fd;
	struct statfs fs;
	struct stat st;
	char id[16] = "";

	bpfunit_tracepoint_add("sched", "sched_switch");
	events = open("/sys/kernel/tracing/events", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ASSERT_GE(events, 0);
	dir = openat(events, "sched/sched_switch", O_RDONLY | O_CLOEXEC);
	ASSERT_GE(dir, 0);
	fd = openat(dir, "id", O_RDONLY | O_CLOEXEC);
	EXPECT_GT(read(fd, id, sizeof(id) - 1), 0);
	EXPECT_STREQ(id, content("/sys/kernel/tracing/events/sched/sched_switch/id"));
	close(fd);
	EXPECT_ERR(openat(dir, "none", O_RDONLY | O_CLOEXEC), ENOENT);
	EXPECT_ERR(openat(dir, "../sched_none/id", O_RDONLY | O_CLOEXEC), ENOENT);
	fd = openat(dir, "../../../events/./sched", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	EXPECT_GE(fd, 0);
	close(fd);
	EXPECT_OK(fstatat(dir, "format", &st, 0));
	EXPECT_TRUE(S_ISREG(st.st_mode));
	EXPECT_OK(faccessat(dir, "format", R_OK, 0));
	EXPECT_ERR(faccessat(dir, "none", R_OK, 0), ENOENT);
	EXPECT_OK(fstatfs(dir, &fs));
	EXPECT_EQ(fs.f_type, 0x74726163);
	EXPECT_ERR(read(dir, id, sizeof(id)), EISDIR);
	EXPECT_ERR(open("/sys/kernel/tracing/events", O_RDWR | O_CLOEXEC), EISDIR);
	close(dir);
	close(events);
}

BPF_TEST(files, of_devices)
{
	ASSERT_EQ(bpfunit_netdev("eth0"), 2);
	EXPECT_STREQ(content("/sys/class/net/eth0/ifindex"), "2\n");
	EXPECT_STREQ(content("/sys/class/net/eth0/address"), "02:00:00:00:00:02\n");
	EXPECT_STREQ(content("/sys/class/net/eth0/flags"), "0x1003\n");
	EXPECT_STREQ(content("/sys/class/net/eth0/operstate"), "up\n");
	/* as Linux 6.18 has it */
	EXPECT_STREQ(content("/sys/class/net/lo/ifindex"), "1\n");
	EXPECT_STREQ(content("/sys/class/net/lo/flags"), "0x9\n");
	EXPECT_STREQ(content("/sys/class/net/lo/type"), "772\n");
	EXPECT_STREQ(content("/sys/class/net/lo/mtu"), "65536\n");
	EXPECT_STREQ(content("/sys/class/net/lo/operstate"), "unknown\n");
	EXPECT_STREQ(content("/sys/class/net/lo/ifalias"), "");
	EXPECT_EQ(slurp("/sys/class/net/lo/none"), -ENOENT);
	EXPECT_EQ(slurp("/sys/class/net/eth1/ifindex"), -ENOENT);
	EXPECT_EQ(slurp("/sys/class/net/a_name_that_is_too_long/ifindex"), -ENOENT);
	EXPECT_EQ(open_for_writing("/sys/class/net/lo/mtu"), -EACCES);
}

/* An application finds out a cgroup's identity in each of these ways. */
BPF_TEST(files, cgroups_are_numbered_by_identity)
{
	struct {
		struct file_handle handle;
		uint64_t id;
	} got = { .handle = { .handle_bytes = 8 } };
	struct statx stx;
	struct stat st;
	int mount, fd;

	EXPECT_OK(stat("/sys/fs/cgroup", &st));
	EXPECT_EQ(st.st_ino, 1u);
	ASSERT_OK(mkdir("/sys/fs/cgroup/g", 0755));
	EXPECT_OK(stat("/sys/fs/cgroup/g", &st));
	EXPECT_EQ(st.st_ino, 2u);
	EXPECT_OK(statx(AT_FDCWD, "/sys/fs/cgroup/g", 0, STATX_INO, &stx));
	EXPECT_EQ(stx.stx_ino, 2u);
	fd = open("/sys/fs/cgroup/g", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	EXPECT_OK(fstat(fd, &st));
	EXPECT_EQ(st.st_ino, 2u);
	EXPECT_OK(fstatat(fd, "", &st, AT_EMPTY_PATH));
	EXPECT_EQ(st.st_ino, 2u);
	EXPECT_OK(name_to_handle_at(fd, "", &got.handle, &mount, AT_EMPTY_PATH));
	EXPECT_EQ(got.id, 2u);
	EXPECT_OK(name_to_handle_at(AT_FDCWD, "/sys/fs/cgroup/g", &got.handle, &mount, 0));
	EXPECT_EQ(got.id, 2u);
	close(fd);
}

#define PMU "/sys/bus/event_source/devices/"

BPF_TEST(files, pmus)
{
	EXPECT_STREQ(content(PMU "kprobe/type"), "6\n");
	EXPECT_STREQ(content(PMU "kprobe/format/retprobe"), "config:0\n");
	EXPECT_STREQ(content(PMU "uprobe/type"), "7\n");
	EXPECT_STREQ(content(PMU "uprobe/format/retprobe"), "config:0\n");
	EXPECT_STREQ(content(PMU "uprobe/format/ref_ctr_offset"), "config:32-63\n");
	EXPECT_STREQ(content(PMU "software/type"), "1\n");
	EXPECT_EQ(slurp(PMU "none/type"), -ENOENT);
	EXPECT_EQ(slurp(PMU "kprobe/format/none"), -ENOENT);
}

BPF_TEST(files, can_be_asked_for)
{
	EXPECT_OK(access(PMU "uprobe/format/ref_ctr_offset", F_OK));
	EXPECT_OK(access("/sys/kernel/tracing", F_OK));
	EXPECT_OK(access("/sys/kernel/tracing/events", R_OK | X_OK));
	EXPECT_OK(access("/sys/kernel/debug/tracing", F_OK));
	EXPECT_OK(access("/sys/kernel/tracing/kprobe_events", W_OK));
	EXPECT_EQ(access("/sys/kernel/tracing/kprobe_events", X_OK), -1);
	EXPECT_EQ(errno, EACCES);
	EXPECT_EQ(access("/sys/kernel/tracing/events/sched/none", F_OK), -1);
	EXPECT_EQ(errno, ENOENT);
	EXPECT_EQ(access("/sys/kernel/debug/kprobes", F_OK), -1);
	EXPECT_EQ(errno, ENOENT);
}

BPF_TEST(files, can_be_looked_at)
{
	struct statfs fs;
	struct stat st;

	ASSERT_OK(stat("/sys/kernel/tracing/events", &st));
	EXPECT_TRUE(S_ISDIR(st.st_mode));
	ASSERT_OK(stat("/proc/kallsyms", &st));
	EXPECT_TRUE(S_ISREG(st.st_mode));
	EXPECT_NE(st.st_ino, 0);
	ASSERT_OK(stat(PMU "kprobe/type", &st));
	EXPECT_EQ(st.st_size, 4096);
	ASSERT_OK(stat("/sys/kernel/btf/vmlinux", &st));
	EXPECT_EQ(st.st_size, slurp("/sys/kernel/btf/vmlinux"));
	EXPECT_EQ(stat("/sys/kernel/tracing/none", &st), -1);
	EXPECT_EQ(errno, ENOENT);
	ASSERT_OK(statfs("/sys/kernel/tracing", &fs));
	EXPECT_EQ(fs.f_type, 0x74726163);
	ASSERT_OK(statfs("/sys/kernel/debug", &fs));
	EXPECT_EQ(fs.f_type, 0x64626720);
	EXPECT_EQ(statfs("/sys/kernel/debug/none", &fs), -1);
	EXPECT_EQ(errno, ENOENT);
	EXPECT_OK(stat("/etc/passwd", &st));
}

BPF_TEST(files, cannot_be_written_to)
{
	EXPECT_EQ(open_for_writing("/proc/kallsyms"), -EACCES);
	EXPECT_EQ(open_for_writing(PMU "kprobe/type"), -EACCES);
	EXPECT_EQ(open_for_writing("/proc/sys/kernel/perf_event_paranoid"), -EACCES);
	EXPECT_EQ(open_for_writing("/sys/kernel/tracing/none"), -ENOENT);
	EXPECT_EQ(slurp("/sys/kernel/tracing/events"), -EISDIR);
	EXPECT_EQ(slurp("/sys/kernel/tracing/none"), -ENOENT);
}

BPF_TEST(files, sysctls)
{
	EXPECT_STREQ(content("/proc/sys/kernel/osrelease"), "6.18.0\n");
	EXPECT_STREQ(content("/proc/sys/kernel/unprivileged_bpf_disabled"), "2\n");
	EXPECT_STREQ(content("/proc/sys/kernel/bpf_stats_enabled"), "0\n");
	EXPECT_STREQ(content("/proc/sys/net/core/bpf_jit_enable"), "0\n");
	ASSERT_OK(bpfunit_set_kernel_version(5, 15, 7));
	EXPECT_STREQ(content("/proc/sys/kernel/osrelease"), "5.15.7\n");
	EXPECT_EQ(strncmp(content("/proc/version"), "Linux version 5.15.7 ", 21), 0);
}

/* Tracepoints */

static int number(const char *path)
{
	int len = slurp(path);

	return len < 0 ? len : atoi(text);
}

BPF_TEST(files, tracepoints_that_sections_name)
{
	struct traced_bpf *skel = traced_bpf__open();
	int first = number("/sys/kernel/tracing/events/sched/sched_switch/id");
	int second = number("/sys/kernel/tracing/events/syscalls/sys_enter_openat/id");

	ASSERT_TRUE(skel);
	EXPECT_GT(first, 0);
	EXPECT_GT(second, 0);
	EXPECT_NE(first, second);
	EXPECT_EQ(number("/sys/kernel/debug/tracing/events/sched/sched_switch/id"), first);
	EXPECT_EQ(number("/sys/kernel/tracing/events/sched/sched_fork/id"), -ENOENT);
	EXPECT_EQ(number("/sys/kernel/tracing/events/sched/sched_switch/none"), -ENOENT);
	EXPECT_OK(access("/sys/kernel/tracing/events/sched", F_OK));
	EXPECT_EQ(access("/sys/kernel/tracing/events/net", F_OK), -1);
	EXPECT_TRUE(
		strstr(content("/sys/kernel/tracing/available_events"), "sched:sched_switch\n"));
	traced_bpf__destroy(skel);
}

BPF_TEST(files, formats)
{
	ASSERT_OK(bpfunit_tracepoint_add("syscalls", "sys_enter_read"));
	content("/sys/kernel/tracing/events/syscalls/sys_enter_read/format");
	EXPECT_EQ(strncmp(text, "name: sys_enter_read\nID: ", 25), 0);
	EXPECT_TRUE(strstr(text, "\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n"));
	EXPECT_TRUE(strstr(text, "\tfield:int __syscall_nr;\toffset:8;\tsize:4;\tsigned:1;\n"));
}

/* Symbols */

static unsigned long long address_of(const char *name)
{
	char *line, *rest = text, symbol[256], type;
	unsigned long long address;

	content("/proc/kallsyms");
	while ((line = strtok_r(rest, "\n", &rest))) {
		if (sscanf(line, "%llx %c %255s", &address, &type, symbol) == 3 &&
		    !strcmp(symbol, name))
			return address;
	}
	return 0;
}

BPF_TEST(files, symbols_that_objects_name)
{
	struct traced_bpf *skel = traced_bpf__open();
	unsigned long long address = address_of("do_unlinkat");

	ASSERT_TRUE(skel);
	EXPECT_GE(address, 0xffffffff81000000);
	EXPECT_EQ(address_of("init_task") >> 24, 0xffffffff82);
	EXPECT_EQ(address_of("tcp_connect"), 0);
	ASSERT_OK(bpfunit_symbol_add("tcp_connect"));
	EXPECT_NE(address_of("tcp_connect"), 0);
	EXPECT_EQ(address_of("do_unlinkat"), address);
	EXPECT_EQ(bpfunit_symbol("do_unlinkat"), address);
	traced_bpf__destroy(skel);
}

BPF_TEST(files, functions)
{
	char line[64];

	ASSERT_OK(bpfunit_symbol_add("tcp_connect"));
	EXPECT_TRUE(strstr(content("/sys/kernel/tracing/available_filter_functions"),
			   "\ntcp_connect\n"));
	snprintf(line, sizeof(line), "\n%llx tcp_connect\n",
		 (unsigned long long)bpfunit_symbol("tcp_connect"));
	EXPECT_TRUE(strstr(content("/sys/kernel/tracing/available_filter_functions_addrs"), line));
}

/* libbpf looks untyped externs up in /proc/kallsyms when it loads. */
BPF_TEST(files, untyped_externs_have_addresses)
{
	struct traced_bpf *skel = traced_bpf__open();

	ASSERT_TRUE(skel);
	bpf_program__set_autoload(skel->progs.waking, true);
	ASSERT_OK(traced_bpf__load(skel));
	EXPECT_EQ(BPFUNIT_RUN(skel->progs.waking, (void *)NULL), 0);
	EXPECT_EQ((unsigned long long)skel->bss->init_task_address, bpfunit_symbol("init_task"));
	traced_bpf__destroy(skel);
}

static void write_symbols(char path[32])
{
	static const char lines[] = "ffffffffa0001000 t helper\t[mymod]\n"
				    "ffffffffa0002000 T twice\nffffffffa0003000 t twice\n"
				    "ffffffffa0004000 D variable\nnonsense\n";
	int fd = mkstemp(strcpy(path, "/tmp/bpfunit-symbols-XXXXXX"));

	ASSERT_GE(fd, 0);
	ASSERT_EQ(write(fd, lines, sizeof(lines) - 1), (long)sizeof(lines) - 1);
	close(fd);
	setenv("BPFUNIT_KALLSYMS", path, 1);
}

BPF_TEST(files, symbols_of_a_file)
{
	char path[32];

	write_symbols(path);
	EXPECT_EQ(bpfunit_symbol("helper"), 0xffffffffa0001000);
	EXPECT_EQ(bpfunit_symbol("mymod:helper"), 0xffffffffa0001000);
	EXPECT_EQ(bpfunit_symbol("variable"), 0xffffffffa0004000);
	EXPECT_TRUE(strstr(content("/proc/kallsyms"), "ffffffffa0001000 t helper\t[mymod]\n"));
	EXPECT_TRUE(strstr(content("/sys/kernel/tracing/available_filter_functions"),
			   "helper [mymod]\n"));
	EXPECT_FALSE(strstr(text, "variable"));
	unlink(path);
	unsetenv("BPFUNIT_KALLSYMS");
}

/* A probe of a function that there is twice could be either. */
BPF_TEST(files, ambiguous_symbols)
{
	struct traced_bpf *skel;
	struct bpf_link *link;
	char path[32];

	write_symbols(path);
	skel = traced_bpf__open_and_load();
	ASSERT_TRUE(skel);
	link = bpf_program__attach_kprobe(skel->progs.any_function, false, "twice");
	EXPECT_EQ(libbpf_get_error(link), -EADDRNOTAVAIL);
	link = bpf_program__attach_kprobe(skel->progs.any_function, false, "variable");
	EXPECT_EQ(libbpf_get_error(link), -ENOENT);
	link = bpf_program__attach_kprobe(skel->progs.any_function, false, "helper");
	EXPECT_OK(libbpf_get_error(link));
	bpf_link__destroy(link);
	traced_bpf__destroy(skel);
	unlink(path);
	unsetenv("BPFUNIT_KALLSYMS");
}

/* Trace output */

static struct traced_bpf *load_printing(void)
{
	struct traced_bpf *skel = traced_bpf__open();

	ASSERT_TRUE(skel);
	bpf_program__set_autoload(skel->progs.waking, true);
	ASSERT_OK(traced_bpf__load(skel));
	return skel;
}

static int read_pipe(int fd)
{
	int got = read(fd, text, sizeof(text) - 1);

	text[got > 0 ? got : 0] = '\0';
	return got < 0 ? -errno : got;
}

#define LINE "         bpfunit-1000    [000] .....     1.000000: bpf_trace_printk: woken at 7\n"

BPF_TEST(files, trace_pipe)
{
	int fd = open("/sys/kernel/tracing/trace_pipe", O_RDONLY | O_NONBLOCK), other;
	struct traced_bpf *skel = load_printing();

	ASSERT_GE(fd, 0);
	EXPECT_EQ(read_pipe(fd), -EAGAIN);
	EXPECT_EQ(BPFUNIT_RUN(skel->progs.waking, (void *)NULL), 0);
	EXPECT_GT(read_pipe(fd), 0);
	EXPECT_STREQ(text, LINE);
	EXPECT_EQ(read_pipe(fd), -EAGAIN);
	close(fd);
	/* What nobody has read waits for the next reader; what was read is gone. */
	EXPECT_EQ(BPFUNIT_RUN(skel->progs.waking, (void *)NULL), 0);
	fd = open("/sys/kernel/debug/tracing/trace_pipe", O_RDONLY | O_NONBLOCK);
	other = open("/sys/kernel/tracing/trace_pipe", O_RDONLY | O_NONBLOCK);
	EXPECT_GT(read_pipe(fd), 0);
	EXPECT_STREQ(text, LINE);
	EXPECT_EQ(read_pipe(other), -EAGAIN);
	close(fd);
	close(other);
	traced_bpf__destroy(skel);
}

BPF_TEST(files, trace)
{
	struct traced_bpf *skel = load_printing();
	int fd;

	EXPECT_STREQ(content("/sys/kernel/tracing/trace"), "# tracer: nop\n#\n");
	EXPECT_EQ(BPFUNIT_RUN(skel->progs.waking, (void *)NULL), 0);
	EXPECT_EQ(BPFUNIT_RUN(skel->progs.waking, (void *)NULL), 0);
	EXPECT_STREQ(content("/sys/kernel/tracing/trace"), "# tracer: nop\n#\n" LINE LINE);
	fd = open("/sys/kernel/tracing/trace", O_WRONLY | O_TRUNC);
	EXPECT_GE(fd, 0);
	close(fd);
	EXPECT_STREQ(content("/sys/kernel/tracing/trace"), "# tracer: nop\n#\n");
	EXPECT_STREQ(bpfunit_trace(), "");
	traced_bpf__destroy(skel);
}

BPF_TEST(files, probes_are_listed)
{
	int fd = open("/sys/kernel/tracing/kprobe_events", O_WRONLY | O_APPEND);

	ASSERT_OK(bpfunit_symbol_add("vfs_read"));
	ASSERT_GT(dprintf(fd, "p:mine/a vfs_read\nr:mine/b vfs_read\n# words\n"), 0);
	close(fd);
	EXPECT_STREQ(content("/sys/kernel/tracing/kprobe_events"),
		     "p:mine/a vfs_read+0\nr:mine/b vfs_read+0\n");
	EXPECT_STREQ(content("/sys/kernel/tracing/uprobe_events"), "");
	fd = open("/sys/kernel/tracing/kprobe_events", O_WRONLY | O_TRUNC);
	close(fd);
	EXPECT_STREQ(content("/sys/kernel/tracing/kprobe_events"), "");
	EXPECT_EQ(slurp("/sys/kernel/tracing/events/mine/a/id"), -ENOENT);
}

/* /proc/<pid>/fdinfo, whose lines libbpf and bpftool know */

static const char *fdinfo(int fd)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	return content(path);
}

BPF_TEST(files, fdinfo_of_maps)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_NO_PREALLOC);
	int map = bpf_map_create(BPF_MAP_TYPE_HASH, "m", 4, 5, 3, &opts);
	char path[64];

	fdinfo(map);
	EXPECT_TRUE(strstr(text, "pos:\t0\nflags:\t02000002\n"));
	EXPECT_TRUE(strstr(text, "map_type:\t1\nkey_size:\t4\nvalue_size:\t5\nmax_entries:\t3\n"
				 "map_flags:\t0x1\nmap_extra:\t0x0\nmemlock:\t"));
	EXPECT_TRUE(strstr(text, "\nfrozen:\t0\n"));
	ASSERT_OK(bpf_map_freeze(map));
	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", getpid(), map);
	EXPECT_TRUE(strstr(content(path), "\nfrozen:\t1\n"));
	close(map);
}

BPF_TEST(files, fdinfo_of_programs_and_links)
{
	LIBBPF_OPTS(bpf_tracepoint_opts, tp, .bpf_cookie = 77);
	LIBBPF_OPTS(bpf_uprobe_opts, up, .bpf_cookie = 78, .retprobe = true);
	struct traced_bpf *skel = traced_bpf__open_and_load();
	struct bpf_link *link;

	ASSERT_TRUE(skel);
	fdinfo(bpf_program__fd(skel->progs.entry));
	EXPECT_TRUE(strstr(text, "prog_type:\t2\nprog_jited:\t0\nprog_tag:\t"));
	EXPECT_TRUE(strstr(text, "\nrecursion_misses:\t0\nverified_insns:\t"));
	link = bpf_program__attach_tracepoint_opts(skel->progs.any_tracepoint, "sched",
						   "sched_switch", &tp);
	ASSERT_OK(libbpf_get_error(link));
	fdinfo(bpf_link__fd(link));
	EXPECT_TRUE(strstr(text, "link_type:\tperf\nlink_id:\t"));
	EXPECT_TRUE(strstr(text, "tp_name:\tsched_switch\nevent_type:\ttracepoint\ncookie:\t77\n"));
	bpf_link__destroy(link);
	link = bpf_program__attach_uprobe_opts(skel->progs.any_user, -1, "/bin/true", 0x1000, &up);
	ASSERT_OK(libbpf_get_error(link));
	EXPECT_TRUE(strstr(fdinfo(bpf_link__fd(link)),
			   "name:\t/bin/true\noffset:\t0x1000\nref_ctr_offset:\t0x0\n"
			   "event_type:\turetprobe\ncookie:\t78\n"));
	bpf_link__destroy(link);
	link = bpf_program__attach(skel->progs.entry);
	ASSERT_OK(libbpf_get_error(link));
	EXPECT_TRUE(strstr(fdinfo(bpf_link__fd(link)), "name:\tdo_unlinkat\noffset:\t"));
	EXPECT_TRUE(strstr(text, "event_type:\tkprobe\ncookie:\t0\n"));
	bpf_link__destroy(link);
	traced_bpf__destroy(skel);
}

BPF_TEST(files, fdinfo_of_others_is_the_hosts)
{
	int map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "m", 4, 4, 1, NULL), pipes[2];

	ASSERT_OK(pipe(pipes));
	EXPECT_FALSE(strstr(fdinfo(pipes[0]), "map_type"));
	EXPECT_TRUE(strstr(text, "pos:"));
	EXPECT_EQ(slurp("/proc/self/fdinfo/9999"), -ENOENT);
	EXPECT_EQ(slurp("/proc/self/fdinfo/x"), -ENOENT);
	EXPECT_EQ(slurp("/proc/none"), -ENOENT);
	EXPECT_GT(slurp("/proc/self/status"), 0);
	close(map);
	close(pipes[0]);
	close(pipes[1]);
}

/* A process that has no kernel gets none by reading about itself. */
BPF_TEST(files, a_forked_child_reads_the_hosts)
{
	int map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "m", 4, 4, 1, NULL), status, pid = fork();

	if (!pid)
		_exit(strstr(fdinfo(map), "map_type") != NULL);
	waitpid(pid, &status, 0);
	EXPECT_EQ(status, 0);
	close(map);
}
