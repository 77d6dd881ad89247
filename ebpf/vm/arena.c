// SPDX-License-Identifier: BSD-2-Clause
/*
 * The arena: reservation, zones, shadow.
 *
 * Layout: [shadow: size / 4][shared zone][heap zone][scratch zone]. The whole shadow is readable
 * (pages never written are the zero page: inaccessible); memory and the shadow of it become
 * writable in chunks, just before an allocation reaches them, so that a container without
 * overcommit can run this.
 *
 * Invariants: each zone's regions ascend and do not touch (a red zone lies between); the shadow of
 * everything outside regions is zero; memory of the heap above `top` has never been written.
 */
#include "ebpf/vm/arena.h"

#include "ebpf/object.h"
#include "ebpf/syscall.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ARENA_DEFAULT (2ULL << 30)
#define ARENA_MIN     (16ULL << 20)
#define ARENA_LOWEST  (4L << 30)
#define HINT_HIGHEST  (32L << 40)
#define CHUNK         (1ULL << 20)
#define PAGE          4096ULL
#define RED_ZONE_MIN  32
#define RED_ZONE_MAX  512
#define NEAR          4096

/* Bits of a granule's V or W byte for its bytes [from, 8) and [0, to). */
static u8 bits_from(u64 from)
{
	return 0xff << from;
}

static u8 bits_to(u64 to)
{
	return 0xff >> (8 - to);
}

/* Above 4 GiB when there is room, so that an address cut to 32 bits is none. Some tools (valgrind)
 * map at low addresses unless they are asked. */
static long map_high(u64 bytes)
{
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
	long addr = bu_host_syscall(SYS_mmap, 0, bytes, PROT_NONE, flags, -1, 0);

	for (long hint = ARENA_LOWEST; 0 <= addr && addr < ARENA_LOWEST && hint <= HINT_HIGHEST;
	     hint *= 2) {
		bu_host_syscall(SYS_munmap, addr, bytes, 0, 0, 0, 0);
		addr = bu_host_syscall(SYS_mmap, hint, bytes, PROT_NONE, flags, -1, 0);
	}
	return addr;
}

static u8 *map_reservation(u64 size)
{
	long addr = map_high(size / 4 + size);

	if (addr < 0)
		return NULL;
	if (bu_host_syscall(SYS_mprotect, addr, size / 4, PROT_READ, 0, 0, 0) < 0) {
		bu_host_syscall(SYS_munmap, addr, size / 4 + size, 0, 0, 0, 0);
		return NULL;
	}
	return (u8 *)addr;
}

/* Where address space is limited, half of what could be had: the process and other kernels need
 * some too. */
static u8 *reserve(u64 *size)
{
	u64 wanted = *size;
	u8 *map = NULL;

	while (*size >= ARENA_MIN) {
		map = map_reservation(*size);
		if (map)
			break;
		*size /= 2;
	}
	if (map && *size < wanted && *size / 2 >= ARENA_MIN) {
		bu_host_syscall(SYS_munmap, (long)map, *size / 4 + *size, 0, 0, 0, 0);
		*size /= 2;
		map = map_reservation(*size);
	}
	return map;
}

static int open_memfd(void)
{
	int fd = memfd_create("bpfunit", MFD_CLOEXEC);

	return fd < 0 ? -errno : bu_fd_move_high(fd);
}

static void init_zone(struct bu_zone *zone, u64 begin, u64 end)
{
	*zone = (struct bu_zone){ .begin = begin, .end = end, .top = begin, .committed = begin };
}

/* valgrind keeps account of each byte that is reserved, which takes it seconds for 2 GiB. */
static u64 default_size(void)
{
	const char *preloaded = getenv("LD_PRELOAD");

	return preloaded && strstr(preloaded, "/vgpreload_") ? ARENA_DEFAULT / 16 : ARENA_DEFAULT;
}

int bu_arena_init(struct bu_arena *arena, u64 size)
{
	u8 *map;

	*arena = (struct bu_arena){ .memfd = -1, .read_only_memfd = -1 };
	size = size ? BU_ROUND_UP(size, ARENA_MIN) : default_size();
	map = reserve(&size);
	if (!map)
		return -ENOMEM;
	arena->shadow = map;
	arena->base = map + size / 4;
	arena->size = size;
	arena->memfd = open_memfd();
	if (arena->memfd < 0) {
		bu_arena_destroy(arena);
		return -ENOMEM;
	}
	init_zone(&arena->shared, 0, size / 4);
	init_zone(&arena->heap, size / 4, size / 8 * 7);
	init_zone(&arena->scratch, size / 8 * 7, size / 32 * 31);
	init_zone(&arena->views, size / 32 * 31, size);
	return 0;
}

