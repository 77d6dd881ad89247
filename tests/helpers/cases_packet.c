// SPDX-License-Identifier: BSD-2-Clause
/* Programs on packets. */
#include <linux/pkt_cls.h>
#include <string.h>

#include "cases_internal.h"

#define FRAME_MAX 3800

struct packet_run {
	uint8_t in[FRAME_MAX], out[FRAME_MAX + 17000];
	struct bpf_test_run_opts opts;
	int err;
};

static struct packet_run *run_packet(struct bpf_program *prog, const void *ctx, uint32_t ctx_size,
				     uint32_t size)
{
	static struct packet_run run;

	cases_make_frame(run.in, sizeof(run.in));
	memset(&run.opts, 0, sizeof(run.opts));
	run.opts.sz = sizeof(run.opts);
	run.opts.data_in = run.in;
	run.opts.data_size_in = size;
	run.opts.data_out = run.out;
	run.opts.data_size_out = sizeof(run.out);
	run.opts.ctx_in = ctx;
	run.opts.ctx_size_in = ctx_size;
	run.err = bpf_prog_test_run_opts(bpf_program__fd(prog), &run.opts);
	return &run;
}

static void say_packet(struct cases *c, const struct packet_run *run, size_t shown)
{
	cases_say(c, ": err=%d retval=%u size=%u", run->err, run->opts.retval,
		  run->opts.data_size_out);
	if (!run->err)
		cases_say_bytes(c, "data", run->out,
				shown < run->opts.data_size_out ? shown : run->opts.data_size_out);
}

void cases_xdp_adjust(struct cases *c)
{
	static const int offsets[] = { 0,          4,
				       -4,         1,
				       -1,         46,
				       47,         60,
				       61,         -216,
				       -217,       -220,
				       -208,       -252,
				       -256,       -260,
				       -264,       3460,
				       3461,       100000,
				       -46,        -47,
				       -60,        -61,
				       2147483647, -2147483647 - 1 };
	struct packet_run *run;

	for (int op = ADJUST_HEAD; op <= ADJUST_META_HEAD; op++)
		for (size_t i = 0; i < COUNT(offsets); i++) {
			cases_set_args(c, op, (uint64_t)offsets[i], XDP_PASS, 0, 0);
			run = run_packet(c->skel->progs.xdp_adjust, NULL, 0, 60);
			cases_say(c, "xdp_adjust %d %d", op, offsets[i]);
			say_packet(c, run, 24);
			cases_say_rets(c, 7);
			cases_end_line(c);
		}
}

void cases_xdp_bytes(struct cases *c)
{
	static const uint32_t ranges[][2] = { { 0, 1 },         { 0, 60 },      { 0, 61 },
					      { 59, 1 },        { 59, 2 },      { 60, 1 },
					      { 0xffff, 1 },    { 0x10000, 1 }, { 14, 20 },
					      { 0xffffffff, 2 } };
	struct packet_run *run;

	memcpy(c->skel->bss->text, "0123456789abcdef", 16);
	for (size_t i = 0; i < COUNT(ranges); i++) {
		cases_set_args(c, 0, ranges[i][0], ranges[i][1], ranges[i][0] + 1, 0);
		run = run_packet(c->skel->progs.xdp_bytes, NULL, 0, 60);
		cases_say(c, "xdp_bytes %u %u", ranges[i][0], ranges[i][1]);
		say_packet(c, run, 60);
		cases_say_rets(c, 3);
		cases_say_bytes(c, "out", c->skel->bss->out, 64);
		cases_end_line(c);
	}
}

