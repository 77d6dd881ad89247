// SPDX-License-Identifier: BSD-2-Clause
/* The arena: what is accessible, byte by byte, and what is known of addresses. */
#include "ebpf/vm/arena.h"

#include <bpfunit/bpfunit.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

BPF_FIXTURE(arena)
{
	struct bu_arena arena;
};

BPF_FIXTURE_SETUP(arena)
{
	ASSERT_OK(bu_arena_init(&self->arena, 64 << 20));
}

BPF_FIXTURE_TEARDOWN(arena)
{
	bu_arena_destroy(&self->arena);
}

static const struct bu_region_info plain = { .kind = BU_REGION_KOBJ, .label = "thing" };

BPF_TEST_F(arena, allocates_zeroed_memory)
{
	static const u8 zeroes[1000];
	u8 *memory = bu_arena_alloc(&self->arena, sizeof(zeroes), BU_RW, &plain);

	ASSERT_NOT_NULL(memory);
	EXPECT_MEMEQ(memory, zeroes, sizeof(zeroes));
	EXPECT_EQ((uintptr_t)memory % 16, 0U);
	EXPECT_EQ((uintptr_t)bu_arena_alloc(&self->arena, 3, BU_RW, &plain) % 8, 0U);
}

BPF_TEST_F(arena, is_accessible_to_the_byte)
{
	for (u64 size = 1; size < 40; size++) {
		u8 *memory = bu_arena_alloc(&self->arena, size, BU_RW, &plain);

		EXPECT_TRUE(bu_arena_readable(&self->arena, memory, size));
		EXPECT_TRUE(bu_arena_writable(&self->arena, memory, size));
		EXPECT_FALSE(bu_arena_readable(&self->arena, memory, size + 1));
		EXPECT_FALSE(bu_arena_readable(&self->arena, memory + size, 1));
		EXPECT_FALSE(bu_arena_writable(&self->arena, memory - 1, 2));
		EXPECT_EQ(bu_arena_readable_span(&self->arena, memory, 100), size);
		EXPECT_EQ(bu_arena_writable_span(&self->arena, memory + size - 1, 100), 1U);
	}
}

/* Against one flag a byte, for every part of 48 bytes. */
BPF_TEST_F(arena, sets_access_of_any_part)
{
	enum { SIZE = 48 };
	u8 *memory = bu_arena_alloc(&self->arena, SIZE, BU_NONE, &plain);
	u32 wrong = 0;

	for (u32 from = 0; from < SIZE; from++) {
		for (u32 to = from; to <= SIZE; to++) {
			bu_arena_set_access(&self->arena, memory, SIZE, BU_READ);
			bu_arena_set_access(&self->arena, memory + from, to - from, BU_WRITE);
			for (u32 i = 0; i < SIZE; i++) {
				bool inside = i >= from && i < to;

				wrong += bu_arena_readable(&self->arena, memory + i, 1) == inside;
				wrong += bu_arena_writable(&self->arena, memory + i, 1) != inside;
			}
			wrong += bu_arena_readable_span(&self->arena, memory, SIZE) !=
				 (from == to ? SIZE : from);
		}
	}
	EXPECT_EQ(wrong, 0U);
}

BPF_TEST_F(arena, marks_what_is_written)
{
	u8 *memory = bu_arena_alloc(&self->arena, 64, BU_WRITE, &plain);

	EXPECT_FALSE(bu_arena_readable(&self->arena, memory, 1));
	EXPECT_TRUE(bu_arena_make_written(&self->arena, memory + 3, 10));
	EXPECT_TRUE(bu_arena_readable(&self->arena, memory + 3, 10));
	EXPECT_FALSE(bu_arena_readable(&self->arena, memory + 2, 1));
	EXPECT_FALSE(bu_arena_readable(&self->arena, memory + 13, 1));
	EXPECT_FALSE(bu_arena_make_written(&self->arena, memory + 60, 5));
	EXPECT_FALSE(bu_arena_readable(&self->arena, memory + 60, 1));
}

BPF_TEST_F(arena, refuses_addresses_outside)
{
	int local = 0;

	EXPECT_FALSE(bu_arena_readable(&self->arena, &local, 1));
	EXPECT_FALSE(bu_arena_readable(&self->arena, NULL, 1));
	EXPECT_FALSE(bu_arena_readable(&self->arena, self->arena.base - 1, 1));
	EXPECT_FALSE(bu_arena_readable(&self->arena, self->arena.base + self->arena.size, 1));
	EXPECT_FALSE(bu_arena_readable(&self->arena, self->arena.base + self->arena.size - 1, 2));
	EXPECT_FALSE(bu_arena_readable(&self->arena, self->arena.base, UINT64_MAX));
	EXPECT_TRUE(bu_arena_readable(&self->arena, NULL, 0));
	EXPECT_FALSE(bu_arena_contains(&self->arena, &local));
	EXPECT_NULL(bu_arena_region(&self->arena, &local));
}

