// SPDX-License-Identifier: BSD-2-Clause
/*
 * PROG_ATTACH, PROG_DETACH and PROG_QUERY with attributes, descriptors and pointers that are wrong,
 * and what attach_script.c cannot ask every kernel.
 */
#include "call.h"

#include "ebpf/kernel.h"
#include "ebpf/net/netdev.h"
#include "ebpf/uapi.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define EFFECTIVE BPF_F_QUERY_EFFECTIVE
#define LO_INDEX  1

static int load(u32 type, u32 attach_type)
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

	return emulated_bpf(BPF_PROG_LOAD, &attr, sizeof(attr));
}

static int cgroup_fd(void)
{
	mkdir("/sys/fs/cgroup/calls", 0755);
	return open("/sys/fs/cgroup/calls", O_RDONLY | O_DIRECTORY);
}

static long attach(int target, int prog, u32 type, u32 flags)
{
	struct bu_prog_attach_attr attr = {
		.target = target, .attach_bpf_fd = prog, .attach_type = type, .attach_flags = flags
	};

	return emulated_bpf(BPF_PROG_ATTACH, &attr, sizeof(attr));
}

static long query(const struct bu_prog_query_attr *query)
{
	struct bu_prog_query_attr attr = *query;

	return emulated_bpf(BPF_PROG_QUERY, &attr, sizeof(attr));
}

/* Bytes behind the command's attributes. */
BPF_TEST(attach_call, tails)
{
	struct {
		struct bu_prog_attach_attr attr;
		u64 behind;
	} change = { .behind = 1 };
	struct {
		struct bu_prog_query_attr attr;
		u64 behind;
	} ask = { .attr = { .target = LO_INDEX, .attach_type = BU_ATTACH_TCX_INGRESS } };
	u8 large[512] = { 0 };

	EXPECT_EQ(emulated_bpf(BPF_PROG_ATTACH, &change, sizeof(change)), -EINVAL);
	EXPECT_EQ(emulated_bpf(BPF_PROG_DETACH, &change, sizeof(change)), -EINVAL);
	EXPECT_OK(emulated_bpf(BPF_PROG_QUERY, &ask, sizeof(ask)));
	ask.behind = 1;
	EXPECT_EQ(emulated_bpf(BPF_PROG_QUERY, &ask, sizeof(ask)), -EINVAL);
	memcpy(large, &ask.attr, sizeof(ask.attr));
	large[sizeof(large) - 1] = 1;
	EXPECT_EQ(emulated_bpf(BPF_PROG_QUERY, large, sizeof(large)), -E2BIG);
}

/* An older caller's attributes end before the revision, which then stays as it is. */
BPF_TEST(attach_call, short_query)
{
	struct bu_prog_query_attr attr = { .target = LO_INDEX,
					   .attach_type = BU_ATTACH_TCX_INGRESS,
					   .revision = 77 };

	EXPECT_OK(
		emulated_bpf(BPF_PROG_QUERY, &attr, offsetof(struct bu_prog_query_attr, revision)));
	EXPECT_EQ(attr.revision, 77);
	EXPECT_OK(emulated_bpf(BPF_PROG_QUERY, &attr, sizeof(attr)));
	EXPECT_EQ(attr.revision, 1);
}

static void attach_one_everywhere(int cgroup)
{
	ASSERT_OK(attach(LO_INDEX, load(BPF_PROG_TYPE_SCHED_CLS, 0), BU_ATTACH_TCX_INGRESS, 0));
	ASSERT_OK(attach(cgroup, load(BPF_PROG_TYPE_CGROUP_SKB, 0), BPF_CGROUP_INET_EGRESS,
			 BPF_F_ALLOW_MULTI));
	ASSERT_OK(attach(0, load(BPF_PROG_TYPE_FLOW_DISSECTOR, 0), BPF_FLOW_DISSECTOR, 0));
}

BPF_TEST(attach_call, bad_pointers)
{
	static const u64 wild = 8;
	int cgroup = cgroup_fd(), netns = open("/proc/self/ns/net", O_RDONLY);
	u32 ids[4];
	const struct bu_prog_query_attr rows[] = {
		{ .target = LO_INDEX, .attach_type = BU_ATTACH_TCX_INGRESS },
		{ .target = cgroup, .attach_type = BPF_CGROUP_INET_EGRESS },
		{ .target = cgroup,
		  .attach_type = BPF_CGROUP_INET_EGRESS,
		  .query_flags = EFFECTIVE },
		{ .target = netns, .attach_type = BPF_FLOW_DISSECTOR },
	};

	attach_one_everywhere(cgroup);
	for (size_t i = 0; i < BU_ARRAY_SIZE(rows); i++) {
		struct bu_prog_query_attr attr = rows[i];

		EXPECT_OK(query(&attr));
		attr.count = 4;
		EXPECT_OK(query(&attr));
		attr.prog_ids = wild;
		EXPECT_EQ(query(&attr), -EFAULT);
		attr.prog_ids = (u64)ids;
		EXPECT_OK(query(&attr));
		attr.prog_attach_flags = wild;
		if (i == 2)
			EXPECT_EQ(query(&attr), -EINVAL);
		else if (i < 2)
			EXPECT_EQ(query(&attr), -EFAULT);
	}
	close(cgroup);
	close(netns);
}

/* Attributes that cannot be written. */
BPF_TEST(attach_call, read_only_attributes)
{
	struct bu_prog_query_attr *attr =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(attr, MAP_FAILED);
	attr->target = LO_INDEX;
	attr->attach_type = BU_ATTACH_TCX_INGRESS;
	ASSERT_OK(mprotect(attr, 4096, PROT_READ));
	EXPECT_EQ(emulated_bpf(BPF_PROG_QUERY, attr, sizeof(*attr)), -EFAULT);
	munmap(attr, 4096);
}

