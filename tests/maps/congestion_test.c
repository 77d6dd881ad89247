// SPDX-License-Identifier: BSD-2-Clause
/* What members of a struct_ops may write in the objects that they are given. */
#include <bpfunit/bpfunit.h>

#include "congestion.skel.h"
#include "tests/framework/inner.h"

static struct congestion_bpf *skel;

static void set_up(void)
{
	skel = BPFUNIT_LOAD(congestion_bpf);
	BPFUNIT_KEEP(bpf_map__attach_struct_ops(skel->maps.reno));
}

/* Source: net/ipv4/bpf_tcp_ca.c, as tried on 6.18: of these fields snd_nxt alone is refused. */
BPF_TEST(congestion, writes_its_fields)
{
	void *sk;

	set_up();
	sk = BPFUNIT_KOBJ("tcp_sock");
	KOBJ_SET(sk, "snd_cwnd", 10);
	EXPECT_EQ(BPFUNIT_STRUCT_OPS_CALL(skel->maps.reno, "ssthresh", (uintptr_t)sk), 5);
	BPFUNIT_STRUCT_OPS_CALL(skel->maps.reno, "cong_avoid", (uintptr_t)sk, 1, 3);
	EXPECT_EQ(KOBJ_GET(sk, "snd_cwnd"), 13);
	EXPECT_EQ(KOBJ_GET(sk, "inet_conn.icsk_ca_priv[1]"), 3);
	EXPECT_EQ(KOBJ_GET(sk, "inet_conn.icsk_inet.sk.sk_pacing_rate"), 13 * 1448);
	EXPECT_FAULT(BPFUNIT_FAULT_READ_ONLY,
		     BPFUNIT_STRUCT_OPS_CALL(skel->maps.reno, "set_state", (uintptr_t)sk, 1));
	EXPECT_EQ(KOBJ_GET(sk, "snd_nxt"), 0);
}

/* A sock that is no more than that has the fields that it has. */
BPF_TEST(congestion, writes_no_further_than_the_object)
{
	void *sk;

	set_up();
	sk = BPFUNIT_KOBJ("inet_connection_sock");
	EXPECT_FAULT(BPFUNIT_FAULT_OUT_OF_BOUNDS,
		     BPFUNIT_STRUCT_OPS_CALL(skel->maps.reno, "cong_avoid", (uintptr_t)sk, 1, 3));
	EXPECT_EQ(KOBJ_GET(sk, "icsk_ca_priv[1]"), 3);
}

BPF_TEST(congestion, locks_the_fields_again)
{
	void *sk;

	set_up();
	sk = BPFUNIT_KOBJ("tcp_sock");
	BPFUNIT_STRUCT_OPS_CALL(skel->maps.reno, "cong_avoid", (uintptr_t)sk, 1, 3);
	EXPECT_FAULT(BPFUNIT_FAULT_READ_ONLY,
		     BPFUNIT_RUN_ARGS(skel->progs.outsider, (uintptr_t)sk));
	KOBJ_WRITABLE(sk, "snd_cwnd");
	EXPECT_EQ(BPFUNIT_RUN_ARGS(skel->progs.outsider, (uintptr_t)sk), 0);
	BPFUNIT_STRUCT_OPS_CALL(skel->maps.reno, "cong_avoid", (uintptr_t)sk, 1, 3);
	EXPECT_EQ(BPFUNIT_RUN_ARGS(skel->progs.outsider, (uintptr_t)sk), 0);
	EXPECT_EQ(KOBJ_GET(sk, "snd_cwnd"), 1);
}

BPF_TEST(congestion, any_field_on_request)
{
	void *sk;

	set_up();
	sk = BPFUNIT_KOBJ("tcp_sock");
	KOBJ_WRITABLE(sk, "");
	BPFUNIT_STRUCT_OPS_CALL(skel->maps.reno, "set_state", (uintptr_t)sk, 4);
	EXPECT_EQ(KOBJ_GET(sk, "snd_nxt"), 4);
}

FAILS(congestion, no_such_field, "no field 'snd_cwmd' in struct tcp_sock; did you mean 'snd_cwnd'?")
{
	set_up();
	KOBJ_WRITABLE(BPFUNIT_KOBJ("tcp_sock"), "snd_cwmd");
}
