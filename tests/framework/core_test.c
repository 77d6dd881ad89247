// SPDX-License-Identifier: BSD-2-Clause
/* One object against several kernels' types, chosen by the test: values are read where each kernel
 * has them. */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpfunit/bpfunit.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ebpf/kernel.h"
#include "inner.h"
#include "layouts.skel.h"

/* A task as the kernel of this test has it; what programs read of it. */
static struct layouts_bpf *read_task(const char *field, uint64_t state)
{
	struct layouts_bpf *skel = BPFUNIT_LOAD(layouts_bpf);
	void *task = BPFUNIT_KOBJ("task_struct");

	KOBJ_SET(task, "pid", 42);
	KOBJ_SET(task, "group_leader.pid", 41);
	KOBJ_SET(task, "policy", 5);
	KOBJ_SET(task, field, state);
	BPFUNIT_RUN_ARGS(skel->progs.read, (uintptr_t)task);
	EXPECT_EQ(skel->bss->pid, 42);
	EXPECT_EQ(skel->bss->leader_pid, 41);
	EXPECT_EQ(skel->bss->policy, 5);
	EXPECT_EQ(skel->bss->state, state);
	return skel;
}

BPF_TEST(layouts, as_compiled)
{
	struct layouts_bpf *skel = read_task("state", 0x80000001);

	EXPECT_EQ(skel->bss->has_state, 1);
	EXPECT_EQ(skel->bss->phase, 2);
	if (skel->rodata->has_enum64)
		EXPECT_EQ(skel->bss->wide, 0x100000001);
	EXPECT_EQ(skel->bss->old_size, 4);
}

BPF_TEST(layouts, moved, .btf = BPFUNIT_BTF_moved)
{
	struct layouts_bpf *skel = read_task("state", 0x80000001);

	EXPECT_EQ(skel->bss->has_state, 1);
	EXPECT_EQ(skel->bss->phase, 20);
	if (skel->rodata->has_enum64)
		EXPECT_EQ(skel->bss->wide, 0x200000002);
	EXPECT_EQ(skel->bss->old_size, 12);
}

BPF_TEST(layouts, resized, .btf = BPFUNIT_BTF_resized)
{
	struct layouts_bpf *skel = read_task("state", 0x123456789abcdef);

	EXPECT_EQ(skel->bss->has_state, 1);
	EXPECT_EQ(skel->bss->phase, 200);
	if (skel->rodata->has_enum64)
		EXPECT_EQ(skel->bss->wide, 3);
	EXPECT_EQ(skel->bss->has_old, 0);
}

BPF_TEST(layouts, without, .btf = BPFUNIT_BTF_without)
{
	struct layouts_bpf *skel = read_task("__state", 0x80000001);

	EXPECT_EQ(skel->bss->has_state, 0);
	EXPECT_EQ(skel->bss->has_phase_two, 0);
	EXPECT_EQ(skel->bss->phase, 0);
	EXPECT_EQ(skel->bss->has_old, 0);
}

/* The report */

static const struct bpfunit_core_relo *find_relo(const struct bpf_program *prog,
						 enum bpfunit_core_kind kind, const char *access)
{
	const struct bpfunit_core_relo *relos;
	size_t count = bpfunit_core_relos(prog, &relos);

	for (size_t i = 0; i < count; i++) {
		if (relos[i].kind == kind && !strcmp(relos[i].access, access))
			return &relos[i];
	}
	FAIL("no relocation of %s in:\n%s", access, bpfunit_core_report(prog, true));
	return NULL;
}

/* A relocation with these values. */
#define EXPECT_RELO(prog, kind_, access_, state_, compiled_, relocated_)                           \
	do {                                                                                       \
		const struct bpfunit_core_relo *relo_ = find_relo(prog, kind_, access_);           \
		EXPECT_EQ(relo_->state, state_);                                                   \
		EXPECT_EQ(relo_->compiled, compiled_);                                             \
		EXPECT_EQ(relo_->relocated, relocated_);                                           \
	} while (0)