void bu_arena_destroy(struct bu_arena *arena)
{
	if (arena->shadow)
		bu_host_syscall(SYS_munmap, (long)arena->shadow, arena->size / 4 + arena->size, 0,
				0, 0, 0);
	if (arena->memfd >= 0)
		close(arena->memfd);
	if (arena->read_only_memfd >= 0)
		close(arena->read_only_memfd);
	free(arena->shared.regions);
	free(arena->heap.regions);
	free(arena->scratch.regions);
	free(arena->views.regions);
	*arena = (struct bu_arena){ .memfd = -1, .read_only_memfd = -1 };
}

int bu_arena_read_only_memfd(struct bu_arena *arena)
{
	char path[32];
	int fd;

	if (arena->read_only_memfd < 0) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", arena->memfd);
		fd = bu_host_syscall(SYS_openat, AT_FDCWD, (long)path, O_RDONLY | O_CLOEXEC, 0, 0,
				     0);
		arena->read_only_memfd = fd < 0 ? fd : bu_fd_move_high(fd);
	}
	return arena->read_only_memfd < 0 ? arena->memfd : arena->read_only_memfd;
}

/* The V byte of the granule at `offset`; its W byte follows. */
static u8 *shadow_of(const struct bu_arena *arena, u64 offset)
{
	return arena->shadow + (offset >> 3) * 2;
}

static bool commit_memory(struct bu_arena *arena, const struct bu_zone *zone, u64 end)
{
	u64 size = end - zone->committed;
	long addr = (long)arena->base + zone->committed;

	if (zone != &arena->shared)
		return bu_host_syscall(SYS_mprotect, addr, size, PROT_READ | PROT_WRITE, 0, 0, 0) ==
		       0;
	if (ftruncate(arena->memfd, end) < 0)
		return false;
	return bu_host_syscall(SYS_mmap, addr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
			       arena->memfd, zone->committed) == addr;
}

/* Make memory and shadow below `end` writable. */
static bool commit(struct bu_arena *arena, struct bu_zone *zone, u64 end)
{
	u64 to = BU_MIN(BU_ROUND_UP(end, CHUNK), zone->end);

	if (bu_likely(end <= zone->committed))
		return true;
	if (bu_host_syscall(SYS_mprotect, (long)shadow_of(arena, zone->committed),
			    (to - zone->committed) / 4, PROT_READ | PROT_WRITE, 0, 0, 0) < 0)
		return false;
	if (!commit_memory(arena, zone, to))
		return false;
	zone->committed = to;
	return true;
}

static bool grow_regions(struct bu_zone *zone)
{
	u32 cap = zone->cap_regions ? zone->cap_regions * 2 : 64;
	struct bu_region *regions = realloc(zone->regions, cap * sizeof(*regions));

	if (!regions)
		return false;
	zone->regions = regions;
	zone->cap_regions = cap;
	return true;
}

static u64 red_zone(u64 size)
{
	return BU_MIN(BU_MAX(size / 8, RED_ZONE_MIN), RED_ZONE_MAX);
}

/* Bytes [*start, *start + size) of `zone`, followed by `gap` bytes; not accessible yet. */
static bool take(struct bu_arena *arena, struct bu_zone *zone, u64 size, u64 align, u64 gap,
		 u64 *start)
{
	u64 at = BU_ROUND_UP(zone->top, align), end;

	if (size > zone->end - at || zone->end - at - size < gap + align)
		return false;
	end = BU_ROUND_UP(at + size + gap, align);
	if (zone->nr_regions == zone->cap_regions && !grow_regions(zone))
		return false;
	if (!commit(arena, zone, end))
		return false;
	zone->top = end;
	*start = at;
	return true;
}

static void *add_region(struct bu_arena *arena, struct bu_zone *zone, u64 start, u64 size,
			enum bu_access access, const struct bu_region_info *info)
{
	u8 *ptr = arena->base + start;

	zone->regions[zone->nr_regions++] =
		(struct bu_region){ .start = ptr, .size = size, .info = *info };
	zone->seen_regions = zone->nr_regions;
	if (access != BU_NONE) /* else its shadow is zero already; writing it would take memory */
		bu_arena_set_access(arena, ptr, size, access);
	return ptr;
}

void *bu_arena_alloc(struct bu_arena *arena, u64 size, enum bu_access access,
		     const struct bu_region_info *info)
{
	u64 start;

	if (!take(arena, &arena->heap, size, size < 16 ? 8 : 16, red_zone(size), &start))
		return NULL;
	return add_region(arena, &arena->heap, start, size, access, info);
}

