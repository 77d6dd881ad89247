/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading records that user space has produced. */
#ifndef BU_MAPS_USER_RINGBUF_H
#define BU_MAPS_USER_RINGBUF_H

#include "maps/ringbuf.h"

/* The next record: 0; -ENODATA: none, or user space still writes it; -EAGAIN: it was discarded, and
 * is consumed; -EINVAL, -E2BIG: positions or sizes that no ring can have. Nothing that user space
 * wrote is believed. */
int bu_user_ring_peek(struct bu_ring *ring, u8 **sample, u32 *size);
void bu_user_ring_consume(struct bu_ring *ring, u32 size);

#endif
