// SPDX-License-Identifier: BSD-2-Clause
/* Helpers that answer from the environment, maps and buffers: results, limits and errnos. */
#include "helpers.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>

#include "ebpf/kernel.h"
#include "helpers/format.h"

BPF_TEST_F(helpers, map_calls_return_what_the_map_says)
{
	EXPECT_EQ(RUN(maps, 1, 11, BPF_ANY, 0), 0);
	EXPECT_EQ(self->bss->ret[0], 0);
	EXPECT_EQ(self->bss->ret[1], 11);
	RUN(maps, 1, 12, BPF_NOEXIST, 0);
	EXPECT_EQ(self->bss->ret[0], -EEXIST);
	RUN(maps, 2, 12, BPF_EXIST, 0);
	EXPECT_EQ(self->bss->ret[0], -ENOENT);
	RUN(maps, 2, 12, 77, 0);
	EXPECT_EQ(self->bss->ret[0], -EINVAL);
	RUN(maps, 2, 22, BPF_ANY, 0);
	RUN(maps, 3, 33, BPF_ANY, 1);
	EXPECT_EQ(self->bss->ret[0], -E2BIG);
	EXPECT_EQ(self->bss->ret[1], -1);
	EXPECT_EQ(self->bss->ret[2], -ENOENT);
	EXPECT_MAP_COUNT(self->skel->maps.hash, 2);
}

BPF_TEST_F(helpers, per_cpu_lookup_is_of_the_cpu)
{
	bpfunit_set_cpu(1);
	RUN(percpu_lookup, 1);
	EXPECT_EQ(self->bss->ret[0], 1);
	RUN(percpu_lookup, 0);
	EXPECT_EQ(self->bss->ret[0], 0);
	RUN(percpu_lookup, bpfunit_nr_cpus());
	EXPECT_EQ(self->bss->ret[0], -1);
	EXPECT_MAP_CPU_VALUE(self->skel->maps.percpu, 1, (__u32){ 0 }, (__u64){ 3 });
}

BPF_TEST_F(helpers, each_element_is_visited)
{
	MAP_PUT(self->skel->maps.hash, (__u32){ 1 }, (__u64){ 2 });
	MAP_PUT(self->skel->maps.hash, (__u32){ 3 }, (__u64){ 4 });
	RUN(each);
	EXPECT_EQ(self->bss->ret[0], 2);
	EXPECT_EQ(self->bss->ret[1], 604);
	RUN(each, 1);
	EXPECT_EQ(self->bss->ret[0], 1);
	RUN(each, 0, 1);
	EXPECT_EQ(self->bss->ret[0], -EINVAL);
}

BPF_TEST_F(helpers, environment_is_seen)
{
	bpfunit_set_tgid(100);
	bpfunit_set_tid(101);
	bpfunit_set_uid(7);
	bpfunit_set_gid(8);
	bpfunit_set_cgroup_id(55);
	bpfunit_set_cpu(2);
	RUN(who, 1);
	EXPECT_EQ((uint64_t)self->bss->ret[0], 100ULL << 32 | 101);
	EXPECT_EQ((uint64_t)self->bss->ret[1], 8ULL << 32 | 7);
	EXPECT_EQ(self->bss->ret[2], 55);
	EXPECT_EQ(self->bss->ret[3], 2);
	EXPECT_EQ(self->bss->ret[4], 0);
	EXPECT_EQ(self->bss->ret[5], 55);
	EXPECT_NE(self->bss->ret[6], 0);
	EXPECT_EQ(self->bss->ret[6], self->bss->ret[7]);
}

BPF_TEST_F(helpers, ancestors_are_root_and_self)
{
	bpfunit_set_cgroup_id(55);
	RUN(who, 0);
	EXPECT_EQ(self->bss->ret[5], 1);
	RUN(who, 2);
	EXPECT_EQ(self->bss->ret[5], 0);
	RUN(who, (uint64_t)-1);
	EXPECT_EQ(self->bss->ret[5], 0);
	bpfunit_set_cgroup_id(1);
	RUN(who, 1);
	EXPECT_EQ(self->bss->ret[5], 0);
}

