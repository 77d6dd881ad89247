// SPDX-License-Identifier: BSD-2-Clause
#include "cases.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "cases.skel.h"
#include "cases_shared.h"

#define COUNT(a)  (sizeof(a) / sizeof((a)[0]))
#define FRAME_MAX 3800

struct cases {
	struct cases_bpf *skel;
	void (*line)(void *arg, const char *text);
	void *arg;
	char text[4096];
	size_t len;
};

static void say(struct cases *c, const char *format, ...)
{
	va_list va;

	va_start(va, format);
	c->len += (size_t)vsnprintf(c->text + c->len, sizeof(c->text) - c->len, format, va);
	va_end(va);
}

static void say_bytes(struct cases *c, const char *name, const void *bytes, size_t size)
{
	say(c, " %s=", name);
	for (size_t i = 0; i < size; i++)
		say(c, "%02x", ((const unsigned char *)bytes)[i]);
}

static void say_rets(struct cases *c, int n)
{
	say(c, " ret=");
	for (int i = 0; i < n; i++)
		say(c, "%s%lld", i ? "," : "", (long long)c->skel->bss->ret[i]);
}

static void end_line(struct cases *c)
{
	c->line(c->arg, c->text);
	c->len = 0;
}

static void clear(struct cases *c)
{
	memset(c->skel->bss->ret, 0, sizeof(c->skel->bss->ret));
	memset(c->skel->bss->out, 0x5a, sizeof(c->skel->bss->out));
}

static void set_args(struct cases *c, uint64_t a, uint64_t b, uint64_t x, uint64_t y, uint64_t z)
{
	uint64_t args[] = { a, b, x, y, z };

	memcpy(c->skel->bss->args, args, sizeof(args));
	clear(c);
}

/* 60 bytes: Ethernet, IPv4, then counting bytes. */
static void make_frame(uint8_t *frame, size_t size)
{
	static const uint8_t head[] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0 };

	for (size_t i = 0; i < size; i++)
		frame[i] = (uint8_t)(i < sizeof(head) ? head[i] : i);
}

struct packet_run {
	uint8_t in[FRAME_MAX], out[FRAME_MAX + 17000];
	struct bpf_test_run_opts opts;
	int err;
};

static struct packet_run *run_packet(struct bpf_program *prog, const void *ctx, uint32_t ctx_size,
				     uint32_t size)
{
	static struct packet_run run;

	make_frame(run.in, sizeof(run.in));
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
	say(c, ": err=%d retval=%u size=%u", run->err, run->opts.retval, run->opts.data_size_out);
	if (!run->err)
		say_bytes(c, "data", run->out,
			  shown < run->opts.data_size_out ? shown : run->opts.data_size_out);
}

static void xdp_adjust(struct cases *c)
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
			set_args(c, op, (uint64_t)offsets[i], XDP_PASS, 0, 0);
			run = run_packet(c->skel->progs.xdp_adjust, NULL, 0, 60);
			say(c, "xdp_adjust %d %d", op, offsets[i]);
			say_packet(c, run, 24);
			say_rets(c, 7);
			end_line(c);
		}
}

static void xdp_bytes(struct cases *c)
{
	static const uint32_t ranges[][2] = { { 0, 1 },         { 0, 60 },      { 0, 61 },
					      { 59, 1 },        { 59, 2 },      { 60, 1 },
					      { 0xffff, 1 },    { 0x10000, 1 }, { 14, 20 },
					      { 0xffffffff, 2 } };
	struct packet_run *run;

	memcpy(c->skel->bss->text, "0123456789abcdef", 16);
	for (size_t i = 0; i < COUNT(ranges); i++) {
		set_args(c, 0, ranges[i][0], ranges[i][1], ranges[i][0] + 1, 0);
		run = run_packet(c->skel->progs.xdp_bytes, NULL, 0, 60);
		say(c, "xdp_bytes %u %u", ranges[i][0], ranges[i][1]);
		say_packet(c, run, 60);
		say_rets(c, 3);
		say_bytes(c, "out", c->skel->bss->out, 64);
		end_line(c);
	}
}

static void xdp_contexts(struct cases *c)
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
		set_args(c, ADJUST_META, 0, XDP_TX, 0, 0);
		run = run_packet(c->skel->progs.xdp_adjust, &contexts[i], sizeof(contexts[i]), 60);
		say(c, "xdp_ctx %zu", i);
		say_packet(c, run, 40);
		say_rets(c, 4);
		say(c, " run=%lld,%lld", (long long)c->skel->bss->ret[5],
		    (long long)c->skel->bss->ret[6]);
		end_line(c);
	}
}