void *bu_arena_alloc_shared(struct bu_arena *arena, u64 size, enum bu_access access,
			    const struct bu_region_info *info, u64 *offset)
{
	u64 start;

	if (!take(arena, &arena->shared, size, PAGE, PAGE, &start))
		return NULL;
	*offset = start;
	return add_region(arena, &arena->shared, start, size, access, info);
}

void *bu_arena_alloc_ring(struct bu_arena *arena, u64 head, u64 data,
			  const struct bu_region_info *info, u64 *offset)
{
	u64 size = head + 2 * data, start;
	long again;

	if (!take(arena, &arena->shared, size, PAGE, PAGE, &start))
		return NULL;
	again = (long)arena->base + start + head + data;
	if (bu_host_syscall(SYS_mmap, again, data, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
			    arena->memfd, start + head) != again)
		return NULL;
	*offset = start;
	return add_region(arena, &arena->shared, start, size, BU_NONE, info);
}

u64 bu_arena_mark(const struct bu_arena *arena)
{
	return arena->scratch.top;
}

void *bu_arena_scratch(struct bu_arena *arena, u64 size, enum bu_access access,
		       const struct bu_region_info *info)
{
	u64 start;

	if (!take(arena, &arena->scratch, size, 16, RED_ZONE_MIN, &start))
		return NULL;
	if (access & BU_READ)
		memset(arena->base + start, 0, size);
	return add_region(arena, &arena->scratch, start, size, access, info);
}

static void release(struct bu_arena *arena, struct bu_zone *zone, u64 mark)
{
	const u8 *from = arena->base + mark;

	if (mark >= zone->top)
		return;
	memset(shadow_of(arena, mark), 0, (zone->top - mark) / 4);
	while (zone->nr_regions && zone->regions[zone->nr_regions - 1].start >= from)
		zone->nr_regions--;
	zone->top = mark;
}

void bu_arena_release(struct bu_arena *arena, u64 mark)
{
	release(arena, &arena->scratch, mark);
}

u64 bu_arena_mark_views(const struct bu_arena *arena)
{
	return arena->views.top;
}

void *bu_arena_view(struct bu_arena *arena, u64 size, const struct bu_region_info *info)
{
	u64 start;

	if (!take(arena, &arena->views, size, 8, RED_ZONE_MIN, &start))
		return NULL;
	return add_region(arena, &arena->views, start, size, BU_NONE, info);
}

void bu_arena_release_views(struct bu_arena *arena, u64 mark)
{
	release(arena, &arena->views, mark);
}

static const struct bu_zone *zone_of(const struct bu_arena *arena, const void *ptr)
{
	u64 offset = (const u8 *)ptr - arena->base;

	if (offset >= arena->size)
		return NULL;
	if (offset >= arena->scratch.begin)
		return offset >= arena->views.begin ? &arena->views : &arena->scratch;
	return offset >= arena->heap.begin ? &arena->heap : &arena->shared;
}

