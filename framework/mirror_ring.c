// SPDX-License-Identifier: BSD-2-Clause
/*
 * Events of ring buffers and perf event arrays. A twin's ring is emptied before each run, so what
 * it holds afterwards is the run's; of the VM's ring, it is what lies behind the position of
 * before.
 */
#include "framework/mirror.h"

#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ebpf/kernel.h"
#include "ebpf/link/perf_state.h"
#include "ebpf/syscall.h"
#include "framework/state.h"
#include "maps/fd_array.h"
#include "maps/ringbuf.h"

#define MAX_SHOWN 4
#define MAX_BYTES 64 /* of an event */

struct bu_twin_ring {
	int fd; /* of the perf event, -1: the slot is empty, or a ring buffer */
	void *control, *memory;
	size_t control_size, memory_size;
	const u8 *data;
	u64 size;
	u64 before; /* the VM's position */
	bool used;  /* the VM's slot is not empty */
};

struct record { /* of either kind: type of the perf record, or whether it was discarded */
	u32 type, size;
	const u8 *data;
};

static void *map_fd(int fd, size_t size, int prot, u64 offset)
{
	long at = bu_host_syscall(SYS_mmap, 0, (long)size, prot, MAP_SHARED, fd, (long)offset);

	return at < 0 && at > -4096 ? NULL : (void *)at;
}

static int open_ringbuf(struct bu_twin_map *twin)
{
	struct bu_twin_ring *ring = calloc(1, sizeof(*ring));
	size_t page = sysconf(_SC_PAGESIZE);

	if (!ring)
		return -ENOMEM;
	twin->rings = ring;
	twin->nr_rings = 1;
	ring->fd = -1;
	ring->size = twin->map->max_entries;
	ring->control_size = page;
	ring->memory_size = page + 2 * ring->size;
	ring->control = map_fd(twin->fd, page, PROT_READ | PROT_WRITE, 0);
	ring->memory = map_fd(twin->fd, ring->memory_size, PROT_READ, page);
	if (!ring->control || !ring->memory)
		return -ENOMEM;
	ring->data = (const u8 *)ring->memory + page;
	return 0;
}

static void close_event(struct bu_twin_ring *ring)
{
	if (ring->control)
		munmap(ring->control, ring->control_size);
	if (ring->fd >= 0)
		close(ring->fd);
	ring->control = NULL;
	ring->fd = -1;
}

/* With a ring of `size` bytes, as the VM's. */
static int open_event(struct bu_twin_ring *ring, u32 cpu, u64 size)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_BPF_OUTPUT,
		.sample_type = PERF_SAMPLE_RAW,
		.sample_period = 1,
		.wakeup_events = 1,
	};
	size_t page = sysconf(_SC_PAGESIZE);

	close_event(ring);
	ring->fd = (int)bu_host_syscall(SYS_perf_event_open, (long)&attr, -1, (long)cpu, -1,
					PERF_FLAG_FD_CLOEXEC, 0);
	if (ring->fd < 0)
		return ring->fd;
	ring->size = size;
	ring->control_size = page + ring->size;
	ring->control = map_fd(ring->fd, ring->control_size, PROT_READ | PROT_WRITE, 0);
	if (!ring->control)
		return -ENOMEM;
	ring->data = (const u8 *)ring->control + page;
	return 0;
}

static int open_perf(struct bu_mirror *mirror, struct bu_twin_map *twin)
{
	u32 nr = BU_MIN(twin->map->max_entries, mirror->cpus);

	twin->rings = calloc(nr, sizeof(*twin->rings));
	if (!twin->rings)
		return -ENOMEM;
	twin->nr_rings = nr;
	for (u32 cpu = 0; cpu < nr; cpu++)
		twin->rings[cpu].fd = -1;
	return 0;
}

int bu_mirror_open_rings(struct bu_mirror *mirror, struct bu_twin_map *twin)
{
	if (twin->map->type == BPF_MAP_TYPE_RINGBUF)
		return open_ringbuf(twin);
	return twin->map->type == BPF_MAP_TYPE_PERF_EVENT_ARRAY ? open_perf(mirror, twin) : 0;
}

