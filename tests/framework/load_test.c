// SPDX-License-Identifier: BSD-2-Clause
/* Loading: what works, and each bad object with its words. */
#include <linux/btf.h>
#include <linux/types.h>

#include "framework.h"
#include "framework.skel.h"
#include "inner.h"
#include "stages.skel.h"

#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

BPF_TEST(load, skeleton_is_loaded)
{
	struct framework_bpf *skel = BPFUNIT_LOAD(framework_bpf);

	EXPECT_GE(bpf_program__fd(skel->progs.sum_and_reset), 0);
	EXPECT_GE(bpf_map__fd(skel->maps.drops), 0);
	EXPECT_EQ(skel->data->global, 5);
}

BPF_TEST(load, opened_skeleton_can_be_changed)
{
	struct framework_bpf *skel = BPFUNIT_OPEN(framework_bpf);

	EXPECT_LT(bpf_program__fd(skel->progs.sum_and_reset), 0);
	skel->data->global = 6;
	ASSERT_OK(bpf_map__set_max_entries(skel->maps.drops, 77));
	ASSERT_OK(framework_bpf__load(skel));
	EXPECT_EQ(skel->data->global, 6);
	EXPECT_EQ(bpf_map__max_entries(skel->maps.drops), 77);
}

BPF_TEST(load, file_is_loaded)
{
	struct bpf_object *object = BPFUNIT_LOAD_FILE(BPFUNIT_OBJECT_framework);

	EXPECT_STREQ(bpf_program__name(BPFUNIT_PROG(object, "tc_mark")), "tc_mark");
	EXPECT_STREQ(bpf_map__name(BPFUNIT_MAP(object, "flows")), "flows");
}

BPF_TEST(load, file_can_be_opened_first)
{
	struct bpf_object *object = BPFUNIT_OPEN_FILE(BPFUNIT_OBJECT_framework);

	EXPECT_LT(bpf_map__fd(BPFUNIT_MAP(object, "flows")), 0);
	EXPECT_OK(bpf_object__load(object));
}

FAILS(load, unknown_program_names_the_nearest,
      "no program 'tc_marc' in 'framework'; did you mean 'tc_mark'?")
{
	BPFUNIT_PROG(BPFUNIT_OPEN_FILE(BPFUNIT_OBJECT_framework), "tc_marc");
	FAIL("went on");
}

FAILS(load, unknown_map_names_the_nearest, "no map 'flow' in 'framework'; did you mean 'flows'?")
{
	BPFUNIT_MAP(BPFUNIT_OPEN_FILE(BPFUNIT_OBJECT_framework), "flow");
	FAIL("went on");
}

FAILS(load, warnings_that_libbpf_gets_over_are_not_shown,
      "EXPECT_RUN_XDP(skel->progs.first, ..., XDP_DROP) does not hold\n"
      "  returned: 3 (XDP_TX)\n"
      "  expected: 1 (XDP_DROP)")
{
	struct stages_bpf *skel = BPFUNIT_LOAD(stages_bpf);

	EXPECT_RUN_XDP(skel->progs.first, bpfunit_packet_raw("0123456789abcd", 14), XDP_DROP);
}

FAILS(load, missing_file, "cannot open '/nowhere/x.bpf.o': No such file or directory")
{
	BPFUNIT_LOAD_FILE("/nowhere/x.bpf.o");
	FAIL("went on");
}

FAILS(load, directory, "cannot open '/': not a regular file")
{
	BPFUNIT_LOAD_FILE("/");
}

/* Bad files: a copy of a good object, cut or patched. */

static char path[64];

static void remove_file(void *name)
{
	unlink(name);
	free(name);
}

/* `size` bytes of the object (0: all) with `len` bytes replaced at `at`, in `path`. */
static void bad_object(size_t size, size_t at, const void *bytes, size_t len)
{
	static char image[1 << 20];
	FILE *from = fopen(BPFUNIT_OBJECT_framework, "rb");
	size_t all = from ? fread(image, 1, sizeof(image), from) : 0;
	int fd;

	ASSERT_GT(all, sizeof(Elf64_Ehdr));
	ASSERT_LT(all, sizeof(image));
	fclose(from);
	memcpy(image + at, bytes, len);
	snprintf(path, sizeof(path), "/tmp/bad-object-XXXXXX");
	fd = mkstemp(path);
	ASSERT_GE(fd, 0);
	bpfunit_defer(remove_file, strdup(path));
	size = size ? size : all;
	ASSERT_EQ(write(fd, image, size), size);
	close(fd);
}

