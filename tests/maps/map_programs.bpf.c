// SPDX-License-Identifier: BSD-2-Clause
/* Programs that use maps, for the tests of maps/. What they are to do is in global variables. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct value {
	__u64 a;
	__u32 b; /* 12 bytes and padding */
};

struct big {
	char bytes[40];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct value);
} hash SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct value);
} hash_lazy SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct value);
} lru SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} percpu_hash SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_PERCPU_HASH);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} lru_percpu SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 5);
	__type(key, __u32);
	__type(value, __u32);
} array SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 5);
	__type(key, __u32);
	__type(value, __u64);
} percpu_array SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_RDONLY_PROG);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} read_only SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 3);
	__type(key, __u32);
	__type(value, __u64);
} mapped SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 3);
	__type(key, __u32);
	__type(value, __u32);
} programs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__type(key, __u32);
	__type(value, __u32);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

struct locked {
	struct bpf_spin_lock lock;
	__u32 a;
	__u64 b;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct locked);
} locked SEC(".maps");

__u32 key;
__u64 flags;
__u64 size;
__u64 seen_sum, seen_keys;
__s64 result;
__u32 delete_during;
__u32 stop_at;
char data[64];

SEC("raw_tp/sys_enter")
int stale_after_update(void *ctx)
{
	struct value fresh = { .a = 2, .b = 2 }, *old = bpf_map_lookup_elem(&hash, &key);

	if (!old)
		return -1;
	bpf_map_update_elem(&hash, &key, &fresh, BPF_ANY);
	return old->a; /* the element that was replaced */
}

SEC("raw_tp/sys_enter")
int stale_after_update_lazy(void *ctx)
{
	struct value fresh = { .a = 2, .b = 2 }, *old = bpf_map_lookup_elem(&hash_lazy, &key);

	if (!old)
		return -1;
	bpf_map_update_elem(&hash_lazy, &key, &fresh, BPF_ANY);
	return old->a;
}

SEC("raw_tp/sys_enter")
int stale_after_delete(void *ctx)
{
	struct value *old = bpf_map_lookup_elem(&hash, &key);

	if (!old || bpf_map_delete_elem(&hash, &key))
		return -1;
	return old->a;
}

SEC("raw_tp/sys_enter")
int stale_after_delete_lazy(void *ctx)
{
	struct value *old = bpf_map_lookup_elem(&hash_lazy, &key);

	if (!old || bpf_map_delete_elem(&hash_lazy, &key))
		return -1;
	return old->a;
}

SEC("raw_tp/sys_enter")
int read_past_value(void *ctx)
{
	struct value *value = bpf_map_lookup_elem(&hash, &key);
	volatile char *at = (volatile char *)value;

	return value ? at[sizeof(*value) + size] : -1;
}

SEC("raw_tp/sys_enter")
int read_past_array(void *ctx)
{
	volatile char *at = bpf_map_lookup_elem(&array, &key);

	return at ? at[sizeof(__u32) + size] : -1;
}

SEC("raw_tp/sys_enter")
int write_read_only(void *ctx)
{
	volatile __u64 *value = bpf_map_lookup_elem(&read_only, &key);

	if (!value)
		return -1;
	*value += 1;
	return 0;
}

SEC("raw_tp/sys_enter")
int read_read_only(void *ctx)
{
	__u64 *value = bpf_map_lookup_elem(&read_only, &key);

	return value ? *value : -1;
}

SEC("raw_tp/sys_enter")
int increment_percpu(void *ctx)
{
	__u64 one = 1, *value = bpf_map_lookup_elem(&percpu_hash, &key), *slot;

	if (value)
		*value += 1;
	else
		bpf_map_update_elem(&percpu_hash, &key, &one, BPF_NOEXIST);
	slot = bpf_map_lookup_elem(&percpu_array, &key);
	if (slot)
		*slot += 10;
	return 0;
}

SEC("raw_tp/sys_enter")
int increment_lru_percpu(void *ctx)
{
	__u64 one = 1, *value = bpf_map_lookup_elem(&lru_percpu, &key);

	if (value)
		*value += 1;
	else
		return bpf_map_update_elem(&lru_percpu, &key, &one, BPF_NOEXIST);
	return 0;
}

SEC("raw_tp/sys_enter")
int touch_lru(void *ctx)
{
	return bpf_map_lookup_elem(&lru, &key) ? 1 : 0;
}

SEC("raw_tp/sys_enter")
int increment_mapped(void *ctx)
{
	__u64 *value = bpf_map_lookup_elem(&mapped, &key);

	if (value)
		__sync_fetch_and_add(value, 5);
	return 0;
}

SEC("tc")
int add_under_lock(struct __sk_buff *skb)
{
	struct locked *value = bpf_map_lookup_elem(&locked, &key);

	if (!value)
		return -1;
	bpf_spin_lock(&value->lock);
	value->a++;
	value->b++;
	bpf_spin_unlock(&value->lock);
	return 0;
}

static long visit_value(void *map, __u32 *at, struct value *value, void *ctx)
{
	__u32 victim = delete_during;

	seen_keys = seen_keys * 10 + *at;
	seen_sum += value->a;
	if (victim)
		bpf_map_delete_elem(&hash, &victim);
	return *at == stop_at;
}

SEC("raw_tp/sys_enter")
int for_each_hash(void *ctx)
{
	result = bpf_for_each_map_elem(&hash, visit_value, NULL, flags);
	return 0;
}

static long write_key(void *map, volatile __u32 *at, struct value *value, void *ctx)
{
	*at = 0;
	return 0;
}

SEC("raw_tp/sys_enter")
int for_each_writes_key(void *ctx)
{
	return bpf_for_each_map_elem(&hash, write_key, NULL, 0);
}

