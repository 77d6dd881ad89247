/* SPDX-License-Identifier: BSD-2-Clause */
/* Kernel objects: set and read by path, seen by programs; the current task follows the environment.
 */
#include <bpfunit/bpfunit.h>
#include <string.h>

#include "ebpf/kernel.h"
#include "kobj.skel.h"
#include "tests/framework/inner.h"

BPF_FIXTURE(kobj)
{
	struct kobj_bpf *skel;
};
BPF_FIXTURE_SETUP(kobj)
{
	self->skel = BPFUNIT_LOAD(kobj_bpf);
}
BPF_FIXTURE_TEARDOWN(kobj)
{
}

BPF_TEST_F(kobj, fields_are_zero_until_set)
{
	void *task = BPFUNIT_KOBJ("task_struct");

	EXPECT_EQ(KOBJ_GET(task, "pid"), 0);
	KOBJ_SET(task, "pid", 42);
	KOBJ_SET(task, "exit_code", -1);
	EXPECT_EQ(KOBJ_GET(task, "pid"), 42);
	EXPECT_EQ(KOBJ_GET(task, "tgid"), 0);
	EXPECT_EQ((int64_t)KOBJ_GET(task, "exit_code"), -1);
}

BPF_TEST_F(kobj, as_a_context)
{
	void *ctx = BPFUNIT_KOBJ("trace_event_raw_sys_enter");
	const void *same = ctx;

	KOBJ_SET(ctx, "id", 257);
	KOBJ_SET(ctx, "args[1]", bpfunit_user_memory("/etc/passwd", 12));
	EXPECT_RUN(self->skel->progs.see_open, ctx, 257);
	EXPECT_STREQ(self->skel->bss->name, "/etc/passwd");
	EXPECT_EQ(BPFUNIT_RUN(self->skel->progs.see_open, same), 257);
}

BPF_TEST_F(kobj, as_a_context_has_its_own_size)
{
	void *cred = BPFUNIT_KOBJ("cred");

	EXPECT_FAULT(BPFUNIT_FAULT_OUT_OF_BOUNDS, BPFUNIT_RUN(self->skel->progs.see_open, cred));
}

FAILS(kobj, part_of_one_is_no_context,
      "cannot run 'see_open': the context is a void *, so its size is not known; "
      "call bpfunit_run(BPFUNIT_HERE, program, ctx, size)")
{
	struct kobj_bpf *skel = BPFUNIT_LOAD(kobj_bpf);
	char *ctx = BPFUNIT_KOBJ("trace_event_raw_sys_enter");

	BPFUNIT_RUN(skel->progs.see_open, (void *)(ctx + 8));
}

BPF_TEST_F(kobj, type_names_may_have_their_keyword)
{
	EXPECT_EQ(KOBJ_GET(BPFUNIT_KOBJ("struct sock"), "sk_addrs[0]"), 0);
}

BPF_TEST_F(kobj, arrays_and_anonymous_members)
{
	void *sock = BPFUNIT_KOBJ("sock");

	KOBJ_SET(sock, "sk_addrs[2]", 0xdeadbeef);
	KOBJ_SET(sock, "__sk_common.skc_daddr", 1);
	KOBJ_SET(sock, "__sk_common.skc_rcv_saddr", 2);
	EXPECT_EQ(KOBJ_GET(sock, "sk_addrs[2]"), 0xdeadbeef);
	EXPECT_EQ(KOBJ_GET(sock, "sk_addrs[1]"), 0);
	EXPECT_EQ(KOBJ_GET(sock, "__sk_common.skc_addrpair"), 0x200000001);
}

BPF_TEST_F(kobj, bit_fields)
{
	void *task = BPFUNIT_KOBJ("task_struct");

	KOBJ_SET(task, "in_iowait", 5);
	KOBJ_SET(task, "in_execve", 1);
	EXPECT_EQ(KOBJ_GET(task, "in_iowait"), 5);
	KOBJ_SET(task, "in_iowait", 2);
	EXPECT_EQ(KOBJ_GET(task, "in_execve"), 1);
	EXPECT_EQ(KOBJ_GET(task, "in_iowait"), 2);
}

