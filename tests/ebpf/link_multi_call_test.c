/* SPDX-License-Identifier: BSD-2-Clause */
/* Links to many functions (kprobe.multi) and many places of a file (uprobe.multi): every errno. */
#include "link_call.h"

#define CASE(name, expected) CASES(link_multi_calls, name, expected)

/* The same of kprobe.multi, which not every kernel has: one without is not asked. */
#define KCASE(name_, expected_)                                                                    \
	static long name_##_case(bpf_call bpf);                                                    \
	BPF_TEST(link_multi_calls, name_)                                                          \
	{                                                                                          \
		EXPECT_EQ(name_##_case(emulated_bpf), (long)(expected_));                          \
		if (host_has_kprobe_multi())                                                       \
			EXPECT_EQ(name_##_case(host_bpf), (long)(expected_));                      \
	}                                                                                          \
	static long name_##_case(bpf_call bpf)

static int make_probe(bpf_call bpf, u32 attach_type, u32 flags)
{
	return LOAD(two, .prog_type = BPF_PROG_TYPE_KPROBE, .expected_attach_type = attach_type,
		    .prog_flags = flags);
}

static bool host_has_kprobe_multi(void)
{
	bpf_call bpf = host_bpf;

	return getenv("BPFUNIT_HOST_BPF") &&
	       CREATE(.prog_fd = make_probe(bpf, BPF_TRACE_KPROBE_MULTI, 0),
		      .attach_type = BPF_TRACE_KPROBE_MULTI) != -EOPNOTSUPP;
}

/* Two functions that a kernel has, not in the order of their names. */
static const char *functions[] = { "vfs_write", "vfs_read" };
static u64 cookies[] = { 20, 10 };

/* The emulated kernel has the functions that a test says. */
static void add_functions(void)
{
	for (size_t i = 0; i < BU_ARRAY_SIZE(functions); i++)
		bpfunit_symbol_add(functions[i]);
}

#define KPROBES(prog, ...)                                                                         \
	({                                                                                         \
		add_functions();                                                                   \
		CREATE(.prog_fd = (prog), .attach_type = BPF_TRACE_KPROBE_MULTI,                   \
		       .kprobe_multi = { __VA_ARGS__ });                                           \
	})
#define KPROBE_PROG make_probe(bpf, BPF_TRACE_KPROBE_MULTI, 0)
#define BOTH        .syms = (u64)functions, .cnt = 2

KCASE(kprobes, 0)
{
	return ok(KPROBES(KPROBE_PROG, BOTH));
}

KCASE(kprobes_at_return, 0)
{
	return ok(KPROBES(KPROBE_PROG, BOTH, .flags = 1));
}

KCASE(kprobes_with_unknown_flags, -EINVAL)
{
	return KPROBES(KPROBE_PROG, BOTH, .flags = 2);
}

KCASE(kprobes_of_a_program_for_one, -EINVAL)
{
	return KPROBES(make_probe(bpf, 0, 0), BOTH);
}

KCASE(kprobes_with_link_flags, -EINVAL)
{
	return CREATE(.prog_fd = KPROBE_PROG, .attach_type = BPF_TRACE_KPROBE_MULTI, .flags = 1,
		      .kprobe_multi = { BOTH });
}

KCASE(kprobes_without_functions, -EINVAL)
{
	return KPROBES(KPROBE_PROG, .cnt = 2);
}

KCASE(kprobes_of_names_and_addresses, -EINVAL)
{
	return KPROBES(KPROBE_PROG, BOTH, .addrs = (u64)cookies);
}

KCASE(kprobes_of_none, -EINVAL)
{
	return KPROBES(KPROBE_PROG, .syms = (u64)functions);
}

KCASE(kprobes_of_too_many, -E2BIG)
{
	return KPROBES(KPROBE_PROG, .syms = (u64)functions, .cnt = (1 << 20) + 1);
}

KCASE(kprobes_of_an_unknown_name, -ESRCH)
{
	const char *unknown[] = { "vfs_read", "no_function_of_this_name" };

	return KPROBES(KPROBE_PROG, .syms = (u64)unknown, .cnt = 2);
}

KCASE(kprobes_of_an_empty_name, -ESRCH)
{
	const char *unknown[] = { "" };

	return KPROBES(KPROBE_PROG, .syms = (u64)unknown, .cnt = 1);
}

KCASE(kprobes_of_a_long_name, -E2BIG)
{
	char name[600];
	const char *names[] = { name };

	memset(name, 'a', sizeof(name));
	return KPROBES(KPROBE_PROG, .syms = (u64)names, .cnt = 1);
}

KCASE(kprobes_of_wild_names, -EFAULT)
{
	const char *wild[] = { (const char *)0xdead0000dead };

	return KPROBES(KPROBE_PROG, .syms = (u64)wild, .cnt = 1);
}

KCASE(kprobes_of_a_wild_list, -EFAULT)
{
	return KPROBES(KPROBE_PROG, .syms = 0xdead0000dead, .cnt = 1);
}

KCASE(kprobes_of_wild_addresses, -EFAULT)
{
	return KPROBES(KPROBE_PROG, .addrs = 0xdead0000dead, .cnt = 1);
}

KCASE(kprobes_with_wild_cookies, -EFAULT)
{
	return KPROBES(KPROBE_PROG, BOTH, .cookies = 0xdead0000dead);
}

KCASE(kprobes_of_no_function, -EINVAL)
{
	u64 addrs[] = { 0xffffffff81000001 };

	return KPROBES(KPROBE_PROG, .addrs = (u64)addrs, .cnt = 1);
}

KCASE(kprobes_of_no_text, -EINVAL)
{
	u64 addrs[] = { 8 };

	return KPROBES(KPROBE_PROG, .addrs = (u64)addrs, .cnt = 1);
}

KCASE(kprobes_twice_the_same, -ESRCH)
{
	const char *names[] = { "vfs_read", "vfs_read" };

	return KPROBES(KPROBE_PROG, .syms = (u64)names, .cnt = 2);
}

KCASE(kprobe_session, 0)
{
	add_functions();
	return ok(CREATE(.prog_fd = make_probe(bpf, BU_ATTACH_KPROBE_SESSION, 0),
			 .attach_type = BU_ATTACH_KPROBE_SESSION, .kprobe_multi = { BOTH }));
}

KCASE(kprobe_session_at_return, 0)
{
	add_functions();
	return ok(CREATE(.prog_fd = make_probe(bpf, BU_ATTACH_KPROBE_SESSION, 0),
			 .attach_type = BU_ATTACH_KPROBE_SESSION,
			 .kprobe_multi = { BOTH, .flags = 1 }));
}

KCASE(kprobe_session_as_a_plain_one, -EINVAL)
{
	return KPROBES(make_probe(bpf, BU_ATTACH_KPROBE_SESSION, 0), BOTH);
}

KCASE(kprobes_are_not_detached, -EOPNOTSUPP)
{
	return DETACH(KPROBES(KPROBE_PROG, BOTH));
}

KCASE(kprobes_are_not_updated, -EINVAL)
{
	return UPDATE(.link_fd = KPROBES(KPROBE_PROG, BOTH), .new_fd = KPROBE_PROG);
}

/* Info */

KCASE(kprobes_info, 2)
{
	int link = KPROBES(KPROBE_PROG, BOTH, .flags = 1);
	struct bu_link_info info = { 0 };

	EXPECT_OK(link_info(bpf, link, &info));
	EXPECT_EQ(info.type, (u32)BU_LINK_KPROBE_MULTI);
	EXPECT_EQ(info.kprobe_multi.flags, 1u);
	return info.kprobe_multi.count;
}

/* Cookies stay with their functions. With them addresses are sorted. */
KCASE(kprobes_info_of_cookies, 0)
{
	int link = KPROBES(KPROBE_PROG, BOTH, .cookies = (u64)cookies), other;
	u64 addrs[2] = { 0 }, got[2] = { 0 }, again[2] = { 1, 1 };
	struct bu_link_info info = {
		.kprobe_multi = { .addrs = (u64)addrs, .count = 2, .cookies = (u64)got },
	};

	EXPECT_OK(link_info(bpf, link, &info));
	EXPECT_LT(addrs[0], addrs[1]);
	EXPECT_EQ(got[0] + got[1], (u64)30);
	other = KPROBES(KPROBE_PROG, .addrs = (u64)addrs, .cnt = 2);
	info.kprobe_multi.cookies = (u64)again;
	EXPECT_OK(link_info(bpf, other, &info));
	return (long)(again[0] + again[1]);
}

KCASE(kprobes_info_in_the_order_of_names, 1)
{
	u64 by_name[2] = { 0 }, one[1] = { 0 };
	const char *first[] = { "vfs_read" };
	struct bu_link_info info = { .kprobe_multi = { .addrs = (u64)by_name, .count = 2 } };

	EXPECT_OK(link_info(bpf, KPROBES(KPROBE_PROG, BOTH), &info));
	info.kprobe_multi.addrs = (u64)one;
	info.kprobe_multi.count = 1;
	EXPECT_OK(link_info(bpf, KPROBES(KPROBE_PROG, .syms = (u64)first, .cnt = 1), &info));
	return by_name[0] == one[0];
}

KCASE(kprobes_info_in_the_order_of_addresses_given, 1)
{
	u64 addrs[2] = { 0 }, turned[2], got[2] = { 0 };
	struct bu_link_info info = { .kprobe_multi = { .addrs = (u64)addrs, .count = 2 } };

	EXPECT_OK(link_info(bpf, KPROBES(KPROBE_PROG, BOTH), &info));
	turned[0] = addrs[1];
	turned[1] = addrs[0];
	info.kprobe_multi.addrs = (u64)got;
	EXPECT_OK(link_info(bpf, KPROBES(KPROBE_PROG, .addrs = (u64)turned, .cnt = 2), &info));
	return got[0] == turned[0];
}

KCASE(kprobes_info_with_little_room, -ENOSPC)
{
	u64 addrs[2] = { 0, 77 };
	struct bu_link_info info = { .kprobe_multi = { .addrs = (u64)addrs, .count = 1 } };
	long err = link_info(bpf, KPROBES(KPROBE_PROG, BOTH), &info);

	EXPECT_NE(addrs[0], (u64)0);
	EXPECT_EQ(addrs[1], (u64)77);
	return err;
}

KCASE(kprobes_info_with_room_alone, -EINVAL)
{
	struct bu_link_info info = { .kprobe_multi = { .count = 1 } };

	return link_info(bpf, KPROBES(KPROBE_PROG, BOTH), &info);
}

KCASE(kprobes_info_without_room, -EINVAL)
{
	struct bu_link_info info = { .kprobe_multi = { .cookies = (u64)cookies } };

	return link_info(bpf, KPROBES(KPROBE_PROG, BOTH), &info);
}

KCASE(kprobes_info_wild, -EFAULT)
{
	struct bu_link_info info = { .kprobe_multi = { .addrs = 0xdead0000dead, .count = 2 } };

	return link_info(bpf, KPROBES(KPROBE_PROG, BOTH), &info);
}

/* uprobe.multi */

static u64 offsets[] = { 4096, 64 }, counted[] = { 4352, 128 }, counters[] = { 100, 200 };

#define UPROBE_PROG make_probe(bpf, BU_ATTACH_UPROBE_MULTI, 0)
#define UPROBES(...)                                                                               \
	CREATE(.prog_fd = UPROBE_PROG, .attach_type = BU_ATTACH_UPROBE_MULTI,                      \
	       .uprobe_multi = { __VA_ARGS__ })
#define EXE .path = (u64) "/bin/true", .offsets = (u64)offsets, .cnt = 2
/* Linux lets a place have one counter: other tests may be at the same file now. */
#define COUNTED .path = (u64) "/bin/true", .offsets = (u64)counted, .cnt = 2

CASE(uprobes, 0)
{
	return ok(UPROBES(EXE));
}

CASE(uprobes_at_return, 0)
{
	return ok(UPROBES(EXE, .flags = 1));
}

CASE(uprobes_of_a_process, 0)
{
	return ok(UPROBES(EXE, .pid = (u32)getpid()));
}

CASE(uprobe_session, 0)
{
	return ok(CREATE(.prog_fd = make_probe(bpf, BU_ATTACH_UPROBE_SESSION, 0),
			 .attach_type = BU_ATTACH_UPROBE_SESSION, .uprobe_multi = { EXE }));
}

CASE(uprobes_of_a_sleepable_program, 0)
{
	return ok(CREATE(.prog_fd = make_probe(bpf, BU_ATTACH_UPROBE_MULTI, BPF_F_SLEEPABLE),
			 .attach_type = BU_ATTACH_UPROBE_MULTI, .uprobe_multi = { EXE }));
}

CASE(uprobes_of_a_program_for_one, -EINVAL)
{
	return CREATE(.prog_fd = make_probe(bpf, 0, 0), .attach_type = BU_ATTACH_UPROBE_MULTI,
		      .uprobe_multi = { EXE });
}

CASE(uprobes_with_link_flags, -EINVAL)
{
	return CREATE(.prog_fd = UPROBE_PROG, .attach_type = BU_ATTACH_UPROBE_MULTI, .flags = 1,
		      .uprobe_multi = { EXE });
}

CASE(uprobes_with_unknown_flags, -EINVAL)
{
	return UPROBES(EXE, .flags = 2);
}

CASE(uprobes_of_a_negative_pid, -EINVAL)
{
	return UPROBES(EXE, .pid = (u32)-1);
}

CASE(uprobes_of_no_process, -ESRCH)
{
	return UPROBES(EXE, .pid = 0x3fffffff);
}

CASE(uprobes_without_path, -EINVAL)
{
	return UPROBES(.offsets = (u64)offsets, .cnt = 2);
}

CASE(uprobes_without_offsets, -EINVAL)
{
	return UPROBES(.path = (u64) "/bin/true", .cnt = 2);
}

CASE(uprobes_of_none, -EINVAL)
{
	return UPROBES(.path = (u64) "/bin/true", .offsets = (u64)offsets);
}

CASE(uprobes_of_too_many, -E2BIG)
{
	return UPROBES(.path = (u64) "/bin/true", .offsets = (u64)offsets, .cnt = (1 << 20) + 1);
}

CASE(uprobes_of_no_file, -ENOENT)
{
	return UPROBES(.path = (u64) "/no/such/file", .offsets = (u64)offsets, .cnt = 2);
}

CASE(uprobes_of_a_folder, -EBADF)
{
	return UPROBES(.path = (u64) "/", .offsets = (u64)offsets, .cnt = 2);
}

CASE(uprobes_of_a_wild_path, -EFAULT)
{
	return UPROBES(.path = 0xdead0000dead, .offsets = (u64)offsets, .cnt = 2);
}

CASE(uprobes_of_wild_offsets, -EFAULT)
{
	return UPROBES(.path = (u64) "/bin/true", .offsets = 0xdead0000dead, .cnt = 2);
}

CASE(uprobes_behind_the_end, -EINVAL)
{
	u64 far[] = { 1ULL << 40 };

	return UPROBES(.path = (u64) "/bin/true", .offsets = (u64)far, .cnt = 1);
}

CASE(uprobes_before_the_beginning, -EINVAL)
{
	u64 far[] = { 1ULL << 63 };

	return UPROBES(.path = (u64) "/bin/true", .offsets = (u64)far, .cnt = 1);
}

CASE(uprobes_with_a_counter_at_an_odd_place, -EINVAL)
{
	u64 odd[] = { 100, 201 };

	return UPROBES(COUNTED, .ref_ctr_offsets = (u64)odd);
}

CASE(uprobes_info, 0)
{
	u64 at[2] = { 0 }, refs[2] = { 0 }, got[2] = { 0 };
	char path[64] = "";
	struct bu_link_info info = { .uprobe_multi = {
					     .path = (u64)path,
					     .path_size = sizeof(path),
					     .offsets = (u64)at,
					     .ref_ctr_offsets = (u64)refs,
					     .cookies = (u64)got,
					     .count = 2,
				     } };
	int link = UPROBES(COUNTED, .cookies = (u64)cookies, .ref_ctr_offsets = (u64)counters,
			   .flags = 1);

	EXPECT_OK(link_info(bpf, link, &info));
	EXPECT_EQ(info.type, (u32)BU_LINK_UPROBE_MULTI);
	EXPECT_EQ(info.uprobe_multi.flags, 1u);
	EXPECT_EQ(info.uprobe_multi.count, 2u);
	EXPECT_EQ(info.uprobe_multi.pid, 0u);
	EXPECT_EQ(info.uprobe_multi.path_size, (u32)strlen(path) + 1);
	EXPECT_MEMEQ(at, counted, sizeof(at));
	EXPECT_MEMEQ(refs, counters, sizeof(refs));
	EXPECT_MEMEQ(got, cookies, sizeof(got));
	return strcmp(path + strlen(path) - strlen("bin/true"), "bin/true");
}

CASE(uprobes_info_without_buffers, 2)
{
	struct bu_link_info info = { 0 };

	EXPECT_OK(link_info(bpf, UPROBES(EXE), &info));
	EXPECT_GE(info.uprobe_multi.path_size, (u32)sizeof("/bin/true"));
	return info.uprobe_multi.count;
}

CASE(uprobes_info_with_a_short_path, -ENAMETOOLONG)
{
	char path[4];
	struct bu_link_info info = { .uprobe_multi = { .path = (u64)path, .path_size = 4 } };

	return link_info(bpf, UPROBES(EXE), &info);
}

CASE(uprobes_info_with_a_path_of_no_size, -EINVAL)
{
	char path[4];
	struct bu_link_info info = { .uprobe_multi = { .path = (u64)path } };

	return link_info(bpf, UPROBES(EXE), &info);
}

CASE(uprobes_info_with_little_room, -ENOSPC)
{
	u64 at[1];
	struct bu_link_info info = { .uprobe_multi = { .offsets = (u64)at, .count = 1 } };

	return link_info(bpf, UPROBES(EXE), &info);
}

CASE(uprobes_info_without_room, -EINVAL)
{
	u64 at[1];
	struct bu_link_info info = { .uprobe_multi = { .offsets = (u64)at } };

	return link_info(bpf, UPROBES(EXE), &info);
}

CASE(uprobes_info_wild, -EFAULT)
{
	struct bu_link_info info = { .uprobe_multi = { .offsets = 0xdead0000dead, .count = 2 } };

	return link_info(bpf, UPROBES(EXE), &info);
}