void bu_mirror_close_rings(struct bu_twin_map *twin)
{
	for (u32 i = 0; i < twin->nr_rings; i++) {
		struct bu_twin_ring *ring = &twin->rings[i];

		close_event(ring);
		if (ring->memory)
			munmap(ring->memory, ring->memory_size);
	}
	free(twin->rings);
	twin->rings = NULL;
	twin->nr_rings = 0;
}

static bool is_ringbuf(const struct bu_twin_map *twin)
{
	return twin->map->type == BPF_MAP_TYPE_RINGBUF;
}

/* The VM's perf event in a slot; NULL: empty, or not mapped. */
static struct bu_perf_ring *perf_ring(const struct bu_twin_map *twin, u32 cpu)
{
	struct bu_object *object = bu_fd_array_get(twin->map, cpu);

	return object && object->kind == BU_OBJECT_PERF_EVENT ? &bu_perf_event(object)->ring : NULL;
}

static void set_slot(const struct bu_twin_map *twin, u32 cpu, bool used)
{
	union bpf_attr attr = { 0 };

	attr.map_fd = twin->fd;
	attr.key = (u64)(uintptr_t)&cpu;
	attr.value = (u64)(uintptr_t)&twin->rings[cpu].fd;
	bu_host_bpf(used ? BPF_MAP_UPDATE_ELEM : BPF_MAP_DELETE_ELEM, &attr);
}

static bool mark_perf(struct bu_mirror *mirror, struct bu_twin_map *twin, u32 cpu)
{
	struct bu_perf_ring *vm = perf_ring(twin, cpu);
	struct bu_twin_ring *ring = &twin->rings[cpu];
	struct perf_event_mmap_page *page;

	if (vm && vm->size && ring->size != vm->size && open_event(ring, cpu, vm->size)) {
		bu_mirror_why(mirror, "the kernel makes no perf event on CPU %u", cpu);
		return false;
	}
	set_slot(twin, cpu, vm != NULL && ring->fd >= 0);
	page = ring->control;
	if (page)
		__atomic_store_n(&page->data_tail,
				 __atomic_load_n(&page->data_head, __ATOMIC_ACQUIRE),
				 __ATOMIC_RELEASE);
	ring->used = vm && vm->control;
	if (vm && (!vm->control || vm->lost ||
		   vm->control->data_head - vm->control->data_tail > vm->size / 2)) {
		bu_mirror_why(mirror, "the perf ring of map '%s' is not mapped, or half full",
			      twin->map->name);
		return false;
	}
	ring->before = ring->used ? vm->control->data_head : 0;
	return true;
}

static bool mark_ringbuf(struct bu_mirror *mirror, struct bu_twin_map *twin)
{
	const struct bu_ring *vm = twin->map->priv;
	struct bu_twin_ring *ring = twin->rings;

	__atomic_store_n((u64 *)ring->control,
			 __atomic_load_n((u64 *)ring->memory, __ATOMIC_ACQUIRE), __ATOMIC_RELEASE);
	ring->before = *vm->producer;
	if (*vm->producer - bu_ring_consumed(vm) <= vm->size / 2)
		return true;
	bu_mirror_why(mirror, "ring buffer '%s' is more than half full", twin->map->name);
	return false;
}

bool bu_mirror_mark_rings(struct bu_mirror *mirror, struct bu_twin_map *twin)
{
	bool marked = true;

	if (is_ringbuf(twin))
		return mark_ringbuf(mirror, twin);
	for (u32 cpu = 0; marked && cpu < twin->nr_rings; cpu++)
		marked = mark_perf(mirror, twin, cpu);
	return marked;
}

/* One side's bytes from one position to another; `copy` is malloc'ed when they wrap. */
struct span {
	const u8 *data, *end;
	u8 *copy;
};

static struct span span_of(const u8 *ring, u64 size, u64 from, u64 to)
{
	u64 at = from & (size - 1), first = BU_MIN(to - from, size - at);
	struct span span = { .data = ring + at, .end = ring + at + (to - from) };

	if (to - from > size)
		return (struct span){ 0 };
	if (first == to - from)
		return span;
	span.copy = malloc(to - from);
	if (!span.copy)
		return (struct span){ 0 };
	memcpy(span.copy, ring + at, first);
	memcpy(span.copy + first, ring, to - from - first);
	span.data = span.copy;
	span.end = span.copy + (to - from);
	return span;
}