void cases_xdp_contexts(struct cases *c)
{
	static const struct xdp_md contexts[] = {
		{ .data_end = 60 },
		{ .data = 4, .data_end = 60 },
		{ .data = 32, .data_end = 60 },
		{ .data = 36, .data_end = 60 },
		{ .data = 2, .data_end = 60 },
		{ .data = 60, .data_end = 60 },
		{ .data_end = 61 },
		{ .data_end = 59 },
		{ 0 },
		{ .data = 8, .data_end = 4 },
		{ .data_end = 60, .data_meta = 1 },
		{ .data_end = 60, .ingress_ifindex = 1 },
		{ .data_end = 60, .ingress_ifindex = 1, .rx_queue_index = 1 },
		{ .data_end = 60, .rx_queue_index = 1 },
		{ .data_end = 60, .ingress_ifindex = 9999999 },
		{ .data_end = 60, .egress_ifindex = 1 },
	};
	struct packet_run *run;

	for (size_t i = 0; i < COUNT(contexts); i++) {
		cases_set_args(c, ADJUST_META, 0, XDP_TX, 0, 0);
		run = run_packet(c->skel->progs.xdp_adjust, &contexts[i], sizeof(contexts[i]), 60);
		cases_say(c, "xdp_ctx %zu", i);
		say_packet(c, run, 40);
		cases_say_rets(c, 4);
		cases_say(c, " run=%lld,%lld", (long long)c->skel->bss->ret[5],
			  (long long)c->skel->bss->ret[6]);
		cases_end_line(c);
	}
}

void cases_redirects(struct cases *c)
{
	static const uint64_t flags[] = { 0, 1, 2, 1ULL << 40, 1ULL << 1, ~0ULL };
	struct packet_run *run;

	for (size_t i = 0; i < COUNT(flags); i++) {
		cases_set_args(c, 1, flags[i], 0, 0, 0);
		run = run_packet(c->skel->progs.xdp_redirect, NULL, 0, 60);
		cases_say(c, "redirect %llx: xdp=%u", (unsigned long long)flags[i],
			  run->opts.retval);
		run_packet(c->skel->progs.tc_redirect, NULL, 0, 60);
		cases_say_rets(c, 2);
		cases_end_line(c);
	}
}

static void skb_case(struct cases *c, int op, uint64_t a, uint64_t b, uint64_t x, uint64_t y)
{
	struct packet_run *run;

	cases_set_args(c, (uint64_t)op, a, b, x, y);
	run = run_packet(c->skel->progs.tc_bytes, NULL, 0, 60);
	cases_say(c, "skb %d %llx %llx %llx %llx", op, (unsigned long long)a, (unsigned long long)b,
		  (unsigned long long)x, (unsigned long long)y);
	say_packet(c, run, 64);
	cases_say_rets(c, 16);
	if (op == SKB_LOAD || op == SKB_LOAD_RELATIVE)
		cases_say_bytes(c, "out", c->skel->bss->out, 64);
	cases_end_line(c);
}

void cases_skb_ranges(struct cases *c)
{
	static const uint32_t ranges[][2] = { { 0, 1 },      { 0, 60 },         { 0, 61 },
					      { 59, 1 },     { 59, 2 },         { 60, 1 },
					      { 14, 20 },    { 0x7fffffff, 1 }, { 0x80000000, 1 },
					      { 0x10000, 1 } };

	for (size_t i = 0; i < COUNT(ranges); i++) {
		skb_case(c, SKB_LOAD, ranges[i][0], ranges[i][1], 0, 0);
		for (uint32_t start = 0; start < 3; start++)
			skb_case(c, SKB_LOAD_RELATIVE, ranges[i][0], ranges[i][1], start, 0);
		for (uint32_t flags = 0; flags < 5; flags++)
			skb_case(c, SKB_STORE, ranges[i][0], ranges[i][1], flags, 0);
	}
}

