// SPDX-License-Identifier: BSD-2-Clause
/*
 * Dynptrs: results as those of Linux 6.18 (dynptr_kernel.txt, written by dynptr_host as root; with
 * BPFUNIT_HOST_BPF=1 this machine's kernel is asked instead), faults where the verifier refuses.
 */
#include <bpf/bpf.h>
#include <bpfunit/bpfunit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dynptr.skel.h"
#include "dynptr_cases.h"
#include "dynptr_faults.skel.h"

struct expected {
	FILE *file;
	int lines;
};

static void compare(void *arg, const char *text)
{
	struct expected *e = arg;
	char line[512] = "";

	if (fgets(line, sizeof(line), e->file))
		line[strcspn(line, "\n")] = 0;
	EXPECT_STREQ(text, line);
	e->lines++;
}

BPF_TEST(dynptr, results_are_the_kernels)
{
	struct expected e = { .file = getenv("BPFUNIT_HOST_BPF")
					      ? popen(DYNPTR_HOST " 2>/dev/null", "re")
					      : fopen(DYNPTR_KERNEL, "re") };

	ASSERT_NOT_NULL(e.file);
	EXPECT_OK(dynptr_cases(compare, &e));
	EXPECT_EQ(e.lines, 82);
	EXPECT_EQ(fgetc(e.file), EOF);
	fclose(e.file);
}

static long run(const struct bpf_program *prog)
{
	char packet[64] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet));
	int err = bpf_prog_test_run_opts(bpf_program__fd(prog), &opts);

	return err ? err : (int)opts.retval;
}

BPF_TEST(dynptr, memory_is_read_and_written)
{
	struct dynptr_bpf *skel = BPFUNIT_LOAD(dynptr_bpf);
	int64_t *out = (int64_t *)skel->bss->out;

	EXPECT_EQ(run(skel->progs.memory), 0);
	EXPECT_EQ(out[2], 0);
	EXPECT_EQ(out[3], 0x1122334455667788);
	EXPECT_EQ(out[4], -E2BIG);
	EXPECT_EQ(out[5], -E2BIG);
	EXPECT_EQ(out[6], -EINVAL);
	EXPECT_EQ(out[7], -EINVAL);
	EXPECT_EQ(out[8], 0x1122334455667788);
	EXPECT_EQ(out[9], -1);
	EXPECT_EQ(run(skel->progs.limits), 0);
	EXPECT_EQ(out[0], -E2BIG);
	EXPECT_EQ(out[1], -EINVAL);
	EXPECT_EQ(out[3], 0);
}

static int take(void *arg, void *data, size_t size)
{
	memcpy(arg, data, size < 16 ? size : 16);
	return 0;
}

BPF_TEST(dynptr, submitted_records_arrive)
{
	struct dynptr_bpf *skel = BPFUNIT_LOAD(dynptr_bpf);
	uint64_t got[2] = { 0 };
	struct ring_buffer *ring;

	ring = ring_buffer__new(bpf_map__fd(skel->maps.ring), take, got, NULL);
	ASSERT_NOT_NULL(ring);
	skel->bss->in_len = 16;
	skel->bss->in_offset = 8;
	EXPECT_EQ(run(skel->progs.record), 0);
	EXPECT_EQ(ring_buffer__consume(ring), 1);
	EXPECT_EQ(got[0], 43U);
	EXPECT_EQ(got[1], 42U);
	EXPECT_EQ(run(skel->progs.discarded), 0);
	EXPECT_EQ(ring_buffer__consume(ring), 0);
	ring_buffer__free(ring);
}

BPF_FIXTURE(dynptr_faults)
{
	struct dynptr_faults_bpf *skel;
};

BPF_FIXTURE_SETUP(dynptr_faults)
{
	self->skel = BPFUNIT_LOAD(dynptr_faults_bpf);
}

BPF_FIXTURE_TEARDOWN(dynptr_faults)
{
}

