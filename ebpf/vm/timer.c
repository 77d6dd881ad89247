// SPDX-License-Identifier: BSD-2-Clause
/* Timers by id. Ids of timers that ended are used again; the memory of a timer is kept for that. */
#include "ebpf/vm/timer.h"

#include "ebpf/kernel.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static u64 *field_of(const struct bu_map *map, const void *value)
{
	return (u64 *)((u8 *)value + map->timer - 1);
}

struct bu_timer *bu_timer_of(const struct bu_map *map, const void *value)
{
	const struct bu_timers *timers = &map->object.kernel->timers;
	u64 id = *field_of(map, value);

	if (!id || id > timers->nr || timers->by_id[id - 1]->value != value)
		return NULL;
	return timers->by_id[id - 1];
}

static struct bu_timer *take(struct bu_timers *timers)
{
	struct bu_timer *timer, **by_id;

	if (timers->free) {
		timer = timers->by_id[timers->free - 1];
		timers->free = timer->next_free;
		return timer;
	}
	by_id = reallocarray(timers->by_id, timers->nr + 1UL, sizeof(*by_id));
	if (!by_id)
		return NULL;
	timers->by_id = by_id;
	timer = calloc(1, sizeof(*timer));
	if (!timer)
		return NULL;
	by_id[timers->nr++] = timer;
	timer->id = timers->nr;
	return timer;
}

struct bu_timer *bu_timer_new(struct bu_map *map, void *value)
{
	struct bu_timer *timer = take(&map->object.kernel->timers);

	if (!timer)
		return NULL;
	*timer = (struct bu_timer){ .id = timer->id, .map = map, .value = value };
	*field_of(map, value) = timer->id;
	return timer;
}

void bu_timer_set_callback(struct bu_timer *timer, const struct bu_prog *prog, u64 callback)
{
	struct bu_prog *old = timer->prog;

	timer->prog = (struct bu_prog *)prog;
	timer->callback = callback;
	if (prog)
		bu_object_get(&timer->prog->object);
	if (old)
		bu_object_put(&old->object);
}

void bu_timer_arm(struct bu_timer *timer, s64 expires, u32 cpu)
{
	struct bu_timers *timers = &timer->map->object.kernel->timers;

	timers->armed += !timer->armed;
	timer->armed = true;
	timer->expires = expires;
	timer->cpu = cpu;
	timer->sequence = ++timers->sequence;
}

bool bu_timer_disarm(struct bu_timer *timer)
{
	bool armed = timer->armed;

	timer->map->object.kernel->timers.armed -= armed;
	timer->armed = false;
	return armed;
}

u64 bu_timer_clock_offset(const struct bu_kernel *kernel, u32 clock)
{
	return clock == CLOCK_BOOTTIME ? kernel->env.boot_offset_ns : 0;
}

/* By the monotonic clock: what lies before its start has expired at its start. */
static u64 expiry(const struct bu_kernel *kernel, const struct bu_timer *timer)
{
	u64 offset = bu_timer_clock_offset(kernel, timer->clock);

	if (timer->expires < 0 || (u64)timer->expires < offset)
		return 0;
	return (u64)timer->expires - offset;
}

struct bu_timer *bu_timer_due(struct bu_kernel *kernel, u64 until, u64 *expires)
{
	struct bu_timers *timers = &kernel->timers;
	struct bu_timer *first = NULL;

	for (u32 i = 0; timers->armed && i < timers->nr; i++) {
		struct bu_timer *timer = timers->by_id[i];
		u64 at = timer->armed ? expiry(kernel, timer) : UINT64_MAX;

		if (!timer->armed || at > until || (first && at > *expires))
			continue;
		if (first && at == *expires && timer->sequence > first->sequence)
			continue;
		first = timer;
		*expires = at;
	}
	return first;
}

static void end(struct bu_timer *timer)
{
	struct bu_timers *timers = &timer->map->object.kernel->timers;

	bu_timer_disarm(timer);
	bu_timer_set_callback(timer, NULL, 0);
	*field_of(timer->map, timer->value) = 0;
	timer->value = NULL;
	if (timers->running == timer)
		timers->running = NULL;
	timer->next_free = timers->free;
	timers->free = timer->id;
}

void bu_timer_release(struct bu_map *map, void *value)
{
	struct bu_timer *timer = map->timer ? bu_timer_of(map, value) : NULL;

	if (timer)
		end(timer);
}

void bu_timer_release_all(struct bu_map *map)
{
	struct bu_timers *timers = &map->object.kernel->timers;

	for (u32 i = 0; map->timer && i < timers->nr; i++) {
		if (timers->by_id[i]->value && timers->by_id[i]->map == map)
			end(timers->by_id[i]);
	}
}

void bu_timers_destroy(struct bu_timers *timers)
{
	for (u32 i = 0; i < timers->nr; i++)
		free(timers->by_id[i]);
	free(timers->by_id);
}
