// SPDX-License-Identifier: BSD-2-Clause
/* Running programs, their faults, their budget. */
#include <linux/types.h>

#include "framework.h"
#include "framework.skel.h"
#include "inner.h"

#include <bpf/bpf.h>
#include <linux/pkt_cls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct numbers {
	uint64_t a, b;
};

static struct framework_bpf *skel;

BPF_TEST(run, context_is_read_and_written_back)
{
	struct numbers numbers = { 20, 22 };

	skel = BPFUNIT_LOAD(framework_bpf);
	EXPECT_RUN(skel->progs.sum_and_reset, &numbers, 42);
	EXPECT_EQ(BPFUNIT_RUN(skel->progs.double_in_place, &numbers), 0);
	EXPECT_EQ(numbers.a, 40);
	ASSERT_RUN(skel->progs.sum_and_reset, (&(struct numbers){ 1, 2 }), 3);
}

/* Writing it back, unchanged, would be a crash of the test. */
BPF_TEST(run, a_constant_context_is_only_read)
{
	static const struct numbers numbers = { 20, 22 };

	skel = BPFUNIT_LOAD(framework_bpf);
	EXPECT_RUN(skel->progs.sum_and_reset, &numbers, 42);
}

BPF_TEST(run, arguments_make_a_context)
{
	skel = BPFUNIT_LOAD(framework_bpf);
	EXPECT_EQ(BPFUNIT_RUN_ARGS(skel->progs.sum_and_reset, 3, 4), 7);
}

BPF_TEST(run, result_is_an_int)
{
	skel = BPFUNIT_LOAD(framework_bpf);
	EXPECT_EQ(BPFUNIT_RUN_ARGS(skel->progs.sum_and_reset, 0xffffffff, 0), -1);
	EXPECT_RUN(skel->progs.sum_and_reset, (&(struct numbers){ 0xffffffff, 0 }), 0xffffffff);
	EXPECT_RUN(skel->progs.tc_unspec, NULL, TC_ACT_UNSPEC);
}

BPF_TEST(run, null_context_is_zeroes_of_the_types_size)
{
	skel = BPFUNIT_LOAD(framework_bpf);
	EXPECT_RUN(skel->progs.tc_mark, NULL, TC_ACT_SHOT);
}

BPF_TEST(run, xdp_packet_changes_stay)
{
	struct bpfunit_packet *packet = bpfunit_packet_ipv4_udp("10.0.0.1", "10.0.0.2", 1, 2, "hi");
	size_t size = bpfunit_packet_size(packet);

	skel = BPFUNIT_LOAD(framework_bpf);
	EXPECT_RUN_XDP(skel->progs.xdp_pass_long, packet, XDP_DROP);
	ASSERT_RUN_XDP(skel->progs.xdp_strip, packet, XDP_TX);
	EXPECT_EQ(bpfunit_packet_size(packet), size - 14);
	EXPECT_EQ(bpfunit_packet_data(packet)[0], 0x45);
}

BPF_TEST(run, skb_metadata_goes_in_and_out)
{
	struct bpfunit_packet *packet = bpfunit_packet_ipv4_udp("10.0.0.1", "10.0.0.2", 1, 2, "hi");

	skel = BPFUNIT_LOAD(framework_bpf);
	bpfunit_packet_meta(packet)->priority = 6;
	EXPECT_RUN_SKB(skel->progs.tc_mark, packet, TC_ACT_SHOT);
	EXPECT_EQ(bpfunit_packet_meta(packet)->mark, bpfunit_packet_size(packet));
	EXPECT_EQ(bpfunit_packet_meta(packet)->cb[1], 7);
	ASSERT_RUN_SKB(skel->progs.tc_mark, packet, TC_ACT_SHOT);
}

static int evaluations;

static struct bpf_program *program_once(void)
{
	evaluations++;
	return skel->progs.sum_and_reset;
}

static struct numbers *context_once(void)
{
	static struct numbers numbers;

