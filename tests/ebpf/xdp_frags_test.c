// SPDX-License-Identifier: BSD-2-Clause
/*
 * XDP packets with fragments: what BPF_PROG_TEST_RUN makes of packets of more than a page, or with
 * a data_end of the caller's. Each row is as Linux 6.18 ran it; with BPFUNIT_HOST_BPF set the
 * machine's kernel is asked again.
 */
#include "prog_call.h"

#include <stdio.h>

#define XDP_FRAGS (1U << 5) /* BPF_F_XDP_HAS_FRAGS */
#define MOVE(dst, src)                                                                             \
	{                                                                                          \
		.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = dst, .src_reg = src                \
	}
#define CALL_HELPER(name)                                                                          \
	{                                                                                          \
		.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_##name                                 \
	}
#define LOAD_WORD(dst, src, offset)                                                                \
	{                                                                                          \
		.code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = dst, .src_reg = src, .off = offset   \
	}

enum op {
	SEEN, /* r0 = data_end - data */
	LENGTH,
	TAIL, /* of `arg`, then of `then` */
	HEAD, /* of `arg`, then the tail's of `then` */
	LOAD_AT,
	STORE_AT,
};

struct row {
	const char *name;
	enum op op;
	s32 arg, then;
	u32 size, data_end; /* data_end 0: no context */
	u32 room;           /* 0: enough */
	/* Expected */
	s32 error, result;
	u32 size_out, end_out, sum;
};

struct outcome {
	s32 error, result;
	u32 size, end, sum;
};

static int load(bpf_call bpf, const struct row *row)
{
	const struct bpf_insn seen[] = {
		LOAD_WORD(2, 1, offsetof(struct xdp_md, data)),
		LOAD_WORD(0, 1, offsetof(struct xdp_md, data_end)),
		{ .code = BPF_ALU64 | BPF_SUB | BPF_X, .dst_reg = 0, .src_reg = 2 },
		EXIT,
	};
	const struct bpf_insn length[] = { CALL_HELPER(xdp_get_buff_len), EXIT };
	const struct bpf_insn tail[] = {
		MOVE(6, 1), MOV(2, row->arg),  CALL_HELPER(xdp_adjust_tail),
		MOVE(1, 6), MOV(2, row->then), CALL_HELPER(xdp_adjust_tail),
		EXIT,
	};
	const struct bpf_insn head[] = {
		MOVE(6, 1), MOV(2, row->arg),  CALL_HELPER(xdp_adjust_head),
		MOVE(1, 6), MOV(2, row->then), CALL_HELPER(xdp_adjust_tail),
		EXIT,
	};
	const struct bpf_insn load_at[] = {
		MOV(2, row->arg),
		MOVE(3, 10),
		{ .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = 3, .imm = -8 },
		MOV(4, 8),
		CALL_HELPER(xdp_load_bytes),
		{ .code = BPF_JMP | BPF_JNE | BPF_K, .dst_reg = 0, .off = 1 },
		LOAD_WORD(0, 10, -8),
		EXIT,
	};
	const struct bpf_insn store_at[] = {
		{ .code = BPF_ST | BPF_MEM | BPF_DW, .dst_reg = 10, .off = -8, .imm = 0x01020304 },
		MOV(2, row->arg),
		MOVE(3, 10),
		{ .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = 3, .imm = -8 },
		MOV(4, 8),
		CALL_HELPER(xdp_store_bytes),
		EXIT,
	};
#define XDP(insns_) LOAD(insns_, .prog_type = BPF_PROG_TYPE_XDP, .prog_flags = XDP_FRAGS)
	switch (row->op) {
	case SEEN:
		return XDP(seen);
	case LENGTH:
		return XDP(length);
	case TAIL:
		return XDP(tail);
	case HEAD:
		return XDP(head);
	case LOAD_AT:
		return XDP(load_at);
	case STORE_AT:
		return XDP(store_at);
	}
	return -1;
}

static u32 sum(const u8 *bytes, size_t size)
{
	u32 hash = 5381;

	for (size_t i = 0; i < size; i++)
		hash = hash * 33 + bytes[i];
	return hash;
}

static struct outcome measure(bpf_call bpf, const struct row *row)
{
	static u8 in[80000], out[80000];
	struct xdp_md ctx = { .data_end = row->data_end };
	struct outcome outcome;
	union bpf_attr attr = { .test = { .prog_fd = load(bpf, row),
					  .data_in = (u64)in,
					  .data_size_in = row->size,
					  .data_out = (u64)out,
					  .data_size_out = row->room ?: sizeof(out) } };

	if (row->data_end) {
		attr.test.ctx_in = attr.test.ctx_out = (u64)&ctx;
		attr.test.ctx_size_in = attr.test.ctx_size_out = sizeof(ctx);
	}
	for (size_t i = 0; i < sizeof(in); i++)
		in[i] = (u8)(i / 7);
	memset(out, 0, sizeof(out));
	outcome.error = (s32)bpf(BPF_PROG_TEST_RUN, &attr, sizeof(attr));
	close(attr.test.prog_fd);
	outcome.result = (s32)attr.test.retval;
	outcome.size = attr.test.data_size_out;
	outcome.end = ctx.data_end;
	outcome.sum = sum(out, sizeof(out));
	return outcome;
}

static const struct row rows[] = {
#include "xdp_frags_rows.h"
};

static void check(bpf_call bpf, const char *kernel)
{
	for (size_t i = 0; i < BU_ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		struct outcome got = measure(bpf, row);

		if (got.error != row->error || got.result != row->result ||
		    got.size != row->size_out || got.end != row->end_out || got.sum != row->sum)
			bpfunit_fail(BPFUNIT_HERE, false, "%s, %s: %d, %d, %u, %u, %#x", kernel,
				     row->name, got.error, got.result, got.size, got.end, got.sum);
	}
}

BPF_TEST(xdp_frags, as_recorded)
{
	check(emulated_bpf, "emulated");
	if (getenv("BPFUNIT_HOST_BPF"))
		check(host_bpf, "host");
}

/* r0 = a byte at data_end, which is in no fragment either. */
BPF_TEST(xdp_frags, are_not_behind_data_end)
{
	const struct bpf_insn insns[] = {
		LOAD_WORD(2, 1, offsetof(struct xdp_md, data_end)),
		{ .code = BPF_LDX | BPF_MEM | BPF_B, .dst_reg = 0, .src_reg = 2 },
		EXIT,
	};
	static u8 in[9000];
	bpf_call bpf = emulated_bpf;
	union bpf_attr attr = {
		.test = { .prog_fd = XDP(insns), .data_in = (u64)in, .data_size_in = sizeof(in) }
	};

	EXPECT_FAULT(BPFUNIT_FAULT_OUT_OF_BOUNDS,
		     EXPECT_EQ(bpf(BPF_PROG_TEST_RUN, &attr, sizeof(attr)), -EFAULT));
}
