// SPDX-License-Identifier: BSD-2-Clause
/*
 * XDP programs. What BPF_PROG_TEST_RUN is given beyond a page, or behind the context's data_end, is
 * in fragments, which helpers see. Source: xdp_is_valid_access(), net/core/filter.c;
 * bpf_prog_test_run_xdp(), net/bpf/test_run.c (6.12). Differs: the one network device is lo
 * (ifindex 1).
 */
#include "ebpf/prog/prog_types.h"

#include "ebpf/kernel.h"
#include "ebpf/link/kernel_event.h"
#include "ebpf/syscall.h"

#include <stdlib.h>
#include <string.h>

#define MAX_META_BYTES     (255 / 4 * 4)
#define FRAME_STRUCT_BYTES 40 /* Source: struct xdp_frame */
#define MAX_FRAGS          17 /* Source: MAX_SKB_FRAGS */
#define LOOPBACK_IFINDEX   1

void bu_xdp_guard(struct bu_run *run)
{
	bool egress = run->prog->expected_attach_type == BPF_XDP_DEVMAP;
	const struct bu_ctx_field fields[] = {
		BU_CTX_FIELD(struct xdp_md, data, BU_NONE),
		BU_CTX_FIELD(struct xdp_md, data_end, BU_NONE),
		BU_CTX_FIELD(struct xdp_md, data_meta, BU_NONE),
		BU_CTX_FIELD(struct xdp_md, egress_ifindex, egress ? BU_READ : BU_NONE),
	};

	bu_ctx_guard(run, BU_READ, fields, BU_ARRAY_SIZE(fields));
}

bool bu_xdp_load(struct bu_run *run, u32 offset, u32 size, u64 *value)
{
	if (size != 4)
		return false;
	switch (offset) {
	case offsetof(struct xdp_md, data):
		*value = (u64)run->packet.data;
		return true;
	case offsetof(struct xdp_md, data_end):
		*value = (u64)run->packet.end;
		return true;
	case offsetof(struct xdp_md, data_meta):
		*value = (u64)run->packet.meta;
		return true;
	}
	return false;
}

u32 bu_xdp_frags(u32 size, u32 meta)
{
	u32 room = BU_TEST_PAGE - BU_SHARED_INFO_BYTES - (BU_XDP_HEADROOM - meta);

	return size > room ? size - room : 0;
}

/* Tailroom as in a page that begins with the headroom; at least none. */
int bu_xdp_set_packet(struct bu_run *run, const struct bu_test_io *io)
{
	u32 meta = BU_MIN(io->meta_size, io->data_size);
	u32 headroom = meta < BU_XDP_HEADROOM ? BU_XDP_HEADROOM - meta : 0;
	u32 linear = io->data_size - io->frags_size;
	u32 used = headroom + linear + BU_SHARED_INFO_BYTES;
	int err = bu_run_set_packet(run, io->data, linear, headroom,
				    used < BU_TEST_PAGE ? BU_TEST_PAGE - used : 0);

	if (!err)
		run->packet.data += meta;
	return err || !io->frags_size
		       ? err
		       : bu_run_set_frags(run, (const u8 *)io->data + linear, io->frags_size);
}

static int check_device(const struct xdp_md *md)
{
	if (md->egress_ifindex || (!md->ingress_ifindex && md->rx_queue_index))
		return -EINVAL;
	if (md->ingress_ifindex > LOOPBACK_IFINDEX)
		return -ENODEV;
	return md->rx_queue_index ? -EINVAL : 0;
}

/* What of data_in the program sees, and how much of that is metadata. */
static int check_ctx(const union bpf_attr *attr, const struct xdp_md *md, u32 *linear, u32 *meta)
{
	*linear = attr->test.data_size_in;
	*meta = 0;
	if (!md)
		return 0;
	if (md->data_meta || md->data_end > attr->test.data_size_in || md->data > md->data_end)
		return -EINVAL;
	if (md->data % 4 || md->data > MAX_META_BYTES ||
	    md->data > BU_XDP_HEADROOM - FRAME_STRUCT_BYTES)
		return -EINVAL;
	*linear = md->data_end;
	*meta = md->data;
	return 0;
}

static int check_attr(const struct bu_prog *prog, const union bpf_attr *attr)
{
	if (prog->expected_attach_type == BPF_XDP_DEVMAP ||
	    prog->expected_attach_type == BPF_XDP_CPUMAP)
		return -EINVAL;
	/* Differs: frames are never live (BPF_F_TEST_XDP_LIVE_FRAMES). */
	return attr->test.flags || attr->test.batch_size ? -EINVAL : 0;
}

/* Where there is not room for all, it is the program's part that is cut. Source: bpf_test_finish().
 */
static int put_data(struct bu_kernel *kernel, union bpf_attr *attr, struct bu_test_io *io,
		    u32 duration)
{
	u32 size = io->data_out_size, frags = io->frags_out_size, room = attr->test.data_size_out;
	u32 copied = room ? BU_MIN(size, room) : size;

	if (attr->test.data_out && copied < frags)
		return bu_kernel_test_finish(kernel, -ENOSPC);
	if (copied >= frags)
		memmove(io->data_out + copied - frags, io->data_out + size - frags, frags);
	return bu_test_finish(kernel, attr, io->data_out, size, (u32)io->retval, duration);
}

static int finish(const struct bu_prog *prog, union bpf_attr *attr, struct bu_test_io *io,
		  struct xdp_md *md, u32 duration)
{
	int err = put_data(prog->object.kernel, attr, io, duration);

	if (md) {
		md->data = io->meta_out_size;
		md->data_end = io->data_out_size - io->frags_out_size;
	}
	return err ? err : bu_test_ctx_out(attr, md, sizeof(*md));
}

static int run_data(struct bu_prog *prog, union bpf_attr *attr, struct xdp_md *md, u8 *data)
{
	struct xdp_md ctx = { .ingress_ifindex = LOOPBACK_IFINDEX };
	struct bu_test_io io = { .data = data, .ctx = &ctx, .ctx_size = sizeof(ctx), .cpu = -1 };
	u32 linear, meta, duration;
	int err = check_ctx(attr, md, &linear, &meta);

	if (err)
		return err;
	linear -= bu_xdp_frags(linear, meta);
	if (attr->test.data_size_in - meta < BU_ETH_BYTES)
		return -EINVAL;
	err = bu_copy_from_user(data, attr->test.data_in,
				BU_MIN(attr->test.data_size_in, linear + MAX_FRAGS * BU_TEST_PAGE));
	if (!err && md)
		err = check_device(md);
	if (!err && attr->test.data_size_in - linear > MAX_FRAGS * BU_TEST_PAGE)
		err = -ENOMEM;
	io.data_size = attr->test.data_size_in;
	io.frags_size = attr->test.data_size_in - linear;
	io.meta_size = meta;
	if (!err)
		err = bu_test_repeat(prog, &io, attr->test.repeat, &duration);
	if (!err)
		err = finish(prog, attr, &io, md, duration);
	free(io.data_out);
	return err;
}

int bu_xdp_test_run(struct bu_prog *prog, union bpf_attr *attr)
{
	struct xdp_md *md;
	int err = check_attr(prog, attr);
	u8 *data;

	if (!err)
		err = bu_test_ctx_in(attr, sizeof(*md), (void **)&md);
	if (err)
		return err;
	data = malloc(BU_MIN(attr->test.data_size_in, (MAX_FRAGS + 1) * BU_TEST_PAGE) + 1);
	err = data ? run_data(prog, attr, md, data) : -ENOMEM;
	free(data);
	free(md);
	return err;
}
