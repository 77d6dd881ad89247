// SPDX-License-Identifier: BSD-2-Clause
/*
 * Runs on the host's kernel. Source: net/bpf/test_run.c (6.12): which program types can be run,
 * with which context. What that call refuses is no failure of the program: the test is skipped with
 * the refusal.
 */
#include "framework/host.h"

#include <bpfunit/test.h>
#include <linux/if_ether.h>
#include <string.h>

#include "framework/host_ctx.h"
#include "framework/packet.h"

#define ARGUMENTS 12 /* of raw tracepoints */

static void refuse(const struct bpf_program *prog, int error)
{
	const char *type = libbpf_bpf_prog_type_str(bpf_program__type(prog));

	if (error == -BU_ENOTSUPP)
		bpfunit_skip(bu_test_where(),
			     "needs the VM: BPF_PROG_TEST_RUN has no way to run '%s', which is of "
			     "type %s",
			     bpf_program__name(prog), type);
	bpfunit_skip(bu_test_where(),
		     "needs the VM: BPF_PROG_TEST_RUN refuses this input of '%s' (%s): %s",
		     bpf_program__name(prog), type, strerrorname_np(-error));
}

static int64_t test_run(const struct bpf_program *prog, struct bpf_test_run_opts *opts)
{
	int error;

	bu_events_capture_new();
	error = bpf_prog_test_run_opts(bpf_program__fd(prog), opts);
	if (error)
		refuse(prog, error);
	bu_events_drain();
	return (int32_t)opts->retval;
}

/* Types whose run takes a context and no packet: how many bytes of it; 0: others. `in_place`: it is
 * changed where it is. */
static size_t context_size(const struct bpf_program *prog, size_t size, bool *in_place)
{
	*in_place = bpf_program__type(prog) == BPF_PROG_TYPE_SYSCALL;
	switch (bpf_program__type(prog)) {
	case BPF_PROG_TYPE_RAW_TRACEPOINT:
	case BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE:
		return BU_MAX(size, ARGUMENTS * sizeof(u64));
	case BPF_PROG_TYPE_SYSCALL:
		return BU_MAX(size, (size_t)1);
	case BPF_PROG_TYPE_SK_LOOKUP:
		return BU_MAX(size, sizeof(struct bpf_sk_lookup));
	default:
		return 0;
	}
}

static bool takes_packet(const struct bpf_program *prog)
{
	switch (bpf_program__type(prog)) {
	case BPF_PROG_TYPE_SOCKET_FILTER:
	case BPF_PROG_TYPE_SCHED_CLS:
	case BPF_PROG_TYPE_SCHED_ACT:
	case BPF_PROG_TYPE_XDP:
	case BPF_PROG_TYPE_CGROUP_SKB:
	case BPF_PROG_TYPE_LWT_IN:
	case BPF_PROG_TYPE_LWT_OUT:
	case BPF_PROG_TYPE_LWT_XMIT:
		return true;
	default:
		return false;
	}
}

/* A run without a packet: of the least that BPF_PROG_TEST_RUN takes, zeroes. */
static int64_t run_without(const struct bpf_program *prog)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	u8 frame[ETH_HLEN] = { 0 };

	opts.data_in = frame;
	opts.data_size_in = sizeof(frame);
	return test_run(prog, &opts);
}

int64_t bu_host_run(const struct bpf_program *prog, void *ctx, size_t size)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	bool in_place;
	size_t room = context_size(prog, ctx ? size : 0, &in_place);
	int64_t result;
	u8 *copy;

	if (!ctx && takes_packet(prog))
		return run_without(prog);
	if (!room)
		refuse(prog, -BU_ENOTSUPP);
	copy = bu_test_alloc(room);
	if (ctx)
		memcpy(copy, ctx, size);
	opts.ctx_in = copy;
	opts.ctx_size_in = in_place && ctx ? size : in_place ? 0 : room;
	if (!opts.ctx_size_in)
		opts.ctx_in = NULL;
	result = test_run(prog, &opts);
	if (ctx && in_place)
		memcpy(ctx, copy, size);
	return result;
}

/* A packet run's context on the host: a struct xdp_md or a struct __sk_buff. */
static const char *host_ctx(void *to, const void *from, u32 ctx_size, u32 meta_size, u32 size)
{
	if (ctx_size == sizeof(struct xdp_md))
		return bu_host_xdp_ctx(to, from, meta_size, size);
	return bu_host_skb_ctx(to, from, size);
}

/* The context that came back; how much of the bytes before the packet is metadata. */
static u32 take_ctx(void *to, const void *from, u32 ctx_size)
{
	if (ctx_size == sizeof(struct xdp_md))
		return ((const struct xdp_md *)from)->data;
	bu_host_skb_back(to, from);
	return 0;
}

int64_t bu_host_run_packet(const struct bpf_program *prog, struct bpfunit_packet *packet, void *ctx,
			   u32 ctx_size)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	u32 meta_size, size, meta_out;
	struct __sk_buff host; /* the larger of the two */
	const char *why;
	int64_t result;

	opts.data_in = bu_packet_bytes(packet, &meta_size, &size);
	opts.data_size_in = size;
	why = host_ctx(&host, ctx, ctx_size, meta_size, size);
	if (why)
		bpfunit_skip(bu_test_where(), "needs the VM: %s", why);
	if (ctx_size == sizeof(struct __sk_buff))
		bu_host_receive(opts.data_in, size);
	opts.ctx_in = opts.ctx_out = &host;
	opts.ctx_size_in = opts.ctx_size_out = ctx_size;
	opts.data_size_out = BU_HOST_PACKET_MAX;
	opts.data_out = bu_test_alloc(opts.data_size_out);
	result = test_run(prog, &opts);
	meta_out = take_ctx(ctx, &host, ctx_size);
	if (bu_packet_replace(packet, opts.data_out, meta_out, opts.data_size_out))
		bu_test_fail(bu_test_where(), "no memory for the packet after the run");
	return result;
}