BPF_TEST_F(helpers, clocks_follow_the_test)
{
	bpfunit_clock_set_ns(10 * NSEC_PER_SEC);
	bpfunit_clock_set_boot_offset_ns(3);
	RUN(clocks);
	EXPECT_EQ((uint64_t)self->bss->ret[0], 10 * NSEC_PER_SEC);
	EXPECT_EQ((uint64_t)self->bss->ret[1], 10 * NSEC_PER_SEC + 3);
	EXPECT_EQ((uint64_t)self->bss->ret[2], 10 * NSEC_PER_SEC);
	EXPECT_EQ((uint64_t)self->bss->ret[3], 10 * NSEC_PER_SEC);
	/* Five minutes before the wrap of 32 bits, and 250 a second. */
	EXPECT_EQ((uint64_t)self->bss->ret[4], 0x100000000ULL - 300 * 250 + 10 * 250);
	bu_kernel()->env.tai_offset_ns = 37 * NSEC_PER_SEC; /* as under `bpfunit exec` */
	RUN(clocks);
	EXPECT_EQ((uint64_t)self->bss->ret[3], 47 * NSEC_PER_SEC);
}

BPF_TEST_F(helpers, random_numbers_follow_the_seed)
{
	int64_t first[3];

	bpfunit_set_random_seed(9);
	RUN(randoms);
	memcpy(first, self->bss->ret, sizeof(first));
	EXPECT_NE(first[0], first[1]);
	EXPECT_LE(first[0], UINT32_MAX);
	bpfunit_set_random_seed(9);
	RUN(randoms);
	EXPECT_MEMEQ(first, self->bss->ret, sizeof(first));
}

BPF_TEST_F(helpers, probes_tell_user_from_kernel_memory)
{
	char *user = bpfunit_user_memory("user", 5);

	RUN(probe, (uintptr_t)user, 5);
	EXPECT_EQ(self->bss->ret[0], -ERANGE);
	EXPECT_EQ(self->bss->ret[1], 0);
	EXPECT_EQ(self->bss->ret[2], 0);
	EXPECT_EQ(self->bss->ret[3], 5);
	EXPECT_MEMEQ(self->bss->out, "\0\0\0\0\0Z", 6);
	EXPECT_STREQ(self->bss->out + 64, "user");
	EXPECT_STREQ(self->bss->out + 128, "user");
	EXPECT_STREQ(self->bss->out + 192, "user");
	RUN(probe, (uintptr_t)user, 64);
	EXPECT_EQ(self->bss->ret[1], -EFAULT);
	EXPECT_EQ(self->bss->ret[3], 5);
	EXPECT_EQ(self->bss->out[64 + 63], 0);
}

/* Source: copy_from_kernel_nofault_allowed(), arch/x86/mm/maccess.c (6.12). */
BPF_TEST_F(helpers, probes_do_not_read_the_vsyscall_page)
{
	RUN(probe, 0xffffffffff600000, 8);
	EXPECT_EQ(self->bss->ret[0], -ERANGE);
	EXPECT_EQ(self->bss->ret[1], -EFAULT);
	EXPECT_EQ(self->bss->ret[2], -ERANGE);
	EXPECT_EQ(self->bss->ret[3], -EFAULT);
	RUN(probe, 0xffffffffff601000, 8);
	EXPECT_EQ(self->bss->ret[0], -EFAULT);
}

BPF_TEST_F(helpers, probes_read_kernel_objects)
{
	RUN(who);
	RUN(probe, (uint64_t)self->bss->ret[6], 16);
	EXPECT_EQ(self->bss->ret[0], 0);
	EXPECT_EQ(self->bss->ret[1], -EFAULT);
	EXPECT_EQ(self->bss->ret[2], 0);
}

