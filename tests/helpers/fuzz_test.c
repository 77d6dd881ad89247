// SPDX-License-Identifier: BSD-2-Clause
/*
 * Every helper with arguments that no verifier has seen: seeded random mixtures of pointers, maps,
 * sizes and numbers. A call ends with a result or a fault, and the emulated kernel goes on working.
 */
#include <bpf/bpf.h>
#include <bpfunit/bpfunit.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ebpf/kernel.h"

#define CALLS       6000
#define FRAME_BYTES 60
#define STACK_WORDS 16

static const enum bpf_map_type map_types[] = {
	BPF_MAP_TYPE_HASH,
	BPF_MAP_TYPE_ARRAY,
	BPF_MAP_TYPE_RINGBUF,
	BPF_MAP_TYPE_PROG_ARRAY,
	BPF_MAP_TYPE_PERF_EVENT_ARRAY,
	BPF_MAP_TYPE_PERCPU_ARRAY,
};
#define MAPS (sizeof(map_types) / sizeof(*map_types))

struct fuzz {
	uint64_t random;
	enum bpf_prog_type type;
	int maps[MAPS];
	struct bpf_insn insns[128];
	int nr;
};

static uint64_t draw(struct fuzz *f)
{
	f->random ^= f->random << 13;
	f->random ^= f->random >> 7;
	f->random ^= f->random << 17;
	return f->random;
}

static void emit(struct fuzz *f, uint8_t code, int dst, int src, int off, int32_t imm)
{
	f->insns[f->nr++] = (struct bpf_insn){ .code = code,
					       .dst_reg = dst & 15,
					       .src_reg = src & 15,
					       .off = (int16_t)off,
					       .imm = imm };
}

static void emit_wide(struct fuzz *f, int dst, int src, uint64_t value)
{
	emit(f, BPF_LD | BPF_IMM | BPF_DW, dst, src, 0, (int32_t)value);
	emit(f, 0, 0, 0, 0, (int32_t)(value >> 32));
}

static void emit_argument(struct fuzz *f, int reg)
{
	static const uint64_t numbers[] = { 0,          1,          2,       4,
					    8,          16,         64,      100,
					    512,        4096,       1 << 29, 0x7fffffff,
					    0x80000000, 0xffffffff, ~0ULL,   1ULL << 47 };

	switch (draw(f) % 8) {
	case 0:
		emit(f, BPF_ALU64 | BPF_MOV | BPF_X, reg, 6, 0, 0); /* the context */
		break;
	case 1:
		emit_wide(f, reg, BPF_PSEUDO_MAP_FD, (uint32_t)f->maps[draw(f) % MAPS]);
		break;
	case 2:
		emit(f, BPF_ALU64 | BPF_MOV | BPF_X, reg, 10, 0, 0);
		emit(f, BPF_ALU64 | BPF_ADD | BPF_K, reg, 0, 0, -8 * (int)(draw(f) % 20));
		break;
	case 3:
		emit_wide(f, reg, BPF_PSEUDO_MAP_VALUE, (uint32_t)f->maps[1]);
		break;
	case 4:
		emit(f, BPF_ALU64 | BPF_MOV | BPF_X, reg, 7, 0, 0); /* the packet */
		break;
	case 5:
		emit_wide(f, reg, 0, draw(f));
		break;
	default:
		emit_wide(f, reg, 0, numbers[draw(f) % (sizeof(numbers) / sizeof(*numbers))]);
		break;
	}
}

/* Mostly one with a model; none that is refused at load. */
static int32_t draw_helper(struct fuzz *f)
{
	const struct bu_prog prog = { .prog_type = f->type };
	uint32_t id;

	do
		id = 1 + (uint32_t)(draw(f) % 211);
	while (!bu_helper_is_for(id, &prog) || bu_helper_might_sleep(id, &prog) ||
	       id == BPF_FUNC_get_func_ip || (!bu_helper_of(id)->fn && draw(f) % 16));
	return (int32_t)id;
}

