/* SPDX-License-Identifier: BSD-2-Clause */
/* Arguments of helper calls: checking them by the kinds in a helper's row. */
#ifndef BU_HELPERS_ARGS_H
#define BU_HELPERS_ARGS_H

#include "ebpf/kernel.h"

/* Source: BPF_MAX_VAR_SIZ, kernel/bpf/verifier.c (6.12): the largest size argument. */
#define BU_MAX_ARG_SIZE (1ULL << 29)

/*
 * Check `args` of a call of `helper`, mark what it will write as initialised, and put what the
 * model takes into `out` (a map handle becomes struct bu_map *). False: a fault has been raised.
 */
bool bu_args_check(struct bu_run *run, const struct bu_helper *helper, u32 id, const u64 args[5],
		   u64 out[5]);
/* Mark what a mocked helper may have written as initialised, as far as it can be written. */
void bu_args_mark_written(struct bu_run *run, const struct bu_helper *helper, const u64 args[5]);

#endif
