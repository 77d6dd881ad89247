// SPDX-License-Identifier: BSD-2-Clause
/*
 * Return values that a program type does not have: a warning, not a fault, for the run has ended.
 * Source: check_return_code(), kernel/bpf/verifier.c; bpf_warn_invalid_xdp_action(),
 * net/core/filter.c (6.12). Differs: the verifier refuses a program that might return such a value
 * when it is loaded, this is about the value that it did return; LSM hooks are taken to return an
 * errno, as nearly all do.
 */
#include "ebpf/kernel.h"
#include "ebpf/prog/prog_types.h"

struct range {
	u32 prog_type, attach_type; /* 0 as attach type: of any other */
	s64 low, high;
};

#define SOCK_ADDR(attach)                                                                          \
	{                                                                                          \
		BPF_PROG_TYPE_CGROUP_SOCK_ADDR, attach, 1, 1                                       \
	}

/* The first row that fits counts. */
static const struct range ranges[] = {
	{ BPF_PROG_TYPE_XDP, 0, XDP_ABORTED, XDP_REDIRECT },
	SOCK_ADDR(BPF_CGROUP_UDP4_RECVMSG),
	SOCK_ADDR(BPF_CGROUP_UDP6_RECVMSG),
	SOCK_ADDR(BPF_CGROUP_INET4_GETPEERNAME),
	SOCK_ADDR(BPF_CGROUP_INET6_GETPEERNAME),
	SOCK_ADDR(BPF_CGROUP_INET4_GETSOCKNAME),
	SOCK_ADDR(BPF_CGROUP_INET6_GETSOCKNAME),
	{ BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_BIND, 0, 3 },
	{ BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET6_BIND, 0, 3 },
	{ BPF_PROG_TYPE_CGROUP_SOCK_ADDR, 0, 0, 1 },
	{ BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS, 0, 3 },
	{ BPF_PROG_TYPE_CGROUP_SKB, 0, 0, 1 },
	{ BPF_PROG_TYPE_CGROUP_SOCK, 0, 0, 1 },
	{ BPF_PROG_TYPE_SOCK_OPS, 0, 0, 1 },
	{ BPF_PROG_TYPE_CGROUP_DEVICE, 0, 0, 1 },
	{ BPF_PROG_TYPE_CGROUP_SYSCTL, 0, 0, 1 },
	{ BPF_PROG_TYPE_CGROUP_SOCKOPT, 0, 0, 1 },
	{ BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, 0, 0 },
	{ BPF_PROG_TYPE_TRACING, BPF_TRACE_FEXIT, 0, 0 },
	{ BPF_PROG_TYPE_TRACING, BPF_TRACE_ITER, 0, 1 },
	{ BPF_PROG_TYPE_LSM, BPF_LSM_CGROUP, 0, 1 },
	{ BPF_PROG_TYPE_LSM, 0, -4095, 0 },
	{ BPF_PROG_TYPE_SK_LOOKUP, 0, SK_DROP, SK_PASS },
	{ 32 /* BPF_PROG_TYPE_NETFILTER */, 0, 0, 1 },
};

static const struct range *range_of(const struct bu_prog *prog)
{
	for (size_t i = 0; i < BU_ARRAY_SIZE(ranges); i++) {
		if (ranges[i].prog_type == prog->prog_type &&
		    (!ranges[i].attach_type || ranges[i].attach_type == prog->expected_attach_type))
			return &ranges[i];
	}
	return NULL;
}

void bu_check_retval(const struct bu_run *run, u64 retval)
{
	const struct bu_prog *prog = run->first;
	const struct range *range = range_of(prog);
	s64 value = (s32)retval;

	if (!range || (value >= range->low && value <= range->high))
		return;
	if (prog->prog_type == BPF_PROG_TYPE_XDP)
		bu_warn(run->kernel,
			"program '%s' returned %lld, which is no XDP action: the kernel warns and "
			"drops the packet",
			prog->name, (long long)value);
	else if (range->low == range->high)
		bu_warn(run->kernel,
			"program '%s' returned %lld: the kernel lets a program of type %s load "
			"only if "
			"it returns %lld",
			prog->name, (long long)value, prog->type->name, (long long)range->low);
	else
		bu_warn(run->kernel,
			"program '%s' returned %lld: the kernel lets a program of type %s load "
			"only if "
			"it returns %lld to %lld",
			prog->name, (long long)value, prog->type->name, (long long)range->low,
			(long long)range->high);
}
