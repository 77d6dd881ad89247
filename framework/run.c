/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Running programs for a test: finds the emulated kernel's program behind libbpf's handle, makes
 * the context that the packet's metadata describe, and takes back what the program changed.
 */
#include <arpa/inet.h>
#include <bpfunit/run.h>
#include <inttypes.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <stdlib.h>
#include <string.h>

#include "ebpf/boundary/backend.h"
#include "ebpf/prog/prog_types.h"
#include "framework/compare.h"
#include "framework/host.h"
#include "framework/kobj.h"
#include "framework/packet.h"
#include "framework/run.h"
#include "framework/state.h"

#define LOOPBACK_IFINDEX 1

/* What a macro named: on the host's kernel there is only libbpf's handle. */
struct target {
	const struct bpf_program *handle; /* NULL: attached, and run where it is */
	struct bu_prog *prog;             /* NULL on the host's kernel */
	const struct bu_prog_type *type;
};

/* Whether the program can be run; tells why not. */
static bool loaded(struct target *target, struct bpfunit_where where,
		   const struct bpf_program *prog)
{
	struct bu_object *object = NULL;
	int error, fd;

	bu_test_at(where);
	if (!prog) {
		bu_test_fail(where, "cannot run: the program is NULL");
		return false;
	}
	fd = bpf_program__fd(prog);
	*target = (struct target){ .handle = prog };
	target->type = bu_prog_type_of(bpf_program__type(prog));
	if (fd >= 0 && bu_on_host())
		return true;
	if (fd >= 0)
		object = bu_fd_object(bu_test_kernel(), fd, BU_OBJECT_PROG, &error);
	if (object) {
		target->prog = bu_container_of(object, struct bu_prog, object);
		target->type = target->prog->type;
		return true;
	}
	bu_refused_check(where, prog);
	bu_test_fail(where, "cannot run '%s': it is not loaded (%s)", bpf_program__name(prog),
		     bpf_program__autoload(prog) ? "load its object first" : "its autoload is off");
	return false;
}

static int64_t run(struct bu_prog *prog, struct bu_test_io *io)
{
	int error;

	bu_events_capture_new();
	bu_task_refresh();
	error = bu_compare_run(prog, io);
	if (error)
		bu_test_fail(bu_test_where(), "cannot run '%s': %s", prog->name, strerror(-error));
	bu_events_drain();
	bu_test_warn();
	if (bu_test() && bu_test()->ending)
		free(io->data_out);
	bu_test_end_if_asked();
	return error || io->fault != BU_FAULT_NONE ? BPFUNIT_FAULTED : (int32_t)io->retval;
}

int64_t bpfunit_run(struct bpfunit_where where, const struct bpf_program *prog, void *ctx,
		    size_t size)
{
	struct bu_test_io io = { .ctx = ctx, .cpu = -1 };
	struct target target;
	int64_t result;

	if (!loaded(&target, where, prog))
		return BPFUNIT_FAULTED;
	if (ctx)
		io.ctx_size = size ? size : bu_kobj_size(ctx);
	if (ctx && !io.ctx_size) {
		bu_test_fail(where,
			     "cannot run '%s': the context is a void *, so its size is not "
			     "known; call bpfunit_run(BPFUNIT_HERE, program, ctx, size)",
			     bpf_program__name(prog));
		return BPFUNIT_FAULTED;
	}
	if (bu_on_host())
		return bu_host_run(prog, ctx, io.ctx_size);
	result = run(target.prog, &io);
	free(io.data_out);
	return result;
}