	evaluations++;
	return &numbers;
}

BPF_TEST(run, arguments_are_evaluated_once)
{
	int expected = -1;

	skel = BPFUNIT_LOAD(framework_bpf);
	EXPECT_RUN(program_once(), context_once(), ++expected);
	EXPECT_EQ(evaluations, 2);
	EXPECT_EQ(expected, 0);
}

/* An outer test has loaded `skel`; `body` fails with this text. */
#define RUN_FAILS(name_, golden)                                                                   \
	static void name_##_fails(void *self);                                                     \
	BPF_TEST(run_fails, name_)                                                                 \
	{                                                                                          \
		skel = BPFUNIT_LOAD(framework_bpf);                                                \
		EXPECT_STREQ(inner_run(name_##_fails).text, golden);                               \
	}                                                                                          \
	static void name_##_fails(void *self __attribute__((unused)))

RUN_FAILS(xdp_codes_have_names,
	  "EXPECT_RUN_XDP(skel->progs.xdp_pass_long, ..., XDP_PASS) does not hold\n"
	  "  returned: 1 (XDP_DROP)\n"
	  "  expected: 2 (XDP_PASS)")
{
	EXPECT_RUN_XDP(skel->progs.xdp_pass_long, bpfunit_packet_raw("0123456789abcdef", 16),
		       XDP_PASS);
}

RUN_FAILS(tc_codes_have_names,
	  "ASSERT_RUN_SKB(skel->progs.tc_unspec, ..., TC_ACT_SHOT) does not hold\n"
	  "  returned: -1 (TC_ACT_UNSPEC)\n"
	  "  expected: 2 (TC_ACT_SHOT)")
{
	ASSERT_RUN_SKB(skel->progs.tc_unspec, bpfunit_packet_raw("0123456789abcdef", 16),
		       TC_ACT_SHOT);
	FAIL("went on");
}

RUN_FAILS(other_codes_have_none, "EXPECT_RUN(skel->progs.sum_and_reset, ..., 1) does not hold\n"
				 "  returned: 42 (0x2a)\n"
				 "  expected: 1\n"
				 "EXPECT_RUN_XDP(skel->progs.xdp_pass_long, ..., 9) does not hold\n"
				 "  returned: 1 (XDP_DROP)\n"
				 "  expected: 9")
{
	EXPECT_RUN(skel->progs.sum_and_reset, (&(struct numbers){ 20, 22 }), 1);
	EXPECT_RUN_XDP(skel->progs.xdp_pass_long, bpfunit_packet_raw("0123456789abcdef", 16), 9);
}

RUN_FAILS(null_program, "cannot run: the program is NULL")
{
	EXPECT_RUN(NULL, NULL, 0);
}

RUN_FAILS(null_packet, "cannot run: the packet is NULL\ncannot run: the packet is NULL")
{
	EXPECT_RUN_XDP(skel->progs.xdp_strip, NULL, 0);
	EXPECT_RUN_SKB(skel->progs.tc_mark, NULL, 0);
}

RUN_FAILS(another_kind_of_packet,
	  "cannot run 'tc_mark' as an XDP program: its type is sched_cls\n"
	  "cannot run 'xdp_strip' as a socket buffer program: its type is xdp\n"
	  "cannot run 'sum_and_reset' as an XDP program: its type is raw_tracepoint")
{
	struct bpfunit_packet *packet = bpfunit_packet_new();

	EXPECT_RUN_XDP(skel->progs.tc_mark, packet, 0);
	EXPECT_RUN_SKB(skel->progs.xdp_strip, packet, 0);
	EXPECT_EQ(BPFUNIT_RUN_XDP(skel->progs.sum_and_reset, packet), BPFUNIT_FAULTED);
}

RUN_FAILS(void_context,
	  "cannot run 'sum_and_reset': the context is a void *, so its size is not known; "
	  "call bpfunit_run(BPFUNIT_HERE, program, ctx, size)")
{
	void *context = &(struct numbers){ 0 };

	EXPECT_RUN(skel->progs.sum_and_reset, context, 0);
}

RUN_FAILS(not_loaded, "cannot run 'tc_mark': it is not loaded (load its object first)")
{
	struct framework_bpf *other = BPFUNIT_OPEN(framework_bpf);

	ASSERT_RUN(other->progs.tc_mark, NULL, 0);
	FAIL("went on");
}

RUN_FAILS(without_autoload, "cannot run 'tc_mark': it is not loaded (its autoload is off)")
{
	struct framework_bpf *other = BPFUNIT_OPEN(framework_bpf);

	ASSERT_OK(bpf_program__set_autoload(other->progs.tc_mark, false));
	ASSERT_OK(framework_bpf__load(other));
	EXPECT_EQ(BPFUNIT_RUN(other->progs.tc_mark, NULL), BPFUNIT_FAULTED);
}

/* Faults */

static void faulting(void *self)
{
	(void)self;
	EXPECT_EQ(BPFUNIT_RUN(skel->progs.read_null, NULL), BPFUNIT_FAULTED);
	EXPECT_RUN(skel->progs.read_null, NULL, 0);
	ASSERT_RUN(skel->progs.read_null, NULL, 0);
	FAIL("went on");
}

BPF_TEST(fault, fails_the_test_once_a_run)
{
	struct inner inner;

	skel = BPFUNIT_LOAD(framework_bpf);
	inner = inner_run(faulting);
	EXPECT_EQ(inner.failures, 3);
	EXPECT_NOT_NULL(strstr(inner.text, "NULL pointer dereference"));
	EXPECT_NOT_NULL(strstr(inner.text, "read_null"));
	EXPECT_NOT_NULL(strstr(inner.text, "framework.bpf.c:"));
	EXPECT_STREQ(inner.where.file, __FILE__);
	EXPECT_NULL(strstr(inner.text, "went on"));
}

BPF_TEST(fault, can_be_expected)
{
	skel = BPFUNIT_LOAD(framework_bpf);
	EXPECT_EQ(bpfunit_fault_kind(), BPFUNIT_FAULT_NONE);
	EXPECT_STREQ(bpfunit_fault_report(), "");
	EXPECT_FAULT(BPFUNIT_FAULT_NULL_POINTER, BPFUNIT_RUN(skel->progs.read_null, NULL));
	ASSERT_FAULT(BPFUNIT_FAULT_NULL_POINTER, BPFUNIT_RUN(skel->progs.read_null, NULL));
	EXPECT_EQ(bpfunit_fault_kind(), BPFUNIT_FAULT_NULL_POINTER);
	EXPECT_NOT_NULL(strstr(bpfunit_fault_report(), "NULL pointer"));
}

RUN_FAILS(expected_fault_did_not_come,
	  "EXPECT_FAULT(BPFUNIT_FAULT_LEAK, BPFUNIT_RUN(skel->progs.print, NULL)) does not hold: "
	  "the program "
	  "ended without a fault")
{
	EXPECT_FAULT(BPFUNIT_FAULT_LEAK, BPFUNIT_RUN(skel->progs.print, NULL));
}

RUN_FAILS(an_earlier_fault_does_not_count,
	  "EXPECT_FAULT(BPFUNIT_FAULT_NULL_POINTER, BPFUNIT_RUN(skel->progs.print, NULL)) does not "
	  "hold: the program ended without a fault")
{
	EXPECT_FAULT(BPFUNIT_FAULT_NULL_POINTER, BPFUNIT_RUN(skel->progs.read_null, NULL));
	EXPECT_FAULT(BPFUNIT_FAULT_NULL_POINTER, BPFUNIT_RUN(skel->progs.print, NULL));
}

static void expects_another(void *self)
{
	(void)self;
	ASSERT_FAULT(BPFUNIT_FAULT_LEAK, BPFUNIT_RUN(skel->progs.read_null, NULL));
	FAIL("went on");
}

static void faults_after_expecting(void *self)
{
	(void)self;
	EXPECT_FAULT(BPFUNIT_FAULT_NULL_POINTER, BPFUNIT_RUN(skel->progs.read_null, NULL));
	BPFUNIT_RUN(skel->progs.read_null, NULL);
}

BPF_TEST(fault, another_than_expected_shows_its_report)
{
	struct inner inner;

	skel = BPFUNIT_LOAD(framework_bpf);
	inner = inner_run(expects_another);
	EXPECT_EQ(inner.failures, 1);
	EXPECT_NOT_NULL(strstr(inner.text, "the fault is another one\n"));
	EXPECT_NOT_NULL(strstr(inner.text, "NULL pointer dereference"));
	EXPECT_EQ(inner_run(faults_after_expecting).failures, 1);
}

static void faulting_through_libbpf(void *self)
{
	char packet[64] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet));

	(void)self;
	bpf_prog_test_run_opts(bpf_program__fd(skel->progs.xdp_null), &opts);
}

