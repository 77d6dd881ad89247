/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What all links share: which type serves a program, birth and death, the commands LINK_CREATE,
 * LINK_UPDATE and LINK_DETACH. A link has an id and descriptors from the moment it is attached,
 * and holds a reference of its program until it dies, attached or not.
 * Source: link_create(), link_update(), link_detach(), kernel/bpf/syscall.c (6.18).
 */
#include "ebpf/link/link.h"

#include "ebpf/kernel.h"

#include <stdlib.h>
#include <string.h>

#define BU_LINK_TYPE(row) extern const struct bu_link_type row;
#include "ebpf/link/links.def"
#undef BU_LINK_TYPE

static const struct bu_link_type *const types[] = {
#define BU_LINK_TYPE(row) &(row),
#include "ebpf/link/links.def"
#undef BU_LINK_TYPE
	NULL,
};

#define ANY 0xff

/* The first row that fits a program and the attach type it is given. */
static const struct {
	u8 prog_type, attach_type, link_type;
} served[] = {
	{ BPF_PROG_TYPE_CGROUP_SKB, ANY, BU_LINK_CGROUP },
	{ BPF_PROG_TYPE_CGROUP_SOCK, ANY, BU_LINK_CGROUP },
	{ BPF_PROG_TYPE_CGROUP_SOCK_ADDR, ANY, BU_LINK_CGROUP },
	{ BPF_PROG_TYPE_SOCK_OPS, ANY, BU_LINK_CGROUP },
	{ BPF_PROG_TYPE_CGROUP_DEVICE, ANY, BU_LINK_CGROUP },
	{ BPF_PROG_TYPE_CGROUP_SYSCTL, ANY, BU_LINK_CGROUP },
	{ BPF_PROG_TYPE_CGROUP_SOCKOPT, ANY, BU_LINK_CGROUP },
	{ BPF_PROG_TYPE_EXT, ANY, BU_LINK_TRACING },
	{ BPF_PROG_TYPE_LSM, BPF_LSM_CGROUP, BU_LINK_CGROUP },
	{ BPF_PROG_TYPE_LSM, ANY, BU_LINK_TRACING },
	{ BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, BU_LINK_RAW_TRACEPOINT },
	{ BPF_PROG_TYPE_TRACING, BPF_TRACE_ITER, BU_LINK_ITER },
	{ BPF_PROG_TYPE_TRACING, ANY, BU_LINK_TRACING },
	{ BPF_PROG_TYPE_FLOW_DISSECTOR, ANY, BU_LINK_NETNS },
	{ BPF_PROG_TYPE_SK_LOOKUP, ANY, BU_LINK_NETNS },
	{ BPF_PROG_TYPE_SK_MSG, ANY, BU_LINK_SOCKMAP },
	{ BPF_PROG_TYPE_SK_SKB, ANY, BU_LINK_SOCKMAP },
	{ BPF_PROG_TYPE_XDP, ANY, BU_LINK_XDP },
	{ BPF_PROG_TYPE_SCHED_CLS, BU_ATTACH_TCX_INGRESS, BU_LINK_TCX },
	{ BPF_PROG_TYPE_SCHED_CLS, BU_ATTACH_TCX_EGRESS, BU_LINK_TCX },
	{ BPF_PROG_TYPE_SCHED_CLS, ANY, BU_LINK_NETKIT },
	{ BU_PROG_TYPE_NETFILTER, ANY, BU_LINK_NETFILTER },
	{ BPF_PROG_TYPE_PERF_EVENT, ANY, BU_LINK_PERF_EVENT },
	{ BPF_PROG_TYPE_TRACEPOINT, ANY, BU_LINK_PERF_EVENT },
	{ BPF_PROG_TYPE_KPROBE, BPF_PERF_EVENT, BU_LINK_PERF_EVENT },
	{ BPF_PROG_TYPE_KPROBE, BPF_TRACE_KPROBE_MULTI, BU_LINK_KPROBE_MULTI },
	{ BPF_PROG_TYPE_KPROBE, BU_ATTACH_KPROBE_SESSION, BU_LINK_KPROBE_MULTI },
	{ BPF_PROG_TYPE_KPROBE, BU_ATTACH_UPROBE_MULTI, BU_LINK_UPROBE_MULTI },
	{ BPF_PROG_TYPE_KPROBE, BU_ATTACH_UPROBE_SESSION, BU_LINK_UPROBE_MULTI },
};

