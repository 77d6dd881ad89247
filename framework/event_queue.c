/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Taking events out of their buffers: ring buffers by the mmap protocol that user space speaks (one
 * record at a time, so that the rest stays for other readers), perf event arrays through a perf
 * buffer of our own, emptied after each run, which keeps the order of runs on different CPUs.
 */
#include "framework/event_queue.h"

#include <bpfunit/event.h>
#include <bpfunit/test.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ebpf/boundary/backend.h"
#include "framework/host.h"
#include "maps/fd_array.h"

#define PERF_PAGES 16 /* of each CPU's buffer */

static struct bu_event *keep(const void *data, size_t size)
{
	struct bu_event *event = bu_test_alloc(sizeof(*event) + size);

	event->size = size;
	memcpy(event->data, data, size);
	return event;
}

/* Perf event arrays */

struct sample {
	struct perf_event_header header;
	u32 size;
	u8 data[];
};

struct lost {
	struct perf_event_header header;
	u64 id, count;
};

static enum bpf_perf_event_ret on_event(void *arg, int cpu, struct perf_event_header *header)
{
	struct bu_event_queue *queue = arg;
	struct bu_event *event;

	if (header->type == PERF_RECORD_LOST)
		queue->lost += ((const struct lost *)header)->count;
	if (header->type != PERF_RECORD_SAMPLE)
		return LIBBPF_PERF_EVENT_CONT;
	event = keep(((const struct sample *)header)->data, ((const struct sample *)header)->size);
	if (queue->last)
		queue->last->next = event;
	else
		queue->first = event;
	queue->last = event;
	return LIBBPF_PERF_EVENT_CONT;
}

static void close_perf(void *arg)
{
	struct bu_event_queue *queue = arg;

	perf_buffer__free(queue->perf);
	queue->perf = NULL;
	if (queue->fd >= 0)
		close(queue->fd);
	queue->fd = -1;
}

/* A new descriptor of a map, in whichever kernel it is. */
static int map_open(struct bu_map *map)
{
	if (bu_on_host())
		return bu_host_map_open(map);
	bu_object_get(&map->object);
	return bu_fd_install(&map->object);
}

/* The CPUs whose slots are empty; how many. */
static int empty_slots(struct bu_map *map, int *cpus)
{
	u32 nr = BU_MIN(map->object.kernel->nr_cpus, map->max_entries);
	int count = 0;

	for (u32 cpu = 0; cpu < nr; cpu++) {
		if (!bu_fd_array_get(map, cpu))
			cpus[count++] = cpu;
	}
	return count;
}

static int open_perf(struct bu_event_queue *queue, struct bu_map *map)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_BPF_OUTPUT,
		.sample_type = PERF_SAMPLE_RAW,
		.sample_period = 1,
		.wakeup_events = 1,
	};
	LIBBPF_OPTS(perf_buffer_raw_opts, opts);

	if (!bu_on_host()) {
		opts.cpus = opts.map_keys =
			bu_test_alloc(map->object.kernel->nr_cpus * sizeof(int));
		opts.cpu_cnt = empty_slots(map, opts.cpus);
		if (!opts.cpu_cnt)
			return 0;
	}
	queue->fd = map_open(map);
	if (queue->fd < 0)
		return queue->fd;
	queue->perf = perf_buffer__new_raw(queue->fd, PERF_PAGES, &attr, on_event, queue, &opts);
	return queue->perf ? 0 : -errno;
}

static void drain(struct bu_event_queue *queue)
{
	if (queue->perf)
		perf_buffer__consume(queue->perf);
}

/* Ring buffers. Source: Documentation/bpf/ringbuf.rst, tools/lib/bpf/ringbuf.c (6.12). */

static void unmap_ring(void *arg)
{
	struct bu_event_queue *queue = arg;
	size_t page = sysconf(_SC_PAGESIZE);

	if (queue->consumer)
		munmap(queue->consumer, page);
	if (queue->producer)
		munmap((void *)queue->producer, page + 2 * queue->ring_size);
	queue->consumer = NULL;
	queue->producer = NULL;
}

static int map_ring(struct bu_event_queue *queue, struct bu_map *map)
{
	size_t page = sysconf(_SC_PAGESIZE);
	void *at;
	int fd, error = 0;

	queue->ring_size = map->max_entries;
	fd = map_open(map);
	if (fd < 0)
		return fd;
	at = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	queue->consumer = at == MAP_FAILED ? NULL : at;
	at = mmap(NULL, page + 2 * queue->ring_size, PROT_READ, MAP_SHARED, fd, page);
	queue->producer = at == MAP_FAILED ? NULL : at;
	if (!queue->consumer || !queue->producer)
		error = -errno;
	else
		queue->data = (const u8 *)queue->producer + page;
	close(fd);
	return error;
}

