/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The memory that programs can address.
 *
 * One reserved range of host addresses, and a shadow that says of each byte whether a program may
 * read it (V: readable and initialised) and write it (W). Every 8-byte granule has two shadow
 * bytes, [V][W], one bit a byte; zero means inaccessible, so untouched reservation is poisoned for
 * free. Addresses are host pointers: what a program holds in a register, C code dereferences.
 *
 * Four zones, each grown by bumping and committed in chunks. Shared: pages of one memfd, which user
 * space may mmap (globals, ring buffers); first in the range. Heap: everything that lives until it
 * is freed; an address is not used twice. Scratch: what lives as long as a run (stack frames,
 * context, packet); released like a stack. Views: addresses at which a run sees other memory
 * (ebpf/vm/view.h); released likewise, and never anything else.
 *
 * Each allocation is a region, kept for good (also when freed) so that a bad access can be named.
 */
#ifndef BU_ARENA_H
#define BU_ARENA_H

#include "ebpf/base.h"

enum bu_access {
	BU_NONE = 0,
	BU_READ = 1,  /* V: readable, initialised */
	BU_WRITE = 2, /* W without V: writable, not yet initialised; writing sets V */
	BU_RW = 3,
};

enum bu_region_kind {
	BU_REGION_NONE,
	BU_REGION_STACK,
	BU_REGION_CTX,
	BU_REGION_PACKET,
	BU_REGION_MAP_VALUE,  /* owner: struct bu_map; label "key": a key that a callback was given;
				 "table": the addresses of BPF_MAP_TYPE_INSN_ARRAY */
	BU_REGION_RINGBUF,    /* owner: struct bu_map */
	BU_REGION_MAP_HANDLE, /* what a program holds as "map pointer"; owner: struct bu_map */
	BU_REGION_CODE,       /* addresses of instructions; owner: struct bu_prog */
	BU_REGION_KOBJ,       /* kernel object: task_struct, ... ; owner: NULL, label: its type */
	BU_REGION_USER,       /* memory of the simulated user space, for probe_read_user */
	BU_REGION_VIEW,       /* onto other memory: ebpf/vm/view.h; owner: struct bu_view */
	BU_REGION_MAX,
};

/* What is known of an element of a slab besides its bytes; no program can reach it. */
struct bu_elem_tag {
	u32 prog, insn; /* who inserted it: a program's id, and its call; 0: user space */
	u32 freed_prog, freed_insn; /* who removed it */
	bool used, freed;
	u16 key_size;
	u8 key[28]; /* its first bytes */
};
_Static_assert(sizeof(struct bu_elem_tag) % 8 == 0, "elements of slabs stay aligned");

struct bu_region_info {
	enum bu_region_kind kind;
	void *owner;       /* see the kinds above */
	const char *label; /* static or owned by the owner; may be NULL */
	u32 elem_size;     /* usable bytes of each element when the region is a slab, else 0 */
	u32 stride;        /* distance of elements in a slab */
	bool tagged; /* each element ends with a struct bu_elem_tag, at the end of its stride */
};

struct bu_region {
	u8 *start;
	u64 size;
	bool freed;
	struct bu_region_info info;
};

struct bu_zone {
	u64 begin, end;            /* offsets in the arena */
	u64 top;                   /* next free offset */
	u64 committed;             /* offset up to which memory and shadow are writable */
	struct bu_region *regions; /* ascending addresses */
	u32 nr_regions, cap_regions;
	u32 seen_regions; /* entries of regions[] that hold something, also released scratch */
};

struct bu_arena {
	u8 *base;            /* first byte of the range */
	u64 size;            /* bytes reserved; shadow is size / 4 bytes */
	u8 *shadow;          /* shadow of `base` */
	int memfd;           /* backs the shared zone from offset 0 */
	int read_only_memfd; /* the same file, without the right to write; -1: not asked for yet */
	struct bu_zone shared, heap, scratch, views;
};

/* Reserve `size` bytes (0: 2 GiB; under valgrind 128 MiB), halving until the reservation succeeds.
 * 0, or -ENOMEM. */
