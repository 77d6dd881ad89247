// SPDX-License-Identifier: BSD-2-Clause
/* A congestion control, which writes what the kernel lets it write of a socket, and once more. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/* As much of a congestion control's socket as it needs. */
struct sock {
	__u32 sk_priority;
	unsigned long sk_pacing_rate;
} __attribute__((preserve_access_index));

struct inet_sock {
	struct sock sk;
} __attribute__((preserve_access_index));

struct inet_connection_sock {
	struct inet_sock icsk_inet;
	__u64 icsk_ca_priv[13];
} __attribute__((preserve_access_index));

struct tcp_sock {
	struct inet_connection_sock inet_conn;
	__u32 snd_cwnd, snd_ssthresh, snd_nxt;
} __attribute__((preserve_access_index));

struct tcp_congestion_ops {
	__u32 (*ssthresh)(struct sock *sk);
	void (*cong_avoid)(struct sock *sk, __u32 ack, __u32 acked);
	__u32 (*undo_cwnd)(struct sock *sk);
	void (*set_state)(struct sock *sk, __u8 state);
	char name[16];
};

SEC("struct_ops/halve")
__u32 BPF_PROG(halve, struct sock *sk)
{
	return ((struct tcp_sock *)sk)->snd_cwnd / 2;
}

SEC("struct_ops/grow")
void BPF_PROG(grow, struct sock *sk, __u32 ack, __u32 acked)
{
	struct inet_connection_sock *icsk = (void *)sk;
	struct tcp_sock *tp = (void *)sk;

	icsk->icsk_ca_priv[1] += acked;
	tp->snd_cwnd += acked;
	sk->sk_pacing_rate = tp->snd_cwnd * 1448UL;
}

SEC("struct_ops/same")
__u32 BPF_PROG(same, struct sock *sk)
{
	return ((struct tcp_sock *)sk)->snd_cwnd;
}

SEC("struct_ops/forbidden")
void BPF_PROG(forbidden, struct sock *sk, __u8 state)
{
	((struct tcp_sock *)sk)->snd_nxt = state;
}

SEC("raw_tp/tcp_probe")
int BPF_PROG(outsider, struct tcp_sock *tp)
{
	tp->snd_cwnd = 1;
	return 0;
}

SEC(".struct_ops")
struct tcp_congestion_ops reno = {
	.ssthresh = (void *)halve,
	.cong_avoid = (void *)grow,
	.undo_cwnd = (void *)same,
	.set_state = (void *)forbidden,
	.name = "test_reno",
};

char LICENSE[] SEC("license") = "GPL";
