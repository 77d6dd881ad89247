/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Perf events of type software/bpf-output: a ring per event in shared memory, whose consumer is
 * user space (libbpf's perf_buffer). The producer's position is data_head of the control page;
 * data_tail is the consumer's and trusted in no way: space is computed modulo the ring. Source:
 * kernel/events/core.c, kernel/events/ring_buffer.c (6.12). Differs: no other events, samples hold
 * raw data only, and a ring lives until its event's descriptor is closed, not until it is unmapped.
 */
#include "ebpf/perf_event.h"

#include "ebpf/kernel.h"
#include "ebpf/prog.h"
#include "ebpf/syscall.h"

#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define ATTR_SIZE_MIN PERF_ATTR_SIZE_VER0

struct event {
	struct bu_object object;
	u32 cpu;
	bool enabled;
	bool watermark; /* `wakeup` counts bytes, not samples */
	u32 wakeup;     /* wake each so many; 0: each half ring */
	u64 since_wakeup;
	u64 lost;                             /* not yet told to the consumer */
	struct perf_event_mmap_page *control; /* NULL until mapped */
	u8 *data;
	u64 size;   /* of data; a power of two, or 0 */
	u64 offset; /* of the control page in the memfd */
	u64 config;
	struct bu_prog *prog; /* attached and referenced; NULL: none */
	u64 cookie;
};

static struct event *event_of(struct bu_object *object)
{
	return bu_container_of(object, struct event, object);
}

static void destroy(struct bu_object *object)
{
	struct event *event = event_of(object);

	bu_perf_event_detach(object);
	bu_arena_free(&object->kernel->arena, event->control);
	free(event);
}

static bool pollable(const struct bu_object *object)
{
	return object;
}

static bool readable(struct bu_object *object)
{
	struct event *event = event_of(object);

	return event->control &&
	       __atomic_load_n(&event->control->data_head, __ATOMIC_SEQ_CST) !=
		       __atomic_load_n(&event->control->data_tail, __ATOMIC_SEQ_CST);
}

static const struct bu_object_class event_class = {
	.kind = BU_OBJECT_PERF_EVENT,
	.destroy = destroy,
	.readable = readable,
	.pollable = pollable,
};

static int copy_attr(struct perf_event_attr *attr, u64 user)
{
	u32 size;
	int err = bu_copy_from_user(&size, user + offsetof(struct perf_event_attr, size),
				    sizeof(size));

	if (err)
		return err;
	if (!size)
		size = ATTR_SIZE_MIN;
	if (size < ATTR_SIZE_MIN)
		return -E2BIG;
	err = bu_check_tail_zero(user, sizeof(*attr), size);
	memset(attr, 0, sizeof(*attr));
	return err ? err : bu_copy_from_user(attr, user, BU_MIN(size, sizeof(*attr)));
}

static int check_attr(struct bu_kernel *kernel, const struct perf_event_attr *attr)
{
	if (attr->type != PERF_TYPE_SOFTWARE || attr->config != PERF_COUNT_SW_BPF_OUTPUT) {
		bu_note(kernel,
			"perf_event_open(2) of type %u, config %llu is not emulated (EOPNOTSUPP)",
			attr->type, (unsigned long long)attr->config);
		return -EOPNOTSUPP;
	}
	if (attr->sample_type != PERF_SAMPLE_RAW) {
		bu_note(kernel,
			"perf_event_open(2) with sample_type %#llx is not emulated: only "
			"PERF_SAMPLE_RAW is (EOPNOTSUPP)",
			(unsigned long long)attr->sample_type);
		return -EOPNOTSUPP;
	}
	return 0;
}

static struct event *make_event(struct bu_kernel *kernel, const struct perf_event_attr *attr,
				u32 cpu)
{
	struct event *event = calloc(1, sizeof(*event));

	if (!event)
		return NULL;
	event->cpu = cpu;
	event->config = attr->config;
	event->enabled = !attr->disabled;
	event->watermark = attr->watermark;
	event->wakeup = attr->wakeup_events;
	if (bu_object_init(&event->object, kernel, &event_class)) {
		free(event);
		return NULL;
	}
	return event;
}

static long open_event(struct bu_kernel *kernel, u64 user, int pid, int cpu)
{
	struct perf_event_attr attr;
	struct event *event;
	int err = copy_attr(&attr, user);

	if (!err)
		err = check_attr(kernel, &attr);
	if (err)
		return err;
	if (cpu < 0 || (u32)cpu >= kernel->nr_cpus)
		return -EINVAL;
	event = make_event(kernel, &attr, cpu);
	return event ? bu_fd_install(&event->object) : -ENOMEM;
}

long bu_sys_perf_event_open(struct bu_kernel *kernel, void *attr, int pid, int cpu, int group_fd,
			    unsigned long flags)
{
	long result;

	bu_kernel_lock(kernel);
	result = open_event(kernel, (u64)attr, pid, cpu);
	bu_kernel_unlock(kernel);
	return result;
}

static int make_ring(struct event *event, u64 size)
{
	struct bu_arena *arena = &event->object.kernel->arena;
	struct bu_region_info info = { .kind = BU_REGION_KOBJ, .label = "perf ring" };
	u64 page = sysconf(_SC_PAGESIZE);
	u8 *memory = bu_arena_alloc_shared(arena, size, BU_NONE, &info, &event->offset);

	if (!memory)
		return -ENOMEM;
	event->control = (void *)memory;
	event->data = memory + page;
	event->size = size - page;
	event->control->data_offset = page;
	event->control->data_size = event->size;
	return 0;
}

s64 bu_perf_event_mmap(struct bu_object *object, u64 offset, u64 size)
{
	struct event *event = event_of(object);
	u64 page = sysconf(_SC_PAGESIZE), data = size - page;
	int err = 0;

	if (offset || size < page || data & (data - 1))
		return -EINVAL;
	if (event->control && event->size != data)
		return -EINVAL;
	if (!event->control)
		err = make_ring(event, size);
	return err ? err : (s64)event->offset;
}

static void put(struct event *event, u64 *head, const void *bytes, u64 size)
{
	u64 at = *head & (event->size - 1), first = BU_MIN(size, event->size - at);

	memcpy(event->data + at, bytes, first);
	memcpy(event->data, (const u8 *)bytes + first, size - first);
	*head += size;
}

static void put_lost(struct event *event, u64 *head)
{
	struct {
		struct perf_event_header header;
		u64 id, lost;
	} record = {
		.header = { .type = PERF_RECORD_LOST, .size = sizeof(record) },
		.id = event->object.id,
		.lost = event->lost,
	};

	put(event, head, &record, sizeof(record));
	event->lost = 0;
}

/* A sample: header, u32 number of raw bytes with padding, the bytes, padding to 8. */
static void put_sample(struct event *event, u64 *head, const void *data, u32 size, u32 raw_size)
{
	struct perf_event_header header = {
		.type = PERF_RECORD_SAMPLE,
		.misc = PERF_RECORD_MISC_KERNEL,
		.size = sizeof(header) + sizeof(u32) + raw_size,
	};

	put(event, head, &header, sizeof(header));
	put(event, head, &raw_size, sizeof(raw_size));
	put(event, head, data, size);
	put(event, head, "\0\0\0\0\0\0\0", raw_size - size);
}

/* Whether so many more bytes (one more sample) are a reason to wake the consumer. */
static bool wakes(struct event *event, u64 bytes)
{
	u64 every = event->wakeup ? event->wakeup : event->size / 2;

	event->since_wakeup += event->watermark || !event->wakeup ? bytes : 1;
	if (event->since_wakeup < every)
		return false;
	event->since_wakeup -= every;
	return true;
}

int bu_perf_event_output(struct bu_object *object, const void *data, u32 size, u32 cpu)
{
	struct event *event = event_of(object);
	u32 raw_size = BU_ROUND_UP(size + (u32)sizeof(u32), 8) - sizeof(u32);
	u64 lost_size = sizeof(struct perf_event_header) + 2 * sizeof(u64);
	u64 head, tail, needed;

	if (object->kind != BU_OBJECT_PERF_EVENT)
		return -EINVAL;
	if (!event->enabled || event->cpu != cpu)
		return -EOPNOTSUPP;
	if (!event->size)
		return -ENOSPC;
	needed = sizeof(struct perf_event_header) + sizeof(u32) + raw_size;
	if (needed > UINT16_MAX)
		return -E2BIG;
	needed += event->lost ? lost_size : 0;
	head = event->control->data_head;
	tail = __atomic_load_n(&event->control->data_tail, __ATOMIC_ACQUIRE);
	if (((tail - head - 1) & (event->size - 1)) < needed) {
		event->lost++;
		return -ENOSPC;
	}
	if (event->lost)
		put_lost(event, &head);
	put_sample(event, &head, data, size, raw_size);
	__atomic_store_n(&event->control->data_head, head, __ATOMIC_SEQ_CST);
	if (wakes(event, needed))
		bu_fd_wake(object);
	return 0;
}

/* Programs */

struct bu_object *bu_perf_event_of_fd(struct bu_kernel *kernel, int fd)
{
	int err;

	return bu_fd_object(kernel, fd, BU_OBJECT_PERF_EVENT, &err);
}

/* Source: perf_event_set_bpf_handler(), kernel/events/core.c */
int bu_perf_event_attach(struct bu_object *object, struct bu_prog *prog, u64 cookie)
{
	struct event *event = event_of(object);

	if (event->prog)
		return -EEXIST;
	if (prog->prog_type != BPF_PROG_TYPE_PERF_EVENT)
		return -EINVAL;
	bu_object_get(&prog->object);
	event->prog = prog;
	event->cookie = cookie;
	return 0;
}

void bu_perf_event_detach(struct bu_object *object)
{
	struct event *event = event_of(object);

	if (event->prog)
		bu_object_put(&event->prog->object);
	event->prog = NULL;
}

void bu_perf_event_describe(struct bu_object *object, struct bu_perf_event_info *info)
{
	struct event *event = event_of(object);

	*info = (struct bu_perf_event_info){
		.target = BU_PERF_COUNTER,
		.type = PERF_TYPE_SOFTWARE,
		.config = event->config,
		.prog = event->prog,
		.cookie = event->cookie,
	};
}

static int event_ioctl(struct event *event, unsigned long request, unsigned long arg)
{
	u64 id = event->object.id;

	switch (request) {
	case PERF_EVENT_IOC_ENABLE:
	case PERF_EVENT_IOC_DISABLE:
		event->enabled = request == PERF_EVENT_IOC_ENABLE;
		return 0;
	case PERF_EVENT_IOC_RESET:
		return 0;
	case PERF_EVENT_IOC_ID:
		return bu_copy_to_user(arg, &id, sizeof(id));
	default:
		bu_note(event->object.kernel,
			"ioctl(2) %#lx of a perf event is not emulated (ENOTTY)", request);
		return -ENOTTY;
	}
}

bool bu_fd_ioctl(int *result, int user, unsigned long request, unsigned long arg)
{
	struct bu_kernel *kernel = bu_kernel_if_any();
	struct bu_fd *fd;
	int err;

	if (!kernel)
		return false;
	bu_kernel_lock(kernel);
	fd = bu_fd_verify(kernel, user, &err);
	if (fd && fd->object->kind == BU_OBJECT_PERF_EVENT)
		*result = event_ioctl(event_of(fd->object), request, arg);
	else
		*result = -ENOTTY;
	bu_kernel_unlock(kernel);
	return fd;
}
