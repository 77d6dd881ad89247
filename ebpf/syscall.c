/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The entry of bpf(2): attributes are copied in whatever size the caller has them, checked for
 * bytes that mean nothing to the command, and given to the command's handler under the kernel's
 * lock. Source: __sys_bpf(), kernel/bpf/syscall.c (6.12).
 */
#include "ebpf/syscall.h"

#include "ebpf/boundary/preload.h"
#include "ebpf/kernel.h"
#include "ebpf/uapi.h"

#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>

/* Size of union bpf_attr in 6.18, whatever header we build with, and where the commands end whose
 * last field that header may lack. */
#define ATTR_SIZE              168
#define BU_MAP_CREATE_SIZE     92
#define BU_PROG_LOAD_SIZE      168
#define BU_RAW_TRACEPOINT_SIZE 24
#define BU_BTF_LOAD_SIZE       40
#define BU_LINK_CREATE_SIZE    60
#define BU_OBJ_SIZE            20

#define BU_END(field) (offsetof(union bpf_attr, field) + sizeof(((union bpf_attr *)NULL)->field))

union attributes {
	union bpf_attr attr;
	u8 bytes[BU_MAX(ATTR_SIZE, sizeof(union bpf_attr))];
};

struct command {
	const char *name;
	u32 size;
	bu_command_fn handler;
};

#define BU_COMMAND(name, number, size, handler, ...)                                               \
	long handler(struct bu_kernel *kernel, struct bu_call *call);
#include "ebpf/commands.def"
#undef BU_COMMAND

static const struct command commands[] = {
#define BU_COMMAND(name, number, size, handler, ...) [number] = { #name, size, handler },
#include "ebpf/commands.def"
#undef BU_COMMAND
};

const char *bu_command_name(unsigned int cmd)
{
	return cmd < BU_ARRAY_SIZE(commands) ? commands[cmd].name : NULL;
}

int bu_call_put(struct bu_call *call, u32 offset, const void *value, u32 size)
{
	return bu_copy_to_user((u64)call->user + offset, value, size);
}

static int copy_attributes(union attributes *attributes, const void *user, u32 size)
{
	int err = bu_check_tail_zero((u64)user, ATTR_SIZE, size);

	if (err)
		return err;
	size = BU_MIN(size, sizeof(*attributes));
	memset(attributes->bytes + size, 0, sizeof(*attributes) - size);
	return bu_copy_from_user(attributes, (u64)user, size);
}

/* Bytes behind the caller's are zero already. */
static bool tail_is_zero(const union attributes *attributes, u32 known, u32 size)
{
	u32 end = BU_MIN(size, sizeof(attributes->bytes)), i = known;
	u64 word;

	for (; i + sizeof(word) <= end; i += sizeof(word)) {
		memcpy(&word, attributes->bytes + i, sizeof(word));
		if (word)
			return false;
	}
	for (; i < end; i++) {
		if (attributes->bytes[i])
			return false;
	}
	return true;
}

static long unknown_command(struct bu_kernel *kernel, unsigned int cmd)
{
	bu_note(kernel, "bpf(2) command %u is unknown (EINVAL)", cmd);
	return -EINVAL;
}

int bu_token_error(const union bpf_attr *attr, u32 at)
{
	s32 fd;

	memcpy(&fd, (const u8 *)attr + at, sizeof(fd));
	return bu_host_syscall(__NR_fcntl, fd, F_GETFD, 0, 0, 0, 0) < 0 ? -EBADF : -EINVAL;
}

long bu_sys_bpf(struct bu_kernel *kernel, unsigned int cmd, void *attr, unsigned int size)
{
	union attributes attributes;
	struct bu_call call = {
		.attr = &attributes.attr, .user = attr, .user_size = size, .cmd = cmd
	};
	long result = copy_attributes(&attributes, attr, size);

	if (result)
		return result;
	if (bu_preload_error(kernel))
		return bu_preload_error(kernel);
	bu_kernel_lock(kernel);
	if (cmd >= BU_ARRAY_SIZE(commands) || !commands[cmd].handler)
		result = unknown_command(kernel, cmd);
	else if (!tail_is_zero(&attributes, commands[cmd].size, size))
		result = -EINVAL;
	else
		result = commands[cmd].handler(kernel, &call);
	bu_kernel_unlock(kernel);
	return result;
}
