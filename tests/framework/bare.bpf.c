// SPDX-License-Identifier: BSD-2-Clause
/* An object without BTF (compiled with -g0). */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

int x;

SEC("tc")
int add_x(struct __sk_buff *skb)
{
	return x;
}

char _license[] SEC("license") = "GPL";