BPF_TEST(core_report, unchanged_without_a_choice)
{
	struct layouts_bpf *skel = BPFUNIT_LOAD(layouts_bpf);
	const struct bpfunit_core_relo *relos;
	size_t count = bpfunit_core_relos(skel->progs.careless, &relos);

	ASSERT_EQ(count, 1);
	EXPECT_EQ(relos[0].state, BPFUNIT_CORE_UNCHANGED);
	EXPECT_EQ(relos[0].kind, BPFUNIT_CORE_BYTE_OFF);
	EXPECT_STREQ(relos[0].kind_name, "byte_off");
	EXPECT_STREQ(relos[0].access, "task_struct.state");
	EXPECT_STREQ(relos[0].program, "careless");
	EXPECT_STREQ(relos[0].function, "careless");
	EXPECT_NOT_NULL(strstr(relos[0].file, "layouts.bpf.c"));
	EXPECT_STRNE(relos[0].source, "");
	EXPECT_GT(relos[0].line, 60);
	EXPECT_EQ(relos[0].compiled, 4);
	EXPECT_EQ(relos[0].relocated, 4);
	EXPECT_STREQ(relos[0].missing, "");
}

BPF_TEST(core_report, changed_values, .btf = BPFUNIT_BTF_moved)
{
	struct layouts_bpf *skel = BPFUNIT_LOAD(layouts_bpf);
	const struct bpf_program *read = skel->progs.read;

	EXPECT_RELO(read, BPFUNIT_CORE_BYTE_OFF, "task_struct.pid", BPFUNIT_CORE_CHANGED, 0, 100);
	EXPECT_RELO(read, BPFUNIT_CORE_BYTE_OFF, "task_struct.group_leader", BPFUNIT_CORE_CHANGED,
		    16, 80);
	EXPECT_RELO(read, BPFUNIT_CORE_FIELD_EXISTS, "task_struct.state", BPFUNIT_CORE_UNCHANGED, 1,
		    1);
	EXPECT_RELO(read, BPFUNIT_CORE_ENUMVAL_VALUE, "enum phase.PHASE_TWO", BPFUNIT_CORE_CHANGED,
		    2, 20);
	if (skel->rodata->has_enum64)
		EXPECT_RELO(read, BPFUNIT_CORE_ENUMVAL_VALUE, "enum wide_phase.WIDE_ONE",
			    BPFUNIT_CORE_CHANGED, 0x100000001, 0x200000002);
	EXPECT_RELO(read, BPFUNIT_CORE_TYPE_SIZE, "struct only_old", BPFUNIT_CORE_CHANGED, 4, 12);
	EXPECT_RELO(read, BPFUNIT_CORE_TYPE_EXISTS, "struct only_old", BPFUNIT_CORE_UNCHANGED, 1,
		    1);
}

BPF_TEST(core_report, sizes_of_direct_reads, .btf = BPFUNIT_BTF_resized)
{
	struct layouts_bpf *skel = BPFUNIT_OPEN(layouts_bpf);
	const struct bpfunit_core_relo *relo;

	bpf_program__set_autoload(skel->progs.on_wake_up, true);
	ASSERT_OK(layouts_bpf__load(skel));
	relo = find_relo(skel->progs.on_wake_up, BPFUNIT_CORE_BYTE_OFF, "task_struct.state");
	EXPECT_EQ(relo->state, BPFUNIT_CORE_CHANGED);
	EXPECT_EQ(relo->compiled, 4);
	EXPECT_EQ(relo->relocated, 16);
	EXPECT_EQ(relo->compiled_size, 4);
	EXPECT_EQ(relo->relocated_size, 8);
	EXPECT_NOT_NULL(strstr(bpfunit_core_report(skel->progs.on_wake_up, false),
			       "task_struct.state (byte_off) 4 -> 16, 4 bytes -> 8"));
}

