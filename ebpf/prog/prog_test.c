// SPDX-License-Identifier: BSD-2-Clause
/*
 * One run with given input, and what the BPF_PROG_TEST_RUN handlers of all program types share.
 * Source: net/bpf/test_run.c (6.12).
 */
#include "ebpf/prog/prog_types.h"

#include "ebpf/kernel.h"
#include "ebpf/link/kernel_event.h"
#include "ebpf/syscall.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Programs of other types than those two see the packet and cannot change it. */
static int set_packet(struct bu_run *run, const struct bu_test_io *io)
{
	int err;

	if (!io->data)
		return 0;
	if (bu_prog_has_skb(run->prog))
		return bu_skb_set_packet(run, io);
	if (bu_prog_kind(run->prog) == BPF_PROG_TYPE_XDP)
		return bu_xdp_set_packet(run, io);
	err = bu_run_set_packet(run, io->data, io->data_size, 0, 0);
	if (!err)
		bu_arena_set_access(&run->kernel->arena, run->packet.data, io->data_size, BU_READ);
	return err;
}

/* A context of any size may be none at all: r1 is then NULL. */
static int set_ctx(struct bu_run *run, const struct bu_test_io *io)
{
	u32 size = io->ctx ? io->ctx_size : run->prog->type->ctx_size;
	int err;

	if (!size)
		return 0;
	err = bu_run_set_ctx(run, io->ctx, size);
	if (!err && io->data && bu_prog_has_skb(run->prog))
		bu_skb_describe(run, io->data, io->data_size);
	return err;
}

/* The packet as it is now, behind the link header if that was put aside. */
static int take_packet(const struct bu_run *run, struct bu_test_io *io)
{
	const struct bu_packet *p = &run->packet;
	bool pulled = bu_prog_has_skb(run->first) && !bu_skb_is_l2(run->first) &&
		      io->data_size >= BU_ETH_BYTES;
	u32 before = pulled ? BU_ETH_BYTES : 0, linear = (u32)(p->end - p->meta);
	u32 size = linear + p->frags_size;

	io->data_out = malloc(before + size + 1);
	if (!io->data_out)
		return -ENOMEM;
	memcpy(io->data_out, p->mac, before);
	memcpy(io->data_out + before, p->meta, linear);
	if (p->frags)
		memcpy(io->data_out + before + linear, p->frags, p->frags_size);
	io->data_out_size = before + size;
	io->meta_out_size = (u32)(p->data - p->meta);
	io->frags_out_size = p->frags_size;
	return 0;
}

static int run_with(struct bu_run *run, struct bu_test_io *io)
{
	int err = set_packet(run, io);

	if (!err)
		err = set_ctx(run, io);
	if (!err && io->before)
		err = io->before(run, io);
	if (err)
		return err;
	io->retval = bu_run_exec(run);
	if (io->after)
		io->after(run, io);
	io->fault = run->fault.kind;
	if (io->fault == BU_FAULT_NONE)
		bu_check_retval(run, io->retval);
	/* A context that a test has as a constant is not written when the program has not done so.
	 */
	if (io->ctx && run->ctx && memcmp(io->ctx, run->ctx, io->ctx_size))
		memcpy(io->ctx, run->ctx, io->ctx_size);
	return io->data ? take_packet(run, io) : 0;
}

static int run_now(struct bu_prog *prog, struct bu_test_io *io)
{
	struct bu_run run;
	int err;

	bu_run_begin(&run, prog->object.kernel, prog);
	if (io->cpu >= 0)
		run.cpu = (u32)io->cpu;
	run.attach_cookie = io->attach_cookie;
	run.func_ip = io->func_ip;
	run.guard = io->guard;
	run.session = io->session;
	err = run_with(&run, io);
	if (run.session && run.session->memory)
		run.session->value = *run.session->memory;
	bu_run_end(&run);
	return err;
}

