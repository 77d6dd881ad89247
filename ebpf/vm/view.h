/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Views: windows onto memory that is accessible under another address, with bounds and a
 * protection of their own. What bpf_dynptr_slice() and bpf_dynptr_data() return is one: as long as
 * was asked for, and perhaps only to be read, wherever the bytes lie.
 *
 * A view is a region whose shadow refuses everything, so the interpreter's fast
 * path knows nothing of it: accesses that were refused are tried again through the view. Views live
 * as long as their run.
 */
#ifndef BU_VIEW_H
#define BU_VIEW_H

#include "ebpf/vm/arena.h"

struct bu_run;

struct bu_view {
	struct bu_view *next; /* of those that a run has, with the same hash */
	u64 start, target;    /* both leave the same remainder divided by 8 */
	u32 size;
	bool rdonly;
	const char *what; /* "slice", "data": static */
};

/* The address at which a program sees `size` bytes at `target`, the same for the same view; 0: out
 * of memory. */
u64 bu_view_make(struct bu_run *run, const void *target, u32 size, bool rdonly, const char *what);
void bu_views_free(struct bu_run *run);

/* The view that holds an address, or NULL. */
const struct bu_view *bu_view_at(const struct bu_arena *arena, u64 address);
/* Where the bytes are that a program may read (write: they are marked as initialised) at an
 * address: there, or seen through a view. NULL: it may not. */
void *bu_mem_readable(const struct bu_arena *arena, u64 address, u64 size);
void *bu_mem_written(struct bu_arena *arena, u64 address, u64 size);
/* What is seen at an address: the address itself unless it is in a view. For C code that is given a
 * program's pointer. */
u64 bu_mem_seen(const struct bu_arena *arena, u64 address);

/* For faults. The address that a refused access is about: what it sees when the view would have let
 * it pass. The first byte that the view does not. */
u64 bu_view_blame(const struct bu_arena *arena, u64 address, u32 size, bool write);
u64 bu_view_first_bad(const struct bu_view *view, u64 address, u32 size, bool write);

#endif
