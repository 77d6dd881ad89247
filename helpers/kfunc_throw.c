// SPDX-License-Identifier: BSD-2-Clause
/* Exceptions. Source: bpf_throw() in kernel/bpf/helpers.c (6.12). */
#include "ebpf/kernel.h"

BU_HELPER_1(throw, u64, cookie)
{
	bu_run_throw(run, cookie);
	return 0;
}