BPF_TEST(core_report, what_is_missing, .btf = BPFUNIT_BTF_without)
{
	struct layouts_bpf *skel = BPFUNIT_LOAD(layouts_bpf);
	const struct bpfunit_core_relo *relo;

	relo = find_relo(skel->progs.careless, BPFUNIT_CORE_BYTE_OFF, "task_struct.state");
	EXPECT_EQ(relo->state, BPFUNIT_CORE_POISONED);
	EXPECT_EQ(relo->relocated, 0);
	EXPECT_STREQ(relo->missing, "struct task_struct has no field 'state' in BTF "
				    "'" BPFUNIT_BTF_without "'");
	relo = find_relo(skel->progs.careless_enum, BPFUNIT_CORE_ENUMVAL_VALUE,
			 "enum phase.PHASE_TWO");
	EXPECT_STREQ(relo->missing, "enum phase has no enumerator 'PHASE_TWO' in BTF "
				    "'" BPFUNIT_BTF_without "'");
	relo = find_relo(skel->progs.careless_type, BPFUNIT_CORE_BYTE_OFF, "only_old.x");
	EXPECT_STREQ(relo->missing,
		     "struct only_old does not exist in BTF '" BPFUNIT_BTF_without "'");
}

BPF_TEST(core_report, of_all_programs_and_as_text, .btf = BPFUNIT_BTF_without)
{
	struct layouts_bpf *skel;
	const char *text;
	size_t of_one;

	EXPECT_EQ(bpfunit_core_relos(NULL, NULL), 0);
	EXPECT_STREQ(bpfunit_core_report(NULL, true), "");
	skel = BPFUNIT_LOAD(layouts_bpf);
	of_one = bpfunit_core_relos(skel->progs.read, NULL);
	EXPECT_EQ(bpfunit_core_relos(NULL, NULL), of_one + 3);
	text = bpfunit_core_report(NULL, false);
	EXPECT_NOT_NULL(
		strstr(text, "CO-RE: program 'read' against BTF '" BPFUNIT_BTF_without "': "));
	EXPECT_NOT_NULL(strstr(text, "changed: task_struct.pid (byte_off) 0 -> 4"));
	EXPECT_NOT_NULL(strstr(text, "poisoned: only_old.x (byte_off): struct only_old does not"));
	EXPECT_NULL(strstr(text, "  unchanged:"));
	EXPECT_NOT_NULL(strstr(bpfunit_core_report(NULL, true), "  unchanged:"));
}

BPF_TEST(core_report, a_fault_names_what_is_missing, .btf = BPFUNIT_BTF_without)
{
	struct layouts_bpf *skel = BPFUNIT_LOAD(layouts_bpf);

	EXPECT_FAULT(BPFUNIT_FAULT_BAD_INSTRUCTION, BPFUNIT_RUN_ARGS(skel->progs.careless, 0));
	EXPECT_NOT_NULL(strstr(bpfunit_fault_report(),
			       "CO-RE: struct task_struct has no field 'state' in BTF '"));
	EXPECT_FAULT(BPFUNIT_FAULT_BAD_INSTRUCTION, BPFUNIT_RUN_ARGS(skel->progs.careless_enum, 0));
	EXPECT_NOT_NULL(strstr(bpfunit_fault()->hint, "enum phase has no enumerator 'PHASE_TWO'"));
}

/* Attach targets come from the file as well. */

BPF_TEST(kernel_choice, attach_targets_of_the_file, .btf = BPFUNIT_BTF_moved)
{
	struct layouts_bpf *skel = BPFUNIT_OPEN(layouts_bpf);
	void *task;

	bpf_program__set_autoload(skel->progs.on_wake_up, true);
	bpf_program__set_autoload(skel->progs.on_wakeup, true);
	ASSERT_OK(layouts_bpf__load(skel));
	task = BPFUNIT_KOBJ("task_struct");
	KOBJ_SET(task, "pid", 7);
	KOBJ_SET(task, "group_leader.pid", 6);
	BPFUNIT_RUN_ARGS(skel->progs.on_wake_up, (uintptr_t)task);
	BPFUNIT_RUN_ARGS(skel->progs.on_wakeup, (uintptr_t)task);
	EXPECT_EQ(skel->bss->pid, 7);
	EXPECT_EQ(skel->bss->leader_pid, 6);
}

BPF_TEST(kernel_choice, a_missing_attach_target, .btf = BPFUNIT_BTF_without)
{
	struct layouts_bpf *skel = BPFUNIT_OPEN(layouts_bpf);

	bpf_program__set_autoload(skel->progs.on_wake_up, true);
	EXPECT_ERR(layouts_bpf__load(skel), ESRCH);
	EXPECT_NOT_NULL(strstr(bpfunit_libbpf_log(), "wake_up"));
}