/* Run on the packet's bytes and put back what they became, also when the program faulted. */
static int64_t run_on(const struct target *target, struct bpfunit_packet *packet, void *ctx,
		      u32 ctx_size)
{
	struct bu_test_io io = { .ctx = ctx, .ctx_size = ctx_size, .cpu = -1 };
	int64_t result;

	if (bu_on_host())
		return bu_host_run_packet(target->handle, packet, ctx, ctx_size);
	io.data = bu_packet_bytes(packet, &io.meta_size, &io.data_size);
	if (target->prog->flags & BPF_F_XDP_HAS_FRAGS)
		io.frags_size = bu_xdp_frags(io.data_size, io.meta_size);
	result = run(target->prog, &io);
	if (io.data_out &&
	    bu_packet_replace(packet, io.data_out, io.meta_out_size, io.data_out_size))
		bu_test_fail(bu_test_where(), "no memory for the packet after the run");
	free(io.data_out);
	return result;
}

/* Whether there is a packet, and the program takes this kind; tells when not. */
static bool given(struct bpfunit_where where, const struct target *target,
		  const struct bpfunit_packet *packet, size_t ctx_size, const char *kind)
{
	bool takes = target->type->ctx_size == ctx_size ||
		     bpf_program__type(target->handle) == BPF_PROG_TYPE_EXT;

	if (!packet)
		bu_test_fail(where, "cannot run: the packet is NULL");
	else if (!takes)
		bu_test_fail(where, "cannot run '%s' as %s program: its type is %s",
			     target->prog ? target->prog->name : bpf_program__name(target->handle),
			     kind, target->type->name);
	return packet && takes;
}

static int64_t run_xdp(const struct target *target, struct bpfunit_packet *packet)
{
	const struct bpfunit_packet_meta *meta = bpfunit_packet_meta(packet);
	struct xdp_md ctx = { .ingress_ifindex = meta->ifindex ? meta->ifindex : LOOPBACK_IFINDEX,
			      .rx_queue_index = meta->rx_queue_index };

	return run_on(target, packet, &ctx, sizeof(ctx));
}

int64_t bpfunit_run_xdp(struct bpfunit_where where, const struct bpf_program *prog,
			struct bpfunit_packet *packet)
{
	struct target target;

	if (!loaded(&target, where, prog) ||
	    !given(where, &target, packet, sizeof(struct xdp_md), "an XDP"))
		return BPFUNIT_FAULTED;
	return run_xdp(&target, packet);
}

static void skb_from_packet(struct __sk_buff *skb, struct bpfunit_packet *packet)
{
	const struct bpfunit_packet_meta *meta = bpfunit_packet_meta(packet);
	size_t size = bpfunit_packet_size(packet);

	*skb = (struct __sk_buff){
		.len = size,
		.mark = meta->mark,
		.priority = meta->priority,
		.queue_mapping = meta->queue_mapping,
		.hash = meta->hash,
		.tc_index = meta->tc_index,
		.tc_classid = meta->tc_classid,
		.ifindex = meta->ifindex,
		.ingress_ifindex = meta->ifindex,
		.gso_segs = meta->gso_segs,
		.gso_size = meta->gso_size,
		.wire_len = meta->wire_len ? meta->wire_len : size,
		.tstamp = meta->tstamp,
	};
	memcpy(skb->cb, meta->cb, sizeof(skb->cb));
	skb->protocol = bu_packet_protocol(packet);
}

/* The fields that some program type may write. */
static void skb_to_packet(const struct __sk_buff *skb, struct bpfunit_packet *packet)
{
	struct bpfunit_packet_meta *meta = bpfunit_packet_meta(packet);

	meta->mark = skb->mark;
	meta->priority = skb->priority;
	meta->queue_mapping = skb->queue_mapping;
	meta->tc_index = skb->tc_index;
	meta->tc_classid = skb->tc_classid;
	meta->tstamp = skb->tstamp;
	memcpy(meta->cb, skb->cb, sizeof(meta->cb));
}

/* Whether it sees the packet from its link header on. */
static bool is_l2(const struct target *target)
{
	enum bpf_prog_type type =
		target->handle ? bpf_program__type(target->handle) : target->prog->prog_type;

	return type == BPF_PROG_TYPE_SCHED_CLS || type == BPF_PROG_TYPE_SCHED_ACT;
}

