// SPDX-License-Identifier: BSD-2-Clause
/* The table of which types of programs may call a helper or kernel function: one word for each, a
 * bit for each type, and for few the attach types with which. */
#include "ebpf/prog/kfunc.h"
#include "ebpf/prog/prog.h"
#include "ebpf/uapi.h"
#include "helpers/ids.h"

#include <string.h>

#define TYPE(name_)             (1ULL << BPF_PROG_TYPE_##name_)
#define SOCKET_FILTER           TYPE(SOCKET_FILTER)
#define KPROBE                  TYPE(KPROBE)
#define SCHED_CLS               TYPE(SCHED_CLS)
#define SCHED_ACT               TYPE(SCHED_ACT)
#define TRACEPOINT              TYPE(TRACEPOINT)
#define XDP                     TYPE(XDP)
#define PERF_EVENT              TYPE(PERF_EVENT)
#define CGROUP_SKB              TYPE(CGROUP_SKB)
#define CGROUP_SOCK             TYPE(CGROUP_SOCK)
#define LWT_IN                  TYPE(LWT_IN)
#define LWT_OUT                 TYPE(LWT_OUT)
#define LWT_XMIT                TYPE(LWT_XMIT)
#define SOCK_OPS                TYPE(SOCK_OPS)
#define SK_SKB                  TYPE(SK_SKB)
#define CGROUP_DEVICE           TYPE(CGROUP_DEVICE)
#define SK_MSG                  TYPE(SK_MSG)
#define RAW_TRACEPOINT          TYPE(RAW_TRACEPOINT)
#define CGROUP_SOCK_ADDR        TYPE(CGROUP_SOCK_ADDR)
#define LWT_SEG6LOCAL           TYPE(LWT_SEG6LOCAL)
#define LIRC_MODE2              TYPE(LIRC_MODE2)
#define SK_REUSEPORT            TYPE(SK_REUSEPORT)
#define FLOW_DISSECTOR          TYPE(FLOW_DISSECTOR)
#define CGROUP_SYSCTL           TYPE(CGROUP_SYSCTL)
#define RAW_TRACEPOINT_WRITABLE TYPE(RAW_TRACEPOINT_WRITABLE)
#define CGROUP_SOCKOPT          TYPE(CGROUP_SOCKOPT)
#define TRACING                 TYPE(TRACING)
#define STRUCT_OPS              TYPE(STRUCT_OPS)
#define LSM                     TYPE(LSM)
#define SK_LOOKUP               TYPE(SK_LOOKUP)
#define SYSCALL                 TYPE(SYSCALL)
#define NETFILTER               (1ULL << BU_PROG_TYPE_NETFILTER)

#define EVERY (NETFILTER * 2 - 1)
#define BASE  (EVERY & ~LIRC_MODE2)
#define TC    (SCHED_CLS | SCHED_ACT)
#define LWT   (LWT_IN | LWT_OUT | LWT_XMIT | LWT_SEG6LOCAL)
#define CGROUP                                                                                     \
	(CGROUP_SOCK | CGROUP_SOCK_ADDR | CGROUP_SOCKOPT | CGROUP_SYSCTL | CGROUP_DEVICE | SOCK_OPS)
#define SOCKETS                                                                                    \
	(SOCKET_FILTER | TC | XDP | CGROUP_SKB | LWT | SOCK_OPS | SK_SKB | SK_MSG |                \
	 CGROUP_SOCK_ADDR | FLOW_DISSECTOR | SK_LOOKUP)
#define BTF_TRACERS (TRACING | LSM | SYSCALL)
#define TRACERS                                                                                    \
	(KPROBE | TRACEPOINT | PERF_EVENT | RAW_TRACEPOINT | RAW_TRACEPOINT_WRITABLE | BTF_TRACERS)

/* Of kernel functions. Source: bpf_prog_type_to_kfunc_hook(), kernel/bpf/btf.c */
#define TRACING_HOOK (TRACING | TRACEPOINT | PERF_EVENT | LSM)
#define CGROUP_HOOK  (CGROUP | CGROUP_SKB)
#define GENERIC      (SCHED_CLS | XDP | STRUCT_OPS | SYSCALL | TRACING_HOOK | CGROUP_HOOK)

#define SLEEPS        (1ULL << 62)
#define BY_ATTACHMENT (1ULL << 63)