BPF_TEST_F(arena, names_regions_and_what_is_just_behind)
{
	u8 *first = bu_arena_alloc(&self->arena, 20, BU_RW, &plain);
	u8 *second = bu_arena_alloc(&self->arena, 20, BU_RW, &plain);
	const struct bu_region *before, *after;

	EXPECT_GE(second - first, 20 + 32);
	EXPECT_EQ(bu_arena_region(&self->arena, first)->start, first);
	EXPECT_EQ(bu_arena_region(&self->arena, first + 19)->start, first);
	EXPECT_EQ(bu_arena_region(&self->arena, first + 25)->start, first);
	EXPECT_EQ(bu_arena_region(&self->arena, second)->start, second);
	EXPECT_STREQ(bu_arena_region(&self->arena, second)->info.label, "thing");
	EXPECT_NULL(bu_arena_region(&self->arena, second + 20 + 4096));
	bu_arena_around(&self->arena, first + 30, &before, &after);
	EXPECT_EQ(before->start, first);
	EXPECT_EQ(after->start, second);
}

BPF_TEST_F(arena, does_not_use_an_address_twice)
{
	u8 *first = bu_arena_alloc(&self->arena, 64, BU_RW, &plain), *second;

	bu_arena_free(&self->arena, first);
	EXPECT_FALSE(bu_arena_readable(&self->arena, first, 1));
	EXPECT_TRUE(bu_arena_region(&self->arena, first)->freed);
	bu_arena_free(&self->arena, first);
	bu_arena_free(&self->arena, NULL);
	second = bu_arena_alloc(&self->arena, 64, BU_RW, &plain);
	EXPECT_NE(second, first);
	bu_arena_free(&self->arena, second + 8);
	EXPECT_TRUE(bu_arena_readable(&self->arena, second, 64));
}

BPF_TEST_F(arena, releases_scratch_memory_like_a_stack)
{
	struct bu_arena *arena = &self->arena;
	u8 *outer = bu_arena_scratch(arena, 100, BU_RW, &plain);
	u64 mark = bu_arena_mark(arena);
	u8 *inner = bu_arena_scratch(arena, 100, BU_RW, &plain), *again;

	memset(inner, 0xff, 100);
	EXPECT_NULL(bu_arena_released(arena, inner));
	bu_arena_release(arena, mark);
	EXPECT_TRUE(bu_arena_readable(arena, outer, 100));
	EXPECT_FALSE(bu_arena_readable(arena, inner, 1));
	EXPECT_EQ(bu_arena_released(arena, inner + 99)->start, inner);
	EXPECT_NULL(bu_arena_released(arena, inner + 100));
	EXPECT_NULL(bu_arena_released(arena, outer));
	again = bu_arena_scratch(arena, 50, BU_READ, &plain);
	EXPECT_EQ(again, inner);
	EXPECT_EQ(again[49], 0);
	EXPECT_FALSE(bu_arena_readable(arena, again, 51));
	EXPECT_FALSE(bu_arena_writable(arena, again, 1));
}

BPF_TEST_F(arena, backs_shared_memory_by_a_file)
{
	u64 offset = 1;
	u8 *memory, *user;

	bu_arena_alloc_shared(&self->arena, 1, BU_RW, &plain, &offset);
	memory = bu_arena_alloc_shared(&self->arena, 5000, BU_RW, &plain, &offset);
	ASSERT_NOT_NULL(memory);
	EXPECT_EQ(offset % 4096, 0U);
	EXPECT_GT(offset, 0U);
	user = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, self->arena.memfd, offset);
	ASSERT_NE(user, MAP_FAILED);
	memory[4999] = 7;
	EXPECT_EQ(user[4999], 7);
	user[0] = 9;
	EXPECT_EQ(memory[0], 9);
	EXPECT_FALSE(bu_arena_readable(&self->arena, memory, 5001));
	munmap(user, 8192);
}

