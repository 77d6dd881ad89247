// SPDX-License-Identifier: BSD-2-Clause
/* Extensions in the place of functions, fentry and fexit programs around them. Source of the
 * errnos: bpf_check_attach_target(), kernel/bpf/verifier.c; btf_check_func_type_match(),
 * kernel/bpf/btf.c; bpf_tracing_prog_attach(), kernel/bpf/syscall.c (6.12). */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpfunit/bpfunit.h>
#include <string.h>
#include <unistd.h>

#include "ebpf/kernel.h"
#include "extension.skel.h"
#include "target.skel.h"

static struct target_bpf *target;
static struct extension_bpf *extension;
static struct bpfunit_packet *packet;

static int target_fd(const struct bpf_program *prog)
{
	return bpf_program__fd(prog);
}

static void set_target(struct bpf_program *prog, const struct bpf_program *to, const char *func)
{
	ASSERT_OK(bpf_program__set_attach_target(prog, target_fd(to), func));
}

static void open_both(void)
{
	static const uint8_t bytes[64] = { 10, 20, 30, 40 };

	target = BPFUNIT_LOAD(target_bpf);
	extension = BPFUNIT_OPEN(extension_bpf);
	set_target(extension->progs.multiply, target->progs.main_program, "add");
	set_target(extension->progs.look_again, target->progs.main_program, "look");
	set_target(extension->progs.instead_of_main, target->progs.main_program, "main_program");
	set_target(extension->progs.count_differently, target->progs.loops, "count_down");
	set_target(extension->progs.enter_add, target->progs.main_program, "add");
	set_target(extension->progs.leave_add, target->progs.main_program, "add");
	set_target(extension->progs.enter_count, target->progs.loops, "count_down");
	packet = bpfunit_packet_raw(bytes, sizeof(bytes));
	target->bss->with = 5;
}

static void set_up(void)
{
	open_both();
	ASSERT_OK(extension_bpf__load(extension));
}

#define RUN() BPFUNIT_RUN_XDP(target->progs.main_program, packet)

BPF_TEST(freplace, replaces_and_restores)
{
	struct bpf_link *link;

	set_up();
	EXPECT_EQ(RUN(), 7020);
	link = bpf_program__attach(extension->progs.multiply);
	ASSERT_NOT_NULL(link);
	EXPECT_EQ(RUN(), 10020);
	EXPECT_EQ(target->bss->calls, 1);
	EXPECT_OK(bpf_link__destroy(link));
	EXPECT_EQ(RUN(), 7020);
}

BPF_TEST(freplace, has_the_context_of_its_target)
{
	struct bpf_link *link;

	set_up();
	link = bpf_program__attach_freplace(extension->progs.look_again,
					    target_fd(target->progs.main_program), "look");
	ASSERT_NOT_NULL(link);
	EXPECT_EQ(RUN(), 7030);
	EXPECT_EQ(BPFUNIT_RUN_XDP(extension->progs.instead_of_main, packet), 64);
	bpf_link__destroy(link);
}

/* It ends the extension: the caller goes on with the cookie. */
BPF_TEST(freplace, throws)
{
	struct bpf_link *link;

	open_both();
	set_target(extension->progs.throwing, target->progs.main_program, "add");
	bpf_program__set_autoload(extension->progs.throwing, true);
	ASSERT_OK(extension_bpf__load(extension));
	link = bpf_program__attach(extension->progs.throwing);
	ASSERT_NOT_NULL(link);
	EXPECT_EQ(RUN(), 9020);
	bpf_link__destroy(link);
}

BPF_TEST(freplace, main_program)
{
	struct bpf_link *link;

	set_up();
	link = bpf_program__attach(extension->progs.instead_of_main);
	ASSERT_NOT_NULL(link);
	EXPECT_EQ(RUN(), 64);
	bpf_link__destroy(link);
	EXPECT_EQ(RUN(), 7020);
}

/* Its first instruction is where a loop goes back to, and not entered by that. */
BPF_TEST(freplace, function_that_begins_with_a_loop)
{
	struct bpf_link *link;

	set_up();
	target->bss->with = 100;
	EXPECT_EQ(BPFUNIT_RUN_XDP(target->progs.loops, packet), -2);
	link = bpf_program__attach(extension->progs.enter_count);
	ASSERT_NOT_NULL(link);
	EXPECT_EQ(BPFUNIT_RUN_XDP(target->progs.loops, packet), -2);
	EXPECT_EQ(extension->bss->entries, 1);
	EXPECT_EQ(extension->bss->seen_a, 100);
	bpf_link__destroy(link);
	link = bpf_program__attach(extension->progs.count_differently);
	ASSERT_NOT_NULL(link);
	EXPECT_EQ(BPFUNIT_RUN_XDP(target->progs.loops, packet), -100);
	bpf_link__destroy(link);
}

