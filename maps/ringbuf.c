// SPDX-License-Identifier: BSD-2-Clause
/*
 * BPF_MAP_TYPE_RINGBUF, in the layout that user space maps: a page that begins with the consumer's
 * position, one with the producer's, then the data, mapped twice in a row so that no record is
 * split. Each record has an 8-byte header: its size with two flag bits, and its distance in pages
 * from the kernel's bookkeeping, which precedes the consumer's page. Source: kernel/bpf/ringbuf.c
 * (6.12).
 *
 * Programs can reach the bytes of a record between reserve and submit or discard, nothing else
 * here. Positions count bytes since the beginning and are 64 bits wide.
 *
 * Differs: reading a byte of a record before it is written is a fault; a ring takes twice its size
 * of the arena's shared zone and is -ENOMEM when that is full.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ebpf/kernel.h"
#include "maps/ringbuf.h"
#include "maps/stubs.h"

#define MAX_RECORD (UINT32_MAX / 4)
#define HEADER_PAGES                                                                               \
	3 /* bookkeeping, consumer, producer: pages before the data, as headers count them */

int bu_ring_check(const union bpf_attr *attr)
{
	u32 size = attr->max_entries;

	if (attr->map_flags & ~BPF_F_NUMA_NODE || attr->key_size || attr->value_size)
		return -EINVAL;
	return !size || size & (size - 1) || size % getpagesize() ? -EINVAL : 0;
}

int bu_ring_create(struct bu_map *map, const union bpf_attr *attr)
{
	struct bu_region_info info = { .kind = BU_REGION_RINGBUF, .owner = map };
	struct bu_ring *ring = calloc(1, sizeof(*ring));
	u8 *base;

	if (!ring)
		return -ENOMEM;
	ring->page = getpagesize();
	ring->size = map->max_entries;
	base = bu_arena_alloc_ring(&map->object.kernel->arena, 2 * ring->page, ring->size, &info,
				   &ring->offset);
	if (!base) {
		free(ring);
		return -ENOMEM;
	}
	ring->consumer = (u64 *)base;
	ring->producer = (u64 *)(base + ring->page);
	ring->data = base + 2 * ring->page;
	map->priv = ring;
	return 0;
}

void bu_ring_destroy(struct bu_map *map)
{
	struct bu_ring *ring = map->priv;

	if (!ring)
		return;
	bu_arena_free(&map->object.kernel->arena, ring->consumer);
	free(ring->open);
	free(ring);
	map->priv = NULL;
}

/* Advance over the records that were finished since the last reserve. */
static void advance_pending(struct bu_ring *ring, u64 producer)
{
	while (ring->pending < producer) {
		u32 header = *bu_ring_header(ring, ring->pending);

		if (header & BPF_RINGBUF_BUSY_BIT)
			break;
		ring->pending += bu_ring_record_bytes(header);
	}
}

/* A record of `size` bytes, busy; NULL: no room. Source: __bpf_ringbuf_reserve(). */
static u8 *append(struct bu_ring *ring, u64 size)
{
	u64 producer = *ring->producer, end;
	u32 *header;

	if (size > MAX_RECORD || bu_ring_record_bytes(size) > ring->size)
		return NULL;
	end = producer + bu_ring_record_bytes(size);
	advance_pending(ring, producer);
	if (end - bu_ring_consumed(ring) > ring->size - 1 || end - ring->pending > ring->size - 1)
		return NULL;
	header = bu_ring_header(ring, producer);
	header[0] = size | BPF_RINGBUF_BUSY_BIT;
	header[1] = HEADER_PAGES + ((u8 *)header - ring->data) / ring->page;
	__atomic_store_n(ring->producer, end, __ATOMIC_RELEASE);
	return (u8 *)header + BPF_RINGBUF_HDR_SZ;
}

/* Finish a record, and wake the consumer when it has read all before it. Source:
 * bpf_ringbuf_commit(). */
static void commit(struct bu_map *map, u8 *sample, u64 flags, bool discard)
{
	struct bu_ring *ring = map->priv;
	u32 *header = (u32 *)(sample - BPF_RINGBUF_HDR_SZ);
	u32 size = (header[0] ^ BPF_RINGBUF_BUSY_BIT) | (discard ? BPF_RINGBUF_DISCARD_BIT : 0);
	bool caught_up;

	__atomic_exchange_n(header, size, __ATOMIC_SEQ_CST);
	caught_up = (bu_ring_consumed(ring) & (ring->size - 1)) == (u64)((u8 *)header - ring->data);
	if (flags & BPF_RB_FORCE_WAKEUP || (caught_up && !(flags & BPF_RB_NO_WAKEUP)))
		bu_fd_wake(&map->object);
}

static struct bu_open_record *find_open(const struct bu_ring *ring, const void *sample)
{
	for (u32 i = ring->nr_open; i > 0; i--)
		if (ring->open[i - 1].sample == sample)
			return &ring->open[i - 1];
	return NULL;
}