static bool take_perf(struct span *span, struct record *record)
{
	struct perf_event_header header;

	if (span->end - span->data < (ptrdiff_t)sizeof(header))
		return false;
	memcpy(&header, span->data, sizeof(header));
	if (header.size < sizeof(header) || header.size > span->end - span->data)
		return false;
	*record = (struct record){ header.type, header.size - sizeof(header),
				   span->data + sizeof(header) };
	span->data += header.size;
	return true;
}

static bool take_ringbuf(struct span *span, struct record *record)
{
	u32 header;

	if (span->end - span->data < (ptrdiff_t)BPF_RINGBUF_HDR_SZ)
		return false;
	memcpy(&header, span->data, sizeof(header));
	*record = (struct record){ header & BPF_RINGBUF_DISCARD_BIT ? 1 : 0,
				   header & ~(BPF_RINGBUF_DISCARD_BIT | BPF_RINGBUF_BUSY_BIT),
				   span->data + BPF_RINGBUF_HDR_SZ };
	span->data += bu_ring_record_bytes(header);
	return true;
}

/* What was discarded may hold anything. */
static bool same(const struct record *a, const struct record *b, bool ringbuf)
{
	if (a->type != b->type || a->size != b->size)
		return false;
	if (!ringbuf && a->type == PERF_RECORD_LOST) /* of which event, and how many */
		return !memcmp(a->data + sizeof(u64), b->data + sizeof(u64), sizeof(u64));
	return (ringbuf && a->type) || !memcmp(a->data, b->data, a->size);
}

static void add_record(struct bu_text *text, const char *label, const struct record *record,
		       bool ringbuf)
{
	bu_text_add(text, "\n    %s", label);
	if (!record) {
		bu_text_add(text, "none");
		return;
	}
	bu_text_add(text, "%u bytes%s\n", record->size,
		    ringbuf && record->type ? ", discarded" : "");
	bu_text_hex(text, "      ", record->data, BU_MIN(record->size, (u32)MAX_BYTES), 0);
	while (text->len && text->data[text->len - 1] == '\n')
		text->data[--text->len] = '\0';
}

static u32 compare_spans(const struct bu_twin_map *twin, struct span *vm, struct span *host,
			 struct bu_text *text)
{
	bool ringbuf = is_ringbuf(twin);
	bool (*take)(struct span *, struct record *) = ringbuf ? take_ringbuf : take_perf;
	u32 differing = 0;

	for (u32 nth = 1;; nth++) {
		struct record a, b;
		bool has_a = take(vm, &a), has_b = take(host, &b);

		if (!has_a && !has_b)
			return differing;
		if (has_a && has_b && same(&a, &b, ringbuf))
			continue;
		if (differing++ >= MAX_SHOWN)
			continue;
		bu_text_add(text, "\n  map '%s', event %u of this run:", twin->map->name, nth);
		add_record(text, "VM:     ", has_a ? &a : NULL, ringbuf);
		add_record(text, "kernel: ", has_b ? &b : NULL, ringbuf);
	}
}

static u32 compare_one(const struct bu_twin_map *twin, u32 i, struct bu_text *text)
{
	const struct bu_twin_ring *ring = &twin->rings[i];
	struct span vm, host;
	u32 differing;

	if (is_ringbuf(twin)) {
		const struct bu_ring *of = twin->map->priv;

		vm = span_of(of->data, of->size, ring->before, *of->producer);
		host = span_of(ring->data, ring->size, *(u64 *)ring->control, *(u64 *)ring->memory);
	} else {
		const struct perf_event_mmap_page *page = ring->control;
		const struct bu_perf_ring *of = perf_ring(twin, i);

		if (!ring->used || !of)
			return 0;
		vm = span_of(of->data, of->size, ring->before, of->control->data_head);
		host = span_of(ring->data, ring->size, page->data_tail, page->data_head);
	}
	differing = compare_spans(twin, &vm, &host, text);
	free(vm.copy);
	free(host.copy);
	return differing;
}

u32 bu_mirror_compare_rings(struct bu_mirror *mirror, struct bu_twin_map *twin,
			    struct bu_text *text)
{
	u32 differing = 0;

	for (u32 i = 0; i < twin->nr_rings; i++)
		differing += compare_one(twin, i, text);
	return differing;
}