static void redirects(struct cases *c)
{
	static const uint64_t flags[] = { 0, 1, 2, 1ULL << 40, 1ULL << 1, ~0ULL };
	struct packet_run *run;

	for (size_t i = 0; i < COUNT(flags); i++) {
		set_args(c, 1, flags[i], 0, 0, 0);
		run = run_packet(c->skel->progs.xdp_redirect, NULL, 0, 60);
		say(c, "redirect %llx: xdp=%u", (unsigned long long)flags[i], run->opts.retval);
		run_packet(c->skel->progs.tc_redirect, NULL, 0, 60);
		say_rets(c, 2);
		end_line(c);
	}
}

static void skb_case(struct cases *c, int op, uint64_t a, uint64_t b, uint64_t x, uint64_t y)
{
	struct packet_run *run;

	set_args(c, (uint64_t)op, a, b, x, y);
	run = run_packet(c->skel->progs.tc_bytes, NULL, 0, 60);
	say(c, "skb %d %llx %llx %llx %llx", op, (unsigned long long)a, (unsigned long long)b,
	    (unsigned long long)x, (unsigned long long)y);
	say_packet(c, run, 64);
	say_rets(c, 16);
	if (op == SKB_LOAD || op == SKB_LOAD_RELATIVE)
		say_bytes(c, "out", c->skel->bss->out, 64);
	end_line(c);
}

static void skb_ranges(struct cases *c)
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

static void skb_sizes(struct cases *c)
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

static void skb_checksums(struct cases *c)
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

static uint16_t fold(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* Linux 6.13 and later fold the sum to 16 bits, as is done here with any. */
static void checksum_differences(struct cases *c)
{
	static const uint64_t args[][4] = { { 0, 4, 1, 0 },           { 0, 20, 1, 7 },
					    { 0, 0, 1, 9 },           { 8, 0, 2, 0 },
					    { 40, 0, 2, 0xffffffff }, { 4, 4, 0, 0 },
					    { 8, 16, 0, 0x1234 },     { 60, 28, 0, 0 } };
	long long ret;

	for (int i = 0; i < 64; i++)
		c->skel->bss->text[i] = (char)(i * 37 + 11);
	for (size_t i = 0; i < COUNT(args); i++) {
		set_args(c, args[i][0], args[i][1], args[i][2], args[i][3], 0);
		run_packet(c->skel->progs.checksums, NULL, 0, 60);
		ret = c->skel->bss->ret[0];
		say(c, "csum_diff %zu: %lld", i, ret < 0 ? ret : (long long)fold((uint32_t)ret));
		end_line(c);
	}
}

static void skb_one_context(struct cases *c, const char *name, const struct __sk_buff *ctx)
{
	struct __sk_buff out = { 0 };
	struct bpf_test_run_opts opts = { .sz = sizeof(opts) };
	uint8_t frame[60];
	int err;

	make_frame(frame, sizeof(frame));
	opts.data_in = frame;
	opts.data_size_in = sizeof(frame);
	opts.ctx_in = ctx;
	opts.ctx_size_in = sizeof(*ctx);
	opts.ctx_out = &out;
	opts.ctx_size_out = sizeof(out);
	set_args(c, 0, 0, 0, 0, 0);
	err = bpf_prog_test_run_opts(bpf_program__fd(c->skel->progs.tc_write_ctx), &opts);
	say(c, "tc_ctx %s: err=%d retval=%u size=%u mark=%u priority=%u in=%u if=%u", name, err,
	    opts.retval, opts.ctx_size_out, out.mark, out.priority, out.ingress_ifindex,
	    out.ifindex);
	say(c, " cb=%u,%u tstamp=%llu wire=%u segs=%u gso=%u classid=%u index=%u len=%u", out.cb[0],
	    out.cb[4], (unsigned long long)out.tstamp, out.wire_len, out.gso_segs, out.gso_size,
	    out.tc_classid, out.tc_index, out.len);
	say_rets(c, 16);
	end_line(c);
}

#define CONTEXT(...) skb_one_context(c, #__VA_ARGS__, &(struct __sk_buff){ __VA_ARGS__ })

static void skb_contexts(struct cases *c)
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
static void vlans(struct cases *c)
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
			make_frame(frame, sizeof(frame));
			if (j)
				memcpy(frame + 12, tags, j == 1 ? 4 : sizeof(tags));
			opts.data_size_in = sizes[j];
			opts.data_size_out = sizeof(data);
			set_args(c, steps[i], 0, 0, 0, 0);
			err = bpf_prog_test_run_opts(bpf_program__fd(c->skel->progs.vlan), &opts);
			say(c, "vlan %u %zu: err=%d", steps[i], j, err);
			say_bytes(c, "data", data, opts.data_size_out);
			say_rets(c, 16);
			say_bytes(c, "out", c->skel->bss->out, 16);
			end_line(c);
		}
}