/* The record at *position, which moves behind it; discarded ones are passed over. NULL: none, or
 * the oldest is not submitted yet. */
static const u8 *next_record(const struct bu_event_queue *queue, u64 *position, u32 *size)
{
	u64 end = __atomic_load_n(queue->producer, __ATOMIC_ACQUIRE);

	while (*position < end) {
		const u8 *record = queue->data + (*position & (queue->ring_size - 1));
		u32 header = __atomic_load_n((const u32 *)record, __ATOMIC_ACQUIRE);

		if (header & BPF_RINGBUF_BUSY_BIT)
			return NULL;
		*size = header & ~BPF_RINGBUF_DISCARD_BIT;
		*position += BU_ROUND_UP((u64)*size + BPF_RINGBUF_HDR_SZ, 8);
		if (!(header & BPF_RINGBUF_DISCARD_BIT))
			return record + BPF_RINGBUF_HDR_SZ;
	}
	return NULL;
}

static struct bu_event *take_record(struct bu_event_queue *queue)
{
	u64 position = *queue->consumer;
	struct bu_event *event = NULL;
	const u8 *record;
	u32 size;

	record = next_record(queue, &position, &size);
	if (record)
		event = keep(record, size);
	__atomic_store_n(queue->consumer, position, __ATOMIC_RELEASE);
	return event;
}

static size_t count_records(const struct bu_event_queue *queue)
{
	u64 position = *queue->consumer;
	size_t count = 0;
	u32 size;

	while (next_record(queue, &position, &size))
		count++;
	return count;
}

/* Both */

static struct bu_event_queue *find(u32 map_id)
{
	for (struct bu_test *test = bu_test(); test; test = test->outer) {
		for (struct bu_event_queue *queue = test->events; queue; queue = queue->next) {
			if (queue->map_id == map_id)
				return queue;
		}
	}
	return NULL;
}

struct bu_event_queue *bu_event_queue(struct bu_map *map, int *error)
{
	bool ring = map->type == BPF_MAP_TYPE_RINGBUF;
	struct bu_event_queue *queue = find(map->object.id);

	if (queue)
		return queue;
	*error = -EINVAL;
	if (!ring && map->type != BPF_MAP_TYPE_PERF_EVENT_ARRAY)
		return NULL;
	queue = bu_test_alloc(sizeof(*queue));
	*queue = (struct bu_event_queue){ .map_id = map->object.id, .type = map->type, .fd = -1 };
	*error = bpfunit_defer(ring ? unmap_ring : close_perf, queue);
	if (!*error)
		*error = ring ? map_ring(queue, map) : open_perf(queue, map);
	if (*error)
		return NULL;
	queue->next = bu_test()->events;
	bu_test()->events = queue;
	return queue;
}

struct bu_event *bu_event_take(struct bu_event_queue *queue)
{
	struct bu_event *event = queue->first;

	if (queue->type == BPF_MAP_TYPE_RINGBUF)
		return take_record(queue);
	drain(queue);
	event = queue->first;
	if (event)
		queue->first = event->next;
	if (!queue->first)
		queue->last = NULL;
	return event;
}

size_t bu_event_waiting(struct bu_event_queue *queue)
{
	size_t count = 0;

	if (queue->type == BPF_MAP_TYPE_RINGBUF)
		return count_records(queue);
	drain(queue);
	for (const struct bu_event *event = queue->first; event; event = event->next)
		count++;
	return count;
}

void bu_events_drain(void)
{
	for (struct bu_test *test = bu_test(); test; test = test->outer) {
		for (struct bu_event_queue *queue = test->events; queue; queue = queue->next)
			drain(queue);
	}
}

static void capture(struct bu_kernel *kernel, u32 id)
{
	struct bu_object *object = bu_object_by_id(kernel, BU_OBJECT_MAP, id);
	struct bu_map *map = object ? bu_container_of(object, struct bu_map, object) : NULL;
	int error;

	if (!map || map->type != BPF_MAP_TYPE_PERF_EVENT_ARRAY)
		return;
	if (!bu_event_queue(map, &error))
		bu_note(kernel, "events of map '%s' are not captured: %s", map->name,
			strerror(-error));
}

void bu_events_capture_new(void)
{
	struct bu_kernel *kernel = bu_kernel_if_any();
	struct bu_test *test = bu_test();
	u32 id = test ? test->events_seen : 0;

	if (!test || !kernel)
		return;
	if (bu_on_host()) {
		bu_host_capture();
		return;
	}
	bu_kernel_lock(kernel);
	while ((id = bu_object_next_id(kernel, BU_OBJECT_MAP, id))) {
		test->events_seen = id;
		capture(kernel, id);
	}
	bu_kernel_unlock(kernel);
}
