// SPDX-License-Identifier: BSD-2-Clause
/* What helpers refuse: arguments that the kernel's verifier would not have let pass, missing
 * models. */
#include "helpers.h"

#include <errno.h>
#include <unistd.h>

BPF_TEST_F(helpers, map_argument_must_be_a_map)
{
	EXPECT_BAD(BPFUNIT_FAULT_BAD_ARGUMENT, "is not a map", lookup_any, 0x1234);
	EXPECT_BAD(BPFUNIT_FAULT_BAD_ARGUMENT, "argument 1 of bpf_map_lookup_elem (#1)", lookup_any,
		   0);
}

BPF_TEST_F(helpers, value_must_be_readable)
{
	EXPECT_FAULT(BPFUNIT_FAULT_NULL_POINTER, RUN(update_any, 0));
	EXPECT_FAULT(BPFUNIT_FAULT_WILD_POINTER, RUN(update_any, 0xdead00000000));
	EXPECT_MAP_COUNT(self->skel->maps.hash, 0);
}

BPF_TEST_F(helpers, uninitialised_value_is_found)
{
	EXPECT_FAULT(BPFUNIT_FAULT_UNINITIALISED, RUN(uninitialised_value, 0));
}

BPF_TEST_F(helpers, buffer_must_be_writable)
{
	EXPECT_FAULT(BPFUNIT_FAULT_WILD_POINTER, RUN(comm_any, 0x1000000, 16));
	EXPECT_BAD(BPFUNIT_FAULT_OUT_OF_BOUNDS, "bss", comm_any, 0, 1000000);
}

BPF_TEST_F(helpers, sizes_are_checked)
{
	EXPECT_BAD(BPFUNIT_FAULT_BAD_ARGUMENT, "size is zero", comm_any, 0, 0);
	EXPECT_BAD(BPFUNIT_FAULT_BAD_ARGUMENT, "too large", comm_any, 0, 1 << 29);
	EXPECT_BAD(BPFUNIT_FAULT_BAD_ARGUMENT, "negative (-1)", comm_negative_size, 0,
		   (uint64_t)-1);
}

BPF_TEST_F(helpers, written_stack_counts_as_initialised)
{
	EXPECT_EQ(RUN(comm_on_stack), 0);
	EXPECT_EQ(self->bss->ret[0], 'b');
	EXPECT_EQ(self->bss->ret[1], 0);
}

BPF_TEST_F(helpers, context_argument_must_be_the_context)
{
	EXPECT_BAD(BPFUNIT_FAULT_BAD_ARGUMENT, "not the program's context", perf_other_ctx);
}

BPF_TEST_F(helpers, callback_must_be_a_function)
{
	EXPECT_BAD(BPFUNIT_FAULT_BAD_ARGUMENT, "not a function of the program", loop_of_data, 0);
	EXPECT_BAD(BPFUNIT_FAULT_BAD_ARGUMENT, "not a function of the program", loop_of_data,
		   0x1234568);
}

BPF_TEST_F(helpers, map_must_be_of_the_right_type)
{
	EXPECT_BAD(BPFUNIT_FAULT_BAD_ARGUMENT, "no per-CPU map", percpu_lookup_in_hash);
	EXPECT_BAD(BPFUNIT_FAULT_BAD_ARGUMENT, "no ring buffer", ring_of_hash);
	EXPECT_BAD(BPFUNIT_FAULT_BAD_ARGUMENT, "no program array", tail_call_of_hash);
	EXPECT_BAD(BPFUNIT_FAULT_BAD_ARGUMENT, "map 'ring' (ringbuf)", elements_of_ring, 0);
	EXPECT_BAD(BPFUNIT_FAULT_BAD_ARGUMENT, "map 'ring' (ringbuf)", elements_of_ring, 1);
	EXPECT_FAULT(BPFUNIT_FAULT_BAD_ARGUMENT,
		     BPFUNIT_RUN_XDP(self->skel->progs.redirect_to_hash,
				     bpfunit_packet_ipv4_udp("1.1.1.1", "1.1.1.2", 1, 2, "")));
}