#define EXPECT_BAD(kind, text, prog, how_)                                                         \
	__extension__({                                                                            \
		self->skel->bss->how = (how_);                                                     \
		EXPECT_FAULT(BPFUNIT_FAULT_##kind, run(self->skel->progs.prog));                   \
		if (!strstr(bpfunit_fault_report(), text))                                         \
			EXPECT_STREQ(bpfunit_fault_report(), text);                                \
	})
#define EXPECT_GOOD(prog, how_)                                                                    \
	__extension__({                                                                            \
		self->skel->bss->how = (how_);                                                     \
		EXPECT_EQ(run(self->skel->progs.prog), 0);                                         \
	})

BPF_TEST_F(dynptr_faults, only_intact_ones_are_used)
{
	EXPECT_BAD(BAD_ARGUMENT, "not a dynptr", uninitialised, 0);
	EXPECT_BAD(BAD_ARGUMENT, "not a dynptr", left_by_another_call, 0);
	EXPECT_GOOD(overwritten, 0);
	for (uint32_t how = 1; how <= 5; how++)
		EXPECT_BAD(BAD_ARGUMENT, "overwritten", overwritten, how);
}

BPF_TEST_F(dynptr_faults, they_lie_on_the_stack_and_lead_to_values)
{
	EXPECT_BAD(BAD_ARGUMENT, "map's value", of_stack, 0);
	EXPECT_BAD(BAD_ARGUMENT, "on the stack", in_a_map, 0);
	EXPECT_BAD(BAD_ARGUMENT, "no ring buffer", reserves_in_hash, 0);
}

BPF_TEST_F(dynptr_faults, memory_bounds_slices)
{
	EXPECT_GOOD(beyond_slice, 3);
	EXPECT_BAD(OUT_OF_BOUNDS, "map 'flows'", beyond_slice, 4);
	EXPECT_GOOD(beyond_record, 0);
	EXPECT_BAD(OUT_OF_BOUNDS, "record of ring buffer 'ring'", beyond_record, 1);
}

BPF_TEST_F(dynptr_faults, memory_is_checked_at_each_use)
{
	EXPECT_GOOD(of_removed, 0);
	EXPECT_BAD(USE_AFTER_FREE, "flows", of_removed, 1);
	EXPECT_GOOD(unwritten, 0);
	EXPECT_BAD(UNINITIALISED, "ring", unwritten, 1);
}

BPF_TEST_F(dynptr_faults, reservations_are_released_once)
{
	EXPECT_BAD(LEAK, "record of ring buffer 'ring'", leaks, 8);
	EXPECT_BAD(LEAK, "dynptr", leaks, 1 << 24);
	EXPECT_BAD(BAD_ARGUMENT, "must not be overwritten", reserves_over, 0);
	EXPECT_BAD(BAD_ARGUMENT, "must not be overwritten", reserves_over, 1);
	EXPECT_GOOD(after_submit, 0);
	for (uint32_t how = 1; how <= 3; how++)
		EXPECT_BAD(BAD_ARGUMENT, "submitted or discarded already", after_submit, how);
	EXPECT_BAD(DOUBLE_RELEASE, "submitted or discarded already", after_submit, 4);
	EXPECT_BAD(DOUBLE_RELEASE, "submitted or discarded already", after_submit, 5);
	EXPECT_BAD(USE_AFTER_FREE, "ring", after_submit, 6);
	EXPECT_BAD(BAD_ARGUMENT, "bpf_ringbuf_reserve_dynptr", submits_memory, 0);
}

BPF_TEST_F(dynptr_faults, clones_end_with_their_record)
{
	EXPECT_GOOD(clone_after_submit, 0);
	EXPECT_BAD(BAD_ARGUMENT, "submitted or discarded already", clone_after_submit, 1);
	EXPECT_BAD(BAD_ARGUMENT, "submitted or discarded already", clone_after_submit, 2);
	EXPECT_BAD(BAD_ARGUMENT, "submitted or discarded already", clone_after_submit, 3);
	EXPECT_BAD(BAD_ARGUMENT, "not a dynptr", size_of_none, 0);
}

BPF_TEST_F(dynptr_faults, slices_end_when_the_packet_moves)
{
	EXPECT_GOOD(slice_of_xdp, 0);
	EXPECT_BAD(USE_AFTER_FREE, "where the packet was before it moved", slice_of_xdp, 1);
	EXPECT_BAD(OUT_OF_BOUNDS, "at the end of slice of dynptr", slice_of_xdp, 2);
	EXPECT_GOOD(slice_of_skb, 0);
	EXPECT_BAD(USE_AFTER_FREE, "where the packet was before it moved", slice_of_skb, 1);
	EXPECT_FAULT(BPFUNIT_FAULT_BAD_ARGUMENT, BPFUNIT_RUN(self->skel->progs.skb_of_none, NULL));
	EXPECT_NOT_NULL(strstr(bpfunit_fault_report(), "cannot call bpf_dynptr_from_skb"));
}