BPF_TEST_F(arena, says_when_a_zone_is_full)
{
	u64 offset, zone = self->arena.heap.end - self->arena.heap.begin;

	EXPECT_NULL(bu_arena_alloc(&self->arena, zone, BU_RW, &plain));
	EXPECT_NULL(bu_arena_alloc(&self->arena, UINT64_MAX, BU_RW, &plain));
	EXPECT_NULL(bu_arena_alloc(&self->arena, UINT64_MAX - 100, BU_RW, &plain));
	EXPECT_NULL(bu_arena_scratch(&self->arena, zone, BU_RW, &plain));
	EXPECT_NULL(bu_arena_alloc_shared(&self->arena, zone, BU_RW, &plain, &offset));
	EXPECT_NOT_NULL(bu_arena_alloc(&self->arena, zone - 4096, BU_RW, &plain));
	EXPECT_NULL(bu_arena_alloc(&self->arena, 4096, BU_RW, &plain));
}

BPF_TEST_F(arena, keeps_many_regions)
{
	u8 *memory[1000];

	for (u32 i = 0; i < 1000; i++)
		memory[i] = bu_arena_alloc(&self->arena, i % 50 + 1, BU_RW, &plain);
	for (u32 i = 0; i < 1000; i++)
		EXPECT_EQ(bu_arena_region(&self->arena, memory[i])->size, i % 50 + 1);
}

/* Bytes of address space that this process has taken. */
static u64 address_space_now(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	unsigned long pages = 0;

	if (!file || fscanf(file, "%lu", &pages) != 1)
		BPFUNIT_SKIP("cannot read /proc/self/statm");
	fclose(file);
	return (u64)pages * sysconf(_SC_PAGESIZE);
}

/* In a child that may take so much more address space. */
static bool inits_within(u64 more, u64 *size)
{
	struct rlimit limit = { address_space_now() + more, address_space_now() + more };
	struct bu_arena arena;
	int status, report[2];
	pid_t child;

	if (pipe(report))
		return false;
	child = fork();
	if (child == 0) {
		if (setrlimit(RLIMIT_AS, &limit))
			_exit(2);
		if (bu_arena_init(&arena, 0) || !bu_arena_alloc(&arena, 1 << 20, BU_RW, &plain))
			_exit(1);
		_exit(write(report[1], &arena.size, sizeof(arena.size)) != sizeof(arena.size));
	}
	waitpid(child, &status, 0);
	close(report[1]);
	if (read(report[0], size, sizeof(*size)) != sizeof(*size))
		*size = 0;
	close(report[0]);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* What may still be taken of 1 GiB, which whoever started the test may have limited already. */
static u64 room_below_1g(void)
{
	u64 now = address_space_now();
	struct rlimit limit;

	ASSERT_OK(getrlimit(RLIMIT_AS, &limit));
	return limit.rlim_max <= now ? 0 : BU_MIN(1ULL << 30, (u64)limit.rlim_max - now);
}

BPF_TEST(arena_limits, takes_less_when_address_space_is_limited)
{
	u64 size = 0, room;

#ifdef __SANITIZE_ADDRESS__
	BPFUNIT_SKIP("AddressSanitizer has reserved terabytes already");
#endif
	room = room_below_1g();
	ASSERT_GT(room, 64ULL << 20);
	EXPECT_TRUE(inits_within(room, &size));
	EXPECT_GE(size, room / 8);
	EXPECT_LT(size, room);
	EXPECT_FALSE(inits_within(10 << 20, &size));
}

/* One must not take all that there is. */
BPF_TEST(arena_limits, several_fit_into_limited_address_space)
{
	struct bu_arena arenas[4];
	struct rlimit limit;

#ifdef __SANITIZE_ADDRESS__
	BPFUNIT_SKIP("AddressSanitizer has reserved terabytes already");
#endif
	ASSERT_OK(getrlimit(RLIMIT_AS, &limit));
	limit.rlim_cur = address_space_now() + room_below_1g();
	ASSERT_OK(setrlimit(RLIMIT_AS, &limit));
	for (size_t i = 0; i < BU_ARRAY_SIZE(arenas); i++) {
		ASSERT_OK(bu_arena_init(&arenas[i], 0));
		EXPECT_NOT_NULL(bu_arena_alloc(&arenas[i], 1 << 20, BU_RW, &plain));
		EXPECT_GE((u64)arenas[i].base, 4ULL << 30);
	}
	for (size_t i = 0; i < BU_ARRAY_SIZE(arenas); i++)
		bu_arena_destroy(&arenas[i]);
}

BPF_TEST(arena_limits, several_can_exist)
{
	struct bu_arena a, b;
	u8 *in_a;

	ASSERT_OK(bu_arena_init(&a, 0));
	ASSERT_OK(bu_arena_init(&b, 0));
	in_a = bu_arena_alloc(&a, 8, BU_RW, &plain);
	EXPECT_TRUE(bu_arena_readable(&a, in_a, 8));
	EXPECT_FALSE(bu_arena_readable(&b, in_a, 8));
	bu_arena_destroy(&a);
	bu_arena_destroy(&b);
}
