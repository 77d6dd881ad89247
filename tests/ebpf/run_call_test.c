// SPDX-License-Identifier: BSD-2-Clause
/* BPF_PROG_TEST_RUN of types with contexts of their own: requests, results, refusals. */
#include "dummy_ops.skel.h"
#include "ebpf/uapi.h"
#include "prog_call.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <linux/if_ether.h>
#include <linux/netfilter.h>

#define RUN_CASE(name, expected) CASES(run_calls, name, expected)

#define LOAD_MEM(size, dst, src, offset)                                                           \
	{                                                                                          \
		.code = BPF_LDX | BPF_MEM | (size), .dst_reg = dst, .src_reg = src, .off = offset  \
	}
#define STORE_IMM(size, dst, offset, value)                                                        \
	{                                                                                          \
		.code = BPF_ST | BPF_MEM | (size), .dst_reg = dst, .off = offset, .imm = value     \
	}
#define KEY(field) offsetof(struct bpf_flow_keys, field)

static u8 frame[8192];
static u8 out[8192];

static void make_frame(u16 protocol)
{
	u16 type = htons(protocol);

	memset(frame, 0, sizeof(frame));
	memset(out, 0, sizeof(out));
	memcpy(frame + 12, &type, sizeof(type));
	frame[14] = protocol == ETH_P_IP ? 0x45 : 0x60;
}

/* A run of 64 bytes, or what the caller sets; its result is *attr. */
static long run(bpf_call bpf, int prog, union bpf_attr *attr)
{
	attr->test.prog_fd = prog;
	attr->test.data_in = (u64)frame;
	if (!attr->test.data_size_in)
		attr->test.data_size_in = 64;
	return bpf(BPF_PROG_TEST_RUN, attr, sizeof(*attr));
}

/* Flow dissectors */

static int dissector(bpf_call bpf)
{
	return make_prog(bpf, BPF_PROG_TYPE_FLOW_DISSECTOR, 3);
}

RUN_CASE(flow_keys, 3)
{
	struct bpf_flow_keys keys = { 0 };
	union bpf_attr attr = { .test = { .data_out = (u64)&keys } };

	make_frame(ETH_P_IP);
	if (run(bpf, dissector(bpf), &attr) || attr.test.data_size_out != sizeof(keys))
		return -1;
	if (keys.nhoff != 14 || keys.thoff != 14 || keys.n_proto != htons(ETH_P_IP) || keys.flags)
		return -2;
	return attr.test.retval;
}

RUN_CASE(flow_flags, 6)
{
	struct bpf_flow_keys keys = { 0 }, given = { .flags = 6 }, back = { 0 };
	union bpf_attr attr = { .test = { .data_out = (u64)&keys,
					  .ctx_in = (u64)&given,
					  .ctx_size_in = sizeof(given),
					  .ctx_out = (u64)&back,
					  .ctx_size_out = sizeof(back) } };

	make_frame(ETH_P_IP);
	if (run(bpf, dissector(bpf), &attr) || attr.test.ctx_size_out != sizeof(back))
		return -1;
	return back.flags == 6 && !back.nhoff ? (long)keys.flags : -2;
}

RUN_CASE(flow_other_keys, -EINVAL)
{
	struct bpf_flow_keys given = { .flow_label = 1 };
	union bpf_attr attr = { .test = { .ctx_in = (u64)&given, .ctx_size_in = sizeof(given) } };

	return run(bpf, dissector(bpf), &attr);
}

/* The program's own keys: each run begins anew, and offsets end up in the packet. */
RUN_CASE(flow_offsets, 5)
{
	struct bpf_insn insns[] = {
		LOAD_MEM(BPF_DW, 2, 1, offsetof(struct __sk_buff, flow_keys)),
		LOAD_MEM(BPF_B, 3, 2, KEY(ip_proto)),
		{ .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = 3, .imm = 5 },
		{ .code = BPF_STX | BPF_MEM | BPF_B,
		  .dst_reg = 2,
		  .src_reg = 3,
		  .off = KEY(ip_proto) },
		STORE_IMM(BPF_H, 2, KEY(nhoff), 2),
		STORE_IMM(BPF_H, 2, KEY(thoff), 1000),
		MOV(0, 0),
		EXIT,
	};
	struct bpf_flow_keys keys = { 0 };
	union bpf_attr attr = { .test = { .data_out = (u64)&keys, .repeat = 3 } };
	int prog = LOAD(insns, .prog_type = BPF_PROG_TYPE_FLOW_DISSECTOR);

	make_frame(ETH_P_IP);
	if (run(bpf, prog, &attr))
		return -1;
	return keys.nhoff == 14 && keys.thoff == 64 ? keys.ip_proto : -2;
}

