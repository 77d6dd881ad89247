// SPDX-License-Identifier: BSD-2-Clause
/*
 * Dynptrs of an XDP packet of 9,000 bytes: 3,520 that the program sees, fragments of 4,096 and
 * 1,384. Linux 6.18 gives the same results for this object and these packets.
 */
#include <bpf/bpf.h>
#include <bpfunit/bpfunit.h>
#include <errno.h>

#include "frags.skel.h"

#define SIZE 9000

static struct frags_bpf *skel;
static uint8_t in[SIZE], out[SIZE];

static void run_at(const struct bpf_program *prog, uint32_t offset)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = in, .data_size_in = SIZE, .data_out = out,
		    .data_size_out = SIZE);

	for (int i = 0; i < SIZE; i++)
		in[i] = (uint8_t)(i / 7);
	skel->bss->v.offset = offset;
	EXPECT_OK(bpf_prog_test_run_opts(bpf_program__fd(prog), &opts));
	EXPECT_EQ(opts.retval, 2);
	EXPECT_EQ(opts.data_size_out, SIZE);
}

/* The packet itself where 8 bytes lie in one piece, else the buffer with a copy. */
BPF_TEST(frags, slices)
{
	static const struct {
		uint32_t offset;
		int copied;
	} rows[] = {
		{ 0, 0 },    { 3512, 0 }, { 3513, 1 }, { 3519, 1 }, { 3520, 0 },  { 7608, 0 },
		{ 7609, 1 }, { 7615, 1 }, { 7616, 0 }, { 8992, 0 }, { 8993, -1 },
	};

	skel = BPFUNIT_LOAD(frags_bpf);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		run_at(skel->progs.slices, rows[i].offset);
		EXPECT_EQ(skel->bss->v.size, SIZE);
		EXPECT_EQ(skel->bss->v.copied, rows[i].copied);
		if (rows[i].copied < 0)
			continue;
		EXPECT_EQ(skel->bss->v.first, in[rows[i].offset]);
		EXPECT_EQ(skel->bss->v.last, in[rows[i].offset + 7]);
	}
}

/* What is written to a copy is not in the packet. */
BPF_TEST(frags, slices_are_written)
{
	skel = BPFUNIT_LOAD(frags_bpf);
	run_at(skel->progs.change, 7608);
	EXPECT_EQ(skel->bss->v.changed, 1);
	EXPECT_EQ(out[7615], 0xee);
	run_at(skel->progs.change, 7609);
	EXPECT_EQ(skel->bss->v.changed, 1);
	EXPECT_MEMEQ(out, in, SIZE);
}

BPF_TEST(frags, filled)
{
	static const uint32_t offsets[] = { 3512, 3516, 7612, 8992 };

	skel = BPFUNIT_LOAD(frags_bpf);
	for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		run_at(skel->progs.fill, offsets[i]);
		EXPECT_EQ(skel->bss->v.filled, 0);
		for (uint32_t at = 0; at < SIZE; at++)
			EXPECT_EQ(out[at], at - offsets[i] < 8 ? 0xdd : in[at]);
	}
	run_at(skel->progs.fill, 8993);
	EXPECT_EQ(skel->bss->v.filled, -E2BIG);
}

/* A packet of a test's own is divided likewise, for programs that take fragments. */
BPF_TEST(frags, of_the_tests_packet)
{
	struct bpfunit_packet *packet = bpfunit_packet_raw(in, SIZE);

	skel = BPFUNIT_LOAD(frags_bpf);
	skel->bss->v.offset = 3519;
	EXPECT_EQ(BPFUNIT_RUN_XDP(skel->progs.slices, packet), 2);
	EXPECT_EQ(skel->bss->v.size, SIZE);
	EXPECT_EQ(skel->bss->v.copied, 1);
}

/* Also where both sides lie in two pieces. */
BPF_TEST(frags, copied_within)
{
	skel = BPFUNIT_LOAD(frags_bpf);
	skel->bss->v.to = 7612;
	run_at(skel->progs.move, 3516);
	EXPECT_EQ(skel->bss->v.moved, 0);
	for (uint32_t at = 0; at < SIZE; at++)
		EXPECT_EQ(out[at], in[at - 7612 < 8 ? at - 7612 + 3516 : at]);
	skel->bss->v.to = 8993;
	run_at(skel->progs.move, 3516);
	EXPECT_EQ(skel->bss->v.moved, -E2BIG);
}

/* What begins behind 65,535 bytes cannot be pointed to: a slice is a copy, and filling fails. */
BPF_TEST(frags, behind_64k)
{
	static uint8_t large[72000], after[72000];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = large, .data_size_in = sizeof(large),
		    .data_out = after, .data_size_out = sizeof(after));

	skel = BPFUNIT_LOAD(frags_bpf);
	for (uint32_t offset = 65535; offset <= 65536; offset++) {
		bool reached = offset == 65535;

		skel->bss->v.offset = offset;
		EXPECT_OK(bpf_prog_test_run_opts(bpf_program__fd(skel->progs.slices), &opts));
		EXPECT_EQ(skel->bss->v.copied, !reached);
		EXPECT_OK(bpf_prog_test_run_opts(bpf_program__fd(skel->progs.change), &opts));
		EXPECT_EQ(after[offset + 7], reached ? 0xee : 0);
		EXPECT_OK(bpf_prog_test_run_opts(bpf_program__fd(skel->progs.fill), &opts));
		EXPECT_EQ(skel->bss->v.filled, reached ? 0 : -EFAULT);
		EXPECT_EQ(after[offset], reached ? 0xdd : 0);
	}
}