BPF_TEST_F(kobj, pointers_are_followed_and_made)
{
	void *task = BPFUNIT_KOBJ("task_struct"), *parent;

	KOBJ_SET(task, "real_parent.real_parent.tgid", 7);
	parent = (void *)(uintptr_t)KOBJ_GET(task, "real_parent");
	ASSERT_NOT_NULL(parent);
	EXPECT_EQ(KOBJ_GET(parent, "real_parent.tgid"), 7);
	KOBJ_SET(parent, "pid", 6);
	EXPECT_EQ(KOBJ_GET(task, "real_parent.pid"), 6);
	KOBJ_SET(task, "parent", (uintptr_t)parent);
	EXPECT_EQ(KOBJ_GET(task, "parent.pid"), 6);
}

BPF_TEST_F(kobj, a_struct_around_an_integer_is_that_integer)
{
	void *task = BPFUNIT_KOBJ("task_struct");

	KOBJ_SET(task, "cred.uid", 5);
	EXPECT_EQ(KOBJ_GET(task, "cred.uid.val"), 5);
	EXPECT_EQ(KOBJ_GET(task, "cred.uid"), 5);
}

BPF_TEST_F(kobj, text_into_arrays_and_behind_pointers)
{
	void *task = BPFUNIT_KOBJ("task_struct"), *sock = BPFUNIT_KOBJ("sock");

	KOBJ_SET_STR(task, "comm", "a longer name");
	KOBJ_SET_STR(task, "comm", "nginx");
	EXPECT_EQ(KOBJ_GET(task, "comm[4]"), 'x');
	EXPECT_EQ(KOBJ_GET(task, "comm[7]"), 0);
	KOBJ_SET_STR(sock, "sk_name", "tcp0");
	EXPECT_STREQ((char *)(uintptr_t)KOBJ_GET(sock, "sk_name"), "tcp0");
}

BPF_TEST_F(kobj, programs_read_through_btf_pointers)
{
	void *sock = BPFUNIT_KOBJ("sock");

	KOBJ_SET(sock, "__sk_common.skc_daddr", ip4("10.0.0.1"));
	KOBJ_SET(sock, "sk_addrs[2]", 22);
	KOBJ_SET(sock, "sk_next.sk_addrs[1]", 11);
	KOBJ_SET_STR(sock, "sk_name", "tcp0");
	EXPECT_EQ(BPFUNIT_RUN_ARGS(self->skel->progs.see_sock, (uintptr_t)sock), 11);
	EXPECT_EQ(self->skel->bss->daddr, ip4("10.0.0.1"));
	EXPECT_EQ(self->skel->bss->addr2, 22);
	EXPECT_EQ(self->skel->bss->next, KOBJ_GET(sock, "sk_next"));
	EXPECT_STREQ(self->skel->bss->name, "tcp0");
}

BPF_TEST_F(kobj, null_pointers_read_as_zero)
{
	void *sock = BPFUNIT_KOBJ("sock");

	EXPECT_EQ(BPFUNIT_RUN_ARGS(self->skel->progs.see_sock, (uintptr_t)sock), 0);
	EXPECT_EQ(self->skel->bss->next, 0);
}

BPF_TEST_F(kobj, programs_may_not_write)
{
	void *sock = BPFUNIT_KOBJ("sock");

	EXPECT_FAULT(BPFUNIT_FAULT_READ_ONLY,
		     BPFUNIT_RUN_ARGS(self->skel->progs.write_sock, (uintptr_t)sock));
	EXPECT_EQ(KOBJ_GET(sock, "sk_addrs[0]"), 0);
}

