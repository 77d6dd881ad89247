/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which program types go with which expected_attach_type, and which name what they attach to by BTF
 * id. Source: bpf_prog_load_fixup_attach_type(), bpf_prog_load_check_attach(),
 * kernel/bpf/syscall.c; bpf_check_attach_target(), kernel/bpf/verifier.c (6.12).
 */
#include "ebpf/kernel.h"
#include "ebpf/log.h"
#include "ebpf/prog/prog.h"

/* Newer than the oldest header that we build with. Source: enum bpf_attach_type (6.12). */
enum {
	NETFILTER = 45,
	UNIX_CONNECT = 49,
	UNIX_SENDMSG = 50,
	UNIX_RECVMSG = 51,
	UNIX_GETPEERNAME = 52,
	UNIX_GETSOCKNAME = 53,
	PROG_TYPE_NETFILTER = 32,
};

/* The types that accept only some attach types, one pair a row. */
static const struct {
	u8 type, attach;
} allowed[] = {
	{ BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET_SOCK_CREATE },
	{ BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET_SOCK_RELEASE },
	{ BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET4_POST_BIND },
	{ BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET6_POST_BIND },
	{ BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_BIND },
	{ BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET6_BIND },
	{ BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_CONNECT },
	{ BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET6_CONNECT },
	{ BPF_PROG_TYPE_CGROUP_SOCK_ADDR, UNIX_CONNECT },
	{ BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_GETPEERNAME },
	{ BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET6_GETPEERNAME },
	{ BPF_PROG_TYPE_CGROUP_SOCK_ADDR, UNIX_GETPEERNAME },
	{ BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_GETSOCKNAME },
	{ BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET6_GETSOCKNAME },
	{ BPF_PROG_TYPE_CGROUP_SOCK_ADDR, UNIX_GETSOCKNAME },
	{ BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UDP4_SENDMSG },
	{ BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UDP6_SENDMSG },
	{ BPF_PROG_TYPE_CGROUP_SOCK_ADDR, UNIX_SENDMSG },
	{ BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UDP4_RECVMSG },
	{ BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UDP6_RECVMSG },
	{ BPF_PROG_TYPE_CGROUP_SOCK_ADDR, UNIX_RECVMSG },
	{ BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_INGRESS },
	{ BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS },
	{ BPF_PROG_TYPE_CGROUP_SOCKOPT, BPF_CGROUP_SETSOCKOPT },
	{ BPF_PROG_TYPE_CGROUP_SOCKOPT, BPF_CGROUP_GETSOCKOPT },
	{ BPF_PROG_TYPE_SK_LOOKUP, BPF_SK_LOOKUP },
	{ BPF_PROG_TYPE_SK_REUSEPORT, BPF_SK_REUSEPORT_SELECT },
	{ BPF_PROG_TYPE_SK_REUSEPORT, BPF_SK_REUSEPORT_SELECT_OR_MIGRATE },
	{ PROG_TYPE_NETFILTER, NETFILTER },
	{ BPF_PROG_TYPE_SYSCALL, 0 },
	{ BPF_PROG_TYPE_EXT, 0 },
};

static bool pair_is_allowed(u32 type, u32 attach)
{
	bool restricted = false;

	for (size_t i = 0; i < BU_ARRAY_SIZE(allowed); i++) {
		if (allowed[i].type != type)
			continue;
		if (allowed[i].attach == attach)
			return true;
		restricted = true;
	}
	return !restricted;
}

static bool uses_btf_id(u32 type)
{
	return type == BPF_PROG_TYPE_TRACING || type == BPF_PROG_TYPE_LSM ||
	       type == BPF_PROG_TYPE_STRUCT_OPS || type == BPF_PROG_TYPE_EXT;
}

/* What a BTF id must name: a typedef btf_trace_... for tp_btf, else a function. */
static int check_kind(struct bu_kernel *kernel, const union bpf_attr *attr, struct bu_log *log)
{
	const struct bu_btf *btf = bu_vmlinux_btf(kernel);
	const struct btf_type *type = btf ? bu_btf_type(btf, attr->attach_btf_id) : NULL;
	bool typedefed = attr->expected_attach_type == BPF_TRACE_RAW_TP;
	u32 kind = typedefed ? BTF_KIND_TYPEDEF : BTF_KIND_FUNC;

	if (!type) {
		bu_log_add(log, "attach_btf_id %u is invalid\n", attr->attach_btf_id);
		return -EINVAL;
	}
	if (attr->prog_type == BPF_PROG_TYPE_EXT) {
		bu_log_add(log, "Cannot replace kernel functions\n");
		return -EINVAL;
	}
	if (BTF_INFO_KIND(type->info) != kind) {
		bu_log_add(log, "attach_btf_id %u is not a %s\n", attr->attach_btf_id,
			   typedefed ? "typedef" : "function");
		return -EINVAL;
	}
	return 0;
}