BPF_TEST(kernel_choice, a_kernel_without_btf, .btf = "none")
{
	struct layouts_bpf *skel = BPFUNIT_OPEN(layouts_bpf);
	__u32 id = 0;

	EXPECT_NULL(btf__load_vmlinux_btf());
	EXPECT_ERR(layouts_bpf__load(skel), ESRCH);
	EXPECT_ERR(bpf_btf_get_next_id(0, &id), ENOENT);
	EXPECT_ERR(access("/sys/kernel/btf/vmlinux", R_OK), ENOENT);
	EXPECT_ERR(bpf_btf_get_fd_by_id(1), ENOENT);
}

BPF_TEST(kernel_choice, the_id_is_1_and_the_file_the_same)
{
	char name[16] = "";
	struct bpf_btf_info info = { .name = (uintptr_t)name, .name_len = sizeof(name) };
	__u32 len = sizeof(info), id = 0;
	struct btf *btf;
	int fd;

	BPFUNIT_BTF_USE(BPFUNIT_BTF_moved);
	ASSERT_OK(bpf_btf_get_next_id(0, &id));
	EXPECT_EQ(id, 1);
	EXPECT_ERR(bpf_btf_get_next_id(1, &id), ENOENT);
	fd = bpf_btf_get_fd_by_id(1);
	ASSERT_OK(bpf_obj_get_info_by_fd(fd, &info, &len));
	EXPECT_EQ(info.id, 1);
	EXPECT_EQ(info.kernel_btf, 1);
	EXPECT_STREQ(name, "vmlinux");
	btf = btf__load_vmlinux_btf();
	ASSERT_NOT_NULL(btf);
	EXPECT_GT(btf__find_by_name_kind(btf, "wake_up", BTF_KIND_FUNC), 0);
	btf__free(btf);
	close(fd);
}

/* Several in one test: what was made of the types before is not used with those after. */
BPF_TEST(kernel_choice, another_one_later)
{
	const char *const choices[] = { "objects", BPFUNIT_BTF_moved, BPFUNIT_BTF_resized, NULL };
	const int offsets[] = { 0, 100, 0, 0 };

	for (int i = 0; i < 4; i++) {
		struct layouts_bpf *skel;

		BPFUNIT_BTF_USE(choices[i]);
		skel = BPFUNIT_LOAD(layouts_bpf);
		EXPECT_EQ(find_relo(skel->progs.read, BPFUNIT_CORE_BYTE_OFF, "task_struct.pid")
				  ->relocated,
			  offsets[i]);
		bpfunit_set_pid(100 + i);
		EXPECT_EQ(KOBJ_GET(bpfunit_current_task(), "pid"), 100 + i);
	}
}

BPF_TEST(kernel_choice, programs_hold_on_to_it, .btf = BPFUNIT_BTF_moved)
{
	struct layouts_bpf *skel = BPFUNIT_OPEN(layouts_bpf);
	char why[256];

	bpf_program__set_autoload(skel->progs.on_wake_up, true);
	ASSERT_OK(layouts_bpf__load(skel));
	EXPECT_EQ(bu_vmlinux_choose(bu_kernel(), "objects", why, sizeof(why)), -EBUSY);
	EXPECT_NOT_NULL(strstr(why, "choose 'objects' before loading"));
}

BPF_TEST(kernel_choice, by_the_environment)
{
	setenv("BPFUNIT_BTF", BPFUNIT_BTF_moved, 1);
	BPFUNIT_BTF_USE(NULL);
	EXPECT_EQ(BPFUNIT_LOAD(layouts_bpf)->bss->pid, 0);
	setenv("BPFUNIT_BTF", "none", 1);
	BPFUNIT_BTF_USE(NULL);
	EXPECT_ERR(access("/sys/kernel/btf/vmlinux", R_OK), ENOENT);
	setenv("BPFUNIT_BTF", "", 1);
	BPFUNIT_BTF_USE(NULL);
	EXPECT_OK(access("/sys/kernel/btf/vmlinux", R_OK));
	unsetenv("BPFUNIT_BTF");
}

