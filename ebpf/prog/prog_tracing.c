// SPDX-License-Identifier: BSD-2-Clause
/*
 * BPF_PROG_TEST_RUN of programs without a packet. Source: net/bpf/test_run.c (6.12).
 * Differs: the size of a context is not compared with what the program reads of it; reading beyond
 * it is a fault.
 */
#include "ebpf/prog/prog_types.h"

#include "ebpf/kernel.h"
#include "ebpf/link/kernel_call.h"
#include "ebpf/link/kernel_event.h"
#include "ebpf/syscall.h"

#include <stdlib.h>
#include <sys/socket.h>

#define MAX_ARGS 12 /* Source: MAX_BPF_FUNC_ARGS */

/* The first word of a tracepoint's record is the kernel's own. Source: tp_prog_is_valid_access().
 */
void bu_tracepoint_guard(struct bu_run *run)
{
	static const struct bu_ctx_field first = { 0, sizeof(void *), BU_NONE };

	bu_ctx_guard(run, BU_READ, &first, 1);
}

/* Run on a copy of ctx_in, which is left in *ctx for the caller to free. */
static int run_ctx(struct bu_prog *prog, union bpf_attr *attr, s32 cpu, void **ctx)
{
	struct bu_test_io io = { .ctx_size = attr->test.ctx_size_in, .cpu = cpu };
	u32 duration;
	int err;

	*ctx = NULL;
	if (io.ctx_size) {
		io.ctx = *ctx = malloc(io.ctx_size);
		if (!io.ctx)
			return -ENOMEM;
		err = bu_copy_from_user(io.ctx, attr->test.ctx_in, io.ctx_size);
		if (err)
			return err;
	}
	err = bu_test_repeat(prog, &io, 1, &duration);
	if (!err)
		attr->test.retval = (u32)io.retval;
	return err;
}

int bu_raw_tp_test_run(struct bu_prog *prog, union bpf_attr *attr)
{
	bool on_cpu = attr->test.flags & BPF_F_TEST_RUN_ON_CPU;
	u32 cpu = attr->test.cpu;
	void *ctx;
	int err;

	if (attr->test.data_in || attr->test.data_out || attr->test.ctx_out ||
	    attr->test.duration || attr->test.repeat || attr->test.batch_size)
		return -EINVAL;
	if (attr->test.ctx_size_in > MAX_ARGS * sizeof(u64) || (!on_cpu && cpu))
		return -EINVAL;
	if (on_cpu && cpu >= prog->object.kernel->nr_cpus)
		return -ENXIO;
	err = run_ctx(prog, attr, on_cpu ? (s32)cpu : -1, &ctx);
	free(ctx);
	return err;
}

/* Runs what is attached to the functions that are called, and not the program itself. */
int bu_tracing_test_run(struct bu_prog *prog, union bpf_attr *attr)
{
	struct bu_kernel *kernel = prog->object.kernel;
	u32 retval = 0;
	int err = -EFAULT;

	if (attr->test.flags || attr->test.cpu || attr->test.batch_size)
		return -EINVAL;
	switch (prog->expected_attach_type) {
	case BPF_TRACE_FENTRY:
	case BPF_TRACE_FEXIT:
		err = bu_kernel_call_fentry_tests(kernel);
		break;
	case BPF_MODIFY_RETURN:
		err = bu_kernel_call_modify_tests(kernel, &retval);
		break;
	}
	if (!err)
		attr->test.retval = retval;
	return bu_kernel_test_finish(kernel, err);
}

/* A program of this type may write its context: it is copied back. */
int bu_syscall_test_run(struct bu_prog *prog, union bpf_attr *attr)
{
	void *ctx;
	int err;

	if (attr->test.data_in || attr->test.data_out || attr->test.ctx_out ||
	    attr->test.duration || attr->test.repeat || attr->test.flags || attr->test.batch_size)
		return -EINVAL;
	if (attr->test.ctx_size_in > UINT16_MAX)
		return -EINVAL;
	err = run_ctx(prog, attr, -1, &ctx);
	if (!err && ctx)
		err = bu_copy_to_user(attr->test.ctx_in, ctx, attr->test.ctx_size_in);
	free(ctx);
	return err;
}

static int check_lookup(const struct bpf_sk_lookup *ctx)
{
	const u8 *bytes = (const u8 *)ctx;
	size_t end = offsetof(struct bpf_sk_lookup, local_port) + sizeof(ctx->local_port);

	if (ctx->sk)
		return -EINVAL;
	for (size_t i = end; i < sizeof(*ctx); i++)
		if (bytes[i])
			return -EINVAL;
	if (ctx->local_port > UINT16_MAX)
		return -ERANGE;
	if ((u16)ctx->family != AF_INET && (u16)ctx->family != AF_INET6)
		return -EAFNOSUPPORT;
	return 0;
}

/* Differs: no socket can be selected. */
static int run_lookup(struct bu_prog *prog, union bpf_attr *attr, struct bpf_sk_lookup *ctx)
{
	struct bu_test_io io = { .ctx = ctx, .ctx_size = sizeof(*ctx), .cpu = -1 };
	u32 duration;
	int err = check_lookup(ctx);

	if (!err)
		err = bu_test_repeat(prog, &io, attr->test.repeat, &duration);
	if (!err)
		err = bu_test_finish(prog->object.kernel, attr, NULL, 0,
				     (u32)io.retval == SK_DROP ? SK_DROP : SK_PASS, duration);
	ctx->cookie = 0;
	return err ? err : bu_test_ctx_out(attr, ctx, sizeof(*ctx));
}

int bu_sk_lookup_test_run(struct bu_prog *prog, union bpf_attr *attr)
{
	struct bpf_sk_lookup *ctx;
	int err;

	if (attr->test.flags || attr->test.cpu || attr->test.batch_size || attr->test.data_in ||
	    attr->test.data_size_in || attr->test.data_out || attr->test.data_size_out)
		return -EINVAL;
	err = bu_test_ctx_in(attr, sizeof(*ctx), (void **)&ctx);
	if (err)
		return err;
	err = ctx ? run_lookup(prog, attr, ctx) : -EINVAL;
	free(ctx);
	return err;
}