/* How many of the first `nr` regions begin at or before `ptr`. */
static u32 count_up_to(const struct bu_zone *zone, u32 nr, const void *ptr)
{
	u32 low = 0, high = nr;

	while (low < high) {
		u32 mid = low + (high - low) / 2;

		if (zone->regions[mid].start <= (const u8 *)ptr)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

void bu_arena_around(const struct bu_arena *arena, const void *ptr, const struct bu_region **before,
		     const struct bu_region **after)
{
	const struct bu_zone *zone = zone_of(arena, ptr);
	u32 nr;

	*before = *after = NULL;
	if (!zone)
		return;
	nr = count_up_to(zone, zone->nr_regions, ptr);
	if (nr)
		*before = &zone->regions[nr - 1];
	if (nr < zone->nr_regions)
		*after = &zone->regions[nr];
}

const struct bu_region *bu_arena_region(const struct bu_arena *arena, const void *ptr)
{
	const struct bu_region *before, *after;

	bu_arena_around(arena, ptr, &before, &after);
	if (!before || (u64)((const u8 *)ptr - before->start) >= before->size + NEAR)
		return NULL;
	return before;
}

const struct bu_region *bu_arena_released(const struct bu_arena *arena, const void *ptr)
{
	const struct bu_zone *zone = zone_of(arena, ptr);
	u32 nr;

	if (!zone || (zone != &arena->scratch && zone != &arena->views) ||
	    (u64)((const u8 *)ptr - arena->base) < zone->top)
		return NULL;
	nr = count_up_to(zone, zone->seen_regions, ptr);
	if (!nr || nr <= zone->nr_regions)
		return NULL;
	if ((u64)((const u8 *)ptr - zone->regions[nr - 1].start) >= zone->regions[nr - 1].size)
		return NULL;
	return &zone->regions[nr - 1];
}

void bu_arena_free(struct bu_arena *arena, void *ptr)
{
	struct bu_zone *zone =
		zone_of(arena, ptr) == &arena->shared ? &arena->shared : &arena->heap;
	struct bu_region *region;
	u32 nr = ptr ? count_up_to(zone, zone->nr_regions, ptr) : 0;

	if (!nr || zone->regions[nr - 1].start != ptr || zone->regions[nr - 1].freed)
		return;
	region = &zone->regions[nr - 1];
	bu_arena_set_access(arena, ptr, region->size, BU_NONE);
	region->freed = true;
	region->info.owner = NULL; /* may be gone when this is looked at */
	region->info.label = NULL;
}

/* Set the bits of `mask` in one granule's shadow. */
static void set_granule(u8 *shadow, u8 mask, enum bu_access access)
{
	shadow[0] = access & BU_READ ? shadow[0] | mask : shadow[0] & ~mask;
	shadow[1] = access & BU_WRITE ? shadow[1] | mask : shadow[1] & ~mask;
}

static void fill_granules(u8 *shadow, u64 granules, enum bu_access access)
{
	u8 pair[2] = { access & BU_READ ? 0xff : 0, access & BU_WRITE ? 0xff : 0 };
	u64 i, word = 0x0001000100010001ULL * (pair[0] | pair[1] << 8);

	for (i = 0; i + 4 <= granules; i += 4)
		memcpy(shadow + i * 2, &word, 8);
	for (; i < granules; i++)
		memcpy(shadow + i * 2, pair, 2);
}

void bu_arena_set_access(struct bu_arena *arena, const void *ptr, u64 size, enum bu_access access)
{
	u64 from = (const u8 *)ptr - arena->base, to = from + size;
	u8 *shadow = shadow_of(arena, from);

	if (!size)
		return;
	if (from >> 3 == (to - 1) >> 3) {
		set_granule(shadow, bits_from(from & 7) & bits_to(((to - 1) & 7) + 1), access);
		return;
	}
	if (from & 7) {
		set_granule(shadow, bits_from(from & 7), access);
		from = BU_ROUND_UP(from, 8);
	}
	fill_granules(shadow_of(arena, from), (to - from) >> 3, access);
	if (to & 7)
		set_granule(shadow_of(arena, to), bits_to(to & 7), access);
}

/* How many bytes from the start of [offset, offset + max) have their bit set in shadow byte `which`
 * (0: V, 1: W). The range lies in the arena. */
static u64 span(const struct bu_arena *arena, u64 offset, u64 max, int which)
{
	u64 full = 0x00ff00ff00ff00ffULL << which * 8;
	u64 at = offset, end = offset + max, word;

	while (at < end) {
		const u8 *shadow = shadow_of(arena, at);
		u8 missing;

		if (!(at & 7) && end - at >= 32) {
			memcpy(&word, shadow, 8);
			if ((word & full) == full) {
				at += 32;
				continue;
			}
		}
		missing = ~shadow[which] & bits_from(at & 7);
		if (missing)
			return BU_MIN((at & ~7ULL) + __builtin_ctz(missing), end) - offset;
		at = (at & ~7ULL) + 8;
	}
	return max;
}

static u64 span_at(const struct bu_arena *arena, const void *ptr, u64 max, int which)
{
	u64 offset = (const u8 *)ptr - arena->base;

	if (offset >= arena->size)
		return 0;
	return span(arena, offset, BU_MIN(max, arena->size - offset), which);
}

u64 bu_arena_readable_span(const struct bu_arena *arena, const void *ptr, u64 max)
{
	return span_at(arena, ptr, max, 0);
}

u64 bu_arena_writable_span(const struct bu_arena *arena, const void *ptr, u64 max)
{
	return span_at(arena, ptr, max, 1);
}

bool bu_arena_readable(const struct bu_arena *arena, const void *ptr, u64 size)
{
	return span_at(arena, ptr, size, 0) == size;
}

bool bu_arena_writable(const struct bu_arena *arena, const void *ptr, u64 size)
{
	return span_at(arena, ptr, size, 1) == size;
}

bool bu_arena_make_written(struct bu_arena *arena, void *ptr, u64 size)
{
	if (!bu_arena_writable(arena, ptr, size))
		return false;
	bu_arena_set_access(arena, ptr, size, BU_RW);
	return true;
}
