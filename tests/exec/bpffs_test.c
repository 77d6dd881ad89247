// SPDX-License-Identifier: BSD-2-Clause
/*
 * Pins: OBJ_PIN, OBJ_GET, TOKEN_CREATE, what files in a bpffs can be asked and done, and libbpf's
 * pinning. Source of the expected results: Linux 6.18, as run.
 */
#include "tests/ebpf/call.h"
#include "tests/framework/inner.h"

struct pair {
	__u32 first;
	char second[4];
};
#include "plain.skel.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <mntent.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#define D         "/sys/fs/bpf/bpfunit_pins"
#define M         D "/map"
#define P         D "/prog"
#define BPF_MAGIC 0xcafe4a11
#define PATH_FD   (1U << 14)

struct object_attr {
	u64 path;
	u32 fd, flags;
	s32 path_fd;
	u32 pad;
};

static long pin(bpf_call bpf, const char *path, int fd, u32 flags, int path_fd)
{
	struct object_attr attr = { (u64)path, fd, flags, path_fd, 0 };

	return bpf(BPF_OBJ_PIN, &attr, sizeof(attr));
}

static long get(bpf_call bpf, const char *path, int fd, u32 flags, int path_fd)
{
	struct object_attr attr = { (u64)path, fd, flags, path_fd, 0 };

	return bpf(BPF_OBJ_GET, &attr, sizeof(attr));
}

/* Calls about paths: libc's, which are interposed, or the host's. */
static long do_mkdir(bpf_call bpf, const char *path)
{
	if (bpf == host_bpf)
		return bu_host_syscall(SYS_mkdirat, AT_FDCWD, (long)path, 0700, 0, 0, 0);
	return mkdir(path, 0700) ? -errno : 0;
}

static long do_open(bpf_call bpf, const char *path, int flags)
{
	long fd;

	if (bpf == host_bpf)
		return bu_host_syscall(SYS_openat, AT_FDCWD, (long)path, flags, 0600, 0, 0);
	fd = open(path, flags, 0600);
	return fd < 0 ? -errno : fd;
}

static long do_unlink(bpf_call bpf, const char *path, int flags)
{
	if (bpf == host_bpf)
		return bu_host_syscall(SYS_unlinkat, AT_FDCWD, (long)path, flags, 0, 0, 0);
	return unlinkat(AT_FDCWD, path, flags) ? -errno : 0;
}

static long do_rename(bpf_call bpf, const char *from, const char *to)
{
	if (bpf == host_bpf)
		return bu_host_syscall(SYS_renameat, AT_FDCWD, (long)from, AT_FDCWD, (long)to, 0,
				       0);
	return rename(from, to) ? -errno : 0;
}

