// SPDX-License-Identifier: BSD-2-Clause
/*
 * Contexts of socket and cgroup programs: plain memory, of which a few fields can be written.
 * Source: *_is_valid_access(), net/core/filter.c, kernel/bpf/cgroup.c (6.12). Differs: fields that
 * only some attach types may write can be written under all.
 */
#include "ebpf/prog/prog_types.h"

#include "ebpf/kernel.h"

#define SOCK(field_, access_)      BU_CTX_FIELD(struct bpf_sock, field_, access_)
#define SOCK_ADDR(field_, access_) BU_CTX_FIELD(struct bpf_sock_addr, field_, access_)
#define SOCKOPT(field_, access_)   BU_CTX_FIELD(struct bpf_sockopt, field_, access_)

void bu_cgroup_sock_guard(struct bu_run *run)
{
	u32 attach = run->prog->expected_attach_type;
	bool post4 = attach == BPF_CGROUP_INET4_POST_BIND;
	bool post6 = attach == BPF_CGROUP_INET6_POST_BIND;
	u8 settable = post4 || post6 ? BU_NONE : BU_RW;
	const struct bu_ctx_field fields[] = {
		SOCK(bound_dev_if, settable),
		SOCK(mark, settable),
		SOCK(priority, settable),
		SOCK(src_ip4, post4 ? BU_READ : BU_NONE),
		SOCK(src_ip6, post6 ? BU_READ : BU_NONE),
		SOCK(src_port, post4 || post6 ? BU_READ : BU_NONE),
	};

	bu_ctx_guard(run, BU_READ, fields, BU_ARRAY_SIZE(fields));
}

static bool is_ipv6(u32 attach)
{
	switch (attach) {
	case BPF_CGROUP_INET6_BIND:
	case BPF_CGROUP_INET6_CONNECT:
	case BPF_CGROUP_INET6_GETPEERNAME:
	case BPF_CGROUP_INET6_GETSOCKNAME:
	case BPF_CGROUP_UDP6_SENDMSG:
	case BPF_CGROUP_UDP6_RECVMSG:
		return true;
	}
	return false;
}

static bool is_unix(u32 attach)
{
	return attach > BPF_CGROUP_UDP6_RECVMSG && !is_ipv6(attach) &&
	       attach != BPF_CGROUP_INET4_GETPEERNAME && attach != BPF_CGROUP_INET4_GETSOCKNAME;
}

void bu_sock_addr_guard(struct bu_run *run)
{
	u32 attach = run->prog->expected_attach_type;
	bool ipv6 = is_ipv6(attach), ipv4 = !ipv6 && !is_unix(attach);
	const struct bu_ctx_field fields[] = {
		SOCK_ADDR(user_ip4, ipv4 ? BU_RW : BU_NONE),
		SOCK_ADDR(user_ip6, ipv6 ? BU_RW : BU_NONE),
		SOCK_ADDR(user_port, BU_RW),
		SOCK_ADDR(msg_src_ip4, attach == BPF_CGROUP_UDP4_SENDMSG ? BU_RW : BU_NONE),
		SOCK_ADDR(msg_src_ip6, attach == BPF_CGROUP_UDP6_SENDMSG ? BU_RW : BU_NONE),
		{ offsetof(struct bpf_sock_addr, msg_src_ip6) + 16, 4, BU_NONE }, /* padding */
	};

	bu_ctx_guard(run, BU_READ, fields, BU_ARRAY_SIZE(fields));
}

void bu_sock_ops_guard(struct bu_run *run)
{
	static const struct bu_ctx_field fields[] = {
		BU_CTX_FIELD(struct bpf_sock_ops, reply, BU_RW),
		BU_CTX_FIELD(struct bpf_sock_ops, sk_txhash, BU_RW),
	};

	bu_ctx_guard(run, BU_READ, fields, BU_ARRAY_SIZE(fields));
}

void bu_sysctl_guard(struct bu_run *run)
{
	static const struct bu_ctx_field fields[] = {
		BU_CTX_FIELD(struct bpf_sysctl, file_pos, BU_RW),
	};

	bu_ctx_guard(run, BU_READ, fields, BU_ARRAY_SIZE(fields));
}

void bu_sockopt_guard(struct bu_run *run)
{
	bool get = run->prog->expected_attach_type == BPF_CGROUP_GETSOCKOPT;
	const struct bu_ctx_field fields[] = {
		SOCKOPT(level, get ? BU_READ : BU_RW),
		SOCKOPT(optname, get ? BU_READ : BU_RW),
		SOCKOPT(optlen, BU_RW),
		SOCKOPT(retval, get ? BU_RW : BU_NONE),
	};

	bu_ctx_guard(run, BU_READ, fields, BU_ARRAY_SIZE(fields));
}

void bu_sk_lookup_guard(struct bu_run *run)
{
	u32 end = offsetof(struct bpf_sk_lookup, ingress_ifindex) + 4;
	const struct bu_ctx_field padding = { (u16)end, (u16)(sizeof(struct bpf_sk_lookup) - end),
					      BU_NONE };

	bu_ctx_guard(run, BU_READ, &padding, 1);
}

void bu_reuseport_guard(struct bu_run *run)
{
	u32 end = offsetof(struct sk_reuseport_md, hash) + 4;
	const struct bu_ctx_field fields[] = {
		{ (u16)end, (u16)(offsetof(struct sk_reuseport_md, sk) - end), BU_NONE },
		{ 0, run->packet.data ? 16 : 0, BU_NONE },
	};

	bu_ctx_guard(run, BU_READ, fields, BU_ARRAY_SIZE(fields));
}

/* sk_msg_md and sk_reuseport_md begin with 8-byte pointers data and data_end. Without a packet they
 * are what the given context says. */
void bu_packet_ctx_guard(struct bu_run *run)
{
	static const struct bu_ctx_field fields[] = { { 0, 16, BU_NONE } };

	bu_ctx_guard(run, BU_READ, fields, run->packet.data ? 1 : 0);
}

bool bu_packet_ctx_load(struct bu_run *run, u32 offset, u32 size, u64 *value)
{
	if (size != 8 || !run->packet.data || (offset != 0 && offset != 8))
		return false;
	*value = (u64)(offset ? run->packet.end : run->packet.data);
	return true;
}