static void layer3_one(struct cases *c, const char *name, struct bpf_program *prog)
{
	struct packet_run *run;

	set_args(c, 0, 0, 0, 0, 0);
	run = run_packet(prog, NULL, 0, 60);
	say(c, "%s", name);
	say_packet(c, run, 60);
	say_rets(c, 16);
	say_bytes(c, "out", c->skel->bss->out, 40);
	end_line(c);
}

static void layer3(struct cases *c)
{
	layer3_one(c, "socket", c->skel->progs.socket_fields);
	layer3_one(c, "cgroup_skb", c->skel->progs.cgroup_fields);
	layer3_one(c, "lwt_in", c->skel->progs.lwt_fields);
}

static void print(struct cases *c)
{
	static const uint32_t sizes[] = { 255, 0, 1, 5 };
	struct bpf_test_run_opts opts = { .sz = sizeof(opts) };

	for (int i = 0; i <= 22; i++)
		for (size_t j = 0; j < COUNT(sizes); j++) {
			set_args(c, (uint64_t)i, sizes[j], 0, 0, 0);
			bpf_prog_test_run_opts(bpf_program__fd(c->skel->progs.print), &opts);
			say(c, "snprintf %d %u:", i, sizes[j]);
			say_rets(c, 1);
			say_bytes(c, "tail", c->skel->bss->out + sizes[j], 4);
			if (sizes[j])
				say(c, " '%.*s'", OUT_BYTES, c->skel->bss->out);
			end_line(c);
		}
}

static void run_plain(struct cases *c, struct bpf_program *prog)
{
	struct bpf_test_run_opts opts = { .sz = sizeof(opts) };

	say(c, " err=%d", bpf_prog_test_run_opts(bpf_program__fd(prog), &opts));
}

static void numbers(struct cases *c)
{
	static const char *const texts[] = {
		"0",
		"1",
		"-1",
		"42abc",
		"  17",
		"\t\n-9",
		"",
		"-",
		" ",
		"x",
		"0x1f",
		"0x",
		"0xg",
		"017",
		"08",
		"-0x10",
		"+5",
		"9223372036854775807",
		"9223372036854775808",
		"-9223372036854775808",
		"-9223372036854775809",
		"18446744073709551615",
		"18446744073709551616",
		"7fffffffffffffff",
		"ffffffffffffffff",
		"FfX",
		"0000000000000000000000000000000000000000000000000000000000000007",
		"1777777777777777777777",
		"2000000000000000000000",
		"- 5",
		"--5",
		"8",
		"19",
		"0X1F",
	};
	static const uint64_t bases[] = { 0, 8, 10, 16, 2, 36, 32, 1ULL << 40 };

	for (size_t i = 0; i < COUNT(texts); i++)
		for (size_t j = 0; j < COUNT(bases); j++) {
			memset(c->skel->bss->text, 0, sizeof(c->skel->bss->text));
			memcpy(c->skel->bss->text, texts[i], strnlen(texts[i], 64));
			set_args(c, bases[j], i % 3 == 2 ? strlen(texts[i]) : 0, 0, 0, 0);
			say(c, "strto %zu %llu:", i, (unsigned long long)bases[j]);
			run_plain(c, c->skel->progs.numbers);
			say_rets(c, 4);
			end_line(c);
		}
}