static bool make_room(struct bu_ring *ring)
{
	u32 room = ring->room ? 2 * ring->room : 8;
	struct bu_open_record *open;

	if (ring->nr_open < ring->room)
		return true;
	open = realloc(ring->open, room * sizeof(*open));
	if (!open)
		return false;
	ring->open = open;
	ring->room = room;
	return true;
}

void *bu_ringbuf_reserve(struct bu_map *map, struct bu_run *run, u64 size, u64 flags)
{
	struct bu_ring *ring = map->priv;
	u8 *sample;

	if (flags || !make_room(ring))
		return NULL;
	sample = append(ring, size);
	if (!sample)
		return NULL;
	ring->open[ring->nr_open++] = (struct bu_open_record){ .sample = sample, .size = size };
	bu_arena_set_access(&map->object.kernel->arena, sample, size, BU_WRITE);
	if (run)
		bu_run_acquire(run, sample);
	return sample;
}

struct bu_map *bu_ringbuf_of_record(struct bu_kernel *kernel, const void *sample)
{
	const struct bu_region *region = NULL;
	struct bu_map *map;

	if (bu_arena_contains(&kernel->arena, sample))
		region = bu_arena_region(&kernel->arena, sample);
	if (!region || region->freed || region->info.kind != BU_REGION_RINGBUF)
		return NULL;
	map = region->info.owner;
	return find_open(map->priv, sample) ? map : NULL;
}

static void finish(struct bu_map *map, struct bu_run *run, void *sample, u64 flags, bool discard)
{
	struct bu_ring *ring = map->priv;
	struct bu_open_record *record = find_open(ring, sample);

	if (!record)
		return;
	bu_arena_set_access(&map->object.kernel->arena, sample, record->size, BU_NONE);
	ring->nr_open--;
	memmove(record, record + 1, (u8 *)(ring->open + ring->nr_open) - (u8 *)record);
	if (run)
		bu_run_release(run, sample);
	commit(map, sample, flags, discard);
}

void bu_ringbuf_submit(struct bu_map *map, struct bu_run *run, void *sample, u64 flags)
{
	finish(map, run, sample, flags, false);
}

void bu_ringbuf_discard(struct bu_map *map, struct bu_run *run, void *sample, u64 flags)
{
	finish(map, run, sample, flags, true);
}

long bu_ringbuf_output(struct bu_map *map, const void *data, u64 size, u64 flags)
{
	u8 *sample;

	if (flags & ~(u64)(BPF_RB_NO_WAKEUP | BPF_RB_FORCE_WAKEUP))
		return -EINVAL;
	sample = append(map->priv, size);
	if (!sample)
		return -EAGAIN;
	if (size)
		memcpy(sample, data, size);
	commit(map, sample, flags, false);
	return 0;
}

u64 bu_ringbuf_query(struct bu_map *map, u64 flags)
{
	const struct bu_ring *ring = map->priv;

	switch (flags) {
	case BPF_RB_AVAIL_DATA:
		return *ring->producer - bu_ring_consumed(ring);
	case BPF_RB_RING_SIZE:
		return ring->size;
	case BPF_RB_CONS_POS:
		return bu_ring_consumed(ring);
	case BPF_RB_PROD_POS:
		return *ring->producer;
	default:
		return 0;
	}
}

s64 bu_ring_offset(const struct bu_ring *ring, u64 pgoff, u64 size)
{
	u64 second = 2 * ring->page + ring->size, end = second + ring->size;

	if (pgoff > end || size > end - pgoff)
		return -EINVAL;
	return ring->offset + (pgoff >= second ? pgoff - ring->size : pgoff);
}

/* Source: ringbuf_map_mmap_kern(). */
static s64 mmap_offset(struct bu_map *map, u64 pgoff, u64 size, int prot)
{
	const struct bu_ring *ring = map->priv;

	if (prot & PROT_WRITE && (pgoff || size != ring->page))
		return -EPERM;
	return bu_ring_offset(ring, pgoff, size);
}

static bool readable(struct bu_map *map)
{
	const struct bu_ring *ring = map->priv;

	return bu_ring_consumed(ring) != __atomic_load_n(ring->producer, __ATOMIC_ACQUIRE);
}

const struct bu_map_ops bu_ringbuf_ops = {
	.name = "ringbuf",
	.check = bu_ring_check,
	.create = bu_ring_create,
	.destroy = bu_ring_destroy,
	.lookup = bu_lookup_none,
	.update = bu_update_enotsupp,
	.remove = bu_remove_enotsupp,
	.for_each = bu_for_each_einval,
	.user_lookup = bu_user_lookup_enotsupp,
	.user_update = bu_user_update_enotsupp,
	.user_remove = bu_remove_enotsupp,
	.user_take = bu_user_take_enotsupp,
	.next_key = bu_next_key_enotsupp,
	.direct_value = bu_direct_value_none,
	.mmap_offset = mmap_offset,
	.used_by = bu_used_by_any,
	.closed = bu_closed_nothing,
	.readable = readable,
	.can_be_inner = true,
};
