/* SPDX-License-Identifier: BSD-2-Clause */
/* Words for faults: shared by their classification (fault.c) and their report (fault_report.c). */
#ifndef BU_FAULT_TEXT_H
#define BU_FAULT_TEXT_H

#include "ebpf/vm/arena.h"
#include "ebpf/vm/run.h"

/* "value of map 'flows' (64 bytes)" */
void bu_region_name(const struct bu_run *run, const struct bu_region *region, u64 bytes, char *text,
		    size_t size);
/* "12 bytes past the end of value of map 'flows' (64 bytes)" */
void bu_region_place(const struct bu_run *run, const struct bu_region *region, u64 address,
		     char *text, size_t size);
/* The same, measured from the element of a slab that `anchor` is in. */
void bu_region_place_from(const struct bu_run *run, const struct bu_region *region, u64 anchor,
			  u64 address, char *text, size_t size);
/* What is known of the element of a slab that is at, or nearest to, an address; NULL: nothing. */
const struct bu_elem_tag *bu_region_tag(const struct bu_region *region, u64 address);
/* What of a region `address` belongs to: its element of a slab, the packet in its buffer, or all of
 * it. */
void bu_region_part(const struct bu_run *run, const struct bu_region *region, u64 address,
		    u64 *start, u64 *bytes);
/* The memory that a run's bad access is measured against; NULL: none is near. */
const struct bu_region *bu_fault_region(const struct bu_run *run);
/* The open record of a ring buffer that a run's bad access is measured from; 0: none. */
u64 bu_fault_record(const struct bu_run *run, const struct bu_region *ring);
/* Whether a region of kind BU_REGION_STACK belongs to a function that is active, in this run or
 * around it. */
bool bu_frame_is_live(const struct bu_run *run, const struct bu_region *region);
/* Name of the function that is active at a depth. */
const char *bu_frame_func(const struct bu_run *run, u32 depth);

#endif
