/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Values as text: pinned maps that are read, bpf_snprintf_btf(), and pinned iterators. All texts
 * are what Linux 6.18 gave for the same values, but that it had two CPUs.
 */
#include "show.h"

#include <bpf/bpf.h>
#include <bpfunit/bpfunit.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "iter.skel.h"
#include "show.skel.h"

#define PIN "/sys/fs/bpf/shown"
#define WARNING                                                                                    \
	"# WARNING!! The output is for debug purpose only\n"                                       \
	"# WARNING!! The output format will change\n"
#define NOTHING                                                                                    \
	"{0,0,[],[],0,RED,ZERO,RED,{0,0,},[0,0,},0,0,},],[0,0,],0,0,],],{0,0,},0,{0,[],},{0,0,},"  \
	"0x0,0x0,0x0,0x0000000000000000,0,0x0,<unsupported kind:16>0x0000000000000000,"            \
	"0x0000000000000000,],[0,0,},0,0,},],}"
#define SOMETHING                                                                                  \
	"{-3,1099511627776,['a','b',10,'c',],[],1,GREEN,MINUS,3,{1,-2,},[0,0,},9,0,},],"           \
	"[1,2,],1,2,],],{0,8,},77,{1094861636,['D','C','B','A',],},{0,6,},0x5,0x1d,0x1234567890,"  \
	"0x0000000000000000,-1,0x70000000000000005,<unsupported kind:16>0x0000000000000000,"       \
	"0x0000000000000000,],[1,2,},3,4,},],}"

/* The pin's content, or NULL and errno. */
static const char *pinned(int fd)
{
	static char text[8192];
	FILE *file;
	size_t len;

	ASSERT_OK(bpf_obj_pin(fd, PIN));
	file = fopen(PIN, "r");
	len = file ? fread(text, 1, sizeof(text) - 1, file) : 0;
	text[len] = '\0';
	if (file)
		fclose(file);
	len = (size_t)errno;
	unlink(PIN);
	errno = (int)len;
	return file ? text : NULL;
}

BPF_TEST(show, array)
{
	struct show_bpf *skel = BPFUNIT_LOAD(show_bpf);
	struct value value = {
		.num = -3,
		.big = 1ULL << 40,
		.name = "ab\nc",
		.bytes = { 0, 2 },
		.flag = true,
		.color = GREEN,
		.sign = MINUS,
		.unknown = 3,
		.in = { 1, -2 },
		.structs = { { 0, 0 }, { 9, 0 } },
		.grid = { { 1, 2 }, { 3, 4 } },
		.pair = { 0, 8 },
		.number = 77,
		.either.i = 0x41424344,
		.second = 6,
		.f1 = 5,
		.f2 = -3,
		.f3 = 0x1234567890,
		.qualified = -1,
		.wide = (__int128)7 << 64 | 5,
		.real = 1.5f,
		.pairs = { { 1, 2 }, { 3, 4 } },
	};
	uint32_t key = 1;

	ASSERT_OK(bpf_map__update_elem(skel->maps.array, &key, 4, &value, sizeof(value), 0));
	EXPECT_STREQ(pinned(bpf_map__fd(skel->maps.array)),
		     WARNING "0: " NOTHING "\n1: " SOMETHING "\n");
}

BPF_TEST(show, hash)
{
	struct show_bpf *skel = BPFUNIT_LOAD(show_bpf);
	struct key key = { -5, 3, 0 };
	struct inner value = { 1, 2 };

	EXPECT_STREQ(pinned(bpf_map__fd(skel->maps.hash)), WARNING);
	ASSERT_OK(
		bpf_map__update_elem(skel->maps.hash, &key, sizeof(key), &value, sizeof(value), 0));
	EXPECT_STREQ(pinned(bpf_map__fd(skel->maps.hash)), WARNING "{-5,3,0,}: {1,2,}\n");
}

/* Behind a value there are zeros. Source: 6.18, as run. */
BPF_TEST(show, enum_at_the_end)
{
	struct show_bpf *skel = BPFUNIT_LOAD(show_bpf);
	struct ends_with_tiny value = { 1, YES };
	const char *text;

	for (enum tiny key = NO; key <= YES; key++)
		ASSERT_OK(bpf_map__update_elem(skel->maps.ends, &key, 1, &value, sizeof(value), 0));
	text = pinned(bpf_map__fd(skel->maps.ends));
	EXPECT_TRUE(text && strstr(text, "\nNO: {1,YES,}\n"));
	EXPECT_TRUE(text && strstr(text, "\nYES: {1,YES,}\n"));
}

