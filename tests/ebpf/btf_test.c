// SPDX-License-Identifier: BSD-2-Clause
/* The kernel's BTF as made of the opened objects: CO-RE, attach targets, names of functions and
 * lines. */
#include "ebpf/btf/btf.h"
#include "ebpf/btf/elf_scan.h"
#include "ebpf/kernel.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpfunit/bpfunit.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core.skel.h"
#include "core_other.skel.h"

static int run(const struct bpf_program *prog, __u64 argument)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = &argument, .ctx_size_in = sizeof(argument));

	ASSERT_OK(bpf_prog_test_run_opts(bpf_program__fd(prog), &opts));
	return opts.retval;
}

static const struct bu_prog *prog_of(const struct bpf_program *prog)
{
	int err;

	return bu_container_of(
		bu_fd_object(bu_kernel(), bpf_program__fd(prog), BU_OBJECT_PROG, &err),
		struct bu_prog, object);
}

BPF_TEST(core, questions_are_answered_from_the_object)
{
	struct core_bpf *skel = BPFUNIT_LOAD(core_bpf);

	run(skel->progs.ask, 0);
	EXPECT_EQ(skel->data->answers.exists, 1);
	EXPECT_EQ(skel->data->answers.ancient, 0);
	EXPECT_EQ(skel->data->answers.missing_struct, 0);
	EXPECT_EQ(skel->data->answers.size, 24);
	EXPECT_EQ(skel->data->answers.offset_of_second, 8);
	EXPECT_EQ(skel->data->answers.phase, 42);
}

BPF_TEST(core, fields_are_read)
{
	struct core_bpf *skel = BPFUNIT_LOAD(core_bpf);
	void *task = BPFUNIT_KOBJ("task_struct"), *inner = BPFUNIT_KOBJ("inner");

	KOBJ_SET(task, "pid", 77);
	KOBJ_SET(task, "inner", (uintptr_t)inner);
	KOBJ_SET(task, "wide", 21);
	KOBJ_SET(inner, "second", 99);
	run(skel->progs.read_task, (uintptr_t)task);
	EXPECT_EQ(skel->bss->pid, 77);
	EXPECT_EQ(skel->bss->second, 99);
	EXPECT_EQ(skel->bss->wide, 21);
}

BPF_TEST(core, a_missing_field_is_a_trap_only_when_reached)
{
	struct core_bpf *skel = BPFUNIT_LOAD(core_bpf);
	__u64 argument = 0;

	EXPECT_FAULT(BPFUNIT_FAULT_BAD_INSTRUCTION,
		     BPFUNIT_RUN(skel->progs.read_the_unknown, &argument));
}

/* Two objects know different fields of a struct: the kernel's has all of them, whoever is loaded
 * when. */
BPF_TEST(core, objects_share_a_struct)
{
	struct core_bpf *skel = BPFUNIT_OPEN(core_bpf);
	struct core_other_bpf *other = BPFUNIT_OPEN(core_other_bpf);
	void *task;

	ASSERT_OK(core_bpf__load(skel));
	ASSERT_OK(core_other_bpf__load(other));
	task = BPFUNIT_KOBJ("task_struct");
	KOBJ_SET(task, "pid", 7);
	KOBJ_SET(task, "padding[3]", 33);
	KOBJ_SET(task, "flags.low", 5);
	run(skel->progs.ask, 0);
	EXPECT_EQ(skel->data->answers.exists, 1);
	EXPECT_EQ(skel->data->answers.ancient, 0);
	EXPECT_EQ(skel->data->answers.phase, 42);
	run(skel->progs.read_task, (uintptr_t)task);
	EXPECT_EQ(skel->bss->pid, 7);
	run(other->progs.ask, (uintptr_t)task);
	EXPECT_EQ(other->data->offset, 0);
	EXPECT_EQ(other->data->pid, 7);
	EXPECT_EQ(other->data->padding, 33);
	EXPECT_EQ(other->data->low, 5);
	EXPECT_EQ(other->data->named, 6);
	EXPECT_EQ(other->data->phase, 43);
}

