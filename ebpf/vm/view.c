// SPDX-License-Identifier: BSD-2-Clause
/* Views: see view.h. Equal ones are made once, so loops need no memory for each slice. */
#include "ebpf/vm/view.h"

#include "ebpf/kernel.h"
#include "ebpf/vm/run.h"

#include <stdlib.h>

#define BUCKETS 64 /* a power of two */

struct bu_views {
	u64 mark; /* of the arena's zone of views */
	struct bu_view *bucket[BUCKETS];
};

static u32 bucket_of(u64 target, u32 size)
{
	return (u32)((target * 0x9e3779b97f4a7c15ULL + size) >> 58) % BUCKETS;
}

static struct bu_view *find(const struct bu_views *views, const struct bu_view *like)
{
	struct bu_view *view = views->bucket[bucket_of(like->target, like->size)];

	while (view && (view->target != like->target || view->size != like->size ||
			view->rdonly != like->rdonly || view->what != like->what))
		view = view->next;
	return view;
}

/* A region that ends with the view, which has its target's alignment. */
static struct bu_view *add(struct bu_run *run, const struct bu_view *like)
{
	struct bu_view **bucket = &run->views->bucket[bucket_of(like->target, like->size)];
	struct bu_view *view = malloc(sizeof(*view));
	struct bu_region_info info = { .kind = BU_REGION_VIEW, .owner = view, .label = like->what };
	u32 shift = like->target % 8;
	u8 *start = NULL;

	if (view)
		start = bu_arena_view(&run->kernel->arena, (u64)like->size + shift, &info);
	if (!start) {
		free(view);
		return NULL;
	}
	*view = *like;
	view->start = (u64)start + shift;
	view->next = *bucket;
	*bucket = view;
	return view;
}

static bool begin(struct bu_run *run)
{
	run->views = calloc(1, sizeof(*run->views));
	if (run->views)
		run->views->mark = bu_arena_mark_views(&run->kernel->arena);
	return run->views;
}

u64 bu_view_make(struct bu_run *run, const void *target, u32 size, bool rdonly, const char *what)
{
	struct bu_view like = {
		.target = (u64)target, .size = size, .rdonly = rdonly, .what = what
	};
	struct bu_view *view;

	if (!run->views && !begin(run))
		return 0;
	view = find(run->views, &like);
	if (!view)
		view = add(run, &like);
	return view ? view->start : 0;
}

void bu_views_free(struct bu_run *run)
{
	for (u32 i = 0; i < BUCKETS; i++) {
		struct bu_view *view, *next;

		for (view = run->views->bucket[i]; view; view = next) {
			next = view->next;
			free(view);
		}
	}
	bu_arena_release_views(&run->kernel->arena, run->views->mark);
	free(run->views);
	run->views = NULL;
}

const struct bu_view *bu_view_at(const struct bu_arena *arena, u64 address)
{
	const struct bu_region *region = NULL;
	const struct bu_view *view;

	if (bu_arena_contains(arena, (void *)address))
		region = bu_arena_region(arena, (void *)address);
	if (!region || region->info.kind != BU_REGION_VIEW)
		return NULL;
	view = region->info.owner;
	return address - view->start < view->size ? view : NULL;
}

/* What an access sees that the view lets pass; 0: it does not. */
static u64 seen_by(const struct bu_view *view, u64 address, u64 size, bool write)
{
	u64 offset = view ? address - view->start : 0;

	if (!view || (write && view->rdonly) || size > view->size - offset)
		return 0;
	return view->target + offset;
}

void *bu_mem_readable(const struct bu_arena *arena, u64 address, u64 size)
{
	if (bu_arena_readable(arena, (void *)address, size))
		return (void *)address;
	address = seen_by(bu_view_at(arena, address), address, size, false);
	return address && bu_arena_readable(arena, (void *)address, size) ? (void *)address : NULL;
}

void *bu_mem_written(struct bu_arena *arena, u64 address, u64 size)
{
	if (bu_arena_make_written(arena, (void *)address, size))
		return (void *)address;
	address = seen_by(bu_view_at(arena, address), address, size, true);
	return address && bu_arena_make_written(arena, (void *)address, size) ? (void *)address
									      : NULL;
}

u64 bu_mem_seen(const struct bu_arena *arena, u64 address)
{
	const struct bu_view *view = bu_view_at(arena, address);

	return view ? address - view->start + view->target : address;
}

u64 bu_view_blame(const struct bu_arena *arena, u64 address, u32 size, bool write)
{
	u64 seen = seen_by(bu_view_at(arena, address), address, size, write);

	return seen ? seen : address;
}

u64 bu_view_first_bad(const struct bu_view *view, u64 address, u32 size, bool write)
{
	if (write && view->rdonly)
		return address;
	return BU_MIN(address + size, view->start + view->size);
}