/* Source: 6.18, as run: write(2) is EBADF for who opened it to be read. */
BPF_TEST(show, files_cannot_be_written)
{
	struct show_bpf *skel = BPFUNIT_LOAD(show_bpf);
	char text[8];
	int fd;

	ASSERT_OK(bpf_map__pin(skel->maps.hash, PIN));
	fd = open(PIN, O_RDONLY | O_CLOEXEC);
	EXPECT_ERR(write(fd, "text", 4), EBADF);
	EXPECT_ERR(ftruncate(fd, 0), EINVAL);
	EXPECT_EQ(read(fd, text, 4), 4);
	close(fd);
	fd = open(PIN, O_WRONLY | O_CLOEXEC);
	EXPECT_ERR(read(fd, text, 4), EBADF);
	EXPECT_TRUE(write(fd, "text", 4) < 0);
	close(fd);
	EXPECT_OK(bpf_map__unpin(skel->maps.hash, PIN));
	fd = open("/sys/devices/system/cpu/possible", O_RDONLY | O_CLOEXEC);
	EXPECT_ERR(write(fd, "text", 4), EBADF);
	close(fd);
}

BPF_TEST(show, per_cpu)
{
	struct show_bpf *skel = BPFUNIT_LOAD(show_bpf);
	struct inner values[4] = { { 1, 2 }, { 1, -1 } };
	long numbers[4] = { 5, 10 };
	uint32_t key = 0;

	ASSERT_OK(
		bpf_map__update_elem(skel->maps.percpu_array, &key, 4, values, sizeof(values), 0));
	EXPECT_STREQ(pinned(bpf_map__fd(skel->maps.percpu_array)),
		     WARNING "0: {\n\tcpu0: {1,2,}\n\tcpu1: {1,-1,}\n\tcpu2: {0,0,}\n"
			     "\tcpu3: {0,0,}\n}\n");
	ASSERT_OK(
		bpf_map__update_elem(skel->maps.percpu_hash, &key, 4, numbers, sizeof(numbers), 0));
	EXPECT_STREQ(pinned(bpf_map__fd(skel->maps.percpu_hash)),
		     WARNING "0: {\n\tcpu0: 5\n\tcpu1: 10\n\tcpu2: 0\n\tcpu3: 0\n}\n");
}

BPF_TEST(show, programs_by_id)
{
	struct show_bpf *skel = BPFUNIT_LOAD(show_bpf);
	int fd = bpf_program__fd(skel->progs.show_insn);
	struct bpf_prog_info info = { 0 };
	uint32_t key = 1, len = sizeof(info);
	char text[256];

	ASSERT_OK(bpf_map__update_elem(skel->maps.progs, &key, 4, &fd, 4, 0));
	ASSERT_OK(bpf_obj_get_info_by_fd(fd, &info, &len));
	snprintf(text, sizeof(text), WARNING "1: %u\n", info.id);
	EXPECT_STREQ(pinned(bpf_map__fd(skel->maps.progs)), text);
}

BPF_TEST(show, section)
{
	struct show_bpf *skel = BPFUNIT_LOAD(show_bpf);

	EXPECT_STREQ(pinned(bpf_map__fd(skel->maps.data_shown)),
		     WARNING "section (\".data.shown\") = {7,['h','e','l','l','o',]\n");
}

BPF_TEST(show, what_has_no_text)
{
	struct show_bpf *skel = BPFUNIT_LOAD(show_bpf);

	EXPECT_NULL(pinned(bpf_map__fd(skel->maps.without_btf)));
	EXPECT_EQ(errno, EIO);
	EXPECT_NULL(pinned(bpf_map__fd(skel->maps.ring)));
	EXPECT_EQ(errno, EIO);
	EXPECT_NULL(pinned(bpf_program__fd(skel->progs.show_insn)));
	EXPECT_EQ(errno, EIO);
}

BPF_TEST(show, pinned_iterator)
{
	struct iter_bpf *skel = BPFUNIT_LOAD(iter_bpf);
	union bpf_iter_link_info info = { .map.map_fd = (uint32_t)bpf_map__fd(skel->maps.squares) };
	LIBBPF_OPTS(bpf_iter_attach_opts, opts, .link_info = &info, .link_info_len = sizeof(info));
	struct bpf_link *link = bpf_program__attach_iter(skel->progs.elements, &opts);
	char text[64];
	int fd;

	skel->links.elements = link;
	EXPECT_STREQ(pinned(bpf_link__fd(link)), "0=0\n1=0\n2=0\n");
	EXPECT_STREQ(pinned(bpf_link__fd(link)), "0=1\n1=1\n2=1\n"); /* each runs it anew */
	ASSERT_OK(bpf_link__pin(link, PIN));
	fd = open(PIN, O_RDONLY | O_CLOEXEC);
	ASSERT_GE(fd, 0);
	EXPECT_EQ(read(fd, text, 4), 4);
	EXPECT_MEMEQ(text, "0=2\n", 4);
	close(fd);
	EXPECT_OK(bpf_link__unpin(link));
}

