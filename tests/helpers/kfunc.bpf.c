// SPDX-License-Identifier: BSD-2-Clause
/* Programs that call kernel functions; kfunc_test.c runs them. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct bpf_iter_num {
	__u64 opaque[1];
} __attribute__((aligned(8)));

extern int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end) __ksym;
extern int *bpf_iter_num_next(struct bpf_iter_num *it) __ksym;
extern void bpf_iter_num_destroy(struct bpf_iter_num *it) __ksym;
extern void bpf_throw(__u64 cookie) __ksym;
extern void bpf_rcu_read_lock(void) __ksym;
extern void bpf_rcu_read_unlock(void) __ksym;
extern void bpf_preempt_disable(void) __ksym;
extern void bpf_preempt_enable(void) __ksym;
extern void *bpf_rdonly_cast(const void *obj, __u32 btf_id) __ksym;
extern void *bpf_cast_to_kern_ctx(void *ctx) __ksym;
struct bpf_map {
	__u32 key_size;
	__u32 max_entries;
	__u32 map_flags;
	char name[16];
} __attribute__((preserve_access_index));

extern __s64 bpf_map_sum_elem_count(const struct bpf_map *map) __ksym;
extern int unmodelled_kfunc(int number) __ksym __weak; /* of no kernel */

struct sk_buff {
	unsigned int len;
	__u32 mark;
};

int from, to = 10, sum, error;

SEC("tc")
int count(void *ctx)
{
	struct bpf_iter_num it;
	int *at;

	sum = 0;
	error = bpf_iter_num_new(&it, from, to);
	while ((at = bpf_iter_num_next(&it)))
		sum += *at;
	bpf_iter_num_destroy(&it);
	return sum;
}

SEC("tc")
int forgets_to_destroy(void *ctx)
{
	struct bpf_iter_num it;

	bpf_iter_num_new(&it, 0, 3);
	return 0;
}

SEC("tc")
int uses_destroyed(void *ctx)
{
	struct bpf_iter_num it;

	bpf_iter_num_new(&it, 0, 3);
	bpf_iter_num_destroy(&it);
	return bpf_iter_num_next(&it) ? 1 : 0;
}

static __noinline int thrower(int number)
{
	if (number > 3)
		bpf_throw(number);
	return number;
}

SEC("tc")
int throws(void *ctx)
{
	int result = thrower(to);

	sum = 77; /* not reached when it throws */
	return result;
}

static long throw_in_loop(__u32 i, void *arg)
{
	thrower(i);
	return 0;
}

SEC("tc")
int throws_in_callback(void *ctx)
{
	bpf_loop(100, throw_in_loop, 0, 0);
	sum = 77;
	return 0;
}

SEC("tc")
int sections(void *ctx)
{
	bpf_rcu_read_lock();
	bpf_preempt_disable();
	bpf_preempt_enable();
	bpf_rcu_read_unlock();
	return 0;
}

SEC("tc")
int unlocks_too_often(void *ctx)
{
	bpf_rcu_read_unlock();
	return 0;
}

SEC("tc")
int casts(struct __sk_buff *ctx)
{
	struct sk_buff *skb = bpf_cast_to_kern_ctx(ctx);
	struct sk_buff *same = bpf_rdonly_cast(skb, 1);

	return same == skb ? skb->len : 0;
}

SEC("tc")
int calls_unmodelled(void *ctx)
{
	return unmodelled_kfunc(5) + 1;
}

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 100);
	__type(key, __u32);
	__type(value, __u32);
} table SEC(".maps");

SEC("tc")
int counts_elements(void *ctx)
{
	return bpf_map_sum_elem_count((const struct bpf_map *)&table);
}

/* What the kernel says of a map, by the map's address. */
SEC("tc")
int reads_map(void *ctx)
{
	struct bpf_map *map = (struct bpf_map *)&table;

	return map->max_entries + map->key_size;
}

SEC("tc")
int reads_beyond_map(void *ctx)
{
	return *(__u32 *)((void *)&table + 400);
}

SEC("tc")
int writes_map(void *ctx)
{
	*(__u32 *)&table = 5;
	return 0;
}

SEC("tc")
int counts_nothing(void *ctx)
{
	return bpf_map_sum_elem_count((const struct bpf_map *)&from);
}

char LICENSE[] SEC("license") = "GPL";