/* A trampoline runs the latest first. */
BPF_TEST(freplace, watchers_in_turn)
{
	struct bpf_link *first, *second;

	open_both();
	set_target(extension->progs.enter_add_too, target->progs.main_program, "add");
	bpf_program__set_autoload(extension->progs.enter_add_too, true);
	ASSERT_OK(extension_bpf__load(extension));
	first = bpf_program__attach(extension->progs.enter_add);
	second = bpf_program__attach(extension->progs.enter_add_too);
	ASSERT_NOT_NULL(first);
	ASSERT_NOT_NULL(second);
	extension->bss->entries_before = 77;
	EXPECT_EQ(RUN(), 7020);
	EXPECT_EQ(extension->bss->entries, 1);
	EXPECT_EQ(extension->bss->entries_before, 0);
	bpf_link__destroy(first);
	bpf_link__destroy(second);
}

BPF_TEST(freplace, one_at_a_time)
{
	struct bpf_link *link, *other;

	set_up();
	link = bpf_program__attach(extension->progs.multiply);
	ASSERT_NOT_NULL(link);
	other = bpf_program__attach(extension->progs.enter_add);
	EXPECT_NULL(other);
	EXPECT_EQ(errno, EBUSY);
	bpf_link__destroy(link);
	link = bpf_program__attach(extension->progs.enter_add);
	EXPECT_NOT_NULL(link);
	bpf_link__destroy(link);
}

/* What a tail call leads to is not extended, for that could be a loop without end. */
BPF_TEST(freplace, not_of_what_tail_calls_lead_to)
{
	int array, fd;
	unsigned int key = 0;
	struct bpf_link *link;

	set_up();
	fd = target_fd(target->progs.main_program);
	array = bpf_map_create(BPF_MAP_TYPE_PROG_ARRAY, "array", 4, 4, 2, NULL);
	ASSERT_GE(array, 0);
	ASSERT_OK(bpf_map_update_elem(array, &key, &fd, 0));
	key = 1;
	ASSERT_OK(bpf_map_update_elem(array, &key, &fd, 0));
	EXPECT_NULL(bpf_program__attach(extension->progs.multiply));
	EXPECT_EQ(errno, EBUSY);
	ASSERT_OK(bpf_map_delete_elem(array, &key));
	EXPECT_NULL(bpf_program__attach(extension->progs.multiply));
	key = 0;
	ASSERT_OK(bpf_map_delete_elem(array, &key));
	link = bpf_program__attach(extension->progs.multiply);
	ASSERT_NOT_NULL(link);
	EXPECT_ERR(bpf_map_update_elem(array, &key, &fd, 0), EBUSY);
	bpf_link__destroy(link);
	EXPECT_OK(bpf_map_update_elem(array, &key, &fd, 0));
	close(array);
}

BPF_TEST(freplace, outlives_its_target)
{
	struct bpf_link *link;

	set_up();
	link = bpf_program__attach(extension->progs.multiply);
	ASSERT_NOT_NULL(link);
	bpf_program__unload(target->progs.main_program);
	EXPECT_OK(bpf_link__destroy(link));
}

BPF_TEST(freplace, info)
{
	struct bpf_prog_info info = { 0 };
	struct bpf_link_info link_info = { 0 };
	uint32_t size = sizeof(info), target_id;
	struct bpf_link *link;

	set_up();
	ASSERT_OK(bpf_obj_get_info_by_fd(target_fd(target->progs.main_program), &info, &size));
	target_id = info.id;
	memset(&info, 0, sizeof(info));
	ASSERT_OK(bpf_obj_get_info_by_fd(target_fd(extension->progs.multiply), &info, &size));
	EXPECT_EQ(info.type, BPF_PROG_TYPE_EXT);
	EXPECT_NE(info.attach_btf_id, 0);
	link = bpf_program__attach(extension->progs.multiply);
	ASSERT_NOT_NULL(link);
	size = sizeof(link_info);
	ASSERT_OK(bpf_obj_get_info_by_fd(bpf_link__fd(link), &link_info, &size));
	EXPECT_EQ(link_info.type, BPF_LINK_TYPE_TRACING);
	EXPECT_EQ(link_info.prog_id, info.id);
	EXPECT_EQ(link_info.tracing.target_obj_id, target_id);
	EXPECT_EQ(link_info.tracing.target_btf_id, info.attach_btf_id);
	bpf_link__destroy(link);
}

BPF_TEST(freplace, cannot_be_test_run)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);

	set_up();
	EXPECT_ERR(bpf_prog_test_run_opts(target_fd(extension->progs.multiply), &opts), 524);
}