BPF_TEST_F(kobj, user_memory)
{
	self->skel->bss->user_pointer = (uintptr_t)bpfunit_user_memory("12345678", 8);
	BPFUNIT_RUN(self->skel->progs.see_user, (uint64_t *)NULL);
	EXPECT_EQ(self->skel->bss->status, 0);
	EXPECT_MEMEQ(self->skel->bss->user, "12345678", 8);
	self->skel->bss->user_pointer = (uintptr_t)bpfunit_user_memory(NULL, 8);
	EXPECT_EQ(BPFUNIT_RUN(self->skel->progs.see_user, (uint64_t *)NULL), 1);
	EXPECT_MEMEQ(self->skel->bss->user, "\0\0\0\0\0\0\0\0", 8);
	self->skel->bss->user_pointer = (uintptr_t)bpfunit_user_memory("1234", 4);
	EXPECT_EQ(BPFUNIT_RUN(self->skel->progs.see_user, (uint64_t *)NULL), -EFAULT);
	EXPECT_EQ(self->skel->bss->status, -EFAULT);
	EXPECT_NOT_NULL(bpfunit_user_memory(NULL, 0));
}

BPF_TEST_F(kobj, text_of_user_space)
{
	void *sock = BPFUNIT_KOBJ("sock");

	KOBJ_SET_STR(sock, "sk_path", "/bin/sh");
	self->skel->bss->user_pointer = KOBJ_GET(sock, "sk_path");
	EXPECT_EQ(BPFUNIT_RUN(self->skel->progs.see_user, (uint64_t *)NULL), 8);
	EXPECT_STREQ(self->skel->bss->name, "/bin/sh");
	EXPECT_EQ(bu_arena_region(&bu_kernel()->arena,
				  (void *)(uintptr_t)self->skel->bss->user_pointer)
			  ->info.kind,
		  BU_REGION_USER);
}

BPF_TEST_F(kobj, objects_of_nameless_structs_have_their_typedef_s_name)
{
	void *sock = BPFUNIT_KOBJ("sock");

	KOBJ_SET(sock, "sk_plain.b", 5);
	EXPECT_EQ(KOBJ_GET((void *)(uintptr_t)KOBJ_GET(sock, "sk_plain"), "b"), 5);
}

BPF_TEST_F(kobj, elements_behind_pointers)
{
	void *sock = BPFUNIT_KOBJ("sock");

	KOBJ_SET(sock, "sk_numbers", (uintptr_t)bpfunit_user_memory("abcdefgh", 8));
	EXPECT_EQ(KOBJ_GET(sock, "sk_numbers[1]"), 0x68676665);
	KOBJ_SET(sock, "sk_numbers[0]", 7);
	EXPECT_EQ(KOBJ_GET(sock, "sk_numbers[0]"), 7);
	EXPECT_EQ(KOBJ_GET(sock, "sk_numbers[1]"), 0x68676665);
}

/* The current task. */
BPF_TEST_F(kobj, task_shows_the_environment)
{
	const typeof(self->skel->bss->seen) *seen = &self->skel->bss->seen;

	bpfunit_set_pid(42);
	bpfunit_set_ppid(7);
	bpfunit_set_uid(1001);
	bpfunit_set_gid(1002);
	bpfunit_set_comm("nginx");
	bpfunit_clock_set_ns(5000);
	bpfunit_clock_set_boot_offset_ns(100);
	EXPECT_EQ(BPFUNIT_RUN(self->skel->progs.see_task, (uint64_t *)NULL), 0);
	EXPECT_EQ(seen->pid, 42);
	EXPECT_EQ(seen->tgid, 42);
	EXPECT_EQ(seen->parent, 7);
	EXPECT_EQ(seen->leader, 42);
	EXPECT_EQ(seen->uid, 1001);
	EXPECT_EQ(seen->gid, 1002);
	EXPECT_EQ(seen->start_time, 5000);
	EXPECT_EQ(seen->start_boottime, 5100);
	EXPECT_STREQ(seen->comm, "nginx");
}

BPF_TEST_F(kobj, task_follows_changes)
{
	const typeof(self->skel->bss->seen) *seen = &self->skel->bss->seen;

	EXPECT_EQ(BPFUNIT_RUN(self->skel->progs.see_task, (uint64_t *)NULL), 0);
	EXPECT_EQ(seen->pid, 1000);
	EXPECT_EQ(seen->parent, 1);
	bpfunit_set_pid(43);
	bpfunit_set_comm("sh");
	EXPECT_EQ(BPFUNIT_RUN(self->skel->progs.see_task, (uint64_t *)NULL), 0);
	EXPECT_EQ(seen->pid, 43);
	EXPECT_STREQ(seen->comm, "sh");
	EXPECT_EQ(KOBJ_GET(bpfunit_current_task(), "tgid"), 43);
}

