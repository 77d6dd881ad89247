/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The commands that attach programs without a link. Which flags an attach type knows and whether
 * the program may go there is decided here; everything else by the family that the attach type
 * belongs to. Source: bpf_prog_attach(), bpf_prog_detach(), bpf_prog_query(),
 * kernel/bpf/syscall.c (6.12 with the cgroup ordering of 6.17).
 */
#include "ebpf/link/attach.h"

#include "ebpf/kernel.h"

#define BASE_FLAGS  (BPF_F_ALLOW_OVERRIDE | BPF_F_ALLOW_MULTI | BU_F_REPLACE | BU_F_PREORDER)
#define ORDER_FLAGS (BU_F_REPLACE | BU_F_BEFORE | BU_F_AFTER | BU_F_ID | BU_F_LINK)

static const struct bu_attach_family *family_of(u32 prog_type)
{
	switch (prog_type) {
	case BPF_PROG_TYPE_CGROUP_DEVICE:
	case BPF_PROG_TYPE_CGROUP_SKB:
	case BPF_PROG_TYPE_CGROUP_SOCK:
	case BPF_PROG_TYPE_CGROUP_SOCK_ADDR:
	case BPF_PROG_TYPE_CGROUP_SOCKOPT:
	case BPF_PROG_TYPE_CGROUP_SYSCTL:
	case BPF_PROG_TYPE_SOCK_OPS:
	case BPF_PROG_TYPE_LSM:
		return &bu_attach_cgroup;
	case BPF_PROG_TYPE_SCHED_CLS:
		return &bu_attach_tcx;
	case BPF_PROG_TYPE_FLOW_DISSECTOR:
	case BPF_PROG_TYPE_SK_LOOKUP:
		return &bu_attach_netns;
	case BPF_PROG_TYPE_SK_MSG:
	case BPF_PROG_TYPE_SK_SKB:
		return &bu_attach_sockmap;
	case BPF_PROG_TYPE_LIRC_MODE2:
		return &bu_attach_lirc;
	default:
		return NULL;
	}
}

struct bu_prog *bu_attach_prog(struct bu_kernel *kernel, int fd, u32 type, int *error)
{
	struct bu_object *object = bu_fd_object(kernel, fd, BU_OBJECT_PROG, error);
	struct bu_prog *prog = object ? bu_container_of(object, struct bu_prog, object) : NULL;

	if (!prog || type == BPF_PROG_TYPE_UNSPEC || prog->prog_type == type)
		return prog;
	*error = -EINVAL;
	return NULL;
}

static const struct bu_prog_attach_attr *attributes(const struct bu_call *call)
{
	return (const struct bu_prog_attach_attr *)call->attr;
}

static int check_attach_flags(const struct bu_prog_attach_attr *attr, u32 type)
{
	u32 known = BASE_FLAGS;

	if (type == BPF_PROG_TYPE_SCHED_CLS)
		known = ORDER_FLAGS;
	else if (family_of(type) == &bu_attach_cgroup)
		known = BASE_FLAGS | ORDER_FLAGS;
	else if (attr->relative || attr->expected_revision)
		return -EINVAL;
	return attr->attach_flags & ~known ? -EINVAL : 0;
}

long bu_sys_prog_attach(struct bu_kernel *kernel, struct bu_call *call)
{
	struct bu_attach_request request = { .kernel = kernel, .attr = attributes(call) };
	u32 type = bu_attach_prog_type(request.attr->attach_type);
	const struct bu_attach_family *family = family_of(type);
	int err = type == BPF_PROG_TYPE_UNSPEC ? -EINVAL : check_attach_flags(request.attr, type);

	if (err)
		return err;
	bu_fd_reap(kernel);
	request.prog = bu_attach_prog(kernel, request.attr->attach_bpf_fd, type, &err);
	if (!request.prog)
		return err;
	err = bu_attach_check(request.prog, request.attr->attach_type);
	if (err)
		return err;
	if (type == BPF_PROG_TYPE_LSM && request.prog->expected_attach_type != BPF_LSM_CGROUP)
		return -EINVAL;
	return family ? family->attach(&request) : -EINVAL;
}

/* Source: bpf_prog_detach() */
static int check_detach(struct bu_attach_request *request, u32 type)
{
	const struct bu_prog_attach_attr *attr = request->attr;
	int err = 0;

	if (type == BPF_PROG_TYPE_SCHED_CLS) {
		if (attr->attach_flags & ~ORDER_FLAGS)
			return -EINVAL;
		if (attr->attach_bpf_fd)
			request->prog =
				bu_attach_prog(request->kernel, attr->attach_bpf_fd, type, &err);
		return attr->attach_bpf_fd && !request->prog ? err : 0;
	}
	if (attr->attach_flags || attr->relative)
		return -EINVAL;
	return attr->expected_revision && family_of(type) != &bu_attach_cgroup ? -EINVAL : 0;
}

long bu_sys_prog_detach(struct bu_kernel *kernel, struct bu_call *call)
{
	struct bu_attach_request request = { .kernel = kernel, .attr = attributes(call) };
	u32 type = bu_attach_prog_type(request.attr->attach_type);
	const struct bu_attach_family *family = family_of(type);
	int err;

	bu_fd_reap(kernel);
	err = check_detach(&request, type);
	if (err)
		return err;
	/* No program of type SK_LOOKUP is attached without a link. */
	return family && type != BPF_PROG_TYPE_SK_LOOKUP ? family->detach(&request) : -EINVAL;
}

int bu_query_put(struct bu_call *call, u32 attach_flags, u32 count, const u64 *revision)
{
	int err = bu_call_put(call, offsetof(struct bu_prog_query_attr, attach_flags),
			      &attach_flags, sizeof(attach_flags));

	if (!err)
		err = bu_call_put(call, offsetof(struct bu_prog_query_attr, count), &count,
				  sizeof(count));
	if (!err && revision && call->user_size >= sizeof(struct bu_prog_query_attr))
		err = bu_call_put(call, offsetof(struct bu_prog_query_attr, revision), revision,
				  sizeof(*revision));
	return err;
}

long bu_sys_prog_query(struct bu_kernel *kernel, struct bu_call *call)
{
	const struct bu_prog_query_attr *query = bu_query_attr(call);
	const struct bu_attach_family *family;
	u32 type = bu_attach_prog_type(query->attach_type);

	if (query->query_flags & ~BPF_F_QUERY_EFFECTIVE)
		return -EINVAL;
	if (type == BPF_PROG_TYPE_LSM && query->attach_type != BPF_LSM_CGROUP)
		return -EINVAL;
	bu_fd_reap(kernel);
	family = family_of(type);
	return family ? family->query(kernel, call) : -EINVAL;
}
