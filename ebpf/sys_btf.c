/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * BPF_BTF_LOAD.
 * Source: btf_new_fd(), btf_parse(), kernel/bpf/btf.c (6.12).
 */
#include "ebpf/kernel.h"
#include "ebpf/syscall.h"

#include <stdlib.h>
#include <string.h>

#define MAX_SIZE (16 * 1024 * 1024) /* Source: BTF_MAX_SIZE */

/* Newer than the oldest header that we build with: offsets in union bpf_attr. */
#define LOG_TRUE_SIZE 28
#define FLAGS         32
#define F_TOKEN_FD    (1U << 16)

static int check_log(const union bpf_attr *attr)
{
	if (!attr->btf_log_buf != !attr->btf_log_size ||
	    (attr->btf_log_buf && !attr->btf_log_level))
		return -EINVAL;
	return attr->btf_log_level & ~0xfU || attr->btf_log_size > UINT32_MAX >> 2 ? -EINVAL : 0;
}

static int explain(struct bu_call *call, int why)
{
	static const char text[] = "BTF is malformed: header, sections, types or strings\n";
	const union bpf_attr *attr = call->attr;
	u32 true_size = attr->btf_log_level ? sizeof(text) : 0;
	u32 size = BU_MIN(true_size, attr->btf_log_size);
	int err = 0;

	if (size) {
		err = bu_copy_to_user(attr->btf_log_buf, text, size - 1);
		if (!err)
			err = bu_copy_to_user(attr->btf_log_buf + size - 1, "", 1);
	}
	if (call->user_size >= LOG_TRUE_SIZE + sizeof(u32))
		bu_call_put(call, LOG_TRUE_SIZE, &true_size, sizeof(true_size));
	if (err)
		return err;
	return size && size < true_size ? -ENOSPC : why;
}

static int copy_data(const union bpf_attr *attr, void **data)
{
	int err;

	*data = malloc(attr->btf_size + 1);
	err = *data ? bu_copy_from_user(*data, attr->btf, attr->btf_size) : -ENOMEM;
	if (err)
		free(*data);
	return err;
}

long bu_sys_btf_load(struct bu_kernel *kernel, struct bu_call *call)
{
	const union bpf_attr *attr = call->attr;
	u32 flags = *(const u32 *)((const u8 *)attr + FLAGS);
	struct bu_btf *btf;
	int err = check_log(attr);
	void *data;

	if (flags & ~F_TOKEN_FD)
		return -EINVAL;
	if (flags)
		return -EBADF; /* there are no tokens */
	if (attr->btf_size > MAX_SIZE)
		return -E2BIG;
	if (!err)
		err = copy_data(attr, &data);
	if (err)
		return err;
	btf = bu_btf_create(kernel, data, attr->btf_size, &err);
	free(data);
	if (!btf)
		return explain(call, err);
	return bu_fd_install(&btf->object);
}