static void make_program(struct fuzz *f)
{
	f->nr = 0;
	emit(f, BPF_ALU64 | BPF_MOV | BPF_X, 6, 1, 0, 0);
	emit(f, BPF_ALU64 | BPF_MOV | BPF_K, 7, 0, 0, 0);
	if (f->type == BPF_PROG_TYPE_XDP)
		emit(f, BPF_LDX | BPF_MEM | BPF_W, 7, 1, offsetof(struct xdp_md, data), 0);
	if (f->type == BPF_PROG_TYPE_SCHED_CLS)
		emit(f, BPF_LDX | BPF_MEM | BPF_W, 7, 1, offsetof(struct __sk_buff, data), 0);
	for (int i = 1; i <= STACK_WORDS; i++)
		emit(f, BPF_ST | BPF_MEM | BPF_DW, 10, 0, -8 * i, (int32_t)(draw(f) & 0x73257325));
	for (int call = 0; call < 2; call++) {
		for (int reg = 1; reg <= 5; reg++)
			emit_argument(f, reg);
		emit(f, BPF_JMP | BPF_CALL, 0, 0, 0, draw_helper(f));
	}
	emit(f, BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0);
	emit(f, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/* Whether the run ended without a fault. */
static bool run_once(struct fuzz *f)
{
	static const uint8_t frame[FRAME_BYTES] = { [12] = 0x81 };
	struct bu_test_io io = { .cpu = -1 };
	struct bu_object *object;
	int fd, err;

	make_program(f);
	fd = bpf_prog_load(f->type, "fuzz", "GPL", f->insns, (size_t)f->nr, NULL);
	ASSERT_OK(fd);
	object = bu_fd_object(bu_kernel(), fd, BU_OBJECT_PROG, &err);
	ASSERT_NOT_NULL(object);
	if (f->type != BPF_PROG_TYPE_RAW_TRACEPOINT) {
		io.data = frame;
		io.data_size = sizeof(frame);
	}
	ASSERT_OK(bu_prog_test(bu_container_of(object, struct bu_prog, object), &io));
	free(io.data_out);
	close(fd);
	return io.fault == BU_FAULT_NONE;
}

static void fuzz(enum bpf_prog_type type, uint64_t seed)
{
	struct fuzz f = { .random = seed, .type = type };
	uint32_t key = 0;
	uint64_t value = 1;
	int good = 0;

	bu_kernel()->on_fault = NULL; /* faults are answers here */
	for (size_t i = 0; i < MAPS; i++) {
		uint32_t bytes = map_types[i] == BPF_MAP_TYPE_RINGBUF ? 0 : 4;
		bool fds = map_types[i] == BPF_MAP_TYPE_PROG_ARRAY ||
			   map_types[i] == BPF_MAP_TYPE_PERF_EVENT_ARRAY;

		f.maps[i] = bpf_map_create(map_types[i], "fuzz", bytes, fds ? 4 : bytes * 2,
					   i == 1  ? 1
					   : bytes ? 4
						   : 4096,
					   NULL);
		ASSERT_OK(f.maps[i]);
	}
	for (int i = 0; i < CALLS; i++)
		good += run_once(&f);
	EXPECT_GT(good, 0);
	EXPECT_LT(good, CALLS);
	ASSERT_OK(bpf_map_update_elem(f.maps[0], &key, &value, BPF_ANY));
	EXPECT_OK(bpf_map_lookup_elem(f.maps[0], &key, &value));
}

BPF_TEST(fuzz, helpers_of_tracing_programs)
{
	fuzz(BPF_PROG_TYPE_RAW_TRACEPOINT, 0x9e3779b97f4a7c15);
}

BPF_TEST(fuzz, helpers_of_xdp_programs)
{
	fuzz(BPF_PROG_TYPE_XDP, 0xbf58476d1ce4e5b9);
}

BPF_TEST(fuzz, helpers_of_tc_programs)
{
	fuzz(BPF_PROG_TYPE_SCHED_CLS, 0x94d049bb133111eb);
}