BPF_TEST(fault, of_libbpfs_test_run_fails_the_test)
{
	struct inner inner;

	skel = BPFUNIT_LOAD(framework_bpf);
	inner = inner_run(faulting_through_libbpf);
	EXPECT_EQ(inner.failures, 1);
	EXPECT_NOT_NULL(strstr(inner.text, "NULL pointer dereference"));
}

BPF_TEST(fault, budget_ends_endless_loops, .vm_only = "a verifier refuses the loop")
{
	skel = BPFUNIT_LOAD(framework_bpf);
	bpfunit_set_budget(10000);
	EXPECT_FAULT(BPFUNIT_FAULT_BUDGET, BPFUNIT_RUN(skel->progs.spin, NULL));
	bpfunit_set_budget(100000000);
	EXPECT_RUN(skel->progs.spin, NULL, 0);
}

BPF_TEST(fault, helper_without_a_model_names_it)
{
	skel = BPFUNIT_LOAD(framework_bpf);
	EXPECT_FAULT(BPFUNIT_FAULT_NO_MODEL, BPFUNIT_RUN(skel->progs.call_unmodelled, NULL));
	EXPECT_NOT_NULL(strstr(bpfunit_fault_report(), "bpf_get_branch_snapshot"));
	EXPECT_NOT_NULL(strstr(bpfunit_fault_report(), "BPFUNIT_MOCK"));
}

