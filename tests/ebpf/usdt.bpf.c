// SPDX-License-Identifier: BSD-2-Clause
/* A program on a static probe of usdt_target.c, for usdt_test.c. */
#include <linux/bpf.h>
#include <linux/ptrace.h>

#include <stdbool.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/usdt.bpf.h>

long first, second;

SEC("usdt")
int BPF_USDT(probed, long x, long y)
{
	first = x;
	second = y;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