BPF_TEST_F(helpers, read_only_map_is_not_written)
{
	EXPECT_BAD(BPFUNIT_FAULT_BAD_ARGUMENT, "BPF_F_RDONLY_PROG", write_read_only, 0);
	EXPECT_BAD(BPFUNIT_FAULT_BAD_ARGUMENT, "BPF_F_RDONLY_PROG", write_read_only, 1);
}

BPF_TEST_F(helpers, record_must_be_reserved)
{
	EXPECT_BAD(BPFUNIT_FAULT_BAD_ARGUMENT, "not a ring buffer record", ring_of_stack);
	EXPECT_BAD(BPFUNIT_FAULT_DOUBLE_RELEASE, "submitted or discarded already", ring_twice);
	EXPECT_BAD(BPFUNIT_FAULT_BAD_ARGUMENT, "still reserved", ring_inside);
}

BPF_TEST_F(helpers, missing_model_says_how_to_mock)
{
	EXPECT_BAD(BPFUNIT_FAULT_NO_MODEL, "bpf_get_stack (#67)", no_model);
	EXPECT_BAD(BPFUNIT_FAULT_NO_MODEL, "BPFUNIT_MOCK(BPF_FUNC_get_stack, .returns = 0)",
		   no_model);
	EXPECT_CALLS(BPF_FUNC_get_stack, 2);
}

BPF_TEST_F(helpers, unknown_helper_is_named_by_number)
{
	EXPECT_BAD(BPFUNIT_FAULT_NO_MODEL, "240", no_such_helper);
	EXPECT_BAD(BPFUNIT_FAULT_BAD_INSTRUCTION, "123456", no_such_helper_at_all);
}

static int64_t fill(struct bpfunit_call *call)
{
	memset((void *)(uintptr_t)call->args[1], 7, call->args[2]);
	return (int64_t)call->args[2];
}

BPF_TEST_F(helpers, missing_model_can_be_mocked)
{
	BPFUNIT_MOCK(BPF_FUNC_get_stack, .callback = fill);
	EXPECT_EQ(RUN(no_model), 0);
	EXPECT_EQ(self->bss->ret[0], 32);
	EXPECT_EQ(self->bss->ret[1], 7);
}

BPF_TEST_F(helpers, mocked_output_counts_as_written)
{
	BPFUNIT_MOCK(BPF_FUNC_get_current_comm, .returns = -EINVAL);
	EXPECT_EQ(RUN(comm_on_stack), 0);
	EXPECT_CALLS(BPF_FUNC_get_current_comm, 1);
}

BPF_TEST_F(helpers, spin_lock_misuse_is_found)
{
	EXPECT_EQ(RUN(lock), 0);
	EXPECT_EQ(RUN(lock), 0);
	EXPECT_BAD(BPFUNIT_FAULT_DOUBLE_RELEASE, "not held", lock, 0, 1);
	EXPECT_BAD(BPFUNIT_FAULT_DEADLOCK, "held already", lock, 1);
}

/* strtol(" 12", 3, 0, r10 - 12) */
BPF_TEST(helper_args, numbers_are_aligned, .vm_only = "no verifier takes the program")
{
	struct bpf_insn insns[] = {
		{ .code = BPF_ST | BPF_MEM | BPF_W, .dst_reg = 10, .off = -4, .imm = 0x323120 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 1, .src_reg = 10 },
		{ .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = 1, .imm = -4 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 2, .imm = 3 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 3, .imm = 0 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 4, .src_reg = 10 },
		{ .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = 4, .imm = -12 },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_strtol },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	int fd = bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "strtol", "GPL", insns, 9, NULL);

	ASSERT_OK(fd);
	EXPECT_FAULT(BPFUNIT_FAULT_BAD_ARGUMENT, bpf_prog_test_run_opts(fd, &opts));
	EXPECT_NOT_NULL(strstr(bpfunit_fault_report(), "is not a multiple of 8"));
	close(fd);
	insns[6].imm = -16;
	fd = bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "strtol", "GPL", insns, 9, NULL);
	ASSERT_OK(fd);
	EXPECT_OK(bpf_prog_test_run_opts(fd, &opts));
	EXPECT_EQ(opts.retval, 3);
}
