// SPDX-License-Identifier: BSD-2-Clause
/* Programs that replace or watch the functions of target.bpf.c. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

__u64 seen_a, seen_b, seen_return, entries, entries_before, exits, cookie;
int decides;

SEC("freplace/add")
int multiply(int a, int b)
{
	return a * b;
}

SEC("freplace/look")
int look_again(struct xdp_md *ctx, int index)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;

	return data + 4 > end ? -2 : ((__u8 *)data)[2] * index;
}

SEC("freplace/main_program")
int instead_of_main(struct xdp_md *ctx)
{
	return (long)ctx->data_end - (long)ctx->data;
}

SEC("freplace/count_down")
int count_differently(int n)
{
	return -n;
}

extern void bpf_throw(__u64 cookie) __ksym;

SEC("?freplace/add")
int throwing(int a, int b)
{
	bpf_throw(a + 4);
	return 0;
}

/* Do not fit add(). */
SEC("?freplace/add")
int three_args(int a, int b, int c)
{
	return 0;
}

SEC("?freplace/add")
int wider(int a, __u64 b)
{
	return 0;
}

SEC("?freplace/add")
void *pointer(int a, int b)
{
	return 0;
}

SEC("?freplace/look")
int other_context(struct __sk_buff *ctx, int index)
{
	return 0;
}

SEC("fentry/add")
int BPF_PROG(enter_add, int a, int b)
{
	seen_a = a;
	seen_b = b;
	entries++;
	cookie = bpf_get_attach_cookie(ctx);
	return 0;
}

SEC("fexit/add")
int BPF_PROG(leave_add, int a, int b, int ret)
{
	seen_a = a;
	seen_b = b;
	seen_return = ret;
	exits++;
	return 0;
}

SEC("fentry/count_down")
int BPF_PROG(enter_count, int n)
{
	seen_a = n;
	entries++;
	return 0;
}

/* Of tail_call.bpf.c. */
SEC("?fentry/once")
int BPF_PROG(enter_once, struct __sk_buff *skb)
{
	entries++;
	return 0;
}

SEC("?fexit/again")
int BPF_PROG(leave_again)
{
	exits++;
	return 0;
}

/* Beside enter_add. */
SEC("?fentry/add")
int BPF_PROG(enter_add_too, int a, int b)
{
	entries_before = entries;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
