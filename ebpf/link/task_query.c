/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TASK_FD_QUERY: which program a descriptor of a process runs, and at what. Source:
 * bpf_task_fd_query(), kernel/bpf/syscall.c; bpf_get_perf_event_info(), kernel/trace/bpf_trace.c
 * (6.18). Of other processes, descriptors that they inherited lead to the objects of this one.
 */
#include "ebpf/kernel.h"
#include "ebpf/link/link_tracing.h"
#include "ebpf/link/perf_event.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

struct query { /* task_fd_query of union bpf_attr */
	u32 pid, fd, flags, buf_len;
	u64 buf;
	u32 prog_id, fd_type;
	u64 probe_offset, probe_addr;
};

/* The name, and with -ENOSPC what there is room for. A length counts no NUL here. */
static int put_name(struct bu_call *call, const struct query *query, const char *name)
{
	u32 len = (u32)strlen(name), room = query->buf_len;
	int err = bu_call_put(call, offsetof(struct query, buf_len), &len, sizeof(len));

	if (err || !room || !query->buf)
		return err;
	if (room > len)
		return bu_copy_to_user(query->buf, name, len + 1);
	if (bu_copy_to_user(query->buf, name, room - 1) ||
	    bu_copy_to_user(query->buf + room - 1, "", 1))
		return -EFAULT;
	return -ENOSPC;
}

static int answer(struct bu_call *call, const struct query *query, const char *name)
{
	u32 begin = offsetof(struct query, prog_id);
	int err = put_name(call, query, name ? name : "");

	if (err && err != -ENOSPC)
		return err;
	if (bu_call_put(call, begin, (const u8 *)query + begin, sizeof(*query) - begin))
		return -EFAULT;
	return err;
}

static int query_link(struct bu_call *call, struct query *query, const struct bu_link *link)
{
	if (link->type->type != BU_LINK_RAW_TRACEPOINT)
		return -BU_ENOTSUPP;
	query->prog_id = link->prog->object.id;
	query->fd_type = BPF_FD_TYPE_RAW_TRACEPOINT;
	query->probe_offset = query->probe_addr = 0;
	return answer(call, query, bu_link_raw_tp_name(link));
}

static u32 fd_type_of(enum bu_perf_target target)
{
	static const u32 types[] = {
		[BU_PERF_TRACEPOINT] = BPF_FD_TYPE_TRACEPOINT,
		[BU_PERF_KPROBE] = BPF_FD_TYPE_KPROBE,
		[BU_PERF_KRETPROBE] = BPF_FD_TYPE_KRETPROBE,
		[BU_PERF_UPROBE] = BPF_FD_TYPE_UPROBE,
		[BU_PERF_URETPROBE] = BPF_FD_TYPE_URETPROBE,
	};

	return types[target];
}

static int query_event(struct bu_call *call, struct query *query, struct bu_object *object)
{
	struct bu_perf_event_info event;

	bu_perf_event_describe(object, &event);
	if (!event.prog)
		return -ENOENT;
	if (event.target == BU_PERF_COUNTER)
		return -EOPNOTSUPP;
	query->prog_id = event.prog->object.id;
	query->fd_type = fd_type_of(event.target);
	query->probe_offset = event.offset;
	query->probe_addr = event.address;
	return answer(call, query, event.name);
}

/* Whether it is this process, in the host's eyes or the emulated ones'. */
static bool is_own(const struct bu_kernel *kernel, u32 pid)
{
	return pid == (u32)getpid() || pid == kernel->env.tgid;
}

/* A descriptor of another process, which the host shows. */
static struct bu_fd *fd_of_process(struct bu_kernel *kernel, const struct query *query, int *error)
{
	char path[64];
	struct stat st;

	*error = -ENOENT;
	if ((s32)query->pid <= 0 ||
	    bu_host_syscall(SYS_kill, (s32)query->pid, 0, 0, 0, 0, 0) == -ESRCH)
		return NULL;
	snprintf(path, sizeof(path), "/proc/%u/fd/%u", query->pid, query->fd);
	*error = bu_host_syscall(SYS_newfstatat, AT_FDCWD, (long)path, (long)&st, 0, 0, 0);
	if (*error == -EACCES)
		*error = -EPERM;
	if (*error && *error != -EPERM)
		*error = -EBADF;
	if (*error)
		return NULL;
	*error = -EINVAL;
	return bu_fd_by_inode(kernel, st.st_dev, st.st_ino);
}

long bu_sys_task_fd_query(struct bu_kernel *kernel, struct bu_call *call)
{
	struct query query;
	struct bu_fd *fd;
	int err;

	memcpy(&query, call->attr, sizeof(query));
	if (query.flags)
		return -EINVAL;
	fd = is_own(kernel, query.pid) ? bu_fd_of(kernel, (int)query.fd, &err)
				       : fd_of_process(kernel, &query, &err);
	if (!fd)
		return err == -EINVAL ? -BU_ENOTSUPP : err;
	if (fd->object->kind == BU_OBJECT_LINK)
		return query_link(call, &query,
				  bu_container_of(fd->object, struct bu_link, object));
	if (fd->object->kind == BU_OBJECT_PERF_EVENT)
		return query_event(call, &query, fd->object);
	return -BU_ENOTSUPP;
}