static void strings(struct cases *c)
{
	static const char *const texts[] = { "kernel",
					     "kerne",
					     "kernels",
					     "",
					     "kernal",
					     "zzz",
					     "Kernel",
					     "\xff"
					     "ernel" };

	for (size_t i = 0; i < COUNT(texts); i++)
		for (uint64_t len = 0; len < 9; len++) {
			memset(c->skel->bss->text, 0, sizeof(c->skel->bss->text));
			memcpy(c->skel->bss->text, texts[i], strlen(texts[i]));
			set_args(c, 0, len, 0, 0, 0);
			say(c, "strncmp %zu %llu:", i, (unsigned long long)len);
			run_plain(c, c->skel->progs.compare);
			say_rets(c, 1);
			end_line(c);
		}
	for (uint64_t size = 0; size < 32; size++) {
		set_args(c, size, 0, 0, 0, 0);
		say(c, "comm %llu:", (unsigned long long)size);
		run_plain(c, c->skel->progs.comm);
		say_rets(c, 1);
		say_bytes(c, "out", c->skel->bss->out, 33);
		end_line(c);
	}
}

static void loops(struct cases *c)
{
	static const uint64_t args[][3] = { { 0, 5, 0 },         { 1, 5, 0 },
					    { 10, 5, 0 },        { 10, 100, 0 },
					    { 10, 0, 0 },        { 10, 5, 1 },
					    { 1 << 23, 3, 0 },   { (1 << 23) + 1, 3, 0 },
					    { 0xffffffff, 3, 0 } };

	for (size_t i = 0; i < COUNT(args); i++) {
		set_args(c, args[i][0], args[i][1], args[i][2], 0, 0);
		say(c, "loop %zu:", i);
		run_plain(c, c->skel->progs.loop);
		say_rets(c, 2);
		end_line(c);
	}
}

/* A NUL at byte 10; "here": memory of the process that runs the case. */
static void probe_one(struct cases *c, const char *name, uint64_t address, uint64_t size,
		      uint64_t own, uint64_t offset)
{
	static const int at[] = { 0, 32, 64, 96, 128, 160 };

	set_args(c, address, size, own, offset, 0);
	memcpy(c->skel->bss->text, "0123456789\0abcdefghijklmnop", 27);
	say(c, "probe %s %llu:", name, (unsigned long long)size);
	run_plain(c, c->skel->progs.probe);
	say_rets(c, 6);
	for (size_t i = 0; i < COUNT(at); i++)
		say_bytes(c, "out", c->skel->bss->out + at[i], 17);
	end_line(c);
}

static void probes(struct cases *c)
{
	static const uint64_t sizes[] = { 0, 1, 8, 10, 11, 12, 16 };
	static char here[64] = "user space";

	for (size_t i = 0; i < COUNT(sizes); i++) {
		probe_one(c, "kernel", 0, sizes[i], 1, 0);
		probe_one(c, "kernel+4", 0, sizes[i], 1, 4);
		probe_one(c, "NULL", 0, sizes[i], 0, 0);
		probe_one(c, "unmapped", 0x10, sizes[i], 0, 0);
		probe_one(c, "user", (uint64_t)(uintptr_t)here, sizes[i], 0, 0);
		probe_one(c, "non-canonical", 0x8000000000000000ULL, sizes[i], 0, 0);
		probe_one(c, "last", ~0ULL - 1, sizes[i], 0, 0);
	}
}

static void run_raw(struct cases *c, uint32_t ctx_size, uint32_t flags, uint32_t cpu, int repeat)
{
	uint64_t ctx[16] = { 11, 22 };
	struct bpf_test_run_opts opts = { .sz = sizeof(opts),
					  .ctx_in = ctx_size ? ctx : NULL,
					  .ctx_size_in = ctx_size,
					  .flags = flags,
					  .cpu = cpu,
					  .repeat = repeat };
	int err;

	set_args(c, 0, 0, 0, 0, 0);
	err = bpf_prog_test_run_opts(bpf_program__fd(c->skel->progs.raw_args), &opts);
	say(c, "raw_tp %u %u %u %d: err=%d retval=%u", ctx_size, flags, cpu, repeat, err,
	    opts.retval);
	say_rets(c, 2);
	end_line(c);
}

static void run_syscall(struct cases *c, uint32_t size, uint32_t flags, int repeat)
{
	static uint8_t ctx[70000];
	struct bpf_test_run_opts opts = { .sz = sizeof(opts),
					  .ctx_in = size ? ctx : NULL,
					  .ctx_size_in = size,
					  .flags = flags,
					  .repeat = repeat };
	int err;

	memset(ctx, 1, sizeof(ctx));
	err = bpf_prog_test_run_opts(bpf_program__fd(c->skel->progs.write_ctx), &opts);
	say(c, "syscall %u %u %d: err=%d retval=%u", size, flags, repeat, err, opts.retval);
	say_bytes(c, "ctx", ctx, 20);
	end_line(c);
}

