/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * BPF_BTF_LOAD.
 * Source: btf_new_fd(), btf_parse(), kernel/bpf/btf.c (6.12).
 */
#include "ebpf/btf/btf_check.h"
#include "ebpf/kernel.h"
#include "ebpf/syscall.h"

#include <stdlib.h>
#include <string.h>

#define MAX_SIZE (16 * 1024 * 1024) /* Source: BTF_MAX_SIZE */

/* Newer than the oldest header that we build with: offsets in union bpf_attr. */
#define LOG_TRUE_SIZE 28
#define FLAGS         32
#define TOKEN         36 /* offset of btf_token_fd */
#define F_TOKEN_FD    (1U << 16)
#define LOG_FIXED     8 /* Source: BPF_LOG_FIXED */

static int check_log(const union bpf_attr *attr)
{
	if (!attr->btf_log_buf != !attr->btf_log_size ||
	    (attr->btf_log_buf && !attr->btf_log_level))
		return -EINVAL;
	return attr->btf_log_level & ~0xfU || attr->btf_log_size > UINT32_MAX >> 2 ? -EINVAL : 0;
}

/* The end of the log to the caller's buffer, its beginning with LOG_FIXED. 0, -ENOSPC or -EFAULT.
 * Source: bpf_vlog_finalize(), kernel/bpf/log.c (6.12). */
static int write_log(const union bpf_attr *attr, const struct bu_log *log)
{
	u32 len = log->len, skip = 0;
	int err;

	if (!attr->btf_log_buf)
		return 0;
	if (len + 1 > attr->btf_log_size) {
		len = attr->btf_log_size - 1;
		if (!(attr->btf_log_level & LOG_FIXED))
			skip = log->len - len;
	}
	err = len ? bu_copy_to_user(attr->btf_log_buf, log->text + skip, len) : 0;
	if (!err)
		err = bu_copy_to_user(attr->btf_log_buf + len, "", 1);
	return !err && len < log->len ? -ENOSPC : err;
}

static int finish_log(struct bu_call *call, const struct bu_log *log, int why)
{
	u32 true_size = call->attr->btf_log_level ? log->len + 1 : 0;
	int err = write_log(call->attr, log);

	if (call->user_size >= LOG_TRUE_SIZE + sizeof(u32))
		bu_call_put(call, LOG_TRUE_SIZE, &true_size, sizeof(true_size));
	return err ? err : why;
}

static int copy_data(const union bpf_attr *attr, void **data)
{
	int err;

	*data = malloc(attr->btf_size + 1);
	err = *data ? bu_copy_from_user(*data, attr->btf, attr->btf_size) : -ENOMEM;
	if (err) {
		free(*data);
		*data = NULL;
	}
	return err;
}

static int check_attr(const union bpf_attr *attr)
{
	u32 flags = *(const u32 *)((const u8 *)attr + FLAGS);

	if (flags & ~F_TOKEN_FD)
		return -EINVAL;
	if (flags)
		return bu_token_error(attr, TOKEN);
	if (attr->btf_size > MAX_SIZE)
		return -E2BIG;
	return check_log(attr);
}

static int load(struct bu_btf *btf, struct bu_kernel *kernel, struct bu_call *call)
{
	struct bu_log log = { 0 };
	int err = copy_data(call->attr, &btf->data);

	if (err)
		return err;
	btf->size = call->attr->btf_size;
	err = bu_btf_check(btf, call->attr->btf_log_level ? &log : NULL);
	err = finish_log(call, &log, err);
	bu_log_free(&log);
	return err ? err : bu_btf_init(btf, kernel);
}

long bu_sys_btf_load(struct bu_kernel *kernel, struct bu_call *call)
{
	struct bu_btf *btf;
	int err = check_attr(call->attr);

	if (err)
		return err;
	btf = calloc(1, sizeof(*btf));
	err = btf ? load(btf, kernel, call) : -ENOMEM;
	if (!err)
		return bu_fd_install(&btf->object);
	if (btf)
		bu_btf_drop(btf);
	free(btf);
	return err;
}