static void expect_refused(struct bpf_program *prog, const char *func, const char *why)
{
	static char log[4096];

	log[0] = 0;
	ASSERT_OK(bpf_program__set_autoload(prog, true));
	set_target(prog, target->progs.main_program, func);
	ASSERT_OK(bpf_program__set_log_buf(prog, log, sizeof(log)));
	EXPECT_ERR(extension_bpf__load(extension), EINVAL);
	EXPECT_NOT_NULL(strstr(log, why));
}

BPF_TEST(freplace, number_of_arguments)
{
	open_both();
	expect_refused(extension->progs.three_args, "add",
		       "three_args() has 3 args while add() has 2 args");
}

BPF_TEST(freplace, size_of_arguments)
{
	open_both();
	expect_refused(extension->progs.wider, "add",
		       "arg1 in wider() has size 8 while add() has 4");
}

BPF_TEST(freplace, return_type)
{
	open_both();
	expect_refused(extension->progs.pointer, "add",
		       "Return type PTR of pointer() doesn't match type INT of add()");
}

BPF_TEST(freplace, type_of_context)
{
	open_both();
	expect_refused(
		extension->progs.other_context, "look",
		"arg0 other_context(struct __sk_buff *) doesn't match look(struct xdp_md *)");
}

BPF_TEST(freplace, static_functions)
{
	open_both();
	expect_refused(extension->progs.three_args, "hidden", "Cannot replace static functions");
}

BPF_TEST(freplace, no_return_values_of_programs)
{
	open_both();
	expect_refused(extension->progs.modify_add, "add",
		       "can't modify return codes of BPF programs");
}

/* A program that was loaded for functions of XDP programs. */
BPF_TEST(freplace, attach_errnos)
{
	struct bpf_link *link;

	set_up();
	link = bpf_program__attach_freplace(extension->progs.multiply,
					    target_fd(target->progs.of_another_type), "add");
	EXPECT_NULL(link);
	EXPECT_EQ(errno, EINVAL);
	link = bpf_program__attach_freplace(extension->progs.multiply,
					    target_fd(target->progs.main_program), "look");
	EXPECT_NULL(link);
	EXPECT_EQ(errno, EINVAL);
}

BPF_TEST(around, fentry_and_fexit)
{
	struct bpf_link *enter, *leave;

	set_up();
	enter = bpf_program__attach(extension->progs.enter_add);
	leave = bpf_program__attach(extension->progs.leave_add);
	ASSERT_NOT_NULL(enter);
	ASSERT_NOT_NULL(leave);
	EXPECT_EQ(RUN(), 7020);
	EXPECT_EQ(extension->bss->entries, 1);
	EXPECT_EQ(extension->bss->exits, 1);
	EXPECT_EQ(extension->bss->seen_a, 5);
	EXPECT_EQ(extension->bss->seen_b, 2);
	EXPECT_EQ(extension->bss->seen_return, 7);
	EXPECT_OK(bpf_link__destroy(enter));
	EXPECT_EQ(RUN(), 7020);
	EXPECT_EQ(extension->bss->entries, 1);
	EXPECT_EQ(extension->bss->exits, 2);
	EXPECT_OK(bpf_link__destroy(leave));
	EXPECT_EQ(RUN(), 7020);
	EXPECT_EQ(extension->bss->exits, 2);
}

/* One program alone, attached to what it watches. */
static void watch(struct bpf_program *watcher, const struct bpf_program *of, const char *func)
{
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, extension->obj)
		ASSERT_OK(bpf_program__set_autoload(prog, prog == watcher));
	set_target(watcher, of, func);
	ASSERT_OK(extension_bpf__load(extension));
	BPFUNIT_ATTACH(watcher);
}

static void take_sample(void *to, int cpu, void *data, __u32 size)
{
	(void)cpu;
	memcpy(to, data, BU_MIN(size, 8U));
}

/* What the programs have put into `samples`, the first 8 bytes. */
static struct perf_buffer *samples_to(uint8_t sample[8])
{
	struct perf_buffer *buffer;

	memset(sample, 0xff, 8);
	buffer = perf_buffer__new(bpf_map__fd(extension->maps.samples), 1, take_sample, NULL,
				  sample, NULL);
	ASSERT_NOT_NULL(buffer);
	return buffer;
}