static int64_t run_skb(const struct target *target, struct bpfunit_packet *packet)
{
	struct __sk_buff skb;
	int64_t result;
	bool wrapped;

	skb_from_packet(&skb, packet);
	wrapped = !is_l2(target) && bu_packet_wrap(packet);
	result = run_on(target, packet, &skb, sizeof(skb));
	if (wrapped)
		bu_packet_unwrap(packet);
	skb_to_packet(&skb, packet);
	return result;
}

int64_t bpfunit_run_skb(struct bpfunit_where where, const struct bpf_program *prog,
			struct bpfunit_packet *packet)
{
	struct target target;

	if (!loaded(&target, where, prog) ||
	    !given(where, &target, packet, sizeof(struct __sk_buff), "a socket buffer"))
		return BPFUNIT_FAULTED;
	return run_skb(&target, packet);
}

int64_t bu_run_attached(struct bu_prog *prog, struct bpfunit_packet *packet)
{
	struct target target = { .prog = prog, .type = prog->type };

	return prog->prog_type == BPF_PROG_TYPE_XDP ? run_xdp(&target, packet)
						    : run_skb(&target, packet);
}

#define NAMED(code) [code] = #code
static const char *const xdp_names[] = {
	NAMED(XDP_ABORTED), NAMED(XDP_DROP), NAMED(XDP_PASS), NAMED(XDP_TX), NAMED(XDP_REDIRECT),
};
static const char *const tc_names[] = {
	NAMED(TC_ACT_OK),     NAMED(TC_ACT_RECLASSIFY), NAMED(TC_ACT_SHOT),
	NAMED(TC_ACT_PIPE),   NAMED(TC_ACT_STOLEN),     NAMED(TC_ACT_QUEUED),
	NAMED(TC_ACT_REPEAT), NAMED(TC_ACT_REDIRECT),   NAMED(TC_ACT_TRAP),
};
#undef NAMED

static const char *name_of(enum bpf_prog_type type, int64_t code)
{
	bool tc = type == BPF_PROG_TYPE_SCHED_CLS || type == BPF_PROG_TYPE_SCHED_ACT;

	if (tc && code == TC_ACT_UNSPEC)
		return "TC_ACT_UNSPEC";
	if (tc && code >= 0 && code < (int64_t)BU_ARRAY_SIZE(tc_names))
		return tc_names[code];
	if (type == BPF_PROG_TYPE_XDP && code >= 0 && code < (int64_t)BU_ARRAY_SIZE(xdp_names))
		return xdp_names[code];
	return NULL;
}

static void add_code(struct bu_text *text, const struct bpf_program *prog, int64_t code)
{
	const char *name = name_of(bpf_program__type(prog), code);

	bu_text_add(text, "%" PRId64, code);
	if (name)
		bu_text_add(text, " (%s)", name);
	else if (code > 9 || code < 0)
		bu_text_add(text, " (0x%" PRIx32 ")", (u32)code);
}

bool bpfunit_check_run(const struct bpfunit_check *check, const struct bpf_program *prog,
		       int64_t result, int64_t expected)
{
	struct bu_text text = { 0 };
	bool failed_already = result == BPFUNIT_FAULTED;

	/* A program's value is 32 bits: 0xffffffff expects the same as -1. */
	if (expected > INT32_MAX && expected <= UINT32_MAX)
		expected = (int32_t)expected;
	bu_test_at(check->where);
	if (result == expected && !failed_already)
		return true;
	if (!failed_already) {
		bu_text_add(&text, "%s(%s, ..., %s) does not hold\n  returned: ", check->macro,
			    check->left, check->right);
		add_code(&text, prog, result);
		bu_text_add(&text, "\n  expected: ");
		add_code(&text, prog, expected);
		bu_test_fail(check->where, "%s", bu_text_str(&text));
		bu_text_free(&text);
	}
	if (check->fatal)
		bu_test_end();
	return false;
}

void bpfunit_set_budget(uint64_t instructions)
{
	bu_test_kernel()->budget = BU_MIN(instructions, (uint64_t)INT64_MAX);
}
