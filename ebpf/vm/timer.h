/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Timers (struct bpf_timer) in the values of maps: which exist, and when they expire.
 *
 * The field in the value holds the timer's id, or 0; the timer knows its field's address, so bytes
 * that a program wrote there are no timer. A timer ends with its element, with the map's last user
 * descriptor, or with the map. Programs' side and firing: helpers/timer.c. Source: bpf_timer_*() in
 * kernel/bpf/helpers.c (6.12).
 */
#ifndef BU_TIMER_H
#define BU_TIMER_H

#include "ebpf/base.h"

struct bu_kernel;
struct bu_map;
struct bu_prog;

#define BU_TIMER_SIZE 16 /* of struct bpf_timer */

struct bu_timer {
	u32 id;
	u32 next_free;
	struct bu_map *map;   /* no reference: the map ends its timers */
	u8 *value;            /* NULL: the timer does not exist */
	struct bu_prog *prog; /* referenced; NULL: no callback */
	u64 callback;
	u32 clock;    /* CLOCK_MONOTONIC, ... */
	u32 cpu;      /* that it was started on */
	s64 expires;  /* by its clock */
	u64 sequence; /* of the start: equal expiries fire in this order */
	bool armed;
};

struct bu_timers {
	struct bu_timer **by_id; /* from 1 */
	u32 nr, free;
	u32 armed; /* how many */
	u64 sequence;
	bool firing;              /* a callback runs */
	struct bu_timer *running; /* whose; NULL when it has ended meanwhile */
};

/* The timer in the value of this map, or NULL: it was not initialised. */
struct bu_timer *bu_timer_of(const struct bu_map *map, const void *value);
/* A new one; NULL: out of memory. */
struct bu_timer *bu_timer_new(struct bu_map *map, void *value);
void bu_timer_set_callback(struct bu_timer *timer, const struct bu_prog *prog, u64 callback);
void bu_timer_arm(struct bu_timer *timer, s64 expires, u32 cpu);
/* Whether it was armed. */
bool bu_timer_disarm(struct bu_timer *timer);
/* The one that expires first by the monotonic time `until`, and when; NULL: none does. */
struct bu_timer *bu_timer_due(struct bu_kernel *kernel, u64 until, u64 *expires);
/* How far a timer's clock is ahead of the monotonic one. */
u64 bu_timer_clock_offset(const struct bu_kernel *kernel, u32 clock);

/* An element is deleted or replaced: end its timer, if it has one. */
void bu_timer_release(struct bu_map *map, void *value);
/* The same for all elements of the map. */
void bu_timer_release_all(struct bu_map *map);
void bu_timers_destroy(struct bu_timers *timers);

#endif