int bu_arena_init(struct bu_arena *arena, u64 size);
void bu_arena_destroy(struct bu_arena *arena);
/* What to map so that mprotect(2) never makes it writable: the host refuses that for files that
 * were opened to be read. The memfd itself where there is no /proc. */
int bu_arena_read_only_memfd(struct bu_arena *arena);

/* Zeroed memory of `size` bytes with a red zone behind it, aligned to 8 (16 from 16 bytes on).
 * NULL when the zone is full. */
void *bu_arena_alloc(struct bu_arena *arena, u64 size, enum bu_access access,
		     const struct bu_region_info *info);
/* Whole pages of the shared zone. `*offset`: where they lie in arena->memfd. */
void *bu_arena_alloc_shared(struct bu_arena *arena, u64 size, enum bu_access access,
			    const struct bu_region_info *info, u64 *offset);
/* As bu_arena_alloc_shared: `head` bytes of pages, then `data` bytes of pages which appear twice in
 * succession, so that a record may run across the end (each appearance has its own shadow). In the
 * memfd only the first head + data bytes from `*offset` on are used. Starts out BU_NONE. */
void *bu_arena_alloc_ring(struct bu_arena *arena, u64 head, u64 data,
			  const struct bu_region_info *info, u64 *offset);
/* Make a region of heap or shared memory inaccessible; later accesses are use-after-free. Its owner
 * and label are forgotten. `ptr`: its start. NULL is ignored. */
void bu_arena_free(struct bu_arena *arena, void *ptr);

/* Scratch memory: allocate between mark and release; release poisons all that came after the mark.
 * It is zeroed unless it is BU_WRITE (not initialised) anyway. NULL when the zone is full. Only a
 * run as a whole is released: what callbacks and moved packets allocate stays until its end. */
u64 bu_arena_mark(const struct bu_arena *arena);
void *bu_arena_scratch(struct bu_arena *arena, u64 size, enum bu_access access,
		       const struct bu_region_info *info);
void bu_arena_release(struct bu_arena *arena, u64 mark);

/* Addresses for a view, never accessible by themselves; NULL when the zone is full. */
void *bu_arena_view(struct bu_arena *arena, u64 size, const struct bu_region_info *info);
u64 bu_arena_mark_views(const struct bu_arena *arena);
void bu_arena_release_views(struct bu_arena *arena, u64 mark);

/* Set the access of [ptr, ptr + size), any alignment. The range must be inside one allocation. */
void bu_arena_set_access(struct bu_arena *arena, const void *ptr, u64 size, enum bu_access access);

/* Whether each byte of [ptr, ptr + size) may be read / written. Any address, any size. */
bool bu_arena_readable(const struct bu_arena *arena, const void *ptr, u64 size);
bool bu_arena_writable(const struct bu_arena *arena, const void *ptr, u64 size);
/* How many bytes from ptr on are readable (writable), at most `max`. */
u64 bu_arena_readable_span(const struct bu_arena *arena, const void *ptr, u64 max);
u64 bu_arena_writable_span(const struct bu_arena *arena, const void *ptr, u64 max);
/* As bu_arena_writable, then mark the bytes initialised (what a helper does before it writes). */
bool bu_arena_make_written(struct bu_arena *arena, void *ptr, u64 size);

/* The region that contains `ptr` or, failing that, the nearest one that ends before it within its
 * red zone or up to 4 KiB; NULL when there is none. */
const struct bu_region *bu_arena_region(const struct bu_arena *arena, const void *ptr);

/* The regions around `ptr`: the last that begins at or before it, the first that begins after it;
 * NULL where there is none in the zone of `ptr`. */
void bu_arena_around(const struct bu_arena *arena, const void *ptr, const struct bu_region **before,
		     const struct bu_region **after);
/* What was at `ptr` in scratch memory, or seen there, that has been released, as far as it is
 * known; else NULL. */
const struct bu_region *bu_arena_released(const struct bu_arena *arena, const void *ptr);

static inline bool bu_arena_contains(const struct bu_arena *arena, const void *ptr)
{
	return (u64)((const u8 *)ptr - arena->base) < arena->size;
}

#endif
