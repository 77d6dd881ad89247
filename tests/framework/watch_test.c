// SPDX-License-Identifier: BSD-2-Clause
/* Warnings and traces in a test's output; faults at a place. */
#include "inner.h"
#include "watch.skel.h"

#include <stdlib.h>
#include <string.h>

static struct watch_bpf *skel;

static struct inner run_inner(void (*body)(void *self))
{
	skel = BPFUNIT_LOAD(watch_bpf);
	return inner_run(body);
}

static void returns_77(void *self)
{
	struct bpfunit_packet *packet =
		bpfunit_packet_ipv4_udp("10.0.0.1", "10.0.0.2", 1, 2, "hello");

	(void)self;
	EXPECT_RUN_XDP(skel->progs.no_action, packet, 77);
	EXPECT_RUN_XDP(skel->progs.no_action, packet, 77);
}

BPF_TEST(watch, a_wrong_return_value_is_a_warning_once)
{
	struct inner inner = run_inner(returns_77);

	EXPECT_EQ(inner.status, BPFUNIT_PASSED);
	EXPECT_STREQ(inner.output,
		     "warning: program 'no_action' returned 77, which is no XDP action: "
		     "the kernel warns and drops the packet");
}

static void traces_calls(void *self)
{
	(void)self;
	BPFUNIT_RUN(skel->progs.cpu, NULL);
	ASSERT_OK(bpfunit_trace_runs("call"));
	BPFUNIT_RUN(skel->progs.cpu, NULL);
	ASSERT_OK(bpfunit_trace_runs(NULL));
	BPFUNIT_RUN(skel->progs.cpu, NULL);
}

BPF_TEST(watch, trace_of_calls)
{
	struct inner inner = run_inner(traces_calls);

	EXPECT_EQ(inner.status, BPFUNIT_PASSED);
	EXPECT_STREQ(strstr(inner.output, "watch.bpf.c:"),
		     "watch.bpf.c:18: return bpf_get_smp_processor_id();\n"
		     "bpf_get_smp_processor_id() = 0");
}

static void leaves_trace_on(void *self)
{
	(void)self;
	ASSERT_OK(bpfunit_trace_runs("insn,mem"));
}

BPF_TEST(watch, a_trace_ends_with_its_test)
{
	EXPECT_EQ(run_inner(leaves_trace_on).status, BPFUNIT_PASSED);
	EXPECT_EQ(BPFUNIT_RUN(skel->progs.cpu, NULL), 0);
}

static void divides_by_zero(void *self)
{
	(void)self;
	ASSERT_OK(bpfunit_note_oddities("div,shift"));
	EXPECT_EQ(BPFUNIT_RUN(skel->progs.divides, NULL), 0);
}

BPF_TEST(watch, division_by_zero_names_the_line)
{
	struct inner inner = run_inner(divides_by_zero);

	EXPECT_EQ(inner.status, BPFUNIT_PASSED);
	EXPECT_EQ(strncmp(inner.output, "warning: division by zero yields 0 at ", 38), 0);
	EXPECT_NOT_NULL(strstr(inner.output, "watch.bpf.c:24 (instruction "));
}

static void elsewhere(void *self)
{
	(void)self;
	EXPECT_FAULT_AT(BPFUNIT_FAULT_NULL_POINTER, "watch.bpf.c", 30,
			BPFUNIT_RUN(skel->progs.null, NULL));
	EXPECT_FAULT_AT(BPFUNIT_FAULT_NULL_POINTER, "atch.bpf.c", 30,
			BPFUNIT_RUN(skel->progs.null, NULL));
	EXPECT_FAULT_AT(BPFUNIT_FAULT_NULL_POINTER, "framework/watch.bpf.c", 31,
			BPFUNIT_RUN(skel->progs.null, NULL));
}

BPF_TEST(watch, a_fault_at_another_line)
{
	struct inner inner = run_inner(elsewhere);

	EXPECT_EQ(inner.failures, 2);
	EXPECT_NOT_NULL(
		strstr(inner.text,
		       "EXPECT_FAULT_AT(BPFUNIT_FAULT_NULL_POINTER, "
		       "BPFUNIT_RUN(skel->progs.null, NULL)) does not hold: it did not happen at "
		       "framework/watch.bpf.c:31\nNULL pointer dereference: read of 4 bytes"));
	EXPECT_NOT_NULL(strstr(inner.text, "it did not happen at atch.bpf.c:30\n"));
}

static void faults_unexpectedly(void *self)
{
	(void)self;
	EXPECT_NO_FAULT(BPFUNIT_RUN(skel->progs.cpu, NULL));
	EXPECT_NO_FAULT(BPFUNIT_RUN(skel->progs.null, NULL));
}

BPF_TEST(watch, no_fault_was_expected)
{
	struct inner inner = run_inner(faults_unexpectedly);

	EXPECT_EQ(inner.failures, 1);
	EXPECT_EQ(strncmp(inner.text,
			  "EXPECT_NO_FAULT(BPFUNIT_RUN(skel->progs.null, NULL)) does not hold: the "
			  "program faulted\nNULL pointer dereference",
			  105),
		  0);
}
