/* SPDX-License-Identifier: BSD-2-Clause */
/* Timers, as the clock drives them. */
#ifndef BU_HELPERS_TIMER_H
#define BU_HELPERS_TIMER_H

#include "ebpf/kernel.h"

/*
 * Move the monotonic clock to `ns`. Each timer that expires by then fires in its turn, while the
 * clock shows its expiry (or stands where it is, if that is later). During a callback this moves
 * the clock only: what is due fires when the callback has returned.
 */
void bu_timers_clock_to(struct bu_kernel *kernel, u64 ns);

#endif
