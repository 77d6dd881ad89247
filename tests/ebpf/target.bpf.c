// SPDX-License-Identifier: BSD-2-Clause
/* A program whose functions others replace and watch. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

__u32 calls;
int with;

/* Begins with the head of a loop. */
__attribute__((noinline)) int count_down(int n)
{
	while (n > 0) {
		n -= 3;
		barrier_var(n);
	}
	return n;
}

__attribute__((noinline)) int add(int a, int b)
{
	calls++;
	return a + b + (int)bpf_get_smp_processor_id();
}

/* Begins with a branch. */
__attribute__((noinline)) int choose(long a)
{
	long result;

	asm volatile("if %[a] == 5 goto +2; %[result] = 1; goto +1; %[result] = 2;"
		     : [result] "=&r"(result)
		     : [a] "r"(a));
	return result;
}

__attribute__((noinline)) int look(struct xdp_md *ctx, int index)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;

	return data + 4 > end ? -1 : ((__u8 *)data)[1] * index;
}

static __attribute__((noinline)) int hidden(int a)
{
	return a * (int)bpf_get_smp_processor_id();
}

SEC("xdp")
int main_program(struct xdp_md *ctx)
{
	return add(with, 2) * 1000 + look(ctx, 1) + hidden(with);
}

SEC("xdp")
int loops(struct xdp_md *ctx)
{
	return count_down(with);
}

SEC("xdp")
int chooses(struct xdp_md *ctx)
{
	return choose(with);
}

SEC("tc")
int of_another_type(struct __sk_buff *skb)
{
	return add(1, 2);
}

char LICENSE[] SEC("license") = "GPL";