/* bpf_snprintf_btf() */

static const char *shown(struct show_bpf *skel, const struct bpf_program *prog, uint64_t flags)
{
	skel->bss->flags = flags;
	BPFUNIT_RUN(prog, NULL);
	return skel->bss->text;
}

BPF_TEST(show, struct_by_flags)
{
	struct show_bpf *skel = BPFUNIT_LOAD(show_bpf);
	const struct bpf_program *prog = skel->progs.show_insn;

	skel->bss->insn =
		(struct bpf_insn){ .code = 0x85, .dst_reg = 1, .src_reg = 2, .off = -3, .imm = 77 };
	EXPECT_STREQ(shown(skel, prog, 0),
		     "(struct bpf_insn){\n .code = (__u8)133,\n .dst_reg = (__u8)0x1,\n"
		     " .src_reg = (__u8)0x2,\n .off = (__s16)-3,\n .imm = (__s32)77,\n}\n");
	EXPECT_EQ(skel->bss->result, 125);
	EXPECT_STREQ(shown(skel, prog, BTF_F_COMPACT),
		     "(struct bpf_insn){.code = (__u8)133,.dst_reg = (__u8)0x1,"
		     ".src_reg = (__u8)0x2,.off = (__s16)-3,.imm = (__s32)77,}");
	EXPECT_STREQ(shown(skel, prog, BTF_F_NONAME), "{\n 133,\n 0x1,\n 0x2,\n -3,\n 77,\n}\n");
	EXPECT_STREQ(shown(skel, prog, BTF_F_COMPACT | BTF_F_NONAME), "{133,0x1,0x2,-3,77,}");
	skel->bss->insn.off = 0;
	EXPECT_STREQ(shown(skel, prog, BTF_F_COMPACT | BTF_F_NONAME), "{133,0x1,0x2,77,}");
	EXPECT_STREQ(shown(skel, prog, BTF_F_COMPACT | BTF_F_NONAME | BTF_F_ZERO),
		     "{133,0x1,0x2,0,77,}");
}

BPF_TEST(show, strings_and_arrays)
{
	struct show_bpf *skel = BPFUNIT_LOAD(show_bpf);

	strcpy(skel->bss->names.sysname, "veth");
	strcpy(skel->bss->names.domainname, "a");
	EXPECT_STREQ(shown(skel, skel->progs.show_names, BTF_F_COMPACT),
		     "(struct new_utsname){.sysname = (char[])['v','e','t','h',],"
		     ".domainname = (char[])['a',],}");
	skel->bss->packet.len = 10;
	skel->bss->packet.cb[2] = 7;
	skel->bss->packet.remote_ip6[3] = 9;
	EXPECT_STREQ(shown(skel, skel->progs.show_packet, BTF_F_COMPACT),
		     "(struct __sk_buff){.len = (__u32)10,.cb = (__u32[])[7,],"
		     ".remote_ip6 = (__u32[])[9,],}");
}

BPF_TEST(show, cut)
{
	struct show_bpf *skel = BPFUNIT_LOAD(show_bpf);

	skel->bss->insn.code = 5;
	skel->bss->little_room = 1;
	EXPECT_STREQ(shown(skel, skel->progs.show_insn, 0), "(struct b");
	EXPECT_EQ(skel->bss->result, 39);
}

BPF_TEST(show, refused)
{
	struct show_bpf *skel = BPFUNIT_LOAD(show_bpf);
	const struct bpf_program *prog = skel->progs.show_insn;

	shown(skel, prog, 16);
	EXPECT_EQ(skel->bss->result, -EINVAL);
	skel->bss->wrong_type = 1; /* 0 */
	shown(skel, prog, 0);
	EXPECT_EQ(skel->bss->result, -EINVAL);
	skel->bss->wrong_type = 0x7fffffff;
	shown(skel, prog, 0);
	EXPECT_EQ(skel->bss->result, -ENOENT);
	skel->bss->wrong_type = 0xffffffff;
	shown(skel, prog, 0);
	EXPECT_EQ(skel->bss->result, -ENOENT);
	skel->bss->wrong_type = 0;
	skel->bss->wrong_size = 1;
	shown(skel, prog, 0);
	EXPECT_EQ(skel->bss->result, -EINVAL);
}