/* Arguments that are contexts are the kernel's objects. */
BPF_TEST(around, xdp_buff)
{
	static const uint8_t expected[8] = { 7, 0, 0, 0, 10, 20, 30, 40 };
	struct perf_buffer *buffer;
	uint8_t sample[8];

	open_both();
	watch(extension->progs.enter_look, target->progs.main_program, "look");
	buffer = samples_to(sample);
	EXPECT_EQ(RUN(), 7020);
	EXPECT_EQ(extension->bss->seen_a, 64);
	EXPECT_EQ(extension->bss->seen_b, 64);
	EXPECT_EQ(extension->bss->ifindex, 1);
	EXPECT_EQ(extension->bss->entries, 1);
	EXPECT_OK(extension->bss->written);
	EXPECT_EQ((int)extension->bss->seen_return, -EFAULT); /* more than there is */
	EXPECT_EQ(perf_buffer__poll(buffer, 0), 1);
	EXPECT_EQ(memcmp(sample, expected, sizeof(expected)), 0);
	perf_buffer__free(buffer);
}

BPF_TEST(around, sk_buff)
{
	static const uint8_t expected[8] = { 3, 0, 0, 0, 10, 20 };
	struct perf_buffer *buffer;
	uint8_t sample[8];

	open_both();
	watch(extension->progs.leave_another_type, target->progs.of_another_type,
	      "of_another_type");
	buffer = samples_to(sample);
	EXPECT_EQ(BPFUNIT_RUN_SKB(target->progs.of_another_type, packet), 3);
	EXPECT_EQ(extension->bss->seen_a, 64);
	EXPECT_OK(extension->bss->written);
	EXPECT_EQ(perf_buffer__poll(buffer, 0), 1);
	EXPECT_EQ(memcmp(sample, expected, 6), 0);
	perf_buffer__free(buffer);
}

BPF_TEST(around, watched_runs_go_through_too)
{
	struct bpf_link *enter;

	set_up();
	enter = bpf_program__attach(extension->progs.enter_add);
	ASSERT_NOT_NULL(enter);
	EXPECT_OK(bpfunit_trace_runs("insn"));
	EXPECT_EQ(RUN(), 7020);
	EXPECT_EQ(extension->bss->entries, 1);
	bpf_link__destroy(enter);
}

#define PIN "/sys/fs/bpf/around"

static int64_t unpin(struct bpfunit_call *call)
{
	(void)call;
	EXPECT_OK(unlink(PIN));
	return 0;
}

/* What a run takes away stays until its end: the link, and the patch of the function. */
BPF_TEST(around, unpinned_while_it_runs)
{
	struct bpf_link *enter;

	set_up();
	enter = bpf_program__attach(extension->progs.enter_add);
	ASSERT_OK(bpf_link__pin(enter, PIN));
	bpf_link__destroy(enter);
	BPFUNIT_MOCK(BPF_FUNC_get_attach_cookie, .callback = unpin);
	EXPECT_EQ(RUN(), 7020);
	EXPECT_EQ(RUN(), 7020);
	EXPECT_EQ(extension->bss->entries, 1);
}

static void expect_counts(const struct bpf_program *prog, const u64 executed[5], u64 taken)
{
	u64 counts[2][64];
	struct bu_object *object;
	const struct bu_prog *internal;
	int err, func;

	object = bu_fd_object(bu_kernel(), bpf_program__fd(prog), BU_OBJECT_PROG, &err);
	ASSERT_NOT_NULL(object);
	internal = bu_container_of(object, struct bu_prog, object);
	ASSERT_LE(internal->nr_insns, 64U);
	ASSERT_EQ(internal->nr_funcs, 2U);
	bu_prog_counts(internal, counts[0], counts[1]);
	func = (int)internal->funcs[1].start;
	for (int i = 0; i < 5; i++)
		EXPECT_EQ(counts[0][func + i], executed[i]);
	EXPECT_EQ(counts[1][func], taken);
}

/* The first instruction of a watched function is a jump: it counts as ever. */
BPF_TEST(around, counts_of_a_function_that_begins_with_a_branch)
{
	struct bpf_link *enter;

	open_both();
	set_target(extension->progs.enter_count, target->progs.chooses, "choose");
	ASSERT_OK(extension_bpf__load(extension));
	enter = bpf_program__attach(extension->progs.enter_count);
	ASSERT_NOT_NULL(enter);
	EXPECT_EQ(BPFUNIT_RUN_XDP(target->progs.chooses, packet), 2);
	target->bss->with = 6;
	EXPECT_EQ(BPFUNIT_RUN_XDP(target->progs.chooses, packet), 1);
	EXPECT_EQ(BPFUNIT_RUN_XDP(target->progs.chooses, packet), 1);
	EXPECT_EQ(extension->bss->entries, 3);
	expect_counts(target->progs.chooses, (u64[]){ 3, 2, 2, 1, 3 }, 1);
	bpf_link__destroy(enter);
	expect_counts(target->progs.chooses, (u64[]){ 3, 2, 2, 1, 3 }, 1);
}