/* Source: lirc_prog_attach(), lirc_prog_detach(), lirc_prog_query(), drivers/media/rc/bpf-lirc.c */
BPF_TEST(attach_call, lirc)
{
	int prog = load(BPF_PROG_TYPE_LIRC_MODE2, 0), file = open("/dev/null", O_RDONLY);
	struct bu_prog_attach_attr detach = { .target = file,
					      .attach_bpf_fd = prog,
					      .attach_type = BPF_LIRC_MODE2 };
	struct bu_prog_query_attr ask = { .target = file, .attach_type = BPF_LIRC_MODE2 };

	ASSERT_GE(prog, 0);
	EXPECT_EQ(attach(NO_FD, prog, BPF_LIRC_MODE2, 0), -EBADF);
	EXPECT_EQ(attach(file, prog, BPF_LIRC_MODE2, 0), -EINVAL);
	EXPECT_EQ(attach(file, prog, BPF_LIRC_MODE2, BPF_F_ALLOW_OVERRIDE), -EINVAL);
	EXPECT_EQ(emulated_bpf(BPF_PROG_DETACH, &detach, sizeof(detach)), -EINVAL);
	detach.attach_bpf_fd = NO_FD;
	EXPECT_EQ(emulated_bpf(BPF_PROG_DETACH, &detach, sizeof(detach)), -EBADF);
	EXPECT_EQ(query(&ask), -EINVAL);
	ask.target = NO_FD;
	EXPECT_EQ(query(&ask), -EBADF);
	ask.query_flags = EFFECTIVE;
	EXPECT_EQ(query(&ask), -EINVAL);
	close(file);
	close(prog);
}

/* As many programs as a place takes. */
BPF_TEST(attach_call, most_programs)
{
	int cgroup = cgroup_fd(), prog;

	for (int i = 0; i < 64; i++) {
		prog = load(BPF_PROG_TYPE_SCHED_CLS, 0);
		ASSERT_OK(attach(LO_INDEX, prog, BU_ATTACH_TCX_EGRESS, 0));
		close(prog);
		prog = load(BPF_PROG_TYPE_CGROUP_SKB, 0);
		ASSERT_OK(attach(cgroup, prog, BPF_CGROUP_INET_INGRESS, BPF_F_ALLOW_MULTI));
		close(prog);
	}
	prog = load(BPF_PROG_TYPE_SCHED_CLS, 0);
	EXPECT_EQ(attach(LO_INDEX, prog, BU_ATTACH_TCX_EGRESS, 0), -ERANGE);
	EXPECT_EQ(attach(LO_INDEX, prog, BU_ATTACH_TCX_EGRESS, BU_F_BEFORE), -ERANGE);
	close(prog);
	prog = load(BPF_PROG_TYPE_CGROUP_SKB, 0);
	EXPECT_EQ(attach(cgroup, prog, BPF_CGROUP_INET_INGRESS, BPF_F_ALLOW_MULTI), -E2BIG);
	close(prog);
	close(cgroup);
}

/* What is attached is referenced, and let go of with the last place. */
BPF_TEST(attach_call, places_hold_programs)
{
	int cgroup = cgroup_fd(), prog = load(BPF_PROG_TYPE_CGROUP_SKB, 0);
	struct bpf_prog_info info = { 0 };
	union bpf_attr attr = {
		.info = { .bpf_fd = prog, .info_len = sizeof(info), .info = (u64)&info }
	};
	union bpf_attr by_id = { 0 };

	ASSERT_OK(emulated_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)));
	ASSERT_OK(attach(cgroup, prog, BPF_CGROUP_INET_EGRESS, 0));
	close(prog);
	close(cgroup);
	by_id.prog_id = info.id;
	prog = emulated_bpf(BPF_PROG_GET_FD_BY_ID, &by_id, sizeof(by_id));
	ASSERT_GE(prog, 0);
	close(prog);
	ASSERT_OK(rmdir("/sys/fs/cgroup/calls"));
	EXPECT_EQ(emulated_bpf(BPF_PROG_GET_FD_BY_ID, &by_id, sizeof(by_id)), -ENOENT);
}

/* Links whose descriptors are open when the kernel ends. */
BPF_TEST(attach_call, links_left_open)
{
	struct bu_link_create_attr rows[] = {
		{ .prog_fd = load(BU_PROG_TYPE_NETFILTER, BU_ATTACH_NETFILTER),
		  .attach_type = BU_ATTACH_NETFILTER,
		  .netfilter = { .pf = 2, .priority = 1 } },
		{ .prog_fd = load(BPF_PROG_TYPE_SCHED_CLS, 0),
		  .target = LO_INDEX,
		  .attach_type = BU_ATTACH_TCX_INGRESS },
		{ .prog_fd = load(BPF_PROG_TYPE_XDP, 0),
		  .target = LO_INDEX,
		  .attach_type = BPF_XDP },
		{ .prog_fd = load(BPF_PROG_TYPE_CGROUP_SKB, 0),
		  .target = cgroup_fd(),
		  .attach_type = BPF_CGROUP_INET_EGRESS },
		{ .prog_fd = load(BPF_PROG_TYPE_SK_LOOKUP, BPF_SK_LOOKUP),
		  .target = open("/proc/self/ns/net", O_RDONLY),
		  .attach_type = BPF_SK_LOOKUP },
	};

	for (size_t i = 0; i < BU_ARRAY_SIZE(rows); i++)
		EXPECT_GE(emulated_bpf(BPF_LINK_CREATE, &rows[i], 60), 0);
}
