// SPDX-License-Identifier: BSD-2-Clause
/* See attach_world.h. */
#include "attach_world.h"

#include "ebpf/syscall.h"
#include "ebpf/uapi.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The letters of programs. */
static const struct {
	const char *letters;
	u32 type, attach_type;
} programs[] = {
	{ "abcdefghi", BPF_PROG_TYPE_SCHED_CLS, 0 },
	{ "j", BU_PROG_TYPE_NETFILTER, BU_ATTACH_NETFILTER },
	{ "k", BPF_PROG_TYPE_SK_MSG, BPF_SK_MSG_VERDICT },
	{ "l", BPF_PROG_TYPE_SK_SKB, 0 },
	{ "mnopqr", BPF_PROG_TYPE_CGROUP_SKB, 0 },
	{ "s", BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET_SOCK_CREATE },
	{ "tu", BPF_PROG_TYPE_FLOW_DISSECTOR, 0 },
	{ "v", BPF_PROG_TYPE_SK_LOOKUP, BPF_SK_LOOKUP },
	{ "w", BPF_PROG_TYPE_XDP, BPF_XDP_CPUMAP },
	{ "xy", BPF_PROG_TYPE_XDP, 0 },
	{ "z", BPF_PROG_TYPE_XDP, BPF_XDP_DEVMAP },
};

static const char *const cgroups[] = { "", "/1", "/1/2", "/3" };

long world_bpf(struct world *world, int cmd, void *attr, unsigned int size)
{
	long result;

	if (world->host)
		return bu_host_syscall(SYS_bpf, cmd, (long)attr, size, 0, 0, 0);
	result = syscall(SYS_bpf, cmd, attr, size);
	return result < 0 ? -errno : result;
}

static int open_directory(struct world *world, const char *path)
{
	return world->host ? bu_host_syscall(SYS_openat, AT_FDCWD, (long)path,
					     O_RDONLY | O_DIRECTORY, 0, 0, 0)
			   : open(path, O_RDONLY | O_DIRECTORY);
}

static void make_directory(struct world *world, const char *path)
{
	if (world->host)
		bu_host_syscall(SYS_mkdirat, AT_FDCWD, (long)path, 0755, 0, 0, 0);
	else
		mkdir(path, 0755);
}

static void remove_directory(struct world *world, const char *path)
{
	if (world->host)
		bu_host_syscall(SYS_unlinkat, AT_FDCWD, (long)path, AT_REMOVEDIR, 0, 0, 0);
	else
		rmdir(path);
}

static const char *cgroup_path(struct world *world, const char *name)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/bpfunit-attach%s", world->cgroups, name);
	return path;
}

static u32 id_of(struct world *world, int fd, bool link)
{
	struct bpf_prog_info prog = { 0 };
	struct bu_link_info info = { 0 };
	union bpf_attr attr = { .info = { .bpf_fd = fd,
					  .info_len = link ? sizeof(info) : sizeof(prog),
					  .info = link ? (u64)&info : (u64)&prog } };

	world_bpf(world, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr.info));
	return link ? info.id : prog.id;
}

static int load(struct world *world, u32 type, u32 attach_type)
{
	struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr = { .prog_type = type,
				.expected_attach_type = attach_type,
				.insns = (u64)insns,
				.insn_cnt = 2,
				.license = (u64) "GPL" };

	return world_bpf(world, BPF_PROG_LOAD, &attr, sizeof(attr));
}

void world_begin(struct world *world)
{
	for (size_t i = 0; i < BU_ARRAY_SIZE(programs); i++) {
		for (const char *letter = programs[i].letters; *letter; letter++) {
			int fd = load(world, programs[i].type, programs[i].attach_type);

			world->progs[*letter - 'a'] = fd;
			world->prog_ids[*letter - 'a'] = id_of(world, fd, false);
			if (fd < 0)
				fprintf(world->out, "no program %c: %s\n", *letter,
					world_result(fd));
		}
	}
	for (int i = 0; i < 26; i++)
		world->links[i] = -1;
	for (size_t i = 0; i < BU_ARRAY_SIZE(cgroups); i++) {
		make_directory(world, cgroup_path(world, cgroups[i]));
		world->cgroup[i] = open_directory(world, cgroup_path(world, cgroups[i]));
	}
	world->cgroup[7] = open("/", O_RDONLY | O_DIRECTORY);
	world->netns = open("/proc/self/ns/net", O_RDONLY);
}

void world_end(struct world *world)
{
	for (int i = 0; i < 8; i++) {
		if (world->cgroup[i] > 0)
			close(world->cgroup[i]);
	}
	for (size_t i = BU_ARRAY_SIZE(cgroups); i--;)
		remove_directory(world, cgroup_path(world, cgroups[i]));
	for (int i = 0; i < 26; i++)
		close(world->progs[i]);
	close(world->netns);
}

int world_map(struct world *world)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1
	};

	return world_bpf(world, BPF_MAP_CREATE, &attr, sizeof(attr));
}

