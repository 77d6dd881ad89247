// SPDX-License-Identifier: BSD-2-Clause
/*
 * Timers: what programs do with them, and their callbacks when the clock moves. A callback is a run
 * of its own, without context, on the CPU that the timer was started on. Source: bpf_timer_*() in
 * kernel/bpf/helpers.c, hrtimer_start() in kernel/time/hrtimer.c (6.12).
 */
#include "helpers/timer.h"

#include <time.h>

#include "maps/array.h"
#include "maps/htab.h"

#define MAX_CLOCKS 16 /* Source: include/uapi/linux/time.h */
/* Not in all versions of linux/bpf.h. */
#define TIMER_ABS     1U
#define TIMER_CPU_PIN 2U
#define CALLBACK_COST 1000 /* instructions, at least: bounds what fires at one instant */

static void *bad(struct bu_run *run, const char *why)
{
	bu_fault_raise(run, BU_FAULT_BAD_ARGUMENT, "argument 1 of a timer's helper: %s", why);
	return NULL;
}

/* The value around a struct bpf_timer and its map, or NULL with a fault. Source:
 * process_timer_func(), kernel/bpf/verifier.c (6.12). */
static void *value_of(struct bu_run *run, u64 *field, struct bu_map **map)
{
	const struct bu_region *region = bu_arena_region(&run->kernel->arena, field);
	u64 offset;

	if (!region || region->info.kind != BU_REGION_MAP_VALUE || !region->info.stride)
		return bad(run, "it is not in a map's value");
	*map = region->info.owner;
	if (!(*map)->timer)
		return bad(run, "the map's value has no struct bpf_timer, or more than one");
	offset = ((u64)field - (u64)region->start) % region->info.stride;
	if (offset != (*map)->timer - 1)
		return bad(run, "it is not the struct bpf_timer of the map's value");
	return (u8 *)field - offset;
}

/* The timer, or NULL: with a fault, or because it was not initialised. */
static struct bu_timer *timer_of(struct bu_run *run, u64 *field)
{
	struct bu_map *map;
	void *value = value_of(run, field, &map);

	return value ? bu_timer_of(map, value) : NULL;
}

BU_HELPER_3(timer_init, u64 *, field, struct bu_map *, map, u64, flags)
{
	struct bu_timer *timer;
	struct bu_map *owner;
	void *value = value_of(run, field, &owner);

	if (!value)
		return 0;
	if (owner != map) {
		bu_fault_raise(run, BU_FAULT_BAD_ARGUMENT,
			       "bpf_timer_init: the timer is in map '%s', not in '%s'", owner->name,
			       map->name);
		return 0;
	}
	if (flags >= MAX_CLOCKS ||
	    (flags != CLOCK_MONOTONIC && flags != CLOCK_REALTIME && flags != CLOCK_BOOTTIME))
		return -EINVAL;
	if (bu_timer_of(map, value))
		return -EBUSY;
	if (!map->object.fds)
		return -EPERM;
	timer = bu_timer_new(map, value);
	if (!timer)
		return -ENOMEM;
	timer->clock = (u32)flags;
	return 0;
}

BU_HELPER_2(timer_set_callback, u64 *, field, u64, callback)
{
	struct bu_timer *timer = timer_of(run, field);

	if (!timer)
		return -EINVAL;
	if (!timer->map->object.fds)
		return -EPERM;
	bu_timer_set_callback(timer, run->prog, callback);
	return 0;
}

/* Source: ktime_add_safe(): what does not fit is never. */
static s64 after(u64 now, u64 nsecs)
{
	s64 sum;

	if ((s64)nsecs < 0 || __builtin_add_overflow((s64)now, (s64)nsecs, &sum))
		return INT64_MAX;
	return sum;
}

BU_HELPER_3(timer_start, u64 *, field, u64, nsecs, u64, flags)
{
	struct bu_timer *timer = timer_of(run, field);
	u64 now;

	if (flags & ~(u64)(TIMER_ABS | TIMER_CPU_PIN) || !timer || !timer->prog)
		return -EINVAL;
	now = run->kernel->env.clock_ns + bu_timer_clock_offset(run->kernel, timer->clock);
	bu_timer_arm(timer, flags & TIMER_ABS ? (s64)nsecs : after(now, nsecs), run->cpu);
	return 0;
}

BU_HELPER_1(timer_cancel, u64 *, field)
{
	struct bu_timer *timer = timer_of(run, field);

	if (!timer)
		return -EINVAL;
	if (run->kernel->timers.running == timer)
		return -EDEADLK;
	bu_timer_set_callback(timer, NULL, 0);
	return bu_timer_disarm(timer);
}

/* A copy of the element's key that lives as long as the run; NULL: no memory is left. */
static void *key_of(struct bu_run *run, struct bu_map *map, const u8 *value)
{
	u8 *key = bu_value_key_room(map, run);
	const struct bu_array *array = map->priv;

	if (!key)
		return NULL;
	if (map->type == BPF_MAP_TYPE_ARRAY)
		*(u32 *)key = (u32)((u64)(value - array->copies[0]) / array->stride);
	else
		bu_htab_key_of(map, value, key);
	return key;
}

/* The callback may end its timer, and with that drop the last reference to the program. */
static void fire(struct bu_kernel *kernel, struct bu_timer *timer, s64 *budget)
{
	struct bu_prog *prog = timer->prog;
	struct bu_map *map = timer->map;
	struct bu_run run;

	bu_timer_disarm(timer);
	kernel->timers.running = timer;
	bu_object_get(&prog->object);
	bu_object_get(&map->object);
	bu_run_begin(&run, kernel, prog);
	run.cpu = timer->cpu;
	run.budget = *budget;
	bu_run_exec_callback(&run, timer->callback, (u64)map->handle,
			     (u64)key_of(&run, map, timer->value), (u64)timer->value);
	*budget = run.budget - CALLBACK_COST;
	bu_run_end(&run);
	kernel->timers.running = NULL;
	bu_object_put(&map->object);
	bu_object_put(&prog->object);
}

static void fire_until(struct bu_kernel *kernel, u64 ns)
{
	s64 budget = kernel->budget;
	struct bu_timer *timer;
	u64 expires = 0;

	kernel->env.clock_ns = BU_MIN(kernel->env.clock_ns, ns);
	while ((timer = bu_timer_due(kernel, ns, &expires))) {
		if (expires > kernel->env.clock_ns) {
			kernel->env.clock_ns = expires;
			budget = kernel->budget;
		}
		fire(kernel, timer, &budget);
		ns = BU_MAX(ns, kernel->env.clock_ns); /* a mock may have moved it on */
	}
	kernel->env.clock_ns = ns;
}

void bu_timers_clock_to(struct bu_kernel *kernel, u64 ns)
{
	bu_kernel_lock(kernel);
	if (!kernel->timers.firing)
		bu_fd_reap(kernel); /* maps that user space has closed have no timers */
	if (kernel->timers.firing || !kernel->timers.armed) {
		kernel->env.clock_ns = ns;
	} else {
		kernel->timers.firing = true;
		fire_until(kernel, ns);
		kernel->timers.firing = false;
	}
	bu_kernel_unlock(kernel);
}
