// SPDX-License-Identifier: BSD-2-Clause
/* BPF_F_TEST_SKB_CHECKSUM_COMPLETE: which changes of a packet keep the checksum that it came with.
 */
#include "prog_call.h"

#define SUM_CASE(name, expected) CASES(checksum_calls, name, expected)
#define COMPLETE                 (1U << 2)
#define PSEUDO                   BPF_F_PSEUDO_HDR
#define MOVE(dst, src)                                                                             \
	{                                                                                          \
		.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = dst, .src_reg = src                \
	}
#define FP_MINUS_8(dst)                                                                            \
	MOVE(dst, 10),                                                                             \
	{                                                                                          \
		.code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = dst, .imm = -8                     \
	}
#define CALL_HELPER(name)                                                                          \
	{                                                                                          \
		.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_##name                                 \
	}
#define ON_STACK(value)                                                                            \
	{                                                                                          \
		.code = BPF_ST | BPF_MEM | BPF_DW, .dst_reg = 10, .off = -8, .imm = value          \
	}
/* data[16] = 1, where a 0 is; r6 is the context. */
#define WRITE_DATA                                                                                 \
	MOVE(6, 1),                                                                                \
		{ .code = BPF_LDX | BPF_MEM | BPF_W,                                               \
		  .dst_reg = 2,                                                                    \
		  .src_reg = 1,                                                                    \
		  .off = offsetof(struct __sk_buff, data) },                                       \
		{ .code = BPF_LDX | BPF_MEM | BPF_W,                                               \
		  .dst_reg = 3,                                                                    \
		  .src_reg = 1,                                                                    \
		  .off = offsetof(struct __sk_buff, data_end) },                                   \
		MOVE(4, 2), { .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = 4, .imm = 40 },      \
		{ .code = BPF_JMP | BPF_JGT | BPF_X, .dst_reg = 4, .src_reg = 3, .off = 1 },       \
	{                                                                                          \
		.code = BPF_ST | BPF_MEM | BPF_B, .dst_reg = 2, .off = 16, .imm = 1                \
	}

static long run_as(bpf_call bpf, u32 type, const struct bpf_insn *insns, u32 count)
{
	u8 frame[64];
	union bpf_attr attr = {
		.test = { .data_in = (u64)frame, .data_size_in = sizeof(frame), .flags = COMPLETE }
	};
	long prog = CALL(BPF_PROG_LOAD, .prog_type = type, .insns = (u64)insns, .insn_cnt = count,
			 .license = (u64) "GPL");

	if (prog < 0)
		return -1000;
	for (u32 i = 0; i < sizeof(frame); i++)
		frame[i] = i == 16 ? 0 : (u8)(i * 7);
	attr.test.prog_fd = (u32)prog;
	return bpf(BPF_PROG_TEST_RUN, &attr, sizeof(attr)) ?: (s32)attr.test.retval;
}

#define RUN(...)                                                                                   \
	__extension__({                                                                            \
		const struct bpf_insn insns_[] = { __VA_ARGS__ };                                  \
		run_as(bpf, BPF_PROG_TYPE_SCHED_CLS, insns_, BU_ARRAY_SIZE(insns_));               \
	})

static long store(bpf_call bpf, s32 offset, s32 size, s32 flags)
{
	return RUN(ON_STACK(0x12345678), MOV(2, offset), FP_MINUS_8(3), MOV(4, size), MOV(5, flags),
		   CALL_HELPER(skb_store_bytes), EXIT);
}

SUM_CASE(nothing, 7)
{
	return RUN(MOV(0, 7), EXIT);
}

SUM_CASE(other_types, 1)
{
	const struct bpf_insn insns[] = { MOV(0, 1), EXIT };

	return run_as(bpf, BPF_PROG_TYPE_CGROUP_SKB, insns, BU_ARRAY_SIZE(insns));
}

SUM_CASE(written, -EBADMSG)
{
	return RUN(WRITE_DATA, MOV(0, 0), EXIT);
}

SUM_CASE(written_and_updated, 0)
{
	return RUN(WRITE_DATA, MOVE(1, 6), MOV(2, 1), CALL_HELPER(csum_update), MOV(0, 0), EXIT);
}

SUM_CASE(updated_wrongly, -EBADMSG)
{
	return RUN(WRITE_DATA, MOVE(1, 6), MOV(2, 2), CALL_HELPER(csum_update), MOV(0, 0), EXIT);
}

SUM_CASE(stored, -EBADMSG)
{
	return store(bpf, 20, 4, 0);
}

SUM_CASE(stored_recomputed, 0)
{
	return store(bpf, 20, 4, BPF_F_RECOMPUTE_CSUM);
}

SUM_CASE(stored_odd, 0)
{
	return store(bpf, 21, 3, BPF_F_RECOMPUTE_CSUM);
}

SUM_CASE(stored_in_the_link_header, 0)
{
	return store(bpf, 4, 4, 0);
}

SUM_CASE(stored_in_the_link_header_recomputed, -EBADMSG)
{
	return store(bpf, 4, 4, BPF_F_RECOMPUTE_CSUM);
}

static long replace(bpf_call bpf, s32 from, s32 to, s32 flags)
{
	return RUN(MOV(2, 30), MOV(3, from), MOV(4, to), MOV(5, flags),
		   CALL_HELPER(l4_csum_replace), EXIT);
}

SUM_CASE(replaced, -EBADMSG)
{
	return replace(bpf, 5, 77, 4);
}

SUM_CASE(replaced_pseudo, 0)
{
	return replace(bpf, 5, 77, 4 | PSEUDO);
}

SUM_CASE(replaced_pseudo_half, 0)
{
	return replace(bpf, 500, 7, 2 | PSEUDO);
}

SUM_CASE(replaced_pseudo_difference, 0)
{
	return replace(bpf, 0, 0x1234, PSEUDO);
}

static long change_tail(bpf_call bpf, s32 size)
{
	return RUN(MOV(2, size), MOV(3, 0), CALL_HELPER(skb_change_tail), EXIT);
}

SUM_CASE(trimmed, -EBADMSG)
{
	return change_tail(bpf, 50);
}

SUM_CASE(trimmed_to_the_same_size, 64)
{
	return RUN(MOV(2, 64), MOV(3, 0), CALL_HELPER(skb_change_tail), MOV(0, 64), EXIT);
}

/* What comes after is not kept either. */
SUM_CASE(grown_and_updated, -BU_ENOTSUPP)
{
	return RUN(MOVE(6, 1), MOV(2, 99), MOV(3, 0), CALL_HELPER(skb_change_tail), MOVE(1, 6),
		   MOV(2, 1), CALL_HELPER(csum_update), EXIT);
}

SUM_CASE(grown, 0)
{
	return change_tail(bpf, 99);
}

SUM_CASE(headed, 0)
{
	return RUN(MOV(2, 6), MOV(3, 0), CALL_HELPER(skb_change_head), MOV(0, 0), EXIT);
}

SUM_CASE(vlan_pushed, 0)
{
	return RUN(MOV(2, 0x81), MOV(3, 5), CALL_HELPER(skb_vlan_push), MOV(0, 0), EXIT);
}

SUM_CASE(unknown_flag, -EINVAL)
{
	return CALL(BPF_PROG_TEST_RUN,
		    .test = { .prog_fd = make_prog(bpf, FILTER, 0), .flags = COMPLETE << 1 });
}
