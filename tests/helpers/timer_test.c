// SPDX-License-Identifier: BSD-2-Clause
/* Timers in map values: the helpers, firing by the clock, what ends them. */
#include <bpf/bpf.h>
#include <bpfunit/bpfunit.h>
#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "timer.skel.h"

#define START   1000000000ULL /* the clock of a new test */
#define ABS     1
#define CPU_PIN 2

enum { NOTHING, CANCEL_SELF, DELETE_SELF, NULL_WRITE, CANCEL_NEXT, NO_CONTEXT };

struct value {
	uint64_t before;
	uint32_t pad[2];
	uint64_t timer[2];
	uint64_t after;
};

static struct timer_bpf *load(void)
{
	struct timer_bpf *skel = BPFUNIT_LOAD(timer_bpf);

	skel->bss->clock = CLOCK_MONOTONIC;
	return skel;
}

static void put(struct bpf_map *map, uint32_t key)
{
	struct value value = { .before = 7, .timer = { ~0ULL, ~0ULL } };

	ASSERT_OK(bpf_map_update_elem(bpf_map__fd(map), &key, &value, BPF_ANY));
}

static struct value get(struct bpf_map *map, uint32_t key)
{
	struct value value;

	memset(&value, 0xff, sizeof(value));
	ASSERT_OK(bpf_map_lookup_elem(bpf_map__fd(map), &key, &value));
	return value;
}