/* r0 = data[12] when the frame has so many bytes. */
RUN_CASE(flow_packet, 0x86)
{
	struct bpf_insn insns[] = {
		LOAD_MEM(BPF_W, 2, 1, offsetof(struct __sk_buff, data)),
		LOAD_MEM(BPF_W, 3, 1, offsetof(struct __sk_buff, data_end)),
		MOV(0, 0),
		{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 4, .src_reg = 2 },
		{ .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = 4, .imm = 64 },
		{ .code = BPF_JMP | BPF_JGT | BPF_X, .dst_reg = 4, .src_reg = 3, .off = 1 },
		LOAD_MEM(BPF_B, 0, 2, 12),
		EXIT,
	};
	union bpf_attr attr = { 0 };
	int prog = LOAD(insns, .prog_type = BPF_PROG_TYPE_FLOW_DISSECTOR);

	make_frame(ETH_P_IPV6);
	return run(bpf, prog, &attr) ? -1 : (long)attr.test.retval;
}

/* There is no socket buffer to load from. */
RUN_CASE(flow_load_bytes, -EFAULT)
{
	struct bpf_insn insns[] = {
		MOV(2, 0),
		{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 3, .src_reg = 10 },
		{ .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = 3, .imm = -8 },
		MOV(4, 8),
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_skb_load_bytes },
		EXIT,
	};
	union bpf_attr attr = { 0 };
	int prog = LOAD(insns, .prog_type = BPF_PROG_TYPE_FLOW_DISSECTOR);

	return run(bpf, prog, &attr) ? -1 : (s32)attr.test.retval;
}

RUN_CASE(flow_small_room, -ENOSPC)
{
	union bpf_attr attr = { .test = { .data_out = (u64)out, .data_size_out = 10 } };
	long err;

	make_frame(ETH_P_IP);
	err = run(bpf, dissector(bpf), &attr);
	return attr.test.data_size_out == sizeof(struct bpf_flow_keys) && out[0] == 14 && !out[10]
		       ? err
		       : -1;
}

RUN_CASE(flow_short_frame, -EINVAL)
{
	union bpf_attr attr = { .test = { .data_size_in = 13 } };

	return run(bpf, dissector(bpf), &attr);
}

RUN_CASE(flow_page, 0)
{
	union bpf_attr attr = { .test = { .data_size_in = 4096 } };

	return run(bpf, dissector(bpf), &attr);
}

RUN_CASE(flow_more_than_a_page, -EINVAL)
{
	union bpf_attr attr = { .test = { .data_size_in = 4097 } };

	return run(bpf, dissector(bpf), &attr);
}

RUN_CASE(flow_run_flags, -EINVAL)
{
	union bpf_attr attr = { .test = { .flags = 1 } };

	return run(bpf, dissector(bpf), &attr);
}

RUN_CASE(flow_cpu, -EINVAL)
{
	union bpf_attr attr = { .test = { .cpu = 1 } };

	return run(bpf, dissector(bpf), &attr);
}

RUN_CASE(flow_no_data, -EFAULT)
{
	return CALL(BPF_PROG_TEST_RUN, .test = { .prog_fd = dissector(bpf), .data_size_in = 64 });
}

/* The result is known before the context's place turns out to be none. */
RUN_CASE(flow_bad_ctx_out, -EFAULT)
{
	union bpf_attr attr = { .test = { .ctx_out = 8, .ctx_size_out = 56 } };
	long err = run(bpf, dissector(bpf), &attr);

	return attr.test.data_size_out == sizeof(struct bpf_flow_keys) && attr.test.retval == 3
		       ? err
		       : -1;
}

/* Netfilter: the state of the hook, as a caller gives it */

struct hook_state {
	u8 hook, pf;
	u64 in, out, sk, net, okfn;
};

static int filter(bpf_call bpf)
{
	return LOAD(((const struct bpf_insn[]){ MOV(0, 1), EXIT }),
		    .prog_type = BU_PROG_TYPE_NETFILTER,
		    .expected_attach_type = BU_ATTACH_NETFILTER);
}

static long run_hook(bpf_call bpf, u16 protocol, u32 size, struct hook_state state)
{
	union bpf_attr attr = { .test = { .data_size_in = size,
					  .ctx_in = (u64)&state,
					  .ctx_size_in = sizeof(state) } };

	make_frame(protocol);
	return run(bpf, filter(bpf), &attr) ?: (long)attr.test.retval;
}

RUN_CASE(netfilter_local, 1)
{
	union bpf_attr attr = {
		.test = { .data_size_in = 20, .data_out = (u64)out, .data_size_out = 100 }
	};

	make_frame(ETH_P_IP);
	if (run(bpf, filter(bpf), &attr) || attr.test.data_size_out)
		return -1;
	return attr.test.retval;
}

RUN_CASE(netfilter_too_short, -EINVAL)
{
	union bpf_attr attr = { .test = { .data_size_in = 19 } };

	return run(bpf, filter(bpf), &attr);
}

