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

/* The kernel's objects behind a context. */
struct net_device {
	int ifindex;
} __attribute__((preserve_access_index));

struct xdp_rxq_info {
	struct {
		struct net_device *dev;
		__u32 queue_index;
	};
} __attribute__((preserve_access_index));

struct xdp_buff {
	void *data, *data_end;
	struct xdp_rxq_info *rxq;
} __attribute__((preserve_access_index));

struct sk_buff {
	__u32 len;
	struct net_device *dev;
} __attribute__((preserve_access_index));

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
} samples SEC(".maps");

int ifindex, written;

SEC("?fentry/look")
int BPF_PROG(enter_look, struct xdp_buff *xdp, int index)
{
	__u32 head = 7;

	seen_a = xdp->data_end - xdp->data;
	seen_b = bpf_xdp_get_buff_len((struct xdp_md *)xdp);
	ifindex = xdp->rxq->dev->ifindex;
	entries += index;
	written = bpf_xdp_output(xdp, &samples, (4ULL << 32) | BPF_F_CURRENT_CPU, &head,
				 sizeof(head));
	seen_return = bpf_xdp_output(xdp, &samples, (65ULL << 32) | BPF_F_CURRENT_CPU, &head,
				     sizeof(head));
	return 0;
}

SEC("?fexit/of_another_type")
int BPF_PROG(leave_another_type, struct sk_buff *skb, int ret)
{
	seen_a = skb->len;
	ifindex = skb->dev->ifindex;
	written =
		bpf_skb_output(skb, &samples, (2ULL << 32) | BPF_F_CURRENT_CPU, &ret, sizeof(ret));
	return 0;
}

/* Only the kernel's functions have their return values changed. */
SEC("?fmod_ret/add")
int BPF_PROG(modify_add, int a, int b, int ret)
{
	return 1;
}

char LICENSE[] SEC("license") = "GPL";
