// SPDX-License-Identifier: BSD-2-Clause
/* BPF_MAP_TYPE_ARENA: pages, address space casts, what user space maps. */
#include "ebpf/kernel.h"

#include <bpf/bpf.h>
#include <bpfunit/bpfunit.h>
#include <sys/mman.h>
#include <unistd.h>

#include "arena.skel.h"

#define TYPE_ARENA 33
#define USER       (1ULL << 45) /* beyond the shadow of AddressSanitizer */
#define PAGE       4096

struct node { /* as in the program */
	struct node *next;
	uint64_t value;
};

static struct arena_bpf *load_at(uint64_t address)
{
	struct arena_bpf *skel = BPFUNIT_OPEN(arena_bpf);

	ASSERT_OK(bpf_map__set_map_extra(skel->maps.arena, address));
	ASSERT_OK(arena_bpf__load(skel));
	return skel;
}

static long test_run(const struct bpf_program *prog, int *result)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	long error = bpf_prog_test_run_opts(bpf_program__fd(prog), &opts);

	*result = (int)opts.retval;
	return error;
}

static int run(const struct bpf_program *prog)
{
	int result = 0;

	ASSERT_OK(test_run(prog, &result));
	return result;
}

static void *map_pages(const struct bpf_map *map, void *address, int flags)
{
	return mmap(address, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | flags, bpf_map__fd(map),
		    0);
}

BPF_TEST(arena_map, programs_keep_a_list_in_it)
{
	struct arena_bpf *skel = load_at(USER);

	EXPECT_EQ(run(skel->progs.push), 0);
	skel->data->value = 30;
	EXPECT_EQ(run(skel->progs.push), 0);
	EXPECT_EQ(run(skel->progs.sum), 37);
	EXPECT_EQ((uint64_t)skel->bss->head, USER + PAGE);
	EXPECT_EQ(run(skel->progs.pop), 0);
	/* The page that was freed is used again. */
	EXPECT_EQ(run(skel->progs.push), 0);
	EXPECT_EQ((uint64_t)skel->bss->head, USER + PAGE);
}

/* Its address in user space has a lower half of zero, and casts know no other NULL. */
BPF_TEST(arena_map, first_page_is_null_after_a_cast)
{
	struct arena_bpf *skel = load_at(USER);

	EXPECT_EQ(run(skel->progs.push), 0);
	EXPECT_EQ((uint64_t)skel->bss->head, USER);
	EXPECT_EQ(run(skel->progs.sum), -1);
}

BPF_TEST(arena_map, has_so_many_pages)
{
	struct arena_bpf *skel = load_at(USER);

	for (int i = 0; i < 4; i++)
		EXPECT_EQ(run(skel->progs.push), 0);
	EXPECT_EQ(run(skel->progs.push), -12);
}

BPF_TEST(arena_map, user_space_follows_the_same_pointers)
{
	struct arena_bpf *skel = load_at(USER);
	struct node *pages = map_pages(skel->maps.arena, (void *)USER, MAP_FIXED);

	ASSERT_EQ((uint64_t)pages, USER);
	EXPECT_EQ(run(skel->progs.push), 0);
	EXPECT_EQ(run(skel->progs.push), 0);
	EXPECT_EQ(skel->bss->head->value, 7U);
	EXPECT_EQ((uint64_t)skel->bss->head->next, USER);
	pages[3 * PAGE / sizeof(*pages)] = (struct node){ skel->bss->head, 100 };
	skel->bss->head = &pages[3 * PAGE / sizeof(*pages)];
	EXPECT_EQ(run(skel->progs.sum), 114);
	EXPECT_EQ(munmap(pages, 4 * PAGE), 0);
}

static int map_errno(int fd, uint64_t address, size_t pages, int flags)
{
	void *memory = mmap((void *)address, pages * PAGE, PROT_READ | PROT_WRITE, flags, fd, 0);

	return memory == MAP_FAILED ? errno : 0;
}

static int arena_of(uint32_t pages, uint64_t address)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE, .map_extra = address);
	int fd = bpf_map_create(TYPE_ARENA, "arena", 0, 0, pages, &opts);

	ASSERT_OK(fd);
	return fd;
}

/* Source: as 6.18 does. */
BPF_TEST(arena_map, is_at_one_address)
{
	int fd = arena_of(4, USER);

	EXPECT_EQ(map_errno(fd, 0, 4, MAP_SHARED), EINVAL);
	EXPECT_EQ(map_errno(fd, USER + (1 << 20), 4, MAP_SHARED), EINVAL);
	EXPECT_EQ(map_errno(fd, USER + (1 << 20), 4, MAP_SHARED | MAP_FIXED), EINVAL);
	EXPECT_EQ(map_errno(fd, USER, 2, MAP_SHARED), EINVAL);
	EXPECT_EQ(map_errno(fd, USER, 5, MAP_SHARED), E2BIG);
	EXPECT_EQ(map_errno(fd, USER, 4, MAP_PRIVATE), EINVAL);
	EXPECT_EQ(map_errno(fd, USER, 4, MAP_SHARED), 0);
	EXPECT_EQ(map_errno(fd, USER, 4, MAP_SHARED), EBUSY);
	EXPECT_EQ(map_errno(fd, USER, 4, MAP_SHARED | MAP_FIXED), 0);
	close(fd);
}

/* The first decides, also of how much. */
BPF_TEST(arena_map, is_where_its_first_mapping_is)
{
	int fd = arena_of(4, 0);

	EXPECT_EQ(map_errno(fd, 2 * USER, 2, MAP_SHARED | MAP_FIXED), 0);
	EXPECT_EQ(map_errno(fd, 0, 2, MAP_SHARED), EINVAL);
	EXPECT_EQ(map_errno(fd, 2 * USER, 4, MAP_SHARED | MAP_FIXED), E2BIG);
	EXPECT_EQ(map_errno(fd, 2 * USER, 2, MAP_SHARED | MAP_FIXED), 0);
	close(fd);
}

