// SPDX-License-Identifier: BSD-2-Clause
/*
 * Casts that give a pointer another type. Types are the verifier's business: the address stays.
 * Source: bpf_cast_to_kern_ctx(), bpf_rdonly_cast() in kernel/bpf/helpers.c (6.12).
 */
#include "ebpf/kernel.h"
#include "ebpf/prog/kernel_ctx.h"

BU_HELPER_2(rdonly_cast, u64, object, u32, btf_id)
{
	(void)btf_id;
	return object;
}

BU_HELPER_1(cast_to_kern_ctx, void *, ctx)
{
	(void)ctx;
	return bu_kernel_ctx(run);
}