void world_keep_link(struct world *world, char letter, int fd)
{
	world->links[letter - 'A'] = fd;
	world->link_ids[letter - 'A'] = id_of(world, fd, true);
}

long world_drop_link(struct world *world, char letter)
{
	union bpf_attr attr = { .link_detach = { .link_fd = world->links[letter - 'A'] } };

	return world_bpf(world, BPF_LINK_DETACH, &attr, sizeof(attr.link_detach));
}

void world_close_link(struct world *world, char letter)
{
	if (world->links[letter - 'A'] >= 0)
		close(world->links[letter - 'A']);
	world->links[letter - 'A'] = -1;
	world->link_ids[letter - 'A'] = 0;
}

void world_close_links(struct world *world)
{
	for (char letter = 'A'; letter <= 'Z'; letter++)
		world_close_link(world, letter);
}

void world_remove_cgroup(struct world *world, const char *name)
{
	char path[32];

	snprintf(path, sizeof(path), "/%s", name);
	remove_directory(world, cgroup_path(world, path));
	if (world->host)
		usleep(300000); /* the kernel's clean-up comes later */
}

bool world_is_cgroup_type(u32 attach_type)
{
	switch (attach_type) {
	case BPF_CGROUP_INET_EGRESS:
	case BPF_CGROUP_INET_INGRESS:
	case BPF_CGROUP_INET_SOCK_CREATE:
		return true;
	default:
		return false;
	}
}

const char *world_result(long result)
{
	static char number[32];

	if (result < 0 && strerrorname_np(-result))
		return strerrorname_np(-result);
	snprintf(number, sizeof(number), "%ld", result);
	return number;
}

char world_prog_letter(struct world *world, u32 id)
{
	for (int i = 0; i < 26; i++) {
		if (id && world->prog_ids[i] == id)
			return 'a' + i;
	}
	return '-';
}

void world_netfilter(struct world *world)
{
	static const struct {
		char prog, link;
		u32 flags, pf, hook;
		s32 priority;
		u32 nf_flags;
	} rows[] = {
		{ 'j', 'A', 1, 2, 0, 1, 0 },       { 'j', 'A', 0, 7, 0, 1, 0 },
		{ 'j', 'A', 0, 1, 0, 1, 0 },       { 'j', 'A', 0, 2, 5, 1, 0 },
		{ 'j', 'A', 0, 2, 0, 1, 2 },       { 'j', 'A', 0, 2, 0, INT_MIN, 0 },
		{ 'j', 'A', 0, 2, 0, INT_MAX, 0 }, { 'j', 'A', 0, 2, 0, -400, 1 },
		{ 'a', 'A', 0, 2, 0, 1, 0 },       { 'j', 'A', 0, 2, 0, 1, 0 },
		{ 'j', 'B', 0, 2, 0, 1, 0 },       { 'j', 'B', 0, 2, 0, 2, 0 },
		{ 'j', 'C', 0, 2, 1, 1, 0 },       { 'j', 'D', 0, 10, 4, -7, 0 },
	};

	fprintf(world->out, "# netfilter\n");
	for (size_t i = 0; i < BU_ARRAY_SIZE(rows); i++) {
		struct bu_link_create_attr attr = {
			.prog_fd = world->progs[rows[i].prog - 'a'],
			.attach_type = BU_ATTACH_NETFILTER,
			.flags = rows[i].flags,
			.netfilter = { rows[i].pf, rows[i].hook, rows[i].priority,
				       rows[i].nf_flags },
		};
		struct bu_link_info info = { 0 };
		union bpf_attr ask = { .info = { .info_len = sizeof(info), .info = (u64)&info } };
		long fd = world_bpf(world, BPF_LINK_CREATE, &attr, sizeof(attr));

		fprintf(world->out, "pf %u hook %u priority %d flags %u: %s\n", rows[i].pf,
			rows[i].hook, rows[i].priority, rows[i].nf_flags,
			world_result(fd < 0 ? fd : 0));
		if (fd < 0)
			continue;
		world_keep_link(world, rows[i].link, fd);
		ask.info.bpf_fd = fd;
		world_bpf(world, BPF_OBJ_GET_INFO_BY_FD, &ask, sizeof(ask.info));
		fprintf(world->out, "link pf %u hook %u priority %d flags %u\n", info.netfilter.pf,
			info.netfilter.hooknum, info.netfilter.priority, info.netfilter.flags);
	}
	{
		union bpf_attr attr = { .link_update = { .link_fd = world->links[0],
							 .new_prog_fd = world->progs['j' - 'a'] } };

		fprintf(world->out, "update: %s\n",
			world_result(world_bpf(world, BPF_LINK_UPDATE, &attr,
					       sizeof(attr.link_update))));
	}
	fprintf(world->out, "drop: %s\n", world_result(world_drop_link(world, 'A')));
	world_close_links(world);
}