static const u64 types_of[BU_CALLEE_MAX] = {
#define HELPER_FOR(name_, types_) [ROW_ID_##name_] = types_,
#define KFUNC_FOR(name_, types_) [ROW_KFUNC_##name_] = types_,
#include "helpers/types.def"
};

static const struct {
	const char *name;
	u64 types;
} others[] = {
#define OTHER_KFUNC_FOR(name_, types_) { "bpf_" #name_, types_ },
#include "helpers/types.def"
};

#define AT(attach_type_) (1ULL << (attach_type_))
#define ANYWHERE         (~0ULL)
#define SESSIONS         (AT(BU_ATTACH_KPROBE_SESSION) | AT(BU_ATTACH_UPROBE_SESSION))
#define TRAMPOLINES                                                                                \
	(AT(BPF_TRACE_FENTRY) | AT(BPF_TRACE_FEXIT) | AT(BPF_MODIFY_RETURN) | AT(BPF_LSM_MAC))
#define WITHOUT_RETVAL                                                                             \
	(AT(BPF_CGROUP_INET_INGRESS) | AT(BPF_CGROUP_INET_EGRESS) | AT(BPF_CGROUP_SOCK_OPS) |      \
	 AT(BPF_CGROUP_UDP4_RECVMSG) | AT(BPF_CGROUP_UDP6_RECVMSG) | AT(BU_ATTACH_UNIX_RECVMSG) |  \
	 AT(BPF_CGROUP_INET4_GETPEERNAME) | AT(BPF_CGROUP_INET6_GETPEERNAME) |                     \
	 AT(BU_ATTACH_UNIX_GETPEERNAME) | AT(BPF_CGROUP_INET4_GETSOCKNAME) |                       \
	 AT(BPF_CGROUP_INET6_GETSOCKNAME) | AT(BU_ATTACH_UNIX_GETSOCKNAME))

static const struct {
	u32 id;
	u64 types, attach_types;
	const char *target; /* NULL: any */
} attached[] = {
#define ATTACHED(name_, types_, attach_types_, target_)                                            \
	{ ROW_ID_##name_, types_, attach_types_, target_ },
#define KFUNC_ATTACHED(name_, types_, attach_types_, target_)                                      \
	{ ROW_KFUNC_##name_, types_, attach_types_, target_ },
#include "helpers/types.def"
};

static bool may_be_attached(u32 id, u64 type, u32 attach_type, const char *target)
{
	u64 bit = 1ULL << BU_MIN(attach_type, 63U);
	bool limited = false;

	for (u32 i = 0; i < BU_ARRAY_SIZE(attached); i++) {
		if (attached[i].id != id || !(attached[i].types & type))
			continue;
		if (attached[i].attach_types & bit &&
		    (!attached[i].target || (target && !strcmp(target, attached[i].target))))
			return true;
		limited = true;
	}
	return !limited;
}

/* An extension may call what the program that it extends may. */
static u32 attach_type_of(const struct bu_prog *prog)
{
	bool extends = prog->prog_type == BPF_PROG_TYPE_EXT && prog->target.of_prog;

	return extends ? prog->target.attach_type : prog->expected_attach_type;
}

/* By its name, whether it has a model by now or not. */
static u64 row_of_other(const struct bu_kernel *kernel, u32 id)
{
	char name[64];

	if (!bu_kfunc_name(kernel, id, name, sizeof(name)))
		return EVERY;
	for (u32 i = 0; i < BU_ARRAY_SIZE(others); i++) {
		if (!strcmp(others[i].name, name))
			return others[i].types;
	}
	return EVERY;
}

static u64 row_of(u32 id, const struct bu_prog *prog)
{
	if (id < BU_CALLEE_MAX && types_of[id])
		return types_of[id];
	if (id < BU_HELPER_MAX)
		return BASE;
	return row_of_other(prog->object.kernel, id);
}

bool bu_helper_is_for(u32 id, const struct bu_prog *prog)
{
	u64 row = row_of(id, prog), type = 1ULL << bu_prog_kind(prog);

	if (!(row & type))
		return false;
	return !(row & BY_ATTACHMENT) ||
	       may_be_attached(id, type, attach_type_of(prog), prog->target.name);
}

bool bu_helper_might_sleep(u32 id, const struct bu_prog *prog)
{
	return row_of(id, prog) & SLEEPS;
}