BPF_TEST(arena_map, faults)
{
	struct arena_bpf *skel = load_at(USER);
	int result;

	EXPECT_EQ(run(skel->progs.push), 0);
	EXPECT_FAULT(BPFUNIT_FAULT_USE_AFTER_FREE, test_run(skel->progs.read_freed, &result));
	EXPECT_FAULT(BPFUNIT_FAULT_WILD_POINTER, test_run(skel->progs.forgets_cast, &result));
}

BPF_TEST(arena_map, forgives_where_linux_does)
{
	struct arena_bpf *skel = load_at(USER);
	int result = -1;

	EXPECT_FAULT(BPFUNIT_FAULT_WILD_POINTER, test_run(skel->progs.write_elsewhere, &result));
	bu_kernel()->arenas_forgive = true; /* as under `bpfunit exec` */
	EXPECT_EQ(run(skel->progs.write_elsewhere), 0);
	EXPECT_EQ(run(skel->progs.push), 0);
	EXPECT_EQ(run(skel->progs.read_freed), 0);
	EXPECT_FAULT(BPFUNIT_FAULT_WILD_POINTER, test_run(skel->progs.forgets_cast, &result));
}

/* As in a kernel, where its access allocates it. */
BPF_TEST(arena_map, programs_get_no_page_that_user_space_uses)
{
	struct arena_bpf *skel = load_at(USER);
	struct node *pages = map_pages(skel->maps.arena, (void *)USER, MAP_FIXED);

	ASSERT_EQ((uint64_t)pages, USER);
	pages->value = 1;
	EXPECT_EQ(run(skel->progs.push), 0);
	EXPECT_EQ((uint64_t)skel->bss->head, USER + PAGE);
	EXPECT_EQ(run(skel->progs.sum), 7);
	EXPECT_EQ(pages->value, 1);
	EXPECT_EQ(run(skel->progs.pop), 0);
	EXPECT_EQ(run(skel->progs.push), 0);
	EXPECT_EQ((uint64_t)skel->bss->head, USER + PAGE);
}

BPF_TEST(arena_map, programs_free_pages_of_user_space)
{
	struct arena_bpf *skel = load_at(USER);
	struct node *pages = map_pages(skel->maps.arena, (void *)USER, MAP_FIXED);

	ASSERT_EQ((uint64_t)pages, USER);
	pages->value = 5;
	skel->bss->head = (void *)pages;
	EXPECT_EQ(run(skel->progs.pop), 0);
	EXPECT_EQ(pages->value, 0); /* a new page */
}

static int create(uint32_t key, uint32_t value, uint32_t pages, uint32_t flags, uint64_t extra)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = flags, .map_extra = extra);
	int fd = bpf_map_create(TYPE_ARENA, "arena", key, value, pages, &opts);

	if (fd >= 0)
		close(fd);
	return fd >= 0 ? 0 : fd;
}

BPF_TEST(arena_map, attributes)
{
	EXPECT_EQ(create(0, 0, 10, BPF_F_MMAPABLE, 0), 0);
	EXPECT_EQ(create(0, 0, 10, BPF_F_MMAPABLE, USER), 0);
	EXPECT_EQ(create(4, 0, 10, BPF_F_MMAPABLE, 0), -EINVAL);
	EXPECT_EQ(create(0, 8, 10, BPF_F_MMAPABLE, 0), -EINVAL);
	EXPECT_EQ(create(0, 0, 0, BPF_F_MMAPABLE, 0), -EINVAL);
	EXPECT_EQ(create(0, 0, 10, 0, 0), -EINVAL);
	EXPECT_EQ(create(0, 0, 10, BPF_F_MMAPABLE | BPF_F_NO_PREALLOC, 0), -EINVAL);
	EXPECT_EQ(create(0, 0, 10, BPF_F_MMAPABLE, 1), -EINVAL);
	EXPECT_EQ(create(0, 0, (1 << 20) + 1, BPF_F_MMAPABLE, 0), -E2BIG);
	EXPECT_EQ(create(0, 0, 10, BPF_F_MMAPABLE, (1ULL << 32) - PAGE), -ERANGE);
}

BPF_TEST(arena_map, has_no_elements)
{
	struct arena_bpf *skel = load_at(USER);
	int fd = bpf_map__fd(skel->maps.arena);
	char key[8] = "", value[8] = "";

	EXPECT_EQ(bpf_map_lookup_elem(fd, NULL, value), -EINVAL);
	EXPECT_EQ(bpf_map_update_elem(fd, NULL, value, 0), -EOPNOTSUPP);
	EXPECT_EQ(bpf_map_delete_elem(fd, NULL), -EOPNOTSUPP);
	EXPECT_EQ(bpf_map_delete_elem(fd, key), -EINVAL);
	EXPECT_EQ(bpf_map_get_next_key(fd, NULL, key), -EOPNOTSUPP);
}

BPF_TEST(arena_map, its_address_must_be_known)
{
	struct arena_bpf *skel = arena_bpf__open();

	ASSERT_NOT_NULL(skel);
	ASSERT_OK(bpfunit_defer((void (*)(void *))arena_bpf__destroy, skel));
	bpf_program__set_autoload(skel->progs.forgets_cast, false); /* no verifier takes it */
	/* Newer libbpf maps the arena before it loads programs. */
	EXPECT_EQ(arena_bpf__load(skel),
		  LIBBPF_MAJOR_VERSION > 1 || LIBBPF_MINOR_VERSION >= 5 ? 0 : -EINVAL);
}
