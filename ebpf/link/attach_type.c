/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which attach types a program of each type may be attached with.
 * Source: attach_type_to_prog_type(), bpf_prog_attach_check_attach_type(), kernel/bpf/syscall.c
 * (6.18). Differs: a cgroup_skb program that returns more than 1 is not tied to the attach type it
 * was loaded with, for what a program returns is known when it runs.
 */
#include "ebpf/link/link.h"

/* One program type for each attach type; several families have several. */
static const u8 prog_types[BU_ATTACH_MAX] = {
	[BPF_CGROUP_INET_INGRESS] = BPF_PROG_TYPE_CGROUP_SKB,
	[BPF_CGROUP_INET_EGRESS] = BPF_PROG_TYPE_CGROUP_SKB,
	[BPF_CGROUP_INET_SOCK_CREATE] = BPF_PROG_TYPE_CGROUP_SOCK,
	[BPF_CGROUP_INET_SOCK_RELEASE] = BPF_PROG_TYPE_CGROUP_SOCK,
	[BPF_CGROUP_INET4_POST_BIND] = BPF_PROG_TYPE_CGROUP_SOCK,
	[BPF_CGROUP_INET6_POST_BIND] = BPF_PROG_TYPE_CGROUP_SOCK,
	[BPF_CGROUP_INET4_BIND] = BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
	[BPF_CGROUP_INET6_BIND] = BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
	[BPF_CGROUP_INET4_CONNECT] = BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
	[BPF_CGROUP_INET6_CONNECT] = BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
	[BU_ATTACH_UNIX_CONNECT] = BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
	[BPF_CGROUP_INET4_GETPEERNAME] = BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
	[BPF_CGROUP_INET6_GETPEERNAME] = BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
	[BU_ATTACH_UNIX_GETPEERNAME] = BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
	[BPF_CGROUP_INET4_GETSOCKNAME] = BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
	[BPF_CGROUP_INET6_GETSOCKNAME] = BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
	[BU_ATTACH_UNIX_GETSOCKNAME] = BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
	[BPF_CGROUP_UDP4_SENDMSG] = BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
	[BPF_CGROUP_UDP6_SENDMSG] = BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
	[BU_ATTACH_UNIX_SENDMSG] = BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
	[BPF_CGROUP_UDP4_RECVMSG] = BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
	[BPF_CGROUP_UDP6_RECVMSG] = BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
	[BU_ATTACH_UNIX_RECVMSG] = BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
	[BPF_CGROUP_SOCK_OPS] = BPF_PROG_TYPE_SOCK_OPS,
	[BPF_CGROUP_DEVICE] = BPF_PROG_TYPE_CGROUP_DEVICE,
	[BPF_SK_MSG_VERDICT] = BPF_PROG_TYPE_SK_MSG,
	[BPF_SK_SKB_STREAM_PARSER] = BPF_PROG_TYPE_SK_SKB,
	[BPF_SK_SKB_STREAM_VERDICT] = BPF_PROG_TYPE_SK_SKB,
	[BPF_SK_SKB_VERDICT] = BPF_PROG_TYPE_SK_SKB,
	[BPF_LIRC_MODE2] = BPF_PROG_TYPE_LIRC_MODE2,
	[BPF_FLOW_DISSECTOR] = BPF_PROG_TYPE_FLOW_DISSECTOR,
	[BPF_CGROUP_SYSCTL] = BPF_PROG_TYPE_CGROUP_SYSCTL,
	[BPF_CGROUP_GETSOCKOPT] = BPF_PROG_TYPE_CGROUP_SOCKOPT,
	[BPF_CGROUP_SETSOCKOPT] = BPF_PROG_TYPE_CGROUP_SOCKOPT,
	[BPF_TRACE_ITER] = BPF_PROG_TYPE_TRACING,
	[BPF_TRACE_RAW_TP] = BPF_PROG_TYPE_TRACING,
	[BPF_TRACE_FENTRY] = BPF_PROG_TYPE_TRACING,
	[BPF_TRACE_FEXIT] = BPF_PROG_TYPE_TRACING,
	[BPF_MODIFY_RETURN] = BPF_PROG_TYPE_TRACING,
	[BPF_LSM_MAC] = BPF_PROG_TYPE_LSM,
	[BPF_LSM_CGROUP] = BPF_PROG_TYPE_LSM,
	[BPF_SK_LOOKUP] = BPF_PROG_TYPE_SK_LOOKUP,
	[BPF_XDP] = BPF_PROG_TYPE_XDP,
	[BU_ATTACH_TCX_INGRESS] = BPF_PROG_TYPE_SCHED_CLS,
	[BU_ATTACH_TCX_EGRESS] = BPF_PROG_TYPE_SCHED_CLS,
	[BU_ATTACH_NETKIT_PRIMARY] = BPF_PROG_TYPE_SCHED_CLS,
	[BU_ATTACH_NETKIT_PEER] = BPF_PROG_TYPE_SCHED_CLS,
};

u32 bu_attach_prog_type(u32 attach_type)
{
	return attach_type < BU_ATTACH_MAX ? prog_types[attach_type] : BPF_PROG_TYPE_UNSPEC;
}

static bool is_multi(u32 attach_type)
{
	return attach_type == BPF_TRACE_KPROBE_MULTI || attach_type == BU_ATTACH_KPROBE_SESSION ||
	       attach_type == BU_ATTACH_UPROBE_MULTI || attach_type == BU_ATTACH_UPROBE_SESSION;
}

/* A probe loaded for several places at once can be attached in no other way; one that was not can
 * be attached in any. */
static bool kprobe_goes(const struct bu_prog *prog, u32 attach_type)
{
	if (is_multi(prog->expected_attach_type))
		return attach_type == prog->expected_attach_type;
	return attach_type == BPF_PERF_EVENT || is_multi(attach_type);
}

static bool goes(const struct bu_prog *prog, u32 attach_type)
{
	switch (prog->prog_type) {
	case BPF_PROG_TYPE_CGROUP_SOCK:
	case BPF_PROG_TYPE_CGROUP_SOCK_ADDR:
	case BPF_PROG_TYPE_CGROUP_SOCKOPT:
	case BPF_PROG_TYPE_SK_LOOKUP:
		return attach_type == prog->expected_attach_type;
	case BPF_PROG_TYPE_EXT:
		return true;
	case BU_PROG_TYPE_NETFILTER:
		return attach_type == BU_ATTACH_NETFILTER;
	case BPF_PROG_TYPE_PERF_EVENT:
	case BPF_PROG_TYPE_TRACEPOINT:
		return attach_type == BPF_PERF_EVENT;
	case BPF_PROG_TYPE_KPROBE:
		return kprobe_goes(prog, attach_type);
	default: /* no program is of type UNSPEC */
		return prog->prog_type == bu_attach_prog_type(attach_type);
	}
}

int bu_attach_check(const struct bu_prog *prog, u32 attach_type)
{
	return goes(prog, attach_type) ? 0 : -EINVAL;
}