static void load_bad(void *self)
{
	(void)self;
	BPFUNIT_LOAD_FILE(path);
	FAIL("went on");
}

/* The one failure, without "cannot open 'PATH': ". */
static const char *reason(void)
{
	struct inner inner = inner_run(load_bad);
	const char *text = strstr(inner.text, "': ");

	EXPECT_EQ(inner.failures, 1);
	EXPECT_NOT_NULL(strstr(inner.text, path));
	return text ? text + 3 : inner.text;
}

BPF_TEST(load_bad, empty)
{
	snprintf(path, sizeof(path), "/dev/null");
	EXPECT_STREQ(reason(), "not a regular file");
	bad_object(1, 0, "", 0);
	ASSERT_OK(truncate(path, 0));
	EXPECT_STREQ(reason(), "the file is empty");
}

BPF_TEST(load_bad, pipe_without_writer, .timeout_s = 5)
{
	bad_object(1, 0, "", 0);
	ASSERT_OK(unlink(path));
	ASSERT_OK(mkfifo(path, 0600));
	EXPECT_STREQ(reason(), "not a regular file");
}

/* The first type's id of another: of none. */
BPF_TEST(load_bad, malformed_types)
{
	static char image[1 << 20];
	uint32_t nowhere = 0x7fffffff;
	struct btf_header *header = NULL;
	FILE *file = fopen(BPFUNIT_OBJECT_framework, "rb");
	size_t size, at;

	ASSERT_NOT_NULL(file);
	size = fread(image, 1, sizeof(image), file);
	fclose(file);
	for (at = 0; at + sizeof(*header) < size && !header; at += 4) {
		header = (struct btf_header *)(image + at);
		if (header->magic != BTF_MAGIC || header->version != 1 ||
		    header->hdr_len != sizeof(*header))
			header = NULL;
	}
	ASSERT_NOT_NULL(header);
	at = (char *)(header + 1) - image + header->type_off + offsetof(struct btf_type, type);
	bad_object(0, at, &nowhere, sizeof(nowhere));
	EXPECT_EQ(strncmp(reason(), "damaged: its type information (section ", 39), 0);
}

BPF_TEST(load_bad, unreadable)
{
	if (geteuid() == 0)
		BPFUNIT_SKIP("root can read all files");
	bad_object(0, 0, "", 0);
	ASSERT_OK(chmod(path, 0));
	EXPECT_STREQ(reason(), "Permission denied");
}

BPF_TEST(load_bad, not_elf)
{
	bad_object(100, 0, "#!/bin/sh\n", 10);
	EXPECT_STREQ(reason(), "not an ELF file (100 bytes)");
	bad_object(2, 0, "", 0);
	EXPECT_STREQ(reason(), "not an ELF file (2 bytes)");
}

BPF_TEST(load_bad, truncated_in_the_header)
{
	bad_object(40, 0, "", 0);
	EXPECT_STREQ(reason(), "truncated: it ends at byte 40, within the ELF header");
}

BPF_TEST(load_bad, truncated_behind_the_header)
{
	bad_object(3000, 0, "", 0);
	EXPECT_EQ(strncmp(reason(),
			  "truncated: it ends at byte 3000, the section table reaches to ", 61),
		  0);
}

BPF_TEST(load_bad, section_beyond_the_end)
{
	uint64_t far = 1ULL << 40;
	Elf64_Ehdr header;
	FILE *file = fopen(BPFUNIT_OBJECT_framework, "rb");

	ASSERT_NOT_NULL(file);
	EXPECT_EQ(fread(&header, sizeof(header), 1, file), 1);
	fclose(file);
	bad_object(0, header.e_shoff + 3 * sizeof(Elf64_Shdr) + offsetof(Elf64_Shdr, sh_offset),
		   &far, sizeof(far));
	EXPECT_NOT_NULL(strstr(reason(), ", section 3 reaches to "));
}