static bool noted(const char *text)
{
	for (const struct bu_note *note = bu_kernel()->notes; note; note = note->next)
		if (strstr(note->text, text))
			return true;
	return false;
}

BPF_TEST_F(helpers, probes_of_the_wrong_memory_are_noted)
{
	static char own[8] = "own";

	RUN(probe, 8, 1);
	EXPECT_NULL(bu_kernel()->notes);
	RUN(probe, (uintptr_t)own, 4);
	EXPECT_EQ(self->bss->ret[0], -ERANGE);
	EXPECT_STREQ(self->bss->out + 64, "own");
	EXPECT_TRUE(noted("BPFUNIT_KOBJ"));
	RUN(probe, (uintptr_t)bpfunit_user_memory("user", 5), 5);
	EXPECT_TRUE(noted("given a user address"));
	RUN(who);
	RUN(probe, (uint64_t)self->bss->ret[6], 8);
	EXPECT_TRUE(noted("given a kernel address"));
}

BPF_TEST_F(helpers, copies_from_user_memory)
{
	char *user = bpfunit_user_memory("abc", 4);

	RUN(copy, (uintptr_t)user, 4);
	EXPECT_EQ(self->bss->ret[0], 0);
	EXPECT_STREQ(self->bss->out, "abc");
	RUN(copy, 8, 4);
	EXPECT_EQ(self->bss->ret[0], -EFAULT);
	EXPECT_EQ(self->bss->out[0], 0);
}

/* Source: kernel/bpf/helpers.c (6.12). */
BPF_TEST_F(helpers, copies_from_a_tasks_memory_and_of_strings)
{
	char *user = bpfunit_user_memory("abc\0def", 8);

	memset(self->bss->out, 'x', 128);
	RUN(copy_more, (uintptr_t)user, 3);
	EXPECT_EQ(self->bss->ret[0], 0);
	EXPECT_MEMEQ(self->bss->out, "abcx", 4);
	EXPECT_EQ(self->bss->ret[1], 3);
	EXPECT_MEMEQ(self->bss->out + 64, "ab\0x", 4);
	RUN(copy_more, (uintptr_t)user, 20, 1); /* BPF_F_PAD_ZEROS; of tasks' memory unknown */
	EXPECT_EQ(self->bss->ret[0], -EINVAL);
	EXPECT_EQ(self->bss->ret[1], 4);
	EXPECT_MEMEQ(self->bss->out + 64, "abc\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0x", 21);
	RUN(copy_more, (uintptr_t)user, 20, 2);
	EXPECT_EQ(self->bss->ret[1], -EINVAL);
	RUN(copy_more, 8, 4);
	EXPECT_EQ(self->bss->ret[0], -EFAULT);
	EXPECT_EQ(self->bss->ret[1], -EFAULT);
	EXPECT_MEMEQ(self->bss->out, "\0\0\0\0", 4);
	RUN(copy_more, 8, 0);
	EXPECT_EQ(self->bss->ret[0], 0);
	EXPECT_EQ(self->bss->ret[1], 0);
}

BPF_TEST_F(helpers, trace_is_captured_by_line)
{
	RUN(trace, 42);
	EXPECT_STREQ(bpfunit_trace(), "one 1\npid 42 name x\n1 2 3 4\n");
	EXPECT_EQ(self->bss->ret[0], -EINVAL);
	EXPECT_EQ(self->bss->ret[1], -EINVAL);
	EXPECT_EQ(self->bss->ret[2], -EINVAL);
}

