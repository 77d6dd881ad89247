/* SPDX-License-Identifier: BSD-2-Clause */
/* Where in a ring buffer's memory an address lies, for reports. */
#ifndef BU_RING_RECORD_H
#define BU_RING_RECORD_H

#include "ebpf/vm/arena.h"

struct bu_ring_record {
	u64 start, bytes; /* of what the program was given */
	bool open;        /* neither submitted nor discarded */
};

/* The record, not yet consumed, that an address is in; its header is not. False: none. */
bool bu_ring_record_at(const struct bu_region *ring, u64 address, struct bu_ring_record *record);
/* The open record that is nearest to an address. False: there is none. */
bool bu_ring_record_near(const struct bu_region *ring, u64 address, struct bu_ring_record *record);
/* Whether no record, consumed ones included, has ever been there. */
bool bu_ring_is_unused(const struct bu_region *ring, u64 address);

#endif