/* Without the framework's tests (bpfunit exec), no one is told at once. */
BPF_TEST(kernel_choice, a_bad_environment_is_noted)
{
	setenv("BPFUNIT_BTF", "/nowhere", 1);
	bu_kernel_reset();
	EXPECT_NULL(bu_vmlinux_btf(bu_kernel()));
	ASSERT_NOT_NULL(bu_kernel()->notes);
	EXPECT_STREQ(bu_kernel()->notes->text,
		     "cannot use '/nowhere' as the kernel's BTF: No such file or directory");
	unsetenv("BPFUNIT_BTF");
}

/* A path of the tree is found beside the test's source. */
BPF_TEST(kernel_choice, a_relative_path, .btf = "data/thing.btf")
{
	EXPECT_OK(access("/sys/kernel/btf/vmlinux", R_OK));
	EXPECT_EQ(KOBJ_GET(BPFUNIT_KOBJ("thing"), "x"), 0);
}

BPF_TEST(kernel_choice, of_the_host)
{
	struct layouts_bpf *skel;
	void *task;

	if (syscall(SYS_faccessat, AT_FDCWD, "/sys/kernel/btf/vmlinux", R_OK))
		BPFUNIT_SKIP("this machine's kernel has no BTF");
	BPFUNIT_BTF_USE("host");
	skel = BPFUNIT_LOAD(layouts_bpf);
	task = BPFUNIT_KOBJ("task_struct");
	KOBJ_SET(task, "group_leader.pid", 3);
	KOBJ_SET(task, "pid", 4);
	BPFUNIT_RUN_ARGS(skel->progs.read, (uintptr_t)task);
	EXPECT_EQ(skel->bss->pid, 4);
	EXPECT_EQ(skel->bss->leader_pid, 3);
	EXPECT_EQ(skel->bss->has_old, 0);
	bpfunit_set_comm("hosted");
	EXPECT_EQ(KOBJ_GET(bpfunit_current_task(), "comm[0]"), 'h');
}

/* Files that cannot be used */

static const char *bad_path;

static void use_bad(void *self)
{
	BPFUNIT_BTF_USE(bad_path);
}

static void expect_refused(const char *path, const char *why)
{
	char text[512];
	struct inner inner;

	bad_path = path;
	inner = inner_run(use_bad);
	snprintf(text, sizeof(text), "cannot use '%s' as the kernel's BTF: %s", path, why);
	EXPECT_EQ(inner.status, BPFUNIT_FAILED);
	EXPECT_STREQ(inner.text, text);
}

static void remove_file(void *path)
{
	unlink(path);
	free(path);
}

/* A file with these bytes, for the length of the test. */
static const char *file_of(const void *data, size_t size)
{
	char *path = strdup("/tmp/bpfunit-btf-XXXXXX");
	int fd = mkstemp(path);

	ASSERT_OK(fd);
	bpfunit_defer(remove_file, path);
	ASSERT_EQ(write(fd, data, size), size);
	close(fd);
	return path;
}

#define BAD_TEXT(bytes, why) expect_refused(file_of(bytes, sizeof(bytes) - 1), why)

BPF_TEST(kernel_bad, not_a_file)
{
	expect_refused("/nowhere", "No such file or directory");
	expect_refused("/tmp", "it is no regular file");
	expect_refused("/dev/null", "it is no regular file");
	BAD_TEXT("", "it is empty");
}

BPF_TEST(kernel_bad, something_else)
{
	BAD_TEXT("hello", "it is neither raw BTF nor ELF");
	BAD_TEXT("\x1f\x8b\x08 and so on", "it is compressed: gunzip it first");
	BAD_TEXT("\xfd"
		 "7zXZ and so on",
		 "it is compressed: unxz it first");
	BAD_TEXT("\x28\xb5\x2f\xfd and so on", "it is compressed: unzstd it first");
	BAD_TEXT("\xeb\x9f\x01 and so on", "it is of the other byte order");
	BAD_TEXT("#ifndef __VMLINUX_H__",
		 "it is C source: compile it (clang -g -target bpf -c), or see bpfunit_btf() of "
		 "bpfunit's CMake functions");
	BAD_TEXT("\177ELF\1", "it is a truncated, 32-bit or foreign-endian ELF file");
	expect_refused(
		"/proc/self/exe",
		"it is an ELF file without type information (no section .BTF): compile types "
		"with -g -target bpf; of a kernel take /sys/kernel/btf/vmlinux");
}

