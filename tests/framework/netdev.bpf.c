// SPDX-License-Identifier: BSD-2-Clause
/* Programs for devices, cgroups and namespaces that say what they are told to, and in which order
 * they ran. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_helpers.h>

int xdp_says = XDP_PASS, first_says = TC_ACT_UNSPEC, second_says = TC_ACT_UNSPEC, third_says;
char order[16];
__u32 ran, ifindex;

static void note(char who)
{
	if (ran < sizeof(order))
		order[ran++] = who;
}

SEC("xdp")
int gate(struct xdp_md *ctx)
{
	note('x');
	ifindex = ctx->ingress_ifindex;
	return xdp_says;
}

SEC("xdp")
int other_gate(struct xdp_md *ctx)
{
	note('y');
	return XDP_PASS;
}

SEC("tc")
int first(struct __sk_buff *skb)
{
	note('1');
	ifindex = skb->ifindex;
	return first_says;
}

SEC("tc")
int second(struct __sk_buff *skb)
{
	note('2');
	return second_says;
}

SEC("tc")
int third(struct __sk_buff *skb)
{
	note('3');
	return third_says;
}

SEC("cgroup_skb/egress")
int egress(struct __sk_buff *skb)
{
	return 1;
}

SEC("flow_dissector")
int dissect(struct __sk_buff *skb)
{
	return BPF_OK;
}

SEC("?netfilter")
int hook(void *ctx)
{
	return 1;
}

SEC("lsm_cgroup/socket_bind")
int on_bind(void *ctx)
{
	return 1;
}

SEC("lsm_cgroup/socket_bind")
int on_bind_too(void *ctx)
{
	return 1;
}

SEC("lsm_cgroup/socket_post_create")
int on_create(void *ctx)
{
	return 1;
}

char LICENSE[] SEC("license") = "GPL";
