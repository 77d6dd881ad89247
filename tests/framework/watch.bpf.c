// SPDX-License-Identifier: BSD-2-Clause
/* Programs whose runs are watched. Lines matter: tests name them. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

__u32 divisor;

SEC("xdp")
int no_action(struct xdp_md *ctx)
{
	return 77;
}

SEC("raw_tp")
int cpu(void *ctx)
{
	return bpf_get_smp_processor_id();
}

SEC("raw_tp")
int divides(void *ctx)
{
	return 10 / *(volatile __u32 *)&divisor;
}

SEC("raw_tp")
int null(void *ctx)
{
	return *(volatile int *)4; /* NULL */
}

char LICENSE[] SEC("license") = "GPL";
