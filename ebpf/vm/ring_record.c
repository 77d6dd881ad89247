// SPDX-License-Identifier: BSD-2-Clause
/*
 * Records in a ring buffer's memory, found as user space finds them: consumer's and producer's
 * position at the start of a page each, then the data, twice; each record follows a header of 8
 * bytes with its size. The consumer's position is user space's to write: nothing outside the data
 * is read, whatever it holds. Source: kernel/bpf/ringbuf.c (6.12).
 */
#include "ebpf/vm/ring_record.h"

#include <linux/bpf.h>
#include <unistd.h>

#define FLAGS (BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT)

struct walk {
	u64 data, size;     /* address and bytes of the data, once */
	u64 first, used;    /* position of the oldest record, bytes from there to the producer */
	u64 at;             /* of the next record, from `first` */
	u64 header, length; /* the present one: from `first`; without its header */
	bool open;
};

static struct walk walk_begin(const struct bu_region *ring)
{
	u64 page = (u64)getpagesize(), positions = (u64)ring->start;
	struct walk walk = { .data = positions + 2 * page, .size = (ring->size - 2 * page) / 2 };

	walk.first = __atomic_load_n((u64 *)positions, __ATOMIC_ACQUIRE);
	walk.used = *(u64 *)(positions + page) - walk.first;
	if (walk.used > walk.size)
		walk.used = 0; /* user space has written nonsense */
	return walk;
}

static bool walk_next(struct walk *walk)
{
	const u32 *header;

	if (walk->at >= walk->used)
		return false;
	header = (const u32 *)(walk->data + ((walk->first + walk->at) & (walk->size - 1) & ~7ULL));
	walk->header = walk->at;
	walk->length = *header & ~FLAGS;
	walk->open = *header & BPF_RINGBUF_BUSY_BIT;
	walk->at += BU_ROUND_UP(walk->length + BPF_RINGBUF_HDR_SZ, 8);
	return true;
}

/* How far an address is behind the oldest record; false: it is not in the data. */
static bool distance_from_first(const struct bu_region *ring, const struct walk *walk, u64 address,
				u64 *distance)
{
	if (address < walk->data || address - (u64)ring->start >= ring->size)
		return false;
	*distance = (address - walk->data - walk->first) & (walk->size - 1);
	return true;
}

bool bu_ring_record_at(const struct bu_region *ring, u64 address, struct bu_ring_record *record)
{
	struct walk walk = walk_begin(ring);
	u64 at;

	if (!distance_from_first(ring, &walk, address, &at))
		return false;
	while (walk_next(&walk)) {
		u64 into = at - walk.header - BPF_RINGBUF_HDR_SZ;

		if (into >= walk.length)
			continue;
		*record = (struct bu_ring_record){ address - into, walk.length, walk.open };
		return true;
	}
	return false;
}

static u64 distance_to(const struct bu_ring_record *record, u64 address)
{
	if (address < record->start)
		return record->start - address;
	return address - record->start < record->bytes ? 0
						       : address - record->start - record->bytes;
}

bool bu_ring_record_near(const struct bu_region *ring, u64 address, struct bu_ring_record *record)
{
	struct walk walk = walk_begin(ring);
	bool found = false;

	while (walk_next(&walk)) {
		u64 header = walk.data + ((walk.first + walk.header) & (walk.size - 1));
		struct bu_ring_record this = { header + BPF_RINGBUF_HDR_SZ, walk.length, true };

		if (!walk.open ||
		    (found && distance_to(record, address) <= distance_to(&this, address)))
			continue;
		*record = this;
		found = true;
	}
	return found;
}

bool bu_ring_is_unused(const struct bu_region *ring, u64 address)
{
	struct walk walk = walk_begin(ring);
	u64 at;

	return distance_from_first(ring, &walk, address, &at) && at >= walk.used &&
	       walk.first + at < walk.size;
}