BPF_TEST_F(helpers, vprintk_takes_12_values)
{
	RUN(vprintk, 8);
	EXPECT_EQ(self->bss->ret[0], 1);
	EXPECT_EQ(self->bss->ret[1], 4);
	RUN(vprintk, 96);
	EXPECT_EQ(self->bss->ret[0], 1);
	RUN(vprintk, 104);
	EXPECT_EQ(self->bss->ret[0], -EINVAL);
	RUN(vprintk, 12);
	EXPECT_EQ(self->bss->ret[0], -EINVAL);
	RUN(vprintk, 0);
	EXPECT_EQ(self->bss->ret[0], -EINVAL);
}

static const char *symbol_text(const char *format, uint64_t address)
{
	static char text[80];
	int len =
		bu_format(bu_kernel(), text, sizeof(text), format, strlen(format) + 1, &address, 1);

	EXPECT_EQ(len, (int)strlen(text));
	return text;
}

/* Each is 64 bytes long: nothing tells otherwise. */
BPF_TEST(helpers, addresses_are_printed_as_symbols)
{
	uint64_t first, last;
	char unknown[32];

	ASSERT_OK(bpfunit_symbol_add("first_function"));
	ASSERT_OK(bpfunit_symbol_add("last_function"));
	first = bpfunit_symbol("first_function");
	last = bpfunit_symbol("last_function");
	EXPECT_STREQ(symbol_text("%ps", first), "first_function");
	EXPECT_STREQ(symbol_text("%ps", first + 5), "first_function");
	EXPECT_STREQ(symbol_text("[%18ps]", first), "[    first_function]");
	EXPECT_STREQ(symbol_text("%pS", first), "first_function+0x0/0x40");
	EXPECT_STREQ(symbol_text("%pS", last + 0x3f), "last_function+0x3f/0x40");
	EXPECT_STREQ(symbol_text("%pB", last), "first_function+0x40/0x40");
	EXPECT_STREQ(symbol_text("%pB", last + 1), "last_function+0x1/0x40");
	EXPECT_STREQ(symbol_text("%pS", 0x1234), "0x1234");
	snprintf(unknown, sizeof(unknown), "0x%llx", (unsigned long long)last + 0x40);
	EXPECT_STREQ(symbol_text("%ps", last + 0x40), unknown);
}

BPF_TEST_F(helpers, strings_share_512_bytes)
{
	RUN(long_strings);
	EXPECT_EQ(self->bss->ret[0], 399);
	EXPECT_EQ(self->bss->ret[1], 399 + 111);
	EXPECT_EQ(self->bss->ret[2], -ENOSPC);
}

BPF_TEST_F(helpers, records_are_submitted_or_discarded)
{
	EXPECT_EQ(RUN(ring_reserve, 8, 0, 5, 0), 0);
	EXPECT_EQ(RUN(ring_reserve, 8, 0, 6, 1), 0);
	EXPECT_EQ(RUN(ring_reserve, 8, 1, 7, 0), 1);
	EXPECT_EQ(RUN(ring_reserve, 4096, 0, 7, 0), 1);
	EXPECT_EVENT(self->skel->maps.ring, (__u64){ 5 });
	EXPECT_NO_EVENT(self->skel->maps.ring);
}

BPF_TEST_F(helpers, unreleased_record_is_a_leak)
{
	EXPECT_FAULT(BPFUNIT_FAULT_LEAK, RUN(ring_leak));
}

BPF_TEST_F(helpers, ring_output_is_queried)
{
	RUN(ring_output, 10, 0);
	EXPECT_EQ(self->bss->ret[0], 0);
	EXPECT_EQ(self->bss->ret[1], 24);
	EXPECT_EQ(self->bss->ret[2], 4096);
	EXPECT_EQ(self->bss->ret[3], 0);
	RUN(ring_output, 10, 4);
	EXPECT_EQ(self->bss->ret[0], -EINVAL);
	for (int i = 0; i < 40; i++)
		RUN(ring_output, 200, 0);
	EXPECT_EQ(self->bss->ret[0], -EAGAIN);
}