/* The files that cases make, and the directory. */
static void clean(bpf_call bpf)
{
	static const char *const names[] = { M, P, D "/other", D "/rel" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		do_unlink(bpf, names[i], 0);
	do_unlink(bpf, D, AT_REMOVEDIR);
}

struct pins {
	int map, prog;
};

/* Tests of the host's kernel share its directory: one at a time, until the process ends. */
static void take_turn(bpf_call bpf)
{
	int fd;

	if (bpf != host_bpf)
		return;
	fd = open("/tmp/bpfunit-pins.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd >= 0)
		flock(fd, LOCK_EX);
}

/* A directory with a map and a program. */
static struct pins begin(bpf_call bpf)
{
	struct pins pins = { make_array(bpf), make_prog(bpf, BPF_PROG_TYPE_SOCKET_FILTER, 1) };

	take_turn(bpf);
	clean(bpf);
	do_mkdir(bpf, D);
	pin(bpf, M, pins.map, 0, 0);
	pin(bpf, P, pins.prog, 0, 0);
	return pins;
}

static long end(bpf_call bpf, struct pins pins, long result)
{
	clean(bpf);
	close(pins.map);
	close(pins.prog);
	return ok(result);
}

#define PIN_CASE(name, expected, call)                                                             \
	CASES(pins, name, expected)                                                                \
	{                                                                                          \
		struct pins p = begin(bpf);                                                        \
                                                                                                   \
		return end(bpf, p, call);                                                          \
	}

PIN_CASE(new_name, 0, pin(bpf, D "/other", p.map, 0, 0))
PIN_CASE(name_is_taken, -EEXIST, pin(bpf, M, p.map, 0, 0))
PIN_CASE(name_with_dot, -EPERM, pin(bpf, D "/m.x", p.map, 0, 0))
PIN_CASE(no_directory, -ENOENT, pin(bpf, D "/none/m", p.map, 0, 0))
PIN_CASE(in_a_file, -ENOTDIR, pin(bpf, M "/m", p.map, 0, 0))
PIN_CASE(outside, -EPERM, pin(bpf, "/tmp/bpfunit_no_such_file", p.map, 0, 0))
PIN_CASE(outside_taken, -EEXIST, pin(bpf, "/tmp", p.map, 0, 0))
PIN_CASE(bad_fd, -EINVAL, pin(bpf, D "/other", NO_FD, 0, 0))
PIN_CASE(pin_with_flags, -EINVAL, pin(bpf, D "/other", p.map, BPF_F_RDONLY, 0))
PIN_CASE(pin_stray_path_fd, -EINVAL, pin(bpf, D "/other", p.map, 0, 3))
PIN_CASE(pin_bad_pointer, -EFAULT, pin(bpf, (void *)8, p.map, 0, 0))
PIN_CASE(pin_empty_path, -ENOENT, pin(bpf, "", p.map, 0, 0))
PIN_CASE(pin_directory, -EEXIST, pin(bpf, D "/", p.map, 0, 0))
PIN_CASE(pin_new_with_slash, -ENOENT, pin(bpf, D "/other/", p.map, 0, 0))
PIN_CASE(pin_absolute_needs_no_fd, 0, pin(bpf, D "/other", p.map, PATH_FD, NO_FD))

PIN_CASE(get_map, 0, get(bpf, M, 0, 0, 0))
PIN_CASE(get_read_only, 0, get(bpf, M, 0, BPF_F_RDONLY, 0))
PIN_CASE(get_both_modes, -EINVAL, get(bpf, M, 0, BPF_F_RDONLY | BPF_F_WRONLY, 0))
PIN_CASE(get_with_fd, -EINVAL, get(bpf, M, 3, 0, 0))
PIN_CASE(get_unknown_flag, -EINVAL, get(bpf, M, 0, 32, 0))
PIN_CASE(get_stray_path_fd, -EINVAL, get(bpf, M, 0, 0, 3))
PIN_CASE(get_nothing, -ENOENT, get(bpf, D "/none", 0, 0, 0))
PIN_CASE(get_directory, -EACCES, get(bpf, D, 0, 0, 0))
PIN_CASE(get_other_file, -EACCES, get(bpf, "/etc/passwd", 0, 0, 0))
PIN_CASE(get_bad_pointer, -EFAULT, get(bpf, (void *)8, 0, 0, 0))
PIN_CASE(get_empty_path, -ENOENT, get(bpf, "", 0, 0, 0))
PIN_CASE(get_program_read_only, 0, get(bpf, P, 0, BPF_F_RDONLY, 0))
PIN_CASE(get_dotted, -EPERM, get(bpf, D "/m.x", 0, 0, 0))
PIN_CASE(get_with_slash, -ENOTDIR, get(bpf, M "/", 0, 0, 0))
PIN_CASE(get_normal_form, 0, get(bpf, "/sys//fs/../fs/./bpf/bpfunit_pins/map", 0, 0, 0))
PIN_CASE(get_relative_to_map, -ENOTDIR, get(bpf, "map", 0, PATH_FD, p.map))
PIN_CASE(get_relative_to_nothing, -EBADF, get(bpf, "map", 0, PATH_FD, NO_FD))

PIN_CASE(open_pin, -EIO, do_open(bpf, M, O_RDONLY))
PIN_CASE(open_pin_to_write, -EIO, do_open(bpf, M, O_WRONLY))
PIN_CASE(open_pin_as_directory, -ENOTDIR, do_open(bpf, M, O_RDONLY | O_DIRECTORY))
PIN_CASE(open_new_file, -EACCES, do_open(bpf, D "/other", O_RDWR | O_CREAT))
PIN_CASE(open_dotted, -EPERM, do_open(bpf, D "/a.b", O_RDONLY))
PIN_CASE(mkdir_dotted, -EPERM, do_mkdir(bpf, D "/a.b"))
PIN_CASE(mkdir_taken, -EEXIST, do_mkdir(bpf, M))
PIN_CASE(rmdir_full, -ENOTEMPTY, do_unlink(bpf, D, AT_REMOVEDIR))
PIN_CASE(unlink_nothing, -ENOENT, do_unlink(bpf, D "/none", 0))
PIN_CASE(rename_pin, 0, do_rename(bpf, M, D "/other"))
PIN_CASE(rename_out, -EXDEV, do_rename(bpf, M, "/tmp/bpfunit_no_such_file"))
PIN_CASE(rename_dotted, -EPERM, do_rename(bpf, M, D "/a.b"))

CASES(pins, mode_of_descriptor, -EPERM)
{
	struct pins p = begin(bpf);
	int fd = get(bpf, M, 0, BPF_F_RDONLY, 0);
	u32 key = 0;
	u64 value = 1;
	long result = element(bpf, BPF_MAP_UPDATE_ELEM, fd, &key, &value, 0);

	close(fd);
	return end(bpf, p, result);
}

CASES(pins, relative_to_directory, 0)
{
	struct pins p = begin(bpf);
	int dir = do_open(bpf, D, O_PATH);
	long result = pin(bpf, "rel", p.map, PATH_FD, dir);

	if (!result)
		result = get(bpf, "rel", 0, PATH_FD | BPF_F_RDONLY, dir);
	close(dir);
	return end(bpf, p, result);
}

static u32 id_of(bpf_call bpf, int fd)
{
	struct bpf_map_info info = { 0 };

	CALL(BPF_OBJ_GET_INFO_BY_FD, .info = { fd, sizeof(info), (u64)&info });
	return info.id;
}

/* The pin alone keeps the map, until its name is gone. */
CASES(pins, keeps_the_map, -ENOENT)
{
	struct pins p = begin(bpf);
	u32 id = id_of(bpf, p.map);
	int fd;
	long result;

	close(p.map);
	fd = CALL(BPF_MAP_GET_FD_BY_ID, .map_id = id);
	if (fd < 0)
		return end(bpf, p, -ECANCELED);
	close(fd);
	do_unlink(bpf, M, 0);
	for (int i = 0; i < 100; i++) { /* the kernel frees it a little later */
		result = CALL(BPF_MAP_GET_FD_BY_ID, .map_id = id);
		if (result == -ENOENT)
			break;
		close(result);
		usleep(10000);
	}
	p.map = -1;
	return end(bpf, p, result);
}

static long token(bpf_call bpf, int fd, u32 flags)
{
	u32 attr[2] = { flags, fd };

	return bpf(36, attr, sizeof(attr)); /* BPF_TOKEN_CREATE */
}

static long token_of(bpf_call bpf, const char *path, int open_flags, u32 flags)
{
	int fd = do_open(bpf, path, open_flags);
	long result = token(bpf, fd, flags);

	close(fd);
	return result;
}

CASES(token, token_of_nothing, -EBADF)
{
	return token(bpf, NO_FD, 0);
}

CASES(token, of_the_initial_namespace, -EOPNOTSUPP)
{
	return token_of(bpf, "/sys/fs/bpf", O_RDONLY | O_DIRECTORY, 0);
}

CASES(token, of_a_path, -EBADF)
{
	return token_of(bpf, "/sys/fs/bpf", O_PATH, 0);
}

CASES(token, of_another_file_system, -EINVAL)
{
	return token_of(bpf, "/", O_RDONLY | O_DIRECTORY, 0);
}

CASES(token, unknown_flag, -EINVAL)
{
	return token_of(bpf, "/sys/fs/bpf", O_RDONLY | O_DIRECTORY, 1);
}

BPF_TEST(bpffs, is_a_bpffs)
{
	struct statfs fs;
	struct stat st;
	int fd;

	ASSERT_EQ(statfs("/sys/fs/bpf", &fs), 0);
	EXPECT_EQ((u64)fs.f_type, (u64)BPF_MAGIC);
	fd = open("/sys/fs/bpf", O_RDONLY | O_DIRECTORY);
	ASSERT_GE(fd, 0);
	ASSERT_EQ(fstatfs(fd, &fs), 0);
	EXPECT_EQ((u64)fs.f_type, (u64)BPF_MAGIC);
	close(fd);
	ASSERT_EQ(stat("/sys/fs/bpf", &st), 0);
	EXPECT_EQ(st.st_mode & 07777, 0700u);
	ASSERT_EQ(statfs("/tmp", &fs), 0);
	EXPECT_NE((u64)fs.f_type, (u64)BPF_MAGIC);
}

BPF_TEST(bpffs, mode_of_pins)
{
	struct stat st;

	umask(0);
	close(begin(emulated_bpf).map);
	ASSERT_EQ(lstat(M, &st), 0);
	EXPECT_EQ(st.st_mode, (mode_t)(S_IFREG | 0600));
	EXPECT_EQ(st.st_size, (off_t)0);
}

BPF_TEST(bpffs, lists_pins)
{
	DIR *dir;
	struct dirent *entry;
	int maps = 0, progs = 0;

	begin(emulated_bpf);
	dir = opendir(D);
	ASSERT_TRUE(dir);
	while ((entry = readdir(dir))) {
		maps += !strcmp(entry->d_name, "map");
		progs += !strcmp(entry->d_name, "prog");
	}
	closedir(dir);
	EXPECT_EQ(maps, 1);
	EXPECT_EQ(progs, 1);
}

static int seen;

static int visit(const char *path, const struct stat *st, int kind, struct FTW *place)
{
	if (!strcmp(path, M))
		seen += kind == FTW_F && !strcmp(path + place->base, "map") && place->level == 2;
	return 0;
}

BPF_TEST(bpffs, walks_tell_the_names_that_programs_know)
{
	char resolved[PATH_MAX];

	begin(emulated_bpf);
	seen = 0;
	EXPECT_EQ(nftw("/sys/fs/bpf", visit, 8, FTW_PHYS), 0);
	EXPECT_EQ(seen, 1);
	EXPECT_EQ(nftw(D "/none", visit, 8, FTW_PHYS), -1);
	EXPECT_STREQ(realpath("/sys/fs/bpf/../bpf/bpfunit_pins/map", resolved), M);
	EXPECT_FALSE(realpath(D "/none", resolved));
	EXPECT_STREQ(realpath("/usr/..", resolved), "/");
}

/* Whether the list of mounts has it. */
static bool is_mounted(const char *path)
{
	FILE *mounts = setmntent("/proc/mounts", "r");
	struct mntent *entry;
	bool found = false;

	while (mounts && (entry = getmntent(mounts)))
		found |= !strcmp(entry->mnt_dir, path) && !strcmp(entry->mnt_type, "bpf");
	if (mounts)
		endmntent(mounts);
	return found;
}

/* The host's would be another one. */
BPF_TEST(bpffs, is_not_opened_as_a_file_system)
{
	EXPECT_LT(syscall(SYS_fsopen, "bpf", 0), 0);
	EXPECT_EQ(errno, ENOSYS);
	EXPECT_LT(syscall(SYS_fsopen, "cgroup2", 0), 0);
	EXPECT_EQ(errno, ENOSYS);
	EXPECT_LT(syscall(SYS_fsopen, "no such file system", 0), 0);
	EXPECT_NE(errno, ENOSYS);
}

BPF_TEST(bpffs, mounts)
{
	char dir[] = "/tmp/bpfunit-mount-XXXXXX", path[64];
	int map = make_array(emulated_bpf);
	struct statfs fs;

	ASSERT_TRUE(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/map", dir);
	EXPECT_TRUE(is_mounted("/sys/fs/bpf"));
	EXPECT_FALSE(is_mounted(dir));
	EXPECT_EQ(pin(emulated_bpf, path, map, 0, 0), -EPERM);
	ASSERT_EQ(mount("bpf", dir, "bpf", 0, "mode=0700"), 0);
	EXPECT_TRUE(is_mounted(dir));
	ASSERT_EQ(statfs(dir, &fs), 0);
	EXPECT_EQ((u64)fs.f_type, (u64)BPF_MAGIC);
	EXPECT_EQ(pin(emulated_bpf, path, map, 0, 0), 0);
	EXPECT_GE(get(emulated_bpf, path, 0, 0, 0), 0);
	ASSERT_EQ(umount(dir), 0);
	EXPECT_EQ(access(path, F_OK), -1);
	EXPECT_EQ(rmdir(dir), 0);
}

BPF_TEST(bpffs, relative_paths)
{
	begin(emulated_bpf);
	ASSERT_EQ(chdir(D), 0);
	EXPECT_GE(get(emulated_bpf, "map", 0, 0, 0), 0);
	EXPECT_EQ(unlink("map"), 0);
	EXPECT_EQ(get(emulated_bpf, "map", 0, 0, 0), -ENOENT);
	EXPECT_EQ(mkdir("inner", 0700), 0);
	EXPECT_EQ(rmdir(D "/inner"), 0);
	ASSERT_EQ(chdir("/"), 0);
}

BPF_TEST(bpffs, hard_links_and_replacement)
{
	struct pins p = begin(emulated_bpf);
	u32 id = id_of(emulated_bpf, p.map);
	bpf_call bpf = emulated_bpf;

	close(p.map);
	ASSERT_EQ(link(M, D "/other"), 0);
	ASSERT_EQ(unlink(M), 0);
	p.map = CALL(BPF_MAP_GET_FD_BY_ID, .map_id = id);
	EXPECT_GE(p.map, 0);
	close(p.map);
	ASSERT_EQ(rename(P, D "/other"), 0);
	EXPECT_EQ((long)CALL(BPF_MAP_GET_FD_BY_ID, .map_id = id), -ENOENT);
	EXPECT_EQ(link(D "/other", "/tmp/bpfunit_no_such_file"), -1);
	EXPECT_EQ(errno, EXDEV);
	ASSERT_EQ(symlink("other", M), 0);
	EXPECT_GE(get(bpf, M, 0, 0, 0), 0);
}

BPF_TEST(bpffs, each_test_has_its_own)
{
	EXPECT_EQ(access(D, F_OK), -1);
}

static struct plain_bpf *open_pinned(const char *root)
{
	struct plain_bpf *plain = plain_bpf__open();

	ASSERT_TRUE(plain);
	ASSERT_EQ(bpf_map__set_pin_path(plain->maps.pairs, root), 0);
	return plain;
}

/* LIBBPF_PIN_BY_NAME works by bpf_map__set_pin_path(). */
BPF_TEST(bpffs, libbpf_reuses_pinned_maps)
{
	struct plain_bpf *first = open_pinned(D "/pairs"), *second = open_pinned(D "/pairs");
	u32 key = 3;
	u64 value = 4, found = 0;

	ASSERT_EQ(plain_bpf__load(first), 0);
	ASSERT_EQ(bpf_map_update_elem(bpf_map__fd(first->maps.pairs), &key, &value, 0), 0);
	plain_bpf__destroy(first);
	ASSERT_EQ(plain_bpf__load(second), 0);
	ASSERT_EQ(bpf_map_lookup_elem(bpf_map__fd(second->maps.pairs), &key, &found), 0);
	EXPECT_EQ(found, value);
	EXPECT_TRUE(bpf_map__is_pinned(second->maps.pairs));
	EXPECT_EQ(bpf_map__unpin(second->maps.pairs, NULL), 0);
	EXPECT_EQ(access(D "/pairs", F_OK), -1);
	plain_bpf__destroy(second);
}

BPF_TEST(bpffs, libbpf_pins_objects)
{
	struct plain_bpf *plain = plain_bpf__open_and_load();
	int fd;

	ASSERT_TRUE(plain);
	ASSERT_EQ(bpf_object__pin_maps(plain->obj, D), 0);
	ASSERT_EQ(bpf_program__pin(plain->progs.drop, D "/drop"), 0);
	EXPECT_EQ(access(D "/pairs", F_OK), 0);
	EXPECT_EQ(bpf_program__pin(plain->progs.drop, D "/drop"), -EEXIST);
	fd = bpf_obj_get(D "/drop");
	EXPECT_GE(fd, 0);
	close(fd);
	EXPECT_EQ(bpf_program__unpin(plain->progs.drop, D "/drop"), 0);
	EXPECT_EQ(bpf_object__unpin_maps(plain->obj, D), 0);
	EXPECT_EQ(bpf_program__pin(plain->progs.drop, "/tmp/drop"), -EINVAL);
	plain_bpf__destroy(plain);
}

FAILS(bpffs, says_that_there_is_no_place_for_it,
      "ASSERT_OK(mkdir(\"/sys/fs/bpf/x\", 0700)) failed: -1 (0xffffffff), EPERM (1, Operation not "
      "permitted), "
      "or errno ENOENT (2, No such file or directory)\n"
      "note: the emulated kernel's own files need a directory in /nonexistent/dir, which cannot be "
      "made: "
      "No such file or directory (TMPDIR)")
{
	setenv("TMPDIR", "/nonexistent/dir", 1);
	ASSERT_OK(mkdir("/sys/fs/bpf/x", 0700));
}
