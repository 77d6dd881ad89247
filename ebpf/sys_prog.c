/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The bpf(2) commands about programs.
 * Source: kernel/bpf/syscall.c (6.12), the functions of the same names.
 */
#include "ebpf/kernel.h"
#include "ebpf/syscall.h"

#include <string.h>

/* Newer than the oldest header that we build with: offsets in union bpf_attr. */
#define LOG_TRUE_SIZE 140
#define FD_ARRAY_CNT  148
#define SIGNATURE     152

static struct bu_prog *prog_of_fd(struct bu_kernel *kernel, int fd, int *error)
{
	struct bu_object *object = bu_fd_object(kernel, fd, BU_OBJECT_PROG, error);

	return object ? bu_container_of(object, struct bu_prog, object) : NULL;
}

long bu_sys_prog_load(struct bu_kernel *kernel, struct bu_call *call)
{
	struct bu_prog_newer newer;
	struct bu_prog *prog;
	int err;

	memcpy(&newer.fd_array_cnt, (u8 *)call->attr + FD_ARRAY_CNT, sizeof(newer.fd_array_cnt));
	memcpy(&newer.signature, (u8 *)call->attr + SIGNATURE, sizeof(newer.signature));
	prog = bu_prog_load_newer(kernel, call->attr, &newer, &err);
	if (call->user_size >= LOG_TRUE_SIZE + sizeof(u32))
		bu_call_put(call, LOG_TRUE_SIZE, (u8 *)call->attr + LOG_TRUE_SIZE, sizeof(u32));
	if (prog && kernel->on_load)
		kernel->on_load(prog);
	return prog ? bu_fd_install(&prog->object) : err;
}

/* The result fields of BPF_PROG_TEST_RUN. */
static int put_results(struct bu_call *call)
{
	static const u32 fields[] = {
		offsetof(union bpf_attr, test.retval),
		offsetof(union bpf_attr, test.data_size_out),
		offsetof(union bpf_attr, test.duration),
		offsetof(union bpf_attr, test.ctx_size_out),
	};
	int err = 0;

	for (size_t i = 0; !err && i < BU_ARRAY_SIZE(fields); i++) {
		if (fields[i] + sizeof(u32) <= call->user_size)
			err = bu_call_put(call, fields[i], (u8 *)call->attr + fields[i],
					  sizeof(u32));
	}
	return err;
}

long bu_sys_prog_test_run(struct bu_kernel *kernel, struct bu_call *call)
{
	union bpf_attr *attr = call->attr;
	struct bu_prog *prog;
	int err, failed;

	if (!attr->test.ctx_size_in != !attr->test.ctx_in ||
	    !attr->test.ctx_size_out != !attr->test.ctx_out)
		return -EINVAL;
	prog = prog_of_fd(kernel, attr->test.prog_fd, &err);
	if (!prog)
		return err;
	bu_object_get(&prog->object);
	err = kernel->test_run ? kernel->test_run(kernel->test_run_arg, prog, attr)
			       : bu_prog_type_of(prog->prog_type)->test_run(prog, attr);
	bu_object_put(&prog->object);
	/* What a failed run has given so far is the caller's too; a tracepoint's program may have
	 * made an error of success. */
	failed = put_results(call);
	return err ? err : failed;
}

long bu_sys_prog_bind_map(struct bu_kernel *kernel, struct bu_call *call)
{
	const union bpf_attr *attr = call->attr;
	struct bu_object *object;
	struct bu_prog *prog;
	int err;

	if (attr->prog_bind_map.flags)
		return -EINVAL;
	prog = prog_of_fd(kernel, attr->prog_bind_map.prog_fd, &err);
	if (!prog)
		return err;
	object = bu_fd_object(kernel, attr->prog_bind_map.map_fd, BU_OBJECT_MAP, &err);
	if (!object)
		return err;
	return bu_prog_bind_map(prog, bu_container_of(object, struct bu_map, object));
}
