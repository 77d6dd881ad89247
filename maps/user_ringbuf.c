// SPDX-License-Identifier: BSD-2-Clause
/*
 * BPF_MAP_TYPE_USER_RINGBUF: a ring that user space produces and programs drain. User space may
 * write the producer's page and the data, so that each is checked when a record is read; the
 * consumer's position is ours. Source: kernel/bpf/ringbuf.c (6.12).
 *
 * Differs: poll(2) says that the ring has room also when it has none; a blocking producer then
 * waits for room by asking again.
 */
#include "maps/user_ringbuf.h"

#include <sys/mman.h>

#include "maps/stubs.h"

#define MAX_SAMPLE ((1U << 24) - 1) /* Source: DYNPTR_MAX_SIZE */

/* Source: __bpf_user_ringbuf_peek() */
int bu_user_ring_peek(struct bu_ring *ring, u8 **sample, u32 *size)
{
	u64 producer = __atomic_load_n(ring->producer, __ATOMIC_ACQUIRE), at = *ring->consumer;
	u32 header, flags;

	if (producer % 8)
		return -EINVAL;
	if (at >= producer)
		return -ENODATA;
	header = __atomic_load_n(bu_ring_header(ring, at), __ATOMIC_ACQUIRE);
	flags = header & (BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
	*size = header & ~flags;
	if (bu_ring_record_bytes(header) > producer - at)
		return -EINVAL;
	if (bu_ring_record_bytes(header) > ring->size || *size > MAX_SAMPLE)
		return -E2BIG;
	if (flags & BPF_RINGBUF_DISCARD_BIT) {
		bu_user_ring_consume(ring, *size);
		return -EAGAIN;
	}
	if (flags & BPF_RINGBUF_BUSY_BIT)
		return -ENODATA;
	*sample = ring->data + ((at + BPF_RINGBUF_HDR_SZ) & (ring->size - 1));
	return 0;
}

void bu_user_ring_consume(struct bu_ring *ring, u32 size)
{
	__atomic_store_n(ring->consumer, *ring->consumer + bu_ring_record_bytes(size),
			 __ATOMIC_RELEASE);
}

/* Source: ringbuf_map_mmap_user() */
static s64 mmap_offset(struct bu_map *map, u64 pgoff, u64 size, int prot)
{
	if (prot & PROT_WRITE && !pgoff)
		return -EPERM;
	return bu_ring_offset(map->priv, pgoff, size);
}

const struct bu_map_ops bu_user_ringbuf_ops = {
	.name = "user_ringbuf",
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
	.readable = bu_readable_never,
	.can_be_inner = true,
};