BPF_TEST(core, a_struct_keeps_its_fields_when_objects_come)
{
	struct core_other_bpf *other = BPFUNIT_LOAD(core_other_bpf);
	struct core_bpf *skel;
	void *task = BPFUNIT_KOBJ("task_struct");

	KOBJ_SET(task, "padding[3]", 33);
	KOBJ_SET(task, "pid", 8);
	skel = BPFUNIT_LOAD(core_bpf);
	run(other->progs.ask, (uintptr_t)task);
	EXPECT_EQ(other->data->offset, 32);
	EXPECT_EQ(other->data->padding, 33);
	run(skel->progs.read_task, (uintptr_t)BPFUNIT_KOBJ("task_struct"));
	EXPECT_EQ(skel->bss->pid, 0);
	task = BPFUNIT_KOBJ("task_struct");
	KOBJ_SET(task, "pid", 9);
	KOBJ_SET(task, "wide", 17);
	run(skel->progs.read_task, (uintptr_t)task);
	EXPECT_EQ(skel->bss->pid, 9);
	EXPECT_EQ(skel->bss->wide, 17);
}

BPF_TEST(kernel_btf, has_attach_targets)
{
	struct core_bpf *skel = BPFUNIT_LOAD(core_bpf);
	struct btf *btf = btf__load_vmlinux_btf();

	ASSERT_NOT_NULL(skel);
	ASSERT_NOT_NULL(btf);
	EXPECT_GT(btf__find_by_name_kind(btf, "btf_trace_sched_process_fork", BTF_KIND_TYPEDEF), 0);
	EXPECT_GT(btf__find_by_name_kind(btf, "do_unlinkat", BTF_KIND_FUNC), 0);
	EXPECT_GT(btf__find_by_name_kind(btf, "bpf_lsm_file_open", BTF_KIND_FUNC), 0);
	EXPECT_GT(btf__find_by_name_kind(btf, "task_struct", BTF_KIND_STRUCT), 0);
	EXPECT_LT(btf__find_by_name_kind(btf, "task_struct___old", BTF_KIND_STRUCT), 0);
	EXPECT_LT(btf__find_by_name_kind(btf, "no_such_struct___flavor", BTF_KIND_STRUCT), 0);
	btf__free(btf);
}

BPF_TEST(kernel_btf, names_what_programs_attach_to)
{
	struct core_bpf *skel = BPFUNIT_LOAD(core_bpf);
	const struct bu_btf *btf = bu_vmlinux_btf(bu_kernel());
	const struct btf_type *type = bu_btf_type(btf, prog_of(skel->progs.on_open)->attach_btf_id);

	ASSERT_NOT_NULL(type);
	EXPECT_STREQ(bu_btf_string(btf, type->name_off), "bpf_lsm_file_open");
}

/* A target may be looked up at one time and used at another, when more objects have been opened. */
BPF_TEST(kernel_btf, ids_stay)
{
	struct core_bpf *skel = BPFUNIT_OPEN(core_bpf);
	struct core_other_bpf *other;
	__u32 before, after;

	ASSERT_NOT_NULL(skel);
	before = libbpf_find_vmlinux_btf_id("do_unlinkat", BPF_TRACE_FENTRY);
	other = BPFUNIT_OPEN(core_other_bpf);
	ASSERT_NOT_NULL(other);
	after = libbpf_find_vmlinux_btf_id("do_unlinkat", BPF_TRACE_FENTRY);
	EXPECT_GT((int)before, 0);
	EXPECT_EQ(before, after);
}

BPF_TEST(kernel_btf, is_an_object)
{
	struct core_bpf *skel = BPFUNIT_LOAD(core_bpf);
	char name[16] = "";
	struct bpf_btf_info info = { .name = (__u64)name, .name_len = sizeof(name) };
	__u32 len = sizeof(info), id = 0;
	int fd = -1, found = 0;

	ASSERT_NOT_NULL(skel);
	while (!bpf_btf_get_next_id(id, &id)) {
		info = (struct bpf_btf_info){ .name = (__u64)name, .name_len = sizeof(name) };
		fd = bpf_btf_get_fd_by_id(id);
		ASSERT_OK(bpf_obj_get_info_by_fd(fd, &info, &len));
		found += info.kernel_btf && !strcmp(name, "vmlinux");
		close(fd);
	}
	EXPECT_EQ(found, 1);
}

BPF_TEST(kernel_btf, exists_without_objects)
{
	struct btf *btf = btf__load_vmlinux_btf();

	ASSERT_NOT_NULL(btf);
	EXPECT_GT(btf__find_by_name(btf, "int"), 0);
	btf__free(btf);
}

