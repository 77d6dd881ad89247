// SPDX-License-Identifier: BSD-2-Clause
/*
 * Arguments of the traced function: the context of fentry, fexit and fmod_ret programs is an array
 * of them, followed by the return value for the latter two. Source: kernel/trace/bpf_trace.c
 * (6.12). Differs: their number is that of the given context.
 * And the cookie that whoever attached the program gave it.
 */
#include "ebpf/kernel.h"

static bool has_return(const struct bu_run *run)
{
	u32 type = run->prog->expected_attach_type;

	return type == BPF_TRACE_FEXIT || type == BPF_MODIFY_RETURN;
}

static u64 nr_args(const struct bu_run *run)
{
	u64 words = run->ctx_size / 8;

	return has_return(run) && words ? words - 1 : words;
}

BU_HELPER_3(get_func_arg, const u64 *, ctx, u32, n, u64 *, value)
{
	if (n >= nr_args(run))
		return -EINVAL;
	*value = ctx[n];
	return 0;
}

BU_HELPER_2(get_func_ret, const u64 *, ctx, u64 *, value)
{
	if (!has_return(run))
		return -EOPNOTSUPP;
	*value = ctx[nr_args(run)];
	return 0;
}

BU_HELPER_1(get_func_arg_cnt, const u64 *, ctx)
{
	return nr_args(run);
}

/* Of the link through which the program runs; a run that a test makes by itself has none. */
BU_HELPER_1(get_attach_cookie, const void *, ctx)
{
	(void)ctx;
	return run->attach_cookie;
}

/* Of the function that was fired; 0 when it is not known, as of a probe inside a function. */
BU_HELPER_1(get_func_ip, const void *, ctx)
{
	(void)ctx;
	return run->func_ip;
}
