/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Links of raw tracepoints: raw_tp and raw_tp.w programs, which RAW_TRACEPOINT_OPEN gives the
 * tracepoint's name, and tp_btf programs, which were loaded for one.
 * Source: bpf_raw_tracepoint_open(), bpf_raw_tp_link_attach(), kernel/bpf/syscall.c (6.18).
 * Differs: whatever could be the name of a tracepoint is one, for the kernel that is emulated has
 * no list of them, unless its BTF is that of a real one; how many arguments it has is not known.
 */
#include "ebpf/kernel.h"
#include "ebpf/link/link_tracing.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_SIZE 128 /* Source: the buffer in bpf_raw_tp_link_attach() */

/* Whether BTF of a real kernel, if that was chosen, knows the tracepoint. */
static bool in_btf(struct bu_kernel *kernel, const char *name)
{
	struct bu_btf *btf = bu_vmlinux_btf(kernel);
	char type[NAME_SIZE + sizeof("btf_trace_")];

	if (kernel->btf_choice != BU_BTF_FILE || !btf)
		return true;
	snprintf(type, sizeof(type), "btf_trace_%s", name);
	return bu_btf_find(btf, type, BTF_KIND_TYPEDEF);
}

static bool is_tracepoint(struct bu_kernel *kernel, const char *name)
{
	const char *c = name;

	if (!isalpha((unsigned char)*c) && *c != '_')
		return false;
	while (isalnum((unsigned char)*c) || *c == '_')
		c++;
	return !*c && in_btf(kernel, name);
}

static int attach(struct bu_link *link, const struct bu_link_request *request)
{
	const char *name = request->name ? request->name : request->prog->target.name;

	if (!name || !is_tracepoint(request->kernel, name))
		return -ENOENT;
	link->priv = strdup(name);
	if (!link->priv)
		return -ENOMEM;
	link->cookie = request->attr->tracing.cookie;
	return 0;
}

static void detach(struct bu_link *link)
{
	(void)link;
}

static void release(struct bu_link *link)
{
	free(link->priv);
}

static int describe(struct bu_link *link, struct bu_link_info *info)
{
	info->raw_tracepoint.cookie = link->cookie;
	return bu_link_put_string(info->raw_tracepoint.tp_name, &info->raw_tracepoint.tp_name_len,
				  link->priv);
}

const struct bu_link_type bu_link_raw_tp = {
	.type = BU_LINK_RAW_TRACEPOINT,
	.name = "raw_tracepoint",
	.attach = attach,
	.detach = detach,
	.release = release,
	.info = describe,
};

const char *bu_link_raw_tp_name(const struct bu_link *link)
{
	return link->priv;
}

/* At most NAME_SIZE - 1 characters: what follows is cut off. */
static int copy_name(char name[NAME_SIZE], u64 user)
{
	memset(name, 0, NAME_SIZE);
	return bu_string_from_user(name, user, NAME_SIZE - 1) < 0 ? -EFAULT : 0;
}

static long open_named(struct bu_link_request *request, u64 user)
{
	char name[NAME_SIZE];
	int err = copy_name(name, user);

	if (err)
		return err;
	request->name = name;
	return bu_link_create(&bu_link_raw_tp, request);
}

/* Programs that were loaded for what they attach to. The cookie is for tracepoints alone. */
static long open_loaded(struct bu_link_request *request)
{
	struct bu_link_create_attr attr = { .attach_type = request->prog->expected_attach_type };

	if (request->prog->prog_type == BPF_PROG_TYPE_TRACING &&
	    request->prog->expected_attach_type == BPF_TRACE_RAW_TP)
		return bu_link_create(&bu_link_raw_tp, request);
	request->attr = &attr;
	return bu_link_create(bu_link_type_of(BU_LINK_TRACING), request);
}

/* The request's cookie; the command has had one since 6.10. */
static u64 cookie_of(const union bpf_attr *attr)
{
	u64 cookie;

	memcpy(&cookie, (const u8 *)attr + 16, sizeof(cookie));
	return cookie;
}

long bu_sys_raw_tracepoint_open(struct bu_kernel *kernel, struct bu_call *call)
{
	struct bu_link_create_attr attr = { .tracing.cookie = cookie_of(call->attr) };
	struct bu_link_request request = { .kernel = kernel, .attr = &attr };
	struct bu_object *object;
	int err;

	bu_fd_reap(kernel);
	object = bu_fd_object(kernel, call->attr->raw_tracepoint.prog_fd, BU_OBJECT_PROG, &err);
	if (!object)
		return err;
	request.prog = bu_container_of(object, struct bu_prog, object);
	attr.attach_type = request.prog->expected_attach_type;
	switch (request.prog->prog_type) {
	case BPF_PROG_TYPE_TRACING:
	case BPF_PROG_TYPE_EXT:
	case BPF_PROG_TYPE_LSM:
		return call->attr->raw_tracepoint.name ? -EINVAL : open_loaded(&request);
	case BPF_PROG_TYPE_RAW_TRACEPOINT:
	case BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE:
		return open_named(&request, call->attr->raw_tracepoint.name);
	default:
		return -EINVAL;
	}
}