BPF_TEST(program_info, functions_and_lines_are_named)
{
	struct core_bpf *skel = BPFUNIT_LOAD(core_bpf);
	const struct bu_prog *prog = prog_of(skel->progs.two_functions);
	const struct bu_line *line;

	ASSERT_EQ(prog->nr_funcs, 2);
	EXPECT_STREQ(prog->funcs[0].name, "two_functions");
	EXPECT_STREQ(prog->funcs[1].name, "twice");
	EXPECT_EQ(bu_prog_func(prog, prog->funcs[1].start), &prog->funcs[1]);
	EXPECT_EQ(bu_prog_func(prog, prog->funcs[1].start - 1), &prog->funcs[0]);
	line = bu_prog_line(prog, prog->nr_insns - 1);
	ASSERT_NOT_NULL(line);
	EXPECT_NOT_NULL(strstr(line->file, "core.bpf.c"));
	EXPECT_NOT_NULL(strstr(line->text, "return y * 2"));
	EXPECT_EQ(run(skel->progs.two_functions, 5), 12);
}

/* Objects that come from files, and damaged ones */

static void *read_object(size_t *size)
{
	struct core_bpf *skel = BPFUNIT_OPEN(core_bpf);
	void *copy;

	*size = skel->skeleton->data_sz;
	copy = malloc(*size);
	ASSERT_NOT_NULL(copy);
	memcpy(copy, skel->skeleton->data, *size);
	return copy;
}

BPF_TEST(object_file, is_noted_when_it_is_opened)
{
	struct bpf_object *object = BPFUNIT_LOAD_FILE(BPFUNIT_OBJECT_core);
	struct btf *btf = btf__load_vmlinux_btf();

	ASSERT_NOT_NULL(object);
	ASSERT_NOT_NULL(btf);
	EXPECT_GT(btf__find_by_name_kind(btf, "task_struct", BTF_KIND_STRUCT), 0);
	btf__free(btf);
}

/* Any byte of an image may be wrong: no read outside it (ASan watches), no crash. */
BPF_TEST(object_file, damaged_images_are_harmless, .timeout_s = 60)
{
	size_t size;
	char *image = read_object(&size);
	unsigned int random = 1;

	for (int i = 0; i < 3000; i++) {
		char *damaged = malloc(size);
		size_t length = i % 3 ? size : (random = random * 1103515245 + 12345) % size;

		memcpy(damaged, image, size);
		for (int n = 0; n < 1 + i % 8; n++) {
			random = random * 1103515245 + 12345;
			/* every other time in the ELF header or the table of sections at the end */
			damaged[i % 2   ? random % size
				: n % 2 ? random % 64
					: size - 1 - random % 1024] = random >> 16;
		}
		damaged = realloc(damaged, length ? length : 1);
		bu_vmlinux_note_object(damaged, length);
		free(damaged);
		if (i % 100 == 0)
			EXPECT_NOT_NULL(bu_vmlinux_btf(bu_kernel()));
	}
	EXPECT_NOT_NULL(bu_vmlinux_btf(bu_kernel()));
	free(image);
}

BPF_TEST(object_file, damaged_btf_is_refused_or_sound, .timeout_s = 60)
{
	struct bu_kernel *kernel = bu_kernel();
	struct bu_elf_section section;
	struct bu_elf elf;
	size_t size;
	char *image = read_object(&size);
	unsigned int random = 7;
	int accepted = 0;

	ASSERT_TRUE(bu_elf_open(&elf, image, size));
	for (u32 i = 0; bu_elf_section(&elf, i, &section) && strcmp(section.name, ".BTF"); i++)
		;
	ASSERT_STREQ(section.name, ".BTF");
	for (int i = 0; i < 5000; i++) {
		u8 *damaged = malloc(section.size);
		struct bu_btf *btf;
		int err;

		memcpy(damaged, section.data, section.size);
		for (int n = 0; n <= i % 4; n++) {
			random = random * 1103515245 + 12345;
			damaged[random % section.size] = random >> 16;
		}
		btf = bu_btf_create(kernel, damaged, section.size, &err);
		for (u32 id = 0; btf && id < btf->nr_types; id++) {
			bu_btf_size_of(btf, id);
			bu_btf_skip_modifiers(btf, id);
		}
		accepted += btf != NULL;
		if (btf)
			bu_object_put(&btf->object);
		free(damaged);
	}
	EXPECT_GT(accepted, 0);
	EXPECT_LT(accepted, 5000);
	free(image);
}
