/* SPDX-License-Identifier: BSD-2-Clause */
/* What the bpf_ringbuf_* helpers do, on maps of BPF_MAP_TYPE_RINGBUF. */
#ifndef BU_MAPS_RINGBUF_H
#define BU_MAPS_RINGBUF_H

#include "ebpf/map.h"

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
