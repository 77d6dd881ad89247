/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What programs print to their own streams (bpf_stream_vprintk) and user space reads with
 * BPF_PROG_STREAM_READ_BY_FD. Source: kernel/bpf/stream.c (6.18): names and the order of checks as
 * run there.
 */
#include "ebpf/vm/stream.h"

#include "ebpf/kernel.h"
#include "ebpf/syscall.h"

#include <stdlib.h>
#include <string.h>

#define CAPACITY 100000 /* Source: BPF_STREAM_MAX_CAPACITY */

struct stream_read { /* prog_stream_read of union bpf_attr */
	u64 buffer;
	u32 size, stream_id, prog_fd;
};

static struct bu_stream *stream_of(struct bu_prog *prog, u32 id)
{
	return id - 1 < BU_ARRAY_SIZE(prog->streams) ? &prog->streams[id - 1] : NULL;
}

int bu_stream_write(struct bu_prog *prog, u32 id, const char *text, u32 size)
{
	struct bu_stream *stream = stream_of(prog, id);
	char *bytes;

	if (!stream)
		return -ENOENT;
	if (stream->size + size > CAPACITY)
		return -ENOSPC;
	bytes = realloc(stream->bytes, stream->size + size + 1);
	if (!bytes)
		return -ENOMEM;
	memcpy(bytes + stream->size, text, size);
	stream->bytes = bytes;
	stream->size += size;
	return 0;
}

/* Take up to `size` bytes from the stream's beginning: their number, or -EFAULT. */
static long take(struct bu_stream *stream, u64 buffer, u32 size)
{
	u32 count = BU_MIN(size, stream->size);

	if (count && bu_copy_to_user(buffer, stream->bytes, count))
		return -EFAULT;
	stream->size -= count;
	if (count)
		memmove(stream->bytes, stream->bytes + count, stream->size);
	return count;
}

long bu_sys_prog_stream_read(struct bu_kernel *kernel, struct bu_call *call)
{
	const struct stream_read *attr = (const void *)call->attr;
	struct bu_object *object;
	struct bu_stream *stream;
	int err;

	object = bu_fd_object(kernel, attr->prog_fd, BU_OBJECT_PROG, &err);
	if (!object)
		return err;
	stream = stream_of(bu_container_of(object, struct bu_prog, object), attr->stream_id);
	return stream ? take(stream, attr->buffer, attr->size) : -ENOENT;
}