static void free_btf(void *btf)
{
	btf__free(btf);
}

static const void *raw_btf(__u32 *size)
{
	struct btf *btf = btf__parse_elf(BPFUNIT_BTF_moved, NULL);
	const void *data = btf__raw_data(btf, size);

	ASSERT_NOT_NULL(data);
	ASSERT_OK(bpfunit_defer(free_btf, btf));
	return data;
}

BPF_TEST(kernel_bad, cut_off)
{
	__u32 size;
	const char *data = raw_btf(&size);
	const __u32 sizes[] = { 2, 23, 24, 100, size / 2, size - 1 };

	for (int i = 0; i < 6; i++)
		expect_refused(file_of(data, sizes[i]),
			       "its type information is malformed (or cut off)");
	BPFUNIT_BTF_USE(file_of(data, size));
	EXPECT_NOT_NULL(BPFUNIT_KOBJ("task_struct"));
}

BPF_TEST(kernel_bad, split)
{
	struct btf *base = btf__parse_elf(BPFUNIT_BTF_moved, NULL);
	struct btf *split = btf__new_empty_split(base);
	const void *data;
	__u32 size;

	ASSERT_GT(btf__add_struct(split, "of_a_module", 4), 0);
	ASSERT_OK(btf__add_field(split, "x", btf__find_by_name(base, "int"), 0, 0));
	data = btf__raw_data(split, &size);
	expect_refused(file_of(data, size),
		       "it is split BTF, which builds on another file (a module's on its "
		       "kernel's): take /sys/kernel/btf/vmlinux");
	btf__free(split);
	btf__free(base);
}

/* Whatever bytes are wrong: refused or used, without a crash. */
BPF_TEST(kernel_bad, damaged)
{
	__u32 size;
	const char *data = raw_btf(&size);
	unsigned int random = 5;
	int used = 0;

	for (int i = 0; i < 300; i++) {
		char *damaged = malloc(size), why[512];

		memcpy(damaged, data, size);
		for (int n = 0; n <= i % 3; n++) {
			random = random * 1103515245 + 12345;
			damaged[random % size] = random >> 16;
		}
		if (!bu_vmlinux_choose(bu_kernel(), file_of(damaged, size), why, sizeof(why))) {
			used++;
			btf__free(btf__load_vmlinux_btf());
		}
		free(damaged);
	}
	EXPECT_GT(used, 0);
	EXPECT_LT(used, 300);
}

FAILS(kernel_bad, a_type_of_no_kernel, "a kernel without BTF has no kernel type 'task_struct'")
{
	BPFUNIT_BTF_USE("none");
	BPFUNIT_KOBJ("task_struct");
}

FAILS(kernel_bad, no_current_task,
      "there is no current task: the kernel's BTF does not define struct task_struct")
{
	BPFUNIT_BTF_USE("none");
	bpfunit_current_task();
}

/* Any byte of the noted file may be wrong: the report reads nothing outside it (ASan watches). */
BPF_TEST(core_report, of_damaged_files)
{
	struct layouts_bpf *skel = BPFUNIT_LOAD(layouts_bpf);
	size_t size = skel->skeleton->data_sz;
	unsigned int random = 11;

	for (int i = 0; i < 300; i++) {
		char *damaged = malloc(size);

		memcpy(damaged, skel->skeleton->data, size);
		for (int n = 0; n <= i % 8; n++) {
			random = random * 1103515245 + 12345;
			/* also in the tables at the end */
			damaged[n % 2 ? random % size : size - 1 - random % 4096] = random >> 16;
		}
		bu_vmlinux_note_object(damaged, size);
		free(damaged);
		if (i % 10 == 0)
			bpfunit_core_report(skel->progs.read, true);
	}
	EXPECT_NOT_NULL(bpfunit_core_report(NULL, true));
}