void cases_skb_sizes(struct cases *c)
{
	static const uint32_t lengths[] = { 0,  1,  13,  14,    15,    33,         34,        59,
					    60, 61, 100, 16000, 16065, 0x7fffffff, 0xffffffff };

	for (size_t i = 0; i < COUNT(lengths); i++) {
		skb_case(c, SKB_PULL, lengths[i], 0, 0, 0);
		skb_case(c, SKB_CHANGE_TAIL, lengths[i], 0, 0, 0);
		skb_case(c, SKB_CHANGE_HEAD, lengths[i], 0, 0, 0);
	}
	skb_case(c, SKB_CHANGE_TAIL, 60, 0, 1, 0);
	skb_case(c, SKB_CHANGE_HEAD, 4, 0, 1, 0);
	skb_case(c, SKB_CSUM_UPDATE, 4, 0, 0, 0);
	skb_case(c, SKB_HASH, 0x1234, 0, 0, 0);
}

void cases_skb_checksums(struct cases *c)
{
	static const uint64_t changes[][3] = { { 0, 0, 0 },           { 0, 0x1234, 0 },
					       { 1, 0x1234, 0 },      { 0x1111, 0x2222, 2 },
					       { 0, 0xffff, 2 },      { 0x12345678, 0x9abcdef0, 4 },
					       { 0xffffffff, 0, 4 },  { 0, 0, 4 },
					       { 1, 2, 1 },           { 1, 2, 3 },
					       { 1, 2, 5 },           { 1, 2, 8 },
					       { 0x2223, 0x0000, 2 }, { 0, 0xdcdb, 0 } };
	static const uint64_t flags[] = { 0,
					  BPF_F_PSEUDO_HDR,
					  BPF_F_MARK_MANGLED_0,
					  BPF_F_MARK_MANGLED_0 | BPF_F_MARK_ENFORCE,
					  1 << 7,
					  1 << 8 };
	static const uint32_t offsets[] = { 24, 25, 58, 59, 60, 0x10000, 6 };

	for (size_t i = 0; i < COUNT(changes); i++) {
		const uint64_t *v = changes[i];

		skb_case(c, SKB_L3_CSUM, 24, v[0], v[1], v[2]);
		for (size_t j = 0; j < COUNT(flags); j++)
			skb_case(c, SKB_L4_CSUM, j % 2 ? 6 : 24, v[0], v[1], v[2] | flags[j]);
	}
	for (size_t i = 0; i < COUNT(offsets); i++) {
		skb_case(c, SKB_L3_CSUM, offsets[i], 1, 2, 2);
		skb_case(c, SKB_L4_CSUM, offsets[i], 1, 2, 2);
	}
	skb_case(c, SKB_L3_CSUM, 24, 1, 2, 0x12);
}

void cases_checksum_differences(struct cases *c)
{
	static const uint64_t args[][4] = { { 0, 4, 1, 0 },           { 0, 20, 1, 7 },
					    { 0, 0, 1, 9 },           { 8, 0, 2, 0 },
					    { 40, 0, 2, 0xffffffff }, { 4, 4, 0, 0 },
					    { 8, 16, 0, 0x1234 },     { 60, 28, 0, 0 },
					    { 0, 17, 1, 3 },          { 18, 0, 2, 5 },
					    { 7, 11, 0, 0xfffe },     { 1, 3, 0, 0 } };

	for (int i = 0; i < 64; i++)
		c->skel->bss->text[i] = (char)(i * 37 + 11);
	for (size_t i = 0; i < COUNT(args); i++) {
		cases_set_args(c, args[i][0], args[i][1], args[i][2], args[i][3], 0);
		run_packet(c->skel->progs.checksums, NULL, 0, 60);
		cases_say(c, "csum_diff %zu: %lld", i, (long long)c->skel->bss->ret[0]);
		cases_end_line(c);
	}
}

