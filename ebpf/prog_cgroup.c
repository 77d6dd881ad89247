// SPDX-License-Identifier: BSD-2-Clause
/*
 * Contexts of socket and cgroup programs: plain memory, of which a few fields can be written.
 * Source: *_is_valid_access(), net/core/filter.c, kernel/bpf/cgroup.c (6.12). Differs: fields that
 * only some attach types may write can be written under all.
 */
#include "ebpf/prog_types.h"

#include "ebpf/kernel.h"

void bu_cgroup_sock_guard(struct bu_run *run)
{
	static const struct bu_ctx_field fields[] = {
		BU_CTX_FIELD(struct bpf_sock, bound_dev_if, BU_RW),
		BU_CTX_FIELD(struct bpf_sock, mark, BU_RW),
		BU_CTX_FIELD(struct bpf_sock, priority, BU_RW),
	};

	bu_ctx_guard(run, BU_READ, fields, BU_ARRAY_SIZE(fields));
}

void bu_sock_addr_guard(struct bu_run *run)
{
	static const struct bu_ctx_field fields[] = {
		BU_CTX_FIELD(struct bpf_sock_addr, user_ip4, BU_RW),
		BU_CTX_FIELD(struct bpf_sock_addr, user_ip6, BU_RW),
		BU_CTX_FIELD(struct bpf_sock_addr, user_port, BU_RW),
		BU_CTX_FIELD(struct bpf_sock_addr, msg_src_ip4, BU_RW),
		BU_CTX_FIELD(struct bpf_sock_addr, msg_src_ip6, BU_RW),
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
	static const struct bu_ctx_field fields[] = {
		BU_CTX_FIELD(struct bpf_sockopt, level, BU_RW),
		BU_CTX_FIELD(struct bpf_sockopt, optname, BU_RW),
		BU_CTX_FIELD(struct bpf_sockopt, optlen, BU_RW),
		BU_CTX_FIELD(struct bpf_sockopt, retval, BU_RW),
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
