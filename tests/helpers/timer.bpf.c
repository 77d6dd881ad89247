// SPDX-License-Identifier: BSD-2-Clause
/* Programs with timers; timer_test.c runs them and moves the clock. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define MAX_LOG 16

struct inner {
	__u32 pad[2];
	struct bpf_timer timer;
};

struct value {
	__u64 before;
	struct inner in;
	__u64 after;
};

#define TIMER_MAP(name_, type_, entries_)                                                          \
	struct {                                                                                   \
		__uint(type, type_);                                                               \
		__uint(max_entries, entries_);                                                     \
		__type(key, __u32);                                                                \
		__type(value, struct value);                                                       \
	} name_ SEC(".maps")

TIMER_MAP(hash, BPF_MAP_TYPE_HASH, 4);
TIMER_MAP(lru, BPF_MAP_TYPE_LRU_HASH, 4);
TIMER_MAP(array, BPF_MAP_TYPE_ARRAY, 4);

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct value);
} lazy SEC(".maps");

/* Set by tests. */
__u32 key;
__u64 clock, delay, flags, rearm;
__u32 times;     /* callbacks that start their timer anew */
int in_callback; /* what it does besides: enum in timer_test.c */

/* Read by tests. */
int init_error, set_error, start_error, cancel_result;
__u32 fired, keys[MAX_LOG], cpus[MAX_LOG];
__u64 at[MAX_LOG];
int callback_result, callback_restart;

static int note(void *map, __u32 *of, struct value *value)
{
	__u32 i = fired++ % MAX_LOG;

	keys[i] = *of;
	at[i] = bpf_ktime_get_ns();
	cpus[i] = bpf_get_smp_processor_id();
	value->after++;
	if (in_callback == 1) {
		callback_result = bpf_timer_cancel(&value->in.timer);
	} else if (in_callback == 2) {
		callback_result = bpf_map_delete_elem(map, of);
		callback_restart = bpf_timer_start(&value->in.timer, 1, 0);
	} else if (in_callback == 3) {
		*(volatile int *)0 = 1;
	} else if (in_callback == 4) {
		__u32 other = *of + 1;
		struct value *next = bpf_map_lookup_elem(map, &other);

		callback_result = next ? bpf_timer_cancel(&next->in.timer) : -1;
	} else if (in_callback == 5) {
		callback_result = bpf_get_hash_recalc(NULL); /* a callback has no context */
	}
	if (times) {
		times--;
		bpf_timer_start(&value->in.timer, rearm, 0);
	}
	return 0;
}

#define PROGRAMS(map)                                                                              \
	SEC("tc") int map##_init(void *ctx)                                                        \
	{                                                                                          \
		struct value *value = bpf_map_lookup_elem(&map, &key);                             \
                                                                                                   \
		if (!value)                                                                        \
			return 1;                                                                  \
		init_error = bpf_timer_init(&value->in.timer, &map, clock);                        \
		return 0;                                                                          \
	}                                                                                          \
	SEC("tc") int map##_set(void *ctx)                                                         \
	{                                                                                          \
		struct value *value = bpf_map_lookup_elem(&map, &key);                             \
                                                                                                   \
		if (!value)                                                                        \
			return 1;                                                                  \
		set_error = bpf_timer_set_callback(&value->in.timer, note);                        \
		return 0;                                                                          \
	}                                                                                          \
	SEC("tc") int map##_start(void *ctx)                                                       \
	{                                                                                          \
		struct value *value = bpf_map_lookup_elem(&map, &key);                             \
                                                                                                   \
		if (!value)                                                                        \
			return 1;                                                                  \
		start_error = bpf_timer_start(&value->in.timer, delay, flags);                     \
		return 0;                                                                          \
	}                                                                                          \
	SEC("tc") int map##_cancel(void *ctx)                                                      \
	{                                                                                          \
		struct value *value = bpf_map_lookup_elem(&map, &key);                             \
                                                                                                   \
		if (!value)                                                                        \
			return 1;                                                                  \
		cancel_result = bpf_timer_cancel(&value->in.timer);                                \
		return 0;                                                                          \
	}

PROGRAMS(hash)
PROGRAMS(lru)
PROGRAMS(array)
PROGRAMS(lazy)

/* What the verifier would refuse. */
SEC("tc") int other_map(void *ctx)
{
	struct value *value = bpf_map_lookup_elem(&array, &key);

	return value ? bpf_timer_init(&value->in.timer, &hash, 1) : 1;
}

SEC("tc") int beside(void *ctx)
{
	struct value *value = bpf_map_lookup_elem(&array, &key);

	return value ? bpf_timer_init((void *)&value->before, &array, 1) : 1;
}

SEC("tc") int on_stack(void *ctx)
{
	struct bpf_timer timer = {};

	return bpf_timer_init(&timer, &array, 1);
}

char _license[] SEC("license") = "GPL";