static void skb_one_context(struct cases *c, const char *name, const struct __sk_buff *ctx)
{
	struct __sk_buff out = { 0 };
	struct bpf_test_run_opts opts = { .sz = sizeof(opts) };
	uint8_t frame[60];
	int err;

	cases_make_frame(frame, sizeof(frame));
	opts.data_in = frame;
	opts.data_size_in = sizeof(frame);
	opts.ctx_in = ctx;
	opts.ctx_size_in = sizeof(*ctx);
	opts.ctx_out = &out;
	opts.ctx_size_out = sizeof(out);
	cases_set_args(c, 0, 0, 0, 0, 0);
	err = bpf_prog_test_run_opts(bpf_program__fd(c->skel->progs.tc_write_ctx), &opts);
	cases_say(c, "tc_ctx %s: err=%d retval=%u size=%u mark=%u priority=%u in=%u if=%u", name,
		  err, opts.retval, opts.ctx_size_out, out.mark, out.priority, out.ingress_ifindex,
		  out.ifindex);
	cases_say(c, " cb=%u,%u tstamp=%llu wire=%u segs=%u gso=%u classid=%u index=%u len=%u",
		  out.cb[0], out.cb[4], (unsigned long long)out.tstamp, out.wire_len, out.gso_segs,
		  out.gso_size, out.tc_classid, out.tc_index, out.len);
	cases_say_rets(c, 16);
	cases_end_line(c);
}

#define CONTEXT(...) skb_one_context(c, #__VA_ARGS__, &(struct __sk_buff){ __VA_ARGS__ })

void cases_skb_contexts(struct cases *c)
{
	CONTEXT(0);
	CONTEXT(.mark = 10, .priority = 20, .cb = { 1, 2, 3, 4, 5 });
	CONTEXT(.ingress_ifindex = 11, .ifindex = 1);
	CONTEXT(.ifindex = 9999999);
	CONTEXT(.tstamp = 100, .wire_len = 60, .gso_segs = 3, .gso_size = 10);
	CONTEXT(.wire_len = 59);
	CONTEXT(.wire_len = 65536);
	CONTEXT(.wire_len = 65537);
	CONTEXT(.gso_segs = 65535);
	CONTEXT(.gso_segs = 65536);
	CONTEXT(.len = 1);
	CONTEXT(.pkt_type = 1);
	CONTEXT(.queue_mapping = 1);
	CONTEXT(.protocol = 1);
	CONTEXT(.vlan_tci = 1);
	CONTEXT(.tc_index = 1);
	CONTEXT(.hash = 1);
	CONTEXT(.tc_classid = 1);
	CONTEXT(.data = 1);
	CONTEXT(.napi_id = 1);
	CONTEXT(.family = 2);
	CONTEXT(.local_port = 1);
	CONTEXT(.data_meta = 1);
	CONTEXT(.hwtstamp = 9);
}

/* Frames without a tag, with one, with two, and cut in the second. */
void cases_vlans(struct cases *c)
{
	static const uint32_t steps[] = {
		1, 2, 3, 11, 31, 33, 333, 111, 211, 3311, 3331, 1333, 131
	};
	static const uint32_t sizes[] = { 60, 60, 60, 20 };
	static const uint8_t tags[] = { 0x81, 0, 0, 7, 0x88, 0xa8, 0x20, 9, 8, 6 };
	struct bpf_test_run_opts opts = { .sz = sizeof(opts) };
	uint8_t frame[60], data[100];
	int err;

	opts.data_in = frame;
	opts.data_out = data;
	for (size_t i = 0; i < COUNT(steps); i++)
		for (size_t j = 0; j < COUNT(sizes); j++) {
			cases_make_frame(frame, sizeof(frame));
			if (j)
				memcpy(frame + 12, tags, j == 1 ? 4 : sizeof(tags));
			opts.data_size_in = sizes[j];
			opts.data_size_out = sizeof(data);
			cases_set_args(c, steps[i], 0, 0, 0, 0);
			err = bpf_prog_test_run_opts(bpf_program__fd(c->skel->progs.vlan), &opts);
			cases_say(c, "vlan %u %zu: err=%d", steps[i], j, err);
			cases_say_bytes(c, "data", data, opts.data_size_out);
			cases_say_rets(c, 16);
			cases_say_bytes(c, "out", c->skel->bss->out, 16);
			cases_end_line(c);
		}
}