/* Source: check_attach_btf_id(), kernel/bpf/verifier.c */
static int check_btf_id(struct bu_kernel *kernel, const union bpf_attr *attr, struct bu_log *log)
{
	if (attr->prog_type == BPF_PROG_TYPE_STRUCT_OPS)
		return 0; /* ebpf/link/struct_ops.c */
	if (!attr->attach_btf_id) {
		bu_log_add(log, "Tracing programs must provide btf_id\n");
		return -EINVAL;
	}
	return attr->attach_prog_fd ? 0 : check_kind(kernel, attr, log);
}

/* attach_prog_fd: a program to attach to, or kernel BTF. Source: bpf_prog_load(). */
static int check_target(struct bu_kernel *kernel, const union bpf_attr *attr)
{
	struct bu_object *object;
	int err;

	if (!attr->attach_prog_fd)
		return 0;
	if (bu_fd_object(kernel, attr->attach_prog_fd, BU_OBJECT_PROG, &err))
		return attr->prog_type == BPF_PROG_TYPE_TRACING ||
				       attr->prog_type == BPF_PROG_TYPE_EXT
			       ? 0
			       : -EINVAL;
	object = bu_fd_object(kernel, attr->attach_btf_obj_fd, BU_OBJECT_BTF, &err);
	if (!object)
		return -EINVAL;
	if (!bu_container_of(object, struct bu_btf, object)->kernel_btf)
		return -BU_ENOTSUPP;
	return attr->attach_btf_id ? 0 : -EINVAL;
}

static void set_defaults(union bpf_attr *attr)
{
	if (attr->expected_attach_type)
		return;
	if (attr->prog_type == BPF_PROG_TYPE_CGROUP_SOCK)
		attr->expected_attach_type = BPF_CGROUP_INET_SOCK_CREATE;
	else if (attr->prog_type == BPF_PROG_TYPE_SK_REUSEPORT)
		attr->expected_attach_type = BPF_SK_REUSEPORT_SELECT;
}

static bool may_sleep(const struct bu_prog *prog)
{
	switch (prog->prog_type) {
	case BPF_PROG_TYPE_TRACING:
		return prog->expected_attach_type != BPF_TRACE_RAW_TP;
	case BPF_PROG_TYPE_LSM:
		return prog->expected_attach_type != BPF_LSM_CGROUP;
	case BPF_PROG_TYPE_KPROBE:
	case BPF_PROG_TYPE_STRUCT_OPS:
	case BPF_PROG_TYPE_SYSCALL:
		return true;
	default:
		return false;
	}
}

/* Source: check_attach_btf_id(), can_be_sleepable(), kernel/bpf/verifier.c (6.12) */
int bu_prog_check_sleepable(const struct bu_prog *prog, struct bu_log *log)
{
	bool sleepable = prog->flags & BPF_F_SLEEPABLE;

	if (prog->prog_type == BPF_PROG_TYPE_SYSCALL && !sleepable) {
		bu_log_add(log, "Syscall programs can only be sleepable\n");
		return -EINVAL;
	}
	if (!sleepable || may_sleep(prog) || prog->prog_type == BPF_PROG_TYPE_EXT)
		return 0;
	bu_log_add(log, "Only fentry/fexit/fmod_ret, lsm, iter, uprobe, and struct_ops programs "
			"can be sleepable\n");
	return -EINVAL;
}

int bu_prog_check_attach(struct bu_kernel *kernel, union bpf_attr *attr, struct bu_log *log)
{
	int err;

	set_defaults(attr);
	err = check_target(kernel, attr);
	if (err)
		return err;
	if (attr->attach_btf_id > BTF_MAX_TYPE)
		return -EINVAL;
	if (attr->attach_btf_id && !uses_btf_id(attr->prog_type))
		return -EINVAL;
	if (!pair_is_allowed(attr->prog_type, attr->expected_attach_type))
		return -EINVAL;
	return uses_btf_id(attr->prog_type) ? check_btf_id(kernel, attr, log) : 0;
}