RUN_CASE(netfilter_too_large, -EINVAL)
{
	union bpf_attr attr = { .test = { .data_size_in = 3713 } };

	return run(bpf, filter(bpf), &attr);
}

RUN_CASE(netfilter_forward, 1)
{
	return run_hook(bpf, ETH_P_IPV6, 54,
			(struct hook_state){ .hook = NF_INET_FORWARD, .pf = NFPROTO_IPV6 });
}

RUN_CASE(netfilter_other_family, -EINVAL)
{
	return run_hook(bpf, ETH_P_IPV6, 64,
			(struct hook_state){ .hook = NF_INET_FORWARD, .pf = NFPROTO_IPV4 });
}

RUN_CASE(netfilter_no_family, -EINVAL)
{
	return run_hook(bpf, ETH_P_IP, 64,
			(struct hook_state){ .hook = NF_INET_LOCAL_OUT, .pf = NFPROTO_ARP });
}

RUN_CASE(netfilter_no_ip, -EPROTO)
{
	return run_hook(bpf, ETH_P_ARP, 64,
			(struct hook_state){ .hook = NF_INET_LOCAL_IN, .pf = NFPROTO_IPV4 });
}

RUN_CASE(netfilter_short_header, -EINVAL)
{
	return run_hook(bpf, ETH_P_IPV6, 53,
			(struct hook_state){ .hook = NF_INET_LOCAL_IN, .pf = NFPROTO_IPV6 });
}

RUN_CASE(netfilter_device, -EINVAL)
{
	return run_hook(
		bpf, ETH_P_IP, 64,
		(struct hook_state){ .hook = NF_INET_LOCAL_OUT, .pf = NFPROTO_IPV4, .out = 1 });
}

/* Without types of a kernel to check the loads against, a load of a real one refuses this. */
BPF_TEST(run_calls, netfilter_reads_the_state)
{
	struct bpf_insn insns[] = {
		LOAD_MEM(BPF_DW, 2, 1, 0),
		LOAD_MEM(BPF_B, 0, 2, 1),
		EXIT,
	};
	struct hook_state state = { .hook = NF_INET_POST_ROUTING, .pf = NFPROTO_IPV6 };
	union bpf_attr attr = { .test = { .ctx_in = (u64)&state, .ctx_size_in = sizeof(state) } };
	bpf_call bpf = emulated_bpf;

	make_frame(ETH_P_IPV6);
	ASSERT_OK(run(bpf,
		      LOAD(insns, .prog_type = BU_PROG_TYPE_NETFILTER,
			   .expected_attach_type = BU_ATTACH_NETFILTER),
		      &attr));
	EXPECT_EQ(attr.test.retval, NFPROTO_IPV6);
}

/* Struct_ops: Linux 6.18 runs the same object so */

static long call(const struct bpf_program *prog, u64 *args, u32 size, u32 *retval)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = args, .ctx_size_in = size);
	long err = bpf_prog_test_run_opts(bpf_program__fd(prog), &opts);

	*retval = opts.retval;
	return err;
}

BPF_TEST(run_calls, struct_ops_state)
{
	struct dummy_ops_bpf *skel = BPFUNIT_LOAD(dummy_ops_bpf);
	s32 state = 10;
	u64 args[] = { (u64)&state, -5, 70000, -2, 1ULL << 40 };
	u32 retval;

	ASSERT_OK(call(skel->progs.one, args, 8, &retval));
	EXPECT_EQ(retval, 15);
	EXPECT_EQ(state, 15);
	ASSERT_OK(call(skel->progs.two, args, sizeof(args), &retval));
	EXPECT_EQ((s32)retval, -5 + (70000 & 0xffff) - 2 + 15);
	EXPECT_EQ(skel->bss->seen, 1ULL << 40);
	EXPECT_EQ(args[0], (u64)&state);
}

BPF_TEST(run_calls, struct_ops_null)
{
	struct dummy_ops_bpf *skel = BPFUNIT_LOAD(dummy_ops_bpf);
	u64 args[5] = { 0 };
	u32 retval;

	ASSERT_OK(call(skel->progs.one, args, 8, &retval));
	EXPECT_EQ((s32)retval, -7);
	EXPECT_ERR(call(skel->progs.two, args, sizeof(args), &retval), EINVAL);
}

BPF_TEST(run_calls, struct_ops_refused)
{
	struct dummy_ops_bpf *skel = BPFUNIT_LOAD(dummy_ops_bpf);
	u64 args[5] = { 8 };
	u32 retval;

	EXPECT_ERR(call(skel->progs.one, args, 16, &retval), EINVAL);
	EXPECT_ERR(call(skel->progs.two, args, 32, &retval), EINVAL);
	EXPECT_ERR(call(skel->progs.one, args, 8, &retval), EFAULT);
	EXPECT_NULL(bpf_map__attach_struct_ops(skel->maps.dummy));
	EXPECT_EQ(errno, EOPNOTSUPP);
}
