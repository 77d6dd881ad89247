// SPDX-License-Identifier: BSD-2-Clause
#include "access.h"

#include <linux/bpf_perf_event.h>
#include <stdio.h>

static const struct type {
	const char *name;
	enum bpf_prog_type type;
	enum bpf_attach_type attach;
	unsigned int size;
} types[] = {
	{ "socket_filter", BPF_PROG_TYPE_SOCKET_FILTER, 0, sizeof(struct __sk_buff) },
	{ "kprobe", BPF_PROG_TYPE_KPROBE, 0, sizeof(bpf_user_pt_regs_t) },
	{ "sched_cls", BPF_PROG_TYPE_SCHED_CLS, 0, sizeof(struct __sk_buff) },
	{ "sched_act", BPF_PROG_TYPE_SCHED_ACT, 0, sizeof(struct __sk_buff) },
	{ "tracepoint", BPF_PROG_TYPE_TRACEPOINT, 0, 64 },
	{ "xdp", BPF_PROG_TYPE_XDP, 0, sizeof(struct xdp_md) },
	{ "xdp_devmap", BPF_PROG_TYPE_XDP, BPF_XDP_DEVMAP, sizeof(struct xdp_md) },
	{ "perf_event", BPF_PROG_TYPE_PERF_EVENT, 0, sizeof(struct bpf_perf_event_data) },
	{ "cgroup_skb", BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_INGRESS,
	  sizeof(struct __sk_buff) },
	{ "cgroup_sock_create", BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET_SOCK_CREATE,
	  sizeof(struct bpf_sock) },
	{ "cgroup_post_bind4", BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET4_POST_BIND,
	  sizeof(struct bpf_sock) },
	{ "cgroup_post_bind6", BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET6_POST_BIND,
	  sizeof(struct bpf_sock) },
	{ "lwt_in", BPF_PROG_TYPE_LWT_IN, 0, sizeof(struct __sk_buff) },
	{ "lwt_out", BPF_PROG_TYPE_LWT_OUT, 0, sizeof(struct __sk_buff) },
	{ "lwt_xmit", BPF_PROG_TYPE_LWT_XMIT, 0, sizeof(struct __sk_buff) },
	{ "sock_ops", BPF_PROG_TYPE_SOCK_OPS, BPF_CGROUP_SOCK_OPS, sizeof(struct bpf_sock_ops) },
	{ "sk_skb", BPF_PROG_TYPE_SK_SKB, 0, sizeof(struct __sk_buff) },
	{ "cgroup_device", BPF_PROG_TYPE_CGROUP_DEVICE, BPF_CGROUP_DEVICE,
	  sizeof(struct bpf_cgroup_dev_ctx) },
	{ "sk_msg", BPF_PROG_TYPE_SK_MSG, BPF_SK_MSG_VERDICT, sizeof(struct sk_msg_md) },
	{ "raw_tracepoint", BPF_PROG_TYPE_RAW_TRACEPOINT, 0, 96 },
	{ "connect4", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_CONNECT,
	  sizeof(struct bpf_sock_addr) },
	{ "connect6", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET6_CONNECT,
	  sizeof(struct bpf_sock_addr) },
	{ "sendmsg4", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UDP4_SENDMSG,
	  sizeof(struct bpf_sock_addr) },
	{ "sendmsg6", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UDP6_SENDMSG,
	  sizeof(struct bpf_sock_addr) },
	{ "lwt_seg6local", BPF_PROG_TYPE_LWT_SEG6LOCAL, 0, sizeof(struct __sk_buff) },
	{ "sk_reuseport", BPF_PROG_TYPE_SK_REUSEPORT, BPF_SK_REUSEPORT_SELECT,
	  sizeof(struct sk_reuseport_md) },
	{ "flow_dissector", BPF_PROG_TYPE_FLOW_DISSECTOR, BPF_FLOW_DISSECTOR,
	  sizeof(struct __sk_buff) },
	{ "cgroup_sysctl", BPF_PROG_TYPE_CGROUP_SYSCTL, BPF_CGROUP_SYSCTL,
	  sizeof(struct bpf_sysctl) },
	{ "getsockopt", BPF_PROG_TYPE_CGROUP_SOCKOPT, BPF_CGROUP_GETSOCKOPT,
	  sizeof(struct bpf_sockopt) },
	{ "setsockopt", BPF_PROG_TYPE_CGROUP_SOCKOPT, BPF_CGROUP_SETSOCKOPT,
	  sizeof(struct bpf_sockopt) },
	{ "sk_lookup", BPF_PROG_TYPE_SK_LOOKUP, BPF_SK_LOOKUP, sizeof(struct bpf_sk_lookup) },
	{ "syscall", BPF_PROG_TYPE_SYSCALL, 0, 64 },
};

static bool try_access(const struct type *type, unsigned int offset, unsigned int size, bool write,
		       bool (*may)(const struct access_try *try))
{
	struct bpf_insn clear = { .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0 };
	struct bpf_insn load = { .code = BPF_LDX | BPF_MEM | (size == 8 ? BPF_DW : BPF_W),
				 .dst_reg = 2,
				 .src_reg = 1,
				 .off = (short)offset };
	struct bpf_insn store = { .code = BPF_STX | BPF_MEM | (size == 8 ? BPF_DW : BPF_W),
				  .dst_reg = 1,
				  .src_reg = 0,
				  .off = (short)offset };
	struct bpf_insn one = { .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 1 };
	struct bpf_insn leave = { .code = BPF_JMP | BPF_EXIT };
	struct access_try try = {
		type->type, type->attach, type->size, { clear, write ? store : load, one, leave }
	};

	return may(&try);
}

/* Four bytes, or the eight that they belong to. */
static bool allowed(const struct type *type, unsigned int offset, bool write,
		    bool (*may)(const struct access_try *try))
{
	unsigned int whole = offset & ~7U;

	return try_access(type, offset, 4, write, may) ||
	       (whole + 8 <= type->size && try_access(type, whole, 8, write, may));
}

void access_lines(bool (*may)(const struct access_try *try),
		  void (*line)(void *arg, const char *text), void *arg)
{
	char text[256];

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		int len = snprintf(text, sizeof(text), "%-18s ", types[i].name);

		for (unsigned int offset = 0; offset + 4 <= types[i].size; offset += 4)
			text[len++] = ".rwb"[allowed(&types[i], offset, false, may) +
					     2 * allowed(&types[i], offset, true, may)];
		text[len] = 0;
		line(arg, text);
	}
}
