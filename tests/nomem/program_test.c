/* SPDX-License-Identifier: BSD-2-Clause */
/* Each allocation fails in turn while maps and programs are made. */
#include <bpfunit/bpfunit.h>

#include <stdlib.h>

#include "skeletons_begin.h"

#include "boundary.skel.h"

#include "skeletons_end.h"

#include "nomem.h"
#include "tests/ebpf/asm.h"

#include <errno.h>
#include <unistd.h>

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
	nomem_fail_each(create_maps, false);
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
	nomem_fail_each(create_special, false);
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
	nomem_fail_each(load_program, false);
}

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
	nomem_fail_each(load_skeleton, true);
}
