/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Each allocation of the library's fails in turn (the linker wraps malloc() and its kin): what a
 * program does with libbpf then succeeds without it or ends with ENOMEM, and the same succeeds
 * afterwards. Nothing crashes, and nothing leaks (under ASan).
 */
#include <bpfunit/bpfunit.h>

#include "boundary.skel.h"
#include "ebpf/kernel.h"
#include "tests/ebpf/asm.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static long until_failure = -1; /* allocations that still succeed; negative: all */
static long allocations;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__real_reallocarray(void *memory, size_t count, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_reallocarray(void *memory, size_t count, size_t size);
char *__wrap_strdup(const char *text);

static bool fails(void)
{
	allocations++;
	if (until_failure < 0)
		return false;
	if (until_failure--)
		return false;
	errno = ENOMEM;
	return true;
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
	return fails() ? NULL : __real_realloc(memory, size);
}

void *__wrap_reallocarray(void *memory, size_t count, size_t size)
{
	return fails() ? NULL : __real_reallocarray(memory, count, size);
}

char *__wrap_strdup(const char *text)
{
	return fails() ? NULL : __real_strdup(text);
}

/* Make `scenario` with every single allocation failing; it gives 0 or -errno. */
static void fail_each(int (*scenario)(void))
{
	long count;
	int err;

	until_failure = -1;
	allocations = 0;
	bu_kernel_reset();
	ASSERT_OK(scenario());
	count = allocations;
	ASSERT_GT(count, 2);
	for (long i = 0; i < count; i++) {
		bu_kernel_reset();
		until_failure = i;
		err = scenario();
		until_failure = -1;
		if (err && err != -ENOMEM)
			EXPECT_FAIL("allocation %ld of %ld failed: %d (%s)", i, count, err,
				    strerror(-err));
		bu_kernel_reset();
		EXPECT_OK(scenario());
	}
}

static int create_maps(void)
{
	static const u8 types[] = { BPF_MAP_TYPE_HASH,         BPF_MAP_TYPE_ARRAY,
				    BPF_MAP_TYPE_PERCPU_HASH,  BPF_MAP_TYPE_LRU_HASH,
				    BPF_MAP_TYPE_PERCPU_ARRAY, BPF_MAP_TYPE_LRU_PERCPU_HASH };
	char value[64] = { 0 };
	u32 key = 1;
	int err = 0;

	for (size_t i = 0; i < BU_ARRAY_SIZE(types) && !err; i++) {
		int fd = bpf_map_create(types[i], "map", 4, 8, 4, NULL);

		if (fd < 0)
			return -errno;
		if (bpf_map_update_elem(fd, &key, value, 0) || bpf_map_lookup_elem(fd, &key, value))
			err = -errno;
		close(fd);
	}
	return err;
}

BPF_TEST(nomem, maps)
{
	fail_each(create_maps);
}

static int create_special(void)
{
	static const struct {
		u32 type, key, value, max;
	} maps[] = {
		{ BPF_MAP_TYPE_RINGBUF, 0, 0, 4096 },
		{ BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 4 },
		{ BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, 4 },
	};
	int err = 0;

	for (size_t i = 0; i < BU_ARRAY_SIZE(maps) && !err; i++) {
		int fd = bpf_map_create(maps[i].type, "map", maps[i].key, maps[i].value,
					maps[i].max, NULL);

		err = fd < 0 ? -errno : 0;
		if (fd >= 0)
			close(fd);
	}
	return err;
}

BPF_TEST(nomem, special_maps)
{
	fail_each(create_special);
}

static int load_program(void)
{
	static const struct bpf_insn code[] = { MOV64_K(0, 2), EXIT };
	char packet[60] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = packet, .data_size_in = sizeof(packet));
	int fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "two", "GPL", code, BU_ARRAY_SIZE(code), NULL);
	int err;

	if (fd < 0)
		return -errno;
	err = bpf_prog_test_run_opts(fd, &run) ? -errno : 0;
	if (!err && run.retval != 2)
		err = -EPROTO;
	close(fd);
	return err;
}

BPF_TEST(nomem, program)
{
	fail_each(load_program);
}

/* libbpf makes other errors of ENOMEM on its way (a kernel without a feature): any error is one. */
static int load_skeleton(void)
{
	struct boundary_bpf *skel = boundary_bpf__open_and_load();

	if (!skel)
		return -ENOMEM;
	boundary_bpf__destroy(skel);
	return 0;
}

BPF_TEST(nomem, skeleton, .timeout_s = 60)
{
	libbpf_set_print(NULL);
	fail_each(load_skeleton);
}