static __u32 *kept;

static long keep_key(void *map, __u32 *at, struct value *value, void *ctx)
{
	kept = at;
	return 0;
}

SEC("raw_tp/sys_enter")
int for_each_keeps_key(void *ctx)
{
	bpf_for_each_map_elem(&hash, keep_key, NULL, 0);
	return *(volatile __u32 *)kept;
}

static long visit_word(void *map, __u32 *at, __u32 *value, __u64 *sum)
{
	*sum += *value;
	seen_keys = seen_keys * 10 + *at;
	return *at == stop_at;
}

SEC("raw_tp/sys_enter")
int for_each_array(void *ctx)
{
	__u64 sum = 0;

	result = bpf_for_each_map_elem(&array, visit_word, &sum, flags);
	seen_sum = sum;
	return 0;
}

static long visit_long(void *map, __u32 *at, __u64 *value, void *ctx)
{
	seen_sum += *value;
	return 0;
}

SEC("raw_tp/sys_enter")
int for_each_percpu(void *ctx)
{
	result = bpf_for_each_map_elem(&percpu_hash, visit_long, NULL, flags);
	result += bpf_for_each_map_elem(&percpu_array, visit_long, NULL, flags);
	return 0;
}

SEC("raw_tp/sys_enter")
int called(void *ctx)
{
	return 77;
}

SEC("tc")
int of_another_type(struct __sk_buff *skb)
{
	return 78;
}

SEC("raw_tp/sys_enter")
int call_program(void *ctx)
{
	bpf_tail_call(ctx, &programs, key);
	return 1;
}

SEC("raw_tp/sys_enter")
int output_event(void *ctx)
{
	return bpf_perf_event_output(ctx, &events, flags, data, 16);
}

SEC("raw_tp/sys_enter")
int ring_output(void *ctx)
{
	return bpf_ringbuf_output(&ring, data, size & 63, flags);
}

SEC("raw_tp/sys_enter")
int ring_output_big(void *ctx)
{
	struct big big = { .bytes = { 1 } };

	return bpf_ringbuf_output(&ring, &big, sizeof(big), flags);
}

SEC("raw_tp/sys_enter")
int ring_submit(void *ctx)
{
	__u64 *record = bpf_ringbuf_reserve(&ring, 16, 0);

	if (!record)
		return 1;
	record[0] = seen_sum;
	record[1] = ~seen_sum;
	bpf_ringbuf_submit(record, flags);
	return 0;
}

SEC("raw_tp/sys_enter")
int ring_discard(void *ctx)
{
	__u64 *record = bpf_ringbuf_reserve(&ring, 16, 0);

	if (!record)
		return 1;
	bpf_ringbuf_discard(record, flags);
	return 0;
}

SEC("raw_tp/sys_enter")
int ring_reserve_flags(void *ctx)
{
	void *record = bpf_ringbuf_reserve(&ring, 16, 1);

	if (!record)
		return 1;
	bpf_ringbuf_discard(record, 0);
	return 0;
}

SEC("raw_tp/sys_enter")
int ring_reserve_too_large(void *ctx)
{
	void *record = bpf_ringbuf_reserve(&ring, 4089, 0);

	if (!record)
		return 1;
	bpf_ringbuf_discard(record, 0);
	return 0;
}

SEC("raw_tp/sys_enter")
int ring_query(void *ctx)
{
	result = bpf_ringbuf_query(&ring, flags);
	return 0;
}

SEC("raw_tp/sys_enter")
int ring_leak(void *ctx)
{
	__u64 *record = bpf_ringbuf_reserve(&ring, 16, 0);

	if (record)
		*record = 1;
	return 0;
}

SEC("raw_tp/sys_enter")
int ring_use_after_submit(void *ctx)
{
	__u64 *record = bpf_ringbuf_reserve(&ring, 16, 0);

	if (!record)
		return 1;
	record[0] = record[1] = 1;
	bpf_ringbuf_submit(record, 0);
	return *(volatile __u64 *)record;
}

SEC("raw_tp/sys_enter")
int ring_read_unwritten(void *ctx)
{
	__u64 *record = bpf_ringbuf_reserve(&ring, 16, 0);
	__u64 read;

	if (!record)
		return 1;
	record[0] = 1;
	read = *(volatile __u64 *)&record[1];
	bpf_ringbuf_submit(record, 0);
	return read;
}

SEC("raw_tp/sys_enter")
int ring_write_past_record(void *ctx)
{
	volatile __u64 *record = bpf_ringbuf_reserve(&ring, 16, 0);

	if (!record)
		return 1;
	record[2] = 1;
	bpf_ringbuf_submit((void *)record, 0);
	return 0;
}

SEC("raw_tp/sys_enter")
int ring_submit_twice(void *ctx)
{
	__u64 *record = bpf_ringbuf_reserve(&ring, 16, 0);

	if (!record)
		return 1;
	record[0] = record[1] = 1;
	bpf_ringbuf_submit(record, 0);
	bpf_ringbuf_submit(record, 0);
	return 0;
}

/* Two records open at once, finished in the order in which they were not reserved. */
SEC("raw_tp/sys_enter")
int ring_out_of_order(void *ctx)
{
	__u64 *first = bpf_ringbuf_reserve(&ring, 8, 0), *second;

	if (!first)
		return 1;
	second = bpf_ringbuf_reserve(&ring, 8, 0);
	if (second) {
		*second = 2;
		bpf_ringbuf_submit(second, 0);
	}
	result = bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA);
	*first = 1;
	bpf_ringbuf_submit(first, 0);
	return 0;
}

char _license[] SEC("license") = "GPL";