BPF_TEST_F(helpers, perf_output_checks_flags_and_index)
{
	RUN(perf_output, BPF_F_CURRENT_CPU);
	EXPECT_EVENT_COUNT(self->skel->maps.perf, 1);
	EXPECT_EQ(self->bss->ret[0], 0);
	RUN(perf_output, 1ULL << 32 | BPF_F_CURRENT_CPU);
	EXPECT_EQ(self->bss->ret[0], -EINVAL);
	RUN(perf_output, 100000);
	EXPECT_EQ(self->bss->ret[0], -E2BIG);
}

BPF_TEST_F(helpers, perf_output_appends_packet_bytes)
{
	struct bpfunit_packet *packet = bpfunit_packet_ipv4_udp("10.0.0.1", "10.0.0.2", 1, 2, "hi");
	size_t size;
	const uint8_t *event;

	self->bss->args[0] = 14ULL << 32 | BPF_F_CURRENT_CPU;
	EXPECT_RUN_XDP(self->skel->progs.perf_packet, packet, XDP_PASS);
	EXPECT_EQ(self->bss->ret[0], 0);
	event = bpfunit_event_next(self->skel->maps.perf, &size);
	ASSERT_NOT_NULL(event);
	ASSERT_GE(size, 22U);
	EXPECT_MEMEQ(event, self->bss->out, 8);
	EXPECT_MEMEQ(event + 8, bpfunit_packet_data(packet), 14);
	self->bss->args[0] = 5000ULL << 32 | BPF_F_CURRENT_CPU;
	EXPECT_RUN_XDP(self->skel->progs.perf_packet, packet, XDP_PASS);
	EXPECT_EQ(self->bss->ret[0], -EFAULT);
	self->bss->args[0] = 1ULL << 63;
	EXPECT_RUN_XDP(self->skel->progs.perf_packet, packet, XDP_PASS);
	EXPECT_EQ(self->bss->ret[0], -EINVAL);
}

BPF_TEST_F(helpers, tail_calls_end_after_33)
{
	EXPECT_EQ(RUN(tail_call, 0), 5);
	EXPECT_EQ(self->bss->ret[1], 33);
}

BPF_TEST_F(helpers, tail_call_to_nothing_goes_on)
{
	EXPECT_EQ(RUN(tail_call, 1), 6);
	EXPECT_EQ(RUN(tail_call, 2), 6);
	EXPECT_EQ(self->bss->ret[1], 0);
}

BPF_TEST_F(helpers, checksums_take_any_size)
{
	RUN(checksum, 256, 256);
	EXPECT_EQ(self->bss->ret[0], 0xffff); /* of zeroes and their complement */
	EXPECT_EQ(self->bss->ret[1], 5);
	RUN(checksum, 3, 597);
	EXPECT_EQ(self->bss->ret[0], 0xffff);
	EXPECT_BAD(BPFUNIT_FAULT_BAD_ARGUMENT, "NULL with a size of 4", checksum_null);
}

BPF_TEST_F(helpers, traced_arguments_are_read)
{
	self->bss->args[0] = 1;
	BPFUNIT_RUN_ARGS(self->skel->progs.on_entry, 5, 6);
	EXPECT_EQ(self->bss->ret[0], 2);
	EXPECT_EQ(self->bss->ret[1], 0);
	EXPECT_EQ(self->bss->ret[2], 6);
	EXPECT_EQ(self->bss->ret[3], -EOPNOTSUPP);
	BPFUNIT_RUN_ARGS(self->skel->progs.on_exit, 5, 6, 7);
	EXPECT_EQ(self->bss->ret[0], 2);
	EXPECT_EQ(self->bss->ret[2], 6);
	EXPECT_EQ(self->bss->ret[3], 0);
	EXPECT_EQ(self->bss->ret[4], 7);
	self->bss->args[0] = 2;
	BPFUNIT_RUN_ARGS(self->skel->progs.on_exit, 5, 6, 7);
	EXPECT_EQ(self->bss->ret[1], -EINVAL);
}