int bu_prog_test(struct bu_prog *prog, struct bu_test_io *io)
{
	struct bu_kernel *kernel = prog->object.kernel;
	int err = 0;

	io->data_out = NULL;
	io->data_out_size = io->meta_out_size = io->frags_out_size = 0;
	io->retval = 0;
	io->fault = BU_FAULT_NONE;
	bu_kernel_lock(kernel);
	if (kernel->next_id[BU_OBJECT_LINK] > 1)
		bu_fd_reap(kernel); /* links that were closed end now */
	io->missed = bu_run_is_missed(kernel, prog, io->guard);
	if (!io->missed)
		err = run_now(prog, io);
	bu_kernel_unlock(kernel);
	return err;
}

static u64 now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (u64)ts.tv_sec * 1000000000ULL + (u64)ts.tv_nsec;
}

/* The results of a run as the input of the next. */
static void feed_back(struct bu_test_io *io, u8 **previous)
{
	free(*previous);
	*previous = io->data_out;
	io->data = io->data_out;
	io->data_size = io->data_out_size;
	io->meta_size = io->meta_out_size;
	io->frags_size = io->frags_out_size;
	io->data_out = NULL;
}

int bu_test_repeat(struct bu_prog *prog, struct bu_test_io *io, u32 repeat, u32 *duration)
{
	u64 start = now_ns();
	u8 *previous = NULL;
	int err = 0;

	repeat = BU_MAX(repeat, 1U);
	for (u32 i = 0; i < repeat && !err; i++) {
		if (i && io->data_out)
			feed_back(io, &previous);
		err = bu_prog_test(prog, io);
		if (!err && io->fault)
			err = -EFAULT;
	}
	*duration = (u32)BU_MIN((now_ns() - start) / repeat, (u64)UINT32_MAX);
	free(previous);
	return err;
}

int bu_test_data_in(const union bpf_attr *attr, u32 min, u32 room, u8 **data)
{
	u32 size = attr->test.data_size_in;
	int err;

	*data = NULL;
	if (attr->test.flags || attr->test.cpu || attr->test.batch_size || size < min ||
	    size > room)
		return -EINVAL;
	*data = malloc(size + 1);
	if (!*data)
		return -ENOMEM;
	err = bu_copy_from_user(*data, attr->test.data_in, size);
	if (err) {
		free(*data);
		*data = NULL;
	}
	return err;
}

bool bu_is_zero(const void *bytes, size_t from, size_t to)
{
	for (const u8 *p = bytes; from < to; from++)
		if (p[from])
			return false;
	return true;
}

int bu_test_ctx_in(const union bpf_attr *attr, u32 max_size, void **ctx)
{
	u32 size = attr->test.ctx_size_in;
	int err = 0;

	*ctx = NULL;
	if (!attr->test.ctx_in && !attr->test.ctx_out)
		return 0;
	*ctx = calloc(1, max_size);
	if (!*ctx)
		return -ENOMEM;
	if (attr->test.ctx_in) {
		err = bu_check_tail_zero(attr->test.ctx_in, max_size, size);
		if (!err)
			err = bu_copy_from_user(*ctx, attr->test.ctx_in, BU_MIN(size, max_size));
	}
	if (err) {
		free(*ctx);
		*ctx = NULL;
	}
	return err;
}

int bu_test_ctx_out(union bpf_attr *attr, const void *ctx, u32 size)
{
	u32 copied = BU_MIN(size, attr->test.ctx_size_out);

	if (!ctx || !attr->test.ctx_out)
		return 0;
	if (bu_copy_to_user(attr->test.ctx_out, ctx, copied))
		return -EFAULT;
	attr->test.ctx_size_out = size;
	return copied < size ? -ENOSPC : 0;
}

/* Without a size hint all is copied, as old callers expect. */
static int put(union bpf_attr *attr, const void *data, u32 size, u32 retval, u32 duration)
{
	u32 room = attr->test.data_size_out;
	u32 copied = room ? BU_MIN(size, room) : size;

	if (attr->test.data_out && copied && bu_copy_to_user(attr->test.data_out, data, copied))
		return -EFAULT;
	attr->test.data_size_out = size;
	attr->test.retval = retval;
	attr->test.duration = duration;
	return copied < size ? -ENOSPC : 0;
}

int bu_test_finish(struct bu_kernel *kernel, union bpf_attr *attr, const void *data, u32 size,
		   u32 retval, u32 duration)
{
	return bu_kernel_test_finish(kernel, put(attr, data, size, retval, duration));
}