static void plain_runs(struct cases *c)
{
	run_raw(c, 16, 0, 0, 0);
	run_raw(c, 96, 0, 0, 0);
	run_raw(c, 104, 0, 0, 0);
	run_raw(c, 16, 0, 1, 0);
	run_raw(c, 16, BPF_F_TEST_RUN_ON_CPU, 0, 0);
	run_raw(c, 16, BPF_F_TEST_RUN_ON_CPU, 100000, 0);
	run_raw(c, 16, 0, 0, 1);
	run_syscall(c, 16, 0, 0);
	run_syscall(c, 20, 0, 0);
	run_syscall(c, 65535, 0, 0);
	run_syscall(c, 65536, 0, 0);
	run_syscall(c, 16, 1, 0);
	run_syscall(c, 16, 0, 1);
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

	make_frame(frame, sizeof(frame));
	memset(out, 0xee, sizeof(out));
	set_args(c, 0, 0, 0, 0, 0);
	err = bpf_prog_test_run_opts(bpf_program__fd(prog), &opts);
	say(c, "%s %u %u %u %u: err=%d retval=%u size=%u", name, size, room, flags, cpu, err,
	    opts.retval, opts.data_size_out);
	if (size && room)
		say_bytes(c, "last", out + (size < room ? size : room) - 1, 2);
	end_line(c);
}

static void packet_sizes(struct cases *c)
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

static void repeats(struct cases *c)
{
	struct bpf_test_run_opts opts = { .sz = sizeof(opts) };
	uint8_t frame[60], out[400];

	make_frame(frame, sizeof(frame));
	opts.data_in = frame;
	opts.data_size_in = sizeof(frame);
	opts.data_out = out;
	for (int repeat = 0; repeat < 5; repeat++) {
		opts.repeat = repeat;
		opts.data_size_out = sizeof(out);
		set_args(c, ADJUST_HEAD, (uint64_t)-4, XDP_DROP, 0, 0);
		say(c, "repeat %d: err=%d", repeat,
		    bpf_prog_test_run_opts(bpf_program__fd(c->skel->progs.xdp_adjust), &opts));
		say(c, " retval=%u size=%u", opts.retval, opts.data_size_out);
		end_line(c);
	}
}

static const struct group {
	const char *name;
	void (*run)(struct cases *c);
} groups[] = {
	{ "xdp_adjust", xdp_adjust },
	{ "xdp_bytes", xdp_bytes },
	{ "xdp_contexts", xdp_contexts },
	{ "redirects", redirects },
	{ "skb_ranges", skb_ranges },
	{ "skb_sizes", skb_sizes },
	{ "skb_checksums", skb_checksums },
	{ "checksum_differences", checksum_differences },
	{ "skb_contexts", skb_contexts },
	{ "vlans", vlans },
	{ "layer3", layer3 },
	{ "print", print },
	{ "numbers", numbers },
	{ "strings", strings },
	{ "loops", loops },
	{ "probes", probes },
	{ "plain_runs", plain_runs },
	{ "packet_sizes", packet_sizes },
	{ "repeats", repeats },
};

const char *const cases_groups[] = {
	"xdp_adjust",   "xdp_bytes",    "xdp_contexts",  "redirects",
	"skb_ranges",   "skb_sizes",    "skb_checksums", "checksum_differences",
	"skb_contexts", "vlans",        "layer3",        "print",
	"numbers",      "strings",      "loops",         "probes",
	"plain_runs",   "packet_sizes", "repeats",       NULL
};

int cases_run(const char *group, void (*line)(void *arg, const char *text), void *arg)
{
	static struct cases c;
	int err = -ENOENT;

	c.line = line;
	c.arg = arg;
	c.len = 0;
	c.skel = cases_bpf__open_and_load();
	if (!c.skel)
		return -errno;
	for (size_t i = 0; i < COUNT(groups); i++)
		if (!strcmp(groups[i].name, group)) {
			groups[i].run(&c);
			err = 0;
		}
	cases_bpf__destroy(c.skel);
	return err;
}
