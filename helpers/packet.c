// SPDX-License-Identifier: BSD-2-Clause
/* The packet of a run, as helpers see it: see helpers/packet.h. */
#include "helpers/packet.h"

#include "ebpf/prog/prog_types.h"

#include <string.h>

static bool wrong_type(struct bu_run *run, const char *helper)
{
	const struct bu_prog_type *type = run->prog->type;

	bu_fault_raise(run, BU_FAULT_BAD_ARGUMENT, "programs of type %s cannot call bpf_%s",
		       type ? type->name : "?", helper);
	return false;
}

/* Callbacks of timers have none. */
static bool has_ctx(struct bu_run *run, const char *helper)
{
	if (bu_likely(run->ctx))
		return true;
	bu_fault_raise(run, BU_FAULT_BAD_ARGUMENT, "bpf_%s needs the program's context", helper);
	return false;
}

bool bu_is_skb_prog(struct bu_run *run, const char *helper)
{
	return bu_prog_has_skb(run->prog) ? has_ctx(run, helper) : wrong_type(run, helper);
}

bool bu_is_xdp_prog(struct bu_run *run, const char *helper)
{
	return bu_prog_kind(run->prog) == BPF_PROG_TYPE_XDP || wrong_type(run, helper);
}

const struct bu_run *bu_watched_run(const struct bu_run *run)
{
	const struct bu_run *watched = run;

	while (watched && !watched->packet.data)
		watched = watched->outer;
	return watched ? watched : run;
}

int bu_packet_move(struct bu_run *run, s32 head_delta, s32 tail_delta, s32 meta_delta)
{
	struct bu_packet before = run->packet;
	int err;

	if (!before.head)
		return head_delta || tail_delta || meta_delta ? -EINVAL : 0;
	err = bu_run_adjust_packet(run, head_delta, tail_delta, meta_delta);
	if (!err && run->packet.frags)
		err = bu_run_set_frags(run, run->packet.frags, run->packet.frags_size);
	if (err)
		return err;
	run->packet.network = before.network - head_delta;
	memcpy(run->packet.mac, before.mac, sizeof(before.mac));
	if (run->prog->prog_type != BPF_PROG_TYPE_XDP &&
	    run->ctx_size >= offsetof(struct __sk_buff, len) + 4)
		((struct __sk_buff *)run->ctx)->len = bu_packet_len(run);
	return 0;
}

u8 *bu_packet_piece(const struct bu_run *run, u64 offset, u32 len)
{
	const struct bu_packet *p = &run->packet;
	u32 linear = bu_packet_linear(run);
	u64 at = offset - linear;

	if (offset + len <= linear)
		return p->data + offset;
	if (offset < linear || offset + len > bu_packet_len(run))
		return NULL;
	return at % BU_FRAG_BYTES + len <= BU_FRAG_BYTES ? p->frags + at : NULL;
}

/* So much of a range is in the part that the program sees. */
static u32 linear_part(const struct bu_run *run, u32 offset, u32 len)
{
	u32 linear = bu_packet_linear(run);

	return offset < linear ? BU_MIN(len, linear - offset) : 0;
}

void bu_packet_read(const struct bu_run *run, u32 offset, void *to, u32 len)
{
	u32 first = linear_part(run, offset, len);

	if (first)
		memmove(to, run->packet.data + offset, first);
	if (len > first)
		memmove((u8 *)to + first,
			run->packet.frags + offset + first - bu_packet_linear(run), len - first);
}

void bu_packet_write(struct bu_run *run, u32 offset, const void *from, u32 len)
{
	u32 first = linear_part(run, offset, len);

	if (first)
		memmove(run->packet.data + offset, from, first);
	if (len > first)
		memmove(run->packet.frags + offset + first - bu_packet_linear(run),
			(const u8 *)from + first, len - first);
}

int bu_packet_reserve(struct bu_run *run, u32 headroom, u32 tailroom)
{
	struct bu_packet old = run->packet;
	int err;

	if (!old.head)
		return -ENOMEM;
	if (old.data - old.head >= headroom && old.limit - old.end >= tailroom)
		return 0;
	err = bu_run_set_packet(run, old.data, (u32)(old.end - old.data), headroom, tailroom);
	if (err)
		return err;
	run->packet.network = old.network;
	run->packet.has_sum = old.has_sum;
	run->packet.sum = old.sum;
	memcpy(run->packet.mac, old.mac, sizeof(old.mac));
	bu_arena_set_access(&run->kernel->arena, old.head, (u64)(old.limit - old.head), BU_NONE);
	return 0;
}
