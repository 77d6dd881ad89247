/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * perf_event_open(2) and the life of its events; what they are is found out in perf_attr.c, rings
 * are in perf_ring.c, programs in perf_prog.c. Source: perf_event_open(), perf_event_alloc(),
 * kernel/events/core.c (6.12), as observed with 6.18. Differs: events of a group are not scheduled
 * together, for none is; whoever calls is privileged.
 */
#include "ebpf/link/perf_event.h"

#include "ebpf/link/perf_state.h"
#include "ebpf/syscall.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ALL_FLAGS                                                                                  \
	(PERF_FLAG_FD_NO_GROUP | PERF_FLAG_FD_OUTPUT | PERF_FLAG_PID_CGROUP | PERF_FLAG_FD_CLOEXEC)
/* What samples of BPF output can have: perf_ring.c */
#define SAMPLE_FIELDS                                                                              \
	(PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_IP | PERF_SAMPLE_TID | PERF_SAMPLE_TIME |            \
	 PERF_SAMPLE_ADDR | PERF_SAMPLE_ID | PERF_SAMPLE_STREAM_ID | PERF_SAMPLE_CPU |             \
	 PERF_SAMPLE_PERIOD)

struct request { /* the arguments of a call */
	struct perf_event_attr attr;
	int pid, cpu, group;
	u32 leader; /* the id of the group's; 0: none */
	unsigned long flags;
};

static void destroy(struct bu_object *object)
{
	struct bu_perf_event *event = bu_perf_event(object);

	bu_perf_event_detach(object);
	bu_perf_drop_target(event);
	bu_arena_free(&object->kernel->arena, event->ring.control);
	free(event);
}

static bool pollable(const struct bu_object *object)
{
	return object;
}

static const struct bu_object_class event_class = {
	.kind = BU_OBJECT_PERF_EVENT,
	.destroy = destroy,
	.readable = bu_perf_ring_readable,
	.pollable = pollable,
};

struct bu_object *bu_perf_event_of_fd(struct bu_kernel *kernel, int fd)
{
	int err;

	return bu_fd_object(kernel, fd, BU_OBJECT_PERF_EVENT, &err);
}

/* A process or thread that can be watched: the caller, the one that programs see, or any of the
 * host's. */
static bool lives(const struct bu_kernel *kernel, int pid)
{
	if (!pid || (u32)pid == kernel->env.pid || (u32)pid == kernel->env.tgid)
		return true;
	return pid > 0 && bu_host_syscall(SYS_kill, pid, 0, 0, 0, 0, 0) != -ESRCH;
}

static int check_cgroup(int fd)
{
	struct stat st;

	if (bu_host_syscall(SYS_fstat, fd, (long)&st, 0, 0, 0, 0))
		return -EBADF;
	return S_ISDIR(st.st_mode) ? 0 : -EBADF;
}

static int check_task(struct bu_kernel *kernel, const struct request *request)
{
	bool cgroup = request->flags & PERF_FLAG_PID_CGROUP;
	bool task = !cgroup && request->pid != -1;

	if (cgroup && (request->pid == -1 || request->cpu == -1))
		return -EINVAL;
	if (task && !lives(kernel, request->pid))
		return -ESRCH;
	if ((u32)request->cpu >= kernel->nr_cpus && (!task || request->cpu != -1))
		return -EINVAL;
	if (request->attr.sigtrap && !task)
		return -EINVAL;
	return cgroup ? check_cgroup(request->pid) : 0;
}

/* The leader must be one, and watch the same. */
static int check_group(struct bu_kernel *kernel, struct request *request)
{
	struct bu_object *object;
	struct bu_perf_event *leader;

	if (request->group == -1)
		return 0;
	object = bu_perf_event_of_fd(kernel, request->group);
	if (!object)
		return -EBADF;
	if (request->flags & PERF_FLAG_FD_OUTPUT) {
		bu_note(kernel, "perf_event_open(2) with PERF_FLAG_FD_OUTPUT is not emulated "
				"(EOPNOTSUPP)");
		return -EOPNOTSUPP;
	}
	leader = bu_perf_event(object);
	request->leader = object->id;
	if (request->flags & PERF_FLAG_FD_NO_GROUP)
		return 0;
	if (leader->follower || leader->info.cpu != request->cpu ||
	    leader->info.pid != request->pid || request->attr.exclusive || request->attr.pinned)
		return -EINVAL;
	return bu_perf_group_has_room(leader, request->attr.read_format) ? 0 : -E2BIG;
}