BPF_TEST_F(kobj, a_thread_has_a_leader)
{
	const typeof(self->skel->bss->seen) *seen = &self->skel->bss->seen;

	bpfunit_set_tgid(50);
	bpfunit_set_tid(51);
	EXPECT_EQ(BPFUNIT_RUN(self->skel->progs.see_task, (uint64_t *)NULL), 0);
	EXPECT_EQ(seen->pid, 51);
	EXPECT_EQ(seen->tgid, 50);
	EXPECT_EQ(seen->leader, 50);
	bpfunit_set_tid(50);
	EXPECT_EQ(BPFUNIT_RUN(self->skel->progs.see_task, (uint64_t *)NULL), 0);
	EXPECT_EQ(KOBJ_GET(bpfunit_current_task(), "group_leader"),
		  (uintptr_t)bpfunit_current_task());
}

BPF_TEST_F(kobj, what_a_test_sets_in_the_task_stays)
{
	void *task = bpfunit_current_task();

	KOBJ_SET(task, "exit_code", 256);
	KOBJ_SET(task, "in_iowait", 3);
	KOBJ_SET(task, "pid", 99);
	EXPECT_EQ(BPFUNIT_RUN(self->skel->progs.see_task, (uint64_t *)NULL), 0);
	EXPECT_EQ(self->skel->bss->seen.exit_code, 256);
	EXPECT_EQ(self->skel->bss->seen.io, 3);
	EXPECT_EQ(self->skel->bss->seen.pid, 99);
	bpfunit_set_comm("x"); /* the environment is written whole */
	EXPECT_EQ(BPFUNIT_RUN(self->skel->progs.see_task, (uint64_t *)NULL), 0);
	EXPECT_EQ(self->skel->bss->seen.pid, 1000);
	EXPECT_EQ(self->skel->bss->seen.exit_code, 256);
}

BPF_TEST_F(kobj, a_task_of_ones_own)
{
	void *task = BPFUNIT_KOBJ("task_struct"), *made;

	bpfunit_set_current_task(NULL);
	made = bpfunit_current_task();

	KOBJ_SET(task, "pid", 5);
	bpfunit_set_current_task(task);
	bpfunit_set_pid(43); /* concerns the other one */
	EXPECT_EQ(BPFUNIT_RUN(self->skel->progs.see_task, (uint64_t *)NULL), 0);
	EXPECT_EQ(self->skel->bss->seen.pid, 5);
	EXPECT_TRUE(bpfunit_current_task() == task);
	bpfunit_set_current_task(NULL);
	EXPECT_TRUE(bpfunit_current_task() == made);
	EXPECT_EQ(BPFUNIT_RUN(self->skel->progs.see_task, (uint64_t *)NULL), 0);
	EXPECT_EQ(self->skel->bss->seen.pid, 43);
}

/* Bad input. */
#define BAD(name, text, statement)                                                                 \
	FAILS(kobj_bad, name, text)                                                                \
	{                                                                                          \
		void *task, *sock;                                                                 \
		BPFUNIT_OPEN(kobj_bpf);                                                            \
		task = BPFUNIT_KOBJ("task_struct"), sock = BPFUNIT_KOBJ("sock");                   \
		(void)task, (void)sock;                                                            \
		statement;                                                                         \
		EXPECT_FAIL("not reached");                                                        \
	}

BAD(type,
    "the objects opened so far define no kernel type 'task_strukt'; did you mean 'task_struct'?",
    BPFUNIT_KOBJ("task_strukt"))
BAD(declared_only, "the objects opened so far define no kernel type 'mm_struct'",
    BPFUNIT_KOBJ("mm_struct"))
BAD(field, "no field 'pidd' in struct task_struct; did you mean 'pid'?", KOBJ_SET(task, "pidd", 1))
BAD(nested_field, "no field 'uidd' in struct cred; did you mean 'uid'?",
    KOBJ_SET(task, "cred.uidd", 1))