#define INIT(skel, map, key_)                                                                      \
	({                                                                                         \
		(skel)->bss->key = (key_);                                                         \
		ASSERT_RUN((skel)->progs.map##_init, NULL, 0);                                     \
		(skel)->bss->init_error;                                                           \
	})
#define SET(skel, map, key_)                                                                       \
	({                                                                                         \
		(skel)->bss->key = (key_);                                                         \
		ASSERT_RUN((skel)->progs.map##_set, NULL, 0);                                      \
		(skel)->bss->set_error;                                                            \
	})
#define START_(skel, map, key_, delay_, flags_)                                                    \
	({                                                                                         \
		(skel)->bss->key = (key_);                                                         \
		(skel)->bss->delay = (delay_);                                                     \
		(skel)->bss->flags = (flags_);                                                     \
		ASSERT_RUN((skel)->progs.map##_start, NULL, 0);                                    \
		(skel)->bss->start_error;                                                          \
	})
#define CANCEL(skel, map, key_)                                                                    \
	({                                                                                         \
		(skel)->bss->key = (key_);                                                         \
		ASSERT_RUN((skel)->progs.map##_cancel, NULL, 0);                                   \
		(skel)->bss->cancel_result;                                                        \
	})
/* A timer that expires after delay_. */
#define ARM(skel, map, key_, delay_)                                                               \
	do {                                                                                       \
		ASSERT_EQ(INIT(skel, map, key_), 0);                                               \
		ASSERT_EQ(SET(skel, map, key_), 0);                                                \
		ASSERT_EQ(START_(skel, map, key_, delay_, 0), 0);                                  \
	} while (0)

#define FIRES_IN(map)                                                                              \
	do {                                                                                       \
		struct timer_bpf *skel = load();                                                   \
                                                                                                   \
		put(skel->maps.map, 3);                                                            \
		ARM(skel, map, 3, 500);                                                            \
		bpfunit_clock_advance_ns(499);                                                     \
		EXPECT_EQ(skel->bss->fired, 0U);                                                   \
		bpfunit_clock_advance_ns(100);                                                     \
		EXPECT_EQ(skel->bss->fired, 1U);                                                   \
		EXPECT_EQ(skel->bss->keys[0], 3U);                                                 \
		EXPECT_EQ(skel->bss->at[0], START + 500);                                          \
		EXPECT_EQ(bpfunit_clock_ns(), START + 599);                                        \
		EXPECT_EQ(get(skel->maps.map, 3).after, 1U);                                       \
		bpfunit_clock_advance_ns(1000000);                                                 \
		EXPECT_EQ(skel->bss->fired, 1U);                                                   \
	} while (0)

BPF_TEST(timer, fires_in_a_hash)
{
	FIRES_IN(hash);
}

BPF_TEST(timer, fires_in_a_hash_without_preallocation)
{
	FIRES_IN(lazy);
}

BPF_TEST(timer, fires_in_an_lru)
{
	FIRES_IN(lru);
}

BPF_TEST(timer, fires_in_an_array)
{
	FIRES_IN(array);
}

BPF_TEST(timer, init_checks_its_flags)
{
	static const uint64_t bad[] = { CLOCK_PROCESS_CPUTIME_ID, CLOCK_BOOTTIME_ALARM, 15, 16,
					1ULL << 32 | CLOCK_MONOTONIC };
	struct timer_bpf *skel = load();

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		skel->bss->clock = bad[i];
		EXPECT_EQ(INIT(skel, array, 0), -EINVAL);
	}
	skel->bss->clock = CLOCK_REALTIME;
	EXPECT_EQ(INIT(skel, array, 0), 0);
	EXPECT_EQ(INIT(skel, array, 0), -EBUSY);
	EXPECT_EQ(INIT(skel, array, 1), 0);
	skel->bss->clock = 16; /* flags are looked at first */
	EXPECT_EQ(INIT(skel, array, 0), -EINVAL);
}

BPF_TEST(timer, needs_init_then_a_callback)
{
	struct timer_bpf *skel = load();

	EXPECT_EQ(SET(skel, array, 0), -EINVAL);
	EXPECT_EQ(START_(skel, array, 0, 1, 0), -EINVAL);
	EXPECT_EQ(CANCEL(skel, array, 0), -EINVAL);
	EXPECT_EQ(INIT(skel, array, 0), 0);
	EXPECT_EQ(START_(skel, array, 0, 1, 0), -EINVAL);
	EXPECT_EQ(CANCEL(skel, array, 0), 0);
	EXPECT_EQ(SET(skel, array, 0), 0);
	EXPECT_EQ(START_(skel, array, 0, 1, 4), -EINVAL);
	EXPECT_EQ(START_(skel, array, 0, 1, ABS | CPU_PIN), 0);
}

BPF_TEST(timer, cancel_tells_whether_it_was_armed)
{
	struct timer_bpf *skel = load();

	ARM(skel, array, 0, 10);
	EXPECT_EQ(CANCEL(skel, array, 0), 1);
	EXPECT_EQ(CANCEL(skel, array, 0), 0);
	EXPECT_EQ(START_(skel, array, 0, 10, 0), -EINVAL); /* the callback is gone, too */
	bpfunit_clock_advance_ns(100);
	EXPECT_EQ(skel->bss->fired, 0U);
	EXPECT_EQ(SET(skel, array, 0), 0);
	EXPECT_EQ(START_(skel, array, 0, 10, 0), 0);
	bpfunit_clock_advance_ns(10);
	EXPECT_EQ(skel->bss->fired, 1U);
	EXPECT_EQ(CANCEL(skel, array, 0), 0);
}

BPF_TEST(timer, order_is_by_expiry_then_by_start)
{
	struct timer_bpf *skel = load();

	ARM(skel, array, 0, 300);
	ARM(skel, array, 1, 100);
	ARM(skel, array, 2, 300);
	ARM(skel, array, 3, 200);
	ASSERT_EQ(START_(skel, array, 0, 300, 0), 0); /* now the last start */
	bpfunit_clock_set_ns(START + 1000);
	ASSERT_EQ(skel->bss->fired, 4U);
	EXPECT_EQ(skel->bss->keys[0], 1U);
	EXPECT_EQ(skel->bss->keys[1], 3U);
	EXPECT_EQ(skel->bss->keys[2], 2U);
	EXPECT_EQ(skel->bss->keys[3], 0U);
	EXPECT_EQ(skel->bss->at[1], START + 200);
	EXPECT_EQ(skel->bss->at[3], START + 300);
}

BPF_TEST(timer, restarts_fire_at_their_own_times)
{
	struct timer_bpf *skel = load();

	skel->bss->times = 3;
	skel->bss->rearm = 50;
	ARM(skel, array, 0, 10);
	bpfunit_clock_advance_ns(110);
	EXPECT_EQ(skel->bss->fired, 3U);
	EXPECT_EQ(skel->bss->at[2], START + 110);
	bpfunit_clock_advance_ns(1000);
	EXPECT_EQ(skel->bss->fired, 4U);
	EXPECT_EQ(skel->bss->at[3], START + 160);
}

BPF_TEST(timer, without_delay_it_waits_for_the_next_move_of_the_clock)
{
	struct timer_bpf *skel = load();

	ARM(skel, array, 0, 0);
	EXPECT_EQ(skel->bss->fired, 0U);
	bpfunit_clock_advance_ns(0);
	EXPECT_EQ(skel->bss->fired, 1U);
}

BPF_TEST(timer, endless_restarts_are_a_fault)
{
	struct timer_bpf *skel = load();

	skel->bss->times = ~0U;
	ARM(skel, array, 0, 5);
	EXPECT_FAULT(BPFUNIT_FAULT_BUDGET, bpfunit_clock_advance_ns(5));
	EXPECT_GT(skel->bss->fired, 1000U);
	EXPECT_EQ(bpfunit_clock_ns(), START + 5);
}

BPF_TEST(timer, absolute_times_and_clocks)
{
	struct timer_bpf *skel = load();

	ARM(skel, array, 0, 1);
	ASSERT_EQ(START_(skel, array, 0, START + 30, ABS), 0);
	bpfunit_clock_advance_ns(29);
	EXPECT_EQ(skel->bss->fired, 0U);
	bpfunit_clock_advance_ns(1);
	EXPECT_EQ(skel->bss->fired, 1U);
	ASSERT_EQ(START_(skel, array, 0, 5, ABS), 0); /* long past: the clock does not go back */
	bpfunit_clock_advance_ns(1);
	EXPECT_EQ(skel->bss->fired, 2U);
	EXPECT_EQ(skel->bss->at[1], START + 30);
	bpfunit_clock_set_boot_offset_ns(1000);
	skel->bss->clock = CLOCK_BOOTTIME;
	ARM(skel, array, 1, 1);
	ASSERT_EQ(START_(skel, array, 1, START + 1100, ABS), 0);
	bpfunit_clock_set_ns(START + 99);
	EXPECT_EQ(skel->bss->fired, 2U);
	bpfunit_clock_set_ns(START + 100);
	EXPECT_EQ(skel->bss->fired, 3U);
	ASSERT_EQ(START_(skel, array, 1, -1, 0), 0); /* never */
	bpfunit_clock_advance_ns(1ULL << 61);
	EXPECT_EQ(skel->bss->fired, 3U);
}

BPF_TEST(timer, runs_on_the_cpu_that_started_it)
{
	struct timer_bpf *skel = load();

	ASSERT_OK(bpfunit_set_cpu(2));
	ARM(skel, array, 0, 1);
	ASSERT_OK(bpfunit_set_cpu(0));
	bpfunit_clock_advance_ns(1);
	EXPECT_EQ(skel->bss->cpus[0], 2U);
}

BPF_TEST(timer, cannot_cancel_itself)
{
	struct timer_bpf *skel = load();

	skel->bss->in_callback = CANCEL_SELF;
	ARM(skel, array, 0, 1);
	bpfunit_clock_advance_ns(1);
	EXPECT_EQ(skel->bss->callback_result, -EDEADLK);
	EXPECT_EQ(START_(skel, array, 0, 1, 0), 0); /* it kept its callback */
}

BPF_TEST(timer, can_cancel_another)
{
	struct timer_bpf *skel = load();

	skel->bss->in_callback = CANCEL_NEXT;
	ARM(skel, array, 0, 1);
	ARM(skel, array, 1, 2);
	bpfunit_clock_advance_ns(10);
	EXPECT_EQ(skel->bss->callback_result, 1);
	EXPECT_EQ(skel->bss->fired, 1U);
}

BPF_TEST(timer, can_delete_its_element)
{
	struct timer_bpf *skel = load();

	skel->bss->in_callback = DELETE_SELF;
	put(skel->maps.hash, 1);
	ARM(skel, hash, 1, 1);
	bpfunit_clock_advance_ns(10);
	EXPECT_EQ(skel->bss->callback_result, 0);
	EXPECT_EQ(skel->bss->callback_restart, -EINVAL);
	EXPECT_EQ(skel->bss->fired, 1U);
	EXPECT_FALSE(MAP_HAS(skel->maps.hash, (uint32_t){ 1 }));
}

BPF_TEST(timer, ends_with_its_element)
{
	struct timer_bpf *skel = load();
	uint32_t key = 1;

	put(skel->maps.hash, 1);
	ARM(skel, hash, 1, 10);
	ASSERT_OK(bpf_map_delete_elem(bpf_map__fd(skel->maps.hash), &key));
	put(skel->maps.lazy, 1);
	ARM(skel, lazy, 1, 10);
	put(skel->maps.lazy, 1); /* replaces it */
	put(skel->maps.lru, 1);
	ARM(skel, lru, 1, 10);
	put(skel->maps.lru, 1);
	ARM(skel, array, 1, 10);
	put(skel->maps.array, 1);
	bpfunit_clock_advance_ns(100);
	EXPECT_EQ(skel->bss->fired, 0U);
	EXPECT_EQ(CANCEL(skel, array, 1), -EINVAL);
	EXPECT_EQ(CANCEL(skel, lazy, 1), -EINVAL);
	ARM(skel, lazy, 1, 10); /* it can be made again */
	bpfunit_clock_advance_ns(10);
	EXPECT_EQ(skel->bss->fired, 1U);
}

BPF_TEST(timer, ends_when_its_element_is_evicted)
{
	struct timer_bpf *skel = load();

	put(skel->maps.lru, 0);
	ARM(skel, lru, 0, 10);
	for (uint32_t key = 100; key < 140; key++)
		put(skel->maps.lru, key);
	ASSERT_FALSE(MAP_HAS(skel->maps.lru, (uint32_t){ 0 }));
	bpfunit_clock_advance_ns(100);
	EXPECT_EQ(skel->bss->fired, 0U);
}

BPF_TEST(timer, user_space_neither_sees_nor_writes_it)
{
	struct timer_bpf *skel = load();
	struct value value;

	put(skel->maps.hash, 1); /* with junk in the timer's place */
	ARM(skel, hash, 1, 10);
	value = get(skel->maps.hash, 1);
	EXPECT_EQ(value.before, 7U);
	EXPECT_EQ(value.timer[0], 0U);
	EXPECT_EQ(value.timer[1], 0U);
	EXPECT_EQ(value.after, 0U);
	EXPECT_EQ(CANCEL(skel, hash, 1), 1);
}

BPF_TEST(timer, ends_with_the_map, .vm_only = "the timer of its program faults")
{
	struct timer_bpf *skel = timer_bpf__open_and_load();
	struct timer_bpf *other;

	ASSERT_NOT_NULL(skel);
	skel->bss->clock = CLOCK_MONOTONIC;
	skel->bss->in_callback = NULL_WRITE; /* would fail the test */
	ARM(skel, array, 0, 10);
	timer_bpf__destroy(skel);
	other = load();
	ARM(other, array, 0, 10);
	bpfunit_clock_advance_ns(100);
	EXPECT_EQ(other->bss->fired, 1U);
}

BPF_TEST(timer, needs_a_map_that_user_space_holds)
{
	struct timer_bpf *skel = load();

	ASSERT_EQ(INIT(skel, array, 0), 0);
	ARM(skel, array, 1, 10);
	ASSERT_OK(close(bpf_map__fd(skel->maps.array)));
	bpfunit_clock_advance_ns(100);
	EXPECT_EQ(skel->bss->fired, 0U);
	EXPECT_EQ(INIT(skel, array, 2), -EPERM);
	EXPECT_EQ(SET(skel, array, 0), -EINVAL); /* what was is over */
}

BPF_TEST(timer, faults_in_callbacks_are_reported)
{
	struct timer_bpf *skel = load();

	skel->bss->in_callback = NULL_WRITE;
	ARM(skel, array, 0, 10);
	ARM(skel, array, 1, 20);
	EXPECT_FAULT(BPFUNIT_FAULT_NULL_POINTER, bpfunit_clock_advance_ns(10));
	skel->bss->in_callback = NOTHING;
	bpfunit_clock_advance_ns(10); /* others go on */
	EXPECT_EQ(skel->bss->keys[1], 1U);
	EXPECT_EQ(skel->bss->fired, 2U);
	skel->bss->in_callback = NO_CONTEXT;
	ARM(skel, array, 2, 10);
	EXPECT_FAULT(BPFUNIT_FAULT_BAD_ARGUMENT, bpfunit_clock_advance_ns(10));
}

BPF_TEST(timer, near_misses_are_faults)
{
	struct timer_bpf *skel = load();

	EXPECT_FAULT(BPFUNIT_FAULT_BAD_ARGUMENT, BPFUNIT_RUN(skel->progs.other_map, NULL));
	EXPECT_NOT_NULL(strstr(bpfunit_fault_report(), "in map 'array', not in 'hash'"));
	EXPECT_FAULT(BPFUNIT_FAULT_BAD_ARGUMENT, BPFUNIT_RUN(skel->progs.beside, NULL));
	EXPECT_FAULT(BPFUNIT_FAULT_BAD_ARGUMENT, BPFUNIT_RUN(skel->progs.on_stack, NULL));
	EXPECT_NOT_NULL(strstr(bpfunit_fault_report(), "not in a map's value"));
}

static int create_like(const struct bpf_map *map, enum bpf_map_type type, uint32_t flags)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = flags);
	struct bpf_map_info info = { 0 };
	uint32_t size = sizeof(info);
	int btf, fd;

	ASSERT_OK(bpf_obj_get_info_by_fd(bpf_map__fd(map), &info, &size));
	btf = bpf_btf_get_fd_by_id(info.btf_id);
	ASSERT_GE(btf, 0);
	opts.btf_fd = btf;
	opts.btf_key_type_id = info.btf_key_type_id;
	opts.btf_value_type_id = info.btf_value_type_id;
	fd = bpf_map_create(type, "like", 4, info.value_size, 4, &opts);
	close(btf);
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

BPF_TEST(timer, lies_only_in_some_maps)
{
	struct timer_bpf *skel = load();

	EXPECT_EQ(create_like(skel->maps.array, BPF_MAP_TYPE_ARRAY, 0), 0);
	EXPECT_EQ(create_like(skel->maps.array, BPF_MAP_TYPE_LRU_HASH, 0), 0);
	EXPECT_EQ(create_like(skel->maps.array, BPF_MAP_TYPE_PERCPU_HASH, 0), -EOPNOTSUPP);
	EXPECT_EQ(create_like(skel->maps.array, BPF_MAP_TYPE_PERCPU_ARRAY, 0), -EOPNOTSUPP);
	EXPECT_EQ(create_like(skel->maps.array, BPF_MAP_TYPE_HASH, BPF_F_RDONLY_PROG), -EACCES);
}