static void layer3_one(struct cases *c, const char *name, struct bpf_program *prog)
{
	struct packet_run *run;

	cases_set_args(c, 0, 0, 0, 0, 0);
	run = run_packet(prog, NULL, 0, 60);
	cases_say(c, "%s", name);
	say_packet(c, run, 60);
	cases_say_rets(c, 16);
	cases_say_bytes(c, "out", c->skel->bss->out, 40);
	cases_end_line(c);
}

void cases_layer3(struct cases *c)
{
	layer3_one(c, "socket", c->skel->progs.socket_fields);
	layer3_one(c, "cgroup_skb", c->skel->progs.cgroup_fields);
	layer3_one(c, "lwt_in", c->skel->progs.lwt_fields);
}

static void run_sized(struct cases *c, const char *name, struct bpf_program *prog, uint32_t size,
		      uint32_t room, uint32_t flags, uint32_t cpu)
{
	static uint8_t frame[80000], out[80000];
	struct bpf_test_run_opts opts = { .sz = sizeof(opts),
					  .data_in = frame,
					  .data_size_in = size,
					  .data_out = room ? out : NULL,
					  .data_size_out = room,
					  .flags = flags,
					  .cpu = cpu };
	int err;

	cases_make_frame(frame, sizeof(frame));
	memset(out, 0xee, sizeof(out));
	cases_set_args(c, 0, 0, 0, 0, 0);
	err = bpf_prog_test_run_opts(bpf_program__fd(prog), &opts);
	cases_say(c, "%s %u %u %u %u: err=%d retval=%u size=%u", name, size, room, flags, cpu, err,
		  opts.retval, opts.data_size_out);
	if (size && room)
		cases_say_bytes(c, "last", out + (size < room ? size : room) - 1, 2);
	cases_end_line(c);
}

void cases_packet_sizes(struct cases *c)
{
	static const uint32_t sizes[] = { 0,    1,    13,   14,   15,   33,    34,    60,   1500,
					  3520, 3521, 3712, 3713, 4096, 70000, 73152, 73153 };
	struct bpf_program *xdp = c->skel->progs.xdp_adjust, *tc = c->skel->progs.tc_bytes;

	for (size_t i = 0; i < COUNT(sizes); i++) {
		run_sized(c, "xdp", xdp, sizes[i], 80000, 0, 0);
		if (sizes[i] <= 3712 || sizes[i] > 8000)
			run_sized(c, "tc", tc, sizes[i], 80000, 0, 0);
	}
	for (uint32_t room = 0; room < 62; room += 10) {
		run_sized(c, "xdp", xdp, 60, room, 0, 0);
		run_sized(c, "tc", tc, 60, room, 0, 0);
	}
	run_sized(c, "xdp", xdp, 60, 60, 1, 0);
	run_sized(c, "tc", tc, 60, 60, 1, 0);
	run_sized(c, "tc", tc, 60, 60, 0, 1);
}

void cases_repeats(struct cases *c)
{
	struct bpf_test_run_opts opts = { .sz = sizeof(opts) };
	uint8_t frame[60], out[400];

	cases_make_frame(frame, sizeof(frame));
	opts.data_in = frame;
	opts.data_size_in = sizeof(frame);
	opts.data_out = out;
	for (int repeat = 0; repeat < 5; repeat++) {
		opts.repeat = repeat;
		opts.data_size_out = sizeof(out);
		cases_set_args(c, ADJUST_HEAD, (uint64_t)-4, XDP_DROP, 0, 0);
		cases_say(
			c, "repeat %d: err=%d", repeat,
			bpf_prog_test_run_opts(bpf_program__fd(c->skel->progs.xdp_adjust), &opts));
		cases_say(c, " retval=%u size=%u", opts.retval, opts.data_size_out);
		cases_end_line(c);
	}
}