BAD(get_field, "no field 'sk_addr' in struct sock; did you mean 'sk_addrs'?",
    KOBJ_GET(sock, "sk_addr"))
BAD(index, "index 4 is outside of __u32[4]", KOBJ_SET(sock, "sk_addrs[4]", 1))
BAD(range, "4294967296 (0x100000000) does not fit into 'pid' (int, 32 bits)",
    KOBJ_SET(task, "pid", 1ULL << 32))
BAD(bit_range, "8 (0x8) does not fit into 'in_iowait' (unsigned int, 3 bits)",
    KOBJ_SET(task, "in_iowait", 8))
BAD(whole_struct, "'__sk_common' is struct sock_common, not an integer or a pointer",
    KOBJ_SET(sock, "__sk_common", 1))
BAD(whole_array, "'comm' is char[16], not an integer or a pointer", KOBJ_SET(task, "comm", 1))
BAD(null_on_the_way, "'real_parent' is NULL", KOBJ_GET(task, "real_parent.pid"))
BAD(undefined_target, "'mm' points to struct mm_struct, which the opened objects do not define",
    KOBJ_SET(task, "mm.users", 1))
BAD(void_target, "'sk_user_data' points to void, which the opened objects do not define",
    KOBJ_SET(sock, "sk_user_data.x", 1))
BAD(long_text, "\"sixteen letters!\" does not fit into 'comm': 17 bytes with its NUL, 16 available",
    KOBJ_SET_STR(task, "comm", "sixteen letters!"))
BAD(text_into_integer, "'pid' is int, not text", KOBJ_SET_STR(task, "pid", "x"))
BAD(text_into_pointer, "'sk_next' is struct sock *, not text", KOBJ_SET_STR(sock, "sk_next", "x"))
BAD(scalar_field, "int has no fields, so none is 'x'", KOBJ_SET(task, "pid.x", 1))
BAD(first_element, "no array is behind 'sk_numbers' yet: set it first",
    KOBJ_SET(sock, "sk_numbers[0]", 1))
BAD(path, "a field's name is missing at ''", KOBJ_SET(task, "", 1))

FAILS(kobj_bad, without_any_object, "the objects opened so far define no kernel type 'task_struct'")
{
	BPFUNIT_KOBJ("task_struct");
}

FAILS(kobj_bad, task_without_any_object,
      "there is no current task: the objects opened so far do not define struct task_struct")
{
	bpfunit_current_task();
}

static void not_an_object(void *self)
{
	int local = 0;

	BPFUNIT_OPEN(kobj_bpf);
	KOBJ_SET(&local, "pid", 1);
}

static void within_an_object(void *self)
{
	BPFUNIT_OPEN(kobj_bpf);
	KOBJ_SET((char *)BPFUNIT_KOBJ("sock") + 8, "sk_addrs[0]", 1);
}

static void pointer_to_nowhere(void *self)
{
	void *task;

	BPFUNIT_OPEN(kobj_bpf);
	task = BPFUNIT_KOBJ("task_struct");
	KOBJ_SET(task, "real_parent", 0x1234);
	KOBJ_GET(task, "real_parent.pid");
}

static void element_outside(void *self)
{
	void *sock;

	BPFUNIT_OPEN(kobj_bpf);
	sock = BPFUNIT_KOBJ("sock");
	KOBJ_SET(sock, "sk_numbers", (uintptr_t)bpfunit_user_memory(NULL, 8));
	KOBJ_SET(sock, "sk_numbers[2]", 1);
}

BPF_TEST(kobj_bad, addresses)
{
	EXPECT_NOT_NULL(
		strstr(inner_run(not_an_object).text, " is not a kernel object of this test"));
	EXPECT_NOT_NULL(
		strstr(inner_run(within_an_object).text, " is not a kernel object of this test"));
	EXPECT_NOT_NULL(strstr(inner_run(element_outside).text, "'sk_numbers[2]' lies outside of"));
	EXPECT_STREQ(inner_run(pointer_to_nowhere).text,
		     "'real_parent' points to 0x1234, which is no memory of the emulated kernel");
}