/* Whether this program, with that environment, fails and says so. */
static void run_self(const char *environment, const char *words, int status)
{
	char command[256], output[4096] = "";
	FILE *pipe;

	snprintf(command, sizeof(command), "%s /proc/%d/exe --filter=run.result_is_an_int 2>&1",
		 environment, getpid());
	pipe = popen(command, "r");
	ASSERT_NOT_NULL(pipe);
	fread(output, 1, sizeof(output) - 1, pipe);
	EXPECT_EQ(WEXITSTATUS(pclose(pipe)), status);
	if (!strstr(output, words))
		EXPECT_FAIL("'%s' is not in: %s", words, output);
}

static void remove_directory(void *name)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", (char *)name);
	free(name);
	EXPECT_EQ(system(command), 0);
}

BPF_TEST(run, coverage_that_cannot_be_written_fails_the_test)
{
	char directory[] = "/tmp/run-coverage-XXXXXX", environment[128], command[128];

	ASSERT_NOT_NULL(mkdtemp(directory));
	bpfunit_defer(remove_directory, strdup(directory));
	snprintf(environment, sizeof(environment), "BPFUNIT_COVERAGE=%s", directory);
	run_self(environment, "1 passed", 0);
	/* A directory in the place of each file: no user can write there, root neither. */
	snprintf(command, sizeof(command), "cd %s && for f in *.count; do rm $f && mkdir $f; done",
		 directory);
	ASSERT_EQ(system(command), 0);
	run_self(environment, "cannot write coverage: ", 1);
	run_self("BPFUNIT_COVERAGE=", "1 passed", 0);
}