const struct bu_link_type *bu_link_type_of(u32 type)
{
	for (size_t i = 0; types[i]; i++) {
		if (types[i]->type == type)
			return types[i];
	}
	return NULL;
}

/* Objects */

static struct bu_link *link_of(struct bu_object *object)
{
	return bu_container_of(object, struct bu_link, object);
}

void bu_link_detach(struct bu_link *link)
{
	if (!link->attached)
		return;
	link->attached = false;
	link->type->detach(link);
}

static void destroy(struct bu_object *object)
{
	struct bu_link *link = link_of(object);

	bu_link_detach(link);
	if (link->type->release)
		link->type->release(link);
	if (link->prog)
		bu_object_put(&link->prog->object);
	free(link->name);
	free(link);
}

static const struct bu_object_class link_class = {
	.kind = BU_OBJECT_LINK,
	.destroy = destroy,
};

/* Attached, with its reference of the program, but not yet an object; NULL with *error. */
static struct bu_link *attach(const struct bu_link_type *type,
			      const struct bu_link_request *request, int *error)
{
	struct bu_link *link = calloc(1, sizeof(*link));

	*error = -ENOMEM;
	if (!link)
		return NULL;
	link->object.kernel = request->kernel;
	link->type = type;
	link->prog = request->prog;
	link->attach_type = request->attr->attach_type;
	*error = type->attach(link, request);
	if (*error) {
		free(link);
		return NULL;
	}
	link->attached = true;
	link->made = *request->attr;
	link->name = request->name ? strdup(request->name) : NULL;
	if (link->prog)
		bu_object_get(&link->prog->object);
	return link;
}

long bu_link_create(const struct bu_link_type *type, const struct bu_link_request *request)
{
	int err;
	struct bu_link *link = attach(type, request, &err);

	if (!link)
		return err;
	err = bu_object_init(&link->object, request->kernel, &link_class);
	if (err) {
		destroy(&link->object);
		return err;
	}
	return bu_fd_install(&link->object);
}

struct bu_link *bu_link_of_fd(struct bu_kernel *kernel, int fd, int *error)
{
	struct bu_object *object = bu_fd_object(kernel, fd, BU_OBJECT_LINK, error);

	return object ? link_of(object) : NULL;
}

struct bu_link *bu_link_by_id(struct bu_kernel *kernel, u32 id)
{
	struct bu_object *object = bu_object_by_id(kernel, BU_OBJECT_LINK, id);

	return object ? link_of(object) : NULL;
}

void bu_link_replace(struct bu_link *link, struct bu_prog *prog)
{
	struct bu_prog *old = link->prog;

	bu_object_get(&prog->object);
	link->prog = prog;
	if (old)
		bu_object_put(&old->object);
}

int bu_link_put_string(u64 buffer, u32 *len, const char *text)
{
	u32 room = *len, size = strlen(text) + 1;
	int err;

	if (!room != !buffer)
		return -EINVAL;
	*len = size;
	if (!buffer)
		return 0;
	if (room >= size)
		return bu_copy_to_user(buffer, text, size);
	err = bu_copy_to_user(buffer, text, room - 1);
	if (!err)
		err = bu_copy_to_user(buffer + room - 1, "", 1);
	return err ? err : -ENOSPC;
}

int bu_link_for_each(struct bu_kernel *kernel, int (*visit)(struct bu_link *link, void *arg),
		     void *arg)
{
	int result = 0;

	for (u32 id = 0; !result && (id = bu_object_next_id(kernel, BU_OBJECT_LINK, id));) {
		struct bu_link *link = bu_link_by_id(kernel, id);

		if (link->attached)
			result = visit(link, arg);
	}
	return result;
}

/* Commands */

static struct bu_prog *prog_of_fd(struct bu_kernel *kernel, int fd, int *error)
{
	struct bu_object *object = bu_fd_object(kernel, fd, BU_OBJECT_PROG, error);

	return object ? bu_container_of(object, struct bu_prog, object) : NULL;
}

static struct bu_map *map_of_fd(struct bu_kernel *kernel, int fd, int *error)
{
	struct bu_object *object = bu_fd_object(kernel, fd, BU_OBJECT_MAP, error);

	return object ? bu_container_of(object, struct bu_map, object) : NULL;
}

