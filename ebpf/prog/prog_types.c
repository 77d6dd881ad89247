// SPDX-License-Identifier: BSD-2-Clause
/*
 * The table of program types, and guarding contexts: after guard_ctx a program can touch exactly
 * those bytes of its context that the kernel's verifier lets it.
 */
#include "ebpf/prog/prog_types.h"

#include "ebpf/kernel.h"

#include <linux/bpf_perf_event.h>

#define BU_PROG_TYPE(id_, name_, ctx_size_, guard_, load_, test_run_)                              \
	[id_] = { .name = name_,                                                                   \
		  .ctx_size = ctx_size_,                                                           \
		  .guard_ctx = guard_,                                                             \
		  .ctx_load = load_,                                                               \
		  .test_run = test_run_ },
static const struct bu_prog_type types[] = {
#include "ebpf/prog/prog_types.def"
};
#undef BU_PROG_TYPE

const struct bu_prog_type *bu_prog_type_of(u32 type)
{
	return type < BU_ARRAY_SIZE(types) && types[type].name ? &types[type] : NULL;
}

void bu_ctx_guard(struct bu_run *run, u8 rest, const struct bu_ctx_field *fields, u32 nr)
{
	struct bu_arena *arena = &run->kernel->arena;
	u8 *ctx = run->ctx;

	bu_arena_set_access(arena, ctx, run->ctx_size, rest);
	for (u32 i = 0; i < nr; i++) {
		u32 end = fields[i].offset + fields[i].size;

		if (fields[i].offset < run->ctx_size)
			bu_arena_set_access(arena, ctx + fields[i].offset,
					    BU_MIN(end, run->ctx_size) - fields[i].offset,
					    fields[i].access);
	}
}

void bu_ctx_read_only(struct bu_run *run)
{
	bu_ctx_guard(run, BU_READ, NULL, 0);
}

int bu_no_test_run(struct bu_prog *prog, union bpf_attr *attr)
{
	return -BU_ENOTSUPP;
}