BPF_TEST(load_bad, no_sections)
{
	bad_object(0, offsetof(Elf64_Ehdr, e_shnum), "\0", 2);
	EXPECT_STREQ(reason(), "an ELF file without sections");
}

BPF_TEST(load_bad, other_byte_order)
{
	bad_object(0, EI_DATA, __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? "\2" : "\1", 1);
	EXPECT_NOT_NULL(strstr(reason(), "wrong byte order: a "));
	EXPECT_NOT_NULL(strstr(reason(), "-endian machine (compile with clang -target bpf)"));
}

BPF_TEST(load_bad, thirty_two_bits)
{
	bad_object(0, EI_CLASS, "\1", 1);
	EXPECT_STREQ(reason(), "a 32-bit ELF file; BPF objects are 64-bit");
}

BPF_TEST(load_bad, another_machine)
{
	Elf64_Half machine = EM_X86_64;

	bad_object(0, offsetof(Elf64_Ehdr, e_machine), &machine, sizeof(machine));
	EXPECT_STREQ(
		reason(),
		"an ELF file for another machine (62), not BPF (compile with clang -target bpf)");
}

FAILS(load_bad, no_programs,
      "'" BPFUNIT_OBJECT_no_programs "' has no programs: no function in it is in a SEC(\"...\")")
{
	BPFUNIT_LOAD_FILE(BPFUNIT_OBJECT_no_programs);
	FAIL("went on");
}

/* What libbpf and the kernel say. */

static void load_too_large(void *self)
{
	struct framework_bpf *skel = BPFUNIT_OPEN(framework_bpf);

	(void)self;
	bpf_map__set_map_flags(skel->maps.ring, 1U << 30);
	bpfunit_loaded(BPFUNIT_HERE, "framework_bpf", framework_bpf__load(skel));
	FAIL("went on");
}

BPF_TEST(load, refusal_shows_what_libbpf_said)
{
	struct inner inner = inner_run(load_too_large);

	EXPECT_EQ(inner.failures, 1);
	EXPECT_NOT_NULL(strstr(inner.text, "cannot load 'framework_bpf': Invalid argument\n"
					   "libbpf said:\n  libbpf: "));
	EXPECT_NOT_NULL(strstr(inner.text, "map 'ring'"));
}

static void load_without_room(void *self)
{
	struct framework_bpf *skel = BPFUNIT_OPEN(framework_bpf);

	bpf_map__set_max_entries(skel->maps.ring, 1U << 30);
	bpfunit_loaded(BPFUNIT_HERE, "framework_bpf", framework_bpf__load(skel));
}

BPF_TEST(load, says_which_map_has_no_room)
{
	struct inner inner = inner_run(load_without_room);

	EXPECT_NOT_NULL(
		strstr(inner.text, "cannot load 'framework_bpf': Cannot allocate memory\n"));
	EXPECT_NOT_NULL(strstr(inner.text,
			       "\nnote: map 'ring' of 1073741824 elements has no room in the "
			       "emulated kernel's memory (ENOMEM); "));
}

static void fail_twice_after_a_warning(void *self)
{
	(void)self;
	EXPECT_NULL(bpf_object__open_mem("x", 1, NULL));
	EXPECT_OK(-1);
	EXPECT_NOT_NULL(strstr(bpfunit_libbpf_log(), "libbpf: "));
	EXPECT_TRUE(false);
}

BPF_TEST(load, warnings_of_libbpf_are_shown_once)
{
	struct inner inner = inner_run(fail_twice_after_a_warning);
	const char *said = strstr(inner.text, "libbpf said:");

	EXPECT_EQ(inner.failures, 2);
	ASSERT_NOT_NULL(said);
	EXPECT_NULL(strstr(said + 1, "libbpf said:"));
}

BPF_TEST(load, log_is_empty_at_first)
{
	EXPECT_STREQ(bpfunit_libbpf_log(), "");
}