/* The link type, a number; 0: such programs have no links. */
static u32 serving(const struct bu_prog *prog, u32 attach_type)
{
	for (size_t i = 0; i < BU_ARRAY_SIZE(served); i++) {
		if (served[i].prog_type == prog->prog_type &&
		    (served[i].attach_type == attach_type || served[i].attach_type == ANY))
			return served[i].link_type;
	}
	return 0;
}

static long without_type(const struct bu_link_request *request)
{
	bu_note(request->kernel,
		"bpf(2) command BPF_LINK_CREATE is not emulated for this attach type: program '%s' "
		"was not attached; run it from the test",
		request->prog ? request->prog->name : "(of a map)");
	return -EINVAL;
}

static long create(const struct bu_link_request *request, u32 number)
{
	const struct bu_link_type *type = bu_link_type_of(number);

	return type ? bu_link_create(type, request) : without_type(request);
}

static long create_of_prog(struct bu_link_request *request)
{
	const struct bu_link_create_attr *attr = request->attr;
	u32 type;
	int err;

	request->prog = prog_of_fd(request->kernel, attr->prog_fd, &err);
	if (request->prog)
		err = bu_attach_check(request->prog, attr->attach_type);
	if (err)
		return err;
	if ((request->prog->prog_type == BPF_PROG_TYPE_LSM ||
	     request->prog->prog_type == BPF_PROG_TYPE_TRACING) &&
	    request->prog->expected_attach_type != attr->attach_type)
		return -EINVAL;
	type = serving(request->prog, attr->attach_type);
	return type ? create(request, type) : -EINVAL;
}

long bu_sys_link_create(struct bu_kernel *kernel, struct bu_call *call)
{
	const struct bu_link_create_attr *attr = (const void *)&call->attr->link_create;
	struct bu_link_request request = { .kernel = kernel, .attr = attr };

	bu_fd_reap(kernel);
	if (attr->attach_type == BU_ATTACH_STRUCT_OPS)
		return create(&request, BU_LINK_STRUCT_OPS);
	return create_of_prog(&request);
}

/* `old` is only an expectation: 0, or -errno. */
static int check_old(const union bpf_attr *attr)
{
	return !(attr->link_update.flags & BU_F_REPLACE) && attr->link_update.old_prog_fd ? -EINVAL
											  : 0;
}

static long update_map(struct bu_link *link, const union bpf_attr *attr)
{
	struct bu_kernel *kernel = link->object.kernel;
	struct bu_map *map, *old = NULL;
	u32 flags = attr->link_update.flags;
	int err;

	map = map_of_fd(kernel, attr->link_update.new_prog_fd, &err);
	if (!map)
		return err;
	if (flags & BU_F_REPLACE) {
		old = map_of_fd(kernel, attr->link_update.old_prog_fd, &err);
		if (!old)
			return err;
	}
	err = check_old(attr);
	return err ? err : link->type->update_map(link, map, old, flags);
}

static long update_prog(struct bu_link *link, const union bpf_attr *attr)
{
	struct bu_kernel *kernel = link->object.kernel;
	struct bu_prog *prog, *old = NULL;
	u32 flags = attr->link_update.flags;
	int err;

	prog = prog_of_fd(kernel, attr->link_update.new_prog_fd, &err);
	if (!prog)
		return err;
	if (flags & BU_F_REPLACE) {
		old = prog_of_fd(kernel, attr->link_update.old_prog_fd, &err);
		if (!old)
			return err;
	}
	err = check_old(attr);
	if (err)
		return err;
	return link->type->update ? link->type->update(link, prog, old, flags) : -EINVAL;
}

long bu_sys_link_update(struct bu_kernel *kernel, struct bu_call *call)
{
	const union bpf_attr *attr = call->attr;
	struct bu_link *link;
	int err;

	if (attr->link_update.flags & ~(u32)BU_F_REPLACE)
		return -EINVAL;
	bu_fd_reap(kernel);
	link = bu_link_of_fd(kernel, attr->link_update.link_fd, &err);
	if (!link)
		return err;
	return link->type->update_map ? update_map(link, attr) : update_prog(link, attr);
}

long bu_sys_link_detach(struct bu_kernel *kernel, struct bu_call *call)
{
	int err;
	struct bu_link *link;

	bu_fd_reap(kernel);
	link = bu_link_of_fd(kernel, call->attr->link_detach.link_fd, &err);
	if (!link)
		return err;
	if (!link->type->detachable)
		return -EOPNOTSUPP;
	if (!link->attached)
		return link->type->detached;
	bu_link_detach(link);
	return 0;
}