/* Samples of BPF output are made in full or not at all. */
static int check_output(struct bu_kernel *kernel, const struct perf_event_attr *attr)
{
	u64 unknown = attr->sample_type & ~(u64)(SAMPLE_FIELDS | PERF_SAMPLE_RAW);

	if (attr->type != PERF_TYPE_SOFTWARE || attr->config != PERF_COUNT_SW_BPF_OUTPUT ||
	    !unknown)
		return 0;
	bu_note(kernel, "BPF output events with sample_type %#llx are not emulated (EOPNOTSUPP)",
		(unsigned long long)unknown);
	return -EOPNOTSUPP;
}

static void fill(struct bu_perf_event *event, const struct request *request)
{
	const struct perf_event_attr *attr = &request->attr;

	event->attr = *attr;
	/* Clocks have a fixed rate. Source: perf_swevent_init_hrtimer() */
	if (attr->type == PERF_TYPE_SOFTWARE && attr->config <= PERF_COUNT_SW_TASK_CLOCK)
		event->attr.freq = 0;
	event->follower = request->group != -1 && !(request->flags & PERF_FLAG_FD_NO_GROUP);
	if (event->follower)
		event->leader = request->leader;
	event->ring.watermark = attr->watermark;
	event->ring.wakeup = attr->wakeup_events;
	event->info.type = attr->type;
	event->info.config = attr->config;
	event->info.enabled = !attr->disabled;
	event->info.pid = request->pid;
	event->info.cpu = request->cpu;
}

static long make_event(struct bu_kernel *kernel, const struct request *request)
{
	struct bu_perf_event *event = calloc(1, sizeof(*event));
	int err;

	if (!event)
		return -ENOMEM;
	fill(event, request);
	err = bu_object_init(&event->object, kernel, &event_class);
	if (err) {
		free(event);
		return err;
	}
	bu_perf_count_begin(event);
	err = bu_perf_set_target(event);
	if (err) {
		bu_object_put(&event->object);
		return err;
	}
	return bu_fd_install(&event->object);
}

static long open_event(struct bu_kernel *kernel, struct request *request)
{
	int err = check_task(kernel, request);

	if (!err)
		err = check_group(kernel, request);
	if (!err)
		err = check_output(kernel, &request->attr);
	return err ? err : make_event(kernel, request);
}

long bu_sys_perf_event_open(struct bu_kernel *kernel, void *attr, int pid, int cpu, int group_fd,
			    unsigned long flags)
{
	struct request request = { .pid = pid, .cpu = cpu, .group = group_fd, .flags = flags };
	long result = flags & ~(unsigned long)ALL_FLAGS ? -EINVAL : 0;

	if (!result)
		result = bu_perf_copy_attr(&request.attr, (u64)attr);
	if (result)
		return result;
	bu_kernel_lock(kernel);
	bu_fd_reap(kernel);
	result = open_event(kernel, &request);
	bu_kernel_unlock(kernel);
	return result;
}

bool bu_fd_ioctl(int *result, int user, unsigned long request, unsigned long arg)
{
	struct bu_kernel *kernel = bu_kernel_if_any();
	struct bu_fd *fd;
	int err;

	if (!kernel)
		return false;
	bu_kernel_lock(kernel);
	bu_fd_reap(kernel); /* what closed events held is not there any more */
	fd = bu_fd_verify(kernel, user, &err);
	if (fd && fd->object->kind == BU_OBJECT_PERF_EVENT)
		*result = bu_perf_ioctl(bu_perf_event(fd->object), request, arg);
	else
		*result = -ENOTTY;
	bu_kernel_unlock(kernel);
	return fd;
}
