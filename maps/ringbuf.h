/* SPDX-License-Identifier: BSD-2-Clause */
/* Rings that user space maps, and what the bpf_ringbuf_* helpers do on maps of
 * BPF_MAP_TYPE_RINGBUF. */
#ifndef BU_MAPS_RINGBUF_H
#define BU_MAPS_RINGBUF_H

#include "ebpf/map.h"

struct bu_open_record { /* reserved, neither submitted nor discarded */
	u8 *sample;
	u32 size;
};

struct bu_ring {
	u64 *consumer, *producer; /* positions; one of them is user space's to write */
	u8 *data;                 /* size bytes, and the same again */
	u64 size, page;
	u64 offset;  /* of the consumer's page in the arena's memfd */
	u64 pending; /* position of the oldest record that was still open at the last reserve */
	struct bu_open_record *open; /* oldest first */
	u32 nr_open, room;
	bool busy; /* USER_RINGBUF: being drained */
};

/* Of both types of ring. */
int bu_ring_check(const union bpf_attr *attr);
int bu_ring_create(struct bu_map *map, const union bpf_attr *attr);
void bu_ring_destroy(struct bu_map *map);
/* Where `pgoff` lies in the arena's memfd, or -EINVAL: beyond the ring. */
s64 bu_ring_offset(const struct bu_ring *ring, u64 pgoff, u64 size);

static inline u64 bu_ring_consumed(const struct bu_ring *ring)
{
	return __atomic_load_n(ring->consumer, __ATOMIC_ACQUIRE);
}

/* What a record takes of the ring. */
static inline u64 bu_ring_record_bytes(u32 header)
{
	u32 size = header & ~(BPF_RINGBUF_DISCARD_BIT | BPF_RINGBUF_BUSY_BIT);

	return BU_ROUND_UP((u64)size + BPF_RINGBUF_HDR_SZ, 8);
}

static inline u32 *bu_ring_header(const struct bu_ring *ring, u64 pos)
{
	return (u32 *)(ring->data + (pos & (ring->size - 1)));
}

/* `size` writable, uninitialised bytes which the run must submit or discard (counted in
 * run->references); NULL: flags other than 0, no room, or larger than the ring. `run` may be NULL:
 * no count. */
void *bu_ringbuf_reserve(struct bu_map *map, struct bu_run *run, u64 size, u64 flags);
/* The ring buffer map of a record that is reserved and not yet submitted, when `sample` is its
 * first byte; else NULL. */
struct bu_map *bu_ringbuf_of_record(struct bu_kernel *kernel, const void *sample);
/* End a reservation; `sample` is one (see above). Flags: BPF_RB_NO_WAKEUP, BPF_RB_FORCE_WAKEUP. */
void bu_ringbuf_submit(struct bu_map *map, struct bu_run *run, void *sample, u64 flags);
void bu_ringbuf_discard(struct bu_map *map, struct bu_run *run, void *sample, u64 flags);
/* 0, -EINVAL (unknown flags), -EAGAIN (no room). */
long bu_ringbuf_output(struct bu_map *map, const void *data, u64 size, u64 flags);
/* BPF_RB_AVAIL_DATA, RING_SIZE, CONS_POS, PROD_POS; 0 for any other. */
u64 bu_ringbuf_query(struct bu_map *map, u64 flags);

#endif
